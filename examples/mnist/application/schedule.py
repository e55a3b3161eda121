"""Learning rates as functions of how far the training is, so that there is nothing to remember between steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import Config


def constant(config: Config, position: float, length: float) -> float:
    """Keep the learning rate."""
    return 1.0


def step(config: Config, position: float, length: float) -> float:
    """Multiply it by ``--lr-gamma`` every ``--lr-step`` epochs."""
    return config.lr_gamma ** int(position / config.lr_step)


def exponential(config: Config, position: float, length: float) -> float:
    """Multiply it by ``--lr-gamma`` in the course of each ``--lr-step`` epochs."""
    return config.lr_gamma ** (position / config.lr_step)


def linear(config: Config, position: float, length: float) -> float:
    """Keep it for a quarter of the training, then let it fall evenly to 0."""
    return min(1.0, (1.0 - position / length) / 0.75)


def cosine(config: Config, position: float, length: float) -> float:
    """Let it fall to 0 as half a cosine wave."""
    return (1.0 + math.cos(math.pi * position / length)) / 2


# by name: the factor of the learning rate when so many epochs, parts of them included, of so many are done
SCHEDULES: dict[str, Callable[[Config, float, float], float]] = {
    "constant": constant,
    "step": step,
    "exponential": exponential,
    "linear": linear,
    "cosine": cosine,
}

OPEN_ENDED = ("constant", "step", "exponential")  # the same however long the training is


def factor(config: Config, epoch: int, batch: int, batches: int) -> float:
    """Return by what the learning rate is multiplied at a batch; epochs and batches count from 0.

    It first rises evenly for the part ``--warmup`` of the training, and is 1 after the last batch of that.
    """
    position, rising = epoch + batch / batches, config.warmup * config.epochs
    if position < rising:
        return min(1.0, (position + 1 / batches) / rising)
    return SCHEDULES[config.schedule](config, position - rising, config.epochs - rising)
