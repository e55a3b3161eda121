"""What users pass as features, labels and weights, checked and made arrays.

scikit-learn's `check_estimator` looks for some of the words in these errors, such as "Reshape your data".
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygrad_np as tg

from .protocol import DataConversionWarning, shared_with_sklearn

Array = np.ndarray


def _as_array(values: Any) -> Array:
    array = values.detach().numpy() if isinstance(values, tg.Tensor) else np.asarray(values)
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported, but dtype {array.dtype} was passed: use its parts as features")
    return array


def _check_finite(name: str, array: Array) -> None:
    """Raise `ValueError` unless all is finite; the sum tells at a third of the cost, unless it overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()) or np.isfinite(array).all():
            return
    kind = "NaN" if np.isnan(array).any() else f"infinity or a value too large for {array.dtype}"
    raise ValueError(f"Input {name} contains {kind}: replace or remove it")


# ---- features


def as_features(X: Any, owner: str, single: bool = False) -> Array:
    """Return features as a float32 or float64 array of shape (N, F) in C order, not copied if it is one.

    Parameters
    ----------
    X
        array-like of numbers, or a tensor; shape (F,) too if `single`.  float64, and Python's floats, stay float64; all
        other numbers become float32.
    owner
        the name of the classifier, for errors.
    single
        whether one sample may come without its first dimension.

    Raises
    ------
    TypeError
        If X is sparse, or holds something that is no number.
    ValueError
        If the shape does not fit, there is no sample or no feature, or a number is complex, NaN or infinite.

    Examples
    --------
    >>> as_features([[1, 2]], "Model").dtype
    dtype('float32')
    """
    if hasattr(X, "toarray") and hasattr(X, "nnz"):
        raise TypeError(f"Sparse data was passed, but {owner} needs dense data: use X.toarray()")
    array = _as_array(X)
    if array.dtype.kind not in "biufO":
        raise ValueError(f"{owner} needs numbers as features, not dtype {array.dtype}: encode them")
    wide = array.dtype.kind == "O" or (array.dtype.kind == "f" and array.dtype.itemsize >= 8)
    array = np.asarray(array, np.float64 if wide else np.float32, order="C")
    if array.ndim == 1 and single:
        array = array[None]
    if array.ndim < 2:
        raise ValueError(
            f"Expected 2D array, got {array.ndim}D array of shape {array.shape} instead. Reshape your data: "
            "X.reshape(1, -1) is a single sample, X.reshape(-1, 1) a single feature"
        )
    if array.ndim > 2:
        raise ValueError(f"{owner} needs features of shape (N, F), not {array.shape}: use X.reshape(len(X), -1)")
    for count, unit in zip(array.shape, ("sample", "feature"), strict=True):
        if count == 0:
            raise ValueError(
                f"Found array with 0 {unit}(s) (shape={array.shape}) while a minimum of 1 is required by {owner}."
            )
    _check_finite("X", array)
    return array


def feature_names(X: Any) -> Array | None:
    """Return the names of a data frame's columns, shape (F,), or None if there are none or not all are strings."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = np.asarray(columns, object)
    return names if len(names) and all(isinstance(name, str) for name in names) else None


def check_feature_names(X: Any, expected: Array | None, owner: str) -> None:
    """Raise `ValueError` if columns have other names, or another order, than in `fit`; warn if only one has names."""
    names = feature_names(X)
    if names is None and expected is None:
        return
    if names is None or expected is None:
        one, other = ("X", "was fitted with") if names is None else ("what was fitted", "was passed now")
        warnings.warn(f"{one} has no feature names, but {owner} {other} some", UserWarning, stacklevel=4)
    elif list(names) != list(expected):
        raise ValueError(
            f"The feature names should match those that were passed during fit, {list(expected)}, not be {list(names)}"
        )


# ---- labels


def as_labels(y: Any, owner: str) -> Array:
    """Return labels as an array of shape (N,).

    Raises
    ------
    ValueError
        If there are none, the shape is another, or they are not classes: NaN, infinite or with decimals.

    Warns
    -----
    DataConversionWarning
        If the shape is (N, 1).
    """
    if y is None:
        raise ValueError(f"{owner} requires y to be passed, but the target y is None")
    array = _as_array(y)
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected: use y.ravel()",
            shared_with_sklearn(DataConversionWarning),
            stacklevel=4,
        )
        array = array.ravel()
    if array.ndim != 1:
        raise ValueError(f"y should be a 1d array, a label for each sample, not have shape {array.shape}")
    if array.dtype.kind == "f":
        _check_finite("y", array)
        if (array != np.floor(array)).any():
            raise ValueError(
                f"Unknown label type: continuous. {owner} tells classes apart, but y has decimals: round it if these "
                "are classes"
            )
    return array


def distinct(labels: Array) -> tuple[Array, Array]:
    """Return the sorted classes and, for each label, its position among them.

    Examples
    --------
    >>> distinct(np.array(["b", "a", "b"]))
    (array(['a', 'b'], dtype='<U1'), array([1, 0, 1]))
    """
    if labels.dtype.kind == "O" and (labels != labels).any():
        raise ValueError("Input y contains NaN: replace or remove it")
    try:
        classes, positions = np.unique(labels, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise ValueError(f"Unknown label type: {', '.join(kinds)} cannot be sorted, make them of one type") from error
    return classes, positions.astype(np.int64, copy=False)


def positions_among(classes: Array, labels: Array) -> Array:
    """Return the position of each label among sorted classes; `ValueError` if one is not there."""
    found, positions = distinct(labels)
    unknown = found[~np.isin(found, classes)]
    if unknown.size:
        raise ValueError(f"y contains labels that are not among the classes: {unknown.tolist()}, not in {classes}")
    return np.searchsorted(classes, found)[positions]


# ---- weights


def as_weights(sample_weight: Any, samples: int) -> Array | None:
    """Return weights as float64 of shape (N,), or None; `ValueError` if they are negative, all zero or do not fit."""
    if sample_weight is None:
        return None
    weights = _as_array(sample_weight).astype(np.float64)
    if weights.shape != (samples,):
        raise ValueError(f"sample_weight must have one number for each sample, shape ({samples},), not {weights.shape}")
    _check_finite("sample_weight", weights)
    if weights.min() < 0:
        raise ValueError(f"sample_weight must not be negative, as {weights.min()} is")
    if weights.max() == 0:
        raise ValueError("sample_weight must have one number above zero at least: all are zero")
    return weights


def weights_of_classes(class_weight: Any, classes: Array, positions: Array, weights: Array | None) -> Array:
    """Return a factor for each class, shape (C,).

    Parameters
    ----------
    class_weight
        a mapping from classes to factors, 1 for those not in it; or ``"balanced"``, for n / (C n_c) with the weight n
        of all samples and n_c of those of class c, so that each class counts the same.
    classes
        shape (C,).
    positions, weights
        the class of each sample by its position, and its weight, shapes (N,).

    Raises
    ------
    ValueError
        If it is none of these, or negative, or names a class that is not there while one that is has no factor.

    Examples
    --------
    >>> weights_of_classes("balanced", np.array(["a", "b"]), np.array([0, 0, 0, 1]), None)
    array([0.6667, 2.    ])
    """
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(positions, weights, len(classes)).astype(np.float64)
        return counts.sum() / (len(classes) * np.maximum(counts, np.finfo(np.float64).tiny))
    if not isinstance(class_weight, Mapping):
        raise ValueError(f"class_weight must be a mapping, 'balanced' or None, not {class_weight!r}")
    labels = classes.tolist()
    missing = [label for label in labels if label not in class_weight]
    unknown = [label for label in class_weight if label not in labels]
    if missing and unknown:
        raise ValueError(f"class_weight names {unknown}, which are no classes, but not {missing}, which are")
    factors = np.array([class_weight.get(label, 1.0) for label in labels], np.float64)
    _check_finite("class_weight", factors)
    if factors.min() < 0:
        raise ValueError(f"class_weight must not be negative, as {factors.min()} is")
    return factors
