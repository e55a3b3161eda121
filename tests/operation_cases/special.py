"""Cases of ``tinygrad_np/ops/special.py``; the references are Python's own functions."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from .case import Case

erf = np.vectorize(math.erf, otypes=[np.float64])
erfc = np.vectorize(math.erfc, otypes=[np.float64])


def erfinv(x: Any) -> Any:
    return np.vectorize(lambda p: NormalDist(0, math.sqrt(0.5)).inv_cdf((1 + p) / 2), otypes=[np.float64])(x)


def logit(x: Any, eps: float = 0.0) -> Any:
    limited = np.minimum(np.maximum(x, eps), 1 - eps)
    return np.log(limited) - np.log(1 - limited)


def xlogy(a: Any, b: Any) -> Any:
    return np.where(np.equal(a, 0), 0, a * np.log(b))


def sinc(x: Any, order: int = 0) -> Any:
    """Integrate ``cos(pi x t + order pi / 2) (pi t)**order`` over t from 0 to 1, which that derivative is."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    t = (nodes + 1) / 2
    values = np.cos(np.pi * np.expand_dims(x, -1) * t + order * np.pi / 2) * (np.pi * t) ** order
    return values @ (weights / 2)


WIDE = np.array([[-7.0, -3.3, -1.6, -0.4, -1e-3], [0.0, 0.2, 1.4, 2.5, 5.0]])

CASES = [
    *(Case("erf", (x,), reference=erf, domain=(-3, 3)) for x in ((2, 3), (), (0,), WIDE)),
    *(Case("erfc", (x,), reference=erfc, domain=(-3, 3)) for x in ((2, 3), (), (0,), WIDE)),
    *(Case("ndtr", (x,), reference=np.vectorize(NormalDist().cdf), domain=(-3, 3)) for x in ((2, 3), (), WIDE)),
    *(Case("erfinv", (x,), reference=erfinv, domain=(-0.9, 0.9)) for x in ((2, 3), (), (0,))),
    *(Case("logit", ((2, 3),), attributes, reference=logit, domain=(0.2, 0.8)) for attributes in ({}, {"eps": 0.1})),
    Case("logit", (np.array([-0.5, 0.01, 0.5, 0.99, 1.5]),), {"eps": 0.1}, reference=logit),
    Case("xlogy", ((2, 3), (2, 3)), reference=xlogy, domain=(0.3, 2)),
    Case("xlogy", ((2, 1, 3), (4, 1)), reference=xlogy, domain=(0.3, 2), note="broadcast"),
    Case("xlogy", (2.0, (3,)), reference=xlogy, domain=(0.3, 2), note="number first"),
    Case("xlogy", ((3,), 2.0), reference=xlogy, domain=(0.3, 2), note="number second"),
    Case("xlogy", (np.array([0.0, 0.0, -1.0]), np.array([0.5, 2.0, 3.0])), reference=xlogy, note="zero times"),
    *(Case("sinc", ((2, 3),), {"order": order}, reference=sinc, domain=(-3, 3)) for order in range(4)),
    *(Case("sinc", (np.array([0.0, 1e-9, 0.2]),), {"order": order}, reference=sinc) for order in range(4)),
    Case("sinc", ((2, 3),), domain=(-2, 2), note="NumPy's", order=3),
]
