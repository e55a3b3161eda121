"""Scaled products that are added to a matrix agree with what NumPy computes in several passes."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from tinygrad_np import blas

ORDERS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "part of rows": lambda x: np.concatenate([x, x], 1)[:, : x.shape[1]],
    "part of columns": lambda x: np.asfortranarray(np.concatenate([x, x], 0))[: x.shape[0]],
}
SIZES = [(3, 4, 5), (1, 2, 3), (2, 1, 3), (3, 2, 1), (1, 1, 1), (64, 10, 32)]

needs_library = pytest.mark.skipif(not blas.available(), reason="NumPy's OpenBLAS was not found")


def drawn(dtype: str, *shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


@needs_library
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("a_order", ORDERS)
@pytest.mark.parametrize("b_order", ORDERS)
def test_a_product_is_added(dtype: str, size: tuple[int, int, int], a_order: str, b_order: str) -> None:
    rows, inner, columns = size
    a, b = ORDERS[a_order](drawn(dtype, rows, inner)), ORDERS[b_order](drawn(dtype, inner, columns))
    for order in ("rows", "columns"):
        c = ORDERS[order](drawn(dtype, rows, columns))
        alpha = blas.NUMBERS[c.dtype.char](0)
        add = blas.add_product(c, a, b, alpha)
        assert add is not None
        expected = c - 0.5 * (a @ b)
        alpha.value = -0.5
        add()
        np.testing.assert_allclose(c, expected, rtol=2e-5 if dtype == "float32" else 1e-13, atol=1e-6)


@needs_library
@pytest.mark.parametrize("size", [(3, 4), (1, 3), (3, 1), (1, 1)], ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_a_sum_is_added(size: tuple[int, int], order: str) -> None:
    a, c = ORDERS[order](drawn("float32", *size)), drawn("float32", size[1])
    alpha = blas.NUMBERS["f"](-0.5)
    add = blas.add_sum(c, a, alpha)
    assert add is not None
    expected = c - np.float32(0.5) * a.sum(0)
    add()
    np.testing.assert_allclose(c, expected, rtol=1e-5, atol=1e-6)


@needs_library
def test_an_operand_may_be_elsewhere_each_time() -> None:
    c, b, alpha = np.zeros((2, 2), np.float32), np.eye(2, dtype=np.float32), blas.NUMBERS["f"](1)
    first, second = np.ones((2, 2), np.float32), np.full((2, 2), 3, np.float32)
    at = blas.pointer(first)
    add = blas.add_product(c.T, first, b, alpha, {id(first): at})
    assert add is not None
    add()
    at.value = second.ctypes.data
    add()
    assert c.tolist() == [[4.0, 4.0], [4.0, 4.0]]


def test_what_the_library_cannot_do_is_left_to_numpy() -> None:
    a, alpha = np.ones((4, 4), np.float32), blas.NUMBERS["f"](1)
    assert blas.add_product(np.ones((8, 8), np.float32)[::2, ::2], a, a, alpha) is None
    assert blas.add_product(a.copy(), a[::-1], a, alpha) is None
    assert blas.add_product(np.ones((4, 4)), a, a, alpha) is None
    assert blas.add_product(a.astype(np.float16), a.astype(np.float16), a.astype(np.float16), alpha) is None
    assert blas.add_product(np.ones((0, 4), np.float32), a[:0], a, alpha) is None
    assert blas.add_sum(np.ones(8, np.float32)[::2], a, alpha) is None


@needs_library
def test_sizes_that_networks_have() -> None:
    for (rows, columns), batch in itertools.product([(784, 128), (128, 10)], [1, 16, 40]):
        x, g, c = drawn("float32", batch, rows), drawn("float32", batch, columns), drawn("float32", rows, columns)
        expected = c - np.float32(0.01) * (x.T @ g)
        add = blas.add_product(c, x.T, g, blas.NUMBERS["f"](-0.01))
        assert add is not None
        add()
        np.testing.assert_allclose(c, expected, rtol=1e-5, atol=1e-5)


@needs_library
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(1,), (7,), (300, 70), (3, 4, 5)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("keep", [1.0, 0.9, 0.0])
def test_a_scaled_array_is_added(dtype: str, size: tuple[int, ...], order: Any, keep: float) -> None:
    c, a = np.asarray(drawn(dtype, *size), order=order), np.asarray(2 * drawn(dtype, *size), order=order)
    expected = keep * c - 0.3 * a
    assert blas.add_scaled(c, a, -0.3, keep)
    np.testing.assert_allclose(c, expected, rtol=1e-6 if dtype == "float32" else 1e-15, atol=1e-7)


@pytest.mark.parametrize(
    ("c", "a"),
    [
        (np.ones((4, 6), np.float32), np.ones((4, 6), np.float32, order="F")),
        (np.ones((4, 6), np.float32)[:, ::2], np.ones((4, 3), np.float32)),
        (np.ones((4, 6), np.float32), np.ones((8, 6), np.float32)[::2]),
        (np.ones(4, np.float32), np.ones(4)),
        (np.ones(4, np.float32), np.ones(1, np.float32)),
        (np.ones(4, np.float16), np.ones(4, np.float16)),
        (np.ones(4, np.int64), np.ones(4, np.int64)),
        (np.ones((0, 4), np.float32), np.ones((0, 4), np.float32)),
        (np.ones(4, np.float32), np.broadcast_to(np.float32(1), 4)),
    ],
    ids=["orders", "gaps in c", "gaps in a", "dtypes", "shapes", "float16", "integers", "empty", "broadcast"],
)
def test_an_array_that_the_library_cannot_add_is_left_alone(c: Any, a: Any) -> None:
    before = c.copy()
    assert not blas.add_scaled(c, a, -0.5)
    assert not blas.add_scaled(c, a, -0.5, 0.9)
    np.testing.assert_array_equal(c, before)
