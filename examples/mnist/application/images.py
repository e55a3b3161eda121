"""Pictures from anywhere, made alike to those a network was trained on, and shown in a terminal."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
LARGEST = 50_000_000  # pixels
CONTRAST = 0.05  # between the darkest and the brightest pixel, below which a picture is blank
REDUCED = 5  # times the size of the data set's images is enough for a picture
FAINT_EDGE, DARK = 0.05, 0.25  # parts of the darkest ink, see `cut_ink`
TIE = 1e-3  # pixels: a mass midway between two goes up and left, whatever the last digits of its sums
SHADES, PLAIN_SHADES = " ░▒▓█", " .:*#"

Array = np.ndarray


class ImageError(Exception):
    """A file or an array holds no picture that a network could be asked about."""


# ---- reading


def read_image(path: str | Path) -> Array:
    """Return the grey values (H, W) of an image file, float32 from 0, black, to 1.

    Colours become their luminance. What is transparent becomes white behind dark pixels and black behind bright ones.
    The orientation that cameras note is applied.

    Raises
    ------
    ImageError
        If the file is missing, empty, too large, damaged or no image, or Pillow is not installed.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
    except ImportError:
        raise ImageError(f"{path} needs the package Pillow: pip install Pillow") from None
    path = Path(path)
    if path.is_dir():
        raise ImageError(f"{path} is a folder, not an image")
    if path.exists() and not path.is_file():  # a pipe, which may never say anything, or a device
        raise ImageError(f"{path} is not a file")
    try:
        if path.is_file() and path.stat().st_size == 0:
            raise ImageError(f"{path} is empty (0 bytes)")
        with warnings.catch_warnings(), open(path, "rb") as file:
            warnings.simplefilter("ignore")  # size is judged here, oddities of metadata are Pillow's business
            with Image.open(file, formats=FORMATS) as image:
                if math.prod(image.size) > LARGEST:
                    raise ImageError(f"{path} has {image.size[0]} x {image.size[1]} pixels, more than {LARGEST:,}")
                return to_grey(ImageOps.exif_transpose(image))
    except UnidentifiedImageError:
        raise ImageError(f"{path} is not an image ({', '.join(FORMATS)} can be read)") from None
    except Image.DecompressionBombError:
        raise ImageError(f"{path} has more than {LARGEST:,} pixels") from None
    except FileNotFoundError:
        raise ImageError(f"{path} does not exist") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for damaged files
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ImageError(f"{path} cannot be read: {reason}") from error


def to_grey(image: Any) -> Array:
    """Return the grey values of an image of Pillow's, as `read_image` does."""
    if image.mode.startswith("I"):  # 16 bits a pixel
        return np.asarray(image, np.float32) / np.float32(65535)
    if image.mode not in ("LA", "PA", "RGBA") and "transparency" not in image.info:
        return np.asarray(image.convert("L"), np.float32) / np.float32(255)
    channels = image.convert("RGBA").convert("LA").split()
    grey, alpha = (np.asarray(channel, np.float32) / np.float32(255) for channel in channels)
    dark = (grey * alpha).sum() < 0.5 * alpha.sum()
    return grey * alpha + (1 - alpha if dark else 0)


# ---- making alike


def prepare(grey: Array, dataset: str, size: tuple[int, ...]) -> Array:
    """Return a picture of any size as an image of a data set: (H, W), float32, from 0, the background, to 1.

    Digits become what MNIST's are: bright on dark, scaled so that they just fit a box of 20 x 20 pixels, and shifted
    by whole pixels until their centre of mass lies at row 14, column 14 of 28 x 28 (both counted from 0). Fashion fills
    all of the image, in its middle. Of other data sets nothing is known: their pictures are scaled only.

    Parameters
    ----------
    grey : (h, w)
        from 0, black, to 1; bright on dark or dark on bright, see `find_ink`.
    dataset
        ``mnist``, ``digits``, ``fashion-mnist``, or another.
    size
        height and width of the data set's images.

    Raises
    ------
    ImageError
        If there is nothing in the picture.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998, section III.A.

    Examples
    --------
    >>> page = np.ones((100, 80))
    >>> page[10:70, 30:36] = 0  # a dark stroke on bright paper
    >>> image = prepare(page, "mnist", (28, 28))
    >>> np.flatnonzero((image > 0.5).any(1))[[0, -1]].tolist(), np.flatnonzero((image > 0.5).any(0)).tolist()
    ([4, 23], [13, 14])
    """
    return PREPARATIONS.get(dataset, scale)(grey, size)


def centre_by_mass(grey: Array, size: tuple[int, ...]) -> Array:
    """Return the ink in a box of 5/7 of `size`, its centre of mass in the middle."""
    ink = fit(cut_ink(grey, size), tuple(round(side * 5 / 7) for side in size))
    total = ink.sum()
    corner = [
        round(side / 2 - float(ink.sum(1 - axis) @ np.arange(ink.shape[axis]) / total) - TIE)
        for axis, side in enumerate(size)
    ]
    return place(ink, corner, size)


def centre_by_box(grey: Array, size: tuple[int, ...]) -> Array:
    """Return the ink as large as `size` allows, in the middle."""
    ink = fit(cut_ink(grey, size), size)
    return place(ink, [(side - length) // 2 for side, length in zip(size, ink.shape, strict=True)], size)


def scale(grey: Array, size: tuple[int, ...]) -> Array:
    """Return the picture in another size, its proportions changed if need be."""
    check_contrast(grey)
    return resize(grey, size)


PREPARATIONS: dict[str, Callable[[Array, tuple[int, ...]], Array]] = {
    "mnist": centre_by_mass,
    "digits": centre_by_mass,
    "fashion-mnist": centre_by_box,
}


def check_contrast(grey: Array) -> None:
    """Raise `ImageError` if there is nothing to see."""
    if not grey.size or float(np.ptp(grey)) < CONTRAST:
        raise ImageError("the picture is blank: all its pixels are alike")


def cut_ink(grey: Array, size: tuple[int, ...]) -> Array:
    """Return the smallest part that holds the ink of a picture, from 0 to 1 at the darkest.

    A picture much larger than `size` is reduced first, which averages the noise of a camera away. In a larger one only
    what is dark is sure to be ink; in one as small as the data set's images the faint edges of strokes are too.
    """
    longest, enough = max(grey.shape), REDUCED * max(size)
    if longest > enough:
        grey = resize(grey, tuple(max(1, round(side * enough / longest)) for side in grey.shape))
    ink = find_ink(grey)
    dark = ink > (FAINT_EDGE if longest <= max(size) else DARK)
    rows, columns = (np.flatnonzero(dark.any(axis)) for axis in (1, 0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def find_ink(grey: Array) -> Array:
    """Return how far each pixel is from the paper, from 0 to 1 at the farthest: darker or brighter, whichever is more.

    The paper is a plane, as it may be lit from one side, through the pixels on the border. What differs from it as
    these do, by up to three times their median deviation, is grain.
    """
    check_contrast(grey)
    paper, grain = find_paper(grey)
    difference = grey - paper
    bright, dark = (np.maximum(sign * difference - grain, 0) for sign in (1, -1))
    ink = bright if (bright * bright).sum() >= (dark * dark).sum() else dark
    most = float(ink.max())
    if most < CONTRAST:
        raise ImageError("the picture is blank: nothing in it stands out from its border")
    return (ink / most).astype(np.float32)


def find_paper(grey: Array) -> tuple[Array, float]:
    """Return the plane (h, w) through the pixels on the border but for those that stand out, and the grain."""
    down, across = np.meshgrid(*map(np.arange, grey.shape), indexing="ij")
    on_border = np.ones(grey.shape, bool)
    on_border[1:-1, 1:-1] = False
    border = grey[on_border]
    deviations = np.abs(border - np.median(border))
    usual = deviations <= 3 * np.median(deviations) + CONTRAST
    places = np.stack([np.ones_like(border), down[on_border], across[on_border]], axis=1)
    plane, *_ = np.linalg.lstsq(places[usual], border[usual], rcond=None)
    level, slope_down, slope_across = map(float, plane)
    paper = level + slope_down * down + slope_across * across
    return paper, 3 * float(np.median(np.abs(border - paper[on_border])))


def fit(ink: Array, box: tuple[int, ...]) -> Array:
    """Return the ink scaled, its proportions kept, so that it just fits a box; the darkest is 1 again."""
    factor = min(side / length for side, length in zip(box, ink.shape, strict=True))
    scaled = resize(ink, tuple(max(1, round(length * factor)) for length in ink.shape))
    return scaled / scaled.max()


def place(ink: Array, corner: list[int], size: tuple[int, ...]) -> Array:
    """Return an image of `size` with the ink at `corner`, or as near to it as it is wholly inside."""
    image = np.zeros(size, np.float32)
    top, left = (
        min(max(0, at), side - length) for at, side, length in zip(corner, size, ink.shape, strict=True)
    )
    image[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return image


def resize(image: Array, size: tuple[int, ...]) -> Array:
    """Return an image (h, w) scaled to `size`: between pixels it is linear, and what becomes one pixel is averaged."""
    rows, columns = (_weights(length, side) for length, side in zip(image.shape, size, strict=True))
    return rows @ image.astype(np.float32) @ columns.T


def _weights(old: int, new: int) -> Array:
    """Return the part (new, old) that each old pixel of a line has in each new one: a triangle around its place."""
    ratio = old / new
    middles = (np.arange(new) + 0.5) * ratio - 0.5
    parts = np.maximum(0, 1 - np.abs(np.arange(old) - middles[:, None]) / max(ratio, 1))
    return (parts / parts.sum(1, keepdims=True)).astype(np.float32)


# ---- showing


def sketch(image: Array, encoding: str | None = "utf-8") -> list[str]:
    """Return an image with pixels from 0 to 1 as lines of text, one for two rows, in block characters.

    Where `encoding` has none, ASCII stands in.

    Examples
    --------
    >>> sketch(np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 1.0]]))
    [' ▒█']
    """
    if len(image) % 2:
        image = np.vstack([image, np.zeros_like(image[:1])])
    pairs = image.reshape(-1, 2, image.shape[1]).mean(1)
    shades = SHADES
    try:
        SHADES.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        shades = PLAIN_SHADES
    levels = np.rint(np.clip(pairs, 0, 1) * (len(shades) - 1)).astype(int)
    return ["".join(shades[level] for level in line) for line in levels]
