"""Python source that is generated, and the objects that it refers to by names."""

from __future__ import annotations

import keyword
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .trace import Live, Value

MISS = object()  # returned by a program that does not fit


class Source:
    """The source of a program in the making, with the objects that its names mean."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"MISS": MISS}
        self._by_id: dict[int, str] = {}

    def name(self, thing: Any, letter: str = "c") -> str:
        """Return an expression that means `thing`: a global name, or what is written as it is."""
        if thing is None or thing is True or thing is False:
            return repr(thing)
        if id(thing) not in self._by_id:
            name = _spoken(thing)
            if not name or name in self.names:
                name = f"{name or letter}{len(self.names)}"
            self._by_id[id(thing)] = name
            self.names[name] = thing
        return self._by_id[id(thing)]

    def literal(self, thing: Any, value_name: Callable[[Value], str]) -> str:
        """Return an expression for an argument."""
        if type(thing) is Value:
            return value_name(thing)
        if isinstance(thing, Live):
            return self.live(thing)
        if thing is None or thing is Ellipsis or type(thing) in (bool, int, str):
            return repr(thing)
        if type(thing) is float and math.isfinite(thing):
            return repr(thing)
        if type(thing) in (tuple, list):
            items = ", ".join(self.literal(item, value_name) for item in thing)
            return f"[{items}]" if type(thing) is list else f"({items}{',' if len(thing) == 1 else ''})"
        if type(thing) is dict:
            return "{" + ", ".join(f"{key!r}: {self.literal(item, value_name)}" for key, item in thing.items()) + "}"
        if type(thing) is slice:
            return f"slice({thing.start!r}, {thing.stop!r}, {thing.step!r})"
        return self.name(thing)

    def live(self, option: Live) -> str:
        """Return an expression for an option that is read in each replay."""
        return f"{self.name(option.container)}[{option.key!r}]"

    def compile(self, name: str, parameters: Sequence[str]) -> Callable[..., Any]:
        """Return the function; its docstring is its source."""
        text = "\n".join([f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in self.lines)])
        scope: dict[str, Any] = dict(self.names)
        exec(compile(text, "<captured step>", "exec"), scope)
        function: Callable[..., Any] = scope[name]
        function.__doc__ = text
        return function


def _spoken(thing: Any) -> str:
    """Return a name that says what a function does, if there is one."""
    name = getattr(thing, "__name__", "") if callable(thing) else ""
    owner = getattr(thing, "__self__", None)
    name = f"{owner.__name__}_{name}" if isinstance(owner, np.ufunc) else name
    return name if name.isidentifier() and not keyword.iskeyword(name) else ""
