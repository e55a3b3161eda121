"""Every operation of the registry against NumPy and against finite differences, from one table of cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from operation_cases import CASES
from operation_cases.case import Case
from tinygrad_np.primitive import registry
from tinygrad_np.protocols import numpy_functions

# Operations whose forward changes its inputs: they have no derivative and are tested where they are used.
MUTATING = {name for name, operation in registry.items() if operation.mutates}

DIFFERENTIABLE = [case for case in CASES if case.differentiable]
ANSWERS = {operation.name: function for function, operation in numpy_functions.items() if hasattr(operation, "forward")}


def ids(case: Case) -> str:
    return str(case)


def outputs_of(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def apply(case: Case, inputs: list[Any]) -> tuple[tg.Tensor, ...]:
    return outputs_of(registry[case.operation](*inputs, **case.attributes))


def leaves(inputs: list[Any]) -> list[Any]:
    """Return the inputs with floating arrays as leaves that require grad."""
    return [tg.Tensor(x, requires_grad=x.dtype.kind == "f") if isinstance(x, np.ndarray) else x for x in inputs]


def cotangents(outputs: tuple[tg.Tensor, ...], seed: int = 1) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(y.shape).astype(y.dtype) for y in outputs]


def gradients(case: Case, inputs: list[Any], create_graph: bool = False) -> list[np.ndarray | None]:
    """Return the gradients with respect to the floating inputs, by the engine fed ndarrays or tensors."""
    tensors = leaves(inputs)
    kept = [y for y in apply(case, tensors) if y.requires_grad]
    wanted = [x for x in tensors if isinstance(x, tg.Tensor) and x.requires_grad]
    found = tg.autograd.grad(kept, wanted, cotangents(tuple(kept)), create_graph=create_graph, allow_unused=True)
    return [None if g is None else g.detach().numpy() for g in found]


def assert_same(actual: list[np.ndarray | None], expected: list[np.ndarray | None], **tolerance: float) -> None:
    for a, e in zip(actual, expected, strict=True):
        assert (a is None) == (e is None)
        if a is not None:
            np.testing.assert_allclose(a, e, **tolerance)


def own_operations() -> dict[str, Any]:
    """Return the project's operations, without those that an application or a page has added."""
    return {name: each for name, each in registry.items() if each.forward.__module__.startswith("tinygrad_np.")}


def test_every_operation_has_a_case() -> None:
    cased = {case.operation for case in CASES}
    assert set(own_operations()) - MUTATING - cased == set()
    assert cased <= set(registry)


def test_every_differentiable_operation_has_a_case_with_a_gradient() -> None:
    differentiable = {name for name, operation in own_operations().items() if operation.differentiable}
    assert differentiable - {case.operation for case in DIFFERENTIABLE} == set()


def test_names_of_cases_are_unique() -> None:
    names = [str(case) for case in CASES]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("case", CASES, ids=ids)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_value_and_dtype(case: Case, dtype: str) -> None:
    reference = case.reference or ANSWERS[case.operation]
    inputs = case.draw(dtype)
    before = [x.copy() if isinstance(x, np.ndarray) else x for x in inputs]
    arrays = [x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in inputs]
    expected = outputs_of(reference(*arrays, **case.attributes))
    actual = apply(case, [tg.Tensor(x) if isinstance(x, np.ndarray) else x for x in inputs])
    assert len(actual) == len(expected)
    for y, e in zip(actual, expected, strict=True):
        e = np.asarray(e)
        assert isinstance(y, tg.Tensor)
        assert type(y.array) is np.ndarray
        assert y.shape == e.shape
        if e.dtype.kind == "f" and "dtype" not in case.attributes:
            assert y.dtype == (
                dtype if any(isinstance(x, np.ndarray) and x.dtype.kind == "f" for x in inputs) else "float32"
            )
        tolerance = {"rtol": 1e-12, "atol": 1e-13} if dtype == "float64" else {"rtol": 2e-5, "atol": 2e-6}
        np.testing.assert_allclose(y.array, e, **tolerance)
    for x, b in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(x, b)  # no operation changes its inputs


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=ids)
def test_derivatives_against_finite_differences(case: Case) -> None:
    inputs = case.draw()
    assert tg.gradcheck(lambda *x: registry[case.operation](*x, **case.attributes), inputs, order=case.order)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=ids)
def test_rules_give_the_same_fed_arrays_and_fed_tensors(case: Case) -> None:
    inputs = case.draw()
    assert_same(gradients(case, inputs, create_graph=True), gradients(case, inputs), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=ids)
def test_gradient_in_float32(case: Case) -> None:
    single, double = gradients(case, case.draw("float32")), gradients(case, case.draw())
    assert all(g is None or g.dtype == np.float32 for g in single)
    exact = [x for x in case.draw("float32") if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    assert [None if g is None else g.shape for g in single] == [
        None if d is None else x.shape for d, x in zip(double, exact, strict=True)
    ]
    doubled = [
        x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x for x in case.draw("float32")
    ]
    scale = max([1.0, *(float(np.abs(g).max()) for g in double if g is not None and g.size)])
    assert_same(single, gradients_with(case, doubled, "float32"), rtol=1e-4, atol=1e-5 * scale)


def gradients_with(case: Case, inputs: list[Any], dtype: str) -> list[np.ndarray | None]:
    """Return the gradients in float64 for the cotangents that a run in `dtype` draws."""
    tensors = leaves(inputs)
    kept = [y for y in apply(case, tensors) if y.requires_grad]
    wanted = [x for x in tensors if isinstance(x, tg.Tensor) and x.requires_grad]
    rng = np.random.default_rng(1)
    given = [rng.standard_normal(y.shape).astype(dtype).astype(np.float64) for y in kept]
    return [None if g is None else g.numpy() for g in tg.autograd.grad(kept, wanted, given, allow_unused=True)]


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=ids)
def test_memory_order_does_not_matter(case: Case) -> None:
    def reordered(x: Any) -> Any:
        if not isinstance(x, np.ndarray) or x.ndim == 0:
            return x
        return np.repeat(np.asfortranarray(x), 2, axis=0)[::2]  # neither C nor F contiguous

    inputs = case.draw()
    other = [reordered(x) for x in inputs]
    for y, e in zip(apply(case, leaves(other)), apply(case, leaves(inputs)), strict=True):
        np.testing.assert_allclose(y.array, e.array, rtol=1e-13, atol=1e-14)
    assert_same(gradients(case, other), gradients(case, inputs), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("case", DIFFERENTIABLE, ids=ids)
def test_gradients_alias_nothing(case: Case) -> None:
    tensors = leaves(case.draw())
    kept = [y for y in apply(case, tensors) if y.requires_grad]
    given = [tg.Tensor(g) for g in cotangents(tuple(kept))]
    before = [g.array.copy() for g in given]
    values = [x.array.copy() if isinstance(x, tg.Tensor) else None for x in tensors]
    tg.autograd.backward(kept, given)
    grads = [x.grad.array for x in tensors if isinstance(x, tg.Tensor) and x.grad is not None]
    others = [g.array for g in given] + [x.array for x in tensors if isinstance(x, tg.Tensor)]
    for i, g in enumerate(grads):
        for other in others + grads[:i] + [y.array for y in kept]:
            assert not np.may_share_memory(g, other) or g.size == 0
    for g, b in zip(given, before, strict=True):
        np.testing.assert_array_equal(g.array, b)  # no rule changes its cotangent
    for x, v in zip(tensors, values, strict=True):
        if v is not None:
            np.testing.assert_array_equal(x.array, v)


@pytest.mark.parametrize("case", [case for case in CASES if not case.differentiable], ids=ids)
def test_undifferentiable_results_do_not_require_grad(case: Case) -> None:
    assert not any(y.requires_grad for y in apply(case, leaves(case.draw())))


NUMPY_CASES = [case for case in CASES if case.operation in ANSWERS and case.reference is None]


@pytest.mark.parametrize("case", NUMPY_CASES, ids=ids)
def test_the_numpy_function_is_routed_back(case: Case) -> None:
    inputs = case.draw()
    if not any(isinstance(x, np.ndarray) for x in inputs):
        pytest.fail("a case for a NumPy function needs an array among its inputs")
    function = ANSWERS[case.operation]
    tensors = leaves(inputs)
    arguments = [tensors] if registry[case.operation].variadic else tensors
    result = outputs_of(function(*arguments, **case.attributes))
    for y, e in zip(result, apply(case, leaves(inputs)), strict=True):
        assert isinstance(y, tg.Tensor)
        assert y.requires_grad == e.requires_grad
        np.testing.assert_array_equal(y.array, e.array)


ELEMENTWISE = [case for case in CASES if registry[case.operation].elementwise]


@pytest.mark.parametrize("case", ELEMENTWISE, ids=ids)
@pytest.mark.parametrize("shape", [(), (0, 3)], ids=["0d", "empty"])
def test_elementwise_operations_take_any_shape(case: Case, shape: tuple[int, ...]) -> None:
    """0-d and empty inputs, for each case, by taking one or no element of its inputs."""

    def cut(x: Any) -> Any:
        if not isinstance(x, np.ndarray) or x.size == 0:
            return x
        return np.resize(x, shape) if shape else x.reshape(-1)[0].reshape(())

    inputs = [cut(x) for x in case.draw()]
    tensors = leaves(inputs)
    for y in apply(case, tensors):
        assert y.shape == np.broadcast_shapes(*(x.shape for x in inputs if isinstance(x, np.ndarray)))
        assert type(y.array) is np.ndarray
        if y.requires_grad:
            y.backward(tg.ones(y.shape, dtype=y.dtype))
    for x in tensors:
        if isinstance(x, tg.Tensor) and x.grad is not None:
            assert x.grad.shape == x.shape
            assert type(x.grad.array) is np.ndarray
