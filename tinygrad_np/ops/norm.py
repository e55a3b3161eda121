"""Lengths of vectors and sizes of matrices, each with its derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .creation import as_tensor
from .reduce import Dim, axes_of, check_floating, in_single, restore, total
from .words import numpy_words


@primitive(np.linalg.vector_norm, promotion="common")
@in_single
def vector_norm_(x: Any, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    """Return (sum(abs(x)**ord))**(1/ord) along `axis`, all of `x` for None; its limits for ord = inf, -inf and 0."""
    check_floating(x.dtype)
    if isinstance(ord, str):
        raise ValueError(f"vectors have no norm {ord!r}: give a number, or two axes for the norm of a matrix")
    if ord == 2:
        return np.sqrt(total(x * x, axis, keepdims))
    if ord == 0:
        return np.asarray(np.count_nonzero(x, axis, keepdims=keepdims)).astype(x.dtype)
    size = np.absolute(x)
    if ord == 1:
        return total(size, axis, keepdims)
    if math.isinf(ord):
        return (np.maximum if ord > 0 else np.minimum).reduce(size, axis, keepdims=keepdims)
    with np.errstate(divide="ignore"):  # a zero and a negative ord give 0
        return total(size**ord, axis, keepdims) ** (1.0 / ord)


def _vector_norm_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    """Return dx = g sign(x) (abs(x) / y)**(ord - 1); where that is not defined, the subgradient 0, or equal shares."""
    g, y = restore(g, x.shape, axis, keepdims), restore(y, x.shape, axis, keepdims)
    if ord == 0:
        return np.zeros_like(x)
    if ord == 1:
        return g * np.sign(x)
    flat = y == 0
    if ord == 2:
        return np.where(flat, 0, g / np.where(flat, 1, y)) * x
    if math.isinf(ord):
        chosen = np.absolute(x) == y
        return np.where(chosen, g / np.sum(chosen, axis=axis, dtype=g.dtype, keepdims=True), 0) * np.sign(x)
    zero = flat | (x == 0)
    ratio = np.where(zero, 1, np.absolute(x)) / np.where(flat, 1, y)
    return np.where(zero, 0, g * np.sign(x) * ratio ** (ord - 1))


vector_norm_.defvjp(_vector_norm_vjp)


@numpy_words
def norm(
    input: Any, p: float | str | None = "fro", dim: Dim = None, keepdim: bool = False, dtype: DTypeLike | None = None
) -> Tensor:
    """Return the p-norm of the elements along `dim`: ``y = (sum(|x|**p))**(1/p)``.

    The derivative: ``dinput = g sign(x) (|x| / y)**(p - 1)``, 0 at 0; for p = inf the greatest share g evenly.

    Parameters
    ----------
    input
        tensor or array of a floating dtype.
    p
        any number; inf for the greatest, -inf for the least absolute value, 0 for how many are not 0; ``"fro"`` or None
        for 2; ``"nuc"`` for the sum of the singular values of matrices.
    dim
        dimension or dimensions; all by default.  The elements are taken as a vector, except for ``"nuc"``.
    keepdim
        keep them, at length 1.
    dtype
        convert to it first.

    Raises
    ------
    TypeError
        If the dtype is not floating.
    ValueError
        If `p` is another word, or there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[3.0, -4.0], [0.0, 0.0]])
    >>> tg.norm(x), tg.norm(x, 1, dim=1), tg.norm(x, float("inf"))
    (tensor(5.), tensor([7., 0.]), tensor(4.))
    """
    x = input if dtype is None else as_tensor(input, dtype)
    axis = axes_of(dim)
    if p == "nuc":
        return _matrix_norm(x, "nuc", tuple(range(np.ndim(x))) if axis is None else axis, keepdim)
    return vector_norm_(x, axis=axis, keepdims=keepdim, ord=2 if p is None or p == "fro" else p)


def _matrix_norm(x: Any, ord: Any, axis: Any, keepdims: bool) -> Tensor:
    """Return the norm of the matrices that lie in two axes: of their singular values, or of their rows or columns."""
    if not isinstance(axis, tuple) or len(axis) != 2:
        raise ValueError(f"a matrix norm needs two axes, not {axis}: give them")
    if ord is None or ord == "fro":
        return vector_norm_(x, axis=axis, keepdims=keepdims)
    result: Any
    reduce: Any = np.sum if ord == "nuc" else np.max if ord in (1, 2, math.inf) else np.min
    if ord in ("nuc", 2, -2):
        result = reduce(np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), compute_uv=False), axis=-1)
    elif ord in (1, -1, math.inf, -math.inf):
        along = axis[0] if abs(ord) == 1 else axis[1]
        result = reduce(np.sum(np.absolute(x), axis=along, keepdims=True), axis=axis)
    else:
        raise ValueError(f"matrices have no norm {ord!r}: choose 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc'")
    return restore(result, x.shape, axis, keepdims=False) if keepdims else result


@answer_for(np.linalg.norm)
def _numpy_norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    if ord is None and axis is None:
        return vector_norm_(x, keepdims=keepdims)
    axis = tuple(range(x.ndim)) if axis is None else axis
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    if not isinstance(axis, tuple):
        return vector_norm_(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)
    return _matrix_norm(x, ord, axis, keepdims)


@answer_for(np.linalg.matrix_norm)
def _numpy_matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Tensor:
    return _matrix_norm(x, ord, (-2, -1), keepdims)
