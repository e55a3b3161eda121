"""What a captured step has to know of modules and optimizers: in effect while capturing, and only then.

A replay does not run the code of modules.  So it checks that they have the mode, the hooks, the parameters and the
other attributes that they had, and that optimizers have the same parameters, options and state; the learning rate is
read anew each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tinygrad_np as tg
from tinygrad_np.jit import Live, Tracer, outside_of_recording

from .module import Hook, Module
from .optim import lr_scheduler
from .optim.lr_scheduler import LRScheduler
from .optim.optimizer import Optimizer


def patches(tracer: Tracer) -> list[tuple[Any, str, Any]]:
    """Return what is replaced while a step is captured; `nn` registers this."""
    modes: dict[Module, Mode] = {}
    kinds = [kind for kind in vars(lr_scheduler).values() if isinstance(kind, type)]
    schedules = [kind for kind in kinds if issubclass(kind, LRScheduler) and "step" in vars(kind)]
    return [
        (Module, "__call__", _watched_call(tracer, modes, Module.__call__)),
        (Module, "_call_with_hooks", _hooks_each_time(tracer, Module._call_with_hooks)),
        (Module, "train", _noted_mode(tracer, modes, Module.train)),
        (Optimizer, "step", _live_step(tracer, Optimizer.step)),
        *[(kind, "step", _refused_step(tracer, vars(kind)["step"])) for kind in schedules],
    ]


# ---- modules


class Form:
    """A condition: a module has the mode, the hooks and the attributes that it had.

    A plain attribute that the step itself changes, such as a count of calls, is left out: replays do not change it.
    """

    def __init__(self, module: Module, modes: dict[Module, Mode]) -> None:
        self.module, self.modes, self.attributes = module, modes, module.__dict__
        self.held = dict(self.attributes)
        self.hook_keys = tuple(self.held.pop("_hooks", ()))

    def conditions(self, name: Callable[[Any], str]) -> list[str]:
        """Return expressions that are true where a replay would be wrong."""
        attributes = name(self.attributes)
        always = {"training", "_names", *self.module._names}
        kept = {key: x for key, x in self.held.items() if key in always or self.attributes.get(key) is x}
        if self.module in self.modes:  # which has the condition
            del kept["training"]
        other = [_differs(f"{attributes}[{key!r}]", value, name) for key, value in kept.items()]
        hooks = self.attributes.get("_hooks")
        other += [] if hooks is None else [f"tuple({name(hooks)}) != {self.hook_keys}"]
        return [f"len({attributes}) != {len(self.attributes)}", *other]

    def effects(self, name: Callable[[Any], str]) -> list[str]:
        """Return nothing: a replay leaves the module alone."""
        return []


def _differs(expression: str, value: Any, name: Callable[[Any], str]) -> str:
    """Return the expression for whether another value, or another object, stands where `value` stood."""
    return f"{expression} {'!=' if _is_plain(value) else 'is not'} {name(value)}"


def _is_plain(value: Any) -> bool:
    """Return whether a value is known by being equal: a number, a text, or a tuple of them."""
    if type(value) is tuple:
        return all(map(_is_plain, value))
    return type(value) in (int, str) or (type(value) is float and value == value)


def _watched_call(tracer: Tracer, modes: dict[Module, Mode], call: Callable[..., Any]) -> Callable[..., Any]:
    seen: set[Module] = set()

    def watched(module: Module, *args: Any, **kwargs: Any) -> Any:
        for each in module.modules() if tracer.is_recording() else ():
            if each not in seen:
                seen.add(each)
                tracer.watched.append(Form(each, modes))
        return call(module, *args, **kwargs)

    return watched


class Mode:
    """A condition and an effect: the step found a module in one mode and leaves it in another, or in the same."""

    def __init__(self, module: Module) -> None:
        self.module, self.before = module, module.training

    def conditions(self, name: Callable[[Any], str]) -> list[str]:
        """Return an expression that is true where a replay would be wrong."""
        return [f"{name(self.module.__dict__)}['training'] is not {self.before}"]

    def effects(self, name: Callable[[Any], str]) -> list[str]:
        """Return the line that puts the module into its mode."""
        return [f"{name(self.module.__dict__)}['training'] = {self.module.training}"]


def _noted_mode(tracer: Tracer, modes: dict[Module, Mode], train: Callable[..., Any]) -> Callable[..., Any]:
    def noted(module: Module, mode: bool = True) -> Any:
        if tracer.is_recording() and module not in modes:
            modes[module] = Mode(module)
            tracer.watched.append(modes[module])
        return train(module, mode)

    return noted


def _hooks_each_time(tracer: Tracer, call_with_hooks: Callable[..., Any]) -> Callable[..., Any]:
    """Have replays call hooks that return nothing; what others return is recorded, with all that they do to tensors."""

    def each_time(function: Callable[..., Any]) -> Callable[..., Any]:
        def hook(module: Module, *arguments: Any) -> Any:
            returned: list[Any] = []

            def call(*arrays: Any) -> None:
                given = iter([tg.from_numpy(array.copy()) for array in arrays])
                with outside_of_recording():
                    returned[:] = [function(module, *_with_tensors(arguments, lambda _: next(given)))]

            tensors: list[tg.Tensor] = []
            _with_tensors(arguments, tensors.append)
            tracer.record_effect(call, "hook", function, [tensor.array for tensor in tensors])
            if returned == [None]:
                return None
            tracer.calls.pop()
            return function(module, *arguments)

        return hook

    def call(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not tracer.is_recording():
            return call_with_hooks(module, args, kwargs)
        hooks = module._hooks
        module.__dict__["_hooks"] = {
            key: Hook(each_time(hook.function), hook.before, hook.with_kwargs) for key, hook in hooks.items()
        }
        try:
            return call_with_hooks(module, args, kwargs)
        finally:
            module.__dict__["_hooks"] = hooks

    return call


def _with_tensors(tree: Any, function: Callable[[tg.Tensor], Any]) -> Any:
    """Return nested tuples, lists and dicts with every tensor replaced."""
    if isinstance(tree, tg.Tensor):
        return function(tree)
    if isinstance(tree, tuple | list):
        return type(tree)(_with_tensors(item, function) for item in tree)
    if isinstance(tree, dict):
        return {key: _with_tensors(item, function) for key, item in tree.items()}
    return tree


# ---- optimizers


class Option:
    """A condition: an option of a group has the value that it had."""

    def __init__(self, group: dict[str, Any], key: str) -> None:
        self.group, self.key, self.value = group, key, group[key]

    def conditions(self, name: Callable[[Any], str]) -> list[str]:
        """Return an expression that is true where a replay would be wrong."""
        value = self.value if isinstance(self.value, bool | int | float) else name(self.value)
        return [f"{name(self.group)}[{self.key!r}] != {value}"]

    def effects(self, name: Callable[[Any], str]) -> list[str]:
        """Return nothing: a replay leaves the option alone."""
        return []


class Step:
    """A condition and an effect: an optimizer has the parameters and the state that it had; it counts its steps."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer

    def conditions(self, name: Callable[[Any], str]) -> list[str]:
        """Return expressions that are true where a replay would be wrong."""
        optimizer, groups = name(self.optimizer), self.optimizer.param_groups
        other = [f"{optimizer}.state is not {name(self.optimizer.state)}"]
        other += [f"{optimizer}.param_groups is not {name(groups)}", f"len({name(groups)}) != {len(groups)}"]
        for number, group in enumerate(groups):
            other.append(f"{name(groups)}[{number}] is not {name(group)}")
            other += _other_items(f"{name(group)}['params']", group["params"], name)
        for parameter, entries in self.optimizer.state.items():
            place = f"{name(self.optimizer.state)}[{name(parameter)}]"
            other.append(f"{place} is not {name(entries)}")
            tensors = {key: entry for key, entry in entries.items() if isinstance(entry, tg.Tensor)}
            other += [f"{name(entries)}[{key!r}] is not {name(entry)}" for key, entry in tensors.items()]
        return other

    def effects(self, name: Callable[[Any], str]) -> list[str]:
        """Return the line that counts."""
        return [f"{name(self.optimizer)}.steps += 1"]


def _other_items(expression: str, items: list[Any], name: Callable[[Any], str]) -> list[str]:
    """Return expressions for whether a list is another one, or has other items."""
    other = [f"{expression} is not {name(items)}", f"len({name(items)}) != {len(items)}"]
    return other + [f"{name(items)}[{number}] is not {name(item)}" for number, item in enumerate(items)]


class LiveGroup(dict[str, Any]):
    """A group of parameters whose learning rate is read in each replay, and whose other options are watched."""

    def __init__(self, tracer: Tracer, group: dict[str, Any]) -> None:
        super().__init__(group)
        self.tracer, self.group = tracer, group

    def __getitem__(self, key: str) -> Any:
        value = self.group[key]
        if key == "lr" and type(value) is float:
            return Live.of(self.group, key, lambda: self.tracer.watched.append(Option(self.group, key)))
        if key != "params" and not isinstance(value, tg.Tensor):
            self.tracer.watched.append(Option(self.group, key))
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        self.group[key] = value
        super().__setitem__(key, value)


def _live_step(tracer: Tracer, step: Callable[..., Any]) -> Callable[..., Any]:
    def live(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if not tracer.is_recording():
            return step(optimizer, *args, **kwargs)
        groups = optimizer.param_groups
        optimizer.param_groups = [LiveGroup(tracer, group) for group in groups]
        try:
            return step(optimizer, *args, **kwargs)
        finally:
            optimizer.param_groups = groups
            tracer.watched.append(Step(optimizer))

    return live


def _refused_step(tracer: Tracer, step: Callable[..., Any]) -> Callable[..., Any]:
    def refuse(schedule: Any, *args: Any, **kwargs: Any) -> Any:
        if tracer.is_recording():
            raise RuntimeError(
                f"{type(schedule).__name__}.step() in a captured step would not be done in replays, and the learning "
                "rate would stay: call it after the captured function, whose next replay reads the new rate"
            )
        return step(schedule, *args, **kwargs)

    return refuse
