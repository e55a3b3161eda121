"""Transforms without interpolation: what they do to known images, to which shapes and dtypes, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nn import augment
from nn.augment import Compose, Elastic, Normalize, RandomAffine, RandomHorizontalFlip, RandomShift, RandomWarp

TRANSFORMS = {
    "warp": RandomWarp(degrees=20, scale=0.2, shear=0.2, shift=2, elastic=1, sigma=3),
    "affine": RandomAffine(degrees=20, scale=0.2, shear=0.2, shift=2),
    "elastic": Elastic(rms=1, sigma=3),
    "shift": RandomShift(3),
    "flip": RandomHorizontalFlip(),
    "normalize": Normalize(0.1, 0.3),
    "compose": Compose([RandomHorizontalFlip(), RandomWarp(shift=1), Normalize(0.1, 0.3)]),
}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return rng.random((6, 9, 9), np.float32)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_same_generator_gives_the_same_bits_and_the_input_stays(name: str, images: np.ndarray) -> None:
    transform, before = TRANSFORMS[name], images.copy()
    images.flags.writeable = False
    first, again, other = (transform(images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert name == "normalize" or (first != other).any()
    assert not np.shares_memory(first, images)
    assert not np.shares_memory(first, again)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_all_layouts_agree(name: str, images: np.ndarray) -> None:
    transform = TRANSFORMS[name]
    expected = transform(images, np.random.default_rng(1))
    for shape in [(6, 1, 9, 9), (6, 81)]:
        changed = transform(images.reshape(shape), np.random.default_rng(1))
        assert changed.shape == shape
        np.testing.assert_array_equal(changed.reshape(6, 9, 9), expected)
    channels = transform(np.stack([images, images + 1, images], axis=1), np.random.default_rng(1))
    assert channels.shape == (6, 3, 9, 9)
    np.testing.assert_array_equal(channels[:, 0], expected)
    np.testing.assert_array_equal(channels[:, 2], expected)
    assert transform(images[:0], np.random.default_rng(1)).shape == (0, 9, 9)


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64", "bool"])
def test_any_real_dtype_gives_float32(name: str, dtype: str, images: np.ndarray) -> None:
    transform, values = TRANSFORMS[name], (images * 255).astype(dtype)
    changed = transform(values, np.random.default_rng(1))
    assert changed.dtype == np.float32
    np.testing.assert_array_equal(changed, transform(values.astype(np.float32), np.random.default_rng(1)))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_memory_in_any_order_will_do(name: str, images: np.ndarray) -> None:
    transform = TRANSFORMS[name]
    turned = np.asfortranarray(images)
    np.testing.assert_array_equal(
        transform(turned, np.random.default_rng(1)), transform(images, np.random.default_rng(1))
    )


@pytest.mark.parametrize("name", TRANSFORMS)
def test_wrong_images_are_refused(name: str, rng: np.random.Generator) -> None:
    transform = TRANSFORMS[name]
    for shape in [(5,), (3, 10), (1, 1, 1, 2, 2), ()]:
        with pytest.raises(ValueError, match=r"images have shape .*: give \(N, H, W\)"):
            transform(np.ones(shape), rng)
    with pytest.raises(TypeError, match="complex128"):
        transform(np.ones((1, 2, 2), complex), rng)
    with pytest.raises(TypeError, match="Generator, not int"):
        transform(np.ones((1, 2, 2)), 3)  # type: ignore[arg-type]


def test_wrong_parameters_are_refused_in_one_sentence() -> None:
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (RandomWarp, {"degrees": -1}, "degrees"),
        (RandomWarp, {"scale": 1.0}, "scale must be below 1"),
        (RandomWarp, {"scale": -0.1}, "scale"),
        (RandomWarp, {"shear": float("nan")}, "shear"),
        (RandomWarp, {"shift": float("inf")}, "shift"),
        (RandomWarp, {"elastic": -1}, "elastic"),
        (RandomWarp, {"elastic": 1, "sigma": 0}, "sigma must be above 0"),
        (RandomAffine, {"degrees": -1}, "degrees"),
        (Elastic, {"rms": -1}, "elastic"),
        (Elastic, {"rms": 1, "sigma": -1}, "sigma"),
        (RandomShift, {"pixels": -1}, "pixels"),
        (RandomShift, {"pixels": 1.5}, "pixels"),
        (RandomShift, {"pixels": True}, "pixels"),
        (RandomHorizontalFlip, {"p": 1.1}, "p must be a probability"),
        (RandomHorizontalFlip, {"p": float("nan")}, "p must be a probability"),
        (Normalize, {"mean": 0, "std": 0}, "std above 0"),
        (Normalize, {"mean": float("nan"), "std": 1}, "finite"),
        (Normalize, {"mean": [[0.0]], "std": 1}, "one for each channel"),
    ]
    for transform, options, message in cases:
        with pytest.raises(ValueError, match=message) as caught:
            transform(**options)
        assert "\n" not in str(caught.value)
    with pytest.raises(TypeError, match="not 3"):
        Compose([RandomShift(1), 3])  # type: ignore[list-item]
    with pytest.raises(NotImplementedError, match="must define apply"):
        augment.Transform()(np.ones((1, 1, 1)), np.random.default_rng(0))


def test_a_repr_makes_the_same_again(images: np.ndarray) -> None:
    for transform in TRANSFORMS.values():
        again = eval(repr(transform), vars(augment))
        assert repr(again) == repr(transform)
        np.testing.assert_array_equal(
            again(images, np.random.default_rng(1)), transform(images, np.random.default_rng(1))
        )


def test_flip(images: np.ndarray, rng: np.random.Generator) -> None:
    np.testing.assert_array_equal(RandomHorizontalFlip(p=1)(images, rng), images[:, :, ::-1])
    np.testing.assert_array_equal(RandomHorizontalFlip(p=0)(images, rng), images)
    many = np.broadcast_to(np.arange(3), (10_000, 2, 3))
    flipped = RandomHorizontalFlip(p=0.3)(many, rng)
    mirrored = flipped[:, 0, 0] == 2
    np.testing.assert_array_equal(flipped, np.where(mirrored[:, None, None], many[:, :, ::-1], many))
    assert abs(mirrored.mean() - 0.3) < 0.023  # five standard deviations


def shifted(image: np.ndarray, down: int, right: int) -> np.ndarray:
    out = np.zeros_like(image)
    for row in range(image.shape[0]):
        for column in range(image.shape[1]):
            if 0 <= row - down < image.shape[0] and 0 <= column - right < image.shape[1]:
                out[row, column] = image[row - down, column - right]
    return out


@pytest.mark.parametrize("shape", [(4, 5), (5, 2)])
@pytest.mark.parametrize("pixels", [0, 1, 3, 7])
def test_shift_moves_whole_pixels_all_ways_equally_often(
    shape: tuple[int, int], pixels: int, rng: np.random.Generator
) -> None:
    image = rng.random(shape, np.float32)
    amounts = range(-pixels, pixels + 1)
    possible = {(down, right): shifted(image, down, right).tobytes() for down in amounts for right in amounts}
    changed = RandomShift(pixels)(np.broadcast_to(image, (4000, *shape)), rng)
    seen = [one.tobytes() for one in changed]
    assert set(seen) == set(possible.values())
    for outcome in possible.values():
        share = sum(other == outcome for other in possible.values()) / len(possible)
        assert abs(seen.count(outcome) / 4000 - share) < 5 * np.sqrt(share * (1 - share) / 4000) + 1e-12


def test_normalize_rounds_as_subtraction_and_division_do(rng: np.random.Generator) -> None:
    images = rng.random((2, 3, 4, 4), np.float32)
    mean, std = np.float32([0.1, 0.2, 0.3]), np.float32([1, 2, 3])
    expected = (images - mean[:, None, None]) / std[:, None, None]
    np.testing.assert_array_equal(Normalize(mean.tolist(), std.tolist())(images, rng), expected)
    with pytest.raises(ValueError, match="for 3 channels, but the images have 1"):
        Normalize(0.0, [1, 2, 3])(images[:, 0], rng)


def test_compose_is_one_after_the_other_with_one_generator(images: np.ndarray) -> None:
    parts = [RandomHorizontalFlip(), RandomShift(2), Elastic(1)]
    rng, expected = np.random.default_rng(1), images
    for part in parts:
        expected = part(expected, rng)
    np.testing.assert_array_equal(Compose(parts)(images, np.random.default_rng(1)), expected)
    nothing = Compose([])(images, np.random.default_rng(1))
    np.testing.assert_array_equal(nothing, images)
    assert not np.shares_memory(nothing, images)
