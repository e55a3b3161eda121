"""Images and classes as plain arrays, for processes that must not import this project."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

DATA = {"MNIST, 60,000 images": ("mnist", 60_000), "1,024 generated digits": ("digits", 1024)}  # name of the row
FULL, SMOKE = DATA


def arrays(row: str) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels from 0 to 1 (N, 784), float32, and classes (N,), int64; another process makes them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, __file__, row, folder], check=True)
        return np.load(Path(folder, "x.npy")), np.load(Path(folder, "y.npy"))


def write(row: str, folder: str) -> None:
    """Write the two arrays of `row` into a folder."""
    from nn.datasets import MNIST, Digits

    name, count = DATA[row]
    data = MNIST() if name == "mnist" else Digits(size=count)
    np.save(Path(folder, "x.npy"), data.data[:count].reshape(count, -1) / np.float32(255))
    np.save(Path(folder, "y.npy"), data.targets[:count].astype(np.int64))


if __name__ == "__main__":
    write(*sys.argv[1:])
