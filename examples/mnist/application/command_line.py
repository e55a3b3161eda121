"""The command line of train.py: an option for each field of the config, a config file, a run to resume."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any, NoReturn

from .config import Config, OptionError, flag
from .config_file import read_config
from .data import resolved
from .schedule import OPEN_ENDED

# what a resumed run may have otherwise, as it changes no figure
FREE = ("data_dir", "tensorboard", "capture")


@dataclass(frozen=True)
class Command:
    """What was asked for: options that were given, by field, and the folder of a run to resume, if any."""

    given: dict[str, Any]
    resume: Path | None


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Raise the error instead of printing all options."""
        raise OptionError(message)


def parse(arguments: Sequence[str] | None = None) -> Command:
    """Return what a command line and the config file that it names ask for; the command line has the last word.

    Raises
    ------
    OptionError
        If they are wrong.
    """
    parser = Parser(
        prog="train.py", description="Train a multilayer perceptron to classify images.", allow_abbrev=False
    )
    parser.add_argument("--config", metavar="FILE", help="YAML or JSON file of options; those given here come first")
    parser.add_argument("--resume", metavar="RUN", help="go on with the run in this folder, which was interrupted")
    for f in fields(Config):
        if not f.metadata["from_data"]:
            add_option(parser, f)
    given = vars(parser.parse_args(arguments))
    file, resume = given.pop("config"), given.pop("resume")
    from_file = read_config(file) if file is not None else {}
    return Command(from_file | given, None if resume is None else Path(resume))


def add_option(parser: argparse.ArgumentParser, f: Field[Any]) -> None:
    """Add the option of a field; it stands in the result only if it is given."""
    kind, shown = f.metadata["kind"], str(f.default)
    if f.metadata["many"]:
        shown = " ".join(map(str, Config.from_dict({}).as_dict()[f.name]))
    text = f.metadata["help"] + ("" if f.default is None else f" (default: {shown})")
    text = text.replace("%", "%%")
    argument: dict[str, Any] = {"help": text, "default": argparse.SUPPRESS}
    if kind is bool:
        argument["action"] = argparse.BooleanOptionalAction
    else:
        argument |= {"type": kind, "choices": f.metadata["choices"], "nargs": "*" if f.metadata["many"] else None}
    parser.add_argument(flag(f.name), **argument)


def continued(config: Config, given: dict[str, Any], folder: Path) -> Config:
    """Return the config with which to resume the run in `folder`, which has `config`.

    Options may be given again. The epochs may be more than they were if the learning rates of those that were done do
    not depend on their number.

    Raises
    ------
    OptionError
        If an option that was given would make it another run.
    """
    wanted = replace(config, **given)
    wanted = replace(wanted, dataset=resolved(wanted.dataset))
    for name in given:
        old, new = getattr(config, name), getattr(wanted, name)
        if old == new or name in FREE:
            continue
        stays = f"--resume {folder}: {flag(name)} is {old} in this run and cannot become {new}"
        if name != "epochs" or new < old:
            raise OptionError(f"{stays}; leave it out, or begin a new run")
        if config.schedule not in OPEN_ENDED or config.warmup:
            raise OptionError(
                f"{stays}, since the learning rates of --schedule {config.schedule}"
                f"{' with --warmup' if config.warmup else ''} depend on it; begin a new run"
            )
    return wanted
