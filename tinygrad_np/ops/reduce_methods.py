"""The reductions as methods of `Tensor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import DTypeLike

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

from .words import numpy_words

if TYPE_CHECKING:
    from ..tensor import Tensor


class ReduceMethods:
    """Sums, means, extremes, probabilities, running sums and norms, with the tensor first; holds no data."""

    __slots__ = ()

    # ---- sums, products and means

    @numpy_words
    def sum(self, dim: Any = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.sum`."""
        return tg.sum(self, dim, keepdim, dtype=dtype)

    @numpy_words
    def nansum(self, dim: Any = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.nansum`."""
        return tg.nansum(self, dim, keepdim, dtype=dtype)

    @numpy_words
    def prod(self, dim: Any = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.prod`."""
        return tg.prod(self, dim, keepdim, dtype=dtype)

    @numpy_words
    def mean(self, dim: Any = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.mean`."""
        return tg.mean(self, dim, keepdim, dtype=dtype)

    @numpy_words
    def nanmean(self, dim: Any = None, keepdim: bool = False, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.nanmean`."""
        return tg.nanmean(self, dim, keepdim, dtype=dtype)

    @numpy_words
    def var(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        """See `tinygrad_np.var`."""
        return tg.var(self, dim, unbiased, keepdim, correction=correction)

    @numpy_words
    def std(
        self,
        dim: Any = None,
        unbiased: bool | None = None,
        keepdim: bool = False,
        *,
        correction: float | None = None,
    ) -> Tensor:
        """See `tinygrad_np.std`."""
        return tg.std(self, dim, unbiased, keepdim, correction=correction)

    @numpy_words
    def cumsum(self, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.cumsum`."""
        return tg.cumsum(self, dim, dtype=dtype)

    @numpy_words
    def cumprod(self, dim: int, *, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.cumprod`."""
        return tg.cumprod(self, dim, dtype=dtype)

    # ---- extremes

    @numpy_words
    def max(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """See `tinygrad_np.max`."""
        return tg.max(self, dim, keepdim, other=other)

    @numpy_words
    def min(self, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
        """See `tinygrad_np.min`."""
        return tg.min(self, dim, keepdim, other=other)

    @numpy_words
    def median(self, dim: int | None = None, keepdim: bool = False) -> Any:
        """See `tinygrad_np.median`."""
        return tg.median(self, dim, keepdim)

    @numpy_words
    def amax(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.amax`."""
        return tg.amax(self, dim, keepdim)

    @numpy_words
    def amin(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.amin`."""
        return tg.amin(self, dim, keepdim)

    @numpy_words
    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.argmax`."""
        return tg.argmax(self, dim, keepdim)

    @numpy_words
    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.argmin`."""
        return tg.argmin(self, dim, keepdim)

    # ---- probabilities

    @numpy_words
    def softmax(self, dim: int, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.softmax`."""
        return tg.softmax(self, dim, dtype)

    @numpy_words
    def log_softmax(self, dim: int, dtype: DTypeLike | None = None) -> Tensor:
        """See `tinygrad_np.log_softmax`."""
        return tg.log_softmax(self, dim, dtype)

    @numpy_words
    def logsumexp(self, dim: Any, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.logsumexp`."""
        return tg.logsumexp(self, dim, keepdim)

    # ---- norms and questions

    @numpy_words
    def norm(
        self,
        p: float | str | None = "fro",
        dim: Any = None,
        keepdim: bool = False,
        dtype: DTypeLike | None = None,
    ) -> Tensor:
        """See `tinygrad_np.norm`."""
        return tg.norm(self, p, dim, keepdim, dtype)

    @numpy_words
    def any(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.any`."""
        return tg.any(self, dim, keepdim)

    @numpy_words
    def all(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.all`."""
        return tg.all(self, dim, keepdim)

    @numpy_words
    def count_nonzero(self, dim: Any = None, keepdim: bool = False) -> Tensor:
        """See `tinygrad_np.count_nonzero`."""
        return tg.count_nonzero(self, dim, keepdim)
