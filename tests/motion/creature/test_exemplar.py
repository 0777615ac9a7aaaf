# SPDX-License-Identifier: GPL-3.0-or-later
"""One clip of any rig becomes an exemplar on the canonical quadruped."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.creature.reading.clip_analysis import analyze
from motion_addon.motion.creature.reading.recording import Recording
from motion_addon.motion.maths import quat
from motion_addon.motion.rigs import RigBones
from tests.cases import each
from tests.motion import humans
from tests.motion.animals import Build, animal
from tests.motion.dogs import stepping_dog
from tests.motion.exemplar_clips import (
    CANTER,
    TROT,
    WALK,
    in_place,
    round_of,
    stepper,
    turned,
    turned_rest,
    unnamed,
)


def off(got: exemplar.Exemplar, gait: str) -> float:
    """Return how far the footfalls are from the table's, on either lead."""
    table = np.array(quadruped_gaits.TABLE[gait].offsets)
    gaps = [(np.array(got.footfalls.offsets) - lead + 0.5) % 1.0 - 0.5 for lead in (table,)]
    return float(np.abs(gaps[0]).max())


@each("how", [WALK, TROT, CANTER])
def test_a_clip_without_telling_names_is_read(how):
    got = exemplar.of_clip(stepper(**how), name="dog")
    assert got.name == "dog"
    assert got.footfalls.gait == how["gait"]
    assert off(got, how["gait"]) < 0.06
    assert got.real_speed == pytest.approx(how["speed"], rel=0.05)
    assert got.real_stride == pytest.approx(how["stride"], rel=0.05)
    assert got.hip_height == pytest.approx(0.56, rel=0.06)
    assert got.clip.skeleton.names == quadruped.JOINTS
    assert got.clip.fps == 60.0
    assert got.clip.contacts.shape == (got.clip.frames, 4)


def test_the_exemplar_is_of_model_size_and_goes_ahead():
    big = stepper(**WALK).scaled(2.0)
    got = exemplar.of_clip(turned(big, quat.yaw(2.2)))
    rest = got.clip.skeleton.rest_positions()
    femur = rest[quadruped.JOINTS.index("LeftFemur")] - rest[quadruped.JOINTS.index("LeftHindPaw")]
    assert femur[1] == pytest.approx(quadruped_gaits.HIP_HEIGHT, rel=0.06)
    way = got.clip.root_positions[-1]
    assert way[2] == pytest.approx(got.speed * got.clip.seconds, rel=0.05)
    assert abs(way[0]) < 0.05 * way[2]
    assert got.hip_height == pytest.approx(1.12, rel=0.06)
    assert got.speed == pytest.approx(2.0 * WALK["speed"] / np.sqrt(2.0), rel=0.06)
    assert quadruped.paw_points(got.clip)[..., 1].min() == pytest.approx(0.02, abs=0.015)


@each("doubled", [False, True])
@each("still", [False, True])
def test_a_loop_is_played_on_in_place_or_moving(doubled, still):
    one = round_of(stepper(4.0), WALK["stride"], doubled=doubled)
    got = exemplar.of_clip(in_place(one) if still else one)
    assert got.loop
    assert got.clip.seconds > 5.5
    assert got.real_speed == pytest.approx(WALK["speed"], rel=0.08)
    steps = np.diff(got.clip.root_positions[:, 2])
    assert steps.min() > 0.5 * np.median(steps)
    assert steps.max() < 1.6 * np.median(steps)
    assert got.footfalls.gait == "walk"
    assert got.footfalls.stride == pytest.approx(WALK["stride"], rel=0.04)


@each("fps", [10.0, 24.0, 120.0, 240.0])
def test_any_frame_rate_is_read(fps):
    got = exemplar.of_clip(stepper(4.0).resample(fps))
    assert got.footfalls.gait == "walk"
    assert got.real_speed == pytest.approx(WALK["speed"], rel=0.1)
    assert got.clip.fps == 60.0


@each(("size", "unit"), [(0.03, 1.0), (6.0, 1.0), (3.6, 0.01), (100.0, 0.01)])
def test_mouse_elephant_and_centimeters(size, unit):
    real = size * unit
    clip = stepper(4.0).scaled(size)
    clip = replace(clip, fps=clip.fps / np.sqrt(real)).resample(120.0)
    got = exemplar.of_clip(clip)
    assert got.unit == unit
    assert got.hip_height == pytest.approx(0.56 * real, rel=0.06)
    assert got.footfalls.gait == "walk"
    assert got.footfalls.stride == pytest.approx(WALK["stride"], rel=0.06)
    assert got.speed == pytest.approx(WALK["speed"], rel=0.1)


@pytest.mark.parametrize("how", [WALK, TROT], ids=lambda how: how["gait"])
def test_half_a_stride_tells_a_symmetrical_gait(how):
    clip = stepper(4.0, **how)
    got = exemplar.of_clip(clip.slice(30, 30 + round(0.6 * how["stride"] * clip.fps)))
    assert not got.loop
    assert got.footfalls.gait == how["gait"]
    assert got.footfalls.stride == pytest.approx(how["stride"], rel=0.2)


def test_other_axes_and_a_rest_pose_that_shows_nothing():
    clip = stepper()
    pitched = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), 0.5 * np.pi)
    for one in (turned_rest(clip, pitched), turned(clip, pitched)):
        got = exemplar.of_clip(one)
        assert got.footfalls.gait == "walk"
        assert got.clip.root_positions[-1, 2] > 1.5
    skeleton = clip.skeleton
    lengths = np.linalg.norm(skeleton.offsets, axis=-1)
    straight = np.stack([0 * lengths, lengths, 0 * lengths], axis=-1)
    rotations, _ = clip.world()
    turns = rotations.copy()
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            bone = quat.apply(rotations[:, parent], skeleton.offsets[joint])
            up = np.broadcast_to([0.0, 1.0, 0.0], bone.shape)
            turns[:, parent] = quat.between(up, bone)
    flat = Skeleton(skeleton.names, skeleton.parents, straight, ())
    one = Clip(flat, flat.local(turns).astype(np.float32), clip.root_positions, clip.fps)
    legs = {
        leg: [skeleton.names[quadruped.JOINTS.index(name)] for name in chain]
        for leg, chain in quadruped.LEG_CHAINS.items()
    }
    assert analyze(Recording.of_clip(one), legs).animal.rest_from_motion


def test_legs_may_be_named():
    clip = stepper()
    legs = {
        leg: [clip.skeleton.names[quadruped.JOINTS.index(name)] for name in chain]
        for leg, chain in quadruped.LEG_CHAINS.items()
    }
    assert exemplar.of_clip(clip, legs).footfalls.gait == "walk"
    with pytest.raises(RefusedError, match="does not have"):
        exemplar.of_clip(clip, {**legs, "LH": ["tooth", "claw"]})
    with pytest.raises(RefusedError, match="at least two"):
        exemplar.of_clip(clip, {**legs, "LH": legs["LH"][:1]})
    with pytest.raises(RefusedError, match="Name the bones of each"):
        exemplar.of_clip(clip, {"LH": legs["LH"]})


def test_a_rig_with_rolls_in_its_rest_pose_reads_the_same():
    clip = stepping_dog(seconds=3.0, **WALK)
    rotations, positions = clip.world()
    rig = RigBones.from_skeleton(clip.skeleton)
    rolls = quat.normalize(np.random.default_rng(3).normal(size=(len(rig), 4)))
    rolled = replace(rig, rest_rotations=rolls)
    got = exemplar.of_recording(
        Recording(rolled, quat.mul(rotations, rolls), positions, clip.fps, "dog")
    )
    plain = exemplar.of_clip(clip)
    assert got.hip_height == pytest.approx(plain.hip_height, rel=0.1)
    assert got.real_speed == pytest.approx(plain.real_speed, rel=0.03)
    assert got.footfalls.offsets == pytest.approx(plain.footfalls.offsets, abs=0.02)


@each("build", [Build(), Build(spine=1, neck=1, tail=0), Build(straight=True)])
def test_animals_of_many_builds_are_refused_only_for_standing(build):
    rig, _ = animal(build)
    still = np.tile(rig.rest_rotations, (30, 1, 1)), np.tile(rig.rest_heads, (30, 1, 1))
    with pytest.raises(RefusedError, match="no stride"):
        exemplar.of_recording(Recording(rig, *still, 30.0))


def test_people_fish_and_bad_clips_are_refused_in_one_sentence():
    person = humans.standing_clip(30)
    with pytest.raises(RefusedError, match="two legs"):
        exemplar.of_clip(person)
    spine = np.array([[0.0, 1.0, 0.2 * i] for i in range(8)])
    offsets = np.diff(spine, axis=0, prepend=spine[:1])
    fish = Skeleton(tuple(f"j{i}" for i in range(8)), np.arange(8) - 1, offsets)
    swim = np.tile(quat.IDENTITY, (30, 8, 1)).astype(np.float32)
    with pytest.raises(RefusedError, match="No animal on four legs"):
        exemplar.of_clip(Clip(fish, swim, np.zeros((30, 3), np.float32), 30.0))
    clip = stepper()
    with pytest.raises(RefusedError, match="fewer than three"):
        exemplar.of_clip(clip.slice(0, 2))
    with pytest.raises(RefusedError, match="frames a second"):
        exemplar.of_clip(replace(clip, fps=2.0))
    broken = clip.rotations.copy()
    broken[3, 4] = np.nan
    with pytest.raises(RefusedError, match="not numbers"):
        exemplar.of_clip(replace(clip, rotations=broken))
    assert unnamed(clip).contacts is None
