"""Which data a run really uses."""

from __future__ import annotations

import hashlib
import math
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nn import datasets
from nn.data import Subset, random_split

CLASSES = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}


class DataUnavailableError(Exception):
    """The data set that was asked for cannot be had."""


def resolved(name: str | None) -> str | None:
    """Return the name of a data set as it is, and that of a folder as an absolute path."""
    return name if name is None or name == "digits" or name in CLASSES else os.path.abspath(name)


def load(name: str | None, data_dir: str | None, train: bool, needed: int | None = None) -> Any:
    """Return the training or the test set called `name`; for ``None``, MNIST, or Digits where MNIST cannot be had.

    Of digits, which are generated, only as many as are `needed` are made.

    Raises
    ------
    DataUnavailableError
        If a data set that was asked for by name is neither on disk nor can be downloaded, or is damaged.
    """
    if name == "digits":
        return datasets.Digits(train=train, size=needed)
    if name is not None and name not in CLASSES:
        return load_folder(Path(name), train)
    try:
        return CLASSES[name or "mnist"](root=data_dir, train=train)
    except (datasets.DataError, OSError) as error:
        reason = in_options(error)
        if name is not None or data_dir is not None:
            raise DataUnavailableError(reason) from error
        print(
            f"WARNING: MNIST is NOT available, training on GENERATED DIGITS instead ({reason})",
            file=sys.stderr,
            flush=True,
        )
        return datasets.Digits(train=train, size=needed)


def in_options(error: Exception) -> str:
    """Return an error of `nn.datasets` as one line that names --data-dir, which is its argument ``root``."""
    return " ".join(str(error).split()).replace("as root", "by --data-dir").replace("root=", "--data-dir ")


def load_folder(folder: Path, train: bool) -> Any:
    """Return the training or the test set of a folder of IDX files, which bears the folder's name.

    Raises
    ------
    DataUnavailableError
        If there is no such folder, it lacks a file, or one is damaged.
    """
    if not folder.is_dir():
        raise DataUnavailableError(
            f"--dataset {folder} is neither {', '.join(CLASSES)} or digits nor a folder of IDX files"
        )
    try:
        data = datasets.MNIST(root=folder, train=train, download=False, verify=False)
    except FileNotFoundError:
        part = "train" if train else "t10k"
        names = f"{part}-images-idx3-ubyte and {part}-labels-idx1-ubyte"
        raise DataUnavailableError(f"{folder} does not hold {names}, with or without .gz") from None
    except (datasets.DataError, OSError) as error:
        raise DataUnavailableError(str(error)) from error
    if len(data) == 0 or math.prod(data.data.shape) == 0:
        raise DataUnavailableError(f"{folder} holds images of shape {data.data.shape}: there is nothing in them")
    data.name = folder.resolve().name
    data.classes = [str(label) for label in range(data.targets.max() + 1)]
    return data


def check_test(training: Any, test: Any) -> None:
    """Check that a network for the images and classes of one part of a data set can be tested with the other.

    Raises
    ------
    DataUnavailableError
        If it cannot.
    """
    size, test_size = (" x ".join(map(str, data.data.shape[1:])) for data in (training, test))
    if size != test_size:
        raise DataUnavailableError(
            f"{training.name} has images of {size} to train on, but of {test_size} to test with: "
            "take all files from the same data set"
        )
    if len(test.classes) > len(training.classes):
        raise DataUnavailableError(
            f"{training.name} has labels up to {len(training.classes) - 1} to train on, but up to "
            f"{len(test.classes) - 1} to test with: take all files from the same data set"
        )


def fingerprints(*parts: Any) -> dict[str, str]:
    """Return the SHA-256 of the files of data sets by name, or of the content of those that were generated."""
    found: dict[str, str] = {}
    for data in parts:
        part = "train" if data.train else "test"
        found |= getattr(data, "sha256", None) or {
            f"{part} {name}": hashlib.sha256(array.tobytes()).hexdigest()
            for name, array in (("images", data.data), ("labels", data.targets))
        }
    return found


def samples_needed(validation: float, train_size: int) -> int | None:
    """Return how large a data set has to be for a split, or None if all of it is wanted."""
    if not train_size:
        return None
    return train_size + int(validation) if validation >= 1 else math.ceil(train_size / (1 - validation)) + 1


def split(data: Any, validation: float, train_size: int, seed: int, ordered: bool = False) -> tuple[Any, Any]:
    """Return a training and a validation part of `data`; the second has no samples if none are kept.

    Parameters
    ----------
    data
        a data set.
    validation
        samples of the validation part, or, below 1, its part of `data`, rounded down; 0 for none.
    train_size
        samples of the training part; 0 for all others.
    seed
        of the choice.
    ordered
        whether to train on the first samples and validate on the last, instead of choosing both at random.

    Raises
    ------
    DataUnavailableError
        If nothing would be left to train on or to validate on.
    """
    kept = int(validation) if validation >= 1 else int(len(data) * validation)
    left = len(data) - kept
    if left < max(train_size, 1) or (validation and not kept):
        raise DataUnavailableError(
            f"{data.name} has {len(data)} samples, of which --validation {validation:g} keeps {kept} and leaves "
            f"{max(left, 0)} to train on, but --train-size asks for {train_size or 'all'}: ask for another part"
        )
    size = train_size or left
    if ordered:
        return Subset(data, range(size)), Subset(data, range(left, len(data)))
    parts = random_split(data, [size, kept, left - size], generator=np.random.default_rng([seed, 1]))
    return parts[0], parts[1]
