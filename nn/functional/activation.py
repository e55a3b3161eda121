"""Activations: the functions of `tinygrad_np` with PyTorch's arguments; values and derivatives stand there."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

# ---- activations that can write into their input


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.relu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.relu) if inplace else tg.relu(input)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.relu6`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.relu6) if inplace else tg.relu6(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.leaky_relu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.leaky_relu, negative_slope) if inplace else tg.leaky_relu(input, negative_slope)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.elu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.elu, alpha) if inplace else tg.elu(input, alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.selu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.selu) if inplace else tg.selu(input)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.celu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.celu, alpha) if inplace else tg.celu(input, alpha)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.silu`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.silu) if inplace else tg.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.mish`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.mish) if inplace else tg.mish(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.hardtanh`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.hardtanh, min_val, max_val) if inplace else tg.hardtanh(input, min_val, max_val)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.hardsigmoid`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.hardsigmoid) if inplace else tg.hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.hardswish`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.hardswish) if inplace else tg.hardswish(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """See `tinygrad_np.threshold`; if `inplace`, write the result into `input`."""
    return tg.inplace.write(input, tg.threshold, threshold, value) if inplace else tg.threshold(input, threshold, value)


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Return x where it is positive, else x times a slope; ``dx = g`` or g times the slope.

    Parameters
    ----------
    input
        x, a floating tensor of any shape.
    lower, upper
        If `training`, slopes are drawn evenly from between, one for each element, else all are their mean.
    training
        whether they are drawn.
    inplace
        whether the result is written into `input`.
    generator
        where slopes are drawn from; the default generator if None.

    Raises
    ------
    ValueError
        If `lower` is greater than `upper`.

    References
    ----------
    Xu, Wang, Chen and Li, "Empirical evaluation of rectified activations in convolutional network", 2015.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> rrelu(tg.tensor([-1.0, 2.0]), 0.25, 0.75)
    tensor([-0.5,  2. ])
    """
    if not lower <= upper:
        raise ValueError(f"rrelu needs lower <= upper, not {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    shape, dtype = input.shape, input.dtype
    slopes = tg.draw(lambda source: source.uniform(lower, upper, shape).astype(dtype), generator)
    factor = tg.where(input > 0, 1.0, tg.from_numpy(slopes))
    return tg.inplace.write(input, tg.multiply, factor) if inplace else tg.multiply(input, factor)


# ---- those that cannot


def softmin(input: Tensor, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """Return `tinygrad_np.softmax` of ``-input``: the least elements have the greatest probabilities.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> softmin(tg.tensor([0.0, 1000.0]), 0)
    tensor([1., 0.])
    """
    return tg.softmax(-input, dim, dtype=dtype)


def sigmoid(input: Tensor) -> Tensor:
    """See `tinygrad_np.sigmoid`."""
    return tg.sigmoid(input)


def logsigmoid(input: Tensor) -> Tensor:
    """See `tinygrad_np.logsigmoid`."""
    return tg.logsigmoid(input)


def tanhshrink(input: Tensor) -> Tensor:
    """See `tinygrad_np.tanhshrink`."""
    return tg.tanhshrink(input)


def softsign(input: Tensor) -> Tensor:
    """See `tinygrad_np.softsign`."""
    return tg.softsign(input)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """See `tinygrad_np.gelu`."""
    return tg.gelu(input, approximate=approximate)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """See `tinygrad_np.softplus`."""
    return tg.softplus(input, beta, threshold)


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """See `tinygrad_np.hardshrink`."""
    return tg.hardshrink(input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """See `tinygrad_np.softshrink`."""
    return tg.softshrink(input, lambd)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """See `tinygrad_np.prelu`."""
    return tg.prelu(input, weight)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """See `tinygrad_np.glu`."""
    return tg.glu(input, dim)
