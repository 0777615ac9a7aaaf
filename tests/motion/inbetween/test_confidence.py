# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence in a network: how well it fills kept frames that were hidden."""

from types import SimpleNamespace

import numpy as np
import pytest

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import confidence, fill_gaps, gap
from motion_addon.motion.maths import quat
from tests.motion.dogs import stepping_dog
from tests.motion.fillers import filler

DOG = stepping_dog("trot", 1.8, 2.0).resample(30.0)
PACE = np.ones(1)


def measured(part: float, clip: Clip) -> float:
    """Return the confidence in a network that answers a part of the right correction."""
    layout = gap.GapLayout(len(clip.skeleton))
    rotations, roots = clip.rotations[None], clip.root_positions[None]
    known = np.ones((1, clip.frames), dtype=bool)
    known[:, confidence.ENDS : -confidence.ENDS] = False
    seen = gap.window(clip.skeleton, rotations, roots, known, PACE)
    world, _ = clip.skeleton.fk(rotations, roots)
    right = np.zeros((1, clip.frames, layout.outputs), dtype=np.float32)
    off = quat.to_two_axes(seen.root_frames.rotations_into(world)) - seen.axes
    right[..., layout.axes] = off.reshape(1, clip.frames, -1)
    right[..., layout.root] = seen.root_frames.points_into(roots[:, :, None])[:, :, 0] - seen.root
    network = SimpleNamespace(answer=lambda _inputs: part * right)
    kept = np.ones(clip.frames, dtype=bool)
    motion = clip.rotations, clip.root_positions
    return confidence.share(network, clip.skeleton, motion, kept, PACE)


def test_confidence_is_the_share_that_is_right() -> None:
    clip = DOG.slice(0, 10)
    assert measured(1.0, clip) == pytest.approx(1.0, abs=1e-3)
    assert measured(0.5, clip) == 1.0
    assert measured(2.0, clip) == pytest.approx(
        (0.5 + confidence.BELIEF) / (1.0 + confidence.BELIEF), abs=0.05
    )
    assert measured(-1.0, clip) == 0.0


def test_single_poses_give_full_confidence() -> None:
    network, motion = filler(DOG.skeleton), (DOG.rotations, DOG.root_positions)
    kept = np.zeros(DOG.frames, dtype=bool)
    kept[::6] = True
    kept[12 : 10 + confidence.SHORTEST] = True
    assert confidence.share(network, DOG.skeleton, motion, kept, PACE) == 1.0


def test_a_share_of_nothing_is_the_plain_filling() -> None:
    rotations, roots = DOG.rotations[None], DOG.root_positions[None]
    known = np.ones((1, DOG.frames), dtype=bool)
    known[:, 20:40] = False
    seen = gap.window(DOG.skeleton, rotations, roots, known, PACE)
    none = confidence.blended(seen, rotations, roots, 0.0)
    half = confidence.blended(seen, rotations, roots, 0.5)
    assert none[0] == pytest.approx(seen.rotations, abs=1e-6)
    assert none[1] == pytest.approx(seen.roots, abs=1e-6)
    assert half[1] == pytest.approx(0.5 * (seen.roots + roots), abs=1e-6)
    assert confidence.blended(seen, rotations, roots, 1.0)[0] is rotations


def test_networks_that_know_nothing_leave_animals_near_their_interpolation() -> None:
    known = np.ones(DOG.frames, dtype=bool)
    known[25:40] = False
    wild, still = (filler(DOG.skeleton, size=size) for size in (1.0, 0.0))
    one, plain = (fill_gaps.fill(network, DOG, known, lock=False) for network in (wild, still))
    alone = fill_gaps.answered(
        wild, DOG.skeleton, DOG.rotations[None], DOG.root_positions[None], known[None], PACE
    )
    far, near = (
        np.abs(np.linalg.norm(roots[~known] - plain.root_positions[~known], axis=-1)).mean()
        for roots in (alone[1][0], one.root_positions)
    )
    assert near < 0.7 * far
