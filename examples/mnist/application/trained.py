"""A trained model, found by its folder, file or name, with what it takes to ask it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nn
import tinygrad_np as tg

from .config import DATASETS, Config
from .data import CLASSES, DataUnavailableError, load
from .run import MODEL, RunError, load_model

COMMITTED = Path(__file__).resolve().parents[1] / "trained"  # runs that come with this repository, known by their names
DEFAULT = "mnist"
RUN_HELP = f"folder of a run, a model file, or the name of a model that comes with this repository: {DEFAULT}"
BATCH = 1000


@dataclass(frozen=True)
class Trained:
    """A model in eval mode, where it comes from, and the data set it was trained on: a name or a folder of files."""

    file: Path
    model: nn.Sequential
    config: Config
    dataset: str

    @property
    def dataset_name(self) -> str:
        """The data set's name, or that of its folder."""
        return Path(self.dataset).name

    @property
    def name(self) -> str:
        """The name of the run: that of its folder, or of the file if it is not the run's best."""
        file = self.file.absolute()
        return file.parent.name if file.name == MODEL else file.stem

    @property
    def classes(self) -> list[str]:
        """The names of the classes."""
        known = CLASSES[self.dataset].source.classes if self.dataset in CLASSES else ()
        return [*known, *map(str, range(len(known), self.config.classes))]

    def outputs(self, images: np.ndarray) -> np.ndarray:
        """Return the outputs (N, C) for images (N, H, W) whose pixels are from 0, the background, to 1."""
        with tg.no_grad():
            parts = [
                self.model(tg.from_numpy(np.ascontiguousarray(images[i : i + BATCH, None], np.float32))).numpy()
                for i in range(0, len(images), BATCH)
            ]
        return np.concatenate(parts)

    def probabilities(self, outputs: np.ndarray) -> np.ndarray:
        """Return the probabilities (N, C), float64, that outputs (N, C) stand for.

        The cross-entropy trains the softmax of the outputs. Outputs compared with one-hot targets estimate the
        probability of each class by themselves (the mean of a one-hot target is that probability, and both the squared
        error and the binary cross-entropy are least there); they are divided by their sum, negative ones taken for 0.
        """
        outputs = outputs.astype(np.float64)
        if self.config.loss == "ce":
            powers = np.exp(outputs - outputs.max(1, keepdims=True))
            return powers / powers.sum(1, keepdims=True)
        parts = np.maximum(outputs, 0)
        total = parts.sum(1, keepdims=True)
        return np.divide(parts, total, out=np.full_like(parts, 1 / parts.shape[1]), where=total > 0)

    def load_data(self, split: str, directory: str | None = None) -> Any:
        """Return the ``train`` or the ``test`` images of the data set, from `directory` or where the run had them.

        A data set that was a folder may have become another: the directory.

        Raises
        ------
        DataUnavailableError
            If they cannot be had, or no longer fit the network.
        """
        dataset = self.dataset if directory is None or self.dataset in DATASETS else directory
        if directory is None and self.config.data_dir is not None and os.path.isdir(self.config.data_dir):
            directory = self.config.data_dir
        data = load(dataset, directory, train=split == "train")
        if data.data.shape[1:] != self.config.image or len(data.classes) > self.config.classes:
            there, wanted = (" x ".join(map(str, size)) for size in (data.data.shape[1:], self.config.image))
            raise DataUnavailableError(
                f"{data.name} has images of {there} pixels in {len(data.classes)} classes, but {self.file} is for "
                f"images of {wanted} in {self.config.classes}"
            )
        return data


def open_trained(name: str) -> Trained:
    """Return the model in a run's folder, in a file, or in the folder of `COMMITTED` that bears this name.

    Raises
    ------
    RunError
        If there is none.
    """
    path = Path(name)
    if not path.exists() and path.name == name and (COMMITTED / name).is_dir():
        path = COMMITTED / name
    model, config, dataset = load_model(path)
    assert isinstance(model, nn.Sequential)  # build_model makes no other
    return Trained(path / MODEL if path.is_dir() else path, model, config, dataset)


def results_folder(file: Path) -> Path:
    """Return where what is found out about a model goes: beside its file, unless that is part of the repository."""
    folder = file.absolute().parent
    return Path("runs", folder.name) if folder.parent == COMMITTED else file.parent


def open_all(names: list[str]) -> list[Trained]:
    """Return several models, as `open_trained` does; for none, the one called `DEFAULT`."""
    if not names and not (COMMITTED / DEFAULT).is_dir():
        raise RunError(f"which RUN? {COMMITTED / DEFAULT} does not exist: give the folder that train.py printed")
    return [open_trained(name) for name in names or [DEFAULT]]
