"""What a worker does: train for some epochs, from the beginning or from where a trial is. It writes no file."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import tinygrad_np as tg

from ..config import Config
from ..data import load, samples_needed, split
from ..model import Standardize, build_model
from ..training import DivergedError, Trainer

# The generator that draws initial weights and dropout is the process's: where an executor has threads, they take turns.
_TURN = threading.Lock()


@dataclass(frozen=True)
class Task:
    """Train under `config`, given as a dict, until so many epochs are done, with so many threads of BLAS.

    It goes on from a `state` if there is one.
    """

    config: dict[str, Any]
    until: int
    threads: int
    state: dict[str, Any] | None = None


@dataclass(frozen=True)
class Result:
    """The figures of all epochs, why it diverged if it did, the seconds, and the state if there is more to do."""

    history: list[dict[str, Any]]
    diverged: str | None
    seconds: float
    state: dict[str, Any] | None


@lru_cache(maxsize=1)
def load_parts(
    dataset: str | None, data_dir: str | None, validation: float, size: int, seed: int, ordered: bool
) -> tuple[Any, Any]:
    """Return the training and the validation part of a data set; they are the same for all trials of a search."""
    data = load(dataset, data_dir, train=True, needed=samples_needed(validation, size))
    return split(data, validation, size, seed, ordered)


def make_trainer(config: Config, training: Any, validation: Any) -> Trainer:
    """Return a training at its beginning, with the bits that train.py would begin with."""
    tg.manual_seed((config.seed, 0))
    model = build_model(config)
    for module in model.modules():
        if isinstance(module, Standardize):
            module.fit(training)
    return Trainer(config, str(config.dataset), model, training, validation)


def train(task: Task) -> Result:
    """Do the task; in a process one at a time."""
    with _TURN:
        start = time.perf_counter()
        with suppress(RuntimeError):  # another BLAS than OpenBLAS has the threads that the environment gave it
            tg.set_num_threads(task.threads)
        config = Config.from_dict(task.config)
        which = (config.dataset, config.data_dir, config.validation, config.train_size, config.seed)
        parts = load_parts(*which, config.split == "ordered")
        trainer = make_trainer(config, *parts)
        if task.state is not None:
            trainer.load_state_dict(task.state)
        diverged = None
        try:
            while not trainer.finished and len(trainer.history) < task.until:
                trainer.run_epoch()
        except DivergedError as error:
            diverged = str(error)
        history = [epoch.as_dict() for epoch in trainer.history]
        state = None if diverged or trainer.finished else trainer.state_dict()
        return Result(history, diverged, time.perf_counter() - start, state)
