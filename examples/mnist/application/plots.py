"""Pictures, where matplotlib is installed. They need no display, and leave the backend that others chose alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Any, Literal

import numpy as np

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#767676"  # told apart whatever colours one sees (Okabe and Ito)
PARTS = (("train", BLUE, "o"), ("validation", ORANGE, "s"))
CROWDED = 30  # epochs of a curve beyond which not each of them is marked
LETTERS = 7  # of a title, to an inch of its figure's width: few enough for wide ones


def new_figure(
    width: float, height: float, title: str, layout: Literal["constrained", "compressed"] = "constrained"
) -> Any:
    """Return an empty figure, its size in inches, to be drawn by Agg; None without matplotlib.

    The title is shown as it is, in as many lines as it needs.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return None
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(literal("\n".join(fill(line, int(LETTERS * width)) for line in title.splitlines())))
    return figure


def literal(text: str) -> str:
    """Return text that matplotlib shows as it is: between two dollars it would read mathematics."""
    return text.replace("$", r"\$")


# ---- the course of a training


def plot_curves(epochs: Sequence[dict[str, Any]], title: str, path: Path) -> bool:
    """Draw losses, accuracies and the learning rate over the epochs into a PNG file, with the best epoch marked.

    Parameters
    ----------
    epochs
        the figures of each: ``epoch``, ``train_loss``, ``train_accuracy``, ``validation_loss``,
        ``validation_accuracy`` and ``lr``. The best has the highest validation accuracy, and is the latest of equals;
        where nothing was validated these are None, and the last one is marked.
    title
        what stands above.
    path
        the file; one that is there is replaced.

    Returns
    -------
    bool
        Whether matplotlib is there to draw it.

    Raises
    ------
    ValueError
        If there is no epoch.
    OSError
        If the file cannot be written.
    """
    if not epochs:
        raise ValueError(f"there is no epoch to draw into {path}: give the figures of at least one")
    figure = new_figure(13, 4, title)
    if figure is None:
        return False
    loss, accuracy, rate = figure.subplots(1, 3)
    validated = epochs[0]["validation_accuracy"] is not None
    for part, color, marker in PARTS if validated else PARTS[:1]:
        draw(loss, epochs, f"{part}_loss", color=color, marker=marker, label=part)
        draw(accuracy, epochs, f"{part}_accuracy", color=color, marker=marker, label=part)
    draw(rate, epochs, "lr", color=GREY, marker="o")
    best = max(epochs, key=lambda epoch: (epoch["validation_accuracy"] or 0.0, epoch["epoch"]))
    which = "best" if validated else "last"
    for axes, name in ((loss, "loss"), (accuracy, "accuracy"), (rate, "learning rate")):
        marked = f"{which} epoch, {best['epoch']}"
        axes.axvline(best["epoch"], color="black", linestyle=":", linewidth=1.2, label=marked)
        arrange(axes, name, [epoch["epoch"] for epoch in epochs])
    title = f"best validation accuracy {best['validation_accuracy']:.4f}" if validated else "nothing was validated"
    accuracy.set_title(title, fontsize="medium")
    accuracy.legend()
    figure.savefig(path, dpi=120)
    return True


def draw(axes: Any, epochs: Sequence[dict[str, Any]], name: str, **style: Any) -> None:
    """Draw one figure of all epochs as a curve, its points marked unless there are too many to tell apart."""
    size = 4 if len(epochs) <= CROWDED else 0
    axes.plot([e["epoch"] for e in epochs], [e[name] for e in epochs], markersize=size, **{"linewidth": 1.5} | style)


def arrange(axes: Any, name: str, numbers: Sequence[int]) -> None:
    """Label the axes: whole epochs, and a logarithmic scale for losses that fall to less than a tenth."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

    axes.set(xlabel="epoch", ylabel=name)
    axes.set_xlim(min(numbers) - 0.5, max(numbers) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    values = np.concatenate([line.get_ydata() for line in axes.lines[:-1]]).astype(float)
    values = values[np.isfinite(values)]
    if name == "loss" and len(values) and values.min() > 0 and values.max() > 10 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    elif name == "learning rate":
        axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)


# ---- which classes were taken for which


def plot_confusion(matrix: np.ndarray, names: Sequence[str], title: str, path: Path) -> bool:
    """Draw a confusion matrix into a PNG file: the counts, on colours that say which part of its row each is.

    What was found is blue. Mistakes are orange, on a scale of their own that ends at the most frequent one: a class
    confused once in a hundred times would not show beside the other ninety-nine. A count of zero is left out.

    Parameters
    ----------
    matrix : integers (C, C)
        rows are true classes, columns predicted ones.
    names
        of the C classes.
    title
        what stands above.
    path
        the file; one that is there is replaced.

    Returns
    -------
    bool
        Whether matplotlib is there to draw it.

    Raises
    ------
    ValueError
        If the matrix is not (C, C) for C names.
    OSError
        If the file cannot be written.
    """
    classes = len(names)
    if matrix.shape != (classes, classes) or not classes:
        raise ValueError(f"a matrix of shape {matrix.shape} does not fit {classes} names: it needs a row for each name")
    side = float(np.clip(0.55 * classes, 3, 20))
    figure = new_figure(1.2 * side + 2, side + 1.5, title, layout="compressed")
    if figure is None:
        return False
    axes = figure.subplots()
    support = matrix.sum(1, keepdims=True)
    rates = np.divide(matrix, support, out=np.zeros(matrix.shape), where=support > 0)
    right = np.eye(classes, dtype=bool)
    draw_rates(figure, axes, np.where(right, rates, np.nan), 1.0, "Blues", "found, % of its row")
    most = rates[~right].max(initial=0.0)
    draw_rates(figure, axes, np.where(right | (matrix == 0), np.nan, rates), most, "Oranges", "mistaken, % of its row")
    write_counts(axes, matrix, np.where(right, rates, rates / most if most else 0), side / classes)
    places = range(classes)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 3 else {}
    axes.set_xticks(places, names, fontsize="small", **slanted)
    axes.set_yticks(places, names, fontsize="small")
    axes.set(xlabel="predicted class", ylabel="true class")
    figure.savefig(path, dpi=120)
    return True


def draw_rates(figure: Any, axes: Any, rates: np.ndarray, most: float, colors: str, label: str) -> None:
    """Colour the cells that are not NaN, from 0 to `most`, and add the scale in percent."""
    image = axes.imshow(rates, cmap=colors, vmin=0, vmax=most or 1)
    bar = figure.colorbar(image, ax=axes, label=label, aspect=40, pad=0.02, format=lambda rate, _: f"{100 * rate:g}")
    bar.outline.set_visible(False)


def write_counts(axes: Any, matrix: np.ndarray, shades: np.ndarray, cell: float) -> None:
    """Write the counts into cells of `cell` inches: white on what is darker than half of its scale."""
    digits = max(3, len(str(matrix.max())))
    size = min(10, 72 * cell / digits / 0.75)  # points: a digit is about 0.6 of its height wide
    for i, j in np.argwhere(matrix):
        color = "white" if shades[i, j] > 0.55 else "black"
        axes.text(j, i, str(matrix[i, j]), ha="center", va="center", color=color, fontsize=size)
