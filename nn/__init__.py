"""Layers, losses and initial values for networks, over what `tinygrad_np` makes public."""

from typing import Any

from . import data, functional, init, optim, utils
from .activation import ReLU, Sigmoid, Tanh
from .container import ModuleDict, ModuleList, Sequential
from .dropout import Dropout
from .flatten import Flatten, Unflatten
from .linear import Identity, Linear
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropy,
    CrossEntropyLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from .module import Module, Parameter
from .optim import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from .optim.lr_scheduler import ReduceLROnPlateau, StepLR

__all__ = [
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropy",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "HuberLoss",
    "Identity",
    "KLDivLoss",
    "L1Loss",
    "Linear",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NAdam",
    "NLLLoss",
    "Parameter",
    "RMSprop",
    "ReLU",
    "ReduceLROnPlateau",
    "Sequential",
    "Sigmoid",
    "SmoothL1Loss",
    "StepLR",
    "Tanh",
    "Unflatten",
    "data",
    "functional",
    "init",
    "optim",
    "utils",
]


def __getattr__(name: str) -> Any:
    """Import `nn.datasets` when it is first used: downloading takes modules that training does without."""
    if name == "datasets":
        from importlib import import_module

        return import_module("nn.datasets")
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
