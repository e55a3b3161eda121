"""The proof itself must fail where a derivative is wrong."""

from __future__ import annotations

import numpy as np
import pytest

import tinygrad_np as tg
from tinygrad_np.gradcheck import GradcheckError
from tinygrad_np.primitive import Primitive, primitive


def wrong_square(factor: float) -> Primitive:
    @primitive()
    def faulty(x):  # type: ignore[no-untyped-def]
        return x * x

    faulty.defvjp(lambda g, x: g * factor * x)
    return faulty


def test_right_derivatives_pass() -> None:
    assert tg.gradcheck(lambda a, b: a * b + a / b, [np.array([1.0, 2.0]), np.array([3.0])], order=3) is True


def test_a_wrong_derivative_is_named_by_input_and_index() -> None:
    faulty = wrong_square(1.0)
    with pytest.raises(GradcheckError, match=r"order 1, output 0 \[0\], input 1 \[0\]: analytic 3.*numeric 6"):
        tg.gradcheck(lambda a, b: faulty(b) + a, [np.array([1.0, 1.0]), np.array([3.0, 4.0])])


def test_an_error_of_a_thousandth_is_found_in_a_large_input() -> None:
    faulty = wrong_square(2.002)
    with pytest.raises(GradcheckError, match=r"random projection.*input 0 \[\d+, \d+\]"):
        tg.gradcheck(faulty, [np.random.default_rng(0).uniform(1, 2, (20, 20))])


def test_one_wrong_element_of_many_is_found() -> None:
    @primitive()
    def spotted(x):  # type: ignore[no-untyped-def]
        return x * x

    spot = np.ones((12, 12))
    spot[5, 7] = 1.1
    spotted.defvjp(lambda g, x: g * 2 * x * spot)
    with pytest.raises(GradcheckError, match=r"input 0 \[5, 7\]"):
        tg.gradcheck(spotted, [np.random.default_rng(0).uniform(1, 2, (12, 12))])


def test_a_wrong_second_derivative_is_found() -> None:
    @primitive()
    def residual(x):  # type: ignore[no-untyped-def]
        return np.exp(x)

    # the first derivative is right, but it reads a value outside the graph, so that the second is lost
    residual.defvjp(lambda g, x: g * np.exp(x.array if isinstance(x, tg.Tensor) else x))
    assert tg.gradcheck(residual, [np.array([0.5])], order=1)
    with pytest.raises(GradcheckError, match="order 2"):
        tg.gradcheck(residual, [np.array([0.5])], order=2)


def test_only_float64() -> None:
    with pytest.raises(TypeError, match="input 0 is float32"):
        tg.gradcheck(tg.exp, [np.ones(1, "float32")])
    with pytest.raises(TypeError, match="at least one floating"):
        tg.gradcheck(tg.exp, [np.ones(1, int)])


def test_only_the_tensors_that_require_grad_are_differentiated() -> None:
    a, b = tg.ones(1, dtype="float64", requires_grad=True), tg.ones(1, dtype="float64")
    assert tg.gradcheck(lambda a, b: a * b.detach(), [a, b])


def test_several_outputs_and_other_arguments() -> None:
    assert tg.gradcheck(lambda x, n: (x * n, x**n), [np.array([1.5]), 3], order=2)


def test_the_inputs_are_left_alone() -> None:
    x = np.array([1.0, 2.0])
    tg.gradcheck(tg.exp, [x], order=2)
    assert x.tolist() == [1.0, 2.0]
