"""The accuracies of a study beside the published ones, from what its searches left."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..run import DAMAGED, RunError
from ..search.space import show

SOUND, EMULATED = "sound", "emulated"  # the second with the published step
VERSIONS = (SOUND, EMULATED)

# by study: the field of the config whose values are its rows
FIELDS = {"loss": "loss", "activation": "activation", "lr": "lr", "width": "hidden", "l2": "weight_decay"}

# by study and row: the validation accuracies that were published, as far as they are known
PUBLISHED_RESULTS: dict[str, dict[str, float]] = {
    "lr": {
        "1": 0.0991,
        "1/2": 0.0991,
        "1/4": 0.0991,
        "1/8": 0.9729,
        "1/16": 0.9813,
        "1/32": 0.9815,
        "1/64": 0.9815,
        "1/128": 0.9787,
    },
    "width": {"50": 0.9391, "100": 0.9744, "900": 0.9834},
    "l2": {"1e-1": 0.0967, "1e-3": 0.7724, "1e-4": 0.9803, "0": 0.9834},
}


@dataclass(frozen=True)
class Outcome:
    """What a row came to: validation accuracies of its best and its last epoch, and what else its trial had chosen."""

    best: float
    last: float
    choices: dict[str, Any]


@dataclass
class Row:
    """A value of what a study varies: what was published of it, and the outcome of each version that was run."""

    label: str
    published: float | None
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def label(study: str, value: Any) -> str:
    """Return a value as the tables write it: 1/32, 1e-3, 900, sigmoid."""
    if study == "lr" and 0 < value < 1 and (1 / value).is_integer():
        return f"1/{1 / value:.0f}"
    if study == "l2" and value:
        digits, exponent = f"{value:e}".split("e")
        return f"{float(digits):g}e{int(exponent)}"
    return show(value).removeprefix("published_").removeprefix("half_")


def folder_of(root: Path, study: str, version: str) -> Path:
    """Return where a version of a study is searched."""
    return root / f"{study}_{version}"


def read_rows(root: Path, study: str) -> list[Row]:
    """Return the rows of a study, of whichever of its versions have been run; each row's best trial stands for it.

    Raises
    ------
    RunError
        If a file is damaged.
    """
    rows: dict[str, Row] = {}
    for version in VERSIONS:
        file = folder_of(root, study, version) / "trials.json"
        if not file.exists():
            continue
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            for value in content["space"][FIELDS[study]]["values"]:
                name = label(study, value)
                row = rows.setdefault(name, Row(name, PUBLISHED_RESULTS.get(study, {}).get(name)))
                if found := _outcome(content, FIELDS[study], value):
                    row.outcomes[version] = found
        except DAMAGED as error:
            raise RunError(f"{file} is damaged: {error}; run that study again") from error
    return list(rows.values())


def _outcome(content: dict[str, Any], name: str, value: Any) -> Outcome | None:
    """Return the outcome of the best trial with a value; trials are sorted, the best first."""
    for trial in content["trials"]:
        if trial[name] == value and trial["history"]:
            choices = {other: trial[other] for other in content["space"] if other != name}
            return Outcome(trial["accuracy"], trial["history"][-1]["validation_accuracy"], choices)
    return None


# ---- as text


def cells(rows: Iterable[Row], study: str) -> list[list[str]]:
    """Return the rows, their header first, as text; what is not known is a dash."""
    header = [FIELDS[study], "published"]
    for version in VERSIONS:
        header += [version, "last epoch", "with"]
    table = [header]
    for row in rows:
        line = [row.label, _accuracy(row.published)]
        for version in VERSIONS:
            outcome = row.outcomes.get(version)
            chosen = "" if outcome is None else ", ".join(f"{n} {_choice(n, v)}" for n, v in outcome.choices.items())
            figures = (None, None) if outcome is None else (outcome.best, outcome.last)
            line += [*map(_accuracy, figures), chosen or "-"]
        table.append(line)
    return table


def _choice(name: str, value: Any) -> str:
    return label("lr", value) if name == "lr" else show(value)


def _accuracy(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def format_comparison(table: Sequence[Sequence[str]]) -> str:
    """Return cells in columns; those in which nothing is known are left out."""
    columns = [column for column in zip(*table, strict=True) if any(cell != "-" for cell in column[1:])]
    widths = [max(map(len, column)) for column in columns]
    padded = [[cell.rjust(width) for cell in column] for column, width in zip(columns, widths, strict=True)]
    return "\n".join("  ".join(line) for line in zip(*padded, strict=True))


def format_csv(table: Sequence[Sequence[str]]) -> str:
    """Return cells as CSV, with nothing where nothing is known."""
    header, *lines = table
    names = list(header)
    for place, version in enumerate(VERSIONS):
        names[3 + 3 * place : 5 + 3 * place] = [f"{version} last epoch", f"{version} with"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([names, *[["" if cell == "-" else cell for cell in line] for line in lines]])
    return text.getvalue()
