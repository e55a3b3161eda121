"""How well a classifier did, from its confusion matrix.

Row `i`, column `j` of the matrix `M` counts the samples of class `i` that were taken for class `j`. Of class `i`, then,
`M_ii` were found, out of `sum_j M_ij` that there are (its support) and among `sum_j M_ji` that were said to be of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray


class Scores(NamedTuple):
    """Precision, recall, F1 (between 0 and 1) and support of each class, or their averages over classes."""

    precision: Array
    recall: Array
    f1: Array
    support: Array


def confusion_matrix(targets: Array, predictions: Array, classes: int) -> Array:
    """Count the samples by their class and the class they were taken for.

    Parameters
    ----------
    targets : integers (N,)
        The class of each sample, from 0 to `classes` - 1.
    predictions : integers (N,)
        The class that each was taken for.
    classes : int
        How many classes there are; those that do not occur have a row and a column too.

    Returns
    -------
    numpy.ndarray of int64 (classes, classes)
        Rows are true classes, columns predicted ones.

    Raises
    ------
    ValueError
        If the shapes differ or are not (N,), or something is not a class.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 0]])
    """
    targets, predictions = np.asarray(targets), np.asarray(predictions)
    if targets.ndim != 1 or targets.shape != predictions.shape:
        raise ValueError(
            f"targets and predictions must be two rows of equal length, not of shapes {targets.shape} and "
            f"{predictions.shape}"
        )
    for name, values in (("targets", targets), ("predictions", predictions)):
        if values.dtype.kind not in "iu" and len(values):
            raise ValueError(f"{name} must be classes as integers, not {values.dtype}: take the argmax of scores")
        if len(values) and not 0 <= values.min() <= values.max() < classes:
            raise ValueError(f"{name} must be from 0 to {classes - 1}, but go from {values.min()} to {values.max()}")
    pairs = targets.astype(np.int64) * classes + predictions.astype(np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def accuracy(matrix: Array) -> float:
    """Return the part of all samples that were classified rightly; 0 of none.

    Examples
    --------
    >>> accuracy(np.array([[3, 1], [0, 4]]))
    0.875
    """
    return float(_ratio(np.trace(matrix), matrix.sum()))


def class_scores(matrix: Array) -> Scores:
    """Return the precision, recall, F1 and support of each class.

    With what was found of a class `t`, its support `s` and the number `p` of predictions of it::

        precision = t / p        recall = t / s        F1 = 2 t / (p + s)

    F1 is the harmonic mean of the other two. Each is 0 where it would be 0/0: the precision of a class that was never
    predicted, the recall of one that does not occur, and both and F1 of one to which both apply.

    Parameters
    ----------
    matrix : integers (C, C)
        A `confusion_matrix`.

    Returns
    -------
    Scores of arrays (C,)
        The support int64, the others float64.

    References
    ----------
    C. J. van Rijsbergen, Information Retrieval, 2nd edition, Butterworths, 1979, chapter 7 (F1 is one minus his E).

    Examples
    --------
    >>> scores = class_scores(np.array([[3, 1], [0, 4]]))
    >>> scores.precision, scores.recall, scores.support
    (array([1. , 0.8]), array([0.75, 1.  ]), array([4, 4]))
    """
    found, support, predicted = np.diagonal(matrix), matrix.sum(1), matrix.sum(0)
    return Scores(_ratio(found, predicted), _ratio(found, support), _ratio(2 * found, predicted + support), support)


def average_scores(scores: Scores, weighted: bool = False) -> Scores:
    """Return the means of precision, recall and F1 over all classes, and the total support.

    Parameters
    ----------
    scores
        of the classes, from `class_scores`.
    weighted
        whether a class counts by its support; else all count alike (the "macro" average), even those that do not
        occur. The weighted recall is the accuracy.

    Examples
    --------
    >>> scores = class_scores(np.array([[3, 1], [0, 4]]))
    >>> average_scores(scores).recall
    array(0.875)
    """
    weights = scores.support if weighted else np.ones(len(scores.support))
    precision, recall, f1 = (_ratio((values * weights).sum(), weights.sum()) for values in scores[:3])
    return Scores(precision, recall, f1, scores.support.sum())


def top_k_accuracy(outputs: Array, targets: Array, k: int) -> float:
    """Return the part of the samples whose class is among the `k` that have the greatest outputs.

    Of equal outputs the first class counts as the greater, as in `argmax`. A sample whose output for its own class is
    NaN is wrong, unless `k` is the number of classes.

    Parameters
    ----------
    outputs : (N, C)
        A score of each class; logits and probabilities give the same answer.
    targets : integers (N,)
        The classes.
    k : int
        From 1, which gives the accuracy, to C, which gives 1.

    Raises
    ------
    ValueError
        If `k` is not from 1 to C.

    Examples
    --------
    >>> top_k_accuracy(np.array([[0.7, 0.2, 0.1], [0.4, 0.5, 0.1]]), np.array([0, 0]), k=2)
    1.0
    """
    classes = outputs.shape[1]
    if not 1 <= k <= classes:
        raise ValueError(f"k must be from 1 to {classes}, the number of classes, not {k}")
    own = np.take_along_axis(outputs, targets[:, None], axis=1)
    later = np.arange(classes) > targets[:, None]
    behind = np.count_nonzero((outputs < own) | ((outputs == own) & later), axis=1)
    return float(_ratio(np.count_nonzero(behind >= classes - k), len(targets)))


def most_confused(matrix: Array, count: int) -> list[tuple[int, int, int]]:
    """Return the `count` most frequent mistakes as (class, taken for, times), the most frequent first.

    Of mistakes equally frequent the one further up, then further left in the matrix comes first. Pairs that were never
    confused are left out.

    Examples
    --------
    >>> most_confused(np.array([[9, 2, 0], [1, 9, 2], [3, 0, 9]]), 2)
    [(2, 0, 3), (0, 1, 2)]
    """
    mistakes = matrix - np.diag(np.diagonal(matrix))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
    pairs = [(int(i), int(j)) for i, j in zip(*np.unravel_index(order, matrix.shape), strict=True)]
    return [(i, j, int(matrix[i, j])) for i, j in pairs if mistakes[i, j]]


def _ratio(part: ArrayLike, whole: ArrayLike) -> Array:
    """Return part / whole in float64, with 0 for 0/0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
