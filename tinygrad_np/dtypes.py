"""Which dtype a result has: PyTorch's promotion rules over NumPy's dtypes.

Three categories, strongest first: arrays with dimensions, 0-d arrays, Python scalars.  A weaker category changes the
dtype only when it is of a higher kind (bool < integer < float).  So ``float32 array * float64 0-d`` is float32, and
``int64 array * 1.5`` is the default dtype, float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

bool_ = np.dtype(np.bool_)
int64 = np.dtype(np.int64)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)

_KIND_RANK = {"b": 0, "u": 1, "i": 1, "f": 2}
_default: np.dtype[Any] = float32


def get_default_dtype() -> np.dtype[Any]:
    """Return the dtype that Python floats become: float32 unless changed."""
    return _default


def set_default_dtype(dtype: DTypeLike) -> None:
    """Make `dtype`, a floating one, what Python floats become.

    Raises
    ------
    TypeError
        If `dtype` is not floating.
    """
    global _default
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"the default dtype must be floating, not {dtype}: pass float32 or float64")
    _default = dtype


def promote_types(a: DTypeLike, b: DTypeLike) -> np.dtype[Any]:
    """Return the dtype of an operation on arrays of dtypes `a` and `b`; a float beats every integer.

    Examples
    --------
    >>> promote_types("int64", "float32"), promote_types("uint8", "int8")
    (dtype('float32'), dtype('int16'))
    """
    a, b = np.dtype(a), np.dtype(b)
    if a is b:
        return a
    if (a.kind == "f") != (b.kind == "f"):
        return a if a.kind == "f" else b
    return np.promote_types(a, b)


def result_type(operands: Iterable[Any]) -> np.dtype[Any]:
    """Return the dtype for an operation on arrays and Python scalars.

    Parameters
    ----------
    operands
        ndarrays, NumPy scalars and Python scalars; others (``None``) are ignored.

    Examples
    --------
    >>> result_type([np.ones(2, "int32"), 1.5]), result_type([np.ones(2, "float32"), np.float64(1)])
    (dtype('float32'), dtype('float32'))
    """
    by_category: list[np.dtype[Any] | None] = [None, None, None]
    for operand in operands:
        if isinstance(operand, np.ndarray | np.generic):
            category, dtype = (0 if operand.ndim else 1), operand.dtype
            _rank(dtype)
        elif isinstance(operand, bool | int | float):
            category, dtype = 2, scalar_dtype(operand)
        else:
            continue
        known = by_category[category]
        by_category[category] = dtype if known is None else promote_types(known, dtype)
    result: np.dtype[Any] | None = None
    for found in by_category:
        if found is not None and (result is None or _rank(found) > _rank(result)):
            result = found
    if result is None:
        raise TypeError("no array among the operands: pass at least one number, array or tensor")
    return result


def scalar_dtype(value: bool | int | float) -> np.dtype[Any]:
    """Return the dtype that a Python scalar becomes by itself."""
    return bool_ if isinstance(value, bool) else int64 if isinstance(value, int) else _default


def _rank(dtype: np.dtype[Any]) -> int:
    try:
        return _KIND_RANK[dtype.kind]
    except KeyError:
        raise TypeError(f"dtype {dtype} is not supported: tensors are boolean, integer or floating") from None


def as_array(data: Any, dtype: DTypeLike | None = None) -> np.ndarray:
    """Return `data` (scalars, nested sequences, NumPy things) as an ndarray; Python floats become the default dtype."""
    if dtype is not None:
        array = np.asarray(data, dtype)
    else:
        try:
            array = np.asarray(data)
        except ValueError as error:
            raise ValueError(f"cannot make an array of this nested sequence ({error}): give equal lengths") from None
        if array.dtype == float64 and not _has_numpy_numbers(data):
            array = array.astype(_default)
    _rank(array.dtype)
    return array


def _has_numpy_numbers(data: Any) -> bool:
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, np.ndarray | np.generic) or not isinstance(data, int | float | list | tuple)
