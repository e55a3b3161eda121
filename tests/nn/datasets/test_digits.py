"""Generated digits: their form, that they are drawn again alike, and how real they are."""

import os
from collections import Counter

import numpy as np
import pytest

from nn.datasets import files
from nn.datasets.digit_strokes import SKELETONS, SLANT, WIDTH
from nn.datasets.digits import Digits, generate_digits
from nn.datasets.mnist import MNIST

# Before the fixture that takes the variable away from every test.
DATA = os.environ.get(files.VARIABLE)


@pytest.fixture(scope="module")
def drawn():
    return generate_digits(4000, seed=3)


def test_the_table_names_ways_to_write_every_digit():
    assert Counter(skeleton.digit for skeleton in SKELETONS).keys() == set(range(10)) == set(range(len(SLANT)))
    assert len(WIDTH) == 10
    assert all(skeleton.weight > 0 for skeleton in SKELETONS)
    assert len({(skeleton.digit, skeleton.name) for skeleton in SKELETONS}) == len(SKELETONS)


def test_images_have_the_form_of_mnist(drawn):
    images, labels = drawn
    assert images.shape == (4000, 28, 28)
    assert images.dtype == np.uint8
    assert labels.shape == (4000,)
    assert labels.dtype == np.int64


def test_every_digit_comes_as_often_and_in_no_order(drawn):
    _, labels = drawn
    assert np.bincount(labels).tolist() == [400] * 10
    assert 300 < (labels[1:] == labels[:-1]).sum() < 500  # 400 expected of independent neighbours, deviation 19


def test_ink_fits_the_box_and_touches_its_edges(drawn):
    images, _ = drawn
    longest = np.maximum(*((images.max(axis) > 0).sum(1) for axis in (2, 1)))
    assert longest.max() == 20
    assert (longest == 20).mean() > 0.9


def test_the_centre_of_mass_is_in_the_middle(drawn):
    images, _ = drawn
    ink = images.astype(float)
    rows, columns = (ink.sum(axis) @ np.arange(28) / ink.sum((1, 2)) for axis in (2, 1))
    off = np.maximum(abs(rows - 14), abs(columns - 14)) > 0.51  # images move by whole pixels, brightness is rounded
    assert off.mean() < 0.01
    inner = images[off][:, 2:-2, 2:-2].astype(int).sum((1, 2))
    assert (inner < images[off].astype(int).sum((1, 2))).all()  # only where the box lies at the image's edge already


def test_no_image_is_blank_or_full_and_all_reach_full_brightness(drawn):
    images, _ = drawn
    share = (images > 127).mean((1, 2))
    assert share.min() > 0.01  # a fine 1: 8 pixels
    assert share.max() < 0.5
    assert images.max((1, 2)).min() == 255
    grey = (images > 0) & (images < 255)
    assert 0.4 < grey.sum() / (images > 0).sum() < 0.8  # 0.62 or so in MNIST: edges are smooth


def test_no_two_images_are_alike(drawn):
    images, _ = drawn
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_the_same_seed_draws_the_same_and_another_seed_others():
    images, labels = generate_digits(300, seed=5)
    again, labels_again = generate_digits(300, seed=5)
    others, labels_of_others = generate_digits(300, seed=6)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, labels_again)
    assert (labels != labels_of_others).any()
    assert not (images == others).all((1, 2)).any()


def test_a_longer_set_begins_with_the_shorter_one():
    images, labels = generate_digits(1500, seed=2)
    for count in (0, 7, 1000, 1001):
        shorter, shorter_labels = generate_digits(count, seed=2)
        np.testing.assert_array_equal(shorter, images[:count])
        np.testing.assert_array_equal(shorter_labels, labels[:count])


@pytest.mark.parametrize(("count", "seed"), [(-1, 0), (10, -1)])
def test_negative_numbers_are_refused(count, seed):
    with pytest.raises(ValueError, match=f"not {count} and {seed}"):
        generate_digits(count, seed)


def test_the_data_set_fetches_as_mnist_does():
    digits = Digits(train=False, size=20, seed=4)
    images, labels = digits.fetch(np.array([3, 0, 19]))
    assert images.shape == (3, 1, 28, 28)
    assert images.dtype == np.float32
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(images.numpy()[:, 0], digits.data[[3, 0, 19]] / np.float32(255))
    np.testing.assert_array_equal(labels.numpy(), digits.targets[[3, 0, 19]])
    image, label = digits[3]
    assert image.shape == (1, 28, 28)
    assert label == digits.targets[3]
    assert len(digits) == 20
    assert digits.name == "digits"
    assert digits.classes == list("0123456789")
    assert repr(digits) == "Digits(train=False): 20 images of 28 x 28 in 10 classes, generated with seed 4"


def test_training_and_test_sets_are_disjoint_whatever_the_seeds():
    sets = [Digits(train, size=1000, seed=seed).data for train in (True, False) for seed in (0, 1, 2)]
    images = np.concatenate(sets).reshape(6000, -1)
    assert len(np.unique(images, axis=0)) == 6000


def test_train_must_be_a_bool():
    with pytest.raises(TypeError, match="'test'"):
        Digits("test")


def accuracy(images, labels, of_images, of_labels):
    """Return the accuracy of a ridge regression onto the labels, of pixels and of 1,000 random features of them."""

    def features(images):
        pixels = images.reshape(len(images), -1) / np.float32(255)
        return np.hstack([pixels, np.maximum(pixels @ directions, 0), np.ones((len(pixels), 1), np.float32)])

    random = np.random.default_rng(0)
    directions = random.standard_normal((784, 1000), np.float32) / np.float32(28)
    known = features(images)
    gram = known.T @ known + np.eye(known.shape[1], dtype=np.float32)
    weights = np.linalg.solve(gram, known.T @ np.eye(10, dtype=np.float32)[labels])
    return ((features(of_images) @ weights).argmax(1) == of_labels).mean()


def test_one_seed_teaches_another(drawn):
    assert accuracy(*drawn, *generate_digits(1000, seed=8)) > 0.7  # 0.1 by chance


@pytest.mark.skipif(DATA is None, reason=f"{files.VARIABLE} names no folder that MNIST could be in")
def test_generated_digits_teach_real_ones():
    try:
        real = MNIST(DATA, download=False)
    except FileNotFoundError as error:
        pytest.skip(f"MNIST is not there: {error}")
    assert accuracy(*generate_digits(8000, seed=0), real.data[:10000], real.targets[:10000]) > 0.85
