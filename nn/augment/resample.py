"""Images at positions between their pixels."""

from __future__ import annotations

import numpy as np

from .scratch import scratch

# Images that are worked on at a time have no more pixels than this together: enough to make the time that a call of
# NumPy takes by itself small, few enough for the arrays to stay in the caches.
BLOCK_PIXELS = 200_000
# Places are computed in float32, which has all whole numbers up to here.
MOST_PLACES = 2**24


def bilinear(images: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
    """Return images at the given positions, interpolated linearly along rows and columns; beyond the border is 0.

    At a position u between rows i and i + 1 and v between columns j and j + 1, with a = u - i and b = v - j, it is

        (1 - a) ((1 - b) x[i, j] + b x[i, j + 1]) + a ((1 - b) x[i + 1, j] + b x[i + 1, j + 1])

    Parameters
    ----------
    images : array of shape (N, C, H, W).
    coordinates : float32 array of shape (2, N, H', W'), rows and columns in pixels.  It is overwritten.

    Returns
    -------
    float32 array of shape (N, C, H', W').

    Raises
    ------
    ValueError
        If an image has more than 2**24 pixels, its frame included.

    Examples
    --------
    >>> bilinear(np.array([[[[1, 2], [3, 4]]]]), np.array([0.5, 1.5], np.float32).reshape(2, 1, 1, 1))
    array([[[[1.5]]]], dtype=float32)
    """
    batch, channels, height, width = images.shape
    if (height + 2) * (width + 2) > MOST_PLACES:
        raise ValueError(f"an image of {height} x {width} pixels is too large to resample: it may have {MOST_PLACES}")
    result = np.empty((batch, channels, *coordinates.shape[2:]), np.float32)
    block = max(1, BLOCK_PIXELS // max(1, height * width, result[:1, 0].size))
    for start in range(0, batch, block):
        part = slice(start, start + block)
        _bilinear(images[part], coordinates[:, part], result[part])
    return result


def _bilinear(images: np.ndarray, coordinates: np.ndarray, result: np.ndarray) -> None:
    """Write a block of images at `coordinates` into `result`.

    Each image gets a frame of zeros, one pixel wide, and positions beyond it are moved onto it; their neighbours beyond
    the frame, which belong to the next row or image, then have the weight 0.
    """
    batch, channels, height, width = images.shape
    rows, columns = coordinates
    stride = width + 2
    framed = scratch.array("framed", (batch * (height + 2) * stride + stride + 1,))
    framed[...] = 0
    inner = framed[: -stride - 1].reshape(batch, height + 2, stride)[:, 1:-1, 1:-1]
    np.clip(rows, -1, height, out=rows)
    np.clip(columns, -1, width, out=columns)
    places = _split(rows, columns, (height + 2) * stride, stride)
    corners = [scratch.array(f"corner{number}", rows.shape) for number in range(4)]
    for channel in range(channels):
        inner[...] = images[:, channel]
        for corner, offset in zip(corners, (0, 1, stride, stride + 1), strict=True):
            # all places are in bounds; of the ways not to check that, this one is the fastest
            framed[offset:].take(places, out=corner, mode="wrap")
        above = _between(corners[0], corners[1], columns)
        below = _between(corners[2], corners[3], columns)
        below -= above
        below *= rows
        np.add(above, below, out=result[:, channel])


def _split(rows: np.ndarray, columns: np.ndarray, image_stride: int, row_stride: int) -> np.ndarray:
    """Return where in the framed images the pixel above and left of each position is, and leave the fractions."""
    upper, left = scratch.array("corner0", rows.shape), scratch.array("corner1", rows.shape)
    np.floor(rows, out=upper)
    np.floor(columns, out=left)
    rows -= upper
    columns -= left
    upper *= row_stride
    upper += left
    first_pixels = np.arange(len(rows), dtype=np.float32) * image_stride + (row_stride + 1)
    upper += first_pixels.reshape(-1, 1, 1)
    # by way of int32, which takes less time than at once
    narrow, places = scratch.array("narrow", rows.shape, np.int32), scratch.array("places", rows.shape, np.intp)
    np.copyto(narrow, upper, casting="unsafe")
    np.copyto(places, narrow)
    return places


def _between(start: np.ndarray, stop: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Return ``start + part (stop - start)`` in the place of `start`."""
    stop -= start
    stop *= part
    start += stop
    return start
