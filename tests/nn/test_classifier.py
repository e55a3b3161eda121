"""The classifier without scikit-learn: what it learns, what it remembers, and what it refuses."""

from __future__ import annotations

import copy
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from nn import MLPClassifier
from nn.classifier import training, validation

ROOT = Path(__file__).parents[2]
Data = tuple[np.ndarray, np.ndarray]


def blobs(samples: int, classes: int, seed: int = 0, dtype: Any = np.float32) -> Data:
    """Draw points around corners that lie apart, so that a small network tells the classes apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(samples) % classes
    centres = 3 * np.eye(classes, 4)
    return (centres[y] + 0.5 * rng.standard_normal((samples, 4))).astype(dtype), y


@pytest.fixture
def data() -> Data:
    return blobs(120, 3)


def weights_of(model: MLPClassifier) -> list[np.ndarray]:
    return [*model.coefs_, *model.intercepts_]


def assert_same_weights(one: MLPClassifier, other: MLPClassifier, **tolerance: float) -> None:
    for a, b in zip(weights_of(one), weights_of(other), strict=True):
        np.testing.assert_allclose(a, b, **({"rtol": 0, "atol": 0} | tolerance))


# ---- learning


def test_the_call_of_the_documentation_learns_and_predicts_one_sample(data: Data) -> None:
    x, y = data
    x_val, y_val = blobs(30, 3, seed=1)
    model = MLPClassifier(hidden_sizes=[50, 50], batch_size=32, lr=0.1, epochs=10, activation="relu").fit(x, y)
    label = model.predict(x_val[20])
    assert label.shape == (1,)
    assert label[0] == y_val[20]
    assert model.predict_proba(x_val[20]).shape == (1, 3)
    assert model.score(x_val, y_val) == 1.0
    assert model.n_iter_ == len(model.loss_curve_) == 10


@pytest.mark.parametrize("name", training.OPTIMIZERS)
def test_every_optimizer_learns(name: str, data: Data) -> None:
    model = MLPClassifier([16], optimizer=name, batch_size=16, random_state=0, epochs=60).fit(*data)
    assert model.loss_curve_[-1] < model.loss_curve_[0] / 2
    assert model.score(*data) > 0.95


@pytest.mark.parametrize("name", training.ACTIVATIONS)
def test_every_activation_learns(name: str, data: Data) -> None:
    assert MLPClassifier(16, name, batch_size=8, random_state=0, epochs=40).fit(*data).score(*data) > 0.95


@pytest.mark.parametrize(
    "options",
    [
        {"hidden_sizes": ()},
        {"momentum": 0.9, "nesterov": True, "lr": 0.02},
        {"dropout": 0.2, "weight_decay": 1e-3},
        {"label_smoothing": 0.1},
        {"schedule": "cosine"},
        {"schedule": "linear", "optimizer": "adam"},
        {"early_stopping": True},
        {"class_weight": "balanced"},
    ],
    ids=str,
)
def test_options_learn(options: dict[str, Any], data: Data) -> None:
    model = MLPClassifier(**({"hidden_sizes": (16,), "random_state": 0, "batch_size": 16, "epochs": 60} | options))
    assert model.fit(*data).score(*data) > 0.95


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["ox", "ass", "cow"], "U"),
        ([True, False], "b"),
        ([-7, 3, 40], "i"),
        ([1.0, 2.0], "f"),
        (np.array(["ox", "ass"], object), "O"),
    ],
    ids=str,
)
def test_labels_of_any_kind(labels: Any, kind: str) -> None:
    x, positions = blobs(60, len(labels))
    y = np.asarray(labels)[positions]
    model = MLPClassifier(16, random_state=0).fit(x, y)
    assert model.classes_.tolist() == sorted(set(np.asarray(labels).tolist()))
    assert model.predict(x).dtype.kind == kind
    assert model.predict(x).tolist() == y.tolist()


def test_a_single_class_is_always_predicted(data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=3).fit(x, np.full(len(y), "only"))
    assert set(model.predict(x)) == {"only"}
    assert model.predict_proba(x).tolist() == [[1.0]] * len(x)


def test_one_step_is_the_step_of_the_modules(data: Data) -> None:
    x, y = data
    model = MLPClassifier(8, lr=0.25, epochs=1, random_state=3, batch_size=len(x)).fit(x, y)
    network = training.make_network((4, 8, 3), "relu", 0.0, np.dtype(np.float32), 3)
    loss = nn.CrossEntropy()(network(tg.from_numpy(x)), tg.from_numpy(y))
    loss.backward()
    nn.SGD(network.parameters(), lr=0.25).step()
    assert model.loss_curve_ == pytest.approx([loss.item()], rel=1e-6)
    np.testing.assert_allclose(model.coefs_[0], network[0].weight.detach().numpy().T, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", training.SCHEDULES)
def test_schedules_begin_at_the_rate_and_never_reach_below_zero(name: str) -> None:
    factor = training.SCHEDULES[name]
    assert factor(0.0) == 1.0
    assert factor(0.5) == pytest.approx(1.0 if name == "constant" else 0.5)
    assert factor(1.0) >= 0


# ---- weights


def test_a_weight_is_that_many_repetitions() -> None:
    x, y = blobs(30, 3, dtype=np.float64)
    counts = np.random.default_rng(1).integers(0, 4, 30)
    options: dict[str, Any] = {"hidden_sizes": 8, "random_state": 0, "epochs": 20, "batch_size": 1000}
    weighted = MLPClassifier(**options).fit(x, y, sample_weight=counts)
    repeated = MLPClassifier(**options).fit(x.repeat(counts, 0), y.repeat(counts))
    assert_same_weights(weighted, repeated, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(weighted.loss_curve_, repeated.loss_curve_, rtol=1e-12)


def test_weights_of_classes_are_weights_of_samples(data: Data) -> None:
    x, y = data
    options: dict[str, Any] = {"hidden_sizes": 8, "random_state": 0, "epochs": 5, "batch_size": 16}
    by_class = MLPClassifier(class_weight={1: 4.0}, **options).fit(x, y)
    by_sample = MLPClassifier(**options).fit(x, y, sample_weight=np.where(y == 1, 4.0, 1.0))
    assert_same_weights(by_class, by_sample)


def test_balanced_makes_classes_count_the_same() -> None:
    positions, weights = np.array([0, 0, 0, 1]), np.array([1.0, 1.0, 2.0, 6.0])
    factors = validation.weights_of_classes("balanced", np.array([5, 7]), positions, weights)
    np.testing.assert_allclose(np.bincount(positions, weights * factors[positions]), [5.0, 5.0])


def test_score_is_weighted(data: Data) -> None:
    x, y = data
    model = MLPClassifier(8, random_state=0).fit(x, y)
    wrong = np.where(np.arange(len(y)) < 30, (y + 1) % 3, y)
    assert model.score(x, wrong) == pytest.approx(0.75)
    assert model.score(x, wrong, sample_weight=np.arange(len(y)) >= 30) == 1.0


# ---- stopping


def test_training_stops_where_the_loss_falls_no_more(data: Data) -> None:
    model = MLPClassifier(8, random_state=0, n_iter_no_change=3, tol=10.0).fit(*data)
    assert model.n_iter_ == 4
    assert MLPClassifier(8, random_state=0, n_iter_no_change=3, tol=None, epochs=20).fit(*data).n_iter_ == 20


def test_early_stopping_keeps_the_best_weights(data: Data) -> None:
    x, y = data
    unlearnable = np.random.default_rng(0).integers(0, 3, len(y))
    model = MLPClassifier(
        16, early_stopping=True, validation_fraction=0.3, random_state=0, batch_size=16, n_iter_no_change=5
    ).fit(x, unlearnable)
    scores = model.validation_scores_
    assert scores is not None
    assert model.best_validation_score_ == max(scores) > scores[-1]
    _, held = training.hold_out(unlearnable, 0.3, 0)
    assert model.score(x[held], unlearnable[held]) == pytest.approx(max(scores))
    assert model.n_iter_ == scores.index(max(scores)) + 1 + 5


def test_validation_data_are_scored_and_not_learnt_from(data: Data) -> None:
    held = blobs(60, 3, seed=1)
    watched = MLPClassifier(8, random_state=0, epochs=5).fit(*data, validation_data=held)
    assert watched.validation_scores_ is not None
    assert len(watched.validation_scores_) == 5
    assert watched.validation_scores_[-1] == pytest.approx(watched.score(*held))
    plain = MLPClassifier(8, random_state=0, epochs=5).fit(*data)
    assert plain.validation_scores_ is None
    assert plain.best_validation_score_ is None
    assert_same_weights(watched, plain)


def test_what_is_held_out_has_all_classes_in_proportion() -> None:
    positions = np.repeat([0, 1, 2], [100, 50, 1])
    kept, held = training.hold_out(positions, 0.2, seed=1)
    assert sorted([*kept, *held]) == list(range(151))
    counts = np.bincount(positions[held], minlength=3)
    assert counts.sum() == 30
    assert abs(counts[0] - 20) <= 1
    assert 2 in positions[kept]
    with pytest.raises(ValueError, match="cannot hold out 1 of 2 samples and keep one of each of 2 classes"):
        training.hold_out(np.array([0, 1]), 0.1, seed=0)


def test_a_loss_beyond_all_bounds_is_an_error(data: Data) -> None:
    x, y = data
    with pytest.raises(ValueError, match=r"the loss became (nan|inf) with lr=1e\+30: lower it"):
        MLPClassifier([8, 8], lr=1e30, epochs=20).fit(x, y)


# ---- going on


def test_partial_fit_goes_on_where_it_was(data: Data) -> None:
    x, y = data
    options: dict[str, Any] = {"hidden_sizes": 8, "random_state": 0, "batch_size": 16, "momentum": 0.9, "tol": None}
    step_by_step = MLPClassifier(**options)
    for _ in range(5):
        assert step_by_step.partial_fit(x, y, classes=[0, 1, 2]) is step_by_step
    assert step_by_step.n_iter_ == 5
    assert_same_weights(step_by_step, MLPClassifier(epochs=5, **options).fit(x, y))


def test_partial_fit_takes_samples_of_some_classes(data: Data) -> None:
    x, y = data
    model = MLPClassifier(8, random_state=0)
    for _ in range(40):
        for label in range(3):
            model.partial_fit(x[y == label], y[y == label], classes=range(3))
    assert model.predict_proba(x).shape == (len(x), 3)
    with pytest.raises(ValueError, match=r"not among the classes: \[9\]"):
        model.partial_fit(x, np.full(len(y), 9))
    with pytest.raises(ValueError, match="the classes are"):
        model.partial_fit(x, y, classes=[0, 1, 2, 3])
    with pytest.raises(ValueError, match="classes must be passed"):
        MLPClassifier().partial_fit(x, y)
    with pytest.raises(ValueError, match="balanced"):
        MLPClassifier(class_weight="balanced").partial_fit(x, y, classes=[0, 1, 2])


def test_warm_start_goes_on_and_a_plain_fit_begins_anew(data: Data) -> None:
    x, y = data
    model = MLPClassifier(8, random_state=0, epochs=3, tol=None, batch_size=16, warm_start=True).fit(x, y).fit(x, y)
    assert model.n_iter_ == 6
    assert_same_weights(model, MLPClassifier(8, random_state=0, epochs=6, tol=None, batch_size=16).fit(x, y))
    with pytest.raises(ValueError, match="hidden_sizes became"):
        copy.deepcopy(model).set_params(hidden_sizes=9).fit(x, y)
    with pytest.raises(ValueError, match="the classes are"):
        model.fit(x, y + 1)
    assert model.set_params(warm_start=False).fit(x, y + 1).n_iter_ == 3


# ---- reproducibility


@pytest.mark.parametrize("seed", [7, np.int64(7)], ids=["int", "int64"])
def test_a_seed_gives_the_same_bits(seed: Any, data: Data) -> None:
    options: dict[str, Any] = {"hidden_sizes": 8, "random_state": seed, "dropout": 0.3, "epochs": 3, "batch_size": 16}
    one = MLPClassifier(**options).fit(*data)
    tg.rand(5)
    assert_same_weights(one, MLPClassifier(**options).fit(*data))


def test_generators_are_drawn_from_and_manual_seed_counts(data: Data) -> None:
    rng = np.random.default_rng(0)
    first, second = (MLPClassifier(4, random_state=rng, epochs=1).fit(*data) for _ in range(2))
    assert not np.array_equal(first.coefs_[0], second.coefs_[0])
    assert_same_weights(first, MLPClassifier(4, random_state=np.random.default_rng(0), epochs=1).fit(*data))
    seeded = []
    for _ in range(2):
        tg.manual_seed(5)
        seeded.append(MLPClassifier(4, epochs=1).fit(*data))
    assert_same_weights(*seeded)
    legacy = np.random.RandomState(0)  # as scikit-learn's users pass
    MLPClassifier(4, epochs=1, random_state=legacy).fit(*data)


def test_pickles_and_copies_predict_the_same_and_go_on(data: Data) -> None:
    x, y = data
    model = MLPClassifier(8, random_state=0, epochs=3, optimizer="adam").fit(x, y)
    for twin in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict_proba(x), model.predict_proba(x))
        before = model.coefs_[0]
        twin.partial_fit(x, y)
        assert not np.array_equal(twin.coefs_[0], before)
        np.testing.assert_array_equal(model.coefs_[0], before)


# ---- what is learnt


def test_attributes_have_the_shapes_that_are_documented(data: Data) -> None:
    x, y = data
    model = MLPClassifier([8, 6], random_state=0, epochs=2, tol=None).fit(x, y)
    assert [w.shape for w in model.coefs_] == [(4, 8), (8, 6), (6, 3)]
    assert [b.shape for b in model.intercepts_] == [(8,), (6,), (3,)]
    assert (model.n_features_in_, model.n_outputs_, model.n_layers_, model.out_activation_) == (4, 3, 4, "softmax")
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.loss_ == model.loss_curve_[-1]
    (first, second, third), (a, b, c) = model.coefs_, model.intercepts_
    logits = np.maximum(np.maximum(x @ first + a, 0) @ second + b, 0) @ third + c
    expected = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    np.testing.assert_allclose(model.predict_log_proba(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(x)), model.predict_proba(x), rtol=1e-5)


@pytest.mark.parametrize("given", ["float64", "float32", "float16", "int64", "uint8", "bool"])
def test_float64_stays_and_the_rest_becomes_float32(given: str, data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=1).fit(abs(x).astype(given), y)
    computed = "float64" if given == "float64" else "float32"
    assert model.coefs_[0].dtype == model.predict_proba(x).dtype == computed


def test_features_and_labels_are_neither_changed_nor_kept(data: Data) -> None:
    x, y = data
    x.flags.writeable = y.flags.writeable = False
    model = MLPClassifier(4, epochs=2).fit(x, y)
    assert not any(value is x or value is y for value in vars(model).values())


def test_tensors_and_lists_are_taken(data: Data) -> None:
    x, y = data
    options: dict[str, Any] = {"hidden_sizes": 4, "epochs": 2, "random_state": 0}
    arrays = MLPClassifier(**options).fit(x, y)
    tensors = MLPClassifier(**options).fit(tg.tensor(x, requires_grad=True), tg.tensor(y))
    assert_same_weights(arrays, tensors)
    assert tensors.predict(tg.tensor(x[0])).tolist() == arrays.predict(x[:1]).tolist()
    assert MLPClassifier(**options).fit(x.tolist(), y.tolist()).score(x.tolist(), y.tolist()) > 0


def test_many_rows_are_predicted_as_few_are(data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=2).fit(x, y)
    many = np.tile(x, (80, 1))
    np.testing.assert_allclose(model.predict_proba(many)[-len(x) :], model.predict_proba(x), rtol=1e-5)


class Frame:
    """What of a data frame counts here."""

    def __init__(self, values: np.ndarray, columns: list[str]) -> None:
        self.values, self.columns = values, columns

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self.values, dtype)


def test_names_of_columns_are_remembered_and_compared(data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=1).fit(Frame(x, list("abcd")), y)
    assert model.feature_names_in_.tolist() == list("abcd")
    model.predict(Frame(x, list("abcd")))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(Frame(x, list("abdc")))
    with pytest.warns(UserWarning, match="X has no feature names"):
        model.predict(x)
    assert not hasattr(model.fit(x, y), "feature_names_in_")


# ---- parameters


def test_parameters_are_stored_shown_and_changed() -> None:
    sizes = [50, 50]
    model = MLPClassifier(hidden_sizes=sizes, lr=0.5)
    assert model.hidden_sizes is sizes
    assert repr(model) == "MLPClassifier(hidden_sizes=[50, 50], lr=0.5)"
    assert repr(MLPClassifier()) == "MLPClassifier()"
    assert model.set_params(lr=None, epochs=3) is model
    assert model.get_params()["epochs"] == 3
    assert set(model.get_params()) == set(vars(model))
    with pytest.raises(ValueError, match=r"Invalid parameter 'alpha' for estimator MLPClassifier\(hidden"):
        model.set_params(epochs=4, alpha=1)
    assert model.epochs == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden_sizes", 0),
        ("hidden_sizes", [8, 2.5]),
        ("hidden_sizes", "8"),
        ("activation", "relux"),
        ("activation", ["relu"]),
        ("optimizer", None),
        ("schedule", "step"),
        ("batch_size", 0),
        ("batch_size", 2.0),
        ("epochs", True),
        ("lr", 0),
        ("lr", math.nan),
        ("momentum", 1.0),
        ("dropout", 1),
        ("weight_decay", -1e-3),
        ("label_smoothing", 1.5),
        ("tol", -1),
        ("n_iter_no_change", 0),
        ("validation_fraction", 1.0),
        ("random_state", -1),
        ("random_state", "seed"),
        ("class_weight", "even"),
        ("class_weight", {0: -1.0}),
        ("class_weight", {0: 0.0, 1: 0.0, 2: 0.0}),
        ("class_weight", {0: 1.0, "typo": 2.0}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named_by_fit(name: str, value: Any, data: Data) -> None:
    with pytest.raises(ValueError, match=name):
        MLPClassifier(**{name: value}).fit(*data)


# ---- bad data


BAD_FEATURES = [
    (np.zeros(6), "Reshape your data"),
    (np.float64(1), "Reshape your data"),
    (np.zeros((6, 2, 2)), r"use X.reshape\(len\(X\), -1\)"),
    (np.zeros((0, 3)), r"0 sample\(s\)"),
    (np.zeros((6, 0)), r"0 feature\(s\)"),
    (np.full((6, 2), np.nan), "Input X contains NaN"),
    (np.full((6, 2), -np.inf), "Input X contains infinity"),
    (np.zeros((6, 2), complex), "Complex data not supported"),
    (np.full((6, 2), "a"), "needs numbers"),
    (np.zeros((5, 2)), "5 samples and y has 6"),
]


@pytest.mark.parametrize(("x", "message"), BAD_FEATURES, ids=[message for _, message in BAD_FEATURES])
def test_features_that_make_no_sense(x: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLPClassifier().fit(x, np.arange(6) % 2)


BAD_LABELS = [
    (None, "requires y"),
    (np.zeros((6, 2)), "y should be a 1d array"),
    (np.full(6, np.nan), "Input y contains NaN"),
    (np.full(6, np.inf), "Input y contains infinity"),
    (np.linspace(0, 1, 6), "Unknown label type: continuous"),
    (np.array([1, "a", None] * 2, object), "Unknown label type: NoneType, int, str"),
    (np.array([1.0, np.nan, 2.0] * 2, object), "Input y contains NaN"),
]


@pytest.mark.parametrize(("y", "message"), BAD_LABELS, ids=[message for _, message in BAD_LABELS])
def test_labels_that_make_no_sense(y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLPClassifier().fit(np.zeros((6, 2)), y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(5), r"shape \(6,\), not \(5,\)"),
        (np.ones((6, 1)), r"not \(6, 1\)"),
        (np.zeros(6), "all are zero"),
        ([1, 1, 1, 1, 1, -1], "must not be negative"),
        ([1, 1, 1, 1, 1, np.nan], "contains NaN"),
    ],
)
def test_weights_that_make_no_sense(weights: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLPClassifier().fit(np.zeros((6, 2)), np.arange(6) % 2, sample_weight=weights)


def test_what_a_fitted_classifier_refuses(data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=1).fit(x, y)
    with pytest.raises(ValueError, match="X has 3 features, but MLPClassifier is expecting 4 features"):
        model.predict(x[:, :3])
    with pytest.raises(ValueError, match="X has 5 features"):
        model.predict(np.zeros(5))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        model.predict_proba(np.full(4, np.nan))


def test_a_fit_that_failed_at_once_leaves_nothing_to_predict_with(data: Data) -> None:
    x, y = data
    model = MLPClassifier(4, epochs=1)
    with pytest.raises(ValueError, match="class_weight"):
        model.set_params(class_weight={"typo": 1.0, 0: 1.0}).fit(x, y)
    with pytest.raises(ValueError, match="not fitted yet"):
        model.predict(x)
    assert model.set_params(class_weight=None).partial_fit(x, y, classes=[0, 1, 2]).n_iter_ == 1


def test_scores_need_a_label_for_each_sample(data: Data) -> None:
    x, y = data
    with pytest.raises(ValueError, match="120 samples and y has 1 labels"):
        MLPClassifier(4, epochs=1).fit(x, y).score(x, y[:1])


def test_large_numbers_are_finite_though_their_sum_is_not() -> None:
    x = np.full((2, 2), 3e38, np.float32)
    assert validation.as_features(x, "Model") is x


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_nothing_is_predicted_before_fit(method: str) -> None:
    with pytest.raises(ValueError, match="this MLPClassifier is not fitted yet") as caught:
        getattr(MLPClassifier(), method)([[0.0]])
    assert isinstance(caught.value, AttributeError)
    assert type(caught.value).__name__ == "NotFittedError"
    assert not hasattr(MLPClassifier(), "coefs_")


def test_columns_of_labels_are_taken_with_a_warning(data: Data) -> None:
    x, y = data
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        model = MLPClassifier(4, epochs=1).fit(x, y[:, None])
    assert model.predict(x).shape == y.shape


def test_progress_is_shown_if_wanted(data: Data, capsys: pytest.CaptureFixture[str]) -> None:
    MLPClassifier(4, epochs=2, verbose=True, early_stopping=True).fit(*data)
    shown = capsys.readouterr().err
    assert "MLPClassifier" in shown
    assert "loss=" in shown
    assert "accuracy=" in shown
    MLPClassifier(4, epochs=2).fit(*data)
    assert capsys.readouterr().err == ""


# ---- without scikit-learn

WITHOUT_SKLEARN = """
import sys
sys.modules.update(dict.fromkeys(["sklearn", "scipy", "pandas", "joblib", "torch"]))
import copy, pickle, warnings
import numpy as np
from nn import MLPClassifier

x = np.random.default_rng(0).standard_normal((60, 3)); y = np.where(x[:, 0] > 0, "plus", "minus")
model = MLPClassifier([8], random_state=0, class_weight="balanced", early_stopping=True)
try:
    model.predict(x)
except (ValueError, AttributeError) as error:
    print(type(error).__module__, type(error).__name__)
model.fit(x, y, sample_weight=np.ones(60))
print(model.predict(x[0]).shape, model.predict_proba(x).shape, model.score(x, y) > 0.8)
print(pickle.loads(pickle.dumps(model)).set_params(epochs=2, class_weight=None).partial_fit(x, y).n_iter_ > 1)
print(model, hasattr(model.__sklearn_clone__(), "classes_"))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(x, y[:, None])
print([warning.category.__name__ for warning in caught])
print(sorted(name for name, module in sys.modules.items() if module and name.split(".")[0] in {"sklearn", "scipy"}))
"""


def test_it_works_without_scikit_learn_and_scipy() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_SKLEARN],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [
        "nn.classifier.protocol NotFittedError",
        "(1,) (60, 2) True",
        "True",
        "MLPClassifier(hidden_sizes=[8], class_weight='balanced', early_stopping=True, random_state=0) False",
        "['DataConversionWarning']",
        "[]",
    ]
