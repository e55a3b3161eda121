"""What an operation is: a NumPy function with a derivative rule for each input.

For example::

    @primitive(np.tanh)
    def tanh(x, *, out=None):
        return np.tanh(x, out=out)

    tanh.defvjp(lambda g, y: g * (1 - y * y))

The forward function sees ndarrays only.  Its positional parameters are the inputs, its keyword-only ones the
attributes.  A rule ("vjp": vector-Jacobian product) turns the cotangent ``g`` of the output into that of one input.  It
names what it needs and nothing else is saved: ``g``; ``y``, the output; an input or an attribute by its name;
``<input>_shape``.  Rules use operators and ``np.*`` functions only, so that they work on ndarrays, and on tensors when
the derivative itself is to be differentiated.  A rule returns ``g`` itself, a view of it, or a new array: never a saved
one, and it changes none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from . import dtypes
from .graph import Edge, Node, NodeOfSeveral, Output, mode, next_order
from .protocols import numpy_functions
from .tensor import Tensor, View, edge_of, wrap

Rule = Callable[..., Any]

registry: dict[str, Primitive] = {}  # every primitive by its name


class Plan(NamedTuple):
    """What to save: the positions of inputs, whether the output, and the inputs if none is saved."""

    inputs: tuple[int, ...]
    output: bool
    nothing: tuple[None, ...]


VARIADIC = 0x04  # the flag of a code object whose function takes ``*args``, as in `inspect.CO_VARARGS`
REQUIRED = object()  # in the place of a default, where an attribute has none


def unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function below decorators that name it as ``__wrapped__``."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def parameter_names(function: Callable[..., Any]) -> tuple[list[str], list[str]]:
    """Return the names of the positional (``*args`` last) and the keyword-only parameters.

    Read from the code object: `inspect.signature`, for hundreds of rules, is much of the time of an import.
    """
    code = unwrapped(function).__code__
    split, end = code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    positional = list(code.co_varnames[:split])
    if code.co_flags & VARIADIC:
        positional.append(code.co_varnames[end])
    return positional, list(code.co_varnames[split:end])


class Primitive:
    """An operation with hand-written derivative rules; call it with tensors.  Made by `primitive`.

    Attributes
    ----------
    name
        as it appears in errors and as ``grad_fn``.
    forward
        the NumPy implementation.
    inputs, attributes
        names of its positional and its keyword parameters.
    variadic
        whether it takes any number of inputs.
    view
        whether the output may share the memory of the first input.
    elementwise
        whether the output at an index depends on the inputs at that index alone.
    takes_out
        whether `forward` can write into a given array, ``out=``.
    mutates
        names of the inputs that `forward` changes in place.
    keeps
        whether `forward` returns its output and, beside it, what saves the rules work: see `primitive`.
    differentiable
        whether it has a derivative.
    rules, joint
        the derivative: a rule for each input, or one for all; see `compile_rules`.
    fresh, takes_missing
        see `defvjp_joint`.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        promotion: str | None,
        view: bool,
        elementwise: bool,
        mutates: Sequence[str],
        keeps: bool,
    ) -> None:
        positional, keywords = parameter_names(forward)
        self.forward = self.__wrapped__ = forward
        self.name = forward.__name__.rstrip("_")
        self.__name__, self.__doc__, self.__module__ = self.name, forward.__doc__, forward.__module__
        self.inputs = positional
        self.attributes = [name for name in keywords if name != "out"]
        defaults = unwrapped(forward).__kwdefaults__ or {}
        self._defaults = {name: defaults.get(name, REQUIRED) for name in self.attributes}
        self.variadic = bool(unwrapped(forward).__code__.co_flags & VARIADIC)
        self.takes_out = "out" in keywords
        self.promotion, self.view, self.elementwise = promotion, view, elementwise
        self.mutates, self.keeps = tuple(mutates), keeps
        self.differentiable = self.fresh = self.takes_missing = False
        self.rules: tuple[Callable[[Any, Any], Any] | None, ...] = ()
        self.joint: Callable[[Any, Any, tuple[bool, ...]], Sequence[Any]] | None = None
        self._given: tuple[Rule | None, ...] = ()  # the rules as they were written, until they are compiled
        self._given_joint: Rule | None = None
        self._used: list[set[str]] = []
        self._plans: dict[tuple[int, int], Plan] = {}
        self._wants_shapes = False

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    # ---- definition

    def defvjp(self, *rules: Rule | None) -> None:
        """Give one rule an input, in order; ``None`` where there is no derivative."""
        if self.variadic or len(rules) != len(self.inputs):
            raise TypeError(f"{self.name} has inputs {self.inputs}: give one rule each, or use defvjp_joint")
        self.differentiable = True
        self._used = [set() if rule is None else set(self._parameters(rule)[1:]) for rule in rules]
        self._given, self._plans = rules, {}
        self._wants_shapes = any(name.endswith("_shape") for used in self._used for name in used)

    def defvjp_joint(self, rule: Rule, *, fresh: bool = False, takes_missing: bool = False) -> None:
        """Give one rule for all inputs: it returns a sequence, ``None`` where ``needs`` (a sequence) is not true.

        It may not return the same new array twice.  In a variadic primitive ``inputs`` and ``input_shapes`` name all.

        Parameters
        ----------
        rule
            takes ``g``, then what it needs by name, ``needs`` among it.
        fresh
            whether it promises that no result shares memory with ``g``, so that a view it returns is not copied.
        takes_missing
            whether, of several outputs, it takes ``None`` for the cotangents of those not used.
        """
        self.differentiable, self.fresh, self.takes_missing = True, fresh, takes_missing
        names = self._parameters(rule)[1:]
        self._given_joint, self._used, self._plans = rule, [set(names)], {}
        self._wants_shapes = any(name.endswith("_shape") or name == "input_shapes" for name in names)

    def compile_rules(self) -> None:
        """Make `rules` and `joint` of the rules as they were written, once they are to be used.

        A process uses few of the primitives that it imports, and a property would cost each node of `backward` more
        than a field does.
        """
        given, joint = self._given, self._given_joint  # another thread may be at it too
        if joint is not None:
            self.joint = self._adapter(joint)
        elif given:
            self.rules = tuple([None if rule is None else self._adapter(rule) for rule in given])
        self._given, self._given_joint = (), None

    def _parameters(self, rule: Rule) -> list[str]:
        positional, keywords = parameter_names(rule)
        names = positional + keywords
        known = {"y", "needs", "inputs", "input_shapes", *self.inputs, *self.attributes, *["kept"][: self.keeps]}
        known |= {f"{name}_shape" for name in self.inputs}
        unknown = [name for name in names[1:] if name not in known]
        if names[:1] != ["g"] or unknown:
            raise TypeError(f"the rule of {self.name} must take g first, then names of {sorted(known)}, not {names}")
        return names

    def _adapter(self, rule: Rule) -> Callable[..., Any]:
        """Return `rule` as a function of the cotangent, the node, and for joint rules which inputs need theirs.

        It is called for every node that `backward` passes, so it is compiled: ``lambda g, y: ...`` becomes
        ``lambda g, saved, needs=None: rule(g, saved.output)``.
        """
        where = {"y": "saved.output", "needs": "needs", "inputs": "saved.inputs", "input_shapes": "saved.input_shapes"}
        where |= {name: f"saved.inputs[{i}]" for i, name in enumerate(self.inputs)}
        where |= {f"{name}_shape": f"saved.input_shapes[{i}]" for i, name in enumerate(self.inputs)}
        where |= {name: f"saved.attributes.get({name!r}, defaults[{name!r}])" for name in self.attributes}
        where["kept"] = "saved.attributes.get('kept')"
        arguments = ["g", *(where[name] for name in self._parameters(rule)[1:])]
        source = f"lambda g, saved, needs=None: rule({', '.join(arguments)})"
        return eval(source, {"rule": rule, "defaults": self._defaults})

    def _plan(self, parents: Sequence[Edge]) -> Plan:
        """Return what to save when the inputs with an edge in `parents` require grad."""
        self.compile_rules()
        needs = tuple([parent is not None for parent in parents])
        if self.joint is not None:
            used = self._used[0]
        else:
            used = set().union(*(names for names, need in zip(self._used, needs, strict=True) if need))
        count = len(parents)
        if self.variadic:
            saved = list(range(count)) if "inputs" in used else []
        else:
            saved = [i for i, name in enumerate(self.inputs[:count]) if name in used]
        return Plan(tuple(saved), "y" in used, (None,) * count)

    # ---- application

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        """Apply to tensors, arrays and Python scalars; record the application if an input requires grad."""
        arrays: list[Any] = []
        parents: list[Edge] = []
        needs, bit = 0, 1  # a bit for each input that requires grad
        dtype, uniform = None, True  # of the tensors; whether promotion would change nothing
        for x in inputs:
            if isinstance(x, Tensor):
                array = x.array
                if array.dtype is not dtype:
                    uniform, dtype = uniform and dtype is None, array.dtype
                edge = x._edge if x._view is None else edge_of(x)
                if edge is not None:
                    needs += bit
                arrays.append(array)
                parents.append(edge)
            else:
                uniform = uniform and (x is None or type(x) in PYTHON_NUMBERS)
                arrays.append(x)
                parents.append(None)
            bit += bit
        if self.promotion is not None and not (uniform and dtype is not None and dtype.kind == "f"):
            promoted = promote(inputs, self.promotion)
            if any(x is not y for x, y in zip(inputs, promoted, strict=True)):
                return self(*promoted, **attributes)
        try:
            output = self.forward(*arrays, **attributes)
        except (ValueError, IndexError, TypeError, RuntimeError) as error:
            raise self._explained(error, arrays) from error
        if not (mode.enabled and self.differentiable):
            needs = 0
        if self.mutates:
            self._bump_mutated(inputs)
        if type(output) is tuple:
            if not self.keeps:
                return self._finish_several(inputs, parents, needs, arrays, attributes, output)
            output, attributes["kept"] = output
        if type(output) is not ndarray:
            output = np.asarray(output)
        result = new_tensor(Tensor)
        result.array = output
        result._edge = result._view = None
        result._version = [0]
        if self.view and isinstance(inputs[0], Tensor):
            self._share(result, inputs[0], attributes)
        if needs and output.dtype.kind == "f":
            node = self.record(inputs, parents, needs, arrays, attributes, output, (result._version,))
            node.shape, node.dtype = output.shape, output.dtype
            result._edge = node
        return result

    def _finish_several(
        self,
        inputs: Sequence[Any],
        parents: Sequence[Edge],
        needs: int,
        arrays: Sequence[Any],
        attributes: dict[str, Any],
        outputs: tuple[Any, ...],
    ) -> tuple[Tensor, ...]:
        outputs = tuple([np.asarray(output) for output in outputs])
        results = tuple([wrap(output) for output in outputs])
        if needs:
            versions = tuple([result._version for result in results])
            node = self.record(inputs, parents, needs, arrays, attributes, outputs, versions, NodeOfSeveral)
            node.shape, node.dtype = [y.shape for y in outputs], [y.dtype for y in outputs]
            for index, result in enumerate(results):
                if result.array.dtype.kind == "f":
                    result._edge = Output(node, index)
        return results

    def record(
        self,
        inputs: Sequence[Any],
        parents: Sequence[Edge],
        needs: int,
        arrays: Sequence[Any],
        attributes: dict[str, Any],
        output: Any,
        output_cells: tuple[list[int], ...] = (),
        kind: type[Node] = Node,
    ) -> Node:
        """Return the node of this application, holding what the rules of the inputs that require grad read.

        `needs` has a bit for each of those.  The node's `shape` and `dtype`, those of the output, are left to the
        caller.
        """
        key = (needs, len(parents))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._plan(parents)
        saved, saves_output, nothing = plan
        cells = output_cells if saves_output else ()
        version = 0
        node = kind()
        if len(saved) == len(arrays):
            node.inputs = tuple(arrays)
            cells += tuple([x._version for x in inputs if isinstance(x, Tensor)])
        elif saved:
            kept: list[Any] = list(nothing)
            for i in saved:
                kept[i] = arrays[i]
                x = inputs[i]
                if isinstance(x, Tensor):
                    cells += (x._version,)
            node.inputs = tuple(kept)
        else:
            node.inputs = nothing
        for cell in cells:
            version += cell[0]
        node.primitive = self
        node.parents = tuple(parents)
        node.output = output if saves_output else None
        node.attributes = attributes
        node.input_shapes = tuple([np.shape(array) for array in arrays]) if self._wants_shapes else None
        node.cells = cells
        node.version = version
        node.aligned = False
        node.hooks = None
        node.order = next_order()
        return node

    def _share(self, result: Tensor, source: Tensor, attributes: dict[str, Any]) -> None:
        """If `result` lies in the memory of `source`, give it the same version cell and the steps to view it again."""
        base = result.array.base
        if base is None or not (base is source.array or base is source.array.base):
            return  # e.g. the reshape of an array in another order is a copy
        steps = ((self, attributes),)
        earlier = source._view
        result._view = View(source, steps) if earlier is None else View(earlier.base, earlier.steps + steps)
        result._version = source._version

    def _bump_mutated(self, inputs: Sequence[Any]) -> None:
        for name, x in zip(self.inputs, inputs, strict=False):
            if name in self.mutates and isinstance(x, Tensor):
                x._version[0] += 1

    def _explained(self, error: Exception, arrays: Sequence[Any]) -> Exception:
        shapes = ", ".join(str(np.shape(a)) for a in arrays if isinstance(a, np.ndarray))
        message = str(error).strip().rstrip(".")
        if message.startswith(f"{self.name}:"):
            return error
        return type(error)(f"{self.name}: {message} (input shapes {shapes})")


def primitive(
    *numpy_names: Callable[..., Any],
    promotion: str | None = None,
    view: bool = False,
    elementwise: bool = False,
    mutates: Sequence[str] = (),
    keeps: bool = False,
) -> Callable[[Callable[..., Any]], Primitive]:
    """Make the decorated NumPy function a primitive.

    Parameters
    ----------
    numpy_names
        the NumPy functions that it answers for when they are given tensors.
    promotion
        ``None``: inputs are passed as they are; ``"common"``: converted to one dtype first, as a recorded cast;
        ``"float"``: the same, and integers become the default floating dtype; ``"branches"``: the first is left alone.
    view, elementwise, mutates
        declared for those who plan memory, see `Primitive`.
    keeps
        whether the function returns a pair: the output, and what its rules may read as ``kept`` to save work.  It has
        no derivative, so under ``create_graph=True`` it is None, and a rule must do without.

    Examples
    --------
    >>> import numpy as np, tinygrad_np as tg
    >>> @primitive(promotion="float", elementwise=True)
    ... def cube(x, *, out=None):
    ...     return np.power(x, 3, out=out)
    >>> cube.defvjp(lambda g, x: g * 3 * x * x)
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad.item()
    12.0
    >>> del registry["cube"]
    """

    def define(forward: Callable[..., Any]) -> Primitive:
        ufunc = numpy_names[0] if numpy_names and isinstance(numpy_names[0], np.ufunc) else None
        kind = BinaryPrimitive if elementwise and ufunc is not None and ufunc.nin == 2 else Primitive
        operation = kind(forward, promotion, view, elementwise, mutates, keeps)
        if operation.name in registry:
            raise ValueError(f"there is a primitive named {operation.name} already: choose another name")
        registry[operation.name] = operation
        for function in numpy_names:
            numpy_functions[function] = operation
        if isinstance(operation, BinaryPrimitive):
            operation.ufunc = ufunc
        return operation

    return define


class BinaryPrimitive(Primitive):
    """An elementwise ufunc of two inputs.

    The operators are called so often that two tensors of one floating dtype go a short way: the same steps as in
    `Primitive`, written out, at half the cost.  Anything else takes the general way.
    """

    ufunc: Any
    _saves: bool | None = None  # whether both inputs are saved if both require grad, or none; None: the general way

    def defvjp(self, *rules: Rule | None) -> None:
        """Give one rule for each of the two inputs."""
        super().defvjp(*rules)
        self._saves = None

    def compile_rules(self) -> None:
        """Compile them, and find what the short way has to save."""
        super().compile_rules()
        if self.differentiable:
            uses = sorted(name for names in self._used for name in names)
            self._saves = {(): False, ("a", "b"): True}.get(tuple(uses))

    def __call__(self, a: Any, b: Any) -> Any:
        """Apply as `Primitive` does."""
        if not (type(a) is Tensor and type(b) is Tensor and a._view is None and b._view is None):
            return super().__call__(a, b)
        x, y, a_edge, b_edge = a.array, b.array, a._edge, b._edge
        if a_edge is None or b_edge is None:
            dtype = x.dtype
            if dtype is not y.dtype or (self.promotion == "float" and dtype.kind != "f"):
                return super().__call__(a, b)
        else:  # both are floating; an edge knows the dtype in half the time that an array does
            dtype = a_edge.dtype
            if dtype is not b_edge.dtype:
                return super().__call__(a, b)
        try:
            output = self.ufunc(x, y)
        except (ValueError, TypeError) as error:
            raise self._explained(error, (x, y)) from error
        if type(output) is not ndarray:
            output = np.asarray(output)
        result = new_tensor(Tensor)
        result.array = output
        result._edge = result._view = None
        result._version = [0]
        saves = self._saves
        if a_edge is None or b_edge is None or saves is None or not mode.enabled:
            if (a_edge is not None or b_edge is not None) and self.differentiable and mode.enabled:
                needs = (a_edge is not None) + 2 * (b_edge is not None)
                node = self.record((a, b), (a_edge, b_edge), needs, (x, y), NO_ATTRIBUTES, output, (result._version,))
                node.shape, node.dtype = output.shape, dtype
                result._edge = node
            return result
        node = result._edge = Node()
        node.primitive = self
        node.parents = (a_edge, b_edge)
        if saves:
            a_version, b_version = a._version, b._version
            node.inputs = (x, y)
            node.cells = (a_version, b_version)
            node.version = a_version[0] + b_version[0]
        else:
            node.inputs = NOTHING_SAVED
            node.cells = ()
            node.version = 0
        node.output = node.hooks = node.input_shapes = None
        node.attributes = NO_ATTRIBUTES
        shape = a_edge.shape  # one tuple for a chain of nodes: the collector has less to look at
        node.aligned = aligned = (shape is b_edge.shape or shape == b_edge.shape) and shape != ()
        node.shape = shape if aligned else output.shape
        node.dtype = dtype
        node.order = next_order()
        return result


PYTHON_NUMBERS = (int, float, bool)  # and not NumPy's scalars, of which float64 is a float
NO_ATTRIBUTES: dict[str, Any] = {}
NOTHING_SAVED = (None, None)
new_tensor = Tensor.__new__


def promote(inputs: tuple[Any, ...], kind: str) -> tuple[Any, ...]:
    """Return the inputs in one dtype, by PyTorch's rules; tensors are cast by a recorded operation."""
    dtype = None
    for x in inputs:
        if isinstance(x, Tensor):
            if dtype is None:
                dtype = x.array.dtype
            elif x.array.dtype is not dtype:
                break
        elif x is not None and type(x) not in PYTHON_NUMBERS:
            break
    else:
        if dtype is not None and dtype.kind == "f":
            return inputs
    if kind == "branches":
        return (inputs[0], *promote(inputs[1:], "common"))
    arrays = [x.array if isinstance(x, Tensor) else x if _is_plain(x) else dtypes.as_array(x) for x in inputs]
    dtype = dtypes.result_type(arrays)
    if kind == "float" and dtype.kind != "f":
        dtype = dtypes.get_default_dtype()
    bare = not any(isinstance(array, np.ndarray | np.generic) for array in arrays)
    return tuple([_convert(x, array, dtype, bare) for x, array in zip(inputs, arrays, strict=True)])


def _is_plain(x: Any) -> bool:
    return x is None or type(x) in PYTHON_NUMBERS or isinstance(x, np.ndarray)


def _convert(x: Any, array: Any, dtype: np.dtype[Any], bare: bool) -> Any:
    if isinstance(x, Tensor):
        return x if x.array.dtype == dtype else registry["astype"](x, dtype=dtype)
    if array is None or not (bare or isinstance(array, np.ndarray | np.generic)):
        return array  # Python scalars take the dtype of the arrays beside them
    return np.asarray(array, dtype)
