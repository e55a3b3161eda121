"""What it takes to start: a new interpreter that imports something and ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

from table import Contender, Table


def of(names: str) -> Callable[[str], Any]:
    """Return a function that prepares a new interpreter which imports these names."""
    command = [sys.executable, "-c", f"import {names}"]
    return lambda row: lambda: subprocess.run(command, check=True)


TABLE = Table(
    "A new interpreter that imports",
    ("start, import and end",),
    {
        "numpy": Contender("numpy", of("numpy")),
        "tinygrad_np": Contender("tinygrad_np, nn", of("tinygrad_np, nn")),
        "torch": Contender("torch", of("torch"), "torch"),
        "jax": Contender("jax.numpy", of("jax.numpy"), "jax"),
    },
    base="numpy",
    smoke=("start, import and end",),
    unit="ms",
    scale=1e3,
    seconds=0.0,
)
