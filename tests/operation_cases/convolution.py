"""Cases of ``tinygrad_np/ops/convolution.py`` and ``tinygrad_np/ops/pooling.py``, by loops over all windows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygrad_np.ops.windows import Windows

from .case import Case


def cuts(x: Any, windows: Windows, fill: float = 0) -> Iterator[tuple[int, int, Any]]:
    """Yield row and column of every window, and the window, of shape (N, C, *kernel), a view of `x` padded."""
    x = np.pad(x, ((0, 0), (0, 0), *windows.padding), constant_values=fill)
    (height, width), (down, right), _, (i_step, j_step) = windows
    rows = range(0, x.shape[2] - i_step * (height - 1), down)
    columns = range(0, x.shape[3] - j_step * (width - 1), right)
    for (i, row), (j, column) in itertools.product(enumerate(rows), enumerate(columns)):
        window = x[:, :, row : row + i_step * height : i_step, column : column + j_step * width : j_step]
        yield i, j, window[:, :, :height, :width]


def collected(parts: dict[tuple[int, int], Any]) -> Any:
    """Return the array (N, C, rows, columns) of what was found at each row and column."""
    rows, columns = (max(key[axis] for key in parts) + 1 for axis in (0, 1))
    return np.stack([np.stack([parts[i, j] for j in range(columns)], -1) for i in range(rows)], -2)


def convolve(x: Any, weight: Any, bias: Any, windows: Windows, groups: int = 1) -> Any:
    parts = {}
    for i, j, window in cuts(x, windows):
        halves = zip(np.split(window, groups, 1), np.split(weight, groups), strict=True)
        parts[i, j] = np.concatenate([np.tensordot(a, b, ((1, 2, 3), (1, 2, 3))) for a, b in halves], 1)
    return collected(parts) + (0 if bias is None else bias[:, None, None])


def transposed(function: Any, shape: tuple[int, ...], h: Any) -> Any:
    """Return the transpose of a linear function of arrays of `shape`, applied to `h`: one element after the other."""
    size = int(np.prod(shape))
    units = np.eye(size).reshape(size, *shape)
    return np.array([np.sum(function(unit) * h) for unit in units]).reshape(shape)


def convolve_input(h: Any, weight: Any, size: Any, windows: Windows, groups: int = 1) -> Any:
    shape = (len(h), weight.shape[1] * groups, *size)
    return transposed(lambda x: convolve(x, weight, None, windows, groups), shape, h)


def convolve_weight(x: Any, h: Any, windows: Windows, groups: int = 1) -> Any:
    shape = (h.shape[1], x.shape[1] // groups, *windows.kernel)
    return transposed(lambda weight: convolve(x, weight, None, windows, groups), shape, h)


def max_pool(x: Any, windows: Windows) -> Any:
    return collected({(i, j): window.max((2, 3)) for i, j, window in cuts(x, windows, -np.inf)})


def sum_pool(x: Any, windows: Windows) -> Any:
    return collected({(i, j): window.sum((2, 3)) for i, j, window in cuts(x, windows)})


def spread_evenly(h: Any, size: Any, windows: Windows) -> Any:
    return transposed(lambda x: sum_pool(x, windows), (*h.shape[:2], *size), h)


def pick_largest(h: Any, x: Any, windows: Windows) -> Any:
    parts = {}
    for (i, j, window), (_, _, other) in zip(cuts(x, windows, -1), cuts(h, windows), strict=True):
        flat = window.reshape(*window.shape[:2], -1).argmax(-1)[..., None]
        parts[i, j] = np.take_along_axis(other.reshape(*other.shape[:2], -1), flat, -1)[..., 0]
    return collected(parts)


def spread_to_largest(h: Any, x: Any, top: Any, windows: Windows) -> Any:
    return transposed(lambda other: pick_largest(other, x, windows), x.shape, h)


def max_pool_indices(x: Any, windows: Windows) -> Any:
    places = np.broadcast_to(np.arange(x.shape[2] * x.shape[3]).reshape(x.shape[2:]), x.shape)
    return pick_largest(places, x, windows)


CONVOLUTIONS = {  # windows, groups, channels in and out, size of the image
    "plain": (Windows((3, 2)), 1, (2, 3), (5, 4)),
    "stride": (Windows((2, 3), (2, 3)), 1, (1, 2), (6, 7)),
    "padding": (Windows((3, 3), (1, 1), ((1, 1), (1, 1))), 1, (2, 1), (3, 4)),
    "uneven padding": (Windows((2, 2), (1, 2), ((0, 1), (2, 0))), 1, (1, 1), (3, 3)),
    "dilation": (Windows((2, 2), (1, 1), ((0, 0), (0, 0)), (2, 3)), 1, (1, 2), (5, 5)),
    "groups": (Windows((2, 2)), 2, (4, 2), (3, 3)),
    "each channel": (Windows((2, 2), (1, 1), ((1, 0), (0, 0))), 3, (3, 3), (3, 3)),
    "everything": (Windows((3, 2), (2, 1), ((1, 2), (1, 0)), (1, 2)), 2, (2, 4), (5, 4)),
    "one element": (Windows((1, 1)), 1, (3, 2), (2, 3)),
}

POOLS = {  # windows, size of the image
    "side by side": (Windows((2, 2), (2, 2)), (4, 6)),
    "remainder": (Windows((2, 3), (2, 3)), (5, 7)),
    "overlap": (Windows((3, 3), (2, 2)), (5, 5)),
    "padding": (Windows((3, 2), (2, 2), ((1, 1), (1, 0))), (5, 4)),
    "dilation": (Windows((2, 2), (1, 1), ((0, 0), (1, 1)), (2, 2)), (4, 4)),
    "gaps": (Windows((1, 2), (2, 3)), (4, 5)),
}


def convolutions(note: str, batch: int = 2) -> list[Case]:
    windows, groups, (inputs, outputs), size = CONVOLUTIONS[note]
    x, weight = (batch, inputs, *size), (outputs, inputs // groups, *windows.kernel)
    y = (batch, outputs, *windows.positions(size))
    options = {"windows": windows, "groups": groups}
    if batch == 0:
        note = f"{note} of nothing"
    return [
        Case("convolve", (x, weight, (outputs,)), options, convolve, note=note),
        Case("convolve", (x, weight, None), options, convolve, note=note),
        Case("convolve_input", (y, weight), {"size": size, **options}, convolve_input, note=note),
        Case("convolve_weight", (x, y), options, convolve_weight, note=note),
    ]


def pools(note: str) -> list[Case]:
    windows, size = POOLS[note]
    x, y, options = (2, 2, *size), (2, 2, *windows.positions(size)), {"windows": windows}
    values = np.random.default_rng(0).permuted(np.arange(float(np.prod(x)))).reshape(x)
    fixed, top = (array.astype(np.int64) for array in (values, max_pool(values, windows)))  # without a derivative
    largest = {"reference": max_pool, "distinct": True, "note": note}
    return [
        Case("max_pool", (x,), options, **largest),
        Case("pick_largest", (x, fixed), options, pick_largest, note=note),
        Case("spread_to_largest", (y, fixed, None), options, spread_to_largest, note=note),
        Case("spread_to_largest", (y, fixed, top), options, spread_to_largest, note=f"{note}, known"),
        Case("max_pool_indices", (values,), options, max_pool_indices, differentiable=False, note=note),
        Case("sum_pool", (x,), options, sum_pool, note=note),
        Case("spread_evenly", (y,), {"size": size, **options}, spread_evenly, note=note),
    ]


CASES = [
    *(case for note in CONVOLUTIONS for case in convolutions(note)),
    *convolutions("plain", batch=0),
    *(case for note in POOLS for case in pools(note)),
]
