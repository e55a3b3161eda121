"""Losses whose derivative is not that of the formula they are computed by."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive


def _logarithm(x: Any) -> Any:
    """Return log x, and -100 where that is less."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(x), -100)


def _logarithm_of_rest(x: Any) -> Any:
    """Return log(1 - x), and -100 where that is less."""
    with np.errstate(divide="ignore"):
        return np.maximum(np.log1p(-x), -100)


@primitive(promotion="float", elementwise=True)
def binary_cross_entropy(x: Any, target: Any) -> Any:
    """Return -(t log x + (1 - t) log(1 - x)) for probabilities, where logarithms below -100 count as -100.

    dx = g (x - t) / max(x (1 - x), 1e-12), so that it is finite too;  dt = g (log(1 - x) - log x).

    Parameters
    ----------
    x
        probabilities, any shape.
    target
        t, probabilities, usually 0 or 1; the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([0.5, 0.0], requires_grad=True)
    >>> loss = tg.binary_cross_entropy(x, tg.tensor([1.0, 0.0]))
    >>> loss.detach()
    tensor([0.6931, 0.    ])
    >>> loss.sum().backward()
    >>> x.grad
    tensor([-2.,  0.])
    """
    return (target - 1) * _logarithm_of_rest(x) - target * _logarithm(x)


binary_cross_entropy.defvjp(
    lambda g, x, target: g * ((x - target) / np.maximum(x * (1 - x), 1e-12)),
    lambda g, x: g * (_logarithm_of_rest(x) - _logarithm(x)),
)
