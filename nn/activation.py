"""Activations as modules: the functions of `nn.functional` with their arguments.

Values and derivatives stand with the functions of `tinygrad_np` that they call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

from . import functional as F
from .module import Module, Parameter


class Activation(Module):
    """Base class: ``function(input, *arguments)``, where a subclass names the function and takes the arguments.

    Parameters
    ----------
    arguments
        what follows the input, in the order of the function; each becomes an attribute.
    """

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self._arguments = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    def forward(self, input: Tensor) -> Tensor:
        """Return the function of `input`."""
        return type(self).function(input, *[getattr(self, name) for name in self._arguments])

    def extra_repr(self) -> str:
        """Return the arguments; ``inplace`` if it is set."""
        values = [(name, getattr(self, name)) for name in self._arguments]
        return ", ".join(f"{name}={value!r}" for name, value in values if name != "inplace" or value)


# ---- piecewise linear


class ReLU(Activation):
    """``max(x, 0)``;  ``dx = g`` where x > 0, else 0.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.ReLU()(tg.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    inplace: bool

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` where it is positive, else 0."""
        return F.relu(input, self.inplace)


class LeakyReLU(Activation):
    """x where it is positive, else `negative_slope` times x;  ``dx = g`` or ``g negative_slope``.

    Parameters
    ----------
    negative_slope
        the slope below 0.
    inplace
        whether the result is written into the input.

    References
    ----------
    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.LeakyReLU(0.5)(tg.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    function = staticmethod(F.leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class RReLU(Module):
    """x where it is positive, else x times a slope, drawn for each element while training, and fixed in `eval`.

    ``dx = g``, or g times the slope.

    Parameters
    ----------
    lower, upper
        slopes are drawn evenly from between; in `eval` all are their mean.
    inplace
        whether the result is written into the input.
    generator
        where slopes are drawn from; the generator that `tinygrad_np.manual_seed` sets if None.

    Raises
    ------
    ValueError
        If `lower` is greater than `upper`.

    References
    ----------
    Xu, Wang, Chen and Li, "Empirical evaluation of rectified activations in convolutional network", 2015.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.RReLU(0.25, 0.75).eval()(tg.tensor([-1.0, 2.0]))
    tensor([-0.5,  2. ])
    """

    def __init__(
        self,
        lower: float = 1 / 8,
        upper: float = 1 / 3,
        inplace: bool = False,
        *,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        if not lower <= upper:
            raise ValueError(f"RReLU needs lower <= upper, not {lower} and {upper}")
        self.lower, self.upper, self.inplace, self.generator = lower, upper, inplace, generator

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` where it is positive, else a slope times it."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace, generator=self.generator)

    def extra_repr(self) -> str:
        """Return the arguments; ``inplace`` if it is set."""
        return f"lower={self.lower}, upper={self.upper}{', inplace=True' if self.inplace else ''}"


class PReLU(Module):
    """x where it is positive, else a learned slope a times x;  ``dx = g`` or ``g a``, ``da = g x`` below 0.

    Parameters
    ----------
    num_parameters
        1, or the length of dimension 1 of the input, each of which then has a slope of its own.
    init
        the slope at first.
    device
        ``"cpu"`` or None.
    dtype
        of the slopes; the default dtype if None.

    References
    ----------
    He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.PReLU()(tg.tensor([-1.0, 2.0])).detach()
    tensor([-0.25,  2.  ])
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: DTypeLike | None = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        slopes = np.full(num_parameters, init, dtype or tg.get_default_dtype())
        self.weight = Parameter(tg.from_numpy(slopes).to(device=device))

    def forward(self, input: Tensor) -> Tensor:
        """Return `input` where it is positive, else the slope times it."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Return the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class Hardtanh(Activation):
    """x limited to the interval from `min_val` to `max_val`;  ``dx = g`` inside, 0 outside.

    Parameters
    ----------
    min_val, max_val
        the limits.
    inplace
        whether the result is written into the input.

    Raises
    ------
    ValueError
        If `max_val` is not above `min_val`.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Hardtanh()(tg.tensor([-2.0, 0.5]))
    tensor([-1. ,  0.5])
    """

    function = staticmethod(F.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        if not max_val > min_val:
            raise ValueError(f"Hardtanh needs min_val < max_val, not {min_val} and {max_val}")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class ReLU6(Activation):
    """``min(max(x, 0), 6)``;  ``dx = g`` where 0 < x < 6, else 0.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.ReLU6()(tg.tensor([-1.0, 2.0, 7.0]))
    tensor([0., 2., 6.])
    """

    function = staticmethod(F.relu6)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardsigmoid(Activation):
    """``x / 6 + 1/2``, limited to 0 and 1;  ``dx = g / 6`` where -3 < x < 3, else 0.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", ICCV 2019.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Hardsigmoid()(tg.tensor([-4.0, 0.0]))
    tensor([0. , 0.5])
    """

    function = staticmethod(F.hardsigmoid)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardswish(Activation):
    """``x`` times `Hardsigmoid` of x.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Howard et al., "Searching for MobileNetV3", ICCV 2019.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Hardswish()(tg.tensor([-4.0, 3.0])).abs()
    tensor([0., 3.])
    """

    function = staticmethod(F.hardswish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Threshold(Activation):
    """x where it is greater than `threshold`, else `value`;  ``dx = g`` or 0.

    Parameters
    ----------
    threshold
        what x has to exceed.
    value
        what it is replaced by if it does not.
    inplace
        whether the result is written into the input.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Threshold(1.0, 20.0)(tg.tensor([0.0, 2.0]))
    tensor([20.,  2.])
    """

    function = staticmethod(F.threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class Hardshrink(Activation):
    """x where ``|x| > lambd``, else 0;  ``dx = g`` or 0.

    Parameters
    ----------
    lambd
        what the absolute value has to exceed.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Hardshrink()(tg.tensor([-1.0, 0.3]))
    tensor([-1.,  0.])
    """

    function = staticmethod(F.hardshrink)
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """Return the limit, as PyTorch does without its name."""
        return str(self.lambd)


class Softshrink(Activation):
    """x moved towards 0 by `lambd`, and 0 where ``|x| <= lambd``;  ``dx = g`` or 0.

    Parameters
    ----------
    lambd
        by how much, not negative.

    Raises
    ------
    ValueError
        If `lambd` is negative.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softshrink()(tg.tensor([-1.0, 0.3]))
    tensor([-0.5,  0. ])
    """

    function = staticmethod(F.softshrink)
    lambd: float

    def __init__(self, lambd: float = 0.5) -> None:
        if lambd < 0:
            raise ValueError(f"Softshrink needs a lambd that is not negative, not {lambd}")
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """Return the limit, as PyTorch does without its name."""
        return str(self.lambd)


# ---- smooth


class Sigmoid(Activation):
    """``y = 1 / (1 + e**-x)``;  ``dx = g y (1 - y)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Sigmoid()(tg.tensor([0.0]))
    tensor([0.5])
    """

    function = staticmethod(F.sigmoid)


class LogSigmoid(Activation):
    """``-log(1 + e**-x)``;  ``dx = g / (1 + e**x)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.LogSigmoid()(tg.tensor([0.0]))
    tensor([-0.6931])
    """

    function = staticmethod(F.logsigmoid)


class Tanh(Activation):
    """``y = tanh(x)``;  ``dx = g (1 - y**2)``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Tanh()(tg.tensor([0.0]))
    tensor([0.])
    """

    function = staticmethod(F.tanh)


class Tanhshrink(Activation):
    """``x - tanh(x)``;  ``dx = g tanh(x)**2``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Tanhshrink()(tg.tensor([1.0]))
    tensor([0.2384])
    """

    function = staticmethod(F.tanhshrink)


class ELU(Activation):
    """x where it is positive, else ``alpha (e**x - 1)``;  ``dx = g`` or ``g alpha e**x``.

    Parameters
    ----------
    alpha
        the limit far below 0, negated.
    inplace
        whether the result is written into the input.

    References
    ----------
    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units (ELUs)",
    ICLR 2016.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.ELU()(tg.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.    ])
    """

    function = staticmethod(F.elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class CELU(Activation):
    """x where it is positive, else ``alpha (e**(x / alpha) - 1)``;  ``dx = g`` or ``g e**(x / alpha)``, without a jump.

    Parameters
    ----------
    alpha
        the limit far below 0, negated.
    inplace
        whether the result is written into the input.

    References
    ----------
    Barron, "Continuously differentiable exponential linear units", 2017.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.CELU(2.0)(tg.tensor([-2.0, 2.0]))
    tensor([-1.2642,  2.    ])
    """

    function = staticmethod(F.celu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class SELU(Activation):
    """1.0507 times `ELU` of alpha 1.6733, which keeps mean 0 and variance 1 from layer to layer.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.SELU()(tg.tensor([1.0]))
    tensor([1.0507])
    """

    function = staticmethod(F.selu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class GELU(Activation):
    """x times the probability that a normal number is below x;  ``dx = g (P(x) + x p(x))`` with its density p.

    Parameters
    ----------
    approximate
        ``"none"``, or ``"tanh"`` for ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2``.

    References
    ----------
    Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.GELU()(tg.tensor([1.0]))
    tensor([0.8413])
    """

    function = staticmethod(F.gelu)

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(Activation):
    """``x sigmoid(x)``, also called swish;  ``dx = g s (1 + x (1 - s))`` with the sigmoid s.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in reinforcement
    learning", Neural Networks 107, 2018.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.SiLU()(tg.tensor([1.0]))
    tensor([0.7311])
    """

    function = staticmethod(F.silu)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Mish(Activation):
    """``x tanh(softplus(x))``.

    Parameters
    ----------
    inplace
        whether the result is written into the input.

    References
    ----------
    Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Mish()(tg.tensor([1.0]))
    tensor([0.8651])
    """

    function = staticmethod(F.mish)

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Softplus(Activation):
    """``log(1 + e**(beta x)) / beta``, a smooth `ReLU`;  ``dx = g sigmoid(beta x)``.

    Parameters
    ----------
    beta
        how sharp the bend is.
    threshold
        where ``beta x`` exceeds it, the result is x.

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating second-order functional knowledge for better option
    pricing", NIPS 2000.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softplus()(tg.tensor([0.0]))
    tensor([0.6931])
    """

    function = staticmethod(F.softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class Softsign(Activation):
    """``x / (1 + |x|)``;  ``dx = g / (1 + |x|)**2``.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softsign()(tg.tensor([1.0]))
    tensor([0.5])
    """

    function = staticmethod(F.softsign)


# ---- along a dimension


class Softmax(Activation):
    """Probabilities ``y = e**x / sum(e**x)`` along `dim`;  ``dx = y (g - sum(g y))``.

    Parameters
    ----------
    dim
        the dimension along which they sum to 1.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softmax(dim=1)(tg.tensor([[0.0, 0.0]]))
    tensor([[0.5, 0.5]])
    """

    function = staticmethod(F.softmax)

    def __init__(self, dim: int) -> None:
        super().__init__(dim=dim)


class Softmin(Activation):
    """`Softmax` of -x: probabilities that are greatest where x is least;  ``dx = -y (g - sum(g y))``.

    Parameters
    ----------
    dim
        the dimension along which they sum to 1.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softmin(dim=0)(tg.tensor([0.0, 1000.0]))
    tensor([1., 0.])
    """

    function = staticmethod(F.softmin)

    def __init__(self, dim: int) -> None:
        super().__init__(dim=dim)


class Softmax2d(Module):
    """`Softmax` over the channels of images: along dimension 1 of (N, C, H, W), or 0 of (C, H, W).

    Raises
    ------
    ValueError
        If the input has another number of dimensions.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.Softmax2d()(tg.zeros(1, 2, 1, 1)).tolist()
    [[[[0.5]], [[0.5]]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        """Return the probabilities."""
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d takes images of shape (N, C, H, W) or (C, H, W), not {input.shape}")
        return F.softmax(input, -3)


class LogSoftmax(Activation):
    """``y = x - log(sum(e**x))`` along `dim`;  ``dx = g - e**y sum(g)``.

    Parameters
    ----------
    dim
        the dimension along which ``e**y`` sums to 1.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.LogSoftmax(dim=1)(tg.tensor([[0.0, 0.0]]))
    tensor([[-0.6931, -0.6931]])
    """

    function = staticmethod(F.log_softmax)

    def __init__(self, dim: int) -> None:
        super().__init__(dim=dim)


class GLU(Activation):
    """The first half along `dim`, times the sigmoid of the second half.

    Parameters
    ----------
    dim
        the dimension to halve; its length is even.

    References
    ----------
    Dauphin, Fan, Auli and Grangier, "Language modeling with gated convolutional networks", ICML 2017.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> nn.GLU()(tg.tensor([4.0, 0.0]))
    tensor([2.])
    """

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)
