"""What the table of cases cannot say about the operations on shapes: NumPy's functions, views, words and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_np as tg

X = np.random.default_rng(2).normal(size=(2, 3, 4))

# Calls of NumPy's functions, run on an array and on a tensor.
NUMPY: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: np.reshape(x, (6, 4)),
    "ravel": lambda x: np.ravel(x),
    "squeeze": lambda x: np.squeeze(x[:1], axis=0),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "transpose": lambda x: np.transpose(x),
    "transpose axes": lambda x: np.transpose(x, (1, 2, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, -1),
    "moveaxis": lambda x: np.moveaxis(x, (0, 1), (-1, 0)),
    "matrix_transpose": lambda x: np.matrix_transpose(x),
    "broadcast_to": lambda x: np.broadcast_to(x, (5, 2, 3, 4)),
    "broadcast_arrays": lambda x: np.broadcast_arrays(x, x[0, 0]),
    "meshgrid": lambda x: np.meshgrid(x[0, 0], x[0, :, 0]),
    "meshgrid ij": lambda x: np.meshgrid(x[0, 0], x[0, :, 0], indexing="ij"),
    "atleast_1d": lambda x: np.atleast_1d(x),
    "atleast_2d": lambda x: np.atleast_2d(x[0, 0]),
    "flip": lambda x: np.flip(x, 1),
    "fliplr": lambda x: np.fliplr(x),
    "flipud": lambda x: np.flipud(x),
    "roll": lambda x: np.roll(x, 2, axis=1),
    "rot90": lambda x: np.rot90(x, 3),
    "diagonal": lambda x: np.diagonal(x, 1, 1, 2),
    "diag": lambda x: np.diag(x[0, 0], 1),
    "diag of a matrix": lambda x: np.diag(x[0]),
    "tril": lambda x: np.tril(x, 1),
    "triu": lambda x: np.triu(x),
    "concatenate": lambda x: np.concatenate([x, x * 2], axis=1),
    "concatenate flat": lambda x: np.concatenate((x, x[0]), axis=None),
    "concatenate with an array": lambda x: np.concatenate([X, x]),
    "stack": lambda x: np.stack([x, x * 2], axis=-1),
    "hstack": lambda x: np.hstack([x, x]),
    "vstack": lambda x: np.vstack([x[0], x[1, 0]]),
    "split": lambda x: np.split(x, 2, axis=2),
    "split at": lambda x: np.split(x, [1, 3], axis=2),
    "array_split": lambda x: np.array_split(x, 3, axis=-1),
    "tile": lambda x: np.tile(x, (2, 1, 1, 3)),
    "repeat": lambda x: np.repeat(x, 2),
    "repeat axis": lambda x: np.repeat(x, [1, 0, 2], axis=1),
    "pad": lambda x: np.pad(x, 1),
    "pad value": lambda x: np.pad(x, ((0, 0), (1, 2), (0, 0)), constant_values=2.0),
    "pad edge": lambda x: np.pad(x, (1, 2), "edge"),
    "pad reflect": lambda x: np.pad(x, (1, 5), "reflect"),
    "pad symmetric": lambda x: np.pad(x, (2, 5), "symmetric"),
    "pad wrap": lambda x: np.pad(x, ((0, 0), (7, 0), (1, 1)), "wrap"),
}


def parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)


@pytest.mark.parametrize("call", NUMPY.values(), ids=NUMPY)
def test_numpy_functions_are_differentiated(call: Callable[[Any], Any]) -> None:
    x = tg.tensor(X, requires_grad=True)
    actual, expected = parts(call(x)), parts(call(X))
    assert len(actual) == len(expected)
    assert any(a.requires_grad for a in actual)
    for a, e in zip(actual, expected, strict=True):
        assert isinstance(a, tg.Tensor)
        np.testing.assert_array_equal(a.detach().numpy(), e)
    assert tg.gradcheck(lambda x: tuple(y for y in parts(call(x)) if y.requires_grad), [X], order=2)


@given(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0), st.data())
def test_permute_is_undone_by_its_derivative(shape: tuple[int, ...], data: st.DataObject) -> None:
    dims = data.draw(st.permutations(range(len(shape))))
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    y = tg.permute(tg.tensor(x), dims)
    np.testing.assert_array_equal(y.numpy(), np.transpose(x, dims))
    leaf = tg.zeros(shape, requires_grad=True)
    tg.permute(leaf, dims).backward(y.to("float32"))
    assert leaf.grad is not None
    np.testing.assert_array_equal(leaf.grad.numpy(), x)


@given(hnp.array_shapes(min_dims=1, max_dims=4), st.data())
def test_movedim_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    axes = st.integers(-len(shape), len(shape) - 1)
    source = data.draw(st.lists(axes, unique_by=lambda axis: axis % len(shape)))
    destination = data.draw(
        st.lists(axes, unique_by=lambda axis: axis % len(shape), min_size=len(source), max_size=len(source))
    )
    x = np.zeros(shape)
    assert tg.movedim(x, source, destination).shape == np.moveaxis(x, source, destination).shape


@given(hnp.arrays(np.float64, hnp.array_shapes(max_dims=3), elements=st.floats(-9, 9)), st.data())
def test_parts_are_put_together_again(x: np.ndarray, data: st.DataObject) -> None:
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    size = data.draw(st.integers(1, x.shape[dim] + 1))
    leaf = tg.tensor(x, requires_grad=True)
    whole = tg.cat(tg.split(leaf, size, dim), dim) + tg.stack(tg.unbind(leaf, dim), dim)
    np.testing.assert_array_equal(whole.detach().numpy(), 2 * x)
    whole.sum().backward()
    assert leaf.grad is not None
    np.testing.assert_array_equal(leaf.grad.numpy(), np.full_like(x, 2))


@given(hnp.array_shapes(max_dims=3, max_side=4), st.data())
def test_pad_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    mode = data.draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    limit = {"reflect": -1, "circular": 0}
    widths = [
        (data.draw(st.integers(0, n + limit.get(mode, 4))), data.draw(st.integers(0, n + limit.get(mode, 4))))
        for n in shape
    ]
    x = np.random.default_rng(0).normal(size=shape)
    flat = [n for pair in reversed(widths) for n in pair]
    kind: Any = {"replicate": "edge", "circular": "wrap"}.get(mode, mode)
    np.testing.assert_array_equal(tg.pad(tg.tensor(x), flat, mode).numpy(), np.pad(x, widths, kind))


# ---- views


VIEWS: dict[str, Callable[[Any], Any]] = {
    "reshape": lambda x: x.reshape(6, 4),
    "flatten": lambda x: x.flatten(),
    "squeeze": lambda x: x.squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "T": lambda x: x.permute(2, 0, 1),
    "diagonal": lambda x: x.diagonal(1, 1, 2),
    "split": lambda x: x.split([1, 3], 2)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "tensor_split": lambda x: x.tensor_split(2)[0],
    "view of a view": lambda x: x.chunk(2, 2)[1].transpose(0, 1).unbind(0)[0],
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_write_into_a_view_reaches_its_base(view: Callable[[Any], Any]) -> None:
    x = tg.tensor(X)
    view(x).zero_()
    expected = X.copy()
    place = view(tg.tensor(np.arange(24).reshape(2, 3, 4))).numpy()
    expected.flat[place.ravel()] = 0
    np.testing.assert_array_equal(x.numpy(), expected)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_gradient_follows_a_write_into_a_view(view: Callable[[Any], Any]) -> None:
    def function(x: Any) -> Any:
        y = x * 2
        part = view(y)
        part.mul_(part.detach().clone())  # part = 4 x0 x, where x0 is a constant
        return y * y, view(y), part

    leaf = tg.tensor(X, requires_grad=True)
    whole, again, part = function(leaf)
    np.testing.assert_array_equal(again.detach().numpy(), part.detach().numpy())
    (whole.sum() + again.sum() + part.sum()).backward()
    place = view(tg.tensor(np.arange(24).reshape(2, 3, 4))).numpy().ravel()
    inside = np.isin(np.arange(24), place).reshape(X.shape)
    # outside: y = 2x; inside: y = 4 x0 x, whose derivative is 4 x0, and it is counted twice more
    expected = np.where(inside, 2 * (4 * X * X) * 4 * X + 2 * 4 * X, 8 * X)
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_sees_a_write_into_its_base(view: Callable[[Any], Any]) -> None:
    leaf = tg.tensor(X, requires_grad=True)
    y = leaf * 2
    part = view(y)
    y.mul_(3.0)
    part.sum().backward()
    assert leaf.grad is not None
    assert set(np.unique(leaf.grad.numpy())) <= {0.0, 6.0}
    assert leaf.grad.numpy().sum() == 6.0 * part.numel()


def test_a_saved_part_that_is_written_to_is_noticed() -> None:
    y = tg.tensor(X, requires_grad=True) * 1.0
    z = y.exp()  # saves its output
    z.unbind()[0].zero_()
    with pytest.raises(RuntimeError, match="exp saved"):
        z.sum().backward()


def test_a_broadcast_tensor_cannot_be_written_to() -> None:
    with pytest.raises(RuntimeError, match="clone"):
        tg.zeros(3, 1).expand(3, 2).fill_(1.0)


def test_contiguous_returns_the_tensor_itself_where_it_can() -> None:
    x = tg.zeros(2, 3)
    assert x.contiguous() is x
    assert x.T.contiguous() is not x.T


COPIES: dict[str, Callable[[Any], Any]] = {
    "flip": lambda x: x.flip(0),
    "repeat": lambda x: x.repeat(1, 1, 1),
    "rot90": lambda x: x.rot90(4),
    "roll": lambda x: x.roll(0),
    "diag": lambda x: x[0].diag(),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copies_share_no_memory(copy: Callable[[Any], Any]) -> None:
    x = tg.tensor(X)
    assert not np.may_share_memory(copy(x).numpy(), x.numpy())


def test_only_the_parts_that_are_used_take_part() -> None:
    leaf = tg.tensor(X, requires_grad=True)
    leaf.unbind(2)[1].sum().backward()
    assert leaf.grad is not None
    expected = np.zeros_like(X)
    expected[:, :, 1] = 1
    np.testing.assert_array_equal(leaf.grad.numpy(), expected)


# ---- words and errors


def test_numpy_words() -> None:
    x = tg.tensor(X)
    assert tg.squeeze(x[:1], axis=0).shape == (3, 4)
    assert tg.unsqueeze(x, axis=1).shape == (2, 1, 3, 4)
    assert tg.cat([x, x], axis=2).shape == (2, 3, 8)
    assert tg.stack([x, x], axis=2).shape == (2, 3, 2, 4)
    assert [part.shape for part in x.split(2, axis=1)] == [(2, 2, 4), (2, 1, 4)]
    assert len(tg.unbind(x, axis=1)) == 3
    assert tg.repeat_interleave(x, 2, axis=0).shape == (4, 3, 4)


def test_arrays_and_numbers_are_taken_too() -> None:
    assert tg.reshape(np.arange(4), (2, 2)).shape == (2, 2)
    assert tg.stack([1, 2.5]).dtype == np.float32
    assert [part.tolist() for part in tg.chunk(np.arange(3), 2)] == [[0, 1], [2]]
    assert tg.permute(np.zeros((2, 3)), (1, 0)).shape == (3, 2)


MESSAGES: list[tuple[Callable[[tg.Tensor], Any], type[Exception], str]] = [
    (lambda x: x.reshape(5, 5), ValueError, r"reshape: .*24.*\(5,5\).*shapes \(2, 3, 4\)"),
    (lambda x: x.permute(2, 1, 0).view(-1), RuntimeError, r"shape \(4, 3, 2\).*use reshape\(\)"),
    (lambda x: x.transpose(0, 3), IndexError, r"dim 3 is not there in 3 dimensions.*from -3 to 2"),
    (lambda x: x.permute(0, 1), ValueError, r"\(2, 3, 4\) by dims \(0, 1\)"),
    (lambda x: x.permute(0, 1, -2), ValueError, r"dims \(0, 1, -2\) name a dimension twice"),
    (lambda x: x.unflatten(0, (3, -1)), ValueError, r"dim 0 of shape \(2, 3, 4\) into \(3, -1\)"),
    (lambda x: x.flatten(2, 0), ValueError, r"from dim 2 to dim 0 of shape \(2, 3, 4\)"),
    (lambda x: x.t(), ValueError, r"t of shape \(2, 3, 4\)"),
    (lambda x: x.expand(-1, 2, 3, 4), ValueError, r"expand shape \(2, 3, 4\) to \(-1, 2, 3, 4\)"),
    (lambda x: x.movedim((0, 1), 0), ValueError, "as many destinations"),
    (lambda x: tg.cat([]), ValueError, "no tensors"),
    (lambda x: tg.stack([]), ValueError, "no tensors"),
    (lambda x: tg.cat([x, x[:, :2]], 2), ValueError, r"concatenate: .*\(2, 3, 4\), \(2, 2, 4\)"),
    (lambda x: x.split([1, 1], 2), ValueError, r"length 4 into parts of lengths \[1, 1\]"),
    (lambda x: x.split(0), ValueError, "must be positive"),
    (lambda x: x.chunk(0), ValueError, "one at least"),
    (lambda x: x.tensor_split(0), ValueError, "one at least"),
    (lambda x: x.sum().unbind(), ValueError, "unbind of a 0-d tensor"),
    (lambda x: np.split(x, 3), ValueError, "2 into 3 equal parts"),  # type: ignore[call-overload]
    (lambda x: x.repeat(2), ValueError, r"repeat of shape \(2, 3, 4\) by \(2,\)"),
    (lambda x: x.repeat_interleave([1, 2], 1), ValueError, "for 3 parts along dim 1"),
    (lambda x: x.roll((1, 2), 0), ValueError, r"shifts \(1, 2\) along dims \(0,\)"),
    (lambda x: x.rot90(1, (0,)), ValueError, "a plane has two"),
    (lambda x: x.diag(), ValueError, r"diag of shape \(2, 3, 4\)"),
    (lambda x: x[0, 0].tril(), ValueError, r"tril of shape \(4,\)"),
    (lambda x: tg.meshgrid(x), ValueError, "one dimension"),
    (lambda x: tg.meshgrid(x[0, 0], indexing="yx"), ValueError, "'yx'"),
    (lambda x: tg.pad(x, (1, 2, 3)), ValueError, r"pad \(1, 2, 3\) for shape \(2, 3, 4\)"),
    (lambda x: tg.pad(x, (4, 0), "reflect"), ValueError, r"cannot add \(4, 0\) elements to 4"),
    (lambda x: tg.pad(x, (1, 0), "circular", 2.0), ValueError, "takes no value"),
    (lambda x: tg.pad(x[..., :0], (1, 0), "replicate"), ValueError, "to 0: there are not enough"),
    (lambda x: tg.pad(x, (1, 0), "mirror"), ValueError, "'mirror'"),
    (lambda x: np.pad(x, 1, "mean"), TypeError, "'mean' is not differentiated"),
    (lambda x: np.pad(x, -1), ValueError, "no negative width"),
    (lambda x: np.pad(x, 1, constant_values=(1, 2)), TypeError, "one number"),
]


@pytest.mark.parametrize(("call", "error", "message"), MESSAGES, ids=[row[2] for row in MESSAGES])
def test_errors(call: Callable[[tg.Tensor], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(tg.tensor(X))
