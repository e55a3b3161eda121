"""The functional forms take PyTorch's arguments, in its order."""

import inspect

import numpy as np
import pytest

import nn.functional as F
import tinygrad_np as tg
from against_torch import assert_same_as_torch

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

DEPRECATED = {"size_average", "reduce", "_stacklevel"}
BUILT_IN = {  # no signature to compare
    *("linear", "gelu", "logsigmoid", "softplus", "prelu", "softshrink", "hardshrink"),
    *("cosine_similarity", "one_hot", "pairwise_distance"),
}
CONVOLUTION = ["input", "weight", "bias", "stride", "padding", "dilation", "groups"]
DOCUMENTED = {  # no signature either, but the documentation gives one
    "conv1d": CONVOLUTION,
    "conv2d": CONVOLUTION,
    "max_pool2d": ["input", "kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"],
    "avg_pool2d": [
        *("input", "kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"),
    ],
}


@pytest.mark.parametrize("name", F.__all__)
def test_positional_arguments_are_in_the_order_of_pytorch(name):
    theirs = getattr(torch.nn.functional, name)
    if name in BUILT_IN:
        assert callable(theirs)
        return
    expected = DOCUMENTED.get(name) or [p for p in inspect.signature(theirs).parameters if p not in DEPRECATED]
    function = getattr(getattr(F, name), "forward", getattr(F, name))
    parameters = inspect.signature(function).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in ("generator", "out")]
    if positional != ["x"]:  # a primitive of one input
        assert positional == expected[: len(positional)]
    assert set(keywords) <= set(expected)


OTHER = np.random.default_rng(1).normal(size=(4, 6))
CALLS = {
    "normalize": lambda m, x: functions(m).normalize(x),
    "normalize by a norm": lambda m, x: functions(m).normalize(x, p=1.0, dim=0),
    "cosine_similarity": lambda m, x: functions(m).cosine_similarity(x, m.tensor(OTHER)),
    "cosine_similarity along 0": lambda m, x: functions(m).cosine_similarity(x, m.tensor(OTHER), dim=0),
    "pairwise_distance": lambda m, x: functions(m).pairwise_distance(x, m.tensor(OTHER)),
    "pairwise_distance by a norm": lambda m, x: functions(m).pairwise_distance(x, m.tensor(OTHER), 3.0, 0.1, True),
    "softmin": lambda m, x: functions(m).softmin(x, dim=1),
    "layer_norm": lambda m, x: functions(m).layer_norm(x, (6,), m.tensor(OTHER[0]), m.tensor(OTHER[1])),
    "batch_norm": lambda m, x: functions(m).batch_norm(x, None, None, m.tensor(OTHER[0]), m.tensor(OTHER[1]), True),
    "batch_norm in evaluation": lambda m, x: functions(m).batch_norm(
        x, m.tensor(OTHER[0]), m.tensor(abs(OTHER[1])), m.tensor(OTHER[2])
    ),
    "embedding": lambda m, x: functions(m).embedding(m.tensor([[1, 3], [3, 3]]), x, padding_idx=0),
}


def functions(m):
    return F if m is tg else torch.nn.functional


@pytest.mark.parametrize("name", CALLS)
def test_values_and_derivatives_twice(name):
    assert_same_as_torch(torch, CALLS[name], np.random.default_rng(0).normal(size=(4, 6)))
