"""Losses: what training makes small.  The mathematics stand with the functions of `nn.functional`."""

from __future__ import annotations

from typing import Any, ClassVar

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from .module import Module


class Loss(Module):
    """Base class of losses.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.

    Raises
    ------
    ValueError
        If `reduction` is none of these.
    """

    reductions: ClassVar[tuple[str, ...]] = F.REDUCTIONS

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        F.check_reduction(reduction, self.reductions)
        self.reduction = reduction


class _WeightedLoss(Loss):
    """A loss with a buffer ``weight``, which may be None."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)


class CrossEntropy(_WeightedLoss):
    """Cross-entropy of ``softmax(x)`` with classes or probabilities: the mean of ``-log(softmax(x)[t])``.

    ``dx = g (softmax(x) - onehot(t)) / N``.  See `nn.functional.cross_entropy` for shapes, options and errors.

    Parameters
    ----------
    weight
        shape (C,), a factor for each class.
    ignore_index
        a class that counts for nothing.
    reduction
        ``mean``, ``sum`` or ``none``.
    label_smoothing
        the part of the target, from 0 to 1, that is spread evenly over all classes.

    Raises
    ------
    ValueError
        If an option is out of its range.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> loss = nn.CrossEntropy()
    >>> loss(tg.zeros(4, 10), tg.tensor([0, 3, 9, 1])).item()
    2.302585...
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie between 0 and 1, not be {label_smoothing}")
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of logits (N, C, ...) with classes (N, ...) or probabilities (N, C, ...)."""
        plain = self.weight is None and self.label_smoothing == 0.0 and self.ignore_index < 0
        if plain and F.are_plain(input, target):  # as `F.cross_entropy` asks too, but a tenth of it sooner
            return tg.softmax_cross_entropy(input, target, reduction=self.reduction)
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


CrossEntropyLoss = CrossEntropy  # PyTorch's name


class NLLLoss(_WeightedLoss):
    """Negative log-likelihood of classes: the mean of ``-x[t]``, where x are logarithms of probabilities.

    ``dx = -g onehot(t) / N``.  See `nn.functional.nll_loss`.

    Parameters
    ----------
    weight
        shape (C,), a factor for each class.
    ignore_index
        a class that counts for nothing.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.NLLLoss()(tg.tensor([[-0.5, -1.0]]), tg.tensor([1])).item()
    1.0
    """

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of logarithms (N, C, ...) with classes (N, ...)."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class MSELoss(Loss):
    """Mean squared error: the mean of ``(x - t)**2``;  ``dx = 2 g (x - t) / n``.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.MSELoss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    2.0
    >>> nn.MSELoss()(tg.zeros(4, 1), tg.zeros(4))
    Traceback (most recent call last):
    ValueError: mse_loss needs input and target of one shape, not (4, 1) and (4,): reshape one of them
    """

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of tensors of one shape."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """Mean absolute error: the mean of ``|x - t|``;  ``dx = g sign(x - t) / n``.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.L1Loss()(tg.tensor([1.0, 2.0]), tg.tensor([1.0, 4.0])).item()
    1.0
    """

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of tensors of one shape."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """``d**2 / (2 beta)`` where the distance d = ``|x - t|`` is below `beta`, else ``d - beta / 2``.

    See `nn.functional.smooth_l1_loss`.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.
    beta
        where the parabola passes into lines.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.SmoothL1Loss("none")(tg.tensor([0.5, 3.0]), tg.zeros(2))
    tensor([0.125, 2.5  ])
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of tensors of one shape."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """``d**2 / 2`` where the distance d = ``|x - t|`` is below `delta`, else ``delta (d - delta / 2)``.

    See `nn.functional.huber_loss`.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.
    delta
        where the parabola passes into lines.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.HuberLoss("none", delta=2.0)(tg.tensor([1.0, 4.0]), tg.zeros(2))
    tensor([0.5, 6. ])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of tensors of one shape."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class BCELoss(_WeightedLoss):
    """Cross-entropy of probabilities x: the mean of ``-(t log x + (1 - t) log(1 - x))``, logarithms at least -100.

    ``dx = g (x - t) / max(x (1 - x), 1e-12) / n``.  `BCEWithLogitsLoss` is more exact than this one after a sigmoid.

    Parameters
    ----------
    weight
        a factor for each loss, broadcast.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.BCELoss()(tg.tensor([0.5, 0.5]), tg.tensor([1.0, 0.0])).item()
    0.6931471...
    """

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of probabilities with those that hold, of one shape."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """`BCELoss` of ``sigmoid(x)``, computed without overflow;  ``dx = g (sigmoid(x) - t) / n``.

    Parameters
    ----------
    weight
        a factor for each loss, broadcast.
    reduction
        ``mean``, ``sum`` or ``none``.
    pos_weight
        a factor for what t = 1 contributes, broadcast.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.BCEWithLogitsLoss()(tg.tensor([0.0]), tg.tensor([1.0])).item()
    0.6931471...
    """

    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(weight, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of logits with probabilities that hold, of one shape."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class KLDivLoss(Loss):
    """Kullback-Leibler divergence: the mean of ``t (log t - x)``, where x are logarithms;  ``dx = -g t / n``.

    Parameters
    ----------
    reduction
        ``mean`` over all elements, ``batchmean``, the divergence by its definition, ``sum`` or ``none``.
    log_target
        whether targets are logarithms too.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.KLDivLoss("batchmean")(tg.tensor([[0.5, 0.5]]).log(), tg.tensor([[1.0, 0.0]])).item()
    0.6931471...
    """

    reductions: ClassVar[tuple[str, ...]] = (*F.REDUCTIONS, "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of logarithms with probabilities, of one shape."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
