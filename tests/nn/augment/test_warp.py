"""Random warps: that single maps do what geometry says, and that what is drawn is distributed as was asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from nn.augment import Elastic, RandomAffine, RandomWarp


class Fixed(np.random.Generator):
    """Draws the given part, from -1 to 1, of each range: angle, factors of rows and columns, shear, down, right."""

    def __init__(self, *parts: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.parts = parts

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        return np.broadcast_to(np.reshape(self.parts, (6, 1)), size)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.random((5, 8, 8), np.float32)


def test_nothing_to_do_returns_the_images_exactly(rng: np.random.Generator) -> None:
    for shape in [(3, 28, 28), (3, 7, 4), (2, 3, 5, 8)]:
        images = rng.standard_normal(shape).astype(np.float32)
        for transform in (RandomWarp(), RandomAffine(), Elastic(0)):
            np.testing.assert_array_equal(transform(images, rng), images)


@pytest.mark.parametrize("turns", [-1, 1, 2])
def test_a_right_angle_is_rot90(images: np.ndarray, turns: int) -> None:
    turned = RandomWarp(degrees=180)(images, Fixed(turns / 2, 0, 0, 0, 0, 0))
    np.testing.assert_allclose(turned, np.rot90(images, turns, axes=(1, 2)), rtol=0, atol=2e-6)


@pytest.mark.parametrize(("down", "right"), [(0, 1), (3, 0), (-2, 4), (-8, 0)])
def test_whole_pixels_move_exactly(down: int, right: int, rng: np.random.Generator) -> None:
    images = rng.random((2, 9, 6), np.float32)
    expected = np.zeros_like(images)
    expected[:, max(down, 0) : 9 + min(down, 0), max(right, 0) : 6 + min(right, 0)] = images[
        :, max(-down, 0) : 9 - max(down, 0), max(-right, 0) : 6 - max(right, 0)
    ]
    np.testing.assert_array_equal(RandomWarp(shift=8)(images, Fixed(0, 0, 0, 0, down / 8, right / 8)), expected)


def test_scale_stretches_about_the_centre() -> None:
    rows, columns = np.indices((9, 9)) - 4.0
    image = (3 * rows + 5 * columns + 100)[None]  # linear, and so interpolated without error
    wide = RandomWarp(scale=0.5)(image, Fixed(0, 0, 1, 0, 0, 0))
    np.testing.assert_allclose(wide[0], 3 * rows + 5 * columns / 1.5 + 100, rtol=1e-6)
    high = RandomWarp(scale=0.5)(image, Fixed(0, 1, 0, 0, 0, 0))
    np.testing.assert_allclose(high[0], 3 * rows / 1.5 + 5 * columns + 100, rtol=1e-6)


def test_shear_moves_columns_by_rows() -> None:
    image = np.zeros((1, 7, 7), np.float32)
    image[0, :, 3] = 1
    np.testing.assert_array_equal(RandomWarp(shear=1)(image, Fixed(0, 0, 0, 1, 0, 0))[0], np.eye(7))


def test_maps_are_the_inverses_of_rotation_shear_and_scale(rng: np.random.Generator) -> None:
    warp = RandomWarp(degrees=30, scale=0.3, shear=0.4, shift=2)
    drawn = rng.uniform(-1, 1, 6)
    angle, down_factor, right_factor = np.radians(30 * drawn[0]), 1 + 0.3 * drawn[1], 1 + 0.3 * drawn[2]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # of (row, column)
    shear = np.array([[1, 0], [0.4 * drawn[3], 1]])
    forward = rotation @ shear @ np.diag([down_factor, right_factor])
    inverse = warp.inverse_maps(1, Fixed(*drawn))[:, 0]
    old = rng.standard_normal((2, 10))
    new = forward @ old + 2 * drawn[4:, None]
    np.testing.assert_allclose(inverse[:, :2] @ new + inverse[:, 2:], old, rtol=0, atol=1e-12)


def test_drawn_maps_are_uniform(rng: np.random.Generator) -> None:
    count = 20_000

    def assert_uniform(values: np.ndarray, extent: float) -> None:
        assert abs(values).max() <= extent
        error = extent / np.sqrt(3 * count)  # the standard deviation of the mean
        assert abs(values.mean()) < 5 * error
        assert abs(np.mean(values**2) - extent**2 / 3) < 5 * extent**2 * np.sqrt(4 / 45 / count)

    rotations = RandomWarp(degrees=40).inverse_maps(count, rng)
    assert_uniform(np.degrees(np.arctan2(rotations[0, :, 1], rotations[0, :, 0])), 40)
    scales = RandomWarp(scale=0.2).inverse_maps(count, rng)
    assert_uniform(1 / scales[0, :, 0] - 1, 0.2)
    assert_uniform(1 / scales[1, :, 1] - 1, 0.2)
    assert_uniform(RandomWarp(shear=0.3).inverse_maps(count, rng)[1, :, 0], 0.3)
    shifts = RandomWarp(shift=3).inverse_maps(count, rng)
    assert_uniform(shifts[0, :, 2], 3)
    assert_uniform(shifts[1, :, 2], 3)


@pytest.mark.parametrize(("sigma", "shape"), [(4, (28, 28)), (1.5, (10, 12)), (0.3, (6, 6)), (100, (5, 9))])
def test_the_elastic_field_has_the_variance_and_the_covariance_of_smoothed_noise(
    sigma: float, shape: tuple[int, int], rng: np.random.Generator
) -> None:
    rms, count = 0.8, 4000
    coordinates = RandomWarp(elastic=rms, sigma=sigma).coordinates(count, *shape, rng)
    field = (coordinates - np.indices(shape)[:, None]).astype(np.float64)
    assert abs(field.mean((1,))).max() < 6 * rms / np.sqrt(count)
    # the variance of a square is at most that of a Gaussian's, 2 rms**4
    np.testing.assert_allclose(np.mean(field**2, 1), rms**2, rtol=6 * np.sqrt(2 / count))
    flat = field.reshape(2, count, -1)
    rows, columns = (axis.ravel() for axis in np.indices(shape))
    distance2 = (rows[:, None] - rows) ** 2 + (columns[:, None] - columns) ** 2
    expected = rms**2 * np.exp(-distance2 / (4 * sigma**2))
    for component in flat:
        np.testing.assert_allclose(component.T @ component / count, expected, rtol=0, atol=6 * rms**2 / np.sqrt(count))
    assert abs(np.mean(flat[0] * flat[1], 0)).max() < 6 * rms**2 / np.sqrt(count)


def test_smoothing_noise_gives_the_covariance(rng: np.random.Generator) -> None:
    sigma, reach = 2.0, 12
    kernel = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma**2))
    covariance = np.convolve(kernel, kernel)[2 * reach :] / np.sum(kernel**2)
    np.testing.assert_allclose(covariance[:10], np.exp(-(np.arange(10) ** 2) / (4 * sigma**2)), rtol=0, atol=1e-4)


def test_an_image_is_resampled_at_its_coordinates(images: np.ndarray) -> None:
    rows, columns = np.indices((8, 8))
    image = np.broadcast_to(2 * rows + 3 * columns + 50, (4, 8, 8))
    warp = RandomWarp(degrees=5, elastic=0.5, sigma=3)
    coordinates = warp.coordinates(4, 8, 8, np.random.default_rng(1)).copy()
    inside = ((coordinates >= 0) & (coordinates <= 7)).all(0)
    warped = warp(image, np.random.default_rng(1))
    expected = 2 * coordinates[0] + 3 * coordinates[1] + 50
    assert inside.mean() > 0.5
    np.testing.assert_allclose(warped[inside], expected[inside], rtol=1e-6)


def test_threads_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    images = rng.random((64, 28, 28), np.float32)
    warp = RandomWarp(degrees=10, scale=0.1, shear=0.1, shift=1, elastic=1)
    alone = [warp(images, np.random.default_rng(seed)) for seed in range(40)]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda seed: warp(images, np.random.default_rng(seed)), range(40))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
