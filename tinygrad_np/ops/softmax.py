"""Logarithms of sums of exponentials, and the probabilities they normalize, each with its derivative.

All subtract the greatest element first, so that no exponential overflows and at least one is 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..primitive import primitive
from ..tensor import Tensor
from .creation import as_tensor
from .reduce import Dim, axes_of, by_columns, check_floating, in_single, restore, total
from .words import numpy_words


def _shifted(x: Any, axis: Any) -> Any:
    """Return ``x - max`` as a new array, laid out so that reducing it is fast."""
    check_floating(x.dtype)
    columns = by_columns(x, axis)
    greatest = np.maximum.reduce(columns, axis, keepdims=True, initial=-np.inf)
    with np.errstate(invalid="ignore"):  # infinities alone have no probabilities: the result is nan, as in PyTorch
        return np.asarray(np.subtract(columns, greatest, out=None if columns is x else columns))


def _placed(z: Any, x: Any) -> Any:
    """Return the array to write the result into: `z` if it lies in memory as `x` does, else a new one that does."""
    return z if z.strides == x.strides or not x.flags.c_contiguous else np.empty_like(x)


@primitive(promotion="common")
@in_single
def softmax_(x: Any, *, axis: Any = -1) -> Any:
    """Return exp(x) over its sum along `axis`.  dx = y (g - sum(g y))."""
    z = _shifted(x, axis)
    np.exp(z, out=z)
    with np.errstate(invalid="ignore"):
        return np.divide(z, total(z, axis, keepdims=True), out=_placed(z, x))


softmax_.defvjp(lambda g, y, axis: y * (g - np.sum(g * y, axis=axis, keepdims=True)))


@primitive(promotion="common")
@in_single
def log_softmax_(x: Any, *, axis: Any = -1) -> Any:
    """Return x - log(sum(exp(x))) along `axis`.  dx = g - exp(y) sum(g)."""
    z = _shifted(x, axis)
    if not z.size:
        return z
    return np.subtract(z, np.log(total(np.exp(z), axis, keepdims=True)), out=_placed(z, x))


log_softmax_.defvjp(lambda g, y, axis: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True))


@primitive(promotion="float")
@in_single
def logsumexp_(x: Any, *, axis: Any = None, keepdims: Any = False) -> Any:
    """Return log(sum(exp(x))) along `axis`.  dx = g exp(x - y), and 0 where y is -inf."""
    x = by_columns(x, axis)
    greatest = np.maximum.reduce(x, axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(greatest), greatest, 0)
    with np.errstate(divide="ignore"):
        y = np.log(total(np.exp(x - shift), axis, keepdims=True)) + shift
    return y if keepdims else np.squeeze(y, axis)


def _logsumexp_vjp(g: Any, y: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    y = restore(y, x.shape, axis, keepdims)
    return restore(g, x.shape, axis, keepdims) * np.exp(x - np.where(y == -np.inf, 0, y))


logsumexp_.defvjp(_logsumexp_vjp)


def _in(dtype: DTypeLike | None, input: Any) -> Any:
    return input if dtype is None else as_tensor(input, dtype)


@numpy_words
def softmax(input: Any, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """Return the probabilities whose logarithms are `input`, up to a constant: ``exp(x) / sum(exp(x))`` along `dim`.

    The derivative: ``dinput = y (g - sum(g y))``.

    Parameters
    ----------
    input
        tensor or array of a floating dtype, of any size: nothing overflows.
    dim
        dimension along which the probabilities sum to 1.
    dtype
        convert to it first.

    Returns
    -------
    Tensor of the shape of `input`, in the same order in memory; nan where all of `input` along `dim` is -inf.

    Raises
    ------
    TypeError
        If the dtype is not floating.
    ValueError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.softmax(tg.tensor([[0.0, 0.0], [1000.0, 0.0]]), 1)
    tensor([[0.5, 0.5],
            [1. , 0. ]])

    References
    ----------
    Goodfellow, Bengio and Courville, Deep Learning, section 4.1.
    """
    return softmax_(_in(dtype, input), axis=dim)


@numpy_words
def log_softmax(input: Any, dim: int, dtype: DTypeLike | None = None) -> Tensor:
    """Return the logarithm of `softmax`: ``y = x - log(sum(exp(x)))`` along `dim`, exact where the probability is tiny.

    The derivative: ``dinput = g - exp(y) sum(g)``.  Parameters and errors are those of `softmax`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.log_softmax(tg.tensor([1000.0, 0.0]), 0)
    tensor([    0., -1000.])
    """
    return log_softmax_(_in(dtype, input), axis=dim)


@numpy_words
def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Tensor:
    """Return ``y = log(sum(exp(x)))`` along `dim`, without overflow.

    The derivative: ``dinput = g exp(x - y)``, the softmax; 0 where y is -inf.

    Parameters
    ----------
    input
        tensor or array; integers become the default floating dtype.
    dim
        dimension or dimensions to sum over; None for all.
    keepdim
        keep them, at length 1.

    Returns
    -------
    Tensor; -inf where there is nothing to sum, or nothing but -inf.

    Raises
    ------
    ValueError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.logsumexp(tg.tensor([[0.0, 0.0], [1000.0, 0.0]]), 1)
    tensor([6.9315e-01, 1.0000e+03])
    """
    return logsumexp_(input, axis=axes_of(dim), keepdims=keepdim)
