"""Operations that do at once what several would do, where that was measured to pay (see docs/decisions.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .softmax import softmax_


@primitive(promotion="common")
def linear_(x: Any, weight: Any, bias: Any) -> Any:
    """Return y = x W' + b for x (..., I), W (O, I), b (O) or None."""
    by_rows = x.ndim == 2 and weight.flags.c_contiguous  # then W x' is up to twice as fast as x W'
    y = np.matmul(weight, x.T).T if by_rows else np.matmul(x, weight.T)
    if bias is not None:
        np.add(y, bias, out=y)
    return y


def _linear_vjp(g: Any, x: Any, weight: Any, needs: tuple[bool, ...]) -> Sequence[Any]:
    """Return dx = g W,  dW = g' x,  db = the sum of g over all but its last axis."""
    rows = g if g.ndim == 2 else np.reshape(g, (-1, weight.shape[0]))
    dw = None
    if needs[1]:
        inputs = x if x.ndim == 2 else np.reshape(x, (-1, weight.shape[1]))
        # the gradient lies in memory as the weight does, so that updates go straight through both
        dw = (inputs.T @ rows).T if weight.flags.fnc else rows.T @ inputs
    return g @ weight if needs[0] else None, dw, np.add.reduce(rows, axis=0) if needs[2] else None


linear_.defvjp_joint(_linear_vjp, fresh=True)


@primitive(promotion="common")
def linear_relu_(x: Any, weight: Any, bias: Any) -> Any:
    """Return y = max(x W' + b, 0)."""
    y = linear_.forward(x, weight, bias)
    return np.maximum(y, 0, out=y)


def _linear_relu_vjp(g: Any, y: Any, x: Any, weight: Any, needs: tuple[bool, ...]) -> Sequence[Any]:
    """Return what linear gives for g where y > 0 and 0 elsewhere."""
    return _linear_vjp(g * (y > 0), x, weight, needs)


linear_relu_.defvjp_joint(_linear_relu_vjp, fresh=True)


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input @ weight.T + bias``.

    With the cotangent g:  ``dinput = g @ weight``,  ``dweight = g.T @ input``,  ``dbias = g.sum(0)``.

    Parameters
    ----------
    input
        shape (..., I).
    weight
        shape (O, I).
    bias
        shape (O,) or None.

    Returns
    -------
    Tensor
        of shape (..., O).

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.linear(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0]]), tg.tensor([0.5]))
    tensor([[11.5]])
    """
    return linear_(input, weight, bias)


def linear_relu(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``relu(input @ weight.T + bias)``, in one operation instead of two; otherwise as `linear`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.linear_relu(tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0], [-3.0, 0.0]]))
    tensor([[11.,  0.]])
    """
    return linear_relu_(input, weight, bias)


@primitive(promotion=None)
def softmax_cross_entropy(x: Any, target: Any, *, reduction: Any = "mean") -> Any:
    """Return the cross-entropies of the softmax of `x` (N, C) with the classes `target` (N,).

    y = log(sum(exp(x))) - x[target];  dx = g (softmax(x) - onehot(target)).  `reduction` is mean, sum or none.  The
    softmax is computed anew for the derivative: to keep it would make it a second output, which costs more.
    """
    z = x - np.maximum.reduce(x, 1, keepdims=True)
    chosen = z[np.arange(len(x)), target]
    np.exp(z, out=z)
    losses = np.log(np.add.reduce(z, 1)) - chosen
    if reduction == "none":
        return losses
    loss = np.add.reduce(losses)
    return loss / len(x) if reduction == "mean" else loss


def _cross_entropy_vjp(g: Any, x: Any, target: Any, reduction: str) -> Any:
    count, classes = x.shape
    if reduction == "none":
        g = np.reshape(g, (count, 1))
    elif reduction == "mean":
        g = g / count
    if isinstance(x, Tensor):
        softmax = softmax_(x, axis=1)
    else:
        softmax = np.exp(x - np.maximum.reduce(x, 1, keepdims=True))
        softmax /= np.add.reduce(softmax, 1, keepdims=True)
    return (softmax - (np.arange(classes) == target[:, None])) * g


softmax_cross_entropy.defvjp(_cross_entropy_vjp, None)
