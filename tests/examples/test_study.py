"""The published study: the emulated step against NumPy, and the five studies through the command line."""

from __future__ import annotations

import csv
import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from nn.data import TensorDataset
from search_command import SCRIPT
from train_command import write_images

STUDY = SCRIPT.parent / "study.py"
STUDIES = ("loss", "activation", "lr", "width", "l2")
SMALL = ["--train-size", "800", "--validation", "300", "--epochs", "4", "--hidden", "30", "--workers", "2"]


def study(*arguments: object, blocked: tuple[str, ...] = ("matplotlib",)) -> subprocess.CompletedProcess[str]:
    """Run study.py to its end as a user does, but without some packages."""
    code = f"import runpy, sys; sys.modules.update(dict.fromkeys({blocked!r})); sys.argv = sys.argv[1:]; "
    code += f"sys.path.insert(0, {str(SCRIPT.parent)!r}); runpy.run_path({str(STUDY)!r}, run_name='__main__')"
    command = [sys.executable, "-c", code, "study.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def run_here(*arguments: object) -> int:
    return runpy.run_path(str(STUDY))["main"]([str(argument) for argument in arguments])


# ---- the published step


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def step_by_hand(weights: list[np.ndarray], biases: list[np.ndarray], x: Any, t: Any, options: dict[str, Any]) -> None:
    """Take the published step of a network of two layers in NumPy: the specification in its shortest form."""
    lr, decay, hidden, loss = (options[name] for name in ("lr", "weight_decay", "activation", "loss"))
    z1 = x @ weights[0].T + biases[0]
    a1 = np.maximum(z1, 0) if hidden == "relu" else logistic(z1)
    a2 = logistic(a1 @ weights[1].T + biases[1])
    slope2 = logistic(a2) * (1 - logistic(a2))  # at the activation, where z2 would be right
    slope1 = (z1 > 0) if hidden == "relu" else logistic(a1) * (1 - logistic(a1))
    d2 = (a2 - t if loss == "half_mse" else (a2 - t) / (a2 * (1 - a2))) * slope2
    d1 = d2 @ weights[1] * slope1
    for weight, gradient in zip(weights, (d1.T @ x, d2.T @ a1), strict=True):  # sums over the batch
        weight *= 1 - decay
        weight -= lr * gradient


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu", "loss": "half_mse", "lr": 1 / 16, "weight_decay": 0.0},
        {"activation": "relu", "loss": "half_mse", "lr": 1 / 16, "weight_decay": 0.01},
        {"activation": "published_sigmoid", "loss": "half_mse", "lr": 1 / 8, "weight_decay": 0.001},
        {"activation": "relu", "loss": "bce", "lr": 1 / 512, "weight_decay": 0.001},
    ],
    ids=str,
)
def test_an_epoch_of_the_published_step_is_the_one_by_hand(options: dict[str, Any]) -> None:
    from application.config import Config
    from application.search.work import make_trainer

    rng = np.random.default_rng(0)
    images, classes = rng.random((60, 4, 5)).astype(np.float32), rng.integers(3, size=60)
    data = TensorDataset(tg.tensor(images), tg.tensor(classes))
    config = Config(
        **options,
        optimizer="published",
        output_activation="published_sigmoid",
        hidden=(7,),
        image=(4, 5),
        classes=3,
        batch_size=10,
        schedule="constant",
        dropout=0,
        input_dropout=0,
        init="normal",
        init_std=0.5,
    )
    trainer = make_trainer(config, data, data)
    layers = [module for module in trainer.model.modules() if isinstance(module, nn.Linear)]
    weights = [layer.weight.array.astype(np.float64) for layer in layers]
    biases = [layer.bias.array.copy() for layer in layers]
    assert all(bias.all() for bias in biases)  # drawn, so that it shows if they change
    trainer.loader.set_epoch(0)
    for x, y in trainer.loader:
        step_by_hand(weights, biases, x.numpy().reshape(len(x), -1), np.eye(3)[y.numpy()], options)
    trainer.run_epoch()
    for layer, weight, bias in zip(layers, weights, biases, strict=True):
        np.testing.assert_allclose(layer.weight.array, weight, rtol=2e-6, atol=2e-6)
        np.testing.assert_array_equal(layer.bias.array, bias)


def test_the_derivative_of_the_sigmoid_is_that_at_its_value() -> None:
    from application.published import sigmoid_at_value

    x = tg.tensor(np.array([-1000.0, -1.0, 0.0, 3.0, 1000.0]), requires_grad=True)
    y = sigmoid_at_value(x)
    np.testing.assert_array_equal(y.detach().numpy(), tg.sigmoid(x.detach()).numpy())
    y.backward(tg.ones(5, dtype="float64"))
    s = logistic(y.detach().numpy())
    np.testing.assert_allclose(x.grad.numpy(), s * (1 - s), rtol=1e-15)
    assert x.grad.numpy()[[0, -1]].tolist() == pytest.approx([0.25, 0.1966], abs=1e-4)  # it does not vanish
    with pytest.raises(tg.GradcheckError):
        tg.gradcheck(sigmoid_at_value, [np.array([-1.0, 3.0])])


def stepped(make: Any, jitted: bool = False) -> list[np.ndarray]:
    """Return the weights of a small network after five steps with an optimizer."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = make([layer.weight for layer in model if isinstance(layer, nn.Linear)])

    def step(x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
        loss = nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    step = tg.jit(step) if jitted else step
    x, y = tg.rand(8, 5), tg.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    for _ in range(5):
        step(x, y)
    return [parameter.detach().numpy().copy() for parameter in model.parameters()]


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_the_published_step_is_plain_sgd_at_other_figures(decay: float) -> None:
    from application.published import PublishedSGD

    lr, size = 1 / 32, 8
    published = stepped(lambda weights: PublishedSGD(weights, lr, size, decay))
    plain = stepped(lambda weights: nn.SGD(weights, lr * size, weight_decay=decay / (lr * size)))
    for a, b in zip(published, plain, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    assert not np.allclose(published[0], stepped(lambda weights: nn.SGD(weights, lr, weight_decay=decay))[0], rtol=1e-3)


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_the_published_step_can_be_captured(decay: float) -> None:
    from application.published import PublishedSGD

    def make(weights: Any) -> nn.optim.Optimizer:
        return PublishedSGD(weights, 1 / 32, 8, decay)

    for eager, replayed in zip(stepped(make), stepped(make, jitted=True), strict=True):
        np.testing.assert_array_equal(eager, replayed)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0, "batch_size": 2}, "lr must be at least 0"),
        ({"lr": 1.0, "batch_size": -2}, "batch_size must be at least 0"),
        ({"lr": 1.0, "batch_size": 2, "weight_decay": 1.5}, "at most 1, not 1.5"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], message: str) -> None:
    from application.published import PublishedSGD

    with pytest.raises(ValueError, match=message):
        PublishedSGD([tg.zeros(2, requires_grad=True)], **options)


# ---- the command


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Return the folder of a small study in both versions, and what the second printed, with NumPy and tqdm alone."""
    folder = tmp_path_factory.mktemp("study") / "runs"
    rows = write_images(folder.parent / "rows", 1100)
    blocked = ("matplotlib", "optuna", "distributed", "yaml")
    for version in ([], ["--emulate"]):
        result = study("lr", *version, "--dataset", rows, *SMALL, "--output", folder, blocked=blocked)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
    return folder, result


def accuracies(folder: Path, version: str) -> dict[float, float]:
    content = json.loads((folder / f"lr_{version}" / "trials.json").read_text())
    return {trial["lr"]: trial["accuracy"] for trial in content["trials"]}


def test_a_study_stands_beside_the_published_figures(both: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, result = both
    with (folder / "lr.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["lr"] for row in rows] == ["1", "1/2", "1/4", "1/8", "1/16", "1/32", "1/64", "1/128"]
    published = [0.0991, 0.0991, 0.0991, 0.9729, 0.9813, 0.9815, 0.9815, 0.9787]
    assert [float(row["published"]) for row in rows] == published
    for version in ("sound", "emulated"):
        found = list(accuracies(folder, version).items())
        found.sort(reverse=True)
        assert [row[version] for row in rows] == [f"{accuracy:.4f}" for _, accuracy in found]
    assert "   lr  published   sound  last epoch  emulated  last epoch\n    1     0.0991" in result.stdout
    assert "[lr] wrote lr.csv into " in result.stdout


def test_the_published_step_collapses_where_the_sound_one_does_not(
    both: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    sound, emulated = (accuracies(both[0], version) for version in ("sound", "emulated"))
    assert max(emulated[lr] for lr in (1.0, 1 / 2, 1 / 4)) < 0.3  # one of four classes for all images
    assert emulated[1 / 32] > 0.9
    assert min(sound[lr] for lr in (1.0, 1 / 2, 1 / 4)) > 0.7


def test_a_study_goes_on_and_another_is_refused(both: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    rows = ["--dataset", both[0].parent / "rows"]
    again = study("lr", *rows, *SMALL, "--output", both[0])
    assert again.returncode == 0, again.stderr
    assert "8 trials, 8 done" in again.stdout
    other = study("lr", *rows, *SMALL, "--seed", "1", "--output", both[0])
    assert other.returncode == 2
    assert "holds another search" in other.stderr


@pytest.mark.parametrize("version", [[], ["--emulate"]], ids=["sound", "emulated"])
def test_all_studies_run(version: list[str], tmp_path: Path) -> None:
    others = [name for name in STUDIES if name != "lr"]
    small = ["--dataset", "digits", "--train-size", "80", "--validation", "20", "--epochs", "1", "--workers", "2"]
    result = study(*others, *version, *small, "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    for name in others:
        with (tmp_path / f"{name}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        column = "emulated" if version else "sound"
        assert len(rows) >= 2
        assert all(0 <= float(row[column]) <= 1 for row in rows), name


def test_the_pictures(both: tuple[Path, subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from application.study.comparison import Outcome, Row, read_rows
    from application.study.pictures import plot_study

    one_known = [Row("mse", None, {"sound": Outcome(0.5, 0.4, {"lr": 1.0})}), Row("bce", None)]
    for name, rows in (("lr", read_rows(both[0], "lr")), ("loss", one_known)):
        assert plot_study(rows, name, tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name the studies before all options: loss, activation, lr, width, l2"),
        (["--emulate", "lr"], "name the studies before all options"),
        (["lr", "speed"], "there is no study 'speed'; there are loss"),
        (["lr", "--emulate=1"], "ignored explicit argument '1'"),
        (["lr", "--speed"], "unrecognized arguments: --speed"),
        (["lr", "--lr", "3"], "--lr cannot be the same in all trials and searched"),
        (["lr", "--dataset", "nowhere"], "nowhere is neither"),
    ],
)
def test_a_wrong_command_is_one_line(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run_here(*arguments, *(["--output", tmp_path] if arguments else []))
    assert status == (1 if "nowhere" in arguments else 2)
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


def test_ctrl_c_while_a_study_is_compared_is_a_status(monkeypatch: pytest.MonkeyPatch) -> None:
    import study as script

    def interrupted(root: Path, name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(script.search, "main", lambda arguments: 0)
    monkeypatch.setattr(script, "compare", interrupted)
    assert script.main(["lr"]) == 130


def test_a_decay_of_more_than_the_weights_is_refused() -> None:
    from application.config import Config, OptionError

    with pytest.raises(OptionError, match=r"the part --weight-decay of the weights, at most 1, not 2"):
        Config(optimizer="published", weight_decay=2)


def test_damaged_trials_are_one_line(tmp_path: Path) -> None:
    from application.run import RunError
    from application.study.comparison import read_rows

    (tmp_path / "lr_sound").mkdir()
    for content in ("{", '{"space": {}}', "[]"):
        (tmp_path / "lr_sound" / "trials.json").write_text(content)
        with pytest.raises(RunError, match=r"trials\.json is damaged: .*; run that study again"):
            read_rows(tmp_path, "lr")


# ---- what the studies are


def test_the_studies_have_a_row_for_every_published_figure() -> None:
    from application.config_file import read_config
    from application.search.space import read_space
    from application.study.comparison import FIELDS, PUBLISHED_RESULTS, VERSIONS, label

    assert tuple(FIELDS) == STUDIES
    for version in VERSIONS:
        folder = STUDY.parent / "studies" / version
        assert {file.stem for file in folder.iterdir()} == {"config", *STUDIES}
        shared = read_config(str(folder / "config.json"))
        assert (shared["batch_size"], shared["epochs"], shared["validation"]) == (40, 10, 10_000)
        for name, field in FIELDS.items():
            values = read_space(str(folder / f"{name}.json"))[field].values
            labels = [label(name, value) for value in values]
            assert len(set(labels)) == len(labels)
            assert PUBLISHED_RESULTS.get(name, {}).keys() <= set(labels)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("lr", 1.0, "1"),
        ("lr", 0.03125, "1/32"),
        ("lr", 0.3, "0.3"),
        ("lr", 40.0, "40"),
        ("l2", 0.1, "1e-1"),
        ("l2", 0.00001, "1e-5"),
        ("l2", 0.00025, "2.5e-4"),
        ("l2", 0.0, "0"),
        ("width", [900], "900"),
        ("activation", "published_sigmoid", "sigmoid"),
        ("loss", "half_mse", "mse"),
    ],
)
def test_values_as_tables_write_them(name: str, value: Any, expected: str) -> None:
    from application.study.comparison import label

    assert label(name, value) == expected
