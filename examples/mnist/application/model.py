"""The network and its loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import nn
import tinygrad_np as tg
from nn import augment
from nn.data import DataLoader

from .published import PublishedSigmoid

if TYPE_CHECKING:
    from .config import Config

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "prelu": nn.PReLU,
    "elu": nn.ELU,
    "celu": nn.CELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "softsign": nn.Softsign,
    "tanh": nn.Tanh,
    "tanhshrink": nn.Tanhshrink,
    "hardtanh": nn.Hardtanh,
    "hardswish": nn.Hardswish,
    "sigmoid": nn.Sigmoid,
    "hardsigmoid": nn.Hardsigmoid,
    "published_sigmoid": PublishedSigmoid,  # its derivative is wrong: see docs/study.md
}

OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "identity": nn.Identity,
    "softmax": lambda: nn.Softmax(1),
    **ACTIVATIONS,
}

PROBABILITIES = ("sigmoid", "softmax", "hardsigmoid", "published_sigmoid")  # the output activations between 0 and 1


class OneHotLoss(nn.Module):
    """A loss between outputs and one-hot targets, given the classes as numbers.

    The loss of a sample is the sum over its classes, so that its gradient does not shrink with their number.
    """

    def __init__(self, loss: nn.Module, label_smoothing: float, factor: float = 1.0) -> None:
        super().__init__()
        self.loss, self.label_smoothing, self.factor = loss, label_smoothing, factor

    def forward(self, outputs: tg.Tensor, classes: tg.Tensor) -> tg.Tensor:
        """Return the mean over samples of the loss summed over classes."""
        count = outputs.shape[1]
        targets = tg.eye(count)[classes]
        if self.label_smoothing:
            targets = targets * (1 - self.label_smoothing) + self.label_smoothing / count
        return self.loss(outputs, targets) * (count * self.factor)


def _cross_entropy(label_smoothing: float = 0.0) -> nn.Module:
    return nn.CrossEntropy(label_smoothing=label_smoothing)


def _squared_error(label_smoothing: float = 0.0) -> nn.Module:
    return OneHotLoss(nn.MSELoss(), label_smoothing)


def _half_squared_error(label_smoothing: float = 0.0) -> nn.Module:
    return OneHotLoss(nn.MSELoss(), label_smoothing, 0.5)


def _binary_cross_entropy(label_smoothing: float = 0.0) -> nn.Module:
    return OneHotLoss(nn.BCELoss(), label_smoothing)


LOSSES: dict[str, Callable[..., nn.Module]] = {
    "ce": _cross_entropy,
    "mse": _squared_error,
    "bce": _binary_cross_entropy,
    "half_mse": _half_squared_error,  # as textbooks have it, and the published study
}


class Deskewed(nn.Module):
    """Images (N, 1, H, W) with a part of their slant taken from them: see `nn.augment.Deskew`.

    When training they pass as they are: they come from the loader upright, and warped at random after that.
    """

    def __init__(self, part: float) -> None:
        super().__init__()
        self.part = part

    def forward(self, images: tg.Tensor) -> tg.Tensor:
        """Return the images upright, in eval mode."""
        return images if self.training else tg.from_numpy(augment.deskew(images.numpy(), self.part))

    def extra_repr(self) -> str:
        """Return the part."""
        return f"part={self.part}"


class Standardize(nn.Module):
    """``(x - mean) / std`` with the mean and the standard deviation of the pixels that were trained on."""

    mean: tg.Tensor
    std: tg.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", tg.tensor(0.0))
        self.register_buffer("std", tg.tensor(1.0))

    def forward(self, pixels: tg.Tensor) -> tg.Tensor:
        """Return the pixels standardized."""
        return (pixels - self.mean) / self.std

    def fit(self, data: Any) -> None:
        """Take over the mean and the standard deviation of all pixels of `data`; a deviation of 0 counts as 1."""
        count, total, squares = 0, 0.0, 0.0
        for images, _ in DataLoader(data, 1000):
            pixels = images.array.astype("float64")
            count, total, squares = count + pixels.size, total + pixels.sum(), squares + (pixels * pixels).sum()
        mean = total / count
        nn.init.constant_(self.mean, mean)
        nn.init.constant_(self.std, math.sqrt(max(squares / count - mean * mean, 0.0)) or 1.0)


def _nonlinearity(config: Config) -> str:
    """Return the activation whose gain `nn.init` knows, or the one that is most like the others."""
    return config.activation if config.activation in ("leaky_relu", "tanh", "sigmoid", "selu") else "relu"


# by name: overwrites the weights that a layer was made with
INITIALISATIONS: dict[str, Callable[[tg.Tensor, Config], Any]] = {
    "default": lambda weight, config: None,
    "xavier-uniform": lambda weight, config: nn.init.xavier_uniform_(weight),
    "xavier-normal": lambda weight, config: nn.init.xavier_normal_(weight),
    "kaiming-uniform": lambda weight, config: nn.init.kaiming_uniform_(weight, nonlinearity=_nonlinearity(config)),
    "kaiming-normal": lambda weight, config: nn.init.kaiming_normal_(weight, nonlinearity=_nonlinearity(config)),
    "orthogonal": lambda weight, config: nn.init.orthogonal_(weight),
    "normal": lambda weight, config: nn.init.normal_(weight, 0.0, config.init_std),
}

BIASES = ("default", "zeros")


def build_linear(config: Config, inputs: int, outputs: int) -> nn.Linear:
    """Return a layer that begins as `config` says."""
    layer = nn.Linear(inputs, outputs)
    INITIALISATIONS[config.init](layer.weight, config)
    if config.bias_init == "zeros":
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
    return layer


def build_model(config: Config) -> nn.Sequential:
    """Return the perceptron pixels - hidden - classes."""
    layers: list[nn.Module] = [Deskewed(config.deskew)] if config.deskew else []
    layers.append(nn.Flatten())
    if config.normalize:
        layers.append(Standardize())
    if config.input_dropout:
        layers.append(nn.Dropout(config.input_dropout))
    size = math.prod(config.image)
    for width in config.hidden:
        layers += [build_linear(config, size, width), ACTIVATIONS[config.activation]()]
        if config.dropout:
            layers.append(nn.Dropout(config.dropout))
        size = width
    layers.append(build_linear(config, size, config.classes))
    if config.last_activation != "identity":
        layers.append(OUTPUT_ACTIVATIONS[config.last_activation]())
    return nn.Sequential(*layers)
