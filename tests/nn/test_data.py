"""Data sets, orders and batches: what they hold, that an order depends on seed and epoch alone, and what is refused."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from nn.augment import RandomShift
from nn.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    default_collate,
    random_split,
)


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    return np.arange(20, dtype=np.float32).reshape(10, 2), np.arange(10)


@pytest.fixture
def data(arrays: tuple[np.ndarray, np.ndarray]) -> TensorDataset:
    return TensorDataset(*arrays)


class Slow(Dataset):
    """Samples one at a time."""

    def __init__(self, samples: list[Any]) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Any:
        return self.samples[index]


class Counting(TensorDataset):
    """Remembers how it was asked."""

    def __init__(self, *tensors: Any) -> None:
        super().__init__(*tensors)
        self.asked: list[Any] = []

    def __getitem__(self, index: int) -> Any:
        raise AssertionError("a data set with fetch is not asked for single samples")

    def fetch(self, indices: Any) -> Any:
        self.asked.append(indices)
        return super().fetch(indices)


def labels_of(loader: Any) -> list[list[int]]:
    return [labels.tolist() for _, labels in loader]


# ---- data sets


def test_tensor_dataset_gives_samples_and_batches(data: TensorDataset, arrays: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = arrays
    assert len(data) == 10
    sample = data[-1]
    assert sample[0].tolist() == [18, 19]
    assert sample[1].shape == ()
    for index in (slice(2, 5), np.array([7, 0, 7]), slice(None, None, 3), np.array([], np.int64)):
        batch = data.fetch(index)
        assert isinstance(batch, tuple)
        np.testing.assert_array_equal(batch[0].array, x[index])
        np.testing.assert_array_equal(batch[1].array, y[index])
    assert batch[0].dtype == np.float32
    assert batch[1].dtype == np.int64


def test_batches_in_order_are_read_only_views_and_others_copies(data: TensorDataset, arrays: Any) -> None:
    view, copy = data.fetch(slice(0, 3))[0], data.fetch(np.array([0, 1, 2]))[0]
    assert np.shares_memory(view.array, arrays[0])
    with pytest.raises(RuntimeError, match="read-only"):
        view += 1
    assert arrays[0].flags.writeable
    copy += 1
    assert arrays[0][0, 0] == 0


def test_tensor_dataset_refuses() -> None:
    with pytest.raises(ValueError, match=r"\[3, 2\] samples"):
        TensorDataset(np.ones(3), np.ones((2, 2)))
    with pytest.raises(ValueError, match="one tensor or more"):
        TensorDataset()
    with pytest.raises(ValueError, match="first dimension"):
        TensorDataset(np.float32(1) * np.ones(()))
    with pytest.raises(IndexError):
        TensorDataset(np.ones(3))[3]
    with pytest.raises(IndexError):
        TensorDataset(np.ones(3)).fetch(np.array([3]))


def test_a_dataset_must_be_defined() -> None:
    with pytest.raises(NotImplementedError, match="__len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]


def test_fetch_of_single_samples_collates(arrays: Any) -> None:
    x, y = arrays
    slow = Slow([(x[i], int(y[i])) for i in range(10)])
    for index in (slice(2, 5), np.array([7, 0, 7])):
        batch = slow.fetch(index)
        np.testing.assert_array_equal(batch[0].array, x[index])
        np.testing.assert_array_equal(batch[1].array, y[index])


@pytest.mark.parametrize(
    "indices", [range(2, 8), range(8, 2, -2), range(0), range(1, 9, 3), [5, 1, -1], np.array([3, 3]), []]
)
def test_subset_is_the_dataset_at_its_indices(data: TensorDataset, indices: Any) -> None:
    subset = Subset(data, indices)
    expected = np.arange(10)[np.asarray(indices, np.int64)]
    assert len(subset) == len(expected)
    assert [int(subset[i][1]) for i in range(len(subset))] == expected.tolist()
    assert subset.fetch(slice(0, 2))[1].tolist() == expected[:2].tolist()
    if len(expected):
        assert subset.fetch(np.array([-1, 0]))[1].tolist() == expected[[-1, 0]].tolist()
    assert [i for batch in labels_of(DataLoader(subset, batch_size=2)) for i in batch] == expected.tolist()


def test_subset_in_order_gives_views(data: TensorDataset, arrays: Any) -> None:
    for batch in DataLoader(Subset(data, range(4, 9)), batch_size=2):
        assert np.shares_memory(batch[0].array, arrays[0])


def test_subset_refuses(data: TensorDataset) -> None:
    for indices in ([10], [-11], range(5, 11)):
        with pytest.raises(IndexError, match="10 samples"):
            Subset(data, indices)
    for indices in ([0.5], [[0]]):
        with pytest.raises(ValueError, match="sequence of integers"):
            Subset(data, indices)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrap", [lambda d: d, lambda d: Subset(d, range(len(d))), lambda d: Slow([d[i] for i in range(len(d))])]
)
def test_concatenated_datasets(arrays: Any, wrap: Any) -> None:
    x, y = arrays
    parts = [wrap(TensorDataset(x[a:b], y[a:b])) for a, b in [(0, 3), (3, 4), (4, 10)]]
    whole = ConcatDataset(parts)
    assert len(whole) == 10
    assert [int(whole[i][1]) for i in range(-10, 10)] == [*range(10), *range(10)]
    for index in (slice(0, 2), slice(1, 9, 2), slice(None), np.array([9, 0, 3, 3, -1]), np.array([3])):
        batch = whole.fetch(index)
        np.testing.assert_array_equal(batch[0].array, x[index])
        np.testing.assert_array_equal(batch[1].array, y[index])
    for index in (10, -11):
        with pytest.raises(IndexError, match="10 samples"):
            whole[index]
    assert len(parts[0] + parts[1]) == 4


def test_nothing_concatenated() -> None:
    with pytest.raises(ValueError, match="one data set or more"):
        ConcatDataset([])


# ---- random_split


@given(total=st.integers(0, 50), cuts=st.lists(st.integers(0, 50), max_size=4), seed=st.integers(0, 2**70))
def test_random_split_by_counts_is_a_partition(total: int, cuts: list[int], seed: int) -> None:
    edges = sorted([0, *[min(cut, total) for cut in cuts], total])
    lengths = np.diff(edges).tolist()
    parts = random_split(TensorDataset(np.arange(total)), lengths, seed=seed)
    assert [len(part) for part in parts] == lengths
    assert sorted(int(i) for part in parts for i in part.indices) == list(range(total))


@pytest.mark.parametrize(
    ("total", "fractions", "counts"),
    [
        (10, [0.5, 0.5], [5, 5]),
        (10, [0.75, 0.25], [8, 2]),
        (11, [0.1] * 10, [2, *[1] * 9]),
        (7, [1.0], [7]),
        (1, [0.5, 0.5], [1, 0]),
    ],
)
def test_random_split_by_fractions(total: int, fractions: list[float], counts: list[int]) -> None:
    assert [len(part) for part in random_split(TensorDataset(np.arange(total)), fractions, seed=0)] == counts


def test_random_split_is_decided_by_the_seed(data: TensorDataset) -> None:
    def split(**how: Any) -> list[list[int]]:
        return [part.indices.tolist() for part in random_split(data, [6, 4], **how)]

    assert split(seed=3) == split(seed=3) != split(seed=4)
    assert split(generator=np.random.default_rng(3)) == split(generator=np.random.default_rng(3))
    tg.manual_seed(5)
    first = split()
    tg.rand(100)  # who has drawn in between does not matter
    assert split() == first
    tg.manual_seed(6)
    assert split() != first


def test_random_split_refuses(data: TensorDataset) -> None:
    for lengths in ([5, 4], [0.5, 0.4], [11, -1], [5.0, 5.0]):
        with pytest.raises(ValueError, match="random_split was given"):
            random_split(data, lengths)
    with pytest.raises(ValueError, match="one of them"):
        random_split(data, [5, 5], np.random.default_rng(0), seed=0)


# ---- default_collate

Point = namedtuple("Point", ["x", "y"])


def test_collate_keeps_the_structure() -> None:
    batch = default_collate([Point(1, [True, np.float32(2)]), Point(3, [False, np.float32(4)])])
    assert isinstance(batch, Point)
    assert batch.x.tolist() == [1, 3]
    assert isinstance(batch.y, list)
    assert batch.y[0].dtype == bool
    assert batch.y[1].dtype == np.float32
    assert default_collate(["a", "b"]) == ["a", "b"]
    nested = default_collate([{"a": (tg.ones(2), 0.5)}, {"a": (tg.zeros(2), 1.5)}])
    assert nested["a"][0].tolist() == [[1, 1], [0, 0]]
    assert nested["a"][1].dtype == np.float64


def test_collate_refuses() -> None:
    with pytest.raises(ValueError, match=r"shapes \[\(2,\), \(3,\)\]"):
        default_collate([np.ones(2), np.ones(3)])
    with pytest.raises(ValueError, match=r"\[1, 2\] entries"):
        default_collate([(1,), (1, 2)])
    with pytest.raises(ValueError, match="no sample"):
        default_collate([])
    with pytest.raises(TypeError, match="NoneType"):
        default_collate([None])


# ---- samplers


def test_orders() -> None:
    assert list(SequentialSampler(range(3))) == [0, 1, 2]
    assert sorted(RandomSampler(range(50), seed=0)) == list(range(50))
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=200, seed=0))
    assert set(drawn) == set(range(5))
    assert len(drawn) == 200
    more = list(RandomSampler(range(5), num_samples=12, seed=0))
    assert sorted(more[:5]) == sorted(more[5:10]) == list(range(5))
    assert len(more) == 12
    assert sorted(SubsetRandomSampler([4, 7, 9], seed=0)) == [4, 7, 9]
    assert len(RandomSampler([], seed=0)) == len(list(RandomSampler([], seed=0))) == 0


SAMPLERS = {
    "random": lambda **how: RandomSampler(range(30), **how),
    "replacement": lambda **how: RandomSampler(range(30), True, 20, **how),
    "subset": lambda **how: SubsetRandomSampler(range(5, 30), **how),
    "weighted": lambda **how: WeightedRandomSampler(np.arange(30), 20, **how),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_random_order_depends_on_seed_and_epoch_alone(name: str) -> None:
    make = SAMPLERS[name]
    sampler = make(seed=1)
    epochs = [list(sampler) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    later = make(seed=1)
    assert later.order(2).tolist() == epochs[2]
    later.set_epoch(1)
    assert list(later) == epochs[1]
    assert list(make(seed=2)) != epochs[0]
    assert list(make(seed=(1, 2))) == list(make(seed=(1, 2))) != epochs[0]
    assert list(make(generator=np.random.default_rng(7))) == list(make(generator=np.random.default_rng(7)))
    with pytest.raises(ValueError, match="negative"):
        make(seed=-1)
    with pytest.raises(ValueError, match="one of them"):
        make(seed=1, generator=np.random.default_rng(7))


def test_weights_decide_how_often() -> None:
    drawn = WeightedRandomSampler([1, 0, 3], 40_000, seed=0).order(0)
    counts = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(counts, [0.25, 0, 0.75], atol=0.02)  # five standard deviations are 0.011
    once = WeightedRandomSampler(tg.tensor([1.0, 0.0, 3.0]), 2, replacement=False, seed=0).order(0)
    assert sorted(once.tolist()) == [0, 2]


def test_samplers_refuse() -> None:
    for weights in ([-1, 2], [0, 0], [np.nan, 1], [[1.0]], [], [np.inf, 1]):
        with pytest.raises(ValueError, match="weights"):
            WeightedRandomSampler(weights, 1)
    with pytest.raises(ValueError, match="without replacement"):
        WeightedRandomSampler([1, 0], 2, replacement=False)
    for count in (0, -1, 1.5):
        with pytest.raises(ValueError, match="num_samples"):
            RandomSampler(range(3), num_samples=count)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="num_samples"):
            WeightedRandomSampler([1, 1], count)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="batch_size"):
            BatchSampler(range(3), count)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="__iter__"):
        iter(Sampler())
    with pytest.raises(NotImplementedError, match="__len__"):
        len(Sampler())


@given(total=st.integers(0, 30), size=st.integers(1, 12), drop=st.booleans())
def test_batch_sampler_and_loader_have_the_length_they_say(total: int, size: int, drop: bool) -> None:
    sampler = BatchSampler(SequentialSampler(range(total)), size, drop)
    batches = list(sampler)
    loader = DataLoader(TensorDataset(np.arange(total)), size, drop_last=drop)
    custom = DataLoader(TensorDataset(np.arange(total)), size, sampler=range(total), drop_last=drop)
    assert len(batches) == len(sampler) == len(loader) == len(custom)
    assert [b.tolist() for (b,) in loader] == [b.tolist() for (b,) in custom] == batches
    kept = total - total % size if drop else total
    assert [i for batch in batches for i in batch] == list(range(kept))
    assert all(len(batch) == size for batch in batches[:-1])


# ---- the loader


def test_batches_in_order(data: TensorDataset) -> None:
    loader = DataLoader(data, batch_size=4)
    assert labels_of(loader) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] == labels_of(loader)
    assert labels_of(DataLoader(data, batch_size=4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert len(DataLoader(data)) == 10


def test_a_shuffled_epoch_has_every_sample_once_and_x_with_its_y(data: TensorDataset) -> None:
    loader = DataLoader(data, batch_size=4, shuffle=True, seed=0)
    x = np.concatenate([inputs.array for inputs, _ in loader])
    loader.set_epoch(0)
    y = np.concatenate([labels.array for _, labels in loader])
    assert sorted(y) == list(range(10))
    assert y.tolist() != list(range(10))
    np.testing.assert_array_equal(x[:, 0], 2 * y)


def test_a_resumed_run_sees_the_same_batches(data: TensorDataset) -> None:
    loader = DataLoader(data, batch_size=3, shuffle=True, seed=9)
    epochs = [labels_of(loader) for _ in range(4)]
    assert len({str(epoch) for epoch in epochs}) == 4
    resumed = DataLoader(data, batch_size=3, shuffle=True, seed=9)
    resumed.set_epoch(2)
    assert [labels_of(resumed) for _ in range(2)] == epochs[2:]
    assert resumed.epoch == 4
    assert labels_of(DataLoader(data, batch_size=3, shuffle=True, seed=10)) != epochs[0]


def test_without_a_seed_manual_seed_decides_and_nobody_elses_draws(data: TensorDataset) -> None:
    orders = []
    for draws in (0, 7):
        tg.manual_seed((3, 1))
        tg.rand(draws)
        loader = DataLoader(data, batch_size=3, shuffle=True)
        tg.rand(draws)
        orders.append([labels_of(loader), labels_of(loader)])
    assert orders[0] == orders[1]


def test_a_generator_decides(data: TensorDataset) -> None:
    first, second = (DataLoader(data, 3, True, generator=np.random.default_rng(4)) for _ in range(2))
    assert labels_of(first) == labels_of(second)


def test_iterations_in_one_another_do_not_disturb_each_other(data: TensorDataset) -> None:
    loader = DataLoader(data, batch_size=5, shuffle=True, seed=0)
    epochs = [labels_of(loader) for _ in range(4)]
    loader.set_epoch(0)
    outer = []
    for _, labels in loader:
        outer.append(labels.tolist())
        assert labels_of(loader) == epochs[len(outer)]
    assert outer == epochs[0]
    loader.set_epoch(0)
    iterators = [iter(loader), iter(loader)]  # which epoch is decided here, not at the first batch
    assert labels_of(iterators[1]) == epochs[1]
    assert labels_of(iterators[0]) == epochs[0]


def test_arrays_are_sliced_and_samples_never_looped_over(arrays: Any) -> None:
    data = Counting(*arrays)
    list(DataLoader(data, batch_size=4))
    assert data.asked == [slice(0, 4, 1), slice(4, 8, 1), slice(8, 10, 1)]
    data.asked.clear()
    list(DataLoader(data, batch_size=4, shuffle=True, seed=0))
    assert [(index.dtype, index.shape) for index in data.asked] == [("int64", (4,)), ("int64", (4,)), ("int64", (2,))]


def test_own_samplers(data: TensorDataset) -> None:
    class Even(Sampler):
        def __iter__(self) -> Iterator[int]:
            return iter(range(0, 10, 2))

        def __len__(self) -> int:
            return 5

    assert labels_of(DataLoader(data, batch_size=2, sampler=Even())) == [[0, 2], [4, 6], [8]]
    assert labels_of(DataLoader(data, batch_size=2, sampler=[3, 1, 4])) == [[3, 1], [4]]
    assert labels_of(DataLoader(data, batch_sampler=[[1, 2], np.array([3])])) == [[1, 2], [3]]
    shuffled = DataLoader(data, batch_sampler=BatchSampler(RandomSampler(data, seed=0), 4, drop_last=True))
    assert labels_of(shuffled) != labels_of(shuffled)
    assert len(shuffled) == 2
    loader = DataLoader(data, batch_size=5, sampler=WeightedRandomSampler([0] * 9 + [1], 10, seed=0))
    assert labels_of(loader) == [[9] * 5] * 2


def test_own_datasets_and_collate(data: TensorDataset) -> None:
    assert [b.tolist() for b in DataLoader([1.5, 2.5, 3.5], batch_size=2)] == [[1.5, 2.5], [3.5]]
    words = DataLoader(Slow([{"n": i, "word": "ab"[i % 2]} for i in range(3)]), batch_size=2)
    assert [(b["n"].tolist(), b["word"]) for b in words] == [([0, 1], ["a", "b"]), ([2], ["a"])]
    loader = DataLoader(data, batch_size=4, collate_fn=lambda samples: sum(int(label) for _, label in samples))
    assert list(loader) == [6, 22, 17]
    assert all(isinstance(x, tg.Tensor) for batch in DataLoader(data, 3) for x in batch)


def test_loader_refuses(data: TensorDataset) -> None:
    for wrong, message in [
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": 2.0}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"batch_size": None}, "batch_size"),
        ({"num_workers": 2}, "num_workers must be 0"),
        ({"prefetch": -1}, "prefetch"),
        ({"prefetch": 1.0}, "prefetch"),
        ({"prefetch": True}, "prefetch"),
        ({"augment": RandomShift(1), "seed": -1}, "negative"),
        ({"shuffle": True, "sampler": [0]}, "leave shuffle out"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "shuffle": True}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler makes the batches"),
        ({"batch_sampler": [[0]], "sampler": [0]}, "batch_sampler makes the batches"),
        ({"shuffle": True, "seed": -1}, "negative"),
    ]:
        with pytest.raises(ValueError, match=message):
            DataLoader(data, **wrong)
    with pytest.raises(TypeError, match="augment must be called"):
        DataLoader(data, augment="flip")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="before the first"):
        DataLoader(data).set_epoch(-1)
    with pytest.raises(IndexError):
        list(DataLoader(data, sampler=[10]))


def test_pytorchs_other_arguments_are_accepted(data: TensorDataset) -> None:
    assert len(DataLoader(data, 4, False, None, None, 0, None, True, True)) == 2


# ---- augmented batches, and batches made ahead


def add_noise(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return inputs + rng.random(inputs.shape, np.float32)


def contents(loader: Any) -> list[list[bytes]]:
    return [[entry.array.tobytes() for entry in batch] for batch in loader]


def prefetching() -> int:
    return sum(thread.name == "DataLoader prefetch" for thread in threading.enumerate())


def assert_all_stop(seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while prefetching() and time.monotonic() < until:
        time.sleep(0.001)
    assert prefetching() == 0


@pytest.mark.parametrize("shuffle", [False, True])
def test_augmentation_depends_on_seed_epoch_and_batch_alone(data: TensorDataset, arrays: Any, shuffle: bool) -> None:
    x = arrays[0]
    before = x.copy()

    def make(seed: int) -> DataLoader:
        return DataLoader(data, 3, shuffle, seed=seed, augment=add_noise)

    loader = make(1)
    epochs = [contents(loader) for _ in range(3)]
    assert len({inputs for epoch in epochs for inputs, _ in epoch}) == 12
    resumed = make(1)
    resumed.set_epoch(2)
    third = list(resumed)
    assert [[entry.array.tobytes() for entry in batch] for batch in third] == epochs[2]
    assert contents(make(2)) != epochs[0]
    plain = DataLoader(data, 3, shuffle, seed=1)
    plain.set_epoch(2)
    for (inputs, labels), (expected, expected_labels) in zip(third, plain, strict=True):
        noise = inputs.array - expected.array
        assert (noise > -1e-5).all()
        assert (noise < 1 + 1e-5).all()
        assert labels.tolist() == expected_labels.tolist()
    np.testing.assert_array_equal(x, before)


def test_batches_that_are_alike_are_not_augmented_alike() -> None:
    loader = DataLoader(TensorDataset(np.zeros((8, 2), np.float32)), 2, seed=1, augment=add_noise)
    assert len({batch.array.tobytes() for (batch,) in loader}) == 4


def test_augmentation_without_a_seed(data: TensorDataset) -> None:
    runs = []
    for _ in range(2):
        tg.manual_seed(3)
        runs.append(contents(DataLoader(data, 3, augment=add_noise)))
    assert runs[0] == runs[1]
    first, second = (
        contents(DataLoader(data, 3, generator=np.random.default_rng(4), augment=add_noise)) for _ in range(2)
    )
    assert first == second != runs[0]


def test_augmenting_leaves_the_order_alone(data: TensorDataset) -> None:
    plain, augmented = (
        DataLoader(data, 3, True, generator=np.random.default_rng(4), augment=augment) for augment in (None, add_noise)
    )
    assert labels_of(plain) == labels_of(augmented)


def test_the_first_entry_of_any_batch_is_augmented() -> None:
    def double(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return 2 * inputs

    def first(samples: list[Any], **how: Any) -> Any:
        return next(iter(DataLoader(Slow(samples), batch_size=2, augment=double, **how)))

    point = first([Point(1, 5), Point(2, 6)])
    assert isinstance(point, Point)
    assert (point.x.tolist(), point.y.tolist()) == ([2, 4], [5, 6])
    pair = first([[1, 5], [2, 6]])
    assert isinstance(pair, list)
    assert [entry.tolist() for entry in pair] == [[2, 4], [5, 6]]
    assert first([1.5, 2.5]).tolist() == [3, 5]
    array = first([1, 2], collate_fn=np.array)
    assert isinstance(array, np.ndarray)
    assert array.tolist() == [2, 4]
    for unknown in ([{"x": 1}], ["a"]):
        with pytest.raises(TypeError, match="augment needs batches that are or begin with a tensor"):
            first(unknown)


@pytest.mark.parametrize("prefetch", [1, 2, 100])
def test_batches_made_ahead_are_the_same(data: TensorDataset, prefetch: int) -> None:
    options: list[dict[str, Any]] = [
        {},
        {"shuffle": True, "seed": 1},
        {"shuffle": True, "seed": 1, "augment": add_noise, "drop_last": True},
        {"sampler": [3, 1, 4, 1, 5]},
        {"collate_fn": lambda samples: default_collate(samples)},
    ]
    for how in options:
        now, ahead = DataLoader(data, 3, **how), DataLoader(data, 3, prefetch=prefetch, **how)
        assert len(now) == len(ahead)
        for _ in range(3):
            assert contents(now) == contents(ahead)
        for loader in (now, ahead):
            loader.set_epoch(1)
        iterators = [iter(loader) for loader in (now, now, ahead, ahead)]  # two epochs at once
        assert now.epoch == ahead.epoch == 3
        now_first, now_second, ahead_first, ahead_second = iterators
        assert [contents(ahead_second), contents(ahead_first)] == [contents(now_second), contents(now_first)]
        assert next(ahead_first, None) is None
    assert_all_stop()


@pytest.mark.parametrize("prefetch", [1, 3])
def test_no_more_is_made_ahead_than_was_asked_for(prefetch: int, arrays: Any) -> None:
    data = Counting(*arrays)
    iterator = iter(DataLoader(data, prefetch=prefetch))
    for taken in range(4):
        until = time.monotonic() + 10
        while len(data.asked) < taken + prefetch and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.01)  # for one too many
        assert len(data.asked) == taken + prefetch
        next(iterator)
    del iterator
    assert_all_stop()


def use_and_fail(loader: DataLoader) -> None:
    for _ in loader:
        raise ZeroDivisionError


def test_an_abandoned_iteration_stops_its_thread(data: TensorDataset) -> None:
    loader = DataLoader(data, prefetch=2)
    for _ in loader:
        break
    assert_all_stop()
    with pytest.raises(ZeroDivisionError):
        use_and_fail(loader)
    assert_all_stop()
    iterator = iter(loader)
    assert prefetching() == 1
    cycle = [iterator]
    cycle.append(cycle)  # type: ignore[arg-type]
    del iterator, cycle
    gc.collect()
    assert_all_stop()
    assert len(list(loader)) == 10
    assert_all_stop()


def test_an_error_in_the_thread_is_raised_where_the_batch_is_asked_for(data: TensorDataset) -> None:
    def fail(inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        if inputs[0, 0] == 8:
            raise ArithmeticError("no such luck")
        return inputs

    iterator = iter(DataLoader(data, batch_size=2, augment=fail, prefetch=4))
    assert [next(iterator)[1].tolist() for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(ArithmeticError, match="no such luck") as caught:
        next(iterator)
    assert "fail" in [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert list(iterator) == []
    assert_all_stop()
    with pytest.raises(IndexError):
        list(DataLoader(data, sampler=[10], prefetch=1))


def test_python_exits_while_batches_are_made_ahead() -> None:
    script = (
        "import numpy as np, time\n"
        "from nn.data import DataLoader, TensorDataset\n"
        "def augment(inputs, rng):\n"
        "    time.sleep(0.002)\n"
        "    return inputs + rng.random(inputs.shape)\n"
        "loader = DataLoader(TensorDataset(np.ones((10_000, 50))), 10, augment=augment, prefetch=2)\n"
        "iterators = [iter(loader), iter(loader)]\n"
        "next(iterators[0])\n"
        "print('done')\n"
    )
    path = Path(tg.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, cwd=path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_loader_can_be_sent_to_another_process(data: TensorDataset) -> None:
    loader = DataLoader(data, 3, True, seed=1, augment=add_noise, prefetch=2)
    list(loader)
    assert contents(pickle.loads(pickle.dumps(loader))) == contents(loader)
