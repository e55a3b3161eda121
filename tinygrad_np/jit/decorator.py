"""The decorator, which loads what captures a function when it is first given one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


def jit(function: Callable[..., Any] | None = None, *, exact: bool = False) -> Any:
    """Capture a function of tensors, mostly a whole training step, and replay it without Python's overhead.

    What NumPy is called for (forward, backward, the optimizer's update) is recorded as a flat list of calls, into
    buffers that are made once.  A list is replayed where it fits: shapes, dtypes and memory order of the arguments,
    modes and hooks of modules, options of optimizers.  If none does, the function runs, and is recorded for this case.

    Parameters
    ----------
    function
        takes tensors, in nested tuples, lists and dicts, and constants that can be hashed; each constant has captures
        of its own.  Tensors, modules and optimizers that it refers to may be changed between calls.
    exact
        give the same bits as without capturing, and do without what rounds otherwise: plain SGD's update in one pass.

    Returns
    -------
    Captured
        the function in captured form; it returns new tensors without history.

    Raises
    ------
    ValueNeededError
        When it is called: if Python asks for elements of a tensor, by ``item()``, ``numpy()``, ``bool()`` and so on.
    DependentShapeError
        If a shape would depend on elements, as in ``x[x > 0]``.
    RuntimeError
        If a returned tensor requires grad and was not differentiated, an argument is the result of recorded
        operations, or a number that Python computes is another one in each call.

    Notes
    -----
    The first calls run as they would without capturing, and are recorded; two recordings have to be equal.  What the
    function does beside tensors, such as ``print``, is not done in replays; hooks are called.  ``.grad`` is the same
    tensor after each replay, with new elements: clone what is to be kept.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> _ = tg.manual_seed(0)
    >>> model = nn.Linear(2, 1)
    >>> optimizer = nn.SGD(model.parameters(), lr=0.05)
    >>> @tg.jit
    ... def step(x, y):
    ...     loss = nn.functional.mse_loss(model(x), y)
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    ...     return loss
    >>> x, y = tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([[1.0], [2.0]])
    >>> for epoch in range(100):
    ...     loss = step(x, y)
    >>> loss.item() < 1e-3
    True
    """
    if function is None:
        return functools.partial(jit, exact=exact)
    from .jitted import Captured

    return Captured(function, exact)
