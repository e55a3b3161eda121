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


@dataclass(frozen=True)
class Epoch:
    """The figures of one epoch: mean losses, accuracies between 0 and 1, seconds of training alone."""

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


def train_epoch(model: nn.Module, criterion: nn.Module, optimizer: Any, loader: Any, bar: Any) -> tuple[float, float]:
    """Take a step for each batch of `loader`; return the mean loss and the accuracy of the batches as they came."""
    model.train()
    total, correct, samples = 0.0, 0, 0
    for images, classes in loader:
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
    config : the run's choices.
    name : of the data set, shown with the progress.
    model, criterion : the network, trained in place, and its loss.
    training, validation : the data.
    on_epoch : called after each epoch with its figures and whether it is the best so far.
    """
    optimizer = nn.SGD(
        model.parameters(),
        config.lr,
        momentum=config.momentum,
        weight_decay=config.weight_decay,
        nesterov=config.momentum > 0,
    )
    scheduler = nn.StepLR(optimizer, config.lr_step, config.lr_gamma) if config.lr_step else None
    loader = DataLoader(training, config.batch_size, shuffle=True, seed=config.seed)
    best: Epoch | None = None
    for number in range(1, config.epochs + 1):
        loader.set_epoch(number)
        tg.manual_seed((config.seed, 2, number))  # dropout depends on the epoch, not on what was drawn before
        lr = optimizer.param_groups[0]["lr"]
        description = f"[{name}] epoch {number}/{config.epochs}"
        with tqdm(total=len(loader), desc=description, unit="batch", leave=False, disable=None) as bar:
            start = time.perf_counter()
            train_loss, train_accuracy = train_epoch(model, criterion, optimizer, loader, bar)
            seconds = time.perf_counter() - start
        validation_loss, validation_accuracy = evaluate(model, criterion, validation)
        if scheduler is not None:
            scheduler.step()
        figures = Epoch(number, train_loss, train_accuracy, validation_loss, validation_accuracy, lr, seconds)
        is_best = best is None or figures.validation_accuracy > best.validation_accuracy
        if is_best:
            best = figures
        on_epoch(figures, is_best)
    assert best is not None
    return best
