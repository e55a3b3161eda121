"""The record of a search in a file of its own: JSON lines, each on the disk before the search goes on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..run import RunError
from .trial import RUNNING, Trial

FILE = "trials.jsonl"


class Journal:
    """What happened, one event a line; reading them again gives the trials.

    A search that is killed while it writes leaves half a line, which never happened: it is cut off before the next.

    Parameters
    ----------
    folder
        of the search; it may be empty.
    identity
        what the search is; of a record that exists, what it was is in `identity` instead.

    Raises
    ------
    RunError
        If the file is damaged or cannot be written.
    """

    def __init__(self, folder: Path, identity: dict[str, Any]) -> None:
        self.file = folder / FILE
        self.trials: list[Trial] = []
        self.identity: dict[str, Any] = {}
        cut_half_line(self.file)
        self._read()
        self._lines = open(self.file, "a", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        if not self.identity:
            self.identity = identity
            self._write("search", identity=identity)

    def _read(self) -> None:
        lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                event = json.loads(line.decode())
                self._apply(event.pop("event"), event)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
                raise RunError(f"{self.file} is damaged in line {number}: {error!r}; name another --output") from error

    def _apply(self, event: str, content: dict[str, Any]) -> None:
        if event == "search":
            self.identity = content["identity"]
        elif event == "begin":
            self.trials.append(Trial(len(self.trials), content["point"]))
        elif event == "failure":
            self.trials[content["trial"]].failures.append(content["reason"])
        elif event == "end":
            trial = self.trials[content["trial"]]
            trial.state, trial.history, trial.seconds = content["state"], content["history"], content["seconds"]
        else:
            raise ValueError(f"there is no event {event!r}")

    def _write(self, event: str, **content: Any) -> None:
        self._lines.write(json.dumps({"event": event, **content}) + "\n")
        self._lines.flush()
        os.fsync(self._lines.fileno())

    # ---- what every record does

    def begin(self, point: dict[str, Any] | None) -> Trial:
        """Return a new trial of a point."""
        assert point is not None  # strategies with a sampler need the other record
        self._write("begin", point=point)
        self.trials.append(Trial(len(self.trials), point))
        return self.trials[-1]

    def report(self, trial: Trial) -> bool:
        """Take note of the trial's latest epoch, and return whether it is to end here: never."""
        return False

    def fail(self, trial: Trial, reason: str) -> None:
        """Record that a trial failed; it goes on running unless it is ended."""
        self._write("failure", trial=trial.number, reason=reason)
        trial.failures.append(reason)

    def end(self, trial: Trial, state: str) -> None:
        """Record the end of a trial."""
        assert state != RUNNING
        self._write("end", trial=trial.number, state=state, history=trial.history, seconds=trial.seconds)
        trial.state = state

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


def cut_half_line(file: Path) -> None:
    """Cut off what stands after the last end of a line: a process was killed while it wrote, or the disk was full."""
    if not file.exists():
        return
    with open(file, "r+b") as lines:
        content = lines.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            lines.truncate(whole)
