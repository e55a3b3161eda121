"""Products that NumPy cannot be asked for: ``c += alpha a b`` in one pass, by the OpenBLAS that NumPy carries with it.

NumPy calls the same library for ``a @ b``; that it can add to what is there, and scale on the way, is out of reach of
``np.matmul``, and saves two passes over a gradient as large as the weights.  Where the library is not found, or arrays do
not lie in memory as it wants them, the functions here return None, and the caller does without.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

Number = ctypes.c_float | ctypes.c_double
NUMBERS: dict[str, type[Any]] = {"f": ctypes.c_float, "d": ctypes.c_double}  # by NumPy's letter for the dtype
_LETTERS = {"f": "s", "d": "d"}  # in the names of the library's functions
_FOLDERS = ("../numpy.libs", ".libs", ".dylibs")
# Prefix, suffix and integers: of 64 bits as wheels have them, of 32 otherwise.
_NAMES = (("scipy_", "64_", ctypes.c_int64), ("", "64_", ctypes.c_int64), ("scipy_", "", ctypes.c_int), ("", "", ctypes.c_int))
_ROWS, _AS_IT_IS, _TRANSPOSED = ctypes.c_int(101), ctypes.c_int(111), ctypes.c_int(112)


@functools.cache
def _library() -> tuple[Any, tuple[str, str, Any]] | None:
    """Return NumPy's own OpenBLAS and how its functions are named."""
    for folder in _FOLDERS:
        for path in sorted((Path(np.__file__).parent / folder).glob("*openblas*")):
            try:
                library = ctypes.CDLL(str(path))
            except OSError:
                continue
            for prefix, suffix, integer in _NAMES:
                if hasattr(library, f"{prefix}cblas_sgemm{suffix}"):
                    return library, (prefix, suffix, integer)
    return None


def available() -> bool:
    """Whether the library was found."""
    return _library() is not None


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
        pointers = where or {}
        c, a, b, flipped = c.T, b.T, a.T, (b, a)
        where = {id(view): pointers[id(base)] for view, base in zip((a, b), flipped, strict=True) if id(base) in pointers}
    forms = [_form(x) for x in (a, b, c)]
    function, integer = _function("gemm", c.dtype.char)
    if function is None or c.dtype != a.dtype or c.dtype != b.dtype or None in forms or 0 in (*a.shape, *b.shape):
        return None
    (a_way, a_step), (b_way, b_step), (_, c_step) = forms  # type: ignore[misc]
    rows, columns, inner = c.shape[0], c.shape[1], a.shape[1]
    a_at, b_at = ((where or {}).get(id(x)) or pointer(x) for x in (a, b))
    sizes = [integer(n) for n in (rows, columns, inner)]
    return functools.partial(
        function, _ROWS, a_way, b_way, *sizes, alpha, a_at, integer(a_step), b_at, integer(b_step), NUMBERS[c.dtype.char](1),
        pointer(c), integer(c_step),
    )  # fmt: skip


def add_sum(
    c: ndarray, a: ndarray, alpha: Number, where: dict[int, ctypes.c_void_p] | None = None
) -> Callable[[], Any] | None:
    """Return a function that does ``c += alpha * a.sum(0)`` for a vector and a matrix, or None; see `add_product`."""
    form = _form(a)
    function, integer = _function("gemv", c.dtype.char)
    if function is None or form is None or c.dtype != a.dtype or not c.flags.c_contiguous or 0 in a.shape:
        return None
    ones = np.ones(len(a), a.dtype)
    flip = form[0] is _AS_IT_IS
    stored = a.shape if flip else a.shape[::-1]
    call = functools.partial(
        function, _ROWS, _TRANSPOSED if flip else _AS_IT_IS, integer(stored[0]), integer(stored[1]), alpha,
        (where or {}).get(id(a)) or pointer(a),
        integer(form[1]), pointer(ones), integer(1), NUMBERS[c.dtype.char](1), pointer(c), integer(1),
    )  # fmt: skip
    return _Keeping(call, ones)


class _Keeping(functools.partial[Any]):
    """A call that keeps an array alive whose memory it reads."""

    def __new__(cls, call: Callable[..., Any], array: ndarray) -> _Keeping:
        self = super().__new__(cls, call)
        self.array = array
        return self


def _function(name: str, dtype: str) -> tuple[Any, Any]:
    found = _library()
    if found is None or dtype not in _LETTERS:
        return None, None
    library, (prefix, suffix, integer) = found
    function = getattr(library, f"{prefix}cblas_{_LETTERS[dtype]}{name}{suffix}", None)
    return function, integer


def _form(array: ndarray) -> tuple[Any, int] | None:
    """Return whether `array` lies by rows or by columns, and how far apart they are in elements; None if by neither."""
    if array.ndim != 2 or array.strides[0] < 0 or array.strides[1] < 0:
        return None
    size = array.itemsize
    for way, step, other, length in (
        (_AS_IT_IS, array.strides[0], array.strides[1], array.shape[1]),
        (_TRANSPOSED, array.strides[1], array.strides[0], array.shape[0]),
    ):
        if (other == size or length == 1) and step % size == 0 and step >= size * length:
            return way, step // size
    return None
