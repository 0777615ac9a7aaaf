# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig's motion on the canonical quadruped."""

import numpy as np
import pytest

from motion_addon.motion.body import dynamic_units, quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading import canonical_motion, landmarks
from motion_addon.motion.creature.reading.canonical_motion import CanonicalRig
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern
from tests.cases import each
from tests.motion.beasts import beast, stepping


def test_joints_are_found_by_the_way_limbs_bend():
    skeleton, limbs = beast()
    found = landmarks.find(skeleton, limbs)
    owner = {
        name: skeleton.names[anchor.joint]
        for name, anchor in zip(quadruped.JOINTS, found.joints, strict=True)
    }
    assert owner["LeftFemur"] == "hip_LH"
    assert owner["LeftTibia"] == "stifle_LH"
    assert owner["LeftMetatarsus"] == "hock_LH"
    assert owner["RightHindPaw"] == "toe_RH"
    assert owner["LeftScapula"] == "blade_LF"
    assert owner["LeftHumerus"] == "shoulder_LF"
    assert owner["LeftRadius"] == "elbow_LF"
    assert owner["LeftForePastern"] == "wrist_LF"
    assert owner["Withers"] == "chest"


def test_the_canonical_skeleton_keeps_the_animal_s_proportions():
    skeleton, limbs = beast(2.0)
    animal = CanonicalRig.of(skeleton, limbs)
    rest = animal.skeleton.rest_positions()
    assert animal.hip_height == pytest.approx(2.0, rel=0.02)
    assert np.allclose(rest, rest[animal.skeleton.mirror_pairs()] * [-1.0, 1.0, 1.0], atol=1e-5)
    paws = rest[[animal.skeleton.index(name) for name in quadruped.PAWS], 1]
    assert np.ptp(paws) < 1e-5


def test_retarget_keeps_the_paws():
    clip = stepping(1.0, 1.5, 1.0, (0.0, 0.5, 0.5, 0.0))
    animal = CanonicalRig.of(clip.skeleton, beast()[1])
    got, error = animal.convert(*clip.world(), clip.fps)
    assert got.skeleton.names == quadruped.JOINTS
    assert error.max() < 0.01


def test_a_slid_shoulder_does_not_move_the_paws():
    clip = stepping(1.0, 1.5, 1.0, (0.0, 0.5, 0.5, 0.0))
    animal = CanonicalRig.of(clip.skeleton, beast()[1])
    offsets = clip.skeleton.offsets.copy()
    for leg in ("LF", "RF"):
        offsets[clip.skeleton.index(f"blade_{leg}")] += [0.0, 0.05, 0.1]
    slid = Skeleton(clip.skeleton.names, clip.skeleton.parents, offsets, clip.skeleton.end_sites)
    moved = Clip(slid, clip.rotations, clip.root_positions, clip.fps)
    _, error = animal.convert(*moved.world(), clip.fps)
    assert error.mean() < 0.01


@each("size", [0.3, 2.0])
@each(("gait", "offsets"), [("trot", (0.0, 0.5, 0.5, 0.0)), ("pace", (0.0, 0.05, 0.5, 0.55))])
def test_gaits_are_measured_by_footfalls_at_any_size(gait, offsets, size):
    clip = stepping(size, 1.5, 1.0, offsets)
    animal = CanonicalRig.of(clip.skeleton, beast(size)[1])
    falls = footfall_pattern(animal.convert(*clip.world(), clip.fps)[0], size)
    assert falls.gait == gait
    assert falls.stride == pytest.approx(1.0 / 1.5, rel=0.05)
    gaps = (np.array(falls.offsets) - offsets + 0.5) % 1.0 - 0.5
    assert np.abs(gaps).max() < 0.06


def test_a_standing_animal_has_no_strides():
    clip = stepping(1.0, 1.5, 0.0, (0.0, 0.5, 0.5, 0.0))
    still = Clip(clip.skeleton, clip.rotations[:1].repeat(120, axis=0), clip.root_positions, 60.0)
    animal = CanonicalRig.of(clip.skeleton, beast()[1])
    still = Clip(still.skeleton, still.rotations, clip.root_positions[:120], 60.0)
    assert footfall_pattern(animal.convert(*still.world(), still.fps)[0], 1.0).gait == "stand"


def test_units_make_equal_froude_numbers_equal():
    big, small = dynamic_units.Units(2.0), dynamic_units.Units(0.5)
    assert big.speed / small.speed == pytest.approx(2.0)
    assert big.second / small.second == pytest.approx(2.0)
    clip = stepping(2.24, 1.5, 2.0, (0.0, 0.5, 0.5, 0.0))
    sized = dynamic_units.of_model_size(clip, 2.24)
    assert sized.fps == 60.0
    assert sized.seconds == pytest.approx(0.5 * clip.seconds, abs=0.02)
    assert sized.root_positions[-1, 2] == pytest.approx(0.25 * clip.root_positions[-1, 2], rel=0.02)


def test_loops_are_repeated_without_their_double_frame():
    clip = stepping(1.0, 1.5, 0.0, (0.0, 0.5, 0.5, 0.0)).slice(0, 41)
    many = canonical_motion.repeated(clip, True, seconds=3.0)
    assert many.frames == 200
    assert np.allclose(many.rotations[40], clip.rotations[0])
