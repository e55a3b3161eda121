"""The library that multiplies matrices for NumPy: its kernels, its threads, and what the environment makes of them."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

FOLDERS = ("../numpy.libs", ".libs", ".dylibs")  # where NumPy's wheels carry libraries, from the package on
# Prefix and suffix of its functions: with 64-bit integers as wheels have them, or with those of the system.
NAMES = (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", ""))
# Kernels by the widest instructions that they use, and the feature of a processor that has these.
WIDTHS = {
    "AVX-512": ("AVX512_SKX", ("SkylakeX", "Cooperlake", "Sapphirerapids")),
    "AVX2": ("AVX2", ("Haswell", "Zen")),
}
COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@functools.cache
def openblas() -> tuple[Any, str, str] | None:
    """Return NumPy's own OpenBLAS with prefix and suffix of its functions' names, or None if NumPy has another BLAS."""
    for folder in FOLDERS:
        place = os.path.join(os.path.dirname(np.__file__), folder)  # without pathlib, which takes 4 ms to import
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            if "openblas" not in name:
                continue
            try:
                library = ctypes.CDLL(os.path.join(place, name))  # the one that is loaded already
            except OSError:
                continue
            for prefix, suffix in NAMES:
                if hasattr(library, f"{prefix}openblas_get_num_threads{suffix}"):
                    return library, prefix, suffix
    return None


def _function(name: str) -> Any:
    found = openblas()
    return None if found is None else getattr(found[0], f"{found[1]}openblas_{name}{found[2]}", None)


def get_num_threads() -> int:
    """Return how many threads a matrix product may use.

    Where NumPy's BLAS cannot be asked, it is what the environment says, else the number of processors.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    function = _function("get_num_threads")
    if function is not None:
        return int(function())
    counts = (os.environ.get(name, "") for name in COUNTS)
    return next((int(count) for count in counts if count.isdecimal()), os.cpu_count() or 1)


def set_num_threads(count: int) -> None:
    """Let matrix products of this process use up to `count` threads.

    Several processes beside each other, as in a search over hyper-parameters, do best with one thread each: threads of
    OpenBLAS that wait for a processor which another process holds can slow a step a hundred times.  Very small products
    take one thread whatever is said here.

    Raises
    ------
    ValueError
        If `count` is not a whole number above 0.
    RuntimeError
        If NumPy's BLAS is not its own OpenBLAS: set the variable of that library before NumPy is imported.

    Examples
    --------
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    if not isinstance(count, int | np.integer) or isinstance(count, bool) or count < 1:
        raise ValueError(f"set_num_threads takes a whole number above 0, not {count!r}")
    function = _function("set_num_threads")
    if function is None:
        raise RuntimeError(
            "the BLAS of this NumPy cannot be told its number of threads: set OMP_NUM_THREADS, or the variable of that "
            "library, before NumPy is imported"
        )
    function(ctypes.c_int(int(count)))


def choose_num_threads(step: Callable[[], Any], *, seconds: float = 0.5) -> int:
    """Let matrix products use as many threads as make `step` fastest, and return how many those are.

    Threads that wake each other cost some ten microseconds a product, on virtual machines several times as much.  For
    large batches that is nothing; with small ones a single thread may be twice as fast as two, or half as fast: it
    depends on the machine, so it is measured.  One thread, two, four and so on up to the processors of this process
    take turns, and the least time of each counts.

    Parameters
    ----------
    step
        a training step, say, of the sizes that are meant.  It is called again and again: what it changes, it changes.
    seconds
        how long the measurement goes on, about.

    Returns
    -------
    int
        the number of threads, which `get_num_threads` says from now on.

    Raises
    ------
    RuntimeError
        As `set_num_threads` does.
    ValueError
        If `seconds` is not above 0.

    Notes
    -----
    Products round otherwise with other numbers of threads.  Where runs are to give the same bits, say the number, by
    `set_num_threads`, and do not measure it.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> before, x = get_num_threads(), tg.ones(8, 8)
    >>> choose_num_threads(lambda: x @ x, seconds=0.01) >= 1
    True
    >>> set_num_threads(before)
    """
    if not seconds > 0:
        raise ValueError(f"choose_num_threads needs a time above 0 seconds, not {seconds!r}")
    usable = describe_config()["processors"] or 1
    counts = sorted({*(2**power for power in range(usable.bit_length())), usable})
    before = get_num_threads()
    least = dict.fromkeys(counts, float("inf"))
    try:
        end = time.perf_counter() + seconds
        while True:
            for count in counts:
                set_num_threads(count)
                step()  # wakes the threads
                for _ in range(5):
                    start = time.perf_counter()
                    step()
                    least[count] = min(least[count], time.perf_counter() - start)
            if time.perf_counter() > end:
                break
    except BaseException:
        set_num_threads(before)
        raise
    best = min(counts, key=least.__getitem__)
    set_num_threads(best)
    return best


def get_kernels() -> str:
    """Return the name of the kernels that OpenBLAS uses, mostly that of a processor; ``unknown`` for another library.

    Examples
    --------
    >>> isinstance(get_kernels(), str)
    True
    """
    function = _function("get_corename")
    if function is None:
        return "unknown"
    function.restype = ctypes.c_char_p
    return str(function().decode())


def find_slow_kernels() -> str | None:
    """Return a warning if an environment variable forces kernels that are slower than the processor could run."""
    forced, kernels = os.environ.get("OPENBLAS_CORETYPE"), get_kernels()
    features = np._core._multiarray_umath.__cpu_features__  # type: ignore[attr-defined]
    if not forced or kernels == "unknown":
        return None
    for width, (feature, known) in WIDTHS.items():
        if kernels in known:
            return None
        if features.get(feature):
            return (
                f"OPENBLAS_CORETYPE={forced} forces the kernels {kernels}, but this processor has {width}: matrix "
                "products may take twice as long; unset OPENBLAS_CORETYPE"
            )
    return None


def describe_config() -> dict[str, Any]:
    """Return what the speed of this process depends on, as `show_config` prints it."""
    blas = (np.show_config(mode="dicts") or {}).get("Build Dependencies", {}).get("blas", {})
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "processors": usable,
        "blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip(),
        "kernels": get_kernels(),
        "threads": get_num_threads(),
    }


def show_config() -> None:
    """Print versions, the library that multiplies matrices, its kernels and threads; warn if it is held back.

    Examples
    --------
    >>> show_config()
    python...
    """
    config = describe_config()
    for name, value in config.items():
        print(f"{name:12}{value}")
    if config["threads"] > config["processors"]:
        print(f"WARNING: {config['threads']} threads for {config['processors']} processors: call set_num_threads()")
    if warning := find_slow_kernels():
        print(f"WARNING: {warning}")
