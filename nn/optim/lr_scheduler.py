"""Schedules of the learning rate.

A schedule changes ``lr`` of its optimizer's parameter groups each time its `step` is called, usually once an epoch
after the optimizer's steps.  Most multiply what they find, so that several may act on one optimizer, or a person may
interfere.  Their states have the names that PyTorch's have.
"""

from __future__ import annotations

import math
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType
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


class MultiStepLR(LRScheduler):
    """Multiply by `gamma` at each epoch of `milestones`.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = MultiStepLR(optimizer, milestones=[2, 3], gamma=0.5)
    >>> for epoch in range(4):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     schedule.step()
    1.0 1.0 0.5 0.25
    """

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by `gamma` if the epoch is a milestone, as often as it is one."""
        if self.last_epoch not in self.milestones:
            return self._current()
        return self._times(self.gamma ** self.milestones[self.last_epoch])

    def closed_form(self) -> list[float]:
        """``initial_lr * gamma ** (number of milestones passed)``."""
        return self._base_times(self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch))


class ConstantLR(LRScheduler):
    """Begin with ``initial_lr * factor`` and go back to ``initial_lr`` after `total_iters` epochs."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"factor must be between 0 and 1, not {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by `factor` at the beginning and divide by it at the end."""
        if self.last_epoch == 0:
            return self._times(self.factor)
        if self.last_epoch != self.total_iters:
            return self._current()
        return self._times(1 / self.factor) if self.factor else self.base_lrs

    def closed_form(self) -> list[float]:
        """``initial_lr * factor``, then ``initial_lr``."""
        return self._base_times(1.0 if self.last_epoch >= self.total_iters else self.factor)


class LinearLR(LRScheduler):
    """Go in a straight line from ``initial_lr * start_factor`` to ``initial_lr * end_factor`` in `total_iters` epochs.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> for epoch in range(5):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     schedule.step()
    0.25 0.5 0.75 1.0 1.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"start_factor must be above 0 and at most 1, not {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"end_factor must be between 0 and 1, not {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by the ratio of this epoch's point of the line to the last one's."""
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current()
        rise = self.end_factor - self.start_factor
        return self._times(1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def closed_form(self) -> list[float]:
        """``initial_lr * (start_factor + (end_factor - start_factor) * epoch / total_iters)``."""
        rise = self.end_factor - self.start_factor
        return self._base_times(self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters)


class ExponentialLR(LRScheduler):
    """Multiply by `gamma` every epoch: ``lr = initial_lr * gamma ** epoch``."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by `gamma`."""
        return self._current() if self._is_initial else self._times(self.gamma)

    def closed_form(self) -> list[float]:
        """``initial_lr * gamma ** epoch``."""
        return self._base_times(self.gamma**self.last_epoch)


class PolynomialLR(LRScheduler):
    """Fall to 0 in `total_iters` epochs: ``lr = initial_lr * (1 - epoch / total_iters) ** power``."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply by the ratio of this epoch's value to the last one's."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._current()
        left, before = (1 - epoch / self.total_iters for epoch in (self.last_epoch, self.last_epoch - 1))
        return self._times((left / before) ** self.power)

    def closed_form(self) -> list[float]:
        """``initial_lr * (1 - epoch / total_iters) ** power``."""
        return self._base_times((1 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power)


class CosineAnnealingLR(LRScheduler):
    """Fall from ``initial_lr`` to `eta_min` along half a cosine in `T_max` epochs, and rise again in as many.

    ``lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2``

    References
    ----------
    Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.  (Without the restarts.)
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Multiply what is above `eta_min` by the ratio of this epoch's height to the last one's."""
        if self._is_initial:
            return self._current()
        if self._step_count == 1 and self.last_epoch > 0:
            return self.closed_form()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # the last one's height was 0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [
                lr + (base - self.eta_min) * rise for lr, base in zip(self._current(), self.base_lrs, strict=True)
            ]
        height, before = (1 + math.cos(math.pi * e / self.T_max) for e in (self.last_epoch, self.last_epoch - 1))
        return [height / before * (lr - self.eta_min) + self.eta_min for lr in self._current()]

    def closed_form(self) -> list[float]:
        """``eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2``."""
        height = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Fall along half a cosine, again and again: first in `T_0` epochs, then each time in `T_mult` times as many.

    With T epochs since the last restart of T_i until the next, ``lr = eta_min + (initial_lr - eta_min) *
    (1 + cos(pi * T / T_i)) / 2``.  `step` takes fractions of epochs too.

    References
    ----------
    Loshchilov, Hutter: SGDR: Stochastic gradient descent with warm restarts. ICLR 2017.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        if not isinstance(T_0, int) or T_0 < 1:
            raise ValueError(f"T_0 must be a positive integer, not {T_0!r}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"T_mult must be a positive integer, not {T_mult!r}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return the point of the cosine."""
        height = (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on to the next epoch, or to the one given, which may be a fraction such as ``epoch + batch / batches``."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"epochs count from 0: {epoch} is before the first")
        else:
            self._place(epoch)
        self.last_epoch = math.floor(epoch)
        for group, lr in zip(self.optimizer.param_groups, self.get_lr(), strict=True):
            _set(group, lr)
        self._last_lr = self._current()

    def _place(self, epoch: float) -> None:
        """Set the epochs since the last restart and until the next one."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            restarts = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**restarts - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**restarts


# ---- a schedule by how training goes

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


# ---- schedules by a function of the epoch


def _saved_functions(functions: Sequence[Any]) -> list[dict[str, Any] | None]:
    """Return what functions hold: attributes of callable objects, None of functions, which cannot be saved."""
    return [None if isinstance(function, FunctionType) else dict(function.__dict__) for function in functions]


class LambdaLR(LRScheduler):
    """``lr = initial_lr * lr_lambda(epoch)``.

    Parameters
    ----------
    optimizer : whose learning rates are changed.
    lr_lambda : takes the epoch; or one for each group.
    last_epoch : see `LRScheduler`.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     schedule.step()
    1.0 0.5 0.3333333333333333
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | Sequence[Factor], last_epoch: int = -1) -> None:
        self.lr_lambdas = _one_each("lr_lambda", lr_lambda, optimizer)
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda must be a function of the epoch, not {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """Return ``initial_lr * lr_lambda(epoch)``."""
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * function(self.last_epoch) for base, function in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and functions; of callable objects, what they hold."""
        return {**super().state_dict(), "lr_lambdas": _saved_functions(self.lr_lambdas)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a saved state; the functions stay those given to this schedule."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, held in zip(functions, state_dict["lr_lambdas"], strict=True):
            if held is not None:
                function.__dict__.update(held)


class MultiplicativeLR(LambdaLR):
    """Multiply by ``lr_lambda(epoch)`` each epoch but the first; parameters as of `LambdaLR`."""

    def get_lr(self) -> list[float]:
        """Multiply by ``lr_lambda(epoch)``."""
        if self._is_initial:
            return self._current()
        return [lr * function(self.last_epoch) for lr, function in zip(self._current(), self.lr_lambdas, strict=True)]


# ---- cycles of learning rate and momentum, by the batch


def _has_beta(optimizer: Optimizer) -> bool:
    """Whether the momentum of the optimizer is ``betas[0]``; if it is not, there must be one."""
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(f"{type(optimizer).__name__} has neither momentum nor betas: give cycle_momentum=False")
    return "betas" in optimizer.defaults


def _set_momentum(group: dict[str, Any], momentum: float, is_beta: bool) -> None:
    if is_beta:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class OneCycleLR(LRScheduler):
    """Rise from ``max_lr / div_factor`` to `max_lr`, then fall far below, while the momentum does the opposite.

    Call `step` after every batch.

    Parameters
    ----------
    optimizer : whose learning rates and momenta are changed.
    max_lr : the peak; one, or one for each group.
    total_steps : length in batches; or give `epochs` and `steps_per_epoch`.
    epochs, steps_per_epoch : their product is the length.
    pct_start : fraction of the length in which it rises.
    anneal_strategy : ``"cos"`` or ``"linear"``.
    cycle_momentum : whether to change the momentum (``betas[0]`` of Adam).
    base_momentum, max_momentum : its bounds, reached at the peak and at both ends; one each, or one for each group.
    div_factor : the first learning rate is ``max_lr / div_factor``,
    final_div_factor : and the last is that, divided by this.
    three_phase : whether to fall to the first learning rate in as many batches as it rose, and then to the last.
    last_epoch : see `LRScheduler`.

    References
    ----------
    Smith, Topin: Super-convergence: Very fast training of neural networks using large learning rates. 2018.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | Sequence[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.85,
        max_momentum: float | Sequence[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("give total_steps, or both epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps < 1:
            raise ValueError(f"total_steps must be a positive integer, not {total_steps!r}")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start must be between 0 and 1, not {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', not {anneal_strategy!r}")
        self.total_steps = total_steps
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = self._phases(pct_start, three_phase)
        self.cycle_momentum = cycle_momentum
        self.use_beta1 = cycle_momentum and _has_beta(optimizer)
        if last_epoch == -1:
            for group, peak in zip(optimizer.param_groups, _one_each("max_lr", max_lr, optimizer), strict=True):
                group["initial_lr"] = peak / div_factor
                group["max_lr"] = peak
                group["min_lr"] = group["initial_lr"] / final_div_factor
            if cycle_momentum:
                lows = _one_each("base_momentum", base_momentum, optimizer)
                highs = _one_each("max_momentum", max_momentum, optimizer)
                for group, low, high in zip(optimizer.param_groups, lows, highs, strict=True):
                    group["base_momentum"], group["max_momentum"] = low, high
        super().__init__(optimizer, last_epoch)

    def _phases(self, pct_start: float, three_phase: bool) -> list[dict[str, Any]]:
        """Return the last step of each phase, and the names in a group of what it leads from and to."""
        peak, end = float(pct_start * self.total_steps) - 1, self.total_steps - 1
        back = float(2 * pct_start * self.total_steps) - 2
        rise = (peak, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        if three_phase:
            falls = [
                (back, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (end, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
            ]
        else:
            falls = [(end, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
        return [dict(zip(names, phase, strict=True)) for phase in [rise, *falls]]

    def _between(self, start: float, end: float, progress: float) -> float:
        if self._anneal_func_type == "linear":
            return (end - start) * progress + start
        return end + (start - end) / 2 * (math.cos(math.pi * progress) + 1)

    def get_lr(self) -> list[float]:
        """Return the point of the cycle, and set the momentum."""
        if self.last_epoch > self.total_steps:
            raise ValueError(f"step was called {self.last_epoch} times, but the cycle has {self.total_steps} steps")
        begin = 0.0
        for phase in self._schedule_phases:
            if self.last_epoch <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            begin = phase["end_step"]
        length = phase["end_step"] - begin
        progress = (self.last_epoch - begin) / length if length else 1.0
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[phase["start_lr"]], group[phase["end_lr"]], progress))
            if self.cycle_momentum:
                momentum = self._between(group[phase["start_momentum"]], group[phase["end_momentum"]], progress)
                _set_momentum(group, momentum, self.use_beta1)
        return rates


# How the height of a cycle changes, by mode: a function of gamma and of the cycle's number or the iteration's.
_SCALES: dict[str, tuple[Callable[[float, float], float], str]] = {
    "triangular": (lambda gamma, cycle: 1.0, "cycle"),
    "triangular2": (lambda gamma, cycle: 1 / 2.0 ** (cycle - 1), "cycle"),
    "exp_range": (lambda gamma, iteration: gamma**iteration, "iterations"),
}


class CyclicLR(LRScheduler):
    """Rise from `base_lr` to `max_lr` and fall back, again and again, while the momentum does the opposite.

    Call `step` after every batch.

    Parameters
    ----------
    optimizer : whose learning rates and momenta are changed.
    base_lr, max_lr : the bounds; one each, or one for each group.
    step_size_up, step_size_down : batches in which it rises, and falls; by default as many.
    mode : ``"triangular"``; ``"triangular2"``: each cycle is half as high as the last; ``"exp_range"``: the height is
        scaled by ``gamma ** iteration``.
    gamma : see `mode`.
    scale_fn : scales the height instead of `mode`,
    scale_mode : by the number of the ``"cycle"``, from 1, or of the ``"iterations"``.
    cycle_momentum : whether to change the momentum (``betas[0]`` of Adam).
    base_momentum, max_momentum : its bounds, reached at the peak and at both ends; one each, or one for each group.
    last_epoch : see `LRScheduler`.

    References
    ----------
    Smith: Cyclical learning rates for training neural networks. WACV 2017.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | Sequence[float],
        max_lr: float | Sequence[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | Sequence[float] = 0.8,
        max_momentum: float | Sequence[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if mode not in _SCALES and scale_fn is None:
            raise ValueError(f"mode must be one of {sorted(_SCALES)}, not {mode!r}; or give scale_fn")
        lows = _one_each("base_lr", base_lr, optimizer)
        self.max_lrs = _one_each("max_lr", max_lr, optimizer)
        up, down = float(step_size_up), float(step_size_up if step_size_down is None else step_size_down)
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else _SCALES[mode][1]
        self.cycle_momentum = cycle_momentum
        self.use_beta1 = cycle_momentum and _has_beta(optimizer)
        self.base_momentums = _one_each("base_momentum", base_momentum, optimizer)
        self.max_momentums = _one_each("max_momentum", max_momentum, optimizer)
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                _set(group, low)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def scale_fn(self, x: float) -> float:
        """Return the scale of the height for the number of a cycle or an iteration, as ``scale_mode`` says."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return _SCALES[self.mode][0](self.gamma, x)

    def get_lr(self) -> list[float]:
        """Return the point of the cycle, and set the momentum."""
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            bounds = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, low, high in bounds:
                _set_momentum(group, high - (high - low) * height * scale, self.use_beta1)
        return [low + (high - low) * height * scale for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and a function; of a callable object, what it holds."""
        held = None if self._scale_fn_custom is None else _saved_functions([self._scale_fn_custom])[0]
        return {**super().state_dict(), "_scale_fn_custom": held}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a saved state; the function stays the one given to this schedule."""
        function, held = self._scale_fn_custom, state_dict["_scale_fn_custom"]
        super().load_state_dict(state_dict)
        self._scale_fn_custom = function
        if function is not None and held is not None:
            function.__dict__.update(held)


# ---- schedules of schedules


class _Several(LRScheduler):
    """Base class of schedules that are made of others."""

    def __init__(self, optimizer: Optimizer, schedulers: Sequence[LRScheduler]) -> None:
        for number, schedule in enumerate(schedulers):
            if isinstance(schedule, ReduceLROnPlateau) or not isinstance(schedule, LRScheduler):
                raise ValueError(
                    f"schedule {number} is a {type(schedule).__name__}, but only those whose step takes no measure can "
                    "be put together"
                )
            if schedule.optimizer is not optimizer:
                raise ValueError(f"schedule {number} belongs to another optimizer: make all of them for one")
        self.optimizer = optimizer
        self._schedulers = list(schedulers)

    def _rewind(self, to: int | None = None) -> None:
        """Undo the first step, which each schedule has taken when it was made; or set their epochs."""
        for group in self.optimizer.param_groups:
            _set(group, group["initial_lr"])
        for schedule in self._schedulers:
            if isinstance(schedule, _Several):
                schedule._rewind(to)
            else:
                schedule.last_epoch = schedule.last_epoch - 1 if to is None else to

    def _go_to(self, epoch: int | None) -> None:
        """Begin when it is this one's turn in a sequence."""
        self._rewind(to=-1)
        self._begin()

    def state_dict(self) -> dict[str, Any]:
        """Return the states of the schedules, and everything but the optimizer."""
        return {**super().state_dict(), "_schedulers": [schedule.state_dict() for schedule in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the states of the schedules."""
        schedules = self._schedulers
        super().load_state_dict(state_dict)
        self._schedulers = schedules
        for schedule, state in zip(schedules, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)


class SequentialLR(_Several):
    """One schedule after another, the next one from each epoch of `milestones` on.

    Parameters
    ----------
    optimizer : whose learning rates are changed.
    schedulers : made for the same optimizer.
    milestones : one fewer than schedulers.
    last_epoch : see `LRScheduler`.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> warm = LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = SequentialLR(optimizer, [warm, ExponentialLR(optimizer, 0.1)], milestones=[2])
    >>> for epoch in range(4):
    ...     optimizer.step()
    ...     print(optimizer.param_groups[0]["lr"], end=" ")
    ...     schedule.step()
    0.5 0.75 1.0 0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(schedulers) < 1 or len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"{len(schedulers)} schedules need {max(len(schedulers) - 1, 0)} milestones between them, not "
                f"{len(milestones)}; and there must be one schedule or more"
            )
        super().__init__(optimizer, schedulers)
        self._milestones = list(milestones)
        self._rewind()
        self._begin()
        self.last_epoch = last_epoch + 1

    def _begin(self) -> None:
        self.last_epoch = 0
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._begin()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch by the schedule whose turn it is; `epoch` cannot be chosen."""
        if epoch is not None:
            raise ValueError("a sequence of schedules goes from epoch to epoch: call step() without one")
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            schedule._go_to(0)
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules at once: each changes what the one before has left.

    Parameters
    ----------
    schedulers : made for the same optimizer.
    optimizer : that optimizer; by default the first schedule's.

    Examples
    --------
    >>> from nn.optim import SGD
    >>> optimizer = SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = ChainedScheduler([ConstantLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.1)])
    >>> for epoch in range(3):
    ...     optimizer.step()
    ...     print(round(optimizer.param_groups[0]["lr"], 4), end=" ")
    ...     schedule.step()
    0.5 0.05 0.01
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        if len(schedulers) < 1:
            raise ValueError("a chain needs one schedule or more, not none")
        super().__init__(optimizer or schedulers[0].optimizer, schedulers)
        self._last_lr = self._current()

    def _begin(self) -> None:
        for schedule in self._schedulers:
            schedule._begin()
        self._last_lr = self._current()

    def step(self, epoch: int | None = None) -> None:
        """Go on to the next epoch by every schedule; `epoch` cannot be chosen."""
        if epoch is not None:
            raise ValueError("a chain of schedules goes from epoch to epoch: call step() without one")
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = self._current()
