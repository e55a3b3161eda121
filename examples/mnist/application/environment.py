"""What the bits of a run depend on beside its config: versions, and the library that multiplies matrices."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np.threads import get_kernels


def describe() -> dict[str, dict[str, Any]]:
    """Return the versions of Python and its packages, and name, version, kernels and threads of BLAS."""
    built = np.show_config(mode="dicts")
    blas = (built or {}).get("Build Dependencies", {}).get("blas", {})
    return {
        "versions": {
            "tinygrad_np": tg.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "blas": {
            "name": str(blas.get("name", "unknown")),
            "version": str(blas.get("version", "unknown")),
            "kernels": get_kernels(),
            "threads": tg.get_num_threads(),
        },
    }


def differences(record: dict[str, Any]) -> list[str]:
    """Return what is different now from when `record`, of a run, was written."""
    return [
        f"{part} {name} was {record.get(part, {}).get(name)} and is {value}"
        for part, values in describe().items()
        for name, value in values.items()
        if record.get(part, {}).get(name) != value
    ]
