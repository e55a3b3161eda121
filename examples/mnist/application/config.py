"""What can be chosen about a training run: one dataclass, which is also the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any

from .model import ACTIVATIONS, LOSSES
from .schedule import SCHEDULES

DATASETS = ("mnist", "fashion-mnist", "digits")


def option(default: Any, help: str, **argument: Any) -> Any:
    """Declare a field with its default, its help text and what argparse is to be told of it."""
    metadata = {"help": help, "argument": argument}
    if isinstance(default, tuple):
        return field(default_factory=lambda: default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Config:
    """Everything that a run depends on; the same config, machine and thread count give the same bits."""

    dataset: str | None = option(
        None, "data set; by default mnist, or digits where mnist cannot be had", choices=DATASETS
    )
    data_dir: str | None = option(None, "folder of the data files; by default $TINYGRAD_NP_DATA, else the user's cache")
    hidden: tuple[int, ...] = option(
        (900,), "sizes of the hidden layers, none for softmax regression", type=int, nargs="*"
    )
    activation: str = option("relu", "activation of the hidden layers", choices=sorted(ACTIVATIONS))
    dropout: float = option(0.3, "probability of dropping a hidden activation", type=float)
    input_dropout: float = option(0.2, "probability of dropping a pixel", type=float)
    loss: str = option(
        "ce", "cross-entropy, or mean squared error or binary cross-entropy of sigmoids", choices=sorted(LOSSES)
    )
    lr: float = option(0.25, "learning rate", type=float)
    momentum: float = option(0.9, "momentum of SGD; Nesterov's where it is not 0", type=float)
    weight_decay: float = option(0.0, "L2 penalty", type=float)
    schedule: str = option(
        "linear",
        "what becomes of the learning rate: it stays; falls by --lr-gamma every --lr-step epochs; falls to 0 evenly",
        choices=sorted(SCHEDULES),
    )
    lr_step: int = option(0, "epochs between the steps of --schedule step", type=int)
    lr_gamma: float = option(0.1, "factor of each step of --schedule step", type=float)
    batch_size: int = option(200, "samples a step", type=int)
    epochs: int = option(12, "passes over the training data", type=int)
    validation: int = option(10_000, "samples of the training data kept for choosing the best epoch", type=int)
    train_size: int = option(0, "samples to train on, of those that are left; 0: all", type=int)
    seed: int = option(0, "of the initialisation, the split, the shuffles and dropout", type=int)
    output: str | None = option(None, "folder of the run; by default a new one in runs/")

    def __post_init__(self) -> None:
        """Check every range.

        Raises
        ------
        ValueError
            Naming the option, its value and what is allowed.
        """
        checks = [
            ("hidden", all(n > 0 for n in self.hidden), "positive sizes"),
            ("dropout", 0 <= self.dropout < 1, "at least 0 and below 1"),
            ("input_dropout", 0 <= self.input_dropout < 1, "at least 0 and below 1"),
            ("lr", self.lr > 0, "above 0"),
            ("momentum", 0 <= self.momentum < 1, "at least 0 and below 1"),
            ("weight_decay", self.weight_decay >= 0, "at least 0"),
            ("lr_step", self.lr_step >= 0, "at least 0"),
            ("lr_gamma", self.lr_gamma > 0, "above 0"),
            ("batch_size", self.batch_size > 0, "at least 1"),
            ("epochs", self.epochs > 0, "at least 1"),
            ("validation", self.validation > 0, "at least 1"),
            ("train_size", self.train_size >= 0, "at least 0"),
            ("seed", self.seed >= 0, "at least 0"),
        ]
        if self.schedule == "step" and not self.lr_step:
            raise ValueError("--schedule step needs --lr-step, the epochs between two steps")
        for name, holds, allowed in checks:
            if not holds:
                raise ValueError(f"--{name.replace('_', '-')} must be {allowed}, not {getattr(self, name)}")

    @property
    def layers(self) -> str:
        """The sizes of all layers, as in ``784-900-10``."""
        return "-".join(map(str, (784, *self.hidden, 10)))

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as numbers, strings and lists."""
        return asdict(self) | {"hidden": list(self.hidden)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """Return the config that `as_dict` described."""
        known = {f.name for f in fields(cls)}
        chosen: dict[str, Any] = {name: value for name, value in values.items() if name in known}
        return cls(**chosen | {"hidden": tuple(chosen["hidden"])})


def parse(arguments: Sequence[str] | None = None) -> Config:
    """Return the config of a command line; a wrong one ends the program with one clear line."""
    parser = argparse.ArgumentParser(description="Train a multilayer perceptron on images of 28 x 28 pixels.")
    for f in fields(Config):
        default = () if f.default is MISSING else f.default
        if callable(f.default_factory):
            default = f.default_factory()
        shown = (
            "" if default is None else f" (default: {' '.join(map(str, default)) if f.name == 'hidden' else default})"
        )
        flag = f"--{f.name.replace('_', '-')}"
        parser.add_argument(flag, default=default, help=f.metadata["help"] + shown, **f.metadata["argument"])
    values = vars(parser.parse_args(arguments))
    try:
        return Config.from_dict(values)
    except ValueError as error:
        parser.error(str(error))
