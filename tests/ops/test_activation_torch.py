"""Activations against PyTorch: values, gradients, kinks, numbers of every size and dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from against_torch import assert_same_as_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


def weight(m: Any, x: Any) -> Any:
    """Return three weights in the dtype of `x`."""
    return m.tensor(np.array([0.1, 0.25, -0.5], dtype=x.detach().numpy().dtype))


# `f` is torch.nn.functional or tinygrad_np itself.
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "relu": lambda f, x: f.relu(x),
    "relu6": lambda f, x: f.relu6(x),
    "hardtanh": lambda f, x: f.hardtanh(x),
    "hardtanh words": lambda f, x: f.hardtanh(x, min_val=-0.5, max_val=2.0),
    "leaky_relu": lambda f, x: f.leaky_relu(x),
    "leaky_relu slope": lambda f, x: f.leaky_relu(x, negative_slope=0.3),
    "leaky_relu steep": lambda f, x: f.leaky_relu(x, 2.0),
    "leaky_relu falling": lambda f, x: f.leaky_relu(x, -0.5),
    "elu": lambda f, x: f.elu(x),
    "elu alpha": lambda f, x: f.elu(x, alpha=1.7),
    "selu": lambda f, x: f.selu(x),
    "celu": lambda f, x: f.celu(x, alpha=2.0),
    "gelu": lambda f, x: f.gelu(x),
    "gelu tanh": lambda f, x: f.gelu(x, approximate="tanh"),
    "sigmoid": lambda f, x: f.sigmoid(x),
    "silu": lambda f, x: f.silu(x),
    "mish": lambda f, x: f.mish(x),
    "logsigmoid": lambda f, x: f.logsigmoid(x),
    "softplus": lambda f, x: f.softplus(x),
    "softplus words": lambda f, x: f.softplus(x, beta=2.0, threshold=3.0),
    "softsign": lambda f, x: f.softsign(x),
    "tanhshrink": lambda f, x: f.tanhshrink(x),
    "hardsigmoid": lambda f, x: f.hardsigmoid(x),
    "hardswish": lambda f, x: f.hardswish(x),
    "hardshrink": lambda f, x: f.hardshrink(x),
    "hardshrink lambd": lambda f, x: f.hardshrink(x, lambd=1.0),
    "softshrink": lambda f, x: f.softshrink(x),
    "softshrink lambd": lambda f, x: f.softshrink(x, lambd=1.0),
    "threshold": lambda f, x: f.threshold(x, threshold=0.25, value=-7.0),
    "glu": lambda f, x: f.glu(x),
    "glu dim": lambda f, x: f.glu(x, dim=0),
    "prelu": lambda f, x: f.prelu(x, weight(tg if f is tg else torch, x)[1]),
    "prelu channels": lambda f, x: f.prelu(x[:, :3], weight(tg if f is tg else torch, x)),
}
X = np.random.default_rng(2).permuted(np.linspace(-5.03, 5.11, 24)).reshape(4, 6)  # away from every kink


@pytest.fixture(autouse=True)
def one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch deprecates `F.sigmoid`, which is the shortest way to write one line for both."""
    monkeypatch.setattr(torch.nn.functional, "sigmoid", torch.sigmoid)


def functions(m: Any) -> Any:
    return torch.nn.functional if m is torch else tg


@pytest.mark.parametrize("name", [name for name in CALLS if name != "hardsigmoid"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_two_derivatives(name: str, dtype: str) -> None:
    assert_same_as_torch(torch, lambda m, x: CALLS[name](functions(m), x), X.astype(dtype))


KINKS = np.array([[-6, -3, -1, -0.5, 0, 0.25], [0.5, 1, 1.5, 3, 6, 20], [0, 0, 0, 0, 0, 0], [20.5, 2, -2, 10, -10, 30]])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_gradients_at_kinks(call: Callable[[Any, Any], Any]) -> None:
    gradients = []
    for m in (tg, torch):
        x = m.tensor(KINKS, requires_grad=True)
        call(functions(m), x).sum().backward()
        gradients.append(x.grad.numpy())
    rough = call is CALLS["hardsigmoid"]  # whose slope is 1/6 in float32 in PyTorch; it has no second derivative there
    np.testing.assert_allclose(*gradients, rtol=5e-8 if rough else 1e-12, atol=1e-15)


SIZES = np.concatenate([-np.logspace(38, -38, 400), np.logspace(-38, 38, 400)]).astype(np.float32).reshape(-1, 1)


@pytest.mark.parametrize("name", [name for name in CALLS if "glu" not in name and "prelu" not in name])
def test_numbers_of_every_size_in_float32(name: str) -> None:
    values, gradients = [], []
    for m in (tg, torch):
        x = m.tensor(SIZES, requires_grad=True)
        y = CALLS[name](functions(m), x)
        y.backward(m.ones(y.shape))
        values.append(y.detach().numpy())
        gradients.append(x.grad.numpy())
    # PyTorch's hardswish of huge numbers is infinite, and its gradient of the approximate gelu is nan
    finite = np.isfinite(values[1]) & np.isfinite(gradients[1])
    assert np.isfinite(values[0]).all()
    assert np.isfinite(gradients[0]).all()
    assert finite.mean() > 0.5
    # its gelu is x (1 + erf) / 2, which loses digits
    np.testing.assert_allclose(values[0][finite], values[1][finite], rtol=2e-6, atol=5e-7)
    np.testing.assert_allclose(gradients[0][finite], gradients[1][finite], rtol=1e-5, atol=1e-6)


LIMITS = [CALLS[name] for name in ("relu", "relu6", "hardtanh", "hardtanh words", "threshold")]  # these keep integers


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"])
def test_dtypes_are_those_of_pytorch_where_it_answers(name: str, dtype: str) -> None:
    """Where it refuses integers, they become the default floating dtype here."""
    if "prelu" in name and not dtype.startswith("float"):
        return
    x = np.array([[0, 1, 3, 1], [2, 1, 0, 5]]).astype(dtype)
    try:
        expected = CALLS[name](torch.nn.functional, torch.tensor(x)).numpy().dtype
    except (RuntimeError, NotImplementedError):
        if CALLS[name] in LIMITS:
            with pytest.raises(TypeError):
                CALLS[name](tg, tg.tensor(x))
            return
        expected = np.dtype("float32")
    assert CALLS[name](tg, tg.tensor(x)).dtype == expected


@pytest.mark.parametrize("name", ["relu", "relu6", "hardtanh"])
def test_limits_of_integers(name: str) -> None:
    x = np.array([-9, -1, 0, 1, 9])
    actual, expected = CALLS[name](tg, tg.tensor(x)), CALLS[name](torch.nn.functional, torch.tensor(x))
    np.testing.assert_array_equal(actual.numpy(), expected.numpy())


def test_gradients_of_the_weight_of_prelu() -> None:
    for weights in (np.array([0.25]), np.array([0.1, 0.25, -0.5])):
        gradients = []
        for m in (tg, torch):
            x, w = m.tensor(X[:, :3]), m.tensor(weights, requires_grad=True)
            y = functions(m).prelu(x, w)
            (y * y).sum().backward()
            gradients.append(w.grad.numpy())
        np.testing.assert_allclose(*gradients, rtol=1e-12)


def test_shapes_that_pytorch_refuses() -> None:
    for m in (tg, torch):
        f = functions(m)
        for call in (
            lambda f=f, m=m: f.glu(m.ones(2, 3)),
            lambda f=f, m=m: f.prelu(m.ones(2, 3), m.ones(2)),
            lambda f=f, m=m: f.softshrink(m.ones(2), -1.0),
            lambda f=f, m=m: f.celu(m.ones(2), 0.0),
        ):
            with pytest.raises((ValueError, RuntimeError)):
                call()
