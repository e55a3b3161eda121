"""Cases of ``tinygrad_np/ops/normalization.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case


def standardize(x: Any, weight: Any, bias: Any, axis: Any, eps: float) -> Any:
    mean, variance = np.mean(x, axis, keepdims=True), np.var(x, axis, keepdims=True)
    y = (x - mean) / np.sqrt(variance + eps)
    return y * (1 if weight is None else weight) + (0 if bias is None else bias), mean, variance


def case(*inputs: Any, axis: tuple[int, ...], eps: float = 0.1, note: str = "") -> Case:
    return Case("standardize", inputs, {"axis": axis, "eps": eps}, reference=standardize, note=note)


CASES = [
    case((4, 3), (3,), (3,), axis=(1,), note="layers"),
    case((4, 3), (3,), (3,), axis=(0,), note="batches"),
    case((4, 3), None, None, axis=(1,), eps=1e-5),
    case((4, 3), None, None, axis=(0,), eps=1e-5),
    case((4, 3), None, (3,), axis=(0,)),
    case((4, 3), (3,), None, axis=(1,)),
    case((4, 3, 5), (3, 1), (3, 1), axis=(0, 2), note="batches of sequences"),
    case((2, 4, 3), (4, 3), (4, 3), axis=(1, 2), note="layers of two dimensions"),
    case((2, 4, 3), (1, 3), (4, 1), axis=(0, 2), note="a weight that changes along one axis"),
    case((3,), (3,), (), axis=(0,), note="a single row"),
    case((0, 3), (3,), (3,), axis=(1,), note="no rows"),
]
