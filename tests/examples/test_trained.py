"""The model that comes with the project."""

from __future__ import annotations

import json

import numpy as np
import pytest

import tinygrad_np as tg
from nn.datasets import Digits
from train_command import SCRIPT

FOLDER = SCRIPT.parent / "trained" / "mnist"


def test_it_is_small_and_is_what_its_config_says() -> None:
    from application.config import Config
    from application.config_file import read_config
    from application.run import load_model

    assert (FOLDER / "best.npz").stat().st_size <= 500_000
    _, config, dataset = load_model(FOLDER)
    record = json.loads((FOLDER / "run.json").read_text())
    assert dataset == record["dataset"] == "mnist"
    assert config == Config.from_dict(record["config"])
    assert Config(**read_config(str(FOLDER / "config.json"))) == config
    assert record["results"]["test_accuracy"] >= 0.994


def test_it_can_be_trained_again() -> None:
    from application.config import Config
    from application.config_file import read_config

    pytest.importorskip("yaml", reason="PyYAML is not installed")
    config = Config(**read_config(str(FOLDER / "config.json")))
    assert Config(**read_config(str(SCRIPT.parent / "configs" / "mnist_small.yaml"))) == config


def test_it_classifies_digits_that_it_has_never_seen() -> None:
    from application.run import load_model

    model, _, _ = load_model(FOLDER)
    images, classes = Digits(train=False, size=1000).fetch(slice(0, 1000))
    with tg.no_grad():
        found = model(images).numpy().argmax(1)
    assert np.mean(found == classes.numpy()) > 0.85
