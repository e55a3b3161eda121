"""Captured training steps: the same bits as without, whatever the options, and through interruptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from train_command import epochs_of, run_here, write_images

SIZES = ["--validation", "100", "--batch-size", "64", "--epochs", "4", "--hidden", "24"]  # 500 = 7 * 64 + 52
OPTIONS = {
    "as by default": "",
    "plain descent": "--momentum 0 --dropout 0 --input-dropout 0 --schedule constant --hidden 600 16",
    "momentum without Nesterov": "--no-nesterov --weight-decay 1e-3 --no-decay-biases --schedule step --lr-step 1",
    "AdamW, warped": "--optimizer adamw --weight-decay 0.1 --no-decay-biases --schedule cosine --warmup 0.3 --ema 0.9 "
    "--normalize --label-smoothing 0.1 --deskew 0.7 --rotate 10 --elastic 0.5 --flip 0.5",
    "squares": "--loss mse --activation sigmoid --optimizer nadam --label-smoothing 0.1",
    "binary cross-entropy": "--loss bce --activation tanh --optimizer rmsprop --rho 0.5 --weight-decay 1e-4",
    "Adagrad": "--optimizer adagrad --loss mse --output-activation softmax --hidden",
    "Adam, PReLU": "--optimizer adam --activation prelu --weight-decay 0.01 --ema 0.5 --train-size 448",
    "GELU": "--activation gelu --schedule exponential --lr-step 2 --batch-size 1000",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "rows")


def assert_same_figures(one: Path, other: Path) -> None:
    """Check that two runs have the same weights, averages, states of the optimizer and figures, bit for bit."""
    for name in ("best.npz", "last.npz"):
        first, second = tg.load(one / name), tg.load(other / name)
        assert first.keys() == second.keys()
        for key in first:
            np.testing.assert_array_equal(first[key].array, second[key].array, err_msg=f"{name} {key}", strict=True)
    figures = [[{k: v for k, v in epoch.items() if k != "seconds"} for epoch in epochs_of(run)] for run in (one, other)]
    assert figures[0] == figures[1]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_captured_steps_give_the_same_bits(options: str, data: Path, tmp_path: Path) -> None:
    arguments = ["--dataset", data, *SIZES, *options.split()]
    for name in ("capture", "no-capture"):
        assert run_here(*arguments, f"--{name}", "--output", tmp_path / name) == 0
    assert_same_figures(tmp_path / "capture", tmp_path / "no-capture")


def test_steps_are_captured_unless_it_is_declined(data: Path) -> None:
    from application.config import Config
    from application.data import load, split
    from application.model import build_model
    from application.training import Trainer

    images = load(str(data), None, train=True)
    programs = {}
    for capture in (True, False):
        config = Config(hidden=(8,), image=(10, 12), classes=4, batch_size=64, capture=capture)
        trainer = Trainer(config, "rows", build_model(config), *split(images, 100, 0, 0))
        for _ in range(3):
            trainer.run_epoch()
        programs[capture] = getattr(trainer.step, "programs", None)
    assert programs[False] is None
    assert len(programs[True]) == 2  # of whole batches, and of the last
    assert all("matmul(" in source for source in programs[True])


def test_the_switch_is_recorded_and_may_change_when_a_run_is_resumed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from application.training import Trainer

    arguments = ["--dataset", data, *SIZES, "--ema", "0.9"]
    assert run_here(*arguments, "--output", tmp_path / "whole") == 0
    assert json.loads((tmp_path / "whole" / "run.json").read_text())["config"]["capture"] is True
    run_epoch = Trainer.run_epoch

    def end(trainer: Any) -> Any:
        if len(trainer.history) == 2:
            raise KeyboardInterrupt
        return run_epoch(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", end)
        assert run_here(*arguments, "--output", tmp_path / "resumed") == 130
    assert run_here("--resume", tmp_path / "resumed", "--no-capture") == 0
    assert json.loads((tmp_path / "resumed" / "config.json").read_text())["capture"] is False
    assert_same_figures(tmp_path / "whole", tmp_path / "resumed")


def test_divergence_is_told_of_captured_steps_too(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--dataset", data, *SIZES, "--lr", "1e30", "--schedule", "constant"]
    assert run_here(*arguments, "--output", tmp_path / "run") == 1
    assert "the training diverged, its loss is nan" in capsys.readouterr().err
