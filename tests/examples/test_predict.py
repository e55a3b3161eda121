"""Pictures of any kind are made alike to MNIST's, and what cannot be read does not stop the others."""

from __future__ import annotations

import doctest
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import train_command
from nn import datasets

sys.path.insert(0, str(train_command.SCRIPT.parent))  # train_command does so too

import predict
from application import images, trained
from application.images import ImageError, prepare, read_image, sketch

WITHOUT = "image files need Pillow, which is not installed"
SIZE = (28, 28)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small network that knows the generated digits."""
    folder = tmp_path_factory.mktemp("predict") / "digits"
    options = "--dataset digits --train-size 4000 --validation 500 --epochs 3 --hidden 64 --dropout 0 --input-dropout 0"
    assert train_command.run_here(*options.split(), "--batch-size", 32, "--lr", 0.05, "--output", folder) == 0
    return folder


def seven(paper: int = 255, ink: int = 0, size: tuple[int, int] = (120, 90)) -> np.ndarray:
    """Return a seven, not in the middle: (H, W) of uint8."""
    page = np.full(size, paper, np.uint8)
    page[20:26, 25:60] = ink
    for step in range(60):
        page[22 + step, 57 - step // 2 : 63 - step // 2] = ink
    return page


def ask(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = predict.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return status, out, err


# ---- making alike


def test_digits_of_mnists_kind_stay_as_they_are() -> None:
    data = datasets.Digits(train=False, size=300)
    pixels = data.data / np.float32(255)
    again = np.stack([prepare(image, "mnist", SIZE) for image in pixels])
    exact = [np.allclose(new, old / old.max(), atol=1e-6) for new, old in zip(again, pixels, strict=True)]
    assert np.mean(exact) > 0.8  # the rest has ink too faint for the box, or is off the middle by a pixel
    assert np.abs(again - pixels).mean() < 0.02


def test_a_digit_lies_in_its_box_with_its_mass_in_the_middle() -> None:
    image = prepare(seven() / 255, "mnist", SIZE)
    assert image.shape == SIZE
    assert image.dtype == np.float32
    assert image.min() == 0
    assert image.max() == 1
    rows, columns = np.nonzero(image)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert abs((image.sum(1) @ np.arange(28)) / image.sum() - 14) <= 0.5
    assert abs((image.sum(0) @ np.arange(28)) / image.sum() - 14) <= 0.5


@pytest.mark.parametrize("noise", [-1e-5, 0.0, 1e-5])
def test_a_mass_midway_between_two_pixels_goes_one_way(noise: float) -> None:
    """The last digits of the sums, which depend on the machine, move nothing."""
    page = np.ones((100, 80))
    page[10:70, 30:36] = 0
    page[10:40, 30:36] += noise + 1e-5
    image = prepare(page, "mnist", (28, 28))
    assert np.flatnonzero((image > 0.5).any(1))[[0, -1]].tolist() == [4, 23]


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (200, 90), (60, 140)])
@pytest.mark.parametrize("shift", [0, 15])
def test_polarity_contrast_and_place_do_not_matter(paper: int, ink: int, shift: int) -> None:
    expected = prepare(seven() / 255, "mnist", SIZE)
    picture = np.roll(seven(paper, ink), (shift, -shift), (0, 1)) / 255
    np.testing.assert_allclose(prepare(picture, "mnist", SIZE), expected, atol=1e-5)


def distance(image: np.ndarray, other: np.ndarray) -> float:
    """Return the mean distance of pixels, but for a shift by a pixel, which a centre of mass between two can decide."""
    shifted = [np.roll(image, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return min(float(np.abs(each - other).mean()) for each in shifted)


@pytest.mark.parametrize("factor", [2, 9, 25])
def test_the_size_hardly_matters(factor: int) -> None:
    large = np.kron(seven(), np.ones((factor, factor), np.uint8))
    assert distance(prepare(large / 255, "mnist", SIZE), prepare(seven() / 255, "mnist", SIZE)) < 0.02


@pytest.mark.parametrize(("factor", "noise"), [(1, 2), (1, 8), (6, 10), (6, 25)])
@pytest.mark.parametrize("light", [0.0, 0.5])
def test_grain_of_paper_and_light_from_one_side_are_paper(factor: int, noise: int, light: float) -> None:
    page = np.kron(seven(220, 40), np.ones((factor, factor), np.uint8))
    lit = page * (1 - light * np.linspace(0, 1, page.shape[1])) + np.random.default_rng(0).normal(0, noise, page.shape)
    image = prepare(np.clip(lit, 0, 255) / 255, "mnist", SIZE)
    assert distance(image, prepare(seven() / 255, "mnist", SIZE)) < 0.04


def test_dots_are_grey() -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    page = np.kron(seven(215, 20), np.ones((6, 6), np.uint8))
    dots = np.asarray(image.fromarray(page).convert("1"), np.float32)
    assert set(np.unique(dots)) == {0, 1}
    assert distance(prepare(dots, "mnist", SIZE), prepare(seven() / 255, "mnist", SIZE)) < 0.04


def test_fashion_fills_the_image_and_unknown_data_are_only_scaled() -> None:
    rows, columns = np.nonzero(prepare(seven() / 255, "fashion-mnist", SIZE))
    assert (rows.min(), rows.max()) == (0, 27)
    assert abs(columns.min() - (27 - columns.max())) <= 1
    page = np.random.default_rng(0).random((10, 12), np.float32)
    np.testing.assert_array_equal(prepare(page, "/some/folder", (10, 12)), page)
    halved = prepare(np.kron(page, np.ones((2, 2))), "/some/folder", (10, 12))
    assert np.abs(halved - page).max() < 0.5  # a triangle reaches into the neighbours


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (2, 2), (28, 28), (3, 500)])
def test_any_shape(shape: tuple[int, int]) -> None:
    page = np.zeros(shape)
    page[0, : max(1, shape[1] // 3)] = 1
    if np.ptp(page) == 0:
        page[0, 0] = 0
    assert prepare(page, "mnist", SIZE).shape == SIZE


@pytest.mark.parametrize("page", [np.ones((9, 9)), np.zeros((1, 1)), np.full((30, 5), 0.4), np.zeros((0, 5))])
@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist", "/some/folder"])
def test_a_blank_picture(page: np.ndarray, dataset: str) -> None:
    with pytest.raises(ImageError, match="blank"):
        prepare(page, dataset, SIZE)


# ---- files


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.bmp"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_kinds_of_files(name: str, mode: str, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    picture = image.fromarray(seven()).convert(mode)
    if name == "a.jpg" and mode == "P":
        picture = picture.convert("CMYK")
    picture.save(tmp_path / name)
    assert np.abs(read_image(tmp_path / name) - seven() / 255).mean() < 0.02


def test_sixteen_bits(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    image.fromarray(seven().astype(np.uint16) * 257).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), seven() / 255, atol=1e-6)


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("hidden", [0, 255])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_drawing_on_nothing(ink: int, hidden: int, mode: str, tmp_path: Path) -> None:
    """What colour transparent pixels have does not show."""
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    drawn = seven() == 0
    grey = np.where(drawn, ink, hidden).astype(np.uint8)
    channels = [grey] * (len(mode) - 1) + [(drawn * 255).astype(np.uint8)]
    image.fromarray(np.dstack(channels), mode if mode == "RGBA" else None).save(tmp_path / "a.png")
    expected = prepare(seven() / 255, "mnist", SIZE)
    np.testing.assert_allclose(prepare(read_image(tmp_path / "a.png"), "mnist", SIZE), expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_colour_that_is_transparent(mode: str, tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    picture = image.fromarray(seven(paper=100, ink=0)).convert(mode)
    color = {"P": picture.convert("P").getpixel((0, 0)), "L": 100, "RGB": (100, 100, 100)}[mode]
    picture.save(tmp_path / "a.png", transparency=color)
    np.testing.assert_allclose(read_image(tmp_path / "a.png"), seven() / 255, atol=1e-6)


def test_a_camera_held_sideways(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    exif = image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    image.fromarray(np.rot90(seven())).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), seven() / np.float32(255))


def test_what_cannot_be_read_does_not_stop_the_others(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    for name, page in (("first.png", seven()), ("blank.png", np.full((40, 40), 255, np.uint8)), ("last.png", seven())):
        image.fromarray(page).save(tmp_path / name)
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "cut.png").write_bytes((tmp_path / "first.png").read_bytes()[:90])
    (tmp_path / "folder").mkdir()
    wrong = {
        "blank.png": "blank: all its pixels are alike",
        "empty.png": "is empty (0 bytes)",
        "text.png": "is not an image (PNG, JPEG",
        "cut.png": "cannot be read: ",
        "folder": "is a folder",
        "none.png": "does not exist",
    }
    paths = [tmp_path / name for name in ("first.png", *wrong, "last.png")]
    status, out, err = ask(capsys, run, *paths, "--json")
    assert status == 1
    assert len(err.splitlines()) == len(wrong)
    found = json.loads(out)["images"]
    assert [entry["image"] for entry in found] == [str(path) for path in paths]
    for entry, line, (name, message) in zip(found[1:-1], err.splitlines(), wrong.items(), strict=True):
        assert message in entry["error"]
        assert line.startswith(f"predict.py: {tmp_path / name}")
        assert message in line
    assert found[0]["class"] == found[-1]["class"] == "7"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pytest.importorskip("PIL", reason=WITHOUT)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(ImageError, match=r"pipe\.png is not a file"):
        read_image(tmp_path / "pipe.png")


def test_who_reads_the_output_may_have_enough(run: Path) -> None:
    script = train_command.SCRIPT.with_name("predict.py")
    command = [sys.executable, str(script), str(run), "--index", *map(str, range(200))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=20) == 141  # as after SIGPIPE


def test_too_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    image.fromarray(seven()).save(tmp_path / "a.png")
    monkeypatch.setattr(images, "LARGEST", 1000)
    with pytest.raises(ImageError, match="has 90 x 120 pixels, more than 1,000"):
        read_image(tmp_path / "a.png")


def test_without_pillow(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    status, _, err = ask(capsys, run, "a.png")
    assert (status, err) == (1, "predict.py: a.png needs the package Pillow: pip install Pillow\n")
    assert ask(capsys, run, "--index", 0)[0] == 0


# ---- the command


def test_people_see_the_picture_and_the_classes(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = pytest.importorskip("PIL.Image", reason=WITHOUT)
    image.fromarray(seven()).save(tmp_path / "seven.png")
    status, out, err = ask(capsys, run, tmp_path / "seven.png", "--top", 2)
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert str(tmp_path / "seven.png") in lines[0]
    assert "█" in out
    assert [line[30:31] for line in lines[2:5]] == ["7", lines[3][30], ""]
    assert "%  ####" in lines[2]


def test_images_of_the_data_set_are_what_the_network_is_tested_with(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = datasets.Digits(train=False)
    status, out, _ = ask(capsys, run, "--json", "--top", 10, "--index", *range(40))
    assert status == 0
    found = json.loads(out)["images"]
    model = trained.open_trained(str(run))
    expected = model.model(data.fetch(slice(0, 40))[0]).detach().numpy()
    assert [entry["class"] for entry in found] == [str(label) for label in expected.argmax(1)]
    assert [entry["truth"] for entry in found] == [str(label) for label in data.targets[:40]]
    for entry in found:
        chances = [each["probability"] for each in entry["top"]]
        assert chances == sorted(chances, reverse=True)
        assert abs(sum(chances) - 1) < 1e-12
    training = datasets.Digits(train=True, size=5)
    _, out, _ = ask(capsys, run, "--json", "--index", 4, "--split", "train")
    assert json.loads(out)["images"][0]["truth"] == str(training.targets[4])


@pytest.mark.parametrize("index", [-1, 10_000])
def test_an_index_that_does_not_exist(index: int, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = ask(capsys, run, "--index", index, 3)
    assert status == 1
    assert err == f"predict.py: digits has no test image {index}: they go from 0 to 9999\n"
    assert "digits test 3" in out


def test_a_bare_file_and_a_name(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bare.npz").write_bytes((run / "best.npz").read_bytes())
    monkeypatch.setattr(trained, "COMMITTED", run.parent)
    answers = [ask(capsys, name, "--index", 7) for name in (run, run / "last.npz", tmp_path / "bare.npz", "digits")]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 0
    monkeypatch.setattr(predict, "DEFAULT", "digits")
    monkeypatch.chdir(tmp_path)
    assert ask(capsys, "digits", "--index", 7) == answers[0]


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["RUN"], 2, "error: which images?"),
        (["RUN", "a.png", "--top", "0"], 2, "error: --top must be at least 1, not 0"),
        (["RUN", "--index", "x"], 2, "error: argument --index: invalid int value: 'x'"),
        (["RUN", "a.png", "--split", "test"], 2, "error: --split and --data-dir are for --index"),
        (["RUN", "--nothing"], 2, "error: unrecognized arguments: --nothing"),
        (["PICTURE"], 2, "stands where the model has to"),
        (["no/such/run", "a.png"], 1, "no/such/run holds no model"),
        (["PICTURE", "a.png"], 1, "is not a model of this application"),
    ],
)
def test_wrong_options(
    options: list[str], status: int, message: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    places = {"RUN": str(run), "PICTURE": str(tmp_path / "picture.png")}
    found, out, err = ask(capsys, *(places.get(option, option) for option in options))
    assert (found, out) == (status, "")
    assert len(err.splitlines()) == 1
    assert message in err


# ---- probabilities and the terminal


@pytest.mark.parametrize(("loss", "expected"), [("ce", [0.25, 0.75]), ("mse", [0.0, 1.0]), ("bce", [0.0, 1.0])])
def test_probabilities(loss: str, expected: list[float], run: Path) -> None:
    model = trained.open_trained(str(run))
    object.__setattr__(model.config, "loss", loss)
    outputs = np.array([[0.0, np.log(3)], [1000.0, 1000.0], [-1.0, -1.0]], np.float32)
    probabilities = model.probabilities(outputs)
    np.testing.assert_allclose(probabilities, [expected, [0.5, 0.5], [0.5, 0.5]], atol=1e-7)


def test_sketch_where_there_are_no_block_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.array([[0.0, 0.25, 0.5, 1.0]] * 3)
    assert sketch(image) == [" ░▒█", "  ░▒"]
    assert sketch(image, "ascii") == sketch(image, None) == sketch(image, "no-such-coding") == [" .:#", "  .:"]
    console = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", console)
    classes: list[dict[str, Any]] = [{"class": "7", "probability": 1.0}]
    predict.show({"image": "a.png"}, image, classes)
    console.flush()


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(images).failed == 0
