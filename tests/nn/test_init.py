"""Initial values: their distributions, what they are written into, and what they refuse."""

import math

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from nn import init

RANDOM = {
    "uniform_": {"a": -1.0, "b": 3.0},
    "normal_": {"mean": 1.0, "std": 2.0},
    "trunc_normal_": {"std": 0.5},
    "xavier_uniform_": {},
    "xavier_normal_": {},
    "kaiming_uniform_": {},
    "kaiming_normal_": {},
    "orthogonal_": {},
    "sparse_": {"sparsity": 0.3, "std": 2.0},
}


def drawn(name, *size, seed=0, **arguments):
    """Return what an initialiser writes into a tensor of the size, as an array."""
    tensor = tg.empty(*size)
    assert getattr(init, name)(tensor, generator=np.random.default_rng(seed), **arguments) is tensor
    return tensor.numpy()


@pytest.mark.parametrize(("name", "arguments"), RANDOM.items())
def test_writes_in_place_unrecorded_and_from_the_generator_given(name, arguments):
    parameter = nn.Parameter(np.zeros((4, 6), np.float32, order="F"))
    array, state = parameter.array, tg.get_rng_state()
    getattr(init, name)(parameter, **arguments, generator=np.random.default_rng(7))
    assert tg.get_rng_state() == state
    assert parameter.array is array
    assert array.flags.f_contiguous
    assert parameter.requires_grad
    assert parameter.is_leaf
    np.testing.assert_array_equal(array, drawn(name, 4, 6, seed=7, **arguments))


@pytest.mark.parametrize(("name", "arguments"), RANDOM.items())
def test_draws_from_the_default_generator(name, arguments):
    tg.manual_seed(7)
    x = getattr(init, name)(tg.empty(4, 6), **arguments)
    np.testing.assert_array_equal(x.numpy(), drawn(name, 4, 6, seed=7, **arguments))


def test_constants():
    x = nn.Parameter(tg.empty(2, 3))
    assert init.zeros_(x).tolist() == [[0.0] * 3] * 2
    assert init.ones_(x).tolist() == [[1.0] * 3] * 2
    assert init.constant_(x, 2.5).tolist() == [[2.5] * 3] * 2
    assert init.eye_(x).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    with pytest.raises(ValueError, match=r"two dimensions, not shape \(3,\)"):
        init.eye_(tg.empty(3))


def test_uniform_and_normal():
    x = drawn("uniform_", 100_000, a=-1.0, b=3.0)
    assert -1 <= x.min() < -0.99
    assert 2.99 < x.max() <= 3
    assert abs(x.mean() - 1) < 0.02
    x = drawn("normal_", 100_000, mean=1.0, std=2.0)
    assert abs(x.mean() - 1) < 0.03
    assert abs(x.std() - 2) < 0.02


@pytest.mark.parametrize(
    ("a", "b", "mean", "std"),
    [(-2.0, 2.0, 0.0, 1.0), (-0.1, 0.2, 0.0, 1.0), (1.0, 4.0, 0.0, 1.0), (-2.0, 2.0, 5.0, 3.0), (-4.0, -1.0, 0.0, 1.0)],
)
def test_truncated_normal_has_the_quantiles_of_the_distribution(a, b, mean, std):
    def below(x):
        return math.erf((x - mean) / std / math.sqrt(2))

    x = np.sort(drawn("trunc_normal_", 50_000, mean=mean, std=std, a=a, b=b))
    assert a <= x[0]
    assert x[-1] <= b
    for part in (0.1, 0.5, 0.9):
        quantile = float(x[int(part * len(x))])
        assert abs((below(quantile) - below(a)) / (below(b) - below(a)) - part) < 0.01


def test_truncated_normal_refuses():
    with pytest.raises(ValueError, match="a < b"):
        init.trunc_normal_(tg.empty(2), a=1.0, b=1.0)
    with pytest.raises(ValueError, match="positive std"):
        init.trunc_normal_(tg.empty(2), std=0.0)


@pytest.mark.parametrize(
    ("name", "arguments", "std"),
    [
        ("xavier_uniform_", {}, math.sqrt(2 / 500)),
        ("xavier_normal_", {}, math.sqrt(2 / 500)),
        ("xavier_normal_", {"gain": 3.0}, 3 * math.sqrt(2 / 500)),
        ("kaiming_uniform_", {"nonlinearity": "relu"}, math.sqrt(2 / 300)),
        ("kaiming_normal_", {"nonlinearity": "relu"}, math.sqrt(2 / 300)),
        ("kaiming_normal_", {"nonlinearity": "relu", "mode": "fan_out"}, math.sqrt(2 / 200)),
        ("kaiming_uniform_", {"a": math.sqrt(5)}, math.sqrt(1 / 900)),
        ("kaiming_normal_", {"nonlinearity": "tanh"}, 5 / 3 / math.sqrt(300)),
    ],
)
def test_spread_fits_the_layer(name, arguments, std):
    x = drawn(name, 200, 300, **arguments)
    assert abs(x.std() / std - 1) < 0.02
    assert abs(x.mean()) < std / 50
    if "uniform" in name:
        assert 0.999 < np.abs(x).max() / (std * math.sqrt(3)) <= 1.0001


def test_the_kernel_of_a_convolution_counts_as_inputs():
    assert abs(drawn("kaiming_normal_", 64, 8, 5, 5, nonlinearity="relu").std() / math.sqrt(2 / 200) - 1) < 0.05


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3), (2, 3, 4)])
def test_orthogonal(shape):
    x = drawn("orthogonal_", *shape, gain=2.0).reshape(shape[0], -1).astype("float64")
    product = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_favours_no_sign():
    corners = [drawn("orthogonal_", 2, 2, seed=seed)[0, 0] for seed in range(200)]
    assert 70 < sum(corner > 0 for corner in corners) < 130


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.75, 1.0])
def test_sparse(sparsity):
    x = drawn("sparse_", 10, 3000, sparsity=sparsity, std=3.0)
    zeros = math.ceil(sparsity * 10)
    assert ((x == 0).sum(0) == zeros).all()
    rows = (x == 0).mean(1)
    np.testing.assert_allclose(rows, zeros / 10, atol=0.05)  # none is favoured
    if sparsity < 1:
        assert abs(x[x != 0].std() / 3 - 1) < 0.02
    with pytest.raises(ValueError, match="two dimensions"):
        init.sparse_(tg.empty(3), 0.5)
    with pytest.raises(ValueError, match=r"between 0 and 1, not be 1\.5"):
        init.sparse_(tg.empty(3, 3), 1.5)


@pytest.mark.parametrize("name", [name for name in RANDOM if name.startswith(("xavier", "kaiming", "orthogonal"))])
def test_a_weight_has_two_dimensions(name):
    with pytest.raises(ValueError, match="two dimensions or more"):
        getattr(init, name)(tg.empty(3))
    assert drawn(name, 0, 3).shape == (0, 3)


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("conv2d") == init.calculate_gain("sigmoid") == 1
    assert init.calculate_gain("relu") == math.sqrt(2)
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.calculate_gain("selu") == 0.75
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / 1.0001)
    assert init.calculate_gain("leaky_relu", 2) == math.sqrt(0.4)
    with pytest.raises(ValueError, match="no gain for 'cube'"):
        init.calculate_gain("cube")
    with pytest.raises(ValueError, match="must be a number"):
        init.calculate_gain("leaky_relu", "steep")
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out'"):
        init.kaiming_normal_(tg.empty(2, 2), mode="fan")
