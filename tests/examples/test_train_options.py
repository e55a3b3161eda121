"""The choices of the main job: what each does, and that a wrong one is one clear line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from nn.datasets import write_idx
from train_command import SCRIPT, epochs_of, run_here, train, write_images

CONFIGS = sorted((SCRIPT.parent / "configs").iterdir())
QUICK = ["--validation", "100", "--batch-size", "50", "--epochs", "2", "--hidden", "8", "--lr", "0.1"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "rows")


def one_error(capsys: pytest.CaptureFixture[str], script: str = "train.py") -> str:
    """Return what stands on stderr, which must be one line."""
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{script}: ")
    return line


# ---- files of options


def test_yaml_and_json_and_the_command_line_over_both(tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    from application.command_line import parse

    (tmp_path / "a.yaml").write_text("hidden: [3, 4]\nlr: 1e-4\nbatch-size: 7\nnesterov: false\ndataset: null\n")
    (tmp_path / "a.json").write_text('{"hidden": [3, 4], "lr": 0.0001, "batch_size": 7, "nesterov": false}')
    expected = {"hidden": (3, 4), "lr": 1e-4, "batch_size": 7, "nesterov": False}
    assert parse(["--config", str(tmp_path / "a.yaml")]).given == expected | {"dataset": None}
    assert parse(["--config", str(tmp_path / "a.json")]).given == expected
    both = parse(["--lr", "3", "--config", str(tmp_path / "a.json"), "--nesterov", "--hidden"]).given
    assert both == expected | {"lr": 3.0, "nesterov": True, "hidden": []}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("speed: 9", "there is no option 'speed'"),
        ("classes: 9", "there is no option 'classes'"),
        ("lr: fast", "--lr must be a finite number, not 'fast'"),
        ("lr: .nan", "--lr must be a finite number, not nan"),
        ("lr: true", "--lr must be a finite number, not True"),
        ("lr: -1", "--lr must be above 0, not -1.0"),
        ("epochs: 1.5", "--epochs must be a whole number, not 1.5"),
        ("epochs: yes", "--epochs must be a whole number, not True"),
        ("epochs:", "--epochs must be a whole number, not None"),
        ("hidden: 50", "--hidden must be a list, not 50"),
        ("hidden: [50, x]", "--hidden must be a whole number, not 'x'"),
        ("nesterov: 1", "--nesterov must be true or false, not 1"),
        ("loss: 3", "--loss must be text, not 3"),
        ("loss: huge", "--loss must be one of ce, mse, bce, half_mse, not huge"),
        ("- 3", "must map options to values"),
        ("lr", "must map options to values"),
        ("a: b: c", "is not YAML: mapping values are not allowed here"),
        ("a: \x00", "is not YAML"),
    ],
)
def test_a_wrong_file_of_options(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    (tmp_path / "a.yaml").write_text(content)
    assert run_here("--config", tmp_path / "a.yaml") == 2
    error = one_error(capsys)
    assert message in error
    assert str(tmp_path / "a.yaml") in error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.yaml", None, "cannot be read: No such file or directory"),
        ("a.yaml", b"\xff\xfe\xfa", "it is not text in UTF-8"),
        ("a.json", b'{"lr": }', "a.json is not JSON"),
        ("a.json", b'{"lr": NaN}', "--lr must be a finite number, not nan"),
        ("a.json", b"[" * 100_000, "a.json is not JSON"),
        ("a.json", b"[]", "must map options to values"),
    ],
)
def test_an_unreadable_file_of_options(
    name: str, content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert run_here("--config", tmp_path / name) == 2
    assert message in one_error(capsys)


def test_without_pyyaml(data: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("lr: 0.1")
    (tmp_path / "a.json").write_text('{"lr": 0.1, "epochs": 1}')
    arguments = ["--dataset", data, *QUICK[:4], "--output", tmp_path / "run"]
    failed = train("--config", tmp_path / "a.yaml", *arguments, blocked=("yaml", "matplotlib"))
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "needs the package PyYAML" in failed.stderr
    assert train("--config", tmp_path / "a.json", *arguments, blocked=("yaml", "matplotlib")).returncode == 0


def test_the_config_of_a_run_is_a_file_of_options_for_the_same_run(data: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run_here("--dataset", data, *QUICK, "--optimizer", "adam", "--rotate", "5", "--output", one) == 0
    assert run_here("--config", one / "config.json", "--output", two) == 0
    first, second = tg.load(one / "last.npz"), tg.load(two / "last.npz")
    for name in first:
        np.testing.assert_array_equal(first[name].array, second[name].array)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configs_of_the_project(path: Path, tmp_path: Path) -> None:
    pytest.importorskip("yaml", reason="PyYAML is not installed")
    assert path.read_text().startswith("# ")
    small = ["--train-size", 500, "--validation", 500, "--epochs", 1, "--dataset", "digits"]
    assert run_here("--config", path, *small, "--output", tmp_path / "run") == 0
    assert epochs_of(tmp_path / "run")[0]["train_accuracy"] > 0.05


# ---- all options


def test_the_page_of_the_options_names_all_of_them_and_no_others() -> None:
    from application.config import Config, flag

    page = (SCRIPT.parents[2] / "docs" / "mnist.md").read_text(encoding="utf-8")
    _, table = page.split("| topic | options |\n")
    named = re.findall(r"`(--[\w-]+)`", table.split("\n\n")[0])
    options = {flag(f.name) for f in fields(Config) if not f.metadata["from_data"]}
    assert len(named) == len(set(named))
    assert set(named) == options | {"--config", "--resume"}


# ---- wrong options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--lr", "nan"], "--lr must be a finite number, not nan"),
        (["--lr", "inf"], "--lr must be a finite number, not inf"),
        (["--dropout", "nan"], "--dropout must be a finite number"),
        (["--validation", "-1"], "--validation must be a whole number of samples, or a fraction"),
        (["--validation", "0", "--patience", "3"], "--patience follows the validation accuracy, which --validation 0"),
        (["--validation", "0", "--rho", "0.5"], "--rho follows the validation accuracy, which --validation 0 leaves"),
        (["--validation", "1.5"], "--validation must be a whole number of samples, or a fraction"),
        (["--ema", "1"], "--ema must be at least 0 and below 1"),
        (["--rho", "0"], "--rho must be above 0 and at most 1"),
        (["--flip", "2"], "--flip must be from 0 to 1"),
        (["--schedule", "exponential"], "--schedule exponential needs --lr-step"),
        (["--loss", "bce", "--output-activation", "relu"], "--loss bce needs an --output-activation between 0 and 1"),
        (["--optim", "adam"], "unrecognized arguments: --optim adam"),
        (["--epochs"], "expected one argument"),
        (["--seed", "-1"], "--seed must be at least 0"),
        (["--rotate", "1e300"], "--rotate must be from 0 to 180, not 1e+300"),
        (["--shift", "1e300"], "--shift must be from 0 to 1000, not 1e+300"),
        (["--shear", "-1"], "--shear must be from 0 to 1000, not -1.0"),
        (["--elastic", "1e300"], "--elastic must be from 0 to 1000, not 1e+300"),
        (["--elastic-sigma", "1e-300"], "--elastic-sigma must be from 0.01 to 1000, not 1e-300"),
        (["--init-std", "1e38"], "--init-std must be above 0 and at most 1000, not 1e+38"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options(options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here(*options) == 2
    assert message in one_error(capsys)


def test_no_memory_for_the_network(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("--dataset", data, *QUICK, "--hidden", 10**13, "--output", tmp_path / "run") == 1
    assert "not enough memory" in one_error(capsys)


def test_an_output_folder_that_cannot_be_made(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_here("--dataset", data, *QUICK, "--output", tmp_path / "file") == 1
    assert "cannot write into --output" in one_error(capsys)


def test_divergence_keeps_what_was_good(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # a decay of more than all makes weights grow by the factor 1 - 1.8 * 1.5 a step
    options = ["--hidden", "--momentum", 0, "--schedule", "constant", "--epochs", 100]
    options += ["--weight-decay", 1.5, "--lr", 1.8]
    assert run_here("--dataset", data, *QUICK, *options, "--output", tmp_path / "run") == 1
    error = one_error(capsys)
    done = epochs_of(tmp_path / "run")
    assert 0 < len(done) < 100
    assert f"epoch {len(done) + 1}: the training diverged" in error
    assert "choose a smaller --lr than 1.8" in error
    assert all(np.isfinite(value.array).all() for value in tg.load(tmp_path / "run" / "last.npz").values())
    assert (tmp_path / "run" / "best.npz").exists()


# ---- data


def test_images_of_another_size_and_number_of_classes(data: Path, tmp_path: Path) -> None:
    from application.run import load_model

    result = train("--dataset", data, *QUICK, "--epochs", 8, "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert "[rows] 120-8-4 relu, 500 images to train, 100 to validate" in result.stdout
    model, config, dataset = load_model(tmp_path / "run")
    assert (config.image, config.classes, dataset) == ((10, 12), 4, str(data))
    assert model(tg.zeros(3, 1, 10, 12)).shape == (3, 4)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert set(record["files"]) == {
        f"{part}-{rest}"
        for part in ("train", "t10k")
        for rest in ("images-idx3-ubyte.gz", "labels-idx1-ubyte")
    }
    assert all(len(digest) == 64 for digest in record["files"].values())
    assert record["results"]["test_accuracy"] > 0.5  # chance is 0.25
    assert record["blas"]["threads"] >= 1
    assert {"python", "numpy", "tinygrad_np"} <= record["versions"].keys()
    assert record["seed"] == 0


def truncate(folder: Path) -> None:
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1000])


def remove_one_label(folder: Path) -> None:
    write_idx(folder / "train-labels-idx1-ubyte", np.zeros(599, np.uint8))


def change_test_size(folder: Path) -> None:
    write_idx(folder / "t10k-images-idx3-ubyte.gz", np.zeros((200, 5, 5), np.uint8))


def add_a_class_to_the_test(folder: Path) -> None:
    write_idx(folder / "t10k-labels-idx1-ubyte", np.full(200, 4, np.uint8))


def remove_the_test(folder: Path) -> None:
    (folder / "t10k-labels-idx1-ubyte").unlink()


def empty(folder: Path) -> None:
    write_idx(folder / "train-images-idx3-ubyte.gz", np.zeros((0, 5, 5), np.uint8))
    write_idx(folder / "train-labels-idx1-ubyte", np.zeros(0, np.uint8))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "is a damaged gzip file"),
        (remove_one_label, "holds 600 images but"),
        (change_test_size, "rows has images of 10 x 12 to train on, but of 5 x 5 to test with"),
        (add_a_class_to_the_test, "rows has labels up to 3 to train on, but up to 4 to test with"),
        (remove_the_test, "does not hold t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte"),
        (empty, "there is nothing in them"),
    ],
)
def test_damaged_folders(
    damage: Any, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_images(tmp_path / "rows")
    damage(folder)
    assert run_here("--dataset", folder, *QUICK, "--output", tmp_path / "run") == 1
    assert message in one_error(capsys)
    assert not (tmp_path / "run").exists()


def test_no_such_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_here("--dataset", tmp_path / "nowhere") == 1
    assert "is neither mnist, fashion-mnist or digits nor a folder of IDX files" in one_error(capsys)


def test_splits() -> None:
    from application.data import DataUnavailableError, load, samples_needed, split

    digits = load("digits", None, train=True, needed=100)
    for validation, train_size, sizes in ((20, 0, (80, 20)), (0.2, 0, (80, 20)), (0.2, 30, (30, 20))):
        parts = [split(digits, validation, train_size, seed, ordered=False) for seed in (0, 0, 1)]
        chosen = [[np.asarray(part.indices) for part in pair] for pair in parts]
        assert tuple(map(len, chosen[0])) == sizes
        assert np.intersect1d(*chosen[0]).size == 0
        np.testing.assert_array_equal(chosen[0][1], chosen[1][1])
        assert not np.array_equal(chosen[0][1], chosen[2][1])
        first, last = split(digits, validation, train_size, 0, ordered=True)
        assert (first.indices, last.indices) == (range(sizes[0]), range(80, 100))
        needed = samples_needed(validation, train_size)
        assert needed is None or needed * (1 - validation) >= 30
    for validation, train_size in ((100, 0), (50, 51), (0.005, 0)):
        with pytest.raises(DataUnavailableError, match="digits has 100 samples, of which --validation"):
            split(digits, validation, train_size, 0)


# ---- network, loss, optimizer, schedule


def config_of(**options: Any) -> Any:
    from application.config import Config

    return Config(**{"hidden": (6,), "image": (4, 5), "classes": 3, "input_dropout": 0.0, "dropout": 0.0} | options)


def test_every_activation_and_loss() -> None:
    from application.model import ACTIVATIONS, LOSSES, OUTPUT_ACTIVATIONS, PROBABILITIES, build_model

    images, classes = tg.rand(7, 1, 4, 5), tg.tensor([0, 1, 2, 0, 1, 2, 0])
    for activation in ACTIVATIONS:
        for output in (None, *OUTPUT_ACTIVATIONS):
            for loss in LOSSES:
                if loss == "bce" and output not in (None, *PROBABILITIES):
                    continue
                model = build_model(config_of(activation=activation, output_activation=output, loss=loss))
                LOSSES[loss](label_smoothing=0.1)(model(images), classes).backward()
                assert all(np.isfinite(p.grad.array).all() for p in model.parameters()), (activation, output, loss)


def test_smoothed_one_hot_losses() -> None:
    from application.model import LOSSES

    outputs, classes = tg.tensor([[0.7, 0.2, 0.1]]), tg.tensor([0])
    targets = np.array([0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3])
    y = np.array([0.7, 0.2, 0.1])
    squares = ((y - targets) ** 2).sum()
    assert LOSSES["mse"](label_smoothing=0.1)(outputs, classes).item() == pytest.approx(squares, rel=1e-6)
    entropy = -(targets * np.log(y) + (1 - targets) * np.log(1 - y)).sum()
    assert LOSSES["bce"](label_smoothing=0.1)(outputs, classes).item() == pytest.approx(entropy, rel=1e-6)


def test_initial_values() -> None:
    from application.model import INITIALISATIONS, build_model

    spread = {"xavier-normal": np.sqrt(2 / 1000), "xavier-uniform": np.sqrt(2 / 1000), "normal": 0.05}
    spread |= {"kaiming-normal": np.sqrt(2 / 600), "kaiming-uniform": np.sqrt(2 / 600), "default": np.sqrt(1 / 1800)}
    spread["orthogonal"] = np.sqrt(1 / 600)
    assert spread.keys() == INITIALISATIONS.keys()
    for name, deviation in spread.items():
        tg.manual_seed(0)
        config = config_of(init=name, init_std=0.05, bias_init="zeros", image=(20, 30), hidden=(400,))
        layer = next(module for module in build_model(config).modules() if isinstance(module, nn.Linear))
        assert layer.weight.array.std() == pytest.approx(deviation, rel=0.02), name
        assert not layer.bias.array.any()


def test_which_weights_decay() -> None:
    from application.model import build_model
    from application.optimizer import OPTIMIZERS, build_optimizer

    for name in OPTIMIZERS:
        config = config_of(optimizer=name, weight_decay=0.1, decay_biases=False, activation="prelu")
        model = build_model(config)
        decays = {
            id(parameter): group["weight_decay"]
            for group in build_optimizer(config, model).param_groups
            for parameter in group["params"]
        }
        for key, parameter in model.named_parameters():
            if parameter.ndim > 1 or OPTIMIZERS[name].biases:
                assert decays[id(parameter)] == (0.1 if parameter.ndim > 1 else 0.0), (name, key)
            else:
                assert id(parameter) not in decays, (name, key)
        (group,) = build_optimizer(replace(config, decay_biases=True), model).param_groups
        assert group["weight_decay"] == 0.1
        assert group["lr"] == OPTIMIZERS[name].lr


def test_rates() -> None:
    from application.schedule import SCHEDULES, factor

    def rates(**options: Any) -> list[float]:
        return [factor(config_of(epochs=8, **options), epoch, batch, 2) for epoch in range(8) for batch in range(2)]

    steps = {"lr_step": 2, "lr_gamma": 0.5}
    halves = np.arange(16) / 2
    expected = {
        "constant": np.ones(16),
        "step": 0.5 ** np.floor(halves / 2),
        "exponential": 0.5 ** (halves / 2),
        "linear": np.minimum(1, (1 - halves / 8) / 0.75),
        "cosine": (1 + np.cos(np.pi * halves / 8)) / 2,
    }
    assert expected.keys() == SCHEDULES.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(rates(schedule=name, **steps), values, rtol=1e-12)
    warm = rates(schedule="cosine", warmup=0.25)
    np.testing.assert_allclose(warm[:4], [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(warm[4:], (1 + np.cos(np.pi * (halves[4:] - 2) / 6)) / 2)


def test_rho_patience_and_the_best_follow_from_the_figures() -> None:
    from application.data import load, split
    from application.model import build_model
    from application.training import Epoch, Trainer

    digits = load("digits", None, train=True, needed=40)
    config = config_of(image=(28, 28), classes=10, rho=0.5, patience=3, schedule="constant", lr=1.0, epochs=9)
    trainer = Trainer(config, "digits", build_model(config), *split(digits, 20, 0, 0))
    for accuracy, rate, is_best, finished in (
        (0.5, 1.0, True, False),
        (0.4, 0.5, False, False),
        (0.6, 0.5, True, False),
        (0.6, 0.5, True, False),  # the latest of equals, but no progress
        (0.5, 0.25, False, False),
        (0.6, 0.25, True, True),
    ):
        trainer.history.append(Epoch(len(trainer.history) + 1, 1.0, 0.5, 1.0, accuracy, 1.0, 1.0))
        assert trainer.rate()(0) == rate
        assert (trainer.best is trainer.history[-1]) == is_best
        assert trainer.stopped_early == trainer.finished == finished


def test_pixels_are_brought_to_mean_0_and_deviation_1(data: Path, tmp_path: Path) -> None:
    from application.data import load, split
    from application.run import load_model

    assert run_here("--dataset", data, *QUICK, "--normalize", "--rotate", 5, "--output", tmp_path / "run") == 0
    model, config, _ = load_model(tmp_path / "run")
    training, _ = split(load(str(data), None, train=True), config.validation, config.train_size, config.seed)
    images, _ = training.fetch(slice(0, len(training)))
    pixels = model[1](model[0](images)).array
    assert abs(pixels.mean()) < 1e-5
    assert pixels.std() == pytest.approx(1, abs=1e-5)


def test_the_average_is_what_is_judged_and_kept(data: Path, tmp_path: Path) -> None:
    assert run_here("--dataset", data, *QUICK, "--epochs", 1, "--ema", 0.9, "--output", tmp_path / "run") == 0
    best, last = tg.load(tmp_path / "run" / "best.npz"), tg.load(tmp_path / "run" / "last.npz")
    for name, value in best.items():
        np.testing.assert_array_equal(value.array, last[f"average/module.{name}"].array)
        assert not np.array_equal(value.array, last[f"model/{name}"].array)


# ---- no validation


@pytest.mark.parametrize("split", ["random", "ordered"])
def test_all_images_are_trained_on_without_validation(
    split: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    arguments = ["--dataset", data, *QUICK, "--validation", 0, "--split", split, "--epochs", 3]
    assert run_here(*arguments, "--output", run) == 0
    out = capsys.readouterr().out
    assert "600 images to train, none to validate" in out
    assert "validation" not in out
    assert f"last epoch 3, nothing was validated: {run / 'best.npz'}" in out
    assert "of the last model" in out
    assert [epoch["validation_accuracy"] for epoch in epochs_of(run)] == [None] * 3
    best, last = tg.load(run / "best.npz"), tg.load(run / "last.npz")
    for name, value in best.items():
        np.testing.assert_array_equal(value.array, last[f"model/{name}"].array)
    results = json.loads((run / "run.json").read_text())["results"]
    assert (results["best_epoch"], results["validation_accuracy"]) == (3, None)
    assert run_here("--resume", run) == 0


def test_a_run_without_validation_is_tested_and_drawn(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert run_here("--dataset", data, *QUICK, "--validation", 0, "--output", run) == 0

    def test(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT.with_name("test.py")), str(run), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    tested = test()
    assert tested.returncode == 0, tested.stderr
    assert "test accuracy REPRODUCED" in tested.stdout
    refused = test("--split", "validation")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "--split validation: this model was trained with --validation 0, on all of the images" in refused.stderr
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from application.pictures.curves import plot_runs
    from application.plots import plot_curves

    epochs = epochs_of(run)
    assert plot_curves(epochs, "no validation", tmp_path / "curves.png")
    plot_runs({"one": epochs, "other": [e | {"validation_loss": 1.0, "validation_accuracy": 0.5} for e in epochs]},
              tmp_path / "runs.png")
    assert all((tmp_path / name).stat().st_size > 0 for name in ("curves.png", "runs.png"))


def test_a_search_needs_validation() -> None:
    from application.config import OptionError
    from application.search.options import parse

    with pytest.raises(OptionError, match="--validation 0 leaves out"):
        parse(["--validation", "0", "--learning-rates", "0.1"])


# ---- what else a run writes


def test_half_the_size_is_kept_and_tested(data: Path, tmp_path: Path) -> None:
    from application.run import load_model

    for name, options in (("whole", []), ("half", ["--half", "--no-curves"])):
        assert run_here(*options, "--dataset", data, *QUICK, "--output", tmp_path / name) == 0
    whole, half = (tg.load(tmp_path / name / "best.npz") for name in ("whole", "half"))
    for key, weight in half.items():
        assert weight.dtype == np.float16
        np.testing.assert_array_equal(weight.numpy(), whole[key].numpy().astype(np.float16))
    model, _, _ = load_model(tmp_path / "half")
    assert all(parameter.dtype == np.float32 for parameter in model.parameters())


def test_events_for_tensorboard(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed")
    result = train("--dataset", data, *QUICK, "--tensorboard", "--output", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    (events,) = (tmp_path / "run").glob("events.out.tfevents.*")
    content = events.read_bytes()
    for name in (b"loss/train", b"accuracy/validation", b"lr"):
        assert name in content


def test_without_tensorboardx(data: Path, tmp_path: Path) -> None:
    failed = train("--dataset", data, *QUICK, "--tensorboard", "--output", tmp_path / "run", blocked=("tensorboardX",))
    assert failed.returncode == 1
    assert failed.stderr == "train.py: --tensorboard needs the package tensorboardX: pip install tensorboardX\n"
    assert not (tmp_path / "run").exists()


def test_help_tells_every_option() -> None:
    from application.config import Config, flag

    text = train("--help").stdout
    for f in fields(Config):
        assert (flag(f.name) in text) == (not f.metadata["from_data"])


def test_nested_state_survives() -> None:
    from application.state import pack, unpack

    state = {"a": {0: {"step": tg.tensor(3.0), "none": None}}, "b": [1.5, (2, "x"), {}], "c/d": np.ones((2, 3))}
    arrays, text = pack(state)
    assert set(arrays) == {"a/0/step", "c/d"}
    back = unpack(arrays, text)
    assert back["a"][0]["step"].item() == 3.0
    assert back["b"] == [1.5, (2, "x"), {}]
    assert back["c/d"] is state["c/d"]
