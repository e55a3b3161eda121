"""The main job and the test of what it saved, through their command lines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from train_command import write_images

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["--dataset", "digits", "--train-size", "3000", "--validation", "1000", "--epochs", "2", "--hidden", "32"]
QUICK += ["--dropout", "0", "--input-dropout", "0", "--batch-size", "32", "--lr", "0.05"]


def run(script: str, *arguments: object, offline: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a script of the application as a user does, but without matplotlib and, if asked, without MNIST."""
    blocked = "sys.modules['matplotlib'] = None;"
    if offline is not None:  # no data on disk, and no network
        blocked += f"import os, socket; os.environ['TINYGRAD_NP_DATA'] = {str(offline)!r};"
        blocked += "socket.getaddrinfo = lambda *a, **k: (_ for _ in ()).throw(OSError('no network here'));"
    path = ROOT / "examples" / "mnist" / script
    code = f"import runpy, sys; {blocked} sys.argv = sys.argv[1:]; sys.path.insert(0, {str(path.parent)!r});"
    code += f"runpy.run_path({str(path)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code, script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("run") / "first"
    return folder, run("train.py", *QUICK, "--seed", 3, "--output", folder)


def test_training_learns_and_says_what_it_did(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, result = trained
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert all(line.startswith("[digits] ") for line in lines)
    assert sum("epoch " in line and "train loss" in line for line in lines) == 2
    assert "no curves.png: matplotlib is not installed" in result.stdout
    assert float(re.search(r"test accuracy ([\d.]+) of the best model", result.stdout)[1]) > 0.5  # chance is 0.1
    assert "Traceback" not in result.stderr


def test_every_file_names_the_data_set(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = trained
    files = ["best.npz", "config.json", "last.npz", "metrics.jsonl", "run.json"]
    assert sorted(path.name for path in folder.iterdir()) == files
    record = json.loads((folder / "run.json").read_text())
    assert record["dataset"] == "digits"
    assert record["config"]["hidden"] == [32]
    epochs = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [epoch["dataset"] for epoch in epochs] == ["digits", "digits"]
    best = max(epochs, key=lambda epoch: epoch["validation_accuracy"])
    assert record["results"]["validation_accuracy"] == best["validation_accuracy"]
    with np.load(folder / "best.npz", allow_pickle=False) as file:
        assert any("weight" in name for name in file.files)


def test_the_saved_model_gives_the_same_test_accuracy(trained: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, result = trained
    accuracy = re.search(r"test accuracy ([\d.]+)", result.stdout)[1]
    for path in (folder, folder / "best.npz"):
        tested = run("test.py", path)
        assert tested.returncode == 0, tested.stderr
        assert re.search(r"\[digits\] test accuracy ([\d.]+)", tested.stdout)[1] == accuracy


def test_the_same_seed_gives_the_same_bits(
    trained: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    folder, _ = trained
    assert run("train.py", *QUICK, "--seed", 3, "--output", tmp_path / "again").returncode == 0
    with np.load(folder / "best.npz") as first, np.load(tmp_path / "again" / "best.npz") as second:
        for name in first.files:
            if "weight" in name or "bias" in name:
                np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "mse", "--activation", "sigmoid"],
        ["--loss", "bce", "--activation", "tanh", "--dropout", "0.1", "--weight-decay", "1e-4"],
        ["--hidden", "--schedule", "step", "--lr-step", "1"],
        ["--hidden", "20", "10", "--schedule", "linear", "--momentum", "0.9", "--input-dropout", "0.1"],
    ],
    ids=" ".join,
)
def test_options(options: list[str], tmp_path: Path) -> None:
    result = run("train.py", *QUICK, "--train-size", 500, *options, "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert run("test.py", tmp_path / "run").returncode == 0


def test_without_mnist_it_says_so_loudly_and_trains_on_digits(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = run("train.py", *QUICK[2:], "--output", tmp_path / "run", offline=empty)
    assert result.returncode == 0, result.stderr
    loud = [line for line in result.stderr.splitlines() if line.startswith("WARNING")]
    assert len(loud) == 1
    assert "MNIST is NOT available, training on GENERATED DIGITS" in loud[0]
    assert all(line.startswith("[digits] ") for line in result.stdout.splitlines())
    assert json.loads((tmp_path / "run" / "run.json").read_text())["dataset"] == "digits"


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_data_set_asked_for_by_name_is_not_replaced(name: str, tmp_path: Path) -> None:
    result = run("train.py", *QUICK[2:], "--dataset", name, "--output", tmp_path / "run", offline=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    (message,) = result.stderr.splitlines()
    assert message.startswith("train.py: ")
    assert "could not be downloaded" in message
    assert not (tmp_path / "run").exists()


def test_a_data_dir_without_data_is_called_by_its_option(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    result = run("train.py", *QUICK[2:], "--data-dir", empty, "--output", tmp_path / "run", offline=tmp_path)
    assert result.returncode == 1
    (message,) = result.stderr.splitlines()
    assert message.startswith(f"train.py: MNIST is not in --data-dir {empty} and could not be downloaded: ")
    assert "put its files (train-images-idx3-ubyte.gz, " in message
    assert "in a folder and give that by --data-dir or in the environment variable TINYGRAD_NP_DATA" in message
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "-1"], "--lr must be above 0, not -1.0"),
        (["--lr", "fast"], "invalid float value: 'fast'"),
        (["--activation", "step"], "invalid choice: 'step'"),
        (["--epochs", "0"], "--epochs must be at least 1, not 0"),
        (["--hidden", "0"], "--hidden must be positive sizes"),
        (["--dropout", "1"], "--dropout must be at least 0 and below 1"),
        (["--speed", "9"], "unrecognized arguments: --speed 9"),
        (["--schedule", "step"], "--schedule step needs --lr-step"),
    ],
)
def test_wrong_options_are_one_clear_line(options: list[str], message: str) -> None:
    result = run("train.py", *options)
    assert result.returncode == 2
    assert message in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_more_samples_than_there_are(tmp_path: Path) -> None:
    images = write_images(tmp_path / "rows", count=600)
    result = run("train.py", "--dataset", images, "--validation", 600, "--output", tmp_path / "run")
    assert result.returncode == 1
    assert "leaves 0 to train on" in result.stderr


def test_an_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("train.py", *QUICK, "--output", tmp_path / "file" / "run")
    assert result.returncode == 1
    assert "cannot write into --output" in result.stderr


@pytest.mark.parametrize("kind", ["missing", "empty folder", "text", "other arrays"])
def test_what_is_not_a_run(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("hello")
    elif kind == "other arrays":
        np.savez(path, a=np.ones(3))
    result = run("test.py", path)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("test.py: ")
