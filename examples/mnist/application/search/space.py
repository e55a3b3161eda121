"""What a search may choose from: lists and ranges of values of the config's fields."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any

import numpy as np

from ..config import Config, OptionError, conform, flag
from ..config_file import parse_file

# what says which data there are, and where things are kept, is the same in all trials: else they could not be compared
SAME_IN_ALL = ("dataset", "data_dir", "validation", "split", "train_size", "seed", "capture", "output", "tensorboard")
FIELDS: dict[str, Field[Any]] = {
    f.name: f for f in fields(Config) if not f.metadata["from_data"] and f.name not in SAME_IN_ALL
}

# names of lists beside the regular plural
OTHER_NAMES = {"lr": ("learning_rates",), "hidden": ("hidden_sizes", "widths"), "loss": ("losses",)}


@dataclass(frozen=True)
class Choices:
    """Some values of the field `name`, each once, in the order in which they were given."""

    name: str
    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Return one of them."""
        return self.values[int(rng.integers(len(self.values)))]

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON knows them."""
        return {"values": [as_json(value) for value in self.values]}

    def place(self, value: Any) -> int:
        """Return the place of a value among all; it may come from a record, where JSON has made lists of tuples."""
        return [as_json(each) for each in self.values].index(as_json(value))


@dataclass(frozen=True)
class Interval:
    """All values of the field `name` from `low` to `high`, both included, evenly or, if `log`, evenly in logarithm."""

    name: str
    low: float
    high: float
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return FIELDS[self.name].metadata["kind"] is int

    def draw(self, rng: np.random.Generator) -> Any:
        """Return one of them; a whole number stands for all that would be rounded to it."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole else (self.low, self.high)
        value = math.exp(rng.uniform(math.log(low), math.log(high))) if self.log else rng.uniform(low, high)
        value = min(max(round(value) if self.whole else value, self.low), self.high)
        return self.value(value)

    def value(self, number: float) -> Any:
        """Return a number as a value of the field: of sizes of layers it is the only one."""
        return conform(FIELDS[self.name], [number] if FIELDS[self.name].metadata["many"] else number)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it."""
        return {"low": self.low, "high": self.high, "log": self.log}


Dimension = Choices | Interval
Space = dict[str, Dimension]
Point = dict[str, Any]


def as_json(value: Any) -> Any:
    """Return a value as JSON would give it back."""
    return list(value) if isinstance(value, tuple) else value


def key(point: Mapping[str, Any]) -> str:
    """Return a text that two points share if they are the same."""
    return json.dumps({name: as_json(value) for name, value in sorted(point.items())})


def show(value: Any) -> str:
    """Return a value as people write it."""
    if isinstance(value, list | tuple):
        return "-".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def plurals(name: str) -> list[str]:
    """Return the options, without dashes, that list values of a field."""
    regular = [] if name.endswith("s") else [f"{name}s"]
    return [*OTHER_NAMES.get(name, ()), *regular]


# every name under which a file may speak of a field
NAMES = {other: name for name in FIELDS for other in (name, *plurals(name))}


# ---- from the command line


def parse_words(name: str, words: Sequence[str]) -> Dimension:
    """Return what the words after an option say: values, or LOW:HIGH or LOW:HIGH:log.

    Raises
    ------
    OptionError
        If they cannot be values of the field.
    """
    if len(words) == 1 and ":" in words[0]:
        low, high, *log = words[0].split(":")
        if log not in ([], ["log"]):
            raise OptionError(f"{flag(plurals(name)[0])} {words[0]}: a range is LOW:HIGH or LOW:HIGH:log")
        return make_interval(name, _read(name, low), _read(name, high), bool(log))
    return make_choices(name, [_parse(name, word) for word in words])


def _parse(name: str, word: str) -> Any:
    if not FIELDS[name].metadata["many"]:
        return _read(name, word)
    return [] if word == "none" else [_read(name, size) for size in word.replace(",", "-").split("-")]


def _read(name: str, word: str) -> Any:
    """Return a word as a value of the field's kind; what is none is left for `conform` to refuse."""
    kind = FIELDS[name].metadata["kind"]
    if kind is bool:
        return {"true": True, "false": False}.get(word, word)
    try:
        return kind(word)
    except ValueError:
        return word


# ---- from a file


def read_space(path: str) -> Space:
    """Return the space that a YAML or JSON file describes: a list, or low, high and log, for each of some fields.

    Raises
    ------
    OptionError
        If the file cannot be read, or says something else; it names the file.
    """
    content = parse_file("--space", path)
    if not isinstance(content, dict) or not content:
        raise OptionError(
            f"{path} must map options to lists or ranges, as in `lr: [0.1, 0.01]`, not hold {content!r:.60}"
        )
    space: Space = {}
    for given, described in content.items():
        name = NAMES.get(str(given).replace("-", "_"))
        if name is None:
            raise OptionError(f"{path}: {given!r} cannot be searched; what can is {', '.join(FIELDS)}")
        if name in space:
            raise OptionError(f"{path}: {given!r} is there twice, as {name} is the same")
        try:
            space[name] = _describe(name, described)
        except OptionError as error:
            raise OptionError(f"{path}: {error}") from None
    return space


def _describe(name: str, described: Any) -> Dimension:
    if isinstance(described, list):
        if FIELDS[name].metadata["many"] and not all(isinstance(value, list) for value in described):
            raise OptionError(f"each value of {name} is a list itself, as in `{name}: [[128], [256, 128]]`")
        return make_choices(name, described)
    if isinstance(described, dict) and {"low", "high"} <= described.keys() <= {"low", "high", "log"}:
        log = described.get("log", False)
        if not isinstance(log, bool):
            raise OptionError(f"log of {name} must be true or false, not {log!r}")
        return make_interval(name, described["low"], described["high"], log)
    raise OptionError(f"{name} must be a list, or have low, high and, if wanted, log: true, not {described!r:.60}")


# ---- checked


def make_choices(name: str, values: Sequence[Any]) -> Choices:
    """Return values of a field, each checked and once."""
    if not values:
        raise OptionError(f"{flag(name)}: a search needs at least one value to choose from")
    return Choices(name, tuple(dict.fromkeys(conform(FIELDS[name], value) for value in values)))


def make_interval(name: str, low: Any, high: Any, log: bool) -> Interval:
    """Return a range of values of a field, its ends checked."""
    f = FIELDS[name]
    if f.metadata["kind"] not in (int, float):
        raise OptionError(f"{flag(name)} has no range, as its values are no numbers: give a list")
    ends = [conform(f, [end] if f.metadata["many"] else end) for end in (low, high)]
    low, high = (end[0] if f.metadata["many"] else end for end in ends)
    if not low < high or (log and low <= 0):
        raise OptionError(
            f"{flag(name)}: a range goes from a lower to a higher number{', both above 0' if log else ''}, not from "
            f"{low} to {high}"
        )
    return Interval(name, low, high, log)
