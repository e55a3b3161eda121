"""Where the files of MNIST and Fashion-MNIST are: what they hold, where they are looked for, how they are checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .errors import DataError, DownloadError
from .idx import encode_idx, parse_idx

VARIABLE = "TINYGRAD_NP_DATA"


class Official(NamedTuple):
    """A file as it was published: the size of the gzip file in bytes, its SHA-256, and that of what it unpacks to."""

    size: int
    zipped: str
    plain: str


class Source(NamedTuple):
    """A published data set: its names, its classes, its folders under a data directory, its mirrors and its files."""

    name: str
    title: str
    classes: tuple[str, ...]
    folders: tuple[str, ...]
    mirrors: tuple[str, ...]
    files: dict[str, Official]


MNIST = Source(
    name="mnist",
    title="MNIST",
    classes=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    folders=("mnist", "MNIST/raw"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files={
        "train-images-idx3-ubyte": Official(
            9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        "train-labels-idx1-ubyte": Official(
            28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "t10k-images-idx3-ubyte": Official(
            1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        "t10k-labels-idx1-ubyte": Official(
            4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    },
)

FASHION_MNIST = Source(
    name="fashion-mnist",
    title="Fashion-MNIST",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    folders=("fashion-mnist", "FashionMNIST/raw"),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    files={
        "train-images-idx3-ubyte": Official(
            26421880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        "train-labels-idx1-ubyte": Official(
            29515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "t10k-images-idx3-ubyte": Official(
            4422102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        "t10k-labels-idx1-ubyte": Official(
            5148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
)

SOURCES = (MNIST, FASHION_MNIST)


def find(
    source: Source, files: Sequence[str], root: str | os.PathLike[str] | None = None, download: bool = True
) -> dict[str, str]:
    """Find files of a data set on this machine, or download the data set.

    The data directory is ``root``, else the environment variable ``TINYGRAD_NP_DATA``, else the user's cache. The files
    may lie in it or in the data set's folder (``mnist``, or ``MNIST/raw`` as torchvision has it), compressed with gzip
    or not, named ``train-images-idx3-ubyte`` or ``train-images.idx3-ubyte``.

    Parameters
    ----------
    source : Source
        The data set.
    files : sequence of str
        Which of its files are needed; they are found in one folder together.
    root : str or path-like, optional
        The data directory.
    download : bool
        Whether to download what is missing of the data set if some of ``files`` are not there.

    Returns
    -------
    dict of str to str
        The path of each of ``files``.

    Raises
    ------
    FileNotFoundError
        If files are missing and ``download`` is false.
    DownloadError
        If files are missing and cannot be downloaded; it tells what was tried.
    NotADirectoryError
        If the data directory is a file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     open(os.path.join(root, "t10k-labels.idx1-ubyte"), "x").close()
    ...     paths = find(MNIST, ["t10k-labels-idx1-ubyte"], root)
    >>> [(file, os.path.basename(path)) for file, path in paths.items()]
    [('t10k-labels-idx1-ubyte', 't10k-labels.idx1-ubyte')]
    """
    directory, origin = data_directory(root)
    if os.path.isfile(directory):
        raise NotADirectoryError(f"{origin} is a file; give the folder that holds {source.title}'s files")
    folders = [os.path.join(directory, *folder.split("/")) for folder in (*source.folders, "raw")] + [directory]
    for folder in folders:
        present = _present(source, folder)
        if present.keys() >= set(files):
            return {file: present[file] for file in files}
    if not download:
        raise FileNotFoundError(
            f"{source.title}'s {' and '.join(files)} (with or without .gz) are not in {origin}: looked in "
            f"{', '.join(folders)}; pass download=True, or give the folder that holds them as root or in {VARIABLE}"
        )
    own_names = {folder.split("/")[0].lower() for folder in source.folders}
    default = directory if os.path.basename(directory).lower() in own_names else folders[0]
    # Only a folder that bears the data set's name is completed: another may hold the like-named files of another set.
    target = next((folder for folder in folders[: len(source.folders)] if _present(source, folder)), default)
    _download(source, target, origin)
    present = _present(source, target)
    return {file: present[file] for file in files}


def data_directory(root: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """Return the data directory and, in words for an error, where it is named."""
    if root is not None:
        directory = os.path.abspath(os.path.expanduser(os.fsdecode(root)))
        return directory, f"root={directory}"
    if variable := os.environ.get(VARIABLE):
        directory = os.path.abspath(os.path.expanduser(variable))
        return directory, f"{VARIABLE}={directory}"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):  # so the XDG Base Directory Specification would have it
        homes = {"win32": "~/AppData/Local", "darwin": "~/Library/Caches"}
        cache = os.path.expanduser(homes.get(sys.platform, "~/.cache"))
    directory = os.path.join(cache, "tinygrad_np")
    return directory, f"the cache {directory}"


def _present(source: Source, folder: str) -> dict[str, str]:
    """Paths of a data set's files in a folder, uncompressed ones first: they load faster."""
    found = {}
    for file in source.files:
        names = (name + suffix for suffix in ("", ".gz") for name in (file, file.replace("-idx", ".idx")))
        path = next((path for name in names if os.path.isfile(path := os.path.join(folder, name))), None)
        if path is not None:
            found[file] = path
    return found


def _download(source: Source, folder: str, origin: str) -> None:
    """Download into a folder what it lacks of a data set."""
    from tqdm import tqdm

    from .download import fetch, write_atomically

    present = _present(source, folder)
    # The smallest file first: if the folder cannot be written to, that shows at once.
    missing = sorted((official, file) for file, official in source.files.items() if file not in present)
    try:
        with tqdm(
            total=sum(official.size for official, _ in missing),
            desc=f"Downloading {source.title}",
            unit="B",
            unit_scale=True,
            delay=1,  # not shown until something has arrived
        ) as bar:
            for official, file in missing:

                def advance(received: int, begun: float = bar.n) -> None:
                    if arrived := begun + received - bar.n:
                        bar.delay = 0
                        bar.update(arrived)

                urls = [f"{mirror}{file}.gz" for mirror in source.mirrors]
                content = fetch(urls, official.size, official.zipped, advance)
                os.makedirs(folder, exist_ok=True)
                write_atomically(os.path.join(folder, f"{file}.gz"), content)
    except DownloadError as error:
        raise DownloadError(
            f"{source.title} is not in {origin} and could not be downloaded:\n{error}.\n"
            f"Without a network, put its files ({', '.join(f'{file}.gz' for file in source.files)}) in a folder and "
            f"give that as root or in the environment variable {VARIABLE}"
        ) from None
    except OSError as error:
        raise DownloadError(
            f"{source.title} cannot be kept in {folder} ({error}); give a folder that you may write to as root or in "
            f"the environment variable {VARIABLE}"
        ) from error


def read(source: Source, file: str, path: str, verify: bool = True) -> tuple[np.ndarray, str]:
    """Read one of a data set's files and check that it is the one that was published.

    Parameters
    ----------
    source : Source
        The data set.
    file : str
        Which of its files this is, a key of ``source.files``.
    path : str
        Where it is.
    verify : bool
        Whether the content must be the published one, compressed in whichever way; else any IDX file will do.

    Returns
    -------
    numpy.ndarray
        What the file holds.
    str
        The SHA-256 of the file, in hexadecimal.

    Raises
    ------
    DataError
        If the file is damaged, or has other content than the published one.
    OSError
        If it cannot be read.
    """
    import hashlib

    with open(path, "rb") as stream:
        content = stream.read()
    array = parse_idx(content, path)
    digest = hashlib.sha256(content).hexdigest()
    official = source.files[file]
    if verify and digest not in (official.zipped, official.plain):
        unpacked = hashlib.sha256(encode_idx(array)).hexdigest()
        if unpacked != official.plain:
            raise DataError(
                f"{path} is not {source.title}'s {file}: {_identify(unpacked)} (unpacked, its SHA-256 is {unpacked}, "
                f"expected {official.plain}); give {source.title}'s own folder as root, or "
                f"move this file away to have {source.title}'s downloaded, or pass verify=False to use it as it is"
            )
    return array, digest


def _identify(sha256: str) -> str:
    for source in SOURCES:
        for file, official in source.files.items():
            if official.plain == sha256:
                return f"it is {source.title}'s {file}"
    return "it is an IDX file of other content"
