"""Operations that do at once what several would do, where that was measured to pay (see docs/decisions.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import Tensor
from .rectify import rectify
from .softmax import softmax_
from .sums import sum_columns, sum_rows


@primitive(promotion="common")
def linear_(x: Any, weight: Any, bias: Any) -> Any:
    """Return y = x W' + b for x (..., I), W (O, I), b (O) or None."""
    # Then W x' is up to twice as fast as x W', and y lies column by column.
    by_rows = weight.flags.c_contiguous and x.ndim == 2 and len(x) < len(weight)
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
    dx = None
    if needs[0]:  # lies as x does, whose derivative it will be multiplied by
        dx = (weight.T @ g.T).T if x.flags.fnc else g @ weight
    return dx, dw, sum_rows(rows) if needs[2] else None


linear_.defvjp_joint(_linear_vjp, fresh=True)


@primitive(promotion="common")
def linear_relu_(x: Any, weight: Any, bias: Any) -> Any:
    """Return y = max(x W' + b, 0)."""
    y = linear_.forward(x, weight, bias)
    return rectify(y, out=y)


def _linear_relu_vjp(g: Any, y: Any, x: Any, weight: Any, needs: tuple[bool, ...]) -> Sequence[Any]:
    """Return what linear gives for g where y > 0 and 0 elsewhere."""
    return _linear_vjp(g * (y > 0), x, weight, needs)


linear_relu_.defvjp_joint(_linear_relu_vjp, fresh=True)


@primitive(promotion="common", keeps=True)
def linear_stack_(*arrays: Any) -> Any:
    """Return linear layers of x with ReLU between them: the arrays are x, W1, b1, W2, b2, ...; keep what is between."""
    between = [arrays[0]]
    for i in range(1, len(arrays) - 2, 2):
        between.append(linear_relu_.forward(between[-1], arrays[i], arrays[i + 1]))
    return linear_.forward(between[-1], *arrays[-2:]), between


def _linear_stack_vjp(g: Any, inputs: Any, kept: Any, needs: tuple[bool, ...]) -> Any:
    """Return what the layers give one after the other, from the last to the first that is needed."""
    if kept is None:  # to be differentiable, what is between must know how it was made
        kept = [inputs[0]]
        for i in range(1, len(inputs) - 2, 2):
            kept.append(linear_relu_(kept[-1], inputs[i], inputs[i + 1]))
    gradients: list[Any] = [None] * len(inputs)
    for layer in range(len(kept) - 1, -1, -1):
        i = 2 * layer + 1
        below = any(needs[:i])
        g, gradients[i], gradients[i + 1] = _linear_vjp(g, kept[layer], inputs[i], (below, needs[i], needs[i + 1]))
        if not below:
            break
        if layer:
            g = g * (kept[layer] > 0)
    gradients[0] = g
    return gradients


linear_stack_.defvjp_joint(_linear_stack_vjp, fresh=True)


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


def linear_stack(input: Any, *layers: Any) -> Tensor:
    """Return what `linear` layers with ReLU between them make of `input`, in one operation: less to record.

    Parameters
    ----------
    input
        shape (..., I).
    layers
        weight (O, I) and bias, (O,) or None, of the first layer, then those of the second, and so on.

    Returns
    -------
    Tensor
        of shape (..., O) with the O of the last layer.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a weight comes without its bias.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x, w = tg.tensor([[1.0, 2.0]]), tg.tensor([[3.0, 4.0], [-3.0, 0.0]])
    >>> tg.linear_stack(x, w, None, w, None)
    tensor([[ 33., -33.]])
    """
    if not layers or len(layers) % 2:
        raise ValueError(f"linear_stack: weights and biases come in pairs, not {len(layers)}: give None for no bias")
    return linear_stack_(input, *layers)


@primitive(promotion=None, keeps=True)
def softmax_cross_entropy(x: Any, target: Any, *, reduction: Any = "mean", label_smoothing: Any = 0.0) -> Any:
    """Return the cross-entropies of the softmax of `x` (N, C) with the classes `target` (N,).

    y = log(sum(exp(x))) - x[target];  dx = g (softmax(x) - onehot(target)).  `reduction` is mean, sum or none.  The
    part `label_smoothing` of the target is spread evenly over all classes.  Softmax and onehot are kept.
    """
    # Laid out class by class: NumPy goes through short rows one by one, which takes (512, 10) twice as long in all.
    z = x.T.copy()
    z -= np.maximum.reduce(z, 0)
    z, onehot = z.T, (np.arange(x.shape[1])[:, None] == target).T
    chosen = z[onehot]
    if len(chosen) != len(x):
        raise IndexError(f"classes must be from 0 to {x.shape[1] - 1}, not {np.min(target)} to {np.max(target)}")
    if label_smoothing:
        chosen = (1 - label_smoothing) * chosen + sum_columns(z) * (label_smoothing / x.shape[1])
    np.exp(z, out=z)
    total = sum_columns(z)
    losses = np.log(total) - chosen
    z /= total[:, None]
    if reduction == "none":
        return losses, (z, onehot)
    loss = sum_columns(losses)
    return loss / len(x) if reduction == "mean" else loss, (z, onehot)


def _cross_entropy_vjp(
    g: Any, x: Any, target: Any, reduction: str, label_smoothing: float, kept: Any
) -> Any:
    count, classes = x.shape
    if reduction == "none":
        g = np.reshape(g, (count, 1))
    elif reduction == "mean":
        g = g / count
    softmax, onehot = kept or (softmax_(x, axis=1), np.arange(classes) == target[:, None])
    expected = onehot.astype(x.dtype)
    if label_smoothing:
        expected = expected * (1 - label_smoothing) + label_smoothing / classes
    return (softmax - expected) * g


softmax_cross_entropy.defvjp(_cross_entropy_vjp, None)
