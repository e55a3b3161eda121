"""What a table of the benchmarks is: contenders that do the same work, in rows of that work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Contender:
    """Somebody who does the work of a table.

    `prepare` takes the name of a row. In a table of times it returns one repetition of the work as a function; in a
    table that is not about time it does the work and returns its figures by name.
    """

    label: str
    prepare: Callable[[str], Any]
    needs: str = "sys"  # a package that may not be installed
    compiles: bool = False  # for longer than a smoke run takes: it has no part in one


@dataclass(frozen=True)
class Table:
    """Contenders that do the same work, in rows of that work."""

    title: str
    rows: tuple[str, ...]
    contenders: Mapping[str, Contender]
    base: str  # the contender that the others are divided by
    smoke: tuple[str, ...]  # the rows of a smoke run
    ratios: tuple[tuple[str, str], ...] = ()  # that are shown beside the figures
    unit: str = "µs a step"
    scale: float = 1e6  # units in a second
    seconds: float = 0.1  # of one burst of repetitions
    rounds: int | None = None  # at most, where a row takes long
    per: Mapping[str, int] = field(default_factory=dict)  # operations in a repetition, by row
    timed: bool = True  # else each round is a new process that answers with figures
