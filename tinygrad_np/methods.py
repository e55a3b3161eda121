"""The operators and methods of `Tensor`: each is the public function of the same name with the tensor first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

if TYPE_CHECKING:
    from .tensor import Tensor


class Methods:
    """Base class of `Tensor` that holds no data."""

    __slots__ = ()

    # ---- operators

    def __add__(self, other: Any) -> Tensor:
        return tg.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return tg.add(other, self)

    def __sub__(self, other: Any) -> Tensor:
        return tg.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return tg.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return tg.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return tg.multiply(other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return tg.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return tg.divide(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return tg.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return tg.power(other, self)

    def __neg__(self) -> Tensor:
        return tg.negative(self)

    # ---- differentiation

    def backward(
        self, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it was made of; see `tinygrad_np.autograd.backward`."""
        tg.autograd.backward(self, gradient, retain_graph, create_graph, inputs)  # type: ignore[arg-type]
