"""What a search came to: a table for people, and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import Config
from ..config_file import format_config
from ..run import write_text
from .space import as_json, show
from .trial import Trial, best_trial, ranked

FORMATS = {"accuracy": ".4f", "seconds": ".1f"}
SHOWN = 20  # trials that are printed


def rows(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Return a flat row for each trial, the best first, with the values of its point as they are."""
    return [
        {
            "rank": rank,
            "trial": trial.number,
            "state": trial.state,
            "accuracy": trial.accuracy,
            **trial.point,
            "best_epoch": None if trial.best_epoch is None else trial.best_epoch["epoch"],
            "epochs_run": len(trial.history),
            "seconds": round(trial.seconds, 3),
            "reason": trial.failures[-1] if trial.failures else None,
        }
        for rank, trial in enumerate(ranked(trials), 1)
    ]


def format_table(trials: Sequence[Trial]) -> str:
    """Return the best trials as a table in columns."""
    table = rows(trials)
    if not table:
        return "no trials"
    names = [name for name in table[0] if name not in ("best_epoch", "reason")]
    cells = [[_cell(name, row[name]) for name in names] for row in table[:SHOWN]]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    padded = [[cell.rjust(width) for cell, width in zip(line, widths, strict=True)] for line in [names, *cells]]
    lines = ["  ".join(line) for line in padded]
    if len(table) > SHOWN:
        lines.append(f"... and {len(table) - SHOWN} more in trials.csv")
    return "\n".join(lines)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return format(value, FORMATS[name]) if name in FORMATS else show(value)


def write_tables(folder: Path, trials: Sequence[Trial], record: dict[str, Any]) -> list[Path]:
    """Write all trials as CSV, and with the figures of their epochs and what the search was as JSON."""
    table, text = rows(trials), io.StringIO()
    if table:
        writer = csv.DictWriter(text, table[0], lineterminator="\n")
        writer.writeheader()
        for row in table:
            writer.writerow({name: show(v) if isinstance(v, tuple | bool) else v for name, v in row.items()})
    histories = {trial.number: trial for trial in trials}
    full = [
        {name: as_json(value) for name, value in row.items()}
        | {"history": histories[row["trial"]].history, "failures": histories[row["trial"]].failures}
        for row in table
    ]
    best = best_trial(trials)
    content = {**record, "best_trial": None if best is None else best.number, "trials": full}
    write_text(folder / "trials.csv", text.getvalue())
    write_text(folder / "trials.json", json.dumps(content, indent=2) + "\n")
    return [folder / "trials.csv", folder / "trials.json"]


def write_best(folder: Path, config: Config, trial: Trial) -> list[Path]:
    """Write the config of the best trial as JSON and as YAML, which train.py takes by ``--config``."""
    content = json.loads(format_config(config))
    accuracy = f"# The best of a search: trial {trial.number}, validation accuracy {trial.accuracy:.4f}.\n"
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in content.items()]  # JSON is YAML
    write_text(folder / "best.json", format_config(config))
    write_text(folder / "best.yaml", accuracy + "".join(lines))
    return [folder / "best.json", folder / "best.yaml"]
