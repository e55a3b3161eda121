"""How an optimizer changes a parameter: primitives that write in place and have no derivative.

An update passes over its arrays several times.  It does so block by block, so that what one pass writes is still in the
cache for the next, and what is in between needs no array as large as the parameter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from ..primitive import Primitive, registry
from ..tensor import Tensor

# Elements.  Measured from 2**11 to 2**21 float32 with 1 MB of second- and 32 MB of third-level cache: below a million
# elements blocks do not pay, at two and ten millions they save a quarter, and 2**18 to 2**20 are about as good.
BLOCK = 1 << 19

_local = threading.local()


class _Update(Primitive):
    """A primitive that changes some of its inputs, returns the first of them, and has no derivative.

    An optimizer calls it for every parameter, and many are small: `Primitive.__call__` does more and takes longer.
    """

    def __init__(self, forward: Callable[..., Any], mutates: Sequence[str]) -> None:
        super().__init__(forward, None, False, False, mutates)
        self._mutated = [self.inputs.index(name) for name in mutates]

    def __call__(self, *inputs: Any, **attributes: Any) -> Any:
        """Apply to tensors, arrays and Python scalars, and count up the versions of the tensors that change."""
        arrays = [x.array if isinstance(x, Tensor) else x for x in inputs]
        try:
            self.forward(*arrays, **attributes)
        except (ValueError, TypeError) as error:
            raise self._explained(error, arrays) from error
        for index in self._mutated:
            x = inputs[index]
            if isinstance(x, Tensor):
                x._version[0] += 1
        return inputs[0]


def _changes(*mutates: str) -> Callable[[Callable[..., Any]], _Update]:
    """Make the decorated NumPy function a primitive that changes the inputs of these names."""

    def define(forward: Callable[..., Any]) -> _Update:
        operation = registry[forward.__name__] = _Update(forward, mutates)
        return operation

    return define


def _scratch(size: int, dtype: np.dtype[Any], count: int) -> list[np.ndarray]:
    """Return `count` arrays of `size` elements whose memory is used again by the next update of this thread."""
    memory = getattr(_local, "memory", None)
    if memory is None or len(memory) < count * BLOCK * dtype.itemsize:
        memory = _local.memory = np.empty(count * BLOCK * dtype.itemsize, np.uint8)
    arrays = memory[: count * BLOCK * dtype.itemsize].view(dtype).reshape(count, BLOCK)
    return [array[:size] for array in arrays]


def _blocks(arrays: tuple[np.ndarray, ...], scratch: int) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield the `arrays` block by block, each time with as many arrays of `scratch` in their shape.

    Arrays that lie in memory in different orders are not divided: they come as they are.
    """
    first = arrays[0]
    orders: tuple[Literal["C"], Literal["F"]] = ("C", "F")
    for order in orders:
        if first.size > BLOCK and all(array.flags[order] for array in arrays):
            flat = [array.reshape(-1, order=order) for array in arrays]
            between = _scratch(BLOCK, first.dtype, scratch)
            for start in range(0, first.size, BLOCK):
                stop = min(start + BLOCK, first.size)
                yield (*[a[start:stop] for a in flat], *[s[: stop - start] for s in between])
            return
    yield (*arrays, *[np.empty_like(first) for _ in range(scratch)])


@lru_cache(maxsize=256)
def _scalar(value: float, dtype: np.dtype[Any]) -> np.ndarray:
    """Return a number as an array: to convert it anew costs as much as an operation on a small array."""
    array = np.array(value, dtype)
    array.flags.writeable = False
    return array


def _check(p: np.ndarray, *others: np.ndarray | None) -> None:
    for other in others:
        if other is not None and (other.shape != p.shape or other.dtype != p.dtype):
            raise ValueError(
                f"the parameter has shape {p.shape} and dtype {p.dtype}, but its gradient or state has shape "
                f"{other.shape} and dtype {other.dtype}: they must be the same"
            )


@_changes("p", "buffer")
def sgd_update(
    p: Any,
    grad: Any,
    buffer: Any,
    lr: Any,
    *,
    momentum: float = 0.0,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
) -> None:
    """Change a parameter by one step of stochastic gradient descent, in place.

    With d = grad (-grad where `maximize`) + weight_decay * p, and with momentum

        buffer <- momentum * buffer + (1 - dampening) * d;  d <- d + momentum * buffer if nesterov else buffer

    the parameter becomes p <- p - lr * d.

    Parameters
    ----------
    p, grad : the parameter and its gradient, of one shape and dtype; `grad` is not changed.
    buffer : the momentum buffer, zero before the first step (which PyTorch takes without dampening); None without
        momentum.
    lr : the learning rate, a number or a 0-d array.
    momentum, dampening, weight_decay, nesterov, maximize : see `nn.SGD`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> p = tg.tensor([1.0, 2.0])
    >>> _ = sgd_update(p, tg.tensor([1.0, -1.0]), None, 0.5)
    >>> p
    tensor([0.5, 2.5])
    """
    dtype = p.dtype
    rate = lr.astype(dtype) if isinstance(lr, np.ndarray) else _scalar(lr, dtype)
    if p.shape != grad.shape or dtype != grad.dtype:
        _check(p, grad)
    if p.size <= BLOCK and buffer is None and not weight_decay:  # most parameters by number: biases
        (np.add if maximize else np.subtract)(p, np.multiply(grad, rate), p)
        return
    _check(p, buffer)
    signed = np.subtract if maximize else np.add
    for block in _blocks((p, grad) if buffer is None else (p, grad, buffer), scratch=2):
        q, d, s, t = block[0], block[1], block[-2], block[-1]
        if weight_decay:
            d = signed(np.multiply(q, _scalar(weight_decay, dtype), out=s), d, out=s)
        elif maximize:
            d = np.negative(d, out=s)
        if buffer is not None:
            b = block[2]
            np.multiply(b, _scalar(momentum, dtype), out=b)
            np.add(b, np.multiply(d, _scalar(1 - dampening, dtype), out=t) if dampening else d, out=b)
            d = np.add(np.multiply(b, _scalar(momentum, dtype), out=t), d, out=t) if nesterov else b
        np.subtract(q, np.multiply(d, rate, out=s), out=q)
