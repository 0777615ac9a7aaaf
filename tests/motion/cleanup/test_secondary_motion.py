# SPDX-License-Identifier: GPL-3.0-or-later
"""Tails and heads that lag behind the trunk, and dogs that look at a point."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.bake.cycle import cut_cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import QUADRUPED, kind_of
from motion_addon.motion.body.quadruped import JOINTS, NECK, TAIL
from motion_addon.motion.cleanup.secondary_motion import LOOK_LIMITS, follow_through, look_at
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.dogs import stepping_dog

HEAD, WITHERS = JOINTS.index("Head"), JOINTS.index("Withers")


def gaze(clip: Clip) -> np.ndarray:
    return quat.apply(clip.world()[0][:, HEAD].astype(float), np.array([0.0, 0.0, 1.0]))


def bent(before: Clip, after: Clip) -> np.ndarray:
    """Return (T, J) by how much (rad) each joint was turned."""
    turned = quat.inv_mul(before.rotations, after.rotations)
    return np.linalg.norm(quat.to_rotvec(turned.astype(float)), axis=-1)


def jolted() -> Clip:
    """Return a still dog that is pushed 20 cm to the left in a quarter of a second."""
    still = stepping_dog("walk", 0.0, seconds=4.0)
    pose = np.repeat(still.rotations[:1], still.frames, axis=0)
    share = np.clip((np.arange(still.frames) - 60) / 15.0, 0.0, 1.0)
    root = np.repeat(still.root_positions[:1], still.frames, axis=0)
    root[:, 0] += 0.2 * share * share * (3.0 - 2.0 * share)
    return replace(still, rotations=pose, root_positions=root)


def test_tail_lags_behind_a_push_and_comes_to_rest() -> None:
    still = jolted()
    done = follow_through(still)
    tip = (
        done.world()[1][:, JOINTS.index("Tail5"), 0] - still.world()[1][:, JOINTS.index("Tail5"), 0]
    )
    assert np.abs(tip[:55]).max() < 1e-3
    assert tip[60:72].min() < -0.01, "at first the tip stays where it was"
    assert tip[72:100].max() > 0.005, "then it swings over"
    assert np.abs(tip[-20:]).max() < 0.004
    assert np.abs(np.diff(tip)).max() < 0.02


def test_only_tail_and_neck_follow_through() -> None:
    clip = stepping_dog("trot", 1.8, stride=0.5)
    turned = bent(clip, follow_through(clip))
    loose = [JOINTS.index(name) for name in (*NECK, *TAIL)]
    rigid = [i for i in range(len(JOINTS)) if i not in loose]
    assert turned[:, rigid].max() < 2e-3
    tail = turned[:, [JOINTS.index(name) for name in TAIL]]
    neck = turned[:, [JOINTS.index(name) for name in NECK]]
    assert np.radians(0.1) < tail[60:-60].mean() < np.radians(15.0)
    assert neck.mean() < 0.5 * tail.mean()
    assert turned.max() < np.radians(20.5)


def test_amount_scales_and_nothing_is_nothing() -> None:
    clip = stepping_dog("walk", 0.8, seconds=4.0)
    assert follow_through(clip, 0.0) is clip
    assert look_at(clip, np.zeros(3), 0.0) is clip
    half, whole = (bent(clip, follow_through(clip, amount)).mean() for amount in (0.5, 1.0))
    assert half == pytest.approx(0.5 * whole, rel=0.1)
    short = clip.slice(0, 2)
    assert follow_through(short) is short


def test_small_animals_swing_faster() -> None:
    still = jolted()
    small = replace(still.scaled(0.25))
    crossings = []
    for clip in (still, small):
        tail = JOINTS.index("Tail5")
        tip = (follow_through(clip).world()[1] - clip.world()[1])[:, tail, 0]
        crossings.append(62 + int(np.argmax(tip[62:] > 0.0)))
    assert crossings[1] < crossings[0]


def test_a_loop_that_is_cut_stays_a_loop() -> None:
    clip = stepping_dog("trot", 1.8, seconds=8.0, stride=0.5)
    phase = np.arange(clip.frames) / clip.fps / 0.5
    request = BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), fps=clip.fps)
    done, _speed = cut_cycle(follow_through(clip), phase, request)
    twice = np.concatenate([done.rotations, done.rotations])
    turns = quat.to_rotvec(quat.inv_mul(twice[:-1], twice[1:]))
    change = np.linalg.norm(np.diff(turns, axis=0), axis=-1)[:, [JOINTS.index(n) for n in TAIL]]
    assert change[28:31].max() <= 1.5 * np.delete(change, [28, 29, 30], axis=0).max() + 1e-4


@each("point", [(2.0, 0.6, 9.0), (-1.5, 0.2, 8.0), (0.0, 1.2, 12.0)])
def test_gaze_meets_the_point(point: tuple[float, float, float]) -> None:
    clip = stepping_dog("walk", 0.8, seconds=6.0)
    done = look_at(clip, np.array(point))
    wanted = quat.unit(np.array(point) - done.world()[1][:, HEAD])
    off = np.degrees(np.arccos(np.clip((gaze(done) * wanted).sum(axis=-1), -1.0, 1.0)))
    before = np.degrees(np.arccos(np.clip((gaze(clip) * wanted).sum(axis=-1), -1.0, 1.0)))
    assert off[:150].max() < 6.0
    assert off[:150].mean() < 0.3 * before[:150].mean()
    rigid = [JOINTS.index(name) for name in JOINTS if name not in NECK]
    assert bent(clip, done)[:, rigid].max() < 2e-3


def test_neck_does_not_turn_further_than_it_can_nor_jump() -> None:
    """A point that is passed on the left, until it is straight behind."""
    clip = stepping_dog("walk", 1.5, seconds=8.0)
    done = look_at(clip, np.array([0.3, 0.5, 4.0]))
    yaw = quat.yaw_of(gaze(done)) - quat.yaw_of(gaze(clip))
    yaw = (yaw + np.pi) % (2.0 * np.pi) - np.pi
    assert yaw.max() < LOOK_LIMITS[0] + 0.01
    assert yaw.max() > 0.8
    assert np.abs(np.diff(yaw)).max() < 0.12
    assert abs(yaw[-1]) < 0.3, "what lies behind is let go"
    shares = bent(clip, done)[:, [JOINTS.index(name) for name in NECK]]
    assert shares.max() < 0.5 * LOOK_LIMITS[0] + 0.1
    assert kind_of(done.skeleton) is QUADRUPED


def test_a_moving_point_is_followed() -> None:
    clip = stepping_dog("walk", 0.8, seconds=6.0)
    across = np.linspace(-1.0, 1.0, clip.frames)
    points = clip.world()[1][:, WITHERS] + np.stack([across, 0 * across, 2 + 0 * across], axis=-1)
    yaw = quat.yaw_of(gaze(look_at(clip, points)))
    assert yaw[20] < -0.2
    assert yaw[-20] > 0.2
