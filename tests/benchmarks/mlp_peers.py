"""Other libraries that take the training step of an MLP, each tuned as its documentation advises."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

LR = 0.01


def torch_model(layers: list[Any]) -> Any:
    """Return the network as a module of PyTorch."""
    import torch

    made: list[Any] = []
    for w, b in layers:
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T))
            linear.bias.copy_(torch.from_numpy(b))
        made += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*made[:-1])


def torch_eager(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """PyTorch, as its tutorial trains, with the fused SGD that the optimizers' page calls the fastest."""
    import torch

    model = torch_model(layers)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, fused=True)
    inputs, classes = torch.from_numpy(x), torch.from_numpy(y)

    def step() -> float:
        loss = criterion(model(inputs), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.item())

    return step


def torch_compiled(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """PyTorch, the whole step compiled as one function, in the way that turns out to be the fastest here.

    Gradients are those of ``torch.func``. Compiling the model, with an optimizer that is compiled too or eager, took
    1.5 to 2.9 times as long.
    """
    ways: tuple[dict[str, bool], ...] = ({}, {"cpp_wrapper": True}, {"cpp_wrapper": True, "max_autotune": True})
    steps = [torch_compiled_with(options, x, y, layers) for options in ways]
    return min(steps, key=seconds_of)


def torch_compiled_with(
    options: dict[str, bool], x: np.ndarray, y: np.ndarray, layers: list[Any]
) -> Callable[[], float]:
    """PyTorch, the whole step compiled with these options of its compiler."""
    import torch

    model = torch_model(layers)
    criterion = torch.nn.CrossEntropyLoss()
    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    inputs, classes = torch.from_numpy(x), torch.from_numpy(y)

    def loss_of(parameters: Any, inputs: Any, classes: Any) -> Any:
        return criterion(torch.func.functional_call(model, parameters, (inputs,)), classes)

    def update(parameters: Any, inputs: Any, classes: Any) -> Any:
        gradients, loss = torch.func.grad_and_value(loss_of)(parameters, inputs, classes)
        for name, parameter in parameters.items():
            parameter.sub_(gradients[name], alpha=LR)
        return loss

    compiled = torch.compile(update, fullgraph=True, options=options)
    return lambda: float(compiled(parameters, inputs, classes).item())


def seconds_of(step: Callable[[], float]) -> float:
    """Return the least seconds of a step among a few hundred milliseconds of them, once it is compiled."""
    step()
    times, until = [], perf_counter() + 0.3
    while perf_counter() < until:
        start = perf_counter()
        step()
        times.append(perf_counter() - start)
    return min(times)


def jax_jit(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """JAX, the whole step compiled by ``jit``, which may write the new weights over the old ones."""
    import functools

    import jax
    import jax.numpy as jnp

    inputs, classes = jnp.asarray(x), jnp.asarray(y)
    parameters = [(jnp.asarray(w), jnp.asarray(b)) for w, b in layers]

    def loss_of(parameters: Any, x: Any, y: Any) -> Any:
        h = x
        for w, b in parameters[:-1]:
            h = jax.nn.relu(h @ w + b)
        w, b = parameters[-1]
        scores = jax.nn.log_softmax(h @ w + b)
        return -jnp.take_along_axis(scores, y[:, None], axis=1).mean()

    @functools.partial(jax.jit, donate_argnums=0)
    def update(parameters: Any, x: Any, y: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        return jax.tree.map(lambda p, g: p - LR * g, parameters, gradients), loss

    def step() -> float:
        nonlocal parameters
        parameters, loss = update(parameters, inputs, classes)
        jax.block_until_ready(parameters)
        return float(loss)

    return step


def mygrad(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """MyGrad, without the guards of its memory, which its page on performance advises to turn off."""
    import mygrad as mg
    from mygrad.nnet.activations import relu
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()
    parameters = [(mg.tensor(w), mg.tensor(b)) for w, b in layers]
    lr = np.float32(LR)

    def step() -> float:
        h = x
        for w, b in parameters[:-1]:
            h = relu(mg.matmul(h, w) + b)
        w, b = parameters[-1]
        loss = softmax_crossentropy(mg.matmul(h, w) + b, y)
        loss.backward()
        for pair in parameters:
            for parameter in pair:
                parameter.data -= lr * parameter.grad
        return float(loss.item())

    return step


def sklearn(x: np.ndarray, y: np.ndarray, layers: list[Any]) -> Callable[[], float]:
    """scikit-learn's classifier, one batch at a time, without the checks that its page on speed leaves out."""
    import sklearn
    from sklearn.neural_network import MLPClassifier

    sklearn.set_config(assume_finite=True, skip_parameter_validation=True)
    model = MLPClassifier(
        [w.shape[1] for w, _ in layers[:-1]],
        solver="sgd",
        batch_size=len(x),
        learning_rate_init=LR,
        momentum=0.0,
        nesterovs_momentum=False,
        alpha=0.0,
        shuffle=False,
    )
    model.partial_fit(x, y, classes=np.arange(layers[-1][1].size))
    for (w, b), own_w, own_b in zip(layers, model.coefs_, model.intercepts_, strict=True):
        own_w[...], own_b[...] = w, b

    def step() -> float:
        return float(model.partial_fit(x, y).loss_)

    return step
