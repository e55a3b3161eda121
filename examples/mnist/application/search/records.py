"""The record of a search: every trial that was begun, and how it ended. One process writes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from ..config import OptionError
from ..run import RunError
from .journal import FILE, Journal
from .optuna_study import OPTUNA_FILE, OptunaStudy, optuna_installed
from .trial import Trial

PRUNERS = ("none", "median", "hyperband")
RECORDS = ("optuna", "journal")


class Record(Protocol):
    """What keeps the trials of a search: a `Journal`, or a study of Optuna."""

    identity: dict[str, Any]
    trials: list[Trial]

    def begin(self, point: dict[str, Any] | None) -> Trial | None:
        """Return a new trial of a point, or of one that the sampler chooses; None if it finds no new one."""

    def report(self, trial: Trial) -> bool:
        """Take note of the trial's latest epoch, and return whether it is to end here."""

    def fail(self, trial: Trial, reason: str) -> None:
        """Record that a trial failed; it goes on running unless it is ended."""

    def end(self, trial: Trial, state: str) -> None:
        """Record the end of a trial."""

    def close(self) -> None:
        """Close files."""


def open_record(folder: Path, identity: dict[str, Any], kind: str | None, storage: str | None, seed: int) -> Record:
    """Return the record of a search, which may exist.

    Parameters
    ----------
    folder
        of the search, which exists.
    identity
        what the search is; see `Command.identity`.
    kind
        one of `RECORDS`, or None for Optuna where it is installed; a record that exists stays what it is.
    storage
        URL of Optuna's storage, or None for a journal in the folder.
    seed
        of the sampler.

    Raises
    ------
    OptionError
        If the record is of another search, or needs Optuna, which is not installed.
    RunError
        If it is damaged.
    """
    needs_optuna = identity["strategy"] == "tpe" or identity["pruner"] != "none" or storage is not None
    if (folder / FILE).exists():
        if needs_optuna or kind == "optuna":
            raise OptionError(f"{folder / FILE} is not a record of Optuna: name another --output")
        kind = "journal"
    elif needs_optuna or (folder / OPTUNA_FILE).exists():
        kind = "optuna"
    elif kind is None:
        kind = "optuna" if optuna_installed() else "journal"
    record: Record = Journal(folder, identity) if kind == "journal" else OptunaStudy(folder, identity, storage, seed)
    differ = different(record.identity, identity)
    if differ:
        record.close()
        raise OptionError(f"--output {folder} holds another search, as {differ}; name another folder")
    return record


def different(old: Any, new: Any, name: str = "") -> str | None:
    """Return the first difference between two searches in words, or None if they are the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for entry in [*old, *(entry for entry in new if entry not in old)]:
            if found := different(old.get(entry), new.get(entry), f"{name} {entry}".strip()):
                return found
        return None
    return None if old == new else f"its {name} was {old} and is {new}"


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other searches from writing into a folder meanwhile, also if this process is killed.

    Raises
    ------
    RunError
        If one does already.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows
        yield
        return
    with open(folder / ".lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"another search is writing into {folder}: wait for it, or name another --output") from None
        yield
