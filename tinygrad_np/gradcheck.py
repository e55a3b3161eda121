"""Finite differences against derivatives, of any order: what this project proves itself by."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .autograd import grad
from .graph import enable_grad
from .tensor import Tensor, wrap

LARGE = 64  # elements, beyond which random projections replace the full Jacobian
PROJECTIONS = 4


class GradcheckError(AssertionError):
    """A derivative disagrees with finite differences."""


def gradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    order: int = 1,
    *,
    step: float = 6e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    seed: int = 0,
) -> bool:
    """Compare the derivatives of `function` with central finite differences, in float64.

    With the cotangent v, and ``L(x) = sum(v * function(x))``, element i of the gradient is compared with::

        (L(x + h e_i) - L(x - h e_i)) / 2h,    h = step * max(1, |x_i|),

    whose error is of the order of h squared.  Every v of the standard basis is tried, or, where there are more than 64
    outputs, 4 random ones; likewise every e_i, or 4 random directions.  If a random direction fails, all its elements
    are gone through to name the one that is wrong.  Order n applies the same check to the gradient as a function of x
    and v, n - 1 times: the mathematics needs no more than that.

    Parameters
    ----------
    function
        takes tensors, gives a tensor or a tuple of tensors; must be smooth near `inputs` and free of randomness.
    inputs
        tensors, arrays or other arguments; those of a floating dtype, if they are tensors only the ones that
        require grad when at least one does, are differentiated and must be float64.
    order
        the highest derivative to check.
    step
        size of the finite difference relative to the input; 6e-6 is the cube root of float64's precision.
    rtol, atol
        two numbers agree if they differ by at most ``atol + rtol * |numeric|``.
    seed
        of the random projections.

    Returns
    -------
    bool
        True.

    Raises
    ------
    GradcheckError
        Naming the order, the output, the input, the index, and the analytic and the numeric value.
    TypeError
        If an input to differentiate is not float64, or there is none.

    Examples
    --------
    >>> import numpy as np, tinygrad_np as tg
    >>> gradcheck(lambda x, w: (x @ w).tanh(), [np.ones((2, 3)), np.ones((3, 2))], order=2)
    True

    A derivative that is wrong is found:

    >>> from tinygrad_np.primitive import primitive, registry
    >>> @primitive()
    ... def wrong(x):
    ...     return x * x
    >>> wrong.defvjp(lambda g, x: g * x)
    >>> gradcheck(wrong, [np.array([3.0])])
    Traceback (most recent call last):
        ...
    tinygrad_np.gradcheck.GradcheckError: derivative of order 1, output 0 [0], input 0 [0]: analytic 3, numeric 6
    >>> del registry["wrong"]

    References
    ----------
    Nocedal and Wright, Numerical Optimization, 2nd ed., section 8.1.
    """
    given = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    positions = _positions(given)
    rng = np.random.default_rng(seed)
    for k in range(1, order + 1):
        _check_once(function, given, positions, k, step, (rtol, atol), rng)
        if k < order:
            function, given, positions = _differentiated(function, given, positions, rng)
    return True


def _positions(inputs: list[Any]) -> list[int]:
    """Return which inputs are differentiated."""
    floating = [i for i, x in enumerate(inputs) if isinstance(x, Tensor | np.ndarray) and x.dtype.kind == "f"]
    requiring = [i for i in floating if isinstance(inputs[i], Tensor) and inputs[i].requires_grad]
    positions = requiring or floating
    if not positions:
        raise TypeError("gradcheck needs at least one floating input to differentiate")
    for i in positions:
        if inputs[i].dtype != np.float64:
            raise TypeError(f"gradcheck needs float64, but input {i} is {inputs[i].dtype}: convert with .to('float64')")
    return positions


def _leaves(inputs: list[Any], positions: list[int]) -> list[Any]:
    """Return the inputs with those to differentiate copied into new leaves."""
    leaves = list(inputs)
    for i in positions:
        x = inputs[i]
        leaves[i] = Tensor(np.array(x.array if isinstance(x, Tensor) else x), requires_grad=True)
    return leaves


def _call(function: Callable[..., Any], inputs: list[Any]) -> list[Tensor]:
    result = function(*inputs)
    return list(result) if isinstance(result, tuple | list) else [result]


def _check_once(
    function: Callable[..., Any],
    inputs: list[Any],
    positions: list[int],
    order: int,
    step: float,
    tolerances: tuple[float, float],
    rng: np.random.Generator,
) -> None:
    """Check the first derivative of `function`; `order` is for the message."""
    leaves = _leaves(inputs, positions)
    arrays = {i: leaves[i].array for i in positions}
    with enable_grad():
        outputs = [y for y in _call(function, leaves) if y.requires_grad]
    wanted = [leaves[i] for i in positions]
    gradients = [
        (k, at, cotangent, grad(output, wanted, wrap(cotangent), retain_graph=True, allow_unused=True))
        for k, output in enumerate(outputs)
        for cotangent, at in _directions(output.shape, rng)
    ]

    def values(i: int, array: np.ndarray) -> list[np.ndarray]:
        with enable_grad():  # a function of order 2 differentiates inside
            moved = list(leaves)
            moved[i] = Tensor(array, requires_grad=True)
            return [y.array for y in _call(function, moved) if y.requires_grad]

    for position, i in enumerate(positions):
        for direction, where in _directions(arrays[i].shape, rng):
            h = step * max(1.0, float(np.abs(arrays[i][where]).max()))
            above, below = values(i, arrays[i] + h * direction), values(i, arrays[i] - h * direction)
            for k, at, cotangent, found in gradients:
                g = found[position]
                analytic = 0.0 if g is None else float((g.array * direction).sum())
                numeric = float(((above[k] - below[k]) / (2 * h) * cotangent).sum())
                if not _agree(analytic, numeric, tolerances, cotangent, direction):
                    failure = _Failure(order, k, at, i, where, analytic, numeric)
                    raise failure.located(values, arrays[i], cotangent, g, step)


def _agree(
    analytic: float, numeric: float, tolerances: tuple[float, float], cotangent: np.ndarray, direction: np.ndarray
) -> bool:
    rtol, atol = tolerances
    terms = np.abs(cotangent).sum() * np.abs(direction).sum()  # the rounding errors of as many terms add up at random
    return bool(abs(analytic - numeric) <= atol * max(1.0, float(terms) ** 0.5) + rtol * abs(numeric))


def _directions(shape: tuple[int, ...], rng: np.random.Generator) -> Iterator[tuple[np.ndarray, Any]]:
    """Yield the standard basis of arrays of `shape`, each with its index, or, where it is large, random directions."""
    if math.prod(shape) > LARGE:
        for _ in range(PROJECTIONS):
            yield rng.standard_normal(shape), ...
        return
    for index in np.ndindex(shape):
        direction = np.zeros(shape)
        direction[index] = 1.0
        yield direction, index


class _Failure:
    """A disagreement, as precise as it can be told."""

    def __init__(
        self, order: int, output: int, at: Any, position: int, where: Any, analytic: float, numeric: float
    ) -> None:
        self.order, self.output, self.at, self.position, self.where = order, output, at, position, where
        self.analytic, self.numeric = analytic, numeric

    def located(
        self,
        values: Callable[..., list[np.ndarray]],
        array: np.ndarray,
        cotangent: np.ndarray,
        g: Tensor | None,
        step: float,
    ) -> GradcheckError:
        """Return the error; if a random direction failed, find the input element that is furthest off."""
        if self.where is ...:
            worst = -1.0
            for index in np.ndindex(array.shape):
                h = step * max(1.0, abs(float(array[index])))
                moved = array.copy()
                moved[index] = array[index] + h
                above = values(self.position, moved)[self.output]
                moved = array.copy()
                moved[index] = array[index] - h
                below = values(self.position, moved)[self.output]
                numeric = float(((above - below) / (2 * h) * cotangent).sum())
                analytic = 0.0 if g is None else float(g.array[index])
                if abs(analytic - numeric) > worst:
                    worst, self.where, self.analytic, self.numeric = abs(analytic - numeric), index, analytic, numeric
        return GradcheckError(
            f"derivative of order {self.order}, output {self.output} {_text(self.at)}, "
            f"input {self.position} {_text(self.where)}: analytic {self.analytic:.10g}, numeric {self.numeric:.10g}"
        )


def _text(index: Any) -> str:
    return "(random projection)" if index is ... else f"[{', '.join(map(str, index))}]"


def _differentiated(
    function: Callable[..., Any], inputs: list[Any], positions: list[int], rng: np.random.Generator
) -> tuple[Callable[..., Any], list[Any], list[int]]:
    """Return the gradient of `function` as a function of its inputs and cotangents, with those inputs."""
    with enable_grad():
        outputs = _call(function, _leaves(inputs, positions))
    count = len(inputs)
    cotangents = [rng.standard_normal(y.shape) for y in outputs if y.dtype.kind == "f"]

    def gradient(*arguments: Any) -> tuple[Tensor, ...]:
        results = [y for y in _call(function, list(arguments[:count])) if y.dtype.kind == "f"]
        kept = [(y, v) for y, v in zip(results, arguments[count:], strict=True) if y.requires_grad]
        wanted = [arguments[i] for i in positions]
        found = grad([y for y, _ in kept], wanted, [v for _, v in kept], create_graph=True, allow_unused=True)
        return tuple(wrap(np.zeros(x.shape)) if g is None else g for x, g in zip(wanted, found, strict=True))

    return gradient, [*inputs, *cotangents], [*positions, *range(count, count + len(cotangents))]
