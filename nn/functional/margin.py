"""Losses of what should be above a margin, or apart by one."""

from __future__ import annotations

from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor

from .distance import pairwise_distance
from .loss import alike, check_reduction, checked_classes, class_weights, reduced


def hinge_embedding_loss(input: Tensor, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """Return the mean of x where t = 1, and of ``max(0, margin - x)`` where t = -1; x are distances.

    Parameters
    ----------
    input
        x, any shape.
    target
        t, 1 or -1, the same shape.
    margin
        how far apart those of t = -1 should be.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> hinge_embedding_loss(tg.tensor([0.25, 0.25]), tg.tensor([1, -1]), reduction="none")
    tensor([0.25, 0.75])
    """
    input, target = alike("hinge_embedding_loss", reduction, input, target)
    apart = tg.where(target != 1, tg.clamp(margin - input, 0), 0.0)
    return reduced(apart + tg.where(target != -1, input, 0.0), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Return the mean of ``max(0, margin - t (x1 - x2))``: x1 should be the greater where t = 1, x2 where t = -1.

    Parameters
    ----------
    input1, input2
        x1 and x2, any shape.
    target
        t, 1 or -1, the same shape.
    margin
        by how much.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> margin_ranking_loss(tg.tensor([2.0, 2.0]), tg.tensor([1.0, 1.0]), tg.tensor([1, -1]), reduction="none")
    tensor([0., 1.])
    """
    input1, input2, target = alike("margin_ranking_loss", reduction, input1, input2, target)
    return reduced(tg.clamp(margin - target * (input1 - input2), 0), reduction)


def soft_margin_loss(input: Tensor, target: Any, *, reduction: str = "mean") -> Tensor:
    """Return the mean of ``log(1 + e**(-t x))`` for t of 1 or -1;  ``dx = -g t sigmoid(-t x) / n``.

    The arguments and errors are those of `mse_loss`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> soft_margin_loss(tg.tensor([0.0]), tg.tensor([1])).item()
    0.6931471...
    """
    input, target = alike("soft_margin_loss", reduction, input, target)
    return reduced(-tg.logsigmoid(target * input), reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """Return the mean of ``1 - c`` where t = 1, and of ``max(0, c - margin)`` where t = -1.

    c is the cosine of the angle between two vectors.

    Parameters
    ----------
    input1, input2
        vectors of shape (N, D), or (D,).
    target
        t, 1 or -1, of shape (N,), or ().
    margin
        how alike those of t = -1 may be, from -1 to 1.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes do not fit or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> cosine_embedding_loss(tg.tensor([1.0, 1.0]), tg.tensor([1.0, 0.0]), tg.tensor(-1)).item()
    0.7071067...
    """
    input1, input2 = alike("cosine_embedding_loss", reduction, input1, input2)
    target = tg.as_tensor(target)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ValueError(
            "cosine_embedding_loss needs inputs of shape (N, D) and a target of shape (N,), or (D,) and (), not "
            f"{input1.shape} and {target.shape}"
        )
    square1, square2 = (tg.sum(tg.square(x), -1) + 1e-12 for x in (input1, input2))
    cosine = tg.sum(input1 * input2, -1) / tg.sqrt(square1 * square2)
    same = tg.where(target == 1, 1 - cosine, 0.0)
    return reduced(same + tg.where(target == -1, tg.clamp(cosine - margin, 0), 0.0), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Return the hinge loss of C classes: the mean of ``w[t] sum(max(0, margin - x[t] + x[i])**p) / C``.

    The sum is over all classes i but t.

    Parameters
    ----------
    input
        x, scores of shape (N, C), or (C,).
    target
        t, classes from 0 to C - 1, integers of shape (N,), or ().
    p
        1 or 2.
    margin
        by how much the score of t should exceed the others.
    weight
        w, of shape (C,), a factor for each class.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    IndexError, TypeError, ValueError
        As in `cross_entropy`; if p is neither 1 nor 2.

    References
    ----------
    Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", JMLR 2, 2001.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> multi_margin_loss(tg.tensor([[0.5, 0.25]]), tg.tensor([0])).item()
    0.375
    """
    check_reduction(reduction)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss has p = 1 or 2, not {p}")
    input = tg.as_tensor(input)
    if input.ndim not in (1, 2):
        raise ValueError(f"multi_margin_loss needs an input of shape (N, C) or (C,), not {input.shape}")
    _, classes = checked_classes(input, tg.as_tensor(target))
    index = tg.from_numpy(classes[..., None])
    above = tg.clamp(margin - tg.gather(input, -1, index) + input, 0)
    losses = tg.square(above) if p == 2 else above
    if weight is not None:
        losses = losses * class_weights(weight, input)[index]
    others = tg.from_numpy(np.arange(input.shape[-1]) != classes[..., None])
    return reduced(tg.sum(tg.where(others, losses, 0.0), -1) / input.shape[-1], reduction)


def multilabel_soft_margin_loss(input: Tensor, target: Any, weight: Any = None, *, reduction: str = "mean") -> Tensor:
    """Return the mean of ``-w (t log(sigmoid(x)) + (1 - t) log(sigmoid(-x)))``, for C labels of 0 or 1 each.

    It is `binary_cross_entropy_with_logits`, but ``none`` gives the mean over the labels of each sample.

    Parameters
    ----------
    input
        x, of shape (..., C).
    target
        t, the same shape.
    weight
        w, a factor for each label, broadcast.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> multilabel_soft_margin_loss(tg.zeros(1, 3), tg.tensor([[1.0, 0.0, 1.0]])).item()
    0.6931471...
    """
    input, target = alike("multilabel_soft_margin_loss", reduction, input, target)
    losses = -(target * tg.logsigmoid(input) + (1 - target) * tg.logsigmoid(-input))
    losses = losses if weight is None else losses * weight
    return reduced(tg.mean(losses, -1), reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Return the mean of ``max(0, margin + |a - p| - |a - n|)``: of a, p and n, p should be nearer to a.

    Parameters
    ----------
    anchor, positive, negative
        vectors of one shape, (N, D) or (D,).
    margin
        by how much.
    p
        of the norm.
    eps
        added to the differences, see `pairwise_distance`.
    swap
        whether the third is compared with the second if that is nearer to it than the first.
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If the shapes differ or `reduction` is not known.

    References
    ----------
    Balntas, Riba, Ponsa and Mikolajczyk, "Learning local feature descriptors with triplets and shallow convolutional
    neural networks", BMVC 2016.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> triplet_margin_loss(tg.zeros(1, 2), tg.zeros(1, 2), tg.ones(1, 2), margin=2.0).item()
    0.585...
    """
    anchor, positive, negative = alike("triplet_margin_loss", reduction, anchor, positive, negative)
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = tg.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduced(tg.clamp(margin + near - far, 0), reduction)
