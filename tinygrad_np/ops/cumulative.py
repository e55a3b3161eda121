"""Running sums and products along an axis, each with its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import dtypes
from ..primitive import primitive
from ..tensor import Tensor
from .creation import as_tensor
from .reduce import in_single, prod_, sum_
from .words import numpy_words


@primitive(np.cumsum, promotion="common")
@in_single
def cumsum_(x: Any, *, axis: Any = None, dtype: Any = None) -> Any:
    """Return the sums of each element and those before it along `axis`; of all in C order for None.

    dx = the sums of g from each element on.
    """
    return np.cumsum(x, axis, dtype if dtype is not None or x.dtype.kind == "f" else dtypes.int64)


def _cumsum_vjp(g: Any, x_shape: tuple[int, ...], axis: int | None) -> Any:
    along = 0 if axis is None else axis
    return np.reshape(np.flip(np.cumsum(np.flip(g, along), axis=along), along), x_shape)


cumsum_.defvjp(_cumsum_vjp)


@primitive(np.cumprod, promotion="common")
@in_single
def cumprod_(x: Any, *, axis: Any = None) -> Any:
    """Return the products of each element and those before it along `axis`; of all in C order for None.

    dx[k] = x[0] ... x[k-1] s[k],  with  s[k] = g[k] + x[k+1] s[k+1].
    """
    return np.cumprod(x, axis, None if x.dtype.kind == "f" else dtypes.int64)


def _cumprod_vjp(g: Any, x: Any, axis: int | None) -> Any:
    """Solve the recurrence for s by doubling, without a division, so that zeros do no harm in any order.

    After each round s[k] = (the terms of the next `step` elements) and a[k] = x[k+1] ... x[k+step]; Hillis and Steele,
    Data parallel algorithms, 1986.
    """
    along = 0 if axis is None else axis
    rows = np.reshape(x, (-1,)) if axis is None else np.moveaxis(x, along, -1)
    s, a = np.moveaxis(g, along, -1), _from_later(rows, 1)
    step = 1
    while step < rows.shape[-1]:
        s = s + a * _from_later(s, step)
        a = a * _from_later(a, step)
        step *= 2
    before = np.concatenate([np.ones_like(rows[..., :1]), np.cumprod(rows[..., :-1], axis=-1)], axis=-1)
    return np.reshape(np.moveaxis(before * s, -1, along), x.shape)


def _from_later(rows: Any, step: int) -> Any:
    """Return ``rows[..., k + step]`` in place k, and 0 beyond the end."""
    return np.concatenate([rows[..., step:], np.zeros_like(rows[..., :step])], axis=-1)


cumprod_.defvjp(_cumprod_vjp)


@numpy_words
def cumsum(input: Any, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the running sums along `dim`: ``y[k] = x[0] + ... + x[k]``.

    The derivative: ``dinput[k] = g[k] + g[k+1] + ...``.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension to go along.
    dtype
        convert to it first.

    Returns
    -------
    Tensor of the shape and dtype of `input`, int64 for integers and booleans.

    Raises
    ------
    ValueError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.cumsum(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1)
    tensor([[ 1,  3,  6],
            [ 4,  9, 15]])
    """
    if np.ndim(input) == 0:
        return sum_(input, axis=dim, dtype=dtype)
    return cumsum_(input, axis=dim, dtype=dtype)


@numpy_words
def cumprod(input: Any, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
    """Return the running products along `dim`: ``y[k] = x[0] ... x[k]``.

    The derivative: ``dinput[k] = x[0] ... x[k-1] s[k]`` with ``s[k] = g[k] + x[k+1] s[k+1]``, right
    where some are 0 too.

    Parameters
    ----------
    input
        tensor or array.
    dim
        dimension to go along.
    dtype
        convert to it first.

    Returns
    -------
    Tensor of the shape and dtype of `input`, int64 for integers and booleans.

    Raises
    ------
    ValueError
        If there is no such dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.cumprod(tg.tensor([1.0, 2.0, 3.0]), 0)
    tensor([1., 2., 6.])
    """
    x = input if dtype is None else as_tensor(input, dtype)
    return prod_(x, axis=dim) if np.ndim(x) == 0 else cumprod_(x, axis=dim)
