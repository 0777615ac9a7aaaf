# SPDX-License-Identifier: GPL-3.0-or-later
"""What is put right in the sources, and the slow walks made of them."""

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from training.biped import augment
from training.data import people

LINE = ((1.0, 0.0, 2.0), (1.0, 0.0, 12.0))


@pytest.fixture(scope="module")
def walk() -> Clip:
    return bake(BakeRequest(path=LINE, speed=1.3, fps=60.0, start=False, stop=False)).clip


def test_repaired_torso_is_upright_and_limbs_keep_their_directions(walk: Clip) -> None:
    pitch = people.standing_pitch(walk)
    assert pitch.shape == (len(people.TORSO),)
    repaired = people.repaired(walk, pitch)
    assert people.standing_pitch(repaired) == pytest.approx(np.zeros(len(pitch)), abs=0.02)
    before, after = walk.world()[0], repaired.world()[0]
    limbs = [i for i, name in enumerate(walk.skeleton.names) if name not in people.TORSO]
    assert quat.to_two_axes(after[:, limbs]) == pytest.approx(
        quat.to_two_axes(before[:, limbs]), abs=1e-4
    )
    assert np.array_equal(repaired.root_positions, walk.root_positions)


def test_straight_arms_are_as_long(walk: Clip) -> None:
    out = people.straight_arms(walk.skeleton)
    lengths = [np.linalg.norm(s.offsets, axis=-1) for s in (out, walk.skeleton)]
    assert lengths[0] == pytest.approx(lengths[1], abs=1e-5)
    rest = out.rest_positions()
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        arm, hand = (rest[out.index(side + name)] for name in ("Arm", "Hand"))
        assert (hand - arm)[0] * sign > 0.4
        assert np.abs(hand - arm)[1:].max() < 1e-5
    legs = [i for i, name in enumerate(out.names) if "Leg" in name or "Foot" in name]
    assert np.array_equal(out.offsets[legs], walk.skeleton.offsets[legs])


def test_slowed_walk_is_slower_with_shorter_steps(walk: Clip) -> None:
    slow = augment.slowed(walk)
    tracks = [features.root_track(clip.skeleton, clip.world()[1]) for clip in (walk, slow)]
    speeds = [float(np.median(track.speeds[60:-60])) for track in tracks]
    assert speeds[1] == pytest.approx(speeds[0] * augment.STRIDE * augment.TEMPO, rel=0.05)
    assert slow.frames == pytest.approx(walk.frames / augment.TEMPO, abs=2)
    assert slow.fps == walk.fps
    lengths = np.linalg.norm(np.diff(slow.world()[1][:, [17, 18]], axis=1), axis=-1)
    assert np.ptp(lengths) < 1e-3, "bones keep their lengths"


def test_slowed_walk_keeps_planted_feet_and_the_width_of_steps(walk: Clip) -> None:
    slow = augment.slowed(walk)
    points = foot_contacts.foot_points(slow.skeleton, *slow.world())
    stands = foot_contacts.detect(points, slow.fps)
    for ball in (1, 3):
        for start, stop in foot_contacts.runs(stands[:, ball] > 0.5):
            stood = points[start + 6 : max(stop - 8, 0), ball][:, [0, 2]]
            if len(stood) > 3:
                assert np.linalg.norm(stood - stood[0], axis=-1).max() < 0.03
    across = [
        foot_contacts.foot_points(clip.skeleton, *clip.world())[:, [1, 3], 0].mean(axis=0)
        for clip in (walk, slow)
    ]
    assert np.ptp(across[1]) == pytest.approx(np.ptp(across[0]), rel=0.15, abs=0.02)


def test_only_slow_frames_are_wanted_of_a_slowed_clip(walk: Clip) -> None:
    slow = augment.slowed(walk)
    wanted = augment.wanted(slow)
    assert wanted.shape == (slow.frames,)
    assert wanted[60:-60].mean() > 0.9
    assert not augment.wanted(walk)[60:-60].all()
