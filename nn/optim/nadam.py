"""Adam that looks ahead along its momentum."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import tinygrad_np as tg

from .optimizer import Optimizer, Parameters


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, which grows over the steps.

    With d, m and v as in `Adam`, mu(k) = beta1 * (1 - 0.96**(k * momentum_decay) / 2) and the product M(k) of the first
    k of them, step t is

        n = d * (1 - mu(t)) / (1 - M(t)) + m * mu(t + 1) / (1 - M(t + 1))
        p = p - lr * n / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    params : parameters, pairs of name and parameter, or dicts for groups of them; see `Optimizer`.
    lr : learning rate.
    betas : how much of the average of the gradient, and of its square, is kept, below 1.
    eps : keeps the division finite.
    weight_decay : factor of the L2 penalty ``weight_decay / 2 * sum(p**2)``.
    momentum_decay : how fast mu grows.
    decoupled_weight_decay : whether the decay bypasses the averages, as in `AdamW`.
    maximize : whether to climb instead of descend.

    Raises
    ------
    ValueError
        If an option is out of its range.

    References
    ----------
    Dozat: Incorporating Nesterov momentum into Adam. ICLR workshop 2016.

    Examples
    --------
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = NAdam([p], lr=0.1)
    >>> tg.sum(p * p).backward()
    >>> optimizer.step()
    >>> bool((p < tg.tensor([1.0, 2.0])).all())
    True
    """

    limits: ClassVar = {"lr": inf, "eps": inf, "weight_decay": inf, "momentum_decay": inf, "betas": 1.0}

    def __init__(
        self,
        params: Parameters,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        for parameter, grad, state in self.learning(group, "exp_avg", "exp_avg_sq", mu_product=1, step=0):
            tg.nadam_update(
                parameter,
                grad,
                state["exp_avg"],
                state["exp_avg_sq"],
                state["mu_product"],
                state["step"],
                group["lr"],
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                eps=group["eps"],
                weight_decay=group["weight_decay"],
                momentum_decay=group["momentum_decay"],
                decoupled=group["decoupled_weight_decay"],
                maximize=group["maximize"],
            )
