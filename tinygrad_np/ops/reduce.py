"""Sums, products, means and variances along axes, and questions about all elements, each with its derivative.

A reduction takes one axis, several, or all (None).  In the rules `restore` puts the reduced axes of a cotangent back:
then it broadcasts against the input.  As in PyTorch, sums of integers are int64, and means need a floating dtype.
"""

from __future__ import annotations

import functools
import math
import operator
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import dtypes
from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .creation import as_tensor
from .words import numpy_words

Dim = int | Sequence[int] | None

# ---- what every reduction needs


def restore(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return `g`, the cotangent of a reduction of `shape` along `axis`, so that it broadcasts against `shape`."""
    if keepdims or axis is None:
        return g
    axes = axis if isinstance(axis, tuple) else (axis,)
    reduced = {a % len(shape) for a in axes} if shape else set()
    return np.reshape(g, tuple([1 if i in reduced else n for i, n in enumerate(shape)]))


def reduced_length(shape: tuple[int, ...], result: tuple[int, ...]) -> int:
    """Return how many elements of `shape` became one element of `result`."""
    return math.prod(shape) // (math.prod(result) or 1)


def axes_of(dim: Dim) -> int | tuple[int, ...] | None:
    """Return PyTorch's `dim` as NumPy's axis: a list becomes a tuple, and an empty one stands for all dimensions."""
    if dim is None or isinstance(dim, int):
        return dim
    if isinstance(dim, Sequence):
        return tuple([operator.index(d) for d in dim]) or None
    return operator.index(dim)


def check_floating(dtype: np.dtype[Any]) -> None:
    """Raise `TypeError` if `dtype` is not a floating one."""
    if dtype.kind != "f":
        raise TypeError(f"it needs a floating dtype, not {dtype}: convert the input with .to('float32')")


def in_single(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Let `forward` compute in float32 for an input in float16, whose sums soon overflow; PyTorch does the same."""

    @functools.wraps(forward)
    def wider(x: Any, **attributes: Any) -> Any:
        if x.dtype.char != "e" or attributes.get("dtype") is not None:
            return forward(x, **attributes)
        return np.asarray(forward(x.astype(dtypes.float32), **attributes)).astype(x.dtype)

    return wider


SHORT = 16


def by_columns(x: Any, axis: Any) -> Any:
    """Return `x`, as a copy laid out column by column if `axis` is the last one, short and contiguous.

    NumPy reduces such rows one by one: the maxima of 4096 rows of 10 take 175 us, by columns, with the copy, 20 us.
    """
    if type(axis) is not int or x.ndim < 2 or not 0 < x.shape[-1] <= SHORT or x.strides[-1] != x.itemsize:
        return x
    if axis not in (-1, x.ndim - 1) or x.shape[-2] < SHORT:
        return x
    return np.swapaxes(np.swapaxes(x, -1, -2).copy(), -1, -2)


def total(x: Any, axis: Any, keepdims: Any, dtype: DTypeLike | None = None) -> Any:
    """Return the sum of the ndarray `x`: ``np.sum`` with PyTorch's dtypes, and without its detours."""
    if dtype is None and x.dtype.kind != "f":
        dtype = dtypes.int64
    return np.add.reduce(by_columns(x, axis), axis, dtype, keepdims=keepdims)


def average(x: Any, axis: Any, keepdims: bool, dtype: DTypeLike | None = None) -> Any:
    """Return the mean of the ndarray `x`: ``np.mean`` without its detours; nan where there is nothing to sum."""
    sums = total(x, axis, keepdims, dtype)
    return sums / (reduced_length(x.shape, sums.shape) or math.nan)


# ---- sums


@primitive(np.sum, promotion="common")
@in_single
def sum_(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """Return the sum along `axis` (an int, a tuple, or None for all).  dx = g, repeated along the axis."""
    return total(x, axis, keepdims, dtype)


sum_.defvjp(lambda g, x_shape, axis, keepdims: np.broadcast_to(restore(g, x_shape, axis, keepdims), x_shape))


@numpy_words
def sum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the sum of the elements along `dim`.

    The derivative: ``dinput = g``, repeated along `dim`.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension or dimensions to sum over; all by default.
    keepdim
        keep them, at length 1.
    dtype
        convert to it first.

    Returns
    -------
    Tensor of the dtype of `input`, int64 for integers and booleans; 0 where there is nothing to sum.

    Raises
    ------
    ValueError
        If there is no such dimension, or one is given twice.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.sum(x), tg.sum(x, 1)
    (tensor(10.), tensor([3., 7.]))
    """
    return sum_(input, axis=axes_of(dim), keepdims=keepdim, dtype=dtype)


@numpy_words
def nansum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the sum along `dim` of the elements that are not nan.  The derivative: ``dinput = g``, 0 at nan.

    Parameters and result are those of `sum`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.nansum(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    x = as_tensor(input, dtype)
    return sum_(np.where(np.isnan(x), 0, x) if x.is_floating_point() else x, axis=axes_of(dim), keepdims=keepdim)


# ---- means


@primitive(np.mean, promotion="common")
@in_single
def mean_(x: Any, *, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """Return the mean along `axis`.  dx = g / n for n elements, repeated along the axis."""
    check_floating(x.dtype if dtype is None else np.dtype(dtype))
    return average(x, axis, keepdims, dtype)


def _mean_vjp(g: Any, x_shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    share = g * (1.0 / (reduced_length(x_shape, g.shape) or 1))
    return np.broadcast_to(restore(share, x_shape, axis, keepdims), x_shape)


mean_.defvjp(_mean_vjp)


@numpy_words
def mean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the mean of the elements along `dim`.

    The derivative: ``dinput = g / n``, repeated along `dim`, for a mean of n elements.

    Parameters
    ----------
    input
        tensor or array of a floating dtype, unless `dtype` is given.
    dim
        dimension or dimensions to average over; all by default.
    keepdim
        keep them, at length 1.
    dtype
        floating; convert to it first.

    Returns
    -------
    Tensor of the dtype of `input`; nan where there is nothing to average.

    Raises
    ------
    TypeError
        If the dtype is not floating.
    ValueError
        If there is no such dimension, or one is given twice.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.mean(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=0)
    tensor([2., 3.])
    """
    return mean_(input, axis=axes_of(dim), keepdims=keepdim, dtype=dtype)


@numpy_words
def nanmean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the mean along `dim` of the n elements that are not nan; nan if there are none.

    The derivative: ``dinput = g / n``, 0 at nan.  Parameters and errors are those of `mean`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.nanmean(tg.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    x = as_tensor(input, dtype)
    check_floating(x.dtype)
    missing, axis = np.isnan(x), axes_of(dim)
    count = sum_(~missing, axis=axis, keepdims=keepdim).to(x.dtype)
    return sum_(np.where(missing, 0, x), axis=axis, keepdims=keepdim) / np.where(count == 0, math.nan, count)


@answer_for(np.nansum)
def _numpy_nansum(a: Any, axis: Any = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> Tensor:
    return nansum(a, axis, keepdims, dtype=dtype)


@answer_for(np.nanmean)
def _numpy_nanmean(a: Any, axis: Any = None, dtype: DTypeLike | None = None, *, keepdims: bool = False) -> Tensor:
    return nanmean(a, axis, keepdims, dtype=dtype)


# ---- variances


def _variance(x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    """Return the variance of the ndarray `x`; n elements have n - ddof degrees of freedom."""
    check_floating(x.dtype)
    deviations = x - average(x, axis, keepdims=True)
    squares = total(deviations * deviations, axis, keepdims)
    freedom = reduced_length(x.shape, squares.shape) - ddof
    if freedom > 0 or not squares.size:
        return squares / (freedom or 1)
    warnings.warn(f"{freedom} degrees of freedom: a variance needs more elements than ddof = {ddof}", RuntimeWarning, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return squares / 0


def _deviations(g: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    """Return ``g (x - mean) / (n - ddof)``, which is half the derivative of the variance."""
    freedom = reduced_length(x.shape, g.shape) - ddof
    scale = g * (1.0 / freedom if freedom > 0 else math.nan)
    return restore(scale, x.shape, axis, keepdims) * (x - np.mean(x, axis=axis if x.ndim else None, keepdims=True))


@primitive(np.var, promotion="common")
@in_single
def var_(x: Any, *, axis: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    """Return the variance along `axis`: the sum of (x - mean)**2, over n - ddof.  dx = 2 g (x - mean) / (n - ddof)."""
    return _variance(x, axis, ddof, keepdims)


var_.defvjp(lambda g, x, axis, ddof, keepdims: _deviations(2 * g, x, axis, ddof, keepdims))


@primitive(np.std, promotion="common")
@in_single
def std_(x: Any, *, axis: Any = None, ddof: Any = 0, keepdims: Any = False) -> Any:
    """Return the square root y of the variance along `axis`.  dx = g (x - mean) / ((n - ddof) y), and 0 where y = 0."""
    return np.sqrt(_variance(x, axis, ddof, keepdims))


def _std_vjp(g: Any, y: Any, x: Any, axis: Any, ddof: float, keepdims: bool) -> Any:
    flat = y == 0
    return _deviations(np.where(flat, 0, g / np.where(flat, 1, y)), x, axis, ddof, keepdims)


std_.defvjp(_std_vjp)


def _var_words(dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    """Return the axis and ddof that PyTorch's three ways to say them mean; `dim` may be `unbiased`."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is None:
        return axes_of(dim), 1 if correction is None else correction
    if correction is not None:
        raise TypeError(f"unbiased={unbiased} and correction={correction} say the same: pass one of them")
    return axes_of(dim), int(unbiased)


@numpy_words
def var(
    input: Any,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the variance of the elements along `dim`: the sum of ``(x - mean)**2`` over ``n - correction``.

    The derivative: ``dinput = 2 g (x - mean) / (n - correction)``.

    Parameters
    ----------
    input
        tensor or array of a floating dtype.
    dim
        dimension or dimensions; all by default.
    unbiased
        PyTorch's older word: True for a correction of 1, False for 0.
    keepdim
        keep the dimensions, at length 1.
    correction
        1 by default, which makes the variance of a sample an unbiased estimate; NumPy's default, ddof, is 0.

    Returns
    -------
    Tensor of the dtype of `input`; nan, with a warning, where there are no more elements than the correction.

    Raises
    ------
    TypeError
        If the dtype is not floating, or both `unbiased` and `correction` are given.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, 2.0, 3.0, 4.0])
    >>> tg.var(x), tg.var(x, correction=0)
    (tensor(1.6667), tensor(1.2500))
    """
    axis, ddof = _var_words(dim, unbiased, correction)
    return var_(input, axis=axis, ddof=ddof, keepdims=keepdim)


@numpy_words
def std(
    input: Any,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Return the standard deviation of the elements along `dim`, the square root of `var`.

    The derivative: ``dinput = g (x - mean) / ((n - correction) y)``; 0 where y = 0, as in PyTorch.  Parameters and
    errors are those of `var`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.std(tg.tensor([[1.0, 3.0], [2.0, 2.0]]), 1, correction=0)
    tensor([1., 0.])
    """
    axis, ddof = _var_words(dim, unbiased, correction)
    return std_(input, axis=axis, ddof=ddof, keepdims=keepdim)


@numpy_words
def var_mean(
    input: Any,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return `var` and `mean` along `dim`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.var_mean(tg.tensor([1.0, 3.0]))
    (tensor(2.), tensor(2.))
    """
    axis, ddof = _var_words(dim, unbiased, correction)
    return var_(input, axis=axis, ddof=ddof, keepdims=keepdim), mean_(input, axis=axis, keepdims=keepdim)


@numpy_words
def std_mean(
    input: Any,
    dim: Dim | bool = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Return `std` and `mean` along `dim`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.std_mean(tg.tensor([1.0, 3.0]), correction=0)
    (tensor(1.), tensor(2.))
    """
    axis, ddof = _var_words(dim, unbiased, correction)
    return std_(input, axis=axis, ddof=ddof, keepdims=keepdim), mean_(input, axis=axis, keepdims=keepdim)


# ---- products


@primitive(np.prod, promotion="common")
@in_single
def prod_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the product along `axis`.  dx = g times the product of all the other elements."""
    return np.multiply.reduce(x, axis, None if x.dtype.kind == "f" else dtypes.int64, keepdims=keepdims)


def _prod_vjp(g: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """Multiply those before by those after, and never divide y by x, so that zeros do no harm in any order."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    reduced = [a % x.ndim for a in axes] if x.ndim else []
    order = [a for a in range(x.ndim) if a not in reduced] + reduced
    moved = np.transpose(x, order)
    rows = np.reshape(moved, (math.prod(g.shape), reduced_length(x.shape, g.shape)))
    after = np.flip(_products_before(np.flip(rows, 1)), 1)
    others = np.reshape(_products_before(rows) * after, moved.shape)
    return restore(g, x.shape, axis, keepdims) * np.transpose(others, [order.index(a) for a in range(x.ndim)])


def _products_before(rows: Any) -> Any:
    """Return for each element the product of those before it in its row; 1 for the first."""
    first = np.ones((rows.shape[0], min(1, rows.shape[1])), rows.dtype)
    return np.concatenate([first, np.cumprod(rows[:, :-1], axis=1)], axis=1)


prod_.defvjp(_prod_vjp)


@numpy_words
def prod(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the product of the elements along `dim`.

    The derivative: ``dinput = g`` times the product of the other elements, right where some are 0 too.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension or dimensions to multiply over; all by default.
    keepdim
        keep them, at length 1.
    dtype
        convert to it first.

    Returns
    -------
    Tensor of the dtype of `input`, int64 for integers and booleans; 1 where there is nothing to multiply.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([2.0, 3.0, 0.0], requires_grad=True)
    >>> tg.prod(x).backward()
    >>> x.grad
    tensor([0., 0., 6.])
    """
    return prod_(input if dtype is None else as_tensor(input, dtype), axis=axes_of(dim), keepdims=keepdim)


# ---- questions about all elements, which have no derivative


@primitive(np.any, promotion="common")
def any_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return whether an element along `axis` is not zero."""
    return np.logical_or.reduce(x, axis, keepdims=keepdims)


@primitive(np.all, promotion="common")
def all_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return whether every element along `axis` is not zero."""
    return np.logical_and.reduce(x, axis, keepdims=keepdims)


@primitive(np.count_nonzero, promotion="common")
def count_nonzero_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return how many elements along `axis` are not zero."""
    return np.count_nonzero(x, axis, keepdims=keepdims)


def _in_uint8(answer: Tensor, input: Any) -> Tensor:
    """Return `answer` in uint8 if the question was put in it: PyTorch's booleans of old."""
    return answer.byte() if getattr(input, "dtype", None) == np.uint8 else answer


@numpy_words
def any(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether an element along `dim`, one dimension or several, by default all, is not zero; False if there is none.

    Returns
    -------
    Tensor of booleans; of uint8 for uint8, as in PyTorch.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.any(tg.tensor([[False, True], [False, False]]), dim=1)
    tensor([ True, False])
    """
    return _in_uint8(any_(input, axis=axes_of(dim), keepdims=keepdim), input)


@numpy_words
def all(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Whether every element along `dim`, one dimension or several, by default all, is not zero; True if there is none.

    Returns
    -------
    Tensor of booleans; of uint8 for uint8, as in PyTorch.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.all(tg.tensor([[True, True], [False, True]]), dim=1)
    tensor([ True, False])
    """
    return _in_uint8(all_(input, axis=axes_of(dim), keepdims=keepdim), input)


@numpy_words
def count_nonzero(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return how many elements along `dim`, one dimension or several, by default all, are not zero, in int64.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.count_nonzero(tg.tensor([[1, 0, 2], [0, 0, 3]]), dim=0)
    tensor([1, 0, 2])
    """
    return count_nonzero_(input, axis=axes_of(dim), keepdims=keepdim)
