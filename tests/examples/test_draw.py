"""The page to draw on answers drawings, and nobody but its own page."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import train_command

sys.path.insert(0, str(train_command.SCRIPT.parent))  # train_command does so too

import draw
from application import server
from application.server import LARGEST_BODY, DrawingServer
from application.trained import open_trained

SCRIPT = train_command.SCRIPT.with_name("draw.py")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small network that knows the generated digits."""
    folder = tmp_path_factory.mktemp("draw") / "digits"
    options = "--dataset digits --train-size 6000 --validation 500 --epochs 4 --hidden 64 --dropout 0 --input-dropout 0"
    assert train_command.run_here(*options.split(), "--batch-size", 32, "--lr", 0.05, "--output", folder) == 0
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> Iterator[DrawingServer]:
    with DrawingServer(open_trained(str(run))) as drawing_server, drawing_server.serving():
        yield drawing_server


def ask(page: DrawingServer, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Send a request as a browser does, some headers changed; those that are empty are left out."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    usual = {"Host": page.hosts[0], "Content-Type": "application/json" if data is not None else ""}
    if data is not None:
        usual |= {"Origin": f"http://{page.hosts[0]}", "Content-Length": str(len(data))}
    connection = http.client.HTTPConnection(*page.server_address, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in (usual | {name.replace("_", "-"): value for name, value in headers.items()}).items():
        if value:
            connection.putheader(name, value)
    connection.endheaders(data)
    response = connection.getresponse()
    answer = Answer(response.status, dict(response.getheaders()), response.read())
    connection.close()
    return answer


def drawing(digit: str, size: int = 80) -> list[list[int]]:
    """Return a one, a zero or a seven, dark on bright."""
    down, across = np.mgrid[:size, :size] / size
    if digit == "1":
        ink = (abs(across - 0.6) < 0.035) & (abs(down - 0.5) < 0.3)
    elif digit == "0":
        ink = abs(np.hypot((across - 0.4) * 1.4, down - 0.5) - 0.28) < 0.035
    else:
        ink = (abs(down - 0.25) < 0.035) & (abs(across - 0.5) < 0.2)
        ink |= (abs(across - 0.7 + 0.5 * (down - 0.25)) < 0.04) & (abs(down - 0.5) < 0.27)
    return np.where(ink, 0, 255).tolist()


# ---- drawings


@pytest.mark.parametrize("digit", ["0", "1", "7"])
def test_a_drawing_is_recognized(digit: str, page: DrawingServer) -> None:
    answer = ask(page, "POST", "/predict", {"pixels": drawing(digit)})
    assert answer.status == 200
    assert answer.json["class"] == digit
    chances = answer.json["classes"]
    assert len(chances) == 10
    assert abs(sum(chances) - 1) < 1e-9
    assert answer.json["probability"] == max(chances) == chances[int(digit)] > 0.5
    seen = np.array(answer.json["seen"])
    assert seen.shape == (28, 28)
    assert (seen.min(), seen.max()) == (0, 255)


def test_many_at_once(page: DrawingServer) -> None:
    found: list[str] = []

    def draw_one(digit: str) -> None:
        found.append(digit + ask(page, "POST", "/predict", {"pixels": drawing(digit)}).json["class"])

    threads = [threading.Thread(target=draw_one, args=(digit,)) for digit in "017" * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["00"] * 5 + ["11"] * 5 + ["77"] * 5


def test_the_model_is_described(page: DrawingServer) -> None:
    answer = ask(page, "GET", "/model")
    assert answer.json == {
        "network": "784-64-10 relu",
        "dataset": "digits",
        "classes": [str(digit) for digit in range(10)],
        "image": [28, 28],
    }


def test_the_page_needs_nothing_from_elsewhere(page: DrawingServer) -> None:
    first, second = (ask(page, "GET", "/") for _ in range(2))
    assert first.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = first.headers["Content-Security-Policy"]
    (nonce,) = set(re.findall(r"'nonce-([\w-]{22})'", policy))
    text = first.body.decode()
    assert re.findall(r'nonce="([^"]*)"', text) == [nonce, nonce]
    assert nonce not in second.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not re.search(r"https?:|\bsrc=|@import|url\(|style=|\bon\w+=", text)
    assert re.findall(r"""(?:fetch\(|href=)"([^"]*)""", text) == ["data:,", "/predict", "/model"]


def test_every_answer_is_guarded(page: DrawingServer) -> None:
    for answer in (ask(page, "GET", "/"), ask(page, "GET", "/none"), ask(page, "POST", "/predict", b"{")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Server"].strip() == "draw"


# ---- what is refused


@pytest.mark.parametrize("host", ["", "evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "[::1]:PORT"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host(host: str, method: str, page: DrawingServer) -> None:
    host = host.replace("PORT", str(page.server_port))
    path, body = ("/", None) if method == "GET" else ("/predict", {"pixels": drawing("1")})
    assert ask(page, method, path, body, Host=host).status == 421


def test_its_other_name(page: DrawingServer) -> None:
    name = f"localhost:{page.server_port}"
    answer = ask(page, "POST", "/predict", {"pixels": drawing("1")}, Host=name, Origin=f"http://{name}")
    assert answer.status == 200


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "https://127.0.0.1:PORT", "http://127.0.0.1:1"])
def test_another_origin(origin: str, page: DrawingServer) -> None:
    origin = origin.replace("PORT", str(page.server_port))
    for method, path, body in (("POST", "/predict", {"pixels": drawing("1")}), ("GET", "/model", None)):
        answer = ask(page, method, path, body, Origin=origin)
        assert answer.status == 403
        assert "evil" not in answer.body.decode()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_of_another_site(site: str, page: DrawingServer) -> None:
    assert ask(page, "GET", "/model", Sec_Fetch_Site=site).status == 403


def test_programs_need_no_origin(page: DrawingServer) -> None:
    assert ask(page, "POST", "/predict", {"pixels": drawing("1")}, Origin="").status == 200


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 * LARGEST_BODY])
def test_too_large(size: int, page: DrawingServer) -> None:
    answer = ask(page, "POST", "/predict", b" " * size)
    assert answer.status == 413
    assert answer.json["error"] == f"the body must have at most {LARGEST_BODY} bytes"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Length": "99999999999999999999999"}, 413),
        ({"Content_Length": ""}, 411),
        ({"Content_Length": "-5"}, 411),
        ({"Content_Length": "٣"}, 411),
        ({"Content_Length": "", "Transfer_Encoding": "chunked"}, 411),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
    ],
    ids=str,
)
def test_wrong_headers(headers: dict[str, str], status: int, page: DrawingServer) -> None:
    if headers.get("Content_Length") == "٣":
        headers = {"Content_Length": "٣".encode().decode("latin-1")}
    assert ask(page, "POST", "/predict", b"", **headers).status == status


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"pixels": [[1', b"[" * 50_000, b"{'pixels': []}"])
def test_invalid_json(body: bytes, page: DrawingServer) -> None:
    answer = ask(page, "POST", "/predict", body)
    assert (answer.status, answer.json["error"]) == (400, "the body is not JSON")


@pytest.mark.parametrize(
    "content",
    [
        b"null",
        [],
        "pixels",
        {},
        {"pixels": [[1]], "more": 1},
        {"pixels": None},
        {"pixels": []},
        {"pixels": [[]]},
        {"pixels": [1, 2]},
        {"pixels": [[1, 2], [3]]},
        {"pixels": [["1"]]},
        {"pixels": [[True, False]]},
        {"pixels": [[0, 256]]},
        {"pixels": [[-1, 0]]},
        {"pixels": [[float("nan"), 0]]},
        {"pixels": [[float("inf"), 0]]},
        {"pixels": [[10**400, 0]]},
        {"pixels": [[[0]]]},
        {"pixels": [[0] * 257]},
        {"pixels": [[0]] * 257},
    ],
    ids=lambda content: str(content)[:40],
)
def test_no_drawing(content: Any, page: DrawingServer) -> None:
    answer = ask(page, "POST", "/predict", content)
    assert answer.status == 400
    assert "pixels" in answer.json["error"]


@pytest.mark.parametrize("pixels", [[[255] * 80] * 80, [[0]], [[7, 8]]], ids=["white", "one", "alike"])
def test_a_blank_drawing(pixels: list[list[int]], page: DrawingServer) -> None:
    answer = ask(page, "POST", "/predict", {"pixels": pixels})
    assert (answer.status, answer.json["error"]) == (422, "the picture is blank: all its pixels are alike")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET"),
        ("GET", "/predict", "POST"),
        ("PUT", "/predict", "POST"),
        ("DELETE", "/model", "GET"),
        ("OPTIONS", "/predict", "POST"),
        ("BREW", "/", "GET"),
    ],
)
def test_the_wrong_method(method: str, path: str, allowed: str, page: DrawingServer) -> None:
    answer = ask(page, method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


def test_head_has_no_body(page: DrawingServer) -> None:
    answer = ask(page, "HEAD", "/")
    assert (answer.status, answer.body) == (405, b"")


@pytest.mark.parametrize("path", ["/favicon.ico", "/../draw.py", "/canvas.html", "/model?x", "/predict/", "*"])
def test_there_is_nothing_else(path: str, page: DrawingServer) -> None:
    assert ask(page, "GET", path).status == 404


def test_who_says_nothing_is_not_waited_for(
    page: DrawingServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(server.Handler, "timeout", 0.1)
    head = f"POST /predict HTTP/1.1\r\nHost: {page.hosts[0]}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 9\r\n\r\n"
    for request in (b"", b"GET", head.encode() + b"{"):
        with socket.create_connection(page.server_address, timeout=20) as connection:
            connection.sendall(request)
            assert ask(page, "GET", "/model").status == 200
            assert connection.recv(100) == b""
    assert capsys.readouterr().err == ""


# ---- the command


def test_it_listens_on_this_machine_alone_and_ends_by_ctrl_c(run: Path) -> None:
    command = [sys.executable, "-W", "error", str(SCRIPT), str(run)]
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(
                r"\[digits\] 784-64-10 relu: draw at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends\)\n", line
            )
            assert found is not None, line
            with socket.create_connection(("127.0.0.1", int(found[1])), timeout=20):
                process.send_signal(number)
                out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "\n", "")


def test_wrong_calls(run: Path, page: DrawingServer, capsys: pytest.CaptureFixture[str]) -> None:
    taken = str(page.server_port)
    for arguments, status, message in (
        (["no/run"], 1, "draw.py: no/run holds no model"),
        ([str(run), "--port", "65536"], 2, "draw.py: error: --port must be from 0 to 65535, not 65536"),
        ([str(run), "--port", "x"], 2, "draw.py: error: argument --port: invalid int value: 'x'"),
        ([str(run), "--port", taken], 1, f"draw.py: --port {taken} of 127.0.0.1 cannot be had: Address already in use"),
    ):
        assert draw.main(arguments) == status
        out, err = capsys.readouterr()
        assert out == ""
        assert len(err.splitlines()) == 1
        assert err.startswith(message)
