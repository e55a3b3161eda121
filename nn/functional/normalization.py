"""Taking away the mean and dividing by the spread, of each sample or of the batch."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tinygrad_np as tg
from tinygrad_np import Tensor


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Give every sample mean 0 and variance 1 over its last dimensions, times `weight` plus `bias`.

    ``y = z w + b`` with ``z = (x - mean) / sqrt(variance + eps)``, where the variance divides by n;  for ``h = g w``
    ``dx = (h - mean(h) - z mean(h z)) / sqrt(variance + eps)``,  ``dw = g z``,  ``db = g``, summed over the samples.

    Parameters
    ----------
    input
        x, of shape ``(..., *normalized_shape)``.
    normalized_shape
        the last dimensions, over which mean and variance are taken.
    weight, bias
        w and b, of shape `normalized_shape`; None for 1 and 0.
    eps
        keeps the division finite.

    Raises
    ------
    ValueError
        If the shapes do not fit, or `normalized_shape` is empty.

    References
    ----------
    Ba, Kiros and Hinton, "Layer normalization", 2016.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> layer_norm(tg.tensor([[1.0, 3.0], [-5.0, 5.0]]), (2,))
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ValueError(f"layer_norm over {shape} needs an input of shape (..., *{shape}), not {input.shape}")
    for name, tensor in (("weight", weight), ("bias", bias)):
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"the {name} of layer_norm over {shape} must have this shape, not {tensor.shape}")
    if len(shape) == 1:
        return tg.standardize(input, -1, weight, bias, eps)[0]
    weight, bias = (None if tensor is None else tg.reshape(tensor, -1) for tensor in (weight, bias))
    return tg.reshape(tg.standardize(tg.flatten(input, -len(shape)), -1, weight, bias, eps)[0], input.shape)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Give every channel mean 0 and variance 1 over the batch, or over all batches so far, times `weight` plus `bias`.

    ``y = z w + b`` with ``z = (x - mean) / sqrt(variance + eps)``.  If `training`, mean and variance are those of the
    batch, and then for ``h = g w``  ``dx = (h - mean(h) - z mean(h z)) / sqrt(variance + eps)``;  else they are the
    running ones and  ``dx = h / sqrt(variance + eps)``.  ``dw = g z``,  ``db = g``, summed over the batch.

    Parameters
    ----------
    input
        x, of shape (N, C) or (N, C, d1, ...), of C channels.
    running_mean, running_var
        of shape (C,).  If `training` they move to those of the batch, in place, the variance with n - 1 for n; they may
        then be None.
    weight, bias
        w and b, of shape (C,); None for 1 and 0.
    training
        whether mean and variance are those of the batch.
    momentum
        by which part of the way the running ones move.
    eps
        keeps the division finite.

    Raises
    ------
    ValueError
        If the shapes do not fit, there are no running ones but not `training`, or a channel of a batch has one value.

    References
    ----------
    Ioffe and Szegedy, "Batch normalization: accelerating deep network training by reducing internal covariate shift",
    ICML 2015.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> batch_norm(tg.tensor([[1.0, 0.0], [3.0, 8.0]]), None, None, training=True)
    tensor([[-1., -1.],
            [ 1.,  1.]])
    """
    _check_channels(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    behind = (1,) * (input.ndim - 2)  # the dimensions that follow the channels

    def along(tensor: Tensor | None) -> Tensor | None:
        return tg.reshape(tensor, (-1, *behind)) if tensor is not None and behind else tensor

    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm without a running mean and variance works while training only")
        factor = tg.rsqrt(running_var + eps)
        factor = factor if weight is None else factor * weight
        shift = -running_mean * factor
        shift = shift if bias is None else shift + bias
        return input * along(factor) + along(shift)
    count = input.shape[0] * math.prod(input.shape[2:])
    if count < 2:
        raise ValueError(
            f"batch_norm of shape {input.shape} has {count} value for each channel, which has no variance: train with "
            "larger batches (DataLoader has drop_last), or call eval() first"
        )
    y, mean, variance = tg.standardize(input, (0, *range(2, input.ndim)), along(weight), along(bias), eps)
    with tg.no_grad():
        if running_mean is not None:
            running_mean.mul_(1 - momentum).add_(tg.reshape(mean, -1) * momentum)
        if running_var is not None:
            running_var.mul_(1 - momentum).add_(tg.reshape(variance, -1) * (momentum * count / (count - 1)))
    return y


def _check_channels(input: Tensor, **tensors: Tensor | None) -> None:
    if input.ndim < 2:
        raise ValueError(f"batch_norm needs an input of shape (N, C) or (N, C, ...), not {input.shape}")
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != (input.shape[1],):
            raise ValueError(
                f"the {name} of batch_norm must have shape ({input.shape[1]},) for an input of shape {input.shape}, "
                f"not {tensor.shape}"
            )
