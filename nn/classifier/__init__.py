"""Classifiers that are fitted and asked by scikit-learn's protocol, with or without scikit-learn."""

from .mlp import MLPClassifier

__all__ = ["MLPClassifier"]
