"""Epochs through MNIST: of the application's trainer beside PyTorch's usual loops, and beside data that need no work.

The application is measured through what `examples/mnist/train.py` calls, whatever that does: `Trainer.run_epoch`, with
one image to validate on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import images
from table import Contender, Table

Work = Callable[[], Any]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mnist"
HIDDEN, BATCH = 900, 128

# name of the row: which images, and how train.py is told to train
PLAIN = {"dropout": 0.0, "input_dropout": 0.0, "momentum": 0.0, "nesterov": False}
DEFAULTS = {"dropout": 0.3, "input_dropout": 0.2, "momentum": 0.9, "nesterov": True}
ROWS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain SGD": (images.FULL, PLAIN),
    "dropout of pixels and activations, Nesterov momentum": (images.FULL, DEFAULTS),
    "plain SGD, 1,024 generated digits": (images.SMOKE, PLAIN),
    "dropout, Nesterov momentum, 1,024 generated digits": (images.SMOKE, DEFAULTS),
}
# random changes as in configs/mnist_best.yaml
WARPS = {"rotate": 10.0, "scale": 0.12, "shear": 0.1, "shift": 1.0, "elastic": 0.8}


def trainer(row: str, **more: Any) -> Any:
    """Return the application's trainer for a row."""
    sys.path.insert(0, str(EXAMPLE))
    from application.config import Config
    from application.data import load, split
    from application.model import build_model
    from application.training import Trainer

    which, choices = ROWS[row]
    name, count = images.DATA[which]
    config = Config(
        dataset=name,
        hidden=(HIDDEN,),
        batch_size=BATCH,
        validation=1,
        lr=0.01,
        schedule="constant",
        epochs=1_000_000,
        **choices,
        **more,
    )
    data = load(name, None, train=True, needed=count)
    training, validation = split(data, config.validation, config.train_size, config.seed)
    return Trainer(config, data.name, build_model(config), training, validation)


def application(row: str) -> Work:
    """Train for an epoch as train.py does."""
    return trainer(row).run_epoch


class Ready:
    """Batches that are in memory, as the trainer wants to be given them."""

    def __init__(self, loader: Any) -> None:
        self.dataset = loader.dataset
        self.augment = None
        self.batches = list(loader)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)

    def set_epoch(self, epoch: int) -> None:
        """Go through the same batches in every epoch."""


def ready(row: str) -> Work:
    """The application's epoch with batches that were made beforehand."""
    made = trainer(row)
    made.loader = Ready(made.loader)
    return made.run_epoch


def prefetching(row: str) -> Work:
    """The application's epoch with batches that a thread makes ahead."""
    from nn.data import DataLoader

    made = trainer(row)
    made.loader = DataLoader(made.loader.dataset, BATCH, shuffle=True, seed=0, prefetch=2)
    return made.run_epoch


def augmented(row: str) -> Work:
    """The application's epoch with images that are warped at random, ahead, in a thread."""
    return trainer(row, **WARPS).run_epoch


def torch_step(row: str) -> tuple[Callable[[Any, Any], float], Any, Any]:
    """Return a training step of the same network in PyTorch, and all images and classes as tensors."""
    import torch
    from torch import nn

    which, choices = ROWS[row]
    x, y = images.arrays(which)
    model = nn.Sequential(
        *([nn.Dropout(choices["input_dropout"])] if choices["input_dropout"] else []),
        *(nn.Linear(x.shape[1], HIDDEN), nn.ReLU()),
        *([nn.Dropout(choices["dropout"])] if choices["dropout"] else []),
        nn.Linear(HIDDEN, 10),
    )
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.01, momentum=choices["momentum"], nesterov=choices["nesterov"], fused=True
    )

    def step(inputs: Any, classes: Any) -> float:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step, torch.from_numpy(x), torch.from_numpy(y)


def torch_loader(row: str) -> Work:
    """PyTorch's usual loop, over a ``DataLoader`` of a ``TensorDataset``."""
    from torch.utils.data import DataLoader, TensorDataset

    step, x, y = torch_step(row)
    loader = DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True)
    return lambda: sum(step(inputs, classes) for inputs, classes in loader)


def torch_sliced(row: str) -> Work:
    """PyTorch over slices of shuffled tensors, without a loader."""
    import torch

    step, x, y = torch_step(row)

    def work() -> float:
        order = torch.randperm(len(x))
        return sum(step(x[part], y[part]) for part in order.split(BATCH))

    return work


EPOCH = Table(
    f"An epoch of MNIST, 784-{HIDDEN}-10, batch {BATCH}, data in memory",
    tuple(ROWS)[:2],
    {
        "application": Contender("train.py", application),
        "torch_loader": Contender("PyTorch, DataLoader", torch_loader, "torch"),
        "torch_sliced": Contender("PyTorch, slices", torch_sliced, "torch"),
    },
    base="application",
    smoke=tuple(ROWS)[2:],
    ratios=(("torch_loader", "application"), ("torch_sliced", "application")),
    unit="s",
    scale=1.0,
    seconds=0.0,
    rounds=5,
)

LOADING = Table(
    f"An epoch of train.py, 784-{HIDDEN}-10, batch {BATCH}, by the work that its batches are",
    tuple(ROWS)[:1],
    {
        "ready": Contender("batches made beforehand", ready),
        "loader": Contender("shuffled, of bytes", application),
        "prefetching": Contender("the same, made ahead", prefetching),
        "augmented": Contender("warped at random, made ahead", augmented),
    },
    base="ready",
    smoke=tuple(ROWS)[2:3],
    ratios=(("ready", "loader"), ("ready", "prefetching"), ("ready", "augmented")),
    unit="s",
    scale=1.0,
    seconds=0.0,
    rounds=5,
)
