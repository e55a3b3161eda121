"""Gradients divided by a running average of their size."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import tinygrad_np as tg

from .optimizer import Optimizer, Parameters


class RMSprop(Optimizer):
    """Divide each gradient by the root of a running average of its square.

    With the gradient g of a parameter p (-g where `maximize`), a step is

        d = g + weight_decay * p
        v = alpha * v + (1 - alpha) * d**2
        m = alpha * m + (1 - alpha) * d          (if centered; otherwise m = 0 in the next line)
        b = momentum * b + d / (sqrt(v - m**2) + eps)
        p = p - lr * b

    Parameters
    ----------
    params : parameters, pairs of name and parameter, or dicts for groups of them; see `Optimizer`.
    lr : learning rate.
    alpha : how much of the averages is kept.
    eps : keeps the division finite.
    weight_decay : factor of the L2 penalty ``weight_decay / 2 * sum(p**2)``.
    momentum : how much of the last change is kept.
    centered : whether to divide by the deviation from the mean gradient (Graves: arXiv 1308.0850).
    maximize : whether to climb instead of descend.

    Raises
    ------
    ValueError
        If an option is negative.

    References
    ----------
    Tieleman, Hinton: Lecture 6.5, rmsprop. Coursera: Neural networks for machine learning, 2012.

    Examples
    --------
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = RMSprop([p], lr=0.01)
    >>> tg.sum(p * p).backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9, 1.9], requires_grad=True)
    """

    limits: ClassVar = {"lr": inf, "alpha": inf, "eps": inf, "weight_decay": inf, "momentum": inf}

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "alpha": alpha,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum": momentum,
            "centered": centered,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        wanted = {"grad_avg": group["centered"], "momentum_buffer": group["momentum"] > 0}
        names = ["square_avg", *(name for name, want in wanted.items() if want)]
        for parameter, grad, state in self.learning(group, *names, step=0):
            tg.rmsprop_update(
                parameter,
                grad,
                state["square_avg"],
                state["grad_avg"] if wanted["grad_avg"] else None,
                state["momentum_buffer"] if wanted["momentum_buffer"] else None,
                state["step"],
                group["lr"],
                alpha=group["alpha"],
                eps=group["eps"],
                weight_decay=group["weight_decay"],
                momentum=group["momentum"],
                maximize=group["maximize"],
            )
