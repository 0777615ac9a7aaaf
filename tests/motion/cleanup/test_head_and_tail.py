# SPDX-License-Identifier: GPL-3.0-or-later
"""Tails that lag and eyes on a point, as they are baked: at any size, and nothing else changes."""

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake, bake_many
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.herd import Herd, members
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.body import quadruped
from motion_addon.motion.cleanup.secondary_motion import look_at
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import chains, retarget
from motion_addon.motion.retarget.settings import RetargetSettings
from motion_addon.motion.rigs import measure
from tests.cases import each
from tests.motion.animals import Build
from tests.motion.animals import animal as built
from tests.motion.dogs import stepping_dog

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0))
LOOSE = {*quadruped.NECK, *quadruped.TAIL}
PERSON = {"Neck", "Neck1", "Head"}


@functools.cache
def made(model: str = "quadruped", **options: Any) -> BakeResult:
    return bake(BakeRequest(path=LINE, model=model, fps=60.0, **options))


def changed(before: Clip, after: Clip) -> set[str]:
    """Return the joints that were turned by more than half a degree."""
    turned = quat.to_rotvec(quat.inv_mul(before.rotations, after.rotations).astype(float))
    most = np.linalg.norm(turned, axis=-1).max(axis=0)
    return {name for name, by in zip(before.skeleton.names, most, strict=True) if by > 0.01}


def off(clip: Clip, points: Any, flat: bool = False) -> np.ndarray:
    """Return by how many degrees (T,) the head looks past the points; flat: to the sides."""
    rotations, places = (values.astype(float) for values in clip.world())
    head = clip.skeleton.index("Head")
    gaze = quat.apply(rotations[:, head], np.array([0.0, 0.0, 1.0]))
    wanted = np.asarray(points) - places[:, head]
    if flat:
        turned = quat.yaw_of(gaze) - quat.yaw_of(wanted)
        return np.degrees(np.abs((turned + np.pi) % (2.0 * np.pi) - np.pi))
    wanted = quat.unit(wanted)
    return np.degrees(np.arccos(np.clip((gaze * wanted).sum(axis=-1), -1.0, 1.0)))


def test_a_tail_that_lags_changes_tail_and_neck_alone() -> None:
    plain, loose = made(), made(follow_through=1.0)
    assert changed(plain.clip, loose.clip) <= LOOSE
    assert changed(plain.clip, loose.clip) >= set(quadruped.TAIL)
    assert np.array_equal(plain.clip.root_positions, loose.clip.root_positions)
    assert np.array_equal(plain.clip.contacts, loose.clip.contacts)
    same = set(plain.report) - {"jerk", "joint_activity", "balance"}
    assert {k: loose.report[k] for k in same} == {k: plain.report[k] for k in same}


def test_a_tail_lags_alike_at_every_size() -> None:
    whole = made(follow_through=1.0).clip
    twice = bake(
        BakeRequest(
            path=((0.0, 0.0, 0.0), (0.0, 0.0, 8.0)),
            model="quadruped",
            fps=60.0 / np.sqrt(2.0),
            speed=1.3 * np.sqrt(2.0),
            hip_height=2.0 * controller_model.load("quadruped").hip_height,
            follow_through=1.0,
        )
    ).clip
    assert twice.frames == whole.frames
    assert np.abs(twice.world()[1] - 2.0 * whole.world()[1]).max() < 0.01


def test_a_cycle_lags_too_and_still_loops() -> None:
    request = BakeRequest(path=LINE, model="quadruped", fps=30.0, gait="trot", speed=2.0)
    plain = cycle(request).clip
    loose = cycle(replace(request, follow_through=1.0, gaze=((5.0, 0.0, 5.0),))).clip
    assert changed(plain, loose) <= LOOSE
    assert changed(plain, loose) >= {"Tail3", "Tail4"}
    tail = [loose.skeleton.index(name) for name in quadruped.TAIL]
    twice = np.concatenate([loose.rotations, loose.rotations])[:, tail].astype(float)
    turns = quat.to_rotvec(quat.inv_mul(twice[:-1], twice[1:]))
    step = np.linalg.norm(np.diff(turns, axis=0), axis=-1).max(axis=1)
    seam = loose.frames - 1
    near = step[seam - 1 : seam + 1].max()
    assert near <= 1.3 * np.delete(step, [seam - 1, seam]).max()


@each(
    ("model", "options", "point"),
    [
        ("quadruped", {}, (2.0, 0.6, 7.0)),
        ("quadruped", {"hip_height": 1.2, "follow_through": 0.5}, (-4.0, 0.2, 12.0)),
        ("biped", {}, (2.0, 1.6, 7.0)),
        ("biped", {"height": 1.2}, (-2.0, 0.8, 7.0)),
    ],
)
def test_the_head_turns_to_a_point(model: str, options: Any, point: Any) -> None:
    plain, looking = made(model, **options).clip, made(model, gaze=(point,), **options).clip
    near = looking.world()[1][:, 0, 2] < 3.0
    assert off(looking, point)[near].mean() < 5.0
    assert off(looking, point)[near].mean() < 0.35 * off(plain, point)[near].mean()
    assert changed(plain, looking) <= (LOOSE if model == "quadruped" else PERSON)
    half = made(model, gaze=(point,), gaze_strength=0.5, **options).clip
    between = off(half, point)[near].mean()
    assert off(looking, point)[near].mean() < between < off(plain, point)[near].mean()


@pytest.mark.parametrize(("fps", "size"), [(24.0, 0.3), (60.0, 1.2)])
def test_a_point_that_moves_is_followed_frame_by_frame(fps: float, size: float) -> None:
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 5.0 * size))
    request = BakeRequest(path=path, model="quadruped", fps=fps, hip_height=size)
    plain = bake(request).clip
    ahead = plain.root_positions.astype(float)
    across = np.linspace(-2.0, 2.0, plain.frames)[:, None] * [size, 0.0, 0.0]
    points = ahead + across + [0.0, 0.5 * size, 4.0 * size]
    looking = bake(replace(request, gaze=tuple(map(tuple, points.tolist())))).clip
    assert off(plain, points, flat=True).mean() > 12.0
    assert off(looking, points, flat=True).mean() < 6.0
    half = plain.frames // 2
    held = bake(replace(request, gaze=tuple(map(tuple, points[:half].tolist())))).clip
    assert off(held, points, flat=True)[: half // 2].mean() < 6.0
    assert off(held, points[half - 1], flat=True)[-5:].mean() < 8.0


def test_herds_lag_and_look() -> None:
    points = tuple((8.0, 0.5, 0.1 * i) for i in range(400))
    request = BakeRequest(path=LINE, model="quadruped", gaze=points, follow_through=0.7)
    animals = members(Herd(request, count=3))
    for animal in animals:
        assert animal.request.gaze[0] == points[round(animal.start * request.fps)]
        assert animal.request.follow_through == 0.7
    late = members(Herd(replace(request, gaze=points[:2]), count=3))
    assert all(animal.request.gaze[-1] == points[1] for animal in late)
    for animal, found in zip(
        animals, bake_many([animal.request for animal in animals]), strict=True
    ):
        alone = bake(animal.request).clip
        assert np.abs(found.clip.world()[1] - alone.world()[1]).max() < 1e-3


def test_a_person_has_no_tail() -> None:
    with pytest.raises(RefusedError, match="follow_through is not for a person"):
        bake(BakeRequest(path=LINE, follow_through=0.5))


@pytest.mark.parametrize(("gaze", "low", "high"), [(0.0, 0.0, 25.0), (1.0, 36.0, 50.0)])
def test_animals_that_hold_their_necks_otherwise_look_as_far(
    gaze: float, low: float, high: float
) -> None:
    clip = look_at(stepping_dog("walk", 0.0, seconds=3.0), np.array([40.0, 0.6, 40.0]))
    body = measure.measure(*built(Build(neck=4)))
    posed = retarget.pose(
        clip, retarget.source_body(clip), body, RetargetSettings("size", gaze=gaze)
    )
    (head,) = body.roles["head"]
    turn = quat.mul_inv(posed.rotations[head], body.rotations[head])
    yaw = np.degrees(quat.yaw_of(quat.apply(turn, np.array([0.0, 0.0, 1.0]))))
    assert low <= yaw.mean() < high


def test_a_carriage_is_cut_down_upwards_and_to_the_sides_by_shares_of_their_own() -> None:
    stem = np.repeat(quat.yaw(np.array([0.3])), 120, axis=0)
    up = quat.from_axis_angle(np.array([[-1.0, 0.0, 0.0]]), np.array([0.4]))
    turn = quat.mul(stem, quat.mul(quat.yaw(np.array([0.8])), up))
    for shares, wanted in (((0.0, 1.0), (0.8, 0.0)), ((0.5, 0.25), (0.2, 0.2))):
        (less,) = chains.damped_carriage(stem, [turn], shares, 60.0, False)
        ahead = quat.apply(quat.inv_mul(stem, less), np.array([0.0, 0.0, 1.0]))[60]
        found = np.arctan2(ahead[0], ahead[2]), np.arcsin(ahead[1])
        assert found == pytest.approx(wanted, abs=1e-3)
