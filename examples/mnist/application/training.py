"""The training loop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from tqdm import tqdm

import nn
import tinygrad_np as tg
from nn.data import DataLoader

from .augmentation import build_transform
from .config import Config
from .model import LOSSES
from .optimizer import build_optimizer
from .schedule import factor


class DivergedError(Exception):
    """The loss is not a number, or infinite."""


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch: mean losses, accuracies between 0 and 1, its last rate, seconds of training alone.

    Those of validation are None where no images are kept for it.
    """

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    lr: float
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the figures by name."""
        return asdict(self)


def evaluate(model: nn.Module, criterion: nn.Module, data: Any, batch_size: int = 1000) -> tuple[float, float]:
    """Return the mean loss and the accuracy of `model` on `data`."""
    model.eval()
    total, correct = 0.0, 0
    with tg.no_grad():
        for images, classes in DataLoader(data, batch_size):
            output = model(images)
            total += criterion(output, classes).item() * len(classes)
            correct += int(count_correct(output, classes))
    return total / len(data), correct / len(data)


def count_correct(output: tg.Tensor, classes: tg.Tensor) -> tg.Tensor:
    """Return how many rows of `output` are greatest at their class."""
    return tg.count_nonzero(output.argmax(1) == classes)


@contextmanager
def leaving_a_processor(one: bool) -> Iterator[None]:
    """Within the block, have products take one thread fewer than they may, if `one`, down to one.

    Threads that share out a product wait for the slowest: where another thread, which warps images, takes a processor
    from one of them, an epoch on two processors took 2.2 seconds instead of 1.8.
    """
    count = tg.get_num_threads()
    if one and count > 1:
        with suppress(RuntimeError):  # another BLAS than OpenBLAS keeps the threads that it has
            tg.set_num_threads(count - 1)
    try:
        yield
    finally:
        if tg.get_num_threads() != count:
            tg.set_num_threads(count)


class Trainer:
    """A network while it is trained, epoch by epoch.

    Randomness derives from the seed and the number of the epoch, and what follows from earlier epochs, such as which
    was the best, from their figures. So weights, averages, the optimizer's state and these figures are all there is to
    remember: see `state_dict`.

    Parameters
    ----------
    config
        the run's choices.
    name
        of the data set, shown with the progress.
    model
        the network, trained in place.
    training, validation
        the data; the second may be empty.

    Attributes
    ----------
    history : the figures of the epochs so far.
    """

    def __init__(self, config: Config, name: str, model: nn.Module, training: Any, validation: Any) -> None:
        self.config, self.name, self.model, self.validation = config, name, model, validation
        self.criterion = LOSSES[config.loss](label_smoothing=config.label_smoothing)
        self.optimizer = build_optimizer(config, model)
        self.average = nn.ExponentialMovingAverage(model, config.ema) if config.ema else None
        self.step = tg.jit(self._step, exact=True) if config.capture else self._step
        transform = build_transform(config)
        ahead = 2 if transform else 0  # what is only sliced is there at once
        self.loader = DataLoader(
            training, config.batch_size, shuffle=True, seed=config.seed, augment=transform, prefetch=ahead
        )
        self.history: list[Epoch] = []

    # ---- what follows from the history

    @property
    def judged(self) -> nn.Module:
        """The network that is validated and kept: the averaged one if there is one."""
        return self.model if self.average is None else self.average.module

    @property
    def best(self) -> Epoch:
        """The best epoch by validation accuracy, the latest of equals; the last one if nothing is validated."""
        return max(self.history, key=lambda epoch: (epoch.validation_accuracy or 0.0, epoch.epoch))

    @property
    def waited(self) -> int:
        """How many epochs have passed since the validation accuracy was last better than ever before."""
        reached = max(self.history, key=lambda epoch: (epoch.validation_accuracy or 0.0, -epoch.epoch))
        return len(self.history) - reached.epoch

    @property
    def stopped_early(self) -> bool:
        """Whether the patience is at its end."""
        return bool(self.config.patience and self.history and self.waited >= self.config.patience)

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to do."""
        return len(self.history) >= self.config.epochs or self.stopped_early

    def rate(self) -> Callable[[int], float]:
        """Return the function that gives the learning rate of each batch of the next epoch."""
        config, number, batches = self.config, len(self.history), len(self.loader)
        accuracies = [epoch.validation_accuracy or 0.0 for epoch in self.history]
        falls = sum(after < before for before, after in pairwise(accuracies))
        assert config.lr is not None  # a config fills it in
        lr = config.lr * config.rho**falls
        return lambda batch: lr * factor(config, number, batch, batches)

    # ---- training

    def run_epoch(self) -> Epoch:
        """Train for an epoch, validate, and return the figures.

        Raises
        ------
        DivergedError
            If the loss is no longer finite; the history is as before.
        """
        number, rate = len(self.history), self.rate()
        self.loader.set_epoch(number)
        tg.manual_seed((self.config.seed, 2, number))  # dropout depends on the epoch, not on what was drawn before
        description = f"[{self.name}] epoch {number + 1}/{self.config.epochs}"
        samples = len(self.loader.dataset)
        with (
            np.errstate(over="ignore", invalid="ignore"),  # divergence is reported below, once
            tqdm(total=samples, desc=description, unit=" samples", leave=False, disable=None) as bar,
        ):
            start = time.perf_counter()
            with leaving_a_processor(self.loader.augment is not None):
                train_loss, train_accuracy = self._train(rate, bar)
            seconds = time.perf_counter() - start
            validation_loss, validation_accuracy = None, None
            if len(self.validation):
                validation_loss, validation_accuracy = evaluate(self.judged, self.criterion, self.validation)
        if not math.isfinite(train_loss + (validation_loss or 0.0)):
            validated = "" if validation_loss is None else f" and in validation {validation_loss}"
            raise DivergedError(
                f"epoch {number + 1}: the training diverged, its loss is {train_loss}{validated}; choose a smaller "
                f"--lr than {self.config.lr:g}"
            )
        last_lr = rate(len(self.loader) - 1)
        epoch = Epoch(
            number + 1, train_loss, train_accuracy, validation_loss, validation_accuracy, last_lr, seconds
        )
        self.history.append(epoch)
        return epoch

    def _train(self, rate: Callable[[int], float], bar: Any) -> tuple[float, float]:
        """Take a step for each batch; return the mean loss and the accuracy of the batches as they came."""
        self.model.train()
        total, correct, samples = 0.0, 0, 0
        for number, (images, classes) in enumerate(self.loader):
            lr = rate(number)
            for group in self.optimizer.param_groups:
                group["lr"] = lr
            loss, right = self.step(images, classes)
            samples += len(classes)
            total += loss.item() * len(classes)
            correct += int(right)
            if bar.update(len(classes)):  # true when it was redrawn
                bar.set_postfix(loss=f"{total / samples:.4f}", accuracy=f"{correct / samples:.4f}", refresh=False)
        return total / samples, correct / samples

    def _step(self, images: tg.Tensor, classes: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor]:
        """Change the weights by the gradient of a batch; return its loss and how many were right, both from before."""
        output = self.model(images)
        loss = self.criterion(output, classes)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.average is not None:
            self.average.update()
        return loss.detach(), count_correct(output.detach(), classes)

    # ---- what an interrupted training goes on from

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next epochs depend on beside config and data; tensors are not copied."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": None if self.average is None else self.average.state_dict(),
            "history": [epoch.as_dict() for epoch in self.history],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` returned, in whichever process."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.history = [Epoch(**figures) for figures in state["history"]]
