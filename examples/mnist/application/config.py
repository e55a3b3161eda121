"""What can be chosen about a training run: one dataclass, which is the command line, the config file and the record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any, NamedTuple

from .model import ACTIVATIONS, BIASES, INITIALISATIONS, LOSSES, OUTPUT_ACTIVATIONS, PROBABILITIES
from .optimizer import OPTIMIZERS
from .schedule import SCHEDULES

DATASETS = ("mnist", "fashion-mnist", "digits")
SPLITS = ("random", "ordered")


class OptionError(ValueError):
    """An option, or the file of options, is not what it can be."""


class Range(NamedTuple):
    """What a number may be, in words and as a test, which nan does not pass."""

    words: str
    holds: Callable[[float], bool]


POSITIVE = Range("above 0", lambda value: value > 0)
AT_LEAST_0 = Range("at least 0", lambda value: value >= 0)
AT_LEAST_1 = Range("at least 1", lambda value: value >= 1)
BELOW_1 = Range("at least 0 and below 1", lambda value: 0 <= value < 1)
DEGREES = Range("from 0 to 180", lambda value: 0 <= value <= 180)
PIXELS = Range("from 0 to 1000", lambda value: 0 <= value <= 1000)  # no image of a perceptron is larger
SMOOTHNESS = Range("from 0.01 to 1000", lambda value: 0.01 <= value <= 1000)
DEVIATION = Range("above 0 and at most 1000", lambda value: 0 < value <= 1000)
PROBABILITY = Range("from 0 to 1", lambda value: 0 <= value <= 1)
SIZES = Range("positive sizes", lambda value: value >= 1)
FACTOR = Range("above 0 and at most 1", lambda value: 0 < value <= 1)
AMOUNT = Range(
    "a whole number of samples, or a fraction between 0 and 1",
    lambda value: 0 <= value < 1 or (value >= 1 and value == int(value)),
)


def option(
    default: Any,
    help: str,
    kind: type = str,
    allowed: Range | None = None,
    choices: Iterable[str] | None = None,
    from_data: bool = False,
) -> Any:
    """Declare a field: its default, its help, the type of its value or values, and which of them it takes.

    One with the default None may be None. One `from_data` cannot be chosen: the data say it.
    """
    metadata = {
        "help": help,
        "kind": kind,
        "allowed": allowed,
        "choices": None if choices is None else tuple(choices),
        "many": isinstance(default, tuple),
        "from_data": from_data,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Config:
    """Everything that a run depends on; the same config, machine and thread count give the same bits.

    Raises
    ------
    OptionError
        If a value has the wrong type or is out of its range, naming the option, the value and what is allowed.
    """

    dataset: str | None = option(
        None,
        f"{', '.join(DATASETS)} or a folder of IDX files named like MNIST's; by default mnist, or digits where mnist "
        "cannot be had",
    )
    data_dir: str | None = option(None, "folder of the data files; by default $TINYGRAD_NP_DATA, else the user's cache")
    validation: float = option(
        10_000,
        "how much of the training data is kept for choosing the best epoch: samples, or a part; 0: none, and the last "
        "epoch is kept",
        float,
        AMOUNT,
    )
    split: str = option(
        "random", "which samples these are: drawn by the seed, or, ordered, the last ones", choices=SPLITS
    )
    train_size: int = option(0, "samples to train on, of those that are left; 0: all", int, AT_LEAST_0)

    hidden: tuple[int, ...] = option((900,), "sizes of the hidden layers, none for softmax regression", int, SIZES)
    activation: str = option("relu", "activation of the hidden layers", choices=ACTIVATIONS)
    output_activation: str | None = option(
        None,
        "activation after the last layer; by default none with --loss ce, else sigmoid",
        choices=OUTPUT_ACTIVATIONS,
    )
    init: str = option(
        "default", "how weights are drawn; default: evenly in 1/sqrt(inputs), as PyTorch does", choices=INITIALISATIONS
    )
    init_std: float = option(0.01, "standard deviation of --init normal", float, DEVIATION)
    bias_init: str = option("default", "how biases begin; default: drawn as PyTorch does", choices=BIASES)
    dropout: float = option(0.3, "probability of dropping a hidden activation", float, BELOW_1)
    input_dropout: float = option(0.2, "probability of dropping a pixel", float, BELOW_1)
    normalize: bool = option(False, "bring the pixels of the training data to mean 0 and deviation 1", bool)

    deskew: float = option(
        0.0,
        "part of its slant, by its moments of inertia, that is taken from each image, whatever it is for",
        float,
        PROBABILITY,
    )
    rotate: float = option(0.0, "rotate training images by up to so many degrees", float, DEGREES)
    scale: float = option(0.0, "scale their height and their width by factors up to 1 ± this", float, BELOW_1)
    shear: float = option(0.0, "shear them by up to so many columns a row", float, PIXELS)
    shift: float = option(0.0, "shift them by up to so many pixels along each axis", float, PIXELS)
    elastic: float = option(0.0, "bend them, by a root mean square of so many pixels", float, PIXELS)
    elastic_sigma: float = option(4.0, "smoothness of --elastic in pixels", float, SMOOTHNESS)
    flip: float = option(0.0, "probability of mirroring them left to right", float, PROBABILITY)

    loss: str = option(
        "ce",
        "cross-entropy, or mean squared error, binary cross-entropy or half the squared error with one-hot classes",
        choices=LOSSES,
    )
    label_smoothing: float = option(0.0, "part of each target that is spread over all classes", float, BELOW_1)
    optimizer: str = option(
        "sgd", "how the weights follow the gradient; published: as in docs/study.md", choices=OPTIMIZERS
    )
    lr: float | None = option(
        None,
        "learning rate; by default " + ", ".join(f"{kind.lr:g} for {name}" for name, kind in OPTIMIZERS.items()),
        float,
        POSITIVE,
    )
    momentum: float = option(0.9, "momentum of sgd", float, BELOW_1)
    nesterov: bool = option(True, "whether it is Nesterov's", bool)
    weight_decay: float = option(
        0.0,
        "L2 penalty; with adamw, decay apart from the gradient; with published, the part of a weight that a step takes",
        float,
        AT_LEAST_0,
    )
    decay_biases: bool = option(True, "whether --weight-decay is for biases too", bool)
    schedule: str = option(
        "linear",
        "what becomes of the learning rate: it stays; is multiplied by --lr-gamma every --lr-step epochs, at once "
        "(step) or gradually (exponential); stays for a quarter of the training, then falls to 0 evenly (linear); "
        "falls to 0 as half a cosine wave does",
        choices=SCHEDULES,
    )
    lr_step: int = option(0, "epochs of --schedule step and exponential", int, AT_LEAST_0)
    lr_gamma: float = option(0.1, "factor of --schedule step and exponential", float, FACTOR)
    warmup: float = option(
        0.0, "part of the training in which the learning rate first rises, before --schedule begins", float, BELOW_1
    )
    rho: float = option(
        1.0, "factor of the learning rate from each epoch on whose validation accuracy falls", float, FACTOR
    )
    ema: float = option(
        0.0, "judge and keep averages of the weights, of which a step leaves this part; 0: the weights", float, BELOW_1
    )
    batch_size: int = option(200, "samples a step", int, AT_LEAST_1)
    epochs: int = option(12, "passes over the training data", int, AT_LEAST_1)
    patience: int = option(
        0, "end after so many epochs without a better validation accuracy than before; 0: never", int, AT_LEAST_0
    )
    seed: int = option(0, "of the initialisation, the split, the shuffles, dropout and augmentation", int, AT_LEAST_0)
    capture: bool = option(
        True, "capture the training step once and replay it, which is faster and gives the same bits", bool
    )
    output: str | None = option(None, "folder of the run; by default a new one in runs/")
    half: bool = option(False, "keep the best weights as float16, in half the space; they are tested as kept", bool)
    curves: bool = option(True, "draw the curves at the end, which takes longer than a short training", bool)
    tensorboard: bool = option(False, "write events for TensorBoard too; needs tensorboardX", bool)

    image: tuple[int, ...] = option((28, 28), "height and width of the images", int, SIZES, from_data=True)
    classes: int = option(10, "how many classes there are", int, AT_LEAST_1, from_data=True)

    def __post_init__(self) -> None:
        for f in fields(self):
            object.__setattr__(self, f.name, conform(f, getattr(self, f.name)))
        if self.validation >= 1 or not self.validation:
            object.__setattr__(self, "validation", int(self.validation))
        if not self.validation and (self.patience or self.rho < 1):
            name = "--patience" if self.patience else "--rho"
            raise OptionError(f"{name} follows the validation accuracy, which --validation 0 leaves out")
        if self.lr is None:
            object.__setattr__(self, "lr", OPTIMIZERS[self.optimizer].lr)
        if self.schedule in ("step", "exponential") and not self.lr_step:
            raise OptionError(f"--schedule {self.schedule} needs --lr-step, the epochs of a factor")
        if self.loss == "bce" and self.last_activation not in PROBABILITIES:
            raise OptionError(
                f"--loss bce needs an --output-activation between 0 and 1 ({', '.join(PROBABILITIES)}), not "
                f"{self.last_activation}"
            )

        if self.optimizer == "published" and self.weight_decay > 1:
            raise OptionError(
                "--optimizer published takes the part --weight-decay of the weights, at most 1, not "
                f"{self.weight_decay:g}"
            )

    @property
    def last_activation(self) -> str:
        """The activation after the last layer."""
        return self.output_activation or ("identity" if self.loss == "ce" else "sigmoid")

    @property
    def layers(self) -> str:
        """The sizes of all layers, as in ``784-900-10``."""
        return "-".join(map(str, (math.prod(self.image), *self.hidden, self.classes)))

    @property
    def network(self) -> str:
        """The layers and the activation, as in ``784-900-10 relu``; without a hidden layer there is none to name."""
        return f"{self.layers} {self.activation}" if self.hidden else self.layers

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as numbers, strings and lists."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Config:
        """Return the config that `as_dict` described; what it does not mention has its default.

        Raises
        ------
        OptionError
            If it mentions what is no option, or a value is wrong.
        """
        unknown = values.keys() - {f.name for f in fields(cls)}
        if unknown:
            raise OptionError(f"there is no option {min(unknown)!r}")
        return cls(**values)


def flag(name: str) -> str:
    """Return how the field called `name` is spelled on the command line."""
    return f"--{name.replace('_', '-')}"


def conform(f: Field[Any], value: Any) -> Any:
    """Return `value` in the type of field `f`, or raise `OptionError` if it has another type or is out of range."""
    if value is None and f.default is None:
        return None
    kind, allowed, choices = (f.metadata[key] for key in ("kind", "allowed", "choices"))
    if f.metadata["many"]:
        if not isinstance(value, list | tuple):
            raise OptionError(f"{flag(f.name)} must be a list, not {value!r}")
        values = tuple([convert(f.name, kind, v) for v in value])
    else:
        values = (convert(f.name, kind, value),)
    if allowed is not None and not all(allowed.holds(v) for v in values):
        raise OptionError(f"{flag(f.name)} must be {allowed.words}, not {' '.join(map(str, values))}")
    if choices is not None and values[0] not in choices:
        raise OptionError(f"{flag(f.name)} must be one of {', '.join(choices)}, not {value}")
    return values if f.metadata["many"] else values[0]


def convert(name: str, kind: type, value: Any) -> Any:
    """Return `value` as a bool, an int, a finite float or a string; only text that is a float is read."""
    expected = {bool: "true or false", int: "a whole number", float: "a finite number", str: "text"}[kind]
    fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if kind is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:  # YAML takes 1e-4, without a point, for text
            value = float(value)
            fits = math.isfinite(value)
        except (ValueError, OverflowError):
            fits = False
    if not fits:
        raise OptionError(f"{flag(name)} must be {expected}, not {value!r}")
    return value
