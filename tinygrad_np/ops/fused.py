"""Operations that do at once what several would do, where that was measured to pay (see docs/decisions.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor


@primitive(promotion="common")
def linear_(x, weight, bias):
    """Return y = x W' + b for x (..., I), W (O, I), b (O) or None."""
    by_rows = x.ndim == 2 and weight.flags.c_contiguous  # then W x' is up to twice as fast as x W'
    y = np.matmul(weight, x.T).T if by_rows else np.matmul(x, weight.T)
    if bias is not None:
        np.add(y, bias, out=y)
    return y


def _linear_vjp(g: Any, x: Any, weight: Any, needs: tuple[bool, ...]) -> Sequence[Any]:
    """Return dx = g W,  dW = g' x,  db = the sum of g over all but its last axis."""
    rows = g if g.ndim == 2 else np.reshape(g, (-1, weight.shape[0]))
    dx = np.matmul(g, weight) if needs[0] else None
    dw = None
    if needs[1]:
        inputs = x if x.ndim == 2 else np.reshape(x, (-1, weight.shape[1]))
        if np.isfortran(weight):  # the gradient lies in memory as the weight does, so that updates go straight through
            dw = np.transpose(np.matmul(np.transpose(inputs), rows))
        else:
            dw = np.matmul(np.transpose(rows), inputs)
    return dx, dw, np.add.reduce(rows, axis=0) if needs[2] else None


linear_.defvjp_joint(_linear_vjp, fresh=True)


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
    Tensor of shape (..., O).

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


@primitive(promotion=None)
def softmax_cross_entropy(x, target, *, reduction="mean"):
    """Return the cross-entropies of the softmax of `x` (N, C) with the classes `target` (N,), and that softmax.

    losses = log(sum(exp(x))) - x[target];  dx = g (softmax(x) - onehot(target)), and what flows through the softmax.
    """
    z = x - np.maximum.reduce(x, 1, keepdims=True)
    chosen = z[np.arange(len(x)), target]
    np.exp(z, out=z)
    total = np.add.reduce(z, 1, keepdims=True)
    np.divide(z, total, out=z)
    losses = np.log(total[:, 0]) - chosen
    if reduction == "none":
        return losses, z
    loss = np.add.reduce(losses)
    return loss / len(x) if reduction == "mean" else loss, z


def _cross_entropy_vjp(g: Any, y: Any, target: Any, reduction: str, needs: tuple[bool, ...]) -> Sequence[Any]:
    g_losses, g_softmax = g
    softmax = y[1]
    count, classes = softmax.shape
    dx = None
    if g_losses is not None:
        if reduction == "none":
            g_losses = np.reshape(g_losses, (count, 1))
        elif reduction == "mean":
            g_losses = g_losses / count
        dx = (softmax - (np.arange(classes) == target[:, None])) * g_losses
    if g_softmax is not None:
        through = softmax * (g_softmax - np.sum(g_softmax * softmax, axis=1, keepdims=True))
        dx = through if dx is None else dx + through
    return dx, None


softmax_cross_entropy.defvjp_joint(_cross_entropy_vjp, fresh=True, takes_missing=True)
