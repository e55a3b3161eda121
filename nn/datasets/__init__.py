"""Data sets to learn from, and the IDX format they come in."""

from .digits import Digits, generate_digits
from .errors import DataError, DownloadError
from .idx import read_idx, write_idx
from .mnist import MNIST, FashionMNIST

__all__ = ["MNIST", "DataError", "Digits", "DownloadError", "FashionMNIST", "generate_digits", "read_idx", "write_idx"]
