"""Recording: the calls of NumPy that a step makes, in order, with the values that pass between them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy import ndarray

from ..graph import Leaf
from ..tensor import Tensor
from .symbol import Symbol, ValueNeededError

INPUT, KNOWN, RESULT = "input", "known", "result"
ARRAY = Tensor.__dict__["array"]  # the slot itself, whatever stands in its place while capturing


CHECKING_SHAPES = {"softmax_cross_entropy"}  # operations where a mask has to select as many elements each time


class _Local(threading.local):
    tracer: Tracer | None = None


local = _Local()


class DependentShapeError(RuntimeError):
    """A captured step would need a shape that depends on the elements of an array."""


@dataclass(eq=False)
class Value:
    """What one array holds between two writes.

    Attributes
    ----------
    number : its place among the values of the recording.
    kind : INPUT, an argument; KNOWN, an array that was there before; RESULT of a call.
    array : the array while recording, of which only the form counts later.
    root : the value whose memory this one is a view of; itself if it is none.
    initial : of a KNOWN one, a copy of the elements before the first write.
    label : what made it, for messages.
    """

    number: int
    kind: str
    array: ndarray
    root: Any = None
    initial: ndarray | None = None
    label: str = ""
    scalar: Any = None  # NumPy's scalar, where it is one and no array: their arithmetic rounds differently
    aliases: int = 1  # of a root: how many values share its memory

    @property
    def concrete(self) -> Any:
        """What a function is given for it while recording."""
        return self.array if self.scalar is None else self.scalar


@dataclass(eq=False)
class Call:
    """One call: ``outputs = function(*arguments, **keywords)``, with values for arrays in the arguments.

    Attributes
    ----------
    result : what the function returns: a value, or a tuple of values and None.
    writes : roots of the memory that it changes.
    effect : whether it does something beside computing, as drawing random numbers does.
    expected : of a check, what is to come out of it; replays go on only then.
    shapes : whether the shapes of the outputs may differ from time to time and are to be checked.
    out : whether it was written with ``out=``: then `result` is what it wrote into.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    result: Any = None
    writes: list[Value] = field(default_factory=list)
    effect: bool = False
    expected: Any = None
    shapes: bool = False
    label: str = ""


class Live(float):
    """An option that is read anew in each replay, such as a learning rate.

    That holds where it goes into an operation as it is.  What Python computes from it is a plain number, which replays
    cannot compute again: then `computed_with` is called.
    """

    container: Any
    key: Any
    computed_with: Callable[[], Any]

    @classmethod
    def of(cls, container: Any, key: Any, computed_with: Callable[[], Any]) -> Live:
        """Return ``container[key]``, remembering where it was read."""
        self = cls(container[key])
        self.container, self.key, self.computed_with = container, key, computed_with
        return self

    __hash__ = float.__hash__


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    def compute(self: Live, *args: Any) -> Any:
        self.computed_with()
        return method(self, *args)

    return compute


_COMPUTING = """
    add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow
    neg pos abs round bool int float lt le gt ge eq ne repr str format
"""
for _name in _COMPUTING.split():
    setattr(Live, f"__{_name}__", _noted(getattr(float, f"__{_name}__")))


class Opaque:
    """A function of arrays that is called as it is, because it does what cannot be recorded.

    Two of them are the same function if their identities are equal.
    """

    def __init__(self, function: Callable[..., Any], identity: Any, name: str) -> None:
        self.function = function
        self.identity = identity
        self.__name__ = name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the function."""
        return self.function(*arguments, **keywords)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(Opaque)


class Watched(Protocol):
    """Something outside of the tensors that a replay checks, or changes.

    Both methods are given a function that returns a name for any object, and return lines of Python.
    """

    def conditions(self, name: Callable[[Any], str]) -> list[str]:
        """Return expressions that are true where a replay would be wrong."""

    def effects(self, name: Callable[[Any], str]) -> list[str]:
        """Return statements that a replay executes at its end."""


def values_in(tree: Any) -> list[Value]:
    """Return the values in nested tuples, lists and dicts, and in objects that hold one."""
    if type(tree) is Value:
        return [tree]
    if hasattr(type(tree), "values_inside"):
        return list(tree.values_inside())
    if isinstance(tree, dict):
        tree = tuple(tree.values())
    if isinstance(tree, tuple | list):
        return [value for item in tree for value in values_in(item)]
    return []


def replace(tree: Any, kinds: Any, function: Callable[[Any], Any]) -> Any:
    """Return nested tuples, lists and dicts with every object of one of the `kinds` replaced."""
    if isinstance(tree, tuple):
        items = [replace(item, kinds, function) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if type(tree) is list:
        return [replace(item, kinds, function) for item in tree]
    if type(tree) is dict:
        return {key: replace(item, kinds, function) for key, item in tree.items()}
    return function(tree) if type(tree) in kinds else tree


class Tracer:
    """One recording.

    Attributes
    ----------
    calls, values : what was recorded.
    tensors : the tensors from outside that took part, by id, with their array and edge at that time.
    entry_grads, final_grads : ``.grad`` of leaves when it was first read, and as it was last written.
    made_leaves : leaves that were made meanwhile.
    watched : what replays check, or do, beside the calls.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.values: list[Value] = []
        self.tensors: dict[int, tuple[Tensor, ndarray, Any]] = {}
        self.entry_grads: dict[Leaf, Tensor | None] = {}
        self.final_grads: dict[Leaf, Tensor | None] = {}
        self.made_leaves: set[Leaf] = set()
        self.differentiated: set[Any] = set()  # the edges that a backward pass began at
        self.watched: list[Watched] = []
        self.ends: Any = None  # see `program.Ends`
        self.attempt = 1  # how many recordings of this form there were
        self.names: list[str] = []  # of the operations that are going on, the innermost last
        self._symbols: dict[int, Symbol] = {}  # by the id of their array
        self._roots: dict[int, Value] = {}  # by the id of the owner of their memory
        self._made: dict[int, weakref.ref[Tensor]] = {}  # the tensors made meanwhile

    def is_recording(self) -> bool:
        """Return whether this thread records now, and in this tracer."""
        return local.tracer is self

    # ---- arrays and tensors become symbols

    def argument(self, array: ndarray) -> None:
        """Declare `array` an argument of the step."""
        if id(array) not in self._symbols:
            self._symbol(self._value(INPUT, array, "an argument"))

    def known(self, array: ndarray) -> Symbol:
        """Return the symbol of an array that is there."""
        symbol = self._symbols.get(id(array))
        if symbol is None:
            symbol = self._symbol(self._value(KNOWN, array, "a tensor from outside"))
        return symbol

    def array_of(self, tensor: Tensor) -> Any:
        """Return what stands for the array of `tensor`, and note the tensor if it comes from outside."""
        held = ARRAY.__get__(tensor)
        if type(held) is Symbol:
            if held.tracer is not self:
                raise ValueNeededError("a tensor of another captured step is used: its values are gone")
            return held
        if id(tensor) not in self._made and id(tensor) not in self.tensors:
            self.tensors[id(tensor)] = (tensor, held, tensor._edge)
        return self.known(held)

    def outside(self) -> dict[int, tuple[Tensor, ndarray, Any]]:
        """Return the tensors from outside that took part and are no arguments, by their ids."""
        arrays = {id(value.array) for value in self.values if value.kind == INPUT}
        return {key: entry for key, entry in self.tensors.items() if id(entry[1]) not in arrays}

    def hold(self, tensor: Tensor, array: Any) -> None:
        """Let `tensor` hold an array or symbol; it is new, or is given other memory."""
        if id(tensor) in self.tensors and self.tensors[id(tensor)][0] is tensor:
            raise RuntimeError("a tensor from outside is given other memory in a captured step: write into it instead")
        ARRAY.__set__(tensor, array)
        self._made[id(tensor)] = weakref.ref(tensor)

    def settle(self) -> None:
        """Give every tensor that was made meanwhile, and is still there, the array that its symbol stands for."""
        for reference in self._made.values():
            tensor = reference()
            if tensor is not None:
                held = ARRAY.__get__(tensor)
                if type(held) is Symbol:
                    ARRAY.__set__(tensor, held.value.array)

    def symbol_of_memory(self, base: Any) -> Any:
        """Return the symbol of an array, if it has one, else the array: for comparisons by identity."""
        return self._symbols.get(id(base), base)

    def concrete(self, tree: Any) -> Any:
        """Return nested tuples, lists and dicts with arrays for symbols."""
        tree = replace(tree, (Symbol,), lambda symbol: symbol.value.concrete)
        return replace(tree, (Live,), float.__float__)

    def _value(self, kind: str, array: ndarray, label: str) -> Value:
        value = Value(len(self.values), kind, array, label=label)
        self.values.append(value)
        owner: Any = array
        while isinstance(owner.base, ndarray):
            owner = owner.base
        if owner.base is not None:  # e.g. a memory map: arrays on it may overlap
            owner = owner.base
        value.root = self._roots.setdefault(id(owner), value)
        if value.root is not value:
            value.root.aliases += 1
        return value

    def _symbol(self, value: Value) -> Symbol:
        symbol = self._symbols[id(value.array)] = Symbol(self, value)
        return symbol

    # ---- recording

    def record(self, function: Any, arguments: Sequence[Any], keywords: dict[str, Any] | None = None) -> Any:
        """Call the function, note the call, and return symbols for the arrays that it returns."""
        return self._record(function, tuple(arguments), keywords or {})

    def record_of_unknown_shape(self, function: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        """Record a call whose result has a shape that depends on the elements, in operations that check the shape.

        Others, such as those that compute a part of the elements in another way, are then called as they are.
        """
        name = getattr(function, "__name__", str(function))
        if not self.names:
            raise DependentShapeError(self.unknown_shape(name))
        if self.names[-1] not in CHECKING_SHAPES:
            raise ValueNeededError(self.unknown_shape(name))
        return self._record(function, tuple(arguments), keywords, shapes=True)

    def record_into(self, out: Any, function: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        """Record a call with ``out=``."""
        if type(out) is not Symbol:
            raise ValueNeededError("a traced array cannot be written into an array that is not one")
        value = out.value
        alone = value.kind == RESULT and value.root is value and value.aliases == 1
        if alone:
            target = np.empty_like(value.array)
            function(*self.concrete(tuple(arguments)), out=target, **self.concrete(keywords))
            form = function(*self.concrete(tuple(arguments)), **self.concrete(keywords))
            if form.shape == target.shape and form.dtype == target.dtype:  # nobody sees the old elements: a new value
                call = self._note(function, tuple(arguments), keywords)
                call.result = out.value = self._value(RESULT, target, call.label)
                self._symbols[id(target)] = out
                return out
        self.record_write(function, arguments, {**keywords, "out": out}, out)
        return out

    def record_write(self, function: Any, arguments: Any, keywords: dict[str, Any], target: Any) -> None:
        """Record a call that writes into `target`."""
        if type(target) is not Symbol:
            raise ValueNeededError("a traced array cannot be written into an array that is not one")
        self._before_write(target.value)
        function(*self.concrete(tuple(arguments)), **self.concrete(keywords))
        call = self._note(function, tuple(arguments), keywords)
        call.writes = [target.value.root]

    def record_opaque(
        self, function: Opaque, arguments: Any, keywords: dict[str, Any], writes: Sequence[Symbol] = ()
    ) -> Any:
        """Record a call of a function that is called as it is, and writes into some of its arguments."""
        for symbol in writes:
            self._before_write(symbol.value)
        result = self._record(function, tuple(arguments), keywords, shapes=not writes)
        self.calls[-1].writes = [symbol.value.root for symbol in writes]
        return result

    def record_effect(self, function: Callable[..., Any], name: str, identity: Any, arguments: Any = ()) -> Any:
        """Record a call that does more than compute and happens in each replay."""
        result = self._record(Opaque(function, identity, name), tuple(arguments), {}, shapes=True)
        self.calls[-1].effect = True
        return result

    def assume(self, symbol: Symbol) -> bool:
        """Return the truth of a symbol; replays check that it is the same, and go another way if it is not.

        Where they could not, as something was changed before, an operation that asks is called as it is.
        """
        if self.names and self._has_changed_something():
            raise ValueNeededError(self.refusal("bool()", symbol.value))
        truth = bool(symbol.value.array)
        call = self._note(bool, (symbol,), {})
        call.expected = truth
        return truth

    def _record(self, function: Any, arguments: Any, keywords: dict[str, Any], shapes: bool = False) -> Any:
        result = function(*self.concrete(arguments), **self.concrete(keywords))
        operands = _symbols_in((arguments, keywords))
        for operand in operands:  # what returns its argument need not be recorded
            if result is operand.value.concrete:
                return operand
        call = self._note(function, arguments, keywords)
        call.shapes = shapes

        def wrap(array: Any) -> Symbol:
            for operand in operands:
                if array is operand.value.array:
                    array = array[...]
            value = self._value(RESULT, np.asarray(array), call.label)
            value.scalar = None if isinstance(array, ndarray) else array
            return self._symbol(value)

        symbols = replace(result, _Arrays(numbers=type(function) is not Opaque), wrap)
        call.result = replace(symbols, (Symbol,), lambda symbol: symbol.value)
        return symbols

    def _note(self, function: Any, arguments: Any, keywords: dict[str, Any]) -> Call:
        def value_of(x: Any) -> Value:
            return (x if type(x) is Symbol else self.known(x)).value

        kinds = (Symbol, ndarray)
        label = self.names[-1] if self.names else getattr(function, "__name__", str(function))
        call = Call(function, replace(arguments, kinds, value_of), replace(keywords, kinds, value_of), label=label)
        self.calls.append(call)
        return call

    def _before_write(self, value: Value) -> None:
        root = value.root
        if root.kind == KNOWN and root.initial is None:
            root.initial = root.array.copy(order="K")

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Record what an operation does."""
        self.names.append(name)
        try:
            yield
        finally:
            self.names.pop()

    # ---- what can fail and be undone

    def mark(self) -> tuple[int, int]:
        """Return the present end of the recording."""
        return len(self.calls), len(self.values)

    def roll_back(self, mark: tuple[int, int]) -> None:
        """Forget what was recorded since `mark`; none of it wrote into memory that was there before."""
        del self.calls[mark[0] :]
        for value in self.values[mark[1] :]:
            self._symbols.pop(id(value.array), None)
            if value.root is not value:
                value.root.aliases -= 1
        gone = set(map(id, self.values[mark[1] :]))
        self._roots = {owner: root for owner, root in self._roots.items() if id(root) not in gone}
        del self.values[mark[1] :]

    def failed_at_a_check(self) -> bool:
        """Whether a check is the last that was recorded, and nothing that was there before has been changed."""
        return bool(self.calls) and self.calls[-1].expected is not None and not self._has_changed_something()

    def _has_changed_something(self) -> bool:
        """Whether a call does more than to compute results: writes to what was there before, or draws numbers."""
        return any(call.effect or any(root.kind != RESULT for root in call.writes) for call in self.calls)

    # ---- messages

    def refusal(self, what: str, value: Value) -> str:
        """Return the message for a value that Python asks for."""
        return (
            f"{what} needs the elements of a tensor of shape {value.array.shape}, made by {value.label}, while a step "
            "is captured: what Python computes from them would not be computed again. Return the tensor and ask what "
            "the captured function returns, or choose by where() instead of if"
        )

    def unknown_shape(self, name: str) -> str:
        """Return the message for an operation whose result has a shape that depends on the elements."""
        return (
            f"{name}: the shape of its result depends on the elements, and a captured step has fixed shapes: use "
            "where() or a product with the mask, or do this outside of the captured function"
        )


class _Arrays:
    """The types of the arrays in what a function returns: ndarrays, NumPy's scalars, Python's if `numbers`."""

    def __init__(self, numbers: bool) -> None:
        self.kinds = (ndarray, np.generic, bool, int, float) if numbers else (ndarray, np.generic)

    def __contains__(self, kind: type) -> bool:
        return issubclass(kind, self.kinds)


def _symbols_in(tree: Any) -> list[Symbol]:
    found: list[Symbol] = []
    replace(tree, (Symbol,), found.append)
    return found
