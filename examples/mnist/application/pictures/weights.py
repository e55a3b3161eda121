"""The weights of a network, before training and after."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..inspection import Layer, project
from .style import AFTER, BEFORE, DIVERGING, DPI, choose, label_components, make_figure, make_panels

MOST_VALUES = 20_000  # of a violin, drawn at random from more
MOST_FILTERS = 60
MOST_NAMES = 20  # written beside points


def plot_violins(layers: Sequence[Layer], title: str, path: Path) -> None:
    """Draw how weights and biases of each layer are distributed, before and after."""
    from matplotlib.patches import Patch

    shown = choose(layers)
    figure = make_figure(float(np.clip(1.6 * len(shown), 8, 18)), 8, title)
    for axes, kind in zip(figure.subplots(2, 1), ("weight", "bias"), strict=True):
        for state, color, shift in ((f"{kind}_before", BEFORE, -0.2), (kind, AFTER, 0.2)):
            values = [_sample(getattr(layer, state)) for layer in shown]
            places = [number + shift for number in range(len(shown))]
            violins = axes.violinplot(values, places, widths=0.36, showmedians=True)
            for body in violins["bodies"]:
                body.set(facecolor=color, edgecolor=color, alpha=0.6)
            for line in ("cmins", "cmaxes", "cbars", "cmedians"):
                violins[line].set(color=color, linewidth=1)
        axes.set_xticks(range(len(shown)), [layer.name.replace(": ", "\n") for layer in shown], fontsize="small")
        axes.set_ylabel("weights" if kind == "weight" else "biases")
        axes.grid(axis="y", alpha=0.3)
    handles = [Patch(color=BEFORE, alpha=0.6, label="before training"), Patch(color=AFTER, alpha=0.6, label="after")]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=DPI)


def _sample(values: np.ndarray) -> np.ndarray:
    """Return the values, or so many of them, the least and the greatest included."""
    values = values.ravel()
    if len(values) <= MOST_VALUES:
        return values
    chosen = np.random.default_rng(0).choice(values, MOST_VALUES, replace=False)
    return np.append(chosen, [values.min(), values.max()])


def plot_heat_maps(layers: Sequence[Layer], title: str, path: Path) -> None:
    """Draw the weight matrix of each layer before and after, and what training changed, on one scale a layer.

    The scale ends where one weight in two hundred is beyond it.
    """
    shown = choose(layers)
    figure = make_figure(14, 2.6 * len(shown) + 0.8, title)
    for row, layer in zip(figure.subplots(len(shown), 3, squeeze=False), shown, strict=True):
        before, after = layer.weight_before, layer.weight
        limit = float(np.quantile(np.abs(np.stack([before, after, after - before])), 0.995)) or 1.0
        for axes, (name, matrix) in zip(
            row, (("before", before), ("after", after), ("change", after - before)), strict=True
        ):
            image = axes.imshow(matrix, cmap=DIVERGING, vmin=-limit, vmax=limit, aspect="auto")
            axes.set_title(f"{layer.name}, {name}", fontsize="medium")
            axes.set(xlabel="input", ylabel="unit")
            axes.locator_params(integer=True)
        figure.colorbar(image, ax=list(row), label="weight", extend="both", aspect=15, pad=0.01)
    figure.savefig(path, dpi=DPI)


def plot_filters(layer: Layer, names: Sequence[str] | None, image: tuple[int, ...], title: str, path: Path) -> None:
    """Draw the weights of units of the first layer as images, of most units those with the greatest weights.

    Parameters
    ----------
    layer
        the first.
    names
        of its units, if they are classes; else they are numbered from 0.
    image
        height and width.
    title, path
        what stands above, and the file.
    """
    norms = np.linalg.norm(layer.weight, axis=1)
    units = sorted(np.argsort(-norms, kind="stable")[:MOST_FILTERS]) if names is None else range(len(norms))
    columns, side = (10, 1.25) if len(units) > 20 else (5, 2.0)
    rows = math.ceil(len(units) / columns)
    figure = make_figure(side * columns, (side + 0.2) * rows + 1, title)
    for number, axes in enumerate(figure.subplots(rows, columns, squeeze=False).ravel()):
        axes.axis("off")
        if number < len(units):
            unit = units[number]
            pixels = layer.weight[unit].reshape(image)
            limit = float(np.abs(pixels).max()) or 1.0
            axes.imshow(pixels, cmap=DIVERGING, vmin=-limit, vmax=limit)
            axes.set_title(str(unit) if names is None else names[unit], fontsize="small")
    figure.savefig(path, dpi=DPI)


def plot_units(layers: Sequence[Layer], names: Sequence[str], title: str, path: Path) -> None:
    """Draw each unit as a point: its weights along the two principal components of all units, before and after."""
    from matplotlib.patheffects import withStroke

    shown = choose(layers)
    figure, panels = make_panels(len(shown), title)
    for axes, layer in zip(panels, shown, strict=True):
        points, parts = project(np.concatenate([layer.weight_before, layer.weight]))
        before, after = np.split(points, 2)
        axes.scatter(*before.T, s=18, color=BEFORE, marker="x", linewidths=1, zorder=3, label="before training")
        axes.scatter(*after.T, s=14, color=AFTER, alpha=0.7, linewidths=0, label="after training")
        if layer is layers[-1] and len(names) <= MOST_NAMES:
            middle = (points[:, 0].min() + points[:, 0].max()) / 2
            for name, place in zip(names, after, strict=True):
                look = {"ha": "right", "xytext": (-4, 4)} if place[0] > middle else {"ha": "left", "xytext": (4, 4)}
                text = axes.annotate(name, place, textcoords="offset points", fontsize="small", **look)
                text.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
            axes.margins(x=0.12, y=0.12)
        label_components(axes, layer.name, parts)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=DPI)
