"""tinygrad_np: a deep-learning framework over NumPy alone, small enough to read in an afternoon."""

from . import autograd
from .graph import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .tensor import Tensor
from .ops import reduce, shape
from .ops.elementwise import add, divide, exp, multiply, negative, power, subtract, tanh
