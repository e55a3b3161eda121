"""Convolution and pooling, with their first and second derivatives, against PyTorch: the same line is run by both."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import nn.functional as F
import tinygrad_np as tg
from against_torch import assert_same_as_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

RNG = np.random.default_rng(0)
X = RNG.permuted(np.linspace(-2, 2, 2 * 4 * 6 * 7)).reshape(2, 4, 6, 7)  # no two are equal
FUNCTIONS = {tg: F, torch: torch.nn.functional}


def weight(m: Any, *shape: int) -> Any:
    return m.tensor(np.sin(np.arange(np.prod(shape))).reshape(shape))


CONVOLUTIONS = [
    {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for stride, padding, dilation, groups in itertools.product((1, 2, (2, 1)), (0, (1, 2), "same"), (1, 2), (1, 2, 4))
    if not (padding == "same" and stride != 1)
]


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_convolution_of_images(options: dict[str, Any]) -> None:
    shape = (4, 4 // options["groups"], 3, 2 if options["padding"] != "same" else 3)
    assert_same_as_torch(
        torch, lambda m, x: FUNCTIONS[m].conv2d(x, weight(m, *shape), weight(m, 4), **options), X
    )
    assert_same_as_torch(
        torch, lambda m, w: FUNCTIONS[m].conv2d(m.tensor(X), w, None, **options), RNG.normal(size=shape)
    )


@pytest.mark.parametrize("options", [{}, {"stride": 2, "padding": 1}, {"padding": "same", "groups": 2}], ids=str)
def test_convolution_of_sequences(options: dict[str, Any]) -> None:
    shape = (4, 4 // options.get("groups", 1), 3)
    assert_same_as_torch(
        torch, lambda m, x: FUNCTIONS[m].conv1d(x, weight(m, *shape), weight(m, 4), **options), X[:, :, 0]
    )


POOLS: list[tuple[Any, ...]] = [  # kernel_size, stride, padding, ceil_mode
    (2, None, 0, False),
    ((2, 3), None, (0, 1), False),
    (3, 2, 1, False),
    (3, 2, 1, True),
    ((3, 2), (1, 3), 1, True),
    (2, 3, 1, True),
    (4, (4, 4), 2, True),
]


@pytest.mark.parametrize("dilation", [1, (1, 2)])
@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_largest_and_where(pool: tuple[Any, ...], dilation: Any) -> None:
    size, stride, padding, ceil = pool
    arguments = (size, stride, padding, dilation, ceil)
    assert_same_as_torch(torch, lambda m, x: FUNCTIONS[m].max_pool2d(x, *arguments, return_indices=True), X)
    coarse = np.round(X)  # with equal elements
    assert_same_as_torch(torch, lambda m, x: FUNCTIONS[m].max_pool2d(x, *arguments, return_indices=True), coarse)


@pytest.mark.parametrize("pool", POOLS, ids=str)
@pytest.mark.parametrize("number", [float("-inf"), float("inf"), float("nan")])
def test_largest_among_numbers_that_are_not_finite(number: float, pool: tuple[Any, ...]) -> None:
    x, seen = np.where(RNG.random(X.shape) < 0.7, number, X), []
    size, stride, padding, ceil = pool
    for m in (tg, torch):
        leaf = m.tensor(x, requires_grad=True)
        y, places = FUNCTIONS[m].max_pool2d(leaf, size, stride, padding, 1, ceil, True)
        y.backward(m.tensor(np.cos(np.arange(y.numel())).reshape(y.shape)))
        seen.append([y.detach().numpy(), places.numpy(), leaf.grad.numpy()])
    for actual, expected in zip(*seen, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rest", list(itertools.product((True, False), (None, 3))), ids=str)
@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_averages(pool: tuple[Any, ...], rest: tuple[Any, ...]) -> None:
    assert_same_as_torch(torch, lambda m, x: FUNCTIONS[m].avg_pool2d(x, *pool, *rest), X)


@pytest.mark.parametrize("size", [1, 2, (3, None), (4, 5), 9], ids=str)
def test_as_many_averages_as_are_wanted(size: Any) -> None:
    assert_same_as_torch(torch, lambda m, x: FUNCTIONS[m].adaptive_avg_pool2d(x, size), X)
