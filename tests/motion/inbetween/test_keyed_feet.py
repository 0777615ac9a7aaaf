# SPDX-License-Identifier: GPL-3.0-or-later
"""Feet in a gap stay in place where the kept poses have them, and kept poses stay."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import keyed_feet
from motion_addon.motion.maths import quat
from tests.motion.dogs import stepping_dog
from tests.motion.humans import standing_clip


def slid(clip: Clip, known: np.ndarray, way: float = 0.06) -> Clip:
    """Return the clip with its body pushed along in the gap, so that feet slide there."""
    frames = np.flatnonzero(~known)
    push = np.zeros((clip.frames, 3), dtype=np.float32)
    push[frames, 2] = way * np.sin(np.linspace(0.0, np.pi, len(frames))) ** 2
    return replace(clip, root_positions=clip.root_positions + push)


@pytest.mark.parametrize("kind", ["human", "dog"])
def test_standing_feet_do_not_slide(kind: str) -> None:
    clip = standing_clip() if kind == "human" else stepping_dog(seconds=1.5, speed=0.5)
    contacts = clip.contacts
    assert contacts is not None
    known = np.ones(clip.frames, dtype=bool)
    known[20:70] = False
    moved = slid(clip, known, 0.06 if kind == "human" else 0.03)
    out = keyed_feet.locked(moved, known, contacts)
    assert np.array_equal(out.rotations[known], moved.rotations[known])
    assert np.array_equal(out.root_positions[known], moved.root_positions[known])
    for leg in keyed_feet.planted_legs(clip.skeleton):
        stances = contacts[:, leg.column] > 0.5
        both = stances[1:] & stances[:-1]
        ball = leg.joints[3]
        before, after = (
            np.linalg.norm(np.diff(c.world()[1][:, ball], axis=0), axis=-1)[both]
            for c in (moved, out)
        )
        assert after.max() < 0.002
        assert before.max() > after.max()


def test_a_foot_that_was_moved_between_kept_poses_is_free() -> None:
    clip = standing_clip()
    known = np.ones(clip.frames, dtype=bool)
    known[20:70] = False
    far = clip.root_positions.copy()
    far[70:, 2] += 0.4
    far[20:70, 2] += np.linspace(0.0, 0.4, 50)
    moved = replace(clip, root_positions=far)
    out = keyed_feet.locked(moved, known, np.ones((clip.frames, 4)))
    assert out.contacts is not None
    assert not out.contacts[30:60, [1, 3]].any()
    assert out.rotations == pytest.approx(moved.rotations, abs=1e-3)


def test_nothing_above_the_hips_turns() -> None:
    clip = standing_clip()
    known = np.ones(clip.frames, dtype=bool)
    known[20:70] = False
    moved = slid(clip, known)
    out = keyed_feet.locked(moved, known, np.ones((clip.frames, 4)))
    legs = [j for leg in keyed_feet.planted_legs(clip.skeleton) for j in leg.joints]
    rest = [j for j in range(len(clip.skeleton)) if j not in legs]
    a, b = moved.rotations[:, rest], out.rotations[:, rest]
    assert np.abs((a * b).sum(axis=-1)) == pytest.approx(1.0, abs=1e-5)
    world = quat.to_matrix(out.world()[0][:, legs[2]])
    assert world == pytest.approx(quat.to_matrix(moved.world()[0][:, legs[2]]), abs=1e-4)
