"""Cases of ``tinygrad_np/ops/activation.py``; the references are the formulas of the papers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .case import Case


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softplus(x: Any, beta: float = 1, threshold: float = 20) -> Any:
    return np.where(x * beta > threshold, x, np.log(1 + np.exp(beta * x)) / beta)


def elu(x: Any, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Any:
    return scale * np.where(x > 0, x, alpha * (np.exp(input_scale * x) - 1))


SMOOTH: dict[str, Callable[[Any], Any]] = {
    "sigmoid": sigmoid,
    "logsigmoid": lambda x: np.log(sigmoid(x)),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
    "nearly_ndtr": lambda x: (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
}
PIECEWISE: dict[str, tuple[Callable[..., Any], list[dict[str, Any]]]] = {  # reference, several attributes
    "relu": (lambda x: np.where(x > 0, x, 0), [{}]),
    "hardtanh": (
        lambda x, min_val=-1, max_val=1: np.clip(x, min_val, max_val),
        [{}, {"min_val": -0.5, "max_val": 0.25}],
    ),
    "leaky_relu": (
        lambda x, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
        [{}, {"negative_slope": 0.0}, {"negative_slope": 1.0}, {"negative_slope": 3.0}, {"negative_slope": -0.5}],
    ),
    "elu": (
        elu,
        [{}, {"alpha": 1.7, "scale": 1.1}, {"alpha": -0.5}, {"alpha": 2.0, "input_scale": 0.5}, {"scale": 3.0}],
    ),
    "softplus": (softplus, [{}, {"beta": 2.0}, {"beta": -1.0}, {"beta": 2.0, "threshold": 1.0}]),
    "softsign": (lambda x: x / (1 + np.abs(x)), [{}]),
    "hardsigmoid": (lambda x: np.clip((x + 3) / 6, 0, 1), [{}]),
    "hardswish": (lambda x: x * np.clip((x + 3) / 6, 0, 1), [{}]),
    "hardshrink": (
        lambda x, lambd=0.5: np.where(np.abs(x) > lambd, x, 0),
        [{}, {"lambd": 0.0}, {"lambd": -1.0}],
    ),
    "softshrink": (
        lambda x, lambd=0.5: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
        [{}, {"lambd": 0.0}],
    ),
    "threshold": (
        lambda x, threshold, value: np.where(x > threshold, x, value),
        [{"threshold": 0.25, "value": 7.0}, {"threshold": 0.25, "value": 0.0}],
    ),
}
WIDE = np.array([[-40.0, -5.0, -2.0, -0.7, -0.3], [0.1, 0.4, 1.3, 4.5, 40.0]])  # away from every kink

CASES = [
    *(Case(name, ((2, 3),), reference=reference, domain=(-4, 4)) for name, reference in SMOOTH.items()),
    *(Case(name, (WIDE,), reference=reference) for name, reference in SMOOTH.items() if name != "logsigmoid"),
    Case("logsigmoid", (WIDE,), reference=lambda x: np.where(x < -30, x, np.log(sigmoid(x))), note="wide"),
    *(
        Case(name, (WIDE,), attributes, reference=reference)
        for name, (reference, several) in PIECEWISE.items()
        for attributes in several
    ),
    Case("relu", ((2, 0, 3),), reference=np.abs, note="empty"),
    Case("relu", (np.array([[1, -2], [-3, 4]]),), reference=lambda x: np.maximum(x, 0), differentiable=False),
    Case("prelu", (WIDE, ()), reference=lambda x, weight: np.where(x > 0, x, weight * x)),
    Case("prelu", (WIDE, (5,)), reference=lambda x, weight: np.where(x > 0, x, weight * x)),
    Case(
        "prelu",
        ((2, 3, 2, 2), (3, 1, 1)),
        reference=lambda x, weight: np.where(x > 0, x, weight * x),
        domain=(0.2, 1),
        note="positive",
    ),
    Case(
        "prelu",
        ((2, 3, 2, 2), (3, 1, 1)),
        reference=lambda x, weight: np.where(x > 0, x, weight * x),
        domain=(-1, -0.2),
        note="negative",
    ),
]
