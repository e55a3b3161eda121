"""Setting elements to zero at random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor


def check_probability(p: float) -> None:
    """Raise `ValueError` unless `p` lies between 0 and 1."""
    if not 0 <= p <= 1:
        raise ValueError(f"the probability to drop an element must lie between 0 and 1, not be {p}")


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Set each element to 0 with probability `p` and divide the others by 1 - p; return `input` if not `training`.

    With the mask m of kept elements:  ``y = x m / (1 - p)``,  ``dx = g m / (1 - p)``.

    Parameters
    ----------
    input
        floating tensor of any shape.
    p
        the probability of an element to be dropped.
    training
        whether anything is dropped.
    inplace
        whether the result is written into `input`.
    generator
        where the mask is drawn from; the default generator if None.

    Raises
    ------
    ValueError
        If `p` is not a probability.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> dropout(tg.ones(2), 1.0)
    tensor([0., 0.])
    >>> dropout(tg.ones(2), 0.9, training=False)
    tensor([1., 1.])
    """
    check_probability(p)
    if not training or p == 0:
        return input
    kept = _draw_kept(input, p, generator)
    mask = tg.as_tensor(np.asarray(np.multiply(kept, 1 / (1 - p) if p < 1 else 0.0, dtype=input.dtype)))
    return tg.inplace.write(input, tg.multiply, mask) if inplace else tg.multiply(input, mask)


ALPHA = -1.7580993408473766  # what SELU tends to far below 0


def alpha_dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Set elements to what `selu` tends to below 0, with probability `p`, and keep mean 0 and variance 1.

    With the mask m of kept elements, ``s = -1.7581``, ``a = 1 / sqrt((1 - p) (1 + p s**2))`` and ``b = -a p s``:
    ``y = a (x m + s (1 - m)) + b``,  ``dx = g a m``.

    Parameters
    ----------
    input, p, training, inplace, generator
        as in `dropout`, but `training` is False by default, as in PyTorch.

    Raises
    ------
    ValueError
        If `p` is not a probability.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> alpha_dropout(tg.ones(2), 0.9, training=False)
    tensor([1., 1.])
    """
    check_probability(p)
    if not training or p == 0:
        return input
    kept = _draw_kept(input, p, generator)
    scale = 1 / math.sqrt((1 - p) * (1 + p * ALPHA**2)) if p < 1 else 0.0
    factor = tg.from_numpy(np.where(kept, scale, 0).astype(input.dtype))
    offset = tg.from_numpy((np.where(kept, 0, scale * ALPHA) - scale * p * ALPHA).astype(input.dtype))

    def change(x: Tensor) -> Tensor:
        return x * factor + offset

    return tg.inplace.write(input, change) if inplace else change(input)


def _draw_kept(input: Tensor, p: float, generator: np.random.Generator | None) -> Any:
    """Return True with probability 1 - p for each element of `input`, else False, in the same order of memory.

    Two arrays in different orders take several times as long to multiply.
    """
    array, shape = input.array, input.shape
    if array.flags.c_contiguous:
        return tg.draw(lambda source: _kept(shape, p, source), generator)
    axes = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    lengths, back = tuple([shape[axis] for axis in axes]), np.argsort(axes)
    return tg.draw(lambda source: _kept(lengths, p, source).transpose(back), generator)


def _kept(shape: tuple[int, ...], p: float, generator: np.random.Generator) -> np.ndarray:
    """Return True with probability 1 - p, else False.

    A uniform number is compared with p: its first 16 bits, which decide in all but one of 65536 cases, and in these the
    others.  That takes a third of the time of drawing numbers in float32.
    """
    size = math.prod(shape)
    words = (size + 3) // 4
    source = generator.bit_generator
    if isinstance(source, np.random.MT19937):  # gives words of 32 bits
        drawn = generator.integers(0, 2**64, words, np.uint64)
    else:
        drawn = source.random_raw(words)
    first = drawn.view(np.uint16)[:size]
    limit = int(p * 65536)
    rest = p * 65536 - limit
    if rest == 0:
        return (first >= limit).reshape(shape)
    kept = first > limit
    undecided = np.flatnonzero(first == limit)
    if undecided.size:
        kept[undecided] = generator.random(undecided.size) >= rest
    return kept.reshape(shape)
