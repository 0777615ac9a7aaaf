# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs of any number of bones that are near their paw's place already and are brought to it."""

from dataclasses import dataclass

import numpy as np

from .. import quat
from ..quat import Array

_ROUNDS = 12
_DAMPING = 3e-3
"""Of the leg's length, squared it is what keeps straight legs calm."""
_STEP = 0.25
"""Radians, the most that a joint turns in one round."""


@dataclass(frozen=True, eq=False)
class Leg:
    """One leg of a rig."""

    bent: tuple[int, ...]
    """Bones that turn so that the paw reaches its place, from the top."""
    paw: int
    """The bone that keeps its turn and carries the paw; -1 if the last of ``bent`` does."""
    ball: Array
    """(3,) the point that stands, from the joint of the bone that carries it, at rest; meters."""


def reach(leg: Leg, turns: Array, places: Array, goal: Array) -> dict[int, Array]:
    """Return bone to (T, 4) the turns that bring a leg's ball to ``goal`` (T, 3).

    ``turns`` (T, B, 4) and ``places`` (T, B, 3) are the rig's bones. All joints turn as little as
    they can (damped least squares).
    """
    carrier = leg.paw if leg.paw >= 0 else leg.bent[-1]
    ball = quat.apply(turns[:, carrier], leg.ball)
    if leg.paw >= 0:
        goal, end = goal - ball, places[:, carrier]
    else:
        end = places[:, carrier] + ball
    joints = places[:, list(leg.bent)]
    out = turns[:, list(leg.bent)]
    length = float(np.linalg.norm(np.diff(joints.mean(axis=0), axis=0), axis=-1).sum())
    damping = (_DAMPING * length) ** 2 * np.eye(3)
    for _ in range(_ROUNDS):
        arms = end[:, None] - joints
        squared = (arms**2).sum(axis=-1)[..., None, None] * np.eye(3)
        normal = (squared - arms[..., :, None] * arms[..., None, :]).sum(axis=1)
        pull = np.linalg.solve(normal + damping, (goal - end)[..., None])[..., 0]
        steps = np.cross(arms, pull[:, None])
        most = np.linalg.norm(steps, axis=-1).max(axis=1)[:, None, None]
        steps = steps * (_STEP / np.maximum(most, _STEP))
        joints, out, end = _turned(joints, out, end, quat.from_rotvec(steps))
    return {bone: out[:, i] for i, bone in enumerate(leg.bent)}


def _turned(joints: Array, turns: Array, end: Array, steps: Array) -> tuple[Array, Array, Array]:
    """Return joints (T, N, 3), turns (T, N, 4) and end (T, 3) after each joint's own step."""
    chain = np.concatenate([joints, end[:, None]], axis=1)
    links = np.diff(chain, axis=1)
    frame = steps[:, 0]
    places, out = [joints[:, 0]], []
    for i in range(joints.shape[1]):
        if i:
            frame = quat.mul(steps[:, i], frame)
        out.append(quat.mul(frame, turns[:, i]))
        places.append(places[-1] + quat.apply(frame, links[:, i]))
    return np.stack(places[:-1], axis=1), np.stack(out, axis=1), places[-1]
