"""How a search goes, for people who watch it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tqdm import tqdm

from .space import show
from .trial import COMPLETE, DIVERGED, FAILED, PRUNED, RUNNING, Trial, best_trial


class Progress:
    """A bar with the best so far, counts by state and the time left, and a line for each trial that ends.

    Parameters
    ----------
    name
        of the data set, with which each line begins.
    total
        trials to come and done.
    done
        trials that had ended before.
    """

    def __init__(self, name: str, total: int, done: int) -> None:
        self.name, self.total = name, total
        self.bar: Any = tqdm(
            total=total, initial=done, desc=f"[{name}] search", unit=" trials", leave=False, disable=None,
            dynamic_ncols=True,
        )  # fmt: skip

    def show(self, trials: Sequence[Trial]) -> None:
        """Show the counts."""
        counts, best = Counter(trial.state for trial in trials), best_trial(trials)
        shown = {} if best is None else {"best": f"{best.accuracy:.4f}"}
        shown |= {state: str(counts[state]) for state in (RUNNING, PRUNED, DIVERGED, FAILED) if counts[state]}
        self.bar.set_postfix(shown)

    def ended(self, trial: Trial, trials: Sequence[Trial]) -> None:
        """Tell of a trial that has ended."""
        if len(trials) > self.total:
            self.total = self.bar.total = len(trials)
        self.bar.update()
        width = len(str(self.total))
        if trial.state == FAILED:
            came = f"failed: {trial.failures[-1]}"
        elif trial.state == DIVERGED:
            came = "diverged"
        else:
            came = f"accuracy {trial.accuracy:.4f}"
            came += f", pruned after epoch {len(trial.history)}" if trial.state == PRUNED else ""
        best = "  best" if trial.state == COMPLETE and best_trial(trials) is trial else ""
        self.say(f"trial {trial.number:{width}}  {format_point(trial.point)}  {came}  {trial.seconds:.1f} s{best}")

    def failed(self, trial: Trial, reason: str) -> None:
        """Tell of a trial that failed and is tried again."""
        self.say(f"trial {trial.number} failed and is tried again: {reason}")

    def say(self, line: str) -> None:
        """Print a line without disturbing the bar."""
        with self.bar.external_write_mode():
            print(f"[{self.name}] {line}", flush=True)

    def close(self) -> None:
        """Take the bar away."""
        self.bar.close()


def format_point(point: dict[str, Any]) -> str:
    """Return the values of a point in a line."""
    return "  ".join(f"{name} {show(value)}" for name, value in point.items())
