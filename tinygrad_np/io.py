"""Save tensors to a file and load them: no pickle, so that a file from anywhere can be opened.

The suffix of the file says the format:

``.npz``
    NumPy's archive; `numpy.load` opens it too.  Metadata is its entry ``__metadata__``: JSON in UTF-8, as bytes.
``.safetensors``
    The format that PyTorch's world exchanges, by the ``safetensors`` library, an extra.

A file is written beside its destination and then renamed, so that there is always the old one or the new one, whole.
"""

from __future__ import annotations

import io
import json
import math
import os
import secrets
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .tensor import Tensor

METADATA = "__metadata__"  # reserved by safetensors too
EPOCH = (1980, 1, 1, 0, 0, 0)  # the time on every entry: equal tensors give equal files

# What stands under these suffixes by mistake, by its first bytes.
LOOKALIKES = {
    b"\x93NUMPY": "a single array: read it with numpy.load",
    b"\x80": "a pickle, which could run any code: save its tensors with this module or with safetensors",
    b"<": "a web page: a login page or a proxy answered in place of the file's server",
    b"version https://git-lfs": "a Git LFS pointer: run `git lfs pull` first",
}


def save(
    tensors: Mapping[str, Tensor | np.ndarray], path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors, and text that belongs to them, to a file, replacing it as a whole.

    Values, dtypes and shapes are kept exactly; no gradient and no history is.

    Parameters
    ----------
    tensors : tensors or arrays by name, such as ``module.state_dict()``.
    path : ends in ``.npz`` or ``.safetensors``.
    metadata : text by name, for `load_metadata`.

    Raises
    ------
    ValueError
        If the suffix is another one, or a name cannot be used.
    TypeError
        If something else than tensors or text is given.
    ImportError
        If the suffix is ``.safetensors`` and the library is not installed.
    OSError
        If the file cannot be written; one that was there before is unchanged.

    Examples
    --------
    >>> import tempfile, tinygrad_np as tg
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save({"weight": tg.tensor([1.0, 2.0])}, f"{folder}/model.npz", {"epoch": "3"})
    ...     load(f"{folder}/model.npz"), load_metadata(f"{folder}/model.npz")
    ({'weight': tensor([1., 2.])}, {'epoch': '3'})
    """
    path = Path(os.path.realpath(path))
    suffix = _suffix(path)
    arrays = {_checked_name(name): _array(name, value) for name, value in tensors.items()}
    metadata = dict(metadata or {})
    for key, text in metadata.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError(f"metadata is text by name, not {key!r}: {text!r}: convert it with str or json.dumps")
    content = _as_npz(arrays, metadata) if suffix == ".npz" else _as_safetensors(arrays, metadata)
    _write(path, content)


def load(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """Read the tensors of a file that `save`, `numpy.savez` or safetensors wrote.

    Parameters
    ----------
    path : ends in ``.npz`` or ``.safetensors``.

    Returns
    -------
    dict of Tensor, by name; they do not require grad.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, of another format, or holds something else than arrays of numbers.
    ImportError
        If the suffix is ``.safetensors`` and the library is not installed.
    """
    path, suffix = _existing(path)
    if suffix == ".safetensors":
        return {name: Tensor(array) for name, array in _safetensors(path)[0].items()}
    arrays = _npz(path, lambda name: name != METADATA)
    return {name: Tensor(array) for name, array in arrays.items()}


def load_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read the text that was saved with the tensors of a file, without the tensors; ``{}`` if there is none.

    Raises
    ------
    FileNotFoundError, ValueError, ImportError
        As `load` does.
    """
    path, suffix = _existing(path)
    if suffix == ".safetensors":
        return _safetensors(path, tensors=False)[1]
    entries = _npz(path, lambda name: name == METADATA)
    if METADATA not in entries:
        return {}
    try:
        return {str(key): str(text) for key, text in json.loads(entries[METADATA].tobytes().decode()).items()}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path} is damaged: its metadata is not JSON ({error})") from None


# ---- what both formats share


def _suffix(path: Path) -> str:
    if path.suffix not in (".npz", ".safetensors"):
        raise ValueError(f"{path} must end in .npz or .safetensors, which says the format, not in {path.suffix!r}")
    return path.suffix


def _existing(path: str | os.PathLike[str]) -> tuple[Path, str]:
    path = Path(path)
    suffix = _suffix(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: save() writes one")
    with path.open("rb") as file:
        start = file.read(32)
    for beginning, meaning in LOOKALIKES.items():
        if start.startswith(beginning) and not (suffix == ".safetensors" and start[8:9] == b"{"):
            raise ValueError(f"{path} is not a {suffix} file but {meaning}")
    return path, suffix


def _checked_name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"tensors are saved by names, which are str, not {name!r}")
    if name in ("", METADATA) or "\0" in name:
        raise ValueError(f"a tensor cannot be saved under the name {name!r}: choose another")
    return name


def _array(name: str, value: Any) -> np.ndarray:
    """Return an array of numbers in native byte order."""
    array = value.array if isinstance(value, Tensor) else value
    if not isinstance(array, np.ndarray | np.generic):
        raise TypeError(
            f"{name!r} is a {type(value).__name__}, but tensors and arrays are saved: flatten nested dicts, convert "
            "numbers with tinygrad_np.tensor"
        )
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name!r} has dtype {array.dtype}: only booleans, integers and floats are saved")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _write(path: Path, content: bytes | memoryview) -> None:
    """Write the file beside its destination, make sure that it is on the disk, and rename it."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to save {path.name} in: create it first")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# ---- .npz


def _as_npz(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> memoryview:
    entries = dict(arrays)
    if metadata:
        entries[METADATA] = np.frombuffer(json.dumps(metadata, ensure_ascii=False).encode(), np.uint8)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in entries.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy", EPOCH), "w", force_zip64=True) as file:
                np.lib.format.write_array(file, array, allow_pickle=False)
    return buffer.getbuffer()


def _npz(path: Path, wanted: Any) -> dict[str, np.ndarray]:
    """Return the arrays whose names are wanted."""
    arrays = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                name = info.filename.removesuffix(".npy")
                if name == info.filename:
                    raise ValueError(f"its entry {name!r} is no array; a .npz file holds nothing else")
                if wanted(name):
                    with archive.open(info) as file:
                        arrays[name] = _read_array(file, info.file_size, name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        reason = str(error).rstrip(".")
        raise ValueError(f"{path} is damaged or no .npz file of arrays ({reason}): save it anew") from error
    return arrays


def _read_array(file: Any, size: int, name: str) -> np.ndarray:
    """Return the array of an entry; no more memory is taken than the entry's size, whatever its header says."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"the entry {name!r} has version {version} of the format: expected 1.0 or 2.0")
    shape, fortran_order, dtype = readers[version](file)
    if dtype.kind not in "biuf":
        raise ValueError(f"the entry {name!r} has dtype {dtype}: only booleans, integers and floats are loaded")
    expected = math.prod(shape) * dtype.itemsize
    if expected > size:
        raise ValueError(f"the entry {name!r} has {size} bytes, fewer than the {expected} that its header declares")
    content = file.read(expected + 1)
    if len(content) != expected:
        raise ValueError(f"the entry {name!r} has more or fewer bytes than the {expected} that its header declares")
    array = np.frombuffer(bytearray(content), dtype).reshape(shape, order="F" if fortran_order else "C")
    return array.astype(dtype.newbyteorder("="), copy=False)


# ---- .safetensors


def _library() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError(
            "files with the suffix .safetensors need the safetensors library: install tinygrad_np[safetensors], or use "
            ".npz"
        ) from None
    return safetensors


def _as_safetensors(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    # The library writes memory as it lies: it has to lie in C order. (ascontiguousarray would make 0-d arrays 1-d.)
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    return _library().numpy.save(ordered, metadata or None)


def _safetensors(path: Path, tensors: bool = True) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Return the arrays, unless they are not wanted, and the metadata."""
    library = _library()
    try:
        with library.safe_open(path, framework="numpy") as file:
            names = file.keys() if tensors else []
            arrays = {name: np.array(file.get_tensor(name)) for name in names}
            return arrays, dict(file.metadata() or {})
    except (library.SafetensorError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, no .safetensors file, or holds a dtype that NumPy lacks, such as bfloat16 ({error})"
        ) from error
