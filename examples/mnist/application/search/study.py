"""The search itself: points are proposed, tasks handed to workers, and what they return is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass
from typing import Any, Protocol

from ..config import Config, OptionError
from ..run import RunError
from .executors import Workforce, no_interruption
from .records import Record
from .space import Point, Space
from .strategies import STRATEGIES, propose_at_random
from .trial import COMPLETE, DIVERGED, FAILED, PRUNED, Trial
from .work import Result, Task, train

POLL = 1.0  # seconds between looks at whether the workers are still there, and whether a signal came
ATTEMPTS = 2  # a trial that fails is tried once more


class Watcher(Protocol):
    """Shows people how the search goes."""

    def show(self, trials: Sequence[Trial]) -> None:
        """Show the counts."""

    def ended(self, trial: Trial, trials: Sequence[Trial]) -> None:
        """Tell of a trial that has ended."""

    def failed(self, trial: Trial, reason: str) -> None:
        """Tell of a trial that failed and is tried again."""


@dataclass
class Study:
    """A search under way.

    Attributes
    ----------
    given : options that all trials share, and what the data say.
    count : trials, of strategies that have no end of their own.
    seed : of points drawn at random.
    part : epochs of a task, after which a trial may be ended; None for all at once.
    """

    given: dict[str, Any]
    space: Space
    strategy: str
    count: int
    seed: int
    record: Record
    workforce: Workforce
    threads: int
    watcher: Watcher
    part: int | None = None

    def __post_init__(self) -> None:
        self._running: dict[Future[Result], Trial] = {}
        self._interrupted = [trial for trial in self.record.trials if trial.running]

    def run(self) -> None:
        """Run all trials that are missing.

        Raises
        ------
        RunError
            If the workers are lost.
        """
        while True:
            while len(self._running) < self.workforce.workers and (trial := self._next()) is not None:
                self._begin(trial)
            self.watcher.show(self.record.trials)
            if not self._running:
                return
            with no_interruption():
                done, _ = wait(self._running, POLL, return_when=FIRST_COMPLETED)
            if not done:
                self.workforce.check()
            for future in done:
                self._take(self._running.pop(future), future)

    # ---- which trial is next

    def _next(self) -> Trial | None:
        """Return the next trial, begun in the record, or None if there is none now."""
        if self._interrupted:
            return self._interrupted.pop(0)
        known = (self.space, self.record.trials, self.count, self.seed)
        proposal = STRATEGIES[self.strategy].propose(*known)
        if proposal.by_sampler:
            if (trial := self.record.begin(None)) is not None:
                return trial
            proposal = propose_at_random(*known)
        return None if proposal.point is None else self.record.begin(proposal.point)

    # ---- from trial to task and back

    def _begin(self, trial: Trial) -> None:
        trial.history, trial.seconds = [], 0.0
        try:
            self._submit(trial, trial_config(self.given, trial.point), None)
        except OptionError as error:  # values that do not go together
            self.record.fail(trial, str(error))
            self._end(trial, FAILED)

    def _submit(self, trial: Trial, config: Config, state: dict[str, Any] | None) -> None:
        until = config.epochs if self.part is None else len(trial.history) + self.part
        self._running[self.workforce.executor.submit(train, Task(config.as_dict(), until, self.threads, state))] = trial

    def _take(self, trial: Trial, future: Future[Result]) -> None:
        """Record what came of a task, and hand out the next of its trial if there is one."""
        try:
            result = future.result()
        except CancelledError as error:
            raise RunError("the workers are lost: start them, then the same command again") from error
        except Exception as error:  # of whatever kind: it is the trial's, and the search goes on
            self._retry(trial, describe(error))
            return
        trial.seconds += result.seconds
        reported = len(trial.history)
        for number in range(reported, len(result.history)):
            trial.history = result.history[: number + 1]
            if self.record.report(trial) and result.state is not None:
                self._end(trial, PRUNED)
                return
        if result.diverged is not None:
            self.record.fail(trial, result.diverged)  # a result: with the same seed it would diverge again
            self._end(trial, DIVERGED)
        elif result.state is None or self.part is None:
            self._end(trial, COMPLETE)
        else:
            self._submit(trial, trial_config(self.given, trial.point), result.state)

    def _retry(self, trial: Trial, reason: str) -> None:
        self.record.fail(trial, reason)
        if len(trial.failures) >= ATTEMPTS:
            self._end(trial, FAILED)
        else:
            self.watcher.failed(trial, reason)
            self._begin(trial)

    def _end(self, trial: Trial, state: str) -> None:
        self.record.end(trial, state)
        self.watcher.ended(trial, self.record.trials)


def trial_config(given: dict[str, Any], point: Point) -> Config:
    """Return the config of a trial.

    Raises
    ------
    OptionError
        If its values do not go together.
    """
    return Config(**(given | point))


def describe(error: BaseException) -> str:
    """Return an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
