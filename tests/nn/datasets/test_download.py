"""Mirrors that fail, hang, trickle or lie, all on this machine; files that are there in whole or not at all."""

import hashlib
import os
import re
import socket
import threading

import pytest

from nn.datasets import download
from nn.datasets.download import fetch, write_atomically
from nn.datasets.errors import DownloadError

NAME = "t10k-images-idx3-ubyte"


@pytest.fixture
def get(small, web):
    """Fetch one file from mirrors named by the manner in which they answer."""

    def get(*manners, **options):
        size, sha256, _ = small().files[NAME]
        urls = [manner if "://" in manner else f"{web.address}/{manner}/{NAME}.gz" for manner in manners]
        content = fetch(urls, size, sha256, **options)
        assert hashlib.sha256(content).hexdigest() == sha256
        return content

    return get


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(download, "STALL_SECONDS", 1.0)


@pytest.mark.parametrize("manner", ["good", "unsized", "moved"])
def test_a_mirror_that_has_the_file_gives_it(manner, get, web):
    get(manner)
    assert web.agents == {"tinygrad_np"}


FAILURES = {
    "missing": "HTTP 404 Not Found",
    "other": "sent other content .SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}",
    "portal": r"answered 27 bytes \(text/html\) in place of [0-9]+",
    "cut": "sent [0-9]+ bytes in place of [0-9]+",
    "endless": "sent [0-9]+ bytes in place of [0-9]+",
}


@pytest.mark.parametrize(("manner", "reason"), FAILURES.items())
def test_a_mirror_that_fails_is_named_with_its_reason(manner, reason, get, web):
    with pytest.raises(DownloadError, match=f"{web.address}/{manner}/{NAME}.gz: {reason}"):
        get(manner)


@pytest.mark.parametrize("manner", FAILURES)
def test_the_next_mirror_steps_in_for_one_that_fails(manner, get, web):
    get(manner, "good")
    assert [path.split("/")[1] for path in web.asked] == [manner, "good"]


def test_nobody_listens(get):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(DownloadError, match="refused"):
            get(f"http://127.0.0.1:{closed.getsockname()[1]}/{NAME}.gz")


def test_every_mirror_is_named_with_its_reason(get):
    with pytest.raises(DownloadError) as caught:
        get("missing", "cut", "portal")
    lines = str(caught.value).splitlines()
    assert [line.split("/")[3] for line in lines] == ["missing", "cut", "portal"]


@pytest.mark.parametrize("manner", ["silent", "stalled"])
def test_the_next_mirror_is_asked_while_one_keeps_silent(manner, get, impatient):
    get(manner, "good")


def test_silent_mirrors_are_given_up(get, impatient):
    with pytest.raises(DownloadError, match=r"silent/.*: no answer;\n.*stalled/.*: stalled after 1 bytes"):
        get("silent", "stalled")


def test_a_host_whose_name_never_resolves_is_given_up(get, web, impatient, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: web.release.wait(60) and [])
    with pytest.raises(DownloadError, match="no answer"):
        get("good")


def test_slow_is_not_silent(get, impatient):
    seen = []
    get("slow", progress=seen.append)
    assert len(set(seen)) > 3
    assert seen == sorted(seen)


def test_what_has_begun_to_arrive_has_more_time(get, impatient, monkeypatch):
    monkeypatch.setattr(download, "STALL_SECONDS", 60)
    get("pausing")


def test_no_more_is_received_than_is_due(get, zipped):
    with pytest.raises(DownloadError) as caught:
        get("endless")
    received, due = map(int, re.findall("[0-9]+ bytes in place of [0-9]+$", str(caught.value))[0].split()[::5])
    assert due == len(zipped[NAME]) < received <= due + download.CHUNK


def test_what_is_given_up_leaves_no_thread_that_the_program_waits_for(get, impatient):
    with pytest.raises(DownloadError):
        get("silent")
    left = [thread for thread in threading.enumerate() if thread.name.startswith("download ")]
    assert left
    assert all(thread.daemon for thread in left)


def test_a_written_file_is_there_in_whole(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old and longer")
    write_atomically(str(path), b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(step, error, tmp_path, monkeypatch):
    def fail(*arguments):
        raise error

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(type(error)):
        write_atomically(str(path), b"new")
    assert os.listdir(tmp_path) == ["file"]
    assert path.read_bytes() == b"old"


def test_the_file_gets_the_permissions_of_any_new_file(tmp_path):
    (tmp_path / "ordinary").write_bytes(b"")
    write_atomically(str(tmp_path / "file"), b"new")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "ordinary").stat().st_mode
