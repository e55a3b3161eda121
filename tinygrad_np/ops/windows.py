"""What convolution and pooling share: how windows lie in an input, and how images lie in memory.

Shapes are PyTorch's, (N, C, H, W).  In memory the batch comes last, (C, H, W, N): whatever is done for every position
of a window then runs over a whole batch that lies in one piece, with no transposition between one layer and the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

Pair = tuple[int, ...]  # of rows, and of columns
Places = list[tuple[slice, slice]]  # where, in an image, each element of a window is, for many windows


class Windows(NamedTuple):
    """Windows of two dimensions."""

    kernel: Pair  # elements of a window
    stride: Pair = (1, 1)  # steps from one window to the next
    padding: tuple[tuple[int, int], ...] = ((0, 0), (0, 0))  # before and after the rows, and the columns
    dilation: Pair = (1, 1)  # steps from one element of a window to the next

    def positions(self, size: Sequence[int]) -> Pair:
        """Return how many windows there are in an image of `size`."""
        return tuple(
            [
                (n + before + after - d * (k - 1) - 1) // s + 1
                for n, k, s, (before, after), d in zip(size, *self, strict=True)
            ]
        )

    def padded(self, size: Sequence[int]) -> Pair:
        """Return the size of an image of `size` with its padding."""
        (top, bottom), (left, right) = self.padding
        return size[0] + top + bottom, size[1] + left + right

    def inside(self, size: Sequence[int]) -> tuple[slice, slice]:
        """Return where, in the padded image, the image of `size` is."""
        (top, _), (left, _) = self.padding
        return slice(top, top + size[0]), slice(left, left + size[1])

    def disjoint(self) -> bool:
        """Return whether no element of the image is in two windows."""
        return all(s > d * (k - 1) for k, s, _, d in zip(*self, strict=True))

    def places(self, count: Pair, first: Pair = (0, 0)) -> Places:
        """Return where in the padded image each element of a window is, for `count` windows from `first` on."""
        (rows, columns), (down, right), (i_step, j_step) = self.kernel, self.stride, self.dilation
        tall, wide = down * (count[0] - 1) + 1, right * (count[1] - 1) + 1
        tops = [down * first[0] + i_step * i for i in range(rows)]
        lefts = [right * first[1] + j_step * j for j in range(columns)]
        return [(slice(i, i + tall, down), slice(j, j + wide, right)) for i in tops for j in lefts]


def batch_last(x: ndarray, windows: Windows | None = None, fill: Any = 0) -> ndarray:
    """Return (N, C, H, W) as (C, H, W, N) in one piece of memory, with the padding of `windows` filled with `fill`."""
    turned = np.transpose(x, (1, 2, 3, 0))
    size = x.shape[2:]
    if windows is None or windows.padded(size) == size:
        return np.ascontiguousarray(turned)
    padded = np.full((x.shape[1], *windows.padded(size), len(x)), fill, x.dtype)
    padded[:, *windows.inside(size)] = turned
    return padded


def batch_first(x: ndarray) -> ndarray:
    """Return (C, H, W, N) as (N, C, H, W); nothing is copied."""
    return np.transpose(x, (3, 0, 1, 2))


def integers(value: int | Sequence[int], name: str, count: int = 2, least: int = 1) -> tuple[int, ...]:
    """Return `count` integers, one a dimension, from as many or from one for all.

    Raises
    ------
    TypeError, ValueError
        If they are not integers; if they are of another number, or less than `least`.
    """
    values = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in values):
        raise TypeError(f"{name} must be an integer or {count} of them, not {value!r}")
    if len(values) not in (1, count) or min(values) < least:
        raise ValueError(f"{name} must be 1 or {count} integers of {least} or more, not {value!r}")
    return tuple([int(n) for n in values]) * (count // len(values))
