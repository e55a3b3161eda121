"""A small published data set and mirrors of it on this machine that fail in every way; no test leaves the machine."""

import gzip
import hashlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from nn.datasets import download, files
from nn.datasets.idx import encode_idx

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "train-images-idx3-ubyte": RANDOM.integers(0, 256, (20, 28, 28), np.uint8),
    "train-labels-idx1-ubyte": np.arange(20, dtype=np.uint8) % 10,
    "t10k-images-idx3-ubyte": RANDOM.integers(0, 256, (10, 28, 28), np.uint8),
    "t10k-labels-idx1-ubyte": np.arange(10, dtype=np.uint8)[::-1].copy(),
}
PLAIN = {name: encode_idx(array) for name, array in ARRAYS.items()}
ZIPPED = {name: gzip.compress(content, mtime=0) for name, content in PLAIN.items()}


class Web:
    """A server whose first path segment says how it answers; it remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.agents: set[str | None] = set()
        self.release = threading.Event()  # what hangs, hangs until the test is over
        self.pair = threading.Barrier(2)
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                web.agents.add(self.headers["User-Agent"])
                _, manner, name = self.path.split("/")
                getattr(web, manner)(self, ZIPPED[name.removesuffix(".gz")])

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                if not isinstance(sys.exception(), ConnectionError):  # who gives up, hangs up
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @staticmethod
    def head(request: BaseHTTPRequestHandler, size: int | None, status: int = 200, **headers: str) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if size is not None:
            request.send_header("Content-Length", str(size))
        request.end_headers()

    def good(self, request, content):
        self.head(request, len(content))
        request.wfile.write(content)

    def unsized(self, request, content):
        self.head(request, None)
        request.wfile.write(content)

    def endless(self, request, content):
        self.head(request, None)
        for _ in range(1000):
            request.wfile.write(content)

    def missing(self, request, content):
        self.head(request, 3, status=404)
        request.wfile.write(b"no\n")

    def moved(self, request, content):
        self.head(request, 0, status=302, Location=request.path.replace("moved", "good"))

    def other(self, request, content):
        self.head(request, len(content))
        request.wfile.write(content[:-1] + bytes([content[-1] ^ 1]))

    def portal(self, request, content):
        page = b"<html>Please sign in</html>"
        self.head(request, len(page), Content_Type="text/html")
        request.wfile.write(page)

    def cut(self, request, content):
        self.head(request, len(content))
        request.wfile.write(content[: len(content) // 2])

    def slow(self, request, content):
        self.head(request, len(content))
        for begin in range(0, len(content), len(content) // 15):
            self.release.wait(0.1)
            request.wfile.write(content[begin : begin + len(content) // 15])

    def pausing(self, request, content):
        self.head(request, len(content))
        request.wfile.write(content[:1])
        request.wfile.flush()
        self.release.wait(1)
        request.wfile.write(content[1:])

    def together(self, request, content):
        self.pair.wait(60)
        self.good(request, content)

    def silent(self, request, content):
        self.release.wait(60)

    def stalled(self, request, content):
        self.head(request, len(content))
        request.wfile.write(content[:1])
        request.wfile.flush()
        self.release.wait(60)


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    yield server
    server.release.set()
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(autouse=True)
def nobody_elses_data(monkeypatch, tmp_path_factory):
    """Leave the user's data directory, cache and proxies out of every test, and all mirrors out of reach."""
    monkeypatch.delenv(files.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def refuse(request, timeout):
        if "127.0.0.1" not in request.full_url and not request.full_url.startswith("data:"):
            pytest.fail(f"a test would have left this machine: {request.full_url}")
        return urlopen(request, timeout=timeout)

    urlopen = download.urlopen
    monkeypatch.setattr(download, "urlopen", refuse)


@pytest.fixture
def small():
    """Return the small data set, published under the given addresses."""

    def published(*mirrors: str) -> files.Source:
        return files.Source(
            name="mnist",
            title="MNIST",
            classes=tuple("0123456789"),
            folders=("mnist", "MNIST/raw"),
            mirrors=mirrors,
            files={
                name: files.Official(
                    len(ZIPPED[name]),
                    hashlib.sha256(ZIPPED[name]).hexdigest(),
                    hashlib.sha256(PLAIN[name]).hexdigest(),
                )
                for name in ARRAYS
            },
        )

    return published


@pytest.fixture
def place():
    """Put files of the small data set, all or those named, into a folder."""

    def place(folder, *names, rename=lambda name: f"{name}.gz"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names or ARRAYS:
            path = folder / rename(name)
            path.write_bytes((ZIPPED if path.suffix == ".gz" else PLAIN)[name])

    return place


@pytest.fixture
def arrays():
    return ARRAYS


@pytest.fixture
def plain():
    return PLAIN


@pytest.fixture
def zipped():
    return ZIPPED
