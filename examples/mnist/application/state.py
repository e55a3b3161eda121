"""Nested state as arrays by name and one text, so that it can be saved without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

import tinygrad_np as tg


def pack(state: Any) -> tuple[dict[str, Any], str]:
    """Return the tensors and arrays in nested dicts, lists and tuples by their paths, and all else as JSON.

    A dict becomes ``{"dict": [[key, value] ...]}``, for JSON's keys are text only; a list or tuple likewise; an array
    becomes ``{"array": path}``.
    """
    arrays: dict[str, Any] = {}

    def describe(value: Any, path: str) -> Any:
        if isinstance(value, tg.Tensor | np.ndarray):
            arrays[path] = value
            return {"array": path}
        if isinstance(value, Mapping):
            return {"dict": [[key, describe(entry, f"{path}/{key}".lstrip("/"))] for key, entry in value.items()]}
        if isinstance(value, list | tuple):
            entries = [describe(entry, f"{path}/{number}") for number, entry in enumerate(value)]
            return {"list" if isinstance(value, list) else "tuple": entries}
        return value

    return arrays, json.dumps(describe(state, ""))


def unpack(arrays: Mapping[str, Any], text: str) -> Any:
    """Return the state that `pack` took apart.

    Raises
    ------
    KeyError, ValueError, TypeError
        If these are not what it returned.
    """

    def build(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        ((kind, content),) = value.items()
        if kind == "array":
            return arrays[content]
        if kind == "dict":
            return {key: build(entry) for key, entry in content}
        return {"list": list, "tuple": tuple}[kind](map(build, content))

    return build(json.loads(text))
