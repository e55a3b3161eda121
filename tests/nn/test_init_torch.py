"""Initial values against PyTorch's: gains, and the spread of many draws."""

import numpy as np
import pytest

import tinygrad_np as tg
from nn import init

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


@pytest.mark.parametrize("name", ["linear", "conv1d", "conv3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains(name):
    assert init.calculate_gain(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-15)


def test_gain_of_a_slope():
    assert init.calculate_gain("leaky_relu", 0.3) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.3))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("uniform_", {"a": -2.0, "b": 1.0}),
        ("normal_", {"mean": 0.5, "std": 2.0}),
        ("trunc_normal_", {"mean": 0.5, "std": 2.0}),
        ("trunc_normal_", {"mean": 3.0}),
        ("xavier_uniform_", {"gain": 2.0}),
        ("xavier_normal_", {"gain": 2.0}),
        ("kaiming_uniform_", {"mode": "fan_out", "nonlinearity": "relu"}),
        ("kaiming_normal_", {"a": 0.5}),
        ("orthogonal_", {"gain": 3.0}),
        ("sparse_", {"sparsity": 0.25, "std": 0.5}),
        ("eye_", {}),
        ("ones_", {}),
        ("zeros_", {}),
        ("constant_", {"val": 0.3}),
    ],
)
def test_mean_spread_and_range(name, arguments):
    tg.manual_seed(0)
    ours = getattr(init, name)(tg.empty(500, 1200), **arguments).numpy()
    torch.manual_seed(0)
    theirs = getattr(torch.nn.init, name)(torch.empty(500, 1200), **arguments).numpy()
    assert ours.dtype == theirs.dtype
    spread = float(theirs.std())
    assert ours.std() == pytest.approx(theirs.std(), rel=0.03, abs=1e-6)
    assert ours.mean() == pytest.approx(theirs.mean(), abs=spread / 50 + 1e-6)
    for part in (0.05, 0.25, 0.75, 0.95):
        assert np.quantile(ours, part) == pytest.approx(np.quantile(theirs, part), abs=0.03 * spread + 1e-6)


def test_every_initialiser_is_there():
    theirs = {name for name in vars(torch.nn.init) if name.endswith("_") and not name.startswith("_")}
    assert theirs - {"dirac_"} == {name for name in vars(init) if name.endswith("_") and not name.startswith("_")}
