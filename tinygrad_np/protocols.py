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
    if method != "__call__":
        raise TypeError(f"np.{ufunc.__name__}.{method} of a tensor is not differentiated: use a tensor operation")
    if keywords.get("out") is not None:
        raise TypeError(
            f"np.{ufunc.__name__} with a tensor cannot write into out=, which would lose the gradient: assign the result"
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
    inputs, attributes = _bind(function, answer, arguments, keywords)
    return answer(*inputs, **attributes)


def _bind(
    function: Callable[..., Any], answer: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Split a call in NumPy's words into the inputs and attributes of the operation that answers it."""
    input_names, attribute_names, variadic = _signature(answer)
    numpy_names, defaults = _numpy_signature(function)
    if variadic and len(arguments) > 0 and function is not np.einsum:
        arguments, inputs = arguments[1:], list(arguments[0])  # a sequence of arrays: np.concatenate([...])
        numpy_names = numpy_names[1:]
    elif function is np.einsum:
        inputs, keywords = list(arguments[1:]), {"subscripts": arguments[0], **keywords}
        arguments = ()
    else:
        count = len(input_names)
        named = dict(zip(numpy_names[:count], range(count), strict=False))
        inputs = list(arguments[:count])
        arguments, numpy_names = arguments[count:], numpy_names[count:]
        for name in [name for name in keywords if name in named]:  # np.sum(a=x)
            inputs.append(keywords.pop(name))
    attributes = dict(zip(numpy_names, arguments, strict=False)) | keywords
    attributes = {_ALIASES.get(name, name): value for name, value in attributes.items()}
    unknown = [
        name
        for name, value in attributes.items()
        if name not in attribute_names and not (value is None or value is defaults.get(name, value is None))
    ]
    if unknown:
        raise TypeError(_no_answer(function, unknown))
    return inputs, {name: value for name, value in attributes.items() if name in attribute_names}


_ALIASES = {"newshape": "shape"}  # NumPy 2.0's name


@functools.cache
def _signature(answer: Callable[..., Any]) -> tuple[list[str], list[str], bool]:
    parameters = inspect.signature(getattr(answer, "forward", answer)).parameters.values()
    inputs = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    attributes = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "out"]
    return inputs, attributes, any(p.kind is p.VAR_POSITIONAL for p in parameters)


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
