"""NumPy's own functions on tensors: ``np.cos(x)`` is routed back to the recorded operation.

`numpy_functions` maps each NumPy function to the operation that answers for it.  A NumPy function without an entry
raises; none ever detaches a tensor silently.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

numpy_functions: dict[Callable[..., Any], Callable[..., Any]] = {}


def answer_for(*functions: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the one that answers for these NumPy functions on tensors."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for numpy_function in functions:
            numpy_functions[numpy_function] = function
        return function

    return register


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Answer ``ufunc(*inputs, **keywords)`` where a tensor is among the inputs or the outputs."""
    if method == "reduce" and ufunc in _REDUCTIONS and keywords.get("out") is None:
        if "axis" not in keywords and len(inputs) == 1:
            keywords = keywords | {"axis": 0}  # the default of reduce, not of sum
        return apply_function(_REDUCTIONS[ufunc], inputs, keywords)
    if method != "__call__":
        raise TypeError(f"np.{ufunc.__name__}.{method} of a tensor is not differentiated: use a tensor operation")
    if keywords.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} with a tensor cannot write into out=, which would lose the gradient: assign it"
        )
    function = numpy_functions.get(ufunc)
    unknown = [name for name in keywords if name != "out"]
    if function is None or unknown:
        raise TypeError(_no_answer(ufunc, unknown))
    return function(*inputs)


def apply_function(function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Answer ``function(*arguments, **keywords)``, a non-ufunc of NumPy, where a tensor is among the arguments."""
    answer = numpy_functions.get(function)
    if answer is None:
        raise TypeError(_no_answer(function, []))
    if not hasattr(answer, "forward"):  # a function in NumPy's words
        return answer(*arguments, **keywords)
    inputs, attributes = _bind(function, answer, arguments, keywords)
    return answer(*inputs, **attributes)


def _bind(
    function: Callable[..., Any], answer: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Split a call in NumPy's words into the inputs and attributes of the primitive that answers it."""
    names, defaults = _numpy_signature(function)
    given = dict(zip(names, arguments, strict=False)) | keywords
    if answer.variadic:  # np.concatenate([a, b])
        inputs = list(given.pop(names[0]))
    else:
        inputs = [given.pop(name) for name in names[: len(answer.inputs)] if name in given]
    given = {_ALIASES.get(name, name): value for name, value in given.items()}
    unknown = [
        name
        for name, value in given.items()
        if name not in answer.attributes and value is not None and value is not defaults.get(name)
    ]
    if unknown:
        raise TypeError(_no_answer(function, unknown))
    return inputs, {name: value for name, value in given.items() if name in answer.attributes}


# np.add.reduce is np.sum without a Python wrapper: rules on small arrays use it
_REDUCTIONS: dict[np.ufunc, Any] = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
_ALIASES = {"newshape": "shape"}  # NumPy 2.0's name


@functools.cache
def _numpy_signature(function: Callable[..., Any]) -> tuple[list[str], dict[str, Any]]:
    try:
        parameters = inspect.signature(function).parameters
    except ValueError:  # written in C, before NumPy 2.4
        names = {"concatenate": ["arrays", "axis", "out"], "where": ["condition", "x", "y"], "dot": ["a", "b", "out"]}
        return names.get(function.__name__, []), {}
    return list(parameters), {p.name: p.default for p in parameters.values()}


def _no_answer(function: Callable[..., Any], arguments: list[str]) -> str:
    name = getattr(function, "__name__", str(function))
    given = f" with {', '.join(arguments)}" if arguments else ""
    return (
        f"np.{name}{given} is not differentiated for tensors: use a tensor operation, "
        f"or pass x.detach().numpy() if no gradient is wanted"
    )
