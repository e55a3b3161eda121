"""Test a saved model, class by class, and say whether the accuracy that its run recorded comes out again.

python examples/mnist/test.py RUN                       # the folder that train.py printed, or a model file
python examples/mnist/test.py mnist                     # the model that comes with this repository
python examples/mnist/test.py RUN --split validation    # the images that chose the best epoch
python examples/mnist/test.py RUN --json                # figures for programs
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

import numpy as np
from application import environment
from application.command_line import Parser
from application.config import DATASETS, Config, OptionError
from application.data import DataUnavailableError, fingerprints, load, resolved, samples_needed, split
from application.model import LOSSES
from application.outcome import run_command
from application.plots import plot_confusion
from application.report import format_confusions, format_table, summarize
from application.reproduction import DIFFERENT, Verdict, compare, explain, read_recorded
from application.run import MODEL, RunError
from application.trained import RUN_HELP, open_trained, results_folder
from application.training import evaluate

import nn
import tinygrad_np as tg
from nn.data import DataLoader

NOT_REPRODUCED = 3
STATUS = (
    "The exit status is 0; 1 if the model or the data cannot be had or a file cannot be written; 2 if an option is "
    f"wrong; {NOT_REPRODUCED} if another count of rightly classified images is recorded, of the same data."
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line."""
    description = "Test a saved model, class by class, and compare its accuracy with the one that its run recorded."
    parser = Parser(prog="test.py", description=description, epilog=STATUS, allow_abbrev=False)
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    parser.add_argument(
        "--split", choices=("test", "validation"), default="test", help="which images to test with (default: test)"
    )
    parser.add_argument(
        "--dataset", help=f"test with this data set, {', '.join(DATASETS)} or a folder, not the one trained on"
    )
    parser.add_argument(
        "--data-dir", help="folder of the data files; by default the run's, else $TINYGRAD_NP_DATA, else the cache"
    )
    parser.add_argument("--output", metavar="FOLDER", help="where the files go; by default beside the model")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON and nothing else")
    return parser.parse_args(arguments)


def load_data(config: Config, dataset: str, options: argparse.Namespace) -> tuple[Any, Any]:
    """Return the data set, and the part of it to test with.

    Raises
    ------
    DataUnavailableError
        If it cannot be had, or does not fit the network.
    OptionError
        If the validation images are asked for, and there are none.
    """
    directory = options.data_dir
    if directory is None and config.data_dir is not None and os.path.isdir(config.data_dir):
        directory = config.data_dir
    if options.split == "validation" and not config.validation:
        raise OptionError("--split validation: this model was trained with --validation 0, on all of the images")
    if options.split == "validation":
        needed = samples_needed(config.validation, config.train_size)
        data = load(dataset, directory, train=True, needed=needed)
    else:
        data = load(dataset, directory, train=False)
    if data.data.shape[1:] != config.image or len(data.classes) > config.classes:
        there, wanted = (" x ".join(map(str, size)) for size in (data.data.shape[1:], config.image))
        raise DataUnavailableError(
            f"{data.name} has images of {there} pixels in {len(data.classes)} classes, but the model is for images of "
            f"{wanted} in {config.classes}: test it with the data set it was trained on"
        )
    if options.split == "test":
        return data, data
    _, part = split(data, config.validation, config.train_size, config.seed, config.split == "ordered")
    return data, part


def compute_outputs(model: nn.Module, data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of `model`, (N, C), and the true classes, (N,)."""
    with tg.no_grad():
        batches = [(model(images).numpy(), classes.numpy()) for images, classes in DataLoader(data, 1000)]
    outputs, classes = zip(*batches, strict=True)
    return np.concatenate(outputs), np.concatenate(classes)


def examine(options: argparse.Namespace) -> tuple[dict[str, Any], Verdict]:
    """Return the figures of the model, and what they are beside the record."""
    trained = open_trained(options.run)
    model, config, trained_on = trained.model, trained.config, trained.dataset
    dataset = trained_on if options.dataset is None else str(resolved(options.dataset))
    data, part = load_data(config, dataset, options)
    # as the run itself computed them: validation with what it optimised, the test without label smoothing
    smoothing = config.label_smoothing if options.split == "validation" else 0.0
    loss, _ = evaluate(model, LOSSES[config.loss](label_smoothing=smoothing), part)
    outputs, targets = compute_outputs(model, part)
    names = data.classes + [str(label) for label in range(len(data.classes), config.classes)]
    summary = summarize(outputs, targets, loss, names)
    files, file = fingerprints(data), trained.file
    verdict = compare(read_recorded(file, options.split), summary["correct"], summary["samples"], files)
    figures = {
        "model": str(file),
        "network": trained.config.network,
        "trained_on": trained_on,
        "dataset": data.name,
        "split": options.split,
        **summary,
        "record": verdict._asdict(),
        "files": files,
        **environment.describe(),
    }
    return figures, verdict


def print_figures(figures: dict[str, Any], verdict: Verdict) -> None:
    """Print the figures and the verdict for people; each line but those of the table begins with the data set."""
    name, part = f"[{figures['dataset']}]", figures["split"]
    loss = float("nan") if figures["loss"] is None else figures["loss"]
    print(f"{name} {figures['network']}, trained on {figures['trained_on']}: {figures['model']}\n")
    print(format_table(figures), end="\n\n")
    right = f"{figures['correct']} of {figures['samples']}"
    top_2 = "" if figures["top_2_accuracy"] is None else f", top-2 accuracy {figures['top_2_accuracy']:.4f}"
    print(f"{name} {part} accuracy {figures['accuracy']:.4f}, {right}, loss {loss:.4f}{top_2}")
    if confusions := format_confusions(figures):
        print(f"{name} most frequent mistakes: {confusions}")
    print(f"{name} {explain(verdict, part, figures['correct'], figures['samples'], loss)}")


def write_files(figures: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """Write the figures and the picture of the confusion matrix; return what to tell of it.

    Raises
    ------
    RunError
        If they cannot be written.
    """
    file = Path(figures["model"])
    folder = results_folder(file) if options.output is None else Path(options.output)
    stem = figures["split"] if file.name == MODEL else f"{file.stem}_{figures['split']}"
    if figures["dataset"] != Path(figures["trained_on"]).name:
        stem += f"_{figures['dataset']}"
    record, picture = folder / f"{stem}.json", folder / f"{stem}_confusion.png"
    title = f"{figures['dataset']} {figures['split']}, {figures['network']}, accuracy {figures['accuracy']:.4f}"
    names = [row["name"] for row in figures["classes"]]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        drawn = plot_confusion(np.array(figures["confusion_matrix"]), names, title, picture)
    except OSError as error:
        raise RunError(f"cannot write into {folder}: {error.strerror}; choose a folder by --output") from error
    if drawn:
        return [f"wrote {record} and {picture}"]
    return [f"wrote {record}", f"no {picture.name}: matplotlib is not installed (pip install matplotlib)"]


def run_test(options: argparse.Namespace) -> int:
    """Test, print, write, and return the exit status."""
    figures, verdict = examine(options)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print_figures(figures, verdict)
    sys.stdout.flush()  # the figures are there, whatever becomes of the files
    for line in write_files(figures, options):
        print(f"[{figures['dataset']}] {line}", file=sys.stderr if options.json else sys.stdout)
    return NOT_REPRODUCED if verdict.verdict == DIFFERENT else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("test.py", lambda: run_test(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
