"""Linear, Identity, Flatten and Unflatten by themselves."""

import math

import numpy as np
import pytest

import nn
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
