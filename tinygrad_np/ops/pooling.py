"""Pooling: the largest element or the sum of every window, each with its transpose.

Leading a cotangent back to the largest elements, and picking those of another array at the same places, are each
other's derivative; so are summing windows and spreading a number over them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..primitive import primitive
from ..tensor import Tensor
from .creation import as_tensor
from .shape import fed, squeeze, unsqueeze
from .windows import Pair, Places, Windows, batch_first, batch_last, integers

# ---- the largest


def _least(dtype: np.dtype[Any]) -> Any:
    """Return what is less than all else, to fill the padding with."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


def _padded(x: ndarray, windows: Windows, fill: Any) -> ndarray:
    """Return (N, C, H, W) with its padding; `x` itself, in whatever order it lies, if there is none."""
    size = x.shape[2:]
    return x if windows.padded(size) == size else batch_first(batch_last(x, windows, fill))


def _as(g: ndarray, x: ndarray) -> ndarray:
    """Return `g` in the memory order of `x`, of its shape: operations on arrays of two orders are slow."""
    result = np.empty_like(x, dtype=g.dtype)
    if g.strides == result.strides:
        return g
    np.copyto(result, g)
    return result


def _any(truths: ndarray) -> bool:
    """Return whether any is true.

    As this asks for an element, a captured step calls the whole operation as it is, which may find another answer then.
    """
    return bool(truths.any().item())


def _largest(x: ndarray, places: Places) -> ndarray:
    """Return the largest element of every window of `x`, padded, whose elements are at `places`."""
    first, *others = places
    y = x[:, :, *first].copy("K") if not others else np.maximum(x[:, :, *first], x[:, :, *others[0]])
    for place in others[1:]:
        np.maximum(y, x[:, :, *place], out=y)
    return y


@primitive(keeps=True)
def max_pool(x: Any, *, windows: Any) -> Any:
    """Return the largest element of every window of x (N, C, H, W); keep a copy, as the result may be written to."""
    y = _largest(_padded(x, windows, _least(x.dtype)), windows.places(windows.positions(x.shape[2:])))
    return y, y.copy("K")


def _choices(
    x: ndarray, size: Pair, windows: Windows, top: ndarray | None = None
) -> Iterator[tuple[tuple[slice, slice], ndarray]]:
    """Yield each place of a window of `x`, padded, and where it holds the largest element of the window.

    Of several that is the first, but the last nan, as in PyTorch; padding is none, even if all else is -inf.  `size` is
    that of `x` without padding; `top` are the largest elements if they are known.
    """
    places = windows.places(windows.positions(size))
    top = _largest(x, places) if top is None else top
    last_nan = inside = None
    if top.dtype.kind == "f" and _any(np.isnan(top)):
        last_nan = np.full_like(top, -1, dtype=np.int64)
        for number, place in enumerate(places):
            np.copyto(last_nan, number, where=np.isnan(x[:, :, *place]))
    if windows.padded(size) != size and _any(top == _least(x.dtype)):
        inside = np.zeros(windows.padded(size), bool)
        inside[windows.inside(size)] = True
    free = np.ones_like(top, bool)
    for number, place in enumerate(places):
        if inside is None and number == len(places) - 1:  # what is left
            yield place, free
            return
        chosen = x[:, :, *place] == top
        if last_nan is not None:
            np.logical_or(chosen, last_nan == number, out=chosen)
        if inside is not None:
            np.logical_and(chosen, inside[place], out=chosen)
        np.logical_and(chosen, free, out=chosen)
        np.logical_xor(free, chosen, out=free)
        yield place, chosen


def _masked(h: ndarray, chosen: ndarray, out: ndarray | None = None) -> ndarray:
    """Return `h` where it is `chosen`, else 0; slower than their product, which is nan for 0 times infinity."""
    result = np.where(chosen, h, np.zeros((), h.dtype))
    if out is not None:
        out[...] = result
    return result


@primitive()
def pick_largest(h: Any, x: Any, *, windows: Any) -> Any:
    """Return the elements of h, of the shape of x, where x has the largest of each window."""
    size, h, x = x.shape[2:], _padded(h, windows, 0), _padded(x, windows, _least(x.dtype))
    product = _masked if _any(~np.isfinite(h)) else np.multiply
    return sum(product(h[:, :, *place], chosen) for place, chosen in _choices(x, size, windows))


@primitive()
def spread_to_largest(h: Any, x: Any, top: Any, *, windows: Any) -> Any:
    """Return zeros of the shape of x with h, one number a window, added where x has the largest of the window.

    Those are `top`, if they are known.
    """
    size, x = x.shape[2:], _padded(x, windows, _least(x.dtype))
    product = _masked if _any(~np.isfinite(h)) else np.multiply
    disjoint = windows.disjoint()
    covered = disjoint and h.size * math.prod(windows.kernel) == x.size
    result = np.empty_like(x, dtype=h.dtype) if covered else np.zeros_like(x, dtype=h.dtype)
    for place, chosen in _choices(x, size, windows, top):
        target = result[:, :, *place]
        h = _as(h, target)
        if disjoint:
            product(h, chosen, out=target)
        else:
            np.add(target, product(h, chosen), out=target)
    return result[:, :, *windows.inside(size)]


max_pool.defvjp(lambda g, x, windows, kept: fed(spread_to_largest, g, x, kept, windows=windows))
pick_largest.defvjp(lambda g, x, windows: fed(spread_to_largest, g, x, None, windows=windows), None)
spread_to_largest.defvjp(lambda g, x, windows: fed(pick_largest, g, x, windows=windows), None, None)


@primitive()
def max_pool_indices(x: Any, *, windows: Any) -> Any:
    """Return where in its image, counted in C order, the largest element of every window is."""
    size, x = x.shape[2:], _padded(x, windows, _least(x.dtype))
    (before_rows, _), (before_columns, _) = windows.padding
    result: Any = 0
    for (rows, columns), chosen in _choices(x, size, windows):
        lines = np.arange(rows.start, rows.stop, rows.step) - before_rows
        numbers = lines[:, None] * size[1] + np.arange(columns.start, columns.stop, columns.step) - before_columns
        result = result + chosen * numbers
    return result


def max_pool2d(
    input: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest element of every window: ``y[n, c, i, j] = max over a, b of x[n, c, s i + d a, s j + d b]``.

    The derivative: g goes to the largest element, the first of equal ones, the last of several nan; what windows share
    adds up.

    Parameters
    ----------
    input
        x, of shape (N, C, H, W), or (C, H, W) for one image.
    kernel_size
        height and width of a window: one number for both, or two, as in what follows.
    stride
        s, steps from one window to the next; by default windows lie side by side.
    padding
        elements added on all sides, which are never the largest; at most half of `kernel_size`, as in PyTorch.
    dilation
        d, steps from one element of a window to the next.
    ceil_mode
        whether windows that reach beyond the end are counted too, if they begin before it.
    return_indices
        whether to return the places too: counted in C order in an image, as int64.

    Returns
    -------
    Tensor
        of shape (N, C, H', W'), or (C, H', W'), where ``H' = (H + 2 padding - d (kernel - 1) - 1) // s + 1``; or that
        and the places, of the same shape.

    Raises
    ------
    TypeError, ValueError
        If an option is not of integers; if it is too small or of another length; if the input has not as many
        dimensions, or not as many elements as a window takes; if there is more padding than half of `kernel_size`.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 7.0]]])
    >>> max_pool2d(x, 2)
    tensor([[[5., 8.]]])
    >>> max_pool2d(x, 2, return_indices=True)[1]
    tensor([[[1, 6]]])
    """
    images, single = _images(input, "max_pool2d")
    windows = _windows(images.shape[2:], kernel_size, stride, padding, dilation, ceil_mode)
    y = max_pool(images, windows=windows)
    if not return_indices:
        return squeeze(y, 0) if single else y
    indices = max_pool_indices(images, windows=windows)
    return (squeeze(y, 0), squeeze(indices, 0)) if single else (y, indices)


# ---- the average


@primitive(promotion="float")
def sum_pool(x: Any, *, windows: Any) -> Any:
    """Return the sum of every window of x (N, C, H, W)."""
    first, *others = windows.places(windows.positions(x.shape[2:]))
    x = _padded(x, windows, 0)
    y = x[:, :, *first].copy("K")
    for place in others:
        np.add(y, x[:, :, *place], out=y)
    return y


@primitive()
def spread_evenly(h: Any, *, size: Any, windows: Any) -> Any:
    """Return zeros of shape ``(N, C, *size)`` with h, one number a window, added to every element of the window."""
    h = batch_first(batch_last(h))
    result = batch_first(np.zeros((h.shape[1], *windows.padded(size), len(h)), h.dtype))
    for place in windows.places((h.shape[2], h.shape[3])):
        target = result[:, :, *place]
        np.add(target, h, out=target)
    return result[:, :, *windows.inside(size)]


sum_pool.defvjp(lambda g, x_shape, windows: fed(spread_evenly, g, size=x_shape[2:], windows=windows))
spread_evenly.defvjp(lambda g, windows: fed(sum_pool, g, windows=windows))


def avg_pool2d(
    input: Any,
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None = None,
    padding: int | Sequence[int] = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the average of every window: ``y[n, c, i, j] = (sum over a, b of x[n, c, s i + a, s j + b]) / count``.

    The derivative: every element of a window gets ``g / count``; what windows share adds up.

    Parameters
    ----------
    input, kernel_size, stride, ceil_mode
        as in `max_pool2d`.
    padding
        zeros added on all sides; at most half of `kernel_size`.
    count_include_pad
        whether the count is of zeros of the padding too.
    divisor_override
        a number to divide by instead.

    Returns
    -------
    Tensor
        of shape (N, C, H', W'), or (C, H', W'), where ``H' = (H + 2 padding - kernel) // s + 1``.

    Raises
    ------
    TypeError, ValueError
        As in `max_pool2d`; and if `divisor_override` is 0.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> avg_pool2d(tg.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 3.0, 0.0, 2.0]]]), 2)
    tensor([[[3., 1.]]])
    """
    images, single = _images(input, "avg_pool2d")
    windows = _windows(images.shape[2:], kernel_size, stride, padding, 1, ceil_mode)
    total = sum_pool(images, windows=windows)
    if divisor_override == 0:
        raise ValueError("divisor_override must not be 0: give None to divide by the count")
    divisor = divisor_override or _counts(images.shape[2:], windows, count_include_pad).astype(total.dtype)
    y = total / divisor
    return squeeze(y, 0) if single else y


def _counts(size: Sequence[int], windows: Windows, include_padding: bool) -> ndarray:
    """Return of how many elements each window is, those beyond the padding left out: of shape (H', W')."""
    lengths = []
    for n, k, s, (before, _), m in zip(
        size, windows.kernel, windows.stride, windows.padding, windows.positions(size), strict=True
    ):
        start = s * np.arange(m) - before
        if include_padding:  # as much of it after as before: more was added only to count the last window
            lengths.append(np.minimum(start + k, n + before) - start)
        else:
            lengths.append(np.minimum(start + k, n) - np.maximum(start, 0))
    return np.outer(*lengths)


# ---- what they share


def _images(input: Any, name: str) -> tuple[Tensor, bool]:
    """Return `input` as a batch of images, and whether it was one."""
    input = as_tensor(input)
    if input.ndim not in (3, 4):
        raise ValueError(f"{name} takes (N, C, H, W), or (C, H, W) for one image, not shape {input.shape}")
    return (unsqueeze(input, 0), True) if input.ndim == 3 else (input, False)


def _windows(
    size: Sequence[int],
    kernel_size: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: int | Sequence[int],
    dilation: int | Sequence[int],
    ceil_mode: bool,
) -> Windows:
    """Return the windows, with as much padding after as they need."""
    kernel = integers(kernel_size, "kernel_size")
    stride = kernel if stride is None else integers(stride, "stride")
    before, dilation = integers(padding, "padding", least=0), integers(dilation, "dilation")
    after = []
    for n, k, s, p, d in zip(size, kernel, stride, before, dilation, strict=True):
        extent = d * (k - 1) + 1
        if 2 * p > k:
            raise ValueError(f"padding {padding} for windows of {kernel_size}: it may be half of kernel_size at most")
        count = (n + 2 * p - extent + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:  # the last window would begin in the padding
            count -= 1
        if count < 1:
            raise ValueError(
                f"pooling windows of {kernel_size}, dilation {dilation}, do not fit into an image of {tuple(size)} "
                f"with padding {padding}: take smaller ones"
            )
        after.append(max(0, (count - 1) * s + extent - n - p))
    rows, columns = zip(before, after, strict=True)
    return Windows(kernel, stride, (rows, columns), dilation)
