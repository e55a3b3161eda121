"""Images changed, mostly at random, while training, a batch at a time, so that a network cannot learn them by heart.

A transform is called with a batch of images and a generator of random numbers, and returns a new batch; give it to
`nn.data.DataLoader` as ``augment``.
"""

from .skew import Deskew, deskew
from .transform import Compose, Normalize, RandomHorizontalFlip, RandomShift, Transform
from .warp import Elastic, RandomAffine, RandomWarp

__all__ = [
    "Compose",
    "Deskew",
    "Elastic",
    "Normalize",
    "RandomAffine",
    "RandomHorizontalFlip",
    "RandomShift",
    "RandomWarp",
    "Transform",
    "deskew",
]
