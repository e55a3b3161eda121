"""Devices: there is one, and PyTorch's programs may name it."""

from __future__ import annotations

from typing import Any


def check_device(device: Any) -> None:
    """Raise `RuntimeError` unless `device` is None or the processor: ``"cpu"``, ``"cpu:0"`` or what prints so.

    Examples
    --------
    >>> check_device("cpu")
    >>> check_device("cuda")
    Traceback (most recent call last):
    RuntimeError: device cuda is not there: everything runs on cpu
    """
    if device is not None and str(device).split(":")[0] != "cpu":
        raise RuntimeError(f"device {device} is not there: everything runs on cpu")
