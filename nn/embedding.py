"""A layer that looks up rows of a table."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from . import init
from .functional.embedding import padding_row
from .module import Module, Parameter


class Embedding(Module):
    """A learned row of numbers for each of V words, or whatever is numbered: ``y[...] = w[i[...]]``.

    The derivative of w is g, added up for each row over the places where it was read.

    Parameters
    ----------
    num_embeddings
        V, how many rows there are.
    embedding_dim
        D, their length.
    padding_idx
        a row that is 0 at first and not learned, counted from the end if negative.
    max_norm
        the norm that a row may have: rows that are read and exceed it are scaled to it first, in place.
    norm_type
        p of that norm.
    device
        ``"cpu"`` or None.
    dtype
        of the rows; the default dtype if None.
    generator
        where the rows are drawn from; the default generator if None.

    Attributes
    ----------
    weight
        of shape (V, D), drawn from the normal distribution of mean 0 and variance 1.

    Raises
    ------
    IndexError
        If an input names no row.
    TypeError
        If inputs are not integers.
    ValueError
        If a size is not positive, or `padding_idx` names no row.

    Notes
    -----
    Shapes: input (...) of integers, output (..., D).  PyTorch's ``scale_grad_by_freq`` and ``sparse`` are left out.

    References
    ----------
    Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language model", JMLR 3, 2003.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> layer = nn.Embedding(10, 3)
    >>> layer(tg.tensor([[1, 2], [4, 1]])).shape
    (2, 2, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if num_embeddings < 1 or embedding_dim < 1:
            raise ValueError(f"Embedding needs positive sizes, not {num_embeddings} and {embedding_dim}")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_row(padding_idx, num_embeddings)
        self.max_norm, self.norm_type = max_norm, norm_type
        weight = tg.from_numpy(np.empty((num_embeddings, embedding_dim), dtype or tg.get_default_dtype()))
        self.weight = Parameter(weight.to(device=device))
        self.reset_parameters(generator)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
    ) -> Self:
        """Return a layer with given rows.

        Parameters
        ----------
        embeddings
            of shape (V, D), shared, not copied.
        freeze
            whether they stay as they are.
        padding_idx, max_norm, norm_type
            as of the layer.

        Raises
        ------
        ValueError
            If `embeddings` has not two dimensions, or `padding_idx` names no row.

        Examples
        --------
        >>> import tinygrad_np as tg, nn
        >>> nn.Embedding.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))(tg.tensor([1]))
        tensor([[3., 4.]])
        """
        embeddings = tg.as_tensor(embeddings)
        if embeddings.ndim != 2:
            raise ValueError(f"from_pretrained needs rows of shape (V, D), not {embeddings.shape}")
        layer = cls(1, 1, None, max_norm, norm_type)
        layer.num_embeddings, layer.embedding_dim = embeddings.shape
        layer.padding_idx = padding_row(padding_idx, len(embeddings))
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw the rows anew, and set that of the padding to 0."""
        init.normal_(self.weight, generator=generator)
        if self.padding_idx is not None:
            with tg.no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input: Any) -> Tensor:
        """Return the rows that `input` names."""
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type)

    def extra_repr(self) -> str:
        """Return the sizes, and the options that are set."""
        options = [("padding_idx", None), ("max_norm", None), ("norm_type", 2.0)]
        changed = [f", {name}={getattr(self, name)}" for name, usual in options if getattr(self, name) != usual]
        return f"{self.num_embeddings}, {self.embedding_dim}{''.join(changed)}"
