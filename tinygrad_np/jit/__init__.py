"""Capture a whole step once, as a flat list of NumPy calls, and replay it without Python's overhead.

The way of a step: `capture` replaces what must be replaced while `trace` records, `compare` asks whether two recordings
are one, `plan` leaves out what need not be done, `emit` finds memory for every result and writes the function that
`program` puts between its guards and what it leaves behind.
"""

from typing import TYPE_CHECKING, Any

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
    "Captured": "jitted",
    "DependentShapeError": "trace",
    "Live": "trace",
    "Tracer": "trace",
    "ValueNeededError": "symbol",
    "outside_of_recording": "capture",
}


def __getattr__(name: str) -> Any:
    """Import one of the `LAZY` names."""
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"{__name__}.{LAZY[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *LAZY})
