"""The training step of an MLP: ReLU layers, mean cross-entropy, plain SGD; each returns its loss as a float."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import handwritten
import mlp_peers
import numpy as np
from table import Contender, Table

MLPS: dict[str, tuple[tuple[int, ...], int]] = {  # name of the row: sizes of the layers, batch
    "784-128-128-10, batch 16": ((784, 128, 128, 10), 16),
    "784-50-50-10, batch 32": ((784, 50, 50, 10), 32),
    "784-900-10, batch 40": ((784, 900, 10), 40),
    "784-256-10, batch 128": ((784, 256, 10), 128),
    "784-500-10, batch 512": ((784, 500, 10), 512),
}


def problem(row: str) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return inputs, classes and layers (weight (in, out), bias) of a row: the same for every contender."""
    sizes, batch = MLPS[row]
    rng = np.random.default_rng(0)
    x = rng.random((batch, sizes[0]), dtype=np.float32)
    y = rng.integers(0, sizes[-1], batch)
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = 1 / np.sqrt(inputs)
        weight, bias = rng.uniform(-bound, bound, (inputs, outputs)), rng.uniform(-bound, bound, outputs)
        layers.append((weight.astype(np.float32), bias.astype(np.float32)))
    return x, y, layers


def on(make: Callable[..., Any]) -> Callable[[str], Any]:
    """Return a function that prepares `make` for the problem of a row."""
    return lambda row: make(*problem(row))


def products(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], Any]:
    """The matrix products of a step alone."""
    sizes = [w.shape[1] for w, _ in layers]
    hidden = [x] + [np.ones((len(x), size), np.float32) for size in sizes]
    grads = [np.empty_like(w) for w, _ in layers]
    back = [np.empty_like(h) for h in hidden]

    def step() -> None:
        for i, (w, _) in enumerate(layers):
            np.matmul(hidden[i], w, out=back[i + 1])
        for i in range(len(layers) - 1, -1, -1):
            np.matmul(hidden[i].T, hidden[i + 1], out=grads[i])
            if i:
                np.matmul(hidden[i + 1], layers[i][0].T, out=back[i])

    return step


def modules(layers: list[Any]) -> Any:
    """Return the network of a row as a module of this project."""
    import nn
    import tinygrad_np as tg

    made: list[Any] = []
    for w, b in layers:
        linear = nn.Linear(*w.shape)
        linear.load_state_dict({"weight": tg.tensor(w.T), "bias": tg.tensor(b)})
        made += [linear, nn.ReLU()]
    return nn.Sequential(*made[:-1])


def framework(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> tuple[Callable[[Any, Any], Any], Any, Any]:
    """Return a step by modules, `CrossEntropy`, `backward` and `SGD.step` of this project, and its two arguments."""
    import nn
    import tinygrad_np as tg

    model = modules(layers)
    criterion, optimizer = nn.CrossEntropy(), nn.SGD(model.parameters(), lr=0.01)

    def step(inputs: Any, classes: Any) -> Any:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, tg.from_numpy(x), tg.from_numpy(y)


def eager(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """The step of this project, as a tutorial writes it."""
    step, inputs, classes = framework(x, y, layers)
    return lambda: float(step(inputs, classes).item())


def captured(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """The same step, captured by ``tg.jit``."""
    import tinygrad_np as tg

    step, inputs, classes = framework(x, y, layers)
    train = tg.jit(step)
    return lambda: float(train(inputs, classes).item())


TABLE = Table(
    "Training step of an MLP",
    tuple(MLPS),
    {
        "products": Contender("matrix products alone", on(products)),
        "plain": Contender("plain NumPy", on(handwritten.plain)),
        "preallocated": Contender("preallocated NumPy", on(handwritten.preallocated)),
        "eager": Contender("tinygrad_np, eager", on(eager)),
        "captured": Contender("tinygrad_np, captured", on(captured)),
        "torch": Contender("PyTorch, eager", on(mlp_peers.torch_eager), "torch"),
        "torch_compile": Contender("PyTorch, compiled", on(mlp_peers.torch_compiled), "torch", compiles=True),
        "jax": Contender("JAX, jit", on(mlp_peers.jax_jit), "jax"),
        "mygrad": Contender("MyGrad", on(mlp_peers.mygrad), "mygrad"),
        "sklearn": Contender("scikit-learn", on(mlp_peers.sklearn), "sklearn"),
    },
    base="plain",
    smoke=("784-50-50-10, batch 32",),
    ratios=(
        ("eager", "plain"),
        ("eager", "torch"),
        ("captured", "preallocated"),
        ("captured", "products"),
        ("captured", "torch"),
        ("captured", "torch_compile"),
        ("captured", "jax"),
        ("captured", "mygrad"),
        ("captured", "sklearn"),
    ),
)
