"""What is done with all parameters at once, against PyTorch's."""

import math

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

GRADIENTS = [np.random.default_rng(0).normal(size=shape) for shape in ((3, 4), (5,), ())]


def ours():
    parameters = [tg.zeros(g.shape, dtype="float64", requires_grad=True) for g in GRADIENTS]
    for parameter, gradient in zip(parameters, GRADIENTS, strict=True):
        parameter.grad = tg.tensor(gradient)
    return parameters


def theirs():
    parameters = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in GRADIENTS]
    for parameter, gradient in zip(parameters, GRADIENTS, strict=True):
        parameter.grad = torch.tensor(gradient)
    return parameters


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, math.inf])
@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_clip_grad_norm(p, limit):
    parameters, expected = ours(), theirs()
    norm = nn.utils.clip_grad_norm_(parameters, limit, p)
    assert norm.item() == pytest.approx(torch.nn.utils.clip_grad_norm_(expected, limit, p).item(), rel=1e-12)
    for a, e in zip(parameters, expected, strict=True):
        np.testing.assert_allclose(a.grad.numpy(), e.grad.numpy(), rtol=1e-12)


def test_clip_grad_value():
    parameters, expected = ours(), theirs()
    nn.utils.clip_grad_value_(parameters, 0.3)
    torch.nn.utils.clip_grad_value_(expected, 0.3)
    for a, e in zip(parameters, expected, strict=True):
        np.testing.assert_array_equal(a.grad.numpy(), e.grad.numpy())
