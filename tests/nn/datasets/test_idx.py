"""IDX files: what is written is read back, and every kind of damage has an error that says what to do."""

import contextlib
import gzip
import struct
import tracemalloc

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.datasets.idx import TYPES, DataError, parse_idx, read_idx, write_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
PLAIN = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 3, 4) + bytes(range(24))

native_arrays = hnp.arrays(
    dtype=st.sampled_from([dtype.newbyteorder("=") for dtype in TYPES.values()]),
    shape=hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4),
)


@given(array=native_arrays, suffix=st.sampled_from(["", ".gz"]))
def test_what_is_written_is_read_back(array, suffix, tmp_path_factory):
    path = tmp_path_factory.mktemp("idx") / f"array{suffix}"
    write_idx(path, array)
    result = read_idx(path)
    assert result.dtype == array.dtype
    assert result.dtype.isnative
    assert result.shape == array.shape
    assert result.tobytes() == array.tobytes()
    assert result.flags.carray  # aligned, writable and in C order


@given(content=st.binary(max_size=200), head=st.sampled_from([b"", b"\0\0\x08", b"\0\0\x0e\1", b"\x1f\x8b", PLAIN]))
def test_any_bytes_are_an_array_or_a_data_error(content, head):
    for candidate in (head + content, gzip.compress(head + content)):
        with contextlib.suppress(DataError):
            assert isinstance(parse_idx(candidate, "file"), np.ndarray)


@pytest.mark.parametrize(
    ("code", "type_", "number"),
    [(8, "u1", 200), (9, "i1", -3), (11, "i2", -300), (12, "i4", -70000), (13, "f4", 1.5), (14, "f8", -2.25)],
)
def test_the_numbers_are_big_endian(code, type_, number):
    content = bytes([0, 0, code, 1, 0, 0, 0, 1]) + np.array(number, f">{type_}").tobytes()
    result = parse_idx(content, "file")
    assert result.dtype == np.dtype(type_)
    assert result.tolist() == [number]


def test_the_bytes_written_are_those_of_the_format(tmp_path):
    write_idx(tmp_path / "images", IMAGES)
    assert (tmp_path / "images").read_bytes() == PLAIN


@pytest.mark.parametrize(
    "array", [IMAGES[:, ::-1], np.asfortranarray(IMAGES), IMAGES.astype(">i4"), IMAGES.astype("<f8")]
)
def test_any_memory_and_byte_order_is_written(array, tmp_path):
    write_idx(tmp_path / "array", array)
    np.testing.assert_array_equal(read_idx(tmp_path / "array"), array)


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    (tmp_path / "plain.gz").write_bytes(PLAIN)
    (tmp_path / "zipped").write_bytes(gzip.compress(PLAIN))
    np.testing.assert_array_equal(read_idx(tmp_path / "plain.gz"), IMAGES)
    np.testing.assert_array_equal(read_idx(str(tmp_path / "zipped")), IMAGES)


def test_gzip_in_several_members_is_read():
    np.testing.assert_array_equal(parse_idx(gzip.compress(PLAIN[:7]) + gzip.compress(PLAIN[7:]), "file"), IMAGES)


def test_compressed_files_have_no_time_stamp(tmp_path):
    write_idx(tmp_path / "a.gz", IMAGES)
    assert (tmp_path / "a.gz").read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize("type_", ["int64", "bool", "float16", "uint16", "U3"])
def test_types_without_a_code_are_refused_before_writing(type_, tmp_path):
    with pytest.raises(TypeError, match=r"IDX holds uint8, .*convert the array first"):
        write_idx(tmp_path / "array", np.zeros(3, type_))
    assert not list(tmp_path.iterdir())


ZIPPED = gzip.compress(PLAIN, mtime=0)
DAMAGED = {
    "empty": (b"", "is empty"),
    "empty inside gzip": (gzip.compress(b""), "is empty"),
    "one byte": (b"\0", "is not an IDX file.*starts with 00;"),
    "wrong magic": (b"\1" + PLAIN[1:], "starts with 01 00 08 03"),
    "unknown type code": (b"\0\0\x0a\3" + PLAIN[4:], "starts with 00 00 0a 03"),
    "web page": (
        b"\n <!DOCTYPE html><title>Sign in</title>",
        "like a web page, .*: delete it and fetch the file again",
    ),
    "zip archive": (b"PK\x03\x04" + bytes(30), "like a zip archive"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "like a Git LFS pointer"),
    "NumPy file": (b"\x93NUMPY\x01\x00", "like a NumPy file"),
    "cut in the header": (PLAIN[:10], "ends inside its header of 3 dimensions"),
    "cut in the numbers": (PLAIN[:-5], r"shape \(2, 3, 4\), which takes 24 bytes .* holds only 19"),
    "count too large": (PLAIN[:7] + b"\3" + PLAIN[8:], "takes 36 bytes .* holds only 24"),
    "count too small": (PLAIN[:7] + b"\1" + PLAIN[8:], "takes 12 bytes .* holds more"),
    "trailing byte": (PLAIN + b"\0", "holds more"),
    "trailing byte inside gzip": (gzip.compress(PLAIN + b"\0"), "holds more"),
    "gzip cut in the header": (ZIPPED[:6], "damaged gzip"),
    "gzip cut in the numbers": (ZIPPED[:-12], "damaged gzip"),
    "gzip cut in the sum": (ZIPPED[:-3], "damaged gzip"),
    "gzip with a wrong sum": (ZIPPED[:-8] + bytes([ZIPPED[-8] ^ 1]) + ZIPPED[-7:], "damaged gzip.*CRC"),
    "gzip then garbage": (ZIPPED + b"garbage", "damaged gzip"),
    "gzip that is none": (b"\x1f\x8b" + b"nonsense" * 4, "damaged gzip"),
    "gzip with a broken block": (ZIPPED[:10] + b"\xff" * 20, "damaged gzip"),
    "too many dimensions": (b"\0\0\x08\xff" + struct.pack(">255I", *[1] * 255) + b"\0", "no NumPy array can have"),
    "sizes beyond memory": (b"\0\0\x08\3" + b"\xff" * 12 + bytes(9), "holds only 9"),
    "empty but enormous": (b"\0\0\x08\4" + bytes(4) + b"\xff" * 12, "no NumPy array can have"),
}


@pytest.mark.parametrize(("content", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_damage_is_named_with_the_file(content, message, tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)


def test_no_more_is_unpacked_than_the_header_declares():
    bomb = gzip.compress(bytes([0, 0, 8, 1]) + struct.pack(">I", 100) + bytes(1 << 25))
    parse_idx(gzip.compress(PLAIN), "file")  # so that the import of gzip is not measured
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="holds more"):
            parse_idx(bomb, "file")
        assert tracemalloc.get_traced_memory()[1] < 1 << 21
    finally:
        tracemalloc.stop()


def test_a_missing_file_or_a_folder_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(OSError, match=tmp_path.name):
        read_idx(tmp_path)
