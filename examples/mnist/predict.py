"""Say what images show: files, or images of the data set that a model was trained on.

python examples/mnist/predict.py RUN seven.png photo.jpg     # RUN: a folder that train.py printed, or a model file
python examples/mnist/predict.py mnist seven.png             # mnist: the model that comes with this repository
python examples/mnist/predict.py mnist --index 7 --split test
python examples/mnist/predict.py mnist *.png --json          # for programs
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

import numpy as np
from application.command_line import Parser
from application.config import OptionError
from application.images import ImageError, prepare, read_image, sketch
from application.outcome import complain, run_command
from application.trained import DEFAULT, RUN_HELP, Trained, open_trained

STATUS = (
    "Digits are cut out, scaled and centred as MNIST's are, bright on dark or dark on bright. The exit status is 0; 1 "
    "if the model, the data or any of the images cannot be read; 2 if an option is wrong."
)
PROGRAM = "predict.py"
BAR = 20  # characters of a probability of 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = Parser(prog=PROGRAM, description="Say what images show.", epilog=STATUS, allow_abbrev=False)
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?",
        default=DEFAULT,
        help=RUN_HELP,
    )
    parser.add_argument("images", metavar="IMAGE", nargs="*", help="image files of any size")
    parser.add_argument(
        "--index", metavar="N", type=int, nargs="+", default=[], help="images of the data set, counted from 0"
    )
    parser.add_argument("--split", choices=("test", "train"), help="where --index counts (default: test)")
    parser.add_argument("--data-dir", help="folder of the data files, for --index; by default the run's")
    parser.add_argument("--top", metavar="K", type=int, default=3, help="how many classes to show (default: 3)")
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")
    options = parser.parse_intermixed_args(arguments)
    if options.top < 1:
        raise OptionError(f"--top must be at least 1, not {options.top}")
    if not options.images and not options.index:
        if os.path.isfile(options.run) and not options.run.endswith(".npz"):
            raise OptionError(
                f"{options.run} stands where the model has to: predict.py {DEFAULT} {options.run}, for example"
            )
        raise OptionError("which images? Give files, or --index of an image of the data set")
    if not options.index and (options.split or options.data_dir):
        raise OptionError("--split and --data-dir are for --index")
    return options


def read_indexed(trained: Trained, options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield what is known of each image of the data set that was asked for, and the image or its error."""
    split = options.split or "test"
    data = trained.load_data(split, options.data_dir)
    for index in options.index:
        source: dict[str, Any] = {"image": f"{data.name} {split} {index}"}
        if 0 <= index < len(data):
            pixels, label = data[index]
            yield source | {"truth": trained.classes[label]}, pixels.numpy()[0]
        else:
            yield source, ImageError(f"{data.name} has no {split} image {index}: they go from 0 to {len(data) - 1}")


def read_files(trained: Trained, options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the name of each file, and the image in it, made alike to the data set's, or the error."""
    for path in options.images:
        try:
            grey = read_image(path)
            try:
                yield {"image": path}, prepare(grey, trained.dataset, trained.config.image)
            except ImageError as error:
                raise ImageError(f"{path}: {error}") from None
        except ImageError as error:
            yield {"image": path}, error


def predict(trained: Trained, image: np.ndarray, top: int) -> list[dict[str, Any]]:
    """Return the `top` classes with their probabilities, the likeliest first; of equals the first in the data set."""
    outputs = trained.outputs(image[None])
    (probabilities,) = trained.probabilities(outputs)
    order = np.argsort(-outputs[0], kind="stable")[:top]
    return [{"class": trained.classes[i], "probability": float(probabilities[i])} for i in order]


def show(source: dict[str, Any], image: np.ndarray, classes: list[dict[str, Any]]) -> None:
    """Print an image beside its classes."""
    wide = max(len(entry["class"]) for entry in classes)
    lines = [source["image"] + (f", which is: {source['truth']}" if "truth" in source else ""), ""]
    lines += [
        f"{entry['class']:{wide}}  {100 * entry['probability']:6.2f}%  {'#' * round(BAR * entry['probability'])}"
        for entry in classes
    ]
    picture = sketch(image, sys.stdout.encoding)
    width, height = image.shape[1], max(len(picture), len(lines))
    picture += [""] * (height - len(picture))
    lines += [""] * (height - len(lines))
    for left, right in zip(picture, lines, strict=True):
        print(f"{left:{width}}  {right}".rstrip())
    print()


def run_predict(options: argparse.Namespace) -> int:
    """Predict, print, and return the exit status."""
    trained = open_trained(options.run)
    results, failed = [], False
    for read in (read_files, read_indexed) if options.index else (read_files,):
        for source, image in read(trained, options):
            if isinstance(image, ImageError):
                failed = True
                complain(PROGRAM, str(image))
                results.append(source | {"error": str(image)})
                continue
            classes = predict(trained, image, options.top)
            results.append(source | classes[0] | {"top": classes})
            if not options.json:
                show(source, image, classes)
    if options.json:
        model = {"model": str(trained.file), "network": trained.config.network, "dataset": trained.dataset_name}
        print(json.dumps(model | {"images": results}, indent=2))
    return int(failed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command(PROGRAM, lambda: run_predict(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
