"""Digits that look handwritten, made on this machine: MNIST's form, for where there is no network to fetch MNIST by.

**Path.** A way to write a digit is a few control points `c_j` (:mod:`.digit_strokes`). The points of each sample are
moved at random, and the pen follows the Catmull-Rom spline through them, `p(t) = sum_j B_j(t) c_j`. The weights `B`
belong to the way of writing, so that a batch of paths is one batched matrix product. A path is then bent by a sum of
random waves, an elastic distortion, and by an affine map: slant, rotation, width.

**Pen.** The pen is round, and its radius `r(t)` varies with the pressure along the path. It inks the places `z` where
the power distance `min_t |z - p(t)|^2 - r(t)^2` is not positive. The minimum is taken softly, over `K` points of a path
with arc length `s`::

    P(z) = -2 σ^2 log( 1 / (σ √(2π)) ∫ exp((r^2 - |z - p|^2) / (2 σ^2)) ds ),

which for a straight line and a steady hand is the power distance itself, and where strokes meet rounds the corner as
ink does. A Gaussian in the plane is the product of one along the rows and one along the columns, so the integral over a
whole image is again one matrix product, `(rows, K) @ (K, columns)`: there is no loop over pixels, strokes or samples.

**Pixels.** `√(P + r^2)` is the distance from the middle of the stroke, and a pixel's brightness falls linearly from ink
to paper over the width of the edge. As in MNIST the ink fits a box of 20 x 20 pixels, which is shifted by whole pixels
until the centre of mass lies in the middle of 28 x 28.

The mean slant and width of each digit are those of MNIST's training images, and the deviations in :class:`Style` are
what taught a network to read those images best. No image of MNIST is in here, nor anything learnt from its pixels.

References
----------
E. Catmull and R. Rom, "A class of local interpolating splines", Computer Aided Geometric Design, 1974.
P. Y. Simard, D. Steinkraus and J. C. Platt, "Best practices for convolutional neural networks applied to visual
document analysis", ICDAR 2003 (elastic distortion).
Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", Proceedings of
the IEEE 86(11), 1998 (how MNIST was scaled and centred).
"""

from __future__ import annotations

import functools
import itertools
import operator
from typing import NamedTuple

import numpy as np

from .digit_strokes import SKELETONS, SLANT, WIDTH
from .mnist import _Published

POINTS = 64  # of a path: about one for each pixel that the longest goes through
CHUNK = 500  # images made at once: few enough for the work to stay in a processor's cache
BOX, SIDE = 20, 28  # pixels
WAVES = 3  # of the elastic distortion
TINY = np.float32(1e-30)  # keeps the logarithm finite where there is no ink

Array = np.ndarray


class Style(NamedTuple):
    """How handwriting varies. Lengths are in half the height of a digit; deviations are standard deviations."""

    jitter: float = 0.09  # deviation of each control point
    ends: float = 1.8  # times as much where a stroke begins and ends
    waves: float = 0.13  # deviation of the amplitude of each wave of the elastic distortion
    frequency: float = 2.5  # highest frequency of the waves, radians per unit of length
    taper: float = 0.18  # deviation of how much wider the foot is than the top
    bend: float = 0.08  # deviation of the sideways bend
    stretch: float = 0.12  # deviation of how far the middle is moved up or down
    slant: float = 0.24  # deviation of the shear
    rotation: float = 0.13  # deviation, radians
    width: float = 0.16  # deviation of the logarithm of the width
    radius: float = 1.3  # median of the pen's radius, pixels
    radius_spread: float = 0.26  # deviation of its logarithm
    thinnest: float = 0.6  # radius, pixels
    thickest: float = 4.2  # radius, pixels
    pressure: float = 0.3  # deviation of the radius along a path, as a part of it
    softness: float = 0.55  # σ of the soft minimum, pixels
    edge: float = 1.3  # width of the edge between ink and paper, pixels


STYLE = Style()


class Curves(NamedTuple):
    """The splines of all skeletons, `S` of them, padded to `C` control points."""

    chance: Array  # (10, S): cumulative, which skeleton a digit is written by
    controls: Array  # (S, C, 2): in [-1, 1]
    ends: Array  # (S, C, 1): 1 where a stroke begins or ends, else 0
    weights: Array  # (S, POINTS, C): from control points to points at equal distances along the path
    drawn: Array  # (S, POINTS - 1): 1 where the pen is down from one point to the next, 0 where it is lifted


def generate_digits(count: int, seed: int = 0) -> tuple[Array, Array]:
    """Draw digits that look handwritten.

    Each image depends on the seed and on its position only, so that a longer set begins with the shorter one. In each
    five hundred, every digit comes fifty times. Another machine's BLAS may round a pixel otherwise.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        From 0; another seed gives other digits.

    Returns
    -------
    numpy.ndarray, uint8 (count, 28, 28)
        The images, from 0 (background) to 255 (ink).
    numpy.ndarray, int64 (count,)
        Which digits they are.

    Raises
    ------
    ValueError
        If `count` or `seed` is negative.

    Examples
    --------
    >>> images, labels = generate_digits(2000, seed=1)
    >>> images.shape, images.dtype, np.bincount(labels)
    ((2000, 28, 28), dtype('uint8'), array([200, 200, 200, 200, 200, 200, 200, 200, 200, 200]))
    """
    count, seed = operator.index(count), operator.index(seed)
    if count < 0 or seed < 0:
        raise ValueError(f"count and seed must not be negative, not {count} and {seed}")
    images, labels = np.empty((count, SIDE, SIDE), np.uint8), np.empty(count, np.int64)
    for begin in range(0, count, CHUNK):
        part = slice(begin, min(begin + CHUNK, count))
        chunk = _draw(np.random.default_rng([seed, begin // CHUNK]), STYLE)
        images[part], labels[part] = (array[: part.stop - begin] for array in chunk)
    return images, labels


def _draw(random: np.random.Generator, style: Style) -> tuple[Array, Array]:
    """Draw a chunk: images (N, 28, 28) and labels (N,)."""
    labels = random.permutation(np.arange(CHUNK) % 10)
    x, y, drawn = _write(random, style, labels)
    x, y = _distort(random, style, x, y)
    x, y = _incline(random, style, x, y, labels)
    middle, radius = _press(random, style)
    x, y = _fit(x, y, middle)
    return _centre(_ink(style, x, y, drawn, middle, radius)), labels


def _normal(random: np.random.Generator, deviation: float, *shape: int) -> Array:
    return random.standard_normal((CHUNK, *shape), np.float32) * np.float32(deviation)


def _uniform(random: np.random.Generator, low: float, high: float, *shape: int) -> Array:
    return random.random((CHUNK, *shape), np.float32) * np.float32(high - low) + np.float32(low)


def _write(random: np.random.Generator, style: Style, labels: Array) -> tuple[Array, Array, Array]:
    """Choose a skeleton for each label, move its control points and follow it: x and y (N, K), pen down (N, K - 1)."""
    curves = _curves()
    choice = (random.random(CHUNK)[:, None] > curves.chance[labels]).sum(1)
    controls = curves.controls[choice]
    deviation = 1 + np.float32(style.ends - 1) * curves.ends[choice]
    controls += deviation * _normal(random, style.jitter, *controls.shape[1:])
    x, y = np.moveaxis(curves.weights[choice] @ controls, 2, 0).copy()
    return x, y, curves.drawn[choice]


def _distort(random: np.random.Generator, style: Style, x: Array, y: Array) -> tuple[Array, Array]:
    """Bend a path: uneven proportions first, then a sum of waves, in each direction, over the plane."""
    y = y + _normal(random, style.stretch, 1) * (1 - y * y)
    x = x * (1 + _normal(random, style.taper, 1) * y) + _normal(random, style.bend, 1) * y * y
    moved = []
    for coordinate in (x, y):
        moved.append(coordinate.copy())
        for _ in range(WAVES):
            across, down = (_uniform(random, -style.frequency, style.frequency, 1) for _ in range(2))
            phase = _uniform(random, 0, 2 * np.pi, 1)
            moved[-1] += _normal(random, style.waves, 1) * np.sin(across * x + down * y + phase)
    return moved[0], moved[1]


def _incline(random: np.random.Generator, style: Style, x: Array, y: Array, labels: Array) -> tuple[Array, Array]:
    """Give a path its width, slant and rotation, an affine map."""
    x = x * (np.array(WIDTH, np.float32)[labels, None] * np.exp(_normal(random, style.width, 1)))
    x -= y * (np.array(SLANT, np.float32)[labels, None] + _normal(random, style.slant, 1))
    angle = _normal(random, style.rotation, 1)
    cosine, sine = np.cos(angle), np.sin(angle)
    return cosine * x - sine * y, sine * x + cosine * y


def _press(random: np.random.Generator, style: Style) -> tuple[Array, Array]:
    """Return the pen's radius in pixels: its middle (N, 1), and along the path (N, K), a slow wave about that."""
    middle = style.radius * np.exp(_normal(random, style.radius_spread, 1))
    middle = middle.clip(style.thinnest, style.thickest)
    time = np.linspace(0, 1, POINTS, dtype=np.float32)
    wave = np.sin(_uniform(random, 0, 6, 1) * time + _uniform(random, 0, 2 * np.pi, 1))
    radius = middle * (1 + _normal(random, style.pressure, 1) * wave)
    return middle, radius.clip(0.75 * style.thinnest, 1.2 * style.thickest)


def _fit(x: Array, y: Array, middle: Array) -> tuple[Array, Array]:
    """Scale a path, keeping its proportions, so that its ink just fits the box; put it in the middle of that."""
    spans = [(axis.min(1, keepdims=True), axis.max(1, keepdims=True)) for axis in (x, y)]
    scale = (BOX - np.float32(0.4) - 2 * middle) / np.maximum(*(high - low for low, high in spans))
    x, y = ((axis - (low + high) / 2) * scale for axis, (low, high) in zip((x, y), spans, strict=True))
    return x + np.float32((BOX - 1) / 2), y + np.float32((BOX - 1) / 2)


def _ink(style: Style, x: Array, y: Array, drawn: Array, middle: Array, radius: Array) -> Array:
    """Return the brightness, from 0 to 1, of the pixels of the box (N, 20, 20)."""
    precision = np.float32(0.5 / style.softness**2)
    steps = np.hypot(np.diff(x), np.diff(y)) * drawn
    length = (np.pad(steps, ((0, 0), (1, 0))) + np.pad(steps, ((0, 0), (0, 1)))) / 2  # by the trapezoidal rule
    mass = length * np.exp(radius**2 * precision) * np.float32(1 / (style.softness * np.sqrt(2 * np.pi)))
    pixels = np.arange(BOX, dtype=np.float32)
    columns = np.exp(-precision * (x[:, :, None] - pixels) ** 2)
    rows = np.exp(-precision * (y[:, :, None] - pixels) ** 2) * mass[:, :, None]
    power = -np.log(rows.transpose(0, 2, 1) @ columns + TINY) / precision
    radius = middle[:, :, None]
    distance = np.sqrt(np.maximum(power + radius**2, 0))
    ink = np.clip(np.float32(0.5) + (radius - distance) / np.float32(style.edge), 0, 1)
    return ink / ink.max((1, 2), keepdims=True)  # as in MNIST, even a thin stroke has a white pixel


def _centre(ink: Array) -> Array:
    """Put boxes (N, 20, 20) into images (N, 28, 28), uint8, with the centre of mass in the middle."""
    pixels = np.arange(BOX)
    images = np.zeros((len(ink), SIDE, SIDE), np.uint8)
    mass = ink.sum((1, 2))
    corner = (SIDE / 2 - ink.sum(axis) @ pixels / mass for axis in (2, 1))
    rows, columns = (np.clip(np.rint(at), 0, SIDE - BOX).astype(int)[:, None] + pixels for at in corner)
    images[np.arange(len(ink))[:, None, None], rows[:, :, None], columns[:, None, :]] = np.rint(ink * 255)
    return images


@functools.cache
def _curves() -> Curves:
    """Work the table of skeletons out."""
    strokes = [_parse(skeleton.path) for skeleton in SKELETONS]
    size = max(sum(len(points) for points, _ in path) for path in strokes)
    controls = np.zeros((len(strokes), size, 2), np.float32)
    ends = np.zeros((len(strokes), size, 1), np.float32)
    weights = np.zeros((len(strokes), POINTS, size), np.float32)
    drawn = np.ones((len(strokes), POINTS - 1), np.float32)
    for s, path in enumerate(strokes):
        row = column = 0
        for (points, corners), number in zip(path, _shares(path), strict=True):
            block = slice(row, row + number), slice(column, column + len(points))
            controls[s, block[1]] = points
            ends[s, [column, block[1].stop - 1]] = 1
            weights[s][block] = _evenly(points, corners, number)
            drawn[s, row - 1 : row] = 0  # lifted before this stroke; of the first stroke the slice is empty
            row, column = block[0].stop, block[1].stop
    chance = np.array([[skeleton.weight * (skeleton.digit == digit) for skeleton in SKELETONS] for digit in range(10)])
    chance = chance.cumsum(1)
    return Curves(chance / chance[:, -1:] - 1e-12, controls, ends, weights, drawn)


def _parse(path: str) -> list[tuple[Array, list[int]]]:
    """Return the control points (C, 2), in [-1, 1], of each stroke, and which of them are corners or ends."""
    strokes = []
    for stroke in path.split("/"):
        words = stroke.split()
        points = np.array([[float(number) for number in word.rstrip("!").split(",")] for word in words]) / 50 - 1
        inner = [i for i, word in enumerate(words) if word.endswith("!")]
        strokes.append((points, [0, *inner, len(words) - 1]))
    return strokes


def _shares(path: list[tuple[Array, list[int]]]) -> list[int]:
    """Share POINTS out among the strokes of a path by length, at least four each."""
    lengths = np.array([_length(_spline(corners) @ points)[-1] for points, corners in path])
    shares = np.maximum(4, POINTS * lengths // lengths.sum()).astype(int)
    shares[lengths.argmax()] += POINTS - shares.sum()
    return list(shares)


def _evenly(points: Array, corners: list[int], number: int) -> Array:
    """Return the weights (number, C) of points at equal distances along a stroke."""
    fine = _spline(corners)
    length = _length(fine @ points)
    at = np.linspace(0, length[-1], number)
    return np.stack([np.interp(at, length, column) for column in fine.T], 1)


def _length(points: Array) -> Array:
    """Return the length of a path up to each of its points."""
    return np.concatenate([[0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def _spline(corners: list[int], steps: int = 24) -> Array:
    """Return the weights (T, C) of the Catmull-Rom spline from corner to corner, `steps` points a piece.

    Between `p_1` and `p_2` it is `((-t + 2 t^2 - t^3) p_0 + (2 - 5 t^2 + 3 t^3) p_1 + (t + 4 t^2 - 3 t^3) p_2 +
    (t^3 - t^2) p_3) / 2` with `t` from 0 to 1. At a corner the point that is missing mirrors the one on the other side.
    """
    t = np.arange(steps)[:, None] / steps
    basis = np.hstack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2]) / 2
    unit = np.eye(corners[-1] + 1)
    pieces = []
    for begin, end in itertools.pairwise(corners):
        known = unit[begin : end + 1]
        padded = np.vstack([2 * known[:1] - known[1:2], known, 2 * known[-1:] - known[-2:-1]])
        pieces += [basis @ padded[i : i + 4] for i in range(end - begin)]
    return np.vstack([*pieces, unit[-1:]])


class Digits(_Published):
    """Handwritten digits in MNIST's form, generated: no file and no network is needed.

    Drawn by :func:`generate_digits`. The test set is drawn from another seed than the training set.

    How real they are: a network 784-900-10 with ReLU that learnt from the 60,000 training images alone (AdamW, learning
    rate 0.0015 with cosine decay, weight decay 0.05, label smoothing 0.1, 12 epochs of batches of 200) read 98.0% of
    MNIST's test images correctly, and 91.1% of the generated test images, which vary more than MNIST's.

    Parameters
    ----------
    train : bool
        The training images, else the test images.
    size : int, optional
        How many images; by default as many as MNIST has, 60,000 to train on and 10,000 to test with.
    seed : int
        From 0; another seed gives other digits.

    Attributes
    ----------
    data : numpy.ndarray, uint8 (N, 28, 28)
        The images, from 0 (background) to 255 (ink).
    targets : numpy.ndarray, int64 (N,)
        The labels.
    classes : list of str
        What each label means.
    name : str
        ``"digits"``.

    Raises
    ------
    TypeError
        If `train` is not a bool.
    ValueError
        If `size` or `seed` is negative.

    Examples
    --------
    >>> from nn.datasets import Digits
    >>> digits = Digits(size=100)
    >>> digits
    Digits(train=True): 100 images of 28 x 28 in 10 classes, generated with seed 0
    >>> images, labels = digits.fetch(slice(0, 3))
    >>> images.shape, labels.shape
    ((3, 1, 28, 28), (3,))
    """

    def __init__(self, train: bool = True, size: int | None = None, seed: int = 0) -> None:
        if not isinstance(train, bool | np.bool_):
            raise TypeError(
                f"train must be True, for the training images, or False, for the test images, not {train!r}"
            )
        if size is None:
            size = 60_000 if train else 10_000
        self.name = "digits"
        self.train = train
        self.seed = seed
        # Even seeds are for training, odd ones for testing, so that no test set is another seed's training set.
        self.data, self.targets = generate_digits(size, 2 * seed + (not train))
        self.classes = [str(digit) for digit in range(10)]

    def __repr__(self) -> str:
        return (
            f"Digits(train={self.train}): {len(self)} images of {SIDE} x {SIDE} in 10 classes, "
            f"generated with seed {self.seed}"
        )
