# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs of a creature's own rig, brought from nearly the right pose to their paws' places."""

from dataclasses import dataclass

import numpy as np

from ...maths import leg_ik, quat
from ...maths.quat import Array

LONGEST = 0.998
"""Longest leg as a share of all its bones: no leg snaps straight."""
SOFT = 0.006
"""Share of a leg's length over which it straightens ever more slowly."""


@dataclass(frozen=True, eq=False)
class PawChain:
    """The bones of one leg of a creature's own rig that bring its paw to a place."""

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


def reach(
    chain: PawChain, turns: Array, places: Array, goal: Array, stands: Array
) -> dict[int, Array]:
    """Return bone to (T, 4) the turns that end a leg's bent bones at ``goal`` (T, 3).

    ``turns`` (T, B, 4) and ``places`` (T, B, 3) are the rig's bones. All joints turn as little as
    they can (damped least squares). Legs in the air straighten softly; ``stands`` (T,) is one
    where the paw stands.
    """
    line = chain.line(turns, places)
    most = chain.longest(turns, places)
    away = goal - line[:, 0]
    far = np.linalg.norm(away, axis=-1)
    near = leg_ik.soft_reach(far, most, SOFT)
    near = near + stands * (np.minimum(far, most) - near)
    goal = line[:, 0] + away * (near / np.maximum(far, 1e-9))[:, None]
    out = leg_ik.nearest_turns(line, turns[:, list(chain.bent)], goal, most)
    return {bone: out[:, i] for i, bone in enumerate(chain.bent)}
