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


def sizes_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the lengths given as ``f(2, 3)`` or ``f((2, 3))``."""
    if len(size) == 1 and isinstance(size[0], Sequence):
        size = tuple(size[0])
    return tuple([int(n) for n in size])


# ---- another shape


@primitive(np.reshape, view=True)
def reshape_(x, *, shape):
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
    shape = np.shape(input)
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
    shape = np.shape(input)
    dim = dimension(dim, len(shape))
    known = math.prod([n for n in sizes if n != -1])
    missing = list(sizes).count(-1)
    if missing > 1 or (known != shape[dim] if missing == 0 else known == 0 or shape[dim] % known):
        raise ValueError(f"dim {dim} of shape {shape} cannot be split into {tuple(sizes)}: they must multiply to its length")
    split = [shape[dim] // known if n == -1 else n for n in sizes]
    return reshape_(input, shape=(*shape[:dim], *split, *shape[dim + 1 :]))


@primitive(np.squeeze, view=True)
def squeeze_(x, *, axis=None):
    """Return `x` without the dimensions `axis`, which have length 1; without all such if None.  dx = g, reshaped."""
    return np.squeeze(x, axis=axis)


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
    shape = np.shape(input)
    found = dimensions(dim, len(shape)) if shape else ()
    return squeeze_(input, axis=tuple([d for d in found if shape[d] == 1]))


@primitive(np.expand_dims, view=True)
def expand_dims(x, *, axis):
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
    return expand_dims(input, axis=dimension(dim, np.ndim(input) + 1))


@answer_for(np.atleast_1d)
def atleast_1d(input: Any) -> Tensor:
    """Return `input`, with a dimension of length 1 if it has none.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.atleast_1d(tg.tensor(2.0)).shape
    (1,)
    """
    return input if isinstance(input, Tensor) and input.ndim else reshape_(input, shape=np.shape(input) or (1,))


@answer_for(np.atleast_2d)
def atleast_2d(input: Any) -> Tensor:
    """Return `input`, with dimensions of length 1 put in front until it has two.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.atleast_2d(tg.zeros(3)).shape
    (1, 3)
    """
    shape = np.shape(input)
    return input if isinstance(input, Tensor) and len(shape) > 1 else reshape_(input, shape=(1,) * (2 - len(shape)) + shape)


# ---- another order of the dimensions


@primitive(np.transpose, view=True)
def transpose_(x, *, axes=None):
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
    found = dimensions(dims, np.ndim(input))
    if len(found) != np.ndim(input):
        raise ValueError(f"permute of shape {np.shape(input)} by dims {tuple(dims)}: name every dimension once")
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
    ndim = np.ndim(input)
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
    if np.ndim(input) > 2:
        raise ValueError(f"t of shape {np.shape(input)}: only matrices; use transpose(dim0, dim1) or .mT")
    return transpose_(input)


@answer_for(np.matrix_transpose)
def matrix_transpose(input: Any) -> Tensor:
    """Return `input` with its last two dimensions swapped; this is ``x.mT``.

    Raises
    ------
    ValueError
        If there are less than two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(5, 2, 3).mT.shape
    (5, 3, 2)
    """
    if np.ndim(input) < 2:
        raise ValueError(f"the matrix transpose of shape {np.shape(input)}: there must be two dimensions or more")
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
    ndim = np.ndim(input)
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
def broadcast_to_(x, *, shape):
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
    shape = np.shape(input)
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
    shape = np.broadcast_shapes(*[np.shape(x) for x in tensors])
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
    if any(np.ndim(x) > 1 for x in given):
        raise ValueError(f"meshgrid of shapes {[np.shape(x) for x in given]}: every tensor must have one dimension")
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


# ---- other orders of the elements


@primitive()
def contiguous_(x):
    """Copy `x` into C order.  dx = g."""
    return np.array(x, order="C")


contiguous_.defvjp(lambda g: g)


@answer_for(np.ascontiguousarray)
def contiguous(input: Any) -> Tensor:
    """Return `input` itself if its elements lie in memory in C order, else a copy that does.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3).T.contiguous().is_contiguous()
    True
    """
    return input if isinstance(input, Tensor) and input.array.flags.c_contiguous else contiguous_(input)


@primitive(np.flip)
def flip_(x, *, axis=None):
    """Return `x` with the elements along `axis` (an int, a tuple, or None for all) in reverse.  dx = g, reversed."""
    return np.array(np.flip(x, axis), order="C")


flip_.defvjp(lambda g, axis: np.flip(g, axis))


def flip(input: Any, dims: int | Sequence[int]) -> Tensor:
    """Return a copy of `input` with the elements along `dims` in reverse.

    The derivative: ``dinput = g``, reversed.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if one is named twice.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.flip(tg.arange(3), (0,))
    tensor([2, 1, 0])
    """
    return flip_(input, axis=dimensions(dims, np.ndim(input)) if np.ndim(input) else ())


@answer_for(np.fliplr)
def fliplr(input: Any) -> Tensor:
    """Return `input` with dimension 1, left to right, in reverse."""
    return flip(input, (1,))


@answer_for(np.flipud)
def flipud(input: Any) -> Tensor:
    """Return `input` with dimension 0, top to bottom, in reverse."""
    return flip(input, (0,))


@primitive(np.roll)
def roll_(x, *, shift, axis=None):
    """Return `x` with its elements moved `shift` places along `axis`, round the end.  dx = g, moved back."""
    return np.roll(x, shift, axis)


def _back(shift: Any) -> Any:
    return tuple([-s for s in shift]) if isinstance(shift, Sequence) else -shift


roll_.defvjp(lambda g, shift, axis: np.roll(g, _back(shift), axis))


def roll(input: Any, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
    """Return `input` with its elements moved `shifts` places along `dims`; those pushed out come in at the other end.

    The derivative: ``dinput = g``, moved back.

    Parameters
    ----------
    input : tensor or array.
    shifts : places, one for each of `dims`.
    dims : dimensions; if None the elements move in C order, whatever the shape.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if the numbers of shifts and dims differ.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.roll(tg.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    shifts = tuple(shifts) if isinstance(shifts, Sequence) else (shifts,)
    dims = (dims,) if isinstance(dims, int) else () if dims is None else tuple(dims)
    if not dims and len(shifts) == 1:
        return roll_(input, shift=shifts[0])
    if len(shifts) != len(dims):
        raise ValueError(f"roll by shifts {shifts} along dims {dims}: give one shift for each dimension")
    return roll_(input, shift=shifts, axis=tuple([dimension(d, np.ndim(input)) for d in dims]))


@answer_for(np.rot90)
def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Return a copy of `input` turned `k` times by 90 degrees in the plane of two `dims`, from the first to the second.

    The derivative: ``dinput = g``, turned back.

    Raises
    ------
    ValueError
        If `dims` are not two.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.rot90(tg.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    found = dimensions(dims, np.ndim(input))
    if len(found) != 2:
        raise ValueError(f"rot90 in dims {tuple(dims)}: a plane has two")
    if k % 4 == 0:
        return contiguous_(input)
    if k % 4 == 2:
        return flip(input, found)
    return flip(transpose(input, *found), found[k % 4 == 3])


# ---- diagonals and triangles


@primitive(np.diagonal, view=True)
def diagonal_(x, *, offset=0, axis1=0, axis2=1):
    """Return the diagonals of the matrices in two axes of `x`, along a new last axis.  dx = g on them, 0 elsewhere."""
    result = np.diagonal(x, offset, axis1, axis2)
    if x.flags.writeable:
        result.flags.writeable = True  # a view like any other; NumPy protects it for historical reasons
    return result


@primitive()
def put_diagonal(g, *, shape, offset=0, axis1=0, axis2=1):
    """Return zeros of `shape` with `g` on the diagonals: the transpose of diagonal.  dg = that of the cotangent."""
    result = np.zeros(shape, g.dtype)
    diagonal_.forward(result, offset=offset, axis1=axis1, axis2=axis2)[...] = g
    return result


diagonal_.defvjp(
    lambda g, x_shape, offset, axis1, axis2: fed(
        put_diagonal, g, shape=x_shape, offset=offset, axis1=axis1, axis2=axis2
    )
)
put_diagonal.defvjp(lambda g, offset, axis1, axis2: np.diagonal(g, offset, axis1, axis2))


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return the diagonals of the matrices in `dim1` and `dim2`, along a new last dimension; a view.

    The derivative: ``dinput = g`` on the diagonal, 0 elsewhere.

    Parameters
    ----------
    input : two dimensions or more.
    offset : how far above (below, if negative) the main diagonal.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.diagonal(tg.reshape(tg.arange(6), (2, 3)), 1)
    tensor([1, 5])
    """
    ndim = np.ndim(input)
    return diagonal_(input, offset=offset, axis1=dimension(dim1, ndim), axis2=dimension(dim2, ndim))


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return zeros with the last dimension of `input` on the diagonals of the matrices in `dim1` and `dim2`.

    The derivative: ``dinput = diagonal(g)``.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension in the result; if both are the same.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.diag_embed(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    *batch, length = np.shape(input)
    first, second = dimensions((dim1, dim2), len(batch) + 2)
    for place in sorted((first, second)):
        batch.insert(place, length + abs(offset))
    return put_diagonal(input, shape=tuple(batch), offset=offset, axis1=first, axis2=second)


@answer_for(np.diag)
def _numpy_diag(v: Any, k: int = 0) -> Tensor:
    return diag(v, k)


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return the matrix with the vector `input` on its diagonal, or a copy of the diagonal of the matrix `input`.

    The derivative: ``dinput = diag(g)``.

    Raises
    ------
    ValueError
        If there are not one or two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.diag(tg.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    if np.ndim(input) == 1:
        return diag_embed(input, diagonal)
    if np.ndim(input) != 2:
        raise ValueError(f"diag of shape {np.shape(input)}: give a vector or a matrix, or use diagonal() or diag_embed()")
    return contiguous_(diagonal_(input, offset=diagonal))


@primitive(np.tril)
def tril_(x, *, k=0):
    """Return the lower triangles: zeros above the k-th diagonal.  dx = g there, 0 above."""
    return np.tril(x, k)


tril_.defvjp(lambda g, k: np.tril(g, k))


@primitive(np.triu)
def triu_(x, *, k=0):
    """Return the upper triangles: zeros below the k-th diagonal.  dx = g there, 0 below."""
    return np.triu(x, k)


triu_.defvjp(lambda g, k: np.triu(g, k))


def _matrices(input: Any, name: str) -> Any:
    if np.ndim(input) < 2:
        raise ValueError(f"{name} of shape {np.shape(input)}: there must be two dimensions or more")
    return input


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """Return the matrices in the last two dimensions of `input` with zeros above a diagonal.

    The derivative: ``dinput = tril(g)``.

    Raises
    ------
    ValueError
        If there are less than two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tril(tg.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return tril_(_matrices(input, "tril"), k=diagonal)


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """Return the matrices in the last two dimensions of `input` with zeros below a diagonal.

    The derivative: ``dinput = triu(g)``.

    Raises
    ------
    ValueError
        If there are less than two dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.triu(tg.ones(2, 2), 1)
    tensor([[0., 1.],
            [0., 0.]])
    """
    return triu_(_matrices(input, "triu"), k=diagonal)
