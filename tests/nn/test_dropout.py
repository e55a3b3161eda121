"""Dropout of both kinds: what it draws, its gradient, and what it refuses."""

import math

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

X = np.random.default_rng(0).normal(size=(200, 500))
ALPHA = -1.7580993408473766  # what SELU tends to

# ---- Dropout


@pytest.mark.parametrize("p", [0.0, 1 / 1024, 0.1, 0.25, 0.5, 0.9, 1.0])
def test_dropout_drops_with_its_probability_and_scales_the_rest(p):
    n = 400_000
    x = tg.full((n,), 3.0, requires_grad=True)
    y = nn.Dropout(p, generator=np.random.default_rng(1))(x)
    kept = y.detach().numpy() != 0
    assert abs(kept.mean() - (1 - p)) <= 4 * math.sqrt(p * (1 - p) / n)
    np.testing.assert_allclose(y.detach().numpy()[kept], 3 / (1 - p) if p < 1 else [], rtol=1e-6)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), kept / (1 - p) if p < 1 else 0 * kept, rtol=1e-6)


def test_the_last_of_65536_cases_is_decided_too():
    """Sixteen bits alone would drop nothing at the first p, and too much or too little at the second."""
    generator = np.random.default_rng(0)
    for p in (0.4 / 65536, 1.5 / 65536):
        dropped = sum(int((F.dropout(tg.ones(2_000_000), p, generator=generator).numpy() == 0).sum()) for _ in range(4))
        assert abs(dropped - 8_000_000 * p) < 5 * math.sqrt(8_000_000 * p)


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.Philox, np.random.SFC64, np.random.MT19937])
def test_dropout_with_any_generator(bits):
    y = F.dropout(tg.ones(100_000), 0.3, generator=np.random.Generator(bits(2)))
    assert abs(float((y.numpy() == 0).mean()) - 0.3) < 0.006


def test_dropout_of_neighbours_is_independent():
    kept = F.dropout(tg.ones(400_000), 0.5, generator=np.random.default_rng(5)).numpy() > 0
    for distance in (1, 2, 3, 4, 8):
        assert abs(np.mean(kept[distance:] == kept[:-distance]) - 0.5) < 0.004


def test_dropout_depends_on_the_seed_alone():
    layer, x = nn.Dropout(0.3), tg.ones(5, 7)
    tg.manual_seed((0, 2, 5))
    first = layer(x).tolist()
    tg.rand(3)
    assert layer(x).tolist() != first
    tg.manual_seed((0, 2, 5))
    assert layer(x).tolist() == first


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
@pytest.mark.parametrize("drop", [F.dropout, F.alpha_dropout])
def test_what_is_dropped_lies_in_memory_as_the_input_does(axes, drop):
    x = tg.from_numpy(np.ones((20, 30, 40)).transpose(axes))
    y = drop(x, 0.25, training=True, generator=np.random.default_rng(0)).array
    assert y.shape == x.shape
    assert y.strides == x.array.strides
    dropped = y == y.min()
    assert abs(dropped.mean() - 0.25) < 4 * math.sqrt(0.25 * 0.75 / y.size)
    same = drop(tg.ones(20, 30, 40), 0.25, training=True, generator=np.random.default_rng(0)).array
    np.testing.assert_array_equal(dropped.transpose(np.argsort(axes)), same == same.min())


def test_dropout_in_evaluation_returns_its_input():
    x = tg.ones(3)
    assert nn.Dropout(0.9).eval()(x) is x
    assert F.dropout(x, 0.9, False) is x


def test_dropout_keeps_dtype_and_shape():
    for shape in [(), (0,), (1, 1), (2, 3, 4)]:
        assert F.dropout(tg.ones(shape, dtype="float64")).shape == shape
    assert F.dropout(tg.ones(3, dtype="float64")).dtype == np.float64
    assert F.dropout(tg.ones(3, dtype="float16")).dtype == np.float16


def test_dropout_in_place_writes_into_its_input():
    x = tg.ones(1000)
    y = nn.Dropout(0.5, inplace=True)(x)
    assert y is x
    assert sorted(set(x.tolist())) == [0.0, 2.0]


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_dropout_needs_a_probability(p):
    for make in (nn.Dropout, lambda p: F.dropout(tg.ones(1), p)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            make(p)


# ---- AlphaDropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_mean_and_variance_stay(p):
    y = nn.AlphaDropout(p, generator=np.random.default_rng(1))(tg.tensor(X)).numpy()
    assert y.mean() == pytest.approx(0, abs=0.03)
    assert y.std() == pytest.approx(1, abs=0.03)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(p, abs=0.01)
    scale = ((1 - p) * (1 + p * ALPHA**2)) ** -0.5
    assert values[counts.argmax()] == pytest.approx(scale * ALPHA * (1 - p))


def test_dropped_elements_have_no_gradient():
    x = tg.tensor(X, requires_grad=True)
    y = F.alpha_dropout(x, 0.4, True, generator=np.random.default_rng(1))
    y.sum().backward()
    scale = ((1 - 0.4) * (1 + 0.4 * ALPHA**2)) ** -0.5
    values = y.detach().numpy()
    dropped = values == np.median(values[values < np.quantile(values, 0.5)])
    np.testing.assert_allclose(x.grad.numpy(), np.where(dropped, 0, scale), rtol=1e-12)


def test_it_draws_from_the_generator_and_does_nothing_in_evaluation():
    first, second = (nn.AlphaDropout(0.3, generator=np.random.default_rng(7))(tg.tensor(X)).numpy() for _ in range(2))
    np.testing.assert_array_equal(first, second)
    x = tg.tensor(X)
    assert nn.AlphaDropout(0.3).eval()(x) is x
    assert F.alpha_dropout(x, 0.3) is x


def test_alpha_dropout_in_place():
    x = tg.tensor(X)
    assert nn.AlphaDropout(0.3, inplace=True)(x) is x
    assert (x.numpy() != X).all()


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_alpha_dropout_needs_a_probability(p):
    with pytest.raises(ValueError, match="between 0 and 1, not be"):
        nn.AlphaDropout(p)
    with pytest.raises(ValueError, match="between 0 and 1, not be"):
        F.alpha_dropout(tg.tensor(X), p)
