"""A second copy of a model whose parameters are averages over the latest steps of training."""

from __future__ import annotations

import copy
from typing import Any

import tinygrad_np as tg
from tinygrad_np import Tensor

from .module import Module


class ExponentialMovingAverage(Module):
    """A copy of a model that follows it slowly: its parameters are averages over about ``1 / (1 - decay)`` steps.

    Update n, from 0, takes a parameter's average a towards its value p:

        a <- d a + (1 - d) p        with d = 0 for n = 0, then d = min(decay, (1 + n) / (10 + n)), or decay

    so that what the parameters were before the first update counts for nothing.  Averaged weights usually classify
    better than the last ones, by about what a learning rate that falls to 0 gains.  Floating buffers, such as running
    means, are averaged too, for they belong to the weights; others, such as counts, are copied.

    Parameters
    ----------
    model
        what is averaged.  It is kept, not copied, and not among what `modules` and `state_dict` give.
    decay
        how much of the average an update keeps, from 0 to 1.
    warmup
        whether the first updates keep less, by the formula above: without, an average over 1000 steps consists of
        the first value mainly until there were some thousand.

    Attributes
    ----------
    module
        the averaged copy: in evaluation mode, without gradients, of the same class as the model.
    n_averaged
        the number of updates, a buffer.

    Raises
    ------
    TypeError
        If `model` is not a module.
    ValueError
        If `decay` is not between 0 and 1.

    Notes
    -----
    The keys of `state_dict` are those of ``torch.optim.swa_utils.AveragedModel``, with whose values it agrees
    if `warmup` is False and that one's ``use_buffers`` is True.

    References
    ----------
    Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", SIAM Journal on Control and
    Optimization 30, 1992; Tarvainen and Valpola, "Mean teachers are better role models", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> average = nn.ExponentialMovingAverage(model, decay=0.75, warmup=False)
    >>> for value in (1.0, 2.0, 3.0):  # an optimizer would do this
    ...     _ = nn.init.constant_(model.weight, value)
    ...     average.update()
    ...     print(average.module.weight.item(), end=" ")
    1.0 1.25 1.6875
    >>> list(average.state_dict())
    ['n_averaged', 'module.weight']
    """

    module: Any  # of the class of the model
    n_averaged: Tensor
    _model: Module

    def __init__(self, model: Module, decay: float = 0.999, *, warmup: bool = True) -> None:
        super().__init__()
        if not isinstance(model, Module):
            raise TypeError(f"ExponentialMovingAverage takes an nn.Module, not {type(model).__name__}")
        if not 0 <= decay <= 1:
            raise ValueError(f"decay must lie between 0 and 1, not be {decay}")
        self.decay, self.warmup = decay, warmup
        self.__dict__["_model"] = model  # past __setattr__, which would make it a submodule
        self.module = copy.deepcopy(model).requires_grad_(False).eval()
        self.module.zero_grad()
        self.register_buffer("n_averaged", tg.tensor(0))

    def update(self) -> None:
        """Move the averages towards what the model is now; call it after every step of the optimizer.

        Raises
        ------
        ValueError
            If the model has other parameters than when it was copied.
        """
        averages, values = _tensors(self.module), _tensors(self._model)
        if [a.shape for a in averages] != [v.shape for v in values]:
            raise ValueError(
                f"the model has parameters and buffers of shapes {[v.shape for v in values]}, but its averages have "
                f"{[a.shape for a in averages]}: average the model as it is now"
            )
        for average, value in zip(averages, values, strict=True):
            if value.is_floating_point():
                tg.average_update(average, value, self.n_averaged, decay=self.decay, warmup=self.warmup)
            else:
                average.copy_(value)
        self.n_averaged.add_(1)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the averaged copy makes of the arguments."""
        return self.module(*args, **kwargs)

    def extra_repr(self) -> str:
        """Return the options."""
        return f"decay={self.decay}, warmup={self.warmup}"


def _tensors(module: Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]
