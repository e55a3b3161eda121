"""What a step leaves: its result, the gradients of leaves, and memory that was written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Leaf, Node, Output
from ..tensor import Tensor
from .trace import Tracer, Value, replace


class Ends:
    """What a recorded step finds and leaves beside its calls.

    Attributes
    ----------
    arguments : the tensors that it was given.
    result : what it returned, with values for new tensors and `Passed` for arguments.
    grads : the last ``.grad`` of each leaf, or of an argument by its number: a value, a tensor from outside or None.
    entries : the ``.grad`` that leaves had where it was read before it was written.
    versions : the version cells of the tensors from outside whose memory was written to.
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
        self.versions = _written_versions(tracer)

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


def _written_versions(tracer: Tracer) -> list[Any]:
    """Return the version cells of the tensors from outside whose memory was written to."""
    written = {root for call in tracer.calls for root in call.writes}
    cells = {}
    for tensor, array, _ in tracer.tensors.values():
        if tracer.known(array).value.root in written:
            cells[id(tensor._version)] = tensor._version
    return list(cells.values())
