"""Gradients that a captured step did not need: they are computed if somebody asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

from ..tensor import Tensor
from .trace import ARRAY


class Frame:
    """What the gradients of a replay are made of.

    Attributes
    ----------
    count : how many replays there were.
    inputs : the arguments of the last one.
    versions : the versions of their memory at that time.
    """

    __slots__ = ("count", "inputs", "versions")

    def __init__(self) -> None:
        self.count = 0
        self.inputs: tuple[Tensor, ...] = ()
        self.versions: tuple[int, ...] = ()


class Deferred(Tensor):
    """A gradient whose elements are computed when they are first read after a replay.

    Like any gradient of a captured step it is the same tensor after each replay, with other elements.
    """

    __slots__ = ("_compute", "_done", "_frame")

    _compute: Callable[..., ndarray]
    _done: int
    _frame: Frame

    @classmethod
    def of(cls, frame: Frame, compute: Callable[..., ndarray]) -> Deferred:
        """Return a gradient that `compute` makes from the arrays of the inputs."""
        self = cls.__new__(cls)
        self._compute, self._done, self._frame = compute, -1, frame
        self._edge, self._version, self._view = None, [0], None
        return self

    @property
    def array(self) -> Any:
        """The elements."""
        frame = self._frame
        if self._done != frame.count:
            for number, tensor in enumerate(frame.inputs):
                if tensor._version[0] != frame.versions[number]:
                    raise RuntimeError(
                        f"argument {number} of a captured step was written to before a gradient that depends on it was "
                        "first read: read .grad before, or write to a clone()"
                    )
            ARRAY.__set__(self, self._compute(*[ARRAY.__get__(tensor) for tensor in frame.inputs]))
            self._done = frame.count
        return vars(Tensor)["array"].__get__(self)  # which is another one while capturing

    @array.setter
    def array(self, value: ndarray) -> None:
        vars(Tensor)["array"].__set__(self, value)
        self._done = self._frame.count
