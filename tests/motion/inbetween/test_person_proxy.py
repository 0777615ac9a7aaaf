# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig's poses on the joints of a model and back: nothing lost, no jolt."""

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import blend_joins, model
from motion_addon.motion.inbetween.model import Filler
from motion_addon.motion.inbetween.person_proxy import PersonProxy
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import retarget
from motion_addon.motion.retarget.channels import RigPoser
from motion_addon.motion.rigs.measure import measure
from tests.cases import each
from tests.motion.humans import Build, human

BUILDS = [
    Build(),
    Build(spine=1, neck=2, clavicles=False, toes=False, arms=45.0),
    Build(spine=5, neck=0, root=False, pelvis_sides=True, knees=12.0),
]


@pytest.fixture(scope="module")
def filler() -> Filler:
    return model.load_filler("biped")


@pytest.fixture(scope="module")
def walking() -> Clip:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 3.0))
    return bake(BakeRequest(path=path, speed=1.4, fps=30.0, start=False, stop=False)).clip


def walking_rig(build: Build, clip: Clip) -> tuple[PersonProxy, np.ndarray, np.ndarray]:
    """Return a rig that walks: its proxy and the world poses of all its bones."""
    rig, rig_map = human(build)
    body = measure(rig, rig_map)
    pose = retarget.pose(clip, retarget.source_body(clip), body)
    poser = RigPoser(rig, clip.frames, dict(pose.rotations), dict(pose.positions))
    count = range(len(rig))
    rotations = np.stack([poser.rotation(bone) for bone in count], axis=1)
    heads = np.stack([poser.position(bone) for bone in count], axis=1)
    return PersonProxy(body, model.load_filler("biped").skeleton), rotations, heads


@each("build", BUILDS)
def test_legs_of_the_proxy_are_the_rigs_own(build: Build, walking: Clip) -> None:
    proxy, rotations, heads = walking_rig(build, walking)
    clip = proxy.whole_clip((rotations, heads), 30.0)
    _, places = clip.world()
    for side, leg in zip(("Left", "Right"), proxy.body.legs, strict=True):
        for joint, bone in (("UpLeg", leg.top), ("Leg", leg.middle), ("Foot", leg.end)):
            own = places[:, clip.skeleton.index(side + joint)]
            np.testing.assert_allclose(own, heads[:, bone], atol=2e-3)


@each("build", BUILDS)
def test_kept_poses_come_back_to_the_bit(build: Build, walking: Clip, filler: Filler) -> None:
    proxy, rotations, heads = walking_rig(build, walking)
    known = np.zeros(walking.frames, dtype=bool)
    known[::13] = known[-1] = True
    known[20:30] = True
    out = proxy.fill(filler, (rotations, heads), known, 30.0)
    assert len(out.rotations) >= 14
    for bone in out.rotations:
        np.testing.assert_array_equal(out.rotations[bone][known], rotations[known, bone])
        np.testing.assert_array_equal(out.positions[bone][known], heads[known, bone])
        assert np.isfinite(out.rotations[bone]).all()


def test_filling_is_nearer_to_the_walk_than_interpolation(walking: Clip, filler: Filler) -> None:
    proxy, rotations, heads = walking_rig(BUILDS[0], walking)
    keys = np.unique([*range(0, walking.frames, 14), walking.frames - 1])
    known = np.isin(np.arange(walking.frames), keys)
    out = proxy.fill(filler, (rotations, heads), known, 30.0)
    for side in (0, 1):
        foot = proxy.body.legs[side].end
        plain = np.stack(
            [np.interp(np.arange(walking.frames), keys, heads[keys, foot, i]) for i in range(3)],
            axis=-1,
        )
        off, plain_off = (
            np.linalg.norm(p - heads[:, foot], axis=-1).mean() for p in (out.positions[foot], plain)
        )
        assert off < 0.5 * plain_off


def test_kept_poses_are_passed_without_a_jolt(walking: Clip) -> None:
    known = np.zeros(walking.frames, dtype=bool)
    known[::13] = known[-1] = True
    rng = np.random.default_rng(3)
    off = quat.from_rotvec(0.1 * rng.normal(size=(len(walking.skeleton), 3)))
    turned = quat.mul(walking.rotations, off.astype(np.float32))
    moved = walking.root_positions + np.float32([0.02, 0.01, 0.0])
    missed = Clip(
        walking.skeleton,
        np.where(known[:, None, None], walking.rotations, turned),
        np.where(known[:, None], walking.root_positions, moved),
        30.0,
    )

    def jolts(clip: Clip) -> np.ndarray:
        return np.linalg.norm(np.diff(clip.world()[1], 2, axis=0), axis=-1).max(axis=1)

    done = blend_joins.blended_joins(missed, known)
    np.testing.assert_array_equal(done.rotations[known], walking.rotations[known])
    assert jolts(missed)[12:-12].max() > 0.08
    assert jolts(done)[12:-12].max() < 1.6 * jolts(walking).max()
