"""What is replaced while a step is captured, and only then: eager mode pays nothing for the jit.

The central one is `Tensor.array`: it gives a `Symbol` for the array, and so the engine, the rules and the modules,
which know nothing of this, compute with symbols instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .. import autograd
from ..graph import Hooks, Leaf
from ..ops import random, update
from ..primitive import Primitive, registry
from ..tensor import Tensor
from .observers import Patch, observers
from .symbol import Symbol, ValueNeededError
from .trace import ARRAY, DependentShapeError, Opaque, Tracer, local, replace

SHAPES_FROM_VALUES = {"nonzero", "take_mask", "unique", "bincount"}  # operations whose results have unknown shapes

_one_at_a_time = threading.RLock()
_absent = object()


@contextmanager
def recording() -> Iterator[Tracer]:
    """Record what this thread does with tensors, in a tracer; other threads go on as ever."""
    with _one_at_a_time:
        tracer = local.tracer = Tracer()
        replaced: list[Patch] = []
        try:
            for owner, name, new in _patches(tracer):
                replaced.append((owner, name, vars(owner).get(name, _absent)))
                setattr(owner, name, new)
            yield tracer
        finally:
            for owner, name, old in reversed(replaced):
                if old is _absent:
                    delattr(owner, name)
                else:
                    setattr(owner, name, old)
            local.tracer = None
            tracer.settle()


@contextmanager
def outside_of_recording() -> Iterator[None]:
    """Let a function that a replay calls as well, such as a hook, do what it likes."""
    held, local.tracer = local.tracer, None
    try:
        yield
    finally:
        local.tracer = held


def _patches(tracer: Tracer) -> list[Patch]:
    import tinygrad_np

    patches: list[Patch] = [
        (Tensor, "array", property(_array_of, _hold)),
        (Leaf, "grad", property(_grad_of, _set_grad)),
        (np, "asarray", _passing_symbols(np.asarray)),
        (np, "array", _passing_symbols(np.array)),
        (autograd, "run_hooks", _hooks_each_time(autograd.run_hooks)),
        (autograd, "propagate", _noting_roots(autograd.propagate)),
    ]
    patches += [(Tensor, name, _refused(name, getattr(Tensor, name))) for name in REFUSED]
    patches += [(module, "draw", _drawn_each_time(random.draw)) for module in (random, tinygrad_np)]
    patches += [(module, "sgd_update_each", _one_by_one(update.sgd_update_each)) for module in (update, tinygrad_np)]
    for operation in registry.values():
        patches.append((operation, "forward", _forward(operation)))
        operation.compile_rules()
        if operation.joint is not None:
            patches.append((operation, "joint", _rule(operation, operation.joint)))
        if operation.rules:
            rules = tuple([None if rule is None else _rule(operation, rule) for rule in operation.rules])
            patches.append((operation, "rules", rules))
    for observer in observers:
        patches += observer(tracer)
    return patches


# ---- tensors and leaves


def _array_of(tensor: Tensor) -> Any:
    return ARRAY.__get__(tensor) if local.tracer is None else local.tracer.array_of(tensor)


def _hold(tensor: Tensor, array: Any) -> None:
    if local.tracer is None:
        ARRAY.__set__(tensor, array)
    else:
        local.tracer.hold(tensor, array)


_GRAD = Leaf.__dict__["grad"]


def _grad_of(leaf: Leaf) -> Tensor | None:
    grad: Tensor | None = _GRAD.__get__(leaf)
    tracer = local.tracer
    if tracer is not None and leaf not in tracer.final_grads:
        tracer.entry_grads[leaf] = grad
    return grad


def _set_grad(leaf: Leaf, grad: Tensor | None) -> None:
    tracer = local.tracer
    if tracer is not None:
        try:
            _GRAD.__get__(leaf)
        except AttributeError:  # it is being made
            tracer.made_leaves.add(leaf)
        tracer.final_grads[leaf] = grad
    _GRAD.__set__(leaf, grad)


REFUSED = {  # methods of tensors that ask for elements, with their names in messages
    "numpy": "numpy()",
    "item": "item()",
    "tolist": "tolist()",
    "__array__": "conversion to an ndarray",
    "__bool__": "bool()",
    "__int__": "int()",
    "__float__": "float()",
    "__index__": "use as an index",
}


def _refused(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        tracer = local.tracer
        if tracer is None:
            return method(self, *args, **kwargs)
        raise ValueNeededError(tracer.refusal(REFUSED[name], tracer.array_of(self).value))

    return refuse


# ---- functions


def _passing_symbols(function: Any) -> Callable[..., Any]:
    """Return np.asarray or np.array, which NumPy's protocols leave out, for symbols and lists of symbols too."""

    def convert(*args: Any, **kwargs: Any) -> Any:
        tracer = local.tracer
        if tracer is not None and args and _holds_symbol(args[:1]):
            converted = tracer.record(function, args, kwargs)
            if type(args[0]) is Symbol:
                converted.value.label = args[0].value.label
            return converted
        return function(*args, **kwargs)

    return convert


def _holds_symbol(data: Any) -> bool:
    return any(type(item) is Symbol or (type(item) in (list, tuple) and _holds_symbol(item)) for item in data)


def _drawn_each_time(draw: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(function: Callable[..., Any], generator: Any = None) -> Any:
        if local.tracer is None:
            return draw(function, generator)
        return local.tracer.record_effect(lambda: draw(function, generator), "draw", (function.__code__, generator))

    return drawn


def _hooks_each_time(run_hooks: Callable[..., Any]) -> Callable[..., Any]:
    def run(hooks: Hooks, g: Any) -> Any:
        tracer = local.tracer
        if tracer is None or isinstance(g, Tensor):
            return run_hooks(hooks, g)

        def call(array: Any) -> Any:
            with outside_of_recording():
                return run_hooks(hooks, array.copy())

        return tracer.record_effect(call, "run_hooks", hooks, (g,))

    return run


def _noting_roots(propagate: Callable[..., Any]) -> Callable[..., Any]:
    def noting(roots: Any, *args: Any, **kwargs: Any) -> Any:
        if local.tracer is not None:
            local.tracer.differentiated.update(edge for edge, _ in roots)
        return propagate(roots, *args, **kwargs)

    return noting


def _one_by_one(sgd_update_each: Callable[..., None]) -> Callable[..., None]:
    def update_each(parameters: Any, lr: Any, maximize: bool = False) -> None:
        if local.tracer is None:
            sgd_update_each(parameters, lr, maximize)
            return
        for p in parameters:
            if p.grad is not None:
                registry["sgd_update"](p, p.grad, None, lr, maximize=maximize)

    return update_each


# ---- operations: recorded call by call where that is possible, else called as they are


def _forward(operation: Primitive) -> Callable[..., Any]:
    forward = operation.forward

    def traced(*arrays: Any, **attributes: Any) -> Any:
        tracer = local.tracer
        if tracer is None:
            return forward(*arrays, **attributes)
        opaque = Opaque(forward, forward, operation.name)
        if operation.mutates:
            writes = [x for x, name in zip(arrays, operation.inputs, strict=False) if name in operation.mutates]
            writes = [x for x in writes if type(x) is Symbol]
            with tracer.inside(operation.name):
                return tracer.record_opaque(opaque, arrays, attributes, writes)
        return _attempt(
            tracer,
            operation,
            lambda: forward(*arrays, **attributes),
            lambda: tracer.record_opaque(opaque, arrays, attributes),
        )

    return traced


class _Saved:
    """What a node saved, as arrays."""

    def __init__(self, inputs: Any, output: Any, attributes: Any, input_shapes: Any) -> None:
        self.inputs, self.output, self.attributes, self.input_shapes = inputs, output, attributes, input_shapes


def _rule(operation: Primitive, rule: Callable[..., Any]) -> Callable[..., Any]:
    def traced(g: Any, saved: Any, needs: Any = None) -> Any:
        tracer = local.tracer
        if tracer is None:
            return rule(g, saved, needs)
        if any(isinstance(x, Tensor) for x in (g if type(g) is tuple else (g,))):
            with tracer.inside(operation.name):
                return rule(g, saved, needs)
        g = replace(g, (np.ndarray,), tracer.known)  # or what is made of it would be a constant that is not recorded
        needs = None if needs is None else tuple([need is not None for need in needs])

        def call(g: Any, inputs: Any, output: Any, attributes: Any) -> Any:
            return rule(g, _Saved(inputs, output, attributes, saved.input_shapes), needs)

        opaque = Opaque(call, (rule, needs, saved.input_shapes), f"{operation.name}_vjp")
        arguments = (g, saved.inputs, saved.output, saved.attributes)
        return _attempt(
            tracer,
            operation,
            lambda: rule(g, saved, needs),
            lambda: tracer.record_opaque(opaque, arguments, {}),
        )

    return traced


def _attempt(
    tracer: Tracer, operation: Primitive, recorded: Callable[[], Any], as_it_is: Callable[[], Any]
) -> Any:
    """Record the calls of an operation, or the operation as one call if elements are needed in between."""
    if operation.name in SHAPES_FROM_VALUES and not tracer.names:
        raise DependentShapeError(tracer.unknown_shape(operation.name))
    mark = tracer.mark()
    with tracer.inside(operation.name):
        try:
            return recorded()
        except ValueNeededError:
            tracer.roll_back(mark)
            return as_it_is()
