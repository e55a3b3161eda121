"""What the table of cases cannot say about norms: matrices, zeros, words and errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_np as tg

X = np.random.default_rng(4).standard_normal((2, 3, 4))
VECTORS = arrays.arrays(np.float64, 4, elements=st.floats(-10, 10))


@given(VECTORS, VECTORS, st.sampled_from([1, 1.5, 2, 3, math.inf]))
def test_a_norm_is_homogeneous_and_obeys_the_triangle_inequality(a: np.ndarray, b: np.ndarray, p: float) -> None:
    def norm(x: np.ndarray) -> float:
        return tg.norm(tg.tensor(x), p).item()

    assert norm(a + b) <= (norm(a) + norm(b)) * (1 + 1e-12)
    assert norm(-3 * a) == pytest.approx(3 * norm(a), rel=1e-12)


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, -1, math.inf, -math.inf])
def test_the_subgradient_at_0_is_0(p: float) -> None:
    x = tg.zeros(2, 3, requires_grad=True)
    y = tg.norm(x, p, dim=1)
    assert y.tolist() == [0, 0]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0, 0, 0]] * 2


def test_the_second_derivative_at_0_is_0_too() -> None:
    x = tg.zeros(3, dtype="float64", requires_grad=True)
    (g,) = tg.autograd.grad(tg.norm(x), x, create_graph=True)
    (h,) = tg.autograd.grad(g.sum(), x)
    assert h.tolist() == [0, 0, 0]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (2, 0), (-1, 1)], ids=str)
@pytest.mark.parametrize("ord", [None, 0, 1, -1, 3, math.inf, -math.inf, "fro"], ids=str)
def test_np_linalg_norm(ord: Any, axis: Any, keepdims: bool) -> None:
    x = X if axis is not None or ord is None else X[0] if ord not in (0, 3) else X[0, 0]
    if (ord == "fro" and isinstance(axis, int)) or (ord in (0, 3) and isinstance(axis, tuple)):
        with pytest.raises(ValueError, match="norm"):
            np.linalg.norm(tg.tensor(x), ord, axis, keepdims)
        return
    expected = np.linalg.norm(x, ord, axis, keepdims)
    actual = np.linalg.norm(tg.tensor(x, requires_grad=True), ord, axis, keepdims)
    assert actual.shape == np.shape(expected)
    assert actual.requires_grad
    np.testing.assert_allclose(actual.detach().numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize("ord", ["fro", 1, -math.inf], ids=str)
def test_np_linalg_matrix_norm(ord: Any) -> None:
    actual = np.linalg.matrix_norm(tg.tensor(X), ord=ord, keepdims=True)
    np.testing.assert_allclose(actual.numpy(), np.linalg.matrix_norm(X, ord=ord, keepdims=True), rtol=1e-13)


def test_derivatives_of_matrix_norms() -> None:
    for ord in (1, -1, math.inf, -math.inf, "fro"):
        assert tg.gradcheck(lambda x, ord=ord: np.linalg.norm(x, ord, (0, 2)), [X], order=2)


def test_errors_say_what_to_do() -> None:
    x = tg.tensor(X)
    with pytest.raises(ValueError, match="no norm 'max': give a number"):
        tg.norm(x, "max")
    with pytest.raises(ValueError, match="two axes"):
        np.linalg.norm(x, "fro")
    with pytest.raises(ValueError, match="no norm 7"):
        np.linalg.norm(x, 7, (0, 1))
    with pytest.raises(TypeError, match="floating dtype, not int64"):
        tg.norm(tg.arange(3))
    with pytest.raises(IndexError, match="out of bounds"):
        tg.norm(x, 2, 3)


def test_dtypes_and_words() -> None:
    x = tg.tensor(X.astype(np.float32))
    assert tg.norm(x, axis=(0, 1), keepdims=True).shape == x.norm(2, (0, 1), True).shape == (1, 1, 4)
    assert x.norm(dtype="float64").dtype == np.float64
    assert tg.norm(tg.full((1000,), 100.0, dtype="float16")).item() == pytest.approx(1000**0.5 * 100, rel=1e-3)
