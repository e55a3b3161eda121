"""Reverse-mode differentiation.

It goes from a result back to what the result was made of::

    pending = {result: cotangent}
    while a node is pending:
        take the youngest; its cotangent is complete, because only younger nodes add to it
        for each parent: pending[parent] += rule(cotangent, what the rule asked to be saved)

What is left are the leaves.  In an ordinary `backward` everything here is an ndarray; with ``create_graph=True`` the
very same rules are fed tensors, so that what they do is recorded and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy import ndarray

from .graph import Edge, Hooks, Leaf, Node, Output, mode
from .primitive import NO_ATTRIBUTES, registry
from .tensor import Tensor, edge_of, wrap


class Recorded:
    """What a node saved, as tensors that know their history: fed to the rules under ``create_graph=True``."""

    __slots__ = ("attributes", "input_shapes", "inputs", "output")

    def __init__(self, node: Node) -> None:
        assert node.inputs is not None
        self.attributes = {name: value for name, value in node.attributes.items() if name != "kept"}
        self.input_shapes = node.input_shapes
        self.inputs = tuple(
            [
                wrap(array, edge) if edge is not None else array
                for array, edge in zip(node.inputs, node.parents, strict=True)
            ]
        )
        if type(node.output) is tuple:
            self.output: Any = tuple([wrap(array, Output(node, i)) for i, array in enumerate(node.output)])
        else:
            self.output = None if node.output is None else wrap(node.output, node)


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum the cotangent `g` over the axes that broadcasting added to, or stretched in, an input of `shape`."""
    added = g.ndim - len(shape)
    if added < 0:
        raise RuntimeError(f"a rule gave a cotangent of shape {g.shape} for an input of shape {shape}")
    axes = [*range(added), *(added + i for i, n in enumerate(shape) if n == 1 and g.shape[added + i] != 1)]
    return np.reshape(np.sum(g, axis=tuple(axes)), shape)


def propagate(
    roots: Sequence[tuple[Any, Any]],
    retain_graph: bool,
    create_graph: bool,
    wanted: dict[Any, Any] | None = None,
    needed: set[Any] | None = None,
) -> dict[Any, Any]:
    """Carry cotangents from `roots` to the leaves and return those of the leaves.

    Parameters
    ----------
    roots
        pairs of edge and cotangent, ndarrays, or tensors if `create_graph`.
    retain_graph
        keep what the nodes saved for another pass.
    create_graph
        feed the rules tensors, so that the derivative can be differentiated.
    wanted
        its keys are the nodes whose cotangents are to be stored in it.
    needed
        the edges to visit; ``None`` for all.
    """
    pending: dict[Any, Any] = {}  # cotangents of nodes, complete when the node is the youngest of them
    leaves: dict[Any, Any] = {}  # cotangents of leaves, which alias nothing and may be added to in place
    owned: set[Any] = set()  # nodes whose pending cotangent is a sum made here, which may be added to in place
    heap: list[tuple[int, Any]] = []  # the nodes in `pending`, the youngest on top
    only: Any = None  # a node that is pending alone is here, with its cotangent: a chain, as most of a network is,
    only_g: Any = None  # needs neither dictionary nor heap
    for edge, g in roots:
        found = leaves if type(edge) is Leaf else pending
        if edge in found:
            found[edge] = found[edge] + g if create_graph else np.asarray(found[edge] + g)
            continue
        found[edge] = g if create_graph else g.copy(order="K")
        if found is pending:
            heappush(heap, (edge.order, edge))
    while heap or only is not None:
        if only is None:
            edge = heappop(heap)[1]
            g = pending.pop(edge)
        else:
            edge, g, only, only_g = only, only_g, None, None
        if edge.hooks is not None:
            g = run_hooks(edge.hooks, g)
        if wanted is not None and edge in wanted:
            wanted[edge] = g
        if type(edge) is not Node:
            if type(edge) is Output:
                collect_output(edge, g, pending, heap)
                continue
            g = tuple(g) if edge.primitive.takes_missing else fill_missing(edge, g, create_graph)
        cells = edge.cells
        if len(cells) == 2:  # the operators
            version = cells[0][0] + cells[1][0]
        else:
            version = 0
            for cell in cells:
                version += cell[0]
        if version != edge.version or edge.inputs is None:
            raise edge.broken(version)
        saved = Recorded(edge) if create_graph else edge
        operation, parents = edge.primitive, edge.parents
        joint, rules = operation.joint, operation.rules
        if joint is not None:  # one rule gives all cotangents at once
            needs = parents if needed is None else tuple([parent if parent in needed else None for parent in parents])
            rules = joint(g, saved, needs)
        for parent, rule in zip(parents, rules):  # noqa: B905  (strict= costs a tenth of the pass)
            if parent is None or rule is None or (needed is not None and parent not in needed):
                continue
            d = rule(g, saved) if joint is None else rule
            if not edge.aligned:
                if type(d) is not ndarray and not create_graph:
                    d = np.asarray(d)  # NumPy turns 0-d results into scalars
                if d.shape != parent.shape:
                    d = unbroadcast(d, parent.shape)
                if d.dtype is not parent.dtype:
                    d = cast(d, parent.dtype)
            if type(parent) is Leaf:
                total = leaves.get(parent)
                if total is not None:
                    if create_graph:
                        leaves[parent] = total + d
                    else:
                        total += d
                else:
                    fresh = create_graph or (d is not g and (d.base is None or operation.fresh))
                    leaves[parent] = d if fresh else d.copy(order="K")
                continue
            if only is None and not heap:
                only, only_g = parent, d
                continue
            if only is not None:
                pending[only] = only_g
                heappush(heap, (only.order, only))
                only = only_g = None
            if parent not in pending:
                pending[parent] = d
                heappush(heap, (parent.order, parent))
            elif parent in owned:
                np.add(pending[parent], d, out=pending[parent])
            elif create_graph:
                pending[parent] = pending[parent] + d
            else:
                pending[parent] = np.asarray(pending[parent] + d)
                owned.add(parent)
        if not retain_graph and cells:
            edge.inputs = edge.output = None
            edge.attributes = NO_ATTRIBUTES  # they may hold what was kept
    return leaves


def cast(g: Any, dtype: np.dtype[Any]) -> Any:
    """Return `g`, an ndarray or tensor, in `dtype`."""
    if g.dtype == dtype:
        return g
    return registry["astype"](g, dtype=dtype) if isinstance(g, Tensor) else g.astype(dtype)


def run_hooks(hooks: Hooks, g: Any) -> Any:
    """Return the cotangent after the hooks have seen it, and keep it where `retain_grad` asked for it."""
    bare = not isinstance(g, Tensor)
    gradient = wrap(g) if bare else g
    for function in list(hooks.functions.values()):
        replaced = function(gradient)
        if replaced is not None:
            if not isinstance(replaced, Tensor) or replaced.shape != gradient.shape:
                raise RuntimeError(
                    f"a hook must return None or a tensor of the gradient's shape {gradient.shape}, not {replaced!r}"
                )
            gradient = replaced
    if hooks.retains:
        kept = wrap(gradient.array.copy(order="K")) if bare else gradient
        hooks.grad = kept if hooks.grad is None else hooks.grad + kept
    return gradient.array if bare else gradient


def collect_output(edge: Output, g: Any, pending: dict[Any, Any], heap: list[tuple[int, Any]]) -> None:
    """Put the cotangent of one output of a node in its place among those of the others."""
    node = edge.node
    if node not in pending:
        pending[node] = [None] * len(node.shape)
        heappush(heap, (node.order, node))
    slots = pending[node]
    slots[edge.index] = g if slots[edge.index] is None else slots[edge.index] + g


def fill_missing(node: Node, slots: list[Any], create_graph: bool) -> tuple[Any, ...]:
    """Return the cotangents of all outputs of `node`: zero where an output was not used."""
    filled = [
        np.zeros(shape, dtype) if g is None else g
        for g, shape, dtype in zip(slots, node.shape, node.dtype, strict=True)
    ]
    return tuple([wrap(g) if create_graph and not isinstance(g, Tensor) else g for g in filled])


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add to ``.grad`` of every leaf the sum over `tensors` of cotangent times derivative.

    Parameters
    ----------
    tensors
        one or several tensors that require grad.
    grad_tensors
        their cotangents, of their shapes; may be left out (``None``) for tensors of one element, where it is 1.
    retain_graph
        keep the graph for another pass; by default the value of `create_graph`.
    create_graph
        record the derivative, so that ``.grad`` can itself be differentiated.
    inputs
        collect in these only; they may be intermediate results.

    Raises
    ------
    RuntimeError
        If a tensor does not require grad, a cotangent is missing or of another shape, the graph was freed, or a value
        that was saved has been changed in place.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> backward([x * x, 3 * x], [tg.ones(2), tg.ones(2)])
    >>> x.grad
    tensor([5., 7.])
    """
    roots = _roots(tensors, grad_tensors, create_graph)
    wanted = needed = None
    if inputs is not None:
        wanted = {edge_of(x): None for x in _several(inputs)}
        _check_inputs(wanted)
        needed = needed_edges([edge for edge, _ in roots], wanted)
    previous, mode.enabled = mode.enabled, create_graph
    try:
        keep = create_graph if retain_graph is None else retain_graph
        leaves = propagate(roots, keep, create_graph, wanted, needed)
        for edge, g in leaves.items():
            if edge.grad is None and edge.hooks is None and wanted is None:  # as it mostly is
                edge.grad = g if create_graph else wrap(g)
                continue
            if edge.hooks is not None:
                g = run_hooks(edge.hooks, g)
                g = g if create_graph else g.copy(order="K")  # a hook may have kept it
            if wanted is not None and edge not in wanted:
                continue
            if edge.grad is None:
                edge.grad = g if create_graph else wrap(g)
            else:
                accumulate(edge.grad, edge, g, create_graph)
        for edge, g in (wanted or {}).items():
            if not isinstance(edge, Leaf) and g is not None:
                hooks = edge.hooks = edge.hooks or Hooks()
                hooks.grad = g if isinstance(g, Tensor) else wrap(g.copy(order="K"))
    finally:
        mode.enabled = previous


def accumulate(earlier: Tensor, leaf: Leaf, g: Any, create_graph: bool) -> None:
    """Add `g` to the `earlier` gradient of `leaf`: in place, as PyTorch does, unless the sum must be recorded."""
    if create_graph or earlier._edge is not None:
        leaf.grad = earlier + g
    else:
        np.add(earlier.array, g, out=earlier.array)
        earlier._version[0] += 1


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> tuple[Tensor | None, ...]:
    """Return the gradients of `outputs` with respect to `inputs`, leaving every ``.grad`` alone.

    Parameters
    ----------
    outputs, grad_outputs, retain_graph, create_graph
        as in `backward`.
    inputs
        leaves or intermediate results.
    allow_unused
        give ``None`` for an input that the outputs do not depend on, instead of raising.

    Returns
    -------
    tuple of Tensor : one for each input, of its shape and dtype.

    Examples
    --------
    The third derivative of x**4 is 24 x:

    >>> import tinygrad_np as tg
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> y = x**4
    >>> for order in range(3):
    ...     (y,) = grad(y, x, create_graph=True)
    >>> y.item()
    48.0
    """
    several = _several(inputs)
    edges = [edge_of(x) for x in several]
    wanted: dict[Any, Any] = dict.fromkeys(edges)
    _check_inputs(wanted)
    roots = _roots(outputs, grad_outputs, create_graph)
    needed = needed_edges([edge for edge, _ in roots], wanted)
    previous, mode.enabled = mode.enabled, create_graph
    try:
        keep = create_graph if retain_graph is None else retain_graph
        leaves = propagate(roots, keep, create_graph, wanted, needed)
        for edge, g in leaves.items():
            if edge in wanted:
                wanted[edge] = g if edge.hooks is None else run_hooks(edge.hooks, g)
    finally:
        mode.enabled = previous
    results: list[Tensor | None] = []
    given: set[int] = set()
    for position, edge in enumerate(edges):
        g = wanted[edge]
        if g is None and not allow_unused:
            raise RuntimeError(
                f"the outputs do not depend on input {position} (shape {several[position].shape}): "
                "pass allow_unused=True to get None for it"
            )
        if g is not None and not isinstance(g, Tensor):
            fresh = isinstance(edge, Leaf) and id(g) not in given
            given.add(id(g))
            g = wrap(g if fresh else g.copy(order="K"))
        results.append(g)
    return tuple(results)


def needed_edges(roots: Sequence[Edge], wanted: dict[Any, Any]) -> set[Any]:
    """Return the edges between `roots` and `wanted`: all that has a wanted one below it."""
    below: list[Any] = []
    seen: set[Any] = set()
    stack = list(roots)
    while stack:
        edge = stack.pop()
        if edge is None or edge in seen:
            continue
        seen.add(edge)
        if not isinstance(edge, Leaf):
            below.append(edge)
            stack.extend((edge.node,) if isinstance(edge, Output) else edge.parents)
    needed = seen & wanted.keys()
    for edge in sorted(below, key=lambda edge: -edge.order):  # the oldest first: parents before what is made of them
        parents = (edge.node,) if isinstance(edge, Output) else edge.parents
        if any(parent in needed for parent in parents):
            needed.add(edge)
    return needed


def _several(tensors: Tensor | Sequence[Tensor]) -> list[Tensor]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _check_inputs(wanted: dict[Any, Any]) -> None:
    if None in wanted:
        raise RuntimeError("an input does not require grad: call requires_grad_() before it is used")


def _roots(given: Tensor | Sequence[Tensor], cotangents: Any, create_graph: bool) -> list[tuple[Edge, Any]]:
    """Return the edges of the tensors with their cotangents, checked."""
    if cotangents is None and not create_graph and isinstance(given, Tensor):
        array, edge = given.array, edge_of(given)
        if edge is not None and array.ndim == 0:  # a loss, mostly
            return [(edge, np.array(1, array.dtype))]
    tensors = _several(given)
    if cotangents is None or isinstance(cotangents, Tensor | np.ndarray):
        cotangents = [cotangents] * len(tensors) if cotangents is None else [cotangents]
    if len(cotangents) != len(tensors):
        raise RuntimeError(f"{len(tensors)} tensors need as many cotangents, not {len(cotangents)}")
    roots: list[tuple[Edge, Any]] = []
    for tensor, g in zip(tensors, cotangents, strict=True):
        edge = edge_of(tensor)
        if edge is None:
            raise RuntimeError("a tensor that does not require grad has no gradient: none of what it was made of does")
        if g is None:
            if tensor.array.size != 1:
                raise RuntimeError(
                    f"backward of a tensor of shape {tensor.shape} needs a gradient of that shape; "
                    "only one element can do without: reduce it, by .sum() or .mean(), or pass gradient="
                )
            g = np.ones(tensor.shape, tensor.dtype)
        if g.shape != tensor.shape:
            raise RuntimeError(f"the gradient has shape {g.shape} but the tensor {tensor.shape}: they must be equal")
        if create_graph:
            g = g if isinstance(g, Tensor) else wrap(g)
        elif isinstance(g, Tensor):
            g = g.array
        roots.append((edge, g))
    return roots
