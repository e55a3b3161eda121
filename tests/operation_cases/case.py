"""What a row of the operation table says."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Case:
    """One way to call one primitive; `tests/test_operations.py` derives all its tests from it.

    Attributes
    ----------
    operation : name of the primitive in the registry.
    inputs : positional inputs in order: a tuple of int is a shape, filled at random from `domain`; an ndarray, Python
        number or None is passed as it is (integer arrays for indices; floating arrays are differentiated).
    attributes : keyword arguments.
    reference : takes ndarrays and the attributes, returns the expected value, by NumPy's own functions and never by the
        operation under test; ``None`` where the operation is exactly the registered NumPy function (then that is used).
    domain : interval of the random values; keep it where the operation is smooth.
    distinct : draw values that are at least 0.1 apart, for maximum, sort and the like.
    order : highest derivative compared with finite differences.
    differentiable : False where the operation has no derivative: the result must not require grad.
    note : a word that tells cases of an operation apart, e.g. "0-d", "empty", "broadcast".
    """

    operation: str
    inputs: tuple[Any, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    reference: Callable[..., Any] | None = None
    domain: tuple[float, float] = (-1.0, 1.0)
    distinct: bool = False
    order: int = 2
    differentiable: bool = True
    note: str = ""

    def __str__(self) -> str:
        shapes = ",".join(_short(x) for x in self.inputs)
        attributes = ",".join(f"{k}={_short(v)}" for k, v in self.attributes.items())
        return "-".join(part for part in (self.operation, shapes, attributes, self.note) if part)

    def draw(self, dtype: Any = np.float64) -> list[Any]:
        """Return the inputs as arrays; the same ones each time."""
        rng = np.random.default_rng(zlib.crc32(str(self).encode()))
        return [self._draw(x, rng, dtype) for x in self.inputs]

    def _draw(self, x: Any, rng: np.random.Generator, dtype: Any) -> Any:
        if isinstance(x, tuple):
            low, high = self.domain
            values = rng.uniform(low, high, x)
            if self.distinct:
                values = rng.permuted(np.arange(values.size) * max(0.1, (high - low) / max(values.size, 1)) + low)
            return values.reshape(x).astype(dtype)
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            return x.astype(dtype)
        return x


def _short(x: Any) -> str:
    if isinstance(x, tuple) and all(isinstance(n, int) for n in x):
        return "x".join(map(str, x)) or "0d"
    return f"{x.dtype}{list(x.shape)}" if isinstance(x, np.ndarray) else str(x).replace(" ", "")[:40]
