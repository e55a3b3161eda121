"""A captured step: what must hold for it to be replayed, the calls, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Leaf, Node, Output
from ..tensor import Tensor, wrap
from .compare import is_live
from .emit import Emitter, Writer
from .deferred import Deferred, Frame
from .fuse import Patterns, Recipe
from .plan import plan, without_dead
from .symbol import Symbol
from .trace import ARRAY, KNOWN, Call, Live, Tracer, Value, replace, values_in

class Ends:
    """What a recorded step leaves: its result, and the gradients of leaves.

    Attributes
    ----------
    result : nested tuples, lists and dicts with values, arguments by their number in an `Argument`, tensors from outside.
    grads : for a leaf, or the number of an argument, a value, a tensor from outside or None.
    """

    def __init__(self, tracer: Tracer, result: Any, arguments: Sequence[Tensor]) -> None:
        self.arguments = list(arguments)
        positions = {id(tensor): number for number, tensor in reversed(list(enumerate(arguments)))}
        leaves = {tensor._edge: number for number, tensor in enumerate(arguments) if isinstance(tensor._edge, Leaf)}

        def end(tensor: Tensor, may_have_history: bool = False) -> Any:
            if id(tensor) in positions:
                return Passed(positions[id(tensor)])
            if id(tensor) in tracer.tensors:
                return tensor
            if not may_have_history and has_history(tensor, tracer.differentiated):
                raise RuntimeError(
                    f"a captured function returns a tensor of shape {tensor.shape} that requires grad, whose history "
                    "would be lost: call backward() in the function, return detach(), or call it under no_grad()"
                )
            return tracer.array_of(tensor).value

        self.result = replace(result, TensorTypes(), end)
        self.grads: dict[Any, Any] = {}
        for leaf, grad in tracer.final_grads.items():
            if leaf not in tracer.made_leaves:
                self.grads[leaves.get(leaf, leaf)] = None if grad is None else end(grad, True)
        self.entries = {
            leaves.get(leaf, leaf): grad for leaf, grad in tracer.entry_grads.items() if leaf not in tracer.made_leaves
        }
        self.versions = written_versions(tracer)

    def values(self) -> list[Value]:
        """Return the values among the ends."""
        found: list[Value] = []
        replace((self.result, list(self.grads.values())), (Value,), found.append)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ends) and all(
            _comparable(getattr(self, name)) == _comparable(getattr(other, name))
            for name in ("result", "grads", "entries")
        )


class Passed(int):
    """The number of an argument that is returned."""


class TensorTypes:
    """The types of tensors."""

    def __contains__(self, kind: type) -> bool:
        return issubclass(kind, Tensor)


def _comparable(tree: Any) -> Any:
    """Return nested containers with values by their numbers and tensors by their ids."""
    if isinstance(tree, dict):
        return {key if isinstance(key, int) else id(key): _comparable(item) for key, item in tree.items()}
    tree = replace(tree, (Value,), lambda value: ("value", value.number))
    return replace(tree, TensorTypes(), lambda tensor: ("tensor", id(tensor)))


def has_history(tensor: Tensor, differentiated: set[Any]) -> bool:
    """Whether `tensor` could be differentiated still: it was not, and nothing that it was made of was freed."""
    seen = set()
    stack = [tensor._edge]
    while stack:
        edge = stack.pop()
        if edge is None or edge in seen:
            continue
        if edge in differentiated or (isinstance(edge, Node) and edge.inputs is None):
            return False
        seen.add(edge)
        stack.extend((edge.node,) if isinstance(edge, Output) else edge.parents if isinstance(edge, Node) else ())
    return bool(seen)


def written_versions(tracer: Tracer) -> list[Any]:
    """Return the version cells of the tensors from outside whose memory was written to."""
    written = {root for call in tracer.calls for root in call.writes}
    cells = {}
    for tensor, array, _ in tracer.tensors.values():
        if tracer.known(array).value.root in written:
            cells[id(tensor._version)] = tensor._version
    return list(cells.values())


def build(first: Tracer, second: Tracer, exact: bool) -> Callable[..., Any]:
    """Return the function that replays what was recorded twice; given the tensors, it returns MISS if it does not fit."""
    ends: Ends = second.ends
    live_values = {b for a, b in zip(first.values, second.values, strict=True) if b.kind == KNOWN and is_live(a, b)}
    calls, stands_for = plan(second.calls, ends.values(), live_values)
    patterns = Patterns(calls)
    returned = {stands_for.get(value, value) for value in values_in(ends.result)}
    gradients = {
        stands_for.get(value, value) for value in ends.grads.values() if isinstance(value, Value)
    } - returned
    calls = patterns.updates([] if exact else gradients, fused=not exact)
    writer = Writer()
    kept = [stands_for.get(value, value) for value in ends.values()]
    for recipe in patterns.recipes.values():
        kept += values_in(recipe.operands)
    kept = [value for value in kept if value not in patterns.recipes]
    calls = without_dead(calls, kept)
    emitter = Emitter(writer, live_values, kept)
    _write_guards(writer, emitter, second, ends)
    emitter.emit(calls)
    _write_ends(writer, emitter, second, stands_for, patterns.recipes)
    names = ", ".join(f"t{number}" for number in range(len(ends.arguments)))
    return writer.compile(f"def replay({names}):")


def first_place(array: Any, arrays: Sequence[Any]) -> int:
    """Return where `array` itself stands first among `arrays`."""
    return next(number for number, other in enumerate(arrays) if other is array)


def _write_guards(writer: Writer, emitter: Emitter, tracer: Tracer, ends: Ends) -> None:
    arrays = [ARRAY.__get__(tensor) for tensor in ends.arguments]
    for number, (tensor, array) in enumerate(zip(ends.arguments, arrays, strict=True)):
        value = tracer.known(array).value
        x = f"x{number}"
        form = f"{x}.shape != {array.shape} or {x}.dtype != {writer.name(array.dtype)} or {x}.strides != {array.strides}"
        edge = f"t{number}._edge is not None"
        if isinstance(tensor._edge, Leaf):
            edge = f"{writer.name(type)}(t{number}._edge) is not {writer.name(Leaf)}"
        same = [f"{x} {'is not' if y is array else 'is'} x{other}" for other, y in enumerate(arrays[:number])]
        writer.lines += [f"{x} = t{number}.array", f"if {' or '.join([form, edge, *same])}: return MISS"]
        emitter.local.setdefault(value, x)
    conditions = []
    for tensor, array, edge in tracer.outside().values():
        name = writer.name(tensor, "t")
        conditions.append(f"{name}.array is not {writer.name(array, 'a')}")
        if edge is None or isinstance(edge, Leaf):
            conditions.append(f"{name}._edge is not {writer.name(edge, 'e') if edge is not None else None}")
    for leaf, grad in ends.entries.items():
        expression = _leaf(writer, leaf)
        conditions.append(f"{expression}.grad is not {None if grad is None else writer.name(grad, 't')}")
    for leaf in ends.grads:
        conditions.append(f"{_leaf(writer, leaf)}.hooks is not {_hooks(writer, leaf, ends)}")
    for option in live_options(tracer.calls):
        conditions.append(f"{writer.name(type)}({writer.live(option)}) is not float")
    conditions = list(dict.fromkeys(conditions + [condition for watched in tracer.watched for condition in watched.conditions(writer.name)]))
    for start in range(0, len(conditions), 8):
        writer.lines.append(f"if {' or '.join(conditions[start : start + 8])}: return MISS")


def live_options(calls: Sequence[Call]) -> list[Live]:
    """Return the options that the calls read anew each time."""
    found: dict[Any, Live] = {}
    replace([(call.arguments, call.keywords) for call in calls], (Live,), lambda x: found.setdefault((id(x.container), x.key), x))
    return list(found.values())


def _leaf(writer: Writer, leaf: Any) -> str:
    return f"t{leaf}._edge" if isinstance(leaf, int) else writer.name(leaf, "e")


def _hooks(writer: Writer, leaf: Any, ends: Ends) -> str:
    edge = ends.arguments[leaf]._edge if isinstance(leaf, int) else leaf
    return "None" if edge is None or edge.hooks is None else writer.name(edge.hooks)


def _write_ends(
    writer: Writer, emitter: Emitter, tracer: Tracer, stands_for: dict[Value, Value], recipes: dict[Value, Recipe]
) -> None:
    ends: Ends = tracer.ends
    def current(value: Value) -> Value:
        return stands_for.get(value, value)

    frame = Frame()
    if recipes:
        name = writer.name(frame)
        tensors = [f"t{number}" for number in range(len(ends.arguments))]
        writer.lines.append(f"{name}.count += 1")
        writer.lines.append(f"{name}.inputs = ({''.join(f'{t}, ' for t in tensors)})")
        writer.lines.append(f"{name}.versions = ({''.join(f'{t}._version[0], ' for t in tensors)})")
    for leaf, grad in ends.grads.items():
        if isinstance(grad, Value):
            value = current(grad)
            if value in recipes:
                grad = Deferred.of(frame, emitter.later(recipes[value]))
            elif value in emitter.place and value.kind != KNOWN:
                grad = wrap(emitter.place[value])
            else:
                source = f"{writer.name(wrap)}({writer.name(np.array)}({emitter.expression(value)}, order='K'))"
                writer.lines.append(f"{_leaf(writer, leaf)}.grad = {source}")
                continue
        writer.lines.append(f"{_leaf(writer, leaf)}.grad = {None if grad is None else writer.name(grad, 't')}")
    cells = {id(tensor._version): f"t{number}._version" for number, tensor in enumerate(ends.arguments)}
    for cell in ends.versions:
        writer.lines.append(f"{cells.get(id(cell)) or writer.name(cell, 'n')}[0] += 1")

    for watched in tracer.watched:
        writer.lines += watched.effects(writer.name)

    def result(value: Any) -> str:
        if isinstance(value, Passed):
            return f"t{int(value)}"
        return f"{writer.name(_copied)}({emitter.expression(current(value))})"

    def text(tree: Any) -> str:
        if isinstance(tree, Passed):
            return result(tree)
        if type(tree) in (tuple, list):
            items = ", ".join(map(text, tree))
            return f"[{items}]" if type(tree) is list else f"({items}{',' if len(tree) == 1 else ''})"
        if type(tree) is dict:
            return "{" + ", ".join(f"{writer.literal(k, result)}: {text(item)}" for k, item in tree.items()) + "}"
        return writer.literal(tree, result)

    writer.lines.append(f"return {text(ends.result)}")


def _copied(array: Any) -> Tensor:
    return wrap(np.array(array, order="K"))
