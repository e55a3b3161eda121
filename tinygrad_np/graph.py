"""The recorded graph: leaves, nodes, and whether this thread is recording.

A tensor's *edge* says where its cotangent goes: to a `Leaf` (made by the user, collects ``.grad``), to a `Node` (made
by an operation), to an `Output` (one of several results of a node), or nowhere (``None``: constant).  Edges point from
results to what they were made of and never back, and nothing in the graph refers to a `Tensor`, so there are no
reference cycles: dropping the result frees the whole graph.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .primitive import Primitive
    from .tensor import Tensor

next_order = itertools.count(-1, -1).__next__  # younger nodes have smaller numbers, so a heap pops them first


class Hooks:
    """What ``register_hook`` and ``retain_grad`` attached to a node or leaf; most have none."""

    __slots__ = ("functions", "grad", "retains")

    def __init__(self) -> None:
        self.functions: dict[int, Callable[[Tensor], Tensor | None]] = {}
        self.retains = False
        self.grad: Tensor | None = None


class Leaf:
    """The end of the graph under a tensor that the user made with ``requires_grad=True``; collects its gradient."""

    __slots__ = ("dtype", "grad", "hooks", "shape")

    def __init__(self, array: np.ndarray) -> None:
        self.shape = array.shape
        self.dtype = array.dtype
        self.grad: Tensor | None = None
        self.hooks: Hooks | None = None


class Node:
    """One recorded application of a primitive: what its derivative needs, and where its cotangents go.

    Made by `Primitive.record`, which fills all fields.

    Attributes
    ----------
    primitive
        the operation, which holds the vjp rules.
    parents
        the edge of each positional input, ``None`` for constants.
    inputs, output
        the arrays that some rule reads, ``None`` for those that none does; dropped by `backward`.
    attributes
        the keyword arguments of the call.
    input_shapes
        the shape of every input, kept only if a rule asks for one.
    cells, version
        the version cells of the saved arrays and the sum of their values when they were saved.
    shape, dtype
        of the output, hence of the cotangent.  A node of several outputs has tuples.
    aligned
        whether every cotangent is known to have its parent's shape and dtype, so that none is checked.
    order
        younger nodes have smaller numbers.
    """

    __slots__ = (
        "aligned",
        "attributes",
        "cells",
        "dtype",
        "hooks",
        "input_shapes",
        "inputs",
        "order",
        "output",
        "parents",
        "primitive",
        "shape",
        "version",
    )

    aligned: bool
    attributes: dict[str, Any]
    cells: tuple[list[int], ...]
    dtype: Any
    hooks: Hooks | None
    input_shapes: tuple[tuple[int, ...], ...] | None
    inputs: tuple[Any, ...] | None
    order: int
    output: Any
    parents: tuple[Edge, ...]
    primitive: Primitive
    shape: Any
    version: int

    def __repr__(self) -> str:
        return f"<{self.primitive.name}>"

    @property
    def next_functions(self) -> tuple[Edge, ...]:
        """The edges to the inputs that require a gradient."""
        return tuple(parent for parent in self.parents if parent is not None)

    def broken(self, version: int) -> RuntimeError:
        """Return the error for a node whose saved values are gone, or were changed since they were saved."""
        if self.inputs is None:
            return RuntimeError(
                f"the graph of {self.primitive.name} was already freed by a backward pass: pass retain_graph=True to "
                "the first one to go through it again"
            )
        return RuntimeError(
            f"a value that {self.primitive.name} saved for its derivative was changed in place after it was used "
            f"({version - self.version} later write(s), output of shape {self.shape}): write to a clone() instead"
        )


class NodeOfSeveral(Node):
    """A node whose primitive gives a tuple of outputs: `shape`, `dtype` and its cotangent are tuples."""

    __slots__ = ()


class Output:
    """Output number `index` of a node that has several: hands its cotangent on to the node."""

    __slots__ = ("dtype", "hooks", "index", "node", "order", "shape")

    def __init__(self, node: Node, index: int) -> None:
        self.node = node
        self.index = index
        self.shape = node.shape[index]
        self.dtype = node.dtype[index]
        self.hooks: Hooks | None = None
        self.order = next_order()

    def __repr__(self) -> str:
        return f"<{self.node.primitive.name}[{self.index}]>"


Edge = Leaf | Node | Output | None


class _Mode(threading.local):
    """Whether operations are recorded, for each thread by itself."""

    enabled = True


mode = _Mode()


class set_grad_enabled(ContextDecorator):  # noqa: N801  (PyTorch's name; used as a function, a context and a decorator)
    """Switch recording on or off at once; used in ``with``, until the block ends.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.set_grad_enabled(False):
    ...     (x * 2).requires_grad
    False
    """

    def __init__(self, enabled: bool) -> None:
        self._previous = [mode.enabled]
        self._enabled = bool(enabled)
        mode.enabled = self._enabled

    def __enter__(self) -> None:
        mode.enabled = self._enabled

    def __exit__(self, *exception: object) -> None:
        mode.enabled = self._previous[-1]


class _GradMode(ContextDecorator):
    """A context and decorator that sets the mode; may be nested and re-entered."""

    _enabled: bool
    _previous: list[bool]

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        self._previous = []
        return self if function is None else self(function)  # both @no_grad and @no_grad()

    def __enter__(self) -> None:
        self._previous.append(mode.enabled)
        mode.enabled = self._enabled

    def __exit__(self, *exception: object) -> None:
        mode.enabled = self._previous.pop()

    def _recreate_cm(self) -> _GradMode:
        return type(self)()  # a decorated function may run in several threads at once


class no_grad(_GradMode):  # noqa: N801  (PyTorch's name)
    """Do not record operations in this thread, as a context or decorator; results do not require grad.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    _enabled = False


class enable_grad(_GradMode):  # noqa: N801  (PyTorch's name)
    """Record operations again inside `no_grad`, as a context or decorator.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.ones(2, requires_grad=True)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    _enabled = True


def is_grad_enabled() -> bool:
    """Whether this thread records operations."""
    return mode.enabled
