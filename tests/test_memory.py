"""That freed memory is kept, seen from the page faults of a process."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FAULTS = """
import resource
import numpy as np
import tinygrad_np as tg

x = tg.ones(1000, 1000)
for _ in range(3):
    [tg.neg(x) for _ in range(3)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    [tg.neg(x) for _ in range(3)]
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(**environment: str) -> int:
    settings = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    command = [sys.executable, "-c", FAULTS]
    run = subprocess.run(command, env=settings | environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_arrays_of_later_steps_take_the_memory_of_earlier_ones() -> None:
    pages = 30 * 4_000_000 // os.sysconf("SC_PAGE_SIZE")  # of all results, if each were new to the process
    assert page_faults() < pages / 100
    assert page_faults(TINYGRAD_NP_KEEP_MEMORY="0") > pages / 100
