# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of every build take over the model's motion: paws stand, legs fold the right way."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.body import quadruped
from motion_addon.motion.body.body import Body
from motion_addon.motion.body.body_pose import BodyPose
from motion_addon.motion.body.kinds import QUADRUPED
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import retarget
from motion_addon.motion.retarget.channels import Channels, channels
from motion_addon.motion.retarget.leg_matching import match_legs
from motion_addon.motion.retarget.settings import RetargetSettings
from motion_addon.motion.rigs import RigBones
from motion_addon.motion.rigs.measure import measure
from tests.cases import each
from tests.motion import humans
from tests.motion.animals import Build, animal
from tests.motion.dogs import dog, stepping_dog

builds = st.builds(
    Build,
    spine=st.integers(1, 8),
    neck=st.integers(1, 4),
    tail=st.integers(0, 8),
    fore=st.integers(3, 7),
    hind=st.integers(3, 7),
    straight=st.booleans(),
    loose_feet=st.booleans(),
    from_chest=st.booleans(),
    size=st.sampled_from([0.3, 1.0, 5.0]),
    turned=st.sampled_from([0.0, np.pi / 2, 2.0]),
    rolls=st.sampled_from([None, 1]),
    place=st.sampled_from([(0.0, 0.0, 0.0), (2.0, 0.0, -1.0)]),
)
WALK = stepping_dog(seconds=3.0)
SOURCE = retarget.source_body(WALK)
SIZE = RetargetSettings(keep="size")


def _body(build: Build | None = None) -> Body:
    body = measure(*animal(build))
    assert body.kind is QUADRUPED
    return body


def _posed(rig: RigBones, keys: Channels, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Return world rotations (B, T, 4) and heads (B, T, 3) of a rig with keyed channels."""
    rotations, heads = np.zeros((len(rig), frames, 4)), np.zeros((len(rig), frames, 3))
    for bone, parent in enumerate(rig.parents):
        turn, head = rig.rest_rotations[bone], rig.rest_heads[bone]
        if parent >= 0:
            back = quat.inv(rig.rest_rotations[parent])
            turn = quat.mul(rotations[parent], quat.mul(back, turn))
            arm = quat.apply(back, head - rig.rest_heads[parent])
            head = heads[parent] + quat.apply(rotations[parent], arm)
        moved = keys.locations.get(bone, np.zeros((1, 3))) * rig.scale
        heads[bone] = head + quat.apply(turn, moved)
        rotations[bone] = quat.mul(turn, keys.rotations.get(bone, quat.IDENTITY[None]))
    return rotations, heads


def _balls(pose: BodyPose, heads: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Return (T, 4, 3) where the paws of a posed rig stand."""
    body, out = pose.body, []
    assert body.kind is QUADRUPED
    for leg in body.legs:
        bone = leg.carrier
        turn = quat.mul_inv(rotations[bone], body.rotations[bone])
        out.append(heads[bone] + quat.apply(turn, leg.ball - body.heads[bone]))
    return np.stack(out, axis=1)


@settings(max_examples=30, deadline=None)
@given(builds, st.sampled_from(["hips", "root"]))
def test_channels_bring_every_mapped_bone_to_its_pose(build, root_motion):
    body = _body(build)
    pose = retarget.pose(WALK, SOURCE, body, SIZE)
    rotations, heads = _posed(body.rig, channels(pose, root_motion), WALK.frames)
    for bone, place in pose.positions.items():
        np.testing.assert_allclose(heads[bone], place, atol=1e-6 * build.size)
        same = np.abs(np.sum(rotations[bone] * pose.rotations[bone], axis=-1))
        np.testing.assert_allclose(same, 1.0, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(builds)
def test_planted_paws_stand_on_the_ground_and_do_not_slip(build):
    # A leg whose last bone starts high and points nowhere does not show the point it stands on.
    assume(build.rolls is None or min(build.fore, build.hind) > 3)
    body = _body(build)
    pose = retarget.pose(WALK, SOURCE, body, SIZE)
    rotations, heads = _posed(body.rig, channels(pose), WALK.frames)
    balls = _balls(pose, heads, rotations)
    size = body.leg_length / SOURCE.leg_length
    theirs = quadruped.paw_points(WALK) * size
    for i, leg in enumerate(body.legs):
        stands = WALK.contacts[:, i] > 0.5
        both = stands[1:] & stands[:-1]
        slip = np.diff(balls[:, i] - theirs[:, i], axis=0)[both][:, [0, 2]]
        assert np.linalg.norm(slip, axis=-1).max() < 0.0003 * size
        assert np.abs(balls[stands, i, 1] - leg.ball[1]).max() < 0.002 * size
        assert (balls[:, i, 1] - leg.ball[1]).min() > -0.002 * size


def test_same_skeleton_gives_back_the_same_motion():
    pose = retarget.pose(WALK, SOURCE, SOURCE)
    rotations, positions = WALK.world()
    for bone in range(len(SOURCE.rig)):
        np.testing.assert_allclose(pose.positions[bone], positions[:, bone], atol=0.012)
        same = np.abs(np.sum(pose.rotations[bone] * rotations[:, bone], axis=-1))
        # Paws differ: they lie flat here while they stand.
        assert same.min() > 0.99 or "Paw" in SOURCE.rig.names[bone]
    paws = np.stack([pose.positions[leg.bones[-1]] for leg in SOURCE.legs], axis=1)
    gap = np.abs(paws - quadruped.paw_points(WALK))
    assert gap[..., [0, 2]].max() < 0.0005
    # Paws that stand a little off the ground in the clip are put on it.
    assert gap[..., 1].max() < 0.008


def test_paws_lie_flat_while_they_stand():
    body = _body(Build(fore=6, hind=5))
    pose = retarget.pose(WALK, SOURCE, body, SIZE)
    for i, leg in enumerate(body.legs):
        turn = quat.mul_inv(pose.rotations[leg.end], body.rotations[leg.end])
        ahead = quat.apply(turn, np.array([0.0, 0.0, 1.0]))
        assert np.abs(ahead[WALK.contacts[:, i] > 0.5, 1]).max() < 0.02


@each("build", [Build(), Build(fore=4), Build(fore=6, hind=5, size=2.0)])
def test_joints_fold_the_way_they_do_at_rest(build):
    body = _body(build)
    pose = retarget.pose(WALK, SOURCE, body, SIZE)
    for leg in body.legs:
        chain = [pose.positions[bone] for bone in leg.bones[: leg.bent + 1]]
        across = np.array([1.0, 0.0, 0.0])
        for joint in range(1, len(chain) - 1):
            rest = np.cross(*quat.unit(leg.segments[joint - 1 : joint + 1])) @ across
            now = quat.cross(
                quat.unit(chain[joint] - chain[joint - 1]),
                quat.unit(chain[joint + 1] - chain[joint]),
            )
            if abs(rest) > 0.4:
                assert (now @ across * np.sign(rest)).min() > 0.0, (leg.leg, joint)


def test_legs_never_snap_straight_and_the_body_comes_down_smoothly():
    body = _body(Build(straight=True))
    pose = retarget.pose(stepping_dog(speed=1.6, stride=0.8, seconds=3.0), SOURCE, body, SIZE)
    for leg in body.legs:
        chain = np.stack([pose.positions[bone] for bone in leg.bones])
        far = np.linalg.norm(chain[leg.bent] - chain[0], axis=-1)
        assert far.max() < 0.9985 * leg.reach
    jerk = np.diff(pose.lowered, 2) * 60.0**2
    assert 0.0 < pose.lowered.max() < 0.2 * body.leg_length
    assert np.abs(jerk).max() < 40.0


def test_a_hip_height_is_what_sizes_are_compared_by():
    rig, rig_map = animal(Build(size=2.0))
    ratio = retarget.height_ratio(rig, rig_map, dog())
    assert ratio == pytest.approx(2.0 * 0.56 / SOURCE.leg_length, rel=0.03)


def test_a_standing_animal_stands_as_its_rig_rests():
    still = replace(
        WALK,
        rotations=np.tile(quat.IDENTITY, (30, len(WALK.skeleton), 1)),
        root_positions=np.tile(WALK.root_positions[:1] * [1, 0, 1] + [0, 0.545, 0], (30, 1)),
        contacts=np.ones((30, 4), np.float32),
    )
    source = retarget.source_body(still)
    body = _body(Build(spine=6, tail=7, fore=6, hind=5, turned=1.0, rolls=2))
    pose = retarget.pose(still, source, body, SIZE)
    for bone, turns in pose.rotations.items():
        away = 2.0 * np.arccos(np.clip(np.abs(turns @ body.rotations[bone]), 0.0, 1.0))
        assert away.max() < 0.12, bone


def test_turning_animals_with_longer_backs_do_not_slip():
    around = stepping_dog(seconds=4.0)
    turn = quat.yaw(np.linspace(0.0, 1.5, around.frames))
    turned = replace(around, rotations=around.rotations.copy())
    turned.rotations[:, 0] = quat.mul(turn, around.rotations[:, 0]).astype(np.float32)
    rig, rig_map = animal(Build())
    long = replace(rig, rest_heads=rig.rest_heads * np.array([1.0, 1.0, 1.4]))
    pose = retarget.pose(turned, SOURCE, measure(long, rig_map), SIZE)
    rotations, heads = _posed(long, channels(pose), turned.frames)
    stands = turned.contacts > 0.5
    moved = np.diff(_balls(pose, heads, rotations), axis=0)[..., [0, 2]]
    size = pose.body.leg_length / SOURCE.leg_length
    meant = np.diff(quadruped.paw_points(turned), axis=0)[..., [0, 2]] * size
    both = stands[1:] & stands[:-1]
    assert np.median(np.linalg.norm(moved - meant, axis=-1)[both]) < 1e-4


def test_bones_beyond_the_mapped_tail_are_filled():
    rig, truth = animal(Build(tail=6))
    short = truth.with_role("tail", *truth.roles["tail"][:3])
    body = measure(rig, short)
    assert [rig.names[b] for b in body.roles["tail"]] == list(truth.roles["tail"])


def _tailed(slope: float, family: str = "custom", step: float = 0.12) -> Body:
    """Return the body of an animal with a long straight tail that rises backwards by degrees."""
    rig, truth = animal(Build(tail=5))
    heads = rig.rest_heads.copy()
    along = np.array([0.0, np.sin(np.radians(slope)), -np.cos(np.radians(slope))])
    tail = [rig.index(name) for name in truth.roles["tail"]]
    heads[tail] = heads[tail[0]] + step * np.arange(5)[:, None] * along
    body = measure(replace(rig, rest_heads=heads), replace(truth, family=family))
    assert body.kind is QUADRUPED
    return body


def _tail_slope(body: Body, clip: Clip) -> np.ndarray:
    """Return (K,) the mean slopes (degrees) of the tail's bones in a retargeted clip."""
    pose = retarget.pose(clip, retarget.source_body(clip), body, SIZE)
    points = np.stack([pose.positions[bone] for bone in body.roles["tail"]], axis=1)
    steps = np.diff(points, axis=1).mean(axis=0)
    return np.degrees(np.arctan2(steps[:, 1], -steps[:, 2]))


def test_tails_that_unlike_animals_carry_stay_as_they_are_carried():
    assert _tail_slope(_tailed(60.0), WALK) == pytest.approx(np.full(4, 60.0), abs=3.0)
    assert _tail_slope(_tailed(-80.0), WALK) == pytest.approx(np.full(4, -80.0), abs=3.0)


def test_tails_modeled_straight_out_are_carried_as_in_the_clip():
    # The paper dog's tail hangs by 45 degrees.
    slopes = _tail_slope(_tailed(0.0), WALK)
    assert slopes == pytest.approx(np.full(4, -45.0), abs=6.0)


def test_tails_too_long_to_hang_stay_over_the_ground():
    body = _tailed(0.0, step=0.18)
    pose = retarget.pose(WALK, SOURCE, body, SIZE)
    tip = pose.positions[body.roles["tail"][-1]]
    assert tip[:, 1].min() > 0.15 * body.leg_length


def test_tails_of_horses_hang_and_stream_when_they_run():
    horse = _tailed(0.0, "mesh2motion_horse")
    walk = _tail_slope(horse, WALK)
    gallop = _tail_slope(horse, stepping_dog("gallop", 5.0, 3.0, stride=1.6))
    assert walk[-1] < -50.0
    assert np.all(np.diff(walk) < 0.0), "more and more towards its end"
    assert walk[-1] + 20.0 < gallop[-1] < 0.0


def test_ears_stay_where_the_head_has_them():
    body = _body(Build(ears=True))
    keys = channels(retarget.pose(WALK, SOURCE, body, SIZE))
    head = body.bone("head")
    assert not any(body.rig.descends(bone, head) for bone in keys.rotations)


def test_each_part_of_a_leg_follows_its_counterpart():
    body = _body(Build(fore=5, hind=5))
    for ours, theirs in zip(body.legs, SOURCE.legs, strict=True):
        shares = match_legs(ours, theirs).shares
        np.testing.assert_allclose(shares.sum(axis=1), 1.0)
        assert (np.diff(shares.argmax(axis=1)) >= 0).all()


def test_humans_and_animals_do_not_mix():
    human = measure(*humans.human())
    with pytest.raises(RefusedError, match=r"body on four legs; the rig stands on two"):
        retarget.pose(WALK, SOURCE, human)
    clip = humans.standing_clip()
    with pytest.raises(RefusedError, match=r"body on two legs; the rig stands on four"):
        retarget.pose(clip, retarget.source_body(clip), _body())
