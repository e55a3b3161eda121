"""NumPy's words for functions written in PyTorch's: ``axis`` for ``dim``, ``keepdims`` for ``keepdim``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Result = TypeVar("Result")

_PYTORCH = {"axis": "dim", "keepdims": "keepdim"}


def numpy_words(function: Callable[..., Result]) -> Callable[..., Result]:
    """Let `function`, written with ``dim`` and ``keepdim``, take ``axis`` and ``keepdims`` too, as PyTorch does.

    Parameters
    ----------
    function
        takes ``dim``, and perhaps ``keepdim``.

    Returns
    -------
    The same function, which raises `TypeError` if it is given an argument in both words.

    Examples
    --------
    >>> @numpy_words
    ... def length(shape: tuple[int, ...], dim: int = 0) -> int:
    ...     return shape[dim]
    >>> length((2, 3), axis=-1)
    3
    >>> length((2, 3), dim=0, axis=-1)
    Traceback (most recent call last):
    TypeError: length was given both dim and axis, which mean the same: pass one of them
    """

    @functools.wraps(function)
    def worded(*arguments: Any, **keywords: Any) -> Result:
        if keywords and ("axis" in keywords or "keepdims" in keywords):
            keywords = _translated(function, keywords)
        return function(*arguments, **keywords)

    return worded


def _translated(function: Callable[..., Any], keywords: dict[str, Any]) -> dict[str, Any]:
    for numpy_word, word in _PYTORCH.items():
        if numpy_word in keywords and word in keywords:
            raise TypeError(
                f"{function.__name__} was given both {word} and {numpy_word}, which mean the same: pass one of them"
            )
    return {_PYTORCH.get(name, name): value for name, value in keywords.items()}


def sizes_of(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return the lengths given as ``f(2, 3)`` or ``f((2, 3))``."""
    if len(size) == 1 and isinstance(size[0], Sequence):
        size = tuple(size[0])
    return tuple([int(n) for n in size])
