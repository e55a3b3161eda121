"""Batches and lengths against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from nn import data

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, tg.Tensor)
        assert str(ours.dtype) == str(theirs.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(ours.array, theirs.numpy())
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys()
        for key in theirs:
            assert_same(ours[key], theirs[key])
    elif isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert_same(a, b)
    else:
        assert ours == theirs


@pytest.mark.parametrize(
    "samples",
    [
        [1, 2],
        [1.5, 2.5],
        [True, False],
        [np.float32(1), np.float32(2)],
        [np.int16(1), np.int16(2)],
        [np.ones(3), np.zeros(3)],
        [np.ones((2, 2), np.uint8), np.zeros((2, 2), np.uint8)],
        [(np.ones(3, np.float32), 1), (np.zeros(3, np.float32), 2)],
        [[1, "a"], [2, "b"]],
        [{"x": 1, "y": (2.0, b"z")}, {"x": 3, "y": (4.0, b"w")}],
    ],
    ids=str,
)
def test_collate(samples: list[Any]) -> None:
    assert_same(data.default_collate(samples), torch.utils.data.default_collate(samples))


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("size", [1, 3, 10, 11])
def test_batches_in_order(size: int, drop_last: bool) -> None:
    x, y = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32), np.arange(10)
    ours = data.DataLoader(data.TensorDataset(x, y), size, drop_last=drop_last)
    dataset = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    theirs = torch.utils.data.DataLoader(dataset, size, drop_last=drop_last)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)


@pytest.mark.parametrize("fractions", [[0.5, 0.5], [0.9, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.1] * 10])
@pytest.mark.parametrize("total", [7, 10, 101])
def test_lengths_of_a_split(total: int, fractions: list[float]) -> None:
    if int(total * min(fractions)) == 0:
        fractions = [0.4, 0.6]  # PyTorch warns of empty parts
    ours = data.random_split(range(total), fractions, seed=0)
    theirs = torch.utils.data.random_split(range(total), fractions)
    assert [len(part) for part in ours] == [len(part) for part in theirs]


@pytest.mark.parametrize("drop_last", [False, True])
def test_batch_sampler(drop_last: bool) -> None:
    ours = data.BatchSampler(data.SequentialSampler(range(10)), 4, drop_last)
    theirs = torch.utils.data.BatchSampler(torch.utils.data.SequentialSampler(range(10)), 4, drop_last)
    assert list(ours) == list(theirs)
    assert len(ours) == len(theirs)
