"""What the table of cases cannot say about running sums and products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_np as tg

SMALL = arrays.arrays(np.float64, st.integers(1, 12), elements=st.integers(-2, 2))


@given(SMALL)
def test_gradient_of_running_products_against_the_definition(x: np.ndarray) -> None:
    """dx[k] is the sum over i >= k of g[i] times the product of x[0] ... x[i] without x[k]."""
    g = np.cos(np.arange(x.size))
    leaf = tg.tensor(x, requires_grad=True)
    tg.cumprod(leaf, 0).backward(tg.tensor(g))
    others = [[np.prod(np.delete(x[: i + 1], k)) if i >= k else 0 for i in range(x.size)] for k in range(x.size)]
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy(), np.array(others) @ g, rtol=1e-10, atol=1e-10)


@given(SMALL)
def test_running_sums_are_undone_by_differences(x: np.ndarray) -> None:
    y = tg.cumsum(tg.tensor(x), 0).numpy()
    np.testing.assert_array_equal(np.diff(y, prepend=0), x)


@pytest.mark.parametrize("function", [tg.cumsum, tg.cumprod])
def test_dtypes(function: Any) -> None:
    for dtype in ("bool", "uint8", "int32"):
        assert function(tg.ones(3, dtype=dtype), 0).dtype == np.int64
    assert function(tg.ones(3, dtype="float16"), 0).dtype == np.float16
    assert function(tg.ones(3), 0, dtype="float64").dtype == np.float64
    assert tg.cumsum(tg.ones(5000, dtype="float16"), 0)[4095].item() == 4096  # float16 stops counting at 2048


@pytest.mark.parametrize("function", [tg.cumsum, tg.cumprod])
def test_a_dimension_is_needed_and_checked(function: Any) -> None:
    with pytest.raises(TypeError, match="dim"):
        function(tg.ones(3))
    with pytest.raises(IndexError, match=r"out of bounds.*\(2, 3\)"):
        function(tg.ones(2, 3), 2)
    with pytest.raises(IndexError, match="out of bounds"):
        function(tg.tensor(1.0), 1)


def test_numpy_functions_flatten_without_an_axis() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = np.cumsum(x)
    assert y.tolist() == [1, 3, 6, 10]
    assert np.cumprod(x).tolist() == [1, 2, 6, 24]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[4, 3], [2, 1]]


def test_words() -> None:
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert tg.equal(tg.cumsum(x, axis=0), x.cumsum(dim=0))
    assert tg.equal(tg.cumprod(x, axis=-1), x.cumprod(1))
