"""What training loops do with all parameters at once: limit their gradients, join them to a vector."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import tinygrad_np as tg
from tinygrad_np import Tensor


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _norm(array: np.ndarray, p: float) -> np.floating[Any]:
    """Return the norm in float64: as NumPy's number, not Python's, so that a captured step can compute it anew."""
    flat = array.ravel(order="K")
    return np.sqrt(np.vdot(flat, flat).astype(np.float64)) if p == 2 else np.linalg.norm(flat, p).astype(np.float64)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """Scale all gradients by one factor, so that the norm of them together is at most `max_norm`.

    ``g <- g min(1, max_norm / (norm + 1e-6))``, where ``norm = (sum |g_i|**p)**(1/p)`` over all elements.

    Parameters
    ----------
    parameters
        tensors whose gradients are changed in place; those without gradient are left out.
    max_norm
        the greatest norm allowed.
    norm_type
        p; ``math.inf`` for the greatest absolute value.
    error_if_nonfinite
        whether to raise if the norm is nan or infinite, and change nothing.

    Returns
    -------
    Tensor
        the norm before, 0-d.

    Raises
    ------
    RuntimeError
        If the norm is not finite and `error_if_nonfinite`.

    References
    ----------
    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", ICML 2013.

    Examples
    --------
    >>> x = tg.zeros(2, requires_grad=True)
    >>> x.grad = tg.tensor([3.0, 4.0])
    >>> clip_grad_norm_(x, 1.0)
    tensor(5.)
    >>> x.grad
    tensor([0.6000, 0.8000])
    """
    gradients = _gradients(parameters)
    norms = np.array([_norm(gradient.array, norm_type) for gradient in gradients])
    norm = _norm(norms, norm_type) if gradients else 0.0
    if error_if_nonfinite and not math.isfinite(norm):
        raise RuntimeError(f"the norm of the gradients is {norm}: they cannot be clipped to {max_norm}")
    factor = np.minimum(max_norm / (norm + 1e-6), 1.0)  # by 1 too: a captured step could not take two ways here
    for gradient in gradients:
        gradient.mul_(factor)
    return tg.tensor(norm, dtype=gradients[0].dtype if gradients else None)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit every element of all gradients to the interval from -`clip_value` to `clip_value`, in place.

    Examples
    --------
    >>> x = tg.zeros(2, requires_grad=True)
    >>> x.grad = tg.tensor([-3.0, 0.5])
    >>> clip_grad_value_(x, 1.0)
    >>> x.grad
    tensor([-1. ,  0.5])
    """
    for gradient in _gradients(parameters):
        gradient.clamp_(-clip_value, clip_value)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return all elements of the parameters, one parameter after another, in C order; gradients flow back to them.

    Examples
    --------
    >>> parameters_to_vector([tg.tensor([[1.0, 2.0]]), tg.tensor([3.0])])
    tensor([1., 2., 3.])
    """
    return tg.cat([tg.reshape(parameter, -1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the elements of `vec` into the parameters: the inverse of `parameters_to_vector`.

    Raises
    ------
    ValueError
        If there are more or fewer elements than the parameters have; then nothing is written.

    Examples
    --------
    >>> x, y = tg.zeros(1, 2), tg.zeros(1)
    >>> vector_to_parameters(tg.tensor([1.0, 2.0, 3.0]), [x, y])
    >>> x, y
    (tensor([[1., 2.]]), tensor([3.]))
    """
    parameters = list(parameters)
    count = sum(parameter.numel() for parameter in parameters)
    if vec.shape != (count,):
        raise ValueError(f"the vector must have the shape ({count},), not {vec.shape}: so many are the parameters")
    begin = 0
    with tg.no_grad():
        for parameter in parameters:
            end = begin + parameter.numel()
            parameter.copy_(tg.reshape(vec[begin:end], parameter.shape))
            begin = end
