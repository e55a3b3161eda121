"""The operations on shapes as methods of `Tensor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

from .words import numpy_words, sizes_of

if TYPE_CHECKING:
    from ..tensor import Tensor


class ShapeMethods:
    """Views, other orders, parts and repeats, with the tensor first; holds no data."""

    __slots__ = ()

    # ---- another shape

    def reshape(self, *shape: Any) -> Tensor:
        """See `tinygrad_np.reshape`; the lengths may be given one by one."""
        return tg.reshape(self, sizes_of(shape))

    def reshape_as(self, other: Tensor) -> Tensor:
        """Return this tensor in the shape of `other`; see `tinygrad_np.reshape`."""
        return tg.reshape(self, other.shape)

    def view(self: Any, *shape: Any) -> Tensor:
        """Return the elements in another shape, in the same memory; see `tinygrad_np.view`."""
        return tg.view(self, sizes_of(shape))

    def view_as(self: Any, other: Tensor) -> Tensor:
        """Return the elements in the shape of `other`, in the same memory; see `tinygrad_np.view`."""
        return tg.view(self, other.shape)

    def ravel(self) -> Tensor:
        """See `tinygrad_np.ravel`."""
        return tg.ravel(self)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """See `tinygrad_np.flatten`."""
        return tg.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Sequence[int]) -> Tensor:
        """See `tinygrad_np.unflatten`."""
        return tg.unflatten(self, dim, sizes)

    @numpy_words
    def squeeze(self, dim: int | Sequence[int] | None = None) -> Tensor:
        """See `tinygrad_np.squeeze`."""
        return tg.squeeze(self, dim)

    @numpy_words
    def unsqueeze(self, dim: int) -> Tensor:
        """See `tinygrad_np.unsqueeze`."""
        return tg.unsqueeze(self, dim)

    def expand(self, *size: Any) -> Tensor:
        """See `tinygrad_np.expand`; the lengths may be given one by one."""
        return tg.expand(self, sizes_of(size))

    def expand_as(self, other: Tensor) -> Tensor:
        """Return this tensor broadcast to the shape of `other`; see `tinygrad_np.expand`."""
        return tg.expand(self, other.shape)

    def broadcast_to(self, shape: Sequence[int]) -> Tensor:
        """See `tinygrad_np.broadcast_to`."""
        return tg.broadcast_to(self, shape)

    # ---- another order

    @property
    def T(self: Any) -> Tensor:  # noqa: N802  (the name it has everywhere)
        """The tensor with its dimensions in reverse: the transpose of a matrix."""
        return tg.t(self) if self.ndim <= 2 else tg.permute(self, range(self.ndim)[::-1])

    @property
    def mT(self) -> Tensor:  # noqa: N802  (the name it has everywhere)
        """The tensor with its last two dimensions swapped."""
        return tg.transpose(self, -2, -1)

    def t(self) -> Tensor:
        """See `tinygrad_np.t`."""
        return tg.t(self)

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """See `tinygrad_np.transpose`."""
        return tg.transpose(self, dim0, dim1)

    def swapaxes(self, axis0: int, axis1: int) -> Tensor:
        """See `tinygrad_np.transpose`."""
        return tg.transpose(self, axis0, axis1)

    def swapdims(self, dim0: int, dim1: int) -> Tensor:
        """See `tinygrad_np.transpose`."""
        return tg.transpose(self, dim0, dim1)

    def permute(self, *dims: Any) -> Tensor:
        """See `tinygrad_np.permute`; the dimensions may be given one by one."""
        return tg.permute(self, sizes_of(dims))

    def movedim(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """See `tinygrad_np.movedim`."""
        return tg.movedim(self, source, destination)

    def moveaxis(self, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
        """See `tinygrad_np.movedim`."""
        return tg.movedim(self, source, destination)

    def contiguous(self) -> Tensor:
        """See `tinygrad_np.contiguous`."""
        return tg.contiguous(self)

    def flip(self, *dims: Any) -> Tensor:
        """See `tinygrad_np.flip`; the dimensions may be given one by one."""
        return tg.flip(self, sizes_of(dims))

    def fliplr(self) -> Tensor:
        """See `tinygrad_np.fliplr`."""
        return tg.fliplr(self)

    def flipud(self) -> Tensor:
        """See `tinygrad_np.flipud`."""
        return tg.flipud(self)

    def roll(self, shifts: int | Sequence[int], dims: int | Sequence[int] | None = None) -> Tensor:
        """See `tinygrad_np.roll`."""
        return tg.roll(self, shifts, dims)

    def rot90(self, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
        """See `tinygrad_np.rot90`."""
        return tg.rot90(self, k, dims)

    # ---- diagonals and triangles

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """See `tinygrad_np.diagonal`."""
        return tg.diagonal(self, offset, dim1, dim2)

    def diag(self, diagonal: int = 0) -> Tensor:
        """See `tinygrad_np.diag`."""
        return tg.diag(self, diagonal)

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
        """See `tinygrad_np.diag_embed`."""
        return tg.diag_embed(self, offset, dim1, dim2)

    def tril(self, diagonal: int = 0) -> Tensor:
        """See `tinygrad_np.tril`."""
        return tg.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Tensor:
        """See `tinygrad_np.triu`."""
        return tg.triu(self, diagonal)

    # ---- parts and repeats

    @numpy_words
    def split(self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """See `tinygrad_np.split`."""
        return tg.split(self, split_size, dim)

    @numpy_words
    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """See `tinygrad_np.chunk`."""
        return tg.chunk(self, chunks, dim)

    @numpy_words
    def tensor_split(self, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
        """See `tinygrad_np.tensor_split`."""
        return tg.tensor_split(self, indices_or_sections, dim)

    @numpy_words
    def unbind(self, dim: int = 0) -> tuple[Tensor, ...]:
        """See `tinygrad_np.unbind`."""
        return tg.unbind(self, dim)

    def repeat(self, *repeats: Any) -> Tensor:
        """See `tinygrad_np.tile`; there must be a number for each dimension."""
        return tg.repeat(self, sizes_of(repeats))

    def tile(self, *dims: Any) -> Tensor:
        """See `tinygrad_np.tile`; the numbers may be given one by one."""
        return tg.tile(self, sizes_of(dims))

    @numpy_words
    def repeat_interleave(self, repeats: Any, dim: int | None = None) -> Tensor:
        """See `tinygrad_np.repeat_interleave`."""
        return tg.repeat_interleave(self, repeats, dim)
