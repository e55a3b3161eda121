"""Which point of the space is tried next, as a function of what has been tried: so a search goes on from its record."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..config import OptionError, flag
from .space import Choices, Point, Space, key
from .trial import Trial, best_trial

DRAWS = 1000  # for one new point at random; if all are known, there is hardly another


class Proposal(NamedTuple):
    """A point to try; none if one has to wait for trials that run, or, if the search is `done`, for nothing."""

    point: Point | None = None
    done: bool = False
    by_sampler: bool = False


DONE, WAIT = Proposal(done=True), Proposal()


class Strategy(NamedTuple):
    """An order of trials, in words and as a function of the space, the trials so far, their number and the seed."""

    words: str
    propose: Callable[[Space, Sequence[Trial], int, int], Proposal]
    counted: bool = False  # as many as --trials says, else all there are
    lists_only: bool = False


def _values(space: Space, name: str) -> tuple[object, ...]:
    dimension = space[name]
    assert isinstance(dimension, Choices)  # `check` has seen to it
    return dimension.values


def _grid_points(space: Space) -> Iterator[Point]:
    for values in itertools.product(*(_values(space, name) for name in space)):
        yield dict(zip(space, values, strict=True))


def propose_of_grid(space: Space, trials: Sequence[Trial], count: int, seed: int) -> Proposal:
    """Go through all combinations, the last list fastest."""
    known = {key(trial.point) for trial in trials}
    return next((Proposal(point) for point in _grid_points(space) if key(point) not in known), DONE)


def propose_at_random(space: Space, trials: Sequence[Trial], count: int, seed: int) -> Proposal:
    """Draw each hyper-parameter by itself; the point depends on the seed and on how many there are."""
    if len(trials) >= count:
        return DONE
    known = {key(trial.point) for trial in trials}
    rng = np.random.default_rng([seed, len(trials)])
    for _ in range(DRAWS):
        point = {name: dimension.draw(rng) for name, dimension in space.items()}
        if key(point) not in known:
            return Proposal(point)
    return propose_of_grid(space, trials, count, seed) if size(space) is not None else DONE


def propose_by_coordinates(space: Space, trials: Sequence[Trial], count: int, seed: int) -> Proposal:
    """Choose one hyper-parameter after the other, with the best of those before and the first values of those after."""
    known = {key(trial.point): trial for trial in trials}
    point = {name: _values(space, name)[0] for name in space}
    for name in space:
        line = [point | {name: value} for value in _values(space, name)]
        for candidate in line:
            if key(candidate) not in known:
                return Proposal(candidate)
        tried = [known[key(candidate)] for candidate in line]
        if any(trial.running for trial in tried):
            return WAIT
        best = best_trial(tried)
        point = point if best is None else best.point
    return DONE


def propose_by_sampler(space: Space, trials: Sequence[Trial], count: int, seed: int) -> Proposal:
    """Leave the choice to Optuna's sampler."""
    full = size(space)
    tried = len({key(trial.point) for trial in trials})
    return DONE if tried >= count or tried == full else Proposal(by_sampler=True)


STRATEGIES = {
    "grid": Strategy("all combinations", propose_of_grid, lists_only=True),
    "random": Strategy("combinations at random", propose_at_random, counted=True),
    "coordinate": Strategy("one hyper-parameter after the other", propose_by_coordinates, lists_only=True),
    "tpe": Strategy("where good trials were (needs Optuna)", propose_by_sampler, counted=True),
}


def size(space: Space) -> int | None:
    """Return how many points there are, or None if they cannot be counted."""
    if not all(isinstance(dimension, Choices) for dimension in space.values()):
        return None
    return math.prod(len(_values(space, name)) for name in space)


def expected(strategy: str, space: Space, count: int) -> int:
    """Return how many trials a search has; of one by coordinates, whose points may coincide, at most."""
    full = size(space)
    if STRATEGIES[strategy].counted:
        return count if full is None else min(count, full)
    if strategy == "grid":
        return full or 0
    return 1 + sum(len(_values(space, name)) - 1 for name in space)


def check(strategy: str, space: Space) -> None:
    """Raise `OptionError` if a strategy cannot search a space."""
    if not space:
        raise OptionError(
            "nothing to search: list values, as in --learning-rates 0.1 0.01 --batch-sizes 16 32, or use --space"
        )
    if STRATEGIES[strategy].lists_only:
        for name, dimension in space.items():
            if not isinstance(dimension, Choices):
                raise OptionError(
                    f"--strategy {strategy} cannot go through all of the range of {flag(name)}: list values, or take "
                    "--strategy random or tpe"
                )
