# SPDX-License-Identifier: GPL-3.0-or-later
"""Leg IK of a creature's own rig: moves paws that are nearly in place to their positions."""

from dataclasses import dataclass

import numpy as np

from ...maths import leg_ik, quat
from ...maths.quat import Array

LONGEST = 0.998
"""Longest reach as a share of the bones' total length, so that no leg snaps straight."""
SOFT = 0.006
"""Share of a leg's length over which its reach is softened."""


@dataclass(frozen=True, eq=False)
class PawChain:
    """Bones of one leg of a creature's own rig that move its paw."""

    bent: tuple[int, ...]
    """Bones that rotate to move the paw, from the top."""
    paw: int
    """Bone that carries the paw and keeps its rotation; -1 if the last of ``bent`` carries it."""
    ball: Array
    """(3,) contact point, from the joint of the bone that carries it, at rest, meters."""

    @property
    def carrier(self) -> int:
        """The bone that carries the paw."""
        return self.paw if self.paw >= 0 else self.bent[-1]

    def goal(self, turns: Array, ball: Array) -> Array:
        """Return (T, 3) the target of the last bent bone's end that puts the ball at ``ball``."""
        carried = self.paw >= 0
        return ball - quat.apply(turns[:, self.paw], self.ball) if carried else np.asarray(ball)

    def line(self, turns: Array, places: Array) -> Array:
        """Return (T, N + 1, 3) the joints of the bent bones and the end of the last one."""
        end = places[:, self.carrier]
        if self.paw < 0:
            end = end + quat.apply(turns[:, self.carrier], self.ball)
        return np.concatenate([places[:, list(self.bent)], end[:, None]], axis=1)

    def longest(self, turns: Array, places: Array) -> float:
        """Return the longest distance (m) from the leg's top to the end of its bent bones."""
        links = np.linalg.norm(np.diff(self.line(turns, places), axis=1), axis=-1)
        return LONGEST * float(links.sum(axis=1).mean())


def reach(
    chain: PawChain, turns: Array, places: Array, goal: Array, stance: Array
) -> dict[int, Array]:
    """Return bone to its rotations (T, 4) that end a leg's bent bones at ``goal`` (T, 3).

    ``turns`` (T, B, 4) and ``places`` (T, B, 3) are the rig's bones. All joints rotate as little
    as possible (damped least squares). Legs in swing straighten softly; ``stance`` (T,) is 1 for
    a paw in stance.
    """
    line = chain.line(turns, places)
    most = chain.longest(turns, places)
    away = goal - line[:, 0]
    far = np.linalg.norm(away, axis=-1)
    near = leg_ik.soft_reach(far, most, SOFT)
    near = near + stance * (np.minimum(far, most) - near)
    goal = line[:, 0] + away * (near / np.maximum(far, 1e-9))[:, None]
    out = leg_ik.nearest_turns(line, turns[:, list(chain.bent)], goal, most)
    return {bone: out[:, i] for i, bone in enumerate(chain.bent)}
