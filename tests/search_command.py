"""The search as tests run it: in a process of its own, on images that take no time to read."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "mnist" / "search.py"
if str(SCRIPT.parent) not in sys.path:
    sys.path.insert(0, str(SCRIPT.parent))

# with 500 images and an epoch a trial takes some hundredths of a second
SMALL = ["--train-size", "500", "--validation", "100", "--epochs", "1", "--hidden", "8", "--workers", "2"]
JOURNAL = ["--record", "journal"]
NO_PICTURES = ("matplotlib",)


def command(*arguments: object, blocked: tuple[str, ...] = NO_PICTURES) -> list[str]:
    """Return the command that runs search.py as a user does, but without some packages."""
    code = f"import runpy, sys; sys.modules.update(dict.fromkeys({blocked!r})); sys.argv = sys.argv[1:]; "
    code += f"sys.path.insert(0, {str(SCRIPT.parent)!r}); runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
    return [sys.executable, "-c", code, "search.py", *map(str, arguments)]


def search(*arguments: object, blocked: tuple[str, ...] = NO_PICTURES) -> subprocess.CompletedProcess[str]:
    """Run search.py to its end."""
    return subprocess.run(
        command(*arguments, blocked=blocked), capture_output=True, text=True, timeout=100, check=False
    )


def stop_after(ends: int, how: signal.Signals, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Start search.py and send it a signal once so many trials have ended."""
    lines: list[str] = []
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            while sum(is_end(line) for line in lines) < ends:
                line = process.stdout.readline()
                assert line, f"the search ended before it could be stopped: {lines}"
                lines.append(line)
            process.send_signal(how)
            out, error = process.communicate(timeout=60)
        finally:
            process.kill()
    return subprocess.CompletedProcess([], process.returncode, "".join(lines) + out, error)


def is_end(line: str) -> bool:
    """Return whether a line of the output tells of a trial that has ended."""
    return re.match(r"\[.*\] trial +\d+  ", line) is not None


def ends(result: subprocess.CompletedProcess[str]) -> int:
    """Return how many trials a search ran to their end."""
    return sum(map(is_end, result.stdout.splitlines()))


def trials(folder: Path) -> list[dict[str, Any]]:
    """Return the trials of a search by their numbers, without the time they took."""
    found = json.loads((folder / "trials.json").read_text())["trials"]
    for trial in found:
        trial.pop("seconds")
        for epoch in trial["history"]:
            epoch.pop("seconds")
    return sorted(found, key=lambda trial: trial["trial"])


def wait_for(what: Any, seconds: float = 30) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
