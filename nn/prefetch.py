"""Elements made ahead by a thread; imported where that is asked for."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any


class Ahead:
    """An iterator whose next elements are made by a thread, up to `ahead` of them before they are asked for.

    The thread knows the two queues but not this object, so that it can end when this object is forgotten.
    """

    def __init__(self, elements: Iterator[Any], ahead: int) -> None:
        self._made: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self._wanted: SimpleQueue[bool] = SimpleQueue()
        for _ in range(ahead):
            self._wanted.put(True)
        stop = threading.Event()
        arguments = (elements, self._made, self._wanted, stop)
        self._stop = weakref.finalize(self, _end, self._wanted, stop)  # called when Python exits, too
        threading.Thread(target=_make, args=arguments, name="DataLoader prefetch", daemon=True).start()

    def __iter__(self) -> Ahead:
        return self

    def __next__(self) -> Any:
        if not self._stop.alive:
            raise StopIteration
        element, error = self._made.get()
        if error is None:
            self._wanted.put(True)
            return element
        self._stop()
        try:
            raise error
        finally:
            del error  # its traceback refers to this frame, which would refer to it


def _make(
    elements: Iterator[Any],
    made: SimpleQueue[tuple[Any, BaseException | None]],
    wanted: SimpleQueue[bool],
    stop: threading.Event,
) -> None:
    """Put the next element into `made` each time that one is wanted, and at last why there is no other."""
    try:
        while wanted.get() and not stop.is_set():
            made.put((next(elements), None))
    except BaseException as error:  # the end too; whatever it is, it is for the thread that asks for the element
        made.put((None, error))


def _end(wanted: SimpleQueue[bool], stop: threading.Event) -> None:
    """Have the thread end after the element that it is making."""
    stop.set()
    wanted.put(False)
