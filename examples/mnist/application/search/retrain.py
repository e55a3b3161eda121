"""The best config trained on training and validation data together, and tested once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from nn.data import ConcatDataset

from ..config import Config
from ..data import check_test, load, samples_needed, split
from ..model import LOSSES
from ..run import RECORD, Run, RunError
from ..training import DivergedError, Trainer, evaluate
from .trial import Trial
from .work import make_trainer


def retrain(folder: Path, config: Config, trial: Trial, say: Callable[[str], None]) -> dict[str, Any]:
    """Train as the best trial did, up to the epoch that was its best, on all images, and return the results.

    There are no images left to choose an epoch by: the weights after the last one are kept, and tested. It is a run
    like those of train.py, in a folder of its own, and goes on where it was interrupted. The validation accuracies that
    it records are of images it was trained on; only ``--rho`` makes use of them.

    Raises
    ------
    DataUnavailableError
        If there are no test images for it.
    RunError
        If it diverges, or the folder holds another run.
    """
    start, epochs = time.perf_counter(), (trial.best_epoch or {})["epoch"]
    target = retrained_folder(folder, trial)
    config = replace(config, output=str(target), patience=0)
    needed = samples_needed(config.validation, config.train_size)
    data = load(config.dataset, config.data_dir, train=True, needed=needed)
    test = load(config.dataset, config.data_dir, train=False)
    check_test(data, test)
    parts = split(data, config.validation, config.train_size, config.seed, config.split == "ordered")
    trainer = make_trainer(config, ConcatDataset(parts), parts[1])
    run = _open_run(target, config, trainer, data, test)
    if run.results is not None:
        return run.results
    _fit(run, trainer, epochs, say)
    test_loss, test_accuracy = evaluate(trainer.judged, LOSSES[config.loss](), test)
    results = {"trained_on": "training and validation data", "samples": sum(map(len, parts)), "epochs": epochs}
    results |= {"test_loss": test_loss, "test_accuracy": test_accuracy, "seconds": time.perf_counter() - start}
    run.finish(**results)
    return results


def retrained_folder(folder: Path, trial: Trial) -> Path:
    """Return where in the folder of a search a retrained trial is."""
    return folder / f"retrained_trial_{trial.number}"


def _open_run(target: Path, config: Config, trainer: Trainer, data: Any, test: Any) -> Run:
    """Return the run of the retraining, with `trainer` where it is."""
    if not (target / RECORD).exists():
        return Run.create(config, data, test)
    run = Run.open(target)
    if replace(run.config, output=None, data_dir=None) != replace(config, output=None, data_dir=None):
        raise RunError(f"{target} holds another run: move it away")
    run.check_data(data, test)
    run.restore(trainer)
    return run


def _fit(run: Run, trainer: Trainer, epochs: int, say: Callable[[str], None]) -> None:
    while len(trainer.history) < epochs:
        try:
            epoch = trainer.run_epoch()
        except DivergedError as error:
            raise RunError(f"the retraining diverged: {error}") from error
        run.save(trainer.state_dict(), trainer.judged, is_best=True)
        say(f"retraining, epoch {epoch.epoch}/{epochs}  train loss {epoch.train_loss:.4f}  {epoch.seconds:.2f} s")
