"""The process of one contender: ``python serve.py TABLE CONTENDER ROW``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from tables import TABLES


def time_repetitions(work: Callable[[], Any], count: int) -> float:
    """Return the seconds that one of `count` repetitions takes, after some that wake threads and fill caches."""
    for _ in range(0 if count == 1 else 1 + count // 10):
        work()
    start = perf_counter()
    for _ in range(count):
        work()
    return (perf_counter() - start) / count


def serve(arguments: Sequence[str]) -> None:
    """Answer with figures; or, for each count that is read, time as many repetitions and answer with seconds."""
    key, name, row = arguments
    table = TABLES[key]
    made = table.contenders[name].prepare(row)
    if not table.timed:
        print(json.dumps(made), flush=True)
        return
    print("ready", flush=True)
    for line in sys.stdin:
        print(time_repetitions(made, int(line)), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1:])
