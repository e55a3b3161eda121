"""The operations with an index or a mask, and those of order, as methods of `Tensor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

from .words import numpy_words

if TYPE_CHECKING:
    from ..tensor import Tensor
    from .sort import Sorted


class IndexMethods:
    """Gathering, scattering, masks and order, with the tensor first; holds no data."""

    __slots__ = ()

    # ---- by integers

    @numpy_words
    def gather(self, dim: int, index: Any) -> Tensor:
        """See `tinygrad_np.gather`."""
        return tg.gather(self, dim, index)

    def scatter(self, dim: int, index: Any, src: Any) -> Tensor:
        """See `tinygrad_np.scatter`."""
        return tg.scatter(self, dim, index, src)

    def scatter_(self: Any, dim: int, index: Any, src: Any) -> Tensor:
        """Write the result of `tinygrad_np.scatter` into this tensor and return it."""
        return tg.inplace.write(self, tg.scatter, dim, index, src)

    def scatter_add(self, dim: int, index: Any, src: Any) -> Tensor:
        """See `tinygrad_np.scatter_add`."""
        return tg.scatter_add(self, dim, index, src)

    def scatter_add_(self: Any, dim: int, index: Any, src: Any) -> Tensor:
        """Write the result of `tinygrad_np.scatter_add` into this tensor and return it."""
        return tg.inplace.write(self, tg.scatter_add, dim, index, src)

    @numpy_words
    def index_select(self, dim: int, index: Any) -> Tensor:
        """See `tinygrad_np.index_select`."""
        return tg.index_select(self, dim, index)

    def index_add(self, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
        """See `tinygrad_np.index_add`."""
        return tg.index_add(self, dim, index, source, alpha=alpha)

    def index_add_(self: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
        """Write the result of `tinygrad_np.index_add` into this tensor and return it."""
        return tg.inplace.write(self, tg.index_add, dim, index, source, alpha=alpha)

    def index_copy(self, dim: int, index: Any, source: Any) -> Tensor:
        """See `tinygrad_np.index_copy`."""
        return tg.index_copy(self, dim, index, source)

    def index_copy_(self: Any, dim: int, index: Any, source: Any) -> Tensor:
        """Write the result of `tinygrad_np.index_copy` into this tensor and return it."""
        return tg.inplace.write(self, tg.index_copy, dim, index, source)

    def index_fill(self, dim: int, index: Any, value: Any) -> Tensor:
        """See `tinygrad_np.index_fill`."""
        return tg.index_fill(self, dim, index, value)

    def index_fill_(self: Any, dim: int, index: Any, value: Any) -> Tensor:
        """Write the result of `tinygrad_np.index_fill` into this tensor and return it."""
        return tg.inplace.write(self, tg.index_fill, dim, index, value)

    def take(self, index: Any) -> Tensor:
        """See `tinygrad_np.take`."""
        return tg.take(self, index)

    @numpy_words
    def take_along_dim(self, indices: Any, dim: int | None = None) -> Tensor:
        """See `tinygrad_np.take_along_dim`."""
        return tg.take_along_dim(self, indices, dim)

    # ---- by masks

    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """See `tinygrad_np.masked_fill`."""
        return tg.masked_fill(self, mask, value)

    def masked_fill_(self: Any, mask: Any, value: Any) -> Tensor:
        """Write the result of `tinygrad_np.masked_fill` into this tensor and return it."""
        return tg.inplace.write(self, tg.masked_fill, mask, value)

    def masked_select(self, mask: Any) -> Tensor:
        """See `tinygrad_np.masked_select`."""
        return tg.masked_select(self, mask)

    def nonzero(self, as_tuple: bool = False) -> Any:
        """See `tinygrad_np.nonzero`."""
        return tg.nonzero(self, as_tuple)

    def argwhere(self) -> Tensor:
        """See `tinygrad_np.nonzero`."""
        return tg.nonzero(self)

    # ---- order

    @numpy_words
    def sort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Sorted:
        """See `tinygrad_np.sort`."""
        return tg.sort(self, dim, descending, stable)

    @numpy_words
    def argsort(self, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
        """See `tinygrad_np.argsort`."""
        return tg.argsort(self, dim, descending, stable)

    @numpy_words
    def topk(self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Sorted:
        """See `tinygrad_np.topk`."""
        return tg.topk(self, k, dim, largest, sorted)

    @numpy_words
    def kthvalue(self, k: int, dim: int = -1, keepdim: bool = False) -> Sorted:
        """See `tinygrad_np.kthvalue`."""
        return tg.kthvalue(self, k, dim, keepdim)

    def unique(
        self, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
    ) -> Any:
        """See `tinygrad_np.unique`."""
        return tg.unique(self, sorted, return_inverse, return_counts, dim)

    def bincount(self, weights: Any = None, minlength: int = 0) -> Tensor:
        """See `tinygrad_np.bincount`."""
        return tg.bincount(self, weights, minlength)
