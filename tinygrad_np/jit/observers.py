"""What packages that keep state have replaced while a step is captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .trace import Tracer

Patch = tuple[Any, str, Any]  # an object, the name of an attribute, and what stands there while capturing

observers: list[Callable[[Tracer], list[Patch]]] = []


def observe(patches: Callable[[Tracer], list[Patch]]) -> Callable[[Tracer], list[Patch]]:
    """Have what `patches` returns replaced while capturing: for packages that keep state that a step depends on."""
    observers.append(patches)
    return patches
