"""Convolution, and its transposes: what becomes of it when its input or its weight is unknown.

The three are linear in each of their two inputs, and each is a derivative of the other two:

    y = convolve(x, w)                 y[n, o, i, j] = sum over c, a, b of w[o, c, a, b] x[n, c, i + a, j + b]
    x = convolve_input(h, w)           x[n, c, i + a, j + b] += w[o, c, a, b] h[n, o, i, j]
    w = convolve_weight(x, h)          w[o, c, a, b] = sum over n, i, j of x[n, c, i + a, j + b] h[n, o, i, j]

Each is one matrix product with the matrix of all windows, whose columns are the positions (i, j, n) and whose rows are
the elements (c, a, b) of a window, made and used in parts that fit into the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..primitive import primitive
from ..tensor import Tensor
from .creation import as_tensor
from .shape import fed, shape_of, squeeze, unsqueeze
from .windows import Pair, Windows, batch_first, batch_last, integers

ELEMENTS, COLUMNS = 1 << 18, 1 << 11  # at most so many in the part of the matrix of windows that is made at a time


class _Part(NamedTuple):
    """Windows of neighbouring positions: whole rows of an image, or a part of one row."""

    first: Pair
    size: Pair
    columns: slice  # of the matrix of windows, and of outputs


def _parts(elements: int, count: Pair, batch: int) -> Iterator[_Part]:
    """Yield all positions in parts, for windows of as many `elements`.

    The rows of a matrix must not lie far apart: every one would be on a page of memory of its own, and the product
    takes up to twice the time.
    """
    most = max(1, min(COLUMNS, ELEMENTS // max(1, elements)) // max(1, batch))  # positions
    wide = min(most, count[1])
    tall = most // wide if wide == count[1] else 1
    for row in range(0, count[0], tall):
        for column in range(0, count[1], wide):
            size = (min(tall, count[0] - row), min(wide, count[1] - column))
            start = (row * count[1] + column) * batch
            yield _Part((row, column), size, slice(start, start + size[0] * size[1] * batch))


def _matrices(x: ndarray, windows: Windows, count: Pair, groups: int) -> Iterator[tuple[slice, ndarray]]:
    """Yield the matrix of all windows of `x`, padded and batch last, in parts: their columns and their contents."""
    channels, _, _, batch = x.shape
    (down, right), (i_step, j_step) = windows.stride, windows.dilation
    per_channel, per_row, per_column, each = x.strides
    elements = channels * windows.kernel[0] * windows.kernel[1]
    for (row, column), size, part in _parts(elements // groups, count, batch):
        view: ndarray = np.ndarray(
            (channels, *windows.kernel, *size, batch),
            x.dtype,
            x,
            row * down * per_row + column * right * per_column,
            (per_channel, i_step * per_row, j_step * per_column, down * per_row, right * per_column, each),
        )
        yield part, np.reshape(view, (groups, elements // groups, size[0] * size[1] * batch))


@primitive(promotion="common")
def convolve(x: Any, weight: Any, bias: Any, *, windows: Any, groups: Any = 1) -> Any:
    """Return y for x (N, C, H, W), weight ``(O, C / groups, *kernel)`` and bias (O) or None."""
    count, outputs, batch = windows.positions(x.shape[2:]), len(weight), len(x)
    y = np.empty((outputs, *count, batch), x.dtype)
    by_group = np.reshape(y, (groups, outputs // groups, -1))
    matrix = np.reshape(weight, (groups, outputs // groups, -1))
    for part, columns in _matrices(batch_last(x, windows), windows, count, groups):
        np.matmul(matrix, columns, out=by_group[..., part])
    if bias is not None:
        np.add(y, bias[:, None, None, None], out=y)
    return batch_first(y)


@primitive(promotion="common")
def convolve_input(h: Any, weight: Any, *, size: Any, windows: Any, groups: Any = 1) -> Any:
    """Return h, of the shape of an output, led back through the convolution to its input: ``(N, C, *size)``."""
    outputs, _, rows, columns = weight.shape
    count, batch, channels = h.shape[2:], len(h), weight.shape[1] * groups
    cotangent = np.reshape(batch_last(h), (groups, outputs // groups, -1))
    matrix = np.swapaxes(np.reshape(weight, (groups, outputs // groups, -1)), 1, 2)
    multiply = np.multiply if outputs == groups else np.matmul  # matmul is slow where a sum has one term
    x = np.zeros((channels, *windows.padded(size), batch), h.dtype)
    for first, positions, part in _parts(matrix.shape[1], count, batch):
        spread = multiply(matrix, cotangent[..., part])
        spread = np.reshape(spread, (channels, rows * columns, *positions, batch))
        for element, place in enumerate(windows.places(positions, first)):
            target = x[:, *place]
            np.add(target, spread[:, element], out=target)
    return batch_first(x[:, *windows.inside(size)])


@primitive(promotion="common")
def convolve_weight(x: Any, h: Any, *, windows: Any, groups: Any = 1) -> Any:
    """Return h, of the shape of an output, led back through the convolution of x to its weight."""
    outputs, channels = h.shape[1], x.shape[1] // groups
    cotangent = np.reshape(batch_last(h), (groups, outputs // groups, -1))
    weight = np.zeros((groups, channels * windows.kernel[0] * windows.kernel[1], outputs // groups), x.dtype)
    for part, columns in _matrices(batch_last(x, windows), windows, h.shape[2:], groups):
        np.add(weight, columns @ np.swapaxes(cotangent[..., part], 1, 2), out=weight)  # half the time of its transpose
    return np.reshape(np.swapaxes(weight, 1, 2), (outputs, channels, *windows.kernel))


def _convolve_vjp(
    g: Any, x: Any, weight: Any, needs: tuple[bool, ...], windows: Windows, groups: int
) -> Sequence[Any]:
    if isinstance(g, ndarray):
        g = batch_first(batch_last(g))  # once for all three
    return (
        fed(convolve_input, g, weight, size=x.shape[2:], windows=windows, groups=groups) if needs[0] else None,
        fed(convolve_weight, x, g, windows=windows, groups=groups) if needs[1] else None,
        np.sum(g, axis=(0, 2, 3)) if needs[2] else None,
    )


convolve.defvjp_joint(_convolve_vjp, fresh=True)
convolve_input.defvjp(
    lambda g, weight, windows, groups: fed(convolve, g, weight, None, windows=windows, groups=groups),
    lambda g, h, windows, groups: fed(convolve_weight, g, h, windows=windows, groups=groups),
)
convolve_weight.defvjp(
    lambda g, h, x_shape, windows, groups: fed(
        convolve_input, h, g, size=x_shape[2:], windows=windows, groups=groups
    ),
    lambda g, x, windows, groups: fed(convolve, x, g, None, windows=windows, groups=groups),
)


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of sequences: `conv2d` in one dimension, with the same parameters and errors.

    ``y[n, o, i] = b[o] + sum of w[o, c, a] x[n, c, stride i + dilation a]`` over c and a, x being padded.

    Parameters
    ----------
    input
        x, of shape (N, C, L), or (C, L) for one sequence.
    weight
        w, of shape (O, C / groups, K).
    bias, stride, padding, dilation, groups
        see `conv2d`.

    Returns
    -------
    Tensor
        of shape (N, O, M), or (O, M).

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> conv1d(tg.tensor([[1.0, 2.0, 4.0, 8.0]]), tg.tensor([[[-1.0, 1.0]]]))
    tensor([[1., 2., 4.]])
    """
    options = _Options(stride, padding, dilation, groups)
    return _convolution(input, weight, bias, options, 1)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] | str = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    """Return the convolution of images with learned kernels; strictly, as everywhere in this field, the correlation.

    With x padded by zeros, s the stride and d the dilation,

        y[n, o, i, j] = b[o] + sum over c, a, b of w[o, c, a, b] x[n, c, s i + d a, s j + d b]

    The derivative, for the cotangent g: every product above gives w g to its element of x and x g to its element of w;
    ``db`` is the sum of g over n, i and j.

    Parameters
    ----------
    input
        x, of shape (N, C, H, W), or (C, H, W) for one image.
    weight
        w, of shape (O, C / groups, kernel height, kernel width).
    bias
        b, of shape (O,), or None.
    stride
        steps from one window to the next; one number, or one for rows and one for columns, as in what follows.
    padding
        zeros added on all sides; ``"valid"`` for none; ``"same"`` for as many as give the output the size of the input,
        the odd one after it.
    dilation
        steps from one element of a window to the next.
    groups
        into how many parts the channels are split: each part of the output sees one part of the input.

    Returns
    -------
    Tensor
        of shape (N, O, H', W'), or (O, H', W'), where ``H' = (H + 2 padding - d (kernel - 1) - 1) // s + 1``.

    Raises
    ------
    TypeError, ValueError
        If an option is not of integers; if it is too small or of another length; if the shapes do not fit; if there
        are not as many elements as a window takes; if the padding is ``"same"`` with a stride.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> conv2d(tg.tensor([[[1.0, 2.0, 4.0], [0.0, 1.0, 0.0]]]), tg.tensor([[[[-1.0, 1.0]]]]))
    tensor([[[ 1.,  2.],
             [ 1., -1.]]])
    """
    options = _Options(stride, padding, dilation, groups)
    return _convolution(input, weight, bias, options, 2)


class _Options(NamedTuple):
    stride: Any
    padding: Any
    dilation: Any
    groups: Any


def _convolution(input: Any, weight: Any, bias: Any, options: _Options, dims: int) -> Tensor:
    """Return the convolution in `dims` dimensions, one or two: in one it is that of images of one row."""
    input, weight = as_tensor(input), as_tensor(weight)
    if input.ndim not in (dims + 1, dims + 2) or weight.ndim != dims + 2:
        raise ValueError(
            f"conv{dims}d of shape {input.shape} with a weight of shape {weight.shape}: it takes (N, C, "
            f"{'H, W' if dims == 2 else 'L'}), or one sample without N, and a weight of {dims + 2} dimensions"
        )
    single = input.ndim == dims + 1
    input = unsqueeze(input, 0) if single else input
    groups = options.groups
    _check(input.shape, weight.shape, shape_of(bias) if bias is not None else None, groups)
    windows = _windows(weight.shape[2:], options, dims)
    if dims == 1:
        input, weight = unsqueeze(input, 2), unsqueeze(weight, 2)
    if min(windows.positions(input.shape[2:])) < 1:
        shown = windows.padded(input.shape[2:])[2 - dims :]
        raise ValueError(
            f"conv{dims}d of {shown}, padding included, with a kernel of {windows.kernel[2 - dims :]} and dilation "
            f"{windows.dilation[2 - dims :]}: the input is smaller than the kernel: pad it"
        )
    y = convolve(input, weight, bias, windows=windows, groups=groups)
    y = squeeze(y, 2) if dims == 1 else y
    return squeeze(y, 0) if single else y


def _check(input: tuple[int, ...], weight: tuple[int, ...], bias: tuple[int, ...] | None, groups: Any) -> None:
    """Raise an error if the shapes do not fit."""
    if not isinstance(groups, int | np.integer) or groups < 1:
        raise ValueError(f"groups must be a positive integer, not {groups!r}")
    if weight[0] % groups:
        raise ValueError(f"a weight of shape {weight} for {groups} groups: its first length must be a multiple of that")
    if input[1] != weight[1] * groups:
        raise ValueError(
            f"an input of shape {input} with a weight of shape {weight} and {groups} groups: "
            f"it must have {weight[1]} * {groups} channels, not {input[1]}"
        )
    if bias is not None and bias != weight[:1]:
        raise ValueError(f"the bias must have shape {weight[:1]}, one number for each output channel, not {bias}")


def _windows(kernel: tuple[int, ...], options: _Options, dims: int) -> Windows:
    """Return the windows of two dimensions, with a first one of length 1 if there is only one."""
    if min(kernel) < 1:
        raise ValueError(f"a kernel has one element or more, not {kernel}")
    stride, dilation = integers(options.stride, "stride", dims), integers(options.dilation, "dilation", dims)
    before = after = (0,) * dims
    if options.padding == "same":
        if max(stride) > 1:
            raise ValueError(f"padding 'same' needs stride 1, not {options.stride}: give the padding in numbers")
        total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        before = tuple([n // 2 for n in total])
        after = tuple([n - n // 2 for n in total])
    elif isinstance(options.padding, str):
        if options.padding != "valid":
            raise ValueError(f"padding must be 'valid', 'same' or integers, not {options.padding!r}")
    else:
        before = after = integers(options.padding, "padding", dims, least=0)
    padding = tuple(zip(before, after, strict=True))
    if dims == 1:
        kernel, stride, padding, dilation = (1, *kernel), (1, *stride), ((0, 0), *padding), (1, *dilation)
    return Windows(kernel, stride, padding, dilation)
