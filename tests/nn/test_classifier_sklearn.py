"""The classifier in scikit-learn's hands: its checks, pipelines, searches and scores."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from nn import MLPClassifier

pytest.importorskip("sklearn", reason="scikit-learn is what the classifier is tried with here")

from sklearn import base, calibration, exceptions, model_selection, pipeline, preprocessing
from sklearn.datasets import load_iris
from sklearn.utils import estimator_checks

Data = tuple[np.ndarray, np.ndarray]
FIXED: dict[str, Any] = {"hidden_sizes": 16, "epochs": 40, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def iris() -> Data:
    x, y = load_iris(return_X_y=True)
    return preprocessing.StandardScaler().fit_transform(x), y


@pytest.mark.parametrize(
    "model",
    [
        MLPClassifier(),
        MLPClassifier(hidden_sizes=[50, 50], batch_size=32, lr=0.1, epochs=10, activation="relu"),
        MLPClassifier(optimizer="adam"),
        MLPClassifier(activation="tanh", label_smoothing=0.1, momentum=0.9),
    ],
    ids=repr,
)
def test_scikit_learn_finds_nothing_wrong(model: MLPClassifier) -> None:
    """No check is expected to fail; those that need pandas or the array API's switch are skipped by scikit-learn."""
    with warnings.catch_warnings():
        # scikit-learn says so of every estimator that does without its base class
        warnings.filterwarnings("ignore", "Estimator MLPClassifier does not inherit", UserWarning)
        warnings.filterwarnings("ignore", category=exceptions.SkipTestWarning)
        estimator_checks.check_estimator(model)


def test_it_is_a_classifier_that_clones(iris: Data) -> None:
    model = MLPClassifier(**FIXED).fit(*iris)
    assert base.is_classifier(model)
    assert not base.is_regressor(model)
    twin = base.clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "classes_")
    np.testing.assert_array_equal(twin.fit(*iris).predict_proba(iris[0]), model.predict_proba(iris[0]))


def test_one_sample_is_a_row_except_in_clones(iris: Data) -> None:
    x, y = iris
    model = MLPClassifier(**FIXED).fit(x, y)
    assert model.predict(x[20]).tolist() == model.predict(x[20:21]).tolist()
    clone = base.clone(model).fit(x, y)
    assert clone.predict(x[20].reshape(1, -1)).tolist() == model.predict(x[20]).tolist()
    with pytest.raises(ValueError, match="Reshape your data"):
        clone.predict(x[20])
    with pytest.raises(ValueError, match="Reshape your data"):
        base.clone(clone).fit(x, y).predict(x[20])


def test_errors_and_warnings_are_scikit_learns(iris: Data) -> None:
    x, y = iris
    with pytest.raises(exceptions.NotFittedError):
        MLPClassifier().predict(x)
    with pytest.warns(exceptions.DataConversionWarning):
        MLPClassifier(4, epochs=1).fit(x, y[:, None])


def test_sparse_features_are_refused_with_the_way_out(iris: Data) -> None:
    sparse = pytest.importorskip("scipy.sparse", reason="scikit-learn brings SciPy along")
    with pytest.raises(TypeError, match=r"Sparse data was passed, .* use X.toarray\(\)"):
        MLPClassifier().fit(sparse.csr_array(iris[0]), iris[1])


@pytest.mark.parametrize("jobs", [1, 2])
def test_searches_find_parameters(jobs: int, iris: Data) -> None:
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), MLPClassifier(**FIXED))
    grid = {"mlpclassifier__hidden_sizes": [(), [8, 8]], "mlpclassifier__lr": [1e-6, 0.1]}
    search = model_selection.GridSearchCV(steps, grid, cv=3, n_jobs=jobs).fit(*iris)
    assert search.best_params_["mlpclassifier__lr"] == 0.1
    assert search.best_score_ > 0.9
    assert search.score(*iris) > 0.9


def test_cross_validation_with_every_kind_of_score(iris: Data) -> None:
    for scoring in ("accuracy", "neg_log_loss", "roc_auc_ovr"):
        scores = model_selection.cross_val_score(MLPClassifier(**FIXED), *iris, cv=3, scoring=scoring)
        assert len(scores) == 3
        assert min(scores) > (-0.5 if scoring == "neg_log_loss" else 0.85)


def test_weights_pass_through_pipelines(iris: Data) -> None:
    x, y = iris
    weights = (y != 2).astype(float)
    steps = pipeline.make_pipeline(preprocessing.StandardScaler(), MLPClassifier(**FIXED))
    assert 2 not in steps.fit(x, y, mlpclassifier__sample_weight=weights).predict(x)


def test_it_can_be_calibrated(iris: Data) -> None:
    calibrated = calibration.CalibratedClassifierCV(MLPClassifier(**FIXED), cv=3).fit(*iris)
    np.testing.assert_allclose(calibrated.predict_proba(iris[0]).sum(1), 1, rtol=1e-6)
    assert calibrated.score(*iris) > 0.85


def test_it_agrees_with_scikit_learns_own_network(iris: Data) -> None:
    """The same weights make the same probabilities: what differs is drawn, not computed."""
    from sklearn.neural_network import MLPClassifier as Peer

    x, y = iris
    model = MLPClassifier(**FIXED).fit(x, y)
    peer = Peer(16, max_iter=1, random_state=0)
    with pytest.warns(exceptions.ConvergenceWarning):
        peer.fit(x, y)
    peer.coefs_, peer.intercepts_ = model.coefs_, model.intercepts_
    np.testing.assert_allclose(peer.predict_proba(x), model.predict_proba(x), rtol=1e-9, atol=1e-12)
