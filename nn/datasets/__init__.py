"""Data sets to learn from, and the IDX format they come in."""

from .idx import DataError, read_idx, write_idx

__all__ = ["DataError", "read_idx", "write_idx"]
