"""The picture of a study, where matplotlib is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..plots import BLUE, ORANGE, new_figure
from .comparison import EMULATED, SOUND, VERSIONS, Row

AXES = {"loss": "loss", "activation": "activation", "lr": "learning rate", "width": "hidden units", "l2": "L2 strength"}
ORDERED = ("lr", "width", "l2")  # studies of numbers, whose points are joined
# by what it is: published figures, and the two versions; told apart by colour, marker and line
STYLES: dict[str, dict[str, Any]] = {
    "published": {"color": "black", "marker": "x", "linestyle": ":", "markersize": 8, "mew": 2, "zorder": 3},
    SOUND: {"color": BLUE, "marker": "o", "linestyle": "-", "label": "sound step"},
    EMULATED: {"color": ORANGE, "marker": "s", "linestyle": "--", "label": "published step, emulated"},
}
DETAIL = 0.9  # accuracies above it are drawn once more, larger


def plot_study(rows: Sequence[Row], study: str, path: Path) -> bool:
    """Draw the accuracies of a study into a PNG file: from 0 to 1 and, above, those near the best once more.

    Returns
    -------
    bool
        Whether matplotlib is there to draw it.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    figure = new_figure(6.4, 5.2, f"Validation accuracy by {AXES[study]}")
    if figure is None:
        return False
    detail, whole = figure.subplots(2, sharex=True, height_ratios=(3, 2))
    series: dict[str, list[float | None]] = {"published": [row.published for row in rows]}
    for version in VERSIONS:
        found = [row.outcomes.get(version) for row in rows]
        series[version] = [None if outcome is None else outcome.best for outcome in found]
    for name, heights in series.items():
        points = [(place, height) for place, height in enumerate(heights) if height is not None]
        if points:
            style = {"label": name} | STYLES[name] | ({} if study in ORDERED else {"linestyle": "none"})
            for axes in (detail, whole):
                axes.plot(*zip(*points, strict=True), **style)
    near = [height for heights in series.values() for height in heights if height is not None and height >= DETAIL]
    if near:
        margin = max(0.08 * (max(near) - min(near)), 0.001)
        detail.set_ylim(min(near) - margin, max(near) + margin)
    whole.set_ylim(-0.05, 1.05)
    whole.set_xticks(range(len(rows)), [row.label for row in rows])
    whole.set_xlim(-0.5, len(rows) - 0.5)
    whole.set_xlabel(AXES[study])
    for axes, what in ((detail, "accuracy, detail"), (whole, "accuracy")):
        axes.set_ylabel(what)
        axes.grid(alpha=0.3)
    figure.legend(*whole.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize="small")
    figure.savefig(path, dpi=110)
    return True
