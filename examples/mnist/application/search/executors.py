"""Who trains: processes of this machine, or workers of dask.distributed, behind the executors' one interface."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from tqdm import tqdm

from ..config import OptionError
from .dask_workers import DaskWorkers

THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Workforce(NamedTuple):
    """An executor, how many tasks it does at once, a note for people, and what raises `RunError` if it is lost."""

    executor: Executor
    workers: int
    note: str
    check: Callable[[], None] = lambda: None


# ---- processes of this machine


class Processes(Executor):
    """Spawned processes, each in a pool of its own: one that dies takes its task with it, and no other.

    Parameters
    ----------
    workers
        how many.
    threads
        of BLAS in each. They are set before NumPy is imported there.
    """

    def __init__(self, workers: int, threads: int) -> None:
        self._threads = threads
        self._idle = queue.LifoQueue[ProcessPoolExecutor | None]()
        for _ in range(workers):
            self._idle.put(None)  # one to be made
        self._pools: set[ProcessPoolExecutor] = set()
        # Processes end when the other end of this pipe is closed: by `shutdown`, or because this process was killed.
        self._watched, self._alive = multiprocessing.get_context("spawn").Pipe(duplex=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args, **kwargs)`` in an idle process, and wait for one if there is none."""
        pool = self._idle.get()  # waits, as a future is seen to be done a moment before its process is idle
        with _environment(self._threads), no_interruption():  # the process may be started now
            if pool is None:
                pool = self._make()
            try:
                future = pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:  # it died while it was idle
                self._pools.discard(pool)
                pool = self._make()
                future = pool.submit(fn, *args, **kwargs)
            future.add_done_callback(lambda done: self._release(pool, done))
        return future

    def _make(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context, initializer=_begin, initargs=(self._watched,))
        self._pools.add(pool)
        return pool

    def _release(self, pool: ProcessPoolExecutor, done: Future[Any]) -> None:
        dead = not done.cancelled() and isinstance(done.exception(), BrokenProcessPool)
        if dead:
            self._pools.discard(pool)
        self._idle.put(None if dead else pool)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, and with them what they are doing if `cancel_futures`."""
        if cancel_futures:
            self._alive.close()
        for pool in list(self._pools):  # one whose process ends leaves the set
            pool.shutdown(wait, cancel_futures=cancel_futures)
        self._alive.close()
        self._watched.close()


def _begin(watched: Connection) -> None:
    """Begin a worker process: it leaves signals to its parent, does not outlive it, and shows no bars of its own."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - for as long as the process is there
    tqdm.set_lock(threading.RLock())  # its own is shared by processes, and would be left behind by the end below

    def end_with_parent() -> None:
        with contextlib.suppress(OSError):
            watched.poll(None)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


@contextlib.contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Give processes that are started meanwhile so many threads of BLAS."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def no_interruption() -> Iterator[None]:
    """Keep signals waiting, and for good in processes that are started meanwhile, which would print where they are.

    Around what takes the lock of a future, too: an interruption just then would leave it locked, and the end of its
    pool would wait for it for ever.
    """
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    signals, came = (signal.SIGINT, signal.SIGTERM), list[int]()
    # the mask is for the new process; here another thread may be given the signal, so a handler keeps it until later
    handlers = {number: signal.signal(number, lambda number, _: came.append(number)) for number in signals}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for missed in came:
            signal.raise_signal(missed)


def make_processes(workers: int | None, threads: int, address: str | None) -> Workforce:
    """Return processes of this machine, by default as many as there are cores."""
    if address is not None:
        raise OptionError("--address is for --executor dask")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = workers or max(1, cores // threads)
    each = f"{threads} thread{'s' if threads > 1 else ''} of BLAS each"
    return Workforce(Processes(workers, threads), workers, f"{workers} process{'es' if workers > 1 else ''}, {each}")


# ---- a cluster


def make_dask(workers: int | None, threads: int, address: str | None) -> Workforce:
    """Return the workers of a scheduler of dask.distributed."""
    if address is None:
        raise OptionError("--executor dask needs the --address of a scheduler, as in tcp://localhost:8786")
    executor = DaskWorkers(address)
    note = f"{executor.workers} worker{'s' if executor.workers > 1 else ''} of {address}"
    return Workforce(executor, workers or executor.workers, note, executor.check)


# by name: from the options --workers, --threads and --address
EXECUTORS: dict[str, Callable[[int | None, int, str | None], Workforce]] = {
    "process": make_processes,
    "dask": make_dask,
}
