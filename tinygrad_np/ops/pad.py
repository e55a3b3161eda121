"""Padding: elements added around a tensor, with the derivative."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .index import getitem_, take_at
from .shape import shape_of

_NUMPY_MODES = {"replicate": "edge", "circular": "wrap"}  # of PyTorch's modes, those that NumPy calls otherwise


@primitive()
def pad_constant(x: Any, *, widths: Any, value: Any = 0.0) -> Any:
    """Return `x` with ``widths[i] = (before, after)`` elements of `value` around it along axis i.  dx = g, cut out."""
    shape = tuple([before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)])
    result = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    result[_inside(x.shape, widths)] = x
    return result


def _inside(shape: tuple[int, ...], widths: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
    return (*[slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True)], ...)


pad_constant.defvjp(lambda g, x_shape, widths: g[_inside(x_shape, widths)])


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Return `input` with elements added at both ends of its last dimensions, or taken away.

    The derivative: g, cut out; where elements of `input` are repeated, theirs is added up.

    Parameters
    ----------
    input : tensor or array.
    pad : ``(before, after)`` of the last dimension, then of the one before it, and so on; negative takes away.
    mode : what is added: ``"constant"``: `value`; ``"reflect"``: the elements mirrored at the outermost one, which is
        not repeated; ``"replicate"``: the outermost one; ``"circular"``: those of the other end.
    value : number; 0 by default.

    Raises
    ------
    ValueError
        If `pad` has an odd length or more pairs than there are dimensions; if the mode is unknown or takes no value; if
        there are not enough elements to reflect or to take from the other end.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.pad(tg.tensor([1, 2, 3]), (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    >>> tg.pad(tg.tensor([1, 2, 3]), (1, 2), "reflect")
    tensor([2, 1, 2, 3, 2, 1])
    """
    shape = shape_of(input)
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ValueError(f"pad {tuple(pad)} for shape {shape}: give pairs, (before, after), one a dimension at most")
    widths = [(0, 0)] * (len(shape) - len(pad) // 2)
    widths += [(int(pad[i]), int(pad[i + 1])) for i in range(len(pad) - 2, -1, -2)]
    if mode == "constant":
        return _constant(input, shape, widths, value or 0)
    if mode not in ("reflect", *_NUMPY_MODES):
        raise ValueError(f"mode must be constant, reflect, replicate or circular, not {mode!r}")
    if value:
        raise ValueError(f"mode {mode!r} takes no value: it adds elements of the tensor")
    for n, width in zip(shape, widths, strict=True):
        enough = {"reflect": n - 1, "circular": n}.get(mode, math.inf if n else 0)
        if max(width) > max(enough, 0):
            raise ValueError(f"mode {mode!r} cannot add {width} elements to {n}: there are not enough")
    return _repeated(input, shape, widths, _NUMPY_MODES.get(mode, mode))


def _constant(input: Any, shape: tuple[int, ...], widths: Sequence[tuple[int, int]], value: float) -> Tensor:
    if any(n < 0 for width in widths for n in width):
        cut = [slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(shape, widths, strict=True)]
        input = getitem_(input, index=(*cut, ...))
        widths = [(max(before, 0), max(after, 0)) for before, after in widths]
    return pad_constant(input, widths=tuple(widths), value=value)


def _repeated(input: Any, shape: tuple[int, ...], widths: Sequence[tuple[int, int]], mode: Any) -> Tensor:
    """Return `input` padded with its own elements: taken, one dimension after the other, at the padded indices."""
    for dim, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if before or after:
            places = np.pad(np.arange(n), (max(before, 0), max(after, 0)), mode)
            input = take_at(input, places[max(-before, 0) : len(places) - max(-after, 0)], dims=(dim,))
    return input


@answer_for(np.pad)
def _numpy_pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: float = 0) -> Tensor:
    shape = shape_of(array)
    pairs = np.broadcast_to(np.asarray(pad_width), (len(shape), 2)).tolist()
    if np.min(pairs, initial=0) < 0:
        raise ValueError(f"np.pad takes no negative width, but {pad_width}: index with a slice")
    if mode == "constant":
        if not isinstance(constant_values, int | float):
            raise TypeError(f"np.pad of a tensor takes one number for constant_values, not {constant_values!r}")
        return _constant(array, shape, [tuple(pair) for pair in pairs], constant_values)
    if mode not in ("edge", "reflect", "wrap", "symmetric"):
        raise TypeError(f"np.pad in mode {mode!r} is not differentiated for tensors: use another mode")
    return _repeated(array, shape, pairs, mode)
