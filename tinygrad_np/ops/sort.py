"""Operations that order elements, and questions about order; gradients go back to where the elements stood."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .index import add_along_axis, getitem_
from .shape import dimension, fed, reshape_, shape_of
from .words import numpy_words


class Sorted(NamedTuple):
    """What `sort`, `topk` and `kthvalue` return: elements in order, and the indices along `dim` where they stood."""

    values: Tensor
    indices: Tensor


@primitive()
def sort_(x: Any, *, axis: Any = -1, descending: Any = False, stable: Any = False) -> Any:
    """Return `x` sorted along `axis`, and the index along it of each element; nan counts as the largest.

    dx = g of the values, put back where they stood.
    """
    order = _order(x, axis, descending, stable)
    return np.take_along_axis(x, order, axis), order


def _order(x: ndarray, axis: int, descending: bool, stable: bool) -> ndarray:
    kind: Any = "stable" if stable else None
    if not descending:
        return np.argsort(x, axis=axis, kind=kind).astype(np.int64, copy=False)
    backwards = np.argsort(np.flip(x, axis), axis=axis, kind=kind)  # so that equal elements keep their order
    return x.shape[axis] - 1 - np.flip(backwards, axis).astype(np.int64, copy=False)


def _put_back(g: Any, y: Any, x_shape: tuple[int, ...], axis: int) -> Any:
    order = y[1].array if isinstance(y[1], Tensor) else y[1]
    return fed(add_along_axis, g[0], order, axis=axis, shape=x_shape)


sort_.defvjp(_put_back)


def _row(input: Any) -> Any:
    """Return a 0-d input as one of shape (1,)."""
    return input if shape_of(input) else reshape_(input, shape=(1,))


def _as_input(results: tuple[Tensor, Tensor], input: Any) -> Sorted:
    return Sorted(*results) if shape_of(input) else Sorted(*[reshape_(x, shape=()) for x in results])


@numpy_words
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
    """Return the elements of `input` in order along `dim`, and the indices where they stood.

    The derivative: the cotangent of each value goes back to where it stood.  nan counts as the largest.

    Parameters
    ----------
    input : tensor or array.
    dim : dimension.
    descending : the largest first.
    stable : equal elements keep their order.

    Returns
    -------
    values : tensor of the shape and dtype of `input`.
    indices : int64 tensor of that shape.

    Raises
    ------
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.sort(tg.tensor([3, 1, 2]))
    Sorted(values=tensor([1, 2, 3]), indices=tensor([1, 2, 0]))
    """
    axis = dimension(dim, len(shape_of(input)))
    return _as_input(sort_(_row(input), axis=axis, descending=descending, stable=stable), input)


@answer_for(np.sort)
def _numpy_sort(a: Any, axis: int | None = -1, *, stable: bool | None = None) -> Tensor:
    if axis is None:
        return sort(reshape_(a, shape=(-1,)), 0, stable=bool(stable)).values
    return sort(a, axis, stable=bool(stable)).values


@primitive()
def argsort_(x: Any, *, axis: Any = -1, descending: Any = False, stable: Any = False) -> Any:
    """Return the indices along `axis` that sort `x`."""
    return _order(x, axis, descending, stable)


@numpy_words
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """Return the indices along `dim` that put the elements of `input` in order, as int64: `sort` without the values.

    There is no derivative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.argsort(tg.tensor([3, 1, 2]), descending=True)
    tensor([0, 2, 1])
    """
    axis = dimension(dim, len(shape_of(input)))
    order = argsort_(_row(input), axis=axis, descending=descending, stable=stable)
    return reshape_(order, shape=shape_of(input))


@answer_for(np.argsort)
def _numpy_argsort(a: Any, axis: int | None = -1, *, stable: bool | None = None) -> Tensor:
    if axis is None:
        return argsort(reshape_(a, shape=(-1,)), 0, stable=bool(stable))
    return argsort(a, axis, stable=bool(stable))


@primitive()
def topk_(x: Any, *, k: Any, axis: Any = -1, largest: Any = True, sorted: Any = True) -> Any:
    """Return the `k` largest or smallest elements along `axis`, and their indices.  dx = g of the values, put back."""
    n = x.shape[axis]
    part = slice(n - k, n) if largest else slice(k)
    index = (slice(None),) * (axis % x.ndim) + (part,)
    if 0 < k < n:
        chosen = np.argpartition(x, n - k if largest else k - 1, axis=axis)[index].astype(np.int64, copy=False)
    else:
        chosen = np.array(np.broadcast_to(_along(np.arange(n, dtype=np.int64), axis, x.ndim), x.shape)[index])
    values = np.take_along_axis(x, chosen, axis)
    if not sorted:
        return values, chosen
    order = _order(values, axis, largest, False)
    return np.take_along_axis(values, order, axis), np.take_along_axis(chosen, order, axis)


def _along(row: ndarray, axis: int, ndim: int) -> ndarray:
    return row.reshape((-1,) + (1,) * (ndim - 1 - axis % ndim))


topk_.defvjp(_put_back)


@numpy_words
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
    """Return the `k` largest elements of `input` along `dim`, and the indices where they stood.

    The derivative: the cotangent of each value goes back to where it stood; the others get 0.
    nan counts as the largest.

    Parameters
    ----------
    input : tensor or array.
    k : how many.
    dim : dimension.
    largest : False for the smallest.
    sorted : in order, the largest (or smallest) first; otherwise in any order.

    Returns
    -------
    values : tensor with length `k` along `dim`.
    indices : int64 tensor of that shape.

    Raises
    ------
    IndexError
        If there is no such dimension.
    ValueError
        If there are fewer than `k` elements, or `k` is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.topk(tg.tensor([1.0, 4.0, 3.0]), 2).indices
    tensor([1, 2])
    """
    row = _row(input)
    axis = dimension(dim, row.ndim)
    if not 0 <= k <= row.shape[axis]:
        raise ValueError(f"topk with k = {k} along a dimension of length {row.shape[axis]}: it must lie from 0 to that")
    results = topk_(row, k=k, axis=axis, largest=largest, sorted=sorted)
    return _as_input(results, input) if k else Sorted(*results)


@numpy_words
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Sorted:
    """Return the `k`-th smallest element of `input` along `dim`, counted from 1, and the index where it stood.

    The derivative: g goes back to where it stood; the others get 0.  nan counts as the largest.

    Raises
    ------
    IndexError
        If there is no such dimension.
    ValueError
        If `k` does not lie from 1 to the length of `dim`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.kthvalue(tg.tensor([5.0, 1.0, 3.0]), 2)
    Sorted(values=tensor(3.), indices=tensor(2))
    """
    row = _row(input)
    axis = dimension(dim, row.ndim)
    if not 1 <= k <= row.shape[axis]:
        raise ValueError(f"kthvalue with k = {k} along a dimension of length {row.shape[axis]}: count from 1 to that")
    smallest = topk_(row, k=k, axis=axis, largest=False)
    kept = slice(k - 1, k) if keepdim and shape_of(input) else k - 1
    return Sorted(*[getitem_(x, index=((slice(None),) * axis + (kept, ...))) for x in smallest])


# ---- questions without a derivative


@primitive()
def unique_(x: Any, *, axis: Any = None) -> Any:
    """Return the different elements of `x`, where each of `x` is found among them, and how often each stands there."""
    found, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis)
    inverse = inverse.reshape(x.shape if axis is None else (x.shape[axis],))  # NumPy 2.0 gives it another shape
    return found, inverse.astype(np.int64, copy=False), counts.astype(np.int64, copy=False)


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the different elements of `input`, or its different parts along `dim`, in order.

    There is no derivative.

    Parameters
    ----------
    input : tensor or array.
    sorted : they are in order in any case.
    return_inverse : return also where each element of `input` is to be found in the result.
    return_counts : return also how often each stands in `input`.
    dim : dimension; None for the elements themselves.

    Returns
    -------
    Tensor, or a tuple of tensors (output, inverse, counts), as many as were asked for.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    results = unique_(input, axis=None if dim is None else dimension(dim, len(shape_of(input))))
    wanted = tuple([x for x, want in zip(results, (True, return_inverse, return_counts), strict=True) if want])
    return wanted if len(wanted) > 1 else wanted[0]


@answer_for(np.unique)
def _numpy_unique(
    ar: Any, *, return_inverse: bool = False, return_counts: bool = False, axis: int | None = None
) -> Any:
    return unique(ar, True, return_inverse, return_counts, axis)


@primitive()
def searchsorted_(sequence: Any, values: Any, *, side: Any = "left") -> Any:
    """Return the index in the ascending `sequence` before which each of `values` can be put."""
    return np.asarray(np.searchsorted(sequence, values, side), np.int64)


def searchsorted(sorted_sequence: Any, values: Any, *, right: bool = False) -> Tensor:
    """Return the index in the sorted sequence before which each of `values` can be put, as int64.

    There is no derivative.

    Parameters
    ----------
    sorted_sequence : one dimension, in ascending order.
    values : tensor, array or number.
    right : behind those that are equal, not before them.

    Raises
    ------
    ValueError
        If the sequence does not have one dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.searchsorted(tg.tensor([1.0, 3.0, 5.0]), tg.tensor([3.0, 6.0]))
    tensor([1, 3])
    """
    if len(shape_of(sorted_sequence)) != 1:
        raise ValueError(f"searchsorted in shape {shape_of(sorted_sequence)}: the sequence must have one dimension")
    return searchsorted_(sorted_sequence, values, side="right" if right else "left")


def bucketize(input: Any, boundaries: Any, *, right: bool = False) -> Tensor:
    """Return the number of the interval between `boundaries` in which each element of `input` lies, as int64.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.bucketize(tg.tensor([0.5, 2.0]), tg.tensor([1.0, 3.0]))
    tensor([0, 1])
    """
    return searchsorted(boundaries, input, right=right)


@answer_for(np.searchsorted)
def _numpy_searchsorted(a: Any, v: Any, side: str = "left") -> Tensor:
    return searchsorted(a, v, right=side == "right")


@primitive()
def bincount_(x: Any, weights: Any, *, minlength: Any = 0) -> Any:
    """Return how often each integer from 0 on stands in `x`, or the sum of its `weights`, which may be None."""
    counts = np.bincount(x, weights, minlength)
    if weights is None:
        return counts.astype(np.int64, copy=False)
    return counts.astype(weights.dtype) if weights.dtype == np.float32 else counts


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """Return how often each integer from 0 to the largest stands in `input`, or the sum of its `weights`.

    There is no derivative.

    Parameters
    ----------
    input : integers that are not negative, of one dimension.
    weights : of the same shape; the sums are float32 for float32 weights, else float64.
    minlength : the least length of the result.

    Raises
    ------
    TypeError, ValueError
        If `input` is not of an integer dtype; is negative somewhere; has another shape than `weights`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.bincount(tg.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    if weights is not None and not isinstance(weights, Tensor):
        weights = np.asarray(weights)
    return bincount_(input, weights, minlength=minlength)


@answer_for(np.bincount)
def _numpy_bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Tensor:
    return bincount(x, weights, minlength)
