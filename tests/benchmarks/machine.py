"""What a measurement was made on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("numpy", "torch", "jax", "mygrad", "autograd", "scikit-learn")


def describe(threads: int | None) -> dict[str, Any]:
    """Return processor, cores, threads of each contender if they were set, kernels of the products, and versions."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": threads,
        "python": platform.python_version(),
        "blas": np.show_config(mode="dicts")["Build Dependencies"]["blas"].get("openblas configuration", "unknown"),
        "kernels": kernels(),
        "versions": versions(),
    }


def processor() -> str:
    """Return the name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def kernels() -> str:
    """Return the kernels that OpenBLAS chooses where the contenders run, whatever is forced here."""
    question = "from tinygrad_np.threads import get_kernels; print(get_kernels())"
    command = [sys.executable, "-c", question]
    return subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=True).stdout.strip()


def versions() -> dict[str, str]:
    """Return the versions of the packages that take part."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def clean_environment() -> dict[str, str]:
    """Return the environment of contenders: this project is found, no bars of progress are drawn, and what forces the
    kernels or the number of threads of the matrix products is missing, or keeps Python from saving what it compiles.
    """
    forcing = ("OPENBLAS_", "OMP_", "MKL_", "GOTO_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(forcing)}
    return kept | {"PYTHONPATH": str(ROOT), "TQDM_DISABLE": "1", "JAX_PLATFORMS": "cpu"}
