"""MNIST and Fashion-MNIST: 70,000 grey images of 28 x 28 pixels in ten classes, of which 10,000 are for testing."""

from __future__ import annotations

import operator
import os
from typing import ClassVar

import numpy as np

import tinygrad_np as tg

from ..data import Dataset
from . import files
from .errors import DataError


class _Published(Dataset):
    """What the data sets published in MNIST's form have in common."""

    source: ClassVar[files.Source]

    def __init__(
        self,
        root: str | os.PathLike[str] | None = None,
        train: bool = True,
        download: bool = True,
        verify: bool = True,
    ) -> None:
        if not isinstance(train, bool | np.bool_):
            raise TypeError(
                f"train must be True, for the training images, or False, for the test images, not {train!r}"
            )
        part = "train" if train else "t10k"
        names = [f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"]
        paths = files.find(self.source, names, root, download)
        (images, images_sha256), (labels, labels_sha256) = (
            files.read(self.source, name, paths[name], verify) for name in names
        )
        _check(images, labels, *paths.values())
        self.name = self.source.name
        self.train = train
        self.root = os.path.dirname(paths[names[0]])
        self.data = images
        self.targets = labels.astype(np.int64)
        highest = int(labels.max(initial=0))
        known = highest < len(self.source.classes)
        self.classes = list(self.source.classes) if known else [str(label) for label in range(highest + 1)]
        self.sha256 = {
            os.path.basename(path): sha256
            for path, sha256 in zip(paths.values(), (images_sha256, labels_sha256), strict=True)
        }

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[tg.Tensor, int]:
        index = operator.index(index)
        return tg.from_numpy(_scale(self.data[None, index])), int(self.targets[index])

    def fetch(self, indices: np.ndarray | slice) -> tuple[tg.Tensor, tg.Tensor]:
        """Return a batch.

        Parameters
        ----------
        indices : numpy.ndarray of int64 (B,), or slice
            Which images.

        Returns
        -------
        Tensor (B, 1, H, W)
            The images, float32, from 0 (the background) to 1.
        Tensor (B,)
            Their labels, int64.
        """
        if isinstance(indices, slice):
            images, labels = self.data[indices], self.targets[indices].copy()
        else:  # `take` is twice as fast as indexing for a small batch
            images, labels = self.data.take(indices, axis=0), self.targets.take(indices)
        return tg.from_numpy(_scale(images)[:, None]), tg.from_numpy(labels)

    def __repr__(self) -> str:
        height, width = self.data.shape[1:]
        return (
            f"{type(self).__name__}(train={self.train}): {len(self)} images of {height} x {width} in "
            f"{len(self.classes)} classes, from {self.root}"
        )


def _scale(images: np.ndarray) -> np.ndarray:
    # Division, not multiplication by 1/255: that rounds 126 of the 256 values otherwise than torchvision's ToTensor.
    return np.divide(images, np.float32(255), dtype=np.float32)


def _check(images: np.ndarray, labels: np.ndarray, images_path: str, labels_path: str) -> None:
    """Check what only files other than the published ones can get wrong."""
    if images.dtype != np.uint8 or images.ndim != 3:
        raise DataError(
            f"{images_path} holds {images.dtype} of shape {images.shape}, not images: expected uint8 of shape (N, H, W)"
        )
    if labels.dtype != np.uint8 or labels.ndim != 1:
        raise DataError(
            f"{labels_path} holds {labels.dtype} of shape {labels.shape}, not labels: expected uint8 of shape (N,)"
        )
    if len(images) != len(labels):
        raise DataError(
            f"{images_path} holds {len(images)} images but {labels_path} {len(labels)} labels; take both files from "
            "the same data set"
        )


class MNIST(_Published):
    """Handwritten digits: 60,000 images to train on and 10,000 to test with.

    Parameters
    ----------
    root : str or path-like, optional
        A folder that holds the files or the folder ``mnist`` (or torchvision's ``MNIST/raw``), compressed or not.
        By default what the environment variable ``TINYGRAD_NP_DATA`` names, else the user's cache.
    train : bool
        The training images, else the test images.
    download : bool
        Whether to download files that are not there.
    verify : bool
        Whether to accept the published files only. Without it any IDX files of images and labels by these names will
        do, such as one's own or EMNIST's.

    Attributes
    ----------
    data : numpy.ndarray, uint8 (N, 28, 28)
        The images, from 0 (background) to 255 (ink).
    targets : numpy.ndarray, int64 (N,)
        The labels.
    classes : list of str
        What each label means.
    name : str
        ``"mnist"``.
    root : str
        The folder that the files were read from.
    sha256 : dict of str to str
        The SHA-256 of each file that was read, to be kept with results.

    Raises
    ------
    TypeError
        If ``train`` is not a bool: ``train="test"`` would else be the training images.
    FileNotFoundError
        If the files are not there and ``download`` is false.
    DownloadError
        If they are not there and cannot be downloaded; without a network that takes less than 5 s.
    DataError
        If a file is damaged or is not the published one.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    One's own digits, in MNIST's form; with no arguments it is MNIST itself.

    >>> import tempfile
    >>> from nn.datasets import MNIST, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/train-images-idx3-ubyte.gz", np.full((4, 28, 28), 255, np.uint8))
    ...     write_idx(f"{folder}/train-labels-idx1-ubyte.gz", np.array([7, 2, 1, 0], np.uint8))
    ...     digits = MNIST(folder, verify=False)
    >>> images, labels = digits.fetch(slice(0, 3))
    >>> images.shape, labels
    ((3, 1, 28, 28), tensor([7, 2, 1]))
    """

    source = files.MNIST


class FashionMNIST(_Published):
    """Pictures of clothes, in the form of MNIST but harder: 60,000 images to train on and 10,000 to test with.

    Parameters, attributes and errors are those of :class:`MNIST`; the folder is ``fashion-mnist`` (or torchvision's
    ``FashionMNIST/raw``), and so is the name.

    References
    ----------
    H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", arXiv:1708.07747, 2017. Zalando Research, MIT licence.

    Examples
    --------
    >>> from nn.datasets import FashionMNIST
    >>> FashionMNIST.source.classes[9]
    'Ankle boot'
    """

    source = files.FASHION_MNIST
