"""What a network makes of images: where they lie, and which it is wrong about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..inspection import project
from .style import COLORS, DPI, MARKERS, choose, label_components, make_figure, make_panels

MOST_CLASSES = 20  # that have a name and a marker each
MOST_STAGES = 6
ACROSS = 6  # mistakes in a row


def plot_stages(
    stages: Sequence[tuple[str, np.ndarray]], targets: np.ndarray, names: Sequence[str], title: str, path: Path
) -> None:
    """Draw the same images at several stages of the network, along the two principal components of each.

    Parameters
    ----------
    stages
        names, and arrays (N, width).
    targets : integers (N,)
        the classes.
    names
        of the classes.
    title, path
        what stands above, and the file.
    """
    shown = choose(stages, MOST_STAGES)
    figure, panels = make_panels(len(shown), title, side=4.6)
    for axes, (name, values) in zip(panels, shown, strict=True):
        points, parts = project(values)
        _scatter(axes, points, targets, names)
        label_components(axes, name, parts)
    if len(names) <= MOST_CLASSES:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(10, len(labels)), markerscale=1.6)
    figure.savefig(path, dpi=DPI)


def _scatter(axes: Any, points: np.ndarray, targets: np.ndarray, names: Sequence[str]) -> None:
    """Draw points with the marker of their class: its name if that is one character, else a shape."""
    if len(names) > MOST_CLASSES:
        axes.scatter(*points.T, c=targets, cmap="viridis", s=8, linewidths=0)
        return
    for label, name in enumerate(names):
        mine = points[targets == label]
        marker = f"${name}$" if name.isdecimal() and len(name) == 1 else MARKERS[label % len(MARKERS)]
        size = 26 if marker.startswith("$") else 16
        color = COLORS[label % len(COLORS)]
        axes.scatter(*mine.T, color=color, marker=marker, s=size, alpha=0.7, linewidths=0.2, label=name)


def plot_mistakes(
    images: np.ndarray, truths: Sequence[str], answers: Sequence[str], sure: Sequence[float], title: str, path: Path
) -> None:
    """Draw images (N, H, W) that were taken for something else, with the true class, the answer and its probability."""
    rows = max(1, math.ceil(len(images) / ACROSS))
    figure = make_figure(1.9 * ACROSS, 2.3 * rows + 0.7, title)
    panels = figure.subplots(rows, ACROSS, squeeze=False).ravel()
    for axes in panels:
        axes.axis("off")
    for axes, image, truth, answer, chance in zip(panels, images, truths, answers, sure, strict=False):
        axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(f"{truth}, taken for\n{answer}, {100 * chance:.1f}%", fontsize="small")
    if not len(images):
        figure.text(0.5, 0.45, "there is no mistake", ha="center")
    figure.savefig(path, dpi=DPI)
