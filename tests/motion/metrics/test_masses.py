# SPDX-License-Identifier: GPL-3.0-or-later
"""Point masses of the canonical bodies: where the center of mass is."""

import numpy as np
import pytest

from motion_addon.motion.body.biped import BALL_HEIGHT
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import model
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics.masses import Masses
from tests.cases import each


def at_rest(skeleton: Skeleton) -> tuple[Array, Array]:
    """Return the center of mass (3,) and the joints (J, 3) of the rest pose."""
    masses = Masses.of(skeleton)
    turns = np.tile(quat.IDENTITY, (1, len(skeleton), 1))
    joints = skeleton.rest_positions()[None]
    assert masses.shares.sum() == pytest.approx(1.0)
    return masses.center(masses.places(turns, joints))[0], joints[0]


def test_a_person_s_center_is_a_little_above_the_hip_joints() -> None:
    skeleton = model.load("biped").skeleton
    center, joints = at_rest(skeleton)
    ground = joints[skeleton.index("LeftToe"), 1] - BALL_HEIGHT
    head = dict(skeleton.end_sites)[skeleton.index("Head")]
    height = joints[skeleton.index("Head"), 1] + head[1] - ground
    assert 0.54 < (center[1] - ground) / height < 0.60
    assert center[0] == pytest.approx(0.0, abs=1e-6)


def test_a_dog_bears_more_on_its_forelegs() -> None:
    skeleton = model.load("quadruped").skeleton
    center, joints = at_rest(skeleton)
    hind, fore = (joints[skeleton.index(name), 2] for name in ("LeftHindPaw", "LeftForePaw"))
    assert 0.52 < (center[2] - hind) / (fore - hind) < 0.65


@each("name", ["biped", "quadruped"])
def test_the_center_grows_with_the_skeleton(name: str) -> None:
    skeleton = model.load(name).skeleton
    small, large = (at_rest(one)[0] for one in (skeleton, skeleton.scaled(3.0)))
    np.testing.assert_allclose(large, 3.0 * small, atol=1e-5)
