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


@pytest.mark.parametrize(
    ("inputs", "outputs", "order"),
    [(5, 3, "F"), (3, 5, "F"), (600, 300, "F"), (512, 512, "F"), (300, 600, "C")],
)
def test_the_weight_and_its_gradient_lie_by_columns_or_if_large_and_higher_than_wide_by_rows(inputs, outputs, order):
    tg.manual_seed(0)
    layer = nn.Linear(inputs, outputs)
    layer(tg.rand(4, inputs)).sum().backward()
    for array in (layer.weight.array, layer.weight.grad.array):
        assert array.shape == (outputs, inputs)
        assert array.flags[order]


def test_a_seed_draws_the_same_weights_in_both_orders(monkeypatch):
    weights = []
    for size in (1, 10**9):
        monkeypatch.setattr(nn.linear, "BY_ROWS", size)
        weights.append(nn.Linear(5, 7, generator=np.random.default_rng(0)).weight.array)
    assert weights[0].flags.c_contiguous
    assert weights[1].flags.f_contiguous
    np.testing.assert_array_equal(*weights)


@pytest.mark.parametrize("batch", [3, 9])
def test_weights_by_rows_give_what_those_by_columns_do(monkeypatch, batch):
    """Activations, dropout's masks and gradients then lie column by column; numbers are the same but for rounding."""
    results = []
    x = np.random.default_rng(1).random((batch, 4))
    for size in (1, 10**9):
        monkeypatch.setattr(nn.linear, "BY_ROWS", size)
        generator = np.random.default_rng(0)
        layers = [nn.Linear(*sizes, dtype="float64", generator=generator) for sizes in ((4, 6), (6, 7), (7, 2))]
        input = tg.tensor(x, requires_grad=True)
        nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.Tanh(), layers[2])(input).sum().backward()
        results.append([input.grad.array, *[p.grad.array for layer in layers for p in layer.parameters()]])
    for by_rows, by_columns in zip(*results, strict=True):
        np.testing.assert_allclose(by_rows, by_columns, rtol=1e-12)


def test_a_cotangent_lies_as_the_input_does():
    weight = tg.rand(5, 4, requires_grad=True)
    for order in "CF":
        x = tg.from_numpy(np.ones((3, 4), np.float32, order=order)).requires_grad_()
        tg.linear(x, weight).sum().backward()
        assert x.grad.array.flags[order]


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
