"""Layers, losses and initial values for networks, over what `tinygrad_np` makes public.

A name is imported when it is first used: most programs use few of them.
"""

from typing import TYPE_CHECKING, Any

from tinygrad_np.jit import observe
from tinygrad_np.lazy import lazy

if TYPE_CHECKING:
    from tinygrad_np.jit import Tracer

    from . import augment, capture, data, datasets, functional, init, optim, utils
    from .activation import *
    from .averaging import *
    from .classifier import *
    from .container import *
    from .convolution import *
    from .dropout import *
    from .embedding import *
    from .flatten import *
    from .linear import *
    from .loss import *
    from .module import *
    from .normalization import *
    from .optim import *
    from .optim.lr_scheduler import *
    from .pooling import *

# Every module, with the names that `nn` has from it.
MODULES = {
    "activation": (
        "CELU ELU GELU GLU SELU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish "
        "PReLU ReLU ReLU6 RReLU Sigmoid SiLU Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh "
        "Tanhshrink Threshold"
    ),
    "augment": "",
    "averaging": "ExponentialMovingAverage",
    "capture": "",
    "classifier": "MLPClassifier",
    "container": "ModuleDict ModuleList Sequential",
    "convolution": "Conv1d Conv2d",
    "data": "",
    "datasets": "",
    "dropout": "AlphaDropout Dropout",
    "embedding": "Embedding",
    "flatten": "Flatten Unflatten",
    "functional": "",
    "init": "",
    "linear": "Identity Linear",
    "loss": (
        "BCELoss BCEWithLogitsLoss CosineEmbeddingLoss CrossEntropy CrossEntropyLoss GaussianNLLLoss "
        "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MarginRankingLoss MSELoss MultiLabelSoftMarginLoss "
        "MultiMarginLoss NLLLoss PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss"
    ),
    "module": "Module Parameter",
    "normalization": "BatchNorm1d LayerNorm",
    "optim": "SGD Adagrad Adam AdamW NAdam RMSprop",
    "optim.lr_scheduler": "ReduceLROnPlateau StepLR",
    "pooling": "AdaptiveAvgPool2d AvgPool2d MaxPool2d",
    "utils": "",
}
LAZY = {module: f"nn.{module}" for module in MODULES if "." not in module}
LAZY |= {name: f"nn.{module}" for module, names in MODULES.items() for name in names.split()}
__all__ = sorted(LAZY)

__getattr__, __dir__ = lazy(globals(), LAZY)


@observe
def _patches(tracer: "Tracer") -> list[tuple[Any, str, Any]]:
    """Return what a captured step has to know of modules: loaded with the first step that is captured."""
    from .capture import patches

    return patches(tracer)
