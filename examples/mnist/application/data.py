"""Which data a run really uses."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from nn import datasets
from nn.data import random_split

CLASSES = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}


class DataUnavailableError(Exception):
    """The data set that was asked for cannot be had."""


def load(name: str | None, data_dir: str | None, train: bool, needed: int | None = None) -> Any:
    """Return the training or the test set called `name`; for ``None``, MNIST, or Digits where MNIST cannot be had.

    Of digits, which are generated, only as many as are `needed` are made.

    Raises
    ------
    DataUnavailableError
        If a data set that was asked for by name is neither on disk nor can be downloaded, or is damaged.
    """
    if name == "digits":
        return datasets.Digits(train=train, size=needed)
    try:
        return CLASSES[name or "mnist"](root=data_dir, train=train)
    except (datasets.DataError, OSError) as error:
        if name is not None or data_dir is not None:
            raise DataUnavailableError(str(error)) from error
        reason = " ".join(str(error).split())
        print(
            f"WARNING: MNIST is NOT available, training on GENERATED DIGITS instead ({reason})",
            file=sys.stderr,
            flush=True,
        )
        return datasets.Digits(train=train, size=needed)


def split(data: Any, validation: int, train_size: int, seed: int) -> tuple[Any, Any]:
    """Return a training and a validation part of `data`, at random but the same for the same seed.

    Parameters
    ----------
    data
        a data set.
    validation
        samples of the validation part.
    train_size
        samples of the training part; 0 for all others.
    seed
        of the choice.

    Raises
    ------
    DataUnavailableError
        If nothing would be left to train on.
    """
    left = len(data) - validation
    if left < max(train_size, 1):
        raise DataUnavailableError(
            f"{data.name} has {len(data)} samples, of which --validation {validation} leaves {max(left, 0)} "
            f"to train on, but --train-size asks for {train_size or 'all'}: ask for less"
        )
    size = train_size or left
    parts = random_split(data, [size, validation, left - size], generator=np.random.default_rng([seed, 1]))
    return parts[0], parts[1]
