"""Products of vectors, matrices and tensors against PyTorch: the same line of code must give the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from against_torch import assert_same_as_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


def n(m: Any, x: Any, *shape: int) -> Any:
    """Return a certain tensor of this shape in the dtype of `x`."""
    values = 3 * np.sin(np.arange(1, 1 + np.prod(shape, dtype=int)) * 1.7).reshape(shape)
    return m.tensor(values.astype(x.detach().numpy().dtype))


# What users write, with `m` for the module and a matrix x of shape (3, 4).
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "x @ matrix": lambda m, x: x @ n(m, x, 4, 2),
    "matrix @ x": lambda m, x: n(m, x, 2, 3) @ x,
    "x @ vector": lambda m, x: x @ n(m, x, 4),
    "vector @ x": lambda m, x: n(m, x, 3) @ x,
    "x @ x.T": lambda m, x: x @ x.T,
    "x.T @ x": lambda m, x: m.matmul(x.T, x),
    "row @ row": lambda m, x: x[0] @ x[1],
    "batch @ matrix": lambda m, x: n(m, x, 5, 2, 3) @ x,
    "matrix @ batch": lambda m, x: x @ n(m, x, 5, 4, 2),
    "batches": lambda m, x: m.matmul(n(m, x, 2, 1, 3, 3), m.stack([x, x * x])),
    "mm": lambda m, x: m.mm(x, n(m, x, 4, 2)),
    "x.mm": lambda m, x: x.mm(x.T),
    "bmm": lambda m, x: m.bmm(m.stack([x, 2 * x]), n(m, x, 2, 4, 2)),
    "mv": lambda m, x: x.mv(n(m, x, 4)),
    "dot": lambda m, x: m.dot(x[0], x[2]),
    "vdot": lambda m, x: x[1].vdot(x[2]),
    "vecdot": lambda m, x: m.linalg.vecdot(x, n(m, x, 4)) if m is torch else m.vecdot(x, n(m, x, 4)),
    "inner": lambda m, x: m.inner(x, n(m, x, 2, 4)),
    "outer": lambda m, x: m.outer(x[0], x[:, 1]),
    "ger": lambda m, x: x[0].ger(x[1]),
    "kron": lambda m, x: m.kron(x, n(m, x, 2, 3)),
    "kron of different dimensions": lambda m, x: m.kron(x[0], x),
    "trace": lambda m, x: m.trace(x),
    "addmm": lambda m, x: m.addmm(n(m, x, 2), x, n(m, x, 4, 2)),
    "x.addmm": lambda m, x: x.addmm(n(m, x, 3, 2), n(m, x, 2, 4), beta=0.5, alpha=-2.0),
    "addmv": lambda m, x: m.addmv(x[:, 0], x, n(m, x, 4), beta=3),
    "baddbmm": lambda m, x: m.baddbmm(x, n(m, x, 2, 3, 2), n(m, x, 2, 2, 4), beta=2.0, alpha=0.5),
    "tensordot": lambda m, x: m.tensordot(x, n(m, x, 3, 4, 2)),
    "tensordot of pairs": lambda m, x: m.tensordot(x, n(m, x, 2, 4, 3), dims=([0, 1], [2, 1])),
    "tensordot of none": lambda m, x: m.tensordot(x, n(m, x, 2), dims=0),
    "einsum product": lambda m, x: m.einsum("ij,jk->ik", x, n(m, x, 4, 2)),
    "einsum implicit": lambda m, x: m.einsum("ji,jk", x, x),
    "einsum diagonal": lambda m, x: m.einsum("ii->i", x[:, :3]),
    "einsum trace": lambda m, x: m.einsum("ii", x[:, :3]),
    "einsum transpose": lambda m, x: m.einsum("ba", x),
    "einsum sum": lambda m, x: m.einsum("ij->j", x),
    "einsum bilinear": lambda m, x: m.einsum("bn,anm,bm->ba", x, n(m, x, 2, 4, 4), x),
    "einsum ellipsis": lambda m, x: m.einsum("...ij,...jk->...ik", n(m, x, 2, 5, 3), m.stack([x])),
    "einsum ellipsis summed": lambda m, x: m.einsum("...j->j", x),
    "einsum attention": lambda m, x: m.einsum("bqhd,bkhd->bhqk", n(m, x, 2, 3, 2, 2), m.reshape(x, (1, 3, 2, 2))),
    "einsum of a list": lambda m, x: m.einsum("ij,kj->ik", [x, x]),
    "einsum of numbers": lambda m, x: m.einsum(x, [0, 1], x, [2, 1], [0, 2]),
}
X = np.random.default_rng(7).standard_normal((3, 4))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_two_derivatives(call: Callable[[Any, Any], Any], dtype: str) -> None:
    assert_same_as_torch(torch, call, X.astype(dtype))


FLOATING = ("x.addmm", "baddbmm", "vecdot")  # the first two have fractional factors, PyTorch refuses the third
INTEGERS = [name for name in CALLS if name not in FLOATING]


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_stay_integers(name: str) -> None:
    x = np.arange(12).reshape(3, 4)
    actual, expected = CALLS[name](tg, tg.tensor(x)), CALLS[name](torch, torch.tensor(x))
    np.testing.assert_array_equal(actual.numpy(), expected.numpy())
    assert actual.numpy().dtype == expected.numpy().dtype


WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "matmul": lambda m, x: x @ x,
    "matmul of a number": lambda m, x: m.matmul(x, x[0, 0]),
    "batches": lambda m, x: m.ones(2, 3, 4) @ m.ones(3, 4, 2),
    "mm of vectors": lambda m, x: m.mm(x[0], x[0]),
    "bmm": lambda m, x: m.bmm(x, x.T),
    "bmm of different batches": lambda m, x: m.bmm(m.ones(1, 2, 3), m.ones(2, 3, 4)),
    "mv": lambda m, x: m.mv(x, x),
    "dot": lambda m, x: m.dot(x, x),
    "dot of different lengths": lambda m, x: m.dot(x[0], x[:, 0]),
    "outer": lambda m, x: m.outer(x, x[0]),
    "trace": lambda m, x: m.trace(x[0]),
    "tensordot": lambda m, x: m.tensordot(x, x, dims=([0], [1])),
    "einsum lengths": lambda m, x: m.einsum("ij,ij->i", x, x.T),
    "einsum dimensions": lambda m, x: m.einsum("ijk->i", x),
    "einsum operands": lambda m, x: m.einsum("ij,ij->i", x),
    "einsum output": lambda m, x: m.einsum("ij->k", x),
    "einsum output twice": lambda m, x: m.einsum("ij->ii", x),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG)
def test_what_pytorch_refuses_is_refused(call: Callable[[Any, Any], Any]) -> None:
    x = X.astype(np.float32)
    with pytest.raises((RuntimeError, IndexError)):
        call(torch, torch.tensor(x))
    with pytest.raises(ValueError, match=r"\S"):
        call(tg, tg.tensor(x))
