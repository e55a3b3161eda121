"""The network and its loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import nn
import tinygrad_np as tg

if TYPE_CHECKING:
    from .config import Config

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}

PIXELS, CLASSES = 784, 10


class OneHotLoss(nn.Module):
    """A loss between probabilities and one-hot targets, given the classes as numbers.

    The loss of a sample is the sum over its classes, so that its gradient does not shrink with their number.
    """

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, probabilities: tg.Tensor, classes: tg.Tensor) -> tg.Tensor:
        """Return the mean over samples of the loss summed over classes."""
        onehot = tg.eye(probabilities.shape[1])[classes]
        return self.loss(probabilities, onehot) * probabilities.shape[1]


LOSSES: dict[str, Callable[[], nn.Module]] = {
    "ce": nn.CrossEntropy,
    "mse": lambda: OneHotLoss(nn.MSELoss()),
    "bce": lambda: OneHotLoss(nn.BCELoss()),
}


def build_model(config: Config) -> nn.Sequential:
    """Return the perceptron 784 - hidden - 10; it ends in a sigmoid unless the loss is cross-entropy."""
    layers: list[nn.Module] = [nn.Flatten()]
    if config.input_dropout:
        layers.append(nn.Dropout(config.input_dropout))
    size = PIXELS
    for width in config.hidden:
        layers += [nn.Linear(size, width), ACTIVATIONS[config.activation]()]
        if config.dropout:
            layers.append(nn.Dropout(config.dropout))
        size = width
    layers.append(nn.Linear(size, CLASSES))
    if config.loss != "ce":
        layers.append(nn.Sigmoid())
    return nn.Sequential(*layers)
