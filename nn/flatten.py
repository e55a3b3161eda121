"""Layers that change the shape only."""

from __future__ import annotations

from collections.abc import Sequence

import tinygrad_np as tg
from tinygrad_np import Tensor

from .module import Module


class Flatten(Module):
    """Make one dimension of those from `start_dim` to `end_dim`: (N, 1, 28, 28) becomes (N, 784).

    Parameters
    ----------
    start_dim, end_dim
        the first and the last of them; by default all but the first.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Flatten()(tg.zeros(16, 1, 28, 28)).shape
    (16, 784)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` in the shape with fewer dimensions."""
        return tg.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """Make several dimensions of one: the inverse of `Flatten`.

    Parameters
    ----------
    dim
        the dimension to split.
    unflattened_size
        the lengths it is split into; one of them may be -1.

    Raises
    ------
    TypeError
        If `unflattened_size` is not a sequence of integers.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Unflatten(1, (1, 28, 28))(tg.zeros(16, 784)).shape
    (16, 1, 28, 28)
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]) -> None:
        super().__init__()
        if not isinstance(unflattened_size, Sequence) or not all(isinstance(n, int) for n in unflattened_size):
            raise TypeError(f"Unflatten needs a sequence of integers as size, not {unflattened_size!r}")
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` in the shape with more dimensions."""
        return tg.unflatten(input, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """Return the dimension and its new lengths."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
