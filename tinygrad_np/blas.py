"""What NumPy cannot be asked for, by the OpenBLAS that it carries with it: ``c += alpha a b`` in one pass.

NumPy calls the same library for ``a @ b``.  That it can scale the product and add it to what is there is beyond
``np.matmul``, and saves two passes over a gradient as large as the weights; ``c += alpha a`` saves one.  Where the
library is not found, or arrays do not lie in memory as it wants them, the functions here say so, and the caller does
without.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy import ndarray

from .threads import openblas

Number = ctypes.c_float | ctypes.c_double
NUMBERS: dict[str, type[Any]] = {"f": ctypes.c_float, "d": ctypes.c_double}  # by NumPy's letter for the dtype
_LETTERS = {"f": "s", "d": "d"}  # in the names of the library's functions
_ROWS, _AS_IT_IS, _TRANSPOSED = ctypes.c_int(101), ctypes.c_int(111), ctypes.c_int(112)


def available() -> bool:
    """Whether the library was found."""
    return openblas() is not None


def pointer(array: ndarray) -> ctypes.c_void_p:
    """Return where `array` begins; its ``value`` may be set to where another of the same form does."""
    return ctypes.c_void_p(array.ctypes.data)


def add_product(
    c: ndarray, a: ndarray, b: ndarray, alpha: Number, where: dict[int, ctypes.c_void_p] | None = None
) -> Callable[[], Any] | None:
    """Return a function that does ``c += alpha * (a @ b)``, or None.

    Parameters
    ----------
    c, a, b : matrices of one dtype, float32 or float64, whose rows or columns lie in one piece.  The function writes
        into and reads from their memory; it does not keep them alive.
    alpha : is read anew in each call.
    where : pointers to take for some of the arrays, by the id of the array.

    Examples
    --------
    >>> import numpy as np
    >>> a, c = np.eye(2, dtype=np.float32), np.zeros((2, 2), np.float32)
    >>> add = add_product(c, a, a, ctypes.c_float(-0.5))
    >>> if add is not None:
    ...     _ = add()
    ... else:
    ...     c -= 0.5 * (a @ a)
    >>> c
    array([[-0.5,  0. ],
           [ 0. , -0.5]], dtype=float32)
    """
    if not c.flags.c_contiguous:
        if not c.flags.f_contiguous:
            return None
        pointers, given = where or {}, (b, a)
        c, a, b = c.T, b.T, a.T
        where = {id(view): pointers[id(x)] for view, x in zip((a, b), given, strict=True) if id(x) in pointers}
    forms = [_form(x) for x in (a, b, c)]
    function, integer = _function("gemm", c.dtype.char)
    if function is None or c.dtype != a.dtype or c.dtype != b.dtype or None in forms:
        return None
    (a_way, a_step), (b_way, b_step), (c_way, c_step) = forms  # type: ignore[misc]
    assert c_way is _AS_IT_IS
    rows, columns, inner = c.shape[0], c.shape[1], a.shape[1]
    a_at, b_at = ((where or {}).get(id(x)) or pointer(x) for x in (a, b))
    sizes, one = [integer(n) for n in (rows, columns, inner)], NUMBERS[c.dtype.char](1)
    product = (*sizes, alpha, a_at, integer(a_step), b_at, integer(b_step))
    return functools.partial(function, _ROWS, a_way, b_way, *product, one, pointer(c), integer(c_step))


def add_sum(
    c: ndarray, a: ndarray, alpha: Number, where: dict[int, ctypes.c_void_p] | None = None
) -> Callable[[], Any] | None:
    """Return a function that does ``c += alpha * a.sum(0)`` for a vector and a matrix, or None; see `add_product`."""
    form = _form(a)
    function, integer = _function("gemv", c.dtype.char)
    if function is None or form is None or c.dtype != a.dtype or not c.flags.c_contiguous:
        return None
    ones, one = np.ones(len(a), a.dtype), NUMBERS[c.dtype.char](1)
    by_rows = form[0] is _AS_IT_IS
    stored = [integer(n) for n in (a.shape if by_rows else a.shape[::-1])]
    matrix = ((where or {}).get(id(a)) or pointer(a), integer(form[1]))
    vectors = (pointer(ones), integer(1), one, pointer(c), integer(1))
    call = functools.partial(function, _ROWS, _TRANSPOSED if by_rows else _AS_IT_IS, *stored, alpha, *matrix, *vectors)
    call.__dict__["ones"] = ones  # which must live as long as the pointer to them
    return call


def add_scaled(c: ndarray, a: ndarray, alpha: float, keep: float = 1.0) -> bool:
    """Do ``c = keep * c + alpha * a`` in one pass, and return True; or False, with nothing done.

    Parameters
    ----------
    c, a : arrays of one shape, both float32 or both float64, without gaps in memory and in one order of it.
    alpha, keep : numbers.  Where `keep` is 1, each element is rounded once.

    Examples
    --------
    >>> import numpy as np
    >>> c, a = np.ones(3, np.float32), np.ones(3, np.float32)
    >>> if not add_scaled(c, a, -0.5):
    ...     c -= 0.5 * a
    >>> c
    array([0.5, 0.5, 0.5], dtype=float32)
    """
    dtype = c.dtype
    call = _scaled_sum(dtype.char, keep != 1)
    if call is None or dtype is not a.dtype or c.shape != a.shape:
        return False
    if c.flags.fnc:
        c, a = c.T, a.T
    try:
        to, source = _begin_of(c), _begin_of(a)
    except (TypeError, ValueError, BufferError):  # not in one piece, in another order, or not to be written to
        return False
    if keep == 1:
        call(c.size, alpha, ctypes.addressof(source), 1, ctypes.addressof(to), 1)
    else:
        call(c.size, alpha, ctypes.addressof(source), 1, keep, ctypes.addressof(to), 1)
    return True


_begin_of: Any = ctypes.c_char.from_buffer  # finds where an array begins in a quarter of the time of `ndarray.ctypes`


@functools.cache
def _scaled_sum(dtype: str, scaling: bool) -> Any:
    """Return the library's ``y += alpha x``, or ``y = alpha x + beta y`` if `scaling`, that takes numbers, or None."""
    function, integer = _function("axpby" if scaling else "axpy", dtype)
    if function is not None:
        number, vector = NUMBERS[dtype], (ctypes.c_void_p, integer)
        function.argtypes = (integer, number, *vector, *((number,) if scaling else ()), *vector)
        function.restype = None
    return function


def _function(name: str, dtype: str) -> tuple[Any, Any]:
    """Return a function of the library for a dtype, and the type of its integers."""
    found = openblas()
    if found is None or dtype not in _LETTERS:
        return None, None
    library, prefix, suffix = found
    integer = ctypes.c_int64 if suffix else ctypes.c_int
    return getattr(library, f"{prefix}cblas_{_LETTERS[dtype]}{name}{suffix}", None), integer


def _form(array: ndarray) -> tuple[Any, int] | None:
    """Return whether `array` lies by rows or by columns, and how far apart they are in elements; None if by neither."""
    if array.ndim != 2 or min(array.strides) < 0 or 0 in array.shape:
        return None
    size = array.itemsize
    for way, turn in ((_AS_IT_IS, 1), (_TRANSPOSED, -1)):
        (rows, columns), (far, near) = array.shape[::turn], array.strides[::turn]
        apart = columns if rows == 1 else far // size  # the stride of a dimension of length 1 means nothing
        if (columns == 1 or near == size) and (rows == 1 or far % size == 0) and apart >= columns:
            return way, apart
    return None
