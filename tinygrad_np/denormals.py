"""Numbers too small for a float's usual form, which processors compute with at a hundredth of their speed.

A momentum that is no longer fed shrinks by a factor each step until it is such a denormal number (below 1.2e-38 in
float32), and there it stays, for 0.9 times the smallest of them is rounded to itself.  After some 800 steps that is so
wherever a pixel is black in nearly all images, and an update that passes over these takes several times as long.
Processors can take such numbers for 0, which no weight ever notices; NumPy has no word for it, the C library has.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import sys
from typing import Any

SIZE, CONTROL = 32, 28  # bytes of glibc's fenv_t on x86-64, and where in it the control word of vector arithmetic is
ZERO_RESULTS, ZERO_OPERANDS = 0x8000, 0x0040  # its bits: denormal results, and operands, are 0


class flushed:  # noqa: N801 - used as a function is
    """Take denormal numbers for 0 in this thread, where the processor and the C library are known to be able to.

    Examples
    --------
    >>> import numpy as np
    >>> with flushed():
    ...     smallest = np.float32([1e-38]) * np.float32(0.1)
    >>> bool(smallest[0] == (0 if available() else np.float32(1e-39)))
    True
    """

    def __enter__(self) -> None:
        self.library = _library()
        if self.library is not None:
            self.before = ctypes.create_string_buffer(SIZE)
            self.library.fegetenv(self.before)
            during = ctypes.create_string_buffer(self.before.raw, SIZE)
            ctypes.c_uint32.from_buffer(during, CONTROL).value |= ZERO_RESULTS | ZERO_OPERANDS
            self.library.fesetenv(during)

    def __exit__(self, *error: object) -> None:
        if self.library is not None:
            self.library.fesetenv(self.before)


def available() -> bool:
    """Whether `flushed` does anything."""
    return _library() is not None


@functools.cache
def _library() -> Any:
    """Return the C library, which has been tried; None if it is none whose structures are known."""
    if sys.platform != "linux" or platform.machine() != "x86_64" or ctypes.sizeof(ctypes.c_void_p) != 8:
        return None
    try:
        library = ctypes.PyDLL("libm.so.6")
        environment = ctypes.create_string_buffer(SIZE)
        library.fegetenv(environment)
    except (OSError, AttributeError):
        return None
    control = ctypes.c_uint32.from_buffer(environment, CONTROL)
    usual = 0x1F80  # no exception is trapped, nothing is flushed
    return library if control.value & ~0x3F == usual else None  # the last bits are flags of what has happened
