"""The reductions against PyTorch: the same line of code is run by both, and must give the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

Call = Callable[[Any, Any], Any]

# What users write, with `m` for the module; x has shape (3, 4), without ties.
CALLS: dict[str, Call] = {
    "sum": lambda m, x: m.sum(x),
    "sum dim": lambda m, x: m.sum(x, 1),
    "sum dims": lambda m, x: m.sum(x, (0, -1), True),
    "sum list": lambda m, x: m.sum(x, [0, 1]),
    "sum no dims": lambda m, x: m.sum(x, ()),
    "sum axis": lambda m, x: m.sum(x, axis=0, keepdims=True),
    "x.sum": lambda m, x: x.sum(-1, keepdim=True),
    "nansum": lambda m, x: m.nansum(x, 1),
    "mean": lambda m, x: m.mean(x),
    "mean dim": lambda m, x: m.mean(x, dim=-2, keepdim=True),
    "x.mean": lambda m, x: x.mean((0, 1)),
    "nanmean": lambda m, x: m.nanmean(x, 0),
    "var": lambda m, x: m.var(x),
    "var biased": lambda m, x: m.var(x, False),
    "var dim": lambda m, x: m.var(x, 1, False, True),
    "var correction": lambda m, x: m.var(x, 0, correction=2),
    "var fractional correction": lambda m, x: m.var(x, 0, correction=0.5),
    "x.var": lambda m, x: x.var(dim=1, unbiased=False),
    "std": lambda m, x: m.std(x),
    "std dims": lambda m, x: m.std(x, (0, 1), correction=0),
    "x.std": lambda m, x: x.std(1),
    "var_mean": lambda m, x: m.var_mean(x, 1),
    "std_mean": lambda m, x: m.std_mean(x, dim=0, unbiased=False, keepdim=True),
    "prod": lambda m, x: m.prod(x),
    "prod dim": lambda m, x: m.prod(x, 1),
    "x.prod": lambda m, x: x.prod(0, keepdim=True),
    "max": lambda m, x: m.max(x),
    "max dim": lambda m, x: m.max(x, 1),
    "max keepdim": lambda m, x: m.max(x, dim=0, keepdim=True),
    "max other": lambda m, x: m.max(x, x * x),
    "x.max": lambda m, x: x.max(-1).values,
    "min": lambda m, x: m.min(x),
    "min dim": lambda m, x: m.min(x, -1),
    "min other": lambda m, x: m.min(x, other=x * x),
    "amax": lambda m, x: m.amax(x),
    "amax dims": lambda m, x: m.amax(x, (0, 1), keepdim=True),
    "amin": lambda m, x: m.amin(x, dim=1),
    "median": lambda m, x: m.median(x),
    "median dim": lambda m, x: m.median(x, 0),
    "median keepdim": lambda m, x: m.median(x, dim=1, keepdim=True),
    "argmax": lambda m, x: m.argmax(x),
    "argmax dim": lambda m, x: m.argmax(x, dim=1, keepdim=True),
    "argmin": lambda m, x: m.argmin(x, 0),
    "x.argmax keepdim": lambda m, x: x.argmax(keepdim=True),
    "logsumexp": lambda m, x: m.logsumexp(x, 1),
    "logsumexp dims": lambda m, x: x.logsumexp((0, 1), keepdim=True),
    "softmax": lambda m, x: m.softmax(x, 1),
    "x.softmax": lambda m, x: x.softmax(dim=0),
    "log_softmax": lambda m, x: m.log_softmax(x, dim=-1),
    "x.log_softmax": lambda m, x: x.log_softmax(0),
    "cumsum": lambda m, x: m.cumsum(x, 1),
    "x.cumsum": lambda m, x: x.cumsum(dim=-2),
    "cumprod": lambda m, x: m.cumprod(x, 1),
    "x.cumprod": lambda m, x: x.cumprod(0),
    "norm": lambda m, x: m.norm(x),
    "norm dim": lambda m, x: m.norm(x, 2, 1, True),
    "norm 1": lambda m, x: m.norm(x, p=1, dim=0),
    "norm 3": lambda m, x: m.norm(x, 3.0),
    "norm 0.5": lambda m, x: m.norm(x, 0.5, 1),
    "norm -1": lambda m, x: m.norm(x, -1, 1),
    "norm inf": lambda m, x: m.norm(x, math.inf, 1),
    "norm -inf": lambda m, x: m.norm(x, -math.inf),
    "norm fro": lambda m, x: x.norm("fro", dim=(0, 1)),
    "any": lambda m, x: m.any(x > 0, 1),
    "any of numbers": lambda m, x: m.any(x),
    "all": lambda m, x: m.all(x > 0, dim=0, keepdim=True),
    "x.all": lambda m, x: x.all(),
    "count_nonzero": lambda m, x: m.count_nonzero(x, (0, 1)),
    "x.count_nonzero": lambda m, x: x.count_nonzero(dim=1),
}
PLAIN = np.random.default_rng(5).permuted(np.linspace(-1.57, 1.63, 12)).reshape(3, 4)
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def array(x: Any) -> np.ndarray:
    return x.detach().numpy()


def name(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def with_gradients(m: Any, call: Call, x: np.ndarray, second: bool) -> tuple[list[np.ndarray], np.ndarray | None]:
    """Return the results and the gradient for certain cotangents, or (`second`) that of x times its square."""
    leaf = m.tensor(x, requires_grad=True)
    results = parts(call(m, leaf))
    values = [array(y) for y in results]
    kept = [y for y in results if y.requires_grad]
    if not kept:
        return values, None
    cotangents = [m.tensor(np.cos(np.arange(array(y).size)).reshape(y.shape).astype(array(y).dtype)) for y in kept]
    (g,) = m.autograd.grad(kept, leaf, cotangents, create_graph=second)
    if second:
        (g,) = m.autograd.grad((g * g * leaf).sum(), leaf)
    return values, array(g)


def assert_as_torch(call: Call, x: np.ndarray, second: bool = False, **tolerance: float) -> None:
    actual, gradient = with_gradients(tg, call, x, second)
    expected, wanted = with_gradients(torch, call, x, second)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        assert (a.shape, a.dtype) == (e.shape, e.dtype)
        np.testing.assert_allclose(a, e, **tolerance)
    assert (gradient is None) == (wanted is None)
    if gradient is not None:
        assert wanted is not None
        assert gradient.dtype == wanted.dtype
        np.testing.assert_allclose(gradient, wanted, **tolerance)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients(call: Call, dtype: str) -> None:
    tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == "float64" else {"rtol": 2e-5, "atol": 2e-6}
    assert_as_torch(call, PLAIN.astype(dtype), **tolerance)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_second_derivatives(call: Call) -> None:
    assert_as_torch(call, PLAIN, second=True, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(call: Call, dtype: str) -> None:
    x = np.array([[0, 1, 2, 1], [1, 3, 0, 5], [1, 1, 1, 1]]).astype(dtype)
    try:
        expected = [name(y.dtype) for y in parts(call(torch, torch.tensor(x)))]
    except (RuntimeError, NotImplementedError) as error:
        if "median" in str(error) or "argmax(): does not" in str(error) or "argmin(): does not" in str(error):
            call(tg, tg.tensor(x))  # here booleans have an order too
            return
        with pytest.raises(TypeError):
            call(tg, tg.tensor(x))
        return
    assert [name(y.dtype) for y in parts(call(tg, tg.tensor(x)))] == expected


def in_float64(m: Any) -> Any:
    return torch.float64 if m is torch else "float64"


CONVERTED: dict[str, Call] = {
    "sum": lambda m, x: m.sum(x, dtype=in_float64(m)),
    "x.sum": lambda m, x: x.sum(0, dtype=in_float64(m)),
    "nansum": lambda m, x: m.nansum(x, 0, dtype=in_float64(m)),
    "mean": lambda m, x: m.mean(x, 1, dtype=in_float64(m)),
    "nanmean": lambda m, x: m.nanmean(x, 1, dtype=in_float64(m)),
    "prod": lambda m, x: m.prod(x, dtype=in_float64(m)),
    "softmax": lambda m, x: m.softmax(x, 1, dtype=in_float64(m)),
    "log_softmax": lambda m, x: m.log_softmax(x, 1, in_float64(m)),
    "cumsum": lambda m, x: m.cumsum(x, 1, dtype=in_float64(m)),
    "cumprod": lambda m, x: m.cumprod(x, 1, dtype=in_float64(m)),
    "norm": lambda m, x: m.norm(x, dim=1, dtype=in_float64(m)),
}


@pytest.mark.parametrize("call", CONVERTED.values(), ids=CONVERTED)
def test_conversion_before_the_operation(call: Call) -> None:
    x = (PLAIN * 3).astype(np.float32)
    actual, expected = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, e = call(tg, actual), call(torch, expected)
    assert y.requires_grad == e.requires_grad
    assert name(y.dtype) == name(e.dtype)
    np.testing.assert_allclose(array(y), array(e), rtol=1e-14)
    if y.requires_grad:
        y.sum().backward()
        e.sum().backward()
        np.testing.assert_allclose(array(actual.grad), array(expected.grad), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("operation", ["sum", "prod", "nansum", "cumsum", "cumprod"])
def test_conversion_to_integers_first(operation: str) -> None:
    x = (PLAIN * 3).astype(np.float32)
    y = getattr(tg, operation)(tg.tensor(x), 1, dtype="int64")
    e = getattr(torch, operation)(torch.tensor(x), 1, dtype=torch.int64)
    assert y.dtype == np.int64
    np.testing.assert_array_equal(array(y), array(e))


TIED = np.array([[1.0, 3.0, 3.0, -2.0], [2.0, 2.0, 2.0, 2.0], [0.0, -1.0, -1.0, 0.0]])
AT_TIES = ["max", "min", "amax", "amax dims", "amin", "median", "norm inf", "norm -inf"]
AT_TIES += ["max dim", "max keepdim", "min dim"]


@pytest.mark.parametrize("call", [CALLS[key] for key in AT_TIES], ids=AT_TIES)
def test_ties(call: Call) -> None:
    assert_as_torch(call, TIED, rtol=1e-14)


WITH_ZEROS = np.array([[0.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.0, 0.0], [1.0, -2.0, 0.0, 0.5]])
AT_ZEROS = ["prod", "prod dim", "x.prod", "cumprod", "x.cumprod", "std", "x.std", "norm"]
AT_ZEROS += ["norm dim", "norm 1", "norm 3", "norm 0.5", "norm -1", "norm inf"]


@pytest.mark.parametrize("call", [CALLS[key] for key in AT_ZEROS], ids=AT_ZEROS)
def test_zeros(call: Call) -> None:
    assert_as_torch(call, WITH_ZEROS, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("key", ["prod", "prod dim", "cumprod", "x.cumprod"])
def test_second_derivatives_at_zeros(key: str) -> None:
    assert_as_torch(CALLS[key], WITH_ZEROS + np.array([0, 1, 0, 3]), second=True, rtol=1e-12, atol=1e-13)


EXTREME = np.array([[1e4, -1e4, 0.0, 9999.0], [-math.inf, 0.0, 1.0, -1e30], [-math.inf, 3.0, -math.inf, -math.inf]])
STABLE = ["logsumexp", "logsumexp dims", "softmax", "log_softmax", "max", "max dim", "amin", "cumsum", "any"]


@pytest.mark.parametrize("call", [CALLS[key] for key in STABLE], ids=STABLE)
def test_large_and_infinite_inputs(call: Call) -> None:
    assert_as_torch(call, EXTREME, rtol=1e-13)


WITH_NAN = np.array([[1.0, math.nan, 3.0, 0.5], [4.0, 5.0, 6.0, -1.0], [math.nan, 0.0, math.nan, 2.0]])
NAN = ["sum dim", "nansum", "nanmean", "max", "max dim", "min dim", "median", "argmax dim", "argmin", "softmax"]
NAN += ["logsumexp", "any of numbers", "x.count_nonzero", "cumsum"]


@pytest.mark.parametrize("call", [CALLS[key] for key in NAN], ids=NAN)
def test_nan(call: Call) -> None:
    assert_as_torch(call, WITH_NAN, rtol=1e-13)


EMPTY = ["sum", "sum dim", "mean", "mean dim", "prod", "x.prod", "nansum", "nanmean", "x.sum", "logsumexp", "median"]
EMPTY += ["cumsum", "cumprod", "softmax", "log_softmax", "any of numbers", "x.all", "count_nonzero"]
EMPTY += ["norm", "norm 1", "norm 3"]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)], ids=str)
@pytest.mark.parametrize("call", [CALLS[key] for key in EMPTY], ids=EMPTY)
def test_nothing_to_reduce(call: Call, shape: tuple[int, ...]) -> None:
    assert_as_torch(call, np.ones(shape), rtol=0)


NEEDS_ELEMENTS: dict[str, Call] = {
    "max": lambda m, x: m.max(x),
    "min": lambda m, x: m.min(x, 0),
    "amax": lambda m, x: m.amax(x, 0),
    "argmax": lambda m, x: m.argmax(x, 0),
    "argmin": lambda m, x: m.argmin(x),
    "median": lambda m, x: m.median(x, 0),
    "norm": lambda m, x: m.norm(x, math.inf),
}


@pytest.mark.parametrize("call", NEEDS_ELEMENTS.values(), ids=NEEDS_ELEMENTS)
def test_nothing_to_choose_from(call: Call) -> None:
    with pytest.raises((RuntimeError, IndexError)):
        call(torch, torch.ones(0, 3))
    with pytest.raises(ValueError, match=r"\(0, 3\)"):
        call(tg, tg.ones(0, 3))


ZERO_D: dict[str, Call] = {
    "sum": lambda m, x: x.sum(0),
    "mean": lambda m, x: x.mean(-1),
    "prod": lambda m, x: x.prod(0),
    "var": lambda m, x: x.var(0, correction=0),
    "max": lambda m, x: x.max(0),
    "min": lambda m, x: x.min(-1),
    "median": lambda m, x: x.median(0),
    "amax": lambda m, x: x.amax(0),
    "argmax": lambda m, x: x.argmax(0),
    "logsumexp": lambda m, x: x.logsumexp(0),
    "softmax": lambda m, x: x.softmax(-1),
    "log_softmax": lambda m, x: x.log_softmax(0),
    "cumsum": lambda m, x: x.cumsum(0),
    "cumprod": lambda m, x: x.cumprod(-1),
    "norm": lambda m, x: x.norm(2, 0),
    "any": lambda m, x: x.any(0),
}


@pytest.mark.parametrize("call", ZERO_D.values(), ids=ZERO_D)
def test_a_0d_tensor_has_dimension_0(call: Call) -> None:
    assert_as_torch(call, np.array(1.5), rtol=1e-14)


@pytest.mark.parametrize("key", ["sum dim", "softmax", "max dim", "cumsum", "norm 0.5", "argmax dim", "median keepdim"])
def test_a_missing_dimension_raises_in_both(key: str) -> None:
    for m in (tg, torch):
        with pytest.raises(IndexError):
            CALLS[key](m, m.ones(3))
