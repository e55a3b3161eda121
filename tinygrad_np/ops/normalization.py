"""Taking away the mean and dividing by the spread: what batch and layer normalization share, as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .. import dtypes
from ..primitive import primitive
from ..tensor import Tensor
from .creation import as_tensor
from .reduce import reduced_length
from .shape import dimensions


def _along_rows(a: Any, axis: tuple[int, ...]) -> bool:
    """Whether `axis` is the last and the array `a` lies in memory along it: then BLAS takes a third of NumPy's time.

    If it lies across it, as after a large `linear`, BLAS takes five times as long.
    """
    return axis == (a.ndim - 1,) and a.strides[-1] == a.dtype.itemsize


def _sum(a: Any, axis: tuple[int, ...]) -> Any:
    """Return the sum of `a` along `axis`, which stays, at length 1."""
    if isinstance(a, ndarray) and _along_rows(a, axis):
        return np.vecdot(a, np.ones(a.shape[-1], a.dtype))[..., None]
    return np.add.reduce(a, axis=axis, keepdims=True)


def _sum_of_products(a: Any, b: Any, axis: tuple[int, ...]) -> Any:
    """Return the sum of ``a * b`` along `axis`, which stays, at length 1; of arrays, without their product."""
    if not isinstance(a, ndarray):
        return np.add.reduce(a * b, axis=axis, keepdims=True)
    if _along_rows(a, axis):
        return np.vecdot(a, b)[..., None]
    every = list(range(a.ndim))
    return np.expand_dims(np.einsum(a, every, b, every, [dim for dim in every if dim not in axis]), axis)


def _stretched(shape: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """Return the axes along which a weight of `shape`, broadcast to `ndim` dimensions, stays the same."""
    added = ndim - len(shape)
    return tuple([dim for dim in range(ndim) if dim < added or shape[dim - added] == 1])


@primitive(promotion="float")
def standardize_(x: Any, weight: Any, bias: Any, *, axis: Any, eps: float) -> Any:
    """Return ``y = z weight + bias``, and the mean and the variance of x, where ``z = (x - mean) s``.

    s is 1 / sqrt(variance + eps).  `weight` and `bias`, or None, broadcast to x; `axis` is a tuple of them in order.
    """
    if x.dtype.char == "e":  # float16, whose sums soon overflow
        wide = [None if array is None else array.astype(dtypes.float32) for array in (x, weight, bias)]
        return tuple([part.astype(x.dtype) for part in standardize_.forward(*wide, axis=axis, eps=eps)])
    mean = _sum(x, axis)
    count = reduced_length(x.shape, mean.shape) or 1
    mean /= count
    z = x - mean
    variance = _sum_of_products(z, z, axis)
    variance /= count
    scale = 1 / np.sqrt(variance + eps)
    if weight is not None and set(axis) <= set(_stretched(weight.shape, x.ndim)):
        weight, scale = None, scale * weight
    y = np.multiply(z, scale, out=z)
    if weight is not None:
        np.multiply(y, weight, out=y)
    if bias is not None:
        np.add(y, bias, out=y)
    return y, mean, variance


def _standardize_vjp(
    g: Any, y: Any, x: Any, weight: Any, needs: tuple[bool, ...], axis: tuple[int, ...], eps: float
) -> Sequence[Any]:
    """Return ``dx = s (h - mean(h) - z mean(h z)) + (dmean + 2 dvariance (x - mean)) / n`` with ``h = g weight``.

    And ``dweight = g z``, ``dbias = g``.  A weight that does not change along `axis` leaves the sums, so that those for
    dx are those of dweight and dbias.
    """
    g, g_mean, g_variance = g  # None for an output that was not used, mostly the last two
    _, mean, variance = y
    g = np.zeros_like(x) if g is None else g
    count = reduced_length(x.shape, mean.shape) or 1
    scale = 1 / np.sqrt(variance + eps)
    z = _multiplied(x - mean, scale)
    stretched = axis if weight is None else _stretched(weight.shape, x.ndim)
    constant = set(axis) <= set(stretched)
    h, factor = (g, scale if weight is None else scale * weight) if constant else (g * weight, scale)
    total, along = _sum(h, axis), _sum_of_products(h, z, axis)
    dweight, dbias = along, total
    if not constant:
        dweight, dbias = _sum_of_products(g, z, stretched) if needs[1] else None, g
    if not needs[0]:
        return None, dweight, dbias
    shift = (factor * total if g_mean is None else factor * total - g_mean) / count
    slope = (factor * along if g_variance is None else factor * along - 2 * g_variance / scale) / count
    dx = h * factor if constant else _multiplied(h, factor)
    if isinstance(dx, ndarray):
        dx -= shift
        dx -= _multiplied(z, slope)
        return dx, dweight, dbias
    return dx - shift - z * slope, dweight, dbias


def _multiplied(a: Any, b: Any) -> Any:
    """Return ``a * b``, in the memory of `a` if that is an array: for one that nobody else has."""
    return np.multiply(a, b, out=a) if isinstance(a, ndarray) else a * b


standardize_.defvjp_joint(_standardize_vjp, takes_missing=True)


def standardize(
    input: Any, dim: int | Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> tuple[Tensor, Tensor, Tensor]:
    """Return `input` with mean 0 and variance 1 along `dim`, times `weight` plus `bias`; and its mean and variance.

    With n elements along `dim`:  ``mean = sum(x) / n``,  ``variance = sum((x - mean)**2) / n``,

        z = (x - mean) / sqrt(variance + eps);  y = z weight + bias

    The derivative, for the cotangent g of y and ``h = g weight``:  ``dweight = g z``, ``dbias = g``, summed to their
    shapes, and ``dx = (h - mean(h) - z mean(h z)) / sqrt(variance + eps)``.

    Parameters
    ----------
    input
        x, of any shape; integers become the default floating dtype.
    dim
        dimension or dimensions.
    weight, bias
        of shapes that broadcast to that of the input; None for 1 and 0.
    eps
        keeps the division finite.

    Returns
    -------
    tuple of Tensor
        y, in the shape of `input`; the mean and the variance, with length 1 along `dim`.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension, none is given, or a shape does not fit.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift",
    ICML 2015; Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> y, mean, variance = tg.standardize(tg.tensor([[1.0, 3.0], [5.0, 5.0]]), 1)
    >>> y
    tensor([[-1.,  1.],
            [ 0.,  0.]])
    >>> mean.tolist(), variance.tolist()
    ([[2.0], [5.0]], [[1.0], [0.0]])
    """
    input = as_tensor(input)
    axis = tuple(sorted(dimensions(dim, input.ndim)))
    if not axis or not input.ndim:
        raise ValueError(f"standardize needs one dimension or more, not {dim} of an input of shape {input.shape}")
    for name, factor in (("weight", weight), ("bias", bias)):
        shape = np.shape(factor.array if isinstance(factor, Tensor) else factor)
        if factor is not None and not _fits(shape, input.shape):
            raise ValueError(f"the {name} of shape {shape} does not broadcast to the input's {input.shape}")
    return standardize_(input, weight, bias, axis=axis, eps=eps)


def _fits(shape: tuple[int, ...], into: tuple[int, ...]) -> bool:
    return len(shape) <= len(into) and all(n in (1, m) for n, m in zip(shape[::-1], into[::-1], strict=False))
