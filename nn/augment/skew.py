"""Slanted writing made upright."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .transform import Transform


class Deskew(Transform):
    r"""Each image is sheared along its rows so that its ink stands upright, or nearer to it; nothing is drawn.

    With the pixels x as mass and its centre at (r̄, c̄), the slant is what the regression of columns on rows says

        k = Σ x (r - r̄) (c - c̄) / Σ x (r - r̄)²        in columns per row

    and the new image, interpolated linearly along rows and 0 beyond its border, is

        y(r, c) = x(r, c + part k (r - r̄))

    An image without ink, or with all of it in one row, stays as it is.  The channels of an image are sheared alike, by
    the slant of their sum.  It is for images on a background of 0: normalize after, not before.

    Parameters
    ----------
    part : how much of the slant is taken away, from 0 to 1.

    Raises
    ------
    ValueError
        If `part` is not from 0 to 1, or a pixel is not finite.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner: Gradient-based learning applied to document recognition. Proceedings of the IEEE
    86(11), 1998, whose "deslanted" images are made so.

    Examples
    --------
    >>> stroke = np.eye(3)[:, ::-1]
    >>> Deskew()(stroke[None], np.random.default_rng(0))
    array([[[0., 1., 0.],
            [0., 1., 0.],
            [0., 1., 0.]]], dtype=float32)
    """

    def __init__(self, part: float = 1.0) -> None:
        if not 0 <= part <= 1:
            raise ValueError(f"part must be from 0 to 1, not {part!r}")
        self.part = part

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images sheared."""
        return deskew(images, self.part)

    def __repr__(self) -> str:
        return f"Deskew(part={self.part})"


def deskew(images: np.ndarray, part: float = 1.0) -> np.ndarray:
    """Return images (N, C, H, W) as `Deskew` does, float32.

    A row moves as a whole, so two slices of it are mixed: in half the time that `bilinear` takes for such coordinates.
    """
    batch, channels, height, width = images.shape
    if not images.size:
        return images.astype(np.float32)
    slant, middle = _slants(images.sum(1, dtype=np.float32) if channels > 1 else images[:, 0].astype(np.float32))
    shift = part * slant[:, None] * (np.arange(height) - middle[:, None])
    whole = np.floor(shift)
    fraction = (shift - whole).astype(np.float32)[:, None, :, None]
    # a frame of zeros as wide as the farthest row goes, or as it takes to leave nothing of it
    side = int(min(np.abs(whole).max() + 1, width + 1))
    frame = np.zeros((batch, channels, height, width + 2 * side), np.float32)
    frame[..., side : side + width] = images
    first = np.clip(whole, -side, side - 1).astype(np.intp) + side
    windows = sliding_window_view(frame, width + 1, axis=-1)
    taken = windows[np.arange(batch)[:, None], :, np.arange(height), first].transpose(0, 2, 1, 3)
    left, right = taken[..., :-1], taken[..., 1:]
    sheared = right - left
    sheared *= fraction
    sheared += left
    return sheared


def _slants(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slants of images (N, H, W), float64 (N,), and the rows of their centres; 0 where there is no slant."""
    height, width = images.shape[1:]
    powers = np.stack([np.ones(width), np.arange(width)], 1).astype(np.float32)
    with np.errstate(invalid="ignore", over="ignore"):  # told below
        of_rows = (images.reshape(-1, width) @ powers).astype(np.float64).reshape(-1, height, 2)
    finite = np.isfinite(of_rows).all((1, 2))
    if not finite.all():
        raise ValueError(f"image {finite.argmin()} has pixels that are not finite, or too large to add up")
    mass, moment = np.moveaxis(of_rows, -1, 0)  # of each row: (N, H)
    rows, total = np.arange(height), mass.sum(1)
    total[total <= 0] = np.inf
    middle = mass @ rows / total
    away = rows - middle[:, None]
    across = (away * (moment - (moment.sum(1) / total)[:, None] * mass)).sum(1)
    down = (away * away * mass).sum(1)
    return np.divide(across, down, out=np.zeros_like(across), where=down > 1e-6 * total), middle
