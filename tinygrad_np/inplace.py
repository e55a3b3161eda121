"""Writing into tensors, with gradients.

A write is recorded as the operation that gives the new value; then the value is put into the old memory, the version of
that memory is counted up, and the tensor gets the new value's history.  If the tensor is a view, its base gets the
history "the base with this view replaced", and every other view of the base finds that out when it is used next
(`tensor.edge_of`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .graph import Edge, Leaf, mode
from .ops.index import assign, recorded_index, set_index
from .primitive import primitive, registry
from .tensor import Tensor, edge_of, wrap


@primitive()
def set_view(base: Any, value: Any, *, steps: Any) -> Any:
    """Return `base` with the view that `steps` lead to replaced by `value`.

    dbase = g with that view zeroed;  dvalue = that view of g.
    """
    result = np.array(base, order="K")
    region = result
    for operation, attributes in steps:
        region = operation.forward(region, **attributes)
    region[...] = value
    return result


def _view_of(g: Any, value_shape: tuple[int, ...], steps: Any) -> Any:
    for operation, attributes in steps:
        g = operation(g, **attributes) if isinstance(g, Tensor) else operation.forward(g, **attributes)
    return g


def _without_view(g: Any, value_shape: tuple[int, ...], steps: Any) -> Any:
    if isinstance(g, Tensor):
        return set_view(g, np.zeros(value_shape, g.dtype), steps=steps)
    return set_view.forward(g, 0, steps=steps)


set_view.defvjp(_without_view, _view_of)


def write(target: Any, operation: Callable[..., Tensor], *others: Any, **attributes: Any) -> Any:
    """Put ``operation(target, *others, **attributes)`` into the memory of `target` and return `target`.

    Raises
    ------
    RuntimeError
        If a leaf that requires grad, or a view of one, would be written to while recording; if the memory is read-only
        or shared by several elements; if the new value does not fit the shape or dtype.
    """
    check_writable(target)
    value = operation(target, *others, **attributes)
    array = target.array
    if value.shape != array.shape:
        raise RuntimeError(f"a result of shape {value.shape} cannot be written into a tensor of shape {array.shape}")
    if not np.can_cast(value.dtype, array.dtype, "same_kind"):
        raise RuntimeError(
            f"a result of dtype {value.dtype} cannot be written into a tensor of dtype {array.dtype}: convert it"
        )
    if value.dtype != array.dtype:
        value = registry["astype"](value, dtype=array.dtype)
    np.copyto(array, value.array)
    target._version[0] += 1
    adopt(target, value._edge)
    return target


def set_item(target: Any, index: Any, value: Any) -> None:
    """Do ``target[index] = value``, writing only the elements that `index` chooses."""
    check_writable(target)
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(value, target.dtype))
    elif value.dtype != target.dtype:
        value = registry["astype"](value, dtype=target.dtype)
    index = recorded_index(index)
    parents = (edge_of(target), edge_of(value))
    try:
        assign(target.array, index, value.array)
    except (IndexError, ValueError) as error:
        raise type(error)(
            f"cannot assign values of shape {value.shape} to a tensor of shape {target.shape}: {error}"
        ) from error
    target._version[0] += 1
    needs = bits(parents)
    if mode.enabled and needs:
        arrays = (target.array, value.array)
        node = set_index.record((target, value), parents, needs, arrays, {"index": index}, None)
        node.shape, node.dtype = target.shape, target.dtype
        adopt(target, node)


def adopt(target: Tensor, edge: Edge) -> None:
    """Give `target`, whose memory holds a new value, the history of that value; and so its base, if it is a view."""
    view = target._view
    if not mode.enabled:
        return
    if view is None:
        target._edge = edge
        return
    base = view.base
    parents = (edge_of(base), edge)
    needs = bits(parents)
    if needs:
        arrays = (base.array, target.array)
        node = set_view.record((base, target), parents, needs, arrays, {"steps": view.steps}, None)
        node.shape, node.dtype = base.shape, base.dtype
        base._edge = node


def bits(parents: tuple[Edge, ...]) -> int:
    """Return a number with a bit set for each of `parents` that there is, as `Primitive.record` takes it."""
    return sum(1 << i for i, parent in enumerate(parents) if parent is not None)


def check_writable(target: Tensor) -> None:
    """Raise `RuntimeError` if `target` cannot be written to, or is a leaf whose gradient would be lost."""
    if not target.array.flags.writeable:
        raise RuntimeError(
            "this tensor's memory is read-only, or one element stands in several places: clone() it first"
        )
    if mode.enabled and isinstance(target._edge, Leaf):
        raise RuntimeError("a leaf that requires grad cannot be written to while recording: write under no_grad()")
    if mode.enabled and target._view is not None and isinstance(target._view.base._edge, Leaf):
        raise RuntimeError(
            "a view of a leaf that requires grad cannot be written to while recording: write under no_grad()"
        )
