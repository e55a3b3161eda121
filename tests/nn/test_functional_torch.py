"""The functional forms take PyTorch's arguments, in its order."""

import inspect

import pytest

import nn.functional as F

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

DEPRECATED = {"size_average", "reduce", "_stacklevel"}
BUILT_IN = {  # no signature to compare
    *("linear", "gelu", "logsigmoid", "softplus", "prelu", "softshrink", "hardshrink"),
    *("cosine_similarity", "one_hot", "pairwise_distance"),
}


@pytest.mark.parametrize("name", F.__all__)
def test_positional_arguments_are_in_the_order_of_pytorch(name):
    theirs = getattr(torch.nn.functional, name)
    if name in BUILT_IN:
        assert callable(theirs)
        return
    expected = [parameter for parameter in inspect.signature(theirs).parameters if parameter not in DEPRECATED]
    function = getattr(getattr(F, name), "forward", getattr(F, name))
    parameters = inspect.signature(function).parameters.values()
    positional = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in ("generator", "out")]
    if positional != ["x"]:  # a primitive of one input
        assert positional == expected[: len(positional)]
    assert set(keywords) <= set(expected)
