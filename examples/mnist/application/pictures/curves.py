"""The course of several trainings beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..plots import arrange, draw, literal
from .style import COLORS, DPI, MARKERS, make_figure

STYLES: dict[str, Any] = {"train": "--", "validation": "-"}


def plot_runs(runs: Mapping[str, Sequence[dict[str, Any]]], path: Path) -> None:
    """Draw losses, accuracies and learning rates of runs, by their names, over the epochs."""
    from matplotlib.lines import Line2D

    figure = make_figure(13, 4.6 + 0.25 * len(runs), "the course of the training")
    loss, accuracy, rate = figure.subplots(1, 3)
    handles = [Line2D([], [], color="black", linestyle=style, label=part) for part, style in STYLES.items()]
    for number, (name, epochs) in enumerate(runs.items()):
        look: dict[str, Any] = {"color": COLORS[number % len(COLORS)], "marker": MARKERS[number % len(MARKERS)]}
        validated = epochs[0]["validation_accuracy"] is not None
        for part, style in STYLES.items():
            if part == "validation" and not validated:
                continue
            draw(loss, epochs, f"{part}_loss", linestyle=style, **look)
            draw(accuracy, epochs, f"{part}_accuracy", linestyle=style, **look)
        draw(rate, epochs, "lr", **look | {"linewidth": max(1.5, 1.5 + 2 * (min(len(runs), 4) - 1 - number))})
        label = f"nothing was validated: {name}"
        if validated:
            best = max(epochs, key=lambda epoch: (epoch["validation_accuracy"], epoch["epoch"]))
            label = f"best validation accuracy {best['validation_accuracy']:.4f} in epoch {best['epoch']}: {name}"
        handles.append(Line2D([], [], label=literal(label), **look))
    numbers = [epoch["epoch"] for epochs in runs.values() for epoch in epochs]
    for axes, name in ((loss, "loss"), (accuracy, "accuracy"), (rate, "learning rate")):
        axes.plot([], [])  # `arrange` leaves the last line out of account
        arrange(axes, name, numbers)
    figure.legend(handles=handles, loc="outside lower center", fontsize="small")
    figure.savefig(path, dpi=DPI)
