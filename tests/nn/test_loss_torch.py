"""Losses and their gradients, first and second, against PyTorch's."""

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

# PyTorch warns whoever takes the mean of a divergence.
pytestmark = pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3)) * 2
T = RNG.normal(size=(4, 3))
P, Q = RNG.uniform(size=(2, 4, 3))
DISTRIBUTION = Q / Q.sum(1, keepdims=True)
IMAGES = RNG.normal(size=(2, 3, 4, 5))
LABELS = RNG.integers(0, 3, (2, 4, 5))
CLASSES = np.array([2, 0, -100, 1])
WEIGHT = np.array([0.5, 1.0, 2.0])
EDGES = np.array([0.0, 1.0, 0.0, 1.0, 1e-30, 1 - 1e-9, 1e-13, 0.5])
SURE = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1.0])

ELEMENTWISE = [
    ("MSELoss", {}, X, T),
    ("L1Loss", {}, X, T),
    ("L1Loss", {}, np.zeros(2), np.zeros(2)),
    ("SmoothL1Loss", {}, X, T),
    ("SmoothL1Loss", {"beta": 0.3}, X, T),
    ("SmoothL1Loss", {"beta": 0.0}, X, T),
    ("SmoothL1Loss", {"beta": 0.5}, np.array([0.5, -0.5, 0.0]), np.zeros(3)),
    ("HuberLoss", {}, X, T),
    ("HuberLoss", {"delta": 0.3}, X, T),
    ("HuberLoss", {"delta": 0.5}, np.array([0.5, -0.5, 0.0]), np.zeros(3)),
    ("BCELoss", {}, P, Q),
    ("BCELoss", {}, EDGES, SURE),
    ("BCELoss", {"weight": WEIGHT}, P, Q),
    ("BCEWithLogitsLoss", {}, X, Q),
    ("BCEWithLogitsLoss", {}, X * 100, Q),
    ("BCEWithLogitsLoss", {}, np.zeros(2), np.array([0.0, 1.0])),
    ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": 2 * WEIGHT}, X, Q),
    ("KLDivLoss", {}, np.log(P), Q),
    ("KLDivLoss", {}, np.log(P), np.round(Q)),
    ("KLDivLoss", {"log_target": True}, np.log(P), np.log(Q)),
]
SIGNS = np.sign(T)
SEVERAL = [  # more than two inputs, or of other shapes
    ("GaussianNLLLoss", {}, X, (T, P)),
    ("GaussianNLLLoss", {"full": True, "eps": 0.5}, X, (T, P)),
    ("GaussianNLLLoss", {}, X, (T, P[:, :1])),
    ("GaussianNLLLoss", {}, X, (T, P[:, 0])),
    ("PoissonNLLLoss", {}, X, (np.round(3 * Q),)),
    ("PoissonNLLLoss", {"log_input": False, "full": True, "eps": 1e-3}, P, (np.round(3 * Q),)),
    ("PoissonNLLLoss", {"full": True}, X, (3 * Q,)),
    ("HingeEmbeddingLoss", {}, X, (SIGNS,)),
    ("HingeEmbeddingLoss", {"margin": 0.5}, X, (np.round(T),)),
    ("MarginRankingLoss", {}, X, (T, SIGNS)),
    ("MarginRankingLoss", {"margin": 0.5}, X, (T, -SIGNS)),
    ("SoftMarginLoss", {}, X, (SIGNS,)),
    ("SoftMarginLoss", {}, 10 * X, (SIGNS,)),
    ("CosineEmbeddingLoss", {}, X, (T, SIGNS[:, 0])),
    ("CosineEmbeddingLoss", {"margin": 0.3}, X, (P, np.array([1.0, -1.0, -1.0, -1.0]))),
    ("CosineEmbeddingLoss", {}, X[0], (T[0], np.array(-1.0))),
    ("MultiMarginLoss", {}, X, (abs(CLASSES) % 3,)),
    ("MultiMarginLoss", {"p": 2, "margin": 0.5, "weight": WEIGHT}, X, (abs(CLASSES) % 3,)),
    ("MultiMarginLoss", {}, X[0], (np.array(1),)),
    ("MultiLabelSoftMarginLoss", {}, X, (np.round(Q),)),
    ("MultiLabelSoftMarginLoss", {"weight": WEIGHT}, X, (Q,)),
    ("TripletMarginLoss", {}, X, (T, Q)),
    ("TripletMarginLoss", {"margin": 3.0, "p": 3.0, "swap": True, "eps": 1e-3}, X, (T, Q)),
    ("TripletMarginLoss", {"margin": 3.0}, X[0], (T[0], Q[0])),
]
ONCE = {"MultiMarginLoss"}  # which PyTorch does not differentiate twice
OF_CLASSES = [
    *(
        ("CrossEntropyLoss", options, x, target)
        for x, target in [(X, CLASSES), (X, abs(CLASSES) % 3), (IMAGES, LABELS), (X[0], np.array(0))]
        for options in (
            {},
            {"weight": WEIGHT},
            {"ignore_index": 1},
            {"label_smoothing": 0.2},
            {"weight": WEIGHT, "label_smoothing": 0.2},
            {"weight": WEIGHT, "label_smoothing": 1.0, "ignore_index": 2},
        )
        if not (options.get("ignore_index", -100) >= 0 and (target == -100).any())
    ),
    *(
        ("CrossEntropyLoss", options, X, DISTRIBUTION)
        for options in ({}, {"weight": WEIGHT}, {"label_smoothing": 0.2}, {"weight": WEIGHT, "label_smoothing": 0.2})
    ),
    ("CrossEntropyLoss", {}, IMAGES, abs(IMAGES)),
    ("CrossEntropyLoss", {"weight": WEIGHT}, X[0], DISTRIBUTION[0]),
    ("NLLLoss", {}, X, CLASSES),
    ("NLLLoss", {"weight": WEIGHT}, X, CLASSES),
    ("NLLLoss", {"weight": WEIGHT, "ignore_index": 0}, IMAGES, LABELS),
    ("NLLLoss", {}, X[0], np.array(1)),
]


def result(library, make, name, options, reduction, x, target, dtype):
    """Return the loss, its gradient, and the gradient of the sum of its squares."""
    options = {key: make(value, dtype) if isinstance(value, np.ndarray) else value for key, value in options.items()}
    loss = getattr(library, name)(**options, reduction=reduction)
    x = make(x, dtype)
    x.requires_grad_()
    y = loss(x, *[make(other, dtype) for other in (target if isinstance(target, tuple) else (target,))])
    (first,) = grad_of(library, y.sum(), x)
    if name in ONCE:
        return [tensor.detach().numpy() for tensor in (y, first)]
    (second,) = grad_of(library, (first * first).sum(), x) if first.requires_grad else (first * 0,)
    force = {"force": True} if library is torch.nn else {}  # for what PyTorch knows to be zero without storing it
    return [tensor.detach().numpy(**force) for tensor in (y, first, second)]


def grad_of(library, y, x):
    gradient = torch.autograd.grad if library is torch.nn else tg.autograd.grad
    return gradient(y, [x], create_graph=True)


def ours(value, dtype):
    return tg.tensor(value, dtype=dtype if value.dtype.kind == "f" else None)


def theirs(value, dtype):
    return torch.tensor(value, dtype=getattr(torch, dtype) if value.dtype.kind == "f" else None)


def compare(name, options, reduction, x, target, dtype, **tolerance):
    actual = result(nn, ours, name, options, reduction, x, target, dtype)
    expected = result(torch.nn, theirs, name, options, reduction, x, target, dtype)
    # At probabilities of 0 and 1 the gradient is limited, by PyTorch's limit; the slope of that has no meaning.
    count = 2 if x is EDGES else 3
    for what, a, e in zip(("value", "gradient", "second")[:count], actual, expected, strict=False):
        assert a.dtype == e.dtype
        assert a.shape == e.shape
        np.testing.assert_allclose(a, e, **tolerance, err_msg=f"{what} of {name}")


@pytest.mark.parametrize(("name", "options", "x", "target"), [*ELEMENTWISE, *SEVERAL, *OF_CLASSES])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_loss_and_derivatives(name, options, x, target, reduction):
    compare(name, options, reduction, x, target, "float64", rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize(("name", "options", "x", "target"), [*ELEMENTWISE, *SEVERAL, *OF_CLASSES])
def test_loss_and_derivatives_in_float32(name, options, x, target):
    compare(name, options, "mean", x, target, "float32", rtol=2e-4, atol=1e-5)


def test_batchmean():
    compare("KLDivLoss", {}, "batchmean", np.log(P), Q, "float64", rtol=1e-9)


def test_every_loss_is_compared():
    compared = {name for name, *_ in (*ELEMENTWISE, *SEVERAL, *OF_CLASSES)}
    losses = {name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "nn.loss"}
    assert losses - {"CrossEntropy"} == compared  # which is CrossEntropyLoss


@pytest.mark.parametrize(
    "name",
    ["CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "MultiMarginLoss", "MultiLabelSoftMarginLoss"],
)
def test_state_dict_keys(name):
    options = {"weight": WEIGHT} | ({"pos_weight": WEIGHT} if "Logits" in name else {})
    for given in ({}, options):
        keys = [
            list(getattr(library, name)(**{key: make(value, "float64") for key, value in given.items()}).state_dict())
            for library, make in ((nn, ours), (torch.nn, theirs))
        ]
        assert keys[0] == keys[1]


@pytest.mark.parametrize("bad", [3, -1])
def test_classes_out_of_range_fail_in_both(bad):
    for library, make in ((nn, ours), (torch.nn, theirs)):
        with pytest.raises(IndexError, match=str(bad)):
            library.CrossEntropyLoss()(make(X, "float64"), make(np.array([0, bad, 1, 2]), "float64"))
