"""From a recording to the list of calls that is worth making: each pass takes a list of calls and returns one."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .trace import INPUT, KNOWN, Call, Live, Opaque, Value, replace, values_in

COPIES = {np.ndarray.copy, np.copy, np.array, np.ndarray.astype, np.ndarray.flatten}


def plan(
    calls: Sequence[Call], kept: Iterable[Value], live_values: set[Value]
) -> tuple[list[Call], dict[Value, Value]]:
    """Return the calls to make, in order, and the values that others were replaced by.

    Parameters
    ----------
    calls : a recording.
    kept : the values that are wanted at the end.
    live_values : the known ones that are not constant.
    """
    merged, stands_for = without_repetitions(without_constants(calls, live_values))
    live = without_dead(merged, [stands_for.get(value, value) for value in kept])
    return checks_first(live), stands_for


# ---- constants


def without_constants(calls: Sequence[Call], live_values: set[Value]) -> list[Call]:
    """Leave out what is computed from constants alone: its result, which is there already, becomes one."""
    written = {root for call in calls for root in call.writes}
    result = []
    for call in calls:
        operands, outputs = values_in((call.arguments, call.keywords)), values_in(call.result)
        constant = all(x.kind == KNOWN and x not in live_values and x.root not in written for x in operands)
        alone = not (call.effect or call.writes or any(x.root in written for x in outputs))
        if not (constant and alone and operands and not _reads_options(call)):
            result.append(call)
        elif call.expected is None:
            for value in outputs:
                value.kind, value.root = KNOWN, value
    return result


def _reads_options(call: Call) -> bool:
    found: list[Any] = []
    replace((call.arguments, call.keywords), (Live,), found.append)
    return bool(found)


# ---- common subexpressions


def without_repetitions(calls: Sequence[Call]) -> tuple[list[Call], dict[Value, Value]]:
    """Make each call once with the same arguments, unless one of them was written to in between."""
    written = {root for call in calls for root in call.writes}
    versions: dict[Value, int] = {}
    known: dict[Any, Call] = {}
    stands_for: dict[Value, Value] = {}
    result: list[Call] = []
    for call in calls:
        arguments, keywords = (
            replace(tree, (Value,), lambda value: stands_for.get(value, value))
            for tree in (call.arguments, call.keywords)
        )
        call = dataclasses.replace(call, arguments=arguments, keywords=keywords)
        outputs = values_in(call.result)
        for value in outputs:
            value.root = stands_for.get(value.root, value.root)
        pure = not (call.effect or call.writes or type(call.function) is Opaque or call.function in COPIES)
        key = _key((call.function, arguments, keywords), versions) if pure else None
        if key is not None and not any(value.root in written for value in outputs):
            earlier = known.setdefault((key, call.expected), call)
            if earlier is not call:
                stands_for.update(zip(outputs, values_in(earlier.result), strict=True))
                continue
        for root in call.writes:
            versions[root] = versions.get(root, 0) + 1
        result.append(call)
    return result, stands_for


def _key(tree: Any, versions: dict[Value, int]) -> Any:
    """Return something that is equal for equal calls; None if it is not known."""
    if type(tree) is Value:
        return (tree.number, versions.get(tree.root, 0))
    if isinstance(tree, tuple | list | dict):
        items = tree.items() if isinstance(tree, dict) else tree
        keys = [_key(item, versions) for item in items]
        return None if None in keys else (type(tree).__name__, *keys)
    if isinstance(tree, slice):
        return ("slice", tree.start, tree.stop, tree.step)
    try:
        hash(tree)
    except TypeError:
        return None
    return (type(tree).__name__, repr(tree) if isinstance(tree, float) else tree, tree is None)


# ---- dead code


def without_dead(calls: Sequence[Call], kept: Iterable[Value]) -> list[Call]:
    """Leave out what nothing depends on: no kept value, no check, no effect, no memory from outside."""
    needed = set(kept)
    roots = {value.root for value in needed}
    result: list[Call] = []
    for call in reversed(calls):
        outside = any(root.kind in (INPUT, KNOWN) for root in call.writes)
        used = needed.intersection(values_in(call.result)) or roots.intersection(call.writes)
        if not (used or outside or call.effect or call.expected is not None):
            continue
        operands = values_in((call.arguments, call.keywords))
        needed.update(operands)
        roots.update(value.root for value in operands)
        result.append(call)
    return result[::-1]


# ---- checks


def checks_first(calls: Sequence[Call]) -> list[Call]:
    """Make checks, and what they depend on, before everything else, where no write or effect forbids it.

    A check that fails before anything has happened lets another way be taken.
    """
    maker: dict[Value, int] = {}
    unmovable: set[int] = set()
    written = {root for call in calls for root in call.writes}
    needs: list[set[int]] = []
    first: set[int] = set()
    for index, call in enumerate(calls):
        operands = values_in((call.arguments, call.keywords))
        needs.append(set().union(*({maker[v]} | needs[maker[v]] for v in operands if v in maker)))
        for value in values_in(call.result):
            maker[value] = index
        if call.effect or call.writes or any(value.root in written for value in operands):
            unmovable.add(index)
        if call.expected is not None and not (needs[index] | {index}) & unmovable:
            first |= needs[index] | {index}
    return [calls[i] for i in sorted(first)] + [call for i, call in enumerate(calls) if i not in first]


def is_view(call: Call) -> bool:
    """Whether the call gives a view, which needs to be made once only if its array stays in its place."""
    result = call.result
    return type(result) is Value and result.root is not result and not call.effect and call.function is not operator.pow
