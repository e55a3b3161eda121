"""Losses against their formulas in NumPy, their gradients against finite differences, and what they refuse."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
T = RNG.normal(size=(4, 3))
P = RNG.uniform(0.1, 0.9, (4, 3))
Q = RNG.uniform(0.1, 0.9, (4, 3))
CLASSES = np.array([2, 0, 2, 1])
WEIGHT = np.array([0.5, 1.0, 2.0])


def log_softmax(x, axis=1):
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


# Each row: the loss, its input, its target, and the losses of the elements.
ELEMENTWISE = {
    "mse": (nn.MSELoss, {}, X, T, (X - T) ** 2),
    "l1": (nn.L1Loss, {}, X, T, abs(X - T)),
    "smooth l1": (
        nn.SmoothL1Loss,
        {"beta": 0.7},
        X,
        T,
        np.where(abs(X - T) < 0.7, (X - T) ** 2 / 1.4, abs(X - T) - 0.35),
    ),
    "smooth l1 without a parabola": (nn.SmoothL1Loss, {"beta": 0.0}, X, T, abs(X - T)),
    "huber": (
        nn.HuberLoss,
        {"delta": 0.7},
        X,
        T,
        np.where(abs(X - T) < 0.7, (X - T) ** 2 / 2, 0.7 * (abs(X - T) - 0.35)),
    ),
    "kl": (nn.KLDivLoss, {}, np.log(P), Q, Q * (np.log(Q) - np.log(P))),
    "kl of logarithms": (nn.KLDivLoss, {"log_target": True}, np.log(P), np.log(Q), Q * (np.log(Q) - np.log(P))),
    "bce": (nn.BCELoss, {}, P, Q, -(Q * np.log(P) + (1 - Q) * np.log(1 - P))),
    "bce weighted": (
        nn.BCELoss,
        {"weight": tg.tensor(WEIGHT)},
        P,
        Q,
        -WEIGHT * (Q * np.log(P) + (1 - Q) * np.log(1 - P)),
    ),
    "bce with logits": (nn.BCEWithLogitsLoss, {}, X, Q, -(Q * log_sigmoid(X) + (1 - Q) * log_sigmoid(-X))),
    "bce with logits weighted": (
        nn.BCEWithLogitsLoss,
        {"weight": tg.tensor(WEIGHT), "pos_weight": tg.tensor([3.0, 1.0, 0.5], dtype="float64")},
        X,
        Q,
        -WEIGHT * (np.array([3.0, 1.0, 0.5]) * Q * log_sigmoid(X) + (1 - Q) * log_sigmoid(-X)),
    ),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_elementwise_losses(name, reduction):
    kind, arguments, x, target, expected = ELEMENTWISE[name]
    loss = kind(reduction=reduction, **arguments)
    reduced = {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](expected)
    np.testing.assert_allclose(loss(tg.tensor(x), tg.tensor(target)).numpy(), reduced, rtol=1e-12)
    np.testing.assert_allclose(loss(tg.tensor(x), target).numpy(), reduced, rtol=1e-12)
    assert tg.gradcheck(lambda x: loss(x, tg.tensor(target)), tg.tensor(x, requires_grad=True), order=2)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_losses_keep_float32(name):
    kind, arguments, x, target, expected = ELEMENTWISE[name]
    result = kind(**arguments).float()(tg.tensor(x).float(), tg.tensor(target).float())
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.item(), expected.mean(), rtol=1e-5)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shapes_that_would_broadcast_are_refused(name):
    kind, _, *_ = ELEMENTWISE[name]
    for x, target in [((4, 1), (4,)), ((4,), (4, 1)), ((1, 3), (4, 3)), ((), (1,))]:
        with pytest.raises(ValueError, match="one shape"):
            kind()(tg.full(x, 0.5), tg.full(target, 0.5))


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        (nn.GaussianNLLLoss, 2),
        (nn.PoissonNLLLoss, 2),
        (nn.HingeEmbeddingLoss, 2),
        (nn.SoftMarginLoss, 2),
        (nn.MultiLabelSoftMarginLoss, 2),
        (nn.MarginRankingLoss, 3),
        (nn.TripletMarginLoss, 3),
        (nn.CosineEmbeddingLoss, 2),
    ],
)
def test_shapes_of_other_losses_that_would_broadcast_are_refused(kind, count):
    further = [tg.ones(4)] if kind in (nn.GaussianNLLLoss, nn.CosineEmbeddingLoss) else []
    for different in range(count):
        inputs = [tg.full((4, 1) if i == different else (4,), 0.5) for i in range(count)]
        with pytest.raises(ValueError, match=r"one shape, not .*\(4, 1\)"):
            kind()(*inputs, *further)


def test_what_other_losses_refuse():
    with pytest.raises(ValueError, match=r"no use for variances of shape \(3,\)"):
        nn.GaussianNLLLoss()(tg.ones(4), tg.ones(4), tg.ones(3))
    with pytest.raises(ValueError, match=r"a variance is not negative, but one is -1\.0"):
        nn.GaussianNLLLoss()(tg.ones(4), tg.ones(4), -1.0)
    with pytest.raises(ValueError, match=r"shape \(N, D\) and a target of shape \(N,\).*not \(4, 2\) and \(4, 1\)"):
        nn.CosineEmbeddingLoss()(tg.ones(4, 2), tg.ones(4, 2), tg.ones(4, 1))
    with pytest.raises(ValueError, match="p = 1 or 2, not 3"):
        nn.MultiMarginLoss(p=3)(tg.tensor(X), tg.tensor(CLASSES))
    with pytest.raises(IndexError, match="class 3 is not one of 3"):
        nn.MultiMarginLoss()(tg.tensor(X), tg.tensor([3, 0, 0, 0]))
    with pytest.raises(IndexError, match="class -100 is not one of 3"):
        nn.MultiMarginLoss()(tg.tensor(X), tg.tensor([-100, 0, 0, 0]))
    with pytest.raises(ValueError, match=r"each of 3 classes, not the shape \(2,\)"):
        nn.MultiMarginLoss(weight=tg.ones(2))(tg.tensor(X), tg.tensor(CLASSES))
    with pytest.raises(ValueError, match=r"\(N, C\) or \(C,\), not \(2, 3, 4\)"):
        nn.MultiMarginLoss()(tg.ones(2, 3, 4), tg.ones(2, 4, dtype="int64"))


def test_losses_take_their_inputs_by_name():
    x, t = tg.tensor(X), tg.tensor(T)
    assert nn.MSELoss()(input=x, target=t).item() == nn.MSELoss()(x, t).item()
    assert nn.TripletMarginLoss()(anchor=x, positive=t, negative=t).item() == pytest.approx(1)


def test_hinge_losses_that_are_zero_have_no_gradient():
    x = tg.tensor([5.0, -5.0], requires_grad=True)
    nn.HingeEmbeddingLoss()(x, tg.tensor([-1, 1])).backward()
    assert x.grad.tolist() == [0.0, 0.5]


@pytest.mark.parametrize("kind", {row[0] for row in ELEMENTWISE.values()} | {nn.CrossEntropy, nn.NLLLoss})
def test_reductions_are_those_three(kind):
    with pytest.raises(ValueError, match=r"'mean', 'sum', 'none'.*not 'median'"):
        kind(reduction="median")
    if kind is not nn.KLDivLoss:
        with pytest.raises(ValueError, match="not 'batchmean'"):
            kind(reduction="batchmean")


def test_the_functions_check_the_reduction_too():
    for function in (F.mse_loss, F.kl_div, F.binary_cross_entropy):
        with pytest.raises(ValueError, match="not 'all'"):
            function(tg.ones(2), tg.ones(2), reduction="all")
    for function in (F.cross_entropy, F.nll_loss):
        with pytest.raises(ValueError, match="not 'all'"):
            function(tg.ones(2, 3), tg.tensor([0, 1]), reduction="all")


def test_kl_divergence_by_its_definition():
    loss = nn.KLDivLoss("batchmean")
    expected = (Q * (np.log(Q) - np.log(P))).sum() / 4
    assert loss(tg.tensor(np.log(P)), tg.tensor(Q)).item() == pytest.approx(expected, rel=1e-12)


def test_kl_divergence_counts_nothing_where_the_target_is_zero():
    x = tg.tensor([-1.0, -2.0], requires_grad=True)
    losses = nn.KLDivLoss("none")(x, tg.tensor([0.0, 1.0]))
    assert losses.tolist() == [0.0, 2.0]
    losses.sum().backward()
    assert x.grad.tolist() == [0.0, -1.0]


def test_certain_and_wrong_probabilities_have_a_finite_loss_and_gradient():
    x = tg.tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    losses = nn.BCELoss(reduction="none")(x, tg.tensor([1.0, 0.0, 0.0, 1.0]))
    assert losses.tolist() == [100.0, 100.0, 0.0, 0.0]
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [-1e12, 1e12, 0.0, 0.0])


def test_logits_far_out_have_a_finite_loss_and_gradient():
    x = tg.tensor([1000.0, -1000.0, 1000.0, -1000.0, 0.0], requires_grad=True)
    losses = nn.BCEWithLogitsLoss(reduction="none")(x, tg.tensor([0.0, 1.0, 1.0, 0.0, 1.0]))
    np.testing.assert_allclose(losses.tolist(), [1000.0, 1000.0, 0.0, 0.0, np.log(2)], rtol=1e-6)
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.tolist(), [1.0, -1.0, 0.0, 0.0, -0.5])


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan])
def test_bce_needs_probabilities(value):
    with pytest.raises(ValueError, match="needs probabilities"):
        nn.BCELoss()(tg.tensor([value, 0.5]), tg.tensor([1.0, 0.0]))


def test_options_out_of_range():
    with pytest.raises(ValueError, match="not negative, not -1"):
        F.smooth_l1_loss(tg.ones(1), tg.ones(1), beta=-1)
    with pytest.raises(ValueError, match="positive delta, not 0"):
        F.huber_loss(tg.ones(1), tg.ones(1), delta=0)
    for make in (nn.CrossEntropy, lambda **o: F.cross_entropy(tg.ones(2, 3), tg.tensor([0, 1]), **o)):
        with pytest.raises(ValueError, match=r"between 0 and 1, not be 1\.5"):
            make(label_smoothing=1.5)


# ---- classes


def one_hot(classes, count):
    return np.eye(count)[classes]


def expected_cross_entropy(x, classes, weight=None, ignore_index=-100, label_smoothing=0.0):
    """Return the losses of (N, C) and by what their sum is divided, by the definition."""
    count = x.shape[1]
    weight = np.ones(count) if weight is None else weight
    kept = classes != ignore_index
    probabilities = one_hot(np.where(kept, classes, 0), count) * (1 - label_smoothing) + label_smoothing / count
    losses = -(weight * probabilities * log_softmax(x)).sum(1) * kept
    return losses, (weight[np.where(kept, classes, 0)] * kept).sum()


OPTIONS = [
    {},
    {"weight": WEIGHT},
    {"ignore_index": 2},
    {"label_smoothing": 0.1},
    {"weight": WEIGHT, "ignore_index": 0, "label_smoothing": 0.3},
]


def tensors(options):
    return {name: tg.tensor(value) if isinstance(value, np.ndarray) else value for name, value in options.items()}


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_of_classes(options, reduction):
    losses, scale = expected_cross_entropy(X, CLASSES, **options)
    expected = {"mean": losses.sum() / scale, "sum": losses.sum(), "none": losses}[reduction]
    loss = nn.CrossEntropy(**tensors(options), reduction=reduction)
    np.testing.assert_allclose(loss(tg.tensor(X), tg.tensor(CLASSES)).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(loss(tg.tensor(X), CLASSES).numpy(), expected, rtol=1e-12)
    assert tg.gradcheck(lambda x: loss(x, tg.tensor(CLASSES)), tg.tensor(X, requires_grad=True), order=2)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cross_entropy_of_images_is_that_of_their_pixels(options):
    x, classes = RNG.normal(size=(2, 3, 4, 5)), RNG.integers(0, 3, (2, 4, 5))
    pixels = np.moveaxis(x, 1, -1).reshape(-1, 3)
    for reduction in ("mean", "sum", "none"):
        loss = nn.CrossEntropy(**tensors(options), reduction=reduction)
        expected = loss(tg.tensor(pixels), tg.tensor(classes.reshape(-1))).numpy()
        actual = loss(tg.tensor(x), tg.tensor(classes)).numpy()
        np.testing.assert_allclose(actual.reshape(expected.shape), expected, rtol=1e-12)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_cross_entropy_of_one_sample(options):
    loss = nn.CrossEntropy(**tensors(options))
    assert loss(tg.tensor(X[0]), tg.tensor(1)).item() == pytest.approx(loss(tg.tensor(X[:1]), tg.tensor([1])).item())


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_cross_entropy_of_probabilities(weight, label_smoothing):
    probabilities = Q / Q.sum(1, keepdims=True)
    smooth = probabilities * (1 - label_smoothing) + label_smoothing / 3
    expected = -((1 if weight is None else weight) * smooth * log_softmax(X)).sum(1)
    options = tensors({"label_smoothing": label_smoothing} | ({} if weight is None else {"weight": weight}))
    none, mean = nn.CrossEntropy(**options, reduction="none"), nn.CrossEntropy(**options)
    np.testing.assert_allclose(none(tg.tensor(X), tg.tensor(probabilities)).numpy(), expected, rtol=1e-12)
    assert mean(tg.tensor(X), tg.tensor(probabilities)).item() == pytest.approx(expected.mean(), rel=1e-12)
    both = tg.tensor(X, requires_grad=True), tg.tensor(probabilities, requires_grad=True)
    assert tg.gradcheck(mean, both, order=2)


def test_certain_probabilities_are_classes():
    for options in OPTIONS:
        options = {name: value for name, value in options.items() if name == "label_smoothing"}
        loss = nn.CrossEntropy(**options)
        by_class = loss(tg.tensor(X), tg.tensor(CLASSES)).item()
        assert loss(tg.tensor(X), tg.tensor(one_hot(CLASSES, 3))).item() == pytest.approx(by_class, rel=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "uint16"])
def test_classes_of_any_integer_dtype(dtype):
    loss = nn.CrossEntropy()(tg.tensor(X), tg.tensor(CLASSES.astype(dtype)))
    assert loss.item() == pytest.approx(expected_cross_entropy(X, CLASSES)[0].mean(), rel=1e-12)


def test_huge_logits_do_not_overflow():
    x = tg.tensor([[1e4, 0.0], [0.0, 1e4]], requires_grad=True)
    loss = nn.CrossEntropy()(x, tg.tensor([0, 0]))
    assert loss.item() == 5000
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0], [-0.5, 0.5]])


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"ignore_index": 1}], ids=str)
@pytest.mark.parametrize("bad", [3, -1, -100, 2**40, -(2**40)])
def test_classes_out_of_range_are_named(options, bad):
    if bad == -100 and "ignore_index" not in options:
        options = options | {"ignore_index": -99}
    for loss in (nn.CrossEntropy(**options), nn.NLLLoss(ignore_index=options.get("ignore_index", -100))):
        if loss.ignore_index == bad:
            continue
        with pytest.raises(IndexError, match=f"class {bad} is not one of 3: they are numbered from 0 to 2"):
            loss(tg.tensor(X), tg.tensor([0, bad, 1, 2]))
    with pytest.raises(IndexError, match="class 200 is not one of 3"):
        nn.CrossEntropy(**options)(tg.tensor(X), tg.tensor(np.array([0, 200, 1, 2], np.uint8)))


@pytest.mark.parametrize("dtype", ["float32", "bool"])
def test_classes_are_integers(dtype):
    for loss in (nn.CrossEntropy(), nn.NLLLoss()):
        with pytest.raises(TypeError, match=f"integers, not {dtype}"):
            loss(tg.tensor(X), tg.ones(4, dtype=dtype))


def test_probabilities_and_logits_are_floating():
    with pytest.raises(TypeError, match="are probabilities and must be floating, not int64"):
        nn.CrossEntropy()(tg.tensor(X), tg.ones(4, 3, dtype="int64"))
    with pytest.raises(TypeError, match="floating input, not int64"):
        nn.CrossEntropy()(tg.ones(4, 3, dtype="int64"), tg.tensor(CLASSES))


@pytest.mark.parametrize(
    ("x", "target"),
    [((4, 3), (5,)), ((4, 3), (4, 1)), ((4, 3), ()), ((3,), (3, 1)), ((4, 3, 2), (4, 3)), ((4,), (4, 3))],
)
def test_classes_have_the_shape_of_the_input_without_classes(x, target):
    for loss in (nn.CrossEntropy(), nn.NLLLoss()):
        with pytest.raises(ValueError, match="classes must have shape"):
            loss(tg.zeros(x), tg.zeros(target, dtype="int64"))
    with pytest.raises(ValueError, match="no dimension of classes"):
        nn.CrossEntropy()(tg.zeros(()), tg.zeros((2,), dtype="int64"))


def test_weights_are_as_many_as_classes():
    for loss in (nn.CrossEntropy(tg.ones(2)), nn.NLLLoss(tg.ones(2))):
        with pytest.raises(ValueError, match=r"each of 3 classes, not the shape \(2,\)"):
            loss(tg.tensor(X), tg.tensor(CLASSES))
    with pytest.raises(ValueError, match="each of 3 classes"):
        nn.CrossEntropy(tg.ones(2))(tg.tensor(X), tg.tensor(Q))


def test_ignored_classes_count_for_nothing_even_where_they_are_impossible():
    x = tg.tensor([[0.0, -np.inf], [0.0, 0.0]], requires_grad=True)
    loss = nn.NLLLoss(ignore_index=1)(x, tg.tensor([1, 0]))
    assert loss.item() == 0
    loss.backward()
    assert x.grad.tolist() == [[0.0, 0.0], [-1.0, 0.0]]
    default = nn.CrossEntropy()(tg.tensor(X), tg.tensor([-100, 0, -100, 1]))
    assert default.item() == pytest.approx(nn.CrossEntropy()(tg.tensor(X[[1, 3]]), tg.tensor([0, 1])).item())


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_nll_is_the_second_half_of_cross_entropy(weight, reduction):
    weight = None if weight is None else tg.tensor(weight)
    options = {"reduction": reduction, "ignore_index": 0}
    x = tg.tensor(X)
    actual = nn.NLLLoss(weight, **options)(tg.log_softmax(x, 1), tg.tensor(CLASSES)).numpy()
    np.testing.assert_allclose(actual, nn.CrossEntropy(weight, **options)(x, tg.tensor(CLASSES)).numpy(), rtol=1e-12)


def test_class_weights_are_saved_with_the_loss():
    loss = nn.CrossEntropy(tg.tensor(WEIGHT))
    assert list(loss.state_dict()) == ["weight"]
    assert list(nn.CrossEntropy().state_dict()) == []
    assert loss.float().weight.dtype == np.float32
    assert nn.CrossEntropyLoss is nn.CrossEntropy


def test_the_plain_case_is_one_operation():
    loss = nn.CrossEntropy()(tg.tensor(X, requires_grad=True), tg.tensor(CLASSES))
    assert "softmax_cross_entropy" in repr(loss.grad_fn)
