"""What becomes of the memory of arrays that are no longer needed.

A training step makes arrays of the same sizes over and over.  The C library hands large ones back to the operating
system when they are freed, and the system hands out zeroed pages, one page fault each, when the next step asks again:
the ReLU of 512 x 500 float32 then takes 1750 microseconds instead of 220.  So glibc is told, when the package is
imported, to keep what is freed for the next array.  The most memory that a process needs is the same; what it has
needed once it keeps until it ends.  ``TINYGRAD_NP_KEEP_MEMORY=0`` in the environment leaves glibc as it is; other C
libraries are left alone.
"""

from __future__ import annotations

import ctypes
import os

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of glibc's malloc.h

KEPT = 1 << 30  # bytes that may lie unused at the end of the heap before it shrinks
MAPPED = 1 << 25  # bytes from which an array is memory of its own, which no setting can keep; the most glibc allows


def keep_freed_memory() -> bool:
    """Ask the C library to keep freed memory for later arrays, and return whether it does.

    Examples
    --------
    >>> keep_freed_memory() in (True, False)
    True
    """
    if os.environ.get("TINYGRAD_NP_KEEP_MEMORY") == "0":
        return False
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not a C library with mallopt; TypeError on Windows
        return False
    return bool(set_option(MMAP_THRESHOLD, MAPPED)) and bool(set_option(TRIM_THRESHOLD, KEPT))
