"""Symbol: what stands for an ndarray while a step is captured.

It knows shape, dtype and memory order, and whatever NumPy does to it is recorded.  Its elements are not to be had:
what asks for them would be computed once and never again, so it raises `ValueNeededError`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .trace import Tracer, Value


class ValueNeededError(RuntimeError):
    """Python asked for the elements of an array while a step was captured."""


# Functions whose answer depends on shape, dtype and memory alone: they are asked once, while capturing.
ABOUT = {
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.can_cast,
    np.may_share_memory,
    np.shares_memory,
    np.iscomplexobj,
    np.isrealobj,
    np.isfortran,
    np.zeros_like,
    np.ones_like,
    np.common_type,
}
FROM_VALUES = {  # functions whose answer has a shape that depends on the elements
    np.nonzero,
    np.flatnonzero,
    np.argwhere,
    np.unique,
    np.unique_values,
    np.unique_counts,
    np.unique_inverse,
    np.unique_all,
    np.compress,
    np.extract,
    np.trim_zeros,
    np.union1d,
    np.intersect1d,
    np.setdiff1d,
    np.bincount,
    np.ndarray.nonzero,
    np.ndarray.compress,
}
WRITING = {np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}
UNKNOWN_METHODS = {"sort", "partition", "put", "resize", "setfield", "setflags", "tobytes", "tofile", "dump", "dumps"}


class Symbol:
    """An ndarray of which only the form is known.

    Attributes
    ----------
    tracer
        where operations on it are recorded.
    value
        what it holds now; another one after a write into memory that nobody else sees.
    """

    __slots__ = ("tracer", "value")

    # It answers isinstance() as the array that it stands for, so that rules take the ways that they take in eager mode;
    # type() and NumPy's C code are not deceived.
    __class__: Any = property(lambda self: type(self.value.concrete))
    __hash__ = None  # type: ignore[assignment]  # as of an ndarray

    def __init__(self, tracer: Tracer, value: Value) -> None:
        self.tracer = tracer
        self.value = value

    def __repr__(self) -> str:
        return f"<{self.dtype} of shape {self.shape}, being captured>"

    # ---- its form

    shape = property(lambda self: self.value.array.shape)
    dtype = property(lambda self: self.value.array.dtype)
    ndim = property(lambda self: self.value.array.ndim)
    size = property(lambda self: self.value.array.size)
    nbytes = property(lambda self: self.value.array.nbytes)
    itemsize = property(lambda self: self.value.array.itemsize)
    strides = property(lambda self: self.value.array.strides)
    flags = property(lambda self: self.value.array.flags)

    def __len__(self) -> int:
        return len(self.value.array)

    @property
    def base(self) -> Any:
        """The array whose memory it is a view of, if it is one; the same object for all views of it."""
        base = self.value.array.base
        return None if base is None else self.tracer.symbol_of_memory(base)

    @property
    def T(self) -> Any:  # noqa: N802  (NumPy's name)
        """The transpose, a view."""
        return self.transpose()

    # ---- what it cannot tell

    def _refuse(self, what: str) -> Any:
        raise ValueNeededError(self.tracer.refusal(what, self.value))

    def item(self, *index: Any) -> Any:
        """Raise `ValueNeededError`."""
        self._refuse("item()")

    def tolist(self) -> Any:
        """Raise `ValueNeededError`."""
        self._refuse("tolist()")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        self._refuse("conversion to an ndarray")

    def __float__(self) -> float:
        return float(self._refuse("float()"))

    def __int__(self) -> int:
        return int(self._refuse("int()"))

    def __index__(self) -> int:
        return int(self._refuse("use as an index"))

    def __bool__(self) -> bool:
        """Tell the truth, and have each replay check that it is the same: for checks inside operations."""
        return self.tracer.assume(self)

    # ---- what is recorded

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        function = ufunc if method == "__call__" else getattr(ufunc, method)
        if method == "at":
            return self.tracer.record_write(function, inputs, keywords, inputs[0])
        out = keywords.pop("out", None)
        out = out[0] if type(out) is tuple and len(out) == 1 else out
        if out is None:
            return self.tracer.record(function, inputs, keywords)
        return self.tracer.record_into(out, function, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: dict[str, Any]) -> Any:
        if function in ABOUT:
            return function(*self.tracer.concrete(arguments), **self.tracer.concrete(keywords))
        if function is np.empty_like:  # what is in it by chance would look like a value that changes
            return np.zeros_like(*self.tracer.concrete(arguments), **self.tracer.concrete(keywords))
        if function is np.array2string:
            return repr(self)
        if function in WRITING:
            return self.tracer.record_write(function, arguments, keywords, arguments[0])
        if function in FROM_VALUES or (function is np.where and len(arguments) == 1) or _repeats_unknown(
            function, arguments, keywords
        ):
            return self.tracer.record_of_unknown_shape(function, arguments, keywords)
        out = keywords.get("out")
        if out is None:
            return self.tracer.record(function, arguments, keywords)
        rest = {name: value for name, value in keywords.items() if name != "out"}
        return self.tracer.record_into(out, function, arguments, rest)

    def __getitem__(self, index: Any) -> Any:
        items = index if type(index) is tuple else (index,)
        if any(type(item) is Symbol and item.dtype.kind == "b" for item in items):
            return self.tracer.record_of_unknown_shape(operator.getitem, (self, index), {})
        return self.tracer.record(operator.getitem, (self, index))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.tracer.record_write(operator.setitem, (self, index, value), {}, self)

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(np.equal(self, value)))

    def __pow__(self, exponent: Any) -> Any:
        return self.tracer.record(operator.pow, (self, exponent))  # which is not always np.power

    def __rpow__(self, base: Any) -> Any:
        return np.power(base, self)

    def __ipow__(self, exponent: Any) -> Any:
        self[...] = self**exponent
        return self

    def __divmod__(self, other: Any) -> Any:
        return np.floor_divide(self, other), np.remainder(self, other)

    def fill(self, value: Any) -> None:
        """Write `value` into every element."""
        self[...] = value

    def __getattr__(self, name: str) -> Any:
        """Return a method of ndarray that is recorded."""
        method = getattr(type(self.value.concrete), name, None)
        if method is None or name.startswith("__"):
            raise AttributeError(f"an ndarray has no attribute {name!r}, or none that can be captured")
        if name in UNKNOWN_METHODS or not callable(method):
            self._refuse(f"the attribute {name}")
        return lambda *args, **kwargs: self.__array_function__(method, (), (self, *args), kwargs)


def _repeats_unknown(function: Any, arguments: Any, keywords: dict[str, Any]) -> bool:
    repeats = arguments[1] if len(arguments) > 1 else keywords.get("repeats")
    return function in (np.repeat, np.ndarray.repeat) and type(repeats) is Symbol


def _binary(ufunc: np.ufunc) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    def infix(self: Any, other: Any) -> Any:
        return ufunc(self, other)

    def reflected(self: Any, other: Any) -> Any:
        return ufunc(other, self)

    def in_place(self: Any, other: Any) -> Any:
        return ufunc(self, other, out=self)

    return infix, reflected, in_place


OPERATORS = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "matmul": np.matmul,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
for _name, _ufunc in OPERATORS.items():
    for _prefix, _method in zip(("", "r", "i"), _binary(_ufunc), strict=True):
        setattr(Symbol, f"__{_prefix}{_name}__", _method)
for _name, _ufunc in {
    "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal
}.items():  # fmt: skip
    setattr(Symbol, f"__{_name}__", _binary(_ufunc)[0])
for _name, _ufunc in {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}.items():
    setattr(Symbol, f"__{_name}__", lambda self, ufunc=_ufunc: ufunc(self))
