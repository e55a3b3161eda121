"""Cases of ``tinygrad_np/ops/elementwise.py``."""

from __future__ import annotations

import numpy as np

from .case import Case

UNARY = {  # name: interval in which it is smooth
    "negative": (-2, 2),
    "reciprocal": (0.5, 2),
    "square": (-2, 2),
    "sqrt": (0.5, 2),
    "cbrt": (0.5, 2),
    "exp": (-2, 2),
    "exp2": (-2, 2),
    "expm1": (-2, 2),
    "log": (0.5, 2),
    "log2": (0.5, 2),
    "log10": (0.5, 2),
    "log1p": (-0.5, 2),
    "sin": (-3, 3),
    "cos": (-3, 3),
    "tan": (-1, 1),
    "arcsin": (-0.9, 0.9),
    "arccos": (-0.9, 0.9),
    "arctan": (-2, 2),
    "sinh": (-2, 2),
    "cosh": (-2, 2),
    "tanh": (-2, 2),
    "arcsinh": (-2, 2),
    "arccosh": (1.5, 3),
    "arctanh": (-0.8, 0.8),
    "deg2rad": (-90, 90),
    "rad2deg": (-2, 2),
    "absolute": (0.5, 2),
    "sign": (0.5, 2),
    "floor": (0.1, 0.9),
    "ceil": (0.1, 0.9),
    "trunc": (0.1, 0.9),
    "rint": (0.6, 0.9),
}
BINARY = {
    "add": (-2, 2),
    "subtract": (-2, 2),
    "multiply": (-2, 2),
    "divide": (0.5, 2),
    "power": (0.5, 2),
    "logaddexp": (-2, 2),
    "logaddexp2": (-2, 2),
    "arctan2": (0.5, 2),
    "hypot": (0.5, 2),
    "copysign": (0.5, 2),
    "maximum": (-2, 2),
    "minimum": (-2, 2),
    "fmax": (-2, 2),
    "fmin": (-2, 2),
}
QUOTIENT = (np.array([[2.3, -3.1, 7.7]]), np.array([[1.0], [-1.6]]))  # away from whole quotients

PREDICATES = [
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
]
BITS = (np.array([[5, 3], [-1, 8]]), np.array([3, 1]))
ODD = np.array([0.0, -0.0, 1.5, np.nan, np.inf, -np.inf])

CASES = [
    *(Case(name, ((2, 3),), domain=domain) for name, domain in UNARY.items()),
    *(Case(name, ((2, 3), (2, 3)), domain=domain) for name, domain in BINARY.items()),
    *(Case(name, ((2, 1, 3), (4, 1)), domain=domain, note="broadcast") for name, domain in BINARY.items()),
    *(Case(name, (2.0, (3,)), domain=domain, note="number first") for name, domain in BINARY.items()),
    *(Case(name, ((3,), 2), domain=domain, note="number second") for name, domain in BINARY.items()),
    Case("absolute", ((2, 3),), domain=(-2, -0.5), note="below zero"),
    Case("copysign", ((3,), -1.0), domain=(0.5, 2), note="to negative"),
    *(Case("power", ((2, 3), n), domain=(-2, -0.5), note="integer power") for n in (0, 1, 2, 3, -1)),
    Case("power", (np.array([0.0, 0.0, 2.0]), 2), note="zero base"),
    Case("power", (np.array([1.5, 2.0]), np.array([0.0, 2.0])), note="zero exponent", order=1),
    *(Case(name, QUOTIENT) for name in ("floor_divide", "remainder", "fmod")),
    *(Case(name, ((2, 3), (3,)), differentiable=False) for name in PREDICATES),
    *(Case(name, (ODD,), differentiable=False) for name in ("isnan", "isinf", "isfinite", "signbit", "logical_not")),
    *(Case(name, BITS, differentiable=False) for name in ("bitwise_and", "bitwise_or", "bitwise_xor")),
    *(Case(name, (BITS[0], np.array([1, 2])), differentiable=False) for name in ("left_shift", "right_shift")),
    Case("bitwise_not", (BITS[0],), differentiable=False),
    Case("bitwise_not", (np.array([True, False]),), differentiable=False, note="boolean"),
    Case("where", (np.array([[True], [False]]), (2, 3), (3,))),
    Case("where", (np.array([True, False]), (2,), 0.0), note="number"),
    Case("clip", ((3, 4), -0.5, 0.5), reference=np.clip, domain=(-1, 1)),
    Case("clip", ((3, 4), None, 0.5), reference=np.clip, note="above only"),
    Case("clip", ((3, 4), -0.5, None), reference=np.clip, note="below only"),
    Case("clip", (np.array([-2.0, 0.1, 2.0]), np.array([-1.0, -1.0, -1.0]), np.array([1.0])), reference=np.clip),
    Case("astype", ((2, 3),), {"dtype": np.dtype("float64")}, reference=lambda x, dtype: x.astype(dtype)),
    Case(
        "astype",
        ((2, 3),),
        {"dtype": np.dtype("int64")},
        reference=lambda x, dtype: x.astype(dtype),
        differentiable=False,
    ),
    Case("clone", ((2, 3),), reference=np.array),
    Case("clone", ((),), reference=np.array),
    Case("nan_to_num", (np.array([1.0, -2.0]),), {"nan": 0.5}),
]
