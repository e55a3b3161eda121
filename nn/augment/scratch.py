"""Arrays to work in, kept from batch to batch."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np


class Scratch(threading.local):
    """Arrays that a thread keeps to work in: to ask the system for a new one takes longer than to fill it.

    Examples
    --------
    >>> scratch = Scratch()
    >>> first = scratch.array("sum", (2, 3))
    >>> np.shares_memory(first, scratch.array("sum", (4,)))
    True
    """

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: Any = np.float32) -> np.ndarray:
        """Return the array of that name, which is always asked for with the same dtype; its contents are arbitrary."""
        size = math.prod(shape)
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)


scratch = Scratch()
