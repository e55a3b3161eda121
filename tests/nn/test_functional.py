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
MEAN, VARIANCE = tg.zeros(6, dtype="float64"), tg.ones(6, dtype="float64")

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
    (nn.RReLU(0.2, 0.4).eval(), F.rrelu, (0.2, 0.4)),
    (nn.Softmin(1), F.softmin, (1,)),
    (nn.LayerNorm(6, dtype="float64"), F.layer_norm, ((6,),)),
    (nn.BatchNorm1d(6, affine=False, dtype="float64").eval(), F.batch_norm, (MEAN, VARIANCE)),
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
    (nn.PoissonNLLLoss(), F.poisson_nll_loss, X, Q),
    (nn.HingeEmbeddingLoss(), F.hinge_embedding_loss, X, np.sign(T)),
    (nn.SoftMarginLoss(), F.soft_margin_loss, X, np.sign(T)),
    (nn.MultiMarginLoss(), F.multi_margin_loss, X, CLASSES),
    (nn.MultiLabelSoftMarginLoss(), F.multilabel_soft_margin_loss, X, Q),
]


@pytest.mark.parametrize(("module", "function", "arguments"), ACTIVATIONS, ids=lambda x: getattr(x, "__name__", None))
def test_activations(module, function, arguments):
    x = tg.tensor(X)
    np.testing.assert_array_equal(function(x, *arguments).numpy(), module(x).detach().numpy())


@pytest.mark.parametrize(("module", "function", "x", "target"), LOSSES, ids=lambda x: getattr(x, "__name__", None))
def test_losses(module, function, x, target):
    assert function(tg.tensor(x), tg.tensor(target)).item() == module(tg.tensor(x), tg.tensor(target)).item()


@pytest.mark.parametrize("loss", [nn.GaussianNLLLoss(), nn.MarginRankingLoss(), nn.TripletMarginLoss()], ids=repr)
def test_losses_of_three(loss):
    inputs = [tg.tensor(x) for x in (X, T, P)]
    assert type(loss).function(*inputs).item() == loss(*inputs).item()


def test_cosine_similarity_and_distance():
    a, b = tg.tensor(X), tg.tensor(T)
    cosine = (X * T).sum(1) / np.linalg.norm(X, axis=1) / np.linalg.norm(T, axis=1)
    np.testing.assert_allclose(F.cosine_similarity(a, b).numpy(), cosine, rtol=1e-12)
    np.testing.assert_allclose(F.pairwise_distance(a, b, eps=0.0).numpy(), np.linalg.norm(X - T, axis=1), rtol=1e-12)
    np.testing.assert_allclose(np.abs(F.normalize(a, 1.0, 0).numpy()).sum(0), 1, rtol=1e-12)
    for function in (F.cosine_similarity, F.pairwise_distance):
        assert tg.gradcheck(function, [X, T], order=2)
    assert tg.gradcheck(F.normalize, [X], order=2)
    assert F.normalize(tg.zeros(2, 3)).tolist() == [[0.0] * 3] * 2


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
