"""Gradients divided by the size of all that came before."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import tinygrad_np as tg

from .optimizer import Optimizer, Parameters


class Adagrad(Optimizer):
    """Divide each gradient by the root of the sum of its squares so far, so that rare features learn fast.

    With the gradient g of a parameter p (-g where `maximize`), step t is

        d = g + weight_decay * p
        v = v + d**2
        p = p - lr / (1 + (t - 1) * lr_decay) * d / (sqrt(v) + eps)

    Parameters
    ----------
    params : parameters, pairs of name and parameter, or dicts for groups of them; see `Optimizer`.
    lr : learning rate.
    lr_decay : how fast the learning rate falls by itself.
    weight_decay : factor of the L2 penalty ``weight_decay / 2 * sum(p**2)``.
    initial_accumulator_value : v before the first step.
    eps : keeps the division finite.
    maximize : whether to climb instead of descend.

    Raises
    ------
    ValueError
        If an option is negative.

    References
    ----------
    Duchi, Hazan, Singer: Adaptive subgradient methods for online learning and stochastic optimization. JMLR 12, 2011.

    Examples
    --------
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Adagrad([p], lr=0.1)
    >>> tg.sum(p * p).backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9, 1.9], requires_grad=True)
    """

    limits: ClassVar = dict.fromkeys(("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), inf)

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, whose sums begin at its initial value."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        for parameter in group["params"]:
            total = tg.full_like(parameter, group["initial_accumulator_value"])
            self.state[parameter] = {"step": tg.tensor(0.0), "sum": total}

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        for parameter, grad, state in self.learning(group, "sum", step=0):
            tg.adagrad_update(
                parameter,
                grad,
                state["sum"],
                state["step"],
                group["lr"],
                lr_decay=group["lr_decay"],
                eps=group["eps"],
                weight_decay=group["weight_decay"],
                maximize=group["maximize"],
            )
