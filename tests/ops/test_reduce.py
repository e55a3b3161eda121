"""What the table of cases cannot say about sums, means, variances, products and questions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_np as tg

X = np.random.default_rng(1).standard_normal((2, 3, 4))
REDUCTIONS = ["sum", "mean", "var", "std", "prod", "any", "all", "count_nonzero", "amax", "amin", "nansum", "nanmean"]
NUMPY = {"amax": np.max, "amin": np.min}


def numpy_function(name: str) -> Any:
    return NUMPY.get(name) or getattr(np, name)


@st.composite
def reduced(draw: st.DrawFn) -> tuple[np.ndarray, Any, bool]:
    """Return an array, an axis or several or None, and whether to keep them."""
    x = draw(arrays.arrays(np.float64, arrays.array_shapes(max_dims=4, max_side=5), elements=st.integers(-4, 4)))
    axes = st.integers(-x.ndim, x.ndim - 1)
    axis = draw(st.none() | axes | arrays.valid_tuple_axes(x.ndim, min_size=1))
    return x, axis, draw(st.booleans())


@given(reduced(), st.sampled_from(REDUCTIONS))
def test_any_shape_and_axes_as_numpy(drawn: tuple[np.ndarray, Any, bool], name: str) -> None:
    x, axis, keepdim = drawn
    correction = {"correction": 0} if name in ("var", "std") else {}
    expected = numpy_function(name)(x, axis=axis, keepdims=keepdim)
    actual = getattr(tg, name)(tg.tensor(x), axis, keepdim=keepdim, **correction)
    assert actual.shape == np.shape(expected)
    np.testing.assert_allclose(actual.numpy(), expected, rtol=1e-12, atol=1e-12)


@given(reduced(), st.sampled_from(["sum", "mean", "var", "prod", "amax", "logsumexp"]))
def test_the_gradient_is_linear_in_the_cotangent_and_finite(drawn: tuple[np.ndarray, Any, bool], name: str) -> None:
    x, axis, keepdim = drawn
    leaf = tg.tensor(x, requires_grad=True)
    correction = {"correction": 0} if name == "var" else {}
    y = getattr(tg, name)(leaf, axis, keepdim=keepdim, **correction)
    (one,) = tg.autograd.grad(y, leaf, tg.ones(y.shape, dtype="float64"), retain_graph=True)
    (three,) = tg.autograd.grad(y, leaf, 3 * tg.ones(y.shape, dtype="float64"))
    assert np.isfinite(one.numpy()).all()
    np.testing.assert_allclose(three.numpy(), 3 * one.numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("axis", [0, -1, (0, 2), [1, 2], (), np.int64(1)], ids=str)
def test_words_and_ways_to_name_dimensions(name: str, axis: Any) -> None:
    x = tg.tensor(X)
    expected = getattr(tg, name)(x, axis, keepdim=True)
    for words in ({"dim": axis, "keepdim": True}, {"axis": axis, "keepdims": True}):
        assert tg.equal(getattr(tg, name)(x, **words), expected)
        assert tg.equal(getattr(x, name)(**words), expected)


def test_a_0d_integer_tensor_names_a_dimension() -> None:
    np.testing.assert_array_equal(tg.sum(tg.tensor(X), tg.tensor(1)).numpy(), X.sum(1))


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_missing_or_repeated_dimension_raises(name: str) -> None:
    with pytest.raises((ValueError, IndexError), match=r"out of bounds.*\(2, 3, 4\)"):
        getattr(tg, name)(tg.tensor(X), 3)
    with pytest.raises(ValueError, match="duplicate"):
        getattr(tg, name)(tg.tensor(X), (0, -3))


@pytest.mark.parametrize("name", ["mean", "var", "std", "nanmean"])
def test_means_need_a_floating_dtype(name: str) -> None:
    with pytest.raises(TypeError, match="floating dtype, not int64"):
        getattr(tg, name)(tg.arange(3))
    assert tg.mean(tg.arange(3), dtype="float32").item() == 1


def test_unsigned_integers_are_summed_as_int64() -> None:
    x = tg.tensor(np.array([200, 100], np.uint8))
    for y in (x.sum(), x.cumsum(0)[1], np.sum(x)):
        assert (y.dtype, y.item()) == (np.int64, 300)
    assert x.prod().item() == 20000


def test_half_precision_is_summed_in_single() -> None:
    x = tg.full((70_000,), 2.0, dtype="float16")
    assert x.mean().item() == 2
    assert x.var(correction=0).item() == 0
    assert tg.sum(tg.ones(4096, 2, dtype="float16"), 0).tolist() == [4096, 4096]
    assert x.sum(dtype="float32").item() == 140_000
    assert x.mean().dtype == np.float16


def test_gradient_of_a_mean_of_many_halves() -> None:
    x = tg.ones(70_000, dtype="float16", requires_grad=True)
    x.mean().backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), 1 / 70_000, rtol=1e-2)


@pytest.mark.parametrize("order", ["C", "F"])
def test_short_rows_in_any_memory_order(order: Any) -> None:
    x = np.array(np.random.default_rng(2).standard_normal((40, 3)), dtype=np.float32, order=order)
    for name in ("sum", "mean", "amax"):
        expected = numpy_function(name)(x.astype(np.float64), axis=1)
        np.testing.assert_allclose(getattr(tg, name)(tg.from_numpy(x), 1).numpy(), expected, rtol=1e-6, atol=1e-6)


def test_two_words_for_the_correction_raise() -> None:
    with pytest.raises(TypeError, match="unbiased=False and correction=1"):
        tg.var(tg.ones(3), unbiased=False, correction=1)


@pytest.mark.parametrize(("name", "expected"), [("var", math.inf), ("std", math.inf)])
def test_too_few_elements_for_the_correction_warn(name: str, expected: float) -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="0 degrees of freedom"):
        y = getattr(tg, name)(x, correction=2)
    assert y.item() == expected
    with pytest.warns(RuntimeWarning, match="0 degrees of freedom"):
        z = getattr(tg, name)(x[:1])
    assert math.isnan(z.item())
    z.backward()
    assert x.grad is not None
    assert math.isnan(x.grad[0].item())


def test_the_deviation_of_equal_elements_has_gradient_0_of_any_order() -> None:
    x = tg.ones(3, dtype="float64", requires_grad=True)
    (g,) = tg.autograd.grad(tg.std(x), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    assert g.tolist() == h.tolist() == [0, 0, 0]


def test_derivatives_of_a_product_at_zeros_against_brute_force() -> None:
    x = tg.tensor([2.0, 0.0, 5.0, 0.0], dtype="float64", requires_grad=True)
    (g,) = tg.autograd.grad(x.prod(), x, create_graph=True)
    assert g.tolist() == [0, 0, 0, 0]
    (h,) = tg.autograd.grad(g[1], x)
    assert h.tolist() == [0, 0, 0, 10]  # d2/dx1 dx3 = x0 x2


def test_numpy_functions_reach_these() -> None:
    x = tg.tensor(X, requires_grad=True)
    np.testing.assert_allclose(np.var(x, axis=1, ddof=1).detach().numpy(), X.var(1, ddof=1), rtol=1e-12)
    np.testing.assert_allclose(np.std(x).detach().numpy(), X.std(), rtol=1e-12)
    np.testing.assert_allclose(np.nansum(x, axis=(0, 2)).detach().numpy(), X.sum((0, 2)), rtol=1e-12)
    np.testing.assert_allclose(np.nanmean(x, axis=0, keepdims=True).detach().numpy(), X.mean(0, keepdims=True))
    assert np.sum(x, dtype=np.float32).dtype == np.float32
    assert all(y.requires_grad for y in (np.var(x), np.std(x), np.nansum(x), np.nanmean(x), np.sum(x, dtype="float32")))


@pytest.mark.parametrize(
    ("function", "keywords"),
    [
        (np.sum, {"where": X > 0}),
        (np.sum, {"initial": 5.0}),
        (np.mean, {"out": np.zeros(())}),
        (np.prod, {"dtype": "f8"}),
    ],
)
def test_what_numpy_can_and_these_cannot_raises(function: Any, keywords: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"np.{function.__name__} with {next(iter(keywords))} is not differentiated"):
        function(tg.tensor(X), **keywords)


def test_arrays_numbers_and_lists_are_taken_too() -> None:
    assert tg.sum(X).numpy() == pytest.approx(X.sum())
    assert tg.mean(2.5).item() == 2.5
    assert tg.prod([1, 2, 3]).item() == 6


def test_booleans_of_old() -> None:
    x = tg.tensor(np.array([0, 2], np.uint8))
    assert (x.any().dtype, x.all().dtype, np.any(x).dtype) == (np.uint8, np.uint8, np.bool_)
    assert (x.any().item(), x.all().item()) == (1, 0)


def test_nan_elements_get_no_gradient() -> None:
    x = tg.tensor([[1.0, math.nan], [math.nan, math.nan]], requires_grad=True)
    y = tg.nanmean(x, 1)
    np.testing.assert_array_equal(y.detach().numpy(), [1, math.nan])
    tg.nansum(x).backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[1, 0], [0, 0]]
