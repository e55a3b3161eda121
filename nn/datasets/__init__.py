"""Data sets to learn from, and the IDX format they come in."""

from .errors import DataError, DownloadError
from .idx import read_idx, write_idx

__all__ = ["DataError", "DownloadError", "read_idx", "write_idx"]
