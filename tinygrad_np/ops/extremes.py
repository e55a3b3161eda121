"""The greatest, the least and the middle element along axes, and where they are, each with its derivative.

Where several elements are the greatest, there are two derivatives, as in PyTorch.  A reduction to the value alone
shares g evenly among them.  One that gives the index too (`max` with `dim`) hands g to the element at that index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..primitive import Primitive, primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .reduce import Dim, axes_of, by_columns, restore
from .words import numpy_words


class ValuesAndIndices(NamedTuple):
    """What `max`, `min` and `median` return along a dimension."""

    values: Tensor
    indices: Tensor


# ---- the value alone


@primitive(np.max, np.amax, promotion="common")
def amax_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the greatest along `axis`; nan if one is.  g is shared evenly by those that are equal to it."""
    return np.maximum.reduce(by_columns(x, axis), axis, keepdims=keepdims)


@primitive(np.min, np.amin, promotion="common")
def amin_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the least along `axis`; nan if one is.  g is shared evenly by those that are equal to it."""
    return np.minimum.reduce(by_columns(x, axis), axis, keepdims=keepdims)


@primitive(promotion="common")
def median_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the middle along `axis`, the lower of two; nan if one is.  g is shared evenly by those equal to it."""
    if axis is None:
        flat = x.reshape(-1)
        return _middle(flat, 0).reshape((1,) * x.ndim if keepdims else ())
    middle = _middle(x, axis)
    return middle if keepdims else np.squeeze(middle, axis)


def _middle(x: Any, axis: int) -> Any:
    """Return the lower median of the ndarray `x` along `axis`, which stays with length 1."""
    length = x.shape[axis]
    if length == 0 and x.dtype.kind == "f" and x.ndim == 1:
        return np.full(1, np.nan, x.dtype)
    if length == 0:
        raise ValueError("there is no middle of nothing: the axis has length 0")
    ordered = np.partition(x, ((length - 1) // 2, length - 1), axis)  # nan comes last
    middle = np.take(ordered, [(length - 1) // 2], axis)
    if x.dtype.kind != "f":
        return middle
    last = np.take(ordered, [length - 1], axis)
    return np.where(np.isnan(last), last, middle)


def _shared(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """Share `g` evenly among the elements of `x` that equal `y`, or are nan where it is."""
    if 0 in x.shape:
        return np.zeros_like(x)
    chosen = (x == restore(y, x.shape, axis, keepdims)) | np.isnan(x)
    count = np.sum(chosen, axis=axis, dtype=g.dtype, keepdims=keepdims)
    return np.where(chosen, restore(g / count, x.shape, axis, keepdims), 0)


for _operation in (amax_, amin_, median_):
    _operation.defvjp(_shared)


@numpy_words
def amax(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the greatest element along `dim`; nan if one is.

    The derivative: g goes to the greatest, in equal shares if there are several.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension or dimensions; all by default.
    keepdim
        keep them, at length 1.

    Raises
    ------
    ValueError
        If there is no element to choose, or no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1.0, 3.0, 3.0]], requires_grad=True)
    >>> tg.amax(x, 1).backward()
    >>> x.grad
    tensor([[0. , 0.5, 0.5]])
    """
    return amax_(input, axis=axes_of(dim), keepdims=keepdim)


@numpy_words
def amin(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the least element along `dim`; nan if one is.

    The derivative: g goes to the least, in equal shares if there are several.  Parameters and errors are
    those of `amax`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.amin(tg.tensor([[1.0, 3.0], [2.0, 0.0]]), 1)
    tensor([1., 0.])
    """
    return amin_(input, axis=axes_of(dim), keepdims=keepdim)


@answer_for(np.ptp)
def _numpy_ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Tensor:
    return amax_(a, axis=axis, keepdims=keepdims) - amin_(a, axis=axis, keepdims=keepdims)


# ---- where it is


@primitive(np.argmax, promotion="common")
def argmax_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the index of the greatest along `axis`, the first of several; that of nan if one is."""
    return np.argmax(x, axis, keepdims=keepdims)


@primitive(np.argmin, promotion="common")
def argmin_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the index of the least along `axis`, the first of several; that of nan if one is."""
    return np.argmin(x, axis, keepdims=keepdims)


@numpy_words
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the index, in int64, of the greatest element along `dim`, or in C order; the first of several, or of nan.

    Raises
    ------
    ValueError
        If there is no element to choose, or no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.argmax(tg.tensor([[1.0, 3.0], [2.0, 0.0]]), 1)
    tensor([1, 0])
    """
    return argmax_(input, axis=dim, keepdims=keepdim)


@numpy_words
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the index, in int64, of the least element along `dim`, or in C order; the first of several, or of nan.

    Raises
    ------
    ValueError
        If there is no element to choose, or no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.argmin(tg.tensor([[1.0, 3.0], [2.0, 0.0]]), 1)
    tensor([0, 1])
    """
    return argmin_(input, axis=dim, keepdims=keepdim)


# ---- both


def _argmedian(x: Any, axis: int) -> Any:
    """Return the index along `axis`, kept at length 1, of the first element that is the lower median, or nan."""
    middle = _middle(x, axis)
    return np.argmax((x == middle) | (x != x), axis, keepdims=True)


def _chosen(x: Any, axis: int, keepdims: bool, index: Callable[..., Any]) -> Any:
    indices = index(x, axis)
    found = np.take_along_axis(x, indices, axis), indices
    return found if keepdims else tuple([np.squeeze(a, axis) for a in found])


@primitive(promotion="common")
def max_along(x: Any, *, axis: Any, keepdims: Any = False) -> Any:
    """Return the greatest along `axis` and its index, the first of several.  dx = g there, 0 elsewhere."""
    return _chosen(x, axis, keepdims, lambda x, axis: np.argmax(x, axis, keepdims=True))


@primitive(promotion="common")
def min_along(x: Any, *, axis: Any, keepdims: Any = False) -> Any:
    """Return the least along `axis` and its index, the first of several.  dx = g there, 0 elsewhere."""
    return _chosen(x, axis, keepdims, lambda x, axis: np.argmin(x, axis, keepdims=True))


@primitive(promotion="common")
def median_along(x: Any, *, axis: Any, keepdims: Any = False) -> Any:
    """Return the lower median along `axis` and its index, the first of several.  dx = g there, 0 elsewhere."""
    return _chosen(x, axis, keepdims, _argmedian)


def _to_index(g: Any, y: Any, x_shape: tuple[int, ...], axis: int, keepdims: bool) -> Any:
    values, indices = (restore(part, x_shape, axis, keepdims) for part in (g[0], y[1]))
    along = [1] * len(x_shape)
    along[axis] = x_shape[axis]
    return (np.where(indices == np.reshape(np.arange(x_shape[axis]), along), values, 0),)


for _operation in (max_along, min_along, median_along):
    _operation.defvjp_joint(_to_index, fresh=True)


def _along(operation: Primitive, whole: Primitive, input: Any, dim: int, keepdim: bool) -> ValuesAndIndices:
    if np.ndim(input) == 0:  # PyTorch lets a 0-d tensor have a dimension to go along
        indices = argmax_(input, axis=dim)
        return ValuesAndIndices(whole(input), indices)
    return ValuesAndIndices(*operation(input, axis=dim, keepdims=keepdim))


@numpy_words
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Return the greatest element; or the greatest along `dim`, with its index; or, elementwise, the greater of two.

    The derivative: of all, g is shared evenly by the greatest; along `dim`, g goes to the element at the index.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension to reduce; a tensor in its place is `other`.
    keepdim
        keep it, at length 1.
    other
        tensor to compare with, see `maximum`.

    Returns
    -------
    Tensor, or the named tuple ``(values, indices)``; the index, in int64, is that of the first of several.

    Raises
    ------
    ValueError
        If there is no element to choose, or no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1.0, 3.0], [2.0, 0.0]])
    >>> tg.max(x)
    tensor(3.)
    >>> values, indices = tg.max(x, 1)
    >>> values, indices
    (tensor([3., 2.]), tensor([1, 0]))
    """
    other = dim if isinstance(dim, Tensor) else other
    if other is not None:
        return np.maximum(input, other)
    return amax_(input, keepdims=keepdim) if dim is None else _along(max_along, amax_, input, dim, keepdim)


@numpy_words
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """Return the least element; or the least along `dim`, with its index; or, elementwise, the lesser of two.

    The derivative, parameters, result and errors are those of `max`, with the least for the greatest.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.min(tg.tensor([[1.0, 3.0], [2.0, 0.0]]), dim=1).indices
    tensor([0, 1])
    """
    other = dim if isinstance(dim, Tensor) else other
    if other is not None:
        return np.minimum(input, other)
    return amin_(input, keepdims=keepdim) if dim is None else _along(min_along, amin_, input, dim, keepdim)


@numpy_words
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the middle element, the lower of two; or that along `dim`, with its index.  nan if one is.

    The derivative: of all, g is shared evenly by those equal to it; along `dim`, g goes to the element at the index.
    ``np.median``, which returns the mean of two, is another function.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension to reduce.
    keepdim
        keep it, at length 1.

    Returns
    -------
    Tensor, or the named tuple ``(values, indices)``; the index, in int64, is that of the first of several.

    Raises
    ------
    ValueError
        If there is no element to choose, or no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([4.0, 1.0, 3.0, 2.0])
    >>> tg.median(x), tg.median(x, 0).indices
    (tensor(2.), tensor(3))
    """
    return median_(input, keepdims=keepdim) if dim is None else _along(median_along, median_, input, dim, keepdim)
