# SPDX-License-Identifier: GPL-3.0-or-later
"""Retargeting: poses keep their limbs and feet, and channels bring a rig to them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import retarget
from motion_addon.motion.retarget.channels import RigPoser, channels
from motion_addon.motion.retarget.retarget import height_ratio, pose, source_body
from motion_addon.motion.retarget.settings import RetargetSettings
from motion_addon.motion.rigs import RigBones
from motion_addon.motion.rigs.measure import measure
from tests.cases import each
from tests.motion.humans import Build, human, skeleton, standing_clip

CLIP = standing_clip()

builds = st.builds(
    Build,
    spine=st.integers(1, 6),
    neck=st.integers(1, 3),
    clavicles=st.booleans(),
    toes=st.booleans(),
    fingers=st.just(False),
    twists=st.booleans(),
    root=st.booleans(),
    pelvis_sides=st.booleans(),
    arms=st.sampled_from([0.0, 30.0, 50.0]),
    knees=st.sampled_from([0.0, 3.0, 20.0]),
    turned=st.sampled_from([0.0, 0.7, np.pi, -2.0]),
    rolls=st.sampled_from([None, 1, 2]),
    place=st.sampled_from([(0.0, 0.0, 0.0), (3.0, 0.2, -5.0)]),
)


def replay(rig: RigBones, keyed, frames: int) -> RigPoser:
    """Return the rig as an animation system poses it from channels, bone by bone."""
    poser = RigPoser(rig, frames)
    for bone in range(len(rig)):
        turn = keyed.rotations.get(bone, np.array([[1.0, 0.0, 0.0, 0.0]]))
        before = poser.unmoved_rotation(bone)
        place = poser.unmoved_position(bone)
        if bone in keyed.locations:
            place = place + quat.apply(before, keyed.locations[bone] * rig.scale)
        poser.positions[bone] = place
        poser.rotations[bone] = quat.mul(before, turn)
    return poser


def degrees(a, b):
    a, b = quat.normalize(np.asarray(a, float)), quat.normalize(np.asarray(b, float))
    gap = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return np.degrees(4.0 * np.arcsin(np.clip(0.5 * gap, 0.0, 1.0)))


@settings(max_examples=40, deadline=None)
@given(builds, st.sampled_from(["hips", "root"]))
def test_channels_bring_every_mapped_bone_to_its_pose(build, root_motion):
    rig, rig_map = human(replace(build, root=build.root or root_motion == "root"))
    posed = pose(CLIP, source_body(CLIP), measure(rig, rig_map))
    keyed = channels(posed, root_motion)
    replayed = replay(rig, keyed, CLIP.frames)
    for bone, rotation in posed.rotations.items():
        assert degrees(replayed.rotations[bone], rotation).max() < 1e-3
        assert np.abs(replayed.positions[bone] - posed.positions[bone]).max() < 1e-6
    for values in keyed.rotations.values():
        assert np.all(np.sum(values[1:] * values[:-1], axis=-1) > 0.0)


@settings(max_examples=40, deadline=None)
@given(builds)
def test_planted_feet_stay_planted_and_flat(build):
    rig, rig_map = human(build)
    body = measure(rig, rig_map)
    posed = pose(CLIP, source_body(CLIP), body)
    for leg in body.legs:
        end = leg.toe if leg.toe >= 0 else leg.end
        for bone in (leg.end, end):
            place = posed.positions[bone]
            assert np.ptp(place, axis=0).max() < 0.005
            assert abs(place[:, 1].mean() - body.heads[bone][1]) < 0.005
        turn = quat.mul_inv(posed.rotations[leg.end], body.rotations[leg.end])
        assert np.allclose(quat.apply(turn, np.array([0.0, 1.0, 0.0])), [0, 1, 0], atol=1e-4)


def test_limbs_point_as_the_source_s_whatever_the_rest_pose():
    source = source_body(CLIP)
    places = CLIP.world()[1]
    for arms in (0.0, 50.0):
        rig, rig_map = human(Build(arms=arms, rolls=4, turned=1.0))
        body = measure(rig, rig_map)
        posed = pose(CLIP, source, body)
        for side in "LR":
            for part, end in (("upper_arm", "forearm"), ("forearm", "hand")):
                a, b = (source.bone(f"{p}.{side}") for p in (part, end))
                wanted = quat.unit(places[:, b] - places[:, a])
                a, b = (body.bone(f"{p}.{side}") for p in (part, end))
                got = quat.unit(posed.positions[b] - posed.positions[a])
                assert np.degrees(np.arccos(np.clip(np.sum(wanted * got, -1), -1, 1))).max() < 0.5


def test_same_skeleton_gives_back_the_same_motion():
    made = retarget.to_skeleton(CLIP, CLIP.skeleton)
    world, places = made.world()
    wanted, heights = CLIP.world()
    assert np.abs(places[:, :, [0, 2]] - heights[:, :, [0, 2]]).max() < 0.01
    assert degrees(world, wanted).max() < 4.0


@pytest.mark.parametrize("arms", [0.0, 45.0])
def test_rest_pose_of_the_arms_does_not_matter_to_the_result(arms):
    target, _ = skeleton(arms=arms)
    made = retarget.to_skeleton(CLIP, target)
    places, wanted = made.world()[1], CLIP.world()[1]
    for name in ("LeftForeArm", "RightHand"):
        joint, other = target.index(name), CLIP.skeleton.index(name)
        chest, theirs = target.index("LeftArm"), CLIP.skeleton.index("LeftArm")
        gap = (places[:, joint] - places[:, chest]) - (wanted[:, other] - wanted[:, theirs])
        assert np.abs(gap).max() < 0.03


@each("size", [0.3, 1.0, 3.0])
def test_size_scales_everything_when_asked(size):
    rig, rig_map = human(Build(size=size))
    body = measure(rig, rig_map)
    posed = pose(CLIP, source_body(CLIP), body, RetargetSettings(keep="size"))
    feet = posed.positions[body.legs[0].end]
    assert np.ptp(feet, axis=0).max() < 0.002 * size
    assert posed.lowered.max() < 0.02 * size
    assert height_ratio(rig, rig_map, CLIP.skeleton) == pytest.approx(size, rel=0.1)


def test_pelvis_comes_down_smoothly_so_that_legs_reach():
    body = measure(*human(Build()))
    posed = pose(CLIP, source_body(CLIP), body, RetargetSettings(max_reach=0.96))
    assert posed.lowered.max() > 0.005
    assert np.abs(np.diff(posed.lowered, n=2)).max() < 0.002
    for leg in body.legs:
        length = np.linalg.norm(posed.positions[leg.end] - posed.positions[leg.top], axis=-1)
        assert length.max() < 0.9601 * leg.reach
        assert np.ptp(posed.positions[leg.end], axis=0).max() < 0.005


def test_knees_bend_forwards():
    rig, rig_map = human(Build(knees=0.0))
    body = measure(rig, rig_map)
    posed = pose(CLIP, source_body(CLIP), body)
    for leg in body.legs:
        middle = 0.5 * (posed.positions[leg.top] + posed.positions[leg.end])
        assert (posed.positions[leg.middle] - middle)[:, 2].min() > 0.0


def test_spines_of_any_length_end_where_the_chest_is():
    source = source_body(CLIP)
    turns = CLIP.world()[0]
    for spine in (1, 2, 7):
        rig, rig_map = human(Build(spine=spine))
        body = measure(rig, rig_map)
        posed = pose(CLIP, source, body)
        chest = body.roles["spine"][-1]
        turn = quat.mul_inv(posed.rotations[chest], body.rotations[chest])
        assert degrees(turn, turns[:, source.roles["spine"][-1]]).max() < 0.01


@pytest.mark.parametrize("root_motion", ["object", "in_place"])
def test_travel_taken_off_the_bones_is_put_on_the_object(root_motion):
    rig, rig_map = human(Build(turned=0.8, place=(1.0, 0.0, 2.0)))
    body = measure(rig, rig_map)
    steps = np.linspace(0.0, 2.0, CLIP.frames, dtype=np.float32)[:, None]
    going = replace(CLIP, root_positions=CLIP.root_positions + steps * np.float32([0, 0, 1]))
    posed = pose(going, source_body(CLIP), body)
    keyed = channels(posed, root_motion)
    replayed = replay(rig, keyed, CLIP.frames)
    hips = body.bone("hips")
    if root_motion == "in_place":
        assert keyed.object_positions is None
        assert np.ptp(replayed.positions[hips], axis=0).max() < 0.3
        return
    origin = np.array(rig.origin)
    moved = keyed.object_positions + quat.apply(
        keyed.object_turns, replayed.positions[hips] - origin
    )
    assert np.abs(moved - posed.positions[hips]).max() < 1e-6


def test_root_motion_without_a_root_bone_is_refused():
    rig, rig_map = human(Build(root=False))
    posed = pose(CLIP, source_body(CLIP), measure(rig, rig_map))
    with pytest.raises(RefusedError, match="no root bone"):
        channels(posed, "root")


def test_bones_that_do_not_inherit_rotation_are_respected():
    rig, rig_map = human(Build(rolls=3))
    free = np.ones(len(rig), dtype=bool)
    for role in ("head", "hand.L", "thigh.R"):
        free[rig.index(rig_map.roles[role][0])] = False
    rig = replace(rig, inherits_rotation=free)
    posed = pose(CLIP, source_body(CLIP), measure(rig, rig_map))
    replayed = replay(rig, channels(posed), CLIP.frames)
    for bone, rotation in posed.rotations.items():
        assert degrees(replayed.rotations[bone], rotation).max() < 1e-3


def test_connected_hips_move_through_the_bone_above():
    rig, rig_map = human(Build())
    connected = np.zeros(len(rig), dtype=bool)
    connected[rig.index(rig_map.roles["hips"][0])] = True
    rig = replace(rig, connected=connected)
    posed = pose(CLIP, source_body(CLIP), measure(rig, rig_map))
    keyed = channels(posed)
    assert list(keyed.locations) == [0]
    replayed = replay(rig, keyed, CLIP.frames)
    hips = rig.index(rig_map.roles["hips"][0])
    assert np.abs(replayed.positions[hips] - posed.positions[hips]).max() < 1e-6


def test_loops_stay_loops():
    frames = CLIP.frames - 1
    loop = CLIP.slice(0, frames)
    rig, rig_map = human(Build())
    posed = pose(loop, source_body(loop), measure(rig, rig_map))
    keyed = channels(posed, "in_place")
    for values in (*keyed.rotations.values(), *keyed.locations.values()):
        steps = np.linalg.norm(np.diff(values, axis=0), axis=-1)
        gap = min(np.linalg.norm(values[0] - values[-1]), np.linalg.norm(values[0] + values[-1]))
        assert gap < 2.0 * steps.max() + 1e-6


def test_soles_stay_on_a_level_floor():
    frames = 60
    still = CLIP.slice(0, frames)
    pitch = 0.25 * np.sin(np.linspace(0.0, 4.0 * np.pi, frames))
    rotations = still.rotations.copy()
    foot = still.skeleton.index("LeftFoot")
    rolled = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), pitch)
    rotations[:, foot] = quat.mul(rotations[:, foot], rolled)
    contacts = np.tile(np.float32([0.0, 0.0, 1.0, 1.0]), (frames, 1))
    rocking = replace(still, rotations=rotations.astype(np.float32), contacts=contacts)
    body = measure(*human(Build()))
    leg = body.legs[0]
    source = source_body(rocking, ball=source_body(CLIP).ball_height)
    lowest = {}
    for kept in (False, True):
        posed = pose(rocking, source, body, RetargetSettings(soles=kept))
        foot_turn = quat.mul_inv(posed.rotations[leg.end], body.rotations[leg.end])
        toe_turn = quat.mul_inv(posed.rotations[leg.toe], body.rotations[leg.toe])
        heel = posed.positions[leg.end] + quat.apply(foot_turn, leg.heel - leg.points[2])
        under = np.array([0.0, -leg.ball[1], leg.toe_length])
        tip = posed.positions[leg.toe] + quat.apply(toe_turn, under)
        lowest[kept] = min(heel[:, 1].min(), tip[:, 1].min())
    assert lowest[False] < -0.01
    assert lowest[True] > -0.003


@each("knees", [0.0, 3.0, 20.0])
def test_knees_keep_their_angles(knees):
    rig, rig_map = human(Build(knees=knees, size=1.2))
    body, source = measure(rig, rig_map), source_body(CLIP)
    scaled = CLIP.scaled(height_ratio(rig, rig_map, CLIP.skeleton))
    posed = pose(scaled, source_body(scaled), body)
    places = scaled.world()[1]
    for leg, theirs in zip(body.legs, source.legs, strict=True):
        ours = [posed.positions[b] for b in (leg.top, leg.middle, leg.end)]
        wanted = [places[:, j] for j in (theirs.top, theirs.middle, theirs.end)]
        assert np.abs(_bend(*ours) - _bend(*wanted)).mean() < 2.0


def _bend(hip, knee, ankle):
    cosine = np.sum(quat.unit(knee - hip) * quat.unit(ankle - knee), axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))


def test_rest_poses_that_are_no_posture_are_refused():
    rig, rig_map = human()
    heads = rig.rest_heads.copy()
    legs = [i for i, n in enumerate(rig.names) if n.startswith("q")]
    heads[legs, 1] = 2.0 - heads[legs, 1]
    with pytest.raises(RefusedError, match="does not stand upright"):
        measure(replace(rig, rest_heads=heads), rig_map)


@each("foot", [0.05, 0.13, 0.3])
def test_odd_feet_neither_slide_nor_drag_the_pelvis_down(foot):
    rig, rig_map = human(Build())
    heads = rig.rest_heads.copy()
    for side in "LR":
        toe, ankle = (rig.index(rig_map.roles[f"{p}.{side}"][0]) for p in ("toe", "foot"))
        heads[toe, 2] = heads[ankle, 2] + foot
    rig = replace(rig, rest_heads=heads)
    body = measure(rig, rig_map)
    posed = pose(CLIP, source_body(CLIP), body)
    assert posed.lowered.max() < 0.05
    for leg in body.legs:
        assert np.ptp(posed.positions[leg.toe], axis=0).max() < 0.005
