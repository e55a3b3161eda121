"""Products of vectors and matrices, each with its derivative, which is a product again.

`matmul` is the one that counts: its rules are the two matrix products one would write by hand.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .einsum import einsum, tensordot
from .elementwise import add, multiply
from .rearrange import diagonal
from .reduce import sum
from .shape import fed, movedim, ravel, reshape, shape_of

# ---- matrix products


@primitive(np.matmul, promotion="common")
def matmul(a: Any, b: Any, *, out: Any = None) -> Any:
    """Return the matrix product of `a` (..., N, K) and `b` (..., K, M), whose leading dimensions broadcast.

    A vector `a` (K,) counts as one row, a vector `b` (K,) as one column; that dimension is left out of the result.

    y[..., n, m] = sum over k of a[..., n, k] b[..., k, m];  the derivative: da = g b', db = a' g.

    Parameters
    ----------
    a
        tensor or array of shape (..., N, K) or (K,).
    b
        tensor or array of shape (..., K, M) or (K,).

    Returns
    -------
    Tensor of shape (..., N, M), in the dtype of both by promotion.

    Raises
    ------
    ValueError
        If one of them is 0-d, K differs, or the leading dimensions do not broadcast.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.matmul(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, -1.0]))
    tensor([-1., -1.])
    """
    try:
        if b.ndim == 2 < a.ndim and out is None and a.flags.c_contiguous:  # one large product, not many small ones
            rows = math.prod(a.shape[:-1])
            return np.matmul(a.reshape(rows, a.shape[-1]), b).reshape(*a.shape[:-1], b.shape[1])
        return np.matmul(a, b, out=out)
    except (ValueError, AttributeError):
        raise ValueError(_mismatch(np.shape(a), np.shape(b))) from None


def _mismatch(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return f"a matrix product of shapes {a} and {b} is not defined for 0-d operands: multiply with *"
    if a[-1] != b[-2:][0]:
        return f"{a[-1]} columns meet {b[-2:][0]} rows in shapes {a} and {b}: make them equal, perhaps by a transpose"
    return f"the leading dimensions of shapes {a} and {b} do not broadcast: make them equal, or 1"


def _matmul_left(g: Any, b: Any, a_shape: tuple[int, ...]) -> Any:
    """Return da = g b', where vectors have their left-out dimension back."""
    if b.ndim == 1:
        return np.expand_dims(g, -1) * b
    if len(a_shape) == 1:
        return np.squeeze(np.matmul(b, np.expand_dims(g, -1)), -1)
    if b.ndim == 2:
        return np.matmul(g, np.transpose(b)) if g.ndim == 2 else fed(matmul, g, np.transpose(b))
    return np.matmul(g, np.swapaxes(b, -1, -2))


def _matmul_right(g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Return db = a' g; for one matrix b and many a, all rows of all of them at once."""
    if a.ndim == 1:
        return a * g if len(b_shape) == 1 else np.expand_dims(a, -1) * np.expand_dims(g, -2)
    if len(b_shape) == 1:
        return np.squeeze(np.matmul(np.swapaxes(a, -1, -2), np.expand_dims(g, -1)), -1)
    if a.ndim == 2 and g.ndim == 2:
        return np.matmul(np.transpose(a), g)
    if len(b_shape) == 2:
        rows = math.prod(a.shape[:-1])
        return np.matmul(np.transpose(np.reshape(a, (rows, b_shape[0]))), np.reshape(g, (rows, b_shape[1])))
    return np.matmul(np.swapaxes(a, -1, -2), g)


matmul.defvjp(_matmul_left, _matmul_right)


def _need_dimensions(name: str, *operands: tuple[Any, int]) -> None:
    """Raise `ValueError` unless every operand has the number of dimensions beside it."""
    if any(len(shape_of(x)) != ndim for x, ndim in operands):
        shapes = " and ".join(str(shape_of(x)) for x, _ in operands)
        wanted = " and ".join(str(ndim) for _, ndim in operands)
        raise ValueError(f"{name} needs operands of {wanted} dimensions, not shapes {shapes}: use matmul for others")


def mm(input: Any, mat2: Any) -> Tensor:
    """Return the product of two matrices, (N, K) and (K, M).  The derivative is that of `matmul`.

    Raises
    ------
    ValueError
        If they are not matrices, or K differs.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.mm(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    _need_dimensions("mm", (input, 2), (mat2, 2))
    return matmul(input, mat2)


def bmm(input: Any, mat2: Any) -> Tensor:
    """Return the B products of as many matrices, (B, N, K) and (B, K, M).  The derivative is that of `matmul`.

    Raises
    ------
    ValueError
        If they are not 3-d, or B or K differs.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.bmm(tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    _need_dimensions("bmm", (input, 3), (mat2, 3))
    if len(input) != len(mat2):
        raise ValueError(f"bmm of {len(input)} and {len(mat2)} matrices: give as many of each, or use matmul")
    return matmul(input, mat2)


def mv(input: Any, vec: Any) -> Tensor:
    """Return the product of a matrix (N, K) and a vector (K,).  The derivative is that of `matmul`.

    Raises
    ------
    ValueError
        If they are not a matrix and a vector, or K differs.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.mv(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, -1.0]))
    tensor([-1., -1.])
    """
    _need_dimensions("mv", (input, 2), (vec, 1))
    return matmul(input, vec)


def dot(input: Any, tensor: Any) -> Tensor:
    """Return the sum of the products of the elements of two vectors (K,).

    The derivative: ``dinput = g * tensor``, ``dtensor = g * input``.

    Raises
    ------
    ValueError
        If they are not two vectors of one length.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _need_dimensions("dot", (input, 1), (tensor, 1))
    return matmul(input, tensor)


@answer_for(np.dot)
def _numpy_dot(a: Any, b: Any) -> Tensor:
    """Return NumPy's dot: a product with a number, a matrix product, or one over dimensions -1 and -2."""
    if not shape_of(a) or not shape_of(b):
        return multiply(a, b)
    if len(shape_of(b)) <= 2:
        return matmul(a, b)
    return tensordot(a, b, ([-1], [-2]))


@answer_for(np.vdot)
def vdot(input: Any, other: Any) -> Tensor:
    """Return the sum of the products of the elements of two tensors of equal size, in C order.

    The derivative: ``dinput = g * other``, ``dother = g * input``, in their shapes.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.vdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    return matmul(ravel(input), ravel(other))


@answer_for(np.vecdot)
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """Return the sum of ``x * y`` along dimension `dim`; the others broadcast.

    The derivative: ``dx = g y``, ``dy = g x``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.vecdot(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    if dim != -1:
        x, y = movedim(x, dim, -1), movedim(y, dim, -1)
    return einsum("...i,...i->...", x, y)


@answer_for(np.inner)
def inner(input: Any, other: Any) -> Tensor:
    """Return the sums of products over the last dimension of both, (..., K) and (..., K); a number multiplies.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.inner(tg.ones(2, 3), tg.ones(4, 3)).shape
    (2, 4)
    """
    if not shape_of(input) or not shape_of(other):
        return multiply(input, other)
    return tensordot(input, other, ([-1], [-1]))


@primitive(promotion="common")
def outer_(a: Any, b: Any) -> Any:
    """Return the products of all pairs of elements of two vectors: y[i, j] = a[i] b[j];  da = g b, db = a g."""
    return np.multiply(a[:, None], b)


outer_.defvjp(lambda g, b: np.matmul(g, b), lambda g, a: np.matmul(a, g))


@answer_for(np.outer)
def _numpy_outer(a: Any, b: Any) -> Tensor:
    return outer_(ravel(a), ravel(b))


def outer(input: Any, vec2: Any) -> Tensor:
    """Return the products of all pairs of elements of two vectors, (N,) and (M,), as a matrix (N, M).

    ``y[i, j] = input[i] * vec2[j]``;  the derivative: ``dinput = g @ vec2``, ``dvec2 = input @ g``.

    Raises
    ------
    ValueError
        If they are not vectors.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.outer(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _need_dimensions("outer", (input, 1), (vec2, 1))
    return outer_(input, vec2)


ger = outer


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat1 @ mat2)`` for matrices (N, K) and (K, M) and an input that broadcasts.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.addmm(tg.tensor([1.0, 2.0]), tg.ones(2, 3), tg.ones(3, 2), alpha=2)
    tensor([[7., 8.],
            [7., 8.]])
    """
    return _scaled_sum(input, mm(mat1, mat2), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (batch1 @ batch2)`` for (B, N, K) and (B, K, M) and an input that broadcasts.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.baddbmm(tg.zeros(5, 1, 1), tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    return _scaled_sum(input, bmm(batch1, batch2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Return ``beta * input + alpha * (mat @ vec)`` for a matrix (N, K), a vector (K,) and an input that broadcasts.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.addmv(tg.tensor(1.0), tg.ones(2, 3), tg.ones(3))
    tensor([4., 4.])
    """
    return _scaled_sum(input, mv(mat, vec), beta, alpha)


def _scaled_sum(input: Any, product: Tensor, beta: float, alpha: float) -> Tensor:
    """Return ``beta * input + alpha * product``; as in PyTorch, nan in `input` does not count where beta is 0."""
    product = product if alpha == 1 else multiply(product, alpha)
    if beta == 0:
        return product
    return add(input if beta == 1 else multiply(input, beta), product)


@answer_for(np.kron)
def kron(input: Any, other: Any) -> Tensor:
    """Return the Kronecker product: blocks laid out like the elements of `input`, each `other` times one of them.

    ``y[n i + k, m j + l] = input[i, j] * other[k, l]`` for `other` (n, m); the smaller gets leading dimensions of 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.kron(tg.tensor([1.0, 10.0]), tg.tensor([1.0, 2.0]))
    tensor([ 1.,  2., 10., 20.])
    """
    a, b = shape_of(input), shape_of(other)
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    wide = reshape(input, [n for length in a for n in (length, 1)])
    narrow = reshape(other, [n for length in b for n in (1, length)])
    return reshape(multiply(wide, narrow), [n * m for n, m in zip(a, b, strict=True)])


def trace(input: Any) -> Tensor:
    """Return the sum of the diagonal of a matrix.  The derivative: ``dinput = g`` on the diagonal, 0 elsewhere.

    Raises
    ------
    ValueError
        If it is not a matrix.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.trace(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    _need_dimensions("trace", (input, 2))
    return _numpy_trace(input)


@answer_for(np.trace)
def _numpy_trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    return sum(diagonal(a, offset, axis1, axis2), -1)
