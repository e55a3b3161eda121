"""Patterns: several calls that one does faster, at the price of rounding otherwise.

An update of plain SGD, ``p -= lr * gradient``, whose gradient is a product or a sum over the batch becomes one product
that is scaled and added to the parameter on the way, and the gradient itself is made only if somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import blas
from ..ops.sums import ones
from ..ops.update import LARGE
from ..primitive import registry
from . import lower
from .trace import INPUT, KNOWN, RESULT, Call, Opaque, Value, values_in


@dataclass(eq=False)
class Transposed:
    """A matrix that is an operand, and whether it is to be transposed first."""

    value: Value
    flip: bool

    def values_inside(self) -> list[Value]:
        """Return the value."""
        return [self.value]

    def of(self, array: Any) -> Any:
        """Return `array`, transposed if that is wanted."""
        return array.T if self.flip else array


@dataclass(eq=False)
class Recipe:
    """How to make a gradient: the product of two matrices or the sum of the rows of one, transposed or not."""

    operands: list[Transposed]
    flip: bool


def descend(*operands: Any) -> None:
    """Stand for ``p -= lr * (a @ b)``, or ``p -= lr * a.sum(0)`` if there is one operand: a call that `emit` binds."""
    raise NotImplementedError


class Patterns:
    """The calls of a plan, with what makes and uses their values."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = list(calls)
        self.makers = {value: call for call in calls for value in values_in(call.result)}
        self.place = {call: index for index, call in enumerate(calls)}
        self.uses: dict[Value, int] = {}
        for call in calls:
            for root in {value.root for value in values_in((call.arguments, call.keywords))}:
                self.uses[root] = self.uses.get(root, 0) + 1
        self.recipes: dict[Value, Recipe] = {}

    # ---- updates of plain SGD

    def updates(self, deferrable: Iterable[Value], fused: bool) -> list[Call]:
        """Return the calls with updates in one pass where that is possible, and else in two.

        Parameters
        ----------
        deferrable : values that only ``.grad`` needs at the end; `recipes` says how to make those that are gone.
        fused : whether the first is wanted.
        """
        gone: set[Call] = set()
        result: dict[Call, list[Call]] = {}
        wanted = set(deferrable)
        for call in self.calls:
            if not _is_plain_descent(call):
                continue
            if call.arguments[0].array.size < LARGE:  # the update itself goes through larger ones in one pass
                result[call] = _in_two_passes(call)
            found = self._in_one_pass(call) if fused and not call.keywords.get("maximize") else None
            if found is not None:
                new, recipe, made = found
                result[call] = [new]
                gone.update(made)
                if call.arguments[1] in wanted:
                    self.recipes[call.arguments[1]] = recipe
        return [new for call in self.calls if call not in gone for new in result.get(call, [call])]

    def _in_one_pass(self, call: Call) -> tuple[Call, Recipe, list[Call]] | None:
        p, gradient, _, lr = call.arguments
        made: list[Call] = []
        value, flip = gradient, False
        while value.root is not value and _is_transpose(self.makers.get(value)):
            made.append(self.makers[value])
            value, flip = made[-1].arguments[0], not flip
        maker = self.makers.get(value)
        if maker is None or value.root is not value or self.uses[value] != 1 + len(made):
            return None
        if self._overwritten(maker, call):
            return None
        operands = self._operands(maker)
        if operands is None or not _binds(Transposed(p, flip), operands):
            return None
        new = Call(descend, (Transposed(p, flip), lr, *operands), {}, writes=call.writes, label=call.label)
        return new, Recipe(operands, flip), [maker, *made]

    def _operands(self, maker: Call) -> list[Transposed] | None:
        """Return what is multiplied or summed, if it is known before the step where in memory it will lie."""
        if maker.function is np.matmul and not maker.keywords and all(x.array.ndim == 2 for x in maker.arguments):
            operands = maker.arguments
        elif maker.function == np.add.reduce and _sums_rows(maker):
            operands = maker.arguments[:1]
        elif maker.function is np.dot and not maker.keywords and _is_ones(maker.arguments[0]):
            operands = maker.arguments[1:]
        else:
            return None
        found = []
        for value in operands:
            flip = False
            while not self._is_fixed(value) and value.kind != INPUT:
                if not _is_transpose(self.makers.get(value)):
                    return None
                value, flip = self.makers[value].arguments[0], not flip
            found.append(Transposed(value, flip))
        return found

    def _is_fixed(self, value: Value) -> bool:
        """Whether the place of a value is known before the step."""
        if value.kind != RESULT:
            return value.kind == KNOWN
        maker = self.makers[value]
        if value.root is value:
            return lower.into(maker, value) is not None and not maker.effect
        return all(self._is_fixed(operand) for operand in values_in((maker.arguments, maker.keywords)))

    def _overwritten(self, maker: Call, update: Call) -> bool:
        """Whether what a gradient is made of is changed before the update."""
        roots = {value.root for value in values_in(maker.arguments)}
        between = self.calls[self.place[maker] : self.place[update]]
        return any(roots & set(call.writes) for call in between)


def _is_plain_descent(call: Call) -> bool:
    """Whether it is ``p -= lr * gradient``, or ``+=``, and no more."""
    if not (type(call.function) is Opaque and call.function.identity is registry["sgd_update"].forward):
        return False
    p, gradient, buffer, _ = call.arguments
    others = any(value for name, value in call.keywords.items() if name != "maximize")
    return buffer is None and not others and p.array.dtype == gradient.array.dtype and p.array.dtype.char in "fd"


def _in_two_passes(call: Call) -> list[Call]:
    """Return the update as what it is in eager mode: a product and a difference."""
    p, gradient, _, lr = call.arguments
    change = Value(-1, RESULT, np.empty_like(gradient.array), label=call.label)
    change.root = change
    move = np.add if call.keywords.get("maximize") else np.subtract
    return [
        Call(np.multiply, (gradient, lr), {}, result=change, label=call.label),
        Call(move, (p, change, p), {}, writes=call.writes, label=call.label),
    ]


def _is_transpose(call: Call | None) -> bool:
    return call is not None and call.function is np.ndarray.transpose and len(call.arguments) == 1


def _sums_rows(call: Call) -> bool:
    axis = call.arguments[1] if len(call.arguments) > 1 else call.keywords.get("axis", 0)
    return axis in (0, (0,)) and call.arguments[0].array.ndim == 2 and set(call.keywords) <= {"axis"}


def _is_ones(x: Any) -> bool:
    """Whether a product with `x` from the left sums rows, as `ops.sums` has it done."""
    return type(x) is Value and x.kind == KNOWN and x.array is ones(x.array.size, x.array.dtype)


def _binds(p: Transposed, operands: Sequence[Transposed]) -> bool:
    """Whether the library can do it, with arrays that lie in memory as these do."""
    array = p.of(p.value.array)
    return bind(array, [x.of(x.value.array) for x in operands], blas.NUMBERS[array.dtype.char](0)) is not None


def bind(c: Any, operands: Sequence[Any], alpha: Any, where: Any = None) -> Any:
    """Return the function that adds the product of two operands, or the sum of one, to `c`; or None."""
    if len(operands) == 2:
        return blas.add_product(c, operands[0], operands[1], alpha, where)
    return blas.add_sum(c, operands[0], alpha, where)
