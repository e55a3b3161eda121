"""Elementwise operations, each with its derivative: a table of derivatives that runs.

Binary operations broadcast; the engine sums the cotangent back to each input's shape.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive

# ---- arithmetic


@primitive(np.add, promotion="common", elementwise=True)
def add(a, b, *, out=None):
    """Return ``a + b``.  da = g, db = g."""
    return np.add(a, b, out=out)


add.defvjp(lambda g: g, lambda g: g)


@primitive(np.subtract, promotion="common", elementwise=True)
def subtract(a, b, *, out=None):
    """Return ``a - b``.  da = g, db = -g."""
    return np.subtract(a, b, out=out)


subtract.defvjp(lambda g: g, lambda g: -g)


@primitive(np.multiply, promotion="common", elementwise=True)
def multiply(a, b, *, out=None):
    """Return ``a b``.  da = g b, db = g a."""
    return np.multiply(a, b, out=out)


multiply.defvjp(lambda g, b: g * b, lambda g, a: g * a)


@primitive(np.divide, promotion="float", elementwise=True)
def divide(a, b, *, out=None):
    """Return ``a / b``.  da = g / b, db = -g a / b**2."""
    return np.divide(a, b, out=out)


divide.defvjp(lambda g, b: g / b, lambda g, y, b: -g * y / b)


@primitive(np.power, promotion="common", elementwise=True)
def power(a, b, *, out=None):
    """Return ``a ** b``.  da = g b a**(b-1), 0 where b = 0;  db = g y log a, 0 where a = 0."""
    return a**b if out is None else np.power(a, b, out=out)


def _power_base(g: Any, a: Any, b: Any) -> Any:
    if isinstance(b, int | float):
        return g * 0 if b == 0 else g * b if b == 1 else g * (b * a ** (b - 1))
    zero = b == 0
    return np.where(zero, 0, g * b * a ** np.where(zero, 1, b - 1))


def _power_exponent(g: Any, y: Any, a: Any) -> Any:
    if isinstance(a, int | float):
        return g * y * math.log(a) if a > 0 else g * 0 if a == 0 else g * math.nan
    zero = a == 0
    return np.where(zero, 0, g * y * np.log(np.where(zero, 1, a)))


power.defvjp(_power_base, _power_exponent)


@primitive(np.negative, elementwise=True)
def negative(x, *, out=None):
    """Return ``-x``.  dx = -g."""
    return np.negative(x, out=out)


negative.defvjp(lambda g: -g)

# ---- exponentials and logarithms


@primitive(np.exp, promotion="float", elementwise=True)
def exp(x, *, out=None):
    """Return e to the power x.  dx = g y."""
    return np.exp(x, out=out)


exp.defvjp(lambda g, y: g * y)


@primitive(np.tanh, promotion="float", elementwise=True)
def tanh(x, *, out=None):
    """Return the hyperbolic tangent.  dx = g (1 - y**2)."""
    return np.tanh(x, out=out)


tanh.defvjp(lambda g, y: g * (1 - y * y))

# ---- dtype


@primitive()
def astype(x, *, dtype):
    """Return `x` converted to `dtype`.  dx = g, converted back by the engine."""
    return x.astype(dtype)


astype.defvjp(lambda g: g)
