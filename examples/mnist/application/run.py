"""The folder of a run: its config, its figures, its best model."""

from __future__ import annotations

import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

import nn
import tinygrad_np as tg

from .config import Config
from .model import build_model

MODEL, FIGURES, RECORD = "best.npz", "metrics.jsonl", "run.json"


class RunError(Exception):
    """A folder or file is not what a run leaves behind."""


class Run:
    """Writes the files of a run; each of them names the data set that was really used."""

    def __init__(self, config: Config, data: Any) -> None:
        self.config, self.dataset = config, data.name
        name = f"{data.name}_{config.layers}_{time.strftime('%Y%m%d-%H%M%S')}"
        self.folder = Path(config.output) if config.output else unused(Path("runs") / name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / FIGURES).write_text("")
        except OSError as error:
            raise RunError(f"cannot write into --output {self.folder}: {error.strerror}") from error
        self.record: dict[str, Any] = {
            "dataset": data.name,
            "files": getattr(data, "sha256", {}),
            "config": config.as_dict(),
            "versions": {"tinygrad_np": tg.__version__, "numpy": np.__version__, "python": platform.python_version()},
        }
        self.write_record()

    def add(self, figures: dict[str, Any]) -> None:
        """Append the figures of an epoch."""
        with open(self.folder / FIGURES, "a") as file:
            file.write(json.dumps({"dataset": self.dataset, **figures}) + "\n")

    def save_model(self, model: nn.Module, **figures: Any) -> None:
        """Keep the weights of `model` with all that is needed to use them."""
        metadata = {
            "dataset": self.dataset,
            "config": json.dumps(self.config.as_dict()),
            "figures": json.dumps(figures),
        }
        tg.save(model.state_dict(), self.folder / MODEL, metadata=metadata)

    def finish(self, **results: Any) -> None:
        """Record the results."""
        self.record["results"] = results
        self.write_record()

    def write_record(self) -> None:
        """Write what is known of the run."""
        (self.folder / RECORD).write_text(json.dumps(self.record, indent=2) + "\n")


def unused(folder: Path) -> Path:
    """Return `folder`, or the first of folder-2, folder-3 ... that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate


def load_model(path: str | Path) -> tuple[nn.Module, Config, str]:
    """Return the model of a run (its folder or its model file), in eval mode, with its config and data set.

    Raises
    ------
    RunError
        If there is no model, or the file holds something else.
    """
    file = Path(path)
    if file.is_dir():
        file = file / MODEL
    if not file.exists():
        raise RunError(f"{path} holds no model ({file} does not exist): give the folder that train.py printed")
    try:
        metadata, weights = tg.load_metadata(file), tg.load(file)
        config, dataset = Config.from_dict(json.loads(metadata["config"])), metadata["dataset"]
        model = build_model(config)
        model.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError, OSError) as error:
        raise RunError(f"{file} is not a model of this application: {error}") from error
    return model.eval(), config, dataset
