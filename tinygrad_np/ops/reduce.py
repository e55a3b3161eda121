"""Reductions along axes, each with its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive


def restore(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """Return `g`, the cotangent of a reduction of `shape` along `axis`, with the reduced axes back at length 1."""
    if keepdims or axis is None and g.ndim == len(shape):
        return g
    axes = range(len(shape)) if axis is None else [axis] if isinstance(axis, int) else axis
    reduced = {a % len(shape) for a in axes} if shape else set()
    return np.reshape(g, tuple([1 if i in reduced else n for i, n in enumerate(shape)]))


@primitive(np.sum)
def sum_(x, *, axis=None, keepdims=False):
    """Return the sum along `axis` (an int, a tuple, or None for all).  dx = g, repeated along the axis."""
    return np.sum(x, axis=axis, keepdims=keepdims)


sum_.defvjp(lambda g, x_shape, axis, keepdims: np.broadcast_to(restore(g, x_shape, axis, keepdims), x_shape))
