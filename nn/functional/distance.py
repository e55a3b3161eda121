"""Lengths of vectors, and how far or how alike two are."""

from __future__ import annotations

import tinygrad_np as tg
from tinygrad_np import Tensor


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Divide by the norm along `dim`: ``y = x / max((sum |x|**p)**(1/p), eps)``.

    For p = 2:  ``dx = (g - y sum(g y)) / norm``.

    Parameters
    ----------
    input
        x, any shape.
    p
        of the norm.
    dim
        dimension along which the result has norm 1.
    eps
        the least number to divide by.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> normalize(tg.tensor([[3.0, 4.0]]))
    tensor([[0.6, 0.8]])
    """
    return input / tg.clamp(tg.norm(input, p, dim, keepdim=True), eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between two vectors along `dim`: ``x1·x2 / (max(|x1|, eps) max(|x2|, eps))``.

    Parameters
    ----------
    x1, x2
        of shapes that broadcast.
    dim
        dimension of the vectors, which the result is without.
    eps
        the least length to divide by.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> cosine_similarity(tg.tensor([[1.0, 1.0]]), tg.tensor([[2.0, 0.0]]))
    tensor([0.7071])
    """
    return tg.sum(normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps), dim)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Return the distance of two vectors along the last dimension: ``(sum |x1 - x2 + eps|**p)**(1/p)``.

    Parameters
    ----------
    x1, x2
        of shapes (..., D) that broadcast.
    p
        of the norm.
    eps
        keeps the derivative finite where the two are equal.
    keepdim
        whether the last dimension stays, at length 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> pairwise_distance(tg.tensor([[0.0, 0.0]]), tg.tensor([[3.0, 4.0]]))
    tensor([5.])
    """
    return tg.norm(x1 - x2 + eps, p, -1, keepdim)
