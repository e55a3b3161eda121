"""Events for TensorBoard, where tensorboardX is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .run import RunError


def require_tensorboardx() -> Any:
    """Return the package.

    Raises
    ------
    RunError
        If it is not installed.
    """
    try:
        import tensorboardX
    except ImportError:
        raise RunError("--tensorboard needs the package tensorboardX: pip install tensorboardX") from None
    return tensorboardX


class Events:
    """Writes the figures of epochs into a folder that TensorBoard shows.

    Parameters
    ----------
    folder
        of the run.
    done
        epochs that are done already; events of later ones, from before an interruption, are not shown.
    """

    def __init__(self, folder: Path, done: int) -> None:
        self.writer: Any = require_tensorboardx().SummaryWriter(str(folder), purge_step=done + 1)

    def add(self, figures: dict[str, Any]) -> None:
        """Write the figures of an epoch, and make sure that they are in the file."""
        for name, value in figures.items():
            if name != "epoch" and value is not None:
                part, _, what = name.partition("_")
                self.writer.add_scalar(f"{what}/{part}" if what else name, value, figures["epoch"])
        self.writer.flush()
