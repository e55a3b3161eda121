"""Tensors from nothing: constants, ranges, and copies of the user's data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import dtypes
from ..device import check_device
from ..protocols import answer_for
from ..tensor import Tensor, wrap
from .words import sizes_of


def tensor(data: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, *, device: Any = None) -> Tensor:
    """Return a new tensor with a copy of `data`.

    Parameters
    ----------
    data
        number, nested sequences, ndarray or tensor.
    dtype
        NumPy dtype; by default that of `data`, where Python floats become the default dtype (float32).
    requires_grad
        whether `backward` collects its gradient.
    device
        ``"cpu"`` or None, here and in the other functions that make tensors.

    Raises
    ------
    RuntimeError
        If the device is another one.
    TypeError
        If the dtype is neither boolean, integer nor floating; or not floating where `requires_grad`.
    ValueError
        If the nested sequences have unequal lengths.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    >>> tg.tensor([0.5, 2], requires_grad=True)
    tensor([0.5, 2. ], requires_grad=True)
    """
    check_device(device)
    if isinstance(data, Tensor):
        data = data.array
    elif isinstance(data, list | tuple):
        data = _without_tensors(data)
    array = dtypes.as_array(data, dtype)
    if array is data or (isinstance(data, np.ndarray) and np.may_share_memory(array, data)):
        array = array.copy(order="K")
    return Tensor(array, requires_grad=requires_grad)


def _without_tensors(data: Any) -> Any:
    if isinstance(data, list | tuple):
        return [_without_tensors(x) for x in data]
    return data.array if isinstance(data, Tensor) else data


def as_tensor(data: Any, dtype: DTypeLike | None = None, device: Any = None) -> Tensor:
    """Return `data` as a tensor, sharing its memory, and history, where no conversion is needed.

    Examples
    --------
    >>> import numpy as np, tinygrad_np as tg
    >>> a = np.zeros(2)
    >>> tg.as_tensor(a)[0] = 1
    >>> a
    array([1., 0.])
    """
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return Tensor(_without_tensors(data), dtype)


def from_numpy(array: np.ndarray) -> Tensor:
    """Return a tensor on the memory of `array`: a change in one shows in the other.

    Raises
    ------
    TypeError
        If `array` is not an ndarray.

    Examples
    --------
    >>> import numpy as np, tinygrad_np as tg
    >>> tg.from_numpy(np.arange(3))
    tensor([0, 1, 2])
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy takes an ndarray, not {type(array).__name__}: use tensor() to convert")
    return Tensor(array)


def full(
    size: int | Sequence[int],
    fill_value: float,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return a tensor of shape `size` with every element `fill_value`, of its dtype unless given.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.full((2,), 7)
    tensor([7, 7])
    """
    check_device(device)
    value = fill_value.array if isinstance(fill_value, Tensor) else fill_value
    shape = sizes_of(tuple(size) if isinstance(size, Sequence) else (size,))
    return Tensor(np.full(shape, value, dtype or dtypes.as_array(value).dtype), requires_grad=requires_grad)


def zeros(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return zeros of shape `size`, in the default dtype unless given.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.zeros(2, 3).shape, tg.zeros((2, 3)).shape
    ((2, 3), (2, 3))
    """
    check_device(device)
    return Tensor(np.zeros(sizes_of(size), dtype or dtypes.get_default_dtype()), requires_grad=requires_grad)


def ones(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return ones of shape `size`, in the default dtype unless given.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.ones(2)
    tensor([1., 1.])
    """
    check_device(device)
    return Tensor(np.ones(sizes_of(size), dtype or dtypes.get_default_dtype()), requires_grad=requires_grad)


def empty(*size: Any, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return a tensor of shape `size` whose elements are whatever was in memory.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.empty(2, 3).shape
    (2, 3)
    """
    check_device(device)
    return Tensor(np.empty(sizes_of(size), dtype or dtypes.get_default_dtype()), requires_grad=requires_grad)


def eye(
    n: int, m: int | None = None, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return the identity matrix of shape ``(n, n)``, or ``(n, m)``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    check_device(device)
    return Tensor(np.eye(n, m, dtype=dtype or dtypes.get_default_dtype()), requires_grad=requires_grad)


def arange(
    start: float,
    end: float | None = None,
    step: float = 1,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return the numbers from `start` up to, not including, `end` in steps of `step`; int64 if all three are integers.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.arange(3), tg.arange(1, 2, 0.5)
    (tensor([0, 1, 2]), tensor([1. , 1.5]))
    """
    check_device(device)
    if end is None:
        start, end = 0, start
    if dtype is None:
        whole = all(isinstance(x, int | np.integer) for x in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.get_default_dtype()
    return Tensor(np.arange(start, end, step).astype(dtype), requires_grad=requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    *,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return `steps` evenly spaced numbers from `start` to `end`, both included.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.linspace(0, 1, 3)
    tensor([0. , 0.5, 1. ])
    """
    check_device(device)
    return Tensor(
        np.linspace(start, end, steps, dtype=dtype or dtypes.get_default_dtype()), requires_grad=requires_grad
    )


def logspace(
    start: float, end: float, steps: int, base: float = 10.0, *, dtype: DTypeLike | None = None, device: Any = None
) -> Tensor:
    """Return `steps` numbers from ``base**start`` to ``base**end``, evenly spaced in the exponent.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    check_device(device)
    return Tensor(np.logspace(start, end, steps, base=base, dtype=dtype or dtypes.get_default_dtype()))


def array_of(input: Any) -> np.ndarray:
    """Return the array of a tensor, or `input` as one."""
    return input.array if isinstance(input, Tensor) else dtypes.as_array(input)


def zeros_like(
    input: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return zeros of the shape, memory order and (unless given) dtype of `input`."""
    check_device(device)
    return Tensor(np.zeros_like(array_of(input), dtype=dtype), requires_grad=requires_grad)


def ones_like(input: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None) -> Tensor:
    """Return ones of the shape, memory order and (unless given) dtype of `input`."""
    check_device(device)
    return Tensor(np.ones_like(array_of(input), dtype=dtype), requires_grad=requires_grad)


def empty_like(
    input: Any, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return an uninitialised tensor of the shape, memory order and (unless given) dtype of `input`."""
    check_device(device)
    return Tensor(np.empty_like(array_of(input), dtype=dtype), requires_grad=requires_grad)


def full_like(
    input: Any, fill_value: float, *, dtype: DTypeLike | None = None, requires_grad: bool = False, device: Any = None
) -> Tensor:
    """Return a tensor like `input` with every element `fill_value`."""
    check_device(device)
    return Tensor(np.full_like(array_of(input), fill_value, dtype=dtype), requires_grad=requires_grad)


@answer_for(np.zeros_like)
def _numpy_zeros_like(a: Tensor, dtype: DTypeLike | None = None) -> Tensor:
    return wrap(np.zeros_like(a.array, dtype=dtype))


@answer_for(np.ones_like)
def _numpy_ones_like(a: Tensor, dtype: DTypeLike | None = None) -> Tensor:
    return wrap(np.ones_like(a.array, dtype=dtype))


@answer_for(np.empty_like)
def _numpy_empty_like(prototype: Tensor, dtype: DTypeLike | None = None) -> Tensor:
    return wrap(np.empty_like(prototype.array, dtype=dtype))


@answer_for(np.full_like)
def _numpy_full_like(a: Tensor, fill_value: float, dtype: DTypeLike | None = None) -> Tensor:
    return wrap(np.full_like(a.array, fill_value, dtype=dtype))


@answer_for(np.shape)
def _numpy_shape(a: Tensor) -> tuple[int, ...]:
    return a.array.shape


@answer_for(np.ndim)
def _numpy_ndim(a: Tensor) -> int:
    return a.array.ndim


@answer_for(np.size)
def _numpy_size(a: Tensor, axis: int | None = None) -> int:
    return a.array.size if axis is None else a.array.shape[axis]
