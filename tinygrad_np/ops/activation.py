"""Activation functions, each with its derivative.

At a kink, where the derivative from the left is not that from the right, it is the one that PyTorch takes; the
docstrings say which.  Where a derivative is 0 or 1, the rule multiplies by a boolean mask: `np.where` takes several
times as long on signs that come at random.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .elementwise import multiply
from .join import chunk
from .rectify import rectify
from .shape import dimension, fed, reshape, shape_of
from .special import ndtr

# ---- rectifiers


def check_numbers(dtype: np.dtype[Any], *limits: float) -> None:
    """Raise `TypeError` for booleans, and for limits that integers of `dtype` cannot reach."""
    if dtype.kind == "b":
        raise TypeError("it limits numbers, not booleans: convert the input with .to('float32')")
    if dtype.kind in "iu" and any(not np.iinfo(dtype).min <= int(limit) <= np.iinfo(dtype).max for limit in limits):
        raise TypeError(f"{dtype} cannot hold all of {limits}: convert the input with .to('float32')")


@primitive(promotion="common", elementwise=True)
def relu(x: Any, *, out: Any = None) -> Any:
    """Return the greater of `x` and 0.

    The derivative: dx = g where x > 0, else 0.

    Parameters
    ----------
    x
        tensor, array or number.

    Returns
    -------
    Tensor of the same shape and dtype.

    Raises
    ------
    TypeError
        If `x` is boolean.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.relu(tg.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])

    References
    ----------
    V. Nair and G. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.
    """
    check_numbers(x.dtype)
    return rectify(x, out)


relu.defvjp(lambda g, y: g * (y > 0))


@primitive(promotion="common", elementwise=True)
def hardtanh_(x: Any, *, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """Return `x` limited to the interval.  dx = g inside it, 0 at its ends and outside."""
    check_numbers(x.dtype, min_val, max_val)
    return np.clip(x, x.dtype.type(min_val), x.dtype.type(max_val))


hardtanh_.defvjp(lambda g, y, min_val, max_val: g * ((y > min_val) & (y < max_val)))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return `input` limited to the interval from `min_val` to `max_val`.

    The derivative: ``dinput = g`` inside it, 0 at its ends and outside.

    Raises
    ------
    TypeError
        If `input` is boolean, or of an integer dtype that cannot hold the limits.
    ValueError
        If the interval is empty.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.hardtanh(tg.tensor([-2.0, 0.5, 2.0]))
    tensor([-1. ,  0.5,  1. ])
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh from {min_val} to {max_val}: give the lower limit first")
    return hardtanh_(input, min_val=min_val, max_val=max_val)


def relu6(input: Any) -> Tensor:
    """Return `input` limited to the interval from 0 to 6.

    The derivative: ``dinput = g`` inside it, 0 at its ends and outside.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.relu6(tg.tensor([-1.0, 3.0, 8.0]))
    tensor([0., 3., 6.])
    """
    return hardtanh_(input, min_val=0, max_val=6)


@primitive(promotion="float", elementwise=True)
def leaky_relu_(x: Any, *, negative_slope: float = 0.01) -> Any:
    """Return `x` where it is positive, else negative_slope x.  dx = g where x > 0, else g negative_slope."""
    return (np.maximum if negative_slope <= 1 else np.minimum)(x, x * negative_slope)


def _leaky_relu_vjp(g: Any, x: Any, negative_slope: float) -> Any:
    if 0 <= negative_slope <= 1:
        return g * np.maximum(np.sign(x), negative_slope)
    return np.where(x > 0, g, g * negative_slope)


leaky_relu_.defvjp(_leaky_relu_vjp)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Tensor:
    """Return `input` where it is positive, and `negative_slope` times it elsewhere.

    The derivative: ``dinput = g`` where the input is positive, else ``g * negative_slope``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.leaky_relu(tg.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1,  2. ])

    References
    ----------
    A. Maas, A. Hannun and A. Ng, Rectifier nonlinearities improve neural network acoustic models, ICML 2013.
    """
    return leaky_relu_(input, negative_slope=negative_slope)


@primitive(promotion="float", elementwise=True)
def prelu_(x: Any, weight: Any) -> Any:
    """Return `x` where it is positive, else weight x.  dx = g or g weight, dweight = 0 or g x."""
    return np.where(x > 0, x, x * weight)


prelu_.defvjp(
    lambda g, x, weight: np.where(x > 0, g, g * weight),
    lambda g, x: g * np.minimum(x, 0),
)


def prelu(input: Any, weight: Any) -> Tensor:
    """Return `input` where it is positive, and `weight`, which is learned, times it elsewhere.

    The derivative: ``dinput = g`` where the input is positive, else ``g * weight``;  ``dweight`` is the sum of
    ``g * input`` where the input is not positive.

    Parameters
    ----------
    input
        tensor of shape (N, C, ...).
    weight
        one element, or as many as there are channels, shape (C,).

    Returns
    -------
    Tensor of the shape of `input`.

    Raises
    ------
    ValueError
        If there are neither one weight nor C.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.prelu(tg.tensor([[-1.0, -1.0], [2.0, 2.0]]), tg.tensor([0.1, 0.5]))
    tensor([[-0.1, -0.5],
            [ 2. ,  2. ]])

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, ICCV 2015.
    """
    shape, count = shape_of(input), math.prod(shape_of(weight))
    channels = shape[1] if len(shape) > 1 else 1
    if count not in (1, channels) or len(shape_of(weight)) > 1:
        raise ValueError(f"prelu of shape {shape} with weights {shape_of(weight)}: give one weight, or {channels}")
    return prelu_(input, reshape(weight, () if count == 1 else (channels,) + (1,) * (len(shape) - 2)))


# ---- exponential units


@primitive(promotion="float", elementwise=True)
def elu_(x: Any, *, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    """Return scale x where x is positive, else scale alpha (exp(input_scale x) - 1)."""
    result = np.expm1(np.minimum(x, 0) * input_scale) * alpha + np.maximum(x, 0)
    return result if scale == 1 else result * scale


def _elu_vjp(g: Any, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    """Return dx = g scale where x > 0, else g scale alpha input_scale exp(input_scale x)."""
    decay = np.exp(np.minimum(x, 0) * input_scale)
    if alpha * input_scale == 1:
        return g * (decay if scale == 1 else decay * scale)
    return np.where(x > 0, g * scale, g * (decay * (scale * alpha * input_scale)))


elu_.defvjp(_elu_vjp)


def elu(input: Any, alpha: float = 1.0) -> Tensor:
    """Return `input` where it is positive, and ``alpha * (exp(input) - 1)`` elsewhere.

    The derivative: ``dinput = g`` where the input is positive, else ``g * alpha * exp(input)``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.elu(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.    ])

    References
    ----------
    D. Clevert, T. Unterthiner and S. Hochreiter, Fast and accurate deep network learning by exponential linear units,
    ICLR 2016.
    """
    return elu_(input, alpha=alpha)


SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def selu(input: Any) -> Tensor:
    """Return ``1.0507 * elu(input, 1.6733)``, which keeps mean 0 and variance 1 from layer to layer.

    The derivative: ``dinput = 1.0507 g`` where the input is positive, else ``1.7581 g exp(input)``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.selu(tg.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, Self-normalizing neural networks, NeurIPS 2017.
    """
    return elu_(input, alpha=SELU_ALPHA, scale=SELU_SCALE)


def celu(input: Any, alpha: float = 1.0) -> Tensor:
    """Return `input` where it is positive, and ``alpha * (exp(input / alpha) - 1)`` elsewhere.

    The derivative, which is continuous: ``dinput = g`` where the input is positive, else ``g * exp(input / alpha)``.

    Raises
    ------
    ValueError
        If `alpha` is 0.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.celu(tg.tensor([-1.0, 2.0]), 2.0)
    tensor([-0.7869,  2.    ])

    References
    ----------
    J. Barron, Continuously differentiable exponential linear units, 2017.
    """
    if alpha == 0:
        raise ValueError("celu divides by alpha, which is 0: use relu")
    return elu_(input, alpha=alpha, input_scale=1 / alpha)


# ---- the logistic function and its kin


@primitive(promotion="float", elementwise=True)
def sigmoid(x: Any, *, out: Any = None) -> Any:
    """Return the logistic function of `x`, ``1 / (1 + exp(-x))``.

    The derivative: dx = g y (1 - y).

    It is exact for large negative x too, until exp(-x) overflows; then it is 0.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.sigmoid(tg.tensor([-1000.0, 0.0, 1.0]))
    tensor([0.    , 0.5   , 0.7311])
    """
    out = np.empty_like(x) if out is None else out
    with np.errstate(over="ignore"):
        np.exp(np.negative(x, out=out), out=out)
    out += 1
    return np.divide(1, out, out=out)


sigmoid.defvjp(lambda g, y: g * (y * (1 - y)))
expit = sigmoid


def silu(input: Any) -> Tensor:
    """Return ``input * sigmoid(input)``, also known as swish.

    The derivative: ``dinput = g (s + input s (1 - s))`` with ``s = sigmoid(input)``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.silu(tg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2689,  0.    ,  0.7311])

    References
    ----------
    S. Elfwing, E. Uchibe and K. Doya, Sigmoid-weighted linear units for neural network function approximation, 2017.
    """
    return multiply(input, sigmoid(input))


@primitive(promotion="float", elementwise=True)
def logsigmoid(x: Any) -> Any:
    """Return the logarithm of ``sigmoid(x)``, without overflow.

    ``log(1 / (1 + exp(-x))) = min(x, 0) - log(1 + exp(-|x|))``;  the derivative: dx = g sigmoid(-x).

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.logsigmoid(tg.tensor([-100.0, 0.0]))
    tensor([-100.    ,   -0.6931])
    """
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


logsigmoid.defvjp(lambda g, x: g * fed(sigmoid, -x))


@primitive(promotion="float", elementwise=True)
def softplus_(x: Any, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Return log(1 + exp(beta x)) / beta, and x where beta x > threshold.  dx = g sigmoid(beta x), g there."""
    with np.errstate(over="ignore"):
        z = x * beta
    result = np.log1p(np.exp(-np.abs(z)))
    result += np.maximum(z, 0)
    return np.where(z > threshold, x, result / beta)


def _softplus_vjp(g: Any, x: Any, beta: float, threshold: float) -> Any:
    with np.errstate(over="ignore"):
        z = x * beta
    return g * np.maximum(fed(sigmoid, z), z > threshold)


softplus_.defvjp(_softplus_vjp)


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Return ``log(1 + exp(beta * input)) / beta``, a smooth `relu`, without overflow.

    The derivative: ``dinput = g * sigmoid(beta * input)``.

    Parameters
    ----------
    input
        tensor, array or number.
    beta
        how sharp the bend is.
    threshold
        where ``beta * input`` is above it, the result is `input` itself and the derivative 1, as in PyTorch.

    Returns
    -------
    Tensor of the same shape.

    Raises
    ------
    ValueError
        If `beta` is 0.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.softplus(tg.tensor([-1.0, 0.0, 30.0]))
    tensor([ 0.3133,  0.6931, 30.    ])
    """
    if beta == 0:
        raise ValueError("softplus divides by beta, which is 0: give another one")
    return softplus_(input, beta=beta, threshold=threshold)


@primitive(promotion="float", elementwise=True)
def mish(x: Any) -> Any:
    """Return ``x * tanh(softplus(x))``.

    With e = exp(x) and n = e (e + 2):  y = x n / (n + 2).

    The derivative: dx = g (n / (n + 2) + 4 x e (e + 1) / (n + 2)**2).

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.mish(tg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.3034,  0.    ,  0.8651])

    References
    ----------
    D. Misra, Mish: a self regularized non-monotonic activation function, BMVC 2020.
    """
    e = np.exp(np.minimum(x, MISH_LINEAR))
    n = e * (e + 2)
    return x * (n / (n + 2))


MISH_LINEAR = 20.0  # from here on, mish(x) is x even in float64; the square of its exponential does not overflow


def _mish_vjp(g: Any, x: Any) -> Any:
    x = np.minimum(x, MISH_LINEAR)
    e = np.exp(x)
    n = e * (e + 2)
    below = 1 / (n + 2)
    return g * (n * below + x * (4 * e * below) * ((e + 1) * below))


mish.defvjp(_mish_vjp)

# ---- weighted by the normal distribution

GELU_CUBIC = 0.044715
GELU_SCALE = 2 * math.sqrt(2 / math.pi)
GELU_CONSTANT = 100.0  # beyond, the approximation is 0 or 1 even in float64


def gelu_argument(x: Any) -> Any:
    """Return the polynomial of an array or a tensor whose sigmoid nearly is the normal distribution function."""
    return (x * x * GELU_CUBIC + 1) * x * GELU_SCALE


@primitive(promotion="float", elementwise=True)
def nearly_ndtr(x: Any) -> Any:
    """Return the sigmoid of z = 2 sqrt(2 / pi) (x + 0.044715 x**3).  dx = g y sigmoid(-z) dz / dx."""
    return sigmoid.forward(gelu_argument(np.clip(x, -GELU_CONSTANT, GELU_CONSTANT)))


def _nearly_ndtr_vjp(g: Any, y: Any, x: Any) -> Any:
    x = np.clip(x, -GELU_CONSTANT, GELU_CONSTANT)
    slope = x * x * (3 * GELU_CUBIC * GELU_SCALE) + GELU_SCALE
    return g * (y * fed(sigmoid, -gelu_argument(x))) * slope  # 1 - y would lose its digits where y is near 1


nearly_ndtr.defvjp(_nearly_ndtr_vjp)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Return `input` times the probability that a standard normal value is at most `input`.

    ``y = x P(x)`` with ``P(x) = (1 + erf(x / sqrt(2))) / 2``.

    The derivative: ``dx = g (P(x) + x exp(-x**2 / 2) / sqrt(2 pi))``.

    Parameters
    ----------
    input
        tensor, array or number.
    approximate
        ``"none"``, or ``"tanh"`` for ``P(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2``, which is faster;
        it is computed as a sigmoid, the same in other words.

    Returns
    -------
    Tensor of the same shape.

    Raises
    ------
    ValueError
        If `approximate` is another word.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.gelu(tg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.1587,  0.    ,  0.8413])

    References
    ----------
    D. Hendrycks and K. Gimpel, Gaussian error linear units, 2016.
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"gelu with approximate={approximate!r}: give 'none' or 'tanh'")
    return multiply(input, ndtr(input) if approximate == "none" else nearly_ndtr(input))


# ---- without exponentials


@primitive(promotion="float", elementwise=True)
def softsign(x: Any) -> Any:
    """Return ``x / (1 + |x|)``.

    The derivative: ``dx = g / (1 + |x|)**2``.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.softsign(tg.tensor([-1.0, 0.0, 3.0]))
    tensor([-0.5 ,  0.  ,  0.75])
    """
    return x / (1 + np.abs(x))


softsign.defvjp(lambda g, x: g * np.square(1 / (1 + np.abs(x))))


@primitive(promotion="float", elementwise=True)
def tanhshrink(x: Any) -> Any:
    """Return ``x - tanh(x)``.

    The derivative: dx = g tanh(x)**2.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tanhshrink(tg.tensor([-1.0, 0.0, 1.0]))
    tensor([-0.2384,  0.    ,  0.2384])
    """
    return x - np.tanh(x)


tanhshrink.defvjp(lambda g, x: g * np.square(np.tanh(x)))


@primitive(promotion="float", elementwise=True)
def hardsigmoid(x: Any) -> Any:
    """Return ``x / 6 + 1/2``, limited to the interval from 0 to 1.

    The derivative: dx = g / 6 where -3 < x < 3, else 0.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.hardsigmoid(tg.tensor([-4.0, 0.0, 1.5]))
    tensor([0.  , 0.5 , 0.75])
    """
    return np.clip(x + 3, 0, 6) / 6


hardsigmoid.defvjp(lambda g, x: g * ((x > -3) & (x < 3)) / 6)


@primitive(promotion="float", elementwise=True)
def hardswish(x: Any) -> Any:
    """Return ``x * hardsigmoid(x)``: 0 up to -3, ``x`` from 3 on, and ``x (x + 3) / 6`` between.

    The derivative: dx = 0 where x <= -3, g where x >= 3, and g (x / 3 + 1/2) between.

    Parameters
    ----------
    x
        tensor, array or number.  Integers become the default floating dtype.

    Returns
    -------
    Tensor of the same shape.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.hardswish(tg.tensor([-4.0, -1.0, 0.0, 4.0]))
    tensor([-0.    , -0.3333,  0.    ,  4.    ])

    References
    ----------
    A. Howard et al., Searching for MobileNetV3, ICCV 2019.
    """
    return x * (np.clip(x + 3, 0, 6) / 6)


hardswish.defvjp(lambda g, x: np.where(x >= 3, g, g * (x > -3) * (np.clip(x, -3, 3) / 3 + 0.5)))


@primitive(promotion="float", elementwise=True)
def hardshrink_(x: Any, *, lambd: float = 0.5) -> Any:
    """Return `x` where ``|x|`` > lambd, else 0.  dx = g or 0."""
    return np.where((x >= -lambd) & (x <= lambd), 0, x)


hardshrink_.defvjp(lambda g, x, lambd: g * ((x < -lambd) | (x > lambd)))


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return `input` where its absolute value is above `lambd`, and 0 elsewhere.

    The derivative: ``dinput = g`` where the absolute value is above `lambd`, else 0.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.hardshrink(tg.tensor([-2.0, 0.5, 1.0]))
    tensor([-2.,  0.,  1.])
    """
    return hardshrink_(input, lambd=lambd)


@primitive(promotion="float", elementwise=True)
def softshrink_(x: Any, *, lambd: float = 0.5) -> Any:
    """Return `x` moved towards 0 by lambd, at most to 0.  dx = g where ``|x|`` > lambd, else 0."""
    return x - np.clip(x, -lambd, lambd)


softshrink_.defvjp(lambda g, x, lambd: g * ((x < -lambd) | (x > lambd)))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return `input` moved towards 0 by `lambd`, at most to 0.

    The derivative: ``dinput = g`` where the absolute value is above `lambd`, else 0.

    Raises
    ------
    ValueError
        If `lambd` is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.softshrink(tg.tensor([-2.0, 0.5, 1.0]))
    tensor([-1.5,  0. ,  0.5])
    """
    if lambd < 0:
        raise ValueError(f"softshrink by {lambd}: give a lambd that is not negative")
    return softshrink_(input, lambd=lambd)


@primitive(promotion="common", elementwise=True)
def threshold_(x: Any, *, threshold: float, value: float) -> Any:
    """Return `x` where it is above threshold, else value.  dx = g or 0."""
    check_numbers(x.dtype, value)
    return np.where(x <= threshold, x.dtype.type(value), x)


threshold_.defvjp(lambda g, x, threshold: g * (x > threshold))


def threshold(input: Any, threshold: float, value: float) -> Tensor:
    """Return `input` where it is above `threshold`, and `value` elsewhere.

    The derivative: ``dinput = g`` where the input is above `threshold`, else 0.

    Raises
    ------
    TypeError
        If `input` is boolean, or of an integer dtype that cannot hold `value`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.threshold(tg.tensor([-2.0, 0.5, 1.0]), 0.5, 20.0)
    tensor([20., 20.,  1.])
    """
    return threshold_(input, threshold=threshold, value=value)


def glu(input: Any, dim: int = -1) -> Tensor:
    """Return the first half of `input` along `dim` times the sigmoid of the second half.

    ``y = a * sigmoid(b)``;  the derivative: ``da = g sigmoid(b)``, ``db = g y (1 - sigmoid(b))``.

    Raises
    ------
    ValueError
        If the length along `dim` is odd.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.glu(tg.tensor([2.0, 4.0, 0.0, 0.0]))
    tensor([1., 2.])

    References
    ----------
    Y. Dauphin, A. Fan, M. Auli and D. Grangier, Language modeling with gated convolutional networks, ICML 2017.
    """
    shape = shape_of(input)
    if not shape or shape[dimension(dim, len(shape))] % 2:
        raise ValueError(f"glu along dim {dim} of shape {shape}: it cuts that dimension in halves, so make it even")
    first, second = chunk(input, 2, dim)
    return multiply(first, sigmoid(second))
