"""How an optimizer changes a parameter: primitives that write in place and have no derivative.

An update passes over its arrays several times.  It takes large ones block by block, so that what one pass writes is
still in the cache for the next, and what is in between needs no array as large as the parameter.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from .. import blas
from ..denormals import flushed
from ..primitive import Primitive, registry
from ..tensor import Tensor

# Elements.  Of 2**11 to 2**20 float32 this was nearly the fastest with 2 MB of second-level cache, and the arrays of
# Adam's update fit into 1 MB with it: 784 x 900 weights take 1490 microseconds instead of 2230.
BLOCK = 1 << 15
SUMMED = 1 << 17  # the same for sums by BLAS: three arrays of float32 in 2 MB
PAGE = 1 << 12  # bytes
LARGE = 1 << 14  # elements from which one call of BLAS beats two of NumPy: 39,200 take 5 microseconds instead of 9

_local = threading.local()


class _Update(Primitive):
    """A primitive that changes some of its inputs, returns the first of them, and has no derivative.

    An optimizer calls it for every parameter, and many are small: `Primitive.__call__` does more and takes longer.
    """

    def __init__(self, forward: Callable[..., Any], mutates: Sequence[str]) -> None:
        super().__init__(forward, None, False, False, mutates, False)
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
    memory, needed = getattr(_local, "memory", None), count * BLOCK * dtype.itemsize
    if memory is None or len(memory) < needed:
        memory = np.empty(needed + PAGE, np.uint8)
        # Large arrays of NumPy begin where pages do: in the middle of pages an eighth of Adam's time is saved.
        memory = _local.memory = memory[(PAGE // 2 - memory.ctypes.data) % PAGE :]
    arrays = memory[:needed].view(dtype).reshape(count, BLOCK)
    return [array[:size] for array in arrays]


def _flat(*arrays: np.ndarray | None) -> list[Any] | None:
    """Return the `arrays` with one axis (None stays None) if they are large and lie in one order of memory."""
    first: Any = arrays[0]
    orders: tuple[Literal["C"], Literal["F"]] = ("C", "F")
    for order in orders:
        if first.size > 2 * BLOCK and all(array is None or array.flags[order] for array in arrays):
            return [None if array is None else array.reshape(-1, order=order) for array in arrays]
    return None


def _blocks(*arrays: np.ndarray | None, scratch: int) -> Iterator[Any]:
    """Yield the `arrays` block by block (None stays None), each time with `scratch` arrays to write into.

    Meanwhile denormal numbers are taken for 0.  Arrays of less than two blocks, or that lie in memory in different
    orders, come as they are, with None as scratch: NumPy then makes a new array, faster than to slice an old one.
    """
    first: Any = arrays[0]
    flat = _flat(*arrays)
    if flat is not None:
        between = _scratch(BLOCK, first.dtype, scratch)
        with flushed():
            for start in range(0, first.size, BLOCK):
                stop = min(start + BLOCK, first.size)
                yield (*[a if a is None else a[start:stop] for a in flat], *[s[: stop - start] for s in between])
        return
    # A ufunc makes no 0-d arrays, but scalars, which cannot be written to.
    yield (*arrays, *[None if first.ndim else np.empty_like(first) for _ in range(scratch)])


@lru_cache(maxsize=256)
def _scalar(value: float, dtype: np.dtype[Any]) -> np.ndarray:
    """Return an option as an array: to convert it anew costs as much as an operation on a small array."""
    array = np.array(value, dtype)
    array.flags.writeable = False
    return array


def _number(value: Any) -> float:
    """Return the Python number that a 0-d array holds."""
    return value.item() if isinstance(value, np.ndarray) else value


def _check(p: np.ndarray, *others: np.ndarray | None) -> None:
    for other in others:
        if other is not None and (other.shape != p.shape or other.dtype != p.dtype):
            raise ValueError(
                f"the parameter has shape {p.shape} and dtype {p.dtype}, but its gradient or state has shape "
                f"{other.shape} and dtype {other.dtype}: they must be the same"
            )


def _descent(p: Any, grad: Any, out: Any, weight_decay: float, maximize: bool) -> Any:
    """Return the gradient of what is to become less, the weight's penalty included; in `out` if it is not `grad`."""
    if weight_decay:
        penalty = np.multiply(p, _scalar(weight_decay, p.dtype), out=out)
        return (np.subtract if maximize else np.add)(penalty, grad, out=penalty)
    return np.negative(grad, out=out) if maximize else grad


def _descends(p: Any, grad: Any, rate: float, maximize: bool) -> bool:
    """Do ``p -= rate * grad``, or ``+=``, the short way, and return True; or False where there is none."""
    if p.size >= LARGE:
        return blas.add_scaled(p, grad, rate if maximize else -rate)
    (np.add if maximize else np.subtract)(p, np.multiply(grad, _scalar(rate, p.dtype)), p)
    return True


def _descends_by_sums(
    p: Any,
    grad: Any,
    buffer: Any,
    rate: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> bool:
    """Do what `sgd_update` does to large arrays, each sum of two in one pass of BLAS; or return False, nothing done."""
    q: Any
    d: Any
    b: Any
    flat = _flat(p, grad, buffer) if p.size >= LARGE and p.flags.writeable else None
    if flat is None:
        return False
    sign, part, keep = -1.0 if maximize else 1.0, 1 - dampening, 1 - rate * weight_decay
    with flushed():
        for start in range(0, p.size, SUMMED):
            q, d, b = (None if a is None else a[start : start + SUMMED] for a in flat)
            if b is None:
                if not blas.add_scaled(q, d, -rate * sign, keep):
                    return False  # as it does in the first block or in none
                continue
            if not blas.add_scaled(b, d, part * sign, momentum):
                return False
            if weight_decay:
                blas.add_scaled(b, q, part * weight_decay)
            if nesterov:
                blas.add_scaled(q, d, -rate * sign, keep)
            blas.add_scaled(q, b, -rate * momentum if nesterov else -rate)
    return True


def _move(average: Any, value: Any, weight: float, between: Any) -> None:
    """Move a running average towards a value: average + weight * (value - average), in place."""
    if average.size >= LARGE and blas.add_scaled(average, value, weight, 1 - weight):
        return
    between = np.subtract(value, average, out=between)
    if weight < 0.5:
        np.multiply(between, _scalar(weight, average.dtype), out=between)
        np.add(average, between, out=average)
    else:  # exact where the weight is 1
        np.multiply(between, _scalar(1 - weight, average.dtype), out=between)
        np.subtract(value, between, out=average)


def _move_square(average: Any, value: Any, decay: float, between: Any) -> None:
    """Move a running average of squares: decay * average + (1 - decay) * value**2, in place."""
    between = np.multiply(value, value, out=between)
    if average.size >= LARGE and blas.add_scaled(average, between, 1 - decay, decay):
        return
    np.multiply(average, _scalar(decay, average.dtype), out=average)
    np.multiply(between, _scalar(1 - decay, average.dtype), out=between)
    np.add(average, between, out=average)


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
    rate = _number(lr)
    if p.shape != grad.shape or dtype != grad.dtype:
        _check(p, grad)
    if buffer is None and not weight_decay and _descends(p, grad, rate, maximize):
        return
    scale = _scalar(rate, dtype)
    _check(p, buffer)
    if _descends_by_sums(p, grad, buffer, rate, momentum, dampening, weight_decay, nesterov, maximize):
        return
    for q, d, b, s, t in _blocks(p, grad, buffer, scratch=2):
        d = _descent(q, d, s, weight_decay, maximize)
        if b is not None:
            np.multiply(b, _scalar(momentum, dtype), out=b)
            np.add(b, np.multiply(d, _scalar(1 - dampening, dtype), out=t) if dampening else d, out=b)
            if nesterov:
                t = np.multiply(b, _scalar(momentum, dtype), out=t)
                d = np.add(t, d, out=t)
            else:
                d = b
        np.subtract(q, np.multiply(d, scale, out=s), out=q)


def sgd_update_each(parameters: Sequence[Tensor], lr: Any, maximize: bool = False) -> None:
    """Do ``p -= lr * p.grad`` for every one of `parameters` that has a gradient: what `sgd_update` does, for many.

    Without momentum and weight decay there is so little to do for a small parameter that a call for each costs more.

    Parameters
    ----------
    parameters
        leaves; their memory is changed and their versions are counted up.
    lr
        the learning rate: a number, or a tensor or array of one.
    maximize
        whether to add instead.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> p = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (p * p).sum().backward()
    >>> sgd_update_each([p], 0.25)
    >>> p
    tensor([0.5, 1. ], requires_grad=True)
    """
    move = np.add if maximize else np.subtract
    rate = lr.item() if isinstance(lr, Tensor) else _number(lr)
    dtype: Any = None
    scalar: Any = None
    for p in parameters:
        grad = p.grad
        if grad is None:
            continue
        array, g = p.array, grad.array
        if array.dtype is not dtype:
            dtype = array.dtype
            scalar = _scalar(rate, dtype)
        if g.dtype is dtype and g.shape == array.shape and g.size < LARGE:
            move(array, np.multiply(g, scalar), array)
        elif g.shape != array.shape or not blas.add_scaled(array, g, rate if maximize else -rate):
            registry["sgd_update"](p, grad, None, lr, maximize=maximize)
            continue
        p._version[0] += 1


@_changes("p", "exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step")
def adam_update(
    p: Any,
    grad: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    max_exp_avg_sq: Any,
    step: Any,
    lr: Any,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Change a parameter by one step of Adam, in place.

    With d = grad (-grad where `maximize`) + weight_decay * p, or p <- p * (1 - lr * weight_decay) if `decoupled`,

        step <- step + 1;  m <- beta1 * m + (1 - beta1) * d;  v <- beta2 * v + (1 - beta2) * d**2
        p <- p - lr * (m / (1 - beta1**step)) / (sqrt(v / (1 - beta2**step)) + eps)

    Parameters
    ----------
    p, grad : the parameter and its gradient, of one shape and dtype; `grad` is not changed.
    exp_avg, exp_avg_sq : m and v, zero before the first step.
    max_exp_avg_sq : None; or, for AMSGrad, the largest v so far, which stands for v in the last line.
    step : 0-d array that counts the steps.
    lr : the learning rate, a number or a 0-d array.
    beta1, beta2, eps, weight_decay, decoupled, maximize : see `nn.Adam`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> p, m, v, step = tg.tensor([1.0, 2.0]), tg.zeros(2), tg.zeros(2), tg.tensor(0.0)
    >>> _ = adam_update(p, tg.tensor([3.0, -0.1]), m, v, None, step, 0.5)
    >>> p, step
    (tensor([0.5, 2.5]), tensor(1.))
    """
    _check(p, grad, exp_avg, exp_avg_sq, max_exp_avg_sq)
    step += 1
    lr, count = _number(lr), _number(step)
    root = math.sqrt(1 - beta2**count)  # moved out of the square root of v, and so out of the arrays
    rate, floor = lr / (1 - beta1**count) * root, np.array(eps * root, p.dtype)
    keep = 1 - lr * weight_decay if decoupled else 1.0
    for q, d, m, v, largest, s, t in _blocks(p, grad, exp_avg, exp_avg_sq, max_exp_avg_sq, scratch=2):
        d = _descent(q, d, s, 0.0 if decoupled else weight_decay, maximize)
        _move(m, d, 1 - beta1, t)
        _move_square(v, d, beta2, t)
        if largest is not None:
            v = np.maximum(largest, v, out=largest)
        s = np.sqrt(v, out=s)
        s = np.divide(m, np.add(s, floor, out=s), out=s)
        if q.size < LARGE or not blas.add_scaled(q, s, -rate, keep):
            if keep != 1:
                np.multiply(q, np.array(keep, p.dtype), out=q)
            np.subtract(q, np.multiply(s, np.array(rate, p.dtype), out=s), out=q)


@_changes("p", "exp_avg", "exp_avg_sq", "mu_product", "step")
def nadam_update(
    p: Any,
    grad: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    mu_product: Any,
    step: Any,
    lr: Any,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum_decay: float = 0.004,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Change a parameter by one step of NAdam, in place.

    With d, m and v as in `adam_update`, mu(k) = beta1 * (1 - 0.96**(k * momentum_decay) / 2) and

        step <- step + 1;  mu_product <- mu_product * mu(step)

    the parameter becomes p - lr * n / (sqrt(v / (1 - beta2**step)) + eps) with

        n = d * (1 - mu(step)) / (1 - mu_product) + m * mu(step + 1) / (1 - mu_product * mu(step + 1))

    Parameters
    ----------
    p, grad : the parameter and its gradient, of one shape and dtype; `grad` is not changed.
    exp_avg, exp_avg_sq : m and v, zero before the first step.
    mu_product, step : 0-d arrays, 1 and 0 before the first step.
    lr : the learning rate, a number or a 0-d array.
    beta1, beta2, eps, weight_decay, momentum_decay, decoupled, maximize : see `nn.NAdam`.
    """
    _check(p, grad, exp_avg, exp_avg_sq)
    step += 1
    lr, count = _number(lr), _number(step)
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * momentum_decay)) for k in (count, count + 1))
    mu_product *= mu
    product = _number(mu_product)
    root = math.sqrt(1 - beta2**count)  # moved out of the square root of v, and so out of the arrays
    floor = np.array(eps * root, p.dtype)
    now = np.array(lr * (1 - mu) / (1 - product) * root, p.dtype)
    ahead = np.array(lr * mu_next / (1 - product * mu_next) * root, p.dtype)
    for q, d, m, v, s, t in _blocks(p, grad, exp_avg, exp_avg_sq, scratch=2):
        if decoupled and weight_decay:
            np.multiply(q, np.array(1 - lr * weight_decay, p.dtype), out=q)
        d = _descent(q, d, s, 0.0 if decoupled else weight_decay, maximize)
        _move(m, d, 1 - beta1, t)
        _move_square(v, d, beta2, t)
        s, t = np.multiply(d, now, out=s), np.multiply(m, ahead, out=t)
        np.add(s, t, out=s)
        np.add(np.sqrt(v, out=t), floor, out=t)
        np.subtract(q, np.divide(s, t, out=s), out=q)


@_changes("p", "square_avg", "grad_avg", "buffer", "step")
def rmsprop_update(
    p: Any,
    grad: Any,
    square_avg: Any,
    grad_avg: Any,
    buffer: Any,
    step: Any,
    lr: Any,
    *,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    maximize: bool = False,
) -> None:
    """Change a parameter by one step of RMSprop, in place.

    With d = grad (-grad where `maximize`) + weight_decay * p,

        step <- step + 1;  v <- alpha * v + (1 - alpha) * d**2;  m <- alpha * m + (1 - alpha) * d
        u = d / (sqrt(v - m**2) + eps);  b <- momentum * b + u;  p <- p - lr * b

    where without m it is sqrt(v), and without b the last is p <- p - lr * u.

    Parameters
    ----------
    p, grad : the parameter and its gradient, of one shape and dtype; `grad` is not changed.
    square_avg, grad_avg, buffer : v, m and b, zero before the first step; m and b may be None.
    step : 0-d array that counts the steps.
    lr : the learning rate, a number or a 0-d array.
    alpha, eps, weight_decay, momentum, maximize : see `nn.RMSprop`.
    """
    _check(p, grad, square_avg, grad_avg, buffer)
    step += 1
    dtype = p.dtype
    rate, floor = _scalar(_number(lr), dtype), _scalar(eps, dtype)
    for q, d, v, m, b, s, t in _blocks(p, grad, square_avg, grad_avg, buffer, scratch=2):
        d = _descent(q, d, s, weight_decay, maximize)
        _move_square(v, d, alpha, t)
        if m is None:
            t = np.sqrt(v, out=t)
        else:
            _move(m, d, 1 - alpha, t)
            t = np.multiply(m, m, out=t)
            np.sqrt(np.subtract(v, t, out=t), out=t)
        s = np.divide(d, np.add(t, floor, out=t), out=s)
        if b is not None:
            np.multiply(b, _scalar(momentum, dtype), out=b)
            np.add(b, s, out=b)
        np.subtract(q, np.multiply(s if b is None else b, rate, out=s), out=q)


@_changes("p", "total", "step")
def adagrad_update(
    p: Any,
    grad: Any,
    total: Any,
    step: Any,
    lr: Any,
    *,
    lr_decay: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Change a parameter by one step of Adagrad, in place.

    With d = grad (-grad where `maximize`) + weight_decay * p,

        step <- step + 1;  total <- total + d**2
        p <- p - lr / (1 + (step - 1) * lr_decay) * d / (sqrt(total) + eps)

    Parameters
    ----------
    p, grad : the parameter and its gradient, of one shape and dtype; `grad` is not changed.
    total : the sum of the squares.
    step : 0-d array that counts the steps.
    lr : the learning rate, a number or a 0-d array.
    lr_decay, eps, weight_decay, maximize : see `nn.Adagrad`.
    """
    _check(p, grad, total)
    step += 1
    rate = np.array(_number(lr) / (1 + (_number(step) - 1) * lr_decay), p.dtype)
    for q, d, v, s, t in _blocks(p, grad, total, scratch=2):
        d = _descent(q, d, s, weight_decay, maximize)
        t = np.multiply(d, d, out=t)
        np.add(v, t, out=v)
        np.add(np.sqrt(v, out=t), _scalar(eps, p.dtype), out=t)
        s = np.divide(d, t, out=s)
        np.subtract(q, np.multiply(s, rate, out=s), out=q)


@_changes("average")
def average_update(average: Any, value: Any, count: Any, *, decay: float = 0.999, warmup: bool = False) -> None:
    """Move a running average towards a value, in place: average <- d * average + (1 - d) * value.

    Here d = 0 if `count` is 0, so that what was there before counts for nothing; else d is `decay`, or, if `warmup`,
    min(decay, (1 + count) / (10 + count)).

    Parameters
    ----------
    average, value : of one shape and dtype; `value` is not changed.
    count : how many updates there were before, a number or a 0-d array.
    decay, warmup : see `nn.ExponentialMovingAverage`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> average = tg.tensor([1.0, 2.0])
    >>> average_update(average, tg.tensor([3.0, 2.0]), 1, decay=0.75)
    tensor([1.5, 2. ])
    """
    _check(average, value)
    updates = _number(count)
    keep = min(decay, (1 + updates) / (10 + updates)) if warmup else decay
    weight = 1 - keep if updates else 1.0
    for a, v, s in _blocks(average, value, scratch=1):
        _move(a, v, weight, s)
