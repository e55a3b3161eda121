"""The training step of the published study, which differs in four points from the usual one.

1. The gradient is summed over the batch, not averaged.
2. The L2 penalty takes λ of each weight a step, whatever the learning rate.
3. Biases stay what they are at first.
4. The derivative of the sigmoid is taken at its value, where it should be taken at its argument.

`PublishedSGD` does the first two, the table in `optimizer` leaves the biases out, and `sigmoid_at_value` is the fourth.
What this means for the tables of the study is in ``docs/study.md``.
"""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

import numpy as np

import nn
import tinygrad_np as tg
from tinygrad_np.primitive import primitive


def logistic(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` of an array."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


@primitive(promotion="float", elementwise=True)
def sigmoid_at_value(x: Any) -> Any:
    """Return the logistic function σ of `x`, with a wrong derivative: that of σ at ``y = σ(x)`` instead of at `x`.

    The derivative: ``dx = g σ(y) (1 - σ(y))``, between 0.197 and 0.25 times g for all `x`, where that of the sigmoid,
    ``g y (1 - y)``, vanishes for large ones.
    """
    return logistic(x)


def _at_value(g: Any, y: Any) -> Any:
    s = logistic(y)
    return g * (s * (1 - s))


sigmoid_at_value.defvjp(_at_value)


class PublishedSigmoid(nn.Module):
    """The layer of `sigmoid_at_value`."""

    def forward(self, input: tg.Tensor) -> tg.Tensor:
        """Return the logistic function of `input`."""
        return sigmoid_at_value(input)


class PublishedSGD(nn.optim.Optimizer):
    """Stochastic gradient descent with the gradient of a sum over the batch, and with an L2 penalty of its own.

    With the gradient g of a mean over B samples, a step changes a parameter p into

        p = (1 - λ) p - lr B g

    which is a step of `nn.SGD` with the learning rate ``lr B`` and the weight decay ``λ / (lr B)``.

    Parameters
    ----------
    params
        what is trained.
    lr
        learning rate of the sum.
    batch_size
        B. It is that of all batches: a smaller last one would count for as much.
    weight_decay
        λ, the part of each parameter that a step takes away.

    Raises
    ------
    ValueError
        If an option is negative, `weight_decay` more than 1, or there is one without a learning rate.
    """

    limits: ClassVar = {"lr": inf, "batch_size": inf, "weight_decay": inf}

    def __init__(self, params: Any, lr: float, batch_size: int, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "batch_size": batch_size, "weight_decay": weight_decay})

    def check_options(self, group: dict[str, Any]) -> None:
        """Raise `ValueError` if an option of a group makes no sense."""
        super().check_options(group)
        if group["weight_decay"] > 1:
            raise ValueError(f"weight_decay is a part of the weights, so at most 1, not {group['weight_decay']}")
        if group["weight_decay"] and not group["lr"] * group["batch_size"]:
            raise ValueError("weight_decay needs an lr and a batch_size above 0")

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        rate = group["lr"] * group["batch_size"]
        if not group["weight_decay"]:
            tg.sgd_update_each(group["params"], rate)
            return
        for parameter in group["params"]:
            if parameter.grad is not None:
                tg.sgd_update(parameter, parameter.grad, None, rate, weight_decay=group["weight_decay"] / rate)
