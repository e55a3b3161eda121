"""Layers that multiply by a matrix, and the one that does nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import init
from .module import Module, Parameter


class Identity(Module):
    """Return the input: a place holder.  It takes any arguments and ignores them.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Identity()(tg.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return `input`."""
        return input


BY_ROWS = 1 << 17  # elements from which a weight with more outputs than inputs lies row by row


class Linear(Module):
    """Affine map ``y = x W' + b``; ``dx = g W``, ``dW = g' x``, ``db = sum of g over the batch``.

    Weight and bias are drawn evenly from ±1/sqrt(`in_features`), as PyTorch does.

    Parameters
    ----------
    in_features
        I, the length of an input.
    out_features
        O, the length of an output.
    bias
        whether b is added.
    device
        ``"cpu"`` or None.
    dtype
        of the parameters; the default dtype if None.
    generator
        where the numbers are drawn from; the default generator if None.

    Attributes
    ----------
    weight
        shape (O, I).  It lies in memory column by column or, where it is large and O > I, row by row: in the order in
        which products and the gradient are fastest (measured in ``docs/optimisation.md``).
    bias
        shape (O,), or None.

    Notes
    -----
    Shapes: input (..., I), output (..., O).

    References
    ----------
    LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998: draws of variance 1/(3 I).

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> layer = nn.Linear(3, 2)
    >>> layer(tg.zeros(5, 3)).shape
    (5, 2)
    """

    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if in_features < 0 or out_features < 0:
            raise ValueError(f"Linear needs sizes that are not negative, not {in_features} and {out_features}")
        self.in_features, self.out_features = in_features, out_features
        dtype = dtype or tg.get_default_dtype()
        by_rows = out_features > in_features and out_features * in_features >= BY_ROWS
        weight = Tensor(np.zeros((out_features, in_features), dtype, order="C" if by_rows else "F")).to(device=device)
        self.weight = Parameter(weight)
        self.register_parameter("bias", Parameter(np.zeros(out_features, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weight and bias anew."""
        if self.in_features == 0:
            return
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, input: Tensor) -> Tensor:
        """Return ``input @ weight.T + bias``."""
        return tg.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
