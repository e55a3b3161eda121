"""A captured function: which program answers a call, and when one is made."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..graph import mode
from ..tensor import Tensor, wrap
from .capture import recording
from .compare import difference
from .ends import Ends, TensorTypes
from .program import Program, build, first_place
from .source import MISS
from .symbol import ValueNeededError
from .trace import ARRAY, DependentShapeError, Tracer, local, replace

ATTEMPTS = 8  # recordings in a row that may differ
PROGRAMS = 16  # that are kept for each structure of the arguments
FORMS = 8  # of arguments of which a recording is kept, to be compared with a second one


class Captured:
    """A function of tensors that records itself and is replayed from then on; made by `jit`."""

    def __init__(self, function: Callable[..., Any], exact: bool) -> None:
        functools.update_wrapper(self, function, updated=())
        self.function = function
        self.__name__: str = getattr(function, "__name__", type(function).__name__)
        self.exact = exact
        self._lock = threading.RLock()  # buffers are there once
        self._programs: dict[Any, list[Program]] = {}
        self._recordings: dict[Any, list[Tracer]] = {}

    def __repr__(self) -> str:
        return f"<captured {self.__name__}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Replay a captured step that fits the arguments, or record one."""
        if local.tracer is not None:  # inside another captured function: a part of it
            return self.function(*args, **kwargs)
        tensors, key = _split(args, kwargs)
        with self._lock:
            for program in self._programs.get(key, ()):
                result = program(*tensors)
                if result is not MISS:
                    return result
            return self._record(args, kwargs, tensors, key)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """Return the function bound to an object, as methods are."""
        return self if instance is None else functools.partial(self, instance)

    @property
    def programs(self) -> list[str]:
        """The sources of all that was captured, to be read."""
        return [str(program.__doc__) for programs in self._programs.values() for program in programs]

    def _record(self, args: Any, kwargs: Any, tensors: Sequence[Tensor], key: Any) -> Any:
        for number, tensor in enumerate(tensors):
            if tensor._edge is not None and not tensor.is_leaf:
                raise RuntimeError(
                    f"tensor {number} among the arguments, of shape {tensor.shape}, is the result of recorded "
                    "operations, which a captured step could not differentiate: detach() it, or capture them too"
                )
        try:
            with recording() as tracer:
                for tensor in tensors:
                    tracer.argument(ARRAY.__get__(tensor))
                result = self.function(*args, **kwargs)
                tracer.ends = Ends(tracer, result, tensors)
        except (ValueNeededError, DependentShapeError):
            if not tracer.failed_at_a_check():
                raise
            return self.function(*args, **kwargs)  # an operation was about to say what is wrong with its input
        arrays = [t.array for t in tensors]
        forms = [(x.shape, x.dtype, x.strides, first_place(x, arrays)) for x in arrays]
        self._keep(tracer, (key, *forms), key)
        ends = tracer.ends
        return replace(result, TensorTypes(), lambda t: _given(t, tracer, ends))

    def _keep(self, tracer: Tracer, form: Any, key: Any) -> None:
        """Make a program of this recording and an earlier one, if they are the same."""
        earlier = self._recordings.setdefault(form, [])
        while len(self._recordings) > FORMS:
            del self._recordings[next(iter(self._recordings))]
        why: str | None = ""
        for other in earlier:
            why = difference(other, tracer)
            if why is None:
                programs = self._programs.setdefault(key, [])
                programs.insert(0, build(other, tracer, self.exact))
                del programs[PROGRAMS:]
                earlier.clear()
                return
        earlier.insert(0, tracer)
        del earlier[2:]
        tracer.attempt = 1 + (earlier[1].attempt if len(earlier) > 1 else 0)
        if tracer.attempt > ATTEMPTS:
            earlier.clear()
            raise RuntimeError(
                f"{ATTEMPTS} recordings of {self.__name__} differ, the last two in this: {why}. What changes from "
                "call to call must be an argument or a tensor that is written to, not a number or an array of Python's"
            )


def _given(tensor: Tensor, tracer: Tracer, ends: Ends) -> Tensor:
    """Return a tensor that a recorded function returned, without the history that was recorded."""
    if id(tensor) in tracer.tensors or any(tensor is argument for argument in ends.arguments):
        return tensor
    return wrap(tensor.array.copy(order="K"))


def _split(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Sequence[Tensor], Any]:
    """Return the tensors among the arguments in order, and what is the same for calls that differ in these only."""
    for x in args:
        if type(x) is not Tensor:
            break
    else:
        if not kwargs:
            return args, (mode.enabled, len(args))
    tensors: list[Tensor] = []
    return tensors, (mode.enabled, _key_of(args, tensors), _key_of(kwargs, tensors))


def _key_of(tree: Any, tensors: list[Tensor]) -> Any:
    if isinstance(tree, Tensor):
        tensors.append(tree)
        return Tensor
    if isinstance(tree, tuple | list):
        return (type(tree), *[_key_of(item, tensors) for item in tree])
    if isinstance(tree, dict):
        return (dict, *[(name, _key_of(item, tensors)) for name, item in tree.items()])
    try:
        hash(tree)
    except TypeError:
        raise TypeError(
            f"a captured function takes tensors and constants, not {type(tree).__name__}: make it a tensor, or let "
            "the function refer to it"
        ) from None
    return (type(tree), repr(tree) if type(tree) is float else tree)  # 0.0 equals -0.0
