"""Denormal numbers are flushed inside large updates, and nowhere else."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import sys
import threading

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from tinygrad_np import denormals
from tinygrad_np.ops import update

needs_flushing = pytest.mark.skipif(
    not denormals.available(), reason="this processor or C library is not known to flush denormal numbers"
)


def smallest() -> float:
    """Return the product of two numbers, which is denormal."""
    return float((np.float32([1e-38]) * np.float32(0.1))[0])


def test_it_is_available_where_it_is_known() -> None:
    linux = sys.platform == "linux" and platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"
    assert denormals.available() == (linux and ctypes.sizeof(ctypes.c_void_p) == 8)


@needs_flushing
def test_only_inside_and_only_in_this_thread() -> None:
    seen = []
    begun = threading.Event()
    elsewhere = threading.Thread(target=lambda: (begun.wait(), seen.append(smallest())))
    elsewhere.start()
    with denormals.flushed():
        begun.set()
        elsewhere.join()
        with denormals.flushed():
            assert smallest() == 0
        assert smallest() == 0
    assert smallest() > 0
    assert seen[0] > 0


@needs_flushing
def test_an_error_ends_it() -> None:
    with contextlib.suppress(KeyError), denormals.flushed():
        raise KeyError
    assert smallest() > 0


@needs_flushing
def test_a_momentum_that_is_not_fed_ends_at_zero() -> None:
    count = 2 * update.BLOCK + 1
    p = tg.zeros(count, requires_grad=True)
    optimizer = nn.SGD([p], lr=0.1, momentum=0.9)
    for step in range(1000):  # 0.9 times the smallest number is rounded to itself
        p.grad = tg.full((count,), 1.0 if step == 0 else 0.0)
        optimizer.step()
    assert not optimizer.state[p]["momentum_buffer"].array.any()
    np.testing.assert_allclose(p.array, -1.0, rtol=1e-4)
    assert smallest() > 0
