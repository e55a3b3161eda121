"""What optimizers promise whatever their rule: groups, state, refusals, and that gradients stay as they are."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from nn import optim
from tinygrad_np import blas
from tinygrad_np.ops import update

ALL: dict[str, Any] = {
    "SGD": lambda p, **o: optim.SGD(p, **{"lr": 0.1, **o}),
    "momentum": lambda p, **o: optim.SGD(p, **{"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, **o}),
    "Adam": lambda p, **o: optim.Adam(p, **{"lr": 0.1, **o}),
    "AMSGrad": lambda p, **o: optim.Adam(p, **{"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, **o}),
    "AdamW": lambda p, **o: optim.AdamW(p, **{"lr": 0.1, **o}),
    "NAdam": lambda p, **o: optim.NAdam(p, **{"lr": 0.1, **o}),
    "RMSprop": lambda p, **o: optim.RMSprop(p, **{"lr": 0.1, "momentum": 0.5, "centered": True, "eps": 1e-2, **o}),
    "Adagrad": lambda p, **o: optim.Adagrad(p, **{"lr": 0.1, "weight_decay": 0.1, **o}),
}
every_optimizer = pytest.mark.parametrize("make", ALL.values(), ids=ALL.keys())


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Divide arrays of more than 32 elements into blocks of 16."""
    monkeypatch.setattr(update, "BLOCK", 16)
    update._local.__dict__.clear()
    yield
    update._local.__dict__.clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that will have what the library is asked to sum: sizes, factors, and whether it did."""
    calls, add_scaled = [], blas.add_scaled

    def noted(c: Any, a: Any, *factors: float) -> bool:
        calls.append((c.size, factors, add_scaled(c, a, *factors)))
        return calls[-1][2]

    monkeypatch.setattr(blas, "add_scaled", noted)
    return calls


def parameter(*shape: int, seed: int = 0, order: Any = "C", dtype: str = "float64") -> tg.Tensor:
    array = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    return tg.Tensor(np.asarray(array, order=order), requires_grad=True)


def give_gradient(p: tg.Tensor, seed: int = 1, order: Any = "C") -> None:
    grad = np.random.default_rng(seed).standard_normal(p.shape).astype(p.dtype)
    p.grad = tg.Tensor(np.asarray(grad, order=order))


@every_optimizer
def test_a_bowl_is_descended_and_climbed(make: Any) -> None:
    for maximize in (False, True):
        p = tg.tensor([1.0, -2.0], requires_grad=True)
        optimizer = make([p], lr=0.01, maximize=maximize)
        before = float((p * p).sum())
        for _ in range(5):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
        assert (float((p * p).sum()) > before) == maximize


@every_optimizer
@pytest.mark.parametrize("maximize", [False, True])
def test_gradients_stay_and_parameters_change_in_place(make: Any, maximize: bool) -> None:
    p = parameter(3, 4)
    give_gradient(p)
    array, grad, values = p.array, p.grad, p.grad.array.copy()
    make([p], maximize=maximize).step()
    assert p.array is array
    assert p.grad is grad
    np.testing.assert_array_equal(p.grad.array, values)
    assert p.is_leaf
    assert p.requires_grad


@every_optimizer
@pytest.mark.parametrize("shape", [(5, 7), (40,), (2, 3, 6), (4, 8), (33,), (48,)])
@pytest.mark.parametrize("orders", ["CC", "FF", "CF", "FC"])
@pytest.mark.usefixtures("small_blocks")
def test_blocks_and_memory_order_change_nothing(make: Any, shape: tuple[int, ...], orders: str) -> None:
    results = []
    for p_order, grad_order, block in [("C", "C", 10**6), (*orders, 16)]:
        update.BLOCK = block
        update._local.__dict__.clear()
        p = parameter(*shape, order=p_order)
        optimizer = make([p])
        for step in range(3):
            give_gradient(p, step, grad_order)
            optimizer.step()
        results.append((p.array, *[v.array for _, v in sorted(optimizer.state.get(p, {}).items())]))
    for whole, divided in zip(*results, strict=True):
        np.testing.assert_array_equal(divided, whole)


SUMS: dict[str, Any] = {  # SGD's options, each of which has sums of its own
    "decay": {"weight_decay": 0.1},
    "momentum alone": {"momentum": 0.9},
    "dampened": {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.1},
    "ahead": {"momentum": 0.9, "nesterov": True},
}
SUMMED = {name: lambda p, given=given, **o: optim.SGD(p, **{"lr": 0.1, **given, **o}) for name, given in SUMS.items()}


@pytest.mark.parametrize("make", [*ALL.values(), *SUMMED.values()], ids=[*ALL, *SUMMED])
@pytest.mark.parametrize("orders", ["CC", "FF", "CF"])
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.usefixtures("small_blocks")
def test_the_library_changes_last_digits_alone(
    make: Any, orders: str, maximize: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = []
    for large in (1, 10**9):  # elements from which it is asked
        monkeypatch.setattr(update, "LARGE", large)
        p = parameter(6, 11, order=orders[0])
        optimizer = make([p], maximize=maximize)
        for step in range(4):
            give_gradient(p, step, orders[1])
            optimizer.step()
        results.append((p.array, *[v.array for _, v in sorted(optimizer.state.get(p, {}).items())]))
    for by_library, by_numpy in zip(*results, strict=True):
        np.testing.assert_allclose(by_library, by_numpy, rtol=1e-12, atol=1e-14)


@pytest.mark.skipif(not blas.available(), reason="this NumPy has another BLAS than its own OpenBLAS")
def test_averages_of_large_parameters_are_left_to_the_library(asked: list[Any]) -> None:
    p = parameter(128, 128)
    give_gradient(p)
    optim.AdamW([p], lr=0.5, betas=(0.75, 0.5), weight_decay=0.25).step()
    rate = 0.5 / (1 - 0.75) * (1 - 0.5) ** 0.5
    assert asked == [(128 * 128, given, True) for given in ((0.25, 0.75), (0.5, 0.5), (-rate, 1 - 0.5 * 0.25))]


@pytest.mark.skipif(not blas.available(), reason="this NumPy has another BLAS than its own OpenBLAS")
def test_the_momentum_of_large_parameters_is_left_to_the_library(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "SUMMED", 1 << 16)
    p = parameter(300, 300)
    give_gradient(p)
    optim.SGD([p], lr=0.5, momentum=0.75, nesterov=True).step()
    sizes = (1 << 16, 300 * 300 - (1 << 16))
    sums = ((1.0, 0.75), (-0.5, 1.0), (-0.375,))  # of momentum and gradient, and of the parameter with each of them
    assert asked == [(size, given, True) for size in sizes for given in sums]


@every_optimizer
def test_a_large_parameter_that_cannot_be_written_to_is_no_silence(make: Any) -> None:
    p = parameter(300, 300)
    p.array.flags.writeable = False
    give_gradient(p)
    with pytest.raises(ValueError, match="read-only"):
        make([p]).step()


@every_optimizer
@pytest.mark.usefixtures("small_blocks")
def test_a_parameter_that_is_a_strided_view(make: Any) -> None:
    results = []
    for copied in (False, True):
        view = np.arange(60.0).reshape(6, 10)[::2, ::-2]
        p = tg.Tensor(view.copy() if copied else view, requires_grad=True)
        optimizer = make([p])
        for step in range(3):
            give_gradient(p, step)
            optimizer.step()
        results.append(p.array)
    np.testing.assert_array_equal(*results)


@every_optimizer
def test_a_step_counts_the_version_up(make: Any) -> None:
    """A value that was saved for `backward` and then changed by a step is noticed."""
    p = parameter(3)
    optimizer = make([p])
    loss = (p * p).sum()
    give_gradient(p)
    optimizer.step()
    with pytest.raises(RuntimeError, match="multiply saved for its derivative was changed in place"):
        loss.backward()


@every_optimizer
def test_a_step_leaves_nothing_for_the_garbage_collector(make: Any) -> None:
    p = parameter(3)
    optimizer = make([p])
    give_gradient(p)
    optimizer.step()
    gc.collect()
    gc.disable()
    try:
        optimizer.step()
        assert gc.collect() == 0
    finally:
        gc.enable()


@every_optimizer
def test_a_parameter_without_gradient_stays_and_has_no_state(make: Any) -> None:
    p, q = parameter(3), parameter(3)
    give_gradient(q)
    before = p.array.copy()
    optimizer = make([p, q])
    optimizer.step()
    np.testing.assert_array_equal(p.array, before)
    assert not optimizer.state.get(p) or set(optimizer.state[p]) == {"step", "sum"}  # Adagrad begins at once


@every_optimizer
def test_a_learning_rate_that_is_a_tensor_is_live(make: Any) -> None:
    rate = tg.tensor(0.1, dtype="float64")
    p, q = parameter(3), parameter(3)
    ours, other = make([p], lr=rate), make([q], lr=0.1)
    for lr in (0.1, 0.3):
        rate.fill_(lr)
        other.param_groups[0]["lr"] = lr
        for x in (p, q):
            give_gradient(x)
        ours.step()
        other.step()
    np.testing.assert_array_equal(p.array, q.array)


@every_optimizer
def test_saving_and_going_on_is_the_same_as_going_on(make: Any) -> None:
    p = [parameter(4, 3), parameter(3, dtype="float32")]
    optimizer = make([{"params": p[:1]}, {"params": p[1:], "lr": 0.05}])
    for step in range(3):
        for x in p:
            give_gradient(x, step)
        optimizer.step()
    q = [tg.Tensor(x.array.copy(), requires_grad=True) for x in p]
    saved = copy.deepcopy(optimizer.state_dict())
    other = make([{"params": q[:1]}, {"params": q[1:]}], lr=7.0)
    other.load_state_dict(saved)
    assert other.param_groups[1]["lr"] == 0.05
    for step in range(3, 6):
        for x in (*p, *q):
            give_gradient(x, step)
        optimizer.step()
        other.step()
    for x, y in zip(p, q, strict=True):
        np.testing.assert_array_equal(x.array, y.array)
    for entries in saved["state"].values():
        for name, value in entries.items():
            assert not any(np.shares_memory(value.array, s[name].array) for s in other.state.values() if name in s)


@every_optimizer
def test_loading_takes_arrays_and_keeps_the_order_in_memory(make: Any) -> None:
    p = parameter(4, 3, order="F")
    give_gradient(p)
    optimizer = make([p])
    optimizer.step()
    state = optimizer.state_dict()
    for entries in state["state"].values():
        entries.update({name: np.array(value.array, order="C") for name, value in entries.items()})
    other = make([p])
    other.load_state_dict(state)
    for name, value in other.state.get(p, {}).items():
        np.testing.assert_array_equal(value.array, optimizer.state[p][name].array)
        assert value.ndim == 0 or value.flags.f_contiguous


@every_optimizer
def test_pickle_and_deepcopy(make: Any) -> None:
    p = parameter(3)
    optimizer = make([p])
    give_gradient(p)
    optimizer.step()
    for duplicate in (copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))):
        twin = duplicate(optimizer)
        q = twin.param_groups[0]["params"][0]
        assert q is not p
        for x, o in ((p, optimizer), (q, twin)):
            x.grad = tg.ones_like(x)
            before = x.array.copy()
            o.step()
            moved = x.array - before
        np.testing.assert_array_equal(p.array, q.array)
        assert np.all(moved != 0)


def test_adamw_keeps_its_decay_when_it_loads_adams_state() -> None:
    p = parameter(3)
    adamw = optim.AdamW([p])
    adamw.load_state_dict(optim.Adam([p]).state_dict())
    assert adamw.param_groups[0]["decoupled_weight_decay"]


def test_the_number_of_steps_may_be_saved_as_a_number() -> None:
    p = parameter(3)
    give_gradient(p)
    optimizer = optim.Adam([p])
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = 1
    optimizer.load_state_dict(state)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 2


# ---- the base class


def test_zero_grad() -> None:
    p, q = parameter(3), parameter(3)
    optimizer = optim.SGD([p, q])
    give_gradient(p)
    before = p.grad
    optimizer.zero_grad(set_to_none=False)
    assert p.grad is before
    assert p.grad.tolist() == [0, 0, 0]
    assert q.grad is None
    optimizer.zero_grad()
    assert p.grad is None


def test_a_closure_is_called_first_and_with_gradients_on() -> None:
    p = tg.tensor([3.0], requires_grad=True)
    optimizer = optim.SGD([p], lr=0.5)

    def closure() -> tg.Tensor:
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 9
    assert p.tolist() == [0]
    assert optimizer.step() is None
    assert optimizer.steps == 2


def test_groups() -> None:
    p, q, r = parameter(1), parameter(1), parameter(1)
    optimizer = optim.SGD([{"params": [p]}, {"params": q, "lr": 5.0}], lr=1.0, momentum=0.5)
    optimizer.add_param_group({"params": iter([r]), "momentum": 0.1})
    options = [(g["params"][0], g["lr"], g["momentum"]) for g in optimizer.param_groups]
    assert options == [(p, 1, 0.5), (q, 5, 0.5), (r, 1, 0.1)]
    assert [g["params"] for g in optimizer.state_dict()["param_groups"]] == [[0], [1], [2]]
    assert "lr" in repr(optimizer)


def test_named_parameters() -> None:
    p, q = parameter(1), parameter(1)
    optimizer = optim.SGD({"weight": p, "bias": q}.items())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"] == [p, q]
    with pytest.raises(ValueError, match="all names or none"):
        optim.SGD([("weight", p), q])


def test_what_is_no_parameter() -> None:
    p = parameter(1)
    for wrong, error, message in [
        (p, TypeError, "not one tensor"),
        ([], ValueError, "no parameters"),
        ({p}, TypeError, "a set has no order"),
        ([{"params": {p}}], TypeError, "a set has no order"),
        ([{"parameters": [p]}], TypeError, "under 'params'"),
        ([{"params": [p]}, [p]], TypeError, "a group is a dict"),
        ([np.ones(1)], TypeError, "parameter 0 is a ndarray"),
        ([p * 2], ValueError, "only leaves"),
        ([p, p], ValueError, "already"),
        ([{"params": [p]}, {"params": [p]}], ValueError, "already"),
    ]:
        with pytest.raises(error, match=message):
            optim.SGD(wrong)


BAD_OPTIONS = [
    ("SGD", {"lr": -1}, "lr must be at least 0, not -1"),
    ("SGD", {"lr": float("nan")}, "lr"),
    ("SGD", {"momentum": -0.1}, "momentum"),
    ("SGD", {"weight_decay": -1}, "weight_decay"),
    ("SGD", {"nesterov": True}, "nesterov needs momentum"),
    ("SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "dampening=0.1"),
    ("Adam", {"lr": -1}, "lr"),
    ("Adam", {"betas": (1.0, 0.9)}, r"betas\[0\] must be at least 0 and below 1, not 1.0"),
    ("AdamW", {"betas": (0.9, -0.1)}, r"betas\[1\]"),
    ("Adam", {"eps": -1}, "eps"),
    ("Adam", {"weight_decay": -1}, "weight_decay"),
    ("NAdam", {"momentum_decay": -1}, "momentum_decay"),
    ("NAdam", {"betas": (0.9, 1.5)}, r"betas\[1\]"),
    ("RMSprop", {"alpha": -1}, "alpha"),
    ("RMSprop", {"momentum": -1}, "momentum"),
    ("Adagrad", {"lr_decay": -1}, "lr_decay"),
    ("Adagrad", {"initial_accumulator_value": -1}, "initial_accumulator_value"),
]


@pytest.mark.parametrize(("name", "options", "message"), BAD_OPTIONS)
def test_options_out_of_range(name: str, options: dict[str, Any], message: str) -> None:
    make = getattr(optim, name)
    with pytest.raises(ValueError, match=message):
        make([parameter(1)], **options)
    optimizer = make([parameter(1)])
    with pytest.raises(ValueError, match=message):
        optimizer.add_param_group({"params": [parameter(1)], **options})
    assert len(optimizer.param_groups) == 1


def test_states_that_do_not_fit() -> None:
    p = parameter(3)
    give_gradient(p)
    optimizer = optim.SGD([p], momentum=0.9)
    optimizer.step()
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"groups of \[1\] parameters, this optimizer of \[2\]"):
        optim.SGD([parameter(3), parameter(3)], momentum=0.9).load_state_dict(state)
    with pytest.raises(ValueError, match=r"momentum_buffer has shape \(3,\), but its parameter has \(4,\)"):
        optim.SGD([parameter(4)], momentum=0.9).load_state_dict(state)


def test_an_optimizer_without_a_rule() -> None:
    with pytest.raises(NotImplementedError, match="update_group"):
        optim.Optimizer([parameter(1)], {}).step()


# ---- the update rules by themselves


def test_rules_return_their_parameter_and_refuse_what_does_not_fit() -> None:
    p = tg.tensor([1.0, 2.0])
    assert tg.sgd_update(p, tg.ones(2), None, 0.5) is p
    assert p.tolist() == [0.5, 1.5]
    for grad in (tg.ones(1), tg.ones(2, dtype="float64"), tg.ones(2, 1)):
        with pytest.raises(ValueError, match=r"sgd_update: the parameter has shape \(2,\)"):
            tg.sgd_update(p, grad, None, 0.5)
        with pytest.raises(ValueError, match="adam_update: the parameter"):
            tg.adam_update(p, grad, tg.zeros(2), tg.zeros(2), None, tg.tensor(0.0), 0.5)
    with pytest.raises(ValueError, match="sgd_update: the parameter"):
        tg.sgd_update(p, tg.ones(2), tg.ones(3), 0.5, momentum=0.9)


def test_rules_on_leaves_that_require_grad_are_not_recorded() -> None:
    p = tg.tensor([1.0], requires_grad=True)
    buffer = tg.zeros(1)
    tg.sgd_update(p, tg.ones(1), buffer, 0.5, momentum=0.9)
    assert p.is_leaf
    assert not buffer.requires_grad
