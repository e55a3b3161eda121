"""Layers, losses and initial values for networks, over what `tinygrad_np` makes public."""

from typing import Any

from . import augment, data, functional, init, optim, utils
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from .averaging import ExponentialMovingAverage
from .classifier import MLPClassifier
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
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropy",
    "CrossEntropyLoss",
    "Dropout",
    "ExponentialMovingAverage",
    "Flatten",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HuberLoss",
    "Identity",
    "KLDivLoss",
    "L1Loss",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MLPClassifier",
    "MSELoss",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NAdam",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "RMSprop",
    "ReLU",
    "ReLU6",
    "ReduceLROnPlateau",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Softshrink",
    "Softsign",
    "StepLR",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "Unflatten",
    "augment",
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
