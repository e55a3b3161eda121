"""Random affine and elastic deformations, drawn as one smooth map for each image and resampled once."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from .resample import bilinear
from .scratch import scratch
from .transform import Transform, check_at_least_zero

# Of the variance of the elastic field, the part that may be left out with its finest waves.
NEGLIGIBLE = 1e-4


class RandomWarp(Transform):
    r"""Each image is rotated, scaled, sheared, shifted and bent at random, and resampled once, bilinearly.

    With p = (row, column) from the centre of the image, the new image is

        y(p) = x(A⁻¹ (p - t) + d(p)),      A = R K S

    where S scales the rows and the columns each by a factor, K moves the columns by `k` times the row, R rotates
    counterclockwise, t shifts, and d bends: an elastic field.  Beyond its border an image is 0; normalize after, not
    before, where the background is to stay what it is.

    Each component of d is what white noise becomes when it is smoothed by a Gaussian of standard deviation σ, scaled
    to a root mean square of `elastic` pixels.  Such noise has the covariance

        elastic² C(row p, row q) C(column p, column q),      C(i, j) = exp(-(i - j)² / 4σ²)

    Nothing need be smoothed to have it.  With eigenvectors C = V Λ Vᵀ and F = V √Λ the field ``elastic F z Fᵀ`` has it
    for any z of independent entries of mean 0 and variance 1, and few columns of F have nearly all of the variance: 8
    of 28 at σ = 4 all but 1e-4, so that 64 numbers are drawn for a component and not 784.  They are uniform, like the
    noise of the paper.  An affine map is a product of that form as well: two products of small matrices give all
    coordinates of an image, see `coordinates`.

    Parameters
    ----------
    degrees : rotations are uniform in ± `degrees`.
    scale : the factor of each axis is uniform in 1 ± `scale`, below 1.
    shear : k is uniform in ± `shear`: columns per row.
    shift : the shift along each axis is uniform in ± `shift` pixels.
    elastic : the root mean square of each component of d, in pixels.
    sigma : σ, the smoothness of d, in pixels.

    Raises
    ------
    ValueError
        If an option is out of its range.

    References
    ----------
    Simard, Steinkraus and Platt: Best practices for convolutional neural networks applied to visual document analysis.
    ICDAR 2003.

    Examples
    --------
    >>> warp = RandomWarp(degrees=10, scale=0.12, shear=0.1, shift=1, elastic=0.8, sigma=4)
    >>> images = np.random.default_rng(0).random((128, 28, 28), np.float32)
    >>> warp(images, np.random.default_rng(1)).shape
    (128, 28, 28)
    >>> np.array_equal(RandomWarp()(images, np.random.default_rng(1)), images)
    True
    """

    def __init__(
        self,
        degrees: float = 0.0,
        scale: float = 0.0,
        shear: float = 0.0,
        shift: float = 0.0,
        elastic: float = 0.0,
        sigma: float = 4.0,
    ) -> None:
        check_at_least_zero(degrees=degrees, scale=scale, shear=shear, shift=shift, elastic=elastic, sigma=sigma)
        if not scale < 1:
            raise ValueError(f"scale must be below 1, which would shrink an image to nothing, not {scale!r}")
        if not sigma > 0:
            raise ValueError(f"sigma must be above 0, not {sigma!r}: white noise tears an image instead of bending it")
        self.degrees, self.scale, self.shear, self.shift = degrees, scale, shear, shift
        self.elastic, self.sigma = elastic, sigma

    def apply(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the images, each through a map of its own; all channels of an image go through the same."""
        batch, _, height, width = images.shape
        return bilinear(images, self.coordinates(batch, height, width, rng))

    def coordinates(self, batch: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `batch` maps: return where each pixel of each new image is taken from.

        They are ``[1, row, F] w [1, column, F]ᵀ`` for an image, where w has the affine map in its first row and column,
        and elastic z in the others.

        Returns
        -------
        float32 array of shape (2, batch, height, width): rows and columns, in pixels from the first.  The next call in
        this thread overwrites it.
        """
        affine = self.inverse_maps(batch, rng)
        affine[:, :, 2] += np.array([[(height - 1) / 2], [(width - 1) / 2]])
        rows, columns = (_basis(size, self.sigma if self.elastic else None) for size in (height, width))
        shape = (2, batch, rows.shape[1], columns.shape[1])
        weights = scratch.array("weights", shape)
        weights[...] = 0
        weights[:, :, 1, 0], weights[:, :, 0, 1], weights[:, :, 0, 0] = np.moveaxis(affine, -1, 0)
        if self.elastic:
            elastic = weights[:, :, 2:, 2:]
            drawn = rng.random(out=scratch.array("drawn", elastic.shape), dtype=np.float32)
            drawn -= 0.5
            # the variance of a uniform number between 0 and 1 is 1/12
            np.multiply(drawn, math.sqrt(12) * self.elastic, out=elastic)
        # One product for all images would take less time by itself, but BLAS would share it out among its threads, for
        # which it would wait while the network trains with them.
        along_rows = np.matmul(weights, columns.T, out=scratch.array("along rows", (*shape[:3], width)))
        return np.matmul(rows, along_rows, out=scratch.array("coordinates", (2, batch, height, width)))

    def inverse_maps(self, batch: int, rng: np.random.Generator) -> np.ndarray:
        """Draw `batch` affine maps and return their inverses, from new images to old, about the centre.

        With angle θ and factors s, A⁻¹ = S⁻¹ K⁻¹ R⁻¹ takes (row, column) to

            ((cos θ · row + sin θ · column) / s_row,
             ((-sin θ - k cos θ) · row + (cos θ - k sin θ) · column) / s_column)

        Returns
        -------
        float64 array of shape (2, batch, 3): for the row and for the column in the old image, the factors of the row
        and of the column in the new one, and a constant.
        """
        extent = (math.radians(self.degrees), self.scale, self.scale, self.shear, self.shift, self.shift)
        drawn = rng.uniform(-1, 1, (6, batch)) * np.reshape(extent, (6, 1))
        angle, row_factor, column_factor, shear, down, right = drawn
        cosine, sine = np.cos(angle), np.sin(angle)
        inverse = np.empty((2, batch, 3))
        inverse[0, :, :2] = np.stack([cosine, sine], 1) / (1 + row_factor)[:, None]
        inverse[1, :, :2] = np.stack([-sine - shear * cosine, cosine - shear * sine], 1) / (1 + column_factor)[:, None]
        inverse[:, :, 2] = -(inverse[:, :, 0] * down + inverse[:, :, 1] * right)
        return inverse

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value}" for name, value in vars(self).items())
        return f"RandomWarp({options})"


class RandomAffine(RandomWarp):
    """Each image is rotated, scaled, sheared and shifted at random; see `RandomWarp` for what the numbers mean.

    Examples
    --------
    >>> RandomAffine(degrees=10, shift=2)
    RandomAffine(degrees=10, scale=0.0, shear=0.0, shift=2)
    """

    def __init__(self, degrees: float = 0.0, scale: float = 0.0, shear: float = 0.0, shift: float = 0.0) -> None:
        super().__init__(degrees, scale, shear, shift)

    def __repr__(self) -> str:
        return f"RandomAffine(degrees={self.degrees}, scale={self.scale}, shear={self.shear}, shift={self.shift})"


class Elastic(RandomWarp):
    """Each image is bent by a smooth random field of `rms` pixels; see `RandomWarp`.

    Examples
    --------
    >>> Elastic(rms=1.5)
    Elastic(rms=1.5, sigma=4.0)
    """

    def __init__(self, rms: float, sigma: float = 4.0) -> None:
        super().__init__(elastic=rms, sigma=sigma)

    def __repr__(self) -> str:
        return f"Elastic(rms={self.elastic}, sigma={self.sigma})"


@lru_cache(maxsize=64)
def _basis(size: int, sigma: float | None) -> np.ndarray:
    """Return the functions along an axis that coordinates are made of.

    Returns
    -------
    float32 array of shape (size, 2 + K): the constant 1, the position from the centre, and the K columns of F that are
    not negligible, scaled so that each row of F still has the sum of squares 1.  K = 0 without `sigma`.
    """
    position = np.arange(size) - (size - 1) / 2
    columns = [np.ones(size), position]
    if sigma is not None:
        covariance = np.exp(-(((position[:, None] - position) / (2 * sigma)) ** 2))
        variances, waves = np.linalg.eigh(covariance)
        kept = np.cumsum(variances) > NEGLIGIBLE * size  # they ascend, and their sum is `size`
        factors = waves[:, kept] * np.sqrt(variances[kept])
        factors /= np.sqrt(np.sum(factors**2, axis=1, keepdims=True))
        columns += [*factors.T]
    basis = np.stack(columns, 1).astype(np.float32)
    basis.flags.writeable = False
    return basis
