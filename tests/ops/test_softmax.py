"""What the table of cases cannot say about softmax, its logarithm and log-sum-exp: no overflow, no warning, no copy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import tinygrad_np as tg

INF = math.inf
FUNCTIONS = [tg.softmax, tg.log_softmax, tg.logsumexp]


@given(arrays.arrays(np.float64, arrays.array_shapes(max_dims=3), elements=st.floats(-800, 800)), st.floats(-1e3, 1e3))
def test_probabilities(x: np.ndarray, shift: float) -> None:
    y = tg.softmax(tg.tensor(x), -1).numpy()
    np.testing.assert_allclose(y.sum(-1), 1, rtol=1e-14)
    assert (y >= 0).all()
    np.testing.assert_allclose(tg.softmax(tg.tensor(x + shift), -1).numpy(), y, rtol=1e-11, atol=1e-14)
    np.testing.assert_allclose(np.exp(tg.log_softmax(tg.tensor(x), -1).numpy()), y, rtol=1e-11, atol=1e-300)
    total = tg.logsumexp(tg.tensor(x), -1, keepdim=True)
    np.testing.assert_allclose(np.exp(x - total.numpy()), y, rtol=1e-11, atol=1e-300)


@given(arrays.arrays(np.float64, arrays.array_shapes(max_dims=3), elements=st.floats(-800, 800)))
def test_gradients_of_softmax_sum_to_0_and_of_logsumexp_to_1(x: np.ndarray) -> None:
    leaf = tg.tensor(x, requires_grad=True)
    (tg.softmax(leaf, 0) * tg.tensor(np.arange(x.size).reshape(x.shape))).sum().backward()
    assert leaf.grad is not None
    np.testing.assert_allclose(leaf.grad.numpy().sum(0), 0, atol=1e-11)
    leaf.grad = None
    tg.logsumexp(leaf, 0).sum().backward()
    np.testing.assert_allclose(leaf.grad.numpy().sum(0), 1, rtol=1e-11)


@pytest.mark.parametrize("shape", [(4,), (40, 3), (3, 40), (40, 30), (2, 20, 5)], ids=str)
@pytest.mark.parametrize("dim", [0, -1])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_layout_gives_the_same(function: Any, dim: int, shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(3).standard_normal(shape).astype(np.float32)
    wide = np.repeat(x, 2, axis=0)[::2]
    expected = function(tg.tensor(x.astype(np.float64)), dim).numpy()
    for same in (x, np.asfortranarray(x), wide):
        np.testing.assert_allclose(function(tg.from_numpy(same), dim).numpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(40, 3), (40, 30), (2, 20, 5), (4,)], ids=str)
@pytest.mark.parametrize("function", FUNCTIONS[:2])
def test_the_result_lies_in_memory_as_the_input_does(function: Any, shape: tuple[int, ...]) -> None:
    x = tg.rand(*shape)
    assert function(x, -1).array.flags.c_contiguous
    transposed = tg.from_numpy(np.asfortranarray(x.numpy()))
    assert function(transposed, -1).array.flags.f_contiguous


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_input_is_left_alone(function: Any) -> None:
    for x in (np.ones((40, 3), np.float32), np.ones(3), np.ones((3, 2), np.float16)):
        before = x.copy()
        function(tg.from_numpy(x), -1)
        np.testing.assert_array_equal(x, before)


def test_large_arguments() -> None:
    x = tg.tensor([[1e30, -1e30], [88.0, 1e5]])
    assert tg.softmax(x, 1).tolist() == [[1, 0], [0, 1]]
    assert tg.logsumexp(x, 1).tolist() == [np.float32(1e30), 1e5]
    assert tg.log_softmax(x, 1)[1].tolist() == [88.0 - 1e5, 0]


@pytest.mark.parametrize("rows", [1, 30])
def test_rows_of_infinities(rows: int) -> None:
    x = tg.tensor([[-INF, -INF], [-INF, 1.0]] * rows, requires_grad=True)
    y = tg.logsumexp(x, 1)
    assert y.tolist() == [-INF, 1] * rows
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [[0, 0], [0, 1]] * rows
    np.testing.assert_array_equal(tg.softmax(x, 1).detach().numpy(), [[math.nan, math.nan], [0, 1]] * rows)
    np.testing.assert_array_equal(tg.log_softmax(x, 1).detach().numpy(), [[math.nan, math.nan], [-INF, 0]] * rows)
    assert tg.logsumexp(tg.tensor([INF, 1.0]), 0).item() == INF


def test_a_masked_class_gets_no_gradient() -> None:
    x = tg.tensor([[-INF, 1.0, 1.0]], dtype="float64", requires_grad=True)
    tg.log_softmax(x, 1)[0, 1].backward()
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0.5, -0.5]])


def test_nothing_to_sum() -> None:
    assert tg.logsumexp(tg.ones(2, 0), 1).tolist() == [-INF, -INF]
    assert tg.softmax(tg.ones(2, 0), 1).shape == tg.log_softmax(tg.ones(0, 2), 1).T.shape == (2, 0)


def test_dtypes() -> None:
    for function in FUNCTIONS[:2]:
        with pytest.raises(TypeError, match="floating dtype, not int64"):
            function(tg.arange(3), 0)
        assert function(tg.arange(3), 0, dtype="float64").dtype == np.float64
        assert function(tg.ones(3, dtype="float16"), 0).dtype == np.float16
    assert tg.logsumexp(tg.arange(3), 0).dtype == np.float32


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_missing_dimension_raises(function: Any) -> None:
    with pytest.raises(IndexError, match=r"out of bounds.*\(2, 3\)"):
        function(tg.ones(2, 3), 2)
    with pytest.raises(TypeError, match="dim"):
        function(tg.ones(2, 3))


def test_words() -> None:
    x = tg.rand(2, 3)
    assert tg.equal(tg.softmax(x, axis=0), x.softmax(0))
    assert tg.equal(tg.log_softmax(x, dim=0), x.log_softmax(axis=0))
    assert tg.equal(tg.logsumexp(x, axis=(0, 1), keepdims=True), x.logsumexp(None, keepdim=True))
