"""Measure this project beside its peers: ``python tests/benchmarks``.

Every contender runs in a process of its own, without environment variables that force BLAS kernels; all take turns,
round after round, so that a drift of the machine meets all alike.  What counts are the ratios of the medians.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import machine
import measure
import report
from tables import TABLES


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"by default all: {', '.join(TABLES)}")
    parser.add_argument("--rows", nargs="+", default=[""], metavar="TEXT", help="only rows with one of these in them")
    parser.add_argument("--contenders", nargs="+", default=[], metavar="NAME", help="only these, and each table's base")
    parser.add_argument("--rounds", type=int, default=21, help="turns that each contender takes (default: 21)")
    parser.add_argument("--threads", type=int, help="of each contender; by default as many as it takes by itself")
    parser.add_argument("--smoke", action="store_true", help="few, short and small turns: shows that it runs, no more")
    parser.add_argument("--figures", type=Path, nargs="+", metavar="FILE", help="read what --json wrote instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write tables to this page, between its marks")
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw the ratios (needs matplotlib)")
    options = parser.parse_args()
    if unknown := set(options.tables) - TABLES.keys():
        parser.error(f"there is no table {min(unknown)!r}: choose from {', '.join(TABLES)}")
    names = {name for table in TABLES.values() for name in table.contenders}
    if unknown := set(options.contenders) - names:
        parser.error(f"there is no contender {min(unknown)!r}: choose from {', '.join(sorted(names))}")
    for name, value in (("rounds", options.rounds), ("threads", options.threads)):
        if value is not None and value < 1:
            parser.error(f"--{name} must be at least 1, not {value}")
    return options


def measure_all(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what is asked for, printing it row by row, and return it."""
    effort = measure.SMOKE if options.smoke else measure.Effort(options.rounds, threads=options.threads)
    results: dict[str, Any] = {"machine": machine.describe(effort.threads), "rounds": effort.rounds, "tables": {}}
    print(report.facts(results))
    for key in options.tables or TABLES:
        table = TABLES[key]
        rows = table.smoke if effort.smoke else table.rows
        chosen = [row for row in rows if any(part in row for part in options.rows)]
        if chosen:
            print(f"\n{report.heading(table)}", flush=True)
        for row in chosen:
            lines = measure.measure(key, table, row, effort, tuple(options.contenders))
            results["tables"].setdefault(key, {}).update(lines)
            print(*report.text(table, lines), sep="\n", flush=True)
    return results


def read(paths: list[Path], wanted: list[str]) -> dict[str, Any]:
    """Return the figures of one or more files as if they had been measured at once, and print them.

    Raises
    ------
    ValueError
        If they come from different machines, versions or numbers of threads.
    """
    parts = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    if any(part["machine"] != parts[0]["machine"] for part in parts):
        raise ValueError("these figures are of different machines, versions or numbers of threads: keep them apart")
    results: dict[str, Any] = {"machine": parts[0]["machine"], "rounds": max(part["rounds"] for part in parts)}
    results["tables"] = {}
    for key in wanted or TABLES:
        lines: dict[str, Any] = {}
        for part in parts:
            lines |= part["tables"].get(key, {})
        if lines:
            results["tables"][key] = lines
            print(f"\n{report.heading(TABLES[key])}", *report.text(TABLES[key], lines), sep="\n")
    return results


def main() -> int:
    """Run the command line."""
    options = parse()
    if options.figures:
        try:
            results = read(options.figures, options.tables)
        except (OSError, ValueError) as error:
            print(f"python tests/benchmarks: {error}", file=sys.stderr)
            return 1
    else:
        results = measure_all(options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.markdown:
        report.write_markdown(results, options.markdown)
    if options.png:
        import picture

        picture.draw(results, options.png)
    return 0


if __name__ == "__main__":
    sys.exit(main())
