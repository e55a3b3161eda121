"""Operations that put tensors together or take them apart along a dimension, or repeat them, each with its derivative.

The derivative of joining is taking apart, and the other way round; that of repeating is summing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .index import getitem_
from .shape import atleast_1d, atleast_2d, dimension, shape_of
from .words import numpy_words

# ---- together


@primitive(np.concatenate, promotion="common")
def concatenate_(*arrays: Any, axis: Any = 0) -> Any:
    """Return the arrays one behind the other along `axis`; flattened first if it is None.  Each gets its part of g."""
    return np.concatenate(arrays, axis)


def _parts(g: Any, input_shapes: Any, axis: int | None, needs: tuple[bool, ...]) -> list[Any]:
    parts: list[Any] = []
    start = 0
    for shape, need in zip(input_shapes, needs, strict=True):
        length = math.prod(shape) if axis is None else shape[axis]
        if not need:
            parts.append(None)
        elif axis is None:
            parts.append(np.reshape(g[start : start + length], shape))
        else:
            parts.append(g[_along(axis, len(shape), slice(start, start + length))])
        start += length
    return parts


def _along(axis: int, ndim: int, part: slice | int) -> tuple[Any, ...]:
    """Return the index of `part` of dimension `axis`."""
    return (slice(None),) * (axis % ndim) + (part,)


concatenate_.defvjp_joint(_parts)


@numpy_words
def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return the tensors one behind the other along `dim`.

    The derivative: each input gets its part of g.

    Parameters
    ----------
    tensors : one or more, of equal shapes but for `dim`; empty ones of shape (0,) are passed over.  They are promoted
        to one dtype.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if the shapes do not fit, or there is no tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.cat([tg.zeros(1, 2), tg.ones(2, 2)])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    given = list(tensors)
    if not given:
        raise ValueError("cat of no tensors: give one at least")
    if any(shape_of(x) == (0,) for x in given):
        given = [x for x in given if shape_of(x) != (0,)] or given
    return concatenate_(*given, axis=dimension(dim, len(shape_of(given[0]))))


concat = concatenate = cat


@primitive(np.stack, promotion="common")
def stack_(*arrays: Any, axis: Any = 0) -> Any:
    """Return the arrays, all of one shape, along a new `axis`.  Each gets its part of g."""
    return np.stack(arrays, axis)


stack_.defvjp_joint(
    lambda g, axis, needs: [g[_along(axis, g.ndim, i)] if need else None for i, need in enumerate(needs)]
)


@numpy_words
def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return the tensors, all of one shape, along a new dimension that stands at `dim`.

    The derivative: each input gets its part of g.

    Raises
    ------
    IndexError, ValueError
        If the new dimension cannot stand there; if the shapes differ, or there is no tensor.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.stack([tg.zeros(2), tg.ones(2)], dim=1)
    tensor([[0., 1.],
            [0., 1.]])
    """
    given = list(tensors)
    if not given:
        raise ValueError("stack of no tensors: give one at least")
    return stack_(*given, axis=dimension(dim, len(shape_of(given[0])) + 1))


@answer_for(np.hstack)
def hstack(tensors: Sequence[Any]) -> Tensor:
    """Return the tensors side by side: joined along dimension 1, or 0 if they have only one.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.hstack([tg.zeros(2, 1), tg.ones(2, 2)]).shape
    (2, 3)
    """
    given = [atleast_1d(x) for x in tensors]
    return cat(given, 0 if given and given[0].ndim == 1 else 1)


@answer_for(np.vstack)
def vstack(tensors: Sequence[Any]) -> Tensor:
    """Return the tensors one below the other: joined along dimension 0; those of one dimension are rows.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.vstack([tg.zeros(3), tg.ones(2, 3)]).shape
    (3, 3)
    """
    return cat([atleast_2d(x) for x in tensors], 0)


# ---- apart


@primitive()
def split_(x: Any, *, sizes: Any, axis: Any = 0) -> Any:
    """Return the parts of `x`, of lengths `sizes` along `axis`, one behind the other.  dx = the cotangents, joined."""
    return tuple([x[index] for index in _consecutive(sizes, axis % x.ndim)])


split_.defvjp(lambda g, axis: np.concatenate(g, axis))


def _consecutive(sizes: Sequence[int], axis: int) -> list[tuple[Any, ...]]:
    """Return the index of each of the parts of lengths `sizes` along `axis`."""
    ends = itertools.accumulate(sizes)
    return [(*_along(axis, axis + 1, slice(end - size, end)), ...) for size, end in zip(sizes, ends, strict=True)]


@primitive()
def unbind_(x: Any, *, axis: Any = 0) -> Any:
    """Return the part of `x` at each index along `axis`.  dx = the cotangents, stacked."""
    return tuple([x[index] for index in _each(x.shape, axis % x.ndim)])


unbind_.defvjp(lambda g, axis: np.stack(g, axis))


def _each(shape: tuple[int, ...], axis: int) -> list[tuple[Any, ...]]:
    return [(*_along(axis, axis + 1, i), ...) for i in range(shape[axis])]


def _views(parts: tuple[Tensor, ...], input: Any, indices: list[tuple[Any, ...]]) -> tuple[Tensor, ...]:
    """Return `parts`, telling each that it is the view of `input` at its index."""
    if isinstance(input, Tensor):
        for part, index in zip(parts, indices, strict=True):
            getitem_._share(part, input, {"index": index})
    return parts


def _split(input: Any, sizes: Sequence[int], dim: int) -> tuple[Tensor, ...]:
    return _views(split_(input, sizes=tuple(sizes), axis=dim), input, _consecutive(sizes, dim))


@numpy_words
def split(tensor: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return parts of `tensor` along `dim`, as views.

    The derivative: ``dtensor`` = the cotangents of the parts, joined.

    Parameters
    ----------
    tensor : one dimension or more.
    split_size_or_sections : the length of every part (the last may be shorter), or the length of each.
    dim : dimension.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if the lengths do not add up to its length, or one is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.split(tg.arange(5), 2)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    length, dim = _length(tensor, dim, "split")
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < 0 or (size == 0 and length):
            raise ValueError(f"split of length {length} into parts of length {size}: it must be positive")
        sizes = [min(size, length - start) for start in range(0, length, size)] if length else [0]
    else:
        sizes = [int(n) for n in split_size_or_sections]
        if sum(sizes) != length or any(n < 0 for n in sizes):
            raise ValueError(f"split of length {length} into parts of lengths {sizes}: they must add up to it")
    return _split(tensor, sizes, dim)


def _length(tensor: Any, dim: int, name: str) -> tuple[int, int]:
    shape = shape_of(tensor)
    if not shape:
        raise ValueError(f"{name} of a 0-d tensor: it has no dimension to go along")
    dim = dimension(dim, len(shape))
    return shape[dim], dim


@numpy_words
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most `chunks` parts of `input` along `dim`, of equal lengths but for the last; views.

    The derivative: ``dinput`` = the cotangents of the parts, joined.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if `chunks` is not positive.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.chunk(tg.arange(5), 3)
    (tensor([0, 1]), tensor([2, 3]), tensor([4]))
    """
    if chunks < 1:
        raise ValueError(f"chunk into {chunks} parts: it must be one at least")
    length, dim = _length(input, dim, "chunk")
    size = -(-length // chunks)
    return split(input, size, dim) if length else _split(input, [0] * chunks, dim)


@answer_for(np.array_split)
@numpy_words
def tensor_split(input: Any, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return parts of `input` along `dim`, as views.

    The derivative: ``dinput`` = the cotangents of the parts, joined.

    Parameters
    ----------
    input : one dimension or more.
    indices_or_sections : the number of parts, which differ in length by at most one; or the indices where all but the
        first begin.
    dim : dimension.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension; if the number of parts is not positive.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tensor_split(tg.arange(4), 3)
    (tensor([0, 1]), tensor([2]), tensor([3]))
    >>> tg.tensor_split(tg.arange(4), (1, 3))
    (tensor([0]), tensor([1, 2]), tensor([3]))
    """
    length, dim = _length(input, dim, "tensor_split")
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count < 1:
            raise ValueError(f"tensor_split into {count} parts: it must be one at least")
        return _split(input, [length // count + (i < length % count) for i in range(count)], dim)
    bounds = [0, *[slice(int(i)).indices(length)[1] for i in indices_or_sections], length]
    indices = [(*_along(dim, dim + 1, slice(start, stop)), ...) for start, stop in itertools.pairwise(bounds)]
    return tuple([getitem_(input, index=index) for index in indices])  # they may overlap or leave elements out


@answer_for(np.split)
def _numpy_split(ary: Any, indices_or_sections: int | Sequence[int], axis: int = 0) -> tuple[Tensor, ...]:
    length = shape_of(ary)[axis]
    if isinstance(indices_or_sections, int) and length % indices_or_sections:
        raise ValueError(f"split of length {length} into {indices_or_sections} equal parts: use array_split")
    return tensor_split(ary, indices_or_sections, axis)


@numpy_words
def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return the part of `input` at each index along `dim`, without that dimension; views.

    The derivative: ``dinput`` = the cotangents of the parts, stacked.

    Raises
    ------
    IndexError, ValueError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.unbind(tg.tensor([[1, 2], [3, 4]]), 1)
    (tensor([1, 3]), tensor([2, 4]))
    """
    _, dim = _length(input, dim, "unbind")
    return _views(unbind_(input, axis=dim), input, _each(shape_of(input), dim))
