"""Normalization: mean and variance of what comes out, what runs along, derivatives, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

RNG = np.random.default_rng(0)
X = RNG.normal(3.0, 2.0, (6, 4))
SEQUENCES = RNG.normal(3.0, 2.0, (2, 4, 5))


def test_samples_have_mean_0_and_variance_1():
    for shape in ((4,), (6, 4)):
        axes = tuple(range(2 - len(shape), 2))
        y = F.layer_norm(tg.tensor(X), shape, eps=0.0).numpy()
        np.testing.assert_allclose(y.mean(axes), 0, atol=1e-14)
        np.testing.assert_allclose(y.var(axes), 1, rtol=1e-12)


@pytest.mark.parametrize("x", [X, SEQUENCES])
def test_channels_have_mean_0_and_variance_1(x):
    y = F.batch_norm(tg.tensor(x), None, None, training=True, eps=0.0).numpy()
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(axes), 1, rtol=1e-12)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("x", [X, SEQUENCES])
def test_derivatives_of_batch_norm(x, training):
    mean, variance = tg.tensor(RNG.normal(size=4)), tg.tensor(RNG.uniform(0.5, 2, 4))
    w, b = RNG.normal(size=(2, 4))

    def function(x, w, b):
        return F.batch_norm(x, mean.clone(), variance.clone(), w, b, training)

    assert tg.gradcheck(function, [x, w, b], order=2)


@pytest.mark.parametrize("shape", [(4,), (6, 4)])
def test_derivatives_of_layer_norm(shape):
    w, b = RNG.normal(size=(2, *shape))
    assert tg.gradcheck(lambda x, w, b: F.layer_norm(x, shape, w, b), [X, w, b], order=2)


def test_third_derivative():
    assert tg.gradcheck(lambda x: F.layer_norm(x, (3,), eps=0.1), [RNG.normal(size=(2, 3))], order=3)


def test_running_mean_and_variance_follow_by_the_momentum():
    layer = nn.BatchNorm1d(4, momentum=0.25, dtype="float64")
    mean, variance = np.zeros(4), np.ones(4)
    for _ in range(3):
        x = RNG.normal(2.0, 3.0, (5, 4))
        layer(tg.tensor(x))
        mean, variance = 0.75 * mean + 0.25 * x.mean(0), 0.75 * variance + 0.25 * x.var(0, ddof=1)
    np.testing.assert_allclose(layer.running_mean.numpy(), mean, rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), variance, rtol=1e-12)
    assert layer.num_batches_tracked.item() == 3
    assert not layer.running_mean.requires_grad


def test_without_momentum_they_are_averages_over_all_batches():
    layer = nn.BatchNorm1d(4, momentum=None, dtype="float64")
    batches = RNG.normal(size=(3, 5, 4))
    for x in batches:
        layer(tg.tensor(x))
    np.testing.assert_allclose(layer.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(layer.running_var.numpy(), batches.var(1, ddof=1).mean(0), rtol=1e-12)


def test_in_evaluation_samples_do_not_depend_on_each_other_and_nothing_runs_on():
    layer = nn.BatchNorm1d(4, dtype="float64")
    layer(tg.tensor(X))
    layer.eval()
    before = {name: value.numpy().copy() for name, value in layer.state_dict().items()}
    together = layer(tg.tensor(X)).detach().numpy()
    alone = np.concatenate([layer(tg.tensor(X[i : i + 1])).detach().numpy() for i in range(6)])
    np.testing.assert_array_equal(together, alone)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), before[name])


def test_reset_and_copies():
    layer = nn.BatchNorm1d(4)
    layer(tg.tensor(X.astype("float32")))
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.running_mean.tolist() == layer.running_mean.tolist()
        other.reset_running_stats()
        assert other.running_mean.tolist() == [0] * 4
        assert other.running_var.tolist() == [1] * 4
        assert other.num_batches_tracked.item() == 0
    assert layer.num_batches_tracked.item() == 1


def test_conversion_leaves_the_count_an_integer():
    layer = nn.BatchNorm1d(4).double()
    assert layer.running_mean.dtype == "float64"
    assert layer.num_batches_tracked.dtype == "int64"
    assert layer(tg.tensor(X)).dtype == "float64"


def test_large_values_keep_their_digits():
    x = tg.tensor(X + 1e8)
    np.testing.assert_allclose(F.layer_norm(x, (4,)).numpy(), F.layer_norm(tg.tensor(X), (4,)).numpy(), rtol=1e-6)


def test_half_precision_does_not_overflow():
    x = np.full((2, 1000), 200.0, np.float16)
    x[:, ::2] = -200.0
    y = F.layer_norm(tg.tensor(x), (1000,))
    assert y.dtype == "float16"
    np.testing.assert_allclose(y.numpy(), x / 200, rtol=1e-3)


def test_a_bias_can_be_left_out():
    for layer in (nn.LayerNorm(4, bias=False), nn.BatchNorm1d(4, bias=False)):
        assert layer.bias is None
        assert [name for name, _ in layer.named_parameters()] == ["weight"]


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(4), nn.BatchNorm1d(4, track_running_stats=False).eval()], ids=repr)
def test_one_value_has_no_variance(layer):
    for shape in ((1, 4), (1, 4, 1), (0, 4)):
        with pytest.raises(ValueError, match=r"has [01] value for each channel, .* call eval\(\) first"):
            layer(tg.zeros(shape))


def test_what_does_not_fit():
    with pytest.raises(ValueError, match=r"shape \(N, 4\) or \(N, 4, L\), not \(4,\)"):
        nn.BatchNorm1d(4)(tg.zeros(4))
    with pytest.raises(ValueError, match=r"of 4 features .* not \(2, 5\)"):
        nn.BatchNorm1d(4)(tg.zeros(2, 5))
    with pytest.raises(ValueError, match=r"not \(2, 4, 3, 3\)"):
        nn.BatchNorm1d(4)(tg.zeros(2, 4, 3, 3))
    with pytest.raises(ValueError, match=r"over \(4,\) needs an input of shape \(\.\.\., \*\(4,\)\), not \(2, 5\)"):
        nn.LayerNorm(4)(tg.zeros(2, 5))
    with pytest.raises(ValueError, match="needs an input"):
        F.layer_norm(tg.zeros(2, 5), ())
    with pytest.raises(ValueError, match=r"weight .* must have this shape, not \(1,\)"):
        F.layer_norm(tg.zeros(2, 5), (5,), tg.ones(1))
    with pytest.raises(ValueError, match=r"running_mean .* must have shape \(5,\) .* not \(4,\)"):
        F.batch_norm(tg.zeros(2, 5), tg.zeros(4), tg.ones(5))
    with pytest.raises(ValueError, match="while training only"):
        F.batch_norm(tg.zeros(2, 5), None, None)
    for bad in (0, -1):
        with pytest.raises(ValueError, match=f"not {bad}"):
            nn.BatchNorm1d(bad)
    for bad in (0, (), (3, 0)):
        with pytest.raises(ValueError, match="LayerNorm needs one positive length or more"):
            nn.LayerNorm(bad)


def test_what_standardize_refuses():
    with pytest.raises(IndexError, match="dim 2"):
        tg.standardize(tg.tensor(X), 2)
    for dim in ((), (0, 0)):
        with pytest.raises(ValueError, match="dimension"):
            tg.standardize(tg.tensor(X), dim)
    with pytest.raises(ValueError, match=r"the weight of shape \(3,\) does not broadcast to the input's \(6, 4\)"):
        tg.standardize(tg.tensor(X), 1, tg.ones(3))
    with pytest.raises(ValueError, match=r"the bias of shape \(2, 6, 4\) does not broadcast"):
        tg.standardize(tg.tensor(X), 1, None, tg.ones(2, 6, 4))
    with pytest.raises(ValueError, match="one dimension or more"):
        tg.standardize(tg.tensor(1.0), 0)


def test_gradients_through_mean_and_variance():
    assert tg.gradcheck(lambda x: tg.standardize(x, 0)[1] * tg.standardize(x, 0)[2], [X], order=2)
