"""Cases of the operations that change shapes, reorder, join, split, repeat and pad."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case

Row = tuple[tuple[Any, ...], dict[str, Any]]


def rows(operation: str, table: list[Row], reference: Callable[..., Any] | None = None, **common: Any) -> list[Case]:
    """Return a case for each row of inputs and attributes."""
    return [Case(operation, inputs, attributes, reference, **common) for inputs, attributes in table]


def split(x: np.ndarray, sizes: tuple[int, ...], axis: int = 0) -> tuple[np.ndarray, ...]:
    return tuple(np.split(x, np.cumsum(sizes)[:-1], axis))


def unbind(x: np.ndarray, axis: int = 0) -> tuple[np.ndarray, ...]:
    return tuple(np.take(x, i, axis) for i in range(x.shape[axis]))


def put_diagonal(g: np.ndarray, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> np.ndarray:
    places = np.diagonal(np.arange(np.prod(shape)).reshape(shape), offset, axis1, axis2)
    result = np.zeros(shape)
    result.flat[places.ravel()] = g.ravel()
    return result


CASES = [
    *rows(
        "reshape",
        [
            (((6,),), {"shape": (2, 3)}),
            (((2, 3),), {"shape": (3, 2)}),
            (((2, 3),), {"shape": (6,)}),
            (((2, 3),), {"shape": -1}),
            (((2, 3, 4),), {"shape": (4, -1)}),
            (((),), {"shape": (1, 1)}),
            (((1,),), {"shape": ()}),
            (((0, 3),), {"shape": (3, 0, 2)}),
        ],
        lambda x, shape: np.reshape(x, shape),
    ),
    *rows(
        "squeeze",
        [
            (((1, 3, 1),), {}),
            (((1, 3, 1),), {"axis": 0}),
            (((1, 3, 1),), {"axis": -1}),
            (((1, 3, 1),), {"axis": (0, 2)}),
            (((2, 3),), {"axis": ()}),
            (((),), {}),
            (((1, 0),), {}),
        ],
    ),
    *rows(
        "expand_dims",
        [
            (((3,),), {"axis": 0}),
            (((2, 3),), {"axis": 1}),
            (((2, 3),), {"axis": -1}),
            (((2, 3),), {"axis": (0, -1)}),
            (((),), {"axis": 0}),
            (((0, 3),), {"axis": 1}),
        ],
    ),
    *rows(
        "transpose",
        [
            (((3,),), {}),
            (((2, 3),), {}),
            (((2, 3, 4),), {}),
            (((2, 3, 4),), {"axes": (1, 2, 0)}),
            (((2, 3, 4),), {"axes": (-1, 0, -2)}),
            (((),), {}),
            (((0, 3),), {"axes": (1, 0)}),
        ],
    ),
    *rows(
        "broadcast_to",
        [
            (((3,),), {"shape": (2, 3)}),
            (((2, 1),), {"shape": (2, 3)}),
            (((1, 3, 1),), {"shape": (4, 2, 3, 5)}),
            (((),), {"shape": (2, 2)}),
            (((2, 3),), {"shape": (2, 3)}),
            (((1, 3),), {"shape": (0, 3)}),
        ],
    ),
    *rows("contiguous", [(((2, 3),), {}), (((),), {}), (((0, 2),), {})], lambda x: x),
    *rows(
        "flip",
        [
            (((3,),), {}),
            (((2, 3),), {}),
            (((2, 3),), {"axis": 0}),
            (((2, 3),), {"axis": -1}),
            (((2, 3, 4),), {"axis": (0, 2)}),
            (((2, 3),), {"axis": ()}),
            (((0, 3),), {"axis": 0}),
        ],
    ),
    *rows(
        "roll",
        [
            (((4,),), {"shift": 1}),
            (((4,),), {"shift": -7, "axis": 0}),
            (((2, 3),), {"shift": 2}),
            (((2, 3),), {"shift": 1, "axis": -1}),
            (((2, 3, 4),), {"shift": (1, -2), "axis": (0, 2)}),
            (((0, 3),), {"shift": 1, "axis": 0}),
        ],
    ),
    *rows(
        "diagonal",
        [
            (((3, 3),), {}),
            (((2, 4),), {"offset": 1}),
            (((4, 2),), {"offset": -3}),
            (((2, 3),), {"offset": 5}),
            (((2, 3, 4),), {"axis1": 2, "axis2": 0}),
            (((2, 3, 4),), {"offset": -1, "axis1": -2, "axis2": -1}),
            (((0, 3),), {}),
        ],
    ),
    *rows(
        "put_diagonal",
        [
            (((3,),), {"shape": (3, 3)}),
            (((2,),), {"shape": (2, 4), "offset": 1}),
            (((3, 2),), {"shape": (2, 3, 4), "axis1": 2, "axis2": 0}),
            (((0,),), {"shape": (2, 3), "offset": 5}),
        ],
        put_diagonal,
    ),
    *[
        case
        for name in ("tril", "triu")
        for case in rows(
            name,
            [
                (((3, 3),), {}),
                (((2, 4),), {"k": 1}),
                (((4, 2),), {"k": -2}),
                (((2, 3, 4),), {"k": -1}),
                (((0, 3),), {}),
            ],
        )
    ],
    *rows(
        "tile",
        [
            (((3,),), {"reps": 2}),
            (((3,),), {"reps": (2, 2)}),
            (((2, 3),), {"reps": (3,)}),
            (((2, 3),), {"reps": (2, 1, 3)}),
            (((2, 3),), {"reps": (1, 1)}),
            (((2, 3),), {"reps": (0, 2)}),
            (((),), {"reps": (2,)}),
            (((0, 3),), {"reps": (2, 2)}),
        ],
    ),
    *rows(
        "repeat_interleave",
        [
            (((3,),), {"repeats": 2, "axis": 0}),
            (((2, 3),), {"repeats": 3, "axis": 1}),
            (((2, 3, 4),), {"repeats": 2, "axis": 1}),
            (((2, 3),), {"repeats": 0, "axis": 0}),
            (((0, 3),), {"repeats": 2, "axis": 0}),
        ],
        lambda x, repeats, axis: np.repeat(x, repeats, axis),
    ),
    *rows(
        "concatenate",
        [
            (((3,), (2,)), {}),
            (((2, 3), (4, 3)), {}),
            (((2, 3), (2, 1), (2, 2)), {"axis": 1}),
            (((2, 3, 2), (2, 1, 2)), {"axis": -2}),
            (((2, 3), (2,)), {"axis": None}),
            (((2, 3),), {}),
            (((0, 3), (2, 3)), {}),
        ],
        lambda *arrays, axis=0: np.concatenate(arrays, axis),
    ),
    *rows(
        "stack",
        [
            (((3,), (3,)), {}),
            (((2, 3), (2, 3)), {"axis": 1}),
            (((2, 3), (2, 3), (2, 3)), {"axis": -1}),
            (((), ()), {}),
            (((2, 3),), {"axis": -3}),
            (((0, 3), (0, 3)), {"axis": 1}),
        ],
        lambda *arrays, axis=0: np.stack(arrays, axis),
    ),
    *rows(
        "split",
        [
            (((5,),), {"sizes": (2, 2, 1)}),
            (((5, 2),), {"sizes": (5,)}),
            (((2, 5),), {"sizes": (1, 0, 4), "axis": 1}),
            (((2, 3, 4),), {"sizes": (2, 2), "axis": -1}),
            (((0, 3),), {"sizes": (0, 0)}),
        ],
        split,
    ),
    *rows(
        "unbind",
        [(((3,),), {}), (((2, 3),), {}), (((2, 3),), {"axis": 1}), (((2, 3, 4),), {"axis": -2})],
        unbind,
    ),
    *rows(
        "pad_constant",
        [
            (((3,),), {"widths": ((1, 2),)}),
            (((2, 3),), {"widths": ((0, 1), (2, 0)), "value": 1.5}),
            (((2, 3, 2),), {"widths": ((0, 0), (1, 1), (0, 3))}),
            (((),), {"widths": ()}),
            (((0, 3),), {"widths": ((1, 1), (0, 1)), "value": -1.0}),
        ],
        lambda x, widths, value=0.0: np.pad(x, widths, constant_values=value) if widths else x,
    ),
]
