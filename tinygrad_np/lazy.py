"""Names of a package that are imported when first used, since most programs do without what stands behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    namespace: dict[str, Any], modules: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package has to call ``__getattr__`` and ``__dir__`` for such names.

    Parameters
    ----------
    namespace
        the package's ``globals()``, where a name is kept once it is there.
    modules
        each name with the module that has it, or that it is.

    Examples
    --------
    >>> namespace = {"__name__": "package"}
    >>> find, names = lazy(namespace, {"sqrt": "math", "path": "os.path"})
    >>> find("sqrt")(4.0), find("path").basename("a/b")
    (2.0, 'b')
    >>> find("root")
    Traceback (most recent call last):
        ...
    AttributeError: module 'package' has no attribute 'root'
    """

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        place = modules[name]
        module = import_module(place)
        value = namespace[name] = module if place.split(".")[-1] == name else getattr(module, name)
        return value

    return find, lambda: sorted({*namespace, *modules})
