"""What all optimizers share: groups of parameters with options, state for each parameter, and their saved form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar

import numpy as np

import tinygrad_np as tg

Parameters = Iterable[tg.Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, tg.Tensor]]
Closure = Callable[[], Any]


class Optimizer:
    """Base class of optimizers; a subclass defines `update_group`, and the `limits` of its options.

    Parameters
    ----------
    params : the parameters, or pairs of name and parameter, or a dict for each group with these under ``"params"`` and
        options of the group beside them.
    defaults : options of the groups that do not have their own.

    Attributes
    ----------
    param_groups : a dict for each group: its parameters and their options, which may be changed at any time.
    state : what is remembered of each parameter between steps, by parameter.
    steps : how many steps were taken since the optimizer was made.

    Raises
    ------
    TypeError
        If `params` is not what is described above.
    ValueError
        If there are no parameters, one stands in them twice or is the result of an operation, or an option makes no
        sense.
    """

    limits: ClassVar[Mapping[str, float]] = {}  # by option: it must be at least 0 and below

    def __init__(self, params: Parameters, defaults: dict[str, Any]) -> None:
        if isinstance(params, tg.Tensor):
            raise TypeError("an optimizer takes an iterable of parameters, not one tensor: put it into a list")
        self.defaults = defaults
        self.state: dict[tg.Tensor, dict[str, Any]] = {}
        self.param_groups: list[dict[str, Any]] = []
        self.steps = 0
        groups: list[Any] = _listed(params)
        if not groups:
            raise ValueError(f"{type(self).__name__} was given no parameters: are they registered with the module?")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __repr__(self) -> str:
        groups = [{name: value for name, value in group.items() if name != "params"} for group in self.param_groups]
        return f"{type(self).__name__}({', '.join(map(str, groups))})"

    # ---- groups

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, for example of layers that are trained from now on.

        Parameters
        ----------
        param_group : the parameters under ``"params"``, options beside them; the others are this optimizer's defaults.
        """
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(f"a group is a dict with its parameters under 'params', not {param_group!r}")
        given = param_group["params"]
        entries = [given] if isinstance(given, tg.Tensor) else _listed(given)
        named = [isinstance(entry, tuple) for entry in entries]
        if any(named) != all(named):
            raise ValueError("some parameters of a group have names and some have not: give all names or none")
        group = {**self.defaults, **param_group, "params": entries}
        if any(named):
            group["params"] = [entry[1] for entry in entries]
            group["param_names"] = [entry[0] for entry in entries]
        self._check_parameters(group["params"])
        self.check_options(group)
        self.param_groups.append(group)

    def _check_parameters(self, parameters: list[Any]) -> None:
        known = {id(parameter) for group in self.param_groups for parameter in group["params"]}
        for position, parameter in enumerate(parameters):
            if not isinstance(parameter, tg.Tensor):
                raise TypeError(f"an optimizer takes tensors, but parameter {position} is a {type(parameter).__name__}")
            if not parameter.is_leaf:
                raise ValueError(
                    f"parameter {position}, of shape {parameter.shape}, is the result of an operation, and only leaves "
                    "can be optimized: use detach().requires_grad_()"
                )
            if id(parameter) in known:
                raise ValueError(
                    f"parameter {position}, of shape {parameter.shape}, is in this optimizer already and would be "
                    "changed twice a step: leave it out"
                )
            known.add(id(parameter))

    def check_options(self, group: dict[str, Any]) -> None:
        """Raise `ValueError` if an option of a group makes no sense: is negative, or not below its limit."""
        for name, limit in self.limits.items():
            value = group[name]
            if isinstance(value, tuple | list):
                for number, part in enumerate(value):
                    check(f"{name}[{number}]", part, limit)
            else:
                check(name, value, limit)

    # ---- steps

    def step(self, closure: Closure | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : computes the loss and its gradients anew, and is called first.

        Returns
        -------
        What `closure` returned, or None.
        """
        loss = None
        if closure is not None:
            with tg.enable_grad():
                loss = closure()
        self.steps += 1
        for group in self.param_groups:
            self.update_group(group)
        return loss

    def update_group(self, group: dict[str, Any]) -> None:
        """Change the parameters of one group that have a gradient."""
        raise NotImplementedError(f"{type(self).__name__} must define update_group")

    def state_of(self, parameter: tg.Tensor, *arrays: str, **numbers: float) -> dict[str, Any]:
        """Return the state of a parameter with these arrays of its shape, at first zero, and these 0-d tensors."""
        state = self.state.setdefault(parameter, {})
        for name in arrays:
            if state.get(name) is None:
                state[name] = tg.zeros_like(parameter)
        for name, value in numbers.items():
            if name not in state:
                state[name] = tg.tensor(float(value))
        return state

    def learning(
        self, group: dict[str, Any], *arrays: str, **numbers: float
    ) -> Iterator[tuple[tg.Tensor, tg.Tensor, dict[str, Any]]]:
        """Yield each parameter of a group that has a gradient, the gradient, and what `state_of` returns."""
        for parameter in group["params"]:
            if parameter.grad is not None:
                yield parameter, parameter.grad, self.state_of(parameter, *arrays, **numbers)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients.

        Parameters
        ----------
        set_to_none : make ``.grad`` None, so that the next `backward` needs no addition; False writes zeros
            into it.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif (grad := parameter.grad) is not None:
                    parameter.grad = tg.zeros_like(grad) if grad.requires_grad else grad.zero_()

    # ---- its saved form

    def state_dict(self) -> dict[str, Any]:
        """Return options and state in PyTorch's format, where parameters are numbered in the order of the groups.

        Returns
        -------
        ``{"state": {number: {name: Tensor}}, "param_groups": [{"params": [numbers], option: value}]}``; the tensors are
        the optimizer's own, which the next step changes.
        """
        numbers = {id(p): number for number, p in enumerate(p for group in self.param_groups for p in group["params"])}
        state = {numbers[id(parameter)]: dict(entries) for parameter, entries in self.state.items()}
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over options and state that `state_dict`, or PyTorch's optimizer of this name, gave; values are copied.

        Raises
        ------
        ValueError
            If the groups have other numbers of parameters, or an array another shape than its parameter.
        """
        saved = state_dict["param_groups"]
        sizes, saved_sizes = [[len(group["params"]) for group in groups] for groups in (self.param_groups, saved)]
        if sizes != saved_sizes:
            raise ValueError(
                f"the saved state has groups of {saved_sizes} parameters, this optimizer of {sizes}: make it for the "
                "same parameters in the same groups"
            )
        numbers = [number for group in saved for number in group["params"]]
        parameters = [parameter for group in self.param_groups for parameter in group["params"]]
        by_number = dict(zip(numbers, parameters, strict=True))
        state = {
            by_number[number]: {name: _owned(value, by_number[number], name) for name, value in entries.items()}
            for number, entries in state_dict["state"].items()
        }
        groups = []
        for group, ours in zip(saved, self.param_groups, strict=True):
            options = {name: value for name, value in group.items() if name not in ("params", "param_names")}
            group = {**self.defaults, **deepcopy(options), "params": ours["params"]}
            if "param_names" in ours:
                group["param_names"] = ours["param_names"]
            self.check_options(group)
            groups.append(group)
        self.param_groups, self.state = groups, state


def _listed(entries: Any) -> list[Any]:
    if isinstance(entries, set | frozenset):
        raise TypeError("a set has no order, and the state of an optimizer is saved in order: give a list")
    return list(entries)


def _owned(value: Any, parameter: tg.Tensor, name: str) -> Any:
    """Return a copy of a saved value: a number as it is, an array in the dtype and memory order of the parameter."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return tg.tensor(float(value))  # as PyTorch saved the number of steps once
    array = np.asarray(value)
    if array.ndim == 0 and (parameter.ndim or name in ("step", "mu_product")):
        return tg.tensor(array)
    if array.shape != parameter.shape:
        raise ValueError(f"the saved {name} has shape {array.shape}, but its parameter has {parameter.shape}")
    owned = tg.empty_like(parameter)
    owned.array[...] = array
    return owned


def check(name: str, value: Any, limit: float = math.inf) -> None:
    """Raise `ValueError` unless `value` is at least 0 and below `limit`."""
    number = value.item() if isinstance(value, tg.Tensor | np.ndarray) else value
    if not 0 <= number < limit:
        bound = "" if limit == math.inf else f" and below {limit:g}"
        raise ValueError(f"{name} must be at least 0{bound}, not {value}")
