"""How training images are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nn import augment

if TYPE_CHECKING:
    from .config import Config


def build_transform(config: Config) -> augment.Transform | None:
    """Return what is done to each batch of training images, or None if nothing is."""
    transforms: list[augment.Transform] = []
    if config.deskew:
        transforms.append(augment.Deskew(config.deskew))
    if config.rotate or config.scale or config.shear or config.shift or config.elastic:
        warp = augment.RandomWarp(
            config.rotate, config.scale, config.shear, config.shift, config.elastic, config.elastic_sigma
        )
        transforms.append(warp)
    if config.flip:
        transforms.append(augment.RandomHorizontalFlip(config.flip))
    return augment.Compose(transforms) if transforms else None
