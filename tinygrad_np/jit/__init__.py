"""Capture a whole step once, as a flat list of NumPy calls, and replay it without Python's overhead.

The way of a step: `capture` replaces what must be replaced while `trace` records, `compare` asks whether two recordings
are one, `plan` leaves out what need not be done, `emit` finds memory for every result and writes the function that
`program` puts between its guards and what it leaves behind.
"""

from typing import TYPE_CHECKING

from ..lazy import lazy
from .decorator import jit
from .observers import observe

if TYPE_CHECKING:
    from .capture import outside_of_recording
    from .jitted import Captured
    from .symbol import ValueNeededError
    from .trace import DependentShapeError, Live, Tracer

__all__ = [
    "Captured",
    "DependentShapeError",
    "Live",
    "Tracer",
    "ValueNeededError",
    "jit",
    "observe",
    "outside_of_recording",
]

# Imported when first used, since most processes capture nothing; each name with the module to import.
LAZY = {
    "Captured": "tinygrad_np.jit.jitted",
    "DependentShapeError": "tinygrad_np.jit.trace",
    "Live": "tinygrad_np.jit.trace",
    "Tracer": "tinygrad_np.jit.trace",
    "ValueNeededError": "tinygrad_np.jit.symbol",
    "outside_of_recording": "tinygrad_np.jit.capture",
}

__getattr__, __dir__ = lazy(globals(), LAZY)
