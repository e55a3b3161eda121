"""Running the same line of code with this library and with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_np as tg

Call = Callable[[Any, Any], Any]  # takes the module, tg or torch, and a tensor of it


def parts(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def run(m: Any, call: Call, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray | None, np.ndarray | None]:
    """Return the results, the gradient for certain cotangents, and that of the gradient cubed."""
    leaf = m.tensor(x, requires_grad=x.dtype.kind == "f")
    results = parts(call(m, leaf))
    values = [y.detach().numpy() for y in results]
    kept = [y for y in results if y.requires_grad]
    if not kept:
        return values, None, None
    # quadratic in the results, so that the second derivative is not zero
    loss = sum((y * y * m.tensor(np.cos(np.arange(y.numel())).reshape(y.shape).astype(x.dtype))).sum() for y in kept)
    (g,) = m.autograd.grad(loss, leaf, create_graph=True)
    if not g.requires_grad:  # it is constant
        return values, g.numpy(), np.zeros_like(x)
    (second,) = m.autograd.grad((g * g * g).sum(), leaf)
    return values, g.detach().numpy(), second.numpy()


def assert_same_as_torch(torch: Any, call: Call, x: np.ndarray) -> None:
    actual, expected = run(tg, call, x), run(torch, call, x)
    assert len(actual[0]) == len(expected[0])
    for a, e in zip((*actual[0], *actual[1:]), (*expected[0], *expected[1:]), strict=True):
        assert (a is None) == (e is None)
        if a is not None:
            assert (a.shape, a.dtype) == (e.shape, e.dtype)
            precision = 1e-12 if a.dtype == np.float64 else 1e-5  # of sums that are taken in another order
            scale = float(np.abs(e).max(initial=0))
            np.testing.assert_allclose(a, e, rtol=precision, atol=precision * scale)
