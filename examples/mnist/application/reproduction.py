"""Whether a figure that a run recorded comes out again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_np as tg

from . import environment
from .run import DAMAGED, MODEL, RECORD, RunError

REPRODUCED, DIFFERENT, OTHER_DATA, UNRECORDED = "reproduced", "not reproduced", "other data", "not recorded"


class Recorded(NamedTuple):
    """What a run recorded of its best model on a part of the data, the SHA-256 of its files, and its whole record."""

    accuracy: float
    loss: float
    files: dict[str, str]
    record: dict[str, Any]


class Verdict(NamedTuple):
    """One of the four verdicts, the count and the loss that were recorded, if any, and what is not as it was then."""

    verdict: str
    correct: int | None = None
    loss: float | None = None
    differences: tuple[str, ...] = ()


def read_recorded(file: Path, split: str) -> Recorded | None:
    """Return what was recorded of a model file, or None if nothing was: it is no run's best, or the run goes on.

    Raises
    ------
    RunError
        If the record is damaged.
    """
    path = file.with_name(RECORD)
    if file.name != MODEL or not path.is_file():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if split == "validation":  # the model carries the figures of its epoch
            figures = json.loads(tg.load_metadata(file)["figures"])
        elif (figures := record.get("results")) is None:
            return None
        accuracy, loss = float(figures[f"{split}_accuracy"]), float(figures[f"{split}_loss"])
        if not 0 <= accuracy <= 1:
            raise ValueError(f"an accuracy cannot be {accuracy}")
        return Recorded(accuracy, loss, dict(record["files"]), record)
    except DAMAGED as error:
        raise RunError(
            f"the record {path} of {file} is damaged: {type(error).__name__}: {error}; move it away to "
            "test without it"
        ) from error


def compare(recorded: Recorded | None, correct: int, samples: int, files: dict[str, str]) -> Verdict:
    """Say whether `correct` of `samples` is what was recorded, given the SHA-256 of the files that were read.

    Counts are compared, not figures that were rounded. With the same data any difference is one of the machine or of
    the program, and the verdict lists what is known of these.
    """
    if recorded is None:
        return Verdict(UNRECORDED)
    changed = tuple(f"{name} has another SHA-256" for name in files if recorded.files.get(name) != files[name])
    expected = round(recorded.accuracy * samples)
    if changed:
        return Verdict(OTHER_DATA, expected, recorded.loss, changed)
    if correct == expected:
        return Verdict(REPRODUCED, expected, recorded.loss)
    return Verdict(DIFFERENT, expected, recorded.loss, tuple(differences(recorded.record)))


def differences(record: dict[str, Any]) -> list[str]:
    """Return what is different now from when a run began, or became different while it was resumed."""
    found = environment.differences(record)
    for resumption in record.get("resumed", []):
        found += [f"from epoch {resumption['after_epoch'] + 1} on {text}" for text in resumption["differences"]]
    return found


def explain(verdict: Verdict, part: str, correct: int, samples: int, loss: float) -> str:
    """Return the verdict in a sentence; `part` is what was tested, as in ``test``."""
    if verdict.verdict == UNRECORDED:
        return f"nothing to compare with: no {part} accuracy of this model is recorded beside it"
    figures = f"{correct} of {samples} are right, {verdict.correct} in the record"
    if verdict.verdict == REPRODUCED:
        loss_too = "the loss is the same to the last bit" if loss == verdict.loss else f"its loss is {verdict.loss:.9g}"
        return f"{part} accuracy REPRODUCED: {correct} of {samples} are right, as in the record, and {loss_too}"
    known = "; ".join(verdict.differences)
    if verdict.verdict == OTHER_DATA:
        return f"{part} accuracy not comparable, since these are not the data of the run: {figures}; {known}"
    known = known or "data, versions, BLAS and threads are the same, so the model or the program has changed"
    return f"{part} accuracy NOT REPRODUCED: {figures}; {known}"
