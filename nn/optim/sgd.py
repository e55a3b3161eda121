"""Stochastic gradient descent with momentum."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import tinygrad_np as tg

from .optimizer import Optimizer, Parameters


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum if wanted.

    With the gradient g of a parameter p (-g where `maximize`), a step is

        d = g + weight_decay * p
        b = momentum * b + (1 - dampening) * d        (b = d in the first step)
        d = d + momentum * b  if nesterov else  b     (both only where momentum is not 0)
        p = p - lr * d

    Parameters
    ----------
    params : parameters, pairs of name and parameter, or dicts for groups of them; see `Optimizer`.
    lr : learning rate.
    momentum : how much of the last change is kept, from 0.
    dampening : how much less of the new gradient goes into the momentum.
    weight_decay : factor of the L2 penalty ``weight_decay / 2 * sum(p**2)``.
    nesterov : whether to look ahead along the momentum.
    maximize : whether to climb instead of descend.

    Raises
    ------
    ValueError
        If an option is negative, or `nesterov` is asked for without momentum or with dampening.

    References
    ----------
    Sutskever, Martens, Dahl, Hinton: On the importance of initialization and momentum in deep learning. ICML 2013.
    (There the learning rate is part of the momentum; here, as in PyTorch, it is applied to it.)

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> optimizer.step()
    >>> p
    tensor([0.8, 1.6], requires_grad=True)
    """

    limits: ClassVar = {"lr": inf, "momentum": inf, "weight_decay": inf}

    def __init__(
        self,
        params: Parameters,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    def check_options(self, group: dict[str, Any]) -> None:
        """Raise `ValueError` if an option of a group makes no sense."""
        super().check_options(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError(
                f"nesterov needs momentum and no dampening, not momentum={group['momentum']} and "
                f"dampening={group['dampening']}"
            )

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        lr, momentum, dampening = group["lr"], group["momentum"], group["dampening"]
        if not momentum and not group["weight_decay"]:
            tg.sgd_update_each(group["params"], lr, group["maximize"])
            return
        options = {name: group[name] for name in ("weight_decay", "maximize") if group[name]}  # fewer are faster
        if not momentum:
            for parameter in group["params"]:
                grad = parameter.grad
                if grad is not None:
                    tg.sgd_update(parameter, grad, None, lr, **options)
            return
        for parameter in group["params"]:
            grad = parameter.grad
            if grad is None:
                continue
            first = self.state.get(parameter, {}).get("momentum_buffer") is None
            tg.sgd_update(
                parameter,
                grad,
                self.state_of(parameter, "momentum_buffer")["momentum_buffer"],
                lr,
                momentum=momentum,
                dampening=0.0 if first else dampening,
                nesterov=group["nesterov"],
                **options,
            )
