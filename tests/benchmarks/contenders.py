"""The things that are timed: each a function that prepares its work and returns one repetition of it as a function."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Work = Callable[[], Any]

MLPS: dict[str, tuple[tuple[int, ...], int]] = {  # name of the row: sizes of the layers, batch
    "784-128-128-10, batch 16": ((784, 128, 128, 10), 16),
    "784-50-50-10, batch 32": ((784, 50, 50, 10), 32),
    "784-900-10, batch 40": ((784, 900, 10), 40),
    "784-256-10, batch 128": ((784, 256, 10), 128),
    "784-500-10, batch 512": ((784, 500, 10), 512),
}


def problem(row: str) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return inputs, classes and layers (weight (in, out), bias) of an MLP row: the same for every contender."""
    sizes, batch = MLPS[row]
    rng = np.random.default_rng(0)
    x = rng.random((batch, sizes[0]), dtype=np.float32)
    y = rng.integers(0, sizes[-1], batch)
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        bound = 1 / np.sqrt(inputs)
        layers.append(
            (
                rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32),
                rng.uniform(-bound, bound, outputs).astype(np.float32),
            )
        )
    return x, y, layers


def plain(row: str) -> Work:
    """Hand-written NumPy."""
    import handwritten

    return handwritten.plain(*problem(row))


def preallocated(row: str) -> Work:
    """Hand-written NumPy that reuses every buffer."""
    import handwritten

    return handwritten.preallocated(*problem(row))


def products(row: str) -> Work:
    """The matrix products of a step alone."""
    x, _, layers = problem(row)
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


def mlp(layers: list[tuple[np.ndarray, np.ndarray]]) -> Any:
    """Return the network of a row as a module of this project."""
    import nn
    import tinygrad_np as tg

    modules: list[Any] = []
    for w, b in layers:
        linear = nn.Linear(*w.shape)
        linear.load_state_dict({"weight": tg.tensor(w.T), "bias": tg.tensor(b)})
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def eager(row: str) -> Work:
    """Modules, CrossEntropy, backward() and SGD.step() of this project."""
    import nn
    import tinygrad_np as tg

    x, y, layers = problem(row)
    model = mlp(layers)
    criterion, optimizer = nn.CrossEntropy(), nn.SGD(model.parameters(), lr=0.01)
    inputs, classes = tg.from_numpy(x), tg.from_numpy(y)

    def step() -> float:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def captured(row: str) -> Work:
    """The same step of this project, captured by ``tg.jit``."""
    import nn
    import tinygrad_np as tg

    x, y, layers = problem(row)
    model = mlp(layers)
    criterion, optimizer = nn.CrossEntropy(), nn.SGD(model.parameters(), lr=0.01)
    inputs, classes = tg.from_numpy(x), tg.from_numpy(y)

    @tg.jit
    def train(inputs: Any, classes: Any) -> Any:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return lambda: float(train(inputs, classes).item())


def torch_eager(row: str) -> Work:
    """PyTorch, as its tutorial trains; two threads as the others."""
    import torch

    x, y, layers = problem(row)
    modules: list[Any] = []
    for w, b in layers:
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T))
            linear.bias.copy_(torch.from_numpy(b))
        modules += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*modules[:-1])
    criterion, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01)
    inputs, classes = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> float:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


CNNS = {"28x28, 16 and 32 kernels of 5x5, 128 hidden, batch 64": 64}  # name of the row: batch


def convolutional(library: Any, modules: Any, optimizers: Any, row: str) -> tuple[Callable[..., Any], Any, Any]:
    """Return a training step of a LeNet-5, and its inputs and classes: the same lines make that of either library."""
    rng = np.random.default_rng(0)
    x = library.from_numpy(rng.random((CNNS[row], 1, 28, 28), dtype=np.float32))
    y = library.from_numpy(rng.integers(0, 10, CNNS[row]))
    model = modules.Sequential(
        *(modules.Conv2d(1, 16, 5), modules.ReLU(), modules.MaxPool2d(2)),
        *(modules.Conv2d(16, 32, 5), modules.ReLU(), modules.MaxPool2d(2)),
        *(modules.Flatten(), modules.Linear(512, 128), modules.ReLU(), modules.Linear(128, 10)),
    )
    criterion, optimizer = modules.CrossEntropyLoss(), optimizers.SGD(model.parameters(), lr=0.01)

    def step(x: Any, y: Any) -> Any:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step, x, y


def cnn(row: str) -> Work:
    """A convolutional network of this project."""
    import nn
    import tinygrad_np as tg

    step, x, y = convolutional(tg, nn, nn.optim, row)
    return lambda: step(x, y).item()


def cnn_captured(row: str) -> Work:
    """The same step of this project, captured by ``tg.jit``."""
    import nn
    import tinygrad_np as tg

    step, x, y = convolutional(tg, nn, nn.optim, row)
    train = tg.jit(step)
    return lambda: train(x, y).item()


def cnn_torch(row: str) -> Work:
    """The same network in PyTorch."""
    import torch

    step, x, y = convolutional(torch, torch.nn, torch.optim, row)
    return lambda: step(x, y).item()


LENGTH = 200


def chain(row: str) -> Work:
    """x multiplied by itself 200 times, 10 floats, both operands requiring grad, forward and backward."""
    import tinygrad_np as tg

    x, cotangent = tg.ones(10, requires_grad=True), tg.ones(10)

    def work() -> None:
        y = x
        for _ in range(LENGTH):
            y = y * x
        y.backward(cotangent)
        x.grad = None

    return work


def chain_numpy(row: str) -> Work:
    """What that chain cannot do without: three multiplications and an addition an operation, and nothing else."""
    x = np.ones(10, np.float32)

    def work() -> None:
        multiply, values = np.multiply, [x]
        for _ in range(LENGTH):
            values.append(multiply(values[-1], x))
        g, total = x, np.zeros_like(x)
        for value in values[-2::-1]:
            total += multiply(g, value)
            g = multiply(g, x)

    return work


def chain_torch(row: str) -> Work:
    """The same chain in PyTorch."""
    import torch

    x, cotangent = torch.ones(10, requires_grad=True), torch.ones(10)

    def work() -> None:
        y = x
        for _ in range(LENGTH):
            y = y * x
        y.backward(cotangent)
        x.grad = None

    return work


def chain_autograd(row: str) -> Work:
    """The same chain in HIPS autograd."""
    from autograd.core import make_vjp

    x = np.ones(10, np.float32)

    def product(x: Any) -> Any:
        y = x
        for _ in range(LENGTH):
            y = y * x
        return y

    def work() -> None:
        vjp, _ = make_vjp(product, x)
        vjp(x)

    return work


def classifier(row: str) -> Work:
    """An epoch of this project's classifier."""
    import classifier

    return classifier.epoch(classifier.ours, row)


def classifier_sklearn(row: str) -> Work:
    """An epoch of scikit-learn's."""
    import classifier

    return classifier.epoch(classifier.peers, row)


def imports(statement: str) -> Work:
    """A new interpreter that runs one statement."""
    command = [sys.executable, "-c", statement]

    def work() -> None:
        subprocess.run(command, check=True)

    return work


CONTENDERS: dict[str, Callable[[str], Work]] = {
    "plain": plain,
    "preallocated": preallocated,
    "products": products,
    "eager": eager,
    "captured": captured,
    "torch": torch_eager,
    "cnn": cnn,
    "cnn_captured": cnn_captured,
    "cnn_torch": cnn_torch,
    "chain": chain,
    "chain_numpy": chain_numpy,
    "chain_torch": chain_torch,
    "chain_autograd": chain_autograd,
    "classifier": classifier,
    "classifier_sklearn": classifier_sklearn,
    "imports": imports,
}

NEEDS = {  # peers that may not be installed
    "torch": "torch",
    "chain_torch": "torch",
    "cnn_torch": "torch",
    "chain_autograd": "autograd",
    "classifier_sklearn": "sklearn",
}


def time_repetitions(work: Work, count: int) -> float:
    """Return the seconds that one of `count` repetitions takes, after some that wake threads and fill caches."""
    from time import perf_counter

    for _ in range(1 + count // 10):
        work()
    start = perf_counter()
    for _ in range(count):
        work()
    return (perf_counter() - start) / count


def serve(arguments: Sequence[str]) -> None:
    """Be the process of one contender: for each count read, time as many repetitions and answer with seconds."""
    name, row = arguments
    work = CONTENDERS[name](row)
    print("ready", flush=True)
    for line in sys.stdin:
        print(time_repetitions(work, int(line)), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1:])
