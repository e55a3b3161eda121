"""The folder of a run: what it is, its figures, its best model, and the state from which to resume it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import nn
import tinygrad_np as tg

from . import environment
from .config import Config
from .config_file import format_config
from .data import fingerprints
from .model import build_model
from .state import pack, unpack

RECORD, CONFIG, FIGURES, MODEL, STATE = "run.json", "config.json", "metrics.jsonl", "best.npz", "last.npz"
DAMAGED = (KeyError, ValueError, TypeError, RuntimeError, OSError, AttributeError)  # what reading a wrong file raises


class RunError(Exception):
    """A folder or file is not what a run leaves behind."""


class Run:
    """Reads and writes the files of a run; each of them names the data set that was really used.

    After an epoch the best model is written first, the state second and the line of figures last, each as a whole. The
    state knows all figures. Whenever the process is killed, the state therefore says how far the run is, and the
    others can be brought to it.
    """

    def __init__(self, folder: Path, config: Config, record: dict[str, Any]) -> None:
        self.folder, self.config, self.record = folder, config, record
        self.dataset: str = record["dataset"]

    @classmethod
    def create(cls, config: Config, training: Any, test: Any) -> Run:
        """Begin a run in the folder that the config names, or in a new one.

        Raises
        ------
        RunError
            If the folder holds files of these names, or cannot be written.
        """
        name = f"{training.name}_{config.layers}_{time.strftime('%Y%m%d-%H%M%S')}"
        folder = Path(config.output) if config.output else unused(Path("runs") / name)
        taken = [file for file in (RECORD, CONFIG, FIGURES, MODEL, STATE) if (folder / file).exists()]
        if taken:
            raise RunError(
                f"--output {folder} holds {', '.join(taken)} already: name another folder, or go on with the run in it "
                f"by --resume {folder}"
            )
        record = {
            "dataset": training.name,
            "files": fingerprints(training, test),
            "seed": config.seed,
            "config": config.as_dict(),
            **environment.describe(),
        }
        run = cls(folder, config, record)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            run.write_record()  # first: what has it is a run
            write_text(folder / CONFIG, format_config(config))
            write_text(folder / FIGURES, "")
        except OSError as error:
            raise RunError(f"cannot write into --output {folder}: {error.strerror}") from error
        return run

    @classmethod
    def open(cls, folder: Path) -> Run:
        """Return the run in a folder.

        Raises
        ------
        RunError
            If there is none.
        """
        file = folder / RECORD
        if not file.is_file():
            raise RunError(f"--resume {folder}: there is no run, as {file} does not exist; give a folder of train.py")
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            return cls(folder, Config.from_dict(record["config"]), record)
        except DAMAGED as error:
            raise RunError(f"--resume {folder}: {file} is damaged: {error}; begin a new run") from error

    @property
    def results(self) -> dict[str, Any] | None:
        """What a finished run came to."""
        return self.record.get("results")

    def check_data(self, training: Any, test: Any) -> None:
        """Check that data are those of the run.

        Raises
        ------
        RunError
            If they are not.
        """
        before, now = self.record.get("files", {}), fingerprints(training, test)
        changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        if changed:
            raise RunError(
                f"--resume {self.folder}: the data are not those of the run, as the SHA-256 of {', '.join(changed)} "
                "shows; begin a new run"
            )

    def go_on(self, config: Config, done: int) -> list[str]:
        """Go on after `done` epochs under `config`; return what is different now and may change the last digits."""
        differences = environment.differences(self.record)
        if differences:
            self.record.setdefault("resumed", []).append({"after_epoch": done, "differences": differences})
        self.config, self.record["config"] = config, config.as_dict()
        self.record.pop("results", None)
        for leftover in self.folder.glob(".*.tmp"):  # of a process that was killed while it wrote
            leftover.unlink(missing_ok=True)
        write_text(self.folder / CONFIG, format_config(config))
        self.write_record()
        return differences

    def restore(self, trainer: Any) -> None:
        """Bring `trainer` to where the run is, and the log too; nothing happens if no epoch was finished.

        Raises
        ------
        RunError
            If the state is missing, damaged, or not one of this config.
        """
        file, log = self.folder / STATE, self.folder / FIGURES
        if not file.exists():
            if log.exists() and log.stat().st_size:
                raise RunError(f"--resume {self.folder}: its state {file} is missing; begin a new run")
            return
        try:
            trainer.load_state_dict(unpack(tg.load(file), tg.load_metadata(file)["state"]))
        except DAMAGED as error:
            raise RunError(
                f"--resume {self.folder}: {file} is damaged or of another run: {error}; begin a new run"
            ) from error
        write_text(log, "".join(self._line(epoch.as_dict()) for epoch in trainer.history))

    def save(self, state: dict[str, Any], model: nn.Module, is_best: bool) -> None:
        """Keep the state after an epoch, its figures, and, if it is the best, the weights of `model`."""
        figures = state["history"][-1]
        if is_best:
            weights, more = model.state_dict(), {"figures": json.dumps(figures)}
            if self.config.half:
                weights = {name: w.to("float16") if w.is_floating_point() else w for name, w in weights.items()}
            tg.save(weights, self.folder / MODEL, metadata=self._metadata() | more)
        arrays, text = pack(state)
        tg.save(arrays, self.folder / STATE, metadata=self._metadata() | {"state": text})
        with open(self.folder / FIGURES, "a", encoding="utf-8") as file:
            file.write(self._line(figures))

    def finish(self, **results: Any) -> None:
        """Record the results."""
        self.record["results"] = results
        self.write_record()

    def write_record(self) -> None:
        """Write what is known of the run."""
        write_text(self.folder / RECORD, json.dumps(self.record, indent=2) + "\n")

    def _line(self, figures: dict[str, Any]) -> str:
        return json.dumps({"dataset": self.dataset, **figures}) + "\n"

    def _metadata(self) -> dict[str, str]:
        return {"dataset": str(self.config.dataset), "config": json.dumps(self.config.as_dict())}


def write_text(path: Path, text: str) -> None:
    """Write a file beside its destination, make sure that it is on the disk, and rename it."""
    temporary = path.with_name(f".{path.name}.tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def unused(folder: Path) -> Path:
    """Return `folder`, or the first of folder-2, folder-3 ... that does not exist."""
    candidate, number = folder, 1
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate


def load_model(path: str | Path) -> tuple[nn.Module, Config, str]:
    """Return the model of a run (its folder, its best or its last), in eval mode, with its config and data set.

    The data set is a name or, for a folder of files, its path.

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
        if "config" not in metadata:
            raise ValueError("it holds arrays without the config of a run; give the folder that train.py printed")
        config, dataset = Config.from_dict(json.loads(metadata["config"])), metadata["dataset"]
        if "state" in metadata:
            state = unpack(weights, metadata["state"])
            average = {name.removeprefix("module."): value for name, value in (state["average"] or {}).items()}
            average.pop("n_averaged", None)
            weights = average or state["model"]
        model = build_model(config)
        model.load_state_dict(weights)
    except DAMAGED as error:
        raise RunError(f"{file} is not a model of this application: {error}") from error
    return model.eval(), config, dataset
