"""The one table of operation cases: a module a family, mirroring ``tinygrad_np/ops``."""

import importlib
import pkgutil

from .case import Case

CASES: list[Case] = []
for _module in pkgutil.iter_modules(__path__):
    if _module.name != "case":
        CASES += importlib.import_module(f"{__name__}.{_module.name}").CASES
