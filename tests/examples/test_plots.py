"""Pictures are drawn, without a display, where matplotlib is installed."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "mnist")
if EXAMPLE not in sys.path:
    sys.path.insert(0, EXAMPLE)

from application.plots import new_figure, plot_confusion, plot_curves  # noqa: E402

WITHOUT = "pictures need matplotlib, which is not installed"
FASHION = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle-boot"]


def course(epochs: int, **others: float) -> list[dict[str, float]]:
    figures = []
    for epoch in range(1, epochs + 1):
        loss = {"train_loss": 1 / epoch, "validation_loss": 0.1 + 0.5 / epoch}
        accuracy = {"train_accuracy": 1 - 0.5 / epoch, "validation_accuracy": 0.9 - 0.3 / epoch}
        figures.append({"epoch": epoch, **loss, **accuracy, "lr": 0.1 / epoch, **others})
    return figures


def size(path: Path) -> tuple[int, int]:
    """Return the width and the height of a PNG file."""
    header = path.read_bytes()[:24]
    assert header.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(header[16:20]), int.from_bytes(header[20:24])


@pytest.mark.parametrize("epochs", [1, 2, 200])
def test_curves(epochs: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    assert plot_curves(course(epochs), "title", tmp_path / "curves.png")
    width, height = size(tmp_path / "curves.png")
    assert width > 2 * height > 600


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_curves_of_a_training_that_diverged(value: float, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    figures = course(3, train_loss=value, validation_loss=value)
    assert plot_curves(figures, "title", tmp_path / "curves.png")
    assert size(tmp_path / "curves.png")


def test_curves_mark_the_latest_of_the_best_epochs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason=WITHOUT)
    drawn = []
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, *_, **__: drawn.append(self))
    figures = course(5)
    figures[1]["validation_accuracy"] = figures[3]["validation_accuracy"] = 0.97
    assert plot_curves(figures, "title", tmp_path / "curves.png")
    loss, accuracy, rate = drawn[0].axes
    for axes in (loss, accuracy, rate):
        assert list(axes.lines[-1].get_xdata()) == [4, 4]
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == ["train", "validation", "best epoch, 4"]
    assert "0.9700" in accuracy.get_title()
    np.testing.assert_array_equal(rate.lines[0].get_ydata(), [epoch["lr"] for epoch in figures])
    np.testing.assert_array_equal(loss.lines[1].get_ydata(), [epoch["validation_loss"] for epoch in figures])


def test_curves_of_no_epoch(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no epoch to draw"):
        plot_curves([], "title", tmp_path / "curves.png")


@pytest.mark.parametrize("classes", [1, 2, 10, 47])
def test_confusion(classes: int, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    matrix = np.random.default_rng(0).integers(0, 1000, (classes, classes))
    names = FASHION if classes == 10 else [str(i) for i in range(classes)]
    assert plot_confusion(matrix, names, "title", tmp_path / "confusion.png")
    assert min(size(tmp_path / "confusion.png")) > 300


@pytest.mark.parametrize("matrix", [np.zeros((3, 3), int), np.diag([5, 0, 7])], ids=["empty", "no mistake"])
def test_confusion_of_nothing(matrix: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    assert plot_confusion(matrix, ["a", "b", "c"], "title", tmp_path / "confusion.png")


def test_confusion_writes_each_count_that_is_not_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason=WITHOUT)
    drawn = []
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, *_, **__: drawn.append(self))
    matrix = np.array([[90, 0, 10], [1, 50, 0], [0, 0, 7]])
    plot_confusion(matrix, ["cat", "dog", "axolotl"], "title", tmp_path / "confusion.png")
    axes = drawn[0].axes[0]
    texts = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in axes.texts}
    assert texts == {(0, 0): "90", (0, 2): "10", (1, 0): "1", (1, 1): "50", (2, 2): "7"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog", "axolotl"]
    assert axes.get_xlabel() == "predicted class"
    right, mistaken = (image.get_array() for image in axes.images)
    np.testing.assert_allclose(np.diagonal(right), [0.9, 50 / 51, 1])
    assert mistaken[0, 2] == mistaken.max() == axes.images[1].get_clim()[1] == 0.1


def test_confusion_of_another_number_of_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 2\) does not fit 3 names"):
        plot_confusion(np.eye(2, dtype=int), ["a", "b", "c"], "title", tmp_path / "confusion.png")


@pytest.mark.parametrize("width", [5, 8, 14])
def test_a_title_is_shown_as_it_is_and_not_wider_than_the_figure(width: int) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    name = r"$\frac$ costs $a$, or " + "walnut" * 25 + " " + "-".join(["500"] * 20)
    figure = new_figure(width, 6, f"{name}\nwhat it shows")
    figure.subplots().plot([0, 1])
    figure.draw_without_rendering()
    shown = figure.get_suptitle().replace(r"\$", "$")
    assert "$" not in figure.get_suptitle().replace(r"\$", "")
    assert "".join(shown.split()) == "".join(f"{name} what it shows".split())
    assert shown.endswith("\nwhat it shows")
    place = figure._suptitle.get_window_extent()
    assert place.x0 >= 0
    assert place.x1 <= figure.bbox.width


def test_no_display_is_needed_and_the_backend_left_alone(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    code = f"""
import os, sys
os.environ.pop("DISPLAY", None)
os.environ["MPLBACKEND"] = "svg"  # the user's choice
sys.path.insert(0, {EXAMPLE!r})
from pathlib import Path
import numpy as np
from application.plots import plot_confusion
assert plot_confusion(np.eye(2, dtype=int), ["a", "b"], "title", Path(sys.argv[1]))
import matplotlib
assert matplotlib.get_backend() == "svg"
"""
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path / "confusion.png")]
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    assert size(tmp_path / "confusion.png")


def test_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    assert not plot_curves(course(1), "title", tmp_path / "picture.png")
    assert not plot_confusion(np.eye(2, dtype=int), ["a", "b"], "title", tmp_path / "picture.png")
    assert not (tmp_path / "picture.png").exists()
