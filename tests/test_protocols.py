"""NumPy's functions on tensors: differentiated, without gradient where there is none, or refused."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_np as tg


def x() -> tg.Tensor:
    return tg.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], requires_grad=True)


def test_ufuncs_and_functions_record() -> None:
    for y in (np.sin(x()), np.sum(x()), np.sum(x(), 0), np.sum(x(), axis=1, keepdims=True), np.reshape(x(), (3, 2))):
        assert isinstance(y, tg.Tensor)
        assert y.requires_grad


def test_reduce_of_a_ufunc() -> None:
    for y, expected in (
        (np.add.reduce(x()), np.sum(x(), axis=0)),
        (np.add.reduce(x(), axis=1, keepdims=True), np.sum(x(), axis=1, keepdims=True)),
        (np.maximum.reduce(x(), 1), np.max(x(), axis=1)),
        (np.multiply.reduce(x(), axis=None), np.prod(x())),
    ):
        assert y.requires_grad
        assert y.tolist() == expected.tolist()


def test_numpys_defaults_may_be_spelled_out() -> None:
    assert np.sum(x(), axis=None, dtype=None, out=None).requires_grad


def test_questions_give_tensors_without_gradient() -> None:
    for y in (np.isnan(x()), np.greater(x(), 0), np.zeros_like(x()), np.ones_like(x()), np.sign(x().detach())):
        assert isinstance(y, tg.Tensor)
        assert not y.requires_grad


def test_shape_functions_give_plain_values() -> None:
    assert np.shape(x()) == (2, 3)
    assert np.ndim(x()) == 2
    assert np.size(x()) == 6
    assert np.allclose(x(), x()) is True
    assert np.array_equal(x(), x()) is True


@pytest.mark.parametrize(
    "call",
    [
        lambda t: np.fft.fft(t),
        lambda t: np.spacing(t),
        lambda t: np.subtract.reduce(t),
        lambda t: np.add.accumulate(t),
        lambda t: np.add(t, t, where=np.ones((2, 3), bool)),
        lambda t: np.sum(t, where=np.ones((2, 3), bool)),
        lambda t: np.sum(t, initial=1.0),
        lambda t: np.histogram(t),
        lambda t: np.interp(t, [0, 1], [0, 1]),
        lambda t: np.save("never-written.npy", t),
    ],
)
def test_what_is_not_differentiated_is_refused(call: object) -> None:
    with pytest.raises((TypeError, RuntimeError), match=r"differentiated|gradient"):
        call(x())


def test_writing_into_arrays_or_tensors_is_refused() -> None:
    array = np.ones((2, 3), "float32")
    with pytest.raises(TypeError, match="lose the gradient"):
        array += x()
    with pytest.raises(TypeError, match="lose the gradient"):
        np.add(array, array, out=x())
