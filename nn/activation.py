"""Activations as modules.  Values and derivatives stand with the functions of `tinygrad_np`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from tinygrad_np import Tensor

from . import functional as F
from .module import Module


class Activation(Module):
    """Base class: ``function(input, *arguments)``, where a subclass names the function and takes the arguments.

    Parameters
    ----------
    arguments
        what follows the input, in its order; each becomes an attribute.
    """

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self._arguments = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    def forward(self, input: Tensor) -> Tensor:
        """Return the function of `input`."""
        return type(self).function(input, *[getattr(self, name) for name in self._arguments])

    def extra_repr(self) -> str:
        """Return the arguments."""
        values = [(name, getattr(self, name)) for name in self._arguments]
        return ", ".join(f"{name}={value!r}" for name, value in values if name != "inplace" or value)


class ReLU(Activation):
    """``max(x, 0)``;  ``dx = g`` where x > 0, else 0.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` where it is positive, else 0."""
        return F.relu(input, self.inplace)


class Sigmoid(Activation):
    """``y = 1 / (1 + e**-x)``;  ``dx = g y (1 - y)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Sigmoid()(tg.tensor([0.0]))
    tensor([0.5])
    """

    function = staticmethod(F.sigmoid)


class Tanh(Activation):
    """``y = tanh(x)``;  ``dx = g (1 - y**2)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Tanh()(tg.tensor([0.0]))
    tensor([0.])
    """

    function = staticmethod(F.tanh)
