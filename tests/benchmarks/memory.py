"""What trainings take of memory: at most, after many steps, and of the garbage collector's attention."""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import images
import mlp
import mlp_peers
import numpy as np
from table import Contender, Table

Step = Callable[[Any, Any], Any]
Maker = Callable[[list[Any]], Step]

HIDDEN, BATCH = 900, 128
SMALL = "784-50-50-10, batch 32"
STEPS = {f"{SMALL}, 100,000 steps": 100_000, f"{SMALL}, 100 steps": 100}  # name of the row


def memory(peak: bool = False) -> float:
    """Return the MiB of memory that this process has, or at most had."""
    field = "VmHWM:" if peak else "VmRSS:"
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:  # not Linux, where there is only the peak
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (2**20 if sys.platform == "darwin" else 2**10)
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 2**10


def layers_of(*sizes: int) -> list[Any]:
    """Return layers (weight (in, out), bias) drawn at random."""
    rng = np.random.default_rng(0)
    return [
        (rng.normal(0, 0.05, (a, b)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in itertools.pairwise(sizes)
    ]


def eager(layers: list[Any]) -> Step:
    """Return the step of this project."""
    import tinygrad_np as tg

    step, _, _ = mlp.framework(np.zeros(1, np.float32), np.zeros(1, int), layers)
    return lambda x, y: step(tg.from_numpy(x), tg.from_numpy(y)).item()


def captured(layers: list[Any]) -> Step:
    """Return the captured step of this project."""
    import tinygrad_np as tg

    step, _, _ = mlp.framework(np.zeros(1, np.float32), np.zeros(1, int), layers)
    train = tg.jit(step)
    return lambda x, y: train(tg.from_numpy(x), tg.from_numpy(y)).item()


def torch(layers: list[Any]) -> Step:
    """Return the step of PyTorch."""
    import torch

    model = mlp_peers.torch_model(layers)
    criterion, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01, fused=True)

    def step(x: np.ndarray, y: np.ndarray) -> float:
        loss = criterion(model(torch.from_numpy(x)), torch.from_numpy(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def peak_of(make: Maker) -> Callable[[str], dict[str, float]]:
    """Return a function that trains for an epoch and says how much memory it took."""

    def figures(row: str) -> dict[str, float]:
        make(layers_of(4, 3, 2))(np.ones((2, 4), np.float32), np.zeros(2, np.int64))  # imports what a step needs
        x, y = images.arrays(row)
        before = memory()
        step = make(layers_of(x.shape[1], HIDDEN, 10))
        for start in range(0, len(x), BATCH):
            step(x[start : start + BATCH], y[start : start + BATCH])
        most = memory(peak=True)
        return {
            "with imports and data, MiB": before,
            "at most, MiB": most,
            "added by training, MiB": most - before,
        }

    return figures


def flatness_of(make: Maker) -> Callable[[str], dict[str, float]]:
    """Return a function that trains for very long and says what is left behind."""

    def figures(row: str) -> dict[str, float]:
        x, y, layers = mlp.problem(SMALL)
        step, steps = make(layers), STEPS[row]
        for _ in range(steps // 100):
            step(x, y)
        early = memory()
        for _ in range(steps - steps // 100):
            step(x, y)
        late = memory()
        gc.collect()
        gc.disable()
        step(x, y)  # whose own objects may stay until the next step
        before = gc.get_count()[0]
        for _ in range(steps // 100):
            step(x, y)
        alive = gc.get_count()[0] - before
        return {
            "MiB after a hundredth": early,
            "MiB at the end": late,
            "objects that a step leaves to the collector": alive / (steps // 100),
            "garbage that it finds": gc.collect(),
        }

    return figures


def contenders(figures_of: Callable[[Maker], Callable[[str], Any]]) -> dict[str, Contender]:
    """Return who trains."""
    return {
        "torch": Contender("PyTorch, eager", figures_of(torch), "torch"),
        "eager": Contender("tinygrad_np, eager", figures_of(eager)),
        "captured": Contender("tinygrad_np, captured", figures_of(captured)),
    }


PEAK = Table(
    f"Memory of training 784-{HIDDEN}-10 for an epoch, batch {BATCH}",
    (images.FULL,),
    contenders(peak_of),
    base="eager",
    smoke=(images.SMOKE,),
    ratios=(("eager", "torch"), ("captured", "torch")),
    unit="MiB",
    rounds=3,
    timed=False,
)

FLATNESS = Table(
    "What many steps leave behind",
    tuple(STEPS)[:1],
    contenders(flatness_of),
    base="eager",
    smoke=tuple(STEPS)[1:],
    unit="as the rows say",
    rounds=1,
    timed=False,
)
