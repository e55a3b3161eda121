"""Capture a whole step once, as a flat list of NumPy calls, and replay it without Python's overhead.

The way of a step: `capture` replaces what must be replaced while `trace` records, `compare` asks whether two recordings
are one, `plan` leaves out what need not be done, `emit` finds memory for every result and writes the function that
`program` puts between its guards and what it leaves behind.
"""

from .capture import observe, outside_of_recording
from .jitted import Captured, jit
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
