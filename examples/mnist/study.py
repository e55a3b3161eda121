"""Repeat the published study of a network of two layers on MNIST, soundly or with the published training step.

python examples/mnist/study.py lr                    # learning rates from 1 to 1/128
python examples/mnist/study.py lr --emulate          # with the published step; shows all beside the published figures
python examples/mnist/study.py loss activation lr width l2
python examples/mnist/study.py width --epochs 1 --output runs/quick      # with an option of search.py
python examples/mnist/study.py --help
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

import search
from application.command_line import Parser
from application.config import OptionError
from application.outcome import run_command
from application.run import write_text
from application.study.comparison import (
    EMULATED,
    FIELDS,
    SOUND,
    cells,
    folder_of,
    format_comparison,
    format_csv,
    read_rows,
)
from application.study.pictures import plot_study

STUDIES = Path(__file__).resolve().parent / "studies"
EPILOG = """
All other options are those of search.py, for all trials: --workers, --seed, --epochs, --dataset ... What a study tries
stands in examples/mnist/studies. The exit status is that of search.py.
"""


def parse(arguments: Sequence[str]) -> tuple[list[str], argparse.Namespace, list[str]]:
    """Return the studies that are named, the options of this script, and those for search.py.

    Raises
    ------
    OptionError
        If there is no such study, or none is named.
    """
    parser = Parser(
        prog="study.py",
        usage=f"study.py {{{','.join(FIELDS)}}} ... [--emulate] [--output FOLDER] [options of search.py]",
        description="Repeat the published study, and compare the accuracies with those that were published.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--emulate", action="store_true", help="train with the published step instead of a sound one")
    parser.add_argument(
        "--output", type=Path, default=Path("runs/study"), help="folder of all studies (default: runs/study)"
    )
    names = list(takewhile(lambda argument: not argument.startswith("-"), arguments))
    options, others = parser.parse_known_args(arguments[len(names) :])
    for name in names:
        if name not in FIELDS:
            raise OptionError(f"there is no study {name!r}; there are {', '.join(FIELDS)}")
    if not names:
        raise OptionError(f"name the studies before all options: {', '.join(FIELDS)}")
    return names, options, others


def compare(root: Path, name: str) -> None:
    """Print and write what is known of a study beside what was published of it."""
    rows = read_rows(root, name)
    table = cells(rows, name)
    print(format_comparison(table))
    files = [root / f"{name}.csv", root / f"{name}.png"]
    write_text(files[0], format_csv(table))
    if not plot_study(rows, name, files[1]):
        files.pop()
    print(f"[{name}] wrote {', '.join(file.name for file in files)} into {root}", flush=True)


def run(arguments: Sequence[str]) -> int:
    """Run the studies that a command line names, and return the exit status of the first that fails, or 0."""
    names, options, others = parse(arguments)
    version = EMULATED if options.emulate else SOUND
    for name in names:
        folder = folder_of(options.output, name, version)
        files = ["--config", str(STUDIES / version / "config.json"), "--space", str(STUDIES / version / f"{name}.json")]
        print(f"[{name}] search.py {' '.join([*files, *others])} --output {folder}", flush=True)
        status = search.main([*files, *others, "--output", str(folder)])
        if status:
            return status
        compare(options.output, name)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("study.py", lambda: run(sys.argv[1:] if arguments is None else arguments))


if __name__ == "__main__":
    sys.exit(main())
