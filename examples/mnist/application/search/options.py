"""The command line of search.py: what is the same in all trials, what is searched, how, and by whom."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ..command_line import FREE, Parser, add_option
from ..config import Config, OptionError, conform, flag
from ..config_file import read_config
from .executors import EXECUTORS
from .records import PRUNERS, RECORDS
from .space import FIELDS, Space, as_json, parse_words, plurals, read_space
from .strategies import STRATEGIES, check

EPILOG = """
Every hyper-parameter has an option that lists its values, as in --learning-rates 0.1 0.01, --hidden-sizes 128 256-128
none, --nesterovs true false; LOW:HIGH or LOW:HIGH:log is a range. All options of train.py are accepted too, and are the
same in all trials. Names may be written with - or _. A search that was stopped goes on when the same command is given
again. The exit status is 0; 1 if the search cannot go on or no trial ended whole; 2 if an option is wrong.
"""


@dataclass(frozen=True)
class Command:
    """What was asked for.

    Attributes
    ----------
    given : options that are the same in all trials, by field.
    space : what is searched.
    """

    given: dict[str, Any]
    space: Space
    strategy: str
    trials: int
    pruner: str
    record: str | None
    storage: str | None
    executor: str
    address: str | None
    workers: int | None
    threads: int
    retrain: bool
    output: Path | None

    @property
    def shared(self) -> dict[str, Any]:
        """All options that are the same in all trials, those that were not given with their defaults."""
        own = (f for f in fields(Config) if not f.metadata["from_data"] and f.name not in self.space)
        defaults = Config().as_dict() | {"lr": None}  # each optimizer has its own
        return {f.name: conform(f, self.given.get(f.name, defaults[f.name])) for f in own}

    def identity(self, dataset: str) -> dict[str, Any]:
        """Return what makes it this search and no other; the number of trials and the workers may change."""
        shared = {name: as_json(value) for name, value in (self.shared | {"dataset": dataset}).items()}
        shared = {name: value for name, value in shared.items() if name not in ("output", *FREE)}
        space = {name: dimension.as_dict() for name, dimension in self.space.items()}
        return {"strategy": self.strategy, "pruner": self.pruner, "space": space, "config": shared}

    def folder(self, identity: dict[str, Any]) -> Path:
        """Return the folder of the search: for the same search the same."""
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:8]
        dataset = Path(str(identity["config"]["dataset"])).name
        return self.output or Path("runs") / f"search_{dataset}_{self.strategy}_{digest}"


def parse(arguments: Sequence[str]) -> Command:
    """Return what a command line asks for.

    Raises
    ------
    OptionError
        If it is wrong.
    """
    given = vars(_parser().parse_args([_dashes(argument) for argument in arguments]))
    lists = [option.removeprefix("list ") for option in given if option.startswith("list ")]  # as they were given
    listed = {name: parse_words(name, given.pop(f"list {name}")) for name in lists}
    own = {name: given.pop(f"own {name}") for name in OWN}
    fixed = {f.name: given[f.name] for f in fields(Config) if f.name in given}
    for name in listed.keys() & fixed.keys():
        raise OptionError(f"{flag(name)} cannot be the same in all trials and searched by {flag(plurals(name)[0])}")
    file, space_file = own.pop("config"), own.pop("space")
    space = (read_space(space_file) if space_file else {}) | listed
    for name in space.keys() & fixed.keys():
        raise OptionError(f"{flag(name)} cannot be the same in all trials and searched by --space {space_file}")
    fixed = (read_config(file) if file else {}) | fixed
    fixed = {name: value for name, value in fixed.items() if name not in space}
    output = fixed.pop("output", None)
    if fixed.pop("tensorboard", False):
        raise OptionError("--tensorboard is for train.py; the figures of all trials are in trials.json")
    if fixed.get("validation") == 0:
        raise OptionError("a search compares validation accuracies, which --validation 0 leaves out")
    check(own["strategy"], space)
    if own["strategy"] == "tpe" and own["record"] == "journal":
        raise OptionError("--strategy tpe is Optuna's, so it needs --record optuna")
    if own["pruner"] != "none" and own["record"] == "journal":
        raise OptionError(f"--pruner {own['pruner']} is Optuna's, so it needs --record optuna")
    if own["storage"] is not None and own["record"] == "journal":
        raise OptionError("--storage is of Optuna, so it needs --record optuna")
    return Command(fixed, space, output=None if output is None else Path(output), **own)


def _dashes(argument: str) -> str:
    """Return an argument with its name, if it has one, spelled with dashes."""
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return name.replace("_", "-") + equals + value


def _positive(word: str) -> int:
    try:
        number = int(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, not {word!r}") from None
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


OWN: dict[str, dict[str, Any]] = {
    "config": {"metavar": "FILE", "help": "YAML or JSON file of options that are the same in all trials"},
    "space": {"metavar": "FILE", "help": "YAML or JSON file of what is searched: lists, or ranges (low, high, log)"},
    "strategy": {
        "choices": STRATEGIES,
        "default": "grid",
        "help": "; ".join(f"{name}: {strategy.words}" for name, strategy in STRATEGIES.items()) + " (default: grid)",
    },
    "trials": {"type": _positive, "metavar": "N", "default": 20, "help": "how many, of random and tpe (default: 20)"},
    "pruner": {
        "choices": PRUNERS,
        "default": "none",
        "help": "end trials whose validation accuracy is low after some epochs; needs Optuna (default: none)",
    },
    "record": {
        "choices": RECORDS,
        "help": "who keeps the trials: Optuna, or a journal that needs no package (default: Optuna if it is installed)",
    },
    "storage": {"metavar": "URL", "help": "Optuna's storage, as sqlite:///file.db (default: a journal in the folder)"},
    "executor": {"choices": EXECUTORS, "default": "process", "help": "who trains (default: process)"},
    "address": {"metavar": "URL", "help": "of the scheduler of --executor dask, as tcp://host:8786"},
    "workers": {
        "type": _positive,
        "metavar": "N",
        "help": "trials at once (default: one a core, or a worker of dask)",
    },
    "threads": {
        "type": _positive,
        "metavar": "N",
        "default": 1,
        "help": "threads of BLAS in each process (default: 1)",
    },
    "retrain": {
        "action": "store_true",
        "help": "train the best on training and validation data together, and test it once",
    },
}


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="search.py",
        description="Search the hyper-parameters of train.py by validation accuracy.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    search = parser.add_argument_group("the search")
    for name, settings in OWN.items():
        search.add_argument(flag(name), dest=f"own {name}", **settings)
    lists: Any = parser.add_argument_group("what is searched")
    for name in FIELDS:
        if options := [flag(plural) for plural in plurals(name)]:
            text = f"values of {flag(name)}, or a range" if FIELDS[name].metadata["kind"] in (int, float) else None
            text = text or f"values of {flag(name)}"
            lists.add_argument(
                *options, dest=f"list {name}", nargs="+", metavar="VALUE", default=argparse.SUPPRESS, help=text
            )
    same: Any = parser.add_argument_group("the same in all trials, as of train.py")
    for f in fields(Config):
        if not f.metadata["from_data"]:
            add_option(same, f)
    return parser


