"""Special functions against PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from against_torch import assert_same_as_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

CALLS: dict[str, Callable[[Any, Any], Any]] = {  # what users write; x lies between 0 and 1
    "erf": lambda m, x: m.erf(4 * x - 2),
    "x.erf": lambda m, x: x.erf(),
    "erfc": lambda m, x: m.erfc(4 * x - 1),
    "erfinv": lambda m, x: m.erfinv(2 * x - 1),
    "logit": lambda m, x: m.logit(x),
    "logit eps": lambda m, x: m.logit(2 * x - 0.5, eps=0.05),
    "x.logit": lambda m, x: x.logit(0.05),
    "xlogy": lambda m, x: m.xlogy(x, x[0]),
    "xlogy of a number": lambda m, x: m.xlogy(2.0, x),
    "xlogy by a number": lambda m, x: m.xlogy(x, 2.0),
    "sinc": lambda m, x: m.sinc(6 * x - 3),
    "ndtr": lambda m, x: (m.special.ndtr if m is torch else m.ndtr)(4 * x - 2),
    "expit": lambda m, x: (m.special.expit if m is torch else m.expit)(4 * x - 2),
}
X = np.random.default_rng(4).permuted(np.linspace(0.03, 0.97, 12)).reshape(3, 4)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_two_derivatives(call: Callable[[Any, Any], Any], dtype: str) -> None:
    assert_same_as_torch(torch, call, X.astype(dtype))


DTYPES = ["bool", "uint8", "int16", "int64", "float16", "float32", "float64"]
PLAIN = ["erf", "erfc", "erfinv", "logit", "sinc"]


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(name: str, dtype: str) -> None:
    x = np.array([0, 1]).astype(dtype)
    with np.errstate(divide="ignore"):  # logit is infinite at 0 and 1
        actual = getattr(tg, name)(tg.tensor(x)).numpy()
    expected = getattr(torch, name)(torch.tensor(x)).numpy()
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=1e-3 if dtype == "float16" else 1e-6, atol=1e-7)


@pytest.mark.parametrize("a", DTYPES)
@pytest.mark.parametrize("b", DTYPES)
def test_dtypes_of_xlogy(a: str, b: str) -> None:
    x, y = np.array([0, 1]).astype(a), np.array([1, 1]).astype(b)
    expected = torch.xlogy(torch.tensor(x), torch.tensor(y)).numpy().dtype
    assert tg.xlogy(tg.tensor(x), tg.tensor(y)).dtype == expected


ODD = [-math.inf, -1.5, -1.0, -0.0, 0.0, 0.5, 1.0, 1.5, math.inf, math.nan]


@pytest.mark.parametrize("name", ["erf", "erfc", "erfinv"])
def test_ends_of_the_range(name: str) -> None:
    actual = getattr(tg, name)(tg.tensor(ODD, dtype="float64")).numpy()
    expected = getattr(torch, name)(torch.tensor(ODD, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(actual, expected, rtol=1e-14)
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(actual[known]), np.signbit(expected[known]))


def test_xlogy_of_zeros_and_infinities() -> None:
    b = [0.0, -1.0, 2.0, math.inf, math.nan]
    for a in (0.0, -0.0):
        actual = tg.xlogy(tg.full((5,), a), tg.tensor(b)).numpy()
        np.testing.assert_array_equal(actual, torch.xlogy(torch.full((5,), a), torch.tensor(b)).numpy())
