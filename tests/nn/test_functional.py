"""The functional forms: each module has one, and both give the same."""

import inspect

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

X = np.random.default_rng(0).normal(size=(4, 6))
T = np.random.default_rng(1).normal(size=(4, 6))
P, Q = np.random.default_rng(2).uniform(0.1, 0.9, (2, 4, 6))
CLASSES = np.array([0, 5, 2, 2])

# module, function with its arguments after the input
ACTIVATIONS = [
    (nn.ReLU(), F.relu, ()),
    (nn.LeakyReLU(0.2), F.leaky_relu, (0.2,)),
    (nn.Hardtanh(-0.5, 0.7), F.hardtanh, (-0.5, 0.7)),
    (nn.ReLU6(), F.relu6, ()),
    (nn.Hardsigmoid(), F.hardsigmoid, ()),
    (nn.Hardswish(), F.hardswish, ()),
    (nn.Threshold(0.1, 3.0), F.threshold, (0.1, 3.0)),
    (nn.Hardshrink(0.2), F.hardshrink, (0.2,)),
    (nn.Softshrink(0.2), F.softshrink, (0.2,)),
    (nn.Sigmoid(), F.sigmoid, ()),
    (nn.LogSigmoid(), F.logsigmoid, ()),
    (nn.Tanh(), F.tanh, ()),
    (nn.Tanhshrink(), F.tanhshrink, ()),
    (nn.ELU(0.5), F.elu, (0.5,)),
    (nn.CELU(0.5), F.celu, (0.5,)),
    (nn.SELU(), F.selu, ()),
    (nn.GELU("tanh"), F.gelu, ("tanh",)),
    (nn.SiLU(), F.silu, ()),
    (nn.Mish(), F.mish, ()),
    (nn.Softplus(2.0, 3.0), F.softplus, (2.0, 3.0)),
    (nn.Softsign(), F.softsign, ()),
    (nn.Softmax(0), F.softmax, (0,)),
    (nn.LogSoftmax(1), F.log_softmax, (1,)),
    (nn.GLU(1), F.glu, (1,)),
]
LOSSES = [
    (nn.MSELoss(), F.mse_loss, X, T),
    (nn.L1Loss(), F.l1_loss, X, T),
    (nn.SmoothL1Loss(), F.smooth_l1_loss, X, T),
    (nn.HuberLoss(), F.huber_loss, X, T),
    (nn.KLDivLoss(), F.kl_div, np.log(P), Q),
    (nn.BCELoss(), F.binary_cross_entropy, P, Q),
    (nn.BCEWithLogitsLoss(), F.binary_cross_entropy_with_logits, X, Q),
    (nn.CrossEntropy(), F.cross_entropy, X, CLASSES),
    (nn.NLLLoss(), F.nll_loss, X, CLASSES),
]


@pytest.mark.parametrize(("module", "function", "arguments"), ACTIVATIONS, ids=lambda x: getattr(x, "__name__", None))
def test_activations(module, function, arguments):
    x = tg.tensor(X)
    np.testing.assert_array_equal(function(x, *arguments).numpy(), module(x).numpy())


@pytest.mark.parametrize(("module", "function", "x", "target"), LOSSES, ids=lambda x: getattr(x, "__name__", None))
def test_losses(module, function, x, target):
    assert function(tg.tensor(x), tg.tensor(target)).item() == module(tg.tensor(x), tg.tensor(target)).item()


def test_linear():
    layer = nn.Linear(6, 2, dtype="float64")
    y = F.linear(tg.tensor(X), layer.weight, layer.bias)
    np.testing.assert_array_equal(y.detach().numpy(), layer(tg.tensor(X)).detach().numpy())


def test_dropout():
    first = F.dropout(tg.tensor(X), 0.4, generator=np.random.default_rng(0))
    second = nn.Dropout(0.4, generator=np.random.default_rng(0))(tg.tensor(X))
    np.testing.assert_array_equal(first.numpy(), second.numpy())


def test_all_names_are_there_and_documented():
    assert sorted(F.__all__) == F.__all__
    for name in F.__all__:
        assert inspect.getdoc(getattr(F, name)), name
