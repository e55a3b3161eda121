"""Indexing, gathering, scattering and sorting against PyTorch: the same line of code is run by both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from against_torch import Call, assert_same_as_torch, parts

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

X = np.random.default_rng(3).permuted(np.linspace(-1.9, 2.1, 24)).reshape(2, 3, 4)  # no two are equal

# Indices of a tensor of shape (2, 3, 4), with `m` for the module.
INDICES: dict[str, Any] = {
    "int": lambda m, x: 1,
    "negative int": lambda m, x: -1,
    "ints": lambda m, x: (0, -2),
    "element": lambda m, x: (1, 2, 3),
    "slice": lambda m, x: slice(1, None),
    "slices": lambda m, x: (slice(None), slice(0, 5, 2), slice(-3, -1)),
    "nothing": lambda m, x: slice(2, 2),
    "None": lambda m, x: (None, 0, None, slice(None), None),
    "ellipsis": lambda m, x: (..., 1),
    "ellipsis between": lambda m, x: (0, ..., slice(1, 3)),
    "empty tuple": lambda m, x: (),
    "0-d tensor": lambda m, x: m.tensor(1),
    "0-d tensors in a slice": lambda m, x: (slice(None), slice(m.tensor(1), m.tensor(3))),
    "list": lambda m, x: [1, 0, 1],
    "empty list": lambda m, x: [],
    "tensor": lambda m, x: m.tensor([1, 0, 1, -1]),
    "int32 tensor": lambda m, x: m.tensor(np.array([1, 0], "int32")),
    "matrix": lambda m, x: m.tensor([[1, 0], [1, 1]]),
    "second": lambda m, x: (slice(None), [0, 2, 2]),
    "last": lambda m, x: (..., [0, 2, 2]),
    "pairs": lambda m, x: ([0, 1, 1], [2, 0, 0]),
    "broadcast pairs": lambda m, x: (m.tensor([[0], [1]]), m.tensor([2, 0, 1])),
    "apart": lambda m, x: ([0, 1, 1], slice(None), [3, 0, 0]),
    "apart, behind an int": lambda m, x: (0, slice(None), [3, 0, 0]),
    "int behind": lambda m, x: ([1, 0], slice(None), 2),
    "int between": lambda m, x: ([1, 0], 2),
    "with slices": lambda m, x: (slice(1), [0, 2, 2], slice(1, 3)),
    "with None": lambda m, x: (None, [0, 1], None, [2, 2]),
    "all": lambda m, x: ([0, 1], [1, 2], [3, 0]),
    "mask": lambda m, x: x > 0,
    "mask of the first": lambda m, x: x[:, 0, 0] > 0,
    "mask of two": lambda m, x: x[:, :, 0] > 0,
    "mask of the last": lambda m, x: (..., x[0, 0] > 0),
    "mask and slice": lambda m, x: (x[:, :, 0] > 0, slice(1, 3)),
    "mask behind an int": lambda m, x: (0, x[0] > 0),
    "mask and ints": lambda m, x: (slice(None), m.tensor([True, False, True]), m.tensor([0, 3])),
    "list of bools": lambda m, x: (slice(None), [True, False, True]),
    "True": lambda m, x: True,
    "False": lambda m, x: False,
    "no mask at all": lambda m, x: x > 9,
}


def chosen(make: Any, m: Any, x: Any) -> Any:
    """Return the index; one that is made of the tensor is made of its value."""
    return make(m, x.detach())


@pytest.mark.parametrize("make", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_reading(make: Any, dtype: str) -> None:
    assert_same_as_torch(torch, lambda m, x: x[chosen(make, m, x)], (3 * X).astype(dtype))


@pytest.mark.parametrize("make", INDICES.values(), ids=INDICES)
def test_writing_a_number(make: Any) -> None:
    def call(m: Any, x: Any) -> Any:
        y = x * 2.0
        y[chosen(make, m, x)] = 1.5
        return y

    assert_same_as_torch(torch, call, X)


WITHOUT_REPEATS = [key for key in INDICES if key not in ("list", "tensor", "matrix", "second", "last", "with slices")]
WITHOUT_REPEATS = [key for key in WITHOUT_REPEATS if not key.startswith(("pairs", "apart"))]


@pytest.mark.parametrize("key", WITHOUT_REPEATS)
def test_writing_a_tensor(key: str) -> None:
    def call(m: Any, x: Any) -> Any:
        y = x * 2.0
        index = chosen(INDICES[key], m, x)
        y[index] = x[index] ** 2
        return y

    assert_same_as_torch(torch, call, X)


def rows(m: Any) -> Any:
    return m.tensor([[[0, 2, 1, 1], [2, 2, 0, 0]]])  # indices along dimension 1


def columns(m: Any) -> Any:
    return m.tensor([[[3, 0, 0], [1, 2, 2], [0, 1, 3]], [[1, 1, 1], [0, 2, 3], [3, 3, 0]]])  # along dimension 2


DISTINCT = [[[3, 0, 1], [1, 2, 0], [0, 1, 3]], [[1, 0, 2], [0, 2, 3], [3, 1, 0]]]

# PyTorch differentiates scatter and scatter_add only where the source has the shape of the index.
CALLS: dict[str, Call] = {
    "gather": lambda m, x: m.gather(x, 2, columns(m)),
    "gather shorter": lambda m, x: x.gather(1, rows(m)),
    "gather negative dim": lambda m, x: m.gather(x, -1, columns(m)),
    "take_along_dim": lambda m, x: m.take_along_dim(x, rows(m)[:, :, :1], 1),
    "take_along_dim flat": lambda m, x: m.take_along_dim(x, m.tensor([3, 0, 3])),
    "scatter": lambda m, x: m.scatter(x, 2, m.tensor(DISTINCT), x[..., :3] ** 2),
    "x.scatter": lambda m, x: x.scatter(1, rows(m)[:, :1], x[:1, :1] ** 2),
    "scatter number": lambda m, x: m.scatter(x, 2, columns(m), 0.5),
    "x.scatter_": lambda m, x: (x * 1.0).scatter_(2, m.tensor(DISTINCT), x[..., 1:] ** 2),
    "scatter_add": lambda m, x: m.scatter_add(x, 2, columns(m), x[..., :3] ** 2),
    "x.scatter_add": lambda m, x: x.scatter_add(1, rows(m), x[:1, :2] ** 2),
    "x.scatter_add_": lambda m, x: (x * 1.0).scatter_add_(2, columns(m), x[..., :3] ** 2),
    "index_select": lambda m, x: m.index_select(x, 1, m.tensor([2, 0, 2])),
    "x.index_select": lambda m, x: x.index_select(-1, m.tensor([1])),
    "index_add": lambda m, x: m.index_add(x, 1, m.tensor([2, 0, 2]), x * x, alpha=0.5),
    "x.index_add_": lambda m, x: (x * 1.0).index_add_(-1, m.tensor([1, 1, 1, 0]), x * x),
    "index_copy": lambda m, x: m.index_copy(x, 2, m.tensor([3, 0, 1]), x[..., :3] ** 2),
    "x.index_copy_": lambda m, x: (x * 1.0).index_copy_(0, m.tensor([1]), x[:1] ** 2),
    "index_fill": lambda m, x: m.index_fill(x, 1, m.tensor([2, 0, 2]), 0.5),
    "x.index_fill_": lambda m, x: (x * 1.0).index_fill_(0, m.tensor([1]), x.sum()),
    "take": lambda m, x: m.take(x, m.tensor([[3, 0], [23, 0]])),
    "masked_fill": lambda m, x: m.masked_fill(x, x > 0, -1.0),
    "masked_fill broadcast": lambda m, x: x.masked_fill(x[0] > 0, x.sum()),
    "masked_fill wider": lambda m, x: m.masked_fill(x[0], x > 0, -1.0),
    "x.masked_fill_": lambda m, x: (x * 1.0).masked_fill_(x > 0, 2.0),
    "masked_select": lambda m, x: m.masked_select(x, x > 0),
    "masked_select broadcast": lambda m, x: x.masked_select(x[:, :1] > 0),
    "nonzero": lambda m, x: m.nonzero(x > 0),
    "nonzero tuple": lambda m, x: m.nonzero(x > 0, as_tuple=True),
    "nonzero 0-d": lambda m, x: [m.nonzero(m.tensor(3)), m.nonzero(m.tensor(0)), *m.tensor(3).nonzero(as_tuple=True)],
    "argwhere": lambda m, x: m.argwhere(x > 0),
    "sort": lambda m, x: m.sort(x),
    "sort dim": lambda m, x: m.sort(x, 1, True),
    "x.sort": lambda m, x: x.sort(dim=0, descending=True),
    "sort 0-d": lambda m, x: m.sort(x.sum()),
    "argsort": lambda m, x: m.argsort(x, 1),
    "x.argsort": lambda m, x: x.argsort(dim=-2, descending=True),
    "topk": lambda m, x: m.topk(x, 2),
    "topk smallest": lambda m, x: x.topk(2, 1, largest=False),
    "topk all": lambda m, x: m.topk(x, 4),
    "topk none": lambda m, x: m.topk(x, 0),
    "topk 0-d": lambda m, x: m.topk(x.sum(), 1),
    "kthvalue": lambda m, x: m.kthvalue(x, 2),
    "x.kthvalue": lambda m, x: x.kthvalue(3, 1, keepdim=True),
    "kthvalue 0-d": lambda m, x: m.kthvalue(x.sum(), 1, keepdim=True),
    "unique": lambda m, x: m.unique((3 * x.detach()).round()),
    "unique all": lambda m, x: m.unique(m.tensor([[3, 1], [1, 2]]), return_inverse=True, return_counts=True),
    "unique dim": lambda m, x: m.unique(m.tensor([[3, 1], [1, 2], [3, 1]]), return_inverse=True, dim=0),
    "searchsorted": lambda m, x: m.searchsorted(m.tensor([-1.0, 0.0, 1.5]), m.tensor([[0.0, 1.0], [-2.0, 2.0]])),
    "searchsorted right": lambda m, x: m.searchsorted(m.tensor([1, 2, 2]), m.tensor([2, 1]), right=True),
    "bucketize": lambda m, x: m.bucketize(x.detach(), m.tensor([-1.0, 0.0, 1.5], dtype=x.dtype)),
    "bincount": lambda m, x: m.bincount(m.tensor([1, 4, 1]), minlength=3),
    "bincount weights": lambda m, x: m.bincount(m.tensor([1, 4, 1]), m.tensor([0.5, 1.0, 2.0])),
    "one_hot": lambda m, x: one_hot(m)(m.tensor([[2, 0], [1, 1]])),
    "one_hot wider": lambda m, x: one_hot(m)(m.tensor([2, 0]), num_classes=5),
}


def one_hot(m: Any) -> Any:
    return torch.nn.functional.one_hot if m is torch else tg.one_hot


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients(call: Call, dtype: str) -> None:
    assert_same_as_torch(torch, call, X.astype(dtype))


INTEGERS = {key: CALLS[key] for key in CALLS if "sort" in key or "topk" in key or "kth" in key}


@pytest.mark.parametrize("call", INTEGERS.values(), ids=INTEGERS)
@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_integers_are_ordered(call: Call, dtype: str) -> None:
    x = np.argsort(X.ravel()).reshape(X.shape).astype(dtype)
    for a, e in zip(parts(call(tg, tg.tensor(x))), parts(call(torch, torch.tensor(x))), strict=True):
        assert a.dtype == e.numpy().dtype
        np.testing.assert_array_equal(a.numpy(), e.numpy())


@pytest.mark.parametrize("descending", [False, True])
def test_nan_is_the_largest_and_a_stable_sort_keeps_the_order_of_equals(descending: bool) -> None:
    x = np.array([[2.0, np.nan, 1.0, 2.0, -np.inf, 1.0, np.nan, np.inf]])
    actual = tg.sort(tg.tensor(x), dim=1, descending=descending, stable=True)
    expected = torch.sort(torch.tensor(x), dim=1, descending=descending, stable=True)
    np.testing.assert_array_equal(actual.values.numpy(), expected.values.numpy())
    np.testing.assert_array_equal(actual.indices.numpy(), expected.indices.numpy())
    for largest in (False, True):
        a = tg.topk(tg.tensor(x), 4, largest=largest).values
        np.testing.assert_array_equal(a.numpy(), torch.topk(torch.tensor(x), 4, largest=largest).values.numpy())


REFUSED: dict[str, Call] = {
    "far": lambda m, x: x[2],
    "far back": lambda m, x: x[0, -4],
    "too many": lambda m, x: x[0, 0, 0, 0],
    "floats": lambda m, x: x[m.tensor([0.0])],
    "far in an array": lambda m, x: x[[0, 2]],
    "far in the second": lambda m, x: x[:, [0, -4]],
    "do not broadcast": lambda m, x: x[[0, 1], [0, 1, 2]],
    "mask too long": lambda m, x: x[m.tensor([True, False, True])],
    "mask of other shape": lambda m, x: x[:, m.tensor([[True, False]])],
    "gather far": lambda m, x: m.gather(x, 2, columns(m) + 3),
    "gather dims": lambda m, x: m.gather(x, 1, m.tensor([0])),
    "gather longer": lambda m, x: m.gather(x, 1, m.tensor([[[0]] * 3] * 3)),
    "gather floats": lambda m, x: m.gather(x, 1, rows(m) * 1.0),
    "scatter far": lambda m, x: m.scatter(x, 2, columns(m) + 3, x),
    "scatter small": lambda m, x: m.scatter(x, 2, columns(m), x[..., :2]),
    "scatter dtype": lambda m, x: m.scatter(x, 2, columns(m), columns(m)),
    "scatter_add small": lambda m, x: m.scatter_add(x, 2, columns(m), x[:1]),
    "index_select far": lambda m, x: m.index_select(x, 0, m.tensor([2])),
    "index_select 2-d": lambda m, x: m.index_select(x, 0, m.tensor([[1]])),
    "index_add shape": lambda m, x: m.index_add(x, 0, m.tensor([1]), x),
    "index_add far": lambda m, x: m.index_add(x, 0, m.tensor([1, 2]), x),
    "index_copy shape": lambda m, x: m.index_copy(x, 0, m.tensor([1]), x),
    "take far": lambda m, x: m.take(x, m.tensor([24])),
    "masked_fill mask": lambda m, x: m.masked_fill(x, columns(m), 0.0),
    "masked_fill value": lambda m, x: m.masked_fill(x, x > 0, x[0, 0]),
    "masked_select mask": lambda m, x: m.masked_select(x, rows(m)),
    "sort dim": lambda m, x: m.sort(x, 3),
    "topk": lambda m, x: m.topk(x, 5),
    "kthvalue": lambda m, x: m.kthvalue(x, 0),
    "one_hot far": lambda m, x: one_hot(m)(m.tensor([3]), 3),
    "one_hot negative": lambda m, x: one_hot(m)(m.tensor([-1]), 3),
    "bincount negative": lambda m, x: m.bincount(m.tensor([-1])),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_both_refuse(call: Call) -> None:
    with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
        call(torch, torch.tensor(X))
    with pytest.raises((RuntimeError, IndexError, ValueError, TypeError)):
        call(tg, tg.tensor(X))
