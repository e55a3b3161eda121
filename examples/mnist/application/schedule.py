"""Learning rates as functions of progress, so that there is nothing to remember between steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import Config


def constant(config: Config, progress: float) -> float:
    """Keep the learning rate."""
    return 1.0


def step(config: Config, progress: float) -> float:
    """Multiply it by ``--lr-gamma`` every ``--lr-step`` epochs."""
    return config.lr_gamma ** int(progress * config.epochs / config.lr_step)


def linear(config: Config, progress: float) -> float:
    """Keep it for a quarter of the training, then let it fall evenly to 0."""
    return min(1.0, (1.0 - progress) / 0.75)


# by name: the factor of the learning rate when a part of the training, from 0 to 1, is done
SCHEDULES: dict[str, Callable[[Config, float], float]] = {"constant": constant, "step": step, "linear": linear}
