"""Losses: what training makes small.  The mathematics stand with the functions of `nn.functional`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from .functional.loss import REDUCTIONS, are_plain, check_reduction
from .module import Module


class Loss(Module):
    """Base class of losses: ``function(*inputs, reduction=..., **options)``, where a subclass names the function.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.
    options
        what the function takes beside; each becomes an attribute, and a weight a buffer.

    Raises
    ------
    ValueError
        If `reduction` is none of these.
    """

    function: ClassVar[Callable[..., Tensor]]
    reductions: ClassVar[tuple[str, ...]] = REDUCTIONS

    def __init__(self, reduction: str = "mean", **options: Any) -> None:
        super().__init__()
        check_reduction(reduction, self.reductions)
        self.reduction = reduction
        self._options = tuple(options)
        for name, value in options.items():
            if name.endswith("weight"):
                self.register_buffer(name, value)
            else:
                setattr(self, name, value)

    def forward(self, *inputs: Any, **named: Any) -> Tensor:
        """Return the loss of what the function of `nn.functional` takes: usually the input and the target."""
        options = {name: getattr(self, name) for name in self._options}
        return type(self).function(*inputs, **named, reduction=self.reduction, **options)


class CrossEntropy(Loss):
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

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction, weight=weight)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"label_smoothing must lie between 0 and 1, not be {label_smoothing}")
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Any) -> Tensor:
        """Return the loss of logits (N, C, ...) with classes (N, ...) or probabilities (N, C, ...)."""
        if self.weight is None and self.ignore_index < 0 and are_plain(input, target):  # as `F.cross_entropy`, sooner
            try:
                return tg.softmax_cross_entropy(
                    input, target, reduction=self.reduction, label_smoothing=self.label_smoothing
                )
            except IndexError:
                pass  # a class to ignore, or one that does not exist
        return F.cross_entropy(
            input,
            target,
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


CrossEntropyLoss = CrossEntropy  # PyTorch's name


class NLLLoss(Loss):
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

    function = staticmethod(F.nll_loss)

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction, weight=weight, ignore_index=ignore_index)


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

    function = staticmethod(F.mse_loss)


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

    function = staticmethod(F.l1_loss)


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

    function = staticmethod(F.smooth_l1_loss)

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction, beta=beta)


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

    function = staticmethod(F.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction, delta=delta)


class BCELoss(Loss):
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

    function = staticmethod(F.binary_cross_entropy)

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction, weight=weight)


class BCEWithLogitsLoss(Loss):
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

    function = staticmethod(F.binary_cross_entropy_with_logits)

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ) -> None:
        super().__init__(reduction, weight=weight, pos_weight=pos_weight)


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

    function = staticmethod(F.kl_div)
    reductions: ClassVar[tuple[str, ...]] = (*REDUCTIONS, "batchmean")

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction, log_target=log_target)


class GaussianNLLLoss(Loss):
    """Negative log-likelihood of t under normal distributions: the mean of ``(log v + (x - t)**2 / v) / 2``.

    See `nn.functional.gaussian_nll_loss` for shapes, errors and the source.

    Parameters
    ----------
    full
        whether the constant ``log(2 pi) / 2`` is added.
    eps
        variances v below count as this.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.GaussianNLLLoss()(tg.tensor([1.0]), tg.tensor([3.0]), tg.tensor([1.0])).item()
    2.0
    """

    function = staticmethod(F.gaussian_nll_loss)

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction, full=full, eps=eps)


class PoissonNLLLoss(Loss):
    """Negative log-likelihood of counts t under Poisson distributions: the mean of ``e**x - t x``.

    See `nn.functional.poisson_nll_loss` for shapes, errors and the source.

    Parameters
    ----------
    log_input
        whether x are logarithms of means; if not, ``x - t log(x + eps)``.
    full
        whether ``log(t!)`` is added, by Stirling's formula.
    eps
        keeps the logarithm finite.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.PoissonNLLLoss()(tg.tensor([0.0]), tg.tensor([5.0])).item()
    1.0
    """

    function = staticmethod(F.poisson_nll_loss)

    def __init__(
        self, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, log_input=log_input, full=full, eps=eps)


class HingeEmbeddingLoss(Loss):
    """The mean of x where t = 1, and of ``max(0, margin - x)`` where t = -1; x are distances.

    See `nn.functional.hinge_embedding_loss` for shapes, errors and the source.

    Parameters
    ----------
    margin
        how far apart those of t = -1 should be.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.HingeEmbeddingLoss()(tg.tensor([0.25, 0.25]), tg.tensor([1, -1])).item()
    0.5
    """

    function = staticmethod(F.hinge_embedding_loss)

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction, margin=margin)


class MarginRankingLoss(Loss):
    """The mean of ``max(0, margin - t (x1 - x2))``: x1 should be the greater where t = 1, x2 where t = -1.

    See `nn.functional.margin_ranking_loss` for shapes, errors and the source.

    Parameters
    ----------
    margin
        by how much.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.MarginRankingLoss()(tg.tensor([1.0]), tg.tensor([2.0]), tg.tensor([1])).item()
    1.0
    """

    function = staticmethod(F.margin_ranking_loss)

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction, margin=margin)


class SoftMarginLoss(Loss):
    """The mean of ``log(1 + e**(-t x))`` for t of 1 or -1.

    See `nn.functional.soft_margin_loss` for shapes, errors and the source.

    Parameters
    ----------
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.SoftMarginLoss()(tg.tensor([0.0]), tg.tensor([1])).item()
    0.6931471...
    """

    function = staticmethod(F.soft_margin_loss)


class CosineEmbeddingLoss(Loss):
    """The mean of ``1 - c`` where t = 1, and of ``max(0, c - margin)`` where t = -1, of the cosine c of two vectors.

    See `nn.functional.cosine_embedding_loss` for shapes, errors and the source.

    Parameters
    ----------
    margin
        how alike those of t = -1 may be, from -1 to 1.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.CosineEmbeddingLoss()(tg.tensor([[1.0, 1.0]]), tg.tensor([[1.0, 0.0]]), tg.tensor([-1])).item()
    0.7071067...
    """

    function = staticmethod(F.cosine_embedding_loss)

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction, margin=margin)


class MultiMarginLoss(Loss):
    """Hinge loss of C classes: the mean of ``w[t] sum(max(0, margin - x[t] + x[i])**p) / C`` over the classes i but t.

    See `nn.functional.multi_margin_loss` for shapes, errors and the source.

    Parameters
    ----------
    p
        1 or 2.
    margin
        by how much the score of t should exceed the others.
    weight
        of shape (C,), a factor for each class.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.MultiMarginLoss()(tg.tensor([[0.5, 0.25]]), tg.tensor([0])).item()
    0.375
    """

    function = staticmethod(F.multi_margin_loss)

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, p=p, margin=margin, weight=weight)


class MultiLabelSoftMarginLoss(Loss):
    """The mean of ``-w (t log(sigmoid(x)) + (1 - t) log(sigmoid(-x)))`` for C labels of 0 or 1 each.

    See `nn.functional.multilabel_soft_margin_loss` for shapes, errors and the source.

    Parameters
    ----------
    weight
        a factor for each label, broadcast.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.MultiLabelSoftMarginLoss()(tg.zeros(1, 3), tg.tensor([[1.0, 0.0, 1.0]])).item()
    0.6931471...
    """

    function = staticmethod(F.multilabel_soft_margin_loss)

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction, weight=weight)


class TripletMarginLoss(Loss):
    """The mean of ``max(0, margin + |a - p| - |a - n|)``: of vectors a, p and n, p should be nearer to a.

    See `nn.functional.triplet_margin_loss` for shapes, errors and the source.

    Parameters
    ----------
    margin
        by how much.
    p
        of the norm.
    eps
        added to the differences.
    swap
        whether n is compared with p if that is nearer to it than a.
    reduction
        ``mean``, ``sum`` or ``none``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.TripletMarginLoss(margin=2.0)(tg.zeros(1, 2), tg.zeros(1, 2), tg.ones(1, 2)).item()
    0.585...
    """

    function = staticmethod(F.triplet_margin_loss)

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction, margin=margin, p=p, eps=eps, swap=swap)
