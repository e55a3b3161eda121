"""Module and Parameter: what layers, losses and whole networks are made of.

Parameters, buffers and submodules are ordinary attributes, found in the instance's ``__dict__`` at full speed.  Beside
them a module keeps their names, in the order in which they were assigned, with what each of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import DTypeLike

import tinygrad_np as tg
from tinygrad_np import Tensor

PARAMETER, BUFFER, TRANSIENT, MODULE = "parameter", "buffer", "buffer that is not saved", "module"
BUFFERS = (BUFFER, TRANSIENT)


class Parameter(Tensor):
    """A tensor that a module learns: assigned to an attribute, it is among the module's `parameters`.

    Parameters
    ----------
    data
        tensor, ndarray (both shared, not copied) or nested sequences.
    requires_grad
        whether `backward` collects its gradient.

    Examples
    --------
    >>> Parameter([1.0, 2.0])
    Parameter containing:
    tensor([1., 2.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True) -> None:
        super().__init__(data, requires_grad=requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Structure:
    """What all modules are made of, as an object that is another one after every change of it.

    A container that remembers what it found in its modules asks whether this is the same object as then: no module can
    tell all that hold it.
    """

    now: object = object()

    @classmethod
    def changes(cls) -> None:
        """Make what anybody remembers void: a part, a hook or a `forward` of some module is replaced."""
        cls.now = object()


class LoadedKeys(NamedTuple):
    """The names that `Module.load_state_dict` found in the module alone, and those in the state dict alone."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"LoadedKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Hook(NamedTuple):
    """A function to call before or after `Module.forward`."""

    function: Callable[..., Any]
    before: bool
    with_kwargs: bool


class Module:
    """Base class of layers, losses and networks.

    A subclass calls ``super().__init__()``, assigns its parameters and submodules to attributes and defines `forward`.
    Calling the module calls `forward`, and the hooks before and after it.

    Attributes
    ----------
    training
        True until `eval` is called; layers such as `nn.Dropout` do nothing while it is False.

    Examples
    --------
    >>> import tinygrad_np as tg, nn
    >>> class Line(nn.Module):
    ...     def __init__(self) -> None:
    ...         super().__init__()
    ...         self.slope = nn.Parameter([2.0])
    ...
    ...     def forward(self, x: tg.Tensor) -> tg.Tensor:
    ...         return self.slope * x
    >>> line = Line()
    >>> line(tg.tensor([3.0])).item()
    6.0
    >>> [name for name, parameter in line.named_parameters()]
    ['slope']
    """

    training: bool = True
    _hooks: dict[int, Hook] = {}  # noqa: RUF012  (never changed: the first hook gives an instance its own)
    _names: dict[str, str]  # of the registered attributes, with what they are

    def __init__(self) -> None:
        self.__dict__["_names"] = {}
        self.__dict__["training"] = True

    def _no_forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} defines no forward: define it in the subclass")

    # An attribute of this type lets subclasses choose the arguments, which a method would not.
    forward: Callable[..., Any] = _no_forward

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return ``forward(*args, **kwargs)``, after the forward pre-hooks and through the forward hooks."""
        if not self._hooks:
            return self.forward(*args, **kwargs)
        return self._call_with_hooks(args, kwargs)

    # ---- registration

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._register(name, PARAMETER, value)
        elif isinstance(value, Module):
            self._register(name, MODULE, value)
        else:
            kind = self.__dict__.get("_names", {}).get(name)
            if kind is not None and value is not None and not (kind in BUFFERS and isinstance(value, Tensor)):
                wanted = "a tensor" if kind in BUFFERS else f"an nn.{kind.capitalize()}"
                raise TypeError(
                    f"{name!r} of {type(self).__name__} is a {kind} and takes {wanted} or None, not "
                    f"{type(value).__name__}: delete the attribute first to make it something else"
                )
            object.__setattr__(self, name, value)
            if kind is not None or name == "forward":
                Structure.changes()

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        Structure.changes()
        self.__dict__.get("_names", {}).pop(name, None)

    def _register(self, name: str, kind: str, value: Any) -> None:
        names = self.__dict__.get("_names")
        if names is None:
            raise AttributeError(
                f"{type(self).__name__} got the {kind} {name!r} before super().__init__() was called: call it first"
            )
        if names.get(name) != kind:  # something else until now: it is listed as the latest of its kind
            names.pop(name, None)
            names[name] = kind
        self.__dict__[name] = value
        Structure.changes()

    def _register_new(self, name: str, kind: str, value: Any) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a {kind} must be a string, not {name!r}")
        if not name or "." in name:
            raise KeyError(f"the name of a {kind} cannot be {name!r}: it must not be empty nor contain a dot")
        known = self.__dict__.get("_names", {}).get(name)
        if hasattr(self, name) and known != kind and not (known in BUFFERS and kind in BUFFERS):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r}: choose another name for the {kind}")
        self._register(name, kind, value)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter that is reached as the attribute `name`; None holds its place.

        Raises
        ------
        TypeError
            If `param` is neither a `Parameter` nor None.
        KeyError
            If `name` is empty, contains a dot or is an attribute already.
        """
        if not (param is None or isinstance(param, Parameter)):
            raise TypeError(f"parameter {name!r} must be an nn.Parameter or None, not {type(param).__name__}")
        self._register_new(name, PARAMETER, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the module but is not learned, such as a running mean.

        Parameters
        ----------
        name
            the attribute that it becomes.
        tensor
            its value; None holds its place.
        persistent
            whether it is part of `state_dict`.

        Raises
        ------
        TypeError
            If `tensor` is neither a tensor nor None.
        KeyError
            If `name` is empty, contains a dot or is an attribute already.

        Examples
        --------
        >>> import tinygrad_np as tg
        >>> module = Module()
        >>> module.register_buffer("mean", tg.zeros(2))
        >>> module.state_dict()
        {'mean': tensor([0., 0.])}
        """
        if not (tensor is None or isinstance(tensor, Tensor)):
            raise TypeError(f"buffer {name!r} must be a tensor or None, not {type(tensor).__name__}")
        self._register_new(name, BUFFER if persistent else TRANSIENT, tensor)

    def register_module(self, name: str, module: Module | None) -> None:
        """Add a submodule that is reached as the attribute `name`; None holds its place.

        Raises
        ------
        TypeError
            If `module` is neither a module nor None.
        KeyError
            If `name` is empty, contains a dot or is an attribute already.
        """
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"submodule {name!r} must be an nn.Module or None, not {type(module).__name__}")
        self._register_new(name, MODULE, module)

    add_module = register_module

    def _registered(self, *kinds: str) -> Iterator[tuple[str, Any]]:
        """Yield the name and value of the attributes registered as one of `kinds`, without those that are None."""
        if "_names" not in self.__dict__:
            raise AttributeError(f"super().__init__() was not called in {type(self).__name__}.__init__: call it first")
        for name, kind in list(self._names.items()):
            if kind in kinds and self.__dict__[name] is not None:
                yield name, self.__dict__[name]

    # ---- what it contains

    def named_modules(self, prefix: str = "", remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """Yield this module and all below it with their dotted names, a shared one once.

        Examples
        --------
        >>> import nn
        >>> [name for name, _ in nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU())).named_modules()]
        ['', '0', '1', '1.0']
        """
        return self._named_modules(prefix, set() if remove_duplicate else None)

    def _named_modules(self, prefix: str, seen: set[Module] | None) -> Iterator[tuple[str, Module]]:
        if seen is not None:
            if self in seen:
                return
            seen.add(self)
        yield prefix, self
        for name, module in self._registered(MODULE):
            yield from module._named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it, a shared one once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield the submodules with their names, a shared one once."""
        seen = set()
        for name, module in self._registered(MODULE):
            if module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """Yield the submodules, a shared one once."""
        for _, module in self.named_children():
            yield module

    def _named_tensors(
        self, kinds: tuple[str, ...], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        for path, module in self.named_modules(prefix, remove_duplicate) if recurse else [(prefix, self)]:
            for name, tensor in module._registered(*kinds):
                if remove_duplicate and id(tensor) in seen:
                    continue
                seen.add(id(tensor))
                yield f"{path}.{name}" if path else name, tensor

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their dotted names.

        Parameters
        ----------
        prefix
            put before every name.
        recurse
            whether to go through all submodules.
        remove_duplicate
            whether to yield a parameter that is used in several places once, by its first name.

        Examples
        --------
        >>> import nn
        >>> [(name, p.shape) for name, p in nn.Sequential(nn.Linear(3, 2)).named_parameters()]
        [('0.weight', (2, 3)), ('0.bias', (2,))]
        """
        return self._named_tensors((PARAMETER,), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters, a shared one once: what an optimizer takes."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers, saved or not, with their dotted names; the arguments are those of `named_parameters`."""
        return self._named_tensors(BUFFERS, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers, a shared one once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """Return the module of the dotted name `target`; this one for ``""``.

        Raises
        ------
        AttributeError
            If there is no module of that name.
        """
        module = self
        for name in target.split(".") if target else []:
            found = dict(module._registered(MODULE)).get(name)
            if found is None:
                raise AttributeError(f"there is no module {target!r}: no {name!r} in {type(module).__name__}")
            module = found
        return module

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of the dotted name `target`.

        Raises
        ------
        AttributeError
            If there is no parameter of that name.
        """
        return self._get_tensor(target, PARAMETER)

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of the dotted name `target`.

        Raises
        ------
        AttributeError
            If there is no buffer of that name.
        """
        return self._get_tensor(target, *BUFFERS)

    def _get_tensor(self, target: str, *kinds: str) -> Any:
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        found = dict(owner._registered(*kinds)).get(name)
        if found is None:
            raise AttributeError(f"there is no {kinds[0]} {target!r}: no {name!r} in {type(owner).__name__}")
        return found

    # ---- changes to all of it

    def train(self, mode: bool = True) -> Self:
        """Put this module and all below it into training mode, or out of it, and return it."""
        if not isinstance(mode, bool):
            raise ValueError(f"train takes True or False, not {mode!r}")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Self:
        """Put this module and all below it into evaluation mode and return it; the same as ``train(False)``."""
        return self.train(False)

    def apply(self, fn: Callable[[Module], Any]) -> Self:
        """Call `fn` with every module below this one, then with this one, and return it.

        Examples
        --------
        >>> import nn
        >>> def zero_bias(module: nn.Module) -> None:
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.bias)
        >>> nn.Sequential(nn.Linear(1, 2)).apply(zero_bias)[0].bias
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters collect gradients, or freeze them, and return the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero if not `set_to_none`."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif (grad := parameter.grad) is not None:
                parameter.grad = tg.zeros_like(grad) if grad.requires_grad else grad.zero_()

    def to(self, *targets: Any, dtype: DTypeLike | None = None, device: Any = None) -> Self:
        """Convert the floating parameters, their gradients and the buffers, and return the module.

        Parameters stay the same objects.

        Parameters
        ----------
        targets
            a floating dtype, a tensor that has it, or a device, which can be ``"cpu"`` only.
        dtype, device
            the same by name.

        Raises
        ------
        TypeError
            If the dtype is not floating.
        RuntimeError
            If the device is another one.

        Examples
        --------
        >>> import nn
        >>> nn.Linear(2, 1).to("float64").weight.dtype
        dtype('float64')
        """

        def convert(tensor: Tensor) -> Tensor:
            converted = tensor.to(*targets, dtype=dtype, device=device)
            if not converted.is_floating_point():
                raise TypeError(f"a module can be converted to a floating dtype only, not to {converted.dtype}")
            return converted

        convert(tg.zeros(0))  # complains before anything is changed
        for module in self.modules():
            for name, tensor in module._registered(PARAMETER, *BUFFERS):
                if not tensor.is_floating_point():
                    continue
                if isinstance(tensor, Parameter):
                    _convert_parameter(tensor, convert)
                else:
                    module.__dict__[name] = convert(tensor)
                    Structure.changes()
        return self

    def float(self) -> Self:
        """Convert to float32 and return the module."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert to float64 and return the module."""
        return self.to(np.float64)

    def half(self) -> Self:
        """Convert to float16 and return the module."""
        return self.to(np.float16)

    def cpu(self) -> Self:
        """Return the module: it is on the cpu."""
        return self

    # ---- hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> tg.RemovableHandle:
        """Call ``hook(module, args)`` before `forward`; what it returns, unless None, replaces the arguments.

        Parameters
        ----------
        hook
            returns None, a tuple of arguments, or one argument.
        prepend
            whether it is called before the hooks that are there.
        with_kwargs
            whether it is called as ``hook(module, args, kwargs)`` and returns None or a pair of the two.

        Returns
        -------
        RemovableHandle
            its ``remove()`` takes the hook away.
        """
        return self._add_hook(Hook(hook, True, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> tg.RemovableHandle:
        """Call ``hook(module, args, output)`` after `forward`; what it returns, unless None, replaces the output.

        Parameters
        ----------
        hook
            returns None or another output.
        prepend
            whether it is called before the hooks that are there.
        with_kwargs
            whether it is called as ``hook(module, args, kwargs, output)``.

        Returns
        -------
        RemovableHandle
            its ``remove()`` takes the hook away.

        Examples
        --------
        >>> import tinygrad_np as tg, nn
        >>> layer = nn.Linear(4, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(args[0].shape, output.shape))
        >>> _ = layer(tg.zeros(2, 4))
        (2, 4) (2, 3)
        >>> handle.remove()
        """
        return self._add_hook(Hook(hook, False, with_kwargs), prepend)

    def _add_hook(self, hook: Hook, prepend: bool) -> tg.RemovableHandle:
        Structure.changes()
        hooks = self.__dict__.setdefault("_hooks", {})
        handle = tg.RemovableHandle(hooks)
        others = dict(hooks) if prepend else {}
        for key in others:
            del hooks[key]
        hooks[handle.key] = hook
        hooks.update(others)
        return handle

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hooks = list(self._hooks.values())
        for function, _, with_kwargs in [hook for hook in hooks if hook.before]:
            if with_kwargs:
                replaced = function(self, args, kwargs)
                if replaced is not None:
                    args, kwargs = replaced
            else:
                replaced = function(self, args)
                if replaced is not None:
                    args = replaced if isinstance(replaced, tuple) else (replaced,)
        output = self.forward(*args, **kwargs)
        for function, _, with_kwargs in [hook for hook in hooks if not hook.before]:
            replaced = function(self, args, kwargs, output) if with_kwargs else function(self, args, output)
            output = output if replaced is None else replaced
        return output

    # ---- state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """Return all parameters and saved buffers by their dotted names, which are PyTorch's.

        Parameters
        ----------
        prefix
            put before every name.
        keep_vars
            whether to give the parameters themselves rather than detached tensors on the same memory.

        Examples
        --------
        >>> import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.ReLU()).state_dict())
        ['0.weight', '0.bias']
        """
        state = {}
        for kind in (PARAMETER, BUFFER):
            for name, tensor in self._registered(kind):
                state[prefix + name] = tensor if keep_vars else tensor.detach()
        for name, module in self._registered(MODULE):
            state.update(module.state_dict(prefix=f"{prefix}{name}.", keep_vars=keep_vars))
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadedKeys:
        """Copy the values of `state_dict` into the parameters and buffers, whose memory and dtype stay the same.

        Nothing is changed if anything does not fit.

        Parameters
        ----------
        state_dict
            tensors or arrays by the names that `state_dict` gives.
        strict
            whether every name of the module has to be there, and no other.

        Returns
        -------
        LoadedKeys
            ``missing_keys`` and ``unexpected_keys``, both empty if `strict`.

        Raises
        ------
        RuntimeError
            If names are missing or unexpected while `strict`, or shapes differ; it lists all of them.

        Examples
        --------
        >>> import nn, tinygrad_np as tg
        >>> nn.Linear(2, 1).load_state_dict({"weight": tg.ones(1, 2)}, strict=False)
        LoadedKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        own = self.state_dict(keep_vars=True)
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        values = {name: tg.as_tensor(state_dict[name]) for name in own if name in state_dict}
        problems = [
            f"{name} has shape {values[name].shape} instead of {own[name].shape}"
            for name in values
            if values[name].shape != own[name].shape
        ]
        if strict:
            problems = [
                *[f"{name} is missing" for name in missing],
                *[f"{name} is unexpected" for name in unexpected],
                *problems,
            ]
        if problems:
            raise RuntimeError(f"the state dict does not fit {type(self).__name__}: " + "; ".join(problems))
        with tg.no_grad():
            for name, value in values.items():
                own[name].copy_(value)
        return LoadedKeys(missing, unexpected)

    # ---- how it is shown

    def extra_repr(self) -> str:
        """Return what stands in the parentheses of ``repr``: the arguments, in a subclass that has some."""
        return ""

    def __repr__(self) -> str:
        children = [f"({name}): {module!r}" for name, module in self._registered(MODULE)]
        return self._shown(children)

    def _shown(self, children: list[str]) -> str:
        extra = self.extra_repr()
        if not children and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        lines = "\n".join([*([extra] if extra else []), *children]).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {lines}\n)"


def _convert_parameter(parameter: Parameter, convert: Callable[[Tensor], Tensor]) -> None:
    converted = convert(parameter.detach())
    if converted.dtype == parameter.dtype:
        return
    gradient = parameter.grad
    parameter.data = converted
    if gradient is not None:
        parameter.grad = convert(gradient)
