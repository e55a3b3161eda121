"""Train a multilayer perceptron on MNIST, Fashion-MNIST, generated digits, or images of one's own.

python examples/mnist/train.py                                   # 784-900-10 on MNIST
python examples/mnist/train.py --dataset fashion-mnist --hidden 512 256
python examples/mnist/train.py --config examples/mnist/configs/sigmoid.yaml --epochs 5
python examples/mnist/train.py --resume runs/RUN                 # after an interruption
python examples/mnist/train.py --help
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

from application.command_line import Command, continued, parse
from application.config import Config
from application.data import check_test, load, resolved, samples_needed, split
from application.events import Events, require_tensorboardx
from application.model import LOSSES, Standardize, build_model
from application.outcome import run_command
from application.plots import plot_curves
from application.run import MODEL, Run, RunError, load_model
from application.training import DivergedError, Epoch, Trainer, evaluate

import tinygrad_np as tg


def load_data(config: Config) -> tuple[Config, Any, Any]:
    """Return the training and the test set, and the config with what they say about the network."""
    needed = samples_needed(config.validation, config.train_size)
    training = load(resolved(config.dataset), config.data_dir, train=True, needed=needed)
    dataset = resolved(config.dataset) if config.dataset else training.name
    test = load(dataset, config.data_dir, train=False)
    check_test(training, test)
    data_dir = None if config.data_dir is None else os.path.abspath(config.data_dir)
    image, classes = training.data.shape[1:], len(training.classes)
    return replace(config, dataset=dataset, data_dir=data_dir, image=image, classes=classes), training, test


def prepare(command: Command) -> tuple[Run, Trainer, Any]:
    """Return the run that is asked for, its training as far as it is, and the test set."""
    run = None if command.resume is None else Run.open(command.resume)
    config = Config(**command.given) if run is None else continued(run.config, command.given, run.folder)
    if config.tensorboard:
        require_tensorboardx()
    config, data, test = load_data(config)
    if run is not None:
        run.check_data(data, test)
    training, validation = split(data, config.validation, config.train_size, config.seed, config.split == "ordered")
    tg.manual_seed((config.seed, 0))
    model = build_model(config)
    for module in model.modules():
        if isinstance(module, Standardize):
            module.fit(training)
    trainer = Trainer(config, data.name, model, training, validation)
    if run is None:
        run = Run.create(config, data, test)
    else:
        run.restore(trainer)
    print(
        f"[{data.name}] {config.network}, {len(training)} images to train, {len(validation) or 'none'} to validate, "
        f"in {run.folder}"
    )
    return run, trainer, test


def fit(run: Run, trainer: Trainer) -> None:
    """Train to the end, printing and keeping each epoch.

    Raises
    ------
    RunError
        If the training diverges; what was kept remains.
    """
    events = Events(run.folder, len(trainer.history)) if trainer.config.tensorboard else None
    try:
        while not trainer.finished:
            epoch = trainer.run_epoch()
            is_best = trainer.best is epoch
            run.save(trainer.state_dict(), trainer.judged, is_best)
            if events is not None:
                events.add(epoch.as_dict())
            report(trainer, epoch, is_best)
    except DivergedError as error:
        kept = f"; {run.folder / MODEL} is from epoch {trainer.best.epoch}" if trainer.history else ""
        raise RunError(f"{error}{kept}") from error
    except KeyboardInterrupt:
        print(f"[{run.dataset}] interrupted: --resume {run.folder} goes on after its last whole epoch", flush=True)
        raise
    if trainer.stopped_early:
        print(f"[{run.dataset}] no better validation accuracy for {trainer.config.patience} epochs: the training ends")


def report(trainer: Trainer, epoch: Epoch, is_best: bool) -> None:
    """Print the figures of an epoch."""
    epochs, validated = trainer.config.epochs, ""
    if epoch.validation_accuracy is not None:
        validated = f"validation loss {epoch.validation_loss:.4f} accuracy {epoch.validation_accuracy:.4f}  "
    print(
        f"[{trainer.name}] epoch {epoch.epoch:{len(str(epochs))}}/{epochs}  "
        f"train loss {epoch.train_loss:.4f} accuracy {epoch.train_accuracy:.4f}  "
        f"{validated}lr {epoch.lr:.4g}  {epoch.seconds:.2f} s{'  best' if validated and is_best else ''}",
        flush=True,
    )


def finish(run: Run, trainer: Trainer, test: Any, start: float) -> None:
    """Test the best model, record the results, and draw the curves."""
    best, name, config = trainer.best, run.dataset, trainer.config
    best_model, _, _ = load_model(run.folder)
    test_loss, test_accuracy = evaluate(best_model, LOSSES[config.loss](), test)
    results = {
        "best_epoch": best.epoch,
        "epochs": len(trainer.history),
        "validation_accuracy": best.validation_accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "seconds": time.perf_counter() - start,
    }
    run.finish(**results)
    if config.curves:
        history = [epoch.as_dict() for epoch in trainer.history]
        if not plot_curves(history, f"{name}, {config.network}", run.folder / "curves.png"):
            print(f"[{name}] no curves.png: matplotlib is not installed (pip install matplotlib)")
    which, why = "last", "nothing was validated"
    if best.validation_accuracy is not None:
        which, why = "best", f"by validation accuracy {best.validation_accuracy:.4f}"
    print(f"[{name}] {which} epoch {best.epoch}{' ' if which == 'best' else ', '}{why}: {run.folder / MODEL}")
    print(f"[{name}] test accuracy {test_accuracy:.4f} of the {which} model, {results['seconds']:.1f} s in all")


def run_training(command: Command) -> None:
    """Do what the command line asks for."""
    start = time.perf_counter()
    run, trainer, test = prepare(command)
    if trainer.finished and run.results is not None:
        print(
            f"[{run.dataset}] this run is finished, after {len(trainer.history)} epochs: test accuracy "
            f"{run.results['test_accuracy']:.4f}"
        )
        return
    if command.resume is not None:
        print(f"[{run.dataset}] goes on after epoch {len(trainer.history)}", flush=True)
        if differences := run.go_on(trainer.config, len(trainer.history)):
            print(f"WARNING: the last digits may change: {'; '.join(differences)}", file=sys.stderr, flush=True)
    fit(run, trainer)
    finish(run, trainer, test, start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("train.py", lambda: run_training(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
