"""scikit-learn's protocol for classifiers: parameters, clones, tags and errors, without importing scikit-learn.

What is specific to scikit-learn is imported in the one method, or for the one error, that cannot do without.
"""

from __future__ import annotations

import inspect
from copy import deepcopy
from typing import Any, Self, TypeVar

Kind = TypeVar("Kind", bound=type[Exception])


class NotFittedError(ValueError, AttributeError):
    """A classifier is asked for something that it knows only after `fit`; scikit-learn's class where it is installed.

    Examples
    --------
    >>> from nn import MLPClassifier
    >>> try:
    ...     MLPClassifier().predict([[0.0, 1.0]])
    ... except ValueError as error:
    ...     print(type(error).__name__, error, sep=": ")
    NotFittedError: this MLPClassifier is not fitted yet: call fit, or partial_fit, first
    """


class DataConversionWarning(UserWarning):
    """Labels came in another shape than wanted; scikit-learn's class where it is installed."""


def shared_with_sklearn(own: Kind) -> Kind:
    """Return scikit-learn's error or warning of the same name, which its tools look for, or `own` without it."""
    try:
        from sklearn import exceptions
    except ImportError:
        return own
    theirs: Kind = getattr(exceptions, own.__name__)
    return theirs


class Classifier:
    """Base class of classifiers: the arguments of ``__init__``, stored unchanged, are the parameters.

    Everything that `fit` learns has a name that ends with an underscore.
    """

    _estimator_type = "classifier"  # scikit-learn before 1.6 asks for this, later versions for the tags
    _is_clone = False

    # ---- parameters

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Return the parameters' names and defaults."""
        arguments = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {argument.name: argument.default for argument in arguments}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; `deep` makes no difference, as none is an estimator with its own."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters, which the next `fit` uses, and return the classifier.

        Raises
        ------
        ValueError
            If there is no parameter of that name; then none is changed.

        Examples
        --------
        >>> from nn import MLPClassifier
        >>> MLPClassifier().set_params(epochs=3)
        MLPClassifier(epochs=3)
        """
        known = self._defaults()
        unknown = [name for name in params if name not in known]
        if unknown:
            raise ValueError(
                f"Invalid parameter {unknown[0]!r} for estimator {self}: choose from {', '.join(map(repr, known))}"
            )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """Show the parameters that differ from their defaults."""
        values = {name: (repr(getattr(self, name)), repr(default)) for name, default in self._defaults().items()}
        shown = [f"{name}={value}" for name, (value, default) in values.items() if value != default]
        return f"{type(self).__name__}({', '.join(shown)})"

    # ---- what scikit-learn calls

    def __sklearn_clone__(self) -> Self:
        """Return an unfitted classifier of the same parameters, which are copied.

        What scikit-learn's tools fit are clones, and these keep its rule that a single sample has to be reshaped.
        """
        twin = type(self)(**deepcopy(self.get_params()))
        twin._is_clone = True
        return twin

    def __sklearn_is_fitted__(self) -> bool:
        return bool(getattr(self, "loss_curve_", None))  # an epoch was gone through to its end

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            transformer_tags=None,
            regressor_tags=None,
            classifier_tags=ClassifierTags(),
        )

    def _check_is_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise shared_with_sklearn(NotFittedError)(
                f"this {type(self).__name__} is not fitted yet: call fit, or partial_fit, first"
            )
