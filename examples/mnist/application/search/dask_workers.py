"""Workers of a cluster of dask.distributed as an executor. They are given the code, and need NumPy and tqdm only."""

from __future__ import annotations

import io
import logging
import os
import pickle
import re
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import nn
import tinygrad_np as tg

from ..config import OptionError
from ..run import RunError

CONNECT = 5  # seconds in which a scheduler has to answer
PATIENCE = 20  # seconds without any worker, after which they are taken to be lost


class DaskWorkers(Executor):
    """The workers that a scheduler has; a task whose worker dies is given to another by the scheduler.

    Parameters
    ----------
    address
        of the scheduler.

    Raises
    ------
    OptionError
        If dask.distributed is missing or the address is none.
    RunError
        If there is no scheduler or no worker.
    """

    def __init__(self, address: str) -> None:
        try:
            import dask
            import distributed
        except ImportError:
            raise OptionError("--executor dask needs dask.distributed: pip install distributed") from None
        for name in ("distributed", "distributed.client"):  # each has a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})  # weights are not small
        self._address, self._alone_since = address, 0.0
        if not re.fullmatch(r"\w+://.+:\d+", address):
            raise OptionError(f"--address {address} is no address of a scheduler, as tcp://localhost:8786 is")
        try:
            self._client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(f"no scheduler answers at --address {address}: start one by `dask scheduler`") from error
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            self._client.close()
            raise RunError(f"no worker has joined {address}: start some by `dask worker {address}`") from None
        self._client.register_plugin(_make_plugin(pack_code()))
        self.workers = len(self._client.nthreads())
        self._executor = self._client.get_executor(pure=False)
        self._call = _make_call()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn(*args, **kwargs)`` on a worker."""
        future: Future[Any] = self._executor.submit(self._call, pickle.dumps((fn, args, kwargs)))
        return future

    def check(self) -> None:
        """Raise `RunError` if there has been no worker for a while."""
        if self._client.nthreads():
            self._alone_since = 0.0
        elif not self._alone_since:
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > PATIENCE:
            raise RunError(f"no worker is left at {self._address}: start some, then the same command again")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster, which stays; what it has not begun is cancelled if `cancel_futures`."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close(timeout=5)


def pack_code() -> bytes:
    """Return the engine, the toolkit and the application as a ZIP archive."""
    assert tg.__file__ is not None
    assert nn.__file__ is not None
    packages = [Path(tg.__file__).parent, Path(nn.__file__).parent, Path(__file__).parents[1]]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for package in packages:
            for path in sorted(package.rglob("*.py")):
                file.writestr(zipfile.ZipInfo(str(path.relative_to(package.parent))), path.read_bytes())
    return archive.getvalue()


def _make_call() -> Callable[[bytes], Any]:
    """Return a function that makes a pickled call. The scheduler, which looks into calls, does not have our code.

    It is made here because it is sent by value then.
    """

    def call(pickled: bytes) -> Any:
        import pickle

        function, args, kwargs = pickle.loads(pickled)
        return function(*args, **kwargs)

    return call


def _make_plugin(archive: bytes) -> Any:
    """Return what installs the code on each worker, also on one that joins later.

    Its class is made here because it is sent by value then: a worker cannot import it from code that it lacks.
    """
    from distributed import WorkerPlugin

    client_process = os.getpid()

    class Code(WorkerPlugin):
        name = "tinygrad_np-search"

        def setup(self, worker: Any) -> None:
            import io
            import os
            import sys
            import tempfile
            import zipfile

            if os.getpid() == client_process:  # workers in threads beside the search have it
                return
            folder = tempfile.mkdtemp(prefix="search-", dir=worker.local_directory)
            with zipfile.ZipFile(io.BytesIO(archive)) as file:
                file.extractall(folder)
            for module in list(sys.modules):  # of a search before, whose code may have been another
                if module.partition(".")[0] in ("application", "nn", "tinygrad_np"):
                    del sys.modules[module]
            sys.path.insert(0, folder)

    return Code()
