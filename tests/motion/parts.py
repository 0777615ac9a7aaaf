# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic rigs made bone by bone, with their true bone maps, in any place and direction."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from motion_addon.motion.maths import quat
from motion_addon.motion.rigs import RigBones

UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Stance:
    """How a synthetic rig stands."""

    size: float = 1.0
    turned: float = 0.0
    """Radians that the rig stands turned about the vertical."""
    rolls: int | None = None
    """Seed of random bone directions and rolls; None points bones at their children."""
    place: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass
class Parts:
    """Bones, as they are added, and the roles they have."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    heads: list[np.ndarray] = field(default_factory=list)
    tails: list[np.ndarray] = field(default_factory=list)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, name: str, parent: str, head: object, tail: object, role: str = "") -> str:
        self.names.append(name)
        self.parents.append(self.names.index(parent) if parent else -1)
        self.heads.append(np.asarray(head, dtype=np.float64))
        self.tails.append(np.asarray(tail, dtype=np.float64))
        if role:
            self.roles[role] = (*self.roles.get(role, ()), name)
        return name

    def add_unnamed(self, parent: str, head: object, tail: object, role: str = "") -> str:
        """Add a bone with a meaningless name, and return the name."""
        return self.add(f"b{(37 * len(self.names)) % 499:03d}", parent, head, tail, role)

    def chain(self, parent: str, points: np.ndarray, role: str) -> str:
        """Add bones along points, and return the name of the last."""
        for head, tail in pairwise(points):
            parent = self.add_unnamed(parent, head, tail, role)
        return parent

    def rig(self, stance: Stance) -> RigBones:
        heads, tails = np.array(self.heads), np.array(self.tails)
        rotations = quat.between(np.broadcast_to(UP, heads.shape), tails - heads)
        if stance.rolls is not None:
            rng = np.random.default_rng(stance.rolls)
            rotations = quat.normalize(rng.normal(size=rotations.shape))
        turn = quat.yaw(stance.turned)
        return RigBones(
            tuple(self.names),
            np.array(self.parents),
            quat.apply(turn, heads * stance.size) + np.array(stance.place),
            quat.mul(turn, rotations),
            np.linalg.norm(tails - heads, axis=1) * stance.size,
            stance.size,
            stance.place,
        )
