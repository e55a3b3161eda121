"""Activations as modules: arguments, attributes, copies, and what they refuse."""

import copy
import math
import pickle

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

X = np.linspace(-4, 4, 12).reshape(3, 4) + 0.01


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Each activation by its formula.
FORMULAS = {
    nn.ReLU(): lambda x: np.maximum(x, 0),
    nn.LeakyReLU(0.2): lambda x: np.where(x > 0, x, 0.2 * x),
    nn.PReLU(dtype="float64"): lambda x: np.where(x > 0, x, 0.25 * x),
    nn.Hardtanh(-2.0, 1.0): lambda x: np.clip(x, -2, 1),
    nn.ReLU6(): lambda x: np.clip(x, 0, 6),
    nn.Hardsigmoid(): lambda x: np.clip(x / 6 + 0.5, 0, 1),
    nn.Hardswish(): lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    nn.Threshold(0.5, 7.0): lambda x: np.where(x > 0.5, x, 7),
    nn.Hardshrink(): lambda x: np.where(abs(x) > 0.5, x, 0),
    nn.Softshrink(): lambda x: np.sign(x) * np.maximum(abs(x) - 0.5, 0),
    nn.Sigmoid(): sigmoid,
    nn.LogSigmoid(): lambda x: np.log(sigmoid(x)),
    nn.Tanh(): np.tanh,
    nn.Tanhshrink(): lambda x: x - np.tanh(x),
    nn.ELU(0.5): lambda x: np.where(x > 0, x, 0.5 * np.expm1(x)),
    nn.CELU(0.5): lambda x: np.where(x > 0, x, 0.5 * np.expm1(x / 0.5)),
    nn.SELU(): lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
    nn.GELU(): lambda x: x * np.vectorize(lambda v: (1 + math.erf(v / math.sqrt(2))) / 2)(x),
    nn.GELU("tanh"): lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    nn.SiLU(): lambda x: x * sigmoid(x),
    nn.Mish(): lambda x: x * np.tanh(np.log1p(np.exp(x))),
    nn.Softplus(2.0): lambda x: np.log1p(np.exp(2 * x)) / 2,
    nn.Softsign(): lambda x: x / (1 + abs(x)),
    nn.Softmax(1): lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True),
    nn.LogSoftmax(0): lambda x: x - np.log(np.exp(x).sum(0, keepdims=True)),
    nn.GLU(1): lambda x: x[:, :2] * sigmoid(x[:, 2:]),
}


@pytest.mark.parametrize("module", FORMULAS, ids=repr)
def test_values_and_gradients(module):
    np.testing.assert_allclose(module(tg.tensor(X)).detach().numpy(), FORMULAS[module](X), rtol=1e-10, atol=1e-12)
    assert tg.gradcheck(module, tg.tensor(X, requires_grad=True), order=2)


@pytest.mark.parametrize("module", FORMULAS, ids=repr)
def test_copies_do_the_same(module):
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(other) == repr(module)
        np.testing.assert_array_equal(other(tg.tensor(X)).detach().numpy(), module(tg.tensor(X)).detach().numpy())


def test_arguments_are_attributes_that_can_be_changed():
    layer = nn.LeakyReLU(0.2)
    layer.negative_slope = 0.5
    assert layer(tg.tensor([-2.0])).item() == -1
    assert repr(layer) == "LeakyReLU(negative_slope=0.5)"
    assert repr(nn.ReLU(inplace=True)) == "ReLU(inplace=True)"


def test_prelu_learns_a_slope_for_each_channel():
    layer = nn.PReLU(4, init=0.5)
    assert layer.weight.shape == (4,)
    y = layer(tg.tensor(-np.ones((2, 4, 3))).float())
    y.sum().backward()
    assert layer.weight.grad.tolist() == [-6.0] * 4


@pytest.mark.parametrize("function", [F.relu, F.leaky_relu, F.elu, F.hardtanh, F.silu])
def test_in_place_writes_into_the_input(function):
    x = tg.tensor(X)
    expected = function(x).tolist()
    assert function(x, inplace=True) is x
    assert x.tolist() == expected


def test_in_place_is_differentiated():
    leaf = tg.tensor([-1.0, 2.0], requires_grad=True)
    x = leaf * 1
    F.relu(x, inplace=True).sum().backward()
    assert leaf.grad.tolist() == [0.0, 1.0]


def test_arguments_that_make_no_sense():
    with pytest.raises(ValueError, match="min_val < max_val"):
        nn.Hardtanh(1.0, 1.0)
    with pytest.raises(ValueError, match="not negative, not -1"):
        nn.Softshrink(-1)
    with pytest.raises(TypeError, match="dim"):
        nn.Softmax()


def test_slopes_at_random():
    x = tg.tensor(X, requires_grad=True)
    first, second = (nn.RReLU(0.1, 0.9, generator=np.random.default_rng(3))(x) for _ in range(2))
    np.testing.assert_array_equal(first.detach().numpy(), second.detach().numpy())
    first.sum().backward()
    slopes = x.grad.numpy()
    np.testing.assert_allclose(first.detach().numpy(), slopes * X)
    assert (slopes[X > 0] == 1).all()
    assert ((slopes[X < 0] >= 0.1) & (slopes[X < 0] <= 0.9)).all()
    assert len(np.unique(slopes[X < 0])) == (X < 0).sum()
    np.testing.assert_allclose(nn.RReLU(0.1, 0.9).eval()(tg.tensor(X)).numpy(), np.where(X > 0, X, 0.5 * X))


def test_slopes_in_order():
    for make in (lambda: nn.RReLU(0.5, 0.1), lambda: F.rrelu(tg.tensor(X), 0.5, 0.1)):
        with pytest.raises(ValueError, match=r"lower <= upper, not 0\.5 and 0\.1"):
            make()


def test_probabilities_of_channels():
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    for images in (x, x[0]):
        np.testing.assert_allclose(nn.Softmax2d()(tg.tensor(images)).numpy().sum(-3), 1, rtol=1e-12)
    with pytest.raises(ValueError, match=r"\(N, C, H, W\) or \(C, H, W\), not \(3, 4\)"):
        nn.Softmax2d()(tg.tensor(X))
