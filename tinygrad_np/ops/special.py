"""Special functions that NumPy does not have: the error function and its kin, and a few of logarithms and sines.

The coefficients of the error function were computed for this project, in arithmetic of 50 digits.  Near 0: a quotient
of polynomials, fitted by least squares on Chebyshev nodes, reweighted until the largest error is the least (Lawson's
iteration; the denominator linearised as Sanathanan and Koerner do).  Far from 0: the Chebyshev series of a function
that hardly changes, cut off and written in powers (Shepherd and Laframboise, Mathematics of Computation 36, 1981).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .reduce import in_single
from .shape import fed

# ---- the error function

# erf(x) = x + x P(x**2) / Q(x**2) for |x| <= NEAR; the error is 5e-9 of erf(x) in float32, 2e-18 in float64
NEAR = 1.5
NEAR_SINGLE = (
    (0.12837917239687882, -0.31855019383450944, -0.045420464554565255, -0.006014538293013022),
    (1.0, 0.44848765873175506, 0.0812226844180866, 0.006254320584482337),
)
NEAR_DOUBLE = (
    (
        0.12837916709551256,
        -0.3134498937799363,
        -0.05687927605392333,
        -0.01072467401739752,
        -0.0008320730692033974,
        -4.864312994417251e-05,
        -1.2467905912663844e-06,
    ),
    (
        1.0,
        0.48821391094764044,
        0.1083738347206397,
        0.014135588878904048,
        0.0011565569269291118,
        5.719105664167186e-05,
        1.3658584153591656e-06,
    ),
)

# erfc(x) = exp(-x**2) R((x - 3) / (x + 3)) / (1 + 2 x) for x >= 0; the error is 2e-9 in float32, 2e-17 in float64
TAIL_SINGLE = (
    1.2530080582534238,
    -0.13562110449402126,
    -0.04756229269565379,
    0.12964509696901552,
    -0.11927369132068087,
    0.06830870677166784,
    -0.023770334675484478,
    0.0025260688678001345,
    0.0018881128646091253,
    -0.0007713736760226932,
    -0.00010413071427970404,
    0.00011324623983168478,
    3.861849136821459e-06,
    -1.1057230027974098e-05,
)
TAIL_DOUBLE = (
    1.2530080582697296,
    -0.13562110612458117,
    -0.0475622943534492,
    0.1296451587027594,
    -0.11927366341538638,
    0.0683080273440099,
    -0.02377051491717134,
    0.0025293918156939696,
    0.0018886903449991718,
    -0.0007798322696543306,
    -0.00010515971958448065,
    0.0001250993424583729,
    4.949196649968345e-06,
    -2.0100542268525612e-05,
    -7.308281468783614e-07,
    3.472370944977168e-06,
    3.5576086684080595e-07,
    -6.166011460398726e-07,
    -1.4047654315428462e-07,
    1.0183620603842736e-07,
    4.1064013667940355e-08,
    -1.3312919661038687e-08,
    -8.217595058711455e-09,
    9.862533510345587e-10,
    8.393734858690877e-10,
)
ZERO = 40.0  # from here on, erfc(x) and erfc(x / sqrt(2)) are 0 in float64
SQRT_2 = math.sqrt(2)
SQRT_HALF = math.sqrt(0.5)
TWO_OVER_SQRT_PI = 2 / math.sqrt(math.pi)
BLOCK = 32768  # elements; that many intermediate results stay in a core's cache


def polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    """Return the polynomial with these coefficients, from the constant one on, at an array `x` (Horner's scheme)."""
    result = x * coefficients[-1]
    result += coefficients[-2]
    for coefficient in coefficients[-3::-1]:
        result *= x
        result += coefficient
    return result


def in_blocks(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the elementwise `function` of `x`, computed block by block where `x` is large, in the order of `x`."""
    if x.size <= BLOCK or not x.flags.forc:
        return np.asarray(function(np.atleast_1d(x))).reshape(x.shape) if x.ndim == 0 else function(x)
    result = np.empty_like(x)
    source, target = x.ravel(order="K"), result.ravel(order="K")
    for start in range(0, x.size, BLOCK):
        target[start : start + BLOCK] = function(source[start : start + BLOCK])
    return result


def near_erf(x: Any) -> Any:
    """Return the error function of `x` limited to the interval from -NEAR to NEAR."""
    x = np.clip(x, -NEAR, NEAR)
    numerator, denominator = NEAR_DOUBLE if x.dtype == np.float64 else NEAR_SINGLE
    square = x * x
    result = polynomial(square, numerator)
    result /= polynomial(square, denominator)
    result *= x
    result += x
    return result


def upper_tail(x: Any, coefficients: tuple[float, ...], factor: float = 1.0) -> Any:
    """Return ``erfc(sqrt(factor) x)`` for `x` >= 0 in float64; x is split, lest the rounding of its square count."""
    x = np.minimum(x, ZERO)
    head = np.rint(x * 16) / 16  # its square is exact
    result = np.exp(-head * head * factor)
    result *= np.exp((head - x) * (head + x) * factor)
    z = x * math.sqrt(factor)
    result *= polynomial((z - 3) / (z + 3), coefficients)
    result /= 1 + 2 * z
    return result


def tail_coefficients(dtype: np.dtype[Any]) -> tuple[float, ...]:
    """Return those that suffice for results in `dtype`."""
    return TAIL_DOUBLE if dtype == np.float64 else TAIL_SINGLE


def erf_of(x: Any) -> Any:
    """Return the error function of an array."""
    result = near_erf(x)
    far = np.abs(x) > NEAR
    if far.any():
        values = x[far].astype(np.float64)
        result[far] = np.copysign(1 - upper_tail(np.abs(values), tail_coefficients(x.dtype)), values)
    return result


def erfc_of(x: Any) -> Any:
    """Return the complementary error function of an array."""
    tail = upper_tail(np.abs(x).astype(np.float64), tail_coefficients(x.dtype))
    return np.where(x < 0, 2 - tail, tail).astype(x.dtype, copy=False)


def ndtr_of(x: Any) -> Any:
    """Return the normal distribution function of an array."""
    result = near_erf(x * SQRT_HALF)
    result += 1
    result *= 0.5
    far = (x < -SQRT_2) | (x > NEAR * SQRT_2)  # sooner below 0, where 1 + erf loses digits
    if far.any():
        values = x[far].astype(np.float64)
        tail = 0.5 * upper_tail(np.abs(values), tail_coefficients(x.dtype), 0.5)
        result[far] = np.where(values < 0, tail, 1 - tail)
    return result


@primitive(promotion="float", elementwise=True)
@in_single
def erf(x: Any) -> Any:
    """Return the error function of `x`: the probability that a normal value of variance 1/2 lies within -x and x.

    erf(x) = 2 / sqrt(pi) * the integral of exp(-t**2) from 0 to x;  the derivative: dx = g 2 / sqrt(pi) exp(-x**2).

    Up to 1.5 in size it is ``x + x P(x**2) / Q(x**2)``, with polynomials of degree 3 in float32 and 6 in float64;
    beyond, ``1 - erfc(|x|)`` with the sign of x.  The largest error found, on 60 000 values from 1e-30 to 6 compared
    with arithmetic of 40 digits, is 2.3 units in the last place in float32 and 2.5 in float64.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape, between -1 and 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.erf(tg.tensor([0.0, 0.5, -10.0]))
    tensor([ 0.    ,  0.5205, -1.    ])

    References
    ----------
    Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.1.
    """
    return in_blocks(erf_of, x)


def bell(x: Any) -> Any:
    """Return ``exp(-x**2)`` of an array or a tensor, 0 where the square overflows."""
    with np.errstate(over="ignore"):
        return np.exp(-x * x)


erf.defvjp(lambda g, x: g * (bell(x) * TWO_OVER_SQRT_PI))


@primitive(promotion="float", elementwise=True)
def erfc(x: Any) -> Any:
    """Return ``1 - erf(x)``, exact where it is small.

    The derivative: dx = -g 2 / sqrt(pi) exp(-x**2).

    It is ``exp(-x**2) R((x - 3) / (x + 3)) / (1 + 2 x)`` for x >= 0, with a polynomial of degree 13 in float32 and 24
    in float64, and 2 - erfc(-x) below; computed in float64.  The largest error found, on 60 000 values from -6 to 26
    compared with arithmetic of 40 digits, is 0.51 units in the last place in float32 and 4.7 in float64.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape, between 0 and 2.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.erfc(tg.tensor(9.0)).item()
    4.137e-37
    """
    return in_blocks(erfc_of, x)


erfc.defvjp(lambda g, x: -g * (bell(x) * TWO_OVER_SQRT_PI))


@primitive(promotion="float", elementwise=True)
def erfinv(x: Any) -> Any:
    """Return the value whose error function is `x`; infinite at -1 and 1, nan outside.

    The derivative: dx = g sqrt(pi) / 2 exp(y**2).

    Winitzki's formula, right to 0.4%, is improved three times by Halley's method, in float64.  The largest error
    found on 10 000 values is 0.5 units in the last place in float32 and 2.7 in float64.

    Parameters
    ----------
    x
        tensor, array or number between -1 and 1.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.erfinv(tg.tensor([0.0, 0.5, -1.0]))
    tensor([0.    , 0.4769,   -inf])

    References
    ----------
    S. Winitzki, A handy approximation for the error function and its inverse, 2008.
    """
    return in_blocks(_erfinv_of, x)


def _erfinv_of(x: Any) -> Any:
    wanted = x.astype(np.float64, copy=False)
    size = np.abs(wanted)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log1p(-size) + np.log1p(size)  # of 1 - x**2
        middle = 2 / (math.pi * 0.147) + logarithm / 2
        root = np.sqrt(middle * middle - logarithm / 0.147)
        guess = np.sqrt(np.where(middle > 0, -logarithm / 0.147 / (root + middle), root - middle))
        for _ in range(3):
            # the excess of erf(guess) over x, from the complements where both are near 1
            excess = np.where(size < 0.5, erf_of(guess) - size, (1 - size) - upper_tail(guess, TAIL_DOUBLE))
            newton = excess / (TWO_OVER_SQRT_PI * bell(guess))
            guess = guess - newton / (1 + guess * newton)
    guess[size == 1] = np.inf
    return np.copysign(guess, wanted).astype(x.dtype, copy=False)


erfinv.defvjp(lambda g, y: g * (np.exp(y * y) * (math.sqrt(math.pi) / 2)))


@primitive(promotion="float", elementwise=True)
@in_single
def ndtr(x: Any) -> Any:
    """Return the probability that a standard normal value is at most `x`, exact where it is small.

    It is erfc(-x / sqrt(2)) / 2;  the derivative is the density: dx = g exp(-x**2 / 2) / sqrt(2 pi).

    The largest error found, on 40 000 values from -37 (float32: -13) to 5 compared with arithmetic of 40 digits, is
    5.6 units in the last place in float32 and 5.4 in float64.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape, between 0 and 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.ndtr(tg.tensor([0.0, 1.96]))
    tensor([0.5  , 0.975])
    """
    return in_blocks(ndtr_of, x)


ndtr.defvjp(lambda g, x: g * (bell(x * SQRT_HALF) * (TWO_OVER_SQRT_PI * SQRT_HALF / 2)))

# ---- logarithms and sines


@primitive(promotion="float", elementwise=True)
def logit_(x: Any, *, eps: float | None = None) -> Any:
    """Return log(x / (1 - x)), of `x` limited to the interval from eps to 1 - eps unless eps is None.

    dx = g / (x (1 - x)), 0 outside the interval.
    """
    limited = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(limited / (1 - limited))


def _logit_vjp(g: Any, x: Any, eps: float | None) -> Any:
    if eps is None:
        return g / (x * (1 - x))
    limited = np.clip(x, eps, 1 - eps)
    return g * ((x >= eps) & (x <= 1 - eps)) / (limited * (1 - limited))


logit_.defvjp(_logit_vjp)


def logit(input: Any, eps: float | None = None) -> Tensor:
    """Return ``log(x / (1 - x))``, the inverse of `sigmoid`.  The derivative: ``dx = g / (x (1 - x))``.

    Parameters
    ----------
    input
        tensor, array or number between 0 and 1.
    eps
        limit the input to the interval from it to ``1 - eps`` first; the derivative is 0 outside.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.logit(tg.tensor([0.5, 0.9, 1.0]), eps=1e-6)
    tensor([ 0.    ,  2.1972, 13.8023])
    """
    return logit_(input, eps=eps)


@primitive(promotion="float", elementwise=True)
def xlogy(a: Any, b: Any) -> Any:
    """Return ``a log(b)``, and 0 where a is 0, unless b is nan.

    The derivative: da = g log b, db = g a / b; 0 where both a and b are 0.

    Parameters
    ----------
    a, b
        tensors, arrays or numbers whose shapes broadcast; they are promoted to one floating dtype.

    Returns
    -------
    Tensor of the broadcast shape.

    Examples
    --------
    The entropy of a distribution:

    >>> import tinygrad_np as tg
    >>> p = tg.tensor([0.0, 0.5, 0.5])
    >>> -tg.xlogy(p, p).sum()
    tensor(0.6931)
    """
    return a * np.log(_replaced((a == 0) & (b == b), b, np.result_type(a, b)))


def _replaced(condition: Any, x: Any, dtype: np.dtype[Any]) -> Any:
    """Return `x`, which may be a number, in `dtype`, and 1 where `condition` holds."""
    return np.where(condition, np.ones((), dtype), x)


xlogy.defvjp(
    lambda g, a, b: g * np.log(_replaced((a == 0) & (b <= 0), b, g.dtype)),
    lambda g, a, b: g * (a / _replaced((a == 0) & (b == 0), b, g.dtype)),
)


@primitive(np.sinc, promotion="float", elementwise=True)
@in_single
def sinc_(x: Any, *, order: int = 0) -> Any:
    """Return the derivative of sin(pi x) / (pi x) of this order, 1 at 0 for order 0.  dx = g times that of order + 1.

    With z = pi x and f = sin(z) / z:  z f = sin(z), differentiated n times, gives f_n from f_(n - 1) where ``|z|`` > n;
    nearer to 0 the Taylor series does.
    """
    if order == 0:
        return np.sinc(x)
    z = np.multiply(x, math.pi, dtype=np.float64)
    near = np.abs(z) <= order
    far = np.where(near, order, z)
    result = np.sin(far) / far
    for n in range(1, order + 1):
        result = ((np.sin, np.cos)[n % 2](far) * (1, 1, -1, -1)[n % 4] - n * result) / far
    return (np.where(near, _sinc_series(np.where(near, z, 0), order), result) * math.pi**order).astype(x.dtype)


def _sinc_series(z: Any, order: int) -> Any:
    """Return the Taylor series at 0 of the derivative of sin(z) / z, for ``|z|`` <= order."""
    result = np.zeros_like(z)
    for power in range(order % 2, 4 * order + 24, 2):
        half = (power + order) // 2
        result += (-1) ** half / ((2 * half + 1) * math.factorial(power)) * z**power
    return result


sinc_.defvjp(lambda g, x, order: g * fed(sinc_, x, order=order + 1))


def sinc(input: Any) -> Tensor:
    """Return ``sin(pi x) / (pi x)``, and 1 at 0.

    The derivative: ``dx = g (cos(pi x) - y) / x``, and 0 at 0; all orders are exact there too.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.sinc(tg.tensor([0.0, 0.5]))
    tensor([1.    , 0.6366])
    """
    return sinc_(input)
