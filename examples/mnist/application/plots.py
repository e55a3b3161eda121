"""Pictures, where matplotlib is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def plot_curves(epochs: list[dict[str, Any]], title: str, path: Path) -> bool:
    """Draw loss and accuracy over the epochs into a PNG file; return whether matplotlib is there to do so."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    numbers = [e["epoch"] for e in epochs]
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axis, what in zip(axes, ("loss", "accuracy"), strict=True):
        for part, color, marker in (("train", "#0072B2", "o"), ("validation", "#D55E00", "s")):
            axis.plot(
                numbers, [e[f"{part}_{what}"] for e in epochs], color=color, marker=marker, markersize=3, label=part
            )
        axis.set(xlabel="epoch", ylabel=what)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.grid(alpha=0.3)
        axis.legend()
    figure.suptitle(title)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return True
