"""How a call is made into memory that is there already: tables of functions that take ``out=``."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .trace import Call, Value

REDUCTIONS = {  # functions that are a ufunc's reduce behind a wrapper
    np.sum: np.add,
    np.ndarray.sum: np.add,
    np.prod: np.multiply,
    np.ndarray.prod: np.multiply,
    np.max: np.maximum,
    np.ndarray.max: np.maximum,
    np.min: np.minimum,
    np.ndarray.min: np.minimum,
    np.any: np.logical_or,
    np.ndarray.any: np.logical_or,
    np.all: np.logical_and,
    np.ndarray.all: np.logical_and,
}
WITH_OUT = {  # other functions that take out= and give the same with it
    np.concatenate,
    np.stack,
    np.cumsum,
    np.cumprod,
    np.argmax,
    np.argmin,
    np.mean,
    np.clip,
    np.dot,
}
COPYING = {np.ndarray.copy, np.copy, np.array, np.ndarray.astype}
POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}  # what ndarray's ** does for these exponents


def into(call: Call, out: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]] | None:
    """Return the function, arguments and keywords that write the result of `call` into `out`, if it can be."""
    function, arguments, keywords = call.function, call.arguments, call.keywords
    value = call.result
    if type(value) is not Value or value.scalar is not None or value.root is not value or not dense(value.array):
        return None
    if call.shapes:
        return None
    if function is operator.pow:
        root = POWERS.get(arguments[1]) if isinstance(arguments[1], int | float) else None
        if root is None or arguments[0].array.dtype.kind != "f":
            return None
        function, arguments = root, arguments[:1]
    if function in (np.maximum, np.minimum):  # which deprecate it by position
        return function, arguments, {**keywords, "out": out}
    if isinstance(function, np.ufunc) and function.nout == 1:
        return function, (*arguments, out), keywords
    if function in REDUCTIONS and len(arguments) <= 2:
        keywords = {"axis": arguments[1] if len(arguments) == 2 else None, **keywords}
        function, arguments = REDUCTIONS[function].reduce, arguments[:1]
    if isinstance(getattr(function, "__self__", None), np.ufunc) and function.__name__ == "reduce":
        return _reduction(function, arguments, keywords, out)
    if function in WITH_OUT:
        return function, arguments, {**keywords, "out": out}
    if function in COPYING and type(arguments[0]) is Value and arguments[0].array.shape == value.array.shape:
        same = arguments[0].array.dtype == value.array.dtype
        return np.copyto, (out, arguments[0]), {} if same else {"casting": "unsafe"}
    return None


def _reduction(function: Any, arguments: Any, keywords: dict[str, Any], out: Any) -> Any:
    """Pass what can be passed by position, which is faster."""
    names = ("axis", "dtype", "out", "keepdims")
    given = dict(zip(names, arguments[1:], strict=False)) | keywords
    rest = {name: value for name, value in given.items() if name not in names}
    axis, keepdims = given.get("axis", 0), given.get("keepdims", False)
    dtype = given.get("dtype")
    return function, (arguments[0], axis, dtype, out, *([True] if keepdims else [])), rest


def dense(array: np.ndarray) -> bool:
    """Whether the elements fill their memory without gaps, in whatever order of dimensions."""
    return array.size > 0 and np.ndarray.transpose(array, _order(array)).flags.c_contiguous


def like(array: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Return an array on `memory`, of bytes, with the form of the dense `array`."""
    order = _order(array)
    ordered = memory[: array.nbytes].view(array.dtype).reshape([array.shape[i] for i in order])
    return ordered.transpose(np.argsort(order))


def _order(array: np.ndarray) -> list[int]:
    return sorted(range(array.ndim), key=lambda i: (-abs(array.strides[i]), i))
