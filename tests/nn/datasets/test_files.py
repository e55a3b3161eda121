"""Where data files are looked for, what is downloaded, and that only the published content is taken for it."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn.datasets import download, files
from nn.datasets.errors import DataError, DownloadError
from nn.datasets.files import SOURCES, VARIABLE, data_directory, find, read
from nn.datasets.idx import write_idx

TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


# Where the data directory is


def test_root_goes_before_the_variable_and_the_variable_before_the_cache(tmp_path, monkeypatch):
    cache = os.environ["XDG_CACHE_HOME"]
    assert data_directory() == (os.path.join(cache, "tinygrad_np"), f"the cache {os.path.join(cache, 'tinygrad_np')}")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    assert data_directory() == (str(tmp_path / "variable"), f"{VARIABLE}={tmp_path / 'variable'}")
    assert data_directory(tmp_path / "root") == (str(tmp_path / "root"), f"root={tmp_path / 'root'}")


def test_an_empty_variable_is_no_variable(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert data_directory()[0].startswith(os.environ["XDG_CACHE_HOME"])


@pytest.mark.parametrize("value", [None, "", "relative/path"])
@pytest.mark.parametrize(
    ("platform", "cache"), [("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "AppData/Local")]
)
def test_without_an_absolute_xdg_cache_the_system_s_own_is_used(value, platform, cache, tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    if value is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert Path(data_directory()[0]) == tmp_path / cache / "tinygrad_np"


def test_a_tilde_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert data_directory("~/data")[0] == os.path.join(tmp_path, "data")


def test_a_path_may_be_bytes(tmp_path):
    assert data_directory(os.fsencode(tmp_path))[0] == str(tmp_path)


# Where in it the files are


@pytest.mark.parametrize("folder", [".", "mnist", "MNIST/raw", "raw"])
@pytest.mark.parametrize(
    "rename",
    [
        lambda name: f"{name}.gz",
        lambda name: name,
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") + ".gz",
    ],
)
def test_every_layout_and_name_is_found(folder, rename, small, place, arrays, tmp_path):
    place(tmp_path / folder, rename=rename)
    paths = find(small(), TRAIN, tmp_path, download=False)
    assert list(paths) == list(TRAIN)
    for name, path in paths.items():
        array, _ = read(small(), name, path)
        np.testing.assert_array_equal(array, arrays[name])


def test_only_what_is_needed_must_be_there(small, place, tmp_path):
    place(tmp_path, *TEST)
    assert find(small(), TEST, tmp_path).keys() == set(TEST)


def test_the_folder_of_the_data_set_goes_before_the_directory_itself(small, place, tmp_path):
    place(tmp_path)
    place(tmp_path / "mnist")
    assert all(Path(path).parent.name == "mnist" for path in find(small(), TRAIN, tmp_path).values())


def test_an_uncompressed_file_goes_before_its_compressed_twin(small, place, tmp_path):
    place(tmp_path)
    place(tmp_path, rename=lambda name: name)
    assert not any(path.endswith(".gz") for path in find(small(), TRAIN, tmp_path).values())


def test_a_folder_of_a_file_s_name_is_not_the_file(small, place, tmp_path):
    place(tmp_path)
    (tmp_path / TRAIN[0]).mkdir()
    assert find(small(), TRAIN, tmp_path)[TRAIN[0]].endswith(".gz")


def test_missing_files_without_download_tell_where_they_were_looked_for(small, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=rf"root={tmp_path}.*{tmp_path}/mnist.*download=True"):
        find(small(), TRAIN, tmp_path, download=False)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(FileNotFoundError, match=f"{TRAIN[0]} and {TRAIN[1]}.*not in {VARIABLE}={tmp_path}"):
        find(small(), TRAIN, download=False)
    assert not list(tmp_path.iterdir())


def test_a_file_given_as_the_directory_is_told(small, place, tmp_path):
    place(tmp_path)
    with pytest.raises(NotADirectoryError, match=rf"root=.*{TRAIN[0]}.gz is a file; give the folder"):
        find(small(), TRAIN, tmp_path / f"{TRAIN[0]}.gz")


# Download


def test_the_whole_data_set_is_downloaded_once_into_the_cache(small, web, zipped, capsys):
    source = small(f"{web.address}/good/")
    paths = find(source, TRAIN)
    folder = Path(os.environ["XDG_CACHE_HOME"], "tinygrad_np", "mnist")
    assert [Path(path) for path in paths.values()] == [folder / f"{name}.gz" for name in TRAIN]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        f"{name}.gz": content for name, content in zipped.items()
    }
    assert "Downloading MNIST: 100%" in capsys.readouterr().err
    find(source, TRAIN)
    find(source, TEST)
    assert len(web.asked) == 4


@pytest.mark.parametrize("given", ["root", "variable"])
@pytest.mark.parametrize(
    ("directory", "folder"),
    [
        ("new", "new/mnist"),
        ("new/mnist", "new/mnist"),
        ("new/MNIST", "new/MNIST"),
        ("new/fashion", "new/fashion/mnist"),
    ],
)
def test_a_given_directory_is_downloaded_into(given, directory, folder, small, web, tmp_path, monkeypatch):
    if given == "variable":
        monkeypatch.setenv(VARIABLE, str(tmp_path / directory))
    root = tmp_path / directory if given == "root" else None
    paths = find(small(f"{web.address}/good/"), TRAIN, root)
    assert {Path(path).parent for path in paths.values()} == {tmp_path / folder}
    assert not list(Path(os.environ["XDG_CACHE_HOME"]).iterdir())


def test_only_what_is_missing_is_downloaded(small, web, place, tmp_path):
    place(tmp_path / "MNIST" / "raw", *TRAIN)
    find(small(f"{web.address}/good/"), TEST, tmp_path)
    assert sorted(web.asked) == [f"/good/{name}.gz" for name in TEST]
    assert len(list((tmp_path / "MNIST" / "raw").iterdir())) == 4


def test_a_folder_of_another_name_is_not_added_to(small, web, place, tmp_path):
    place(tmp_path, *TRAIN)
    find(small(f"{web.address}/good/"), TEST, tmp_path)
    assert len(list((tmp_path / "mnist").iterdir())) == 4
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("manner", ["missing", "other", "portal", "cut", "endless"])
def test_a_failed_download_leaves_nothing_and_says_what_to_do(manner, small, web, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "data"))
    with pytest.raises(DownloadError) as caught:
        find(small(f"{web.address}/{manner}/", f"{web.address}/missing/"), TRAIN)
    first, *mirrors, last = str(caught.value).splitlines()
    assert first == f"MNIST is not in {VARIABLE}={tmp_path / 'data'} and could not be downloaded:"
    assert [mirror.split("/")[3] for mirror in mirrors] == [manner, "missing"]
    assert [mirror[-1] for mirror in mirrors] == [";", "."]
    assert f"{TRAIN[0]}.gz" in last
    assert f"give that as root or in the environment variable {VARIABLE}" in last
    assert not list(tmp_path.iterdir())
    if manner == "missing":  # nothing has arrived
        assert capsys.readouterr().err == ""


def test_what_arrived_before_a_failure_is_kept(small, web, tmp_path):
    source = small(f"{web.address}/good/")
    broken = source.files[TRAIN[0]]._replace(zipped="0" * 64)
    with pytest.raises(DownloadError, match=f"good/{TRAIN[0]}.gz: sent other content"):
        find(source._replace(files=source.files | {TRAIN[0]: broken}), TRAIN, tmp_path)
    assert sorted(os.listdir(tmp_path / "mnist")) == sorted(f"{name}.gz" for name in (*TEST, TRAIN[1]))


def test_an_offline_machine_waits_once_for_all_files_and_mirrors(small, web, tmp_path, monkeypatch):
    now = iter(np.arange(0, 1000, 0.5))
    monkeypatch.setattr(download, "monotonic", lambda: next(now))  # each look at this clock takes half a second
    with pytest.raises(DownloadError, match=r"(.*: no answer[;.]\n){3}"):
        find(small(*[f"{web.address}/silent/"] * 3), TRAIN, tmp_path)
    assert next(now) <= 5


def test_a_folder_that_cannot_be_written_to_is_told(small, web, tmp_path):
    (tmp_path / "mnist").write_text("a file in the folder's place")
    with pytest.raises(
        DownloadError, match=rf"cannot be kept in {tmp_path}/mnist.*give a folder that you may write to"
    ):
        find(small(f"{web.address}/good/"), TRAIN, tmp_path)
    assert len(web.asked) == 1


def test_two_processes_may_download_at_once(small, web, zipped, tmp_path):
    program = (
        "import json, sys\n"
        "from nn.datasets.files import Official, Source, find\n"
        "fields = json.loads(sys.argv[1])\n"
        "fields['files'] = {name: Official(*file) for name, file in fields['files'].items()}\n"
        "find(Source(**fields), list(fields['files']), sys.argv[2])\n"
    )
    arguments = [sys.executable, "-c", program, json.dumps(small(f"{web.address}/together/")._asdict()), str(tmp_path)]
    repository = Path(files.__file__).parents[2]
    processes = [subprocess.Popen(arguments, cwd=repository, stderr=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    assert len(web.asked) == 8
    found = {path.name: path.read_bytes() for path in (tmp_path / "mnist").iterdir()}
    assert found == {f"{name}.gz": content for name, content in zipped.items()}


# Verification


def test_any_compression_of_the_published_content_is_it(small, plain, arrays, tmp_path):
    name = TRAIN[0]
    content = gzip.compress(plain[name], compresslevel=1, mtime=1)
    (tmp_path / name).write_bytes(content)
    array, digest = read(small(), name, str(tmp_path / name))
    np.testing.assert_array_equal(array, arrays[name])
    assert digest not in small().files[name]


def test_the_digest_is_that_of_the_file_read(small, place, tmp_path):
    place(tmp_path, rename=lambda name: name)
    place(tmp_path)
    _, zipped, plain = small().files[TRAIN[0]]
    assert read(small(), TRAIN[0], str(tmp_path / TRAIN[0]))[1] == plain
    assert read(small(), TRAIN[0], str(tmp_path / f"{TRAIN[0]}.gz"))[1] == zipped


@pytest.mark.parametrize("array", [np.zeros((20, 28, 28), np.uint8), np.float32([[1.5]]), np.zeros((0, 3), np.int16)])
def test_foreign_files_are_told_and_can_be_had(array, small, tmp_path):
    path = str(tmp_path / f"{TRAIN[0]}.gz")
    write_idx(path, array)
    with pytest.raises(DataError, match=f"{re.escape(path)} is not MNIST's {TRAIN[0]}: .*other content.*verify=False"):
        read(small(), TRAIN[0], path)
    np.testing.assert_array_equal(read(small(), TRAIN[0], path, verify=False)[0], array)


def test_the_file_of_another_data_set_is_recognised(small, place, tmp_path, monkeypatch):
    other = small()._replace(title="Fashion-MNIST")
    monkeypatch.setattr(files, "SOURCES", (other,))
    mnist = small()._replace(files=dict.fromkeys(TRAIN, files.Official(0, "", "")))
    place(tmp_path)
    with pytest.raises(DataError, match=f"it is Fashion-MNIST's {TRAIN[1]} "):
        read(mnist, TRAIN[0], str(tmp_path / f"{TRAIN[1]}.gz"))


def test_damage_is_told_even_without_verification(small, zipped, tmp_path):
    path = tmp_path / f"{TRAIN[0]}.gz"
    path.write_bytes(zipped[TRAIN[0]][:-100])
    with pytest.raises(DataError, match=f"{path} is a damaged gzip file"):
        read(small(), TRAIN[0], str(path), verify=False)


def test_a_file_that_may_not_be_read_is_an_os_error(small, place, tmp_path, monkeypatch):
    place(tmp_path)
    path = tmp_path / f"{TRAIN[0]}.gz"
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser reads it all the same
        monkeypatch.setattr("builtins.open", lambda *_: os.open(path / "no folder", os.O_RDONLY))
    with pytest.raises(OSError, match=TRAIN[0]):
        read(small(), TRAIN[0], str(path))


# The real data sets


def test_the_table_is_complete():
    assert [source.name for source in SOURCES] == ["mnist", "fashion-mnist"]
    hashes = [sha256 for source in SOURCES for official in source.files.values() for sha256 in official[1:]]
    assert len(set(hashes)) == 16
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in hashes)
    assert all(set(source.files) == {*TRAIN, *TEST} for source in SOURCES)
    assert all(len(source.mirrors) >= 2 and all(url.endswith("/") for url in source.mirrors) for source in SOURCES)
