"""Configs in files: YAML, or JSON, which needs no package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from .config import Config, OptionError, conform


def read_config(path: str) -> dict[str, Any]:
    """Return the options that a file gives, by the names of the config's fields, each checked by itself.

    Raises
    ------
    OptionError
        If the file cannot be read, is neither YAML nor JSON, or holds an unknown option or a wrong value; it names the
        file.
    """
    values = parse_file("--config", path)
    if not isinstance(values, dict):
        raise OptionError(f"{path} must map options to values, as in `lr: 0.1`, not hold {values!r:.60}")
    known = {f.name: f for f in fields(Config) if not f.metadata["from_data"]}
    options = {}
    for key, value in values.items():
        name = str(key).replace("-", "_")
        if name not in known:
            raise OptionError(f"{path}: there is no option {key!r}; train.py --help lists them")
        try:
            options[name] = conform(known[name], value)
        except OptionError as error:
            raise OptionError(f"{path}: {error}") from None
    return options


def parse_file(option: str, path: str) -> Any:
    """Return what the YAML or, if its name ends so, JSON file given by `option` holds.

    Raises
    ------
    OptionError
        If it cannot be read, or is neither.
    """
    try:
        content = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise OptionError(f"{option} {path} cannot be read: {reason}") from error
    return _parse_json(path, content) if Path(path).suffix == ".json" else _parse_yaml(path, content)


def _parse_json(path: str, content: str) -> Any:
    try:
        return json.loads(content, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise OptionError(f"{path} is not JSON: {error}") from error


def _unique(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return the entries of a mapping; of two under one name JSON and YAML would keep the last, silently."""
    names = [name for name, _ in pairs]
    if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
        raise ValueError(f"{twice!r} is there twice")
    return dict(pairs)


def _parse_yaml(path: str, content: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise OptionError(
            f"{path} needs the package PyYAML: pip install PyYAML, or give it as JSON in a .json file"
        ) from None
    try:
        _check_names(yaml.compose(content, Loader=yaml.SafeLoader))
        return yaml.safe_load(content) or {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OptionError(f"{path} is not YAML: {error}") from error


def _check_names(node: Any) -> None:
    """Raise `ValueError` if the mapping that is all of a YAML file names something twice."""
    if node is not None and node.id == "mapping":
        _unique([(name.value, value) for name, value in node.value if name.id == "scalar"])


def format_config(config: Config) -> str:
    """Return JSON that `read_config` reads; the folder of the run and what the data say are left out."""
    chosen = {f.name for f in fields(Config) if not f.metadata["from_data"]} - {"output"}
    return json.dumps({name: value for name, value in config.as_dict().items() if name in chosen}, indent=2) + "\n"
