# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns changed features into poses: joints turn, legs reach their ends by inverse kinematics."""

from itertools import pairwise

import numpy as np

from ..body.kinds import QUADRUPED
from ..clip.clip import Clip
from ..controller import features
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import running_max, smooth
from .style_features import ANIMAL, SIDES, Observed, StyleLayout

EASY = 0.96
"""Share of a straight leg beyond which an animal's legs do not stretch, unless they already did."""
SINK_SECONDS = 0.12
"""Seconds before and after an overstretched leg in which the trunk is lowered."""
_FRONT = np.array([0.0, 0.0, 1.0])


def turned(layout: StyleLayout, seen: Array, more: Array) -> Array:
    """Return a sum of changes ``more`` (..., F) of features ``seen`` (..., F) as turns to compose.

    Added rotation vectors are not rotations that follow each other; the returned ones are.
    """
    out = np.array(more, dtype=np.float64)
    shape = (*out.shape[:-1], len(layout.joints), 3)
    was = seen[..., layout.turns].reshape(shape)
    now = quat.from_rotvec(was + out[..., layout.turns].reshape(shape))
    turns = quat.to_rotvec(quat.inv_mul(quat.from_rotvec(was), now))
    out[..., layout.turns] = turns.reshape(*out.shape[:-1], -1)
    return out


def applied(observed: Observed, more: Array) -> Clip:
    """Return a motion with its features changed by ``more`` (T, F), at its own rate.

    Rotation vectors turn each joint further in its own frame. Legs are bent to reach their ends.
    Frames without a change stay bit-identical.
    """
    clip, skeleton, layout = observed.clip, observed.clip.skeleton, observed.layout
    more = np.asarray(more, dtype=np.float64)
    turns = quat.from_rotvec(more[:, layout.turns].reshape(clip.frames, len(layout.joints), 3))
    rotations = clip.rotations.astype(np.float64)
    for i, name in enumerate(layout.joints):
        if name not in layout.rooted[1:]:
            joint = skeleton.index(name)
            rotations[:, joint] = quat.mul(rotations[:, joint], turns[:, i])
    root = features.root_rotations(observed.root).astype(np.float64)[:, None]
    moves = more[:, layout.hips.start :].reshape(clip.frames, 1 + len(layout.tips), 3)
    moves = quat.apply(root, moves)
    hips = clip.root_positions + moves[:, 0]
    world, positions = skeleton.fk(rotations, hips)
    if layout is ANIMAL:
        hips = hips - _animal(observed, turns, moves[:, 1:], world, positions)
    else:
        _person(observed, turns, moves[:, 1:], world, positions)
    out = quat.unroll(skeleton.local(world)).astype(np.float32)
    same = ~np.any(more, axis=1)
    out[same] = clip.rotations[same]
    place = np.where(same[:, None], clip.root_positions, hips).astype(np.float32)
    return Clip(skeleton, out, place, clip.fps, clip.contacts)


def _person(seen: Observed, turns: Array, moves: Array, world: Array, positions: Array) -> None:
    """Turn the legs in ``world`` (T, J, 4) so that the ankles move by ``moves`` (T, 2, 3)."""
    skeleton, layout = seen.clip.skeleton, seen.layout
    for i, side in enumerate(SIDES):
        thigh, shin, foot = (skeleton.index(side + n) for n in ("UpLeg", "Leg", "Foot"))
        target = seen.positions[:, foot].astype(np.float64) + moves[:, i]
        _bent(seen, (thigh, shin, foot), target, world, positions, _FRONT)
        turn = turns[:, layout.joints.index(f"{side}Foot")]
        world[:, foot] = quat.mul(seen.world[:, foot].astype(np.float64), turn)
        toe = skeleton.index(f"{side}Toe")
        world[:, toe] = quat.mul(world[:, foot], seen.clip.rotations[:, toe])


def _animal(seen: Observed, turns: Array, moves: Array, world: Array, positions: Array) -> Array:
    """Turn the legs in ``world`` (T, J, 4) so that the paws move by ``moves`` (T, 4, 3).

    Feet, from hock and wrist down, turn by ``turns``; elbows bend back. Returns the lowering
    (T, 3) of the trunk that keeps the legs from stretching, meters.
    """
    skeleton, layout = seen.clip.skeleton, seen.layout
    ends = []
    for i, leg in enumerate(QUADRUPED.legs):
        foot = [skeleton.index(joint) for joint in leg.foot]
        for part, joint in zip(foot, leg.foot, strict=True):
            turn = turns[:, layout.joints.index(joint)]
            world[:, part] = quat.mul(seen.world[:, part].astype(np.float64), turn)
        target = seen.positions[:, foot[-1]].astype(np.float64) + moves[:, i]
        for above, part in pairwise(foot):
            arm = skeleton.offsets[part].astype(np.float64)
            target = target - quat.apply(world[:, above], arm)
        ends.append(target)
    down = np.zeros((len(world), 3))
    down[:, 1] = _lack(seen, ends, positions)
    for leg, target in zip(QUADRUPED.legs, ends, strict=True):
        top, middle, end = (skeleton.index(joint) for joint in (leg.top, leg.middle, leg.end))
        front = -_FRONT if leg.fore else _FRONT
        _bent(seen, (top, middle, end), target, world, positions - down[:, None], front)
    return down


def _lack(seen: Observed, ends: list[Array], positions: Array) -> Array:
    """Return the lowering (T,) of the trunk, meters, for the legs to reach their ``ends``."""
    skeleton, lack = seen.clip.skeleton, np.zeros(len(positions))
    for leg, target in zip(QUADRUPED.legs, ends, strict=True):
        top, middle, end = (skeleton.index(joint) for joint in (leg.top, leg.middle, leg.end))
        length = float(np.linalg.norm(skeleton.offsets[[middle, end]], axis=-1).sum())
        was = np.linalg.norm(seen.positions[:, end] - seen.positions[:, top], axis=-1)
        most = np.maximum(was, EASY * length)
        away = positions[:, top] - target
        height = np.sqrt(np.maximum(most**2 - (away[:, [0, 2]] ** 2).sum(axis=-1), 0.25 * most**2))
        lack = np.maximum(lack, away[:, 1] - height)
    half = round(SINK_SECONDS * seen.clip.fps)
    return smooth(running_max(lack, half), half / 3.0)


def _bent(
    seen: Observed,
    joints: tuple[int, int, int],
    target: Array,
    world: Array,
    positions: Array,
    front: Array,
) -> None:
    """Turn two bones in ``world`` so that their end is at ``target`` (T, 3).

    They start from their pose in ``seen``, moved so that the top joint is at ``positions``.
    """
    top, middle, _ = joints
    was = seen.world.astype(np.float64)
    moved = positions[:, top] - seen.positions[:, top]
    hip, knee, ankle = (seen.positions[:, j].astype(np.float64) + moved for j in joints)
    bent, reached = leg_ik.two_bone(hip, knee, ankle, was[:, top], target, front)
    world[:, top] = leg_ik.swing(was[:, top], knee - hip, bent - hip)
    world[:, middle] = leg_ik.swing(was[:, middle], ankle - knee, reached - bent)
