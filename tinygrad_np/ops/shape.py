"""Operations that look at the same elements in another shape or order, each with its derivative.

A cotangent is led back the way the elements came: reshaped back, transposed back.  Most of these return views, which
share the memory of their input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .words import numpy_words


def fed(operation: Primitive, *inputs: Any, **attributes: Any) -> Any:
    """Apply `operation` inside a rule: to ndarrays bare, and recorded where a tensor is among the inputs."""
    if any(isinstance(x, Tensor) for x in inputs):
        return operation(*inputs, **attributes)
    return operation.forward(*inputs, **attributes)


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of a tensor, an array, or whatever becomes one."""
    return x.shape if isinstance(x, Tensor | np.ndarray) else np.shape(x)


def dimension(dim: int, ndim: int) -> int:
    """Return `dim` counted from the front.

    Raises
    ------
    IndexError
        If there is no such dimension; a 0-d tensor has dimensions 0 and -1, as in PyTorch.
    """
    extent = max(ndim, 1)
    if not -extent <= dim < extent:
        raise IndexError(f"dim {dim} is not there in {ndim} dimensions: it must lie from {-extent} to {extent - 1}")
    return dim % extent


def dimensions(dims: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Return one or several `dims`, all if None, counted from the front; `ValueError` if one stands there twice."""
    if dims is None:
        return tuple(range(ndim))
    found = tuple([dimension(dim, ndim) for dim in ((dims,) if isinstance(dims, int | np.integer) else dims)])
    if len(set(found)) != len(found):
        raise ValueError(f"dims {tuple(dims)} name a dimension twice: give each once")  # type: ignore[arg-type]
    return found


# ---- another shape


@primitive(np.reshape, view=True)
def reshape_(x: Any, *, shape: Any) -> Any:
    """Return `x` in another `shape` of as many elements, in C order; one length may be -1.  dx = g, reshaped back."""
    return np.reshape(x, shape)


reshape_.defvjp(lambda g, x_shape: np.reshape(g, x_shape))


def reshape(input: Any, shape: int | Sequence[int]) -> Tensor:
    """Return the elements of `input` in another shape, in C order; a view where the memory allows it, else a copy.

    The derivative: ``dinput = g``, reshaped back.

    Parameters
    ----------
    input : tensor or array.
    shape : as many elements; one length may be -1, it is computed from the others.

    Raises
    ------
    ValueError
        If the number of elements differs.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.reshape(tg.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    return reshape_(input, shape=shape)


def view(input: Tensor, shape: int | Sequence[int]) -> Tensor:
    """Return the elements of `input` in another shape, in the same memory.  The derivative is that of `reshape`.

    Raises
    ------
    RuntimeError
        If the order of the elements in memory forbids it: then use `reshape`, which copies.
    ValueError
        If the number of elements differs.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3).view(3, 2).shape
    (3, 2)
    """
    result = reshape_(input, shape=shape)
    if result.array.size and not np.may_share_memory(result.array, input.array):
        raise RuntimeError(
            f"the elements of shape {input.shape} and strides {input.array.strides} cannot be seen as {result.shape} "
            "without a copy: use reshape()"
        )
    return result


@answer_for(np.ravel)
def ravel(input: Any) -> Tensor:
    """Return the elements of `input` in one dimension, in C order.  The derivative: ``dinput = g``, reshaped back.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.ravel(tg.eye(2))
    tensor([1., 0., 0., 1.])
    """
    return reshape_(input, shape=(-1,))


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return `input` with the dimensions from `start_dim` to `end_dim` made one.

    The derivative: ``dinput = g``, reshaped back.

    Raises
    ------
    IndexError
        If there is no such dimension.
    ValueError
        If `end_dim` lies before `start_dim`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.flatten(tg.zeros(5, 2, 3), 1).shape
    (5, 6)
    """
    shape = shape_of(input)
    start, end = dimension(start_dim, len(shape)), dimension(end_dim, len(shape))
    if start > end:
        raise ValueError(f"flatten from dim {start_dim} to dim {end_dim} of shape {shape}: give the earlier one first")
    merged = math.prod(shape[start : end + 1])
    return reshape_(input, shape=(*shape[:start], merged, *shape[end + 1 :]))


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return `input` with dimension `dim` split into dimensions of `sizes`, of which one may be -1.

    The derivative: ``dinput = g``, reshaped back.

    Raises
    ------
    ValueError
        If the sizes do not multiply to the length of `dim`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.unflatten(tg.zeros(5, 6), 1, (2, -1)).shape
    (5, 2, 3)
    """
    shape = shape_of(input)
    dim = dimension(dim, len(shape))
    known = math.prod([n for n in sizes if n != -1])
    missing = list(sizes).count(-1)
    if missing > 1 or (known != shape[dim] if missing == 0 else known == 0 or shape[dim] % known):
        raise ValueError(f"cannot split dim {dim} of shape {shape} into {tuple(sizes)}: give the factors of its length")
    split = [shape[dim] // known if n == -1 else n for n in sizes]
    return reshape_(input, shape=(*shape[:dim], *split, *shape[dim + 1 :]))


@primitive(np.squeeze, view=True)
def squeeze_(x: Any, *, axis: Any = None) -> Any:
    """Return `x` without the dimensions `axis`, which have length 1; without all such if None.  dx = g, reshaped."""
    return np.squeeze(x[...], axis=axis)  # a view even if there is nothing to do


squeeze_.defvjp(lambda g, x_shape: np.reshape(g, x_shape))


@numpy_words
def squeeze(input: Any, dim: int | Sequence[int] | None = None) -> Tensor:
    """Return `input` without those of the dimensions `dim` (all, if None) that have length 1; a view.

    The derivative: ``dinput = g``, reshaped back.

    Raises
    ------
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.zeros(1, 3, 1)
    >>> tg.squeeze(x).shape, tg.squeeze(x, 0).shape, tg.squeeze(x, 1).shape
    ((3,), (3, 1), (1, 3, 1))
    """
    shape = shape_of(input)
    found = dimensions(dim, len(shape)) if shape else ()
    return squeeze_(input, axis=tuple([d for d in found if shape[d] == 1]))


@primitive(np.expand_dims, view=True)
def expand_dims(x: Any, *, axis: Any) -> Any:
    """Return `x` with new dimensions of length 1 that stand at `axis` (an int or a tuple).  dx = g, reshaped back."""
    return np.expand_dims(x, axis)


expand_dims.defvjp(lambda g, x_shape: np.reshape(g, x_shape))


@numpy_words
def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return `input` with a new dimension of length 1 that stands at `dim`; a view.

    The derivative: ``dinput = g``, reshaped back.

    Raises
    ------
    IndexError
        If `dim` is not from ``-ndim - 1`` to ``ndim``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.unsqueeze(tg.zeros(2, 3), -1).shape
    (2, 3, 1)
    """
    return expand_dims(input, axis=dimension(dim, len(shape_of(input)) + 1))


@answer_for(np.atleast_1d)
def atleast_1d(input: Any) -> Tensor:
    """Return `input`, with a dimension of length 1 if it has none.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.atleast_1d(tg.tensor(2.0)).shape
    (1,)
    """
    return input if isinstance(input, Tensor) and input.ndim else reshape_(input, shape=shape_of(input) or (1,))


@answer_for(np.atleast_2d)
def atleast_2d(input: Any) -> Tensor:
    """Return `input`, with dimensions of length 1 put in front until it has two.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.atleast_2d(tg.zeros(3)).shape
    (1, 3)
    """
    shape = shape_of(input)
    if isinstance(input, Tensor) and len(shape) > 1:
        return input
    return reshape_(input, shape=(1,) * (2 - len(shape)) + shape)


# ---- another order of the dimensions


@primitive(np.transpose, view=True)
def transpose_(x: Any, *, axes: Any = None) -> Any:
    """Return `x` with dimension ``axes[i]`` at place i; reversed if None.  dx = g, its dimensions put back."""
    return np.transpose(x, axes)


def _inverse(axes: Sequence[int] | None) -> tuple[int, ...] | None:
    if axes is None:
        return None
    order = [axis % len(axes) for axis in axes]
    return tuple(sorted(range(len(order)), key=order.__getitem__))


transpose_.defvjp(lambda g, axes: np.transpose(g, _inverse(axes)))


def permute(input: Any, dims: Sequence[int]) -> Tensor:
    """Return `input` with its dimension ``dims[i]`` at place i; a view.

    The derivative: ``dinput = g``, its dimensions put back.

    Raises
    ------
    ValueError
        If `dims` does not name every dimension once.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.permute(tg.zeros(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    found = dimensions(dims, len(shape_of(input)))
    if len(found) != len(shape_of(input)):
        raise ValueError(f"permute of shape {shape_of(input)} by dims {tuple(dims)}: name every dimension once")
    return transpose_(input, axes=found)


@answer_for(np.swapaxes)
def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return `input` with dimensions `dim0` and `dim1` swapped; a view.

    The derivative: ``dinput = g``, swapped back.

    Raises
    ------
    IndexError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.transpose(tg.zeros(2, 3, 4), 0, -1).shape
    (4, 3, 2)
    """
    ndim = len(shape_of(input))
    first, second = dimension(dim0, ndim), dimension(dim1, ndim)
    order = list(range(ndim))
    if ndim:
        order[first], order[second] = second, first
    return transpose_(input, axes=tuple(order))


swapaxes = swapdims = transpose


def t(input: Any) -> Tensor:
    """Return the transpose of a matrix; 0-d and 1-d tensors as they are.

    Raises
    ------
    ValueError
        If there are more than two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.t(tg.zeros(2, 3)).shape
    (3, 2)
    """
    if len(shape_of(input)) > 2:
        raise ValueError(f"t of shape {shape_of(input)}: only matrices; use transpose(dim0, dim1) or .mT")
    return transpose_(input)


@answer_for(np.matrix_transpose)
def matrix_transpose(input: Any) -> Tensor:
    """Return `input` with its last two dimensions swapped; this is ``x.mT``.

    Raises
    ------
    IndexError
        If there are less than two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(5, 2, 3).mT.shape
    (5, 3, 2)
    """
    return transpose(input, -2, -1)


@answer_for(np.moveaxis)
def movedim(input: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Return `input` with the dimensions `source` moved to the places `destination`, the others in order; a view.

    The derivative: ``dinput = g``, its dimensions put back.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if one is named twice or their numbers differ.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.movedim(tg.zeros(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    ndim = len(shape_of(input))
    sources, places = dimensions(source, ndim), dimensions(destination, ndim)
    if len(sources) != len(places):
        raise ValueError(f"movedim from {source} to {destination}: give as many destinations as sources")
    order = [d for d in range(ndim) if d not in sources]
    for place, moved in sorted(zip(places, sources, strict=True)):
        order.insert(place, moved)
    return transpose_(input, axes=tuple(order) if ndim else ())


moveaxis = movedim


# ---- repeated without a copy


@primitive(np.broadcast_to, view=True)
def broadcast_to_(x: Any, *, shape: Any) -> Any:
    """Return `x` repeated along new or length-1 axes to `shape`, without a copy.  dx = g; the engine sums it back."""
    return np.broadcast_to(x, shape)


broadcast_to_.defvjp(lambda g: g)


def broadcast_to(input: Any, shape: Sequence[int]) -> Tensor:
    """Return `input` repeated along new, or length-1, dimensions to `shape`: a view that cannot be written to.

    The derivative: ``dinput = g``, summed over the repeated dimensions.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.broadcast_to(tg.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return broadcast_to_(input, shape=tuple(shape))


def expand(input: Any, size: Sequence[int]) -> Tensor:
    """Return `broadcast_to` of `input`, where a length of -1 in `size` keeps the one it has.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a new dimension is given as -1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(3, 1).expand(2, -1, 4).shape
    (2, 3, 4)
    """
    shape = shape_of(input)
    added = len(size) - len(shape)
    if added < 0 or any(n == -1 for n in size[:added]):
        raise ValueError(f"cannot expand shape {shape} to {tuple(size)}: -1 keeps a length that is there")
    kept = (*size[:added], *[old if new == -1 else new for new, old in zip(size[added:], shape, strict=True)])
    return broadcast_to_(input, shape=kept)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return all `tensors` broadcast to their common shape, as views.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> a, b = tg.broadcast_tensors(tg.zeros(3, 1), tg.zeros(2))
    >>> a.shape, b.shape
    ((3, 2), (3, 2))
    """
    shape = np.broadcast_shapes(*[shape_of(x) for x in tensors])
    return tuple([broadcast_to_(x, shape=shape) for x in tensors])


@answer_for(np.broadcast_arrays)
def _numpy_broadcast_arrays(*args: Any) -> tuple[Tensor, ...]:
    return broadcast_tensors(*args)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return, for coordinates along each of n axes, the coordinates of every point of the grid: n views.

    Parameters
    ----------
    tensors : n tensors of one dimension (or none).
    indexing : ``"ij"``: the first varies along dimension 0; ``"xy"``: along dimension 1, the second along 0.

    Raises
    ------
    ValueError
        If a tensor has more dimensions, or `indexing` is neither.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> rows, columns = tg.meshgrid(tg.arange(2), tg.arange(3))
    >>> rows
    tensor([[0, 0, 0],
            [1, 1, 1]])
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    if indexing not in ("ij", "xy"):
        raise ValueError(f"indexing must be 'ij' or 'xy', not {indexing!r}")
    if any(len(shape_of(x)) > 1 for x in given):
        raise ValueError(f"meshgrid of shapes {[shape_of(x) for x in given]}: every tensor must have one dimension")
    places = list(range(len(given)))
    if indexing == "xy" and len(given) > 1:
        places[:2] = [1, 0]
    shaped = [
        reshape_(x, shape=tuple([-1 if d == place else 1 for d in range(len(given))]))
        for place, x in zip(places, given, strict=True)
    ]
    return broadcast_tensors(*shaped)


@answer_for(np.meshgrid)
def _numpy_meshgrid(*xi: Any, indexing: str = "xy") -> tuple[Tensor, ...]:
    return meshgrid(*xi, indexing=indexing)


# ---- the same in another memory order


@primitive()
def contiguous_(x: Any) -> Any:
    """Copy `x` into C order.  dx = g."""
    return np.array(x, order="C")


contiguous_.defvjp(lambda g: g)


def contiguous(input: Any) -> Tensor:
    """Return `input` itself if its elements lie in memory in C order, else a copy that does.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return input if isinstance(input, Tensor) and input.array.flags.c_contiguous else contiguous_(input)
