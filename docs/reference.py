"""Writes the pages of the reference, one a module, from what the packages define; Sphinx fills in the docstrings.

A new module, or a new name in one, appears without any edit. Everything is listed under the name that users type:
`nn.linear.Linear`, which `nn` exports, is `nn.Linear`, on the page of the module that defines it.
"""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

PACKAGES = ("tinygrad_np", "nn")
STATIONS = "tinygrad_np.jit."  # what jit goes through is told in jit.md, and nobody calls it


def modules() -> list[ModuleType]:
    found = []
    for package in map(importlib.import_module, PACKAGES):
        names = [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
        public = [name for name in names if not any(part.startswith("_") for part in name.split("."))]
        public = [name for name in public if not name.startswith(STATIONS)]
        found += [package, *map(importlib.import_module, public)]
    return found


def public_path(module: ModuleType, name: str) -> str:
    """Return the shortest path by which a name that a module defines can be reached."""
    parts = module.__name__.split(".")
    for length in range(1, len(parts)):
        package = importlib.import_module(".".join(parts[:length]))
        if getattr(package, name, None) is getattr(module, name):
            return f"{package.__name__}.{name}"
    return f"{module.__name__}.{name}"


def defined(module: ModuleType) -> list[str]:
    """Return the documented public names that a module defines itself, in the order of its source."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__ and value.__doc__
    ]


def directive(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    path = public_path(module, name)
    if inspect.isclass(value):
        if issubclass(value, BaseException):
            return f".. autoexception:: {path}\n   :members:\n"
        # `Tensor` shows all its methods; a layer does not repeat those of `Module`.
        inherited = "   :inherited-members: object, tuple, dict\n" if path == f"tinygrad_np.{name}" else ""
        return f".. autoclass:: {path}\n   :members:\n{inherited}"
    if callable(value):
        return f".. autofunction:: {path}\n"
    return f".. autodata:: {path}\n   :no-value:\n"


def page(module: ModuleType) -> str:
    title = module.__name__
    parent, _, last = title.rpartition(".")
    # A function may have the name of its module (`tinygrad_np.tensor`); users then mean the function.
    shadowed = parent and getattr(importlib.import_module(parent), last) is not module
    options = "   :no-members:\n" + ("   :no-index:\n" if shadowed else "")
    head = f"{title}\n{'=' * len(title)}\n\n.. automodule:: {title}\n{options}"
    return "\n".join([head, *(directive(module, name) for name in defined(module))])


def write(folder: Path) -> None:
    """Write a page for every public module, touch none that stays the same, remove those of modules gone."""
    folder.mkdir(exist_ok=True)
    pages = {f"{module.__name__}.rst": page(module) for module in modules()}
    for old in set(folder.glob("*.rst")) - {folder / name for name in pages}:
        old.unlink()
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def listed_as(target: str) -> str | None:
    """Return the name under which the reference lists `target`, the full name of a definition or of a part of one."""
    parts = target.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:length]))
            return ".".join([public_path(module, parts[length]), *parts[length + 1 :]])
        except (ImportError, AttributeError):
            continue
    return None


def resolve(app, environment, node, content):
    """Lead a link that annotations spell `nn.linear.Linear`, or its own module `Linear`, to `nn.Linear`."""
    if node.get("refdomain") != "py":
        return None
    target, page = node["reftarget"], node["refdoc"].removeprefix("api/")
    for full in (target, f"{page}.{target}"):
        name = listed_as(full) if full.split(".")[0] in PACKAGES else None
        if name and name != target:
            arguments = environment, node["refdoc"], app.builder, node["reftype"], name, node, content
            if (found := environment.get_domain("py").resolve_xref(*arguments)) is not None:
                return found
    return None
