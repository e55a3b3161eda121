"""Cases of the reductions: sums, means, extremes, probabilities, norms, running sums and products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .case import Case

ZEROS = np.array([[1.0, 0.0, 2.0, 0.5], [0.0, 3.0, 0.0, 2.0], [1.0, -2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 1.0]])
INTEGERS = np.array([[3, 0, -2], [1, 1, 5]])

Row = tuple[tuple[int, ...], dict[str, Any]]

# Every way to name the axes, with a shape it fits.
AXES: list[Row] = [
    ((3,), {}),
    ((), {}),
    ((3,), {"axis": 0}),
    ((2, 3), {"axis": -1}),
    ((2, 3), {"axis": 0, "keepdims": True}),
    ((2, 3), {"keepdims": True}),
    ((2, 3, 4), {"axis": 1}),
    ((20, 3), {"axis": 1}),  # short rows are laid out by columns
    ((2, 18, 3), {"axis": -1, "keepdims": True}),
    ((1, 3), {"axis": 0}),
]
SEVERAL_AXES: list[Row] = [
    ((2, 3, 4), {"axis": (0, 2)}),
    ((2, 3, 4), {"axis": (-1, 0), "keepdims": True}),
    ((2, 3), {"axis": (1,)}),
    ((2, 3), {"axis": ()}),
]
NO_ELEMENTS: list[Row] = [((0, 3), {"axis": 1}), ((2, 0, 3), {"axis": 2, "keepdims": True})]
EMPTY: list[Row] = [*NO_ELEMENTS, ((0,), {}), ((2, 0), {"axis": 1})]


def rows(operation: str, axes: list[Row], /, **common: Any) -> list[Case]:
    """Return a case for each row of `axes`; `common` are arguments of `Case`, its attributes added to the row's."""
    attributes = common.pop("attributes", {})
    return [Case(operation, (shape,), named | attributes, **common) for shape, named in axes]


# ---- sums, means, variances and products

SUMS = [
    *rows("sum", AXES + SEVERAL_AXES + EMPTY),
    Case("sum", ((2, 3),), {"axis": 0, "dtype": np.dtype("float64")}),
    Case("sum", (INTEGERS,), {"axis": 1}, differentiable=False),
    *rows("mean", AXES + SEVERAL_AXES + NO_ELEMENTS),
    Case("mean", ((2, 3),), {"axis": 0, "dtype": np.dtype("float64")}),
    *rows("var", AXES + SEVERAL_AXES + NO_ELEMENTS),
    *rows("var", [((4,), {}), ((2, 3), {"axis": 1}), ((20, 3), {"axis": (0, 1)})], attributes={"ddof": 1}),
    *rows("std", [((4,), {}), ((2, 3), {"axis": -1}), ((2, 3, 2), {"axis": (0, 1), "keepdims": True})], distinct=True),
    *rows("std", [((2, 3), {"axis": 1}), ((20, 3), {"axis": 1})], attributes={"ddof": 1}, distinct=True),
    *rows("prod", AXES + SEVERAL_AXES + EMPTY),
    Case("prod", (ZEROS,), {"axis": 1}, order=3, note="zeros"),
    Case("prod", (ZEROS,), {"axis": (0, 1)}, note="zeros"),
    Case("prod", (ZEROS[0],), order=4, note="a zero"),
    Case("prod", (INTEGERS,), {"axis": 0}, differentiable=False),
]

# ---- running sums and products

RUNNING_AXES: list[Row] = [
    ((4,), {"axis": 0}),
    ((2, 3), {"axis": 1}),
    ((2, 3, 4), {"axis": -2}),
    ((2, 3), {}),
    ((), {}),
    ((0, 3), {"axis": 0}),
    ((2, 0), {"axis": 0}),
    ((2, 1), {"axis": 1}),
]
RUNNING = [
    *rows("cumsum", RUNNING_AXES),
    Case("cumsum", (INTEGERS,), {"axis": 0}, differentiable=False),
    Case("cumsum", ((2, 3),), {"axis": 1, "dtype": np.dtype("float64")}),
    *rows("cumprod", [*RUNNING_AXES, ((9,), {"axis": 0})]),
    Case("cumprod", (ZEROS,), {"axis": 1}, order=3, note="zeros"),
    Case("cumprod", (ZEROS,), {}, note="zeros"),
    Case("cumprod", (INTEGERS,), {"axis": 1}, differentiable=False),
]

# ---- extremes and medians

APART: dict[str, Any] = {"distinct": True}
ONE_AXIS: list[Row] = [
    ((3,), {"axis": 0}),
    ((4, 5), {"axis": -1}),
    ((4, 5), {"axis": 0, "keepdims": True}),
    ((2, 3, 4), {"axis": 1}),
    ((2, 3, 4), {"axis": -3}),
    ((1,), {"axis": 0}),
    *NO_ELEMENTS,
]


def lower_median(x: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    """Return the middle of the sorted elements, by sorting all of them."""
    ordered = np.sort(x, axis)
    middle = np.take(ordered, (ordered.shape[axis or 0] - 1) // 2, axis or 0)
    kept = tuple(range(x.ndim)) if axis is None else axis
    return np.expand_dims(middle, kept) if keepdims else middle


def chosen(value: Any, index: Any) -> Any:
    """Return a reference that gives the pair of value and index."""
    return lambda x, axis, keepdims=False: (value(x, axis=axis, keepdims=keepdims), index(x, axis, keepdims))


def where_median(x: Any, axis: int, keepdims: bool) -> Any:
    order = np.argsort(x, axis, kind="stable")
    index = np.take(order, (x.shape[axis] - 1) // 2, axis)
    return np.expand_dims(index, axis) if keepdims else index


EXTREMES = [
    *rows("amax", AXES + SEVERAL_AXES + NO_ELEMENTS, **APART),
    *rows("amin", AXES + SEVERAL_AXES + NO_ELEMENTS, **APART),
    *rows("median", [*AXES, ((6,), {}), ((5, 4), {"axis": 1})], reference=lower_median, **APART),
    *rows("max_along", ONE_AXIS, reference=chosen(np.max, lambda x, a, k: np.argmax(x, a, keepdims=k)), **APART),
    *rows("min_along", ONE_AXIS, reference=chosen(np.min, lambda x, a, k: np.argmin(x, a, keepdims=k)), **APART),
    *rows("median_along", ONE_AXIS, reference=chosen(lower_median, where_median), **APART),
    *[
        Case(name, (x,), attributes, differentiable=False)
        for name in ("argmax", "argmin")
        for x, attributes in (*ONE_AXIS, ((2, 3), {}), ((2, 3), {"keepdims": True}), (INTEGERS, {"axis": 1}))
    ],
]

# ---- softmax and its kin


def softmax(x: Any, axis: Any = -1) -> Any:
    return np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True)


def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


SOFTMAX_AXES: list[Row] = [
    ((4,), {}),
    ((), {"axis": 0}),
    ((3, 4), {"axis": 0}),
    ((20, 3), {}),
    ((20, 3), {"axis": 0}),
    ((2, 18, 3), {"axis": -1}),
    ((2, 3, 4), {"axis": 1}),
    ((2, 3, 4), {"axis": (1, 2)}),
    ((0, 3), {"axis": 1}),
    ((2, 0), {"axis": 1}),
]
SOFTMAX = [
    *rows("softmax", SOFTMAX_AXES, reference=softmax),
    *rows("log_softmax", SOFTMAX_AXES, reference=lambda x, axis=-1: np.log(softmax(x, axis))),
    *rows("logsumexp", AXES + SEVERAL_AXES + NO_ELEMENTS, reference=logsumexp),
]

# ---- norms

NORM_AXES: list[Row] = [
    ((4,), {}),
    ((2, 3), {"axis": 1}),
    ((2, 3), {"axis": 0, "keepdims": True}),
    ((2, 3, 4), {"axis": (0, 2)}),
    ((2, 3), {}),
    ((), {}),
]
NORMS = [
    *[
        case
        for ord in (2, 1, 3, 1.5, 0.5, -1, math.inf, -math.inf)
        for case in rows("vector_norm", NORM_AXES, attributes={"ord": ord}, domain=(-1.03, 1.0), distinct=True)
    ],
    *rows("vector_norm", NORM_AXES, attributes={"ord": 0}),
    *rows("vector_norm", [((0, 3), {"axis": 1}), ((0,), {})]),
]

# ---- questions

QUESTIONS = [
    Case(name, (x,), attributes, differentiable=False)
    for name in ("any", "all", "count_nonzero")
    for x, attributes in (
        (ZEROS, {}),
        (ZEROS, {"axis": 1}),
        (INTEGERS, {"axis": (0, 1), "keepdims": True}),
        (ZEROS == 0, {"axis": -1, "keepdims": True}),
        (ZEROS[:0], {"axis": 0}),
    )
]

CASES = SUMS + RUNNING + EXTREMES + SOFTMAX + NORMS + QUESTIONS
