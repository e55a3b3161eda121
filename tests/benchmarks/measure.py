"""Contenders in processes of their own, which take turns."""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
from table import Table

PAUSE = 0.15  # seconds between turns: the threads of a BLAS go on waiting for work, busily, after their turn
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Effort:
    """How long and how thoroughly to measure."""

    rounds: int = 21
    shorter: float = 1.0  # turns and pauses, by this factor
    threads: int | None = None  # of each contender; by default as many as it takes by itself
    smoke: bool = False

    def rounds_of(self, table: Table) -> int:
        """Return the number of turns that each contender of the table takes."""
        return min(self.rounds, table.rounds or self.rounds)


# On a busy machine threads that wait for each other take minutes.
SMOKE = Effort(rounds=2, shorter=0.01, threads=1, smoke=True)


class Process:
    """The process of one contender."""

    def __init__(self, key: str, name: str, row: str, threads: int | None = None) -> None:
        variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
        counted = {} if threads is None else dict.fromkeys(variables, str(threads))
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "serve.py"), key, name, row],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE.parents[1],
            env=machine.clean_environment() | counted,
        )

    def answer(self) -> str:
        """Return the next line that the process prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the contender {self.name} ended with status {self.process.wait()}")
        return line.strip()

    def time(self, count: int) -> float:
        """Return the seconds of one of `count` repetitions."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(self.answer())

    def warm_up(self, seconds: float) -> int:
        """Return how many repetitions fill so many seconds, after some that were not timed."""
        once = self.time(1)
        if once < 0.05:
            once = max(self.time(3), 1e-7)
            self.time(max(1, int(0.05 / once)))
        return max(1, int(seconds / once))

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def present(table: Table, smoke: bool, only: tuple[str, ...] = ()) -> list[str]:
    """Return the contenders of a table that are installed, and asked for."""
    return [
        name
        for name, contender in table.contenders.items()
        if importlib.util.find_spec(contender.needs)
        and not (smoke and contender.compiles)
        and (not only or name in only or name == table.base)
    ]


def measure(key: str, table: Table, row: str, effort: Effort, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return, by line of the table, what its contenders came to.

    A row of a table of times is a line; other tables have a line for each figure that the contenders answer with.
    """
    names = present(table, effort.smoke, only)
    if table.timed:
        times = take_turns(key, table, row, names, effort)
        return {row: summarize(times, table.base, table.scale / table.per.get(row, 1))}
    figures = run_anew(key, table, row, names, effort)
    lines: dict[str, dict[str, list[float]]] = {}
    for name in names:
        for figure in figures[name]:
            for line, value in figure.items():
                lines.setdefault(f"{row}: {line}", {}).setdefault(name, []).append(value)
    return {line: summarize(values, table.base) for line, values in lines.items()}


def take_turns(key: str, table: Table, row: str, names: list[str], effort: Effort) -> dict[str, list[float]]:
    """Return the seconds that each contender took in each round."""
    processes: dict[str, Process] = {}
    try:
        counts = {}
        for name in names:
            processes[name] = process = Process(key, name, row, effort.threads)
            if process.answer() != "ready":
                raise RuntimeError(f"the contender {name} did not start")
            counts[name] = process.warm_up(table.seconds * effort.shorter)
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(effort.rounds_of(table)):
            for name in names:
                time.sleep(PAUSE * effort.shorter)
                times[name].append(processes[name].time(counts[name]))
        return times
    finally:
        for process in processes.values():
            process.close()


def run_anew(key: str, table: Table, row: str, names: list[str], effort: Effort) -> dict[str, list[dict[str, float]]]:
    """Return the figures of each contender, a new process in every round."""
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(effort.rounds_of(table)):
        for name in names:
            process = Process(key, name, row, effort.threads)
            try:
                figures[name].append(json.loads(process.answer()))
            finally:
                process.close()
    return figures


def summarize(values: dict[str, list[float]], base: str, scale: float = 1.0) -> dict[str, Any]:
    """Return medians and quartiles in the table's unit, and the ratio of the medians to the base's."""
    found = {}
    divisor = statistics.median(values[base])
    for name, own in values.items():
        in_order = sorted(own)
        middle = statistics.median(own)
        found[name] = {
            "median": middle * scale,
            "quartiles": [in_order[len(own) // 4] * scale, in_order[-1 - len(own) // 4] * scale],
            "ratio": middle / divisor if divisor else None,
        }
    return found
