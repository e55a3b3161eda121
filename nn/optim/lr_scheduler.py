"""Schedules of the learning rate.

A schedule changes ``lr`` of its optimizer's parameter groups each time its `step` is called, usually once an epoch
after the optimizer's steps.  Most multiply what they find, so that several may act on one optimizer, or a person may
interfere.  Their states have the names that PyTorch's have.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tinygrad_np as tg

from .optimizer import Optimizer

Factor = Callable[[int], float]  # of the epoch


def _set(group: dict[str, Any], lr: float) -> None:
    """Set the learning rate of a group; a tensor is written to, as a captured step reads its memory."""
    if isinstance(group["lr"], tg.Tensor):
        with tg.no_grad():
            group["lr"].fill_(lr)
    else:
        group["lr"] = lr


def _one_each(name: str, value: Any, optimizer: Optimizer) -> list[Any]:
    """Return an option for each group: as given, or the same for all."""
    if not isinstance(value, list | tuple):
        return [value] * len(optimizer.param_groups)
    if len(value) != len(optimizer.param_groups):
        groups = len(optimizer.param_groups)
        raise ValueError(f"{name} has {len(value)} values, but the optimizer has {groups} groups: give one for each")
    return list(value)


class LRScheduler:
    """Base class of schedules; a subclass defines `get_lr`, and `closed_form` if there is one.

    Parameters
    ----------
    optimizer : whose groups' learning rates are changed; what they are now is kept in them as ``initial_lr``.
    last_epoch : -1 to begin; or how many epochs were gone through, if the groups have ``initial_lr`` from then.

    Attributes
    ----------
    last_epoch : how many times `step` was called.
    base_lrs : ``initial_lr`` of each group.

    Raises
    ------
    TypeError
        If `optimizer` is none.
    KeyError
        If `last_epoch` is given but a group has no ``initial_lr``.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"a schedule needs an optimizer, not {type(optimizer).__name__}")
        self.optimizer = optimizer
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", float(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"group {number} has no initial_lr to go on from: load the optimizer's state first"
                )
        self.base_lrs: list[float] = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._begin()

    def _begin(self) -> None:
        """Take the first step, to the learning rate of the first epoch."""
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def get_lr(self) -> list[float]:
        """Return the learning rate of each group for `last_epoch`, given those of the epoch before."""
        raise NotImplementedError(f"{type(self).__name__} must define get_lr")

    def closed_form(self) -> list[float]:
        """Return the same from `base_lrs` alone; for a schedule that has no such formula, what `get_lr` returns."""
        return self.get_lr()

    def get_last_lr(self) -> list[float]:
        """Return the learning rate of each group that the last step set."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch, or to the one given.

        Warns
        -----
        UserWarning
            If the first call comes before the optimizer's first step, so that the first learning rate is never used.
        """
        if self._step_count == 1 and not self.optimizer.steps:
            warnings.warn(
                "the schedule's step was called before the optimizer's: the first learning rate goes unused, call "
                "optimizer.step() first",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        self._go_to(epoch)

    def _go_to(self, epoch: int | None) -> None:
        if epoch is None:
            self.last_epoch += 1
            rates = self.get_lr()
        else:
            self.last_epoch = epoch
            rates = self.closed_form()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            _set(group, lr)
        self._last_lr = self._current()

    def _current(self) -> list[float]:
        return [float(group["lr"]) for group in self.optimizer.param_groups]

    def _times(self, factor: float) -> list[float]:
        return [lr * factor for lr in self._current()]

    def _base_times(self, factor: float) -> list[float]:
        return [lr * factor for lr in self.base_lrs]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, which is saved by itself."""
        return {name: value for name, value in self.__dict__.items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict`, of this class or PyTorch's of the same name, gave."""
        self.__dict__.update(state_dict)


class StepLR(LRScheduler):
    """Multiply by `gamma` every `step_size` epochs: ``lr = initial_lr * gamma ** (epoch // step_size)``.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for epoch in range(5):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     schedule.step()
    1.0 1.0 0.5 0.5 0.25
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"step_size must be at least 1 epoch, not {step_size}")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by `gamma` if the epoch is a multiple of `step_size`."""
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._current()
        return self._times(self.gamma)

    def closed_form(self) -> list[float]:
        """``initial_lr * gamma ** (epoch // step_size)``."""
        return self._base_times(self.gamma ** (self.last_epoch // self.step_size))


class ReduceLROnPlateau(LRScheduler):
    """Multiply the learning rate by `factor` when a measure has not become better for more than `patience` epochs.

    Parameters
    ----------
    optimizer : whose learning rates are changed.
    mode : ``"min"`` where less is better, as of a loss; ``"max"`` where more is, as of an accuracy.
    factor : below 1.
    patience : so many epochs without improvement are allowed; the next one reduces.
    threshold : better means less than ``best * (1 - threshold)``, or more than ``best * (1 + threshold)``.
    threshold_mode : ``"rel"``, that; or ``"abs"``: ``best - threshold`` and ``best + threshold``.
    cooldown : after a reduction, so many epochs do not count.
    min_lr : the learning rate never goes below; one number, or one for each group.
    eps : a reduction by no more than this is left out.

    Raises
    ------
    ValueError
        If an option makes no sense.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"a schedule needs an optimizer, not {type(optimizer).__name__}")
        if factor >= 1:
            raise ValueError(f"factor must be below 1, not {factor}: the learning rate would not become smaller")
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', not {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', not {threshold_mode!r}")
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.min_lrs = _one_each("min_lr", min_lr, optimizer)
        self.eps = eps
        self.last_epoch = 0
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self._last_lr = self._current()

    @property
    def in_cooldown(self) -> bool:
        """Whether epochs do not count yet after a reduction."""
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take note of the measure of an epoch, a number or a tensor of one element, and reduce if it is time."""
        measure = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(measure):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = self._current()

    def _is_better(self, measure: float) -> bool:
        sign = -1 if self.mode == "min" else 1
        if self.threshold_mode == "rel":
            bar = self.best * (1 + sign * self.threshold)
        else:
            bar = self.best + sign * self.threshold
        return measure < bar if self.mode == "min" else measure > bar

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"min_lr has {len(self.min_lrs)} values, but the optimizer has {len(groups)} groups by now: extend "
                    "min_lrs of this schedule"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, lowest in zip(groups, self.min_lrs, strict=True):
            before = float(group["lr"])
            lr = max(before * self.factor, lowest)
            if before - lr > self.eps:
                _set(group, lr)
