"""Pictures of runs: what they are drawn from is right, and the page of them stands by itself."""

from __future__ import annotations

import base64
import doctest
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
import train_command
from nn.datasets import FashionMNIST

sys.path.insert(0, str(train_command.SCRIPT.parent))  # train_command does so too

import visualize
from application import inspection
from application import trained as trained_module
from application.data import DataUnavailableError
from application.inspection import hidden_activations, initial_model, list_layers, project
from application.page import Picture, Section, format_page
from application.pictures import curves, samples, style, weights
from application.trained import Trained, open_trained, results_folder

WITHOUT = "pictures need matplotlib, which is not installed"
ODD = r'<b>&"$\frac$ _'  # a name that HTML or matplotlib could take for something else
EACH = ("violins", "heat_maps", "filters", "units", "confusion", "mistakes", "stages")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_command.write_images(tmp_path_factory.mktemp("data") / "rows")


@pytest.fixture(scope="module")
def runs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a run with two hidden layers, and one with none."""
    folder = tmp_path_factory.mktemp("visualize")
    options = ["--dataset", data, "--validation", 200, "--epochs", 2, "--batch-size", 20, "--lr", 0.02]
    assert train_command.run_here(*options, "--hidden", 9, 8, "--output", folder / ODD) == 0
    assert train_command.run_here(*options, "--hidden", "--output", folder / "softmax") == 0
    return folder / ODD, folder / "softmax"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect figures instead of writing them."""
    figure = pytest.importorskip("matplotlib.figure", reason=WITHOUT)
    found: list[Any] = []
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, *_, **__: found.append(self))
    return found


def run_visualize(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = visualize.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


class Page(HTMLParser):
    """Collects what a page shows and names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


# ---- the command


def test_several_runs(runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    status, out, err = run_visualize(capsys, *runs, "--output", tmp_path / "out")
    assert (status, err) == (0, "")
    assert out == f"wrote 15 pictures and {tmp_path / 'out' / 'report.html'}\n"
    names = [f"{run.name}_{picture}.png" for run in runs for picture in EACH]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*names, "curves.png", "report.html"}
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    images = [value for name, value in page.attributes if name == "src"]
    assert len(images) == page.tags.count("img") == 15
    for image in images:
        assert image is not None
        assert base64.b64decode(image.removeprefix("data:image/png;base64,"), validate=True).startswith(b"\x89PNG")
    assert "b" not in page.tags[: page.tags.index("section")]  # the name of the run is text
    assert ODD in page.text
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert not re.search(r"https?:|url\(|@import", text)
    accuracy = json.loads((runs[0] / "run.json").read_text())["results"]["test_accuracy"]
    assert f"{accuracy:.4f} of 200 images" in page.text


def test_a_bare_model_has_no_curves(
    runs: tuple[Path, Path], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], drawn: list[Any],
) -> None:  # fmt: skip
    (tmp_path / "bare.npz").write_bytes((runs[1] / "best.npz").read_bytes())
    monkeypatch.setattr(visualize, "format_page", lambda title, sections: title)
    status, out, err = run_visualize(capsys, tmp_path / "bare.npz", "--data-dir", data)
    assert status == 0
    assert len(drawn) == 7
    assert err == "bare: no curves, as there are no metrics.jsonl beside the model\n"
    assert out == f"wrote 7 pictures and {tmp_path / 'pictures' / 'report.html'}\n"


def test_wrong_calls(runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib", reason=WITHOUT)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "best.npz").write_bytes((runs[1] / "best.npz").read_bytes())
    (damaged / "metrics.jsonl").write_text('{"epoch": 1}\n')
    (tmp_path / "file").touch()
    for arguments, status, message in (
        (["no/run"], 1, "no/run holds no model"),
        ([damaged], 1, "metrics.jsonl is damaged: KeyError: 'train_loss'; move it away"),
        ([runs[1], "--output", tmp_path / "file"], 1, "cannot write into"),
        ([runs[1], "--nothing"], 2, "unrecognized arguments: --nothing"),
    ):
        found, out, err = run_visualize(capsys, *arguments)
        assert (found, out) == (status, "")
        assert len(err.splitlines()) == 1
        assert message in err


def test_without_matplotlib(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    status, _, err = run_visualize(capsys, runs[0])
    assert (status, err) == (1, "visualize.py: pictures need the package matplotlib: pip install matplotlib\n")
    assert not (runs[0] / "pictures").exists()


# ---- what is drawn


@pytest.mark.parametrize("init", ["default", "orthogonal", "kaiming-normal", "normal"])
def test_weights_before_training_are_those_that_training_began_with(init: str, data: Path, tmp_path: Path) -> None:
    """A step of 1e-30 changes no weight, so that what is saved is what was drawn."""
    options = ["--dataset", data, "--epochs", 1, "--lr", 1e-30, "--validation", 100, "--seed", 5, "--init", init]
    assert train_command.run_here(*options, "--hidden", 9, 7, "--normalize", "--output", tmp_path / "run") == 0
    trained = open_trained(str(tmp_path / "run"))
    assert len(list_layers(trained)) == 3
    for layer in list_layers(trained):
        np.testing.assert_array_equal(layer.weight_before, layer.weight)
        np.testing.assert_array_equal(layer.bias_before, layer.bias)
    other = initial_model(replace(trained.config, seed=6)).state_dict()
    weight = next(value.numpy() for name, value in other.items() if "weight" in name)
    assert not np.array_equal(weight, list_layers(trained)[0].weight)


def test_hidden_activations_lead_to_the_outputs(runs: tuple[Path, Path]) -> None:
    trained = open_trained(str(runs[0]))
    images = np.random.default_rng(0).random((1300, 10, 12), np.float32)  # more than a batch
    first, second = hidden_activations(trained, images)
    assert (first.shape, second.shape) == ((1300, 9), (1300, 8))
    assert min(first.min(), second.min()) == 0
    _, middle, last = list_layers(trained)
    np.testing.assert_allclose(np.maximum(first @ middle.weight.T + middle.bias, 0), second, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(second @ last.weight.T + last.bias, trained.outputs(images), rtol=1e-4, atol=1e-5)
    assert hidden_activations(open_trained(str(runs[1])), images) == []


def test_projections_keep_variance_and_say_how_much() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1] + 7
    projections, parts = project(points, 6)
    variances = np.linalg.eigvalsh(np.cov(points.T))[::-1]
    np.testing.assert_allclose(projections.var(0, ddof=1), variances)
    np.testing.assert_allclose(parts, variances / variances.sum())
    np.testing.assert_allclose(projections.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(project(points)[0], projections[:, :2])
    for few in (np.ones((1, 4)), np.ones((5, 1)), np.ones((3, 3))):
        projections, parts = project(few)
        assert projections.shape == (len(few), 2)
        assert not projections.any()
        assert not parts.any()


def test_mistakes_are_the_surest_ones(
    runs: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = open_trained(str(runs[0]))
    images = trained.load_data("test")
    found: dict[str, Any] = {}
    monkeypatch.setattr(visualize, "MISTAKES", 5)

    def draw(file: str, title: str, plot: Any, *arguments: Any, caption: str) -> None:
        found[file] = arguments

    accuracy = visualize.draw_answers(trained, images, draw)
    pixels, truths, answers, sure = found["mistakes"]
    chances = trained.probabilities(trained.outputs(images.data / np.float32(255)))
    wrong = chances.argmax(1) != images.targets
    assert round(accuracy * len(images)) == np.count_nonzero(~wrong)
    np.testing.assert_array_equal(sure, np.sort(chances.max(1)[wrong])[::-1][:5])
    assert len(pixels) == 5
    assert all(truth != answer for truth, answer in zip(truths, answers, strict=True))
    assert np.trace(found["confusion"][0]) == round(accuracy * len(images))
    assert [name for name, _ in found["stages"][0]] == ["pixels", "hidden layer 1", "hidden layer 2", "outputs"]


def test_a_folder_of_data_may_have_moved(runs: tuple[Path, Path], data: Path, tmp_path: Path) -> None:
    trained = open_trained(str(runs[0]))
    gone = replace(trained, dataset=str(tmp_path / "gone"))
    with pytest.raises(DataUnavailableError, match="gone is neither"):
        gone.load_data("test")
    np.testing.assert_array_equal(gone.load_data("test", str(data)).data, trained.load_data("test").data)
    with pytest.raises(DataUnavailableError, match="images of 5 x 5 pixels in 2 classes, but"):
        gone.load_data("test", str(train_command.write_images(tmp_path / "other", 30, (5, 5), classes=2)))


def test_fashion_has_names(runs: tuple[Path, Path]) -> None:
    trained = open_trained(str(runs[0]))
    config = replace(trained.config, dataset="fashion-mnist", classes=10)
    assert Trained(trained.file, trained.model, config, "fashion-mnist").classes == list(FashionMNIST.source.classes)


def test_curves_of_runs(tmp_path: Path, drawn: list[Any]) -> None:
    names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr")
    courses = {
        f"_run {run}$": [{"epoch": e, **dict.fromkeys(names, 1 / (e + run))} for e in range(1, 3 + run)]
        for run in range(12)
    }
    curves.plot_runs(courses, tmp_path / "curves.png")
    figure = drawn[0]
    loss, _, rate = figure.axes
    assert [len(line.get_xdata()) for line in rate.lines[:-1]] == [len(course) for course in courses.values()]
    assert len(loss.lines) == 25  # two a run, and an empty one
    widths = [line.get_linewidth() for line in rate.lines[:4]]
    assert widths == sorted(set(widths), reverse=True)  # the same rates show below each other
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend[:2] == ["train", "validation"]
    assert len(legend) == 14
    looks = {(line.get_color(), line.get_marker()) for line in loss.lines[:-1]}
    assert len(looks) == 10  # then they begin again


def layer(inputs: int, outputs: int) -> inspection.Layer:
    rng = np.random.default_rng(0)
    before, after = rng.normal(size=(2, outputs, inputs))
    return inspection.Layer(f"{inputs} to {outputs}", before, after, np.zeros(outputs), np.zeros(outputs))


@pytest.mark.parametrize("sizes", [(12, 3), (12, 70, 3), (12, *[4] * 13, 3), (12, 1, 1)], ids=str)
def test_any_depth(sizes: tuple[int, ...], tmp_path: Path, drawn: list[Any]) -> None:
    layers = [layer(a, b) for a, b in pairwise(sizes)]
    names = ["Shirt", "Ankle boot", "Bag"][: sizes[-1]]
    weights.plot_violins(layers, "", tmp_path / "a.png")
    weights.plot_heat_maps(layers, "", tmp_path / "a.png")
    weights.plot_units(layers, names, "", tmp_path / "a.png")
    weights.plot_filters(layers[0], None if len(layers) > 1 else names, (3, 4), "", tmp_path / "a.png")
    shown = min(len(layers), style.MOST_PANELS)
    violins, maps, units, filters = drawn
    assert len(violins.axes[0].get_xticks()) == shown
    assert len(maps.axes) == 4 * shown  # with a scale for each row
    assert sum(axes.get_visible() for axes in units.axes) == shown
    labels = units.axes[shown - 1].texts
    assert [text.get_text() for text in labels] == names
    units.draw_without_rendering()
    frame = units.axes[shown - 1].get_window_extent()
    for extent in (text.get_window_extent() for text in labels):
        assert frame.x0 <= extent.x0
        assert extent.x1 <= frame.x1
    pictures = [axes for axes in filters.axes if axes.images]
    assert len(pictures) == min(sizes[1], weights.MOST_FILTERS)
    if len(layers) == 1:
        assert [axes.get_title() for axes in pictures] == names


@pytest.mark.parametrize("classes", [1, 10, 47])
def test_stages_of_any_number_of_classes(classes: int, tmp_path: Path, drawn: list[Any]) -> None:
    rng = np.random.default_rng(0)
    stages = [(str(number), rng.normal(size=(60, 5))) for number in range(9)]
    targets = rng.integers(classes, size=60)
    samples.plot_stages(stages, targets, [str(label) for label in range(classes)], "", tmp_path / "a.png")
    assert [axes.get_title() for axes in drawn[0].axes] == ["0", "2", "3", "5", "6", "8"]
    assert len(drawn[0].legends) == (classes <= samples.MOST_CLASSES)


def test_no_mistake_at_all(tmp_path: Path, drawn: list[Any]) -> None:
    samples.plot_mistakes(np.zeros((0, 28, 28)), [], [], [], "", tmp_path / "a.png")
    assert drawn[0].texts[-1].get_text() == "there is no mistake"


# ---- the page


def test_text_of_a_page_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    hostile = "</title><script>alert(1)</script>\"'&amp;"
    picture = Picture(tmp_path / "a.png", hostile, hostile)
    page = Page(format_page(hostile, [Section(hostile, [(hostile, hostile)], [picture])]))
    assert "script" not in page.tags
    assert page.text.count(hostile) == 7
    assert ("alt", hostile) in page.attributes


def test_nothing_is_written_beside_a_model_of_the_repository(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = open_trained(str(runs[1])).file
    assert results_folder(file) == runs[1]
    monkeypatch.setattr(trained_module, "COMMITTED", runs[1].parent)
    assert results_folder(file) == Path("runs", "softmax")


def test_names_that_are_the_same(runs: tuple[Path, Path]) -> None:
    trained = open_trained(str(runs[1]))
    assert visualize.name_all([trained] * 3) == ["softmax", "softmax-2", "softmax-3"]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(inspection).failed == 0


def test_another_version_may_draw_other_weights(
    runs: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = open_trained(str(runs[0]))
    assert "weights before" not in dict(visualize.list_facts(trained, 0.5, 2))
    version = tg.__version__
    monkeypatch.setattr(tg, "__version__", "99")
    said = dict(visualize.list_facts(trained, 0.5, 2))["weights before"]
    assert said == f"recomputed from the seed by tinygrad_np 99, trained by {version}"
