"""Cases of the operations that read and write by index, and of those that sort."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .case import Case
from .shape import rows

MASK = np.array([[True, False, True], [False, False, True]])
ROW = np.array([True, False])
REPEATED = np.array([2, 0, 2, -1])
TABLE = np.array([[0, 2], [1, 0], [2, 2]])
PAIRS = np.array([[0, 1, 1, -1], [2, 0, 0, 2]])  # of indices for two dimensions, one place twice
FOUR = np.array([[[0, 2], [1, 1]], [[3, 3], [0, 1]]])  # of indices for two dimensions, in a square


def places(shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of `shape` that holds its own indices in C order."""
    return np.arange(math.prod(shape)).reshape(shape)


def added(g: np.ndarray, where: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return zeros of `shape` with the elements of `g` added at the places `where`, one after the other."""
    result = np.zeros(math.prod(shape))
    for place, value in zip(where.ravel(), g.ravel(), strict=True):
        result[place] += value
    return result.reshape(shape)


def key_of(indices: np.ndarray, dims: tuple[int, ...]) -> tuple[Any, ...]:
    key: list[Any] = [slice(None)] * (max(dims) + 1)
    for dim, row in zip(dims, [indices] if len(dims) == 1 else indices, strict=True):
        key[dim] = row
    return tuple(key)


def add_at(g: np.ndarray, indices: np.ndarray, dims: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    return added(g, places(shape)[key_of(indices, dims)], shape)


def along(indices: np.ndarray, axis: int, shape: tuple[int, ...]) -> np.ndarray:
    """Return the places that an index along `axis` names, which may be shorter than `shape` along the others."""
    axis %= len(shape)
    corner = tuple(slice(None) if d == axis else slice(n) for d, n in enumerate(indices.shape))
    return np.take_along_axis(places(shape)[corner], indices, axis)


def set_along_axis(x: np.ndarray, v: Any, indices: np.ndarray, axis: int) -> np.ndarray:
    result = x.copy()
    for place, value in zip(
        along(indices, axis, x.shape).ravel(), np.broadcast_to(v, indices.shape).ravel(), strict=True
    ):
        result.flat[place] = value
    return result


def set_index(x: np.ndarray, v: Any, index: Any) -> np.ndarray:
    result = x.copy()
    result[index] = v
    return result


def put(g: np.ndarray, index: Any, shape: tuple[int, ...]) -> np.ndarray:
    return set_index(np.zeros(shape), g, index)


def ordered(x: np.ndarray, axis: int = -1, descending: bool = False, stable: bool = False) -> tuple[np.ndarray, ...]:
    """Return what sorting gives, for elements that differ."""
    order = np.argsort(-x if descending else x, axis=axis, kind="stable")
    return np.take_along_axis(x, order, axis), order


def topk(x: np.ndarray, k: int, axis: int = -1, largest: bool = True, sorted: bool = True) -> tuple[np.ndarray, ...]:
    return tuple(np.take(part, np.arange(k), axis) for part in ordered(x, axis, largest))


SLICES: list[tuple[tuple[int, ...], Any, str]] = [
    ((3,), (1, ...), "int"),
    ((2, 3), (-1, ...), "row"),
    ((2, 3), (1, 2, ...), "element"),
    ((2, 3), (..., 0), "column"),
    ((4, 3), (slice(1, 3), ...), "slice"),
    ((5,), (slice(None, None, -2), ...), "backwards"),
    ((2, 3), (None, slice(None), None, 1, ...), "new axes"),
    ((2, 3, 4), (0, ..., slice(2)), "ellipsis"),
    ((), (...,), "0-d"),
    ((0, 3), (..., 1), "empty"),
    ((3,), (slice(2, 1), ...), "nothing"),
]
WRITES: list[tuple[tuple[int, ...], tuple[int, ...], Any, str]] = [
    *[(shape, np.zeros(shape)[index].shape, index, note) for shape, index, note in SLICES],
    ((2, 3), (3,), (slice(None),), "broadcast"),
    ((2, 3), (1, 1, 3), (0,), "leading 1"),
    ((2, 3), (), (slice(None), slice(1, 2)), "scalar"),
    ((2, 3), (3,), (MASK,), "mask"),
    ((2, 3), (), (MASK,), "mask, scalar"),
    ((2, 3), (1, 3), (ROW,), "mask of rows"),
    ((3, 2), (2, 2), (np.array([2, 0]),), "rows"),
    ((3, 2), (4, 2), (REPEATED,), "repeated"),
    ((3, 2), (), (REPEATED,), "repeated, scalar"),
    ((3, 3), (4,), (PAIRS[0], PAIRS[1]), "pairs"),
    ((2, 3, 4), (2, 4), (slice(None), 1, np.array([0, 1, 1, 3])), "mixed"),
    ((3, 2, 3), (4, 2), (PAIRS[0], slice(None), PAIRS[1]), "apart"),
]

CASES = [
    *[
        Case("getitem", (shape,), {"index": index}, lambda x, index: np.asarray(x[index]), note=note)
        for shape, index, note in SLICES
    ],
    *[
        Case("put_item", (np.zeros(shape)[index].shape,), {"index": index, "shape": shape}, put, note=note)
        for shape, index, note in SLICES
    ],
    *[
        Case("set_index", (shape, value), {"index": index}, set_index, note=note)
        for shape, value, index, note in WRITES
    ],
    *rows(
        "take_mask",
        [
            (((2, 3), MASK), {}),
            (((2, 3), ROW), {}),
            (((2, 3, 2), MASK), {}),
            ((np.ones((2, 2)), np.zeros((2, 2), bool)), {}),
        ],
        lambda x, mask: x[mask],
    ),
    *rows(
        "put_mask",
        [(((3,), MASK), {"shape": (2, 3)}), (((1, 3), ROW), {"shape": (2, 3)})],
        lambda g, mask, shape: put(g, mask, shape),
    ),
    *rows(
        "take_at",
        [
            (((3,), REPEATED), {"dims": (0,)}),
            (((3, 2), REPEATED), {"dims": (0,)}),
            (((2, 3, 2), TABLE), {"dims": (1,)}),
            (((2, 3), np.array(1)), {"dims": (1,)}),
            (((2, 3), np.zeros((0,), int)), {"dims": (1,)}),
            (((3, 3), PAIRS), {"dims": (0, 1)}),
            (((2, 3, 3), PAIRS), {"dims": (1, 2)}),
            (((3, 2, 3), PAIRS), {"dims": (0, 2)}),
            (((2, 3, 2, 4), FOUR), {"dims": (1, 3)}),
        ],
        lambda x, indices, dims: x[key_of(indices, dims)],
    ),
    *rows(
        "add_at",
        [
            (((4,), REPEATED), {"dims": (0,), "shape": (3,)}),
            (((4, 2), REPEATED), {"dims": (0,), "shape": (3, 2)}),
            (((2, 3, 2, 2), TABLE), {"dims": (1,), "shape": (2, 3, 2)}),
            (((2, 4), PAIRS), {"dims": (1, 2), "shape": (2, 3, 3)}),
            (((4, 2), PAIRS), {"dims": (0, 2), "shape": (3, 2, 3)}),
            (((2, 0), np.zeros((0,), int)), {"dims": (1,), "shape": (2, 3)}),
        ],
        add_at,
    ),
    *rows(
        "take_along_axis",
        [
            (((3,), REPEATED), {"axis": 0}),
            (((3, 3), TABLE), {"axis": 1}),
            (((3, 2), TABLE), {"axis": 0}),
            (((2, 3, 2), TABLE[None]), {"axis": -2}),
            (((1, 3), TABLE), {}),
            (((2, 0), np.zeros((2, 0), int)), {}),
        ],
        lambda x, indices, axis=-1: np.take_along_axis(x, indices, axis),
    ),
    *rows(
        "add_along_axis",
        [
            (((4,), REPEATED), {"axis": 0, "shape": (3,)}),
            (((3, 2), TABLE), {"axis": 1, "shape": (3, 3)}),
            (((3, 2), TABLE), {"axis": -2, "shape": (3, 4)}),
            (((1, 3, 2), TABLE[None]), {"axis": 1, "shape": (2, 3, 4)}),
        ],
        lambda g, indices, axis, shape: added(g, along(indices, axis, shape), shape),
    ),
    *rows(
        "set_along_axis",
        [
            (((3,), (4,), REPEATED), {"axis": 0}),
            (((3, 3), (3, 2), TABLE), {"axis": 1}),
            (((3, 4), (3, 2), TABLE), {"axis": -2}),
            (((2, 3), 2.0, np.array([[0], [1]])), {"axis": 1}),
            (((2, 3), (), np.array([[0, 0], [1, 2]])), {"axis": 1}),
        ],
        set_along_axis,
    ),
    Case("masked_fill", ((2, 3), 2.0, MASK), reference=lambda x, value, mask: np.where(mask, value, x)),
    Case("masked_fill", ((2, 3), (), MASK), reference=lambda x, value, mask: np.where(mask, value, x)),
    Case("masked_fill", ((2, 1), 0.5, MASK), reference=lambda x, value, mask: np.where(mask, value, x), note="wider"),
    *rows(
        "sort",
        [
            (((5,),), {}),
            (((3, 4),), {"axis": 0}),
            (((3, 4),), {"descending": True}),
            (((2, 3, 4),), {"axis": 1, "descending": True, "stable": True}),
            (((2, 0),), {}),
        ],
        ordered,
        distinct=True,
    ),
    *rows(
        "topk",
        [
            (((5,),), {"k": 2}),
            (((3, 4),), {"k": 1, "axis": 0, "largest": False}),
            (((2, 3, 4),), {"k": 3, "axis": 1}),
            (((3, 4),), {"k": 4}),
            (((3, 4),), {"k": 0}),
            (((4,),), {"k": 1, "sorted": False}),
        ],
        topk,
        distinct=True,
    ),
    # ---- without a derivative
    *rows(
        "argsort",
        [(((5,),), {}), (((3, 4),), {"axis": 0}), (((3, 4),), {"descending": True}), (((4,),), {"stable": True})],
        lambda x, **attributes: ordered(x, **attributes)[1],
        distinct=True,
        differentiable=False,
    ),
    *rows(
        "nonzero",
        [((np.array([[0.0, 2.0], [1.0, 0.0]]),), {}), ((np.array([0, 3, 0]),), {}), ((MASK,), {})],
        np.nonzero,
        differentiable=False,
    ),
    *rows(
        "unique",
        [((np.array([3.0, 1.0, 3.0]),), {}), ((np.array([[1, 2], [1, 2], [0, 2]]),), {"axis": 0})],
        lambda x, axis=None: np.unique(x, return_inverse=True, return_counts=True, axis=axis),
        differentiable=False,
    ),
    *rows(
        "searchsorted",
        [
            ((np.array([1.0, 2.0, 4.0]), np.array([[0.0, 2.0], [3.0, 5.0]])), {}),
            ((np.array([1, 2, 2]), np.array([2])), {"side": "right"}),
        ],
        np.searchsorted,
        differentiable=False,
    ),
    *rows(
        "bincount",
        [
            ((np.array([0, 2, 2]), None), {}),
            ((np.array([0, 1]), None), {"minlength": 4}),
            ((np.array([0, 2, 2]), (3,)), {}),
        ],
        np.bincount,
        differentiable=False,
    ),
    Case(
        "pack_indices",
        (np.array([[0], [1]]), REPEATED),
        reference=lambda *arrays: np.stack(np.broadcast_arrays(*arrays)),
        differentiable=False,
    ),
    Case(
        "named",
        (np.array([2, 0, 2]),),
        {"length": 4},
        lambda indices, length: np.isin(np.arange(length), indices),
        differentiable=False,
    ),
    Case(
        "one_hot",
        (TABLE,),
        {"num_classes": 4},
        lambda x, num_classes: np.eye(num_classes, dtype=int)[x],
        differentiable=False,
    ),
]
