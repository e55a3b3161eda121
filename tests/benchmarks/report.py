"""Figures as text, while they come, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from table import Table
from tables import TABLES

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"  # what a page has between these is replaced


def number(value: float) -> str:
    """Return a number with three digits that count, or all of its whole ones."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(cell: dict[str, Any]) -> str:
    """Return the quartiles of a cell."""
    low, high = cell["quartiles"]
    return f"{number(low)} to {number(high)}"


def ratio(cells: dict[str, Any], above: str, below: str) -> str:
    """Return the ratio of two contenders' medians, or nothing where one is missing."""
    divisor = cells[below]["median"] if above in cells and below in cells else 0
    return f"{cells[above]['median'] / divisor:.2f}" if divisor else ""


def heading(table: Table) -> str:
    """Return what the table's figures are."""
    return f"{table.title}: median and quartiles, {table.unit}"


def facts(results: dict[str, Any]) -> str:
    """Return on what the figures were measured, in a sentence."""
    about = results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    threads = f" ({about['threads']} for each contender)" if about["threads"] else ""
    return (
        f"{about['processor']}, {about['cores']} cores{threads}, OpenBLAS kernels {about['kernels']}, "
        f"Python {about['python']}, {packages}; {results['rounds']} rounds at most."
    )


def text(table: Table, lines: dict[str, Any]) -> Iterator[str]:
    """Return lines of text for some lines of a table."""
    for line, cells in lines.items():
        yield f"  {line}"
        width = max(len(table.contenders[name].label) for name in cells)
        for name, cell in cells.items():
            times = "" if cell["ratio"] is None else f"  x{cell['ratio']:.2f}"
            label = f"{table.contenders[name].label:<{width}}"
            yield f"    {label} {number(cell['median']):>10}   {spread(cell):<20}{times}"
        shown = [(f"{above} / {below}", ratio(cells, above, below)) for above, below in table.ratios]
        known = "   ".join(f"{name} {value}" for name, value in shown if value)
        if known:
            yield f"    {known}"


def markdown(results: dict[str, Any]) -> str:
    """Return all tables in Markdown: a line for each contender, a column for each line of the figures."""
    parts = [facts(results)]
    for key, lines in results["tables"].items():
        table = TABLES[key]
        parts += [f"### {table.title}", f"`python tests/benchmarks {key}`: median (quartiles), {table.unit}."]
        parts.append("\n".join(rows_of(table, lines)))
    return "\n\n".join(parts) + "\n"


def rows_of(table: Table, lines: dict[str, Any]) -> Iterator[str]:
    """Return the rows of a table in Markdown; the ratios of medians stand at its foot."""
    yield "| | " + " | ".join(lines) + " |"
    yield "| --- |" + " ---: |" * len(lines)
    for name, contender in table.contenders.items():
        cells = [line.get(name) for line in lines.values()]
        if any(cells):
            shown = [f"{number(cell['median'])} ({spread(cell)})" if cell else "" for cell in cells]
            yield f"| {contender.label} | " + " | ".join(shown) + " |"
    for above, below in table.ratios:
        shown = [ratio(cells, above, below) for cells in lines.values()]
        if any(shown):
            labels = [table.contenders[name].label for name in (above, below)]
            yield f"| **{labels[0]} / {labels[1]}** | " + " | ".join(f"**{r}**" if r else "" for r in shown) + " |"


def write_markdown(results: dict[str, Any], path: Path) -> None:
    """Write the tables into a page, between its marks if it has them."""
    made = f"{BEGIN}\n\n{markdown(results)}\n{END}"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if BEGIN in old and END in old:
        made = old[: old.index(BEGIN)] + made + old[old.index(END) + len(END) :]
    else:
        made += "\n"
    path.write_text(made, encoding="utf-8")
