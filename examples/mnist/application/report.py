"""What a test of a classifier came to: as data for files, as a table for people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .metrics import Scores, accuracy, average_scores, class_scores, confusion_matrix, most_confused, top_k_accuracy

COLUMNS = ("precision", "recall", "f1", "support")
CONFUSIONS = 5  # that are printed


def summarize(outputs: np.ndarray, targets: np.ndarray, loss: float, names: Sequence[str]) -> dict[str, Any]:
    """Return all figures by name, made of what JSON knows.

    Parameters
    ----------
    outputs : (N, C)
        The network's.
    targets : integers (N,)
        The true classes.
    loss
        its mean; one that is not finite is recorded as null.
    names
        of the C classes.
    """
    matrix = confusion_matrix(targets, outputs.argmax(1), len(names))
    scores = class_scores(matrix)
    averages = {"macro": average_scores(scores), "weighted": average_scores(scores, weighted=True)}
    rows = [Scores(*values) for values in zip(*scores, strict=True)]
    return {
        "samples": len(targets),
        "correct": int(np.trace(matrix)),
        "accuracy": accuracy(matrix),
        "loss": loss if math.isfinite(loss) else None,
        "top_2_accuracy": top_k_accuracy(outputs, targets, 2) if len(names) > 2 else None,
        "classes": [{"name": name, **as_numbers(row)} for name, row in zip(names, rows, strict=True)],
        "averages": {name: as_numbers(row) for name, row in averages.items()},
        "confusion_matrix": matrix.tolist(),
    }


def as_numbers(scores: Scores) -> dict[str, float | int]:
    """Return the scores of one class, or one average, by name, as Python's numbers."""
    return {name: value.item() for name, value in scores._asdict().items()}


def format_table(summary: dict[str, Any]) -> str:
    """Return a line a class and one for each average, in columns."""
    rows = [(row["name"], row) for row in summary["classes"]]
    averages = [(f"{name} average", row) for name, row in summary["averages"].items()]
    width = max(len(name) for name, _ in rows + averages)
    lines = [f"{'class':{width}}" + "".join(f"{'F1' if name == 'f1' else name:>11}" for name in COLUMNS)]
    for name, row in rows + averages:
        figures = "".join(f"{row[column]:11.4f}" for column in COLUMNS[:3])
        lines.append(f"{name:{width}}{figures}{row['support']:11d}")
    lines.insert(1 + len(rows), "")
    return "\n".join(lines)


def format_confusions(summary: dict[str, Any]) -> str:
    """Return the most frequent mistakes in words; the empty string if there was none."""
    names = [row["name"] for row in summary["classes"]]
    mistakes = most_confused(np.array(summary["confusion_matrix"]), CONFUSIONS)
    return ", ".join(f"{names[i]} taken for {names[j]} {times}x" for i, j, times in mistakes)
