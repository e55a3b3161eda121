"""Docstrings of the operations that are defined by a row of a table."""

from __future__ import annotations

_ONE = """Return {value}, element by element.

The derivative: {derivative}

Parameters
----------
x
    tensor, array or number.{integers}

Returns
-------
Tensor of the same shape.

Examples
--------
>>> import tinygrad_np as tg
>>> tg.{name}(tg.tensor([{example}])).shape
(1,)
"""

_TWO = """Return {value}, element by element.

The derivative: {derivative}

Parameters
----------
a, b
    tensors, arrays or numbers whose shapes broadcast; they are promoted to one dtype.{integers}

Returns
-------
Tensor of the broadcast shape.

Examples
--------
>>> import tinygrad_np as tg
>>> tg.{name}(tg.tensor([{example}]), tg.tensor([[{example}], [{example}]])).shape
(2, 1)
"""


def describe(name: str, value: str, derivative: str, inputs: int, floats: bool) -> str:
    """Return the docstring of an elementwise operation of one or two inputs."""
    example = "2" if name.startswith("bitwise") or name.endswith("shift") else "1.0" if name == "arccosh" else "0.5"
    integers = " Integers become the default floating dtype." if floats else ""
    public = {"equal": "eq"}.get(name, name)  # `equal` is a question about whole tensors, as in PyTorch
    return (_ONE if inputs == 1 else _TWO).format(
        name=public, value=value, derivative=derivative, example=example, integers=integers
    )
