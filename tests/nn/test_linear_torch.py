"""Linear, Flatten, Unflatten and Dropout against PyTorch's."""

import numpy as np
import pytest

import nn
import nn.functional as F
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


@pytest.mark.parametrize("shape", [(7,), (4, 7), (3, 4, 7), (0, 7)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_linear_and_its_gradients(shape, bias, dtype):
    ours = nn.Linear(7, 5, bias, dtype=dtype)
    theirs = torch.nn.Linear(7, 5, bias, dtype=getattr(torch, dtype))
    ours.load_state_dict({name: tensor.numpy() for name, tensor in theirs.state_dict().items()})
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=shape).astype(dtype), rng.normal(size=(*shape[:-1], 5)).astype(dtype)
    ours_x, theirs_x = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, expected = ours(ours_x), theirs(theirs_x)
    y.backward(tg.tensor(g))
    expected.backward(torch.tensor(g))
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(y.detach().numpy(), expected.detach().numpy(), **tolerance)
    np.testing.assert_allclose(ours_x.grad.numpy(), theirs_x.grad.numpy(), **tolerance)
    for name, parameter in theirs.named_parameters():
        actual = ours.get_parameter(name).grad
        assert actual.dtype == dtype
        np.testing.assert_allclose(actual.numpy(), parameter.grad.numpy(), **tolerance)


def test_first_values_are_distributed_alike():
    """The bounds and the standard deviations of many draws agree; the draws are not the same."""
    ours, theirs = nn.Linear(50, 400), torch.nn.Linear(50, 400)
    for name, parameter in theirs.named_parameters():
        actual, expected = ours.get_parameter(name).detach().numpy(), parameter.detach().numpy()
        assert actual.std() == pytest.approx(expected.std(), rel=0.15)
        assert abs(actual).max() == pytest.approx(abs(expected).max(), rel=0.05)


@pytest.mark.parametrize("arguments", [(), (0,), (1, 2), (-2, -1), (0, 0)])
def test_flatten(arguments):
    x = np.arange(120.0).reshape(2, 3, 4, 5)
    expected = torch.nn.Flatten(*arguments)(torch.tensor(x)).numpy()
    np.testing.assert_array_equal(nn.Flatten(*arguments)(tg.tensor(x)).numpy(), expected)


@pytest.mark.parametrize("arguments", [(1, (3, 4)), (-1, (2, -1)), (0, (1, 2))])
def test_unflatten(arguments):
    x = np.arange(24.0).reshape(2, 12)
    expected = torch.nn.Unflatten(*arguments)(torch.tensor(x)).numpy()
    np.testing.assert_array_equal(nn.Unflatten(*arguments)(tg.tensor(x)).numpy(), expected)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_gives_the_same_two_values(p):
    values = set(F.dropout(tg.full((1000,), 2.0), p).tolist())
    expected = set(torch.nn.functional.dropout(torch.full((1000,), 2.0), p).tolist())
    np.testing.assert_allclose(sorted(values), sorted(expected), rtol=1e-6)
