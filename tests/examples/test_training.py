"""What the trainer makes of images, and how it shares processors with the thread that makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from nn.augment import deskew
from tinygrad_np import blas
from train_command import run_here, write_images


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("data") / "rows")


def trainer_of(data: Path, **choices: Any) -> Any:
    from application.config import Config
    from application.data import load, split
    from application.model import build_model
    from application.training import Trainer

    config = Config(hidden=(8,), image=(10, 12), classes=4, batch_size=64, capture=False, **choices)
    images = load(str(data), None, train=True)
    return Trainer(config, "rows", build_model(config), *split(images, 100, 0, 0))


@pytest.mark.skipif(not blas.available(), reason="the BLAS of this NumPy cannot be told its number of threads")
@pytest.mark.parametrize(("choices", "fewer"), [({}, 0), ({"rotate": 10.0}, 1), ({"deskew": 0.5}, 1)])
def test_a_thread_that_changes_images_has_a_processor(choices: dict[str, Any], fewer: int, data: Path) -> None:
    trainer, before, seen = trainer_of(data, **choices), tg.get_num_threads(), []
    step = trainer.step
    trainer.step = lambda *batch: (seen.append(tg.get_num_threads()), step(*batch))[1]
    try:
        tg.set_num_threads(2)
        trainer.run_epoch()
        assert set(seen) == {2 - fewer}
        assert tg.get_num_threads() == 2
        tg.set_num_threads(1)
        trainer.run_epoch()
        assert seen[-1] == 1
    finally:
        tg.set_num_threads(before)


def test_images_are_upright_in_training_and_ever_after(data: Path) -> None:
    trainer = trainer_of(data, deskew=0.5, dropout=0.0, input_dropout=0.0)
    pixels = next(iter(trainer.loader))[0].numpy()
    plain = next(iter(trainer_of(data).loader))[0].numpy()
    np.testing.assert_array_equal(pixels, deskew(plain, 0.5))
    assert np.abs(pixels - plain).max() > 0.01

    images, model, rest = tg.from_numpy(plain), trainer.model, trainer.model[1:]
    with tg.no_grad():
        np.testing.assert_array_equal(model.train()(images).numpy(), rest(images).numpy())
        straight = tg.from_numpy(deskew(plain, 0.5))
        np.testing.assert_array_equal(model.eval()(images).numpy(), rest.eval()(straight).numpy())


def test_a_saved_model_makes_images_upright_by_itself(data: Path, tmp_path: Path) -> None:
    from application.trained import open_trained

    options = "--validation 100 --batch-size 64 --epochs 2 --hidden 8 --deskew 1 --shift 1"
    assert run_here("--dataset", data, *options.split(), "--output", tmp_path / "run") == 0
    trained = open_trained(str(tmp_path / "run"))
    images = trained.load_data("test").data / np.float32(255)
    straight = deskew(images[:, None])
    np.testing.assert_array_equal(
        trained.outputs(images), trained.model[1:](tg.from_numpy(straight)).detach().numpy()
    )
