"""Search the hyper-parameters of train.py by validation accuracy, on all cores or on a cluster.

python examples/mnist/search.py --learning-rates 0.1 0.01 --batch-sizes 16 32 --epochs 3         # all combinations
python examples/mnist/search.py --learning-rates 0.001:1:log --activations relu tanh --strategy random --trials 20
python examples/mnist/search.py --space space.yaml --strategy tpe --pruner median                # needs Optuna
python examples/mnist/search.py ...                              # the same again, after an interruption: it goes on
python examples/mnist/search.py --help
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

from application.data import fingerprints, load, resolved, samples_needed, split
from application.outcome import run_command
from application.run import RunError
from application.search.executors import EXECUTORS, Workforce
from application.search.options import Command, parse
from application.search.pictures import plot_search
from application.search.progress import Progress, format_point
from application.search.records import Record, only_writer, open_record
from application.search.report import format_table, write_best, write_tables
from application.search.retrain import retrain, retrained_folder
from application.search.strategies import expected
from application.search.study import Study, trial_config
from application.search.trial import Trial, best_trial


def prepare(command: Command) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options that all trials share, with what the data say, and what makes it this search."""
    shared = command.shared
    dataset, data_dir = resolved(shared["dataset"]), shared["data_dir"]
    validation, size = shared["validation"], shared["train_size"]
    data = load(dataset, data_dir, train=True, needed=samples_needed(validation, size))
    split(data, validation, size, shared["seed"], shared["split"] == "ordered")  # which says if it cannot be
    found = {
        "dataset": dataset or data.name,
        "data_dir": None if data_dir is None else os.path.abspath(data_dir),
        "image": data.data.shape[1:],
        "classes": len(data.classes),
    }
    return command.given | found, command.identity(found["dataset"]) | {"files": fingerprints(data)}


def search(command: Command, given: dict[str, Any], record: Record, name: str, workforce: Workforce) -> None:
    """Run the trials that are missing.

    Raises
    ------
    RunError
        If the workers are lost.
    """
    ended = sum(not trial.running for trial in record.trials)
    total = max(expected(command.strategy, command.space, command.trials), len(record.trials))
    progress = Progress(name, total, ended)
    progress.say(f"{command.strategy} of {' x '.join(command.space)}: {total} trials, {ended} done, {workforce.note}")
    study = Study(
        given,
        command.space,
        command.strategy,
        command.trials,
        command.shared["seed"],
        record,
        workforce,
        command.threads,
        progress,
        part=None if command.pruner == "none" else 1,
    )
    finished = False
    try:
        study.run()
        finished = True
    finally:
        workforce.executor.shutdown(wait=True, cancel_futures=not finished)
        progress.close()


def conclude(folder: Path, command: Command, given: dict[str, Any], record: Record, name: str) -> Trial | None:
    """Print and write what is known of all trials, and return the best."""
    best = best_trial(record.trials)
    print(format_table(record.trials))
    files = write_tables(folder, record.trials, record.identity)
    if best is not None:
        files += write_best(folder, trial_config(given, best.point), best)
        print(f"[{name}] best trial {best.number}: {format_point(best.point)}  validation accuracy {best.accuracy:.4f}")
    pictures = plot_search(command.space, record.trials, f"{name}, {command.strategy} search", folder)
    if pictures is None:
        print(f"[{name}] no pictures: matplotlib is not installed (pip install matplotlib)")
    print(f"[{name}] wrote {', '.join(file.name for file in files + (pictures or []))} into {folder}", flush=True)
    return best


def retrain_best(folder: Path, given: dict[str, Any], best: Trial, name: str) -> None:
    """Train the best on all images, and print its test accuracy."""
    config = trial_config(given, best.point)
    results = retrain(folder, config, best, lambda line: print(f"[{name}] {line}", flush=True))
    print(
        f"[{name}] test accuracy {results['test_accuracy']:.4f} of trial {best.number}, trained for "
        f"{results['epochs']} epoch{'s' if results['epochs'] > 1 else ''} on {results['samples']} images of training "
        f"and validation: {retrained_folder(folder, best)}"
    )


def run_search(command: Command) -> None:
    """Do what the command line asks for.

    Raises
    ------
    RunError
        If the search cannot begin or go on, or no trial ended whole.
    """
    given, identity = prepare(command)
    folder, name = command.folder(identity), Path(given["dataset"]).name
    # before there is a folder: workers that cannot be had leave nothing behind
    workforce = EXECUTORS[command.executor](command.workers, command.threads, command.address)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"cannot write into --output {folder}: {error.strerror}; name another folder") from error
    with only_writer(folder):
        record = open_record(folder, identity, command.record, command.storage, command.shared["seed"])
        try:
            search(command, given, record, name, workforce)
        except KeyboardInterrupt:
            print(f"[{name}] interrupted: the same command goes on with the search in {folder}", flush=True)
            raise
        finally:
            record.close()
            best = conclude(folder, command, given, record, name)
        if best is None:
            why = next((f": {trial.failures[-1]}" for trial in record.trials if trial.failures), "")
            raise RunError(f"no trial ended whole; {folder / 'trials.csv'} says why{why}")
        if command.retrain:
            retrain_best(folder, given, best, name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("search.py", lambda: run_search(parse(sys.argv[1:] if arguments is None else arguments)))


if __name__ == "__main__":
    sys.exit(main())
