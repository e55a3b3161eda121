"""Tensor: an ndarray that remembers how it was made.

Four fields are all there is: the `array`; the edge, where its cotangent goes; the version cell, shared by all that
share its memory and counted up by every write; and, for a view, how it was made from its base.  What one does with
tensors stands in `ops`, under the names that `methods` lists.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

from . import dtypes, protocols
from .graph import Edge, Hooks, Leaf, Node, Output, enable_grad
from .methods import Conversions, Methods
from .ops.index_methods import IndexMethods
from .ops.linalg_methods import LinalgMethods
from .ops.reduce_methods import ReduceMethods
from .ops.shape_methods import ShapeMethods


class View:
    """How a view was made: its base, the steps from the base to it, and the base's edge when its own was computed."""

    __slots__ = ("base", "base_edge", "steps")

    def __init__(self, base: Tensor, steps: tuple[tuple[Callable[..., Any], dict[str, Any]], ...]) -> None:
        self.base = base
        self.steps = steps
        self.base_edge = base._edge


class Tensor(Conversions, Methods, IndexMethods, LinalgMethods, ReduceMethods, ShapeMethods):
    """An array that records the operations on it, for differentiation in reverse mode.

    Parameters
    ----------
    data
        a number, nested sequences, an ndarray (shared, not copied) or a tensor.
    dtype
        NumPy dtype; by default that of `data`, where Python floats become float32.
    requires_grad
        whether `backward` collects the gradient in ``.grad``.

    Attributes
    ----------
    array
        the ndarray itself.

    Raises
    ------
    TypeError
        If the dtype is not boolean, integer or floating; or not floating where `requires_grad`.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "_edge", "_version", "_view", "array")

    array: np.ndarray
    _edge: Edge
    _version: list[int]
    _view: View | None

    def __init__(self, data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False) -> None:
        self.array = dtypes.as_array(data.array if isinstance(data, Tensor) else data, dtype)
        self._edge = None
        self._version = [0]
        self._view = None
        if requires_grad:
            self.requires_grad_()

    # ---- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The length along each dimension."""
        return self.array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype of the elements."""
        return self.array.dtype

    @property
    def device(self) -> str:
        """Always ``"cpu"``."""
        return "cpu"

    @property
    def nbytes(self) -> int:
        """The bytes that the elements take."""
        return self.array.nbytes

    @property
    def itemsize(self) -> int:
        """The bytes that one element takes."""
        return self.array.itemsize

    @property
    def flags(self) -> Any:
        """NumPy's description of how the elements lie in memory."""
        return self.array.flags

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the length along `dim`."""
        return self.array.shape if dim is None else self.array.shape[dim]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self.array.ndim

    def numel(self) -> int:
        """Return the number of elements."""
        return self.array.size

    def element_size(self) -> int:
        """Return the bytes that one element takes."""
        return self.array.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self.array.dtype.kind == "f"

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in C order."""
        return self.array.flags.c_contiguous

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor: it has no dimension to count; use numel()")
        return len(self.array)

    def __repr__(self) -> str:
        text = np.array2string(self.array, separator=", ", prefix="tensor(", precision=4, threshold=1000)
        notes = []
        if self.array.size == 0 and self.array.ndim != 1:
            notes.append(f"size={self.array.shape}")
        if self.array.dtype not in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_) or self.array.size == 0:
            notes.append(f"dtype={self.array.dtype}")
        function = self.grad_fn
        if function is not None:
            notes.append(f"grad_fn={function!r}")
        elif self._edge is not None:
            notes.append("requires_grad=True")
        return f"tensor({', '.join([text, *notes])})"

    def __format__(self, specification: str) -> str:
        return format(self.item(), specification) if self.array.ndim == 0 else format(str(self), specification)

    # ---- its place in the graph

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded; may be set on leaves."""
        return edge_of(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Make this leaf collect a gradient, or stop it from doing so, and return it."""
        if not self.is_leaf:
            if requires_grad:
                return self
            raise RuntimeError("requires_grad can be changed on leaves only: use detach() for a tensor without history")
        if not requires_grad:
            self._edge = None
        elif self._edge is None:
            if self.array.dtype.kind != "f":
                raise TypeError(
                    f"only floating tensors can require grad, not {self.array.dtype}: convert with .to(float)"
                )
            self._edge, self._view = Leaf(self.array), None
        return self

    @property
    def grad_fn(self) -> Node | Output | None:
        """The node that made it; ``None`` for leaves."""
        edge = edge_of(self)
        return None if edge is None or isinstance(edge, Leaf) else edge

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than by a recorded operation."""
        edge = edge_of(self)
        return edge is None or isinstance(edge, Leaf)

    @property
    def grad(self) -> Tensor | None:
        """What `backward` has collected: for leaves, and where `retain_grad` was called."""
        edge = self._edge
        if type(edge) is Leaf:
            return edge.grad
        edge = edge_of(self)
        if isinstance(edge, Leaf):
            return edge.grad
        return edge.hooks.grad if edge is not None and edge.hooks is not None else None

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        edge = self._edge
        if value is None and type(edge) is Leaf:
            edge.grad = None
            return
        edge = edge_of(self)
        if isinstance(edge, Leaf):
            if value is not None and (value.shape != edge.shape or value.dtype != edge.dtype):
                raise ValueError(
                    f"a gradient of shape {value.shape} and dtype {value.dtype} does not fit a tensor of shape "
                    f"{edge.shape} and dtype {edge.dtype}"
                )
            edge.grad = value
        elif value is not None:
            raise RuntimeError("only a leaf that requires grad can be given a .grad: call requires_grad_() first")

    def retain_grad(self) -> None:
        """Keep the gradient of this intermediate result in ``.grad`` during `backward`."""
        edge = edge_of(self)
        if edge is None:
            raise RuntimeError("retain_grad() needs a tensor that requires grad")
        if not isinstance(edge, Leaf):
            self._hooks().retains = True

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(gradient)`` when the gradient of this tensor is known; what it returns replaces it unless None.

        Returns
        -------
        RemovableHandle
            its ``remove()`` takes the hook away.
        """
        if edge_of(self) is None:
            raise RuntimeError("register_hook() needs a tensor that requires grad")
        functions = self._hooks().functions
        handle = RemovableHandle(functions)
        functions[handle.key] = hook
        return handle

    def _hooks(self) -> Hooks:
        edge = edge_of(self)
        assert edge is not None
        if edge.hooks is None:
            edge.hooks = Hooks()
        return edge.hooks

    def detach(self) -> Tensor:
        """Return a tensor on the same memory without history."""
        return wrap(self.array, None, self._version)

    def detach_(self) -> Self:
        """Drop the history of this tensor and return it."""
        if self._view is not None:
            raise RuntimeError("a view cannot be detached in place: use detach()")
        self._edge = None
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without history; setting it replaces the memory."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        array = value.array if isinstance(value, Tensor) else dtypes.as_array(value)
        edge = self._edge
        if isinstance(edge, Leaf):
            if array.dtype.kind != "f":
                raise TypeError(f"the data of a tensor that requires grad must be floating, not {array.dtype}")
            edge.shape, edge.dtype = array.shape, array.dtype
        elif edge is not None and (array.shape != edge.shape or array.dtype != edge.dtype):
            raise RuntimeError(
                f"the data of a result with a history must keep shape {edge.shape} and dtype {edge.dtype}, not become "
                f"{array.shape} and {array.dtype}: detach() it first"
            )
        self.array, self._version = array, [0]

    # ---- out of the graph

    def numpy(self) -> np.ndarray:
        """Return the ndarray, sharing memory.

        Raises
        ------
        RuntimeError
            If the tensor requires grad, because what is done to the array cannot be differentiated.
        """
        if self.requires_grad:
            raise RuntimeError("numpy() of a tensor that requires grad would lose the gradient: use detach().numpy()")
        return self.array

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if self.requires_grad:
            raise RuntimeError("converting a tensor that requires grad would lose the gradient: use detach() first")
        array = self.array if dtype is None else self.array.astype(dtype, copy=False)
        if copy is False and array is not self.array:
            raise ValueError(f"cannot convert {self.array.dtype} to {dtype} without a copy: leave copy=False out")
        return array.copy() if copy and array is self.array else array

    def item(self) -> Any:
        """Return the one element as a Python number."""
        if self.array.size != 1:
            raise ValueError(f"only one element can become a Python number, not shape {self.shape}: use tolist()")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the elements as nested lists of Python numbers."""
        return self.array.tolist()

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ValueError(f"the truth of a tensor of shape {self.shape} is ambiguous: use .any() or .all()")
        return bool(self.array.item())

    def __int__(self) -> int:
        return int(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub":
            raise TypeError(f"only integer tensors can be an index, not {self.array.dtype}")
        return int(self.item())

    def __iter__(self) -> Iterator[Tensor]:
        if self.array.ndim == 0:
            raise TypeError("iteration over a 0-d tensor: it has no dimension to go along")
        return (self[index] for index in range(len(self.array)))

    def __contains__(self, value: Any) -> bool:
        value = value.array if isinstance(value, Tensor) else value
        return bool((self.array == value).any())

    __hash__ = object.__hash__

    # ---- copies

    def __copy__(self) -> Tensor:
        copy = wrap(self.array, self._edge, self._version)
        copy._view = self._view
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError("only leaves can be deep-copied, a copy of history has no meaning: use detach().clone()")
        copy = self._rebuild(self.array.copy(order="K"), self.requires_grad)
        memo[id(self)] = copy
        if self.grad is not None:
            copy.grad = wrap(self.grad.array.copy(order="K"))
        return copy

    def __reduce__(self) -> Any:
        return type(self)._rebuild, (np.array(self.array, order="K"), self.requires_grad)

    @classmethod
    def _rebuild(cls, array: np.ndarray, requires_grad: bool) -> Self:
        self = cls.__new__(cls)
        Tensor.__init__(self, array, requires_grad=requires_grad)
        return self

    # ---- NumPy's functions on tensors

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        return protocols.apply_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(
        self, function: Callable[..., Any], types: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        return protocols.apply_function(function, arguments, keywords)


class RemovableHandle:
    """Returned by ``register_hook``: ``remove()`` takes the hook away."""

    _count = 0

    def __init__(self, functions: dict[int, Any]) -> None:
        RemovableHandle._count += 1
        self.key = RemovableHandle._count
        self._functions = functions

    def remove(self) -> None:
        """Take the hook away; doing so again has no effect."""
        self._functions.pop(self.key, None)


def wrap(array: np.ndarray, edge: Edge = None, version: list[int] | None = None) -> Tensor:
    """Return a tensor on `array` itself, skipping every check: the engine's constructor."""
    tensor = Tensor.__new__(Tensor)
    tensor.array = array
    tensor._edge = edge
    tensor._version = [0] if version is None else version
    tensor._view = None
    return tensor


def edge_of(tensor: Tensor) -> Edge:
    """Return where the cotangent of `tensor` goes; a view whose base was written to since is viewed anew."""
    view = tensor._view
    if view is not None and view.base_edge is not view.base._edge:
        fresh = view.base
        with enable_grad():
            for operation, attributes in view.steps:
                fresh = operation(fresh, **attributes)
        view.base_edge = view.base._edge
        tensor._edge = fresh._edge
    return tensor._edge
