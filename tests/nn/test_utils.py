"""What is done with all parameters at once."""

import math

import numpy as np
import pytest

import nn
import tinygrad_np as tg
from nn import utils


def with_gradients(*gradients):
    parameters = [nn.Parameter(np.zeros(np.shape(g), order="F")) for g in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = tg.tensor(np.asarray(gradient, float))
    return parameters


@pytest.mark.parametrize(("p", "norm"), [(2, 13.0), (1, 19.0), (math.inf, 12.0), (3, 1819 ** (1 / 3))])
def test_clip_grad_norm(p, norm):
    parameters = [*with_gradients([[3.0, 0.0], [0.0, -4.0]], [12.0]), nn.Parameter([1.0])]
    before = [parameter.grad for parameter in parameters]
    result = utils.clip_grad_norm_(iter(parameters), 2.0, p)
    assert result.item() == pytest.approx(norm)
    assert result.dtype == np.float64
    factor = 2 / (norm + 1e-6)
    np.testing.assert_allclose(parameters[0].grad.numpy(), [[3 * factor, 0], [0, -4 * factor]])
    np.testing.assert_allclose(parameters[1].grad.numpy(), [12 * factor])
    assert [parameter.grad for parameter in parameters] == before
    assert parameters[2].grad is None


def test_small_gradients_stay():
    (parameter,) = with_gradients([0.3, 0.4])
    assert utils.clip_grad_norm_(parameter, 1.0).item() == pytest.approx(0.5)
    assert parameter.grad.tolist() == [0.3, 0.4]
    assert utils.clip_grad_norm_([nn.Parameter([1.0])], 1.0).item() == 0


def test_norms_that_are_not_finite():
    (parameter,) = with_gradients([math.inf, 1.0])
    with pytest.raises(RuntimeError, match="the norm of the gradients is inf"):
        utils.clip_grad_norm_(parameter, 1.0, error_if_nonfinite=True)
    assert parameter.grad.tolist() == [math.inf, 1.0]


def test_clip_grad_value():
    parameters = with_gradients([-3.0, 0.5], [2.0])
    utils.clip_grad_value_([*parameters, nn.Parameter([1.0])], 1.0)
    assert [parameter.grad.tolist() for parameter in parameters] == [[-1.0, 0.5], [1.0]]


def test_vectors_and_parameters():
    source, target = nn.Linear(3, 2), nn.Linear(3, 2)
    vector = utils.parameters_to_vector(source.parameters())
    assert vector.shape == (8,)
    assert vector.tolist() == [*source.weight.detach().numpy().ravel(), *source.bias.detach().numpy()]
    utils.vector_to_parameters(vector.detach(), target.parameters())
    assert target.weight.tolist() == source.weight.tolist()
    assert target.bias.tolist() == source.bias.tolist()
    assert target.weight.flags.f_contiguous
    vector.sum().backward()
    assert source.weight.grad.tolist() == [[1.0] * 3] * 2
    with pytest.raises(ValueError, match=r"must have the shape \(8,\), not \(7,\)"):
        utils.vector_to_parameters(tg.zeros(7), target.parameters())
