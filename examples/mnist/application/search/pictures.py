"""Pictures of a search, where matplotlib is installed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..plots import BLUE, GREY, ORANGE, new_figure
from .importance import group, importances, number
from .space import Choices, Dimension, Space, show
from .trial import COMPLETE, DIVERGED, PRUNED, Trial, best_trial

COLUMNS = 4  # of panels in a row
COLORS = "cividis_r"  # dark where it is good, even in brightness, and the same for all kinds of colour vision
SPREAD = 0.05  # of the height of an axis: lines through the same value stand side by side
SLANTED = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
ACCURACY = "validation accuracy"


def plot_search(space: Space, trials: Sequence[Trial], title: str, folder: Path) -> list[Path] | None:
    """Draw what can be drawn of the trials into PNG files, and return these; None without matplotlib.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    if new_figure(1, 1, "") is None:
        return None
    drawn = []
    for name, draw in PICTURES.items():
        figure = draw(space, trials, title)
        if figure is not None:
            figure.savefig(folder / f"{name}.png", dpi=120)
            drawn.append(folder / f"{name}.png")
    return drawn


def select(trials: Sequence[Trial], *states: str) -> list[Trial]:
    """Return the trials in one of some states that have an accuracy."""
    return [trial for trial in trials if trial.state in states and trial.accuracy is not None]


# ---- accuracy over each hyper-parameter


def draw_parameters(space: Space, trials: Sequence[Trial], title: str) -> Any:
    """Draw a panel a hyper-parameter: all trials at their values, and the best of each value."""
    if not select(trials, COMPLETE):
        return None
    columns = min(COLUMNS, len(space))
    lines = math.ceil(len(space) / columns)
    figure = new_figure(max(3.4 * columns, 5), 3.3 * lines + 0.8, title)
    panels = figure.subplots(lines, columns, squeeze=False, sharey=True)
    for axes, (name, dimension) in zip(panels.flat, space.items(), strict=False):
        _draw_parameter(axes, name, dimension, trials)
    for axes in panels.flat[len(space) :]:
        axes.remove()
    for line in panels:
        line[0].set_ylabel(ACCURACY)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize="small")
    return figure


def _draw_parameter(axes: Any, name: str, dimension: Dimension, trials: Sequence[Trial]) -> None:
    whole, pruned, diverged = (select(trials, state) for state in (COMPLETE, PRUNED, DIVERGED))
    for some, style in ((whole, {"color": BLUE, "marker": "o"}), (pruned, {"color": GREY, "marker": "v"})):
        if some:
            label = "trial" if some is whole else "pruned"
            places = _places(dimension, [trial.point[name] for trial in some])
            heights = [trial.accuracy for trial in some]
            axes.scatter(places, heights, s=22, alpha=0.7, linewidths=0, label=label, **style)
    if diverged:
        places = _places(dimension, [trial.point[name] for trial in diverged])
        height = [0.03] * len(diverged)
        transform = axes.get_xaxis_transform()
        axes.scatter(places, height, marker="x", color="black", s=28, transform=transform, label="diverged")
    best = best_trial(trials)
    assert best is not None
    place = _places(dimension, [best.point[name]])
    axes.scatter(place, [best.accuracy], marker="*", s=150, color=ORANGE, edgecolors="black", label="best", zorder=3)
    axes.set_xlabel(name)
    axes.grid(alpha=0.3)
    axes.margins(y=0.08)
    if isinstance(dimension, Choices):
        labels = [show(value) for value in dimension.values]
        slanted = SLANTED if sum(map(len, labels)) > 24 else {}
        axes.set_xticks(range(len(labels)), labels, fontsize="small", **slanted)
        axes.set_xlim(-0.6, len(labels) - 0.4)
    elif dimension.log:
        axes.set_xscale("log")


def _places(dimension: Dimension, values: Sequence[Any]) -> list[float]:
    """Return where values stand on an axis: choices side by side, others as numbers."""
    if isinstance(dimension, Choices):
        return [float(dimension.place(value)) for value in values]
    return [number(value) for value in values]


# ---- two hyper-parameters together


def draw_heat_map(space: Space, trials: Sequence[Trial], title: str) -> Any:
    """Draw the best accuracy for each pair of values of the two hyper-parameters that matter most."""
    whole = select(trials, COMPLETE)
    names = [*importances(space, trials), *space][:2] if len(space) > 1 else []
    if not whole or len(set(names)) < 2:
        return None
    (down, down_labels), (across, across_labels) = (
        group(space[name], [trial.point[name] for trial in whole]) for name in names
    )
    best = np.full((len(down_labels), len(across_labels)), np.nan)
    for row, column, trial in zip(down, across, whole, strict=True):
        best[row, column] = np.nanmax([best[row, column], trial.accuracy])
    figure = new_figure(1.0 * len(across_labels) + 3.2, 0.55 * len(down_labels) + 2.2, title, layout="compressed")
    axes = figure.subplots()
    image = axes.imshow(best, cmap=COLORS, aspect="auto")
    figure.colorbar(image, ax=axes, label=f"best {ACCURACY}").outline.set_visible(False)
    middle = (np.nanmin(best) + np.nanmax(best)) / 2
    for row, column in np.argwhere(np.isfinite(best)):
        color = "white" if best[row, column] > middle else "black"
        axes.text(column, row, f"{best[row, column]:.4f}", ha="center", va="center", color=color, fontsize=9)
    slanted = SLANTED if max(map(len, across_labels)) > 8 else {}
    axes.set_xticks(range(len(across_labels)), across_labels, fontsize="small", **slanted)
    axes.set_yticks(range(len(down_labels)), down_labels, fontsize="small")
    axes.set(xlabel=names[1], ylabel=names[0])
    return figure


# ---- all hyper-parameters together


def draw_parallel_coordinates(space: Space, trials: Sequence[Trial], title: str) -> Any:
    """Draw each trial as a line through its values, in the colour of its accuracy; the best is thick, in orange."""
    import matplotlib

    whole = sorted(select(trials, COMPLETE), key=lambda trial: trial.accuracy or 0.0)
    if len(whole) < 2:
        return None
    figure = new_figure(max(1.7 * (len(space) + 1) + 1, 6), 4.6, title)
    axes = figure.subplots()
    accuracies = np.array([trial.accuracy for trial in whole], float)
    low, high = accuracies.min(), accuracies.max()
    heights = [_draw_scale(axes, x, name, space[name], whole) for x, name in enumerate(space)]
    heights.append(((accuracies - low) / (high - low or 1)).tolist())
    marks = np.linspace(0, 1, 5)
    labels = [f"{low + mark * (high - low):.4f}" for mark in marks]
    _draw_ticks(axes, len(space), ACCURACY, marks, labels, right=True)
    colors, best = matplotlib.colormaps[COLORS], best_trial(trials)
    for trial, *line in zip(whole, *heights, strict=True):
        style = {"color": colors(line[-1]), "linewidth": 1.0, "alpha": 0.7}
        if best is not None and best is trial:
            style = {"color": ORANGE, "linewidth": 3.0, "label": f"best, trial {best.number}", "zorder": 3}
        axes.plot(range(len(line)), line, **style)
    axes.set_xlim(-0.35, len(space) + 0.35)
    axes.set_ylim(-0.06, 1.06)
    axes.axis("off")
    figure.legend(loc="outside lower center")
    return figure


def _draw_scale(axes: Any, x: int, name: str, dimension: Dimension, trials: Sequence[Trial]) -> list[float]:
    """Draw the axis of a hyper-parameter, and return where each trial passes it."""
    places = np.array(_places(dimension, [trial.point[name] for trial in trials]))
    if isinstance(dimension, Choices):
        last = len(dimension.values) - 1
        _draw_ticks(axes, x, name, [i / (last or 1) for i in range(last + 1)], [show(v) for v in dimension.values])
        beside = SPREAD * np.linspace(-0.5, 0.5, len(trials))
        return (places / (last or 1) + beside).tolist()
    ends, places = np.array([dimension.low, dimension.high], float), places.astype(float)
    if dimension.log:
        ends, places = np.log(ends), np.log(places)
    marks = np.linspace(0, 1, 5)
    values = ends[0] + marks * (ends[1] - ends[0])
    values = np.exp(values) if dimension.log else values
    _draw_ticks(axes, x, name, marks, [f"{value:.0f}" if dimension.whole else f"{value:.3g}" for value in values])
    return ((places - ends[0]) / (ends[1] - ends[0])).tolist()


def _draw_ticks(axes: Any, x: int, name: str, heights: Any, labels: Sequence[str], right: bool = False) -> None:
    axes.plot([x, x], [0, 1], color="black", linewidth=1, zorder=2)
    axes.text(x, 1.06, name, ha="center", va="bottom", fontsize=10)
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.8}
    for height, label in zip(heights, labels, strict=True):
        beside: dict[str, Any] = {"x": x + 0.04, "ha": "left"} if right else {"x": x - 0.04, "ha": "right"}
        axes.text(y=height, s=label, va="center", fontsize=8, bbox=box, zorder=4, **beside)


# ---- what mattered, and the course of the trials


def draw_importance(space: Space, trials: Sequence[Trial], title: str) -> Any:
    """Draw which part of the variance of the accuracies each hyper-parameter explains by itself."""
    found = importances(space, trials)
    if not found:
        return None
    figure = new_figure(7, 0.45 * len(found) + 1.8, title)
    axes = figure.subplots()
    bars = axes.barh(list(found), list(found.values()), color=BLUE)
    axes.bar_label(bars, [f"{value:.2f}" for value in found.values()], padding=4)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("importance: part of the variance of accuracies explained alone")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    return figure


def draw_learning_curves(space: Space, trials: Sequence[Trial], title: str) -> Any:
    """Draw the validation accuracies of all trials over their epochs."""
    from matplotlib.ticker import MaxNLocator

    courses = select(trials, COMPLETE, PRUNED)
    if not courses:
        return None
    figure = new_figure(7.5, 4.6, title)
    axes = figure.subplots()
    best, labelled = best_trial(trials), set()
    for trial in courses:
        kind = "best" if trial is best else "pruned" if trial.state == PRUNED else "trial"
        style = CURVES[kind] | ({} if kind in labelled else {"label": kind})
        labelled.add(kind)
        epochs = [epoch["epoch"] for epoch in trial.history]
        axes.plot(epochs, [epoch["validation_accuracy"] for epoch in trial.history], **style)
    axes.set(xlabel="epoch", ylabel=ACCURACY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    return figure


CURVES: dict[str, dict[str, Any]] = {
    "trial": {"color": BLUE, "alpha": 0.45, "linewidth": 1.0, "marker": "o", "markersize": 3},
    "pruned": {"color": GREY, "alpha": 0.8, "linewidth": 1.0, "linestyle": "--", "marker": "v", "markersize": 4},
    "best": {"color": ORANGE, "linewidth": 2.5, "marker": "s", "markersize": 5, "zorder": 3},
}

# by the name of the file
PICTURES = {
    "parameters": draw_parameters,
    "heat_map": draw_heat_map,
    "parallel_coordinates": draw_parallel_coordinates,
    "importance": draw_importance,
    "learning_curves": draw_learning_curves,
}
