# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs of any number of bones that are near their paw's place already and are brought to it."""

from dataclasses import dataclass

import numpy as np

from ...maths import quat
from ...maths.quat import Array
from ...retarget.reach import soft_reach

_ROUNDS = 12
_DAMPING = 3e-3
"""Of the leg's length, squared it is what keeps straight legs calm."""
_STEP = 0.25
"""Radians, the most that a joint turns in one round."""
LONGEST = 0.998
"""Longest leg as a share of all its bones: no leg snaps straight."""
SOFT = 0.006
"""Share of a leg's length over which it straightens ever more slowly."""


@dataclass(frozen=True, eq=False)
class Leg:
    """One leg of a rig."""

    bent: tuple[int, ...]
    """Bones that turn so that the paw reaches its place, from the top."""
    paw: int
    """The bone that keeps its turn and carries the paw; -1 if the last of ``bent`` does."""
    ball: Array
    """(3,) the point that stands, from the joint of the bone that carries it, at rest; meters."""

    @property
    def carrier(self) -> int:
        """The bone that carries the paw."""
        return self.paw if self.paw >= 0 else self.bent[-1]

    def goal(self, turns: Array, ball: Array) -> Array:
        """Return (T, 3) where the last bent bone is to end for the ball to be at ``ball``."""
        carried = self.paw >= 0
        return ball - quat.apply(turns[:, self.paw], self.ball) if carried else np.asarray(ball)

    def line(self, turns: Array, places: Array) -> Array:
        """Return (T, N + 1, 3) the joints of the bent bones and where the last of them ends."""
        end = places[:, self.carrier]
        if self.paw < 0:
            end = end + quat.apply(turns[:, self.carrier], self.ball)
        return np.concatenate([places[:, list(self.bent)], end[:, None]], axis=1)

    def longest(self, turns: Array, places: Array) -> float:
        """Return the longest distance (m) from the leg's top to the end of its bent bones."""
        links = np.linalg.norm(np.diff(self.line(turns, places), axis=1), axis=-1)
        return LONGEST * float(links.sum(axis=1).mean())


def reach(leg: Leg, turns: Array, places: Array, goal: Array, stands: Array) -> dict[int, Array]:
    """Return bone to (T, 4) the turns that end a leg's bent bones at ``goal`` (T, 3).

    ``turns`` (T, B, 4) and ``places`` (T, B, 3) are the rig's bones. All joints turn as little as
    they can (damped least squares). Legs in the air straighten softly; ``stands`` (T,) is one
    where the paw stands.
    """
    line = leg.line(turns, places)
    joints, end, out = line[:, :-1], line[:, -1], turns[:, list(leg.bent)]
    most = leg.longest(turns, places)
    away = goal - joints[:, 0]
    far = np.linalg.norm(away, axis=-1)
    near = soft_reach(far, most, SOFT)
    near = near + stands * (np.minimum(far, most) - near)
    goal = joints[:, 0] + away * (near / np.maximum(far, 1e-9))[:, None]
    damping = (_DAMPING * most) ** 2 * np.eye(3)
    for _ in range(_ROUNDS):
        arms = end[:, None] - joints
        squared = (arms**2).sum(axis=-1)[..., None, None] * np.eye(3)
        normal = (squared - arms[..., :, None] * arms[..., None, :]).sum(axis=1)
        pull = np.linalg.solve(normal + damping, (goal - end)[..., None])[..., 0]
        steps = np.cross(arms, pull[:, None])
        largest = np.linalg.norm(steps, axis=-1).max(axis=1)[:, None, None]
        steps = steps * (_STEP / np.maximum(largest, _STEP))
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
