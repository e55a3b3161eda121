"""Every optimizer against PyTorch's of the same name, step by step."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from nn import optim

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

SHAPES: list[tuple[int, ...]] = [(4, 3), (5,), (), (2, 0)]
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"lr": 0.1},
        {},
        {"lr": 0.1, "weight_decay": 0.3},
        {"lr": 0.1, "maximize": True},
        {"lr": 0.1, "maximize": True, "weight_decay": 0.3},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.4},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.3},
        {"lr": 0.1, "momentum": 0.5, "dampening": 0.4, "weight_decay": 0.3, "maximize": True},
    ],
    "Adam": [
        {"lr": 0.1},
        {},
        {"lr": 0.1, "betas": (0.3, 0.6)},
        {"lr": 0.1, "betas": (0.0, 0.0)},
        {"lr": 0.1, "eps": 1e-2, "weight_decay": 0.3},
        {"lr": 0.1, "amsgrad": True},
        {"lr": 0.1, "amsgrad": True, "maximize": True, "weight_decay": 0.3},
        {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True},
    ],
    "AdamW": [{"lr": 0.1}, {}, {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}],
    "NAdam": [
        {"lr": 0.1},
        {},
        {"lr": 0.1, "betas": (0.3, 0.6), "momentum_decay": 0.1, "eps": 1e-2},
        {"lr": 0.1, "weight_decay": 0.3, "maximize": True},
        {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True},
    ],
    "RMSprop": [
        {"lr": 0.1},
        {},
        {"lr": 0.1, "alpha": 0.7, "eps": 1e-2, "weight_decay": 0.3},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "centered": True, "eps": 1e-3},
        {"lr": 0.1, "momentum": 0.9, "centered": True, "maximize": True, "eps": 1e-3, "weight_decay": 0.3},
    ],
    "Adagrad": [
        {"lr": 0.1},
        {},
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.3, "eps": 1e-2},
        {"lr": 0.1, "initial_accumulator_value": 0.5, "maximize": True},
    ],
}
CASES = [(name, options) for name, list_ in OPTIONS.items() for options in list_]
IDS = [f"{name}-{options}" for name, options in CASES]


def test_every_optimizer_is_compared() -> None:
    public = {name for name in optim.__all__ if isinstance(getattr(optim, name), type)}
    assert public - {"Optimizer"} == set(OPTIONS)


class Pair:
    """The same parameters here and in PyTorch, given the same gradients."""

    def __init__(self, dtype: str, order: Any = "C", seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.dtype = dtype
        start = [np.asarray(self.rng.standard_normal(shape), dtype) for shape in SHAPES]
        self.ours = [tg.Tensor(a.copy(order=order), requires_grad=True) for a in start]
        self.theirs = [torch.tensor(a, requires_grad=True) for a in start]

    def step(self, *optimizers: Any, skip: int | None = None) -> None:
        """Take a step with new gradients; `skip` is the number of a parameter that has none."""
        for number, (a, b) in enumerate(zip(self.ours, self.theirs, strict=True)):
            grad = np.asarray(self.rng.standard_normal(a.shape), self.dtype)
            a.grad = None if number == skip else tg.Tensor(grad.copy())
            b.grad = None if number == skip else torch.tensor(grad)
        for optimizer in optimizers:
            optimizer.step()

    def compare(self, times: float = 1.0) -> None:
        tolerance = {"float64": 1e-13, "float32": 2e-6}[self.dtype] * times
        for a, b in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=tolerance, atol=tolerance)
            assert a.dtype == self.dtype


def compare_states(ours: dict[str, Any], theirs: dict[str, Any], tolerance: float) -> None:
    assert ours["state"].keys() == theirs["state"].keys()
    for number, entries in theirs["state"].items():
        for name, value in entries.items():
            if value is None:
                assert ours["state"][number].get(name) is None
                continue
            mine = ours["state"][number][name]
            assert isinstance(mine, tg.Tensor)
            assert str(mine.dtype) == str(value.dtype).removeprefix("torch.")
            np.testing.assert_allclose(mine.array, value.detach().numpy(), rtol=tolerance, atol=tolerance)
    for mine, group in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert mine.items() <= group.items()


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_and_state(name: str, options: dict[str, Any], dtype: str) -> None:
    pair = Pair(dtype)
    ours, theirs = getattr(optim, name)(pair.ours, **options), getattr(torch.optim, name)(pair.theirs, **options)
    for number in range(12):
        pair.step(ours, theirs, skip=number % 5)  # of the fifth there is none: all have gradients
        pair.compare(times=1 + number)
        compare_states(ours.state_dict(), theirs.state_dict(), {"float64": 1e-12, "float32": 2e-5}[dtype])


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_state_moves_both_ways(name: str, options: dict[str, Any]) -> None:
    pair = Pair("float64", order="F")
    make, make_theirs = getattr(optim, name), getattr(torch.optim, name)
    ours, theirs = make(pair.ours, **options), make_theirs(pair.theirs, **options)
    for _ in range(3):
        pair.step(ours, theirs)
    loaded = make(pair.ours)
    loaded.load_state_dict(theirs.state_dict())
    saved = copy.deepcopy(ours.state_dict())
    for entries in saved["state"].values():
        entries.update({key: torch.from_numpy(value.numpy()) for key, value in entries.items()})
    loaded_theirs = make_theirs(pair.theirs)
    loaded_theirs.load_state_dict(saved)
    for _ in range(3):
        pair.step(loaded, loaded_theirs)
        # On loading, PyTorch makes NAdam's float32 product float64; here a resumed run equals one never interrupted.
        pair.compare(times=1e5 if name == "NAdam" else 5)


@pytest.mark.parametrize("name", OPTIONS)
def test_groups_with_options_of_their_own(name: str) -> None:
    pair = Pair("float64")

    def groups(p: list[Any]) -> list[dict[str, Any]]:
        return [{"params": p[:2]}, {"params": p[2], "lr": 0.5, "weight_decay": 0.1}]

    ours = getattr(optim, name)(groups(pair.ours), lr=0.01)
    theirs = getattr(torch.optim, name)(groups(pair.theirs), lr=0.01)
    pair.step(ours, theirs)
    ours.add_param_group({"params": [pair.ours[3]], "lr": 1.0})
    theirs.add_param_group({"params": [pair.theirs[3]], "lr": 1.0})
    for optimizer in (ours, theirs):
        optimizer.param_groups[0]["lr"] = 0.2
    for _ in range(3):
        pair.step(ours, theirs)
        pair.compare(times=5)
    compare_states(ours.state_dict(), theirs.state_dict(), 1e-12)


def test_named_parameters() -> None:
    pair = Pair("float64")
    names = ["a", "b", "c", "d"]
    ours = optim.SGD(zip(names, pair.ours, strict=True), lr=0.1, momentum=0.9)
    theirs = torch.optim.SGD(zip(names, pair.theirs, strict=True), lr=0.1, momentum=0.9)
    pair.step(ours, theirs)
    pair.compare()
    compare_states(ours.state_dict(), theirs.state_dict(), 1e-13)
    assert ours.state_dict()["param_groups"][0]["param_names"] == names


def test_half_precision_follows_within_its_rounding() -> None:
    start, grad = np.linspace(-1, 1, 7).astype(np.float16), np.linspace(1, 2, 7).astype(np.float16)
    a, b = tg.Tensor(start.copy(), requires_grad=True), torch.tensor(start, requires_grad=True)
    a.grad, b.grad = tg.Tensor(grad), torch.tensor(grad)
    optim.SGD([a], lr=0.1, momentum=0.9).step()
    torch.optim.SGD([b], lr=0.1, momentum=0.9).step()
    np.testing.assert_allclose(a.array, b.detach().numpy(), rtol=2e-3, atol=1e-3)
    assert a.dtype == np.float16
