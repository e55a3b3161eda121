"""Figures as a picture: what each contender takes, as a multiple of the base's, a panel for each table."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from table import Table
from tables import TABLES

# Colours of Okabe and Ito, which people with any colour vision can tell apart; the markers differ too.
STYLES = {  # by how a label begins; the first that fits counts
    "tinygrad_np, captured": ("#0072B2", "o"),
    "tinygrad_np": ("#56B4E9", "o"),
    "nn.MLPClassifier": ("#56B4E9", "o"),
    "train.py": ("#0072B2", "o"),
    "PyTorch, compiled": ("#D55E00", "D"),
    "PyTorch, DataLoader": ("#D55E00", "^"),
    "PyTorch": ("#D55E00", "s"),
    "torch": ("#D55E00", "s"),
    "JAX": ("#009E73", "^"),
    "jax": ("#009E73", "^"),
    "MyGrad": ("#CC79A7", "v"),
    "scikit-learn": ("#E69F00", "P"),
    "HIPS autograd": ("#999999", "X"),
    "matrix products": ("#000000", "|"),
    "preallocated": ("#000000", "2"),
    "shuffled": ("#0072B2", "o"),
    "the same": ("#56B4E9", "s"),
    "warped": ("#CC79A7", "v"),
    "": ("#000000", "."),
}
SHOWN = ("mlp", "cnn", "chain", "long_chain", "classifier", "epoch", "loading", "import")  # the tables of times


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw the tables of times among `results` and write the picture to `path`, in the format of its suffix."""
    from matplotlib.figure import Figure

    tables = {key: lines for key, lines in results["tables"].items() if key in SHOWN}
    if not tables:
        raise ValueError(f"there is nothing to draw: pictures show {', '.join(SHOWN)}")
    heights = [max(len(lines), 0.5 * len(TABLES[key].contenders)) + 1.6 for key, lines in tables.items()]
    figure = Figure(figsize=(11, 0.45 * sum(heights)), layout="constrained", dpi=100)
    panels = figure.subplots(len(tables), 1, squeeze=False, height_ratios=heights)[:, 0]
    for panel, (key, lines) in zip(panels, tables.items(), strict=True):
        draw_table(panel, TABLES[key], lines)
    figure.savefig(path)


def draw_table(panel: Any, table: Table, lines: dict[str, Any]) -> None:
    """Draw a line of markers for each row of a table, on an axis of ratios, with the quartiles as bars."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    names = [name for name in table.contenders if any(name in cells for cells in lines.values())]
    for name in names:
        label = table.contenders[name].label
        colour, marker = next(style for start, style in STYLES.items() if label.startswith(start))
        places, middles, low, high = [], [], [], []
        for place, cells in enumerate(lines.values()):
            if name in cells:
                base, cell = cells[table.base]["median"], cells[name]
                places.append(place)
                middles.append(cell["median"] / base)
                low.append((cell["median"] - cell["quartiles"][0]) / base)
                high.append((cell["quartiles"][1] - cell["median"]) / base)
        panel.errorbar(
            *(middles, places),
            xerr=[low, high],
            fmt=marker,
            color=colour,
            markersize=9 if marker in "|2" else 7,
            elinewidth=1.2,
            label=label,
        )
    panel.axvline(1, color="#000000", linewidth=0.8, zorder=0)
    panel.set_xscale("log")
    left, right = panel.get_xlim()
    panel.set_xlim(min(left, 0.8), max(right, 1.6))
    panel.xaxis.set_major_locator(LogLocator(base=10, subs=(1, 1.5, 2, 3, 5, 7)))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.set_yticks(range(len(lines)), [textwrap.fill(line, 34) for line in lines])
    panel.set_ylim(len(lines) - 0.5, -0.5)
    panel.grid(axis="x", color="#dddddd", linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel(f"time / {table.contenders[table.base].label}", loc="right", fontsize=9)
    panel.set_title(table.title, loc="left", fontsize=10.5, fontweight="bold")
    panel.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=9)

