"""What the table of cases cannot say about special functions: accuracy, ends of the range, higher derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.ops.special import BLOCK
from tinygrad_np.primitive import registry

RNG = np.random.default_rng(11)


def units(actual: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest error in units in the last place of the dtype of `actual`."""
    spacing = np.spacing(np.abs(expected).astype(actual.dtype)).astype(np.float64)
    return float(np.max(np.abs(actual.astype(np.float64) - expected) / spacing))


def grid(dtype: str, low: float, high: float) -> np.ndarray:
    """Return numbers of both signs from 0 to `high`, and of every size down to `low`."""
    sizes = np.concatenate([RNG.uniform(0, high, 20000), 10.0 ** RNG.uniform(math.log10(low), 0, 5000), [0.0, low]])
    return np.concatenate([sizes, -sizes]).astype(dtype)


def reference(function: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    return np.array([function(float(value)) for value in x])


# ---- accuracy: Python's own functions are right to one unit in the last place of float64


@pytest.mark.parametrize(("dtype", "low", "worst"), [("float32", 1e-30, 2.5), ("float64", 1e-300, 4.0)])
def test_erf_to_a_few_units_in_the_last_place(dtype: str, low: float, worst: float) -> None:
    x = grid(dtype, low, 6.5)
    assert units(tg.erf(tg.tensor(x)).numpy(), reference(math.erf, x)) < worst


@pytest.mark.parametrize(
    ("dtype", "low", "high", "worst"), [("float32", 1e-30, 9.1, 0.6), ("float64", 1e-300, 26.0, 6.0)]
)
def test_erfc_to_a_few_units_in_the_last_place_even_where_it_is_tiny(
    dtype: str, low: float, high: float, worst: float
) -> None:
    x = grid(dtype, low, high)
    assert units(tg.erfc(tg.tensor(x)).numpy(), reference(math.erfc, x)) < worst


@given(st.floats(-5, 5))
def test_erfinv_inverts_erf(x: float) -> None:
    """An error of one unit in erf is one of `slack` in its inverse."""
    y = tg.erf(tg.tensor(x, dtype="float64"))
    slack = np.spacing(abs(y.item())) * math.exp(x * x)
    assert abs(tg.erfinv(y).item() - x) <= 1e-15 * abs(x) + 4 * slack


@given(st.floats(-1, 1, exclude_min=True, exclude_max=True))
def test_erfinv_of_anything(x: float) -> None:
    found = tg.erfinv(tg.tensor(x, dtype="float64")).item()
    assert math.isfinite(found)
    if abs(x) < 0.5:
        np.testing.assert_allclose(math.erf(found), x, rtol=2e-15, atol=1e-320)
    else:
        np.testing.assert_allclose(math.erfc(abs(found)), 1 - abs(x), rtol=2e-13)


@given(st.floats(-37, 37))
def test_ndtr_is_exact_in_its_tail(x: float) -> None:
    np.testing.assert_allclose(
        tg.ndtr(tg.tensor(x, dtype="float64")).item(), math.erfc(-x / math.sqrt(2)) / 2, rtol=1e-12
    )


def test_ndtr_is_the_normal_distribution() -> None:
    x = np.linspace(-4, 4, 33)
    np.testing.assert_allclose(tg.ndtr(tg.tensor(x)).numpy(), reference(NormalDist().cdf, x), rtol=1e-12)


# ---- ends of the range

INFINITE = np.array([-math.inf, math.inf, math.nan])
EXTREME = np.array([-1e300, -1e20, -1e-300, 0.0, 1e-300, 1e20, 1e300])


def test_infinite_and_nan() -> None:
    np.testing.assert_array_equal(tg.erf(tg.tensor(INFINITE)).numpy(), [-1, 1, math.nan])
    np.testing.assert_array_equal(tg.erfc(tg.tensor(INFINITE)).numpy(), [2, 0, math.nan])
    np.testing.assert_array_equal(tg.erfinv(tg.tensor([-1.0, 1.0, math.nan])).numpy(), INFINITE)
    np.testing.assert_array_equal(tg.ndtr(tg.tensor(INFINITE)).numpy(), [0, 1, math.nan])


def test_erfinv_outside_its_domain_is_nan() -> None:
    assert np.isnan(tg.erfinv(tg.tensor([-1.5, 1.0000001, math.inf])).numpy()).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_numbers_and_their_slopes_without_warnings(dtype: str) -> None:
    x = tg.tensor(np.clip(EXTREME, *(2 * [np.finfo(dtype).max] * np.array([-1, 1]))), dtype=dtype, requires_grad=True)
    for function, limits in ((tg.erf, [-1, 1]), (tg.erfc, [2, 0]), (tg.ndtr, [0, 1])):
        y = function(x)
        np.testing.assert_array_equal(y.detach().numpy()[[0, 1, -2, -1]], np.repeat(limits, 2))
        (slope,) = tg.autograd.grad(y.sum(), x)
        np.testing.assert_array_equal(slope.numpy()[[0, 1, -2, -1]], 0)
        assert abs(slope.numpy()[3]) > 0.39


def test_the_sign_of_zero() -> None:
    for function in (tg.erf, tg.erfinv):
        np.testing.assert_array_equal(np.signbit(function(tg.tensor([0.0, -0.0])).numpy()), [False, True])
    np.testing.assert_array_equal(tg.erfc(tg.tensor([0.0, -0.0])).numpy(), 1)


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv"])
@pytest.mark.parametrize("order", ["C", "F", "strided"])
def test_large_arrays_are_computed_in_blocks_to_the_same_result(name: str, order: str) -> None:
    x = RNG.uniform(-0.99, 0.99, (3, BLOCK // 2 + 7)).astype(np.float32)
    given = {"C": x, "F": np.asfortranarray(x), "strided": np.repeat(x, 2, axis=1)[:, ::2]}[order]
    forward = registry[name].forward
    actual = forward(given)
    assert actual.flags.f_contiguous == (order == "F")
    np.testing.assert_array_equal(actual, np.stack([forward(row) for row in x]))


# ---- derivatives


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv", "ndtr"])
def test_third_derivatives(name: str) -> None:
    assert tg.gradcheck(getattr(tg, name), [np.array([-0.7, 0.2, 0.6])], order=3)


def test_every_derivative_of_sinc_at_zero() -> None:
    """The Taylor coefficients: the derivative of order 2 n is (-pi**2)**n / (2 n + 1), the odd ones are 0."""
    x = tg.tensor(0.0, dtype="float64", requires_grad=True)
    y = tg.sinc(x)
    for order in range(1, 9):
        (y,) = tg.autograd.grad(y, x, create_graph=True)
        expected = 0 if order % 2 else (-(math.pi**2)) ** (order // 2) / (order + 1)
        np.testing.assert_allclose(y.item(), expected, rtol=1e-13, atol=1e-13)


@given(st.floats(-6, 6), st.integers(1, 6))
def test_derivatives_of_sinc_everywhere(x: float, order: int) -> None:
    """They are integrals of cosines: of ``(pi t)**n cos(pi x t + n pi / 2)`` over t from 0 to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    t = (nodes + 1) / 2
    expected = np.sum(weights / 2 * (np.pi * t) ** order * np.cos(np.pi * x * t + order * np.pi / 2))
    actual = registry["sinc"](tg.tensor(x, dtype="float64"), order=order).item()
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-12 * math.pi**order)


def test_numpys_sinc_of_a_tensor() -> None:
    x = tg.tensor([0.0, 0.5], dtype="float64", requires_grad=True)
    y = np.sinc(x)
    assert y.requires_grad
    np.testing.assert_array_equal(y.detach().numpy(), np.sinc([0.0, 0.5]))


# ---- logit and xlogy


@given(st.floats(1e-300, 1, exclude_max=True))
def test_logit_is_the_inverse_of_sigmoid(p: float) -> None:
    np.testing.assert_allclose(tg.expit(tg.logit(tg.tensor(p, dtype="float64"))).item(), p, rtol=1e-12)


def test_logit_outside_its_limits_is_flat() -> None:
    x = tg.tensor([-1.0, 0.0, 0.05, 0.1, 0.5, 0.9, 1.0, 2.0], dtype="float64", requires_grad=True)
    y = tg.logit(x, 0.1)
    y.sum().backward()
    limit = math.log(9)
    np.testing.assert_allclose(y.detach().numpy(), [-limit, -limit, -limit, -limit, 0, limit, limit, limit], atol=1e-15)
    np.testing.assert_allclose(x.grad.numpy(), [0, 0, 0, 1 / 0.09, 4, 1 / 0.09, 0, 0])


def test_xlogy_of_zero() -> None:
    others = tg.tensor([0.0, 2.0, -1.0, math.inf, math.nan])
    np.testing.assert_array_equal(tg.xlogy(0.0, others).numpy(), [0, 0, 0, 0, math.nan])
    a, b = tg.zeros(3, requires_grad=True), tg.tensor([0.0, 2.0, -1.0], requires_grad=True)
    tg.xlogy(a, b).sum().backward()
    np.testing.assert_array_equal(a.grad.numpy(), np.log(np.float32([1, 2, 1])))
    np.testing.assert_array_equal(b.grad.numpy(), 0)


def test_the_entropy_of_a_distribution_with_an_impossible_event() -> None:
    p = tg.tensor([0.0, 0.25, 0.75], dtype="float64", requires_grad=True)
    entropy = -tg.xlogy(p, p).sum()
    entropy.backward()
    assert entropy.item() == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    np.testing.assert_allclose(p.grad.numpy(), [0, -math.log(0.25) - 1, -math.log(0.75) - 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("call", [lambda x: tg.xlogy(2.0, x), lambda x: tg.xlogy(x, 2.0), lambda x: x.xlogy(0.5)])
def test_numbers_do_not_promote(dtype: str, call: Callable[[Any], tg.Tensor]) -> None:
    x = tg.tensor([0.0, 0.5], dtype=dtype, requires_grad=True)
    y = call(x[1:])
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


# ---- dtypes

FUNCTIONS: dict[str, Callable[[Any], tg.Tensor]] = {
    "erf": tg.erf,
    "erfc": tg.erfc,
    "erfinv": tg.erfinv,
    "ndtr": tg.ndtr,
    "logit": lambda x: tg.logit(x, 0.01),
    "xlogy": lambda x: tg.xlogy(x, x),
    "sinc": tg.sinc,
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64"])
def test_floating_dtypes_stay_and_others_become_float32(function: Callable[[Any], tg.Tensor], dtype: str) -> None:
    x = tg.tensor([0, 1], dtype=dtype)
    assert function(x).dtype == (dtype if dtype.startswith("float") else "float32")


def test_float16_is_computed_in_float32() -> None:
    x = np.linspace(-3, 3, 500).astype(np.float16)
    for function, exact in ((tg.erf, math.erf), (tg.erfc, math.erfc)):
        assert units(function(tg.tensor(x)).numpy(), reference(exact, x)) < 0.6


def test_methods() -> None:
    x = tg.tensor([0.25, 0.5])
    for name in ("erf", "erfc", "erfinv", "logit", "sinc"):
        np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(tg, name)(x).numpy())
