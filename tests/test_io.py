"""Saving and loading: exact, whole or not at all, and never a pickle."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_np as tg
from tinygrad_np.io import load, load_metadata, save

FLOATS = ["float16", "float32", "float64"]
DTYPES = [*FLOATS, "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]
TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


@pytest.fixture(params=["npz", "safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "safetensors":
        pytest.importorskip("safetensors", reason="the safetensors library, an extra, reads and writes this format")
    return tmp_path / f"model.{request.param}"


def assert_same(loaded: dict[str, tg.Tensor], saved: dict[str, Any]) -> None:
    assert set(loaded) == set(saved)
    for name, value in saved.items():
        array = value.array if isinstance(value, tg.Tensor) else np.asarray(value)
        assert loaded[name].dtype == array.dtype
        assert loaded[name].shape == array.shape
        assert loaded[name].array.tobytes() == array.tobytes()  # bit for bit, in C order


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_dtypes_and_shapes_are_kept(path: Path, dtype: str) -> None:
    rng = np.random.default_rng(0)
    shapes: list[tuple[int, ...]] = [(), (1,), (5,), (2, 3), (0, 3), (2, 1, 4)]
    arrays = {f"{len(s)}.{s}": (rng.standard_normal(s) * 50).astype(dtype) for s in shapes}
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    save(arrays, path)
    assert_same(load(path), arrays)


def test_special_numbers_are_kept(path: Path) -> None:
    saved = {"x": np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 5e-324, 1 / 3])}
    save(saved, path)
    assert_same(load(path), saved)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a.T,
        lambda a: a[::2],
        lambda a: a[:, ::-1],
        lambda a: np.asfortranarray(a),
        lambda a: np.broadcast_to(a[0], (3, *a[0].shape)),
        lambda a: a.transpose(2, 0, 1),
        lambda a: a.astype(">f4"),
    ],
)
def test_memory_in_any_order_is_saved_as_its_values(path: Path, view: Any) -> None:
    array = view(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    save({"x": array, "tensor": tg.Tensor(array.astype("f4"))}, path)
    for loaded in load(path).values():
        np.testing.assert_array_equal(loaded.array, array)
        assert loaded.dtype == np.float32
        assert loaded.dtype.isnative


def test_fortran_order_is_kept_by_npz(tmp_path: Path) -> None:
    save({"x": np.asfortranarray(np.arange(6.0).reshape(2, 3))}, tmp_path / "x.npz")
    assert load(tmp_path / "x.npz")["x"].flags.f_contiguous


@pytest.mark.parametrize("name", ["0.weight", "a/b", "a.npy", "file", "ünï", "with space", "..", "/abs", "x" * 300])
def test_names_are_kept(path: Path, name: str) -> None:
    saved = {name: np.ones(2), "a": np.zeros(3)}
    save(saved, path)
    assert_same(load(path), saved)


@given(
    st.dictionaries(
        TEXT.filter(lambda name: name not in ("", "__metadata__") and "\0" not in name),
        hnp.arrays(st.sampled_from(DTYPES), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)),
        max_size=4,
    ),
    st.dictionaries(TEXT, TEXT),
)
def test_any_tensors_and_metadata_come_back(tensors: Any, metadata: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.npz"
        save(tensors, path, metadata)
        assert_same(load(path), tensors)
        assert load_metadata(path) == metadata


def test_tensors_that_require_grad_are_saved_and_loaded_without(path: Path) -> None:
    save({"w": tg.ones(2, requires_grad=True)}, path)
    loaded = load(path)["w"]
    assert not loaded.requires_grad
    loaded.array[...] = 3  # and its memory is its own, and writable
    assert load(path)["w"].tolist() == [1, 1]


def test_metadata_is_kept_and_is_no_tensor(path: Path) -> None:
    metadata = {"epoch": "7", "config": json.dumps({"lr": 0.1}), "ünï": "日本\n"}
    save({"x": np.ones(1)}, path, metadata)
    assert load_metadata(path) == metadata
    assert list(load(path)) == ["x"]


def test_no_metadata_is_an_empty_dict(path: Path) -> None:
    save({"x": np.ones(1)}, path)
    assert load_metadata(path) == {}


def test_no_tensors_at_all(path: Path) -> None:
    save({}, path, {"a": "b"})
    assert load(path) == {}
    assert load_metadata(path) == {"a": "b"}


def test_a_path_may_be_text(path: Path) -> None:
    save({"x": np.ones(1)}, os.fspath(path))
    assert list(load(os.fspath(path))) == ["x"]


def test_equal_tensors_give_equal_files(path: Path) -> None:
    saved = {"b": np.ones(3), "a": np.zeros(2)}
    save(saved, path, {"k": "v"})
    first = path.read_bytes()
    save(saved, path, {"k": "v"})
    assert path.read_bytes() == first


def test_numpy_reads_what_save_wrote_and_the_other_way_round(tmp_path: Path) -> None:
    saved = {"w": np.arange(6.0).reshape(2, 3).T, "n": np.array(3)}
    save(saved, tmp_path / "ours.npz")
    with np.load(tmp_path / "ours.npz", allow_pickle=False) as archive:
        assert sorted(archive.files) == ["n", "w"]
        np.testing.assert_array_equal(archive["w"], saved["w"])
    for write in (np.savez, np.savez_compressed):
        write(tmp_path / "numpys.npz", **saved)
        assert_same(load(tmp_path / "numpys.npz"), saved)


# ---- whole or not at all


def test_a_failure_leaves_the_old_file_and_no_other(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save({"x": np.ones(2)}, path)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save({"x": np.zeros(2)}, path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_it_is_on_the_disk_before_it_gets_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(os, "fsync", lambda number: calls.append("fsync"))
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    save({"x": np.zeros(2)}, path)
    assert calls == ["fsync", "replace"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.npz", tmp_path / "link.npz"
    save({"x": np.zeros(2)}, target)
    try:
        link.symlink_to(target)
    except OSError:
        pytest.skip("this system makes no symbolic links")
    save({"y": np.zeros(2)}, link)
    assert link.is_symlink()
    assert list(load(target)) == ["y"]


# ---- errors


def test_what_cannot_be_saved(path: Path) -> None:
    ones = np.ones(2)
    for tensors, error, message in [
        ({"a": [1, 2]}, TypeError, "'a' is a list"),
        ({"a": {"b": ones}}, TypeError, "flatten"),
        ({"a": np.array(["x"])}, TypeError, "dtype <U1"),
        ({"a": np.array([None])}, TypeError, "dtype object"),
        ({"a": np.ones(2, complex)}, TypeError, "complex128"),
        ({1: ones}, TypeError, "names"),
        ({"": ones}, ValueError, "choose another"),
        ({"__metadata__": ones}, ValueError, "__metadata__"),
        ({"a\0b": ones}, ValueError, "choose another"),
    ]:
        with pytest.raises(error, match=message):
            save(tensors, path)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="metadata is text"):
        save({}, path, {"epoch": 3})  # type: ignore[dict-item]
    assert not path.exists()


@pytest.mark.parametrize("name", ["model", "model.pt", "model.NPZ", "model.npy"])
def test_another_suffix(tmp_path: Path, name: str) -> None:
    for call in (lambda p: save({}, p), load, load_metadata):
        with pytest.raises(ValueError, match=r"must end in \.npz or \.safetensors"):
            call(tmp_path / name)


def test_no_such_file_or_folder(path: Path) -> None:
    for read in (load, load_metadata):
        with pytest.raises(FileNotFoundError, match=path.name):
            read(path)
    with pytest.raises(FileNotFoundError, match="no folder"):
        save({}, path.parent / "missing" / path.name)


@pytest.mark.parametrize(
    ("content", "meaning"),
    [
        (b"", "damaged"),
        (b"nonsense", "damaged"),
        (b"<!DOCTYPE html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
        (b"\x93NUMPY\x01\x00", "numpy.load"),
        (pickle.dumps({"x": 1}), "pickle"),
    ],
)
def test_foreign_files(path: Path, content: bytes, meaning: str) -> None:
    path.write_bytes(content)
    for read in (load, load_metadata):
        with pytest.raises(ValueError, match=meaning) as caught:
            read(path)
        assert str(path) in str(caught.value)


def test_truncated_files(path: Path) -> None:
    save({"x": np.arange(100.0)}, path, {"a": "b"})
    content = path.read_bytes()
    for length in (len(content) - 1, len(content) // 2, 20):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="damaged"):
            load(path)


def test_a_flipped_bit_in_an_archive_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    save({"x": np.arange(100.0)}, path)
    content = bytearray(path.read_bytes())
    content[400] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="CRC"):
        load(path)


def archive(path: Path, entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in entries.items():
            file.writestr(name, content)


def entry(array: np.ndarray, header: dict[str, Any] | None = None, allow_pickle: bool = False) -> bytes:
    buffer = io.BytesIO()
    if header is None:
        np.lib.format.write_array(buffer, array, allow_pickle=allow_pickle)
    else:
        np.lib.format.write_array_header_1_0(buffer, header)
        buffer.write(array.tobytes())
    return buffer.getvalue()


class RunsCode:
    """What a pickle of this does when it is loaded."""

    def __reduce__(self) -> Any:
        return os.mkdir, (self.folder,)

    def __init__(self, folder: str) -> None:
        self.folder = folder


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    evil = np.array([RunsCode(str(tmp_path / "made by a pickle"))], dtype=object)
    archive(tmp_path / "x.npz", {"x.npy": entry(evil, allow_pickle=True)})
    with pytest.raises(ValueError, match="dtype object"):
        load(tmp_path / "x.npz")
    archive(tmp_path / "y.npz", {"archive/data.pkl": pickle.dumps(evil)})  # what PyTorch writes
    with pytest.raises(ValueError, match=r"archive/data\.pkl"):
        load(tmp_path / "y.npz")
    assert not (tmp_path / "made by a pickle").exists()


def test_headers_that_lie(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    ones = np.ones(4)
    for shape in [(2**50,), (5,), (3,), (-4,), (2**40, 2**40)]:
        archive(path, {"x.npy": entry(ones, {"descr": "<f8", "fortran_order": False, "shape": shape})})
        with pytest.raises(ValueError, match="damaged"):
            load(path)
    archive(path, {"x.npy": b"\x93NUMPY\x09\x00"})
    with pytest.raises(ValueError, match="damaged"):
        load(path)


def test_metadata_that_is_no_json(tmp_path: Path) -> None:
    for content in (np.frombuffer(b"{nonsense", np.uint8), np.frombuffer(b"[1]", np.uint8), np.full(3, 255, np.uint8)):
        archive(tmp_path / "x.npz", {"__metadata__.npy": entry(content)})
        with pytest.raises(ValueError, match="metadata is not JSON"):
            load_metadata(tmp_path / "x.npz")


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    path = tmp_path / "x.safetensors"
    with pytest.raises(ImportError, match=r"tinygrad_np\[safetensors\].*\.npz"):
        save({"x": np.ones(2)}, path)
    path.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(ImportError, match="safetensors"):
        load(path)
