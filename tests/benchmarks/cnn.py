"""The training step of a LeNet-5: the same lines make that of either library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Contender, Table

CNNS = {"28x28, 16 and 32 kernels of 5x5, 128 hidden, batch 64": 64}  # name of the row: batch


def convolutional(library: Any, modules: Any, row: str, **options: Any) -> tuple[Callable[..., Any], Any, Any]:
    """Return a training step of a LeNet-5 by `library`, and its inputs and classes."""
    rng = np.random.default_rng(0)
    x = library.from_numpy(rng.random((CNNS[row], 1, 28, 28), dtype=np.float32))
    y = library.from_numpy(rng.integers(0, 10, CNNS[row]))
    model = modules.Sequential(
        *(modules.Conv2d(1, 16, 5), modules.ReLU(), modules.MaxPool2d(2)),
        *(modules.Conv2d(16, 32, 5), modules.ReLU(), modules.MaxPool2d(2)),
        *(modules.Flatten(), modules.Linear(512, 128), modules.ReLU(), modules.Linear(128, 10)),
    )
    criterion = modules.CrossEntropyLoss()
    optimizer = (library if hasattr(library, "optim") else modules).optim.SGD(model.parameters(), lr=0.01, **options)

    def step(x: Any, y: Any) -> Any:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, x, y


def eager(row: str) -> Callable[[], float]:
    """A convolutional network of this project."""
    import nn
    import tinygrad_np as tg

    step, x, y = convolutional(tg, nn, row)
    return lambda: float(step(x, y).item())


def captured(row: str) -> Callable[[], float]:
    """The same step of this project, captured by ``tg.jit``."""
    import nn
    import tinygrad_np as tg

    step, x, y = convolutional(tg, nn, row)
    train = tg.jit(step)
    return lambda: float(train(x, y).item())


def torch_eager(row: str) -> Callable[[], float]:
    """The same network in PyTorch."""
    import torch

    step, x, y = convolutional(torch, torch.nn, row, fused=True)
    return lambda: float(step(x, y).item())


TABLE = Table(
    "Training step of a convolutional network",
    tuple(CNNS),
    {
        "eager": Contender("tinygrad_np, eager", eager),
        "captured": Contender("tinygrad_np, captured", captured),
        "torch": Contender("PyTorch, eager", torch_eager, "torch"),
    },
    base="eager",
    smoke=tuple(CNNS),
    ratios=(("eager", "torch"), ("captured", "torch")),
    seconds=0.2,
)
