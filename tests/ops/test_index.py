"""What the table of cases cannot say about indexing and sorting: mixtures, NumPy's functions, later changes, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_np as tg
from tinygrad_np.ops.index import set_index

X = np.random.default_rng(4).permuted(np.linspace(-1.9, 2.1, 24)).reshape(2, 3, 4)  # no two are equal


def places(shape: tuple[int, ...]) -> np.ndarray:
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)


def expected_gradient(shape: tuple[int, ...], read: np.ndarray, g: np.ndarray) -> np.ndarray:
    """Return the sums of `g` over the places that were read."""
    return np.bincount(read.ravel(), g.ravel(), int(np.prod(shape, dtype=int))).reshape(shape)


def check_reading(x: np.ndarray, index: Any, expected: np.ndarray, read: np.ndarray) -> None:
    leaf = tg.tensor(x, requires_grad=True)
    y = leaf[index]
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    g = np.cos(np.arange(y.numel())).reshape(y.shape)
    y.backward(tg.tensor(g))
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy(), expected_gradient(x.shape, read, g), rtol=1e-12, atol=1e-12)


SHAPES = hnp.array_shapes(min_dims=1, max_dims=4, max_side=4)


@given(SHAPES, st.data())
def test_basic_indices_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Slices with steps of either sign, ints, new axes and an ellipsis."""
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    x = np.random.default_rng(0).normal(size=shape)
    check_reading(x, index, np.asarray(x[index]), np.asarray(places(shape)[index]))


@given(SHAPES, st.data())
def test_arrays_of_ints_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=1, max_dims=2)))
    x = np.random.default_rng(0).normal(size=shape)
    check_reading(x, index, x[index], places(shape)[index])
    check_reading(x, tuple(tg.tensor(row) for row in index), x[index], places(shape)[index])


@given(SHAPES, st.data())
def test_mixtures_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    """Slices, masks and one array of ints in any order; ints are left out, which NumPy takes for arrays."""
    kinds = data.draw(st.permutations([["slice"], ["mask"], ["array"], ["slice"]]))
    index: list[Any] = []
    for [kind], n in zip(kinds, shape, strict=False):
        if kind == "slice":
            index.append(data.draw(st.slices(n)))
        elif kind == "mask":
            index.append(np.arange(n) == data.draw(st.integers(0, n - 1)))  # of one element: it broadcasts
        else:
            index.append(data.draw(hnp.arrays(np.int64, st.integers(0, 4), elements=st.integers(-n, n - 1))))
    x = np.random.default_rng(0).normal(size=shape)
    check_reading(x, tuple(index), x[tuple(index)], places(shape)[tuple(index)])


@given(SHAPES, st.data())
def test_masks_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    dims = data.draw(st.integers(1, len(shape)))
    mask = data.draw(hnp.arrays(np.bool_, shape[:dims]))
    x = np.random.default_rng(0).normal(size=shape)
    check_reading(x, mask, x[mask], places(shape)[mask])
    check_reading(x, tg.tensor(mask), x[mask], places(shape)[mask])


@given(SHAPES, st.data())
def test_writing_by_arrays_of_ints(shape: tuple[int, ...], data: st.DataObject) -> None:
    """The last of several that are written to one place stays, and it alone gets a gradient."""
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=1, max_dims=2)))
    rng = np.random.default_rng(0)
    x, value = rng.normal(size=shape), rng.normal(size=places(shape)[index].shape)
    left, right = tg.tensor(x, requires_grad=True), tg.tensor(value, requires_grad=True)
    y = left * 1.0
    y[index] = right
    expected = x.copy()
    expected[index] = value
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    g = rng.normal(size=shape)
    y.backward(tg.tensor(g))
    writer = np.full(shape, -1)
    writer[index] = np.arange(value.size).reshape(value.shape)
    assert left.grad is not None
    assert right.grad is not None
    np.testing.assert_array_equal(left.grad.numpy(), np.where(writer < 0, g, 0))
    stayed = np.zeros(value.size)
    stayed[writer[writer >= 0]] = g[writer >= 0]
    np.testing.assert_array_equal(right.grad.numpy().ravel(), stayed)


@given(SHAPES, st.data())
def test_sorting_as_numpy(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(-3, 3)))
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    values, indices = tg.sort(tg.tensor(x), dim, stable=True)
    np.testing.assert_array_equal(values.numpy(), np.sort(x, dim))
    np.testing.assert_array_equal(indices.numpy(), np.argsort(x, dim, kind="stable"))
    k = data.draw(st.integers(0, x.shape[dim]))
    for largest in (True, False):
        best, where = tg.topk(tg.tensor(x), k, dim, largest)
        whole = tg.sort(tg.tensor(x), dim, descending=largest).values.numpy()
        np.testing.assert_array_equal(best.numpy(), np.take(whole, np.arange(k), dim))
        np.testing.assert_array_equal(np.take_along_axis(x, where.numpy(), dim), best.numpy())
        ordered = np.sort(where.numpy(), dim)
        assert (np.diff(ordered, axis=dim) > 0).all()  # no element is chosen twice


# ---- what the result is


def test_basic_indices_give_views_and_others_copies() -> None:
    x = tg.tensor(X)
    assert np.may_share_memory(x[1:, ..., ::-2].numpy(), x.numpy())
    assert type(x[0, 1, 2].array) is np.ndarray
    assert x[0, 1, 2].shape == ()
    x[0, 1, 2].fill_(9.0)
    assert x.numpy()[0, 1, 2] == 9.0
    for index in ([0, 1], x > 0, (0, [1]), True):
        assert not np.may_share_memory(x[index].numpy(), x.numpy())


@pytest.mark.parametrize("index", [0, (..., 1), [0, 1], (slice(None), [0, 0]), X > 0], ids=str)
def test_arrays_and_tensors_without_gradient(index: Any) -> None:
    assert not tg.tensor(X)[index].requires_grad
    with tg.no_grad():
        assert not tg.tensor(X, requires_grad=True)[index].requires_grad


# ---- later changes


@pytest.mark.parametrize("wrap", [np.array, tg.tensor], ids=["array", "tensor"])
@pytest.mark.parametrize(
    ("index", "change"),
    [([0, 1, 1], 1), ([[0, 1], [1, 1]], 0), ([True, False], True)],
    ids=["row", "matrix", "mask"],
)
def test_an_index_that_is_changed_later_does_no_harm(wrap: Callable[[Any], Any], index: Any, change: Any) -> None:
    leaf = tg.tensor(X, requires_grad=True)
    given = wrap(index)
    y, z = leaf[given], leaf * 1.0
    z[given] = 2.0
    given[:] = change
    (y.sum() + z.sum()).backward()
    read, written = np.zeros_like(X), np.ones_like(X)
    np.add.at(read, np.array(index), 1.0)
    written[np.array(index)] = 0.0
    assert leaf.grad is not None
    np.testing.assert_array_equal(leaf.grad.numpy(), read + written)


GATHERED: dict[str, Callable[[Any, Any], Any]] = {
    "gather": lambda x, i: tg.gather(x, 0, i.reshape(2, 1, 1)),
    "take_along_dim": lambda x, i: tg.take_along_dim(x, i.reshape(2, 1, 1), 0),
    "scatter": lambda x, i: tg.scatter(x, 0, i.reshape(2, 1, 1), 0.0),
    "index_select": lambda x, i: tg.index_select(x, 0, i),
    "index_add": lambda x, i: tg.index_add(x, 0, i, x),
    "index_copy": lambda x, i: tg.index_copy(x, 0, i, x),
    "take": lambda x, i: tg.take(x, i),
}


def gradient(call: Callable[[Any, Any], Any], index: Any, later: bool) -> np.ndarray:
    """Return the gradient of a call whose index is, or is not, changed between forward and backward."""
    leaf = tg.tensor(X, requires_grad=True)
    y = call(leaf, index)
    if later:
        index[:] = 1
    y.sum().backward()
    assert leaf.grad is not None
    return leaf.grad.numpy()


@pytest.mark.parametrize("call", GATHERED.values(), ids=GATHERED)
def test_an_array_that_is_changed_later_does_no_harm(call: Callable[[Any, Any], Any]) -> None:
    expected = gradient(call, np.array([0, 1]), later=False)
    np.testing.assert_array_equal(gradient(call, np.array([0, 1]), later=True), expected)


@pytest.mark.parametrize("call", GATHERED.values(), ids=GATHERED)
def test_a_tensor_that_is_changed_later_is_noticed_as_in_pytorch(call: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(RuntimeError, match="was changed in place"):
        gradient(call, tg.tensor([0, 1]), later=True)


def test_the_source_may_be_changed_after_it_was_read() -> None:
    leaf = tg.tensor(X, requires_grad=True)
    y = leaf * 1.0
    parts = y[0], y[[0, 1]], y[y > 0], y.gather(0, tg.zeros(1, 3, 4, dtype="int64"))
    y.zero_()
    sum((part * part).sum() for part in parts[1:]).backward()
    assert leaf.grad is not None
    expected = 2 * X * (1 + (X > 0))
    expected[0] += 2 * X[0]
    np.testing.assert_allclose(leaf.grad.numpy(), expected, rtol=1e-14)


def test_reading_what_was_written() -> None:
    def function(x: Any, v: Any) -> Any:
        y = x * x
        y[1:, [0, 2]] = v
        y[y > 1] = y[0, 0, 0]
        return y[..., 1:] * y[..., :-1]

    assert tg.gradcheck(function, [X, np.array([[0.3, 0.4, 0.5, 0.6]])], order=2)


def test_swapping_parts_through_a_copy() -> None:
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 1.0
    y[[0, 2]] = y[[2, 0]]
    (y * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert y.tolist() == [3.0, 2.0, 1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [100.0, 10.0, 1.0]


def test_overlapping_parts_are_assigned_as_if_copied() -> None:
    y = tg.arange(4.0)
    y[1:] = y[:-1]
    assert y.tolist() == [0.0, 0.0, 1.0, 2.0]


def test_set_index_in_place() -> None:
    x = np.zeros(3)
    result = set_index(tg.Tensor(x), 1.0, index=(slice(1, None),), out=x)
    assert result.array is x
    assert x.tolist() == [0.0, 1.0, 1.0]


def test_duplicates_are_added_up_and_the_last_write_stays() -> None:
    x = tg.zeros(3, requires_grad=True)
    x[[0, 2, 0, 0]].sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [3.0, 0.0, 1.0]
    source = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = tg.scatter(tg.zeros(3), 0, tg.tensor([1, 1, 0]), source)
    assert y.tolist() == [3.0, 2.0, 0.0]
    y.sum().backward()
    assert source.grad is not None
    assert source.grad.tolist() == [0.0, 1.0, 1.0]


def test_many_repeated_rows() -> None:
    """A table of 1000 rows that are read 5000 times: the sums of PyTorch's embedding."""
    rng = np.random.default_rng(0)
    rows, g = rng.integers(-1000, 1000, 5000), rng.normal(size=(5000, 7)).astype(np.float32)
    table = tg.zeros(1000, 7, requires_grad=True)
    table[rows].backward(tg.tensor(g))
    expected = np.stack([np.bincount(rows % 1000, column, 1000) for column in g.T.astype(np.float64)], 1)
    assert table.grad is not None
    assert table.grad.dtype == np.float32
    np.testing.assert_allclose(table.grad.numpy(), expected, atol=1e-5)


# ---- NumPy's functions and words


NUMPY: dict[str, Callable[[Any], Any]] = {
    "take": lambda x: np.take(x, [[0, 5], [5, -1]]),
    "take axis": lambda x: np.take(x, [2, 0, 2], axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[[0], [1], [0]]]), axis=2),
    "sort": lambda x: np.sort(x, axis=1),
    "sort flat": lambda x: np.sort(x, axis=None),
}
WITHOUT_GRADIENT: dict[str, Callable[[Any], Any]] = {
    "argsort": lambda x: np.argsort(x),
    "argsort axis": lambda x: np.argsort(x, axis=0),
    "argsort flat": lambda x: np.argsort(x, axis=None),
    "nonzero": lambda x: np.nonzero(x),
    "argwhere": lambda x: np.argwhere(x),
    "flatnonzero": lambda x: np.flatnonzero(x),
    "unique": lambda x: np.unique(x),
    "unique counts": lambda x: np.unique(x, return_counts=True, axis=0),
    "searchsorted": lambda x: np.searchsorted(np.array([0.0, 1.0]), x),
}


def parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("call", NUMPY.values(), ids=NUMPY)
def test_numpy_functions_are_differentiated(call: Callable[[Any], Any]) -> None:
    y = call(tg.tensor(X, requires_grad=True))
    np.testing.assert_array_equal(y.detach().numpy(), call(X))
    assert tg.gradcheck(call, [X], order=2)


@pytest.mark.parametrize("call", WITHOUT_GRADIENT.values(), ids=WITHOUT_GRADIENT)
def test_numpy_functions_without_a_gradient(call: Callable[[Any], Any]) -> None:
    actual, expected = parts(call(tg.tensor(X, requires_grad=True))), parts(call(X))
    for a, e in zip(actual, expected, strict=True):
        assert isinstance(a, tg.Tensor)
        assert not a.requires_grad
        np.testing.assert_array_equal(a.numpy(), e)


def test_numpy_words() -> None:
    x = tg.tensor(X)
    index = tg.tensor([[[0], [1], [0]]])
    assert tg.gather(x, axis=2, index=index).shape == (1, 3, 1)
    assert tg.take_along_dim(x, index, axis=2).shape == (2, 3, 1)
    assert tg.index_select(x, axis=1, index=tg.tensor([0])).shape == (2, 1, 4)
    for function in (tg.sort, tg.argsort):
        np.testing.assert_array_equal(parts(function(x, axis=1))[-1].numpy(), np.argsort(X, 1))
    assert tg.topk(x, 1, axis=0).values.shape == (1, 3, 4)
    assert tg.kthvalue(x, 1, axis=0, keepdims=True).values.shape == (1, 3, 4)


def test_results_have_names() -> None:
    x = tg.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = x.topk(2)
    assert x.topk(2).values.tolist() == values.tolist() == [3.0, 2.0]
    assert indices.dtype == np.int64
    assert values.requires_grad
    assert not indices.requires_grad


MESSAGES: list[tuple[Callable[[tg.Tensor], Any], type[Exception], str]] = [
    (lambda x: x[2], IndexError, r"index 2 is out of bounds.*shapes \(2, 3, 4\)"),
    (lambda x: x[0, 0, 0, 0], IndexError, "too many indices"),
    (lambda x: x[[0], 0, 0, 0], IndexError, r"too many indices: 4 for 3"),
    (lambda x: x[..., [0], ...], IndexError, "one Ellipsis"),
    (lambda x: x[0.0], IndexError, "not of float64"),
    (lambda x: x[[0, 2]], IndexError, r"take_at: index 2 is out of bounds.*\(2, 3, 4\)"),
    (lambda x: x[[0, 1], [0, 1, 2]], IndexError, r"shapes \(2,\), \(3,\) do not broadcast"),
    (lambda x: x[tg.tensor([True])], IndexError, r"mask of shape \(1,\) does not fit the dimensions \(2,\)"),
    (lambda x: x[:, np.ones((3, 3), bool)], IndexError, r"\(3, 3\) does not fit the dimensions \(3, 4\)"),
    (lambda x: tg.gather(x, 1, tg.tensor([0])), ValueError, r"gather along dim 1 .*\(2, 3, 4\).*\(1,\)"),
    (lambda x: tg.gather(x, 1, x), TypeError, r"gather needs an index of integers, not of float64"),
    (lambda x: tg.scatter(x, 0, [[[2]]], 1.0), IndexError, r"index 2 is out of bounds for a dimension of length 2"),
    (lambda x: tg.scatter(x, 0, [[[1]]], x.to("float32")), TypeError, "scatter of float32 into float64"),
    (lambda x: tg.scatter_add(x, 0, [[[1, 1]]], x[..., :1]), ValueError, r"shape \(2, 3, 1\) by .* \(1, 1, 2\)"),
    (lambda x: tg.index_select(x, 0, [[1]]), ValueError, r"\(1, 1\): it must have one dimension"),
    (lambda x: tg.index_add(x, 0, [-3], x[:1]), IndexError, "index -3 is out of bounds"),
    (lambda x: tg.index_copy(x, 0, [1], x), ValueError, r"index_copy of shape \(2, 3, 4\).*needs \(1, 3, 4\)"),
    (lambda x: tg.masked_fill(x, x, 0.0), TypeError, "boolean mask, not float64"),
    (lambda x: tg.masked_fill(x, x > 0, x), ValueError, r"value of shape \(2, 3, 4\)"),
    (lambda x: tg.masked_fill(x > 0, x > 0, 0.5), TypeError, "bool with the floating value 0.5"),
    (lambda x: x.sort(3), IndexError, "dim 3 is not there"),
    (lambda x: x.topk(5), ValueError, "k = 5 along a dimension of length 4"),
    (lambda x: x.kthvalue(0), ValueError, "k = 0 along a dimension of length 4"),
    (lambda x: tg.one_hot(tg.tensor([3]), 3), ValueError, "from 3 to 3: give 0 to 2"),
    (lambda x: tg.one_hot(tg.tensor(np.zeros(0, int))), ValueError, "give num_classes"),
    (lambda x: tg.searchsorted(x, 1.0), ValueError, r"shape \(2, 3, 4\)"),
    (lambda x: tg.bincount(x[0, 0]), TypeError, "bincount"),
]


@pytest.mark.parametrize(("call", "error", "message"), MESSAGES, ids=[row[2] for row in MESSAGES])
def test_errors(call: Callable[[tg.Tensor], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(tg.tensor(X))
