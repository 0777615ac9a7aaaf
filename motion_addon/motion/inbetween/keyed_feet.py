# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns feet in a filled gap: they stand where the kept poses have them, and touch no kept pose.

A foot that stands across an end of a gap stays where the kept pose put it; one that stands only
inside finds its own place. Corrections are nothing at kept frames and are bridged in between.
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
"""Share of a leg's length that a kept foot may have moved while it stood."""
ASTRAY = 0.06
"""Share of a leg's length beyond which a foot is not held back where it stood."""
LEAST_HEIGHT = 0.004
"""Share of a leg's length by which feet may go under the lowest of the kept ones."""
DIP_SECONDS = 0.1
"""Time before and after a dip under the floor in which a foot is raised over it."""
ROUNDS = 3
"""Corrections of an animal's leg until its hock or wrist is in its place."""

_FRONT = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Limb:
    """A leg as inverse kinematics and contacts know it."""

    joints: tuple[int, int, int, int]
    """Top, middle, end and the point that stands: hip, knee, ankle and ball; hip, hock, paw."""
    column: int
    """Of its contacts."""
    front: Array
    """(3,) where its middle joint points, seen from the upper bone."""


def limbs_of(skeleton: Skeleton) -> list[Limb]:
    """Return the legs of a skeleton."""
    kind = kind_of(skeleton)
    out = []
    for leg, column in zip(kind.legs, kind.balls, strict=True):
        top, middle, end, ball = (
            skeleton.index(name) for name in (leg.top, leg.middle, leg.end, leg.ball)
        )
        out.append(Limb((top, middle, end, ball), column, -_FRONT if leg.fore else _FRONT))
    return out


def locked(clip: Clip, known: Array, contacts: Array) -> Clip:
    """Return ``clip`` with feet that neither slide nor sink where ``known`` (T,) is False.

    ``contacts`` (T, 4) are probabilities; the result's are binary. Kept frames keep their poses
    to the bit. Hips, and what is above them, go as they went: hips that came down for
    a far foot were further from the truth on held-out motion.
    """
    skeleton = clip.skeleton
    kind = kind_of(skeleton)
    down = foot_contacts.clean(np.asarray(contacts, dtype=np.float32), clip.fps, kind.foot.shortest)
    world, positions = skeleton.fk(
        clip.rotations.astype(np.float64), clip.root_positions.astype(np.float64)
    )
    limbs = limbs_of(skeleton)
    floor = min(float(positions[known][:, limb.joints[3], 1].min()) for limb in limbs)
    targets = {}
    for limb in limbs:
        ball = positions[:, limb.joints[3]]
        off, stood = _offsets(
            ball, known, down[:, limb.column] > 0.5, clip.fps, _length(limb, clip)
        )
        least = floor - LEAST_HEIGHT * _length(limb, clip)
        off[:, 1] += _lift((ball + off)[:, 1], least, known | stood, known, clip.fps)
        targets[limb.column] = positions[:, limb.joints[2]] + off
        down[:, limb.column] = np.where(known, down[:, limb.column], stood)
    for limb in limbs:
        _reach(world, positions, limb, targets[limb.column], kind.level)
    rotations = quat.unroll(skeleton.local(world)).astype(np.float32)
    return replace(
        clip,
        rotations=np.where(known[:, None, None], clip.rotations, rotations),
        contacts=down,
    )


def _lift(heights: Array, least: float, fixed: Array, known: Array, fps: float) -> Array:
    """Return (T,) by how much a foot is raised so that it keeps over ``least``, without a jolt.

    A foot that dips for a moment is raised before and after, too, except where it is ``fixed``.
    """
    needed = np.where(known, 0.0, np.maximum(least - heights, 0.0))
    reach = max(round(DIP_SECONDS * fps), 1)
    around = running_max(needed, reach)
    frames = np.arange(len(known))
    away = np.abs(frames[:, None] - frames[fixed][None]).min(axis=1)
    around = smooth(around, reach / SMOOTH_REACH) * smoothstep(away / (reach + 1.0))
    return np.maximum(around, needed)


def _length(limb: Limb, clip: Clip) -> float:
    _, middle, end, _ = limb.joints
    return float(sum(np.linalg.norm(clip.skeleton.offsets[joint]) for joint in (middle, end)))


def _offsets(
    ball: Array, known: Array, down: Array, fps: float, length: float
) -> tuple[Array, Array]:
    """Return the corrections (T, 3) of a standing point, and (T,) whether it stands."""
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


def _reach(world: Array, positions: Array, limb: Limb, target: Array, loose: bool) -> None:
    """Turn the two long bones so that the ankle or hock is at ``target`` (T, 3).

    Legs of animals may be as straight as they like, or bend aside: of theirs only the difference
    counts that another place of the hock or wrist makes, so that one in its place turns nothing.
    """
    upper, lower, end, _ = limb.joints
    hip, knee, ankle = (positions[:, joint] for joint in (upper, lower, end))
    thigh, shin, aim = world[:, upper], world[:, lower], target
    was = leg_ik.two_bone(hip, knee, ankle, thigh, ankle, limb.front) if loose else (knee, ankle)
    for _ in range(ROUNDS if loose else 1):
        bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, aim, limb.front)
        turns = (
            leg_ik.swing(quat.IDENTITY, was[0] - hip, bent - hip),
            leg_ik.swing(quat.IDENTITY, was[1] - was[0], reached - bent),
        )
        got = hip + quat.apply(turns[0], knee - hip) + quat.apply(turns[1], ankle - knee)
        aim = aim + target - got
    world[:, upper] = quat.mul(turns[0], thigh)
    world[:, lower] = quat.mul(turns[1], shin)
