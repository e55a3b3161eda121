"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

import nn
import tinygrad_np as tg
from nn.data import DataLoader

from .config import Config
from .schedule import SCHEDULES


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch: mean losses, accuracies between 0 and 1, its last rate, seconds of training alone."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
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
            correct += count_correct(output, classes)
    return total / len(data), correct / len(data)


def count_correct(output: tg.Tensor, classes: tg.Tensor) -> int:
    """Return how many rows of `output` are greatest at their class."""
    return int(np.count_nonzero(output.array.argmax(1) == classes.array))


def train_epoch(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: nn.SGD,
    loader: DataLoader,
    rate: Callable[[int], float],
    bar: Any,
) -> tuple[float, float]:
    """Take a step for each batch of `loader`; return the mean loss and the accuracy of the batches as they came.

    `rate` gives the learning rate of a batch by its number; `bar` shows how far it is.
    """
    model.train()
    total, correct, samples = 0.0, 0, 0
    for number, (images, classes) in enumerate(loader):
        optimizer.param_groups[0]["lr"] = rate(number)
        output = model(images)
        loss = criterion(output, classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        samples += len(classes)
        total += loss.item() * len(classes)
        correct += count_correct(output, classes)
        if bar.update():  # true when it was redrawn
            bar.set_postfix(loss=f"{total / samples:.4f}", accuracy=f"{correct / samples:.4f}", refresh=False)
    return total / samples, correct / samples


def train(
    config: Config,
    name: str,
    model: nn.Module,
    criterion: nn.Module,
    training: Any,
    validation: Any,
    on_epoch: Callable[[Epoch, bool], None],
) -> Epoch:
    """Train `model` and return the figures of its best epoch by validation accuracy.

    Parameters
    ----------
    config
        the run's choices.
    name
        of the data set, shown with the progress.
    model, criterion
        the network, trained in place, and its loss.
    training, validation
        the data.
    on_epoch
        called after each epoch with its figures and whether it is the best so far.
    """
    momentum = config.momentum
    optimizer = nn.SGD(model.parameters(), config.lr, momentum, 0.0, config.weight_decay, nesterov=momentum > 0)
    loader = DataLoader(training, config.batch_size, shuffle=True, seed=config.seed)
    best: Epoch | None = None
    for epoch in range(config.epochs):
        loader.set_epoch(epoch)
        tg.manual_seed((config.seed, 2, epoch))  # dropout depends on the epoch, not on what was drawn before

        def rate(batch: int, epoch: int = epoch) -> float:
            progress = (epoch + batch / len(loader)) / config.epochs
            return config.lr * SCHEDULES[config.schedule](config, progress)

        description = f"[{name}] epoch {epoch + 1}/{config.epochs}"
        with tqdm(total=len(loader), desc=description, unit="batch", leave=False, disable=None) as bar:
            start = time.perf_counter()
            train_loss, train_accuracy = train_epoch(model, criterion, optimizer, loader, rate, bar)
            seconds = time.perf_counter() - start
        validation_loss, validation_accuracy = evaluate(model, criterion, validation)
        figures = Epoch(
            epoch + 1, train_loss, train_accuracy, validation_loss, validation_accuracy, rate(len(loader) - 1), seconds
        )
        is_best = best is None or figures.validation_accuracy >= best.validation_accuracy  # the latest of equals
        if is_best:
            best = figures
        on_epoch(figures, is_best)
    assert best is not None
    return best
