"""One trial: a point of the space, how its training went, and what it came to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

RUNNING, COMPLETE, PRUNED, DIVERGED, FAILED = "running", "complete", "pruned", "diverged", "failed"
STATES = (COMPLETE, PRUNED, DIVERGED, FAILED, RUNNING)  # as they are sorted


@dataclass
class Trial:
    """What is known of a trial.

    Attributes
    ----------
    number : its place in the search, from 0.
    point : the values of what is searched.
    state : `RUNNING` until it has ended: whole, ended before (`PRUNED`), with a loss that is no number (`DIVERGED`,
        which counts as an accuracy of 0), or not at all (`FAILED`).
    history : the figures of its epochs.
    failures : why it failed, each time.
    seconds : that it took, with loading and validation.
    """

    number: int
    point: dict[str, Any]
    state: str = RUNNING
    history: list[dict[str, Any]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def running(self) -> bool:
        """Whether it has not ended, be it that it runs or that it was interrupted."""
        return self.state == RUNNING

    @property
    def best_epoch(self) -> dict[str, Any] | None:
        """The figures of the epoch with the highest validation accuracy, the latest of equals."""
        return max(self.history, key=lambda e: (e["validation_accuracy"], e["epoch"])) if self.history else None

    @property
    def accuracy(self) -> float | None:
        """The highest validation accuracy; 0 if it diverged, None if there is none."""
        if self.state == DIVERGED:
            return 0.0
        if self.best_epoch is None or self.state == FAILED:
            return None
        return float(self.best_epoch["validation_accuracy"])


def best_trial(trials: Iterable[Trial]) -> Trial | None:
    """Return the one that ended whole with the highest validation accuracy, the first of equals."""
    whole = [trial for trial in trials if trial.state == COMPLETE]
    return max(whole, key=lambda trial: (trial.accuracy or 0.0, -trial.number), default=None)


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Return the trials, the best first; those that did not end whole stand after those that did."""
    return sorted(trials, key=lambda trial: (STATES.index(trial.state), -(trial.accuracy or 0.0), trial.number))
