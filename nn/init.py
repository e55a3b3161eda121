"""Initial values: every function writes them into the tensor it is given, unrecorded, and returns it.

``generator=`` says where numbers are drawn from; by default that is the generator which `tinygrad_np.manual_seed` sets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor

T = TypeVar("T", bound=Tensor)

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
_CONVOLUTIONS = tuple(f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much weights before a nonlinearity should spread, for signals that neither grow nor fade.

    1 for ``linear``, ``sigmoid`` and convolutions, 5/3 for ``tanh``, sqrt(2) for ``relu``, sqrt(2 / (1 + slope**2)) for
    ``leaky_relu``, 3/4 for ``selu``.

    Parameters
    ----------
    nonlinearity
        its name.
    param
        the slope of ``leaky_relu``, 0.01 if None.

    Raises
    ------
    ValueError
        If the name is not known, or the slope is not a number.

    Examples
    --------
    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, int | float)):
            raise ValueError(f"the slope of leaky_relu must be a number, not {param!r}")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity in _CONVOLUTIONS:
        return 1.0
    if nonlinearity not in _GAINS:
        known = [*_GAINS, "leaky_relu", *_CONVOLUTIONS]
        raise ValueError(f"there is no gain for {nonlinearity!r}: choose one of {', '.join(known)}")
    return _GAINS[nonlinearity]


# ---- constants


def constant_(tensor: T, val: float) -> T:
    """Write `val` into every element.

    Examples
    --------
    >>> constant_(tg.zeros(2), 0.5)
    tensor([0.5, 0.5])
    """
    with tg.no_grad():
        tensor.fill_(val)
    return tensor


def zeros_(tensor: T) -> T:
    """Write 0 into every element."""
    return constant_(tensor, 0.0)


def ones_(tensor: T) -> T:
    """Write 1 into every element."""
    return constant_(tensor, 1.0)


def eye_(tensor: T) -> T:
    """Write the identity: 1 on the diagonal, 0 elsewhere.

    Raises
    ------
    ValueError
        If `tensor` has not two dimensions.

    Examples
    --------
    >>> eye_(tg.empty(2, 3))
    tensor([[1., 0., 0.],
            [0., 1., 0.]])
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ needs a tensor of two dimensions, not shape {tensor.shape}")
    return _write(tensor, np.eye(*tensor.shape, dtype=tensor.dtype))


def _write(tensor: T, values: np.ndarray) -> T:
    with tg.no_grad():
        tensor.copy_(tg.from_numpy(values))
    return tensor


# ---- given distributions


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None) -> T:
    """Write numbers drawn evenly from [`a`, `b`).

    Examples
    --------
    >>> x = uniform_(tg.empty(100), -2.0, 3.0)
    >>> bool((x >= -2).all() and (x <= 3).all())
    True
    """
    with tg.no_grad():
        tensor.uniform_(a, b, generator=generator)
    return tensor


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None) -> T:
    """Write numbers drawn from the normal distribution of `mean` and standard deviation `std`.

    Examples
    --------
    >>> normal_(tg.empty(2), mean=3.0, std=0.0)
    tensor([3., 3.])
    """
    with tg.no_grad():
        tensor.normal_(mean, std, generator=generator)
    return tensor


def trunc_normal_(
    tensor: T,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: np.random.Generator | None = None,
) -> T:
    """Write numbers drawn from the normal distribution of `mean` and `std`, those within [`a`, `b`] only.

    Draws are rejected until all are inside.  They come from the normal distribution itself where a third of it or more
    lies inside, else evenly from [a, b] and are kept with the probability ``density(x) / the greatest density inside``.

    Raises
    ------
    ValueError
        If not a < b, or `std` is not positive.

    References
    ----------
    Robert, "Simulation of truncated normal variables", Statistics and Computing 5, 1995.

    Examples
    --------
    >>> x = trunc_normal_(tg.empty(1000), std=5.0)
    >>> bool((x.abs() <= 2).all())
    True
    """
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_ needs a < b and a positive std, not a={a}, b={b}, std={std}")
    source = generator or tg.default_generator()
    low, high = (a - mean) / std, (b - mean) / std
    inside = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    draw = _normal_inside(low, high) if inside >= 1 / 3 else _even_inside(low, high)
    drawn = np.empty(tensor.numel())
    count = 0
    while count < drawn.size:
        accepted = draw(source, drawn.size - count)
        drawn[count : count + accepted.size] = accepted
        count += accepted.size
    return _write(tensor, np.clip(mean + std * drawn, a, b).reshape(tensor.shape))


def _normal_inside(low: float, high: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    def draw(source: np.random.Generator, size: int) -> np.ndarray:
        x = source.standard_normal(size)
        return x[(x >= low) & (x <= high)]

    return draw


def _even_inside(low: float, high: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    highest = min(max(low, 0.0), high)  # where the density is greatest

    def draw(source: np.random.Generator, size: int) -> np.ndarray:
        x = source.uniform(low, high, size)
        return x[source.random(size) < np.exp((highest**2 - x**2) / 2)]

    return draw


# ---- distributions that fit the size of a layer


def _fans(tensor: Tensor) -> tuple[int, int]:
    """Return how many inputs an output has, and how many outputs an input: weights are (outputs, inputs, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError(f"a weight needs two dimensions or more, (outputs, inputs, ...), not the shape {tensor.shape}")
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: np.random.Generator | None = None) -> T:
    """Write numbers drawn evenly from ±gain sqrt(6 / (fan_in + fan_out)).

    Raises
    ------
    ValueError
        If `tensor` has fewer than two dimensions.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.

    Examples
    --------
    >>> bool((xavier_uniform_(tg.empty(3, 3)).abs() <= 1).all())
    True
    """
    bound = gain * math.sqrt(6 / max(1, sum(_fans(tensor))))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: T, gain: float = 1.0, generator: np.random.Generator | None = None) -> T:
    """Write normal numbers of standard deviation gain sqrt(2 / (fan_in + fan_out)); see `xavier_uniform_`."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / max(1, sum(_fans(tensor)))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', not {mode!r}")
    fan = _fans(tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan))


def kaiming_uniform_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> T:
    """Write numbers drawn evenly from ±gain sqrt(3 / fan), which have the standard deviation gain / sqrt(fan).

    Parameters
    ----------
    tensor
        shape (outputs, inputs, ...).
    a
        the slope of ``leaky_relu`` below 0.
    mode
        ``fan_in`` keeps the size of signals on their way forward, ``fan_out`` that of gradients on their way back.
    nonlinearity
        what follows the layer; see `calculate_gain`.
    generator
        where numbers are drawn from.

    Raises
    ------
    ValueError
        If `tensor` has fewer than two dimensions, or a name is not known.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> bool((kaiming_uniform_(tg.empty(2, 6)).abs() <= 1).all())
    True
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: T,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> T:
    """Write normal numbers of standard deviation gain / sqrt(fan); see `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: T, gain: float = 1, generator: np.random.Generator | None = None) -> T:
    """Write a random matrix with orthonormal rows, or columns if they are fewer, times `gain`.

    It is the Q of the QR decomposition of normal numbers, with signs that make R's diagonal positive, so that all such
    matrices are equally likely.  Dimensions from the second on count as one.

    Raises
    ------
    ValueError
        If `tensor` has fewer than two dimensions.

    References
    ----------
    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014; Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the
    AMS 54, 2007.

    Examples
    --------
    >>> q = orthogonal_(tg.empty(2, 4, dtype="float64")).numpy()
    >>> bool(abs(q @ q.T - [[1, 0], [0, 1]]).max() < 1e-12)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ needs two dimensions or more, not shape {tensor.shape}")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    source = generator or tg.default_generator()
    q, r = np.linalg.qr(source.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return _write(tensor, gain * (q.T if rows < columns else q).reshape(tensor.shape))


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: np.random.Generator | None = None) -> T:
    """Write normal numbers of standard deviation `std`, and 0 into a part of every column, at random.

    Parameters
    ----------
    tensor
        shape (outputs, inputs).
    sparsity
        the part of each column that is 0, from 0 to 1, rounded up to whole elements.
    std
        the standard deviation of the others.
    generator
        where numbers are drawn from.

    Raises
    ------
    ValueError
        If `tensor` has not two dimensions, or `sparsity` is not between 0 and 1.

    References
    ----------
    Martens, "Deep learning via Hessian-free optimization", ICML 2010.

    Examples
    --------
    >>> (sparse_(tg.empty(4, 2), 0.75) == 0).sum(0)
    tensor([3, 3])
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_ needs a tensor of two dimensions, not shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparsity must lie between 0 and 1, not be {sparsity}")
    source = generator or tg.default_generator()
    values = source.normal(0.0, std, tensor.shape)
    order = np.argsort(source.random(tensor.shape), axis=0)
    np.put_along_axis(values, order[: math.ceil(sparsity * tensor.shape[0])], 0.0, axis=0)
    return _write(tensor, values)
