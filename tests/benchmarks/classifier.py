"""`nn.MLPClassifier` beside scikit-learn's, of the same layers, optimizer and batches.

``python tests/benchmarks classifier`` times single epochs; this file, run itself, trains both on MNIST, in turns, and
prints seconds and test accuracies.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from table import Contender, Table

SAMPLES = 1024
ROWS: dict[str, dict[str, Any]] = {
    "784-50-50-10, batch 32, SGD": {"hidden_sizes": (50, 50), "batch_size": 32, "lr": 0.1},
    "784-256-10, batch 128, Adam": {"hidden_sizes": (256,), "batch_size": 128, "lr": 1e-3, "optimizer": "adam"},
}


def ours(options: dict[str, Any], epochs: int = 1, seed: int = 0) -> Any:
    """Return this project's classifier."""
    import nn

    return nn.MLPClassifier(**options, epochs=epochs, tol=None, random_state=seed)


def peers(options: dict[str, Any], epochs: int = 1, seed: int = 0) -> Any:
    """Return scikit-learn's classifier for the same: no penalty, no momentum, no early end."""
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        options["hidden_sizes"],
        solver=options.get("optimizer", "sgd"),
        batch_size=options["batch_size"],
        learning_rate_init=options["lr"],
        momentum=0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        max_iter=epochs,
        n_iter_no_change=epochs,
        tol=0.0,
        random_state=seed,
    )


def epoch(make: Callable[[dict[str, Any]], Any], row: str) -> Callable[[], Any]:
    """Return a function that goes through the same random samples once more."""
    rng = np.random.default_rng(0)
    x, y = rng.random((SAMPLES, 784), dtype=np.float32), rng.integers(0, 10, SAMPLES)
    model = make(ROWS[row]).partial_fit(x, y, classes=np.arange(10))
    return lambda: model.partial_fit(x, y)


TABLE = Table(
    f"An epoch of a classifier through {SAMPLES} samples, checks included",
    tuple(ROWS),
    {
        "ours": Contender("nn.MLPClassifier", lambda row: epoch(ours, row)),
        "sklearn": Contender("scikit-learn", lambda row: epoch(peers, row), "sklearn"),
    },
    base="ours",
    smoke=tuple(ROWS),
    ratios=(("sklearn", "ours"),),
    unit="ms",
    scale=1e3,
    seconds=0.2,
)


def main(epochs: int = 5, rounds: int = 3) -> None:
    """Train both on MNIST, in turns, and print the medians."""
    import warnings

    from nn.datasets import MNIST

    warnings.filterwarnings("ignore", "Stochastic Optimizer: Maximum iterations")
    (x, y), test = [
        (part.data.reshape(len(part), -1) / np.float32(255), part.targets) for part in (MNIST(), MNIST(train=False))
    ]
    for row, options in ROWS.items():
        seconds: dict[str, list[float]] = {"ours": [], "scikit-learn": []}
        accuracies: dict[str, list[float]] = {"ours": [], "scikit-learn": []}
        for seed in range(rounds):
            for name, make in (("ours", ours), ("scikit-learn", peers)):
                model = make(options, epochs, seed)
                start = time.perf_counter()
                model.fit(x, y)
                seconds[name].append(time.perf_counter() - start)
                accuracies[name].append(model.score(*test))
        print(f"{row}, {epochs} epochs, {rounds} seeds")
        for name, values in seconds.items():
            shown = " ".join(f"{accuracy:.4f}" for accuracy in accuracies[name])
            print(f"  {name:<12} {statistics.median(values):6.2f} s   test accuracies {shown}")
        ratios = [peer / own for own, peer in zip(seconds["ours"], seconds["scikit-learn"], strict=True)]
        print(f"  scikit-learn / ours {statistics.median(ratios):.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main()
