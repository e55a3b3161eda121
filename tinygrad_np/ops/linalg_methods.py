"""The products, special functions and activations as methods of `Tensor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

if TYPE_CHECKING:
    from ..tensor import Tensor


class LinalgMethods:
    """Products of vectors and matrices, special functions and activations, with the tensor first; holds no data."""

    __slots__ = ()

    # ---- products

    def matmul(self, other: Any) -> Tensor:
        """See `tinygrad_np.matmul`."""
        return tg.matmul(self, other)

    def mm(self, mat2: Any) -> Tensor:
        """See `tinygrad_np.mm`."""
        return tg.mm(self, mat2)

    def bmm(self, mat2: Any) -> Tensor:
        """See `tinygrad_np.bmm`."""
        return tg.bmm(self, mat2)

    def mv(self, vec: Any) -> Tensor:
        """See `tinygrad_np.mv`."""
        return tg.mv(self, vec)

    def dot(self, tensor: Any) -> Tensor:
        """See `tinygrad_np.dot`."""
        return tg.dot(self, tensor)

    def vdot(self, other: Any) -> Tensor:
        """See `tinygrad_np.vdot`."""
        return tg.vdot(self, other)

    def inner(self, other: Any) -> Tensor:
        """See `tinygrad_np.inner`."""
        return tg.inner(self, other)

    def outer(self, vec2: Any) -> Tensor:
        """See `tinygrad_np.outer`."""
        return tg.outer(self, vec2)

    def ger(self, vec2: Any) -> Tensor:
        """See `tinygrad_np.outer`."""
        return tg.outer(self, vec2)

    def kron(self, other: Any) -> Tensor:
        """See `tinygrad_np.kron`."""
        return tg.kron(self, other)

    def trace(self) -> Tensor:
        """See `tinygrad_np.trace`."""
        return tg.trace(self)

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """See `tinygrad_np.addmm`."""
        return tg.addmm(self, mat1, mat2, beta=beta, alpha=alpha)

    def addmv(self, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """See `tinygrad_np.addmv`."""
        return tg.addmv(self, mat, vec, beta=beta, alpha=alpha)

    def baddbmm(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
        """See `tinygrad_np.baddbmm`."""
        return tg.baddbmm(self, batch1, batch2, beta=beta, alpha=alpha)

    # ---- special functions

    def erf(self) -> Tensor:
        """See `tinygrad_np.erf`."""
        return tg.erf(self)

    def erfc(self) -> Tensor:
        """See `tinygrad_np.erfc`."""
        return tg.erfc(self)

    def erfinv(self) -> Tensor:
        """See `tinygrad_np.erfinv`."""
        return tg.erfinv(self)

    def logit(self, eps: float | None = None) -> Tensor:
        """See `tinygrad_np.logit`."""
        return tg.logit(self, eps)

    def xlogy(self, other: Any) -> Tensor:
        """See `tinygrad_np.xlogy`."""
        return tg.xlogy(self, other)

    def sinc(self) -> Tensor:
        """See `tinygrad_np.sinc`."""
        return tg.sinc(self)

    # ---- activations

    def relu(self) -> Tensor:
        """See `tinygrad_np.relu`."""
        return tg.relu(self)

    def sigmoid(self) -> Tensor:
        """See `tinygrad_np.sigmoid`."""
        return tg.sigmoid(self)

    def prelu(self, weight: Any) -> Tensor:
        """See `tinygrad_np.prelu`."""
        return tg.prelu(self, weight)

    def hardshrink(self, lambd: float = 0.5) -> Tensor:
        """See `tinygrad_np.hardshrink`."""
        return tg.hardshrink(self, lambd)
