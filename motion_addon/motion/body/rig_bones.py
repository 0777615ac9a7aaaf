# SPDX-License-Identifier: GPL-3.0-or-later
"""A rig at rest: bones as plain arrays, from any program.

Owns the rest pose of a user's skeleton. Unlike ``Skeleton``, bones have lengths, arbitrary
rest rotations and rolls, several roots, and may carry helpers, props and fingers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...errors import RefusedError
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array


@dataclass(frozen=True, eq=False)
class RigBones:
    """Bones of one rig in its rest pose, in world space of the motion core (Y up, meters)."""

    names: tuple[str, ...]
    """Bone names, B of them, parents before children."""
    parents: Array
    """(B,) int, -1 for bones without a parent."""
    rest_heads: Array
    """(B, 3) meters."""
    rest_rotations: Array
    """(B, 4) wxyz, world_from_bone at rest; a bone points along its own +Y."""
    lengths: Array
    """(B,) meters."""
    scale: float = 1.0
    """Meters per unit of the rig's own space (scale of the armature object)."""
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """World position of the rig's own origin, where its ground usually is."""
    inherits_rotation: Array | None = None
    """(B,) bool; None means all do."""
    connected: Array | None = None
    """(B,) bool, bones that cannot translate; None means none."""
    deforms: Array | None = None
    """(B,) bool; None means unknown."""
    local_location: Array | None = None
    """(B,) bool, whether a bone's location runs along its own rest axes; None means all do."""
    world_from_rig: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    """Rotation wxyz of the rig's own space: the axes of locations that are not local."""

    def __post_init__(self) -> None:
        parents = np.asarray(self.parents, dtype=np.int64)
        count = len(self.names)
        if parents.shape != (count,) or np.any(parents >= np.arange(count)):
            raise ValueError("Bones of a rig must follow their parents")
        object.__setattr__(self, "parents", parents)
        for field in ("rest_heads", "rest_rotations", "lengths"):
            object.__setattr__(self, field, np.asarray(getattr(self, field), dtype=np.float64))

    def __len__(self) -> int:
        """Return the number of bones."""
        return len(self.names)

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def __contains__(self, name: object) -> bool:
        """Return whether a bone of that name exists."""
        return name in self._indices

    def index(self, name: str) -> int:
        """Return the index of a bone; raises RefusedError if there is none of that name."""
        if name not in self._indices:
            raise RefusedError(f'The rig has no bone named "{name}"')
        return self._indices[name]

    @cached_property
    def rest_tails(self) -> Array:
        """(B, 3) world positions of the bones' ends."""
        along = np.zeros((len(self), 3))
        along[:, 1] = self.lengths
        return self.rest_heads + quat.apply(self.rest_rotations, along)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Indices of each bone's children."""
        out: list[list[int]] = [[] for _ in self.names]
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                out[parent].append(i)
        return tuple(tuple(c) for c in out)

    def ancestors(self, bone: int) -> list[int]:
        """Return the bones above ``bone``, nearest first."""
        out, at = [], int(self.parents[bone])
        while at >= 0:
            out.append(at)
            at = int(self.parents[at])
        return out

    def descends(self, bone: int, ancestor: int) -> bool:
        """Return whether ``bone`` lies somewhere below ``ancestor``."""
        return ancestor in self.ancestors(bone)

    def subset(self, keep: Sequence[int]) -> "RigBones":
        """Return only the bones ``keep`` (sorted), each hung on its nearest kept ancestor."""
        new = {old: i for i, old in enumerate(keep)}
        parents = [next((new[a] for a in self.ancestors(b) if a in new), -1) for b in keep]
        rows = np.asarray(keep, dtype=np.int64)

        def take(values: Array | None) -> Array | None:
            return None if values is None else np.asarray(values)[rows]

        return RigBones(
            tuple(self.names[b] for b in keep),
            np.array(parents, dtype=np.int64),
            self.rest_heads[rows],
            self.rest_rotations[rows],
            self.lengths[rows],
            self.scale,
            self.origin,
            take(self.inherits_rotation),
            take(self.connected),
            take(self.deforms),
            take(self.local_location),
            self.world_from_rig,
        )

    @staticmethod
    def from_skeleton(skeleton: Skeleton, ground: float | None = None) -> "RigBones":
        """Return a motion skeleton as a rig: identity rests, root over the ground.

        ``ground`` is the floor's height below the root joint (m, negative); None takes the
        lowest joint or end site. Bones point along +Y only by name; lengths are those of the
        rest offsets to the first child or end site.
        """
        heads = skeleton.rest_positions().astype(np.float64)
        tips = {j: heads[j] + np.asarray(tip) for j, tip in skeleton.end_sites}
        if ground is None:
            ground = float(min(heads[:, 1].min(), *(t[1] for t in tips.values()), np.inf))
        ends = heads.copy()
        for joint in range(len(skeleton)):
            below = np.flatnonzero(skeleton.parents == joint)
            ends[joint] = heads[below[0]] if len(below) else tips.get(joint, heads[joint])
        return RigBones(
            skeleton.names,
            skeleton.parents,
            heads - np.array([0.0, ground, 0.0]),
            np.tile(quat.IDENTITY.astype(np.float64), (len(skeleton), 1)),
            np.linalg.norm(ends - heads, axis=1),
        )
