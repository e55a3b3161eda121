"""Commands end with a status and one line, whatever goes wrong."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = str(Path(__file__).resolve().parents[2] / "examples" / "mnist")
if EXAMPLE not in sys.path:
    sys.path.insert(0, EXAMPLE)

from application.config import OptionError  # noqa: E402
from application.data import DataUnavailableError  # noqa: E402
from application.outcome import run_command  # noqa: E402
from application.run import RunError  # noqa: E402


def fails(error: BaseException) -> Callable[[], None]:
    """Return work that prints, and then raises an error."""

    def work() -> None:
        print("before")
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (OptionError("--lr must be\n above 0"), 2, "do.py: error: --lr must be above 0\n"),
        (RunError("no run"), 1, "do.py: no run\n"),
        (DataUnavailableError("no data"), 1, "do.py: no data\n"),
        (FileNotFoundError(2, "No such file", "x.npz"), 1, "do.py: [Errno 2] No such file: 'x.npz'\n"),
        (MemoryError("8 GiB"), 1, "do.py: not enough memory: 8 GiB; take smaller layers or batches\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_goes_wrong(error: BaseException, status: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("do.py", fails(error)) == status
    assert capsys.readouterr() == ("before\n", line)


def test_what_the_work_returns_is_the_status() -> None:
    assert run_command("do.py", lambda: None) == 0
    assert run_command("do.py", lambda: 3) == 3


def test_a_mistake_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command("do.py", fails(ZeroDivisionError()))


def test_sigterm_ends_the_work_and_means_what_it_did_afterwards() -> None:
    before, ended = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            signal.pause()
        finally:
            ended.append(True)

    assert run_command("do.py", work) == 128 + signal.SIGTERM
    assert ended
    assert signal.getsignal(signal.SIGTERM) is before
