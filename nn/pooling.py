"""Layers that take the largest element or the average of every window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from .module import Module

Size = int | Sequence[int]


class MaxPool2d(Module):
    """Take the largest element of every window; the derivative goes to that element.

    Parameters
    ----------
    kernel_size
        height and width of a window: one number for both, or two, as in what follows.
    stride
        steps from one window to the next; by default windows lie side by side.
    padding
        elements added on all sides, which are never the largest.
    dilation
        steps from one element of a window to the next.
    return_indices
        whether to return the places too.
    ceil_mode
        whether windows that reach beyond the end are counted too.

    Raises
    ------
    TypeError, ValueError
        If the windows do not fit the input, see `tinygrad_np.max_pool2d`.

    Notes
    -----
    Shapes: input (N, C, H, W) or (C, H, W), output (N, C, H', W') or (C, H', W').

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.MaxPool2d(2)(tg.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 8.0, 7.0]]]))
    tensor([[[5., 8.]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Return the largest elements, with their places if those are asked for."""
        options = (self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices)
        return tg.max_pool2d(input, *options)

    def extra_repr(self) -> str:
        """Return the options."""
        names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
        return ", ".join(f"{name}={getattr(self, name)}" for name in names)


class AvgPool2d(Module):
    """Take the average of every window; the derivative is the same for all elements of a window.

    Parameters
    ----------
    kernel_size, stride, ceil_mode
        as of `MaxPool2d`.
    padding
        zeros added on all sides.
    count_include_pad
        whether they count in the number to divide by.
    divisor_override
        a number to divide by instead.

    Raises
    ------
    TypeError, ValueError
        If the windows do not fit the input, see `tinygrad_np.avg_pool2d`.

    Notes
    -----
    Shapes: input (N, C, H, W) or (C, H, W), output (N, C, H', W') or (C, H', W').

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.AvgPool2d(2)(tg.tensor([[[1.0, 5.0, 2.0, 0.0], [3.0, 3.0, 0.0, 2.0]]]))
    tensor([[[3., 1.]]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the averages."""
        options = (self.kernel_size, self.stride, self.padding, self.ceil_mode)
        return tg.avg_pool2d(input, *options, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AdaptiveAvgPool2d(Module):
    """Take averages of as many windows as are wanted, whatever the size of the image.

    Parameters
    ----------
    output_size
        how many there are in a column and in a row: one number for both, or two; None for as many as elements.

    Raises
    ------
    TypeError, ValueError
        If a number is not a positive integer; if the input has not three or four dimensions.

    Notes
    -----
    Shapes: input (N, C, H, W) or (C, H, W), output ``(N, C, *output_size)`` or ``(C, *output_size)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.AdaptiveAvgPool2d(1)(tg.tensor([[[1.0, 5.0, 3.0]]]))
    tensor([[[3.]]])
    """

    def __init__(self, output_size: int | Sequence[int | None] | None) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the averages."""
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the size of the output."""
        return f"output_size={self.output_size}"
