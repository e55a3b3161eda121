"""Rows of a table chosen by number."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor


def embedding(
    input: Any,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
) -> Tensor:
    """Return the rows of `weight` that `input` names: ``y[...] = w[i[...]]``.

    The derivative: ``dw`` is g, added up for each row over the places where it was read, and 0 for `padding_idx`.

    Parameters
    ----------
    input
        i, integers of any shape.
    weight
        w, of shape (V, D): V rows of length D.
    padding_idx
        a row that is not learned, counted from the end if negative.
    max_norm
        the norm that a row may have: rows that are read and exceed it are scaled to it first, in place and unrecorded.
    norm_type
        p of that norm, ``(sum |w|**p)**(1/p)``.

    Returns
    -------
    Tensor
        of the shape of `input`, and D.

    Raises
    ------
    IndexError
        If there is no such row; negative numbers name none.
    TypeError
        If `input` does not hold integers.
    ValueError
        If `weight` has not two dimensions, or `padding_idx` names no row.

    References
    ----------
    Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language model", JMLR 3, 2003.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> w = tg.tensor([[0.0, 1.0], [2.0, 3.0]], requires_grad=True)
    >>> y = embedding(tg.tensor([1, 1, 0]), w)
    >>> y.tolist()
    [[2.0, 3.0], [2.0, 3.0], [0.0, 1.0]]
    >>> y.sum().backward()
    >>> w.grad
    tensor([[1., 1.],
            [2., 2.]])
    """
    indices = input if isinstance(input, Tensor) else tg.from_numpy(np.asarray(input))
    rows = indices.array
    if weight.ndim != 2:
        raise ValueError(f"the weight of an embedding must have shape (V, D), not {weight.shape}")
    count = len(weight)
    if rows.dtype.kind not in "iu":
        raise TypeError(f"an embedding takes integers, not {rows.dtype}: convert with .long()")
    if rows.size and not (rows.min() >= 0 and rows.max() < count):
        wrong = rows[(rows < 0) | (rows >= count)][0]
        raise IndexError(f"row {wrong} is not one of {count}: they are numbered from 0 to {count - 1}")
    padding = padding_row(padding_idx, count)
    if max_norm is not None:
        _limit_rows(weight, np.unique(rows), max_norm, norm_type)
    y = weight[indices]
    return y if padding is None else tg.where(tg.unsqueeze(indices == padding, -1), y.detach(), y)


def padding_row(padding_idx: int | None, count: int) -> int | None:
    """Return `padding_idx` counted from the front; raise `ValueError` if it is not one of `count` rows."""
    if padding_idx is not None and not -count <= padding_idx < count:
        raise ValueError(f"padding_idx {padding_idx} is not one of {count} rows: choose one, or None")
    return None if padding_idx is None else padding_idx % count


def _limit_rows(weight: Tensor, rows: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale those of `rows` whose norm is greater than `max_norm` to that, in place."""
    with tg.no_grad():
        read = weight[tg.from_numpy(rows)]
        norms = tg.norm(read, norm_type, 1, keepdim=True)
        long = norms.array[:, 0] > max_norm
        if long.any():
            weight[tg.from_numpy(rows[long])] = (read * (max_norm / (norms + 1e-7)))[tg.from_numpy(long)]
