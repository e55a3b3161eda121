"""Layers, losses and initial values for networks, over what `tinygrad_np` makes public."""

from typing import TYPE_CHECKING, Any

from tinygrad_np.jit import observe
from tinygrad_np.lazy import lazy

from . import data, functional, init, optim, utils
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
    RReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from .averaging import ExponentialMovingAverage
from .container import ModuleDict, ModuleList, Sequential
from .convolution import Conv1d, Conv2d
from .dropout import AlphaDropout, Dropout
from .embedding import Embedding
from .flatten import Flatten, Unflatten
from .linear import Identity, Linear
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CrossEntropy,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    TripletMarginLoss,
)
from .module import Module, Parameter
from .normalization import BatchNorm1d, LayerNorm
from .optim import SGD, Adagrad, Adam, AdamW, NAdam, RMSprop
from .optim.lr_scheduler import ReduceLROnPlateau, StepLR
from .pooling import AdaptiveAvgPool2d, AvgPool2d, MaxPool2d

if TYPE_CHECKING:
    from tinygrad_np.jit import Tracer

    from . import augment, capture
    from .classifier import MLPClassifier

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
    "AdaptiveAvgPool2d",
    "AlphaDropout",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "Conv1d",
    "Conv2d",
    "CosineEmbeddingLoss",
    "CrossEntropy",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "ExponentialMovingAverage",
    "Flatten",
    "GaussianNLLLoss",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HingeEmbeddingLoss",
    "HuberLoss",
    "Identity",
    "KLDivLoss",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MLPClassifier",
    "MSELoss",
    "MarginRankingLoss",
    "MaxPool2d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NAdam",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "PoissonNLLLoss",
    "RMSprop",
    "RReLU",
    "ReLU",
    "ReLU6",
    "ReduceLROnPlateau",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "StepLR",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "TripletMarginLoss",
    "Unflatten",
    "augment",
    "capture",
    "data",
    "functional",
    "init",
    "optim",
    "utils",
]


# Imported when first used, since much of training does without; each name with the module to import.
LAZY = {
    "MLPClassifier": "nn.classifier",
    "augment": "nn.augment",
    "capture": "nn.capture",
    "classifier": "nn.classifier",
    "datasets": "nn.datasets",
}

__getattr__, __dir__ = lazy(globals(), LAZY)


@observe
def _patches(tracer: "Tracer") -> list[tuple[Any, str, Any]]:
    """Return what a captured step has to know of modules: loaded with the first step that is captured."""
    from .capture import patches

    return patches(tracer)
