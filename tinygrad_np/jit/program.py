"""A captured step as a program: what must hold for it to be replayed, the calls, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..graph import Leaf
from ..tensor import Tensor, wrap
from .compare import is_live
from .deferred import Deferred, Frame
from .emit import Emitter
from .ends import Ends, Passed
from .fuse import Patterns, Recipe
from .plan import plan, without_dead
from .source import Source
from .trace import ARRAY, KNOWN, Call, Live, Tracer, Value, replace, values_in

Program = Callable[..., Any]  # of the tensors among the arguments; returns MISS where they do not fit it


def build(first: Tracer, second: Tracer, exact: bool) -> Program:
    """Return the program of what was recorded twice; `exact` forbids patterns that round otherwise."""
    ends: Ends = second.ends
    live_values = {b for a, b in zip(first.values, second.values, strict=True) if b.kind == KNOWN and is_live(a, b)}
    calls, stands_for = plan(second.calls, ends.values(), live_values)

    def current(tree: Any) -> list[Value]:
        return [stands_for.get(value, value) for value in values_in(tree)]

    patterns = Patterns(calls)
    for_grads_only = set(current(list(ends.grads.values()))) - set(current(ends.result))
    calls = patterns.updates(for_grads_only, fused=not exact)
    kept = [value for value in current(ends.values()) if value not in patterns.recipes]
    kept += values_in([recipe.operands for recipe in patterns.recipes.values()])
    source = Source()
    emitter = Emitter(source, live_values, kept)
    _Guards(source, second).write(emitter)
    emitter.emit(without_dead(calls, kept))
    _Leavings(source, emitter, second, stands_for, patterns.recipes).write()
    return source.compile("replay", [f"t{number}" for number in range(len(ends.arguments))])


def first_place(array: Any, arrays: Sequence[Any]) -> int:
    """Return where `array` itself stands first among `arrays`."""
    return next(number for number, other in enumerate(arrays) if other is array)


class _Guards:
    """Writes what is checked before anything is done."""

    def __init__(self, source: Source, tracer: Tracer) -> None:
        self.source, self.tracer, self.name = source, tracer, source.name
        self.ends: Ends = tracer.ends

    def write(self, emitter: Emitter) -> None:
        """Write all guards, and tell the emitter what the arrays of the arguments are called."""
        arrays = [ARRAY.__get__(tensor) for tensor in self.ends.arguments]
        for number, array in enumerate(arrays):
            self.source.lines.append(f"x{number} = t{number}.array")
            self._write_miss(self._argument(number, arrays))
            emitter.local.setdefault(self.tracer.known(array).value, f"x{number}")
        conditions = [*self._outside(), *self._leaves(), *self._options()]
        conditions += [line for watched in self.tracer.watched for line in watched.conditions(self.name)]
        conditions = list(dict.fromkeys(conditions))
        self.source.lines.append("try:")
        for start in range(0, len(conditions), 4):
            self._write_miss(conditions[start : start + 4], indent="    ")
        self.source.lines += ["    pass", "except LookupError: return MISS"]  # what was asked for is there no more

    def _write_miss(self, conditions: Sequence[str], indent: str = "") -> None:
        self.source.lines.append(f"{indent}if {' or '.join(conditions)}: return MISS")

    def _argument(self, number: int, arrays: Sequence[Any]) -> list[str]:
        """Return what is true of an argument that does not fit: its form, edge, or that two are one or one is two."""
        x, array, edge = f"x{number}", arrays[number], f"t{number}._edge"
        leaf = isinstance(self.ends.arguments[number]._edge, Leaf)
        form = [f"{x}.shape != {array.shape}", f"{x}.strides != {array.strides}"]
        form.append(f"{x}.dtype is not {self.name(array.dtype)}")
        form.append(f"{self.name(type)}({edge}) is not {self.name(Leaf)}" if leaf else f"{edge} is not None")
        return form + [f"{x} {'is not' if y is array else 'is'} x{i}" for i, y in enumerate(arrays[:number])]

    def _outside(self) -> list[str]:
        """Return conditions on tensors from outside: they must have the memory, and if leaves the edge, they had."""
        conditions = []
        for tensor, array, edge in self.tracer.outside().values():
            conditions.append(f"{self.name(tensor, 't')}.array is not {self.name(array, 'a')}")
            if edge is None or isinstance(edge, Leaf):
                conditions.append(f"{self.name(tensor)}._edge is not {self.name(edge, 'e')}")
        return conditions

    def _leaves(self) -> list[str]:
        """Return conditions on leaves: the gradients that they had before, and hooks."""
        conditions = []
        for leaf, grad in self.ends.entries.items():
            conditions.append(f"{leaf_name(self.source, leaf)}.grad is not {self.name(grad, 't')}")
        for leaf in self.ends.grads:
            edge = self.ends.arguments[leaf]._edge if isinstance(leaf, int) else leaf
            conditions.append(f"{leaf_name(self.source, leaf)}.hooks is not {self.name(edge and edge.hooks)}")
        return conditions

    def _options(self) -> list[str]:
        """Return conditions on options that are read anew: they must be numbers still."""
        return [f"{self.name(type)}({self.source.live(x)}) is not float" for x in _live_options(self.tracer.calls)]


def _live_options(calls: Sequence[Call]) -> list[Live]:
    found: list[Live] = []
    replace([(call.arguments, call.keywords) for call in calls], (Live,), found.append)
    return found


def leaf_name(source: Source, leaf: Any) -> str:
    """Return the expression for a leaf, or for that of an argument by its number."""
    return f"t{leaf}._edge" if isinstance(leaf, int) else source.name(leaf, "e")


class _Leavings:
    """Writes what is left behind: gradients, versions, the result."""

    def __init__(
        self,
        source: Source,
        emitter: Emitter,
        tracer: Tracer,
        stands_for: dict[Value, Value],
        recipes: dict[Value, Recipe],
    ) -> None:
        self.source, self.emitter, self.tracer, self.name = source, emitter, tracer, source.name
        self.stands_for, self.recipes = stands_for, recipes
        self.ends: Ends = tracer.ends
        self.frame = Frame()

    def write(self) -> None:
        """Write all of it."""
        arguments = range(len(self.ends.arguments))
        if self.recipes:
            frame = self.name(self.frame)
            inputs = "".join(f"t{i}, " for i in arguments)
            versions = "".join(f"t{i}._version[0], " for i in arguments)
            self.source.lines.append(f"{frame}.count += 1")
            self.source.lines += [f"{frame}.inputs = ({inputs})", f"{frame}.versions = ({versions})"]
        given: set[Value] = set()
        for leaf, grad in self.ends.grads.items():
            self.source.lines.append(f"{leaf_name(self.source, leaf)}.grad = {self._gradient(grad, given)}")
        cells = {id(self.ends.arguments[i]._version): f"t{i}._version" for i in arguments}
        for cell in self.ends.versions:
            self.source.lines.append(f"{cells.get(id(cell)) or self.name(cell, 'n')}[0] += 1")
        for watched in self.tracer.watched:
            self.source.lines += watched.effects(self.name)
        self.source.lines.append(f"return {self._result(self.ends.result)}")

    def _gradient(self, grad: Any, given: set[Value]) -> str:
        """Return the expression for a gradient: the same tensor each time, unless another leaf has its memory."""
        if not isinstance(grad, Value):
            return self.name(grad, "t")
        value = self.stands_for.get(grad, grad)
        if value in self.recipes:
            return self.name(Deferred.of(self.frame, self.emitter.later(self.recipes[value])), "t")
        if value in self.emitter.place and value.kind != KNOWN and value.root not in given:
            given.add(value.root)
            return self.name(wrap(self.emitter.place[value]), "t")
        return f"{self.name(copied)}({self.emitter.expression(value)})"

    def _result(self, tree: Any) -> str:
        if isinstance(tree, Passed):
            return f"t{int(tree)}"
        if type(tree) is Value:
            return f"{self.name(copied)}({self.emitter.expression(self.stands_for.get(tree, tree))})"
        if type(tree) in (tuple, list):
            items = ", ".join(self._result(item) for item in tree)
            return f"[{items}]" if type(tree) is list else f"({items}{',' if len(tree) == 1 else ''})"
        if type(tree) is dict:
            items = ", ".join(f"{self._result(key)}: {self._result(item)}" for key, item in tree.items())
            return f"{{{items}}}"
        return self.source.literal(tree, self.emitter.expression)


def copied(array: Any) -> Tensor:
    """Return a new tensor with a copy of `array`."""
    return wrap(np.array(array, order="K"))
