"""The optimizers to choose from, and which weights they let decay."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import nn

from .published import PublishedSGD

if TYPE_CHECKING:
    from .config import Config


class Kind(NamedTuple):
    """An optimizer: how it is made of parameters, learning rate and weight decay, its usual rate, what it trains."""

    make: Callable[[Any, float, float, Config], nn.optim.Optimizer]
    lr: float
    biases: bool = True  # whether it trains them, or leaves them as they are


def _sgd(parameters: Any, lr: float, decay: float, config: Config) -> nn.optim.Optimizer:
    return nn.SGD(parameters, lr, config.momentum, 0.0, decay, nesterov=config.nesterov and config.momentum > 0)


def _published(parameters: Any, lr: float, decay: float, config: Config) -> nn.optim.Optimizer:
    return PublishedSGD(parameters, lr, config.batch_size, decay)


def _without_options(kind: Callable[..., nn.optim.Optimizer]) -> Callable[..., nn.optim.Optimizer]:
    return lambda parameters, lr, decay, config: kind(parameters, lr, weight_decay=decay)


OPTIMIZERS: dict[str, Kind] = {
    "sgd": Kind(_sgd, 0.25),
    "adam": Kind(_without_options(nn.Adam), 0.001),
    "adamw": Kind(_without_options(nn.AdamW), 0.001),
    "nadam": Kind(_without_options(nn.NAdam), 0.001),
    "rmsprop": Kind(_without_options(nn.RMSprop), 0.001),
    "adagrad": Kind(_without_options(nn.Adagrad), 0.01),
    "published": Kind(_published, 1 / 32, biases=False),
}


def build_optimizer(config: Config, model: nn.Module) -> nn.optim.Optimizer:
    """Return the optimizer of the parameters of `model`."""
    assert config.lr is not None  # a config fills it in
    kind, parameters = OPTIMIZERS[config.optimizer], list[Any](model.parameters())
    if not kind.biases:
        for parameter in parameters:
            parameter.requires_grad_(parameter.ndim > 1)
        parameters = [p for p in parameters if p.requires_grad]
    elif config.weight_decay and not config.decay_biases:
        parameters = [
            {"params": [p for p in parameters if p.ndim > 1]},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
        ]
    return kind.make(parameters, config.lr, config.weight_decay, config)
