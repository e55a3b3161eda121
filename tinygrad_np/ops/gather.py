"""Gathering and scattering: PyTorch's and NumPy's functions that take an index or a mask as an argument."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .. import dtypes
from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor, wrap
from .index import (
    add_along_axis,
    add_at,
    first,
    nonzero_,
    set_along_axis,
    take_along_axis_,
    take_at,
    take_mask,
)
from .join import stack
from .shape import broadcast_tensors, broadcast_to_, dimension, reshape_, shape_of
from .words import numpy_words

# ---- by integers


def _ints(index: Any, name: str) -> Any:
    """Return `index` as a tensor or array of ints; an array is copied, because a later change could not be noticed."""
    array = index.array if isinstance(index, Tensor) else np.array(index)
    if array.size == 0 and isinstance(index, list):
        array = array.astype(np.intp)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} needs an index of integers, not of {array.dtype}: convert it with .to('int64')")
    return index if isinstance(index, Tensor) else array


def _tensor(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else wrap(dtypes.as_array(x))


@numpy_words
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """Return the elements of `input` that `indices` names along `dim`; the other dimensions broadcast.

    ``y[a, b] = input[a, indices[a, b]]`` for `dim` 1 of two.  The derivative: g is added up at the places read.

    Parameters
    ----------
    input : tensor or array.
    indices : integers, of as many dimensions.
    dim : dimension; None takes from the elements in C order.

    Raises
    ------
    IndexError, TypeError, ValueError
        If an index lies outside; is not of an integer dtype; has another number of dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[10, 30, 20], [60, 40, 50]])
    >>> tg.take_along_dim(x, tg.argsort(x, 1), 1)
    tensor([[10, 20, 30],
            [40, 50, 60]])
    """
    indices = _ints(indices, "take_along_dim")
    if dim is None:
        return take_along_axis_(reshape_(input, shape=(-1,)), reshape_(indices, shape=(-1,)), axis=0)
    return take_along_axis_(input, indices, axis=dimension(dim, len(shape_of(input))))


@answer_for(np.take_along_axis)
def _numpy_take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Tensor:
    return take_along_dim(arr, indices, axis)


@numpy_words
def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return the elements of `input` that `index` names along `dim`.

    ``y[a, b] = input[a, index[a, b]]`` for `dim` 1 of two.  The derivative: g is added up at the places read.

    Parameters
    ----------
    input : tensor or array.
    dim : dimension.
    index : integers; as many dimensions as `input`, in all but `dim` at most its length; it does not broadcast.

    Raises
    ------
    IndexError, TypeError, ValueError
        If an index lies outside; is not of an integer dtype; its shape does not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.gather(tg.tensor([[1, 2], [3, 4]]), 1, tg.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    input = _tensor(input)
    index, dim = _along(input, dim, index, "gather")
    lengths = tuple([m if d == dim else n for d, (n, m) in enumerate(zip(index.shape, input.shape, strict=True))])
    return take_along_axis_(first(input, lengths), index, axis=dim)


def _along(input: Tensor, dim: int, index: Any, name: str) -> tuple[Any, int]:
    """Return `index` and `dim`, checked: as many dimensions as `input`, none but `dim` longer."""
    index = _ints(index, name)
    dim = dimension(dim, input.ndim)
    if input.ndim != index.ndim or any(
        n > m for d, (n, m) in enumerate(zip(index.shape, input.shape, strict=True)) if d != dim
    ):
        raise ValueError(
            f"{name} along dim {dim} of shape {input.shape} by an index of shape {index.shape}: "
            "it needs as many dimensions, and none but that one may be longer"
        )
    return index, dim


def scatter(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return `input` with the elements that `index` names along `dim` replaced by those of `src`.

    ``y[a, index[a, b]] = src[a, b]`` for `dim` 1 of two; of several written to one place the last stays.
    The derivative: ``dinput = g``, but 0 where it was replaced; ``dsrc = g`` there, but 0 for what did not stay.

    Parameters
    ----------
    input : tensor or array.
    dim : dimension.
    index : integers; as many dimensions as `input`, in all but `dim` at most its length.
    src : a number, or a tensor of the dtype of `input`, in no dimension shorter than `index`.

    Raises
    ------
    IndexError, TypeError, ValueError
        If an index lies outside; the dtypes differ; a shape does not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.scatter(tg.zeros(2, 3), 1, tg.tensor([[1], [2]]), 5.0)
    tensor([[0., 5., 0.],
            [0., 0., 5.]])
    """
    input = _tensor(input)
    index, dim = _along(input, dim, index, "scatter")
    if isinstance(src, Tensor | ndarray) and src.ndim:
        src = _source(input, index, _tensor(src), "scatter")
    return set_along_axis(input, src, index, axis=dim)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return `input` with `src` added to the elements that `index` names along `dim`.

    ``y[a, index[a, b]] += src[a, b]`` for `dim` 1 of two; all that goes to one place is added up.
    The derivative: ``dinput = g``; ``dsrc = gather(g, dim, index)``.

    Parameters and errors are those of `scatter`, but `src` cannot be a number.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.scatter_add(tg.zeros(3), 0, tg.tensor([0, 2, 0]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([4., 0., 2.])
    """
    input = _tensor(input)
    index, dim = _along(input, dim, index, "scatter_add")
    src = _source(input, index, _tensor(src), "scatter_add")
    return input + add_along_axis(src, index, axis=dim, shape=input.shape)


def _source(input: Tensor, index: Any, src: Tensor, name: str) -> Tensor:
    """Return the first elements of `src`, as many as `index` has along each dimension."""
    if src.ndim != index.ndim or any(n > m for n, m in zip(index.shape, src.shape, strict=True)):
        raise ValueError(f"{name} of shape {src.shape} by an index of shape {index.shape}: it is too small")
    if src.dtype != input.dtype:
        raise TypeError(f"{name} of {src.dtype} into {input.dtype}: convert one of them with .to()")
    return first(src, index.shape)


@numpy_words
def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the parts of `input` along `dim` that `index` names.

    The derivative: g is added up at the places read.

    Parameters
    ----------
    input : tensor or array.
    dim : dimension.
    index : integers, of one dimension.

    Raises
    ------
    IndexError, TypeError, ValueError
        If an index lies outside; is not of an integer dtype; has more dimensions than one.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_select(tg.eye(3), 0, tg.tensor([2, 0]))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    index = _row(index, "index_select")
    return take_at(input, index, dims=(dimension(dim, len(shape_of(input))),))


def _row(index: Any, name: str) -> Any:
    index = _ints(index, name)
    if index.ndim > 1:
        raise ValueError(f"{name} by an index of shape {index.shape}: it must have one dimension")
    return index if index.ndim else np.reshape(index, (1,))


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
    """Return `input` with the parts of ``alpha * source`` along `dim` added to the parts that `index` names.

    What goes to one part is added up.
    The derivative: ``dinput = g``; ``dsource = alpha * index_select(g, dim, index)``.

    Parameters
    ----------
    input : tensor or array.
    dim : dimension.
    index : integers, of one dimension.
    source : of the shape of ``index_select(input, dim, index)`` and the dtype of `input`.
    alpha : number.

    Raises
    ------
    IndexError, TypeError, ValueError
        If an index lies outside; the dtypes differ; a shape does not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_add(tg.zeros(3), 0, tg.tensor([0, 2, 0]), tg.tensor([1.0, 2.0, 3.0]))
    tensor([4., 0., 2.])
    """
    input, source = _tensor(input), _tensor(source)
    index, dim = _row(index, "index_add"), dimension(dim, input.ndim)
    _check_source(input, dim, index, source, "index_add")
    return input + add_at(source if alpha == 1 else source * alpha, index, dims=(dim,), shape=input.shape)


def _check_source(input: Tensor, dim: int, index: Any, source: Tensor, name: str) -> None:
    wanted = (*input.shape[:dim], *index.shape, *input.shape[dim + 1 :])
    if source.shape != wanted:
        raise ValueError(f"{name} of shape {source.shape}, but the index along dim {dim} needs {wanted}")
    if source.dtype != input.dtype:
        raise TypeError(f"{name} of {source.dtype} into {input.dtype}: convert one of them with .to()")


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """Return `input` with the parts along `dim` that `index` names replaced by those of `source`.

    The derivative: ``dinput = g``, but 0 there; ``dsource = g`` there, but 0 for what a later one replaced.

    Parameters and errors are those of `index_add`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_copy(tg.zeros(3), 0, tg.tensor([2, 0]), tg.tensor([1.0, 2.0]))
    tensor([2., 0., 1.])
    """
    input, source = _tensor(input), _tensor(source)
    index, dim = _row(index, "index_copy"), dimension(dim, input.ndim)
    _check_source(input, dim, index, source, "index_copy")
    places = broadcast_to_(_lying(index, dim, input.ndim), shape=source.shape)
    return set_along_axis(input, source, places, axis=dim)


def _lying(row: Any, dim: int, ndim: int) -> Tensor:
    """Return a row, of one dimension, as lying along `dim` of `ndim` dimensions."""
    return reshape_(row, shape=(-1,) + (1,) * (ndim - dim - 1))


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """Return `input` with the parts along `dim` that `index` names filled with the number `value`.

    The derivative: ``dinput = g``, but 0 there; ``dvalue`` = the sum of g there.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.index_fill(tg.zeros(3), 0, tg.tensor([2, 0]), 7.0)
    tensor([7., 0., 7.])
    """
    input = _tensor(input)
    index, dim = _row(index, "index_fill"), dimension(dim, input.ndim)
    return masked_fill(input, _lying(named(index, length=input.shape[dim]), dim, input.ndim), value)


@primitive()
def named(indices: Any, *, length: Any) -> Any:
    """Return, for each index below `length`, whether it is among `indices`."""
    result = np.zeros(length, np.bool_)
    result[indices] = True
    return result


def take(input: Any, index: Any) -> Tensor:
    """Return the elements of `input`, counted in C order, that `index` names; of the shape of `index`.

    The derivative: g is added up at the places read.

    Raises
    ------
    IndexError, TypeError
        If an index lies outside; is not of an integer dtype.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.take(tg.tensor([[1, 2], [3, 4]]), tg.tensor([3, 0]))
    tensor([4, 1])
    """
    return take_at(reshape_(input, shape=(-1,)), _ints(index, "take"), dims=(0,))


@answer_for(np.take)
def _numpy_take(a: Any, indices: Any, axis: int | None = None) -> Tensor:
    if axis is None:
        return take(a, indices)
    return take_at(a, _ints(indices, "take"), dims=(dimension(axis, len(shape_of(a))),))


@primitive()
def masked_fill_(x: Any, value: Any, mask: Any) -> Any:
    """Return `x` with `value` where `mask` holds.  dx = g, but 0 there;  dvalue = g there."""
    return np.where(mask, x.dtype.type(value), x)


masked_fill_.defvjp(lambda g, mask: np.where(mask, 0, g), lambda g, mask: np.where(mask, g, 0), None)


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return `input` with the number `value` where `mask` holds.

    The derivative: ``dinput = g``, but 0 there; ``dvalue`` = the sum of g there.

    Parameters
    ----------
    input : tensor or array.
    mask : booleans, broadcast with `input`.
    value : number or 0-d tensor; it takes the dtype of `input`.

    Raises
    ------
    TypeError
        If the mask is not boolean, or a floating value is to fill an integer tensor.
    ValueError
        If `value` has dimensions, or the shapes do not broadcast.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.masked_fill(tg.tensor([1.0, 2.0]), tg.tensor([True, False]), -1.0)
    tensor([-1.,  2.])
    """
    input = _tensor(input)
    if shape_of(value) != ():
        raise ValueError(f"masked_fill with a value of shape {shape_of(value)}: give a number, or use where()")
    if input.dtype.kind != "f" and (isinstance(value, float) or getattr(value, "dtype", input.dtype).kind == "f"):
        raise TypeError(f"masked_fill of {input.dtype} with the floating value {value}: convert the tensor first")
    return masked_fill_(input, value, _mask(mask, "masked_fill"))


def _mask(mask: Any, name: str) -> Any:
    mask = mask if isinstance(mask, Tensor) else np.array(mask)
    if mask.dtype.kind != "b":
        raise TypeError(f"{name} needs a boolean mask, not {mask.dtype}: compare with 0")
    return mask


def masked_select(input: Any, mask: Any) -> Tensor:
    """Return the elements of `input` where `mask` holds, in C order, in one dimension; the two broadcast.

    The derivative: ``dinput = g`` there, 0 elsewhere.

    Raises
    ------
    TypeError
        If the mask is not boolean.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, -2.0, 3.0])
    >>> tg.masked_select(x, x > 0)
    tensor([1., 3.])
    """
    return take_mask(*broadcast_tensors(input, _mask(mask, "masked_select")))


# ---- where, and which


def nonzero(input: Any, as_tuple: bool = False) -> Any:
    """Return the indices of the elements of `input` that are not zero, in C order.

    Parameters
    ----------
    input : tensor or array.
    as_tuple : give one tensor for each dimension, fit to be an index, instead of one row for each element.

    Returns
    -------
    Tensor of int64 and shape (elements, dimensions), or a tuple of tensors of shape (elements,).

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.nonzero(tg.tensor([[0, 1], [2, 0]]))
    tensor([[0, 1],
            [1, 0]])
    """
    input = _tensor(input)
    if as_tuple:
        return nonzero_(input if input.ndim else reshape_(input, shape=(1,)))
    if input.ndim == 0:
        return wrap(np.zeros((int(bool(input.array)), 0), np.int64))
    return stack(nonzero_(input), 1)


argwhere = nonzero


@answer_for(np.nonzero)
def _numpy_nonzero(a: Any) -> tuple[Tensor, ...]:
    return nonzero_(a)


@answer_for(np.argwhere)
def _numpy_argwhere(a: Any) -> Tensor:
    return nonzero(a)


@answer_for(np.flatnonzero)
def _numpy_flatnonzero(a: Any) -> Tensor:
    return nonzero_(reshape_(a, shape=(-1,)))[0]


@primitive()
def one_hot_(x: Any, *, num_classes: Any) -> Any:
    """Return 1 where the last, new axis has the index `x`, and 0 elsewhere."""
    return (x[..., None] == np.arange(num_classes)).astype(np.int64)


def one_hot(input: Any, num_classes: int = -1) -> Tensor:
    """Return, for each class index in `input`, a row with 1 at that index and 0 elsewhere.

    Parameters
    ----------
    input : integers from 0 to ``num_classes - 1``, of any shape.
    num_classes : length of the rows; -1 for one more than the largest index.

    Returns
    -------
    Tensor of int64 and shape ``(*input.shape, num_classes)``.

    Raises
    ------
    TypeError, ValueError
        If `input` is not of an integer dtype; if an index lies outside.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.one_hot(tg.tensor([2, 0]), 3)
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    classes = _ints(input, "one_hot")
    array = np.asarray(classes)
    if num_classes == -1:
        if array.size == 0:
            raise ValueError("one_hot of no classes: give num_classes")
        num_classes = int(array.max()) + 1
    if array.size and (array.min() < 0 or array.max() >= num_classes):
        raise ValueError(f"one_hot of classes from {array.min()} to {array.max()}: give 0 to {num_classes - 1}")
    return one_hot_(classes, num_classes=num_classes)
