"""Measure this project beside its peers: ``python tests/benchmarks``.

Every contender runs in a process of its own, without environment variables that force BLAS kernels; all take turns,
round after round, so that a drift of the machine meets all alike.  What counts are the ratios of the medians.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import classifier
import contenders
import machine


@dataclass(frozen=True)
class Table:
    """Contenders that do the same work, in rows of that work."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    base: str  # the column that the others are divided by
    seconds: float  # of one burst of repetitions
    per: int = 1  # operations in a repetition
    unit: str = "us a step"


TABLES = {
    "mlp": Table(
        "Training step of an MLP",
        tuple(contenders.MLPS),
        ("plain", "preallocated", "products", "eager", "captured", "torch"),
        "plain",
        0.1,
    ),
    "cnn": Table(
        "Training step of a convolutional network",
        tuple(contenders.CNNS),
        ("cnn", "cnn_captured", "cnn_torch"),
        "cnn",
        0.2,
    ),
    "chain": Table(
        "A chain of 200 multiplications of 10 floats, forward and backward",
        ("",),
        ("chain_numpy", "chain", "chain_torch", "chain_autograd"),
        "chain_numpy",
        0.1,
        contenders.LENGTH,
        "us an operation",
    ),
    "classifier": Table(
        f"An epoch of a classifier through {classifier.SAMPLES} samples, checks included",
        tuple(classifier.ROWS),
        ("classifier", "classifier_sklearn"),
        "classifier",
        0.2,
        unit="us",
    ),
    "import": Table(
        "A new interpreter", ("import numpy", "import tinygrad_np, nn"), ("imports",), "imports", 0.0, 1, "us"
    ),
}


PAUSE = 0.15  # seconds between turns: the threads of a BLAS go on waiting for work, busily, after their turn


class Contender:
    """The process of one contender."""

    def __init__(self, name: str, row: str, threads: int | None = None) -> None:
        counted = {} if threads is None else {"OPENBLAS_NUM_THREADS": str(threads)}
        script = Path(contenders.__file__)
        self.process = subprocess.Popen(
            [sys.executable, str(script), name, row],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=script.parents[2],
            env=machine.clean_environment() | {"PYTHONPATH": str(script.parents[2])} | counted,
        )
        if self.answer() != "ready":
            raise RuntimeError(f"the contender {name} did not start")

    def answer(self) -> str:
        """Return the next line that the process prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def time(self, count: int) -> float:
        """Return the seconds of one of `count` repetitions."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.answer())

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def measure_row(
    table: Table, row: str, rounds: int, shorter: float, threads: int | None = None
) -> dict[str, list[float]]:
    """Return the seconds that each contender took in each round."""
    there = [name for name in table.columns if importlib.util.find_spec(contenders.NEEDS.get(name, "sys"))]
    processes = {name: Contender(name, row, threads) for name in there}
    try:
        counts = {}
        for name, process in processes.items():
            once = max(process.time(3), 1e-7)
            process.time(max(1, int(0.05 / once)))  # warm up
            counts[name] = max(1, int(table.seconds * shorter / once))
        times: dict[str, list[float]] = {name: [] for name in there}
        for _ in range(rounds):
            for name in there:
                time.sleep(PAUSE * shorter)
                times[name].append(processes[name].time(counts[name]))
        return times
    finally:
        for process in processes.values():
            process.close()


def summarize(table: Table, times: dict[str, list[float]]) -> dict[str, Any]:
    """Return medians and quartiles in microseconds and the ratio of the medians to the base."""
    base = statistics.median(times[table.base])
    found = {}
    for name, values in times.items():
        in_order = sorted(values)
        low, middle, high = in_order[len(values) // 4], statistics.median(values), in_order[-1 - len(values) // 4]
        found[name] = {
            "median": middle / table.per * 1e6,
            "quartiles": [low / table.per * 1e6, high / table.per * 1e6],
            "ratio": middle / base,
        }
    return found


def print_row(row: str, found: dict[str, Any]) -> None:
    """Print one row of a table."""
    cells = [
        f"{name} {f['median']:.4g} [{f['quartiles'][0]:.4g} .. {f['quartiles'][1]:.4g}] x{f['ratio']:.2f}"
        for name, f in found.items()
    ]
    print(f"  {row or 'all'}", *(f"    {cell}" for cell in cells), sep="\n", flush=True)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="which tables; by default all")
    parser.add_argument("--rounds", type=int, default=21, help="turns that each contender takes (default: 21)")
    parser.add_argument("--smoke", action="store_true", help="few and short turns: shows that it runs, proves nothing")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    rounds, shorter = (2, 0.01) if options.smoke else (options.rounds, 1.0)
    threads = 1 if options.smoke else None  # on a busy machine threads of BLAS that wait for each other take minutes
    about = machine.describe()
    print(*(f"{name}: {value}" for name, value in about.items()), sep="\n")
    results: dict[str, Any] = {"machine": about, "rounds": rounds, "tables": {}}
    for key in options.tables or TABLES:
        table = TABLES[key]
        print(f"\n{table.title}: median, quartiles ({table.unit}), ratio to {table.base}", flush=True)
        results["tables"][key] = {}
        for row in table.rows:
            found = summarize(table, measure_row(table, row, rounds, shorter, threads))
            results["tables"][key][row] = found
            print_row(row, found)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
