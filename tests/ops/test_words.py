"""NumPy's words for functions in PyTorch's."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tinygrad_np.ops.words import numpy_words


@numpy_words
def reduction(input: str, dim: int | None = None, keepdim: bool = False, *, dtype: str = "") -> tuple[Any, ...]:
    """Say what it was given."""
    return input, dim, keepdim, dtype


@pytest.mark.parametrize(
    ("arguments", "keywords", "expected"),
    [
        (("x",), {}, ("x", None, False, "")),
        (("x", 1, True), {"dtype": "f"}, ("x", 1, True, "f")),
        (("x",), {"axis": 1}, ("x", 1, False, "")),
        (("x",), {"axis": None, "keepdims": True}, ("x", None, True, "")),
        (("x", 2), {"keepdims": True}, ("x", 2, True, "")),
        (("x",), {"dim": 2, "keepdims": True}, ("x", 2, True, "")),
        ((), {"input": "x", "axis": 0, "keepdim": True, "dtype": "f"}, ("x", 0, True, "f")),
    ],
)
def test_either_word_is_taken(arguments: Any, keywords: Any, expected: Any) -> None:
    assert reduction(*arguments, **keywords) == expected


@pytest.mark.parametrize(
    "keywords", [{"dim": 1, "axis": 1}, {"dim": None, "axis": None}, {"keepdim": True, "keepdims": True}]
)
def test_both_words_raise(keywords: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=r"reduction was given both .* pass one of them"):
        reduction("x", **keywords)


def test_a_position_and_the_other_word_raise() -> None:
    with pytest.raises(TypeError, match="multiple values for argument 'dim'"):
        reduction("x", 1, axis=1)


def test_signature_and_docstring_are_kept() -> None:
    assert list(inspect.signature(reduction).parameters) == ["input", "dim", "keepdim", "dtype"]
    assert reduction.__doc__ == "Say what it was given."
    assert reduction.__name__ == "reduction"
