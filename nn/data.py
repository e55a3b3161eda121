"""Data sets, the order in which to go through them, and the batches that come of it.

A data set is asked for a whole batch at once, `Dataset.fetch`, so that one that holds arrays slices them and no Python
runs for a single sample.  A random order depends on a seed and on the number of the epoch, and on nothing else: a run
that is resumed at an epoch sees the batches that it would have seen without the interruption.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import tinygrad_np as tg

Index = np.ndarray | slice  # the samples of a batch: int64 positions, or a run of them
Seed = int | Sequence[int]
Augment = Callable[[np.ndarray, "np.random.Generator"], np.ndarray]  # of the inputs of a batch

# Tell the random streams of one seed apart from each other, and from what is drawn by `manual_seed(seed)`.
ORDER, SPLIT, AUGMENT = 0x0BDE7, 0x59117, 0xA06


def _seed_words(seed: Seed | None, generator: np.random.Generator | None) -> tuple[int, ...]:
    """Return the seed as numbers: as given, drawn from `generator`, or the one that `manual_seed` was given last.

    The default generator is asked for its seed, not for a number, as that would depend on who has drawn before.
    """
    if generator is not None:
        if seed is not None:
            raise ValueError("generator= and seed= both say how to draw: give one of them")
        return (int(generator.integers(2**63)),)
    if seed is None:
        sequence: Any = tg.default_generator().bit_generator.seed_seq
        seed = sequence.entropy
    words = tuple([int(word) for word in np.atleast_1d(np.asarray(seed, object))])
    if min(words) < 0:
        raise ValueError(f"a seed must not be negative, as {seed} is")
    return words


# ---- data sets


class Dataset:
    """A finite collection of samples; subclasses define ``__len__`` and ``__getitem__``.

    One that can produce a whole batch faster than sample by sample defines `fetch` too.

    Examples
    --------
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 5
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> Squares().fetch(slice(1, 4))
    (tensor([1, 2, 3]), tensor([1, 4, 9]))
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__, the number of its samples")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__, which returns a sample")

    def fetch(self, indices: Index) -> Any:
        """Return the batch of the samples at `indices`, by default put together by `default_collate`.

        Parameters
        ----------
        indices : int64 array of shape (N,), or a slice.

        Returns
        -------
        tuple of Tensor, each of shape (N, ...); or whatever `default_collate` makes of this data set's samples.
        """
        return default_collate([self[index] for index in _positions(indices, len(self))])

    def __add__(self, other: Dataset) -> ConcatDataset:
        return ConcatDataset([self, other])


def _positions(indices: Index, length: int) -> list[int]:
    """Return `indices` as a list of int, in a data set of `length` samples."""
    if isinstance(indices, slice):
        return list(range(*indices.indices(length)))
    return np.asarray(indices).tolist()


class TensorDataset(Dataset):
    """Samples along the first dimension of one or more arrays.

    Parameters
    ----------
    tensors : Tensors or ndarrays of shapes (N, ...) with the same N.  Their memory is used, not copied.

    Raises
    ------
    ValueError
        If there is none, or the numbers of samples differ.

    Examples
    --------
    >>> data = TensorDataset(np.eye(3, dtype=np.float32), np.arange(3))
    >>> data[1]
    (tensor([0., 1., 0.]), tensor(1))
    >>> data.fetch(np.array([2, 0]))
    (tensor([[0., 0., 1.],
            [1., 0., 0.]]), tensor([2, 0]))
    """

    def __init__(self, *tensors: tg.Tensor | np.ndarray) -> None:
        self.tensors = tuple(tg.as_tensor(tensor) for tensor in tensors)
        if not tensors or any(tensor.ndim == 0 for tensor in self.tensors):
            raise ValueError("a TensorDataset needs one tensor or more, each with a first dimension to go along")
        lengths = [len(tensor) for tensor in self.tensors]
        if len(set(lengths)) > 1:
            raise ValueError(f"the tensors of a TensorDataset have {lengths} samples: the numbers must be the same")

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[tg.Tensor, ...]:
        return tuple(tg.from_numpy(tensor.array[index, ...]) for tensor in self.tensors)

    def fetch(self, indices: Index) -> tuple[tg.Tensor, ...]:
        """Return the samples at `indices`: a slice gives read-only views, an array of indices gives copies.

        Views cannot be written to, so that an operation in place on a batch does not change the data set: clone first.
        """
        if not isinstance(indices, slice):
            return tuple([tg.from_numpy(np.take(tensor.array, indices, axis=0)) for tensor in self.tensors])
        batch = []
        for tensor in self.tensors:
            view = tensor.array[indices]
            view.flags.writeable = False
            batch.append(tg.from_numpy(view))
        return tuple(batch)


class Subset(Dataset):
    """Some of the samples of another data set.

    Parameters
    ----------
    dataset : the data set.
    indices : positions in it, in the order wanted; a ``range`` keeps batches in order free of copies.

    Examples
    --------
    >>> data = TensorDataset(np.arange(10, 20))
    >>> Subset(data, [7, 1]).fetch(slice(0, 2))
    (tensor([17, 11]),)
    """

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray) -> None:
        self.dataset = dataset
        self.indices = _ascending(indices) if isinstance(indices, range) else _as_index_array(indices, "Subset")
        positions = np.asarray([self.indices[0], self.indices[-1]] if isinstance(self.indices, range) else self.indices)
        length = len(dataset)
        if positions.size and not (-length <= positions.min() and positions.max() < length):
            raise IndexError(
                f"the indices of this Subset reach from {positions.min()} to {positions.max()}, but the data set has "
                f"{length} samples"
            )

    @cached_property
    def _positions(self) -> np.ndarray:
        """The range as an array, which is made once: for 50,000 samples it takes longer than a step of training."""
        return np.asarray(self.indices)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[int(self.indices[index])]

    def fetch(self, indices: Index) -> Any:
        """Return the batch that the data set makes of the samples at these positions of the subset."""
        if isinstance(self.indices, range):
            chosen = self.indices[indices] if isinstance(indices, slice) else self._positions[indices]
        else:
            chosen = self.indices[indices]
        return _fetch(self.dataset, _as_index(chosen))


def _ascending(positions: range) -> range | np.ndarray:
    """Return a range whose positions a slice can name too, or an array."""
    plain = len(positions) > 0 and positions.step > 0 and positions.start >= 0
    return positions if plain else np.asarray(positions, np.int64)


def _as_index_array(indices: Any, name: str) -> np.ndarray:
    array = np.asarray(indices.array if isinstance(indices, tg.Tensor) else indices)
    if array.size == 0:
        array = array.astype(np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise ValueError(f"{name} needs a sequence of integers, not shape {array.shape} and dtype {array.dtype}")
    return array.astype(np.int64, copy=False)


def _as_index(positions: range | np.ndarray) -> Index:
    """Return an ascending range as the slice of the same positions."""
    return slice(positions.start, positions.stop, positions.step) if isinstance(positions, range) else positions


def _fetch(dataset: Any, indices: Index) -> Any:
    """Return the batch of any object with ``__getitem__`` and ``__len__``, at once if it can."""
    if hasattr(dataset, "fetch"):
        return dataset.fetch(indices)
    return default_collate([dataset[index] for index in _positions(indices, len(dataset))])


class ConcatDataset(Dataset):
    """Several data sets, one after the other; also ``a + b``.

    Examples
    --------
    >>> data = TensorDataset(np.arange(3)) + TensorDataset(np.arange(10, 13))
    >>> len(data), data.fetch(np.array([5, 0]))
    (6, (tensor([12,  0]),))
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("a ConcatDataset needs one data set or more, not none")
        self.ends = np.cumsum([len(dataset) for dataset in self.datasets])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> Any:
        which, position = self._locate(np.array([index]))
        return self.datasets[int(which[0])][int(position[0])]

    def _locate(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return in which data set each sample is, and its position there."""
        length = len(self)
        if indices.size and not (-length <= indices.min() and indices.max() < length):
            raise IndexError(f"index {indices.min()} to {indices.max()} is out of bounds for {length} samples")
        indices = np.where(indices < 0, indices + length, indices)
        which = np.searchsorted(self.ends, indices, side="right")
        starts = np.concatenate([[0], self.ends[:-1]])
        return which, indices - starts[which]

    def fetch(self, indices: Index) -> Any:
        """Return the batch; one that lies in a single data set is fetched there, others are put together."""
        if isinstance(indices, slice):
            indices = np.arange(*indices.indices(len(self)))
        which, positions = self._locate(np.asarray(indices))
        parts = np.unique(which)
        if len(parts) == 1:
            return _fetch(self.datasets[int(parts[0])], positions)
        places = [np.flatnonzero(which == part) for part in parts]
        batches = [
            _fetch(self.datasets[int(part)], positions[place]) for part, place in zip(parts, places, strict=True)
        ]
        if not all(isinstance(batch, tuple) and all(isinstance(x, tg.Tensor) for x in batch) for batch in batches):
            return super().fetch(indices)
        back = np.argsort(np.concatenate(places))
        columns = zip(*batches, strict=True)
        return tuple([tg.from_numpy(np.concatenate([x.array for x in column])[back]) for column in columns])


def random_split(
    dataset: Any,
    lengths: Sequence[int | float],
    generator: np.random.Generator | None = None,
    *,
    seed: Seed | None = None,
) -> list[Subset]:
    """Divide a data set at random into parts that do not overlap.

    Parameters
    ----------
    dataset : what to divide.
    lengths : samples of each part; or fractions that sum to 1, rounded down; the samples left over go to the parts in
        turn, one each.
    generator, seed : how to draw; by default the seed that `tinygrad_np.manual_seed` was given last.

    Raises
    ------
    ValueError
        If the lengths do not add up to the data set, or one is negative.

    Examples
    --------
    >>> train, valid = random_split(TensorDataset(np.arange(10)), [0.75, 0.25], seed=0)
    >>> len(train), len(valid), sorted([*train.indices, *valid.indices]) == list(range(10))
    (8, 2, True)
    """
    total = len(dataset)
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split was given {list(lengths)}: a part cannot be negative")
    if math.isclose(sum(lengths), 1) and sum(lengths) <= total and not all(isinstance(n, int) for n in lengths):
        counts = [math.floor(total * fraction) for fraction in lengths]
        for part in range(total - sum(counts)):
            counts[part % len(counts)] += 1
    elif all(isinstance(length, int | np.integer) for length in lengths) and sum(lengths) == total:
        counts = [int(length) for length in lengths]
    else:
        raise ValueError(
            f"random_split was given {list(lengths)}, which sum to {sum(lengths)}: give fractions that sum to 1, or "
            f"numbers of samples that sum to {total}"
        )
    order = np.random.default_rng((*_seed_words(seed, generator), SPLIT)).permutation(total)
    return [Subset(dataset, part) for part in np.split(order, np.cumsum(counts)[:-1])]


def default_collate(samples: Sequence[Any]) -> Any:
    """Put samples together into a batch, as PyTorch does.

    Tensors, arrays and numbers are stacked along a new first dimension (Python floats give float64); of tuples, named
    tuples, lists and mappings each entry is put together by itself; strings stay a list.

    Parameters
    ----------
    samples : one or more samples of the same structure.

    Raises
    ------
    ValueError
        If there are none, or their shapes or lengths differ.
    TypeError
        If a sample is of a type that is not named above.

    Examples
    --------
    >>> default_collate([{"x": np.zeros(2), "y": 1}, {"x": np.ones(2), "y": 2}])
    {'x': tensor([[0., 0.],
            [1., 1.]], dtype=float64), 'y': tensor([1, 2])}
    """
    if len(samples) == 0:
        raise ValueError("there is no sample to make a batch of")
    first = samples[0]
    if isinstance(first, tg.Tensor):
        return _stack([sample.array for sample in samples])
    if isinstance(first, np.ndarray | np.generic | bool | int | float):
        return _stack(samples)
    if isinstance(first, str | bytes):
        return list(samples)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, Sequence):
        lengths = sorted({len(sample) for sample in samples})
        if len(lengths) > 1:
            raise ValueError(f"the samples of a batch have {lengths} entries: make the numbers the same")
        entries = [default_collate(entry) for entry in zip(*samples, strict=True)]
        if hasattr(first, "_fields"):
            return type(first)(*entries)
        return entries if isinstance(first, list) else tuple(entries)
    raise TypeError(
        f"a sample holds {type(first).__name__}, but batches are made of tensors, arrays, numbers, strings, sequences "
        "and mappings: return one of these, or give collate_fn"
    )


def _stack(entries: Sequence[Any]) -> tg.Tensor:
    shapes = sorted({np.shape(entry) for entry in entries})
    if len(shapes) > 1:
        raise ValueError(f"the samples of a batch have the shapes {shapes}: make them the same, or give collate_fn")
    return tg.from_numpy(np.stack([np.asarray(entry) for entry in entries]))


# ---- orders


class Sampler:
    """An order in which to go through a data set.

    Subclasses define ``__iter__``, which yields positions, and ``__len__``.
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__, which yields positions")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__, the number of positions it yields")


class RandomAccessSampler(Sampler):
    """A sampler that gives the positions of any epoch at once.

    Iterating over it goes through one epoch, and the next time through the next.

    Attributes
    ----------
    epoch : the number of the epoch that is iterated over next, from 0.
    """

    epoch = 0

    def order(self, epoch: int) -> range | np.ndarray:
        """Return the positions of that epoch: an int64 array, or a range where they ascend."""
        raise NotImplementedError(f"{type(self).__name__} must define order, which returns the positions of an epoch")

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the one that is iterated over next."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = self.order(self.epoch)
        self.epoch += 1
        return iter(order if isinstance(order, range) else order.tolist())


class SequentialSampler(RandomAccessSampler):
    """Every sample in order.

    Examples
    --------
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __len__(self) -> int:
        return len(self.data_source)

    def order(self, epoch: int) -> range:
        """Return ``range(N)``."""
        return range(len(self))


class RandomSampler(RandomAccessSampler):
    """Every sample once in random order, or samples drawn with replacement.

    Parameters
    ----------
    data_source : the data set; only its length counts.
    replacement : whether a sample may be drawn again.
    num_samples : how many to draw, by default as many as there are.  Without replacement and beyond that, one random
        order follows another.
    generator, seed : how to draw; by default the seed that `tinygrad_np.manual_seed` was given last.

    Examples
    --------
    >>> sampler = RandomSampler(range(5), seed=1)
    >>> sorted(sampler.order(epoch=3).tolist()), np.array_equal(sampler.order(epoch=3), sampler.order(epoch=3))
    ([0, 1, 2, 3, 4], True)
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: np.random.Generator | None = None,
        *,
        seed: Seed | None = None,
    ) -> None:
        if num_samples is not None and (not isinstance(num_samples, int | np.integer) or num_samples < 1):
            raise ValueError(f"num_samples must be a positive integer or None, not {num_samples!r}")
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = num_samples
        self.seed = _seed_words(seed, generator)

    def __len__(self) -> int:
        return len(self.data_source) if self.num_samples is None else self.num_samples

    def order(self, epoch: int) -> np.ndarray:
        """Return the positions of that epoch, which depend on the seed and the epoch alone."""
        rng = np.random.default_rng((*self.seed, ORDER, epoch))
        total, wanted = len(self.data_source), len(self)
        if self.replacement:
            return rng.integers(total, size=wanted)
        rounds = max(1, math.ceil(wanted / max(total, 1)))
        return np.concatenate([rng.permutation(total) for _ in range(rounds)])[:wanted]


class SubsetRandomSampler(RandomAccessSampler):
    """The given positions in random order.

    Examples
    --------
    >>> sorted(SubsetRandomSampler([3, 1, 4], seed=0))
    [1, 3, 4]
    """

    def __init__(
        self,
        indices: Sequence[int] | np.ndarray,
        generator: np.random.Generator | None = None,
        *,
        seed: Seed | None = None,
    ) -> None:
        self.indices = _as_index_array(indices, "SubsetRandomSampler")
        self.seed = _seed_words(seed, generator)

    def __len__(self) -> int:
        return len(self.indices)

    def order(self, epoch: int) -> np.ndarray:
        """Return the positions of that epoch, which depend on the seed and the epoch alone."""
        return np.random.default_rng((*self.seed, ORDER, epoch)).permutation(self.indices)


class WeightedRandomSampler(RandomAccessSampler):
    """Positions drawn with the given weights, for data sets whose classes are of unequal size.

    Parameters
    ----------
    weights : array of shape (N,), not negative; they need not sum to 1.
    num_samples : how many to draw.
    replacement : whether a position may be drawn again.
    generator, seed : how to draw; by default the seed that `tinygrad_np.manual_seed` was given last.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, all are 0, or fewer are above 0 than are drawn without replacement.

    Examples
    --------
    >>> list(WeightedRandomSampler([0.0, 2.0, 0.0], 4, seed=0))
    [1, 1, 1, 1]
    """

    def __init__(
        self,
        weights: ArrayLike,
        num_samples: int,
        replacement: bool = True,
        generator: np.random.Generator | None = None,
        *,
        seed: Seed | None = None,
    ) -> None:
        self.weights = np.asarray(weights.array if isinstance(weights, tg.Tensor) else weights, np.float64)
        if not isinstance(num_samples, int | np.integer) or num_samples < 1:
            raise ValueError(f"num_samples must be a positive integer, not {num_samples!r}")
        total = self.weights.sum()
        if self.weights.ndim != 1 or not np.isfinite(total) or not total > 0 or self.weights.min() < 0:
            raise ValueError("weights must be a sequence of finite numbers that are not negative, with one above 0")
        if not replacement and np.count_nonzero(self.weights) < num_samples:
            raise ValueError(
                f"cannot draw {num_samples} without replacement from {np.count_nonzero(self.weights)} positions whose "
                "weight is above 0"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.seed = _seed_words(seed, generator)

    def __len__(self) -> int:
        return self.num_samples

    def order(self, epoch: int) -> np.ndarray:
        """Return the positions of that epoch, which depend on the seed and the epoch alone."""
        rng = np.random.default_rng((*self.seed, ORDER, epoch))
        probabilities = self.weights / self.weights.sum()
        return rng.choice(len(probabilities), self.num_samples, self.replacement, probabilities)


class BatchSampler(Sampler):
    """The positions of a sampler in batches.

    Parameters
    ----------
    sampler : a `Sampler`, or any iterable of positions.
    batch_size : samples in a batch.
    drop_last : whether to leave out a last batch that is smaller.

    Examples
    --------
    >>> list(BatchSampler(SequentialSampler(range(7)), batch_size=3, drop_last=False))
    [[0, 1, 2], [3, 4, 5], [6]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        if not isinstance(batch_size, int | np.integer) or isinstance(batch_size, bool) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer, not {batch_size!r}")
        self.sampler = sampler
        self.batch_size = int(batch_size)
        self.drop_last = drop_last

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole if self.drop_last or not rest else whole + 1

    def batches(self, epoch: int) -> Iterator[range | np.ndarray]:
        """Return an iterator over the positions of each batch of that epoch."""
        if isinstance(self.sampler, RandomAccessSampler):
            order = self.sampler.order(epoch)  # now, not when the first batch is asked for
            last = len(order) - (self.batch_size - 1 if self.drop_last else 0)
            return (order[start : start + self.batch_size] for start in range(0, last, self.batch_size))
        return self._chunks(iter(self.sampler))

    def _chunks(self, positions: Iterator[int]) -> Iterator[np.ndarray]:
        while len(chunk := np.fromiter(islice(positions, self.batch_size), np.int64)):
            if len(chunk) < self.batch_size and self.drop_last:
                return
            yield chunk

    def __iter__(self) -> Iterator[list[int]]:
        epoch = 0
        if isinstance(self.sampler, RandomAccessSampler):
            epoch = self.sampler.epoch
            self.sampler.epoch += 1
        return ([int(position) for position in batch] for batch in self.batches(epoch))


# ---- batches


class DataLoader:
    """The batches of a data set, epoch after epoch.

    Parameters
    ----------
    dataset : a `Dataset`, or any object with ``__getitem__`` and ``__len__``.  Its `fetch` makes the batches.
    batch_size : samples in a batch.
    shuffle : whether to go through the samples in random order, another one in each epoch.
    sampler : the order instead, a `Sampler` or any iterable of positions.
    batch_sampler : the batches instead, a `BatchSampler` or any iterable of sequences of positions.
    num_workers : 0; see `prefetch`.
    collate_fn : makes a batch of a list of samples, instead of `fetch`.
    pin_memory : accepted, has no effect.
    drop_last : whether to leave out a last batch that is smaller.
    generator, seed : how to shuffle and augment; by default the seed that `tinygrad_np.manual_seed` was given last.  A
        generator is drawn from once, here.
    augment : changes the inputs at random, as the transforms of `nn.augment` do: ``augment(inputs, rng)`` is given the
        first element of each batch as an array, which it must not write to, and returns another.  Its `rng` depends on
        the seed, the epoch and the number of the batch only.
    prefetch : how many batches are made ahead, by a thread, while others are used.  They are the same batches; the data
        set, `collate_fn` and `augment` run in that thread.

    Attributes
    ----------
    epoch : the number of the epoch that the next iteration goes through, from 0; iterating counts it up.  The order of
        an epoch depends on the seed and on this number only.

    Raises
    ------
    ValueError
        If arguments exclude each other or make no sense.
    TypeError
        If `augment` cannot be called, or a batch is no tensor, array, or sequence that begins with one.

    Examples
    --------
    >>> x, y = np.arange(10, dtype=np.float32).reshape(5, 2), np.arange(5)
    >>> loader = DataLoader(TensorDataset(x, y), batch_size=2)
    >>> [tuple(inputs.shape) for inputs, labels in loader]
    [(2, 2), (2, 2), (1, 2)]

    To go on after epoch 7 as if nothing had happened:

    >>> loader = DataLoader(TensorDataset(x, y), batch_size=2, shuffle=True, seed=0)
    >>> loader.set_epoch(8)

    Images that are never twice the same, made while the network learns from others:

    >>> from nn.augment import RandomWarp
    >>> images = TensorDataset(np.ones((5, 28, 28), np.float32), y)
    >>> loader = DataLoader(images, batch_size=2, shuffle=True, augment=RandomWarp(degrees=10, elastic=0.8), prefetch=2)
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: np.random.Generator | None = None,
        seed: Seed | None = None,
        augment: Augment | None = None,
        prefetch: int = 0,
    ) -> None:
        if num_workers != 0:
            raise ValueError(f"num_workers must be 0, not {num_workers}: prefetch=2 has a thread make batches ahead")
        if not isinstance(prefetch, int | np.integer) or isinstance(prefetch, bool) or prefetch < 0:
            raise ValueError(f"prefetch must be a whole number of batches, 0 or more, not {prefetch!r}")
        if augment is not None and not callable(augment):
            raise TypeError(f"augment must be called with inputs and a generator, which {augment!r} cannot be")
        if sampler is not None and shuffle:
            raise ValueError("sampler gives the order already: leave shuffle out")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("batch_sampler makes the batches: leave batch_size, shuffle, sampler and drop_last out")
        words = _seed_words(seed, generator) if shuffle or augment is not None else ()
        if sampler is None:
            sampler = RandomSampler(dataset, seed=words) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler: Any = batch_sampler
        self.collate_fn = collate_fn
        self.augment = augment
        self.prefetch = int(prefetch)
        self.epoch = 0
        self._seed = words

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the one that the next iteration goes through."""
        if epoch < 0:
            raise ValueError(f"epochs count from 0: {epoch} is before the first")
        self.epoch = epoch

    def __iter__(self) -> Iterator[Any]:
        epoch = self.epoch
        self.epoch += 1
        if isinstance(self.batch_sampler, BatchSampler):
            batches = self.batch_sampler.batches(epoch)
        else:
            batches = (_as_index_array(batch, "a batch of batch_sampler") for batch in self.batch_sampler)
        made = self._made(batches)
        if self.augment is not None:
            made = self._augmented(made, self.augment, epoch)
        if not self.prefetch:
            return made
        from .prefetch import Ahead

        return Ahead(made, self.prefetch)

    def _made(self, batches: Iterator[range | np.ndarray]) -> Iterator[Any]:
        """Return an iterator over the batches of samples at these positions."""
        if self.collate_fn is not None:
            collate, dataset = self.collate_fn, self.dataset
            return (collate([dataset[int(position)] for position in batch]) for batch in batches)
        fetch = self.dataset.fetch if hasattr(self.dataset, "fetch") else lambda index: _fetch(self.dataset, index)
        return (fetch(_as_index(batch)) for batch in batches)

    def _augmented(self, made: Iterator[Any], augment: Augment, epoch: int) -> Iterator[Any]:
        """Return an iterator over batches whose first element is augmented."""
        for number, batch in enumerate(made):
            rng = np.random.default_rng((*self._seed, AUGMENT, epoch, number))
            if not isinstance(batch, list | tuple):
                yield _apply(augment, batch, rng)
            else:
                entries = [_apply(augment, batch[0], rng), *batch[1:]]
                yield type(batch)(*entries) if hasattr(batch, "_fields") else type(batch)(entries)


def _apply(augment: Augment, inputs: Any, rng: Any) -> Any:
    """Return `inputs` augmented, as a tensor if they are one."""
    if isinstance(inputs, tg.Tensor):
        return tg.as_tensor(augment(inputs.array, rng))
    if isinstance(inputs, np.ndarray):
        return augment(inputs, rng)
    raise TypeError(
        f"augment needs batches that are or begin with a tensor or an array of inputs, not {type(inputs).__name__}"
    )
