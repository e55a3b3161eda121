"""Operations that move or repeat the elements within a tensor, each with its derivative.

A cotangent is moved back the way the elements came; where one element stands in several places, theirs are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .index import take_at
from .shape import contiguous_, dimension, dimensions, fed, reshape_, shape_of, transpose
from .words import numpy_words, sizes_of

# ---- in another order


@primitive(np.flip)
def flip_(x: Any, *, axis: Any = None) -> Any:
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
    return flip_(input, axis=dimensions(dims, len(shape_of(input))) if len(shape_of(input)) else ())


@answer_for(np.fliplr)
def fliplr(input: Any) -> Tensor:
    """Return `input` with dimension 1, left to right, in reverse."""
    return flip(input, (1,))


@answer_for(np.flipud)
def flipud(input: Any) -> Tensor:
    """Return `input` with dimension 0, top to bottom, in reverse."""
    return flip(input, (0,))


@primitive(np.roll)
def roll_(x: Any, *, shift: Any, axis: Any = None) -> Any:
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
    return roll_(input, shift=shifts, axis=tuple([dimension(d, len(shape_of(input))) for d in dims]))


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
    found = dimensions(dims, len(shape_of(input)))
    if len(found) != 2:
        raise ValueError(f"rot90 in dims {tuple(dims)}: a plane has two")
    if k % 4 == 0:
        return contiguous_(input)
    if k % 4 == 2:
        return flip(input, found)
    return flip(transpose(input, *found), found[k % 4 == 3])


# ---- repeated


@primitive(np.tile)
def tile_(x: Any, *, reps: Any) -> Any:
    """Return `x` laid out ``reps[i]`` times along axis i; new axes stand in front.  dx = g, summed over the copies."""
    return np.tile(x, reps)


def _tiles_summed(g: Any, x_shape: tuple[int, ...], reps: Any) -> Any:
    reps = (reps,) if isinstance(reps, int) else tuple(reps)
    shape = (1,) * (len(reps) - len(x_shape)) + x_shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
    return np.reshape(np.sum(np.reshape(g, pairs), axis=tuple(range(0, len(pairs), 2))), x_shape)


tile_.defvjp(_tiles_summed)


def tile(input: Any, dims: Sequence[int]) -> Tensor:
    """Return `input` laid out ``dims[i]`` times along dimension i, as `np.tile` does: the shorter is filled with 1s.

    The derivative: ``dinput`` = g, summed over the copies.

    Raises
    ------
    ValueError
        If a number is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tile(tg.tensor([1, 2]), (2, 2))
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return tile_(input, reps=tuple(dims))


def repeat(input: Any, *repeats: Any) -> Tensor:
    """Return `tile` of `input`, with at least one number for each dimension: the method ``x.repeat`` of PyTorch.

    Raises
    ------
    ValueError
        If there are fewer numbers than dimensions, or one is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tensor([1, 2]).repeat(2)
    tensor([1, 2, 1, 2])
    """
    reps = sizes_of(repeats)
    if len(reps) < len(shape_of(input)):
        raise ValueError(f"repeat of shape {shape_of(input)} by {reps}: give a number for each dimension")
    return tile_(input, reps=reps)


@primitive()
def repeat_interleave_(x: Any, *, repeats: Any, axis: Any) -> Any:
    """Return `x` with each part along `axis` standing `repeats` times in a row.  dx = g, summed over them."""
    return np.repeat(x, repeats, axis)


def _repeats_summed(g: Any, x_shape: tuple[int, ...], repeats: int, axis: int) -> Any:
    return np.sum(np.reshape(g, (*x_shape[: axis + 1], repeats, *x_shape[axis + 1 :])), axis=axis + 1)


repeat_interleave_.defvjp(_repeats_summed)


@numpy_words
def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Tensor:
    """Return `input` with each part along `dim` standing `repeats` times in a row: `np.repeat`.

    The derivative: ``dinput`` = g, summed over the copies.

    Parameters
    ----------
    input : tensor or array.
    repeats : a number, or one for each part.
    dim : dimension; None repeats the elements in C order.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if a number is negative, or there is not one for each part.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.repeat_interleave(tg.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> tg.repeat_interleave(tg.tensor([1, 2]), tg.tensor([3, 1]))
    tensor([1, 1, 1, 2])
    """
    if dim is None or not shape_of(input):
        input, dim = reshape_(input, shape=(-1,)), 0
    dim = dimension(dim, len(shape_of(input)))
    counts = np.asarray(repeats)
    if counts.size == 1:
        return repeat_interleave_(input, repeats=int(counts.reshape(-1)[0]), axis=dim)
    length = shape_of(input)[dim]
    if counts.shape != (length,):
        raise ValueError(f"repeats of shape {counts.shape} for {length} parts along dim {dim}: give one for each")
    return take_at(input, np.repeat(np.arange(length), counts), dims=(dim,))


@answer_for(np.repeat)
def _numpy_repeat(a: Any, repeats: Any, axis: int | None = None) -> Tensor:
    return repeat_interleave(a, repeats, axis)


# ---- diagonals and triangles


@primitive(np.diagonal, view=True)
def diagonal_(x: Any, *, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """Return the diagonals of the matrices in two axes of `x`, along a new last axis.  dx = g on them, 0 elsewhere."""
    result = np.diagonal(x, offset, axis1, axis2)
    if x.flags.writeable:
        result.flags.writeable = True  # a view like any other; NumPy protects it for historical reasons
    return result


@primitive()
def put_diagonal(g: Any, *, shape: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
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
    ndim = len(shape_of(input))
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
    *batch, length = shape_of(input)
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
    if len(shape_of(input)) == 1:
        return diag_embed(input, diagonal)
    if len(shape_of(input)) != 2:
        raise ValueError(f"diag of shape {shape_of(input)}: give a vector or a matrix, or use diagonal()")
    return contiguous_(diagonal_(input, offset=diagonal))


@primitive(np.tril)
def tril_(x: Any, *, k: Any = 0) -> Any:
    """Return the lower triangles: zeros above the k-th diagonal.  dx = g there, 0 above."""
    return np.tril(x, k)


tril_.defvjp(lambda g, k: np.tril(g, k))


@primitive(np.triu)
def triu_(x: Any, *, k: Any = 0) -> Any:
    """Return the upper triangles: zeros below the k-th diagonal.  dx = g there, 0 below."""
    return np.triu(x, k)


triu_.defvjp(lambda g, k: np.triu(g, k))


def _matrices(input: Any, name: str) -> Any:
    if len(shape_of(input)) < 2:
        raise ValueError(f"{name} of shape {shape_of(input)}: there must be two dimensions or more")
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
