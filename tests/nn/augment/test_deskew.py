"""Slanted writing made upright: against a plain loop, and by what it must do to the slant."""

from __future__ import annotations

import numpy as np
import pytest

from nn.augment import Deskew, deskew
from nn.datasets import Digits

RNG = np.random.default_rng(0)  # from which nothing is drawn


def slant_of(image: np.ndarray) -> float:
    """Return how many columns the ink of an image (H, W) goes to the right with each row."""
    rows, columns = np.indices(image.shape)
    total = image.sum()
    down, across = rows - (image * rows).sum() / total, columns - (image * columns).sum() / total
    return float((image * down * across).sum() / (image * down * down).sum())


def by_a_loop(image: np.ndarray, part: float) -> np.ndarray:
    """Return an image (H, W) sheared row by row."""
    places = np.arange(image.shape[1])
    middle = (image.sum(1) @ np.arange(len(image))) / image.sum()
    moved = [
        np.interp(places + part * slant_of(image) * (row - middle), [-1, *places, len(places)], [0, *line, 0], 0, 0)
        for row, line in enumerate(image)
    ]
    return np.array(moved)


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return Digits(size=200).data


@pytest.mark.parametrize("part", [0.3, 1.0])
def test_it_is_what_a_loop_over_rows_gives(part: float, digits: np.ndarray) -> None:
    expected = np.stack([by_a_loop(image.astype(np.float64), part) for image in digits])
    np.testing.assert_allclose(Deskew(part)(digits, RNG), expected, atol=0.02)  # of 255


def test_what_is_left_of_the_slant(digits: np.ndarray) -> None:
    before = np.array([slant_of(image.astype(np.float64)) for image in digits])
    for part in (0.5, 1.0):
        after = np.array([slant_of(image.astype(np.float64)) for image in Deskew(part)(digits, RNG)])
        np.testing.assert_allclose(after, (1 - part) * before, atol=0.01)
    assert np.abs(before).mean() > 0.1


def test_sizes_that_are_not_square_and_channels_that_share_a_slant() -> None:
    images = np.random.default_rng(1).random((5, 3, 9, 14), np.float32)
    sheared = deskew(images, 1.0)
    assert sheared.shape == images.shape
    for image, channels in zip(images, sheared, strict=True):
        total = image.sum(0).astype(np.float64)
        np.testing.assert_allclose(channels.sum(0), by_a_loop(total, 1.0), rtol=1e-4, atol=1e-4)
    alone = deskew(images[:, :1], 1.0)
    assert not np.allclose(alone, sheared[:, :1])


def test_far_slants_leave_the_image() -> None:
    image = np.zeros((1, 1, 3, 400), np.float32)
    image[0, 0, 0, 0] = image[0, 0, 2, 399] = 1  # 200 columns a row, so both come to the middle
    sheared = deskew(image)[0, 0]
    np.testing.assert_allclose(sheared[[0, 2], 199], 0.5)
    np.testing.assert_allclose(sheared[[0, 2], 200], 0.5)
    narrow = np.zeros((1, 1, 40, 2), np.float32)
    narrow[0, 0, 19:21] = np.eye(2)
    narrow[0, 0, 0, 0] = 1e-3  # far from the centre: where it goes, there is no image
    assert deskew(narrow)[0, 0, 0].max() == 0


@pytest.mark.parametrize("image", [np.zeros((4, 4)), np.eye(4)[:1].repeat(4, 0) * np.eye(4)[:, :1]])
def test_without_ink_or_with_ink_in_one_row_there_is_no_slant(image: np.ndarray) -> None:
    np.testing.assert_array_equal(Deskew()(image[None], RNG), image[None].astype(np.float32))


@pytest.mark.parametrize("pixel", [np.nan, np.inf])
def test_pixels_that_are_not_finite(pixel: float) -> None:
    images = np.random.default_rng(3).random((2, 6, 6), np.float32)
    images[1, 1, 2] = pixel
    with pytest.raises(ValueError, match="image 1 has pixels that are not finite"):
        Deskew()(images, RNG)


def test_nothing_of_the_slant() -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 8, 8), np.uint8)
    changed = Deskew(0)(images, RNG)
    assert changed.dtype == np.float32
    np.testing.assert_array_equal(changed, images)
    assert deskew(images[:0, None]).shape == (0, 1, 8, 8)


@pytest.mark.parametrize("part", [-0.1, 1.1, float("nan")])
def test_a_part_that_is_none(part: float) -> None:
    with pytest.raises(ValueError, match="part must be from 0 to 1, not"):
        Deskew(part)


def test_its_repr() -> None:
    assert repr(Deskew(0.7)) == "Deskew(part=0.7)"
