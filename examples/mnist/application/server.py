"""A page to draw on, and the answers of a network to drawings, for browsers on this machine alone.

Other pages in the same browser are kept out: a request has to name this server as its host, so that a foreign name
that resolves to this machine is of no use, and if it says which page it comes from, that has to be this one.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any, ClassVar

import numpy as np

from .images import ImageError, prepare
from .trained import Trained

PAGE = Path(__file__).with_name("canvas.html")
ADDRESS = "127.0.0.1"
LARGEST_BODY = 256 * 1024  # bytes
LARGEST_SIDE = 256  # pixels of a drawing
SECONDS = 10  # that a request may take to arrive


class RequestError(Exception):
    """A request that is refused: the HTTP status, and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class DrawingServer(ThreadingHTTPServer):
    """Serves the page and the answers of a model at `url`, on this machine alone.

    Parameters
    ----------
    trained
        the model.
    port
        0 for one that is free.

    Raises
    ------
    OSError
        If the port cannot be had.
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would take the port from what listens there

    def __init__(self, trained: Trained, port: int = 0) -> None:
        super().__init__((ADDRESS, port), Handler)
        self.trained = trained
        self.hosts = tuple(f"{name}:{self.server_port}" for name in (ADDRESS, "localhost"))
        self.page = PAGE.read_text(encoding="utf-8")
        self.lock = threading.Lock()  # one drawing at a time keeps the machine free for others

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{self.hosts[0]}/"

    @contextmanager
    def serving(self) -> Iterator[threading.Thread]:
        """Serve until the block ends, in a thread of its own, which is given.

        So Ctrl-C, which strikes the main thread, never leaves a connection between two hands.
        """
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield thread
        finally:
            self.shutdown()
            thread.join()

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away, or is too slow."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def answer(self, pixels: Any) -> dict[str, Any]:
        """Return the probabilities of all classes for a drawing, rows of grey values from 0, black, to 255.

        Raises
        ------
        RequestError
            If it is no drawing, or blank.
        """
        trained = self.trained
        grey = check_pixels(pixels)
        try:
            image = prepare(grey / np.float32(255), trained.dataset, trained.config.image)
        except ImageError as error:
            raise RequestError(422, str(error)) from error
        with self.lock:
            outputs = trained.outputs(image[None])
        (probabilities,) = trained.probabilities(outputs)
        best = int(outputs[0].argmax())
        return {
            "class": trained.classes[best],
            "probability": float(probabilities[best]),
            "classes": probabilities.tolist(),
            "seen": np.rint(image * 255).astype(int).tolist(),
        }


def check_pixels(pixels: Any) -> np.ndarray:
    """Return rows of numbers as an array (H, W) of float32, or raise `RequestError`."""
    wanted = f"pixels must be 1 to {LARGEST_SIDE} rows of as many numbers each, from 0 to 255"
    if not isinstance(pixels, list) or not all(isinstance(row, list) for row in pixels):
        raise RequestError(400, wanted)
    sizes = {len(pixels), *map(len, pixels)}
    if len({len(row) for row in pixels}) != 1 or not 1 <= min(sizes) <= max(sizes) <= LARGEST_SIDE:
        raise RequestError(400, wanted)
    if not all(type(value) in (int, float) and 0 <= value <= 255 for row in pixels for value in row):
        raise RequestError(400, wanted)
    return np.array(pixels, np.float32)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: DrawingServer
    server_version, sys_version = "draw", ""
    timeout = SECONDS
    drained = False  # whether the body was read

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""

    # ---- the table of what there is

    def send_page(self) -> None:
        """Send the page, which may run its own script and ask this server, and nothing else."""
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        page = self.server.page.replace("NONCE", nonce).encode()
        self.reply(200, "text/html; charset=utf-8", page, {"Content-Security-Policy": policy})

    def send_model(self) -> None:
        """Send what the page says of the model."""
        trained = self.server.trained
        facts = {"network": trained.config.network, "dataset": trained.dataset_name}
        self.send_json(200, facts | {"classes": trained.classes, "image": trained.config.image})

    def send_prediction(self) -> None:
        """Send the answer to the drawing in the body."""
        content = self.read_json()
        if not isinstance(content, dict) or set(content) != {"pixels"}:
            raise RequestError(400, 'the body must be an object with the key "pixels"')
        self.send_json(200, self.server.answer(content["pixels"]))

    ROUTES: ClassVar[dict[str, tuple[str, Callable[[Handler], None]]]] = {
        "/": ("GET", send_page),
        "/model": ("GET", send_model),
        "/predict": ("POST", send_prediction),
    }

    # ---- requests

    def handle_request(self) -> None:
        """Answer the request if it is allowed, else say why not."""
        try:
            self.check_sender()
            if self.path not in self.ROUTES:
                raise RequestError(404, "there is no such page")
            method, send = self.ROUTES[self.path]
            if self.command != method:
                raise RequestError(405, f"{self.path} takes {method} only")
            send(self)
        except RequestError as refusal:
            self.drain()
            allowed = self.ROUTES.get(self.path, ("GET",))[0]
            self.send_json(refusal.status, {"error": str(refusal)}, {"Allow": allowed} if refusal.status == 405 else {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # of every method, so that the wrong ones are answered too
            return self.handle_request
        raise AttributeError(name)

    def check_sender(self) -> None:
        """Raise `RequestError` for a request that is meant for another host, or comes from a page of another."""
        hosts, origins = self.headers.get_all("Host", []), self.headers.get_all("Origin", [])
        if len(hosts) != 1 or hosts[0] not in self.server.hosts:
            raise RequestError(421, "this server answers under its own address only")
        if origins and origins != [f"http://{hosts[0]}"]:
            raise RequestError(403, "pages of other servers get no answer")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise RequestError(403, "pages of other servers get no answer")

    def read_json(self) -> Any:
        """Return the JSON in the body, or raise `RequestError`."""
        if self.headers.get_content_type() != "application/json":
            raise RequestError(415, "the body must be application/json")
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            raise RequestError(411, "the length of the body must be given")
        if len(length) > 9 or int(length) > LARGEST_BODY:
            raise RequestError(413, f"the body must have at most {LARGEST_BODY} bytes")
        self.drained = True
        try:
            return json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise RequestError(400, "the body is not JSON") from error

    def drain(self) -> None:
        """Take what was sent with a refused request, unless it is much: else the answer could be lost with it."""
        length = self.headers.get("Content-Length", "")
        if not self.drained and length.isascii() and length.isdecimal() and len(length) <= 9:
            left = min(int(length), 16 * LARGEST_BODY)
            while left > 0 and (part := self.rfile.read(min(left, LARGEST_BODY))):
                left -= len(part)

    # ---- answers

    def send_json(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        """Send JSON."""
        self.reply(status, "application/json", json.dumps(content).encode(), headers or {})

    def reply(self, status: int, kind: str, body: bytes, headers: dict[str, str]) -> None:
        """Send an answer that browsers neither keep nor take for anything else."""
        self.send_response(status)
        always = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
        }
        for name, value in (always | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
