"""Adam, and AdamW with the weights' decay apart from the gradient."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

import tinygrad_np as tg

from .optimizer import Optimizer, Parameters


class Adam(Optimizer):
    """Steps of about the same length for every element, by running averages of the gradient and of its square.

    With the gradient g of a parameter p (-g where `maximize`), step t is

        d = g + weight_decay * p                 (or p = p * (1 - lr * weight_decay) if decoupled_weight_decay)
        m = beta1 * m + (1 - beta1) * d
        v = beta2 * v + (1 - beta2) * d**2       (with amsgrad, the largest v so far is used in the last line)
        p = p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Parameters
    ----------
    params : parameters, pairs of name and parameter, or dicts for groups of them; see `Optimizer`.
    lr : learning rate.
    betas : how much of each average is kept, below 1.
    eps : keeps the division finite.
    weight_decay : factor of the L2 penalty ``weight_decay / 2 * sum(p**2)``.
    amsgrad : whether steps may only become smaller as squares become larger (Reddi, Kale, Kumar: ICLR 2018).
    maximize : whether to climb instead of descend.
    decoupled_weight_decay : whether the decay bypasses the averages, as in `AdamW`.

    Raises
    ------
    ValueError
        If an option is out of its range.

    References
    ----------
    Kingma, Ba: Adam: A method for stochastic optimization. ICLR 2015.

    Examples
    --------
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = Adam([p], lr=0.1)
    >>> tg.sum(p * p).backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9, 1.9], requires_grad=True)
    """

    limits: ClassVar = {"lr": inf, "eps": inf, "weight_decay": inf, "betas": 1.0}

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        names = ["exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if group["amsgrad"] else [])]
        for parameter, grad, state in self.learning(group, *names, step=0):
            tg.adam_update(
                parameter,
                grad,
                state["exp_avg"],
                state["exp_avg_sq"],
                state["max_exp_avg_sq"] if group["amsgrad"] else None,
                state["step"],
                group["lr"],
                beta1=group["betas"][0],
                beta2=group["betas"][1],
                eps=group["eps"],
                weight_decay=group["weight_decay"],
                decoupled=group["decoupled_weight_decay"],
                maximize=group["maximize"],
            )


class AdamW(Adam):
    """Adam whose weights decay apart from the gradient: ``p = p * (1 - lr * weight_decay)`` before each step.

    The averages then know nothing of the penalty, and elements with large gradients decay as much as others.

    Parameters
    ----------
    params, lr, betas, eps, weight_decay, amsgrad, maximize : see `Adam`.

    References
    ----------
    Loshchilov, Hutter: Decoupled weight decay regularization. ICLR 2019.

    Examples
    --------
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = AdamW([p], lr=0.1, weight_decay=0.5)
    >>> tg.sum(p * p).backward()
    >>> optimizer.step()
    >>> p
    tensor([0.85, 1.8 ], requires_grad=True)
    """

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and state, also those of an `Adam`, whose decay becomes AdamW's."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
