"""MNIST and Fashion-MNIST as data sets: what they hold, whole batches, and files that do not belong together."""

import os
import pickle

import numpy as np
import pytest

import tinygrad_np as tg
from nn.data import DataLoader, Dataset
from nn.datasets import MNIST, DataError, DownloadError, FashionMNIST, files, write_idx

OFFICIAL = os.environ.get(files.VARIABLE)  # before the fixtures hide it


@pytest.fixture
def train(place, tmp_path):
    place(tmp_path / "mnist")
    return MNIST(tmp_path, verify=False)


def test_what_it_holds(train, arrays, zipped, tmp_path):
    assert isinstance(train, Dataset)
    np.testing.assert_array_equal(train.data, arrays["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(train.targets, arrays["train-labels-idx1-ubyte"])
    assert train.data.dtype == np.uint8
    assert train.targets.dtype == np.int64
    assert len(train) == 20
    assert train.name == "mnist"
    assert train.classes == list("0123456789")
    assert train.root == str(tmp_path / "mnist")
    assert repr(train) == f"MNIST(train=True): 20 images of 28 x 28 in 10 classes, from {tmp_path}/mnist"


def test_the_test_images_are_others(place, arrays, tmp_path):
    place(tmp_path / "mnist")
    test = MNIST(tmp_path, train=False, verify=False)
    np.testing.assert_array_equal(test.data, arrays["t10k-images-idx3-ubyte"])
    assert list(test.sha256) == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


@pytest.mark.parametrize("train", ["test", 0, None])
def test_which_part_is_a_bool(train, place, tmp_path):
    place(tmp_path)
    with pytest.raises(TypeError, match="train must be True"):
        MNIST(tmp_path, train=train, verify=False)


def test_the_digests_are_those_of_the_files_read(train, small):
    expected = {f"{name}.gz": official.zipped for name, official in small().files.items() if name.startswith("train")}
    assert train.sha256 == expected


def test_one_example(train, arrays):
    image, label = train[3]
    assert isinstance(image, tg.Tensor)
    assert image.shape == (1, 28, 28)
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image.numpy()[0], arrays["train-images-idx3-ubyte"][3] / np.float32(255))
    assert type(label) is int
    assert label == 3
    assert train[-1][1] == train[np.int64(19)][1] == 9


@pytest.mark.parametrize(
    "indices",
    [
        np.array([3, 0, 3, 19]),
        np.arange(20)[::-1],
        slice(2, 7),
        slice(None),
        slice(19, 3, -4),
        slice(5, 5),
        np.array([7]),
    ],
)
def test_a_batch_is_its_examples(indices, train):
    images, labels = train.fetch(indices)
    chosen = np.arange(20)[indices]
    assert images.shape == (len(chosen), 1, 28, 28)
    assert images.dtype == np.float32
    assert labels.shape == (len(chosen),)
    assert labels.dtype == np.int64
    for row, index in enumerate(chosen):
        image, label = train[index]
        np.testing.assert_array_equal(images.numpy()[row], image.numpy())
        assert labels.numpy()[row] == label


def test_every_byte_becomes_what_division_by_255_makes_of_it(train):
    train.data = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    images, _ = train.fetch(slice(0, 1))
    expected = np.array([value / 255 for value in range(256)], np.float32)
    np.testing.assert_array_equal(images.numpy().ravel(), expected)


def test_a_batch_shares_no_memory_with_the_data_set(train):
    images, labels = train.fetch(slice(0, 4))
    images.numpy()[:] = 0.5
    labels.numpy()[:] = 0
    assert train.targets[:4].tolist() == [0, 1, 2, 3]
    assert train.data[:4].std() > 0


@pytest.mark.parametrize("index", [20, -21])
def test_an_index_out_of_range_is_an_error(index, train):
    with pytest.raises(IndexError, match=f"{index} is out of bounds .* size 20"):
        train[index]
    with pytest.raises(IndexError, match=f"{index} is out of bounds .* size 20"):
        train.fetch(np.array([0, index]))


@pytest.mark.parametrize("index", [1.0, "1", slice(2)])
def test_an_index_is_an_integer(index, train):
    with pytest.raises(TypeError):
        train[index]


def test_a_data_loader_takes_it(train):
    batches = list(DataLoader(train, batch_size=8))
    assert [images.shape for images, _ in batches] == [(8, 1, 28, 28), (8, 1, 28, 28), (4, 1, 28, 28)]
    assert np.concatenate([labels.numpy() for _, labels in batches]).tolist() == train.targets.tolist()


def test_it_can_be_pickled(train):
    copy = pickle.loads(pickle.dumps(train))
    np.testing.assert_array_equal(copy.data, train.data)
    assert repr(copy) == repr(train)


def test_fashion_mnist_has_its_own_folder_and_classes(place, tmp_path):
    place(tmp_path / "mnist", "train-labels-idx1-ubyte")
    place(tmp_path / "fashion-mnist")
    clothes = FashionMNIST(tmp_path, verify=False)
    assert clothes.name == "fashion-mnist"
    assert clothes.root == str(tmp_path / "fashion-mnist")
    assert clothes.classes[0] == "T-shirt/top"
    assert clothes.classes[9] == "Ankle boot"
    assert len(clothes.classes) == 10


def test_foreign_files_need_verify_false(place, tmp_path):
    place(tmp_path)
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte.gz is not MNIST's .*verify=False"):
        MNIST(tmp_path)


def test_labels_beyond_the_known_classes_are_named_by_number(place, tmp_path):
    place(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", np.arange(1, 21, dtype=np.uint8))
    assert MNIST(tmp_path, verify=False).classes == [str(label) for label in range(21)]


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (
            "images-idx3",
            np.zeros((19, 28, 28), np.uint8),
            r"images-idx3-ubyte.gz holds 19 images but .*labels.* 20 labels",
        ),
        ("images-idx3", np.zeros((20, 784), np.uint8), r"holds uint8 of shape \(20, 784\), not images: expected uint8"),
        ("images-idx3", np.zeros((20, 2, 2), np.float32), r"holds float32 of shape \(20, 2, 2\), not images"),
        ("labels-idx1", np.zeros((20, 1), np.uint8), r"holds uint8 of shape \(20, 1\), not labels: expected uint8"),
        ("labels-idx1", np.zeros(20, np.int32), r"labels-idx1-ubyte.gz holds int32 of shape \(20,\), not labels"),
    ],
)
def test_files_that_do_not_belong_together_are_told(name, array, message, place, tmp_path):
    place(tmp_path)
    write_idx(tmp_path / f"train-{name}-ubyte.gz", array)
    with pytest.raises(DataError, match=message):
        MNIST(tmp_path, verify=False)


def test_missing_files_are_downloaded_and_verified(web, small, monkeypatch):
    monkeypatch.setattr(MNIST, "source", small(f"{web.address}/good/"))
    with pytest.raises(FileNotFoundError, match="download=True"):
        MNIST(download=False)
    assert len(MNIST()) == 20
    assert len(MNIST(train=False, download=False)) == 10


def test_without_a_mirror_it_says_what_to_do(web, small, monkeypatch):
    monkeypatch.setattr(MNIST, "source", small(f"{web.address}/missing/"))
    with pytest.raises(
        DownloadError, match=f"HTTP 404 Not Found(.|\n)*root or in the environment variable {files.VARIABLE}"
    ):
        MNIST()


@pytest.mark.skipif(not OFFICIAL, reason=f"{files.VARIABLE} does not name a folder of the published files")
@pytest.mark.parametrize("cls", [MNIST, FashionMNIST])
@pytest.mark.parametrize("train", [True, False])
def test_the_published_files(cls, train, monkeypatch):
    monkeypatch.setenv(files.VARIABLE, OFFICIAL)
    data = cls(train=train, download=False)
    count = 60000 if train else 10000
    assert data.data.shape == (count, 28, 28)
    if cls is FashionMNIST:
        assert np.bincount(data.targets).tolist() == [count // 10] * 10
    else:  # what the authors' paper and every copy of the data say
        first = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4] if train else [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
        assert data.targets[:10].tolist() == first
        np.testing.assert_allclose(data.data.mean() / 255, 0.1307 if train else 0.1325, atol=5e-5)
    names = [f"{'train' if train else 't10k'}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    for name, sha256 in zip(names, data.sha256.values(), strict=True):
        assert sha256 in cls.source.files[name]
