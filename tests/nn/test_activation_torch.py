"""Activations against PyTorch's: values, gradients, names, keys and what is shown."""

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

X = np.concatenate([np.linspace(-8, 8, 43), [0.0, 0.5, -0.5, 1.0, 3.0, -3.0, 6.0, 30.0, -30.0]]).reshape(4, 13)
X = np.concatenate([X, X[:, :1]], axis=1)

ROWS = [
    ("ReLU", ()),
    ("LeakyReLU", ()),
    ("LeakyReLU", (0.3,)),
    ("RReLU", (0.3, 0.3)),
    ("PReLU", ()),
    ("PReLU", (14, 0.1)),
    ("Hardtanh", ()),
    ("Hardtanh", (-2.0, 0.5)),
    ("ReLU6", ()),
    ("Hardsigmoid", ()),
    ("Hardswish", ()),
    ("Threshold", (0.5, -2.0)),
    ("Hardshrink", ()),
    ("Hardshrink", (1.0,)),
    ("Softshrink", ()),
    ("Softshrink", (1.0,)),
    ("Sigmoid", ()),
    ("LogSigmoid", ()),
    ("Tanh", ()),
    ("Tanhshrink", ()),
    ("ELU", ()),
    ("ELU", (0.3,)),
    ("CELU", ()),
    ("CELU", (0.5,)),
    ("SELU", ()),
    ("GELU", ()),
    ("GELU", ("tanh",)),
    ("SiLU", ()),
    ("Mish", ()),
    ("Softplus", ()),
    ("Softplus", (2.0, 3.0)),
    ("Softsign", ()),
    ("Softmax", (1,)),
    ("Softmax", (0,)),
    ("Softmin", (1,)),
    ("LogSoftmax", (-1,)),
    ("Softmax2d", ()),
    ("GLU", ()),
    ("GLU", (0,)),
]
IMAGES = {"Softmax2d": (2, 7, 2, 2)}
IN_PLACE = [
    *("RReLU", "ReLU", "LeakyReLU", "ReLU6", "Hardtanh", "Hardsigmoid", "Hardswish"),
    *("ELU", "CELU", "SELU", "SiLU", "Mish"),
]


def test_every_activation_is_compared():
    activations = {name for name in nn.__all__ if getattr(getattr(nn, name), "__module__", "") == "nn.activation"}
    assert activations == {name for name, _ in ROWS}


@pytest.mark.parametrize(("name", "arguments"), ROWS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_values_and_gradients(name, arguments, dtype):
    ours = getattr(nn, name)(*arguments).to(dtype)
    theirs = getattr(torch.nn, name)(*arguments).to(getattr(torch, dtype))
    values = X.reshape(IMAGES.get(name, X.shape))
    x = tg.tensor(values, dtype=dtype, requires_grad=True)
    expected_x = torch.tensor(values, dtype=getattr(torch, dtype))
    y, expected = ours(x), theirs(expected_x.requires_grad_())
    g = np.random.default_rng(0).normal(size=expected.shape).astype(dtype)
    y.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == "float64" else {"rtol": 3e-5, "atol": 2e-6}
    if name == "Hardsigmoid" and dtype == "float64":
        tolerance["rtol"] = 1e-7  # PyTorch multiplies the gradient by 1/6 in float32
    assert y.dtype == dtype
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), **tolerance)
    np.testing.assert_allclose(x.grad.numpy(), expected_x.grad.numpy(), **tolerance)
    for key, parameter in theirs.named_parameters():
        np.testing.assert_allclose(ours.get_parameter(key).grad.numpy(), parameter.grad.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "arguments"), [*ROWS, *((name, (True,)) for name in ("ReLU", "ReLU6", "SiLU", "Mish", "SELU"))]
)
def test_repr_and_keys(name, arguments):
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    x = tg.tensor(X)
    y = getattr(nn, name)(inplace=True).eval()(x)
    assert y is x
    expected = getattr(torch.nn, name)().eval()(torch.tensor(X)).numpy()
    np.testing.assert_allclose(x.numpy(), expected, rtol=1e-10, atol=1e-12)


def test_slopes_drawn_at_random():
    x = np.linspace(-1, 1, 10001)[:-1]
    ours, theirs = nn.RReLU(0.1, 0.5)(tg.tensor(x)).numpy(), torch.nn.RReLU(0.1, 0.5)(torch.tensor(x)).numpy()
    np.testing.assert_array_equal(ours[x >= 0], x[x >= 0])
    for slopes in (ours[x < 0] / x[x < 0], theirs[x < 0] / x[x < 0]):
        assert 0.1 <= slopes.min() < 0.101
        assert 0.499 < slopes.max() <= 0.5
        assert slopes.mean() == pytest.approx(0.3, abs=0.01)


def test_threshold_in_place():
    x = tg.tensor(X)
    assert nn.Threshold(0.5, 2.0, inplace=True)(x) is x
    np.testing.assert_array_equal(x.numpy(), torch.nn.Threshold(0.5, 2.0)(torch.tensor(X)).numpy())
