"""A multilayer perceptron as a classifier of arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

import tinygrad_np as tg

from ..container import Sequential
from ..functional import log_softmax, softmax
from ..linear import Linear
from . import training, validation
from .protocol import Classifier

Array = np.ndarray

ROWS = 4096  # that are predicted at once: more take more memory and no less time

# What the numbers among the parameters may be: their kind, the lowest, the highest, and whether these two may be taken.
NUMBERS: dict[str, tuple[type, float, float, str]] = {
    "batch_size": (Integral, 1, math.inf, "[)"),
    "lr": (Real, 0, math.inf, "()"),
    "epochs": (Integral, 1, math.inf, "[)"),
    "momentum": (Real, 0, 1, "[)"),
    "weight_decay": (Real, 0, math.inf, "[)"),
    "dropout": (Real, 0, 1, "[)"),
    "label_smoothing": (Real, 0, 1, "[]"),
    "validation_fraction": (Real, 0, 1, "()"),
    "n_iter_no_change": (Integral, 1, math.inf, "[)"),
    "tol": (Real, 0, math.inf, "[)"),
}
OPTIONAL = ("lr", "tol")  # may be None


class MLPClassifier(Classifier):
    """A multilayer perceptron that learns classes from arrays, by scikit-learn's protocol.

    Layers ``h = a(h W' + b)`` with the activation a, at the end ``p = softmax(h W' + b)``, the probabilities of the
    classes.  What is made small is the cross-entropy ``-sum(w_i log p_i[y_i]) / sum(w_i)`` over each batch, with the
    weights w of the samples, 1 if none are given.

    It works without scikit-learn; with it, it can be cloned, put into pipelines, searched and cross-validated, and
    passes ``check_estimator``.

    Parameters
    ----------
    hidden_sizes
        widths of the hidden layers; one number for a single layer, ``()`` for none.
    activation
        between layers: ``relu``, ``tanh``, ``sigmoid`` (also ``logistic``), ``identity``, ``leaky_relu``, ``elu``,
        ``selu``, ``gelu``, ``silu``, ``mish`` or ``softplus``.
    batch_size
        samples in a batch; where there are fewer, all are one.
    lr
        learning rate.  None takes 0.1 for SGD, 0.01 for Adagrad, 0.001 for the others.
    epochs
        how often to go through the samples at most.
    optimizer
        ``sgd``, ``adam``, ``adamw``, ``nadam``, ``rmsprop`` or ``adagrad``.
    momentum, nesterov
        of SGD; the other optimizers leave them out.
    weight_decay
        of the optimizer.
    dropout
        the probability of a hidden unit to be dropped while training.
    label_smoothing
        the part of each target that is spread evenly over all classes.
    schedule
        of the learning rate, epoch by epoch: ``constant``; ``linear`` or ``cosine``, which fall to 0.
    class_weight
        factors of the samples of each class: a mapping, ``"balanced"`` for the same weight to each class, or None.
    early_stopping
        whether to hold samples out, stop when the accuracy on them rises no more, and keep the best weights.
    validation_fraction
        of the samples, to hold out.
    n_iter_no_change, tol
        stop after so many epochs in which the loss has not fallen by `tol`, or, with `early_stopping`, the accuracy has
        not risen by it.  With ``tol=None`` all epochs are gone through.
    warm_start
        whether `fit` goes on from the weights that it finds.
    random_state
        seed, generator, or None for the generator that `tinygrad_np.manual_seed` sets.
    verbose
        whether to show a progress bar.

    Attributes
    ----------
    classes_
        the distinct labels in order, shape (C,).
    n_features_in_, feature_names_in_
        number of features, and their names if X was a data frame.
    model_
        the network, an `nn.Sequential`.
    coefs_, intercepts_
        its weights, shapes (inputs, outputs), and biases, layer by layer; copies.
    n_iter_
        epochs gone through since the weights were drawn.
    loss_, best_loss_, loss_curve_
        mean loss of the last epoch, the lowest one, and all.
    validation_scores_, best_validation_score_
        accuracy on samples held out, epoch by epoch, and the highest; None without such samples.
    n_layers_, n_outputs_, out_activation_
        as scikit-learn's has them: layers with the input, classes, ``"softmax"``.

    Notes
    -----
    float64 features are computed with in float64, all others in float32.

    A single sample of shape (F,) counts as one row.  In clones, which scikit-learn's tools make and fit, it is an error
    that says to reshape it, as `check_estimator` asks of every estimator.

    A weight has the effect of repeating the sample so often, exactly so if the samples fit into one batch; in smaller
    batches only on average.

    References
    ----------
    Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323, 1986; for the
    protocol Buitinck et al., "API design for machine learning software", 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from nn import MLPClassifier
    >>> x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array(["same", "other", "other", "same"])
    >>> model = MLPClassifier([16], lr=0.5, epochs=300, random_state=0).fit(x, y)
    >>> model.predict(x)
    array(['same', 'other', 'other', 'same'], dtype='<U5')
    >>> model.predict(x[1])
    array(['other'], dtype='<U5')
    >>> model.score(x, y)
    1.0
    """

    def __init__(
        self,
        hidden_sizes: Any = (100,),
        activation: str = "relu",
        batch_size: int = 200,
        lr: float | None = None,
        epochs: int = 200,
        *,
        optimizer: str = "sgd",
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        schedule: str = "constant",
        class_weight: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float | None = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_sizes = hidden_sizes
        self.activation = activation
        self.batch_size = batch_size
        self.lr = lr
        self.epochs = epochs
        self.optimizer = optimizer
        self.momentum = momentum
        self.nesterov = nesterov
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.schedule = schedule
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None) -> Self:
        """Learn from samples, from new weights unless `warm_start`, and return the classifier.

        Parameters
        ----------
        X
            features, shape (N, F).
        y
            labels, shape (N,): integers, strings, booleans or whatever can be sorted.
        sample_weight
            shape (N,), not negative.
        validation_data
            a pair of features and labels, to record the accuracy on after each epoch; with `early_stopping` they are
            what decides, and nothing is held out.

        Raises
        ------
        TypeError
            If X is sparse.
        ValueError
            If a parameter or the data make no sense, or the loss grows beyond all bounds.
        """
        hidden = self._checked_parameters()
        x, labels = self._pair(X, y)
        weights = validation.as_weights(sample_weight, len(x))
        classes, positions = validation.distinct(labels)
        if self.warm_start and self.__sklearn_is_fitted__():
            self._check_same(X, x, classes, hidden)
            x = self._in_dtype(x)
        else:
            self._begin(X, x, classes, hidden)
        samples = training.Samples(x, positions, self._with_class_weights(positions, weights)).that_count()
        held = None
        if validation_data is not None:
            x, labels = self._pair(*validation_data)
            self._check_features(validation_data[0], x)
            held = training.Samples(self._in_dtype(x), validation.positions_among(classes, labels))
        elif self.early_stopping:
            kept, out = training.hold_out(samples.positions, self.validation_fraction, self._seed)
            samples, held = samples.at(kept), samples.at(out)
        self._optimizer = self._new_optimizer()
        self._train(training.make_loader(samples, int(self.batch_size), self._seed), held)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go through these samples once, from the weights and the optimizer's state that are there.

        Parameters
        ----------
        X, y, sample_weight
            as in `fit`.
        classes
            all labels that will ever come, in the first call.

        Raises
        ------
        ValueError
            As in `fit`; if the first call has no `classes`, a later one others, y one that is not among them; and with
            ``class_weight="balanced"``, as the numbers of all samples are not known.

        Examples
        --------
        >>> from nn import MLPClassifier
        >>> model = MLPClassifier(random_state=0)
        >>> for x, y in [([[0.0]], ["low"]), ([[1.0]], ["high"])] * 50:
        ...     _ = model.partial_fit(x, y, classes=["high", "low"])
        >>> model.predict([[0.1], [0.9]])
        array(['low', 'high'], dtype='<U4')
        """
        hidden = self._checked_parameters()
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight='balanced' needs all samples at once: give partial_fit a mapping of weights")
        x, labels = self._pair(X, y)
        weights = validation.as_weights(sample_weight, len(x))
        fitted = self.__sklearn_is_fitted__()
        if classes is not None:
            known, _ = validation.distinct(validation.as_labels(classes, type(self).__name__))
        elif fitted:
            known = self.classes_
        else:
            raise ValueError("classes must be passed on the first call to partial_fit: all labels that will come")
        positions = validation.positions_among(known, labels)
        if fitted:
            self._check_same(X, x, known, hidden)
        else:
            self._begin(X, x, known, hidden)
            self._optimizer = self._new_optimizer()
        samples = training.Samples(self._in_dtype(x), positions, self._with_class_weights(positions, weights))
        loader = training.make_loader(samples.that_count(), int(self.batch_size), self._seed)
        self._optimizer.param_groups[0]["lr"] = self._rate()
        self._epoch(loader)
        return self

    def _begin(self, X: Any, x: Array, classes: Array, hidden: tuple[int, ...]) -> None:
        """Forget what was learnt and draw new weights."""
        seed = training.seed_of(self.random_state)
        sizes = (x.shape[1], *hidden, len(classes))
        self.model_ = training.make_network(sizes, self.activation, float(self.dropout), x.dtype, seed).eval()
        self._seed = seed
        self.classes_ = classes
        self.n_features_in_ = x.shape[1]
        self.n_outputs_, self.n_layers_, self.out_activation_ = len(classes), len(sizes), "softmax"
        self.n_iter_ = 0
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] | None = None
        names = validation.feature_names(X)
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _train(self, loader: Any, held: training.Samples | None) -> None:
        """Go through the epochs, until there is no progress any more."""
        if held is not None and self.validation_scores_ is None:
            self.validation_scores_ = []
        patience = training.Patience(self.n_iter_no_change, self.tol, self.model_ if self.early_stopping else None)
        factor = training.SCHEDULES[self.schedule]
        for epoch in self._progress():
            self._optimizer.param_groups[0]["lr"] = self._rate() * factor(epoch / self.epochs)
            self._epoch(loader)
            score = -self.loss_
            if held is not None and self.validation_scores_ is not None:
                right = self._probabilities(held.x).argmax(1) == held.positions
                accuracy = float(np.average(right, weights=held.weights))
                self.validation_scores_.append(accuracy)
                score = accuracy if self.early_stopping else score
            if patience.is_over(score):
                break
        patience.restore()

    def _epoch(self, loader: Any) -> None:
        """Go through the samples once; what is drawn depends on the seed and on the number of the epoch."""
        loader.set_epoch(self.n_iter_)
        self.model_.train()
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite is an error anyway
                loss = training.train_epoch(self.model_, self._optimizer, loader, float(self.label_smoothing))
        finally:
            self.model_.eval()
        self.n_iter_ += 1
        self.loss_curve_.append(loss)

    def _progress(self) -> Iterator[int]:
        """Yield the numbers of the epochs, and show them if `verbose`."""
        if not self.verbose:
            yield from range(self.epochs)
            return
        from tqdm import tqdm

        with tqdm(total=self.epochs, desc=type(self).__name__, unit="epoch") as bar:
            for epoch in range(self.epochs):
                yield epoch
                shown = {"loss": f"{self.loss_:.4f}"}
                if self.validation_scores_:
                    shown["accuracy"] = f"{self.validation_scores_[-1]:.4f}"
                bar.set_postfix(shown, refresh=False)
                bar.update()

    # ---- predicting

    def predict(self, X: Any) -> Array:
        """Return the most probable label of each sample, shape (N,).

        Parameters
        ----------
        X
            features of shape (N, F), or of a single sample, (F,), for which N is 1; see the notes of the class.

        Raises
        ------
        NotFittedError
            If nothing was learnt yet; scikit-learn's, where it is installed.
        ValueError
            If the features are others than in `fit`, or the shape does not fit.
        """
        most_probable = self.predict_proba(X).argmax(axis=1)
        return self.classes_[most_probable]

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, shape (N, C), in the order of `classes_`; X as in `predict`."""
        return self._probabilities(self._rows(X))

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`, without computing that first, so that none is -inf."""
        return self._probabilities(self._rows(X), log_softmax)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy: the part of the samples, by weight, whose labels are predicted."""
        predicted, labels = self.predict(X), validation.as_labels(y, type(self).__name__)
        self._check_lengths(predicted, labels)
        return float(np.average(predicted == labels, weights=validation.as_weights(sample_weight, len(labels))))

    def _rows(self, X: Any) -> Array:
        """Return the features of samples to predict, in the dtype of the network."""
        self._check_is_fitted()
        x = validation.as_features(X, type(self).__name__, single=not self._is_clone)
        self._check_features(X, x)
        return self._in_dtype(x)

    def _probabilities(self, x: Array, function: Callable[..., tg.Tensor] = softmax) -> Array:
        with tg.no_grad():
            parts = [function(self.model_(tg.from_numpy(x[i : i + ROWS])), 1).numpy() for i in range(0, len(x), ROWS)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    # ---- what was learnt

    @property
    def coefs_(self) -> list[Array]:
        """Copies of the weights of the layers, shapes (inputs, outputs)."""
        return [layer.weight.detach().numpy().T.copy() for layer in self._layers()]

    @property
    def intercepts_(self) -> list[Array]:
        """Copies of the biases of the layers, shapes (outputs,)."""
        return [layer.bias.detach().numpy().copy() for layer in self._layers() if layer.bias is not None]

    @property
    def loss_(self) -> float:
        """The mean loss of the last epoch."""
        self._check_is_fitted()
        return self.loss_curve_[-1]

    @property
    def best_loss_(self) -> float:
        """The lowest mean loss of an epoch."""
        self._check_is_fitted()
        return min(self.loss_curve_)

    @property
    def best_validation_score_(self) -> float | None:
        """The highest accuracy on samples held out, or None if there were none."""
        self._check_is_fitted()
        return max(self.validation_scores_) if self.validation_scores_ else None

    def _layers(self) -> list[Linear]:
        self._check_is_fitted()
        return [module for module in self.model_ if isinstance(module, Linear)]

    model_: Sequential

    # ---- checks

    def _checked_parameters(self) -> tuple[int, ...]:
        """Raise `ValueError` if a parameter makes no sense; return the hidden sizes as a tuple."""
        for name, (kind, low, high, ends) in NUMBERS.items():
            value = getattr(self, name)
            if value is None and name in OPTIONAL:
                continue
            right = isinstance(value, kind) and not isinstance(value, bool)
            right = right and (value >= low if ends[0] == "[" else value > low)
            if not (right and (value <= high if ends[1] == "]" else value < high)):
                what = "an integer" if kind is Integral else "a number"
                raise ValueError(f"{name} must be {what} in {ends[0]}{low}, {high}{ends[1]}, not {value!r}")
        tables: dict[str, dict[str, Any]] = {
            "activation": training.ACTIVATIONS,
            "optimizer": training.OPTIMIZERS,
            "schedule": training.SCHEDULES,
        }
        for name, table in tables.items():
            value = getattr(self, name)
            if not isinstance(value, str) or value not in table:
                raise ValueError(f"{name} must be one of {', '.join(map(repr, table))}, not {value!r}")
        sizes: list[Any] = [self.hidden_sizes] if np.ndim(self.hidden_sizes) == 0 else list(self.hidden_sizes)
        if not all(isinstance(size, int | np.integer) and not isinstance(size, bool) and size >= 1 for size in sizes):
            raise ValueError(f"hidden_sizes must be widths of layers, integers from 1, not {self.hidden_sizes!r}")
        return tuple([int(size) for size in sizes])

    def _pair(self, X: Any, y: Any) -> tuple[Array, Array]:
        """Return features and labels as arrays of the same length."""
        owner = type(self).__name__
        x, labels = validation.as_features(X, owner), validation.as_labels(y, owner)
        self._check_lengths(x, labels)
        return x, labels

    def _check_lengths(self, x: Array, labels: Array) -> None:
        if len(x) != len(labels):
            raise ValueError(f"X has {len(x)} samples and y has {len(labels)} labels: the numbers must be the same")

    def _check_features(self, X: Any, x: Array) -> None:
        """Raise `ValueError` unless features, as given and as an array, have the names and the number of `fit`'s."""
        validation.check_feature_names(X, getattr(self, "feature_names_in_", None), type(self).__name__)
        if x.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {x.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} features "
                "as input"
            )

    def _check_same(self, X: Any, x: Array, classes: Array, hidden: tuple[int, ...]) -> None:
        """Raise `ValueError` if new samples do not fit what was learnt."""
        self._check_features(X, x)
        if not np.array_equal(classes, self.classes_):
            raise ValueError(f"the classes are {classes}, but were {self.classes_}: call fit without warm_start")
        if hidden != tuple([layer.out_features for layer in self._layers()[:-1]]):
            raise ValueError(f"hidden_sizes became {hidden} after the weights were drawn: call fit without warm_start")

    def _with_class_weights(self, positions: Array, weights: Array | None) -> Array | None:
        """Return the weights of the samples times those of their classes."""
        if self.class_weight is None:
            return weights
        factors = validation.weights_of_classes(self.class_weight, self.classes_, positions, weights)[positions]
        product = factors if weights is None else factors * weights
        if not product.any():
            raise ValueError("class_weight leaves no sample a weight above zero")
        return product

    def _in_dtype(self, x: Array) -> Array:
        """Return features in the dtype of the network."""
        return x.astype(self.model_[0].weight.dtype, copy=False)

    def _rate(self) -> float:
        return float(training.OPTIMIZERS[self.optimizer][1] if self.lr is None else self.lr)

    def _new_optimizer(self) -> Any:
        return training.make_optimizer(
            self.optimizer,
            self.model_.parameters(),
            self._rate(),
            float(self.momentum),
            bool(self.nesterov),
            float(self.weight_decay),
        )
