"""The BLAS of NumPy: asked, told, and described."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np import threads

ROOT = Path(__file__).resolve().parents[1]
needs_openblas = pytest.mark.skipif(threads.openblas() is None, reason="this NumPy has no OpenBLAS of its own")


def shown(**environment: str) -> str:
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS_", "OMP_"))}
    command = [sys.executable, "-c", "import tinygrad_np as tg; tg.show_config()"]
    run = subprocess.run(command, env=settings | environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return run.stdout


@needs_openblas
def test_threads_are_set_and_said() -> None:
    before = tg.get_num_threads()
    try:
        for count in (1, 2):
            tg.set_num_threads(count)
            assert tg.get_num_threads() == count
            assert f"threads     {count}\n" in "".join(f"{k:12}{v}\n" for k, v in threads.describe_config().items())
    finally:
        tg.set_num_threads(before)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_counts_that_are_none(count: object) -> None:
    with pytest.raises(ValueError, match="whole number above 0"):
        tg.set_num_threads(count)  # type: ignore[arg-type]


def test_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "openblas", lambda: None)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "not a number")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert (threads.get_num_threads(), threads.get_kernels(), threads.find_slow_kernels()) == (3, "unknown", None)
    with pytest.raises(RuntimeError, match="before NumPy is imported"):
        tg.set_num_threads(1)


@needs_openblas
def test_the_environment_counts() -> None:
    assert "threads     1\n" in shown(OPENBLAS_NUM_THREADS="1")


@needs_openblas
@pytest.mark.skipif(
    not np._core._multiarray_umath.__cpu_features__.get("AVX2"),  # type: ignore[attr-defined]
    reason="the kernels that are forced here exist for x86-64, and this processor has none faster",
)
def test_kernels_that_are_held_back() -> None:
    assert "WARNING" not in shown()
    forced = shown(OPENBLAS_CORETYPE="Nehalem")
    assert "kernels     Nehalem" in forced
    assert "WARNING: OPENBLAS_CORETYPE=Nehalem forces the kernels Nehalem, but this processor has AVX" in forced


@needs_openblas
def test_the_number_of_threads_that_is_fastest_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is one that a step moves on, by a time that depends on the threads."""
    before = tg.get_num_threads()
    monkeypatch.setattr(threads, "describe_config", lambda: {"processors": 6})
    try:
        for best in (1, 2, 4, 6):
            now, seen = [0.0], set()

            def step(now: list[float] = now, seen: set[int] = seen, best: int = best) -> None:
                seen.add(tg.get_num_threads())
                now[0] += 1 + abs(tg.get_num_threads() - best)

            monkeypatch.setattr(threads.time, "perf_counter", lambda now=now: now[0])
            assert tg.choose_num_threads(step) == best == tg.get_num_threads()
            assert seen == {1, 2, 4, 6}
    finally:
        tg.set_num_threads(before)


@needs_openblas
def test_a_step_that_fails_leaves_the_number_of_threads_alone() -> None:
    before = tg.get_num_threads()
    with pytest.raises(ZeroDivisionError):
        tg.choose_num_threads(lambda: 1 / 0)
    assert tg.get_num_threads() == before
    with pytest.raises(ValueError, match="time above 0 seconds, not 0"):
        tg.choose_num_threads(lambda: None, seconds=0)
