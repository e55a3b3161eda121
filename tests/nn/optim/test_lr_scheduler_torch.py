"""Every schedule against PyTorch's of the same name, epoch by epoch."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_np as tg
from nn import optim
from nn.optim import lr_scheduler

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


class Square:
    """A callable object, whose attributes are saved."""

    def __init__(self) -> None:
        self.scale = 0.5

    def __call__(self, epoch: float) -> float:
        return self.scale / (1 + epoch * epoch)


OPTIONS: dict[str, list[dict[str, Any]]] = {
    "StepLR": [{"step_size": 3}, {"step_size": 1, "gamma": 0.7}],
    "MultiStepLR": [{"milestones": [2, 5, 9]}, {"milestones": [4, 4, 2], "gamma": 0.5}, {"milestones": [0, 3]}],
    "ConstantLR": [{}, {"factor": 0.2, "total_iters": 3}, {"factor": 1.0}, {"total_iters": 0}],
    "LinearLR": [{}, {"start_factor": 0.1, "end_factor": 0.6, "total_iters": 7}, {"start_factor": 1, "end_factor": 0}],
    "ExponentialLR": [{"gamma": 0.9}],
    "PolynomialLR": [{}, {"total_iters": 9, "power": 2.5}],
    "CosineAnnealingLR": [{"T_max": 5}, {"T_max": 7, "eta_min": 0.01}, {"T_max": 1}],
    "CosineAnnealingWarmRestarts": [{"T_0": 4}, {"T_0": 2, "T_mult": 2, "eta_min": 0.01}, {"T_0": 1, "T_mult": 3}],
    "LambdaLR": [{"lr_lambda": lambda e: 0.9**e}, {"lr_lambda": [Square(), lambda e: 1 / (e + 1)]}],
    "MultiplicativeLR": [{"lr_lambda": lambda e: 0.9}, {"lr_lambda": [Square(), lambda e: 1 / (e + 1)]}],
    "OneCycleLR": [
        {"max_lr": 1.0, "total_steps": 40},
        {"max_lr": [1.0, 2.0], "epochs": 5, "steps_per_epoch": 8, "anneal_strategy": "linear", "pct_start": 0.25},
        {"max_lr": 1.0, "total_steps": 40, "three_phase": True, "base_momentum": [0.5, 0.6], "div_factor": 5.0},
        {"max_lr": 1.0, "total_steps": 40, "cycle_momentum": False, "final_div_factor": 10.0, "pct_start": 0.0},
    ],
    "CyclicLR": [
        {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4},
        {"base_lr": [0.1, 0.2], "max_lr": 1.0, "step_size_up": 3, "step_size_down": 5, "mode": "triangular2"},
        {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4, "mode": "exp_range", "gamma": 0.9, "max_momentum": 0.99},
        {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4, "scale_fn": Square(), "scale_mode": "iterations"},
        {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 4, "scale_fn": lambda x: 1 / x, "cycle_momentum": False},
    ],
}
CASES = [(name, options) for name, list_ in OPTIONS.items() for options in list_]
IDS = [f"{name}-{number}" for name, list_ in OPTIONS.items() for number in range(len(list_))]


def test_every_schedule_is_compared() -> None:
    public = {
        name
        for name, value in vars(lr_scheduler).items()
        if isinstance(value, type) and issubclass(value, lr_scheduler.LRScheduler) and not name.startswith("_")
    }
    # compared in tests of their own: what is made of other schedules, and what follows a measure
    own = {"SequentialLR", "ChainedScheduler", "ReduceLROnPlateau"}
    assert public - {"LRScheduler"} == set(OPTIONS) | own


def optimizers(name: str = "SGD", **options: Any) -> tuple[Any, Any]:
    """Return ours and PyTorch's with two groups."""
    options = {"lr": 0.3, **({"momentum": 0.9} if name == "SGD" else {}), **options}
    ours, theirs = ([make(1, requires_grad=True) for _ in range(2)] for make in (tg.zeros, torch.zeros))
    return tuple(
        getattr(module, name)([{"params": p[:1]}, {"params": p[1:], "lr": 0.05}], **options)
        for module, p in ((optim, ours), (torch.optim, theirs))
    )


def compare(ours: Any, theirs: Any) -> None:
    """Compare what the schedules say, and what they did to the groups."""
    np.testing.assert_allclose(ours.get_last_lr(), theirs.get_last_lr(), rtol=1e-12, atol=1e-15)
    for mine, group in zip(ours.optimizer.param_groups, theirs.optimizer.param_groups, strict=True):
        for key in ("lr", "momentum", "betas", "initial_lr"):
            assert (key in mine) == (key in group)
            if key in group:
                np.testing.assert_allclose(mine[key], group[key], rtol=1e-12, atol=1e-15)


def go(ours: Any, theirs: Any, epochs: int = 25) -> None:
    compare(ours, theirs)
    for _ in range(epochs):
        for schedule in (ours, theirs):
            schedule.optimizer.step()
            schedule.step()
        compare(ours, theirs)
        assert getattr(ours, "last_epoch", None) == getattr(theirs, "last_epoch", None)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_epochs(name: str, options: dict[str, Any]) -> None:
    a, b = optimizers()
    go(getattr(lr_scheduler, name)(a, **options), getattr(torch.optim.lr_scheduler, name)(b, **options))


@pytest.mark.parametrize("name", ["OneCycleLR", "CyclicLR"])
def test_cycles_of_the_first_beta(name: str) -> None:
    a, b = optimizers("Adam")
    options = OPTIONS[name][0]
    go(getattr(lr_scheduler, name)(a, **options), getattr(torch.optim.lr_scheduler, name)(b, **options))


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_interference_is_respected(name: str, options: dict[str, Any]) -> None:
    """Somebody sets a learning rate, and the schedule goes on from there as PyTorch's does."""
    a, b = optimizers()
    ours, theirs = getattr(lr_scheduler, name)(a, **options), getattr(torch.optim.lr_scheduler, name)(b, **options)
    go(ours, theirs, 3)
    for optimizer in (a, b):
        optimizer.param_groups[0]["lr"] = 0.7
    ours.optimizer.step()
    theirs.optimizer.step()
    ours.step()
    theirs.step()
    go(ours, theirs, 6)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_state_moves_both_ways(name: str, options: dict[str, Any]) -> None:
    a, b = optimizers()
    make, make_theirs = getattr(lr_scheduler, name), getattr(torch.optim.lr_scheduler, name)
    ours, theirs = make(a, **options), make_theirs(b, **options)
    go(ours, theirs, 4)
    c, d = optimizers()
    other, other_theirs = make(c, **options), make_theirs(d, **options)
    c.load_state_dict(b.state_dict())
    d.load_state_dict({**copy.deepcopy(a.state_dict()), "state": {}})
    other.load_state_dict(theirs.state_dict())
    other_theirs.load_state_dict(ours.state_dict())
    c.step()
    d.step()
    go(other, other_theirs, 10)


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, options in CASES if name not in ("LambdaLR", "MultiplicativeLR")]
)
def test_last_epoch_goes_on(name: str, options: dict[str, Any]) -> None:
    a, b = optimizers()
    go(getattr(lr_scheduler, name)(a, **options), getattr(torch.optim.lr_scheduler, name)(b, **options), 5)
    ours = getattr(lr_scheduler, name)(a, **options, last_epoch=5)
    theirs = getattr(torch.optim.lr_scheduler, name)(b, **options, last_epoch=5)
    go(ours, theirs, 10)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_step_to_an_epoch(name: str, options: dict[str, Any]) -> None:
    a, b = optimizers()
    ours, theirs = getattr(lr_scheduler, name)(a, **options), getattr(torch.optim.lr_scheduler, name)(b, **options)
    a.step()
    b.step()
    for epoch in (7, 2, 13):
        ours.step(epoch)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch deprecates it
            theirs.step(epoch)
        compare(ours, theirs)


def test_fractions_of_epochs() -> None:
    a, b = optimizers()
    ours = lr_scheduler.CosineAnnealingWarmRestarts(a, 2, 2)
    theirs = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(b, 2, 2)
    for epoch in np.arange(0, 15, 0.3).tolist():
        ours.step(epoch)
        theirs.step(epoch)
        compare(ours, theirs)


def warm_up_then(module: Any, optimizer: Any) -> list[Any]:
    return [
        module.LinearLR(optimizer, 0.1, total_iters=4),
        module.CosineAnnealingLR(optimizer, 6),
        module.StepLR(optimizer, 2, 0.5),
        module.ExponentialLR(optimizer, 0.9),
    ]


SEQUENCES = {
    "four": lambda m, o: m.SequentialLR(o, warm_up_then(m, o), [4, 10, 15]),
    "at once": lambda m, o: m.SequentialLR(o, warm_up_then(m, o), [0, 10, 15]),
    "lambda": lambda m, o: m.SequentialLR(o, [m.ConstantLR(o, 0.1, 3), m.LambdaLR(o, lambda e: 0.9**e)], [3]),
    "restarts": lambda m, o: m.SequentialLR(o, [m.ConstantLR(o, 0.1, 3), m.CosineAnnealingWarmRestarts(o, 4)], [3]),
    "one": lambda m, o: m.SequentialLR(o, [m.ExponentialLR(o, 0.9)], []),
    "chain": lambda m, o: m.ChainedScheduler(warm_up_then(m, o)),
    "chain of one": lambda m, o: m.ChainedScheduler([m.StepLR(o, 2)], o),
}


@pytest.mark.parametrize("make", SEQUENCES.values(), ids=SEQUENCES.keys())
def test_schedules_of_schedules(make: Any) -> None:
    a, b = optimizers()
    ours, theirs = make(lr_scheduler, a), make(torch.optim.lr_scheduler, b)
    go(ours, theirs, 7)
    c, d = optimizers()
    other, other_theirs = make(lr_scheduler, c), make(torch.optim.lr_scheduler, d)
    c.load_state_dict(b.state_dict())
    d.load_state_dict({**copy.deepcopy(a.state_dict()), "state": {}})
    other.load_state_dict(theirs.state_dict())
    other_theirs.load_state_dict(ours.state_dict())
    c.step()
    d.step()
    go(other, other_theirs, 12)


@given(
    measures=st.lists(st.floats(-2, 2) | st.just(float("nan")), max_size=40),
    options=st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max"]),
            "factor": st.sampled_from([0.1, 0.5, 0.9]),
            "patience": st.integers(0, 4),
            "threshold": st.sampled_from([0.0, 1e-4, 0.3]),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 3),
            "min_lr": st.sampled_from([0.0, 0.04, [0.1, 0.001]]),
            "eps": st.sampled_from([1e-8, 0.01]),
        }
    ),
    handover=st.integers(0, 40),
)
def test_plateaus(measures: list[float], options: dict[str, Any], handover: int) -> None:
    a, b = optimizers()
    ours = lr_scheduler.ReduceLROnPlateau(a, **options)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(b, **options)
    for number, measure in enumerate(measures):
        if number == handover:
            other = lr_scheduler.ReduceLROnPlateau(a)
            other_theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(b)
            other.load_state_dict(theirs.state_dict())
            other_theirs.load_state_dict(ours.state_dict())
            ours, theirs = other, other_theirs
        ours.step(measure)
        theirs.step(measure)
        compare(ours, theirs)
        for name in ("best", "num_bad_epochs", "cooldown_counter", "last_epoch", "in_cooldown"):
            assert getattr(ours, name) == getattr(theirs, name)
