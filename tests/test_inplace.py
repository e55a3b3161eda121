"""Writes in place: values, gradients, views, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_np as tg


def leaf(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype="float64", requires_grad=True)


# ---- operators


def test_arithmetic_in_place_writes_into_the_same_memory() -> None:
    x = tg.ones(2)
    array = x.array
    x += 1
    x *= 3
    x -= 1
    x /= 5
    x **= 2
    assert x.array is array
    assert x.tolist() == [1, 1]


def test_gradient_through_arithmetic_in_place() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y += x
    y *= 3
    y.backward(tg.ones(2))
    assert x.grad.tolist() == [6, 6]


def test_every_method_that_writes_gives_its_function_and_gradient() -> None:
    names = ("neg", "abs", "exp", "log", "sqrt", "rsqrt", "square", "reciprocal", "sin", "cos", "tanh", "sigmoid")
    for name in (*names, "relu"):
        x = leaf(0.5, 2.0)
        y = x * 1
        kept = y.array
        returned = getattr(y, f"{name}_")()
        assert returned is y
        assert y.array is kept
        reference = leaf(0.5, 2.0)
        expected = getattr(tg, name)(reference)
        assert y.tolist() == expected.tolist()
        if name in ("abs", "log", "rsqrt", "square", "sin", "cos"):  # they need the input, which is gone
            with pytest.raises(RuntimeError, match="changed in place"):
                y.backward(tg.ones(2, dtype="float64"))
        else:
            y.backward(tg.ones(2, dtype="float64"))
            expected.backward(tg.ones(2, dtype="float64"))
            assert x.grad.tolist() == pytest.approx(reference.grad.tolist())


def test_fill_copy_and_draws() -> None:
    x = tg.zeros(2, 3)
    assert x.fill_(2).tolist() == [[2, 2, 2]] * 2
    assert x.zero_().sum().item() == 0
    assert x.copy_(tg.tensor([1, 2, 3])).tolist() == [[1, 2, 3]] * 2
    x.uniform_(5, 6, generator=np.random.default_rng(0))
    assert 5 <= x.array.min() <= x.array.max() < 6
    x.normal_(100, 0.0)
    assert x.tolist() == [[100, 100, 100]] * 2
    assert set(x.bernoulli_(0.5).array.ravel().tolist()) <= {0.0, 1.0}
    assert x.fill_(3).clamp_(max=1).tolist() == [[1, 1, 1]] * 2


def test_filling_cuts_the_history() -> None:
    x = leaf(1.0)
    y = x * 2
    y.fill_(5)
    (y * x).backward()
    assert x.grad.tolist() == [5]


def test_a_constant_gets_history_from_what_is_written_into_it() -> None:
    w = leaf(3.0)
    x = tg.zeros(2, dtype="float64")
    x[1] = w[0] * 2
    assert x.requires_grad
    x.backward(tg.ones(2, dtype="float64"))
    assert w.grad.tolist() == [2]


# ---- item assignment


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        slice(1, 3),
        slice(None, None, 2),
        ...,
        [0, 2],
        np.array([2, 0]),
        np.array([True, False, True]),
        (slice(None), 1),
        (1, 1),
        (np.array([0, 1]), np.array([1, 0])),
        (np.array([0, 2]), slice(None)),
        None,
    ],
    ids=str,
)
def test_assignment_gives_numpys_value_and_the_right_gradients(index: object) -> None:
    base, shape = np.arange(6.0).reshape(3, 2), np.arange(6.0).reshape(3, 2)[index].shape
    value = np.random.default_rng(0).standard_normal(shape)

    def assigned(x: tg.Tensor, v: tg.Tensor) -> tg.Tensor:
        y = x * 1
        y[index] = v
        return y * y

    expected = base.copy()
    expected[index] = value
    np.testing.assert_array_equal(assigned(tg.tensor(base), tg.tensor(value)).array, expected**2)
    assert tg.gradcheck(assigned, [base, value], order=2)


def test_assignment_broadcasts_and_converts() -> None:
    x = tg.zeros(3, 2)
    x[1:] = tg.tensor([1.0, 2.0], dtype="float64")
    x[0, 0] = 7
    assert x.tolist() == [[7, 0], [1, 2], [1, 2]]
    assert x.dtype == np.float32
    v = leaf(1.0, 2.0)
    y = tg.zeros(3, 2, dtype="float64")
    y[:] = v
    y.backward(tg.ones(3, 2, dtype="float64"))
    assert v.grad.tolist() == [3, 3]


def test_assignment_by_a_boolean_tensor() -> None:
    x = leaf(-1.0, 2.0, -3.0)
    y = x * 1
    y[y < 0] = 0
    y.backward(tg.ones(3, dtype="float64"))
    assert y.tolist() == [0, 2, 0]
    assert x.grad.tolist() == [0, 1, 0]


def test_an_index_changed_afterwards_does_no_harm() -> None:
    x, index = leaf(1.0, 2.0), np.array([0])
    y = x * 1
    y[index] = 5.0
    index[0] = 1
    y.backward(tg.ones(2, dtype="float64"))
    assert x.grad.tolist() == [0, 1]


def test_assignment_that_does_not_fit() -> None:
    x = tg.zeros(3)
    with pytest.raises(ValueError, match=r"values of shape \(2,\)"):
        x[:] = tg.ones(2)
    with pytest.raises(IndexError):
        x[5] = 1.0


# ---- views


def test_a_write_through_a_view_reaches_the_base_and_its_other_views() -> None:
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x * 1
    row, other = y.reshape(2, 2)[0], y[1:]
    row *= 10
    assert y.tolist() == [10, 20, 3, 4]
    assert other.tolist() == [20, 3, 4]
    other.backward(tg.ones(3, dtype="float64"))
    assert x.grad.tolist() == [0, 10, 1, 1]


def test_a_write_to_the_base_reaches_its_views() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    view = y.reshape(2, 1)
    y *= 3
    view.backward(tg.ones(2, 1, dtype="float64"))
    assert x.grad.tolist() == [3, 3]


def test_a_view_of_a_transposed_view() -> None:
    def written(x: tg.Tensor, v: tg.Tensor) -> tg.Tensor:
        y = x * 1
        y.transpose(0, 1)[1:].copy_(v)
        return tg.exp(y)

    assert tg.gradcheck(written, [np.arange(6.0).reshape(2, 3) / 6, np.arange(4.0).reshape(2, 2)], order=2)


def test_a_constant_base_gets_history_through_its_view() -> None:
    x, w = tg.zeros(2, 2, dtype="float64"), leaf(1.0, 2.0)
    x[1].copy_(w)
    assert x.requires_grad
    (x * 2).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_writing_into_rows_one_after_the_other() -> None:
    def filled(w: tg.Tensor) -> tg.Tensor:
        table = tg.zeros(4, 2, dtype="float64")
        table[0] = w
        for i in range(1, 4):
            above = table[i - 1].clone()  # the next write would change a row that was saved, as in PyTorch
            table[i] = above * above + w
        return table

    assert tg.gradcheck(filled, [np.array([0.3, -0.4])], order=2)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.sampled_from(["mul", "set", "view"])), max_size=6))
@settings(max_examples=40)
def test_any_sequence_of_writes_agrees_with_the_functional_form(writes: list[tuple[int, int, str]]) -> None:
    """The same writes, once in place and once by building a new tensor each time."""

    def in_place(x: tg.Tensor) -> tg.Tensor:
        y = x * 1
        for start, length, kind in writes:
            part = y[start : start + length]
            if kind == "mul":
                part *= 3
            elif kind == "set":
                y[start : start + length] = x[:1]
            else:
                part.reshape(-1).add_(2)
        return y

    def functional(x: tg.Tensor) -> tg.Tensor:
        y = x * 1
        for start, length, kind in writes:
            part = y[start : start + length]
            new = part * 3 if kind == "mul" else part * 0 + x[:1] if kind == "set" else part + 2
            y = tg.cat([y[:start], new, y[start + part.shape[0] :]])
        return y

    a, b = leaf(1.0, 2.0, 3.0, 4.0), leaf(1.0, 2.0, 3.0, 4.0)
    weights = tg.tensor([1.0, 10.0, 100.0, 1000.0], dtype="float64")
    for x, function in ((a, in_place), (b, functional)):
        (function(x) * weights).sum().backward()
    assert in_place(a).tolist() == functional(b).tolist()
    assert a.grad.tolist() == b.grad.tolist()


# ---- refusals


def refused_writes() -> list[tuple[Callable[[], object], str]]:
    def to_a_leaf() -> None:
        leaf(1.0).add_(1)

    def item_of_a_leaf() -> None:
        leaf(1.0)[0] = 1

    def to_a_view_of_a_leaf() -> None:
        leaf(1.0, 2.0)[:1].mul_(2)

    def to_an_expanded_view() -> None:
        tg.ones(1).expand(3).add_(1)

    def of_another_shape() -> None:
        tg.ones(1).add_(tg.ones(2))

    def of_floats_into_integers() -> None:
        tg.tensor([1]).add_(0.5)

    return [
        (to_a_leaf, "leaf that requires grad"),
        (item_of_a_leaf, "leaf that requires grad"),
        (to_a_view_of_a_leaf, "view of a leaf"),
        (to_an_expanded_view, "clone"),
        (of_another_shape, r"shape \(2,\) cannot be written into a tensor of shape \(1,\)"),
        (of_floats_into_integers, "float32 cannot be written into a tensor of dtype int64"),
    ]


@pytest.mark.parametrize(("write", "message"), refused_writes(), ids=lambda x: getattr(x, "__name__", ""))
def test_refused_writes(write: Callable[[], object], message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        write()


def test_leaves_are_written_under_no_grad() -> None:
    x = leaf(1.0)
    with tg.no_grad():
        x += 1
        x[0] = x[0] * 3
    assert x.tolist() == [6]
    assert x.is_leaf
    assert x.requires_grad
