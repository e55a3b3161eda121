"""From a plan to a program: a Python function, generated and compiled, that makes the calls and nothing else.

Arrays that stay in their place have names; views of them are made once.  What a call returns goes into a buffer if the
function can write into one, and the memory of a buffer is used again when nothing needs its contents any more.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .. import blas
from . import fuse, lower
from .plan import is_view
from .source import Source
from .trace import INPUT, KNOWN, Call, Value, replace, values_in

ALIGNMENT = 64  # bytes, of a cache line


class Buffers:
    """Memory for results: what is free is given out again."""

    def __init__(self) -> None:
        self.free: dict[int, list[ndarray]] = {}
        self.nbytes = 0

    def take(self, nbytes: int) -> ndarray:
        """Return memory of so many bytes, the next multiple of the alignment."""
        size = -(-max(nbytes, 1) // ALIGNMENT) * ALIGNMENT
        if self.free.get(size):
            return self.free[size].pop()
        raw = np.zeros(size + ALIGNMENT, np.uint8)
        start = -raw.ctypes.data % ALIGNMENT
        self.nbytes += size
        return raw[start : start + size]

    def give(self, memory: ndarray) -> None:
        """Take memory back."""
        self.free.setdefault(memory.nbytes, []).append(memory)


class Emitter:
    """Writes the calls of a plan, and decides where their results lie."""

    def __init__(self, source: Source, live_values: set[Value], kept: Sequence[Value]) -> None:
        self.source = source
        self.live_values = live_values  # KNOWN values that are the same array each time
        self.wanted = list(kept)
        self.kept = {value.root for value in kept}
        self.place: dict[Value, ndarray] = {}  # of values that stay in their place
        self.local: dict[Value, str] = {}  # of those that do not
        self.buffers = Buffers()
        self.memory: dict[Value, ndarray] = {}  # by root
        self.pointers: dict[Value, Any] = {}  # to inputs
        self.rates: dict[tuple[str, str], Any] = {}  # what the library is given for learning rates
        self.changed = False  # whether anything was done that cannot be undone

    def emit(self, calls: Sequence[Call]) -> None:
        """Write all calls."""
        written = {root for call in calls for root in call.writes}
        last = {}
        for value in self.wanted:
            if value.kind == KNOWN and value not in self.place:
                self._place_known(value, written)
        for index, call in enumerate(calls):
            for value in values_in((call.arguments, call.keywords, call.result)):
                last[value.root] = index
                if value.kind == KNOWN and value not in self.place:
                    self._place_known(value, written)
        dying: dict[int, list[Value]] = {}
        for root, index in last.items():
            if root not in self.kept:
                dying.setdefault(index, []).append(root)
        for index, call in enumerate(calls):
            self._emit_call(call, set(dying.get(index, ())))
            for root in dying.get(index, ()):
                if root in self.memory:
                    self.buffers.give(self.memory.pop(root))

    def _place_known(self, value: Value, written: set[Value]) -> None:
        """Find the place of an array that is there before the step: a constant that is written to begins anew."""
        if value in self.live_values or value.root not in written:
            self.place[value] = value.concrete
            return
        root = value.root
        fresh = np.array(value.array, order="K")
        self.place[value] = fresh
        initial = np.array(root.initial if root.initial is not None else value.array, order="K")
        if value is not root:
            raise NotImplementedError("a view of a constant is written to in a captured step: clone() it first")
        copyto, name, source = self.source.name(np.copyto), self.source.name(fresh), self.source.name(initial)
        self.source.lines.append(f"{copyto}({name}, {source})")

    def expression(self, value: Value) -> str:
        """Return the name of a value."""
        if value in self.local:
            return self.local[value]
        return self.source.name(self.place[value], "a")

    def text(self, function: Any, arguments: Any, keywords: dict[str, Any]) -> str:
        """Return the call as an expression."""
        literals = [self.source.literal(argument, self.expression) for argument in arguments]
        literals += [f"{name}={self.source.literal(argument, self.expression)}" for name, argument in keywords.items()]
        if function is operator.getitem:
            return f"{literals[0]}[{literals[1]}]"
        return f"{self.source.name(function)}({', '.join(literals)})"

    def _emit_call(self, call: Call, dying: set[Value]) -> None:
        if call.expected is not None:
            condition = self.expression(call.arguments[0])
            self._check(f"{condition}" if not call.expected else f"not {condition}", call)
            return
        if call.function is fuse.descend:
            self._emit_descent(call)
            return
        operands = values_in((call.arguments, call.keywords))
        if is_view(call) and not call.shapes and all(value in self.place for value in operands):
            arguments, keywords = (
                replace(tree, (Value,), self.place.__getitem__) for tree in (call.arguments, call.keywords)
            )
            view = call.function(*arguments, **keywords)
            if np.may_share_memory(view, self.place[operands[0]]) or view.size == 0:
                self.place[call.result] = view
                return
        if not call.writes and not call.effect and self._emit_into(call, operands, dying):
            return
        self.changed = self.changed or call.effect or any(root.kind != "result" for root in call.writes)
        text = self.text(call.function, call.arguments, call.keywords)
        target = self._target(call.result)
        self.source.lines.append(text if target == "_" else f"{target} = {text}")
        if call.shapes:
            for value in values_in(call.result):
                self._check(f"{self.local[value]}.shape != {value.array.shape}", call)

    def _emit_descent(self, call: Call) -> None:
        """Write an update by a product or a sum, bound to the arrays; those of inputs are where they are this time."""
        target, lr, *operands = call.arguments
        where, arrays = {}, []
        for operand in operands:
            array = self.place.get(operand.value, operand.value.array)
            arrays.append(operand.of(array))
            if operand.value in self.local:
                if operand.value not in self.pointers:
                    at = self.pointers[operand.value] = blas.pointer(array)
                    x, last = self.local[operand.value], self.source.name([None])
                    find = f"{last}[0], {self.source.name(at)}.value = {x}, {x}.ctypes.data"
                    self.source.lines.append(f"if {x} is not {last}[0]: {find}")  # to ask takes a microsecond
                where[id(arrays[-1])] = self.pointers[operand.value]
        place = target.of(self.place[target.value])
        rate = self.source.literal(lr, self.expression)
        dtype = place.dtype.char
        if (rate, dtype) not in self.rates:
            alpha = self.rates[rate, dtype] = blas.NUMBERS[dtype](0)
            self.source.lines.append(f"{self.source.name(alpha)}.value = -{rate}")
        bound = fuse.bind(place, arrays, self.rates[rate, dtype], where)
        self.changed = True
        self.source.lines.append(f"{self.source.name(bound)}()")

    def later(self, recipe: fuse.Recipe) -> Callable[..., ndarray]:
        """Return a function of the inputs that makes a gradient from what the step leaves in its buffers."""
        numbers = {value: int(name[1:]) for value, name in self.local.items() if value.kind == INPUT}
        arrays = [self.place.get(operand.value) for operand in recipe.operands]
        positions = [numbers.get(operand.value, -1) for operand in recipe.operands]

        def compute(*inputs: ndarray) -> ndarray:
            given = [inputs[i] if x is None else x for x, i in zip(arrays, positions, strict=True)]
            operands = [operand.of(x) for operand, x in zip(recipe.operands, given, strict=True)]
            made = np.matmul(*operands) if len(operands) == 2 else np.add.reduce(operands[0], 0)
            return made.T if recipe.flip else made

        return compute

    def _emit_into(self, call: Call, operands: list[Value], dying: set[Value]) -> bool:
        """Write a call whose result goes into a buffer, if it can."""
        value = call.result
        if lower.into(call, None) is None:
            return False
        reused = self._in_place(call, operands, dying)
        memory = self.memory.pop(reused) if reused is not None else self.buffers.take(value.array.nbytes)
        self.memory[value] = memory
        self.place[value] = lower.like(value.array, memory)
        lowered = lower.into(call, value)
        assert lowered is not None
        function, arguments, keywords = lowered
        if isinstance(function, np.ufunc) and keywords.keys() <= {"out"}:
            arguments = self._scalars(arguments)
        self.source.lines.append(self.text(function, arguments, keywords))
        return True

    def _in_place(self, call: Call, operands: list[Value], dying: set[Value]) -> Value | None:
        """Return an operand whose memory the result of an elementwise call may take: the last to need it is this."""
        value = call.result
        if not isinstance(call.function, np.ufunc) or call.function.signature is not None:
            return None
        for operand in operands:
            form = (operand.array.shape, operand.array.dtype, operand.array.strides)
            alone = all(other is operand or other.root is not operand for other in operands)
            same = form == (value.array.shape, value.array.dtype, value.array.strides)
            if same and alone and operand.root is operand and operand in dying and operand in self.memory:
                return operand
        return None

    def _scalars(self, arguments: Any) -> tuple[Any, ...]:
        """Make Python numbers arrays of the dtype that they would be converted to each time."""
        dtypes = {value.array.dtype for value in arguments if type(value) is Value}
        if len(dtypes) != 1 or next(iter(dtypes)).kind != "f":
            return tuple(arguments)
        dtype = next(iter(dtypes))
        return tuple([np.array(x, dtype) if type(x) in (int, float, bool) else x for x in arguments])

    def _target(self, result: Any) -> str:
        """Return what the result is assigned to."""
        if type(result) is Value:
            name = self.local[result] = f"v{result.number}"
            return name
        if isinstance(result, tuple | list) and values_in(result):
            items = [self._target(item) for item in result]
            return f"[{', '.join(items)}]"
        return "_"

    def _check(self, condition: str, call: Call) -> None:
        if self.changed:
            message = (
                f"{call.label}: a check, or a shape that depends on elements, differs from when the step was captured, "
                "after the step had begun to change things: it cannot be repeated. Do this outside of the captured step"
            )
            self.source.lines.append(f"if {condition}: raise RuntimeError({message!r})")
        else:
            self.source.lines.append(f"if {condition}: return MISS")
