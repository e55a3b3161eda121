"""Every operation of the table, captured: values and gradients as in eager mode, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinygrad_np as tg
from operation_cases import CASES
from operation_cases.case import Case
from tinygrad_np.jit import DependentShapeError, jit
from tinygrad_np.primitive import registry

SHAPES_FROM_VALUES = {"nonzero", "take_mask", "unique", "bincount"}
FIXED = [case for case in CASES if case.operation not in SHAPES_FROM_VALUES]


def ids(case: Case) -> str:
    return str(case)


def outputs_of(result: Any) -> tuple[Any, ...]:
    return result if isinstance(result, tuple) else (result,)


def applied(case: Case, inputs: list[Any], create_graph: bool = False) -> tuple[Any, ...]:
    """Return the values of an operation and its gradients for fixed cotangents."""
    outputs = outputs_of(registry[case.operation](*inputs, **case.attributes))
    kept = [y for y in outputs if y.requires_grad]
    wanted = [x for x in inputs if isinstance(x, tg.Tensor) and x.requires_grad]
    if not (kept and wanted):
        return outputs
    rng = np.random.default_rng(1)
    given = [tg.tensor(rng.standard_normal(y.shape).astype(y.dtype)) for y in kept]
    found = tg.autograd.grad(kept, wanted, given, create_graph=create_graph, allow_unused=True)
    return (*[y.detach() for y in outputs], *[None if g is None else g.detach() for g in found])


def assert_replayed(case: Case, create_graph: bool = False) -> None:
    def tensors(scale: float) -> list[Any]:
        return [
            tg.tensor(x * scale if x.dtype.kind == "f" else x, requires_grad=x.dtype.kind == "f")
            if isinstance(x, np.ndarray)
            else x
            for x in case.draw("float32")
        ]

    captured = jit(lambda *inputs: applied(case, list(inputs), create_graph))
    for scale in (1.0, 1.0, 1.0, 0.96875, 1.0):  # replayed from the third on; with other values, lest they be constant
        inputs = tensors(scale)
        before = [x.array.copy() if isinstance(x, tg.Tensor) else None for x in inputs]
        expected = applied(case, inputs, create_graph)
        for y, e in zip(captured(*inputs), expected, strict=True):
            assert (y is None) == (e is None)
            if y is not None:
                assert (type(y), y.shape, y.dtype) == (tg.Tensor, e.shape, e.dtype)
                assert y.array.tobytes() == e.array.tobytes()
        for x, b in zip(inputs, before, strict=True):
            assert b is None or x.array.tobytes() == b.tobytes()
    assert captured.programs


@pytest.mark.parametrize("case", FIXED, ids=ids)
def test_replayed_as_in_eager_mode(case: Case) -> None:
    assert_replayed(case)


# Fed tensors, what its rule does to the indices cannot be called as it is.
TWICE = [case for case in FIXED if case.differentiable and case.operation != "set_along_axis"]


@pytest.mark.parametrize("case", TWICE, ids=ids)
def test_rules_fed_tensors_are_replayed_too(case: Case) -> None:
    assert_replayed(case, create_graph=True)


@pytest.mark.parametrize("case", [case for case in CASES if case.operation in SHAPES_FROM_VALUES], ids=ids)
def test_shapes_that_depend_on_elements_are_refused(case: Case) -> None:
    captured = jit(lambda *inputs: applied(case, list(inputs)))
    with pytest.raises(DependentShapeError, match=f"{case.operation}.*depends on the elements.*where"):
        captured(*[tg.tensor(x) if isinstance(x, np.ndarray) else x for x in case.draw()])
