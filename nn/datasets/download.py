"""Fetch a known file from several mirrors: verified, kept atomically, and given up soon when there is no network.

Each attempt runs in a daemon thread of its own, so that nothing it hangs in (a name server, a connection, a proxy) can
hold up the program. The first mirror has a head start; the next joins when all before it are silent or have failed;
whichever completes the file first wins. Slow is not silent: as long as bytes arrive, an attempt goes on.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from .errors import DownloadError

ANSWER_SECONDS = 4.0
"""How long a file may go without its first byte from any mirror: an offline machine gives up after this."""

STALL_SECONDS = 20.0
"""How long a file that has begun to arrive may go without another byte."""

HEAD_START = 0.25
"""The part of either patience that passes in silence before one more mirror is asked."""

LOOK_SECONDS = 0.05
CHUNK = 1 << 16


def fetch(
    urls: Sequence[str], size: int, sha256: str, progress: Callable[[int], object] = lambda received: None
) -> bytes:
    """Fetch the file of this size and SHA-256 from the first of the addresses that gives it.

    Parameters
    ----------
    urls : sequence of str
        Where the file is to be had, the preferred address first.
    size : int
        Its size in bytes; an answer of another size is refused.
    sha256 : str
        Its SHA-256 in hexadecimal; other content is refused.
    progress : callable, optional
        Called about 20 times a second with the number of bytes that the furthest attempt has.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    DownloadError
        If every address failed or kept silent; each stands in the message with its reason.

    Examples
    --------
    >>> fetch(["data:,7"], 1, "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451")
    b'7'
    """
    done = threading.Event()
    waiting = [_Attempt(url, size, sha256, done) for url in urls]
    asked: list[_Attempt] = []
    last_byte = monotonic()
    try:
        while True:
            running = [attempt for attempt in asked if attempt.failure is None]
            last_byte = max([last_byte, *(attempt.last_byte for attempt in asked)])
            silence = monotonic() - last_byte
            patience = STALL_SECONDS if any(attempt.received for attempt in running) else ANSWER_SECONDS
            if waiting and silence >= HEAD_START * patience * len(running):
                asked.append(waiting.pop(0))
                asked[-1].start()
            elif silence >= patience or not running:
                raise DownloadError(";\n".join(f"  {attempt}" for attempt in asked + waiting))
            done.wait(LOOK_SECONDS)
            done.clear()
            progress(max(attempt.received for attempt in asked))
            for attempt in asked:
                if attempt.content is not None:
                    return attempt.content
    finally:
        for attempt in asked:
            attempt.abandoned = True


class _Attempt(threading.Thread):
    """One request to one mirror. It changes nothing but its own attributes, so it may be left to itself at any time."""

    def __init__(self, url: str, size: int, sha256: str, done: threading.Event) -> None:
        super().__init__(name=f"download {url}", daemon=True)
        self.url, self.size, self.sha256, self.done = url, size, sha256, done
        self.received = 0
        self.last_byte = float("-inf")
        self.abandoned = False
        self.content: bytes | None = None
        self.failure: str | None = None

    def run(self) -> None:
        try:
            self.content = self._download()
        except Exception as error:
            self.failure = _reason(error)
        finally:
            self.done.set()

    def _download(self) -> bytes:
        request = Request(self.url, headers={"User-Agent": "tinygrad_np"})
        body = bytearray()
        # The caller watches the clock; this timeout only ends a thread that nobody waits for any more.
        with urlopen(request, timeout=2 * STALL_SECONDS) as response:
            promised = response.headers.get("Content-Length")
            if promised is not None and int(promised) != self.size:
                kind = response.headers.get("Content-Type", "unknown type")
                raise DownloadError(f"answered {promised} bytes ({kind}) in place of {self.size}")
            while not self.abandoned and len(body) <= self.size and (chunk := response.read1(CHUNK)):
                body += chunk
                self.received, self.last_byte = len(body), monotonic()
        if len(body) != self.size:
            raise DownloadError(f"sent {len(body)} bytes in place of {self.size}")
        digest = hashlib.sha256(body).hexdigest()
        if digest != self.sha256:
            raise DownloadError(f"sent other content (SHA-256 {digest}, expected {self.sha256})")
        return bytes(body)

    def __str__(self) -> str:
        silent = f"stalled after {self.received} bytes" if self.received else "no answer"
        return f"{self.url}: {self.failure or (silent if self.ident else 'not asked')}"


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, URLError):
        return str(error.reason)
    return str(error) if isinstance(error, DownloadError) else f"{type(error).__name__}: {error}"


def write_atomically(path: str, content: bytes) -> None:
    """Write a file so that at any time, and for any other process, it is there in whole or not at all.

    Parameters
    ----------
    path : str
        The file. Its folder exists.
    content : bytes
        What it shall hold.

    Raises
    ------
    OSError
        If it cannot be written; then nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(os.path.join(folder, "file"), b"whole")
    ...     os.listdir(folder)
    ['file']
    """
    temporary = f"{path}.{os.urandom(8).hex()}.part"
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
