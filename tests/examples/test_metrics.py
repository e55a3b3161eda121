"""The figures of a classifier: worked by hand, from their definitions, and beside scikit-learn."""

from __future__ import annotations

import doctest
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "mnist")
if EXAMPLE not in sys.path:
    sys.path.insert(0, EXAMPLE)

from application import metrics  # noqa: E402

# Three classes; the third is never predicted, and of the four zeros one was taken for a one.
BY_HAND = np.array([[3, 1, 0], [0, 4, 0], [1, 1, 0]])


def test_examples_in_the_docstrings() -> None:
    result = doctest.testmod(metrics, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 5
    assert result.failed == 0


def test_confusion_matrix_by_hand() -> None:
    targets = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    predictions = np.array([0, 0, 0, 1, 1, 1, 1, 1, 0, 1])
    matrix = metrics.confusion_matrix(targets, predictions, 3)
    np.testing.assert_array_equal(matrix, BY_HAND)
    assert matrix.dtype == np.int64


def test_confusion_matrix_keeps_classes_that_do_not_occur() -> None:
    matrix = metrics.confusion_matrix(np.array([0]), np.array([2]), 5)
    assert matrix.shape == (5, 5)
    assert matrix[0, 2] == matrix.sum() == 1


def test_confusion_matrix_of_small_integers_does_not_overflow() -> None:
    matrix = metrics.confusion_matrix(np.array([61], np.uint8), np.array([60], np.int8), 62)
    assert matrix[61, 60] == 1


def test_confusion_matrix_of_nothing() -> None:
    np.testing.assert_array_equal(metrics.confusion_matrix(np.array([]), np.array([]), 2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("targets", "predictions", "message"),
    [
        ([0, 1], [0], r"\(2,\) and \(1,\)"),
        ([[0]], [[0]], r"\(1, 1\) and \(1, 1\)"),
        ([0, 3], [0, 0], "targets must be from 0 to 2, but go from 0 to 3"),
        ([0, 0], [0, -1], "predictions must be from 0 to 2, but go from -1 to 0"),
        ([0, 0], [0.0, 1.0], "predictions must be classes as integers, not float64"),
    ],
)
def test_confusion_matrix_of_what_are_no_classes(targets: list, predictions: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.confusion_matrix(np.array(targets), np.array(predictions), 3)


def test_scores_by_hand() -> None:
    scores = metrics.class_scores(BY_HAND)
    np.testing.assert_allclose(scores.precision, [3 / 4, 4 / 6, 0], rtol=1e-15)
    np.testing.assert_allclose(scores.recall, [3 / 4, 1, 0], rtol=1e-15)
    np.testing.assert_allclose(scores.f1, [3 / 4, 4 / 5, 0], rtol=1e-15)
    np.testing.assert_array_equal(scores.support, [4, 4, 2])
    assert metrics.accuracy(BY_HAND) == 0.7


def test_averages_by_hand() -> None:
    macro = metrics.average_scores(metrics.class_scores(BY_HAND))
    weighted = metrics.average_scores(metrics.class_scores(BY_HAND), weighted=True)
    np.testing.assert_allclose(macro[:3], [(3 / 4 + 2 / 3) / 3, (3 / 4 + 1) / 3, (3 / 4 + 4 / 5) / 3], rtol=1e-15)
    np.testing.assert_allclose(weighted[:3], [0.3 + 0.4 * 2 / 3, 0.7, 0.3 + 0.32], rtol=1e-15)
    assert macro.support == weighted.support == 10


def test_nothing_over_nothing_is_zero() -> None:
    scores = metrics.class_scores(np.zeros((2, 2), np.int64))
    for values in (*scores[:3], *metrics.average_scores(scores, weighted=True)):
        np.testing.assert_array_equal(values, np.zeros_like(values))
    assert metrics.accuracy(np.zeros((2, 2), np.int64)) == 0


samples = st.integers(1, 6).flatmap(
    lambda classes: st.tuples(
        st.just(classes), st.lists(st.tuples(*[st.integers(0, classes - 1)] * 2), min_size=1, max_size=30)
    )
)


@given(samples)
def test_scores_from_their_definitions(drawn: tuple[int, list[tuple[int, int]]]) -> None:
    classes, pairs = drawn
    targets, predictions = np.array(pairs).T
    matrix = metrics.confusion_matrix(targets, predictions, classes)
    scores = metrics.class_scores(matrix)
    for c in range(classes):
        found = np.count_nonzero((targets == c) & (predictions == c))
        there, said = np.count_nonzero(targets == c), np.count_nonzero(predictions == c)
        assert scores.precision[c] == (found / said if said else 0)
        assert scores.recall[c] == (found / there if there else 0)
        assert scores.support[c] == there
        if found:
            p, r = scores.precision[c], scores.recall[c]
            np.testing.assert_allclose(scores.f1[c], 2 * p * r / (p + r), rtol=1e-14)
        else:
            assert scores.f1[c] == 0
    assert metrics.accuracy(matrix) == np.mean(targets == predictions)
    weighted = metrics.average_scores(scores, weighted=True)
    np.testing.assert_allclose(weighted.recall, metrics.accuracy(matrix), rtol=1e-14)


def test_scores_are_those_of_scikit_learn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn, to compare with, is not installed")
    generator = np.random.default_rng(0)
    targets, predictions = generator.integers(0, 9, 500), generator.integers(1, 10, 500)  # 9 and 0 are 0/0 somewhere
    labels = np.arange(11)  # 10 is 0/0 throughout
    matrix = metrics.confusion_matrix(targets, predictions, 11)
    np.testing.assert_array_equal(matrix, sklearn.confusion_matrix(targets, predictions, labels=labels))
    scores = metrics.class_scores(matrix)
    averages = {"macro": metrics.average_scores(scores), "weighted": metrics.average_scores(scores, weighted=True)}
    for average, ours in {None: scores, **averages}.items():
        theirs = sklearn.precision_recall_fscore_support(
            targets, predictions, labels=labels, average=average, zero_division=0
        )
        for mine, other in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-13)
    assert metrics.accuracy(matrix) == sklearn.accuracy_score(targets, predictions)


@pytest.mark.parametrize("k", [1, 2, 3, 10])
def test_top_k_is_that_of_scikit_learn(k: int) -> None:
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn, to compare with, is not installed")
    generator = np.random.default_rng(1)
    outputs, targets = generator.standard_normal((300, 10)), generator.integers(0, 10, 300)
    theirs = sklearn.top_k_accuracy_score(targets, outputs, k=k, labels=np.arange(10)) if k < 10 else 1.0
    assert metrics.top_k_accuracy(outputs, targets, k) == theirs


def test_top_k_takes_the_first_of_equals_as_argmax_does() -> None:
    outputs = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    targets = np.array([0, 1, 2])
    assert metrics.top_k_accuracy(outputs, targets, 1) == np.mean(outputs.argmax(1) == targets) == 1 / 3
    assert metrics.top_k_accuracy(outputs, targets, 2) == 1


def test_top_k_of_nan_is_wrong() -> None:
    assert metrics.top_k_accuracy(np.full((2, 3), np.nan), np.array([0, 1]), 2) == 0


@pytest.mark.parametrize("k", [0, 4])
def test_top_k_out_of_range(k: int) -> None:
    with pytest.raises(ValueError, match=f"from 1 to 3, the number of classes, not {k}"):
        metrics.top_k_accuracy(np.ones((1, 3)), np.array([0]), k)


def test_most_confused() -> None:
    matrix = np.array([[90, 3, 0], [5, 80, 3], [0, 0, 70]])
    assert metrics.most_confused(matrix, 2) == [(1, 0, 5), (0, 1, 3)]
    assert metrics.most_confused(matrix, 9) == [(1, 0, 5), (0, 1, 3), (1, 2, 3)]
    assert metrics.most_confused(np.eye(3, dtype=int), 3) == []
