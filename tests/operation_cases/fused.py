"""Cases of ``tinygrad_np/ops/fused.py`` and ``tinygrad_np/inplace.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_np.primitive import registry

from .case import Case


def linear(x: Any, weight: Any, bias: Any) -> Any:
    return x @ weight.T + (0 if bias is None else bias)


def linear_relu(x: Any, weight: Any, bias: Any) -> Any:
    return np.maximum(linear(x, weight, bias), 0)


def linear_stack(x: Any, *layers: Any) -> Any:
    for i in range(0, len(layers) - 2, 2):
        x = linear_relu(x, *layers[i : i + 2])
    return linear(x, *layers[-2:])


def cross_entropy(x: Any, target: Any, reduction: str = "mean", label_smoothing: float = 0.0) -> Any:
    logarithms = np.log(np.exp(x) / np.exp(x).sum(1, keepdims=True))
    losses = -(1 - label_smoothing) * logarithms[np.arange(len(x)), target] - label_smoothing * logarithms.mean(1)
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](losses)


def set_view(base: Any, value: Any, steps: Any) -> Any:
    result = base.copy()
    result.reshape(3, 2)[...] = value
    return result


TARGET = np.array([2, 0, 2, 1])
STEPS = ((registry["reshape"], {"shape": (3, 2)}),)

CASES = [
    Case("linear", ((4, 3), (2, 3), (2,)), reference=linear),
    Case("linear", ((4, 3), (2, 3), None), reference=linear),
    Case(
        "linear",
        ((4, 3), np.asfortranarray([[0.1, 0.2, 0.3], [-0.5, 0.4, 0.6]]), (2,)),
        reference=linear,
        note="F order",
    ),
    Case("linear", ((3,), (2, 3), (2,)), reference=linear, note="one row"),
    Case("linear", ((2, 4, 3), (5, 3), (5,)), reference=linear, note="batches"),
    Case("linear", ((0, 3), (2, 3), (2,)), reference=linear, note="no rows"),
    Case("linear_relu", ((4, 3), (2, 3), (2,)), reference=linear_relu),
    Case("linear_relu", ((4, 3), np.asfortranarray([[0.1, 0.2, 0.3], [-0.5, 0.4, 0.6]]), None), reference=linear_relu),
    Case("linear_relu", ((2, 4, 3), (5, 3), (5,)), reference=linear_relu, note="batches"),
    Case("linear_stack", ((4, 3), (2, 3), (2,)), reference=linear_stack, note="one layer"),
    Case("linear_stack", ((4, 3), (5, 3), (5,), (4, 5), None, (2, 4), (2,)), reference=linear_stack),
    Case("linear_stack", ((2, 4, 3), (5, 3), (5,), (2, 5), (2,)), reference=linear_stack, note="batches"),
    *(
        Case("softmax_cross_entropy", ((4, 3), TARGET), {"reduction": reduction, **options}, reference=cross_entropy)
        for reduction in ("mean", "sum", "none")
        for options in ({}, {"label_smoothing": 0.2})
    ),
    Case("set_view", ((6,), (3, 2)), {"steps": STEPS}, reference=set_view),
]
