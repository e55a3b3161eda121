"""The main job as tests run it: in a process of its own or in this one, on images that take no time to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from nn.datasets import write_idx

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "mnist" / "train.py"
if str(SCRIPT.parent) not in sys.path:
    sys.path.insert(0, str(SCRIPT.parent))


def command(*arguments: object, blocked: tuple[str, ...] = ("matplotlib",)) -> list[str]:
    """Return the command that runs train.py as a user does, but without some packages."""
    code = f"import runpy, sys; sys.modules.update(dict.fromkeys({blocked!r})); sys.argv = sys.argv[1:]; "
    code += f"sys.path.insert(0, {str(SCRIPT.parent)!r}); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return [sys.executable, "-c", code, "train.py", *map(str, arguments)]


def train(*arguments: object, blocked: tuple[str, ...] = ("matplotlib",)) -> subprocess.CompletedProcess[str]:
    """Run train.py to its end."""
    return subprocess.run(
        command(*arguments, blocked=blocked), capture_output=True, text=True, timeout=100, check=False
    )


def run_here(*arguments: object) -> int:
    """Run train.py in this process, without curves, and return its status."""
    import train as script

    plot_curves = script.plot_curves
    script.plot_curves = lambda *arguments: True
    try:
        return script.main([str(argument) for argument in arguments])
    finally:
        script.plot_curves = plot_curves


def write_images(folder: Path, count: int = 600, shape: tuple[int, ...] = (10, 12), classes: int = 4) -> Path:
    """Write a data set whose images are noise, brighter in a row that says the class, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, size, seed in (("train", count, 0), ("t10k", count // 3, 1)):
        rng = np.random.default_rng(seed)
        labels = rng.integers(classes, size=size).astype(np.uint8)
        labels[-1] = classes - 1
        images = rng.integers(180, size=(size, *shape)).astype(np.uint8)
        images[np.arange(size), 1 + 2 * labels] += 60
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)
    return folder


def epochs_of(run: Path) -> list[dict[str, Any]]:
    """Return the lines of the log of a run."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
