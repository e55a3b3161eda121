"""Elementwise operations: a table of derivatives that runs.

Each row reads::

    name = elementwise(the NumPy ufunc, "what it is", "its derivative in words", the same as a rule for each input)

In the rules ``g`` is the cotangent of the output, ``y`` the output, ``x`` or ``a`` and ``b`` the inputs.  Binary
operations broadcast; the engine sums each cotangent back to the shape of its input.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import Primitive, primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .documentation import describe


def elementwise(
    ufunc: Any,
    value: str,
    derivative: str,
    *rules: Callable[..., Any],
    name: str = "",
    promotion: str | None = None,
    keeps_integers: bool = False,
) -> Primitive:
    """Make a ufunc of inputs ``x``, or ``a`` and ``b``, a primitive; without rules, one without derivative."""

    def unary(x: Any, *, out: Any = None) -> Any:
        if keeps_integers and x.dtype.kind != "f":
            return x.copy()
        return ufunc(x, out=out)

    def binary(a: Any, b: Any, *, out: Any = None) -> Any:
        return ufunc(a, b, out=out)

    forward: Any = unary if ufunc.nin == 1 else binary
    if promotion is None:
        promotion = "float" if ufunc.nin == 1 and rules else "common"
    forward.__name__ = name or ufunc.__name__
    forward.__doc__ = describe(forward.__name__, value, derivative, ufunc.nin, promotion == "float")
    operation = primitive(ufunc, promotion=promotion, elementwise=True)(forward)
    if rules:
        operation.defvjp(*rules)
    return operation


LOG_2 = math.log(2.0)
LOG_10 = math.log(10.0)
NONE = "none: the result does not require grad."
STEP = "0: it is constant between its steps, whose derivative is not defined."

# ---- arithmetic

add = elementwise(np.add, "a + b", "da = g, db = g.", lambda g: g, lambda g: g)
subtract = elementwise(np.subtract, "a - b", "da = g, db = -g.", lambda g: g, lambda g: -g)
multiply = elementwise(np.multiply, "a b", "da = g b, db = g a.", lambda g, b: g * b, lambda g, a: g * a)
divide = elementwise(
    np.divide,
    "a / b; integers are divided as floats",
    "da = g / b, db = -g y / b.",
    lambda g, b: g / b,
    lambda g, y, b: -g * y / b,
    promotion="float",
)
floor_divide = elementwise(
    np.floor_divide, "the floor of a / b", STEP, lambda g: np.zeros_like(g), lambda g: np.zeros_like(g)
)
remainder = elementwise(
    np.remainder,
    "a - b floor(a / b), which has the sign of b",
    "da = g, db = -g floor(a / b).",
    lambda g: g,
    lambda g, a, b: -g * np.floor_divide(a, b),
)
fmod = elementwise(
    np.fmod,
    "a - b trunc(a / b), which has the sign of a",
    "da = g, db = -g trunc(a / b).",
    lambda g: g,
    lambda g, a, b: -g * np.trunc(a / b),
)
negative = elementwise(np.negative, "-x", "dx = -g.", lambda g: -g, promotion="common")
reciprocal = elementwise(np.reciprocal, "1 / x", "dx = -g y**2.", lambda g, y: -g * y * y)
square = elementwise(np.square, "x**2", "dx = 2 g x.", lambda g, x: g * (2 * x), promotion="common")
sqrt = elementwise(np.sqrt, "the square root of x", "dx = g / 2y.", lambda g, y: g / (2 * y))
cbrt = elementwise(np.cbrt, "the cube root of x", "dx = g / 3y**2.", lambda g, y: g / (3 * y * y))


def _power_base(g: Any, a: Any, b: Any) -> Any:
    if isinstance(b, int | float):
        return np.zeros_like(g) if b == 0 else g if b == 1 else g * (b * a ** (b - 1))
    zero = b == 0
    return np.where(zero, 0, g * b * a ** np.where(zero, 1, b - 1))


def _power_exponent(g: Any, y: Any, a: Any) -> Any:
    if isinstance(a, int | float):
        return g * y * (math.log(a) if a > 0 else 0 if a == 0 else math.nan)
    zero = a == 0
    return np.where(zero, 0, g * y * np.log(np.where(zero, 1, a)))


power = elementwise(
    np.power,
    "a**b",
    "da = g b a**(b - 1), 0 where b = 0;  db = g y log a, 0 where a = 0.",
    _power_base,
    _power_exponent,
)

# ---- exponentials and logarithms

exp = elementwise(np.exp, "e**x", "dx = g y.", lambda g, y: g * y)
exp2 = elementwise(np.exp2, "2**x", "dx = g y log 2.", lambda g, y: g * (y * LOG_2))
expm1 = elementwise(np.expm1, "e**x - 1, exact for small x", "dx = g (y + 1).", lambda g, y: g * (y + 1))
log = elementwise(np.log, "the natural logarithm of x", "dx = g / x.", lambda g, x: g / x)
log2 = elementwise(np.log2, "the logarithm of x to base 2", "dx = g / (x log 2).", lambda g, x: g / (x * LOG_2))
log10 = elementwise(np.log10, "the logarithm of x to base 10", "dx = g / (x log 10).", lambda g, x: g / (x * LOG_10))
log1p = elementwise(np.log1p, "log(1 + x), exact for small x", "dx = g / (1 + x).", lambda g, x: g / (1 + x))
logaddexp = elementwise(
    np.logaddexp,
    "log(e**a + e**b), without overflow",
    "da = g e**(a - y), db = g e**(b - y).",
    lambda g, y, a: g * np.exp(a - y),
    lambda g, y, b: g * np.exp(b - y),
    promotion="float",
)
logaddexp2 = elementwise(
    np.logaddexp2,
    "log2(2**a + 2**b), without overflow",
    "da = g 2**(a - y), db = g 2**(b - y).",
    lambda g, y, a: g * np.exp2(a - y),
    lambda g, y, b: g * np.exp2(b - y),
    promotion="float",
)

# ---- trigonometric and hyperbolic

sin = elementwise(np.sin, "the sine of x radians", "dx = g cos x.", lambda g, x: g * np.cos(x))
cos = elementwise(np.cos, "the cosine of x radians", "dx = -g sin x.", lambda g, x: -g * np.sin(x))
tan = elementwise(np.tan, "the tangent of x radians", "dx = g (1 + y**2).", lambda g, y: g * (1 + y * y))
arcsin = elementwise(
    np.arcsin, "the angle in radians whose sine is x", "dx = g / sqrt(1 - x**2).", lambda g, x: g / np.sqrt(1 - x * x)
)
arccos = elementwise(
    np.arccos,
    "the angle in radians whose cosine is x",
    "dx = -g / sqrt(1 - x**2).",
    lambda g, x: -g / np.sqrt(1 - x * x),
)
arctan = elementwise(
    np.arctan, "the angle in radians whose tangent is x", "dx = g / (1 + x**2).", lambda g, x: g / (1 + x * x)
)
arctan2 = elementwise(
    np.arctan2,
    "the angle in radians of the point (b, a)",
    "da = g b / (a**2 + b**2), db = -g a / (a**2 + b**2).",
    lambda g, a, b: g * b / (a * a + b * b),
    lambda g, a, b: -g * a / (a * a + b * b),
    promotion="float",
)
hypot = elementwise(
    np.hypot,
    "sqrt(a**2 + b**2), without overflow",
    "da = g a / y, db = g b / y.",
    lambda g, y, a: g * (a / y),
    lambda g, y, b: g * (b / y),
    promotion="float",
)
sinh = elementwise(np.sinh, "the hyperbolic sine of x", "dx = g cosh x.", lambda g, x: g * np.cosh(x))
cosh = elementwise(np.cosh, "the hyperbolic cosine of x", "dx = g sinh x.", lambda g, x: g * np.sinh(x))
tanh = elementwise(np.tanh, "the hyperbolic tangent of x", "dx = g (1 - y**2).", lambda g, y: g * (1 - y * y))
arcsinh = elementwise(
    np.arcsinh, "the inverse of sinh", "dx = g / sqrt(x**2 + 1).", lambda g, x: g / np.sqrt(x * x + 1)
)
arccosh = elementwise(
    np.arccosh, "the inverse of cosh, for x >= 1", "dx = g / sqrt(x**2 - 1).", lambda g, x: g / np.sqrt(x * x - 1)
)
arctanh = elementwise(
    np.arctanh, "the inverse of tanh, for x between -1 and 1", "dx = g / (1 - x**2).", lambda g, x: g / (1 - x * x)
)
deg2rad = elementwise(np.deg2rad, "x degrees in radians", "dx = g pi / 180.", lambda g: g * (math.pi / 180))
rad2deg = elementwise(np.rad2deg, "x radians in degrees", "dx = g 180 / pi.", lambda g: g * (180 / math.pi))

# ---- sign, size and order

absolute = elementwise(
    np.absolute,
    "the absolute value of x",
    "dx = g sign(x), so 0 at 0.",
    lambda g, x: g * np.sign(x),
    promotion="common",
)
sign = elementwise(np.sign, "-1, 0 or 1", STEP, lambda g: np.zeros_like(g), promotion="common")
copysign = elementwise(
    np.copysign,
    "the size of a with the sign of b",
    "da = g where the signs are equal, else -g;  db = 0.",
    lambda g, a, b: g * (np.copysign(1, a) * np.copysign(1, b)),
    lambda g: np.zeros_like(g),
    promotion="float",
)
floor = elementwise(
    np.floor, "x rounded down", STEP, lambda g: np.zeros_like(g), promotion="common", keeps_integers=True
)
ceil = elementwise(np.ceil, "x rounded up", STEP, lambda g: np.zeros_like(g), promotion="common", keeps_integers=True)
trunc = elementwise(
    np.trunc, "x rounded towards 0", STEP, lambda g: np.zeros_like(g), promotion="common", keeps_integers=True
)
rint = elementwise(
    np.rint,
    "x rounded to the nearest integer, halves to even",
    STEP,
    lambda g: np.zeros_like(g),
    promotion="common",
    keeps_integers=True,
)


def _greater_share(g: Any, a: Any, b: Any) -> Any:
    """Return the part of `g` that belongs to `a` in max(a, b): all where it is greater, half where they are equal."""
    return np.where(a == b, g * 0.5, np.where(a > b, g, 0))


maximum = elementwise(
    np.maximum,
    "the greater of a and b; nan if one is",
    "g goes to the greater one, half to each where they are equal.",
    lambda g, a, b: _greater_share(g, a, b),
    lambda g, a, b: _greater_share(g, b, a),
)
minimum = elementwise(
    np.minimum,
    "the lesser of a and b; nan if one is",
    "g goes to the lesser one, half to each where they are equal.",
    lambda g, a, b: _greater_share(g, b, a),
    lambda g, a, b: _greater_share(g, a, b),
)
fmax = elementwise(
    np.fmax,
    "the greater of a and b; the other one if one is nan",
    "g goes to the one chosen, half to each where they are equal.",
    lambda g, a, b: np.where(np.isnan(b), g, _greater_share(g, a, b)),
    lambda g, a, b: np.where(np.isnan(a), g, _greater_share(g, b, a)),
)
fmin = elementwise(
    np.fmin,
    "the lesser of a and b; the other one if one is nan",
    "g goes to the one chosen, half to each where they are equal.",
    lambda g, a, b: np.where(np.isnan(b), g, _greater_share(g, b, a)),
    lambda g, a, b: np.where(np.isnan(a), g, _greater_share(g, a, b)),
)

# ---- questions and bits, which have no derivative

equal = elementwise(np.equal, "whether a = b", NONE)
not_equal = elementwise(np.not_equal, "whether a and b differ", NONE)
less = elementwise(np.less, "whether a < b", NONE)
less_equal = elementwise(np.less_equal, "whether a <= b", NONE)
greater = elementwise(np.greater, "whether a > b", NONE)
greater_equal = elementwise(np.greater_equal, "whether a >= b", NONE)
logical_and = elementwise(np.logical_and, "whether a and b are both not zero", NONE)
logical_or = elementwise(np.logical_or, "whether a or b is not zero", NONE)
logical_xor = elementwise(np.logical_xor, "whether just one of a and b is not zero", NONE)
logical_not = elementwise(np.logical_not, "whether x is zero", NONE)
isnan = elementwise(np.isnan, "whether x is not a number", NONE)
isinf = elementwise(np.isinf, "whether x is infinite", NONE)
isfinite = elementwise(np.isfinite, "whether x is neither infinite nor nan", NONE)
signbit = elementwise(np.signbit, "whether the sign bit of x is set", NONE)
bitwise_and = elementwise(np.bitwise_and, "the bits set in both a and b (integers and booleans)", NONE)
bitwise_or = elementwise(np.bitwise_or, "the bits set in a or b (integers and booleans)", NONE)
bitwise_xor = elementwise(np.bitwise_xor, "the bits set in just one of a and b (integers and booleans)", NONE)
bitwise_not = elementwise(np.invert, "the bits of x flipped (integers and booleans)", NONE, name="bitwise_not")
left_shift = elementwise(np.left_shift, "the bits of a moved up b places (integers)", NONE)
right_shift = elementwise(np.right_shift, "the bits of a moved down b places (integers)", NONE)

# ---- those that are no ufunc


@primitive(np.where, promotion="branches", elementwise=True)
def where_(condition: Any, a: Any, b: Any) -> Any:
    """Choose between `a` and `b`."""
    return np.where(condition, a, b)


where_.defvjp(None, lambda g, condition: np.where(condition, g, 0), lambda g, condition: np.where(condition, 0, g))


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """Return `input` where `condition` holds and `other` elsewhere; given the condition alone, where it holds.

    The cotangent goes to the one chosen: ``dinput = g where condition else 0``, ``dother = 0 where condition else g``.

    Parameters
    ----------
    condition
        boolean tensor or array, broadcast with the others.
    input, other
        tensors, arrays or numbers, promoted to one dtype.

    Returns
    -------
    Tensor of the broadcast shape, or a tuple of int64 tensors, one for each dimension.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([-1.0, 2.0])
    >>> tg.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if input is None and other is None:
        found = np.nonzero(condition.array if isinstance(condition, Tensor) else condition)
        return tuple(Tensor(index) for index in found)
    if input is None or other is None:
        raise TypeError("where needs both input and other, or neither: only one was given")
    return where_(condition, input, other)


@primitive(promotion="common", elementwise=True)
def clip_(x: Any, low: Any, high: Any) -> Any:
    """Limit `x`; a limit may be None."""
    return np.clip(x, low, high)


def _inside(g: Any, x: Any, low: Any, high: Any) -> Any:
    for outside in (None if low is None else x < low, None if high is None else x > high):
        g = g if outside is None else np.where(outside, 0, g)
    return g


def _below(g: Any, x: Any, low: Any, high: Any) -> Any:
    return np.where((x < low) if high is None else (x < low) & (low < high), g, 0)


def _above(g: Any, x: Any, low: Any, high: Any) -> Any:
    return np.where((x > high) if low is None else (x > high) | (low >= high), g, 0)


clip_.defvjp(_inside, _below, _above)


@answer_for(np.clip)
def _numpy_clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    return clamp(a, min if a_min is None else a_min, max if a_max is None else a_max)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Return `input` limited to the interval from `min` to `max`; numbers or tensors, either may be left out.

    ``dinput = g`` where the input lies inside or on the limits, 0 elsewhere; g goes to the limit that was taken.

    Raises
    ------
    ValueError
        If both limits are left out.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.clamp(tg.tensor([-2.0, 0.5, 2.0]), -1.0, 1.0)
    tensor([-1. ,  0.5,  1. ])
    """
    if min is None and max is None:
        raise ValueError("clamp needs min, max or both: none was given")
    return clip_(input, min, max)


@primitive()
def astype(x: Any, *, dtype: Any) -> Any:
    """Convert to `dtype`; always a copy."""
    return x.astype(dtype)


astype.defvjp(lambda g: g)


@primitive(np.copy)
def clone(x: Any) -> Any:
    """Copy."""
    return np.array(x, order="K")


clone.defvjp(lambda g: g)


@primitive(np.nan_to_num)
def nan_to_num(x: Any, *, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Replace nan by `nan` and the infinities by `posinf` and `neginf`, by default the dtype's greatest numbers.

    dx = g where x is finite, else 0.
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


nan_to_num.defvjp(lambda g, x: np.where(np.isfinite(x), g, 0))


def rsqrt(input: Any) -> Tensor:
    """Return ``1 / sqrt(input)``.  The derivative is ``-y**3 / 2``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.rsqrt(tg.tensor([4.0]))
    tensor([0.5])
    """
    return power(input, -0.5)


def round(input: Any, *, decimals: int = 0) -> Tensor:
    """Return `input` rounded to `decimals` decimals, halves to even.  The derivative is 0.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.round(tg.tensor([0.5, 1.5, 2.345]), decimals=2)
    tensor([0.5 , 1.5 , 2.34])
    """
    if decimals == 0:
        return rint(input)
    scale = 10.0**decimals
    return divide(rint(multiply(input, scale)), scale)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """Return ``input + weight (end - input)``: `input` for weight 0, `end` for weight 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.lerp(tg.tensor([0.0]), tg.tensor([10.0]), 0.25)
    tensor([2.5])
    """
    return add(input, multiply(weight, subtract(end, input)))


# ---- PyTorch's other names

sub, mul, div, true_divide, neg, pow, abs, fix = subtract, multiply, divide, divide, negative, power, absolute, trunc
asin, acos, atan, atan2 = arcsin, arccos, arctan, arctan2
asinh, acosh, atanh = arcsinh, arccosh, arctanh
eq, ne, lt, le, gt, ge = equal, not_equal, less, less_equal, greater, greater_equal
clip = clamp
