"""Layers that set part of their input to zero while training."""

from __future__ import annotations

import numpy as np

from tinygrad_np import Tensor

from . import functional as F
from .functional.dropout import check_probability
from .module import Module


class _Dropout(Module):
    """What the kinds of dropout share: their arguments."""

    def __init__(self, p: float = 0.5, inplace: bool = False, *, generator: np.random.Generator | None = None) -> None:
        super().__init__()
        check_probability(p)
        self.p, self.inplace, self.generator = p, inplace, generator

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """While training, set each element to 0 with probability `p` and divide the others by 1 - p; in `eval`, do nothing.

    The expected output is the input, in both modes.  ``y = x m / (1 - p)`` with the mask m of kept elements, and
    ``dx = g m / (1 - p)``.

    Parameters
    ----------
    p
        the probability of an element to be dropped.
    inplace
        whether the result is written into the input.
    generator
        where the mask is drawn from.  By default the generator that `tinygrad_np.manual_seed` sets: seeding it
        with (seed, epoch, batch) gives the same masks whatever went before.

    Raises
    ------
    ValueError
        If `p` is not a probability.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural networks from
    overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> dropout = nn.Dropout(0.5)
    >>> sorted(set(dropout(tg.ones(1000)).tolist()))
    [0.0, 2.0]
    >>> dropout.eval()(tg.ones(2))
    tensor([1., 1.])
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` with elements dropped, if in training mode."""
        return F.dropout(input, self.p, self.training, self.inplace, generator=self.generator)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1, for networks of `SELU`; see `nn.functional.alpha_dropout`.

    Parameters
    ----------
    p
        the probability of an element to be set to what `SELU` tends to below 0.
    inplace
        whether the result is written into the input.
    generator
        where the mask is drawn from, as in `Dropout`.

    Raises
    ------
    ValueError
        If `p` is not a probability.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> dropped = nn.AlphaDropout(0.5)(tg.randn(10000))
    >>> bool(abs(dropped.mean()) < 0.1) and bool(abs(dropped.std() - 1) < 0.1)
    True
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` with elements dropped, if in training mode."""
        return F.alpha_dropout(input, self.p, self.training, self.inplace, generator=self.generator)
