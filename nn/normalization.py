"""Layers that take away the mean and divide by the spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from . import init
from .module import Module, Parameter


def _parameter(shape: tuple[int, ...], device: Any, dtype: DTypeLike | None) -> Parameter:
    return Parameter(tg.from_numpy(np.empty(shape, dtype or tg.get_default_dtype())).to(device=device))


class LayerNorm(Module):
    """Give every sample mean 0 and variance 1 over its last dimensions, then a learned scale and shift.

    ``y = z w + b`` with ``z = (x - mean) / sqrt(variance + eps)``; the derivative stands with
    `nn.functional.layer_norm`.  Training and evaluation are the same, and the size of the batch plays no part.

    Parameters
    ----------
    normalized_shape
        the last dimensions of the input, over which mean and variance are taken: one length, or several.
    eps
        keeps the division finite.
    elementwise_affine
        whether there are a weight, at first 1, and a bias, at first 0.
    bias
        whether there is a bias.
    device
        ``"cpu"`` or None.
    dtype
        of the parameters; the default dtype if None.

    Attributes
    ----------
    weight, bias
        of shape `normalized_shape`, or None.

    Raises
    ------
    ValueError
        If the input does not end in `normalized_shape`.

    Notes
    -----
    Shapes: input and output ``(..., *normalized_shape)``.

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.LayerNorm(2)(tg.tensor([[1.0, 3.0], [-5.0, 5.0]])).detach()
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int | np.integer) else tuple(normalized_shape)
        if not shape or any(length < 1 for length in shape):
            raise ValueError(f"LayerNorm needs one positive length or more, not {normalized_shape}")
        self.normalized_shape, self.eps, self.elementwise_affine = shape, eps, elementwise_affine
        self.register_parameter("weight", _parameter(shape, device, dtype) if elementwise_affine else None)
        self.register_parameter("bias", _parameter(shape, device, dtype) if elementwise_affine and bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` normalized, scaled and shifted."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the shape and the options."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class BatchNorm1d(Module):
    """Give every feature mean 0 and variance 1 over the batch, then a learned scale and shift.

    ``y = z w + b`` with ``z = (x - mean) / sqrt(variance + eps)``; the derivative stands with
    `nn.functional.batch_norm`.  While training, mean and variance are those of the batch, and running ones follow them;
    in `eval` mode it uses the running ones, so that samples do not depend on each other.

    Parameters
    ----------
    num_features
        C, the length of dimension 1 of the input.
    eps
        keeps the division finite.
    momentum
        by which part of the way the running mean and variance move to those of a batch; None for averages over all
        batches so far.
    affine
        whether there are a weight, at first 1, and a bias, at first 0.
    track_running_stats
        whether there are a running mean and variance; without, `eval` mode uses those of the batch too.
    device
        ``"cpu"`` or None.
    dtype
        of parameters and buffers; the default dtype if None.
    bias
        whether there is a bias.

    Attributes
    ----------
    weight, bias
        of shape (C,), or None.
    running_mean, running_var
        buffers of shape (C,), or None.
    num_batches_tracked
        how many batches they have followed, a buffer, or None.

    Raises
    ------
    ValueError
        If the input is not of shape (N, C) or (N, C, L), or while training a feature of it has one value only.

    Notes
    -----
    Shapes: input and output (N, C) or (N, C, L).

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift",
    ICML 2015.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> layer = nn.BatchNorm1d(2)
    >>> layer(tg.tensor([[1.0, 0.0], [3.0, 8.0]])).detach()
    tensor([[-1., -1.],
            [ 1.,  1.]])
    >>> layer.running_mean, layer.running_var
    (tensor([0.2, 0.4]), tensor([1.1, 4.1]))
    """

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_features < 1:
            raise ValueError(f"BatchNorm1d needs one feature or more, not {num_features}")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        shape = (num_features,)
        self.register_parameter("weight", _parameter(shape, device, dtype) if affine else None)
        self.register_parameter("bias", _parameter(shape, device, dtype) if affine and bias else None)
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, _parameter(shape, device, dtype).detach() if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tg.tensor(0) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Set the running mean to 0, the running variance to 1 and the count to 0."""
        for buffer, value in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                init.constant_(buffer, value)

    def reset_parameters(self) -> None:
        """Set the weight to 1 and the bias to 0, and reset the running mean and variance."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` normalized, scaled and shifted."""
        if input.ndim not in (2, 3) or input.shape[1] != self.num_features:
            raise ValueError(
                f"BatchNorm1d of {self.num_features} features needs an input of shape (N, {self.num_features}) or "
                f"(N, {self.num_features}, L), not {input.shape}"
            )
        tracked = self.running_mean is not None
        momentum = self.momentum
        if self.training and self.num_batches_tracked is not None:
            with tg.no_grad():
                self.num_batches_tracked.add_(1)
            if momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not tracked,
            0.0 if momentum is None else momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        """Return the size and the options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
