"""The larger of an array and 0, which networks ask for more often than anything else."""

from __future__ import annotations

from typing import Any

import numpy as np

FEW, MANY = 1 << 10, 1 << 20  # elements between which zeros pay

_zeros: dict[str, np.ndarray] = {}  # by dtype; never written to, so all threads may share them


def rectify(x: Any, out: np.ndarray | None = None) -> Any:
    """Return ``max(x, 0)``, with nan where x is nan.

    NumPy's `maximum` has vector instructions for two arrays but not for an array and a number: float32 (40, 900) takes
    2.6 microseconds beside zeros and 12.8 beside 0.  So zeros are kept, in the two common dtypes.
    """
    char = x.dtype.char
    if FEW <= x.size <= MANY and char in "fd":
        zeros = _zeros.get(char)
        if zeros is None or zeros.size < x.size:
            zeros = _zeros[char] = np.zeros(1 << (x.size - 1).bit_length(), char)
            zeros.flags.writeable = False
        if x.flags.c_contiguous:
            return np.maximum(x, zeros[: x.size].reshape(x.shape), out=out)
        if x.flags.f_contiguous:
            return np.maximum(x, zeros[: x.size].reshape(x.shape[::-1]).T, out=out)
    return np.maximum(x, 0, out=out)
