"""Calls made directly end as their plain form does: same outcomes, same times, everything given back."""

import logging

from tests.support.scenes import played, scene_of
from tests.support.seeded import seeded

__all__ = ["seeded"]


def test_direct_calls_end_as_plain_ones_do(seeded, caplog):
    caplog.set_level(logging.CRITICAL)  # bugs are part of the scenes
    for _ in range(500):
        scene = scene_of(seeded)
        assert played(scene, direct=True) == played(scene, direct=False), scene
