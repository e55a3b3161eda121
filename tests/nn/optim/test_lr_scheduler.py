"""What schedules promise: the values that their formulas give, resumption, live learning rates, and what is refused."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from nn.optim import SGD, Adam, RMSprop
from nn.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)


def optimizer(lr: Any = 1.0, **options: Any) -> SGD:
    return SGD([tg.zeros(1, requires_grad=True)], lr=lr, **options)


def rates(schedule: Any, epochs: int) -> list[float]:
    """Return the learning rates of so many epochs."""
    found = []
    for _ in range(epochs):
        found.append(float(schedule.optimizer.param_groups[0]["lr"]))
        schedule.optimizer.step()
        schedule.step()
    return found


def linear(epoch: int) -> float:
    return 0.5 + 0.5 * min(epoch, 4) / 4


def chain(o: SGD) -> ChainedScheduler:
    return ChainedScheduler([LinearLR(o, 0.5, 1.0, 4), ExponentialLR(o, 0.9)])


FORMULAS: dict[str, tuple[Any, Any]] = {
    "step": (lambda o: StepLR(o, 3, 0.5), lambda e: 0.5 ** (e // 3)),
    "milestones": (lambda o: MultiStepLR(o, [2, 5], 0.5), lambda e: 0.5 ** ((e >= 2) + (e >= 5))),
    "constant": (lambda o: ConstantLR(o, 0.25, 4), lambda e: 0.25 if e < 4 else 1),
    "from zero": (lambda o: ConstantLR(o, 0, 4), lambda e: 0 if e < 4 else 1),
    "linear": (lambda o: LinearLR(o, 0.5, 1.0, 4), linear),
    "exponential": (lambda o: ExponentialLR(o, 0.9), lambda e: 0.9**e),
    "polynomial": (lambda o: PolynomialLR(o, 6, 2), lambda e: max(0, 1 - e / 6) ** 2),
    "cosine": (lambda o: CosineAnnealingLR(o, 5, 0.1), lambda e: 0.1 + 0.45 * (1 + math.cos(math.pi * e / 5))),
    "restarts": (lambda o: CosineAnnealingWarmRestarts(o, 4), lambda e: 0.5 * (1 + math.cos(math.pi * (e % 4) / 4))),
    "lambda": (lambda o: LambdaLR(o, lambda e: 1 / (1 + e)), lambda e: 1 / (1 + e)),
    "multiplicative": (lambda o: MultiplicativeLR(o, lambda e: 0.5), lambda e: 0.5**e),
    "cyclic": (lambda o: CyclicLR(o, 0.5, 1, 2, cycle_momentum=False), lambda e: [0.5, 0.75, 1, 0.75][e % 4]),
    "sequence": (
        lambda o: SequentialLR(o, [LinearLR(o, 0.5, 1.0, 4), ExponentialLR(o, 0.9)], [4]),
        lambda e: linear(e) if e < 4 else 0.9 ** (e - 4),
    ),
    "chain": (lambda o: chain(o), lambda e: linear(e) * 0.9**e),
    "sequence in a sequence": (
        lambda o: SequentialLR(
            o, [SequentialLR(o, [ConstantLR(o, 0.5, 9), StepLR(o, 2)], [3]), ExponentialLR(o, 0.9)], [6]
        ),
        lambda e: 0.5 if e < 3 else 0.1 ** ((e - 3) // 2) if e < 6 else 0.9 ** (e - 6),
    ),
    "chain in a sequence": (
        lambda o: SequentialLR(o, [chain(o), StepLR(o, 2)], [5]),
        lambda e: linear(e) * 0.9**e if e < 5 else 0.1 ** ((e - 5) // 2),
    ),
    "chain after another": (
        lambda o: SequentialLR(o, [StepLR(o, 2), chain(o)], [5]),
        lambda e: 0.1 ** (e // 2) if e < 5 else linear(e - 5) * 0.9 ** (e - 5),
    ),
}
every_schedule = pytest.mark.parametrize("name", FORMULAS)


@every_schedule
def test_formulas(name: str) -> None:
    make, formula = FORMULAS[name]
    np.testing.assert_allclose(rates(make(optimizer()), 12), [formula(e) for e in range(12)], rtol=1e-12, atol=1e-15)


@every_schedule
def test_resuming_is_the_same_as_going_on(name: str) -> None:
    make, formula = FORMULAS[name]
    schedule = make(optimizer())
    rates(schedule, 4)
    saved = copy.deepcopy((schedule.optimizer.state_dict(), schedule.state_dict()))
    resumed = make(optimizer(lr=7.0))
    resumed.optimizer.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    assert resumed.get_last_lr() == schedule.get_last_lr()
    expected = rates(schedule, 8)
    assert rates(resumed, 8) == expected
    np.testing.assert_allclose(expected, [formula(e) for e in range(4, 12)], rtol=1e-12, atol=1e-15)


@every_schedule
def test_a_learning_rate_that_is_a_tensor_stays_the_same_tensor(name: str) -> None:
    make, formula = FORMULAS[name]
    rate = tg.tensor(1.0, dtype="float64")
    schedule = make(optimizer(lr=rate))
    np.testing.assert_allclose(rates(schedule, 8), [formula(e) for e in range(8)], rtol=1e-12, atol=1e-15)
    assert schedule.optimizer.param_groups[0]["lr"] is rate


@every_schedule
def test_states_can_be_pickled_and_written_as_json(name: str) -> None:
    schedule = FORMULAS[name][0](optimizer())
    state = schedule.state_dict()
    assert pickle.loads(pickle.dumps(state)).keys() == state.keys()
    assert json.loads(json.dumps(state)).keys() == state.keys()


def test_groups_have_their_own() -> None:
    p, q = tg.zeros(1, requires_grad=True), tg.zeros(1, requires_grad=True)
    two = SGD([{"params": [p]}, {"params": [q], "lr": 3.0}], lr=1.0)
    schedule = LambdaLR(two, [lambda e: 0.5**e, lambda e: 1.0])
    two.step()
    schedule.step()
    assert schedule.get_last_lr() == [0.5, 3.0]
    assert schedule.base_lrs == [group["initial_lr"] for group in two.param_groups] == [1.0, 3.0]


def test_one_cycle_goes_up_and_far_down_and_momentum_does_the_opposite() -> None:
    schedule = OneCycleLR(optimizer(momentum=0.9), max_lr=1.0, total_steps=11, pct_start=6 / 11)
    group = schedule.optimizer.param_groups[0]
    found, momenta = [], []
    for _ in range(11):
        found.append(group["lr"])
        momenta.append(group["momentum"])
        schedule.optimizer.step()
        schedule.step()
    np.testing.assert_allclose([found[0], found[5], found[10]], [1 / 25, 1, 1 / 25e4])
    np.testing.assert_allclose([momenta[0], momenta[5], momenta[10]], [0.95, 0.85, 0.95])
    assert found[:6] == sorted(found[:6])
    assert found[5:] == sorted(found[5:], reverse=True)
    with pytest.raises(ValueError, match="12 times, but the cycle has 11 steps"):
        schedule.step()


def test_one_cycle_without_a_rise() -> None:
    assert OneCycleLR(optimizer(momentum=0.9), max_lr=1.0, total_steps=10, pct_start=0.1).get_last_lr() == [1.0]


def test_plateau_by_hand() -> None:
    schedule = ReduceLROnPlateau(optimizer(), factor=0.5, patience=1, cooldown=1, threshold=0.1, min_lr=0.2)
    found = []
    for loss in [1.0, 0.95, 0.95, 0.1, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]:
        schedule.step(tg.tensor(loss))
        found.append(schedule.get_last_lr()[0])
    # 0.95 is no improvement by a tenth: two such epochs are one too many; the epoch after a reduction does not count.
    assert found == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2]
    assert schedule.best == pytest.approx(0.1)


def test_plateau_of_groups_that_were_added() -> None:
    for lowest, allowed in [(0.2, True), ([0.2], False)]:
        schedule = ReduceLROnPlateau(optimizer(), patience=0, min_lr=lowest)
        schedule.optimizer.add_param_group({"params": [tg.zeros(1, requires_grad=True)]})
        schedule.step(1.0)
        if allowed:
            schedule.step(1.0)
            assert schedule.get_last_lr() == [0.2, 0.2]
        else:
            with pytest.raises(RuntimeError, match="min_lr has 1 values, but the optimizer has 2 groups"):
                schedule.step(1.0)


def test_a_schedule_of_ones_own() -> None:
    class Halving(LRScheduler):
        def get_lr(self) -> list[float]:
            return [base / 2**self.last_epoch for base in self.base_lrs]

    schedule = Halving(optimizer())
    assert rates(schedule, 3) == [1, 0.5, 0.25]
    schedule.step(1)
    assert schedule.get_last_lr() == [0.5]
    with pytest.raises(NotImplementedError, match="get_lr"):
        LRScheduler(optimizer())


def test_last_epoch_needs_the_initial_learning_rate() -> None:
    with pytest.raises(KeyError, match="group 0 has no initial_lr"):
        StepLR(optimizer(), 2, last_epoch=3)
    p = tg.zeros(1, requires_grad=True)
    schedule = StepLR(SGD([{"params": [p], "initial_lr": 1.0}], lr=0.1), 2, last_epoch=3)
    assert schedule.last_epoch == 4
    assert schedule.base_lrs == [1.0]


def test_the_wrong_order_of_steps_is_noticed() -> None:
    schedule = StepLR(optimizer(), 2)
    with pytest.warns(UserWarning, match="call optimizer.step"):
        schedule.step()
    schedule.step()


def test_what_schedules_refuse() -> None:
    o = optimizer()
    plain = RMSprop([tg.zeros(1, requires_grad=True)])
    without = [Adam([tg.zeros(1, requires_grad=True)])]
    del without[0].defaults["betas"]
    other = StepLR(optimizer(), 2)
    for make, error, message in [
        (lambda: StepLR("SGD", 2), TypeError, "not str"),  # type: ignore[arg-type]
        (lambda: ReduceLROnPlateau("SGD"), TypeError, "not str"),  # type: ignore[arg-type]
        (lambda: StepLR(o, 0), ValueError, "step_size"),
        (lambda: ConstantLR(o, 1.5), ValueError, "factor"),
        (lambda: LinearLR(o, 0), ValueError, "start_factor"),
        (lambda: LinearLR(o, 0.5, 2), ValueError, "end_factor"),
        (lambda: CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0"),
        (lambda: CosineAnnealingWarmRestarts(o, 1, 0.5), ValueError, "T_mult"),  # type: ignore[arg-type]
        (lambda: CosineAnnealingWarmRestarts(o, 1).step(-1), ValueError, "before the first"),
        (lambda: LambdaLR(o, 0.5), TypeError, "not float"),  # type: ignore[arg-type]
        (lambda: LambdaLR(o, [min, max]), ValueError, "has 2 values, but the optimizer has 1 groups"),
        (lambda: OneCycleLR(o, 1.0), ValueError, "total_steps, or both"),
        (lambda: OneCycleLR(o, 1.0, 0), ValueError, "total_steps must be"),
        (lambda: OneCycleLR(o, 1.0, 5, pct_start=2), ValueError, "pct_start"),
        (lambda: OneCycleLR(o, 1.0, 5, anneal_strategy="sine"), ValueError, "'sine'"),
        (lambda: OneCycleLR(without[0], 1.0, 5), ValueError, "cycle_momentum=False"),
        (lambda: OneCycleLR(o, [1.0, 2.0], 5), ValueError, "max_lr has 2 values"),
        (lambda: CyclicLR(o, 0.1, 1.0, mode="square"), ValueError, "'square'"),
        (lambda: CyclicLR(plain, [0.1, 0.2], 1.0), ValueError, "base_lr has 2 values"),
        (lambda: SequentialLR(o, [], []), ValueError, "one schedule or more"),
        (lambda: SequentialLR(o, [StepLR(o, 2)], [3]), ValueError, "1 schedules need 0 milestones"),
        (lambda: SequentialLR(o, [other], []), ValueError, "another optimizer"),
        (lambda: SequentialLR(o, [ReduceLROnPlateau(o)], []), ValueError, "takes no measure"),
        (lambda: SequentialLR(o, [StepLR(o, 2)], []).step(3), ValueError, "without one"),
        (lambda: ChainedScheduler([]), ValueError, "one schedule or more"),
        (lambda: ChainedScheduler([StepLR(o, 2), other]), ValueError, "another optimizer"),
        (lambda: ChainedScheduler([StepLR(o, 2)]).step(3), ValueError, "without one"),
        (lambda: ReduceLROnPlateau(o, factor=1.0), ValueError, "factor"),
        (lambda: ReduceLROnPlateau(o, mode="least"), ValueError, "'least'"),
        (lambda: ReduceLROnPlateau(o, threshold_mode="no"), ValueError, "'no'"),
        (lambda: ReduceLROnPlateau(o, min_lr=[0, 0]), ValueError, "min_lr has 2 values"),
    ]:
        with pytest.raises(error, match=message):
            make()
