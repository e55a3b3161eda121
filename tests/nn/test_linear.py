"""Linear, Identity, Flatten, Unflatten and Dropout by themselves."""

import math

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

# ---- Linear


def test_linear_is_affine():
    layer = nn.Linear(3, 2)
    x = tg.rand(4, 3)
    expected = x.numpy() @ layer.weight.array.T + layer.bias.array
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-6)
    assert nn.Linear(3, 2, bias=False)(tg.zeros(3)).tolist() == [0.0, 0.0]
    assert layer(tg.rand(5, 4, 3)).shape == (5, 4, 2)


def test_linear_gradients():
    layer = nn.Linear(3, 2, dtype="float64")
    x = tg.rand(4, 3, dtype="float64", requires_grad=True)
    g = tg.rand(4, 2, dtype="float64")
    layer(x).backward(g)
    np.testing.assert_allclose(x.grad.numpy(), g.numpy() @ layer.weight.array)
    np.testing.assert_allclose(layer.weight.grad.numpy(), g.numpy().T @ x.array)
    np.testing.assert_allclose(layer.bias.grad.numpy(), g.numpy().sum(0))


def test_weight_lies_column_by_column_and_its_gradient_too():
    layer = nn.Linear(5, 3)
    layer(tg.rand(4, 5)).sum().backward()
    assert layer.weight.shape == (3, 5)
    assert layer.weight.flags.f_contiguous
    assert layer.weight.grad.flags.f_contiguous


def test_linear_starts_within_its_bounds_and_fills_them():
    layer = nn.Linear(100, 200, generator=np.random.default_rng(0))
    for parameter in layer.parameters():
        assert parameter.dtype == np.float32
        assert 0.095 < parameter.array.max() <= 0.1
        assert -0.1 <= parameter.array.min() < -0.095
    assert abs(layer.weight.array.std() - 0.1 / math.sqrt(3)) < 0.001


def test_linear_draws_from_the_default_generator_or_from_its_own():
    tg.manual_seed(3)
    first = nn.Linear(3, 2).state_dict()
    tg.manual_seed(3)
    second = nn.Linear(3, 2).state_dict()
    state = tg.get_rng_state()
    third = nn.Linear(3, 2, generator=np.random.default_rng(3)).state_dict()
    assert tg.get_rng_state() == state
    for name in first:
        assert first[name].tolist() == second[name].tolist() == third[name].tolist()


def test_linear_without_inputs_or_bias():
    assert nn.Linear(0, 2)(tg.zeros(3, 0)).tolist() == [[0.0, 0.0]] * 3
    layer = nn.Linear(3, 2, bias=False)
    assert layer.bias is None
    assert list(layer.state_dict()) == ["weight"]
    assert repr(layer) == "Linear(in_features=3, out_features=2, bias=False)"
    with pytest.raises(ValueError, match="not -1 and 2"):
        nn.Linear(-1, 2)
    with pytest.raises(ValueError, match=r"\(4, 5\)"):
        nn.Linear(3, 2)(tg.zeros(4, 5))
    with pytest.raises(RuntimeError, match="cuda"):
        nn.Linear(3, 2, device="cuda")


# ---- shapes


def test_identity_returns_its_input():
    x = tg.ones(2)
    assert nn.Identity(1, b=2)(x) is x


def test_flatten_and_unflatten():
    x = tg.arange(24).reshape(2, 3, 4)
    assert nn.Flatten()(x).tolist() == x.numpy().reshape(2, 12).tolist()
    assert nn.Flatten(0, 1)(x).shape == (6, 4)
    assert nn.Unflatten(1, (3, 4))(nn.Flatten()(x)).tolist() == x.tolist()
    assert nn.Unflatten(-1, (2, -1))(x).shape == (2, 3, 2, 2)
    with pytest.raises(TypeError, match="sequence of integers"):
        nn.Unflatten(1, "ab")


# ---- Dropout


@pytest.mark.parametrize("p", [0.0, 1 / 1024, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_dropout_drops_with_its_probability_and_scales_the_rest(p):
    n = 400_000
    x = tg.full((n,), 3.0, requires_grad=True)
    y = nn.Dropout(p, generator=np.random.default_rng(1))(x)
    kept = y.detach().numpy() != 0
    assert abs(kept.mean() - (1 - p)) <= 4 * math.sqrt(p * (1 - p) / n)
    np.testing.assert_allclose(y.detach().numpy()[kept], 3 / (1 - p) if p < 1 else [], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), kept / (1 - p) if p < 1 else 0 * kept, rtol=1e-6)


def test_the_last_of_65536_cases_is_decided_too():
    """Sixteen bits alone would drop nothing at the first p, and too much or too little at the second."""
    generator = np.random.default_rng(0)
    for p in (0.4 / 65536, 1.5 / 65536):
        dropped = sum(int((F.dropout(tg.ones(2_000_000), p, generator=generator).numpy() == 0).sum()) for _ in range(4))
        assert abs(dropped - 8_000_000 * p) < 5 * math.sqrt(8_000_000 * p)


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.Philox, np.random.SFC64, np.random.MT19937])
def test_dropout_with_any_generator(bits):
    y = F.dropout(tg.ones(100_000), 0.3, generator=np.random.Generator(bits(2)))
    assert abs(float((y.numpy() == 0).mean()) - 0.3) < 0.006


def test_dropout_of_neighbours_is_independent():
    kept = F.dropout(tg.ones(400_000), 0.5, generator=np.random.default_rng(5)).numpy() > 0
    for distance in (1, 2, 3, 4, 8):
        assert abs(np.mean(kept[distance:] == kept[:-distance]) - 0.5) < 0.004


def test_dropout_depends_on_the_seed_alone():
    layer, x = nn.Dropout(0.3), tg.ones(5, 7)
    tg.manual_seed((0, 2, 5))
    first = layer(x).tolist()
    tg.rand(3)
    assert layer(x).tolist() != first
    tg.manual_seed((0, 2, 5))
    assert layer(x).tolist() == first


def test_dropout_in_evaluation_returns_its_input():
    x = tg.ones(3)
    assert nn.Dropout(0.9).eval()(x) is x
    assert F.dropout(x, 0.9, False) is x


def test_dropout_keeps_dtype_and_shape():
    for shape in [(), (0,), (1, 1), (2, 3, 4)]:
        assert F.dropout(tg.ones(shape, dtype="float64")).shape == shape
    assert F.dropout(tg.ones(3, dtype="float64")).dtype == np.float64
    assert F.dropout(tg.ones(3, dtype="float16")).dtype == np.float16


def test_dropout_in_place_writes_into_its_input():
    x = tg.ones(1000)
    y = nn.Dropout(0.5, inplace=True)(x)
    assert y is x
    assert sorted(set(x.tolist())) == [0.0, 2.0]


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_dropout_needs_a_probability(p):
    for make in (nn.Dropout, lambda p: F.dropout(tg.ones(1), p)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            make(p)
