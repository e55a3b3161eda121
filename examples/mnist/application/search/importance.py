"""Which hyper-parameters mattered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .space import Choices, Dimension, Space, show
from .trial import COMPLETE, Trial

PARTS = 4  # of a range whose values are taken together


def importances(space: Space, trials: Sequence[Trial]) -> dict[str, float]:
    r"""Return for each hyper-parameter which part of the variance of the accuracies its values explain by themselves.

    That is :math:`\eta^2 = \sum_v n_v (\bar a_v - \bar a)^2 / \sum_i (a_i - \bar a)^2`, where :math:`\bar a_v` is the
    mean accuracy of the :math:`n_v` trials with the value :math:`v`. Of a full grid the parts add up to at most 1; the
    rest is what values do together. Trials that did not end whole do not count. With few trials a value each it says
    little.

    Returns
    -------
    dict
        By name, the greatest first; empty if all accuracies are the same.

    References
    ----------
    R. A. Fisher, "Statistical Methods for Research Workers", 1925.
    """
    whole = [trial for trial in trials if trial.state == COMPLETE]
    accuracies = np.array([trial.accuracy for trial in whole], float)
    if len(whole) < 2 or np.ptp(accuracies) == 0:
        return {}
    total = np.sum((accuracies - accuracies.mean()) ** 2)
    found = {}
    for name, dimension in space.items():
        groups = np.array(group(dimension, [trial.point[name] for trial in whole])[0])
        between = [
            np.sum(groups == g) * (accuracies[groups == g].mean() - accuracies.mean()) ** 2 for g in np.unique(groups)
        ]
        found[name] = float(np.sum(between) / total)
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def group(dimension: Dimension, values: Sequence[Any]) -> tuple[list[int], list[str]]:
    """Return the group of each value and the labels of all groups: the choices, or equally many values of a range."""
    if isinstance(dimension, Choices):
        return [dimension.place(value) for value in values], [show(value) for value in dimension.values]
    numbers = np.array([number(value) for value in values], float)
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, PARTS + 1)))
    if len(edges) < 2:
        return [0] * len(values), [show(float(edges[0]))]
    places = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
    labels = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)]
    return places.tolist(), labels


def number(value: Any) -> float:
    """Return a value of a range as a number: the size of a layer stands alone in its tuple."""
    return float(value[0] if isinstance(value, tuple) else value)
