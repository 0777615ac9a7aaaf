# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants feet in a filled gap where the kept poses have them, and changes no kept pose.

A foot with a stance across an end of a gap stays where the kept pose has it; with a stance
inside the gap it stays at its own mean place. Corrections are zero at kept frames and are
interpolated between stances.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from ..body.kinds import kind_of
from ..cleanup import foot_lock
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import REACH as SMOOTH_REACH
from ..maths.smoothing import running_max, smooth, smoothstep

CREEP = 0.09
"""Share of a leg's length that a kept foot may move in its stance."""
ASTRAY = 0.06
"""Share of a leg's length beyond which a foot is not pulled back to its stance."""
LEAST_HEIGHT = 0.004
"""Share of a leg's length by which feet may sink below the lowest kept one."""
DIP_SECONDS = 0.1
"""Time before and after a dip under the floor in which a foot is raised over it."""

_FRONT = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class PlantedLeg:
    """A leg of a skeleton for contacts and inverse kinematics."""

    joints: tuple[int, int, int, int]
    """Top, middle, end and ball: hip, knee, ankle and ball; hip, knee, hock and paw."""
    column: int
    """Column of the ball's contacts."""
    front: Array
    """(3,) direction of the middle joint, relative to the upper bone."""


def planted_legs(skeleton: Skeleton) -> list[PlantedLeg]:
    """Return the legs of a skeleton."""
    kind = kind_of(skeleton)
    out = []
    for leg, column in zip(kind.legs, kind.balls, strict=True):
        top, middle, end, ball = (
            skeleton.index(name) for name in (leg.top, leg.middle, leg.end, leg.ball)
        )
        front = -_FRONT if leg.fore else _FRONT
        out.append(PlantedLeg((top, middle, end, ball), column, front))
    return out


def locked(clip: Clip, known: Array, contacts: Array) -> Clip:
    """Return ``clip`` with feet that neither slide nor sink where ``known`` (T,) is False.

    ``contacts`` (T, 4) are probabilities; the result's are binary. Kept frames stay
    bit-identical. Hips and upper body stay as they are: lowering the hips for a distant foot was
    less accurate on held-out motion.
    """
    skeleton = clip.skeleton
    kind = kind_of(skeleton)
    probable = np.asarray(contacts, dtype=np.float32)
    down = foot_contacts.clean(probable, clip.fps, kind.foot.shortest)
    world, positions = skeleton.fk(
        clip.rotations.astype(np.float64), clip.root_positions.astype(np.float64)
    )
    legs = planted_legs(skeleton)
    floor = min(float(positions[known][:, leg.joints[3], 1].min()) for leg in legs)
    targets = {}
    for leg in legs:
        ball = positions[:, leg.joints[3]]
        off, stood = _offsets(ball, known, down[:, leg.column] > 0.5, clip.fps, _length(leg, clip))
        least = floor - LEAST_HEIGHT * _length(leg, clip)
        off[:, 1] += _lift((ball + off)[:, 1], least, known | stood, known, clip.fps)
        targets[leg.column] = positions[:, leg.joints[2]] + off
        down[:, leg.column] = np.where(known, down[:, leg.column], stood)
    for leg in legs:
        _reach(world, positions, leg, targets[leg.column], kind.reach_rounds)
    rotations = quat.unroll(skeleton.local(world)).astype(np.float32)
    return replace(
        clip,
        rotations=np.where(known[:, None, None], clip.rotations, rotations),
        contacts=down,
    )


def _lift(heights: Array, least: float, fixed: Array, known: Array, fps: float) -> Array:
    """Return the lift (T,) that smoothly keeps a foot above ``least``, meters.

    A foot that dips for a moment is raised before and after, too, except where it is ``fixed``.
    """
    needed = np.where(known, 0.0, np.maximum(least - heights, 0.0))
    reach = max(round(DIP_SECONDS * fps), 1)
    around = running_max(needed, reach)
    frames = np.arange(len(known))
    away = np.abs(frames[:, None] - frames[fixed][None]).min(axis=1)
    around = smooth(around, reach / SMOOTH_REACH) * smoothstep(away / (reach + 1.0))
    return np.maximum(around, needed)


def _length(leg: PlantedLeg, clip: Clip) -> float:
    _, middle, end, _ = leg.joints
    return float(sum(np.linalg.norm(clip.skeleton.offsets[joint]) for joint in (middle, end)))


def _offsets(
    ball: Array, known: Array, down: Array, fps: float, length: float
) -> tuple[Array, Array]:
    """Return the corrections (T, 3) of a ball, and where it is in a stance (T,)."""
    target, stood = ball.copy(), np.zeros(len(ball), dtype=bool)
    for start, stop in foot_contacts.runs(down):
        kept = start + np.flatnonzero(known[start:stop])
        if len(kept) == stop - start:
            continue
        if not len(kept):
            if stop - start > 2:
                target[start:stop] = foot_lock.anchor(ball[start:stop])
                stood[start:stop] = True
            continue
        inner = np.arange(start, stop)
        line = np.stack([np.interp(inner, kept, ball[kept, axis]) for axis in range(3)], axis=-1)
        target[start:stop], stood[start:stop] = line, True
        for a, b in itertools.pairwise(kept):
            if b > a + 1 and np.linalg.norm(ball[b] - ball[a]) > CREEP * length:
                target[a + 1 : b], stood[a + 1 : b] = ball[a + 1 : b], False
    far = stood & ~known & (np.linalg.norm(target - ball, axis=-1) > ASTRAY * length)
    stood &= ~far
    fixed = stood | known
    return foot_lock.bridged(target - ball, fixed, fps), stood


def _reach(world: Array, positions: Array, leg: PlantedLeg, target: Array, rounds: int) -> None:
    """Turn the two long bones so that the ankle, hock or wrist is at ``target`` (T, 3).

    With several ``rounds`` only the difference that the target makes to the solution is applied,
    so that a leg already in place does not turn, however straight or bent aside it is.
    """
    upper, lower, end, _ = leg.joints
    hip, knee, ankle = (positions[:, joint] for joint in (upper, lower, end))
    thigh, shin, aim = world[:, upper], world[:, lower], target
    was = (
        leg_ik.two_bone(hip, knee, ankle, thigh, ankle, leg.front) if rounds > 1 else (knee, ankle)
    )
    for _ in range(rounds):
        bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, aim, leg.front)
        turns = (
            leg_ik.swing(quat.IDENTITY, was[0] - hip, bent - hip),
            leg_ik.swing(quat.IDENTITY, was[1] - was[0], reached - bent),
        )
        got = hip + quat.apply(turns[0], knee - hip) + quat.apply(turns[1], ankle - knee)
        aim = aim + target - got
    world[:, upper] = quat.mul(turns[0], thigh)
    world[:, lower] = quat.mul(turns[1], shin)
