"""x multiplied by itself many times, 10 floats, both operands requiring grad, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from table import Contender, Table

Work = Callable[[], Any]

CHAIN = {"200 multiplications": 200}
LENGTHS = CHAIN | {"10,000": 10_000, "100,000": 100_000, "1,000,000": 1_000_000}


def numpy(row: str) -> Work:
    """What the chain cannot do without: three multiplications and an addition an operation, and nothing else."""
    x, length = np.ones(10, np.float32), LENGTHS[row]

    def work() -> None:
        multiply, values = np.multiply, [x]
        for _ in range(length):
            values.append(multiply(values[-1], x))
        g, total = x, np.zeros_like(x)
        for value in values[-2::-1]:
            total += multiply(g, value)
            g = multiply(g, x)

    return work


def backward(library: Any, length: int) -> Work:
    """The chain in a library with PyTorch's names."""
    x, cotangent = library.ones(10, requires_grad=True), library.ones(10)

    def work() -> None:
        y = x
        for _ in range(length):
            y = y * x
        y.backward(cotangent)
        x.grad = None

    return work


def tinygrad_np(row: str) -> Work:
    """The chain in this project."""
    import tinygrad_np as tg

    return backward(tg, LENGTHS[row])


def torch(row: str) -> Work:
    """The chain in PyTorch."""
    import torch

    return backward(torch, LENGTHS[row])


def autograd(row: str) -> Work:
    """The chain in HIPS autograd."""
    from autograd.core import make_vjp

    x, cotangent, length = np.ones(10, np.float32), np.ones(10, np.float32), LENGTHS[row]

    def product(x: Any) -> Any:
        y = x
        for _ in range(length):
            y = y * x
        return y

    def work() -> None:
        vjp, _ = make_vjp(product, x)
        vjp(cotangent)

    return work


def mygrad(row: str) -> Work:
    """The chain in MyGrad, its memory's guards off."""
    import mygrad as mg

    mg.turn_memory_guarding_off()
    x, cotangent, length = mg.tensor(np.ones(10, np.float32)), np.ones(10, np.float32), LENGTHS[row]

    def work() -> None:
        y = x
        for _ in range(length):
            y = y * x
        y.backward(cotangent)

    return work


PAIR = {
    "numpy": Contender("NumPy", numpy),
    "tinygrad_np": Contender("tinygrad_np", tinygrad_np),
    "torch": Contender("PyTorch", torch, "torch"),
}
PEERS = {
    "autograd": Contender("HIPS autograd", autograd, "autograd"),
    "mygrad": Contender("MyGrad", mygrad, "mygrad"),
}

TABLE = Table(
    "A chain of 200 multiplications of 10 floats, forward and backward",
    tuple(CHAIN),
    PAIR | PEERS,
    base="numpy",
    smoke=tuple(CHAIN),
    ratios=(("tinygrad_np", "torch"), ("tinygrad_np", "autograd"), ("tinygrad_np", "mygrad")),
    unit="µs an operation",
    per=CHAIN,
)

LONG = Table(
    "The same chain, longer",
    tuple(LENGTHS),
    PAIR,
    base="numpy",
    smoke=("200 multiplications", "10,000"),
    ratios=(("tinygrad_np", "torch"),),
    unit="µs an operation",
    per=LENGTHS,
    rounds=5,
)
