"""Layers that move learned kernels over sequences and images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import init
from .module import Module, Parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def _whole(name: str, value: int | Sequence[int], count: int = 1, least: int = 1) -> tuple[int, ...]:
    """Return `count` integers, one a dimension, from as many or from one for all."""
    given = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    wanted = f"{'1 integer' if count == 1 else f'1 or {count} integers'} of {least} or more"
    if not all(isinstance(n, int | np.integer) and not isinstance(n, bool) for n in given):
        raise TypeError(f"{name} must be {wanted}, not {value!r}")
    if len(given) not in (1, count) or min(given) < least:
        raise ValueError(f"{name} must be {wanted}, not {value!r}")
    return tuple([int(n) for n in given]) * (count // len(given))


class _Convolution(Module):
    """What the layers share: options, parameters and what is shown; `dims` is the number of dimensions."""

    dims: int
    in_channels: int
    out_channels: int
    groups: int
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Sequence[int],
        stride: int | Sequence[int] = 1,
        padding: int | Sequence[int] | str = 0,
        dilation: int | Sequence[int] = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DTypeLike | None = None,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        for name, number in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
            (whole,) = _whole(name, number)
            setattr(self, name, whole)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"{kind} of {in_channels} to {out_channels} channels in {groups} groups: give channels that are "
                "multiples of the groups"
            )
        if padding_mode not in PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {', '.join(PADDING_MODES)}, not {padding_mode!r}")
        self.kernel_size = _whole("kernel_size", kernel_size, self.dims)
        self.stride, self.dilation = _whole("stride", stride, self.dims), _whole("dilation", dilation, self.dims)
        self.padding = padding if isinstance(padding, str) else _whole("padding", padding, self.dims, 0)
        self.padding_mode = padding_mode
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f"padding must be 'valid', 'same' or integers, not {padding!r}")
        if padding == "same" and max(self.stride) > 1:
            raise ValueError(f"padding 'same' needs stride 1, not {stride}: give the padding in numbers")
        dtype = dtype or tg.get_default_dtype()
        weight = np.zeros((self.out_channels, self.in_channels // self.groups, *self.kernel_size), dtype)
        self.weight = Parameter(tg.from_numpy(weight).to(device=device))
        self.register_parameter("bias", Parameter(np.zeros(self.out_channels, dtype)) if bias else None)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: np.random.Generator | None = None) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5), generator=generator)
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound, generator=generator)

    def forward(self, input: Tensor) -> Tensor:
        """Return the convolution of `input`."""
        padding: str | tuple[int, ...] = self.padding
        if self.padding_mode != "zeros":
            input, padding = tg.pad(input, self._widths(), self.padding_mode), (0,)
        convolve = tg.conv1d if self.dims == 1 else tg.conv2d
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _widths(self) -> list[int]:
        """Return the padding before and after, the last dimension first."""
        if self.padding == "valid":
            return [0, 0] * self.dims
        if self.padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            pairs = [(total // 2, total - total // 2) for total in totals]
        else:
            pairs = [(int(n), int(n)) for n in self.padding]
        return [n for pair in pairs[::-1] for n in pair]

    def extra_repr(self) -> str:
        """Return the channels and the kernel, and the options that are set."""
        usual = {"padding": (0,) * self.dims, "dilation": (1,) * self.dims, "groups": 1}
        changed = [f"{name}={getattr(self, name)}" for name, value in usual.items() if getattr(self, name) != value]
        shown = [str(self.in_channels), str(self.out_channels), f"kernel_size={self.kernel_size}"]
        shown += [f"stride={self.stride}", *changed, *["bias=False"][: self.bias is None]]
        return ", ".join([*shown, *[f"padding_mode={self.padding_mode}"][: self.padding_mode != "zeros"]])


class Conv1d(_Convolution):
    """Convolution of sequences (N, C, L) with learned kernels: `Conv2d` in one dimension.

    ``y[n, o, i] = b[o] + sum of w[o, c, a] x[n, c, stride i + dilation a]`` over c and a, x being padded.

    Parameters, attributes and errors are those of `Conv2d`; the weight has shape (O, C / groups, K).

    Notes
    -----
    Shapes: input (N, C, L) or (C, L), output (N, O, M) or (O, M).

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Conv1d(2, 4, 3, padding=1)(tg.zeros(5, 2, 10)).shape
    (5, 4, 10)
    """

    dims = 1


class Conv2d(_Convolution):
    """Convolution of images (N, C, H, W) with learned kernels.

    With x padded, s the stride and d the dilation,

        y[n, o, i, j] = b[o] + sum over c, a, b of w[o, c, a, b] x[n, c, s i + d a, s j + d b]

    The derivative stands with `tinygrad_np.conv2d`.  Weight and bias are drawn evenly from ±1/sqrt(fan), fan being the
    number of products in the sum, as PyTorch does.

    Parameters
    ----------
    in_channels
        C, of the input.
    out_channels
        O, of the output.
    kernel_size
        height and width of the window; one number for both, or two, as in what follows.
    stride
        steps from one window to the next.
    padding
        elements added on all sides; ``"valid"`` for none; ``"same"`` for as many as give the output the size of the
        input.
    dilation
        steps from one element of a window to the next.
    groups
        into how many parts the channels are split: each part of the output sees one part of the input.
    bias
        whether b is added.
    padding_mode
        what is added: ``"zeros"``, or elements of the input: ``"reflect"``, ``"replicate"`` or ``"circular"``, as in
        `tinygrad_np.pad`.
    device
        ``"cpu"`` or None.
    dtype
        of the parameters; the default dtype if None.
    generator
        where the numbers are drawn from; the default generator if None.

    Attributes
    ----------
    weight
        of shape (O, C / groups, height, width).
    bias
        of shape (O,), or None.

    Raises
    ------
    TypeError, ValueError
        If channels or an option are not integers, or too small; if the channels are not multiples of the groups; if an
        option is not known or does not fit the input.

    Notes
    -----
    Shapes: input (N, C, H, W) or (C, H, W), output (N, O, H', W') or (O, H', W').  In memory the batch comes last in
    what comes out, in which order the next layer is fastest (measured in ``docs/decisions.md``).

    References
    ----------
    LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> layer = nn.Conv2d(1, 16, 5)
    >>> layer
    Conv2d(1, 16, kernel_size=(5, 5), stride=(1, 1))
    >>> layer(tg.zeros(64, 1, 28, 28)).shape
    (64, 16, 24, 24)
    """

    dims = 2
