"""What the bits of a run depend on beside its config: versions, and the library that multiplies matrices."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_np as tg

THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "OMP_NUM_THREADS")


def describe() -> dict[str, Any]:
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
            "kernels": _ask_openblas("get_corename", ctypes.c_char_p) or "unknown",
            "threads": _ask_openblas("get_num_threads", ctypes.c_int) or _threads_by_variables(),
        },
    }


def _ask_openblas(question: str, answer: Any) -> Any:
    """Return what a function of the OpenBLAS that NumPy's wheels bring says, or None where there is none."""
    package = Path(np.__file__).parent
    folders = (package.with_name("numpy.libs"), package / ".dylibs")
    for file in (file for folder in folders for file in folder.glob("*openblas*")):
        try:
            library = ctypes.CDLL(str(file))  # the one that is loaded already
        except OSError:
            continue
        for name in (f"scipy_openblas_{question}64_", f"openblas_{question}64_", f"openblas_{question}"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = answer
                said = function()
                return said.decode() if isinstance(said, bytes) else said
    return None


def _threads_by_variables() -> int:
    values = (os.environ.get(name, "") for name in THREAD_VARIABLES)
    return next((int(value) for value in values if value.isdecimal()), os.cpu_count() or 1)
