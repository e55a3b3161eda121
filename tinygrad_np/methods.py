"""The operators and methods of `Tensor`: each is the public function of the same name with the tensor first.

The families' methods stand beside their operations, in ``ops/*_methods.py``; here are the operators, the elementwise
methods, the writes in place and the conversions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg  # the package itself, still loading: its names are looked up when a method is called

from .device import check_device

if TYPE_CHECKING:
    from .tensor import Tensor


def unary(name: str) -> Callable[[Methods], Tensor]:
    """Return the method that calls the public function `name`."""

    def method(self: Methods) -> Tensor:
        return getattr(tg, name)(self)

    return _described(method, name, f"See `tinygrad_np.{name}`.")


def binary(name: str) -> Callable[[Methods, Any], Tensor]:
    """Return the method that calls the public function `name` with another operand."""

    def method(self: Methods, other: Any) -> Tensor:
        return getattr(tg, name)(self, other)

    return _described(method, name, f"See `tinygrad_np.{name}`.")


def unary_write(name: str) -> Callable[[Methods], Tensor]:
    """Return the method that writes the result of the public function `name` into the tensor."""

    def method(self: Any) -> Tensor:
        return tg.inplace.write(self, getattr(tg, name))

    return _described(method, f"{name}_", f"Write the result of `tinygrad_np.{name}` into this tensor and return it.")


def binary_write(name: str) -> Callable[[Methods, Any], Tensor]:
    """Return the method that writes the result of the public function `name` with another operand into the tensor."""

    def method(self: Any, other: Any) -> Tensor:
        return tg.inplace.write(self, getattr(tg, name), other)

    return _described(method, f"{name}_", f"Write the result of `tinygrad_np.{name}` into this tensor and return it.")


def _described(method: Any, name: str, text: str) -> Any:
    method.__name__, method.__qualname__, method.__doc__ = name, f"Tensor.{name}", text
    return method


class Methods:
    """Base class of `Tensor` that holds no data."""

    __slots__ = ()

    # ---- operators (those written with .__call__ are the hottest, and it saves a twentieth of the call)

    def __add__(self, other: Any) -> Tensor:
        return tg.add.__call__(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return tg.add(other, self)

    def __iadd__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.add, other)

    def __sub__(self, other: Any) -> Tensor:
        return tg.subtract.__call__(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return tg.subtract(other, self)

    def __isub__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.subtract, other)

    def __mul__(self, other: Any) -> Tensor:
        return tg.multiply.__call__(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return tg.multiply(other, self)

    def __imul__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.multiply, other)

    def __truediv__(self, other: Any) -> Tensor:
        return tg.divide.__call__(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return tg.divide(other, self)

    def __itruediv__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.divide, other)

    def __floordiv__(self, other: Any) -> Tensor:
        return tg.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return tg.floor_divide(other, self)

    def __ifloordiv__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.floor_divide, other)

    def __mod__(self, other: Any) -> Tensor:
        return tg.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return tg.remainder(other, self)

    def __imod__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.remainder, other)

    def __pow__(self, other: Any) -> Tensor:
        return tg.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return tg.power(other, self)

    def __ipow__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.power, other)

    def __and__(self, other: Any) -> Tensor:
        return tg.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Tensor:
        return tg.bitwise_and(other, self)

    def __iand__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.bitwise_and, other)

    def __or__(self, other: Any) -> Tensor:
        return tg.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Tensor:
        return tg.bitwise_or(other, self)

    def __ior__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.bitwise_or, other)

    def __xor__(self, other: Any) -> Tensor:
        return tg.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Tensor:
        return tg.bitwise_xor(other, self)

    def __ixor__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.bitwise_xor, other)

    def __lshift__(self, other: Any) -> Tensor:
        return tg.left_shift(self, other)

    def __rlshift__(self, other: Any) -> Tensor:
        return tg.left_shift(other, self)

    def __ilshift__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.left_shift, other)

    def __rshift__(self, other: Any) -> Tensor:
        return tg.right_shift(self, other)

    def __rrshift__(self, other: Any) -> Tensor:
        return tg.right_shift(other, self)

    def __irshift__(self, other: Any) -> Self:
        return tg.inplace.write(self, tg.right_shift, other)

    def __matmul__(self, other: Any) -> Tensor:
        return tg.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return tg.matmul(other, self)

    def __neg__(self) -> Tensor:
        return tg.negative(self)

    def __pos__(self) -> Tensor:
        return tg.add(self, 0)

    def __abs__(self) -> Tensor:
        return tg.absolute(self)

    def __invert__(self) -> Tensor:
        return tg.bitwise_not(self)

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if other is None else tg.eq(self, other)

    def __ne__(self, other: Any) -> Any:
        return NotImplemented if other is None else tg.ne(self, other)

    def __lt__(self, other: Any) -> Tensor:
        return tg.less(self, other)

    def __le__(self, other: Any) -> Tensor:
        return tg.less_equal(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return tg.greater(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return tg.greater_equal(self, other)

    def __getitem__(self, index: Any) -> Tensor:
        return tg.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        tg.inplace.set_item(self, index, value)

    # ---- differentiation

    def backward(
        self: Any,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to ``.grad`` of every leaf it was made of."""
        tg.autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    # ---- elementwise

    exp = unary("exp")
    exp2 = unary("exp2")
    expm1 = unary("expm1")
    log = unary("log")
    log2 = unary("log2")
    log10 = unary("log10")
    log1p = unary("log1p")
    sqrt = unary("sqrt")
    rsqrt = unary("rsqrt")
    square = unary("square")
    reciprocal = unary("reciprocal")
    sin = unary("sin")
    cos = unary("cos")
    tan = unary("tan")
    asin = unary("asin")
    acos = unary("acos")
    atan = unary("atan")
    arcsin = unary("arcsin")
    arccos = unary("arccos")
    arctan = unary("arctan")
    sinh = unary("sinh")
    cosh = unary("cosh")
    tanh = unary("tanh")
    asinh = unary("asinh")
    acosh = unary("acosh")
    atanh = unary("atanh")
    arcsinh = unary("arcsinh")
    arccosh = unary("arccosh")
    arctanh = unary("arctanh")
    deg2rad = unary("deg2rad")
    rad2deg = unary("rad2deg")
    abs = unary("abs")
    absolute = unary("absolute")
    neg = unary("neg")
    negative = unary("negative")
    sign = unary("sign")
    floor = unary("floor")
    ceil = unary("ceil")
    trunc = unary("trunc")
    logical_not = unary("logical_not")
    bitwise_not = unary("bitwise_not")
    isnan = unary("isnan")
    isinf = unary("isinf")
    isfinite = unary("isfinite")
    signbit = unary("signbit")

    add = binary("add")
    subtract = binary("subtract")
    sub = binary("sub")
    multiply = binary("multiply")
    mul = binary("mul")
    divide = binary("divide")
    div = binary("div")
    true_divide = binary("true_divide")
    floor_divide = binary("floor_divide")
    remainder = binary("remainder")
    fmod = binary("fmod")
    pow = binary("pow")
    maximum = binary("maximum")
    minimum = binary("minimum")
    fmax = binary("fmax")
    fmin = binary("fmin")
    logaddexp = binary("logaddexp")
    hypot = binary("hypot")
    atan2 = binary("atan2")
    arctan2 = binary("arctan2")
    copysign = binary("copysign")
    eq = binary("eq")
    ne = binary("ne")
    lt = binary("lt")
    le = binary("le")
    gt = binary("gt")
    ge = binary("ge")
    less = binary("less")
    less_equal = binary("less_equal")
    greater = binary("greater")
    greater_equal = binary("greater_equal")
    not_equal = binary("not_equal")
    logical_and = binary("logical_and")
    logical_or = binary("logical_or")
    logical_xor = binary("logical_xor")
    bitwise_and = binary("bitwise_and")
    bitwise_or = binary("bitwise_or")
    bitwise_xor = binary("bitwise_xor")

    def round(self, *, decimals: int = 0) -> Tensor:
        """See `tinygrad_np.round`."""
        return tg.round(self, decimals=decimals)

    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """See `tinygrad_np.clamp`."""
        return tg.clamp(self, min, max)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """See `tinygrad_np.clamp`."""
        return tg.clamp(self, min, max)

    def where(self, condition: Any, other: Any) -> Tensor:
        """See `tinygrad_np.where`."""
        return tg.where(condition, self, other)

    def lerp(self, end: Any, weight: Any) -> Tensor:
        """See `tinygrad_np.lerp`."""
        return tg.lerp(self, end, weight)

    def nan_to_num(self, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
        """See `tinygrad_np.nan_to_num`."""
        return tg.nan_to_num(self, nan=nan, posinf=posinf, neginf=neginf)

    def allclose(self, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
        """See `tinygrad_np.allclose`."""
        return tg.allclose(self, other, rtol, atol, equal_nan)

    def equal(self, other: Any) -> bool:
        """See `tinygrad_np.equal`."""
        return tg.equal(self, other)

    # ---- copies and conversions

    def clone(self) -> Tensor:
        """Return a copy; the gradient flows back to this tensor."""
        return tg.clone(self)

    def to(self: Any, *targets: Any, dtype: DTypeLike | None = None, device: Any = None, copy: bool = False) -> Tensor:
        """Return this tensor in the dtype of the arguments (a dtype, a device or a tensor); itself if nothing changes.

        Raises
        ------
        RuntimeError
            If a device other than ``"cpu"`` is asked for.
        """
        for target in targets:
            if isinstance(target, tg.Tensor):
                dtype = target.dtype
            elif isinstance(target, str) and target.split(":")[0] in ("cpu", "cuda", "mps", "xpu", "meta"):
                device = target
            else:
                dtype = target
        check_device(device)
        if dtype is not None and np.dtype(dtype) != self.dtype:
            return tg.astype(self, dtype=np.dtype(dtype))
        return tg.clone(self) if copy else self

    def type_as(self: Any, other: Tensor) -> Tensor:
        """Return this tensor in the dtype of `other`."""
        return self.to(other.dtype)

    def cpu(self) -> Self:
        """Return this tensor: it is on the cpu."""
        return self

    def new_zeros(self: Any, *size: Any) -> Tensor:
        """Return zeros of shape `size` in this tensor's dtype."""
        return tg.zeros(*size, dtype=self.dtype)

    def new_ones(self: Any, *size: Any) -> Tensor:
        """Return ones of shape `size` in this tensor's dtype."""
        return tg.ones(*size, dtype=self.dtype)

    def new_full(self: Any, size: Any, fill_value: float) -> Tensor:
        """Return `fill_value` in shape `size` in this tensor's dtype."""
        return tg.full(size, fill_value, dtype=self.dtype)

    def new_tensor(self: Any, data: Any) -> Tensor:
        """Return `data` as a new tensor in this tensor's dtype."""
        return tg.tensor(data, dtype=self.dtype)

    # ---- writes in place

    def add_(self, other: Any, *, alpha: float = 1) -> Self:
        """Write the result of `tinygrad_np.add` with ``alpha * other`` into this tensor."""
        return tg.inplace.write(self, tg.add, other if alpha == 1 else tg.multiply(other, alpha))

    def sub_(self, other: Any, *, alpha: float = 1) -> Self:
        """Write the result of `tinygrad_np.subtract` with ``alpha * other`` into this tensor."""
        return tg.inplace.write(self, tg.subtract, other if alpha == 1 else tg.multiply(other, alpha))

    mul_ = binary_write("mul")
    multiply_ = binary_write("multiply")
    div_ = binary_write("div")
    divide_ = binary_write("divide")
    pow_ = binary_write("pow")
    remainder_ = binary_write("remainder")
    floor_divide_ = binary_write("floor_divide")
    logical_and_ = binary_write("logical_and")
    logical_or_ = binary_write("logical_or")

    neg_ = unary_write("neg")
    abs_ = unary_write("abs")
    exp_ = unary_write("exp")
    log_ = unary_write("log")
    sqrt_ = unary_write("sqrt")
    rsqrt_ = unary_write("rsqrt")
    square_ = unary_write("square")
    reciprocal_ = unary_write("reciprocal")
    sin_ = unary_write("sin")
    cos_ = unary_write("cos")
    tanh_ = unary_write("tanh")
    sigmoid_ = unary_write("sigmoid")
    relu_ = unary_write("relu")
    floor_ = unary_write("floor")
    ceil_ = unary_write("ceil")
    trunc_ = unary_write("trunc")
    sign_ = unary_write("sign")

    def clamp_(self, min: Any = None, max: Any = None) -> Self:
        """Limit this tensor in place."""
        return tg.inplace.write(self, tg.clamp, min, max)

    def lerp_(self, end: Any, weight: Any) -> Self:
        """Move this tensor towards `end` by `weight` in place."""
        return tg.inplace.write(self, tg.lerp, end, weight)

    def copy_(self, other: Any) -> Self:
        """Write `other`, broadcast and converted, into this tensor."""
        tg.inplace.set_item(self, ..., other)
        return self

    def fill_(self, value: float) -> Self:
        """Write `value` into every element."""
        tg.inplace.set_item(self, ..., value)
        return self

    def zero_(self) -> Self:
        """Write 0 into every element."""
        return self.fill_(0)

    def masked_fill_(self, mask: Any, value: Any) -> Self:
        """Write `value` where `mask` holds."""
        return tg.inplace.write(self, tg.masked_fill, mask, value)

    def uniform_(
        self: Any, low: float = 0.0, high: float = 1.0, *, generator: np.random.Generator | None = None
    ) -> Any:
        """Write numbers drawn evenly from [low, high) into this tensor."""
        return self.copy_(tg.rand(self.shape, generator=generator, dtype=self.dtype) * (high - low) + low)

    def normal_(self: Any, mean: float = 0.0, std: float = 1.0, *, generator: np.random.Generator | None = None) -> Any:
        """Write numbers drawn from a normal distribution into this tensor."""
        return self.copy_(tg.randn(self.shape, generator=generator, dtype=self.dtype) * std + mean)

    def bernoulli_(self: Any, p: float = 0.5, *, generator: np.random.Generator | None = None) -> Any:
        """Write 1 with probability `p`, else 0, into each element."""
        return self.copy_(tg.rand(self.shape, generator=generator) < p)


class Conversions:
    """Methods named like the types of Python, apart so that annotations beside them can mean those."""

    __slots__ = ()

    def double(self) -> Tensor:
        """Return this tensor in float64."""
        return tg.as_tensor(self, "float64")

    def float(self) -> Tensor:
        """Return this tensor in float32."""
        return tg.as_tensor(self, "float32")

    def half(self) -> Tensor:
        """Return this tensor in float16."""
        return tg.as_tensor(self, "float16")

    def long(self) -> Tensor:
        """Return this tensor in int64."""
        return tg.as_tensor(self, "int64")

    def int(self) -> Tensor:
        """Return this tensor in int32."""
        return tg.as_tensor(self, "int32")

    def short(self) -> Tensor:
        """Return this tensor in int16."""
        return tg.as_tensor(self, "int16")

    def char(self) -> Tensor:
        """Return this tensor in int8."""
        return tg.as_tensor(self, "int8")

    def byte(self) -> Tensor:
        """Return this tensor in uint8."""
        return tg.as_tensor(self, "uint8")

    def bool(self) -> Tensor:
        """Return this tensor in bool."""
        return tg.as_tensor(self, "bool")
