"""Averages of windows whose size follows from how many are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor


def adaptive_avg_pool2d(input: Any, output_size: int | Sequence[int | None] | None) -> Tensor:
    """Return the averages of H' x W' windows that cover the image: ``y = A x B'`` with rows of averages in A and B.

    Window i of n in H elements is from ``floor(i H / n)`` to ``ceil((i + 1) H / n)``, the latter left out: they overlap
    where n does not divide H.  The derivative: ``dx = A' g B``.

    Parameters
    ----------
    input
        x, of shape (N, C, H, W), or (C, H, W) for one image.
    output_size
        (H', W'), or one number for both; None for the length that the input has.

    Returns
    -------
    Tensor
        of shape (N, C, H', W'), or (C, H', W').

    Raises
    ------
    TypeError, ValueError
        If a length is not a positive integer, or there are not one or two; if the input has not three or four
        dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> adaptive_avg_pool2d(tg.tensor([[[1.0, 5.0, 3.0], [3.0, 3.0, 1.0]]]), (1, 2))
    tensor([[[3., 3.]]])
    """
    input = tg.as_tensor(input)
    if input.ndim not in (3, 4) or 0 in input.shape[-2:]:
        raise ValueError(f"adaptive_avg_pool2d takes (N, C, H, W), or (C, H, W) for one image, not shape {input.shape}")
    given = tuple(output_size) if isinstance(output_size, Sequence) else (output_size, output_size)
    if not all(n is None or (isinstance(n, int) and not isinstance(n, bool)) for n in given):
        raise TypeError(f"output_size must be of integers or None, not {output_size!r}")
    if len(given) != 2 or any(n is not None and n < 1 for n in given):
        raise ValueError(f"output_size must be one or two positive integers, or None, not {output_size!r}")
    height, width = input.shape[-2:]
    rows, columns = [m if n is None else n for n, m in zip(given, (height, width), strict=True)]
    if height % rows == 0 and width % columns == 0:
        return tg.avg_pool2d(input, (height // rows, width // columns))
    return _averages(rows, height, input.dtype) @ input @ _averages(columns, width, input.dtype).T


def _averages(windows: int, length: int, dtype: Any) -> Tensor:
    """Return the matrix that takes `length` elements to the averages of `windows` windows."""
    first, places = np.arange(windows)[:, None] * length, np.arange(length)
    inside = (places >= first // windows) & (places < -(-(first + length) // windows))
    return tg.from_numpy((inside / inside.sum(1, keepdims=True)).astype(dtype))
