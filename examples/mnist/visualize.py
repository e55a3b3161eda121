"""Draw what became of trainings: curves, weights, activations, mistakes; PNG files, and an HTML page of them all.

python examples/mnist/visualize.py RUN              # RUN: a folder that train.py printed, or a model file
python examples/mnist/visualize.py RUN RUN RUN      # their curves in one picture
python examples/mnist/visualize.py mnist --output pictures
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

import numpy as np
from application.command_line import Parser
from application.config import Config
from application.inspection import hidden_activations, list_layers
from application.metrics import confusion_matrix
from application.outcome import run_command
from application.page import Picture, Section, format_page
from application.pictures.curves import plot_runs
from application.pictures.samples import plot_mistakes, plot_stages
from application.pictures.weights import MOST_FILTERS, plot_filters, plot_heat_maps, plot_units, plot_violins
from application.plots import new_figure, plot_confusion
from application.run import DAMAGED, FIGURES, RECORD, RunError, write_text
from application.trained import RUN_HELP, Trained, open_all, results_folder

import tinygrad_np as tg

STATUS = (
    "The exit status is 0; 1 if a model or the data cannot be had or a file cannot be written; 2 if an option is wrong."
)
REPORT = "report.html"
MISTAKES = 24
POINTS = 2000  # images whose activations are projected


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line."""
    description = "Draw what became of trainings, into PNG files and an HTML page."
    parser = Parser(prog="visualize.py", description=description, epilog=STATUS, allow_abbrev=False)
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="*",
        help=f"{RUN_HELP} (which is the default)",
    )
    parser.add_argument("--data-dir", help="folder of the data files; by default each run's")
    parser.add_argument("--output", metavar="FOLDER", help="where the files go; by default pictures in the first run")
    return parser.parse_args(arguments)


# ---- what runs recorded


def read_epochs(trained: Trained) -> list[dict[str, Any]]:
    """Return the figures of the epochs, none if they are not beside the model.

    Raises
    ------
    RunError
        If they are damaged.
    """
    path = trained.file.with_name(FIGURES)
    if not path.exists():
        return []
    try:
        epochs = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        needed = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr")
        missing = ("validation_loss", "validation_accuracy")  # where nothing was validated
        return [
            {name: None if epoch[name] is None and name in missing else float(epoch[name]) for name in needed}
            | {"epoch": int(epoch["epoch"])}
            for epoch in epochs
        ]
    except DAMAGED as error:
        raise RunError(
            f"{path} is damaged: {type(error).__name__}: {error}; move it away to do without curves"
        ) from error


def list_facts(trained: Trained, accuracy: float, tested: int) -> list[tuple[str, str]]:
    """Return what to say of a run: what it is, how good, and the options that are not as they are by default."""
    usual = Config().as_dict()
    ignored = ("dataset", "data_dir", "output", "hidden", "activation", "image", "classes", "tensorboard")
    chosen = {
        name: value
        for name, value in trained.config.as_dict().items()
        if name not in ignored and value != usual[name]
    }
    rows = [
        ("model", str(trained.file)),
        ("network", trained.config.network),
        ("data set", trained.dataset_name),
        ("test accuracy", f"{accuracy:.4f} of {tested} images"),
        ("other options", ", ".join(f"{name} {value}" for name, value in chosen.items()) or "as by default"),
    ]
    try:
        versions = json.loads(trained.file.with_name(RECORD).read_text(encoding="utf-8"))["versions"]
        if versions["tinygrad_np"] != tg.__version__:
            text = f"recomputed from the seed by tinygrad_np {tg.__version__}, trained by {versions['tinygrad_np']}"
            rows.append(("weights before", text))
    except DAMAGED:
        pass  # a model file by itself
    return rows


# ---- the pictures of one run


def draw_weights(trained: Trained, draw: Callable[..., None]) -> None:
    """Draw the weights before and after."""
    layers, config = list_layers(trained), trained.config
    draw("violins", "Weights and biases", plot_violins, layers, caption="How they are distributed, layer by layer.")
    text = "The weights, a row for each unit: before, after, and what training changed. White is 0."
    draw("heat_maps", "Weight matrices", plot_heat_maps, layers, caption=text)
    names = None if config.hidden else trained.classes
    text = "The weights of a unit to each pixel, on its own scale: red pixels excite it, blue ones inhibit it."
    if len(layers[0].weight) > MOST_FILTERS and config.hidden:
        text += f" Of {len(layers[0].weight)} units these have the greatest weights."
    draw("filters", "Units of the first layer", plot_filters, layers[0], names, config.image, caption=text)
    text = "Each unit is a point, at the place of its weights along the two main directions of all units of its layer."
    draw("units", "Principal components of the weights", plot_units, layers, trained.classes, caption=text)


def draw_answers(trained: Trained, data: Any, draw: Callable[..., None]) -> float:
    """Draw what the network makes of the test images, and return its accuracy."""
    images, targets, names = data.data / np.float32(255), data.targets, trained.classes
    outputs = trained.outputs(images)
    answers, chances = outputs.argmax(1), trained.probabilities(outputs)
    matrix = confusion_matrix(targets, answers, len(names))
    draw("confusion", "Confusion matrix", plot_confusion, matrix, names, caption="Which class was taken for which.")

    wrong = np.flatnonzero(answers != targets)
    sure = chances[wrong, answers[wrong]]
    order = np.argsort(-sure, kind="stable")[:MISTAKES]
    worst = wrong[order]
    truths, taken = ([names[label] for label in labels[worst]] for labels in (targets, answers))
    text = "The test images that the network is surest about and wrong, with the probability of its answer."
    draw("mistakes", "Most confident mistakes", plot_mistakes, images[worst], truths, taken, sure[order], caption=text)

    few = images[:POINTS]
    hidden = hidden_activations(trained, few)
    stages = [("pixels", few.reshape(len(few), -1))]
    stages += [(f"hidden layer {number}", values) for number, values in enumerate(hidden, 1)]
    stages += [("outputs", outputs[: len(few)])]
    text = f"The first {len(few)} test images at each stage of the network, along the two main directions there."
    name = "Principal components of the activations"
    draw("stages", name, plot_stages, stages, targets[: len(few)], names, caption=text)
    return float((answers == targets).mean())


def draw_run(trained: Trained, name: str, prefix: str, folder: Path, data_dir: str | None) -> Section:
    """Draw all pictures of a run into `folder` and return its section of the page."""
    data = trained.load_data("test", data_dir)
    pictures: list[Picture] = []

    def draw(file: str, title: str, plot: Callable[..., Any], *arguments: Any, caption: str) -> None:
        path = folder / f"{prefix}{file}.png"
        plot(*arguments, f"{name}, {trained.dataset_name} {trained.config.network}\n{title}", path)
        pictures.append(Picture(path, title, caption))

    draw_weights(trained, draw)
    accuracy = draw_answers(trained, data, draw)
    return Section(name, list_facts(trained, accuracy, len(data)), pictures)


# ---- the command


def name_all(models: Sequence[Trained]) -> list[str]:
    """Return a name for each model, told apart by a number where they are the same."""
    names: list[str] = []
    for trained in models:
        number, name = 1, trained.name
        while name in names:
            number += 1
            name = f"{trained.name}-{number}"
        names.append(name)
    return names


def run_visualize(options: argparse.Namespace) -> None:
    """Draw everything and say where it is."""
    if new_figure(1, 1, "") is None:
        raise RunError("pictures need the package matplotlib: pip install matplotlib")
    models = open_all(options.runs)
    names = name_all(models)
    courses = {name: epochs for name, model in zip(names, models, strict=True) if (epochs := read_epochs(model))}
    folder = results_folder(models[0].file) / "pictures" if options.output is None else Path(options.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sections = []
        if courses:
            plot_runs(courses, folder / "curves.png")
            text = "Dashed: on the training images, with dropout and augmentation. Solid: on the validation images."
            sections.append(Section("Curves", [], [Picture(folder / "curves.png", "Curves", text)]))
        for name, trained in zip(names, models, strict=True):
            prefix = f"{name}_" if len(models) > 1 else ""
            sections.append(draw_run(trained, name, prefix, folder, options.data_dir))
        write_text(folder / REPORT, format_page(f"{', '.join(names)}: what the network has learnt", sections))
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"cannot write into {folder}: {reason}; choose a folder by --output") from error
    for missing in (name for name in names if name not in courses):
        print(f"{missing}: no curves, as there are no {FIGURES} beside the model", file=sys.stderr)
    count = sum(len(section.pictures) for section in sections)
    print(f"wrote {count} pictures and {folder / REPORT}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("visualize.py", lambda: run_visualize(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
