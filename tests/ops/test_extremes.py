"""What the table of cases cannot say about extremes and medians: ties, nan, indices and words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_np as tg

TIED = tg.tensor([[1.0, 3.0, 3.0, 0.0], [2.0, 2.0, 2.0, 2.0]], dtype="float64")


def gradient(function: Any, x: Any) -> np.ndarray:
    leaf = tg.tensor(x, requires_grad=True)
    function(leaf).sum().backward()
    assert leaf.grad is not None
    return leaf.grad.numpy()


@st.composite
def along(draw: st.DrawFn, nan: bool = False) -> tuple[np.ndarray, int]:
    """Return an array with many equal elements, and one of its axes."""
    values = st.sampled_from([-1.0, 0.0, 0.5, 2.0, math.nan] if nan else [-1.0, 0.0, 0.5, 2.0])
    x = draw(arrays.arrays(np.float64, arrays.array_shapes(max_dims=3, max_side=6), elements=values))
    return x, draw(st.integers(-x.ndim, x.ndim - 1))


@given(along(nan=True))
def test_max_and_min_give_the_value_and_its_first_index(drawn: tuple[np.ndarray, int]) -> None:
    x, dim = drawn
    for name, value, index in (("max", np.max, np.argmax), ("min", np.min, np.argmin)):
        values, indices = getattr(tg, name)(tg.tensor(x), dim)
        np.testing.assert_array_equal(values.numpy(), value(x, axis=dim))
        np.testing.assert_array_equal(indices.numpy(), index(x, axis=dim))
        assert indices.dtype == np.int64


@given(along(nan=True))
def test_median_is_the_lower_middle_or_nan(drawn: tuple[np.ndarray, int]) -> None:
    x, dim = drawn
    values, indices = tg.median(tg.tensor(x), dim, keepdim=True)
    middle = np.take(np.sort(x, dim), [(x.shape[dim] - 1) // 2], dim)
    expected = np.where(np.isnan(x).any(dim, keepdims=True), math.nan, middle)
    np.testing.assert_array_equal(values.numpy(), expected)
    np.testing.assert_array_equal(np.take_along_axis(x, indices.numpy(), dim), expected)
    equal = (x == expected) | (np.isnan(x) & np.isnan(expected))
    np.testing.assert_array_equal(indices.numpy(), equal.argmax(dim, keepdims=True))


@given(along(), st.sampled_from(["max", "min", "median"]))
def test_along_a_dimension_g_goes_to_the_index(drawn: tuple[np.ndarray, int], name: str) -> None:
    x, dim = drawn
    indices = getattr(tg, name)(tg.tensor(x), dim, keepdim=True).indices.numpy()
    expected = np.zeros_like(x)
    np.put_along_axis(expected, indices, 1.0, dim)
    np.testing.assert_array_equal(gradient(lambda x: getattr(tg, name)(x, dim).values, x), expected)


@pytest.mark.parametrize("function", [tg.amax, np.max, np.amax, tg.max])
def test_the_value_alone_is_shared_evenly(function: Any) -> None:
    np.testing.assert_allclose(gradient(function, TIED), [[0, 0.5, 0.5, 0], [0, 0, 0, 0]])


def test_shares_along_dimensions() -> None:
    np.testing.assert_allclose(gradient(lambda x: x.amax(1), TIED), [[0, 0.5, 0.5, 0], [0.25] * 4])
    np.testing.assert_allclose(gradient(lambda x: x.amin((0, 1)), TIED), [[0, 0, 0, 1], [0] * 4])
    np.testing.assert_allclose(gradient(lambda x: x.median(), TIED), [[0] * 4, [0.25] * 4])


def test_the_derivative_at_ties_can_be_differentiated() -> None:
    x = tg.tensor(TIED, requires_grad=True)
    (g,) = tg.autograd.grad((x.amax(1) ** 2).sum(), x, create_graph=True)
    (h,) = tg.autograd.grad((g * g).sum(), x)
    # g = 2 y / n for the n greatest, so the sum of g**2 is 4 y**2 / n, whose derivative 8 y / n they share
    np.testing.assert_allclose(h.numpy(), [[0, 8 * 3 / 2 / 2, 8 * 3 / 2 / 2, 0], [8 * 2 / 4 / 4] * 4])


def test_nan_is_the_greatest_the_least_and_the_middle() -> None:
    x = [1.0, math.nan, 3.0]
    for function in (tg.amax, tg.amin, tg.median):
        assert math.isnan(function(tg.tensor(x)).item())
        np.testing.assert_array_equal(gradient(function, x), [0, 1, 0])


def test_ways_to_call_max() -> None:
    x = tg.tensor([[1.0, 5.0], [7.0, 2.0]])
    result = x.max(axis=1, keepdims=True)
    assert (result.values.tolist(), result.indices.tolist()) == ([[5], [7]], [[1], [0]])
    assert tg.max(x, tg.tensor(3.0)).tolist() == x.max(other=tg.tensor(3.0)).tolist() == [[3, 5], [7, 3]]
    assert tg.min(x, tg.tensor(3.0)).tolist() == [[1, 3], [3, 2]]
    assert x.max(keepdim=True).shape == (1, 1)
    values, indices = tg.min(x, 0)
    assert (values.tolist(), indices.tolist()) == ([1, 2], [0, 1])
    assert not indices.requires_grad


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "float64"])
def test_the_dtype_is_kept(dtype: str) -> None:
    x = tg.tensor(np.array([[0, 1, 1], [1, 0, 0]]).astype(dtype))
    for y in (x.max(), x.amin(1), x.median(), x.min(0).values, x.median(1).values):
        assert y.dtype == dtype
    assert x.median(1).values.tolist() == [1, 0]


@pytest.mark.parametrize("function", [tg.max, tg.min, tg.amax, tg.argmin, np.max, np.argmax])
def test_nothing_to_choose_from_raises(function: Any) -> None:
    with pytest.raises(ValueError, match=r"\(2, 0\)"):
        function(tg.ones(2, 0))
    with pytest.raises(ValueError, match=r"\(2, 0\)"):
        function(tg.ones(2, 0), axis=1)


def test_median_of_nothing() -> None:
    assert math.isnan(tg.median(tg.ones(0)).item())
    for x, dim in ((tg.ones(2, 0), 1), (tg.ones(0), 0), (tg.zeros(0, dtype="int64"), None)):
        with pytest.raises(ValueError, match=r"\((2, )?0,?\)"):
            tg.median(x, dim)


def test_ptp_of_a_tensor() -> None:
    x = tg.tensor([[1.0, 5.0], [7.0, 3.0]], requires_grad=True)
    y = np.ptp(x, axis=1)
    assert y.tolist() == [4, 4]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[-1, 1], [1, -1]]
