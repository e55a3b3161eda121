"""How a command ends: with an exit status, and with one line of what went wrong."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from .config import OptionError
from .data import DataUnavailableError
from .run import RunError


def run_command(program: str, work: Callable[[], int | None]) -> int:
    """Do the work of a command and return its exit status.

    That is what `work` returns, or 0 for None; 2 if an option is wrong; 1 if something else is; 128 and the number of
    the signal after SIGINT (Ctrl-C) or SIGTERM, which end the work alike (what is being written is written, or left as
    it was), and as after SIGPIPE if who reads the output, such as ``head``, has enough.
    """
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = work() or 0
        sys.stdout.flush()
        return status
    except OptionError as error:
        complain(program, f"error: {error}")
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain when it ends
        return 128 + 13  # SIGPIPE, which other systems than POSIX do not name
    except (DataUnavailableError, RunError, OSError) as error:
        complain(program, str(error))
        return 1
    except MemoryError as error:
        complain(program, f"not enough memory: {error}; take smaller layers or batches")
        return 1
    except KeyboardInterrupt as interruption:
        return 128 + (interruption.args[0] if interruption.args else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt(number)


def complain(program: str, message: str) -> None:
    """Print what is wrong as one line, after all that was printed before."""
    sys.stdout.flush()
    print(f"{program}: {' '.join(message.split())}", file=sys.stderr, flush=True)
