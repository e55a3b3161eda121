"""Modules that hold modules: in sequence, in a list, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Self

import tinygrad_np as tg
from tinygrad_np import Tensor

from .activation import ReLU
from .linear import Linear
from .module import MODULE, Module, Structure


def _apply(input: Any, layers: list[Any], relu_last: bool) -> Any:
    """Return linear layers of `input` with ReLU between them, and after the last if `relu_last`."""
    if relu_last:  # an output that a layer of another kind takes: every pair by itself, none is linear at the end
        for i in range(0, len(layers), 2):
            input = tg.linear_relu(input, layers[i], layers[i + 1])
        return input
    return tg.linear(input, *layers) if len(layers) == 2 else tg.linear_stack(input, *layers)


class _Numbered(Module):
    """What `Sequential` and `ModuleList` share: submodules named "0", "1" and so on."""

    def _values(self) -> list[Module]:
        return [module for _, module in self._registered(MODULE)]

    def _keys(self) -> list[str]:
        return [name for name, _ in self._registered(MODULE)]

    def _replace(self, modules: Iterable[Module]) -> None:
        """Hold `modules`, numbered anew."""
        modules = list(modules)
        for name in self._keys():
            delattr(self, name)
        for index, module in enumerate(modules):
            self.register_module(str(index), module)

    def _position(self, index: int) -> int:
        length = len(self)
        if not -length <= index < length:
            raise IndexError(f"there is no module {index} in {type(self).__name__} of {length}")
        return index % length

    def __len__(self) -> int:
        return len(self._keys())

    def __iter__(self) -> Iterator[Module]:
        return iter(self._values())

    def __contains__(self, module: object) -> bool:
        return any(module is own for own in self._values())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._slice(index)
        return self._values()[self._position(index)]

    def _slice(self, index: slice) -> Self:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        self.register_module(self._keys()[self._position(index)], module)

    def __delitem__(self, index: int | slice) -> None:
        modules = self._values()
        del modules[index if isinstance(index, slice) else self._position(index)]
        self._replace(modules)

    def append(self, module: Module) -> Self:
        """Add `module` at the end and return the container."""
        self.register_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add all `modules` at the end and return the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put `module` before the one at `index` and return the container."""
        modules = self._values()
        modules.insert(index, module)
        self._replace(modules)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take the module at `index` out and return it."""
        module: Module = self[index]
        del self[index]
        return module


class Sequential(_Numbered):
    """Modules applied one after another: ``y = f_n(...f_2(f_1(x)))``.

    Parameters
    ----------
    args
        modules, named "0", "1" and so on; or one dictionary of modules by name.

    Raises
    ------
    TypeError
        If one of them is not a module.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    >>> model(tg.zeros(16, 784)).shape
    (16, 10)
    >>> model[:2]
    Sequential(
      (0): Linear(in_features=784, out_features=128, bias=True)
      (1): ReLU()
    )
    >>> nn.Sequential({"hidden": nn.Linear(2, 3), "act": nn.ReLU()}).act
    ReLU()
    """

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            named: Iterable[tuple[str, Any]] = args[0].items()
        else:
            named = ((str(index), module) for index, module in enumerate(args))
        for name, module in named:
            self.register_module(name, module)

    def forward(self, input: Any) -> Any:
        """Return what the last module makes of the output of those before it.

        `Linear` layers with a `ReLU` between them, or one after the last, are one operation, except where one of them
        has hooks or its own `forward`.  Where there is nothing else, their parameters are remembered.
        """
        attributes = self.__dict__
        known = attributes.get("_stack")
        if known is not None and known[0] is Structure.now:
            return tg.linear_stack(input, *known[1])
        whole = True  # whether all are one stack
        layers: list[Tensor | None] = []  # weights and biases of linear layers that have not been called
        open_end = False  # whether the last of them still may get a ReLU
        for module in [attributes[name] for name, kind in self._names.items() if kind == MODULE]:
            kind = type(module)
            plain = not module._hooks and "forward" not in module.__dict__  # it does what its class does
            if open_end and kind is ReLU and plain:
                open_end = False
                continue
            linear = kind is Linear and plain
            if layers and (open_end or not linear):
                input, layers, whole = _apply(input, layers, not open_end), [], False
            open_end = linear
            if linear:
                layers += (module.weight, module.bias)
            else:
                input, whole = module(input), False
        if whole and open_end and len(layers) > 2:
            attributes["_stack"] = (Structure.now, layers)
        return _apply(input, layers, not open_end) if layers else input

    def _slice(self, index: slice) -> Self:
        return type(self)(dict(list(self._registered(MODULE))[index]))

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *other)


class ModuleList(_Numbered):
    """A list of modules whose parameters belong to the module that holds it; it has no `forward` of its own.

    Parameters
    ----------
    modules
        what it holds at first.

    Raises
    ------
    TypeError
        If one of them is not a module.

    Examples
    --------
    >>> import nn
    >>> layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def _slice(self, index: slice) -> Self:
        return type(self)(self._values()[index])

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """Show equal neighbours once, with their number."""
        children, begin = [], 0
        for text, run in groupby(repr(module) for module in self):
            count = len(list(run))
            end = begin + count
            children.append(f"({begin}): {text}" if count == 1 else f"({begin}-{end - 1}): {count} x {text}")
            begin = end
        return self._shown(children)


class ModuleDict(Module):
    """Modules by name, whose parameters belong to the module that holds it; it has no `forward` of its own.

    Parameters
    ----------
    modules
        a dictionary, or pairs of name and module.

    Raises
    ------
    TypeError
        If one of them is not a module.
    KeyError
        If a name is empty, contains a dot or is that of a method.

    Examples
    --------
    >>> import nn
    >>> heads = nn.ModuleDict({"digit": nn.Linear(8, 10), "parity": nn.Linear(8, 2)})
    >>> list(heads), heads["parity"].out_features
    (['digit', 'parity'], 2)
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] = ()) -> None:
        super().__init__()
        self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return dict(self._registered(MODULE))[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.register_module(key, module)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return key in self.keys()

    def keys(self) -> list[str]:
        """Return the names."""
        return [name for name, _ in self.items()]

    def values(self) -> list[Module]:
        """Return the modules."""
        return [module for _, module in self.items()]

    def items(self) -> list[tuple[str, Module]]:
        """Return pairs of name and module."""
        return list(self._registered(MODULE))

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules from a dictionary or pairs; those of a name that is there already take its place."""
        for name, module in dict(modules).items():
            self.register_module(name, module)

    def pop(self, key: str) -> Module:
        """Take the module named `key` out and return it."""
        module: Module = self[key]
        delattr(self, key)
        return module

    def clear(self) -> None:
        """Take all modules out."""
        for name in self.keys():
            delattr(self, name)
