"""Whether two recordings of a step are one: then it may be replayed.

A step is recorded twice.  What Python does beside the tensors (a counter, a first step that makes an optimizer's state,
a number that is computed anew each time) shows in the difference, and nothing of it is taken for constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .trace import KNOWN, Call, Live, Tracer, Value


def difference(first: Tracer, second: Tracer) -> str | None:
    """Return in what the recordings differ, or None."""
    for number, (a, b) in enumerate(zip(first.calls, second.calls, strict=False)):
        if not _same_call(a, b):
            return f"call {number} was {_described(a)}, then {_described(b)}"
    if len(first.calls) != len(second.calls):
        return f"there were {len(first.calls)} calls, then {len(second.calls)}"
    if len(first.values) != len(second.values):
        return f"there were {len(first.values)} arrays, then {len(second.values)}"
    for a_value, b_value in zip(first.values, second.values, strict=True):
        if not _same_value(a_value, b_value):
            return f"array {a_value.number}, of shape {a_value.array.shape}, held other elements the second time"
    if first.outside().keys() != second.outside().keys():
        return "other tensors took part"
    if first.ends != second.ends:
        return "gradients or results were left in another state"
    return None


def is_live(first: Value, second: Value) -> bool:
    """Whether a known array is the same one in both recordings, so that replays are to see what it then holds."""
    return first.array is second.array


def _same_value(a: Value, b: Value) -> bool:
    form = (a.kind, a.array.shape, a.array.dtype, a.array.strides, a.root.number)
    if form != (b.kind, b.array.shape, b.array.dtype, b.array.strides, b.root.number):
        return False
    if a.kind != KNOWN or a.array is b.array:
        return True
    before, after = (x.array if x.initial is None else x.initial for x in (a, b))
    return before.tobytes() == after.tobytes()


def _same_call(a: Call, b: Call) -> bool:
    if a.function != b.function or a.expected != b.expected or a.effect != b.effect:
        return False
    if [root.number for root in a.writes] != [root.number for root in b.writes]:
        return False
    return _same((a.arguments, a.keywords, a.result), (b.arguments, b.keywords, b.result))


def _same(a: Any, b: Any) -> bool:
    if type(a) is not type(b):
        return False
    if type(a) is Value:
        return bool(a.number == b.number)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, Live):
        return a.container is b.container and a.key == b.key
    if isinstance(a, float):
        return repr(a) == repr(b)
    return a is b or bool(np.all(a == b))


def _described(call: Call) -> str:
    numbers = [repr(x) for x in (*call.arguments, *call.keywords.values()) if isinstance(x, bool | int | float)]
    return f"{call.label}({', '.join(numbers)})"
