"""What the table of cases cannot say about activations: kinks, large numbers, words and errors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from tinygrad_np.primitive import registry

SLOPE = tg.tensor(0.25)
ACTIVATIONS: dict[str, Callable[[Any], tg.Tensor]] = {
    "relu": tg.relu,
    "relu6": tg.relu6,
    "hardtanh": tg.hardtanh,
    "leaky_relu": tg.leaky_relu,
    "prelu": lambda x: tg.prelu(x, SLOPE),
    "elu": lambda x: tg.elu(x, 2.0),
    "selu": tg.selu,
    "celu": lambda x: tg.celu(x, 2.0),
    "gelu": tg.gelu,
    "gelu tanh": lambda x: tg.gelu(x, "tanh"),
    "sigmoid": tg.sigmoid,
    "silu": tg.silu,
    "mish": tg.mish,
    "logsigmoid": tg.logsigmoid,
    "softplus": tg.softplus,
    "softplus sharp": lambda x: tg.softplus(x, 3.0, 5.0),
    "softsign": tg.softsign,
    "tanhshrink": tg.tanhshrink,
    "hardsigmoid": tg.hardsigmoid,
    "hardswish": tg.hardswish,
    "hardshrink": tg.hardshrink,
    "softshrink": tg.softshrink,
    "threshold": lambda x: tg.threshold(x, 0.5, 9.0),
}


def value_and_slope(
    function: Callable[[Any], tg.Tensor], x: Any, dtype: str = "float64"
) -> tuple[np.ndarray, np.ndarray]:
    leaf = tg.tensor(x, dtype=dtype, requires_grad=True)
    y = function(leaf)
    y.sum().backward()
    assert leaf.grad is not None
    return y.detach().numpy(), leaf.grad.numpy()


# ---- kinks

KINKS = [  # name, x, value, derivative: PyTorch's
    ("relu", 0.0, 0.0, 0.0),
    ("relu6", 0.0, 0.0, 0.0),
    ("relu6", 6.0, 6.0, 0.0),
    ("hardtanh", -1.0, -1.0, 0.0),
    ("hardtanh", 1.0, 1.0, 0.0),
    ("leaky_relu", 0.0, 0.0, 0.01),
    ("prelu", 0.0, 0.0, 0.25),
    ("elu", 0.0, 0.0, 2.0),
    ("selu", 0.0, 0.0, 1.0507009873554805 * 1.6732632423543772),
    ("celu", 0.0, 0.0, 1.0),
    ("hardsigmoid", -3.0, 0.0, 0.0),
    ("hardsigmoid", 3.0, 1.0, 0.0),
    ("hardswish", -3.0, 0.0, 0.0),
    ("hardswish", 3.0, 3.0, 1.0),
    ("hardshrink", -0.5, 0.0, 0.0),
    ("hardshrink", 0.5, 0.0, 0.0),
    ("softshrink", -0.5, 0.0, 0.0),
    ("softshrink", 0.5, 0.0, 0.0),
    ("threshold", 0.5, 9.0, 0.0),
    ("softplus sharp", 5 / 3, (5 + math.log1p(math.exp(-5))) / 3, 1 / (1 + math.exp(-5))),
    ("softplus sharp", 5.001 / 3, 5.001 / 3, 1.0),
]


@pytest.mark.parametrize(("name", "x", "value", "slope"), KINKS)
def test_kinks_as_in_pytorch(name: str, x: float, value: float, slope: float) -> None:
    y, dx = value_and_slope(ACTIVATIONS[name], x)
    np.testing.assert_allclose(y, value, rtol=1e-14)
    np.testing.assert_allclose(dx, slope, rtol=1e-14)


def test_at_its_kink_prelu_gives_the_weight_no_gradient() -> None:
    weight = tg.tensor([0.25], requires_grad=True)
    tg.prelu(tg.tensor([0.0, -2.0, 3.0]), weight).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [-2.0])


# ---- large numbers

HUGE = [-3e38, -1e20, -1e4, -200.0, -90.0, 90.0, 200.0, 1e4, 1e20, 3e38]


@pytest.mark.parametrize("function", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_far_from_zero_they_are_straight_lines_without_warnings(function: Callable[[Any], tg.Tensor]) -> None:
    y, dx = value_and_slope(function, HUGE, "float32")
    assert np.isfinite(y).all()
    np.testing.assert_allclose(dx[[1, 2, -3, -2]], dx[[0, 0, -1, -1]], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(
        y[[0, 1, -2, -1]] / np.float32(HUGE)[[0, 1, -2, -1]], dx[[0, 1, -2, -1]], rtol=1e-6, atol=1e-18
    )


@pytest.mark.parametrize("function", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_far_from_zero_second_derivatives_are_zero(function: Callable[[Any], tg.Tensor]) -> None:
    x = tg.tensor([-1e20, -1e4, 1e4, 1e20], requires_grad=True)
    (dx,) = tg.autograd.grad(function(x).sum(), x, create_graph=True)
    if dx.requires_grad:
        np.testing.assert_allclose(tg.autograd.grad(dx.sum(), x)[0].numpy(), 0, atol=1e-11)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("threshold", "hardshrink")])
def test_nan_stays_nan(name: str) -> None:
    assert np.isnan(ACTIVATIONS[name](tg.tensor([math.nan])).numpy()).all()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("relu", 0, math.inf),
        ("relu6", 0, 6),
        ("hardtanh", -1, 1),
        ("leaky_relu", -math.inf, math.inf),
        ("elu", -2, math.inf),
        ("celu", -2, math.inf),
        ("selu", -1.7580993408473766, math.inf),
        ("sigmoid", 0, 1),
        ("logsigmoid", -math.inf, 0),
        ("softplus", 0, math.inf),
        ("hardsigmoid", 0, 1),
        ("tanhshrink", -math.inf, math.inf),
        ("softshrink", -math.inf, math.inf),
        ("hardshrink", -math.inf, math.inf),
    ],
)
def test_limits_at_infinity(name: str, low: float, high: float) -> None:
    y = ACTIVATIONS[name](tg.tensor([-math.inf, math.inf], dtype="float64"))
    np.testing.assert_allclose(y.numpy(), [low, high], rtol=1e-15)


# ---- accuracy


@given(st.floats(-708, 700))
def test_sigmoid_is_exact_in_its_tail(x: float) -> None:
    expected = 1 / (1 + math.exp(-x)) if x > 0 else math.exp(x) / (1 + math.exp(x))
    np.testing.assert_allclose(tg.sigmoid(tg.tensor(x, dtype="float64")).item(), expected, rtol=4e-16 + abs(x) * 3e-16)


@given(st.floats(-87, 87, width=32))
def test_sigmoid_is_exact_in_its_tail_in_float32(x: float) -> None:
    expected = 1 / (1 + math.exp(-x))
    np.testing.assert_allclose(tg.sigmoid(tg.tensor(x, dtype="float32")).item(), expected, rtol=4e-7)


@given(st.floats(-12, 12, width=32))
def test_gelu_keeps_its_digits_where_it_is_nearly_zero(x: float) -> None:
    """Where ``1 + erf(x / sqrt(2))`` has none left."""
    expected = x * math.erfc(-x / math.sqrt(2)) / 2
    np.testing.assert_allclose(tg.gelu(tg.tensor(x)).item(), expected, rtol=2e-6, atol=1e-44)


@given(st.floats(-30, 700))
def test_logsigmoid_and_softplus_mirror_each_other(x: float) -> None:
    y = tg.tensor(x, dtype="float64")
    expected = math.log1p(math.exp(-x)) if x > -30 else -x
    np.testing.assert_allclose(tg.logsigmoid(y).item(), -expected, rtol=1e-14)
    np.testing.assert_allclose(tg.softplus(-y, threshold=1000).item(), expected, rtol=1e-14)


@given(st.floats(-50, 50))
def test_functions_written_in_others(x: float) -> None:
    y = tg.tensor(x, dtype="float64")
    for actual, expected in (
        (tg.silu(y), y * tg.sigmoid(y)),
        (tg.mish(y), y * tg.tanh(tg.softplus(y, threshold=1000))),
        (tg.gelu(y), y * tg.ndtr(y)),
        (tg.relu6(y), tg.minimum(tg.relu(y), 6.0)),
        (tg.hardswish(y), y * tg.hardsigmoid(y)),
        (tg.selu(y), 1.0507009873554805 * tg.elu(y, 1.6732632423543772)),
        (tg.tanhshrink(y), y - tg.tanh(y)),
        (tg.leaky_relu(y, 0.3), tg.relu(y) - 0.3 * tg.relu(-y)),
        (tg.prelu(y, tg.tensor(0.25, dtype="float64")), tg.leaky_relu(y, 0.25)),
        (tg.logit(tg.expit(y / 10)), y / 10),
    ):
        np.testing.assert_allclose(actual.item(), expected.item(), rtol=1e-12, atol=1e-13)


# ---- what is saved


@pytest.mark.parametrize("name", ["relu", "sigmoid", "relu6"])
def test_only_the_output_is_saved(name: str) -> None:
    x = tg.tensor([-1.0, 0.5, 2.0], requires_grad=True)
    middle = x * 1
    y = ACTIVATIONS[name](middle)
    middle.mul_(7)  # may be written to: the rule reads the output
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), value_and_slope(ACTIVATIONS[name], x.detach().numpy(), "float32")[1])


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in ("relu", "sigmoid", "relu6", "hardtanh")])
def test_results_may_be_written_to(name: str) -> None:
    x = tg.tensor([-1.0, 0.3, 2.0], requires_grad=True)
    y = ACTIVATIONS[name](x)
    y += 1
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), value_and_slope(ACTIVATIONS[name], x.detach().numpy(), "float32")[1])


@pytest.mark.parametrize("name", ["relu", "sigmoid"])
def test_forward_writes_into_a_given_array(name: str) -> None:
    x = np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)
    out = np.full_like(x, np.nan)
    assert registry[name].forward(x, out=out) is out
    np.testing.assert_array_equal(out, registry[name].forward(x))


@pytest.mark.parametrize("function", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_memory_order_is_kept(function: Callable[[Any], tg.Tensor]) -> None:
    x = tg.tensor(np.asfortranarray(np.linspace(-2, 2, 6, dtype=np.float32).reshape(2, 3)))
    assert function(x).array.flags.f_contiguous


# ---- dtypes, words and errors


LIMITS = ["relu", "relu6", "hardtanh", "threshold"]


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in LIMITS])
def test_integers_become_floating(name: str) -> None:
    assert ACTIVATIONS[name](tg.tensor([1, -2])).dtype == np.float32


@pytest.mark.parametrize("name", ["relu", "relu6", "hardtanh"])
@pytest.mark.parametrize("dtype", ["int8", "int64", "float16", "float32", "float64"])
def test_limits_keep_every_dtype(name: str, dtype: str) -> None:
    y = ACTIVATIONS[name](tg.tensor([-9, 0, 9], dtype=dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.numpy(), np.clip([-9, 0, 9], *{"relu": (0, 9), "relu6": (0, 6)}.get(name, (-1, 1))))


@pytest.mark.parametrize("name", LIMITS)
def test_booleans_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match="not booleans"):
        ACTIVATIONS[name](tg.tensor([True]))


def test_limits_that_an_integer_cannot_hold_are_refused() -> None:
    with pytest.raises(TypeError, match=r"hardtanh: uint8 cannot hold all of \(-1.0, 1.0\)"):
        tg.hardtanh(tg.tensor([1, 2], dtype="uint8"))
    with pytest.raises(TypeError, match=r"threshold: int8 cannot hold all of \(200,\)"):
        tg.threshold(tg.tensor([1, 2], dtype="int8"), 1, 200)


@pytest.mark.parametrize("function", ACTIVATIONS.values(), ids=ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floating_dtypes_are_kept_by_values_and_gradients(function: Callable[[Any], tg.Tensor], dtype: str) -> None:
    x = tg.tensor([-1.5, 0.0, 2.5], dtype=dtype, requires_grad=True)
    y = function(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.gelu(tg.ones(2), "erf"), "approximate='erf'"),
        (lambda: tg.hardtanh(tg.ones(2), 1.0, -1.0), "from 1.0 to -1.0"),
        (lambda: tg.celu(tg.ones(2), 0), "alpha, which is 0"),
        (lambda: tg.softplus(tg.ones(2), 0), "beta, which is 0"),
        (lambda: tg.softshrink(tg.ones(2), -1), "softshrink by -1"),
        (lambda: tg.glu(tg.ones(2, 3)), r"dim -1 of shape \(2, 3\)"),
        (lambda: tg.glu(tg.tensor(1.0)), r"shape \(\)"),
        (lambda: tg.prelu(tg.ones(2, 3), tg.ones(2)), r"weights \(2,\): give one weight, or 3"),
        (lambda: tg.prelu(tg.ones(3), tg.ones(3)), "give one weight, or 1"),
        (lambda: tg.prelu(tg.ones(2, 3), tg.ones(3, 1)), r"weights \(3, 1\)"),
    ],
)
def test_errors_name_what_is_wrong(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_glu_needs_a_dimension_that_is_there() -> None:
    with pytest.raises(IndexError, match="dim 2"):
        tg.glu(tg.ones(2, 4), 2)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_glu_and_its_gradient(dim: int) -> None:
    x = np.random.default_rng(0).standard_normal((4, 6))
    a, b = np.split(x, 2, dim)
    np.testing.assert_allclose(tg.glu(tg.tensor(x), dim).numpy(), a / (1 + np.exp(-b)), rtol=1e-14)
    assert tg.gradcheck(lambda y: tg.glu(y, dim), [x], order=2)


@pytest.mark.parametrize(("shape", "weights"), [((4,), 1), ((2, 3), 1), ((2, 3), 3), ((2, 3, 4), 3), ((2, 3, 4, 5), 3)])
def test_prelu_has_a_weight_a_channel(shape: tuple[int, ...], weights: int) -> None:
    rng = np.random.default_rng(1)
    x, w = rng.standard_normal(shape), rng.uniform(0.1, 0.5, weights)
    each = w.reshape((weights,) + (1,) * max(0, len(shape) - 2)) if weights > 1 else w[0]
    y = tg.prelu(tg.tensor(x), tg.tensor(w))
    np.testing.assert_allclose(y.numpy(), np.where(x > 0, x, each * x), rtol=1e-15)
    assert tg.gradcheck(tg.prelu, [x, w], order=2)


def test_activations_of_tensors_as_methods() -> None:
    x = tg.tensor([-1.0, 2.0])
    for name in ("relu", "sigmoid", "hardshrink"):
        np.testing.assert_array_equal(getattr(x, name)().numpy(), getattr(tg, name)(x).numpy())
    np.testing.assert_array_equal(x.prelu(tg.tensor([0.5])).numpy(), [-0.5, 2.0])
