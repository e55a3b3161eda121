"""Bilinear interpolation against loops over pixels, within the image, across its border and beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nn.augment import resample
from nn.augment.resample import bilinear


def slowly(image: np.ndarray, row: float, column: float) -> float:
    """Interpolate at one position, with pixels beyond the border 0."""
    total, top, left = 0.0, math.floor(row), math.floor(column)
    for i, j in [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)]:
        if 0 <= i < image.shape[0] and 0 <= j < image.shape[1]:
            total += (1 - abs(row - i)) * (1 - abs(column - j)) * float(image[i, j])
    return total


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize("shape", [(7, 9), (1, 4), (3, 1), (1, 1)])
def test_against_loops(shape: tuple[int, int], rng: np.random.Generator) -> None:
    images = rng.random((3, 2, *shape), np.float32)
    coordinates = rng.uniform(-3, np.reshape(shape, (2, 1, 1, 1)) + 2, (2, 3, 6, 8)).astype(np.float32)
    coordinates[:, :, ::2] = coordinates[:, :, ::2].round()  # on pixels, and on the border, too
    expected = [
        [[slowly(image, *at) for at in positions] for image in channels]
        for channels, positions in zip(images, coordinates.reshape(2, 3, -1).transpose(1, 2, 0), strict=True)
    ]
    result = bilinear(images, coordinates)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.reshape(expected, (3, 2, 6, 8)), rtol=0, atol=1e-6)


def test_on_the_pixels_the_image_itself(rng: np.random.Generator) -> None:
    images = rng.standard_normal((3, 1, 5, 6)).astype(np.float32)
    grid = np.broadcast_to(np.indices((5, 6), np.float32)[:, None], (2, 3, 5, 6))
    np.testing.assert_array_equal(bilinear(images, grid.copy()), images)


def test_far_away_there_is_nothing(rng: np.random.Generator) -> None:
    images = rng.random((2, 1, 4, 4), np.float32)
    for far in (-1, 4, -1e30, 1e30):
        for row, column in [(far, 1.5), (1.5, far), (far, far)]:
            coordinates = np.array([row, column], np.float32).reshape(2, 1, 1, 1).repeat(2, axis=1)
            assert not bilinear(images, coordinates).any()


def test_blocks_and_what_was_done_before_make_no_difference(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = rng.random((10, 2, 6, 5), np.float32)
    coordinates = rng.uniform(-2, 7, (2, 10, 6, 5)).astype(np.float32)
    whole = bilinear(images, coordinates.copy())
    for pixels in (1, 30, 100):
        monkeypatch.setattr(resample, "BLOCK_PIXELS", pixels)
        bilinear(rng.random((2, 3, 9, 11), np.float32), np.ones((2, 2, 4, 4), np.float32))
        np.testing.assert_array_equal(bilinear(images, coordinates.copy()), whole)


def test_places_beyond_float32_are_refused() -> None:
    with pytest.raises(ValueError, match="1 x 9000000 pixels is too large"):
        bilinear(np.broadcast_to(np.float32(0), (1, 1, 1, 9_000_000)), np.zeros((2, 1, 1, 1), np.float32))
