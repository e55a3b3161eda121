"""What a transform of images is, and those that take no interpolation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ImageTransform = Callable[[np.ndarray, np.random.Generator], np.ndarray]


class Transform:
    """A random change of a batch of images; subclasses define `apply`.

    Examples
    --------
    >>> class Negative(Transform):
    ...     def apply(self, images, rng):
    ...         return 1 - images
    >>> Negative()(np.zeros((1, 2, 2)), np.random.default_rng(0))
    array([[[1., 1.],
            [1., 1.]]], dtype=float32)
    """

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images changed.

        Parameters
        ----------
        images : real array of shape (N, H, W), (N, C, H, W), or (N, H * H) for square grey images laid flat.  It is
            never written to.
        rng : where everything random is drawn from: the same state gives the same bits.

        Returns
        -------
        A new array of the same shape and of dtype float32, in the units of `images`.

        Raises
        ------
        TypeError
            If `images` are not real numbers, or `rng` is not a generator.
        ValueError
            If `images` have another shape.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be a numpy.random.Generator, not {type(rng).__name__}")
        images = np.asarray(images)
        if images.dtype.kind not in "buif":
            raise TypeError(f"images must be real numbers, not of dtype {images.dtype}")
        changed = self.apply(images.reshape(_as_planes(images.shape)), rng)
        return changed.astype(np.float32, copy=False).reshape(images.shape)

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return a new array for `images` of shape (N, C, H, W) and any real dtype, preferably float32."""
        raise NotImplementedError(f"{type(self).__name__} must define apply, which returns the images changed")


def _as_planes(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the (N, C, H, W) that images of `shape` are."""
    match shape:
        case (batch, channels, height, width):
            return batch, channels, height, width
        case (batch, height, width):
            return batch, 1, height, width
        case (batch, pixels) if (side := math.isqrt(pixels)) ** 2 == pixels:
            return batch, 1, side, side
    raise ValueError(
        f"images have shape {shape}: give (N, H, W), (N, C, H, W), or (N, H * H) for square images laid flat"
    )


def check_at_least_zero(**values: float) -> None:
    """Raise ValueError unless each value is a finite number that is not negative."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be a finite number, 0 or more, not {value!r}")


class Compose(Transform):
    """Several transforms, one after the other, which draw from the same generator in turn.

    Parameters
    ----------
    transforms : what to apply, in this order.

    Raises
    ------
    TypeError
        If one cannot be called.

    Examples
    --------
    >>> both = Compose([RandomHorizontalFlip(p=1.0), Normalize(mean=0.5, std=0.5)])
    >>> both(np.array([[[0.0, 1.0]]]), np.random.default_rng(0))
    array([[[ 1., -1.]]], dtype=float32)
    """

    def __init__(self, transforms: Sequence[ImageTransform]) -> None:
        self.transforms = list(transforms)
        for transform in self.transforms:
            if not callable(transform):
                raise TypeError(f"Compose needs transforms that can be called, not {transform!r}")

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return what the last transform makes of what the others made."""
        if not self.transforms:
            return images.astype(np.float32)
        for transform in self.transforms:
            images = transform(images, rng)
        return images

    def __repr__(self) -> str:
        return f"Compose([{', '.join(map(repr, self.transforms))}])"


class Normalize(Transform):
    """``(x - mean) / std``.

    Parameters
    ----------
    mean, std : a number, or one for each channel, in the units of the images.

    Raises
    ------
    ValueError
        If they are not finite, `std` is not above 0, or they are neither one number nor one for each channel.

    Examples
    --------
    >>> Normalize(0.1307, 0.3081)(np.zeros((1, 1, 1)), np.random.default_rng(0))
    array([[[-0.424]]], dtype=float32)
    """

    def __init__(self, mean: float | Sequence[float], std: float | Sequence[float]) -> None:
        self.mean, self.std = mean, std
        self._mean, self._std = (np.asarray(value, np.float32) for value in (mean, std))
        if not (np.isfinite(self._mean).all() and np.isfinite(self._std).all() and (self._std > 0).all()):
            raise ValueError(f"mean and std must be finite and std above 0, not {mean!r} and {std!r}")
        if max(self._mean.ndim, self._std.ndim) > 1:
            raise ValueError(f"mean and std must be numbers, or one for each channel, not {mean!r} and {std!r}")

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images normalized; nothing is drawn."""
        channels = images.shape[1]
        for values in (self._mean, self._std):
            if values.ndim and len(values) != channels:
                raise ValueError(f"{self!r} is for {len(values)} channels, but the images have {channels}")
        out = np.subtract(images, self._mean.reshape(-1, 1, 1), dtype=np.float32)
        out /= self._std.reshape(-1, 1, 1)
        return out

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class RandomHorizontalFlip(Transform):
    """Each image is mirrored, left to right, with probability `p`.

    Parameters
    ----------
    p : the probability.

    Raises
    ------
    ValueError
        If it is not one.

    Examples
    --------
    >>> RandomHorizontalFlip(p=1.0)(np.array([[[1, 2, 3]]]), np.random.default_rng(0))
    array([[[3., 2., 1.]]], dtype=float32)
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, not {p!r}")
        self.p = p

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images, some of them mirrored."""
        out = images.astype(np.float32)
        mirrored = rng.random(len(images)) < self.p
        out[mirrored] = images[mirrored, :, :, ::-1]
        return out

    def __repr__(self) -> str:
        return f"RandomHorizontalFlip(p={self.p})"


class RandomShift(Transform):
    """Each image is shifted by whole pixels, up to `pixels` either way in each direction; what comes in is 0.

    Parameters
    ----------
    pixels : the largest shift, in pixels; each one up to it is as probable.

    Raises
    ------
    ValueError
        If it is not a whole number, 0 or more.

    Examples
    --------
    >>> image = np.array([[[1, 2], [3, 4]]])
    >>> RandomShift(1)(image, np.random.default_rng(0))  # down
    array([[[0., 0.],
            [1., 2.]]], dtype=float32)
    """

    def __init__(self, pixels: int) -> None:
        if not isinstance(pixels, int | np.integer) or isinstance(pixels, bool) or pixels < 0:
            raise ValueError(f"pixels must be a whole number, 0 or more, not {pixels!r}")
        self.pixels = int(pixels)

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images, each as seen through a window that was moved over a frame of zeros around it."""
        batch, channels, height, width = images.shape
        down, right = (min(self.pixels, side) for side in (height, width))  # beyond that there are zeros only
        frame = np.zeros((batch, channels, height + 2 * down, width + 2 * right), np.float32)
        frame[:, :, down : down + height, right : right + width] = images
        windows: Any = sliding_window_view(frame, (height, width), axis=(2, 3))
        drawn = rng.integers(-self.pixels, self.pixels, size=(2, batch), endpoint=True)
        top = down - np.clip(drawn[0], -down, down)
        left = right - np.clip(drawn[1], -right, right)
        return windows[np.arange(batch), :, top, left]

    def __repr__(self) -> str:
        return f"RandomShift({self.pixels})"
