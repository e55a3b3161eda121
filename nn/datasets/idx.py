"""IDX, the file format of MNIST: a header that says type and shape, then the numbers, big-endian and in C order.

======  =====================================================
offset  what stands there
======  =====================================================
0       two zero bytes
2       the type code, a key of :data:`TYPES`
3       the number of dimensions
4       the size of each dimension, unsigned 32-bit
then    the numbers, the last dimension varying fastest
======  =====================================================

The format is described at http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

from __future__ import annotations

import math
import os
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DataError

if TYPE_CHECKING:
    import gzip
    import io

    from numpy.typing import ArrayLike

TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}

GZIP_MAGIC = b"\x1f\x8b"
CHUNK = 1 << 18

# What people save under an IDX file's name by mistake, by its first bytes.
LOOKALIKES = {
    b"<": "a web page, as a login page or a proxy sends in a file's place: delete it and fetch the file again",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"version https://git-lfs": "a Git LFS pointer: run `git lfs pull` first",
    b"\x93NUMPY": "a NumPy file: read it with numpy.load",
}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an IDX file, compressed with gzip or not, which its first bytes tell.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    numpy.ndarray
        A new, writable array of the file's shape and type, in native byte order.

    Raises
    ------
    DataError
        If the file is damaged, holds more or less than its header declares, or is no IDX file. Never more is unpacked
        than the header declares.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "digits.idx.gz")
    ...     write_idx(path, np.arange(6, dtype=np.uint8).reshape(2, 3))
    ...     read_idx(path)
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint8)
    """
    with open(path, "rb") as file:
        return parse_idx(file.read(), os.fspath(path))


def write_idx(path: str | os.PathLike[str], array: ArrayLike) -> None:
    """Write an array as an IDX file, compressed with gzip if the name ends in ``.gz``.

    The same array gives the same bytes each time: the compressed file holds no time stamp.

    Parameters
    ----------
    path : str or path-like
        The file, which is overwritten.
    array : array_like
        Of type uint8, int8, int16, int32, float32 or float64, in any byte and memory order.

    Raises
    ------
    TypeError
        If IDX has no code for the array's type.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "labels.idx")
    ...     write_idx(path, np.array([7, 2], np.uint8))
    ...     path.read_bytes().hex(" ")
    '00 00 08 01 00 00 00 02 07 02'
    """
    content = encode_idx(np.asarray(array))
    if os.fspath(path).endswith(".gz"):
        import gzip

        content = gzip.compress(content, 6, mtime=0)
    with open(path, "wb") as file:
        file.write(content)


def encode_idx(array: np.ndarray) -> bytes:
    """Return what an uncompressed IDX file of an array holds."""
    big_endian = array.dtype.newbyteorder(">")
    for code, dtype in TYPES.items():
        if dtype == big_endian:
            header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
            return header + array.astype(big_endian, copy=False).tobytes()
    known = ", ".join(dtype.name for dtype in TYPES.values())
    raise TypeError(f"IDX holds {known}, not {array.dtype}: convert the array first, as with array.astype('uint8')")


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """Parse what an IDX file holds, as :func:`read_idx` does; ``name`` stands in the errors."""
    import gzip
    import io
    import zlib

    stream: io.BytesIO | gzip.GzipFile = io.BytesIO(content)
    if content.startswith(GZIP_MAGIC):
        stream = gzip.GzipFile(fileobj=stream)
    try:
        dtype, shape = _read_header(stream, name)
        size = math.prod(shape) * dtype.itemsize
        # One byte more than is due shows what should not be there, and has gzip check its sum.
        body = _read_up_to(stream, size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name} is a damaged gzip file ({error}); delete it and fetch it again") from error
    if len(body) != size:
        held = "more" if len(body) > size else f"only {len(body)}"
        raise DataError(
            f"{name} is damaged: its header declares {dtype.name} of shape {shape}, which takes {size} bytes after "
            f"the header, but it holds {held}; delete it and fetch it again"
        )
    try:
        array: np.ndarray = np.ndarray(shape, dtype, buffer=body)
    except ValueError as error:
        raise DataError(f"{name} declares the shape {shape}, which no NumPy array can have ({error})") from error
    return array if dtype.itemsize == 1 else array.astype(dtype.newbyteorder("="))


def _read_header(stream: io.BytesIO | gzip.GzipFile, name: str) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = stream.read(32)
    if not magic:
        raise DataError(f"{name} is empty, not an IDX file; delete it and fetch it again")
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES:
        codes = ", ".join(f"{code:02x}" for code in TYPES)
        found = next((what for start, what in LOOKALIKES.items() if magic.lstrip().startswith(start)), None)
        raise DataError(
            f"{name} is not an IDX file: expected it to start with 00 00 and a type code ({codes}), but it starts with "
            f"{magic[:4].hex(' ')}" + (f", like {found}" if found else "; delete it and fetch it again")
        )
    stream.seek(4)
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise DataError(f"{name} ends inside its header of {magic[3]} dimensions; delete it and fetch it again")
    return TYPES[magic[2]], struct.unpack(f">{magic[3]}I", sizes)


def _read_up_to(stream: io.BytesIO | gzip.GzipFile, size: int) -> bytearray:
    """Read ``size`` bytes or all there are; a file that promises too much gets no memory for its promise."""
    body = bytearray()
    while len(body) < size and (chunk := stream.read(min(CHUNK, size - len(body)))):
        body += chunk
    return body
