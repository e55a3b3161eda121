"""Cases of ``tinygrad_np/ops/loss.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case


def binary_cross_entropy(x: Any, target: Any) -> Any:
    return -(target * np.log(x) + (1 - target) * np.log(1 - x))


CASES = [
    Case("binary_cross_entropy", ((3,), (3,)), reference=binary_cross_entropy, domain=(0.1, 0.9)),
    Case("binary_cross_entropy", ((2, 3), (2, 3)), reference=binary_cross_entropy, domain=(0.1, 0.9)),
    Case("binary_cross_entropy", ((2, 3), (3,)), reference=binary_cross_entropy, domain=(0.1, 0.9), note="broadcast"),
    Case("binary_cross_entropy", ((2, 3, 2), (2, 3, 2)), reference=binary_cross_entropy, domain=(0.1, 0.9)),
    Case("binary_cross_entropy", ((), ()), reference=binary_cross_entropy, domain=(0.1, 0.9)),
    Case("binary_cross_entropy", ((0, 3), (0, 3)), reference=binary_cross_entropy, note="empty"),
    Case(
        "binary_cross_entropy",
        ((4,), np.array([0.0, 1.0, 1.0, 0.0])),
        reference=binary_cross_entropy,
        domain=(0.1, 0.9),
        note="certain",
    ),
]
