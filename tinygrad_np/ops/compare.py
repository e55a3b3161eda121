"""Questions about two tensors as a whole, answered without a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..protocols import answer_for
from ..tensor import Tensor, wrap
from .creation import array_of


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether every element of `input` and `other` differs by at most ``atol + rtol * |other|``.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.allclose(tg.tensor([1.0]), tg.tensor([1.0 + 1e-7]))
    True
    """
    return bool(np.allclose(array_of(input), array_of(other), rtol, atol, equal_nan))


def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Whether elements of `input` and `other` differ by at most ``atol + rtol * |other|``, one by one.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.isclose(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    return wrap(np.asarray(np.isclose(array_of(input), array_of(other), rtol, atol, equal_nan)))


def equal(input: Any, other: Any) -> bool:
    """Whether `input` and `other` have the same shape and elements.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.equal(tg.ones(2), tg.ones(2))
    True
    """
    return bool(np.array_equal(array_of(input), array_of(other)))


@answer_for(np.allclose)
def _numpy_allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    return allclose(a, b, rtol, atol, equal_nan)


@answer_for(np.isclose)
def _numpy_isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    return isclose(a, b, rtol, atol, equal_nan)


@answer_for(np.array_equal)
def _numpy_array_equal(a1: Any, a2: Any) -> bool:
    return equal(a1, a2)
