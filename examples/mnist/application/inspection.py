"""What can be seen of a network: its weights before training, its hidden activations, and their main directions."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import nn
import tinygrad_np as tg

from .config import Config
from .model import build_model
from .trained import BATCH, Trained

Array = np.ndarray


class Layer(NamedTuple):
    """A linear layer's name, weights (out, in) and biases (out,), both before training and after."""

    name: str
    weight_before: Array
    weight: Array
    bias_before: Array
    bias: Array


def initial_model(config: Config) -> nn.Sequential:
    """Return the network as it was before training: the same seed draws the same weights."""
    tg.manual_seed((config.seed, 0))
    return build_model(config)


def list_layers(trained: Trained) -> list[Layer]:
    """Return the linear layers, from the pixels on."""
    layers = []
    pairs = zip(_linear(initial_model(trained.config)), _linear(trained.model), strict=True)
    for number, (before, after) in enumerate(pairs, 1):
        name = f"layer {number}: {after.in_features} to {after.out_features}"
        arrays = [layer.state_dict()[key].numpy() for key in ("weight", "bias") for layer in (before, after)]
        layers.append(Layer(name, *arrays))
    return layers


def _linear(model: nn.Sequential) -> list[Any]:
    return [module for module in model if isinstance(module, nn.Linear)]


def hidden_activations(trained: Trained, images: Array) -> list[Array]:
    """Return what each hidden layer makes of images (N, H, W), after its activation: (N, width) each."""
    parts = [_walk(trained.model, images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    count = len(trained.config.hidden)
    return [np.concatenate([part[layer] for part in parts]) for layer in range(count)]


def _walk(model: nn.Sequential, images: Array) -> list[Array]:
    """Return what the module after each linear layer answers."""
    found = []
    modules = list(model)
    with tg.no_grad():
        x = modules[0](tg.from_numpy(np.ascontiguousarray(images[:, None], np.float32)))
        for before, module in pairwise(modules):
            x = module(x)
            if isinstance(before, nn.Linear):
                found.append(x.numpy())
    return found


def project(points: Array, components: int = 2) -> tuple[Array, Array]:
    """Return points along their principal components, and the part of the variance that each of these holds.

    With the centred points `X = U S V^T`, the components are the first columns of `V`, the projections `X V = U S`, and
    the parts `S_i^2 / sum_j S_j^2`. The sign of a component, which is free, makes its greatest entry positive.

    Parameters
    ----------
    points : (N, D)
        at least one.
    components : int
        how many; those beyond min(N, D) hold zeros.

    Returns
    -------
    projections : (N, components)
    parts : (components,)
        between 0 and 1; 0 if all points are the same.

    References
    ----------
    K. Pearson, "On lines and planes of closest fit to systems of points in space", Philosophical Magazine 2(11), 1901.

    Examples
    --------
    >>> projections, parts = project(np.array([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]))
    >>> projections[:, 0].round(6).tolist(), parts.round(6).tolist()
    ([-5.0, 0.0, 5.0], [1.0, 0.0])
    """
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    greatest = np.take_along_axis(vt, np.abs(vt).argmax(1)[:, None], axis=1)[:, 0]
    projections, parts = np.zeros((len(points), components)), np.zeros(components)
    count = min(components, len(s))
    projections[:, :count] = (u * s * np.where(greatest < 0, -1, 1))[:, :count]
    parts[:count] = (s**2 / max(float((s**2).sum()), np.finfo(np.float64).tiny))[:count]
    return projections, parts
