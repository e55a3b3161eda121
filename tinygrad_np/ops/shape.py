"""Operations that move elements without changing them, each with its derivative."""

from __future__ import annotations

import numpy as np

from ..primitive import primitive


@primitive(np.reshape, view=True)
def reshape(x, *, shape):
    """Return `x` in another `shape` of as many elements, in C order; one length may be -1.  dx = g, reshaped back."""
    return np.reshape(x, shape)


reshape.defvjp(lambda g, x_shape: np.reshape(g, x_shape))


@primitive(np.broadcast_to, view=True)
def broadcast_to(x, *, shape):
    """Return `x` repeated along new or length-1 axes to `shape`, without a copy.  dx = g; the engine sums it back."""
    return np.broadcast_to(x, shape)


broadcast_to.defvjp(lambda g: g)
