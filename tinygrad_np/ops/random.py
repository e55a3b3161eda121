"""Random tensors.

Every function takes an explicit ``generator=`` (a `numpy.random.Generator`); without one it draws from the default
generator, which `manual_seed` sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import dtypes
from ..device import check_device
from ..tensor import Tensor
from .creation import array_of
from .words import sizes_of

_default: np.random.Generator | None = None  # made when first used: NumPy loads `random` only then, too


def manual_seed(seed: int | Sequence[int]) -> np.random.Generator:
    """Set the default generator to a known state and return it.

    Parameters
    ----------
    seed
        a number not below 0, or several, such as (seed, epoch, batch): draws then depend on nothing that went before.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> _ = tg.manual_seed(0)
    >>> a = tg.rand(3)
    >>> _ = tg.manual_seed(0)
    >>> bool((tg.rand(3) == a).all())
    True
    """
    global _default
    _default = np.random.default_rng(seed)
    return _default


def default_generator() -> np.random.Generator:
    """Return the generator that is used where none is given."""
    global _default
    if _default is None:
        _default = np.random.default_rng()
    return _default


def get_rng_state() -> dict[str, Any]:
    """Return the state of the default generator, for `set_rng_state`; it is made of numbers and strings."""
    return dict(default_generator().bit_generator.state)


def set_rng_state(state: dict[str, Any]) -> None:
    """Put the default generator back into a `state` that `get_rng_state` gave."""
    default_generator().bit_generator.state = state


def draw(function: Callable[[np.random.Generator], Any], generator: np.random.Generator | None = None) -> Any:
    """Return ``function(generator)``, an array, with the default generator where none is given.

    All that is random is drawn through this function, so that a captured step can draw anew in each replay.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> draw(lambda generator: generator.random(3)).shape
    (3,)
    """
    return function(generator or default_generator())


def _floating(dtype: DTypeLike | None) -> np.dtype[Any]:
    chosen = np.dtype(dtype or dtypes.get_default_dtype())
    if chosen.kind != "f":
        raise TypeError(f"random numbers of a continuous distribution need a floating dtype, not {chosen}")
    return chosen


def _drawn(
    method: Callable[..., Any],
    size: tuple[int, ...],
    dtype: DTypeLike | None,
    requires_grad: bool,
    generator: np.random.Generator | None,
) -> Tensor:
    """Return what a method of the generator draws, in `dtype`; NumPy draws in float32 and float64 only."""
    chosen = _floating(dtype)
    native = chosen if chosen in (dtypes.float32, dtypes.float64) else dtypes.float32
    drawn = draw(lambda source: np.asarray(method(source, size, native), chosen), generator)
    return Tensor(drawn, requires_grad=requires_grad)


def rand(
    *size: Any,
    generator: np.random.Generator | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return numbers drawn evenly from [0, 1).

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.rand(2, 3).shape
    (2, 3)
    """
    check_device(device)
    return _drawn(np.random.Generator.random, sizes_of(size), dtype, requires_grad, generator)


def randn(
    *size: Any,
    generator: np.random.Generator | None = None,
    dtype: DTypeLike | None = None,
    requires_grad: bool = False,
    device: Any = None,
) -> Tensor:
    """Return numbers drawn from the normal distribution of mean 0 and variance 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.randn(2, 3).dtype
    dtype('float32')
    """
    check_device(device)
    return _drawn(np.random.Generator.standard_normal, sizes_of(size), dtype, requires_grad, generator)


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Sequence[int] | None = None, *, generator: np.random.Generator | None = None
) -> Tensor:
    """Return numbers drawn from normal distributions; `mean` and `std` broadcast where no `size` is given.

    Raises
    ------
    ValueError
        If a standard deviation is negative.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.normal(5.0, 0.0, (2,))
    tensor([5., 5.])
    """
    mean, std = array_of(mean), array_of(std)
    if np.any(std < 0):
        raise ValueError(f"normal needs standard deviations that are not negative, not {std.min()}")
    shape = tuple(size) if size is not None else np.broadcast_shapes(mean.shape, std.shape)
    dtype = dtypes.promote_types(mean.dtype, std.dtype)
    dtype = dtype if dtype.kind == "f" else dtypes.get_default_dtype()
    return Tensor((mean + std * randn(shape, generator=generator, dtype=dtype).array).astype(dtype))


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: np.random.Generator | None = None,
    dtype: DTypeLike = np.int64,
    device: Any = None,
) -> Tensor:
    """Return integers drawn evenly from `low` (0 if left out) up to, not including, `high`: ``randint(10, (2, 3))``.

    Raises
    ------
    ValueError
        If there is no integer between the two.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.randint(0, 10, (2, 3)).shape
    (2, 3)
    """
    check_device(device)
    if size is None:
        low, high, size = 0, low, high
    if size is None or not high > low:
        raise ValueError(f"randint needs low < high and a size, not low={low}, high={high}, size={size}")
    return Tensor(draw(lambda source: source.integers(low, high, tuple(size)).astype(dtype), generator))


def randperm(n: int, *, generator: np.random.Generator | None = None, device: Any = None) -> Tensor:
    """Return the integers below `n` in random order, int64.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> sorted(tg.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    check_device(device)
    return Tensor(draw(lambda source: source.permutation(n), generator))


def bernoulli(input: Any, *, generator: np.random.Generator | None = None) -> Tensor:
    """Return 1 with the probability that `input` gives for each element, else 0.

    Raises
    ------
    ValueError
        If a probability lies outside 0 to 1.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.bernoulli(tg.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    p = array_of(input)
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"bernoulli needs probabilities between 0 and 1, not {p.min()} to {p.max()}")
    drawn = draw(lambda source: source.random(p.shape), generator)
    return Tensor(np.asarray(drawn < p).astype(p.dtype))


def rand_like(
    input: Any, *, generator: np.random.Generator | None = None, dtype: DTypeLike | None = None, device: Any = None
) -> Tensor:
    """Return numbers from [0, 1) in the shape and dtype of `input`."""
    check_device(device)
    array = array_of(input)
    return rand(array.shape, generator=generator, dtype=dtype or array.dtype)


def randn_like(
    input: Any, *, generator: np.random.Generator | None = None, dtype: DTypeLike | None = None, device: Any = None
) -> Tensor:
    """Return normal numbers in the shape and dtype of `input`."""
    check_device(device)
    array = array_of(input)
    return randn(array.shape, generator=generator, dtype=dtype or array.dtype)


def randint_like(
    input: Any, low: int, high: int | None = None, *, generator: np.random.Generator | None = None, device: Any = None
) -> Tensor:
    """Return integers from `low` (0 if left out) up to, not including, `high` in the shape and dtype of `input`."""
    check_device(device)
    array = array_of(input)
    if high is None:
        low, high = 0, low
    return randint(low, high, array.shape, generator=generator, dtype=array.dtype)
