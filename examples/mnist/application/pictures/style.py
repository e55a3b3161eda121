"""What the pictures have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..plots import BLUE, GREY, ORANGE, new_figure

BEFORE, AFTER = ORANGE, BLUE
# told apart whatever colours one sees: Okabe's and Ito's but for the yellow, too bright on white, then two of Tol's
COLORS = (BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", GREY, "#882255", "#999933")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
DIVERGING = "RdBu_r"
DPI = 120
MOST_PANELS = 12


def make_figure(width: float, height: float, title: str) -> Any:
    """Return an empty figure, its size in inches; matplotlib is known to be there."""
    figure = new_figure(width, height, title)
    assert figure is not None
    return figure


def make_panels(count: int, title: str, columns: int = 3, side: float = 4.0) -> tuple[Any, list[Any]]:
    """Return a figure with `count` square axes in rows."""
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure = make_figure(side * max(columns, 1.5), side * rows + 0.5, title)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[count:]:
        unused.set_visible(False)
    return figure, list(axes[:count])


def choose(things: Sequence[Any], most: int = MOST_PANELS) -> list[Any]:
    """Return at most so many things, the first and the last among them and the others evenly between."""
    if len(things) <= most:
        return list(things)
    return [things[round(i * (len(things) - 1) / (most - 1))] for i in range(most)]


def label_components(axes: Any, title: str, parts: np.ndarray) -> None:
    """Label the axes of a projection with the parts of the variance."""
    axes.set_title(title, fontsize="medium")
    axes.set(xlabel=f"component 1 ({parts[0]:.0%} of the variance)", ylabel=f"component 2 ({parts[1]:.0%})")
    axes.grid(alpha=0.3)
