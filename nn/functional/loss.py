"""Losses, reduced to a number or one for each element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise `ValueError` unless `reduction` is one of those `allowed`."""
    if reduction not in allowed:
        raise ValueError(f"reduction must be one of {', '.join(map(repr, allowed))}, not {reduction!r}")


def reduced(losses: Tensor, reduction: str) -> Tensor:
    """Return the mean of `losses`, their sum, or all of them."""
    if reduction == "mean":
        return tg.mean(losses)
    return tg.sum(losses) if reduction == "sum" else losses


def alike(name: str, reduction: str, *given: Any) -> list[Tensor]:
    """Return the inputs and the target as tensors; of equal shape, for (N, 1) with (N,) would compare all N² pairs."""
    check_reduction(reduction)
    tensors = [tg.as_tensor(tensor) for tensor in given]
    if any(tensor.shape != tensors[0].shape for tensor in tensors):
        shapes = " and ".join(str(tensor.shape) for tensor in tensors)
        raise ValueError(f"{name} needs input and target of one shape, not {shapes}: reshape one of them")
    return tensors


def mse_loss(input: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """Return the mean squared error: the mean of ``(x - t)**2``;  ``dx = 2 g (x - t) / n``.

    Parameters
    ----------
    input
        x, any shape.
    target
        t, the same shape.
    reduction
        ``mean`` over all n elements, ``sum``, or ``none``, where the losses keep the shape of the input.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    2.0
    """
    input, target = alike("mse_loss", reduction, input, target)
    return reduced(tg.square(tg.subtract(input, target)), reduction)


def l1_loss(input: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """Return the mean absolute error: the mean of ``|x - t|``;  ``dx = g sign(x - t) / n``, 0 where they are equal.

    The arguments and errors are those of `mse_loss`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    1.0
    """
    input, target = alike("l1_loss", reduction, input, target)
    return reduced(tg.absolute(tg.subtract(input, target)), reduction)


def smooth_l1_loss(input: Tensor, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return the mean of ``d**2 / (2 beta)`` where the distance d = ``|x - t|`` is below `beta`, else ``d - beta / 2``.

    ``dx = g (x - t) / beta`` near the target and ``g sign(x - t)`` away from it, over n.

    Parameters
    ----------
    input, target, reduction
        as in `mse_loss`.
    beta
        where the parabola passes into lines; 0 gives `l1_loss`.

    Raises
    ------
    ValueError
        If the shapes differ, `beta` is negative or `reduction` is not known.

    References
    ----------
    Girshick, "Fast R-CNN", ICCV 2015.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> smooth_l1_loss(tg.tensor([0.5, 3.0]), tg.zeros(2), reduction="none")
    tensor([0.125, 2.5  ])
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss needs a beta that is not negative, not {beta}")
    input, target = alike("smooth_l1_loss", reduction, input, target)
    difference = tg.subtract(input, target)
    distance = tg.absolute(difference)
    if beta > 0:
        distance = tg.where(distance < beta, tg.square(difference) * (0.5 / beta), distance - 0.5 * beta)
    return reduced(distance, reduction)


def huber_loss(input: Tensor, target: Any, *, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Return the mean of ``d**2 / 2`` where d = ``|x - t|`` is below `delta`, else of ``delta (d - delta / 2)``.

    ``dx = g (x - t)`` near the target and ``g delta sign(x - t)`` away from it, over n.

    Parameters
    ----------
    input, target, reduction
        as in `mse_loss`.
    delta
        where the parabola passes into lines.

    Raises
    ------
    ValueError
        If the shapes differ, `delta` is not positive or `reduction` is not known.

    References
    ----------
    Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> huber_loss(tg.tensor([1.0, 4.0]), tg.zeros(2), reduction="none", delta=2.0)
    tensor([0.5, 6. ])
    """
    if delta <= 0:
        raise ValueError(f"huber_loss needs a positive delta, not {delta}")
    input, target = alike("huber_loss", reduction, input, target)
    difference = tg.subtract(input, target)
    distance = tg.absolute(difference)
    near, away = tg.square(difference) * 0.5, (distance - 0.5 * delta) * delta
    return reduced(tg.where(distance < delta, near, away), reduction)


def kl_div(input: Tensor, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Return the Kullback-Leibler divergence of the distribution t from the one whose logarithm is x.

    The mean of ``t (log t - x)``, 0 where t = 0;  ``dx = -g t / n``.

    Parameters
    ----------
    input
        x, logarithms of probabilities, any shape.
    target
        t, probabilities of the same shape, or their logarithms if `log_target`.
    reduction
        ``mean`` over all n elements, ``batchmean``, which is the sum over the length of the first dimension and
        the divergence by its definition, ``sum`` or ``none``.
    log_target
        whether `target` holds logarithms.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    References
    ----------
    Kullback and Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22, 1951.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> kl_div(tg.tensor([[0.5, 0.5]]).log(), tg.tensor([[1.0, 0.0]]), reduction="batchmean").item()
    0.6931471...
    """
    check_reduction(reduction, (*REDUCTIONS, "batchmean"))
    input, target = alike("kl_div", "none", input, target)
    if log_target:
        losses = tg.exp(target) * (target - input)
    else:
        logarithm = tg.log(tg.where(target > 0, target, 1.0))
        losses = target * (logarithm - input)
    if reduction == "batchmean":
        return tg.sum(losses) / (losses.shape[0] if losses.ndim else 1)
    return reduced(losses, reduction)


def binary_cross_entropy(input: Tensor, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """Return the cross-entropy of the probabilities x with those that hold, t.

    The mean of ``-(t log x + (1 - t) log(1 - x))``, where logarithms below -100 count as -100, so that it is finite;
    ``dx = g (x - t) / max(x (1 - x), 1e-12) / n``.

    Parameters
    ----------
    input
        x, probabilities, any shape.
    target
        t, probabilities of the same shape, usually 0 or 1.
    weight
        a factor for each loss, broadcast.
    reduction
        ``mean`` over all n elements, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ, an input is not a probability or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> binary_cross_entropy(tg.tensor([0.5, 0.0]), tg.tensor([1.0, 1.0]), reduction="none")
    tensor([  0.6931, 100.    ])
    """
    input, target = alike("binary_cross_entropy", reduction, input, target)
    values = input.array
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            f"binary_cross_entropy needs probabilities, not values from {values.min()} to {values.max()}: apply "
            "sigmoid, or use binary_cross_entropy_with_logits"
        )
    losses = tg.binary_cross_entropy(input, target)
    return reduced(losses if weight is None else tg.multiply(losses, weight), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Tensor:
    """Return `binary_cross_entropy` of ``sigmoid(x)`` with t, computed without overflow.

    The mean of ``(1 - t) x - (1 + (p - 1) t) log(sigmoid(x))`` for the `pos_weight` p;  without it,
    ``dx = g (sigmoid(x) - t) / n``.

    Parameters
    ----------
    input
        x, any shape.
    target
        t, probabilities of the same shape, usually 0 or 1.
    weight
        a factor for each loss, broadcast.
    reduction
        ``mean`` over all n elements, ``sum`` or ``none``.
    pos_weight
        a factor for what t = 1 contributes, broadcast; above 1 it raises recall, below 1 precision.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> binary_cross_entropy_with_logits(tg.tensor([0.0, 1000.0]), tg.tensor([1.0, 0.0]), reduction="none")
    tensor([6.9315e-01, 1.0000e+03])
    """
    input, target = alike("binary_cross_entropy_with_logits", reduction, input, target)
    logarithm = tg.logsigmoid(input)
    if pos_weight is not None:
        logarithm = logarithm * (1 + (tg.as_tensor(pos_weight) - 1) * target)
    losses = (1 - target) * input - logarithm
    return reduced(losses if weight is None else tg.multiply(losses, weight), reduction)


def gaussian_nll_loss(
    input: Tensor, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    """Return the negative log-likelihood of t under normal distributions of mean x and variance v.

    The mean of ``(log v + d**2 / v) / 2``, where d = x - t;
    ``dx = g d / v / n``,  ``dv = g (1 - d**2 / v) / (2 v) / n``.

    Parameters
    ----------
    input
        x, any shape.
    target
        t, the same shape.
    var
        v, not negative: the same shape, or with 1 as the last dimension, or without it, so that there is one variance
        for all along it; or a number.
    full
        whether the constant ``log(2 pi) / 2`` is added.
    eps
        variances below count as this, but their derivatives are those of the formula.
    reduction
        ``mean`` over all n elements, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes do not fit, a variance is negative or `reduction` is not known.

    References
    ----------
    Nix and Weigend, "Estimating the mean and variance of the target probability distribution", ICNN 1994.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> gaussian_nll_loss(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0])).item()
    2.0
    """
    input, target = alike("gaussian_nll_loss", reduction, input, target)
    variance = tg.as_tensor(var, dtype=None if isinstance(var, Tensor) else input.dtype)
    if variance.ndim and variance.shape == input.shape[:-1]:
        variance = tg.unsqueeze(variance, -1)
    if variance.ndim and variance.shape not in (input.shape, (*input.shape[:-1], 1)):
        raise ValueError(f"gaussian_nll_loss of shape {input.shape} has no use for variances of shape {variance.shape}")
    if (variance.array < 0).any():
        raise ValueError(f"a variance is not negative, but one is {variance.array.min()}: exponentiate its logarithm")
    variance = variance + tg.clamp(eps - variance.detach(), 0)
    losses = (tg.log(variance) + tg.square(input - target) / variance) * 0.5
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def poisson_nll_loss(
    input: Tensor,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Return the negative log-likelihood of counts t under Poisson distributions of mean ``e**x``, or x.

    The mean of ``e**x - t x``,  ``dx = g (e**x - t) / n``;  or of ``x - t log(x + eps)``,  ``dx = g (1 - t / x) / n``.

    Parameters
    ----------
    input
        x, any shape.
    target
        t, the same shape.
    log_input
        whether x are logarithms of means.
    full
        whether ``log(t!)`` is added, for t > 1 by Stirling's formula ``t log t - t + log(2 pi t) / 2``.
    eps
        keeps the logarithm finite.
    reduction
        ``mean`` over all n elements, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> poisson_nll_loss(tg.tensor([0.0]), tg.tensor([5.0])).item()
    1.0
    """
    input, target = alike("poisson_nll_loss", reduction, input, target)
    losses = tg.exp(input) - target * input if log_input else input - target * tg.log(input + eps)
    if full:
        count = tg.where(target > 1, target, 1.0)
        stirling = count * tg.log(count) - count + 0.5 * tg.log(2 * math.pi * count)
        losses = losses + tg.where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


# ---- losses of classes

# What an array of a dtype, by NumPy's letter, is looked at as to find that no class is negative or too great at once.


def cross_entropy(
    input: Tensor,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross-entropy of ``softmax(x)`` over the classes with the classes, or probabilities, that hold.

    For a class t:  ``-w[t] log(softmax(x)[t])``;  ``dx = g w[t] (softmax(x) - onehot(t)) / n``.
    For probabilities p:  ``-sum(w p log(softmax(x)))``.

    Parameters
    ----------
    input
        x, shape (N, C) of C classes, or (C,), or (N, C, d1, d2, ...); not normalised.
    target
        classes from 0 to C - 1, integers of the shape of the input without C; or probabilities in its shape.
    weight
        w, shape (C,), a factor for each class.
    ignore_index
        a class that counts for nothing.
    reduction
        ``mean``, for classes weighted by w; ``sum``; or ``none``, in the shape of the input without C.
    label_smoothing
        the part of the target, from 0 to 1, that is spread evenly over all classes.

    Raises
    ------
    IndexError
        If a class is negative, or is C or greater.
    TypeError
        If classes are not integers, or probabilities not floating.
    ValueError
        If the shapes do not fit, or an option is not known.

    References
    ----------
    Bridle, "Probabilistic interpretation of feedforward classification network outputs", 1990; for label smoothing
    Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception architecture for computer vision", CVPR 2016.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[2.0, 0.0, 0.0]], requires_grad=True)
    >>> loss = cross_entropy(x, tg.tensor([0]))
    >>> loss.item()
    0.239544...
    >>> loss.backward()
    >>> x.grad
    tensor([[-0.213 ,  0.1065,  0.1065]])
    """
    check_reduction(reduction)
    if weight is None and 0 <= label_smoothing <= 1 and ignore_index < 0 and are_plain(input, target):
        try:
            return tg.softmax_cross_entropy(input, target, reduction=reduction, label_smoothing=label_smoothing)
        except IndexError:
            pass  # a class to ignore, or one that does not exist, which is found out below
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing must lie between 0 and 1, not be {label_smoothing}")
    input, target = _logits_and_target(input, target)
    classes = _class_dim(input)
    if target.shape == input.shape:
        return _probability_losses(tg.log_softmax(input, classes), target, weight, reduction, label_smoothing)
    kept, chosen = checked_classes(input, target, ignore_index)
    logarithms = tg.log_softmax(input, classes)
    losses, scale = _chosen_losses(logarithms, chosen, kept, weight)
    if label_smoothing > 0:
        weighted = logarithms if weight is None else logarithms * _along_classes(weight, logarithms)
        even = tg.where(kept, -tg.sum(weighted, classes), 0.0)
        losses = losses * (1 - label_smoothing) + even * (label_smoothing / input.shape[classes])
    return _weighted_mean(losses, scale) if reduction == "mean" else reduced(losses, reduction)


def nll_loss(
    input: Tensor, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Return the negative log-likelihood of classes t, the mean of ``-w[t] x[t]``: x are logarithms of probabilities.

    ``dx = -g w[t] onehot(t) / n``.  The arguments and errors are those of `cross_entropy`, of which this is the second
    half, after `log_softmax`; there are no probabilities as targets.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> nll_loss(tg.tensor([[-0.5, -1.0]]), tg.tensor([1])).item()
    1.0
    """
    check_reduction(reduction)
    input, target = tg.as_tensor(input), tg.as_tensor(target)
    kept, chosen = checked_classes(input, target, ignore_index)
    losses, scale = _chosen_losses(input, chosen, kept, weight)
    return _weighted_mean(losses, scale) if reduction == "mean" else reduced(losses, reduction)


def are_plain(input: Any, target: Any) -> bool:
    """Whether these are logits (N, C) and classes (N,): the case that one fused operation answers."""
    if not (isinstance(input, Tensor) and isinstance(target, Tensor)):
        return False
    x, t = input.array, target.array
    return x.ndim == 2 and t.ndim == 1 and t.dtype.kind in "iu" and x.dtype.kind == "f" and len(x) == len(t) > 0


def _logits_and_target(input: Any, target: Any) -> tuple[Tensor, Tensor]:
    input, target = tg.as_tensor(input), tg.as_tensor(target)
    if not input.is_floating_point():
        raise TypeError(f"cross_entropy needs a floating input, not {input.dtype}")
    if target.shape == input.shape and not target.is_floating_point():
        raise TypeError(
            f"targets in the shape of the input, {input.shape}, are probabilities and must be floating, not "
            f"{target.dtype}: give classes in the shape without the dimension of classes"
        )
    return input, target


def _class_dim(input: Tensor) -> int:
    if input.ndim == 0:
        raise ValueError("the input has no dimension of classes: its shape must be (C,), (N, C) or (N, C, d1, ...)")
    return 0 if input.ndim == 1 else 1


def checked_classes(input: Tensor, target: Tensor, ignore_index: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return where the classes count, and the classes with 0 for those that do not."""
    dim = _class_dim(input)
    values, count = target.array, input.shape[dim]
    expected = input.shape[:dim] + input.shape[dim + 1 :]
    if values.dtype.kind not in "iu":
        raise TypeError(
            f"classes must be integers, not {values.dtype}: convert with .long(), or give probabilities in the "
            f"shape of the input, {input.shape}"
        )
    if values.shape != expected:
        raise ValueError(f"classes must have shape {expected} for an input of shape {input.shape}, not {values.shape}")
    kept = np.ones(values.shape, bool) if ignore_index is None else np.asarray(values != ignore_index)
    wrong = kept & ((values < 0) | (values >= count))
    if wrong.any():
        raise IndexError(f"class {values[wrong][0]} is not one of {count}: they are numbered from 0 to {count - 1}")
    return kept, np.where(kept, values, 0).astype(np.int64)


def _chosen_losses(logarithms: Tensor, classes: np.ndarray, kept: np.ndarray, weight: Any) -> tuple[Tensor, Tensor]:
    """Return the weighted losses, 0 where a class is ignored, and by what their sum is divided for the mean."""
    dim = _class_dim(logarithms)
    index = tg.from_numpy(np.expand_dims(classes, dim))
    losses = -tg.squeeze(tg.gather(logarithms, dim, index), dim)
    scale = tg.from_numpy(kept.astype(logarithms.dtype))
    if weight is not None:
        factors = class_weights(weight, logarithms)[tg.from_numpy(classes)]
        losses, scale = losses * factors, scale * factors
    return tg.where(kept, losses, 0.0), scale


def class_weights(weight: Any, logarithms: Tensor) -> Tensor:
    """Return `weight` as a tensor; raise `ValueError` unless it has a factor for each class."""
    weight = tg.as_tensor(weight)
    count = logarithms.shape[_class_dim(logarithms)]
    if weight.shape != (count,):
        raise ValueError(f"weight needs one factor for each of {count} classes, not the shape {weight.shape}")
    return weight


def _along_classes(weight: Any, logarithms: Tensor) -> Tensor:
    """Return `weight` in the shape in which it multiplies along the dimension of classes."""
    behind = logarithms.ndim - _class_dim(logarithms) - 1
    return tg.reshape(class_weights(weight, logarithms), (-1, *[1] * behind))


def _probability_losses(
    logarithms: Tensor, target: Tensor, weight: Any, reduction: str, label_smoothing: float
) -> Tensor:
    dim = _class_dim(logarithms)
    count = logarithms.shape[dim]
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / count
    products = logarithms * target
    if weight is not None:
        products = products * _along_classes(weight, logarithms)
    return reduced(-tg.sum(products, dim), reduction)


def _weighted_mean(losses: Tensor, scale: Tensor) -> Tensor:
    return tg.divide(tg.sum(losses), tg.sum(scale))
