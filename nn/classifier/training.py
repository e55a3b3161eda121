"""Networks by the names of their parts, and the epochs that train them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import tinygrad_np as tg

from .. import activation, optim
from ..container import Sequential
from ..data import DataLoader, TensorDataset
from ..dropout import Dropout
from ..linear import Identity, Linear
from ..loss import CrossEntropy
from ..module import Module

Array = np.ndarray

ACTIVATIONS: dict[str, type[Module]] = {
    "relu": activation.ReLU,
    "tanh": activation.Tanh,
    "sigmoid": activation.Sigmoid,
    "logistic": activation.Sigmoid,  # scikit-learn's name
    "identity": Identity,
    "leaky_relu": activation.LeakyReLU,
    "elu": activation.ELU,
    "selu": activation.SELU,
    "gelu": activation.GELU,
    "silu": activation.SiLU,
    "mish": activation.Mish,
    "softplus": activation.Softplus,
}

OPTIMIZERS: dict[str, tuple[type[optim.Optimizer], float]] = {  # and the learning rate if none is given
    "sgd": (optim.SGD, 0.1),
    "adam": (optim.Adam, 1e-3),
    "adamw": (optim.AdamW, 1e-3),
    "nadam": (optim.NAdam, 1e-3),
    "rmsprop": (optim.RMSprop, 1e-3),
    "adagrad": (optim.Adagrad, 1e-2),
}

SCHEDULES: dict[str, Callable[[float], float]] = {  # the factor of the learning rate, by the part of the epochs gone
    "constant": lambda done: 1.0,
    "linear": lambda done: 1.0 - done,
    "cosine": lambda done: (1.0 + math.cos(math.pi * done)) / 2,
}

# Tell the random streams of one seed apart.
INITIAL, DROPPED, HELD_OUT = 1, 2, 3


def seed_of(random_state: Any) -> int:
    """Return a seed: `random_state` itself if it is an integer, else one drawn from it.

    Parameters
    ----------
    random_state
        an integer not below 0, a `numpy.random.Generator` or `RandomState`, or None for the generator that
        `tinygrad_np.manual_seed` sets.
    """
    if random_state is None:
        random_state = tg.default_generator()
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, int | np.integer) and random_state >= 0:
        return int(random_state)
    raise ValueError(f"random_state must be an integer not below 0, a random generator or None, not {random_state!r}")


def make_network(sizes: Sequence[int], hidden: str, dropout: float, dtype: np.dtype[Any], seed: int) -> Sequential:
    """Return Linear layers of these sizes, from inputs to classes, with activations and dropout between them."""
    initial, dropped = (np.random.default_rng((seed, stream)) for stream in (INITIAL, DROPPED))
    modules: list[Module] = []
    *body, head = pairwise(sizes)
    for inputs, outputs in body:
        modules += [Linear(inputs, outputs, dtype=dtype, generator=initial), ACTIVATIONS[hidden]()]
        if dropout:
            modules += [Dropout(dropout, generator=dropped)]
    inputs, outputs = head
    return Sequential(*modules, Linear(inputs, outputs, dtype=dtype, generator=initial))


def make_optimizer(
    name: str, parameters: Any, lr: float | None, momentum: float, nesterov: bool, weight_decay: float
) -> optim.Optimizer:
    """Return the optimizer of that name; momentum is SGD's alone."""
    kind, usual = OPTIMIZERS[name]
    options: dict[str, Any] = {"momentum": momentum, "nesterov": nesterov} if name == "sgd" else {}
    made: Any = kind
    optimizer: optim.Optimizer = made(parameters, lr=usual if lr is None else lr, weight_decay=weight_decay, **options)
    return optimizer


class Samples(NamedTuple):
    """Features (N, F), the classes by their positions (N,) and, if there are any, weights (N,)."""

    x: Array
    positions: Array
    weights: Array | None = None

    def at(self, indices: Array) -> Samples:
        """Return some of the samples."""
        weights = None if self.weights is None else self.weights[indices]
        return Samples(self.x[indices], self.positions[indices], weights)

    def that_count(self) -> Samples:
        """Return the samples without those of weight zero, which must not fill batches or be held out either."""
        if self.weights is None or self.weights.all():
            return self
        return self.at(np.flatnonzero(self.weights))


def make_loader(samples: Samples, batch_size: int, seed: int) -> DataLoader:
    """Return shuffled batches of features, classes and, if there are any, weights."""
    x, positions, weights = samples
    columns = [x, positions] if weights is None else [x, positions, (weights / weights.mean()).astype(x.dtype)]
    return DataLoader(TensorDataset(*columns), batch_size, shuffle=True, seed=seed)


def train_epoch(
    model: Sequential, optimizer: optim.Optimizer, loader: DataLoader, label_smoothing: float = 0.0
) -> float:
    """Take a step for each batch, on ``sum(w l) / sum(w)`` of its losses l, and return the same mean over the epoch.

    Raises
    ------
    ValueError
        If the loss is not finite any more.
    """
    criterion = CrossEntropy(label_smoothing=label_smoothing)
    each = CrossEntropy(label_smoothing=label_smoothing, reduction="none")
    total = mass = 0.0
    for x, classes, *rest in loader:
        output = model(x)
        if rest:
            (weights,) = rest
            size = float(weights.array.sum())
            loss = (each(output, classes) * weights).sum() / size
        else:
            size = len(classes)
            loss = criterion(output, classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * size
        mass += size
    optimizer.zero_grad()
    if not math.isfinite(total):
        raise ValueError(
            f"the loss became {total / mass} with lr={optimizer.param_groups[0]['lr']}: lower it, or scale the features"
        )
    return total / mass


def hold_out(positions: Array, fraction: float, seed: int) -> tuple[Array, Array]:
    """Divide samples at random into two parts, each class in about the same proportion.

    Parameters
    ----------
    positions
        the class of each sample by its position, shape (N,).
    fraction
        of the samples, for the second part.
    seed
        to draw with.

    Returns
    -------
    The indices of the samples to train on, among them one of each class at least, and of those held out.

    Raises
    ------
    ValueError
        If there are too few samples.

    Examples
    --------
    >>> kept, held = hold_out(np.array([0] * 16 + [1] * 4), 0.25, seed=0)
    >>> int((held < 16).sum()), int((held >= 16).sum())
    (4, 1)
    """
    order = np.random.default_rng((seed, HELD_OUT)).permutation(len(positions))
    order = order[np.argsort(positions[order], kind="stable")]  # by class, at random inside each
    first = np.diff(positions[order], prepend=-1) != 0
    free = order[~first]
    count = max(1, round(fraction * len(order)))
    if count > len(free):
        raise ValueError(
            f"cannot hold out {count} of {len(order)} samples and keep one of each of {first.sum()} classes: change "
            "validation_fraction"
        )
    held = free[((np.arange(count) + 0.5) * len(free) / count).astype(np.int64)]
    kept = np.setdiff1d(np.arange(len(order)), held)
    return kept, held


class Patience:
    """Tells when a score has not risen by more than `tol` for `epochs` epochs, and keeps the best model if asked to.

    Parameters
    ----------
    epochs
        how many may pass.
    tol
        how much is a rise; None never to stop.
    model
        whose weights are kept at the best score; None to keep none.

    Examples
    --------
    >>> patience = Patience(epochs=2, tol=0.1)
    >>> [patience.is_over(score) for score in (0.5, 0.7, 0.75, 0.65)]
    [False, False, False, True]
    >>> patience.best
    0.75
    """

    def __init__(self, epochs: int, tol: float | None, model: Module | None = None) -> None:
        self.epochs, self.tol, self.model = epochs, tol, model
        self.best, self.waited = -math.inf, 0
        self.weights: Any = None

    def is_over(self, score: float) -> bool:
        """Take the score of one more epoch."""
        self.waited = 0 if self.tol is None or score >= self.best + self.tol else self.waited + 1
        if score > self.best:
            self.best = score
            if self.model is not None:
                self.weights = deepcopy(self.model.state_dict())
        return self.waited >= self.epochs

    def restore(self) -> None:
        """Give the model the weights of the best score."""
        if self.model is not None and self.weights is not None:
            self.model.load_state_dict(self.weights)
