"""Every layer and container against PyTorch's of the same name, from one table; activations and losses have their own.

Values, gradients of the input and of all parameters, buffers after the call, names and order of the state, and what is
shown; in training and in evaluation mode.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import nn
import tinygrad_np as tg

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")


class Row(NamedTuple):
    """A layer by the library that makes it, and what it is called with: a shape, integers, or None if it cannot be."""

    make: Callable[[Any], Any]
    input: tuple[int, ...] | np.ndarray | None


INDICES = np.array([[3, 0, 3, 1], [2, 2, 4, 0]])

LAYERS: dict[str, list[Row]] = {
    "Linear": [
        Row(lambda m: m.Linear(7, 5), (4, 7)),
        Row(lambda m: m.Linear(7, 5, bias=False), (2, 3, 7)),
    ],
    "Identity": [Row(lambda m: m.Identity(3, a=4), (2, 3))],
    "Flatten": [Row(lambda m: m.Flatten(), (2, 3, 4)), Row(lambda m: m.Flatten(0, 1), (2, 3, 4))],
    "Unflatten": [Row(lambda m: m.Unflatten(1, (3, 4)), (2, 12))],
    "Dropout": [Row(lambda m: m.Dropout(1.0), (4, 3)), Row(lambda m: m.Dropout(0.0), (4, 3))],
    "AlphaDropout": [Row(lambda m: m.AlphaDropout(1.0), (4, 3)), Row(lambda m: m.AlphaDropout(0.0), (4, 3))],
    "LayerNorm": [
        Row(lambda m: m.LayerNorm(5), (4, 5)),
        Row(lambda m: m.LayerNorm([3, 5]), (4, 3, 5)),
        Row(lambda m: m.LayerNorm(5, eps=0.1, bias=False), (2, 3, 5)),
        Row(lambda m: m.LayerNorm((5,), elementwise_affine=False), (5,)),
        Row(lambda m: m.LayerNorm(5), (0, 5)),
    ],
    "BatchNorm1d": [
        Row(lambda m: m.BatchNorm1d(3), (6, 3)),
        Row(lambda m: m.BatchNorm1d(3), (2, 3, 5)),
        Row(lambda m: m.BatchNorm1d(3, eps=0.1, momentum=0.7), (1, 3, 5)),
        Row(lambda m: m.BatchNorm1d(3, momentum=None), (6, 3)),
        Row(lambda m: m.BatchNorm1d(3, affine=False), (6, 3)),
        Row(lambda m: m.BatchNorm1d(3, track_running_stats=False), (6, 3)),
    ],
    "Embedding": [
        Row(lambda m: m.Embedding(5, 3), INDICES),
        Row(lambda m: m.Embedding(5, 3), np.array(2)),
        Row(lambda m: m.Embedding(5, 3), np.zeros((2, 0), np.int64)),
        Row(lambda m: m.Embedding(5, 3, padding_idx=-3), INDICES),
        Row(lambda m: m.Embedding(5, 3, padding_idx=0), INDICES.astype(np.int32)),
        Row(lambda m: m.Embedding(5, 3, max_norm=0.5), INDICES),
        Row(lambda m: m.Embedding(5, 3, max_norm=0.5, norm_type=1.0), INDICES),
    ],
    "Conv1d": [
        Row(lambda m: m.Conv1d(2, 4, 3), (3, 2, 7)),
        Row(lambda m: m.Conv1d(2, 4, 3, 2, 1, 2, 2, False), (2, 7)),
        Row(lambda m: m.Conv1d(2, 4, 2, padding="same", padding_mode="circular"), (3, 2, 7)),
    ],
    "Conv2d": [
        Row(lambda m: m.Conv2d(2, 4, 3), (3, 2, 6, 7)),
        Row(lambda m: m.Conv2d(2, 4, (3, 1), (2, 1), (1, 0), (1, 2)), (3, 2, 6, 7)),
        Row(lambda m: m.Conv2d(4, 6, 2, groups=2, bias=False), (3, 4, 5, 5)),
        Row(lambda m: m.Conv2d(2, 3, 3, padding="same", dilation=2), (2, 6, 7)),
        Row(lambda m: m.Conv2d(2, 3, 3, padding="valid"), (0, 2, 6, 7)),
        Row(lambda m: m.Conv2d(2, 3, 3, padding="valid", padding_mode="circular"), (1, 2, 6, 7)),
        Row(lambda m: m.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"), (3, 2, 6, 7)),
        Row(lambda m: m.Conv2d(2, 3, 3, padding="same", padding_mode="replicate"), (3, 2, 6, 7)),
    ],
    "MaxPool2d": [
        Row(lambda m: m.MaxPool2d(2), (3, 2, 6, 7)),
        Row(lambda m: m.MaxPool2d(3, stride=2, padding=1, ceil_mode=True), (2, 6, 8)),
        Row(lambda m: m.MaxPool2d((2, 3), (1, 2), dilation=2), (3, 2, 6, 7)),
    ],
    "AvgPool2d": [
        Row(lambda m: m.AvgPool2d(2), (3, 2, 6, 7)),
        Row(lambda m: m.AvgPool2d(3, 2, 1, True), (3, 2, 6, 8)),
        Row(lambda m: m.AvgPool2d((3, 2), 2, 1, True, False), (2, 6, 8)),
        Row(lambda m: m.AvgPool2d(2, 1, divisor_override=3), (3, 2, 6, 7)),
    ],
    "AdaptiveAvgPool2d": [
        Row(lambda m: m.AdaptiveAvgPool2d(1), (3, 2, 6, 7)),
        Row(lambda m: m.AdaptiveAvgPool2d((4, None)), (3, 2, 6, 7)),
        Row(lambda m: m.AdaptiveAvgPool2d((9, 5)), (2, 6, 7)),
    ],
    "Sequential": [
        Row(
            lambda m: m.Sequential(
                m.Conv2d(1, 4, 3), m.ReLU(), m.MaxPool2d(2), m.Conv2d(4, 3, 3), m.ReLU(), m.Flatten(), m.Linear(27, 2)
            ),
            (5, 1, 12, 12),
        ),
        Row(lambda m: m.Sequential(), (2, 3)),
        Row(lambda m: m.Sequential(m.Linear(3, 4), m.ReLU(), m.Linear(4, 4), m.ReLU(), m.Linear(4, 2)), (5, 3)),
        Row(lambda m: m.Sequential(m.Linear(3, 4), m.BatchNorm1d(4), m.GELU(), m.LayerNorm(4)), (5, 3)),
    ],
    "ModuleList": [Row(lambda m: m.ModuleList([m.Linear(3, 2), m.LayerNorm(2), m.LayerNorm(2)]), None)],
    "ModuleDict": [Row(lambda m: m.ModuleDict({"a": m.Embedding(3, 2), "b": m.BatchNorm1d(2)}), None)],
}
ROWS = [row for rows in LAYERS.values() for row in rows]
IDS = [f"{name}-{number}" for name, rows in LAYERS.items() for number in range(len(rows))]

# The base class; and what PyTorch has elsewhere, or not at all, which has tests of its own.
OTHERS = {"Module", "ExponentialMovingAverage"}


def test_every_layer_is_compared() -> None:
    public = {name: getattr(nn, name) for name in nn.__all__ if isinstance(getattr(nn, name), type)}
    layers = {
        name
        for name, value in public.items()
        if issubclass(value, nn.Module) and value.__module__ not in ("nn.activation", "nn.loss")
    }
    assert layers - OTHERS == set(LAYERS)


def pair(row: Row, dtype: str) -> tuple[Any, Any]:
    """Return our layer and PyTorch's, with the same parameters and buffers, none of them as at first."""
    ours, theirs = row.make(nn).to(dtype), row.make(torch.nn).to(getattr(torch, dtype))
    rng = np.random.default_rng(0)
    for name, tensor in theirs.state_dict().items():
        if tensor.is_floating_point():
            values = rng.uniform(0.5, 1.5, tensor.shape) if "var" in name else rng.normal(size=tensor.shape)
            tensor.copy_(torch.tensor(values))
    ours.load_state_dict({name: tensor.numpy() for name, tensor in theirs.state_dict().items()})
    return ours, theirs


def run(layer: Any, library: Any, row: Row, dtype: str) -> dict[str, np.ndarray]:
    """Return the output, the gradients, and the state after the call."""
    rng = np.random.default_rng(1)
    random = isinstance(row.input, tuple)
    values = rng.normal(size=row.input).astype(dtype) if random else row.input
    x = library.tensor(values, requires_grad=random)
    y = layer(x)
    found = {"output": y.detach().numpy()}
    if y.requires_grad:
        y.backward(library.tensor(rng.normal(size=tuple(y.shape)).astype(dtype)))
    gradients = {"input": x.grad if random else None, **{name: p.grad for name, p in layer.named_parameters()}}
    found |= {f"gradient of {name}": g.numpy() for name, g in gradients.items() if g is not None}
    return found | {f"{name} after": tensor.detach().numpy() for name, tensor in layer.state_dict().items()}


CALLED = [(row, id) for row, id in zip(ROWS, IDS, strict=True) if row.input is not None]


@pytest.mark.parametrize("row", [row for row, _ in CALLED], ids=[id for _, id in CALLED])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_values_gradients_and_buffers(row: Row, dtype: str, training: bool) -> None:
    ours, theirs = pair(row, dtype)
    tolerance = {"rtol": 1e-10, "atol": 1e-12} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    for _ in range(3):  # running means and counts go on
        actual = run(ours.train(training), tg, row, dtype)
        expected = run(theirs.train(training), torch, row, dtype)
        assert actual.keys() == expected.keys()
        for what, value in expected.items():
            assert (actual[what].shape, actual[what].dtype) == (value.shape, value.dtype), what
            np.testing.assert_allclose(actual[what], value, **tolerance, err_msg=what)


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_names_shapes_and_what_is_shown(row: Row) -> None:
    ours, theirs = row.make(nn), row.make(torch.nn)
    states = [[(name, tuple(tensor.shape)) for name, tensor in layer.state_dict().items()] for layer in (ours, theirs)]
    assert states[0] == states[1]
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]
    # Some versions of PyTorch do not show whether a normalization has a bias.
    shown = [re.sub("(affine=[A-Za-z]+), bias=[A-Za-z]+", r"\1", repr(layer)) for layer in (ours, theirs)]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("row", [*LAYERS["BatchNorm1d"], *LAYERS["LayerNorm"]])
def test_first_parameters_and_buffers_are_those_of_pytorch(row: Row) -> None:
    ours, theirs = row.make(nn).state_dict(), row.make(torch.nn).state_dict()
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name].numpy(), tensor.numpy())
        assert str(ours[name].dtype) == str(tensor.dtype).removeprefix("torch.")


def test_given_rows() -> None:
    rows = np.random.default_rng(0).normal(size=(4, 3))
    for options in ({}, {"freeze": False, "padding_idx": 1}, {"padding_idx": -1, "max_norm": 1.0}):
        ours = nn.Embedding.from_pretrained(tg.tensor(rows), **options)
        theirs = torch.nn.Embedding.from_pretrained(torch.tensor(rows), **options)
        assert repr(ours) == repr(theirs)
        assert ours.weight.requires_grad == theirs.weight.requires_grad
        assert ours(tg.tensor([3, 1])).tolist() == pytest.approx(np.array(theirs(torch.tensor([3, 1])).tolist()))


def test_dropout_of_normal_values() -> None:
    ours = set(nn.AlphaDropout(0.3)(tg.full((1000,), 2.0)).tolist())
    theirs = set(torch.nn.AlphaDropout(0.3)(torch.full((1000,), 2.0)).tolist())
    assert sorted(ours) == pytest.approx(sorted(theirs))
