# SPDX-License-Identifier: GPL-3.0-or-later
"""A skeleton: its topology, its rest pose and forward kinematics.

Owns joint names, parents and rest offsets. Rest orientations are the identity, as in BVH.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..maths import quat
from ..maths.quat import Array

EndSite = tuple[int, tuple[float, float, float]]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints in parent-first order; joint 0 is the root."""

    names: tuple[str, ...]
    """J joint names."""
    parents: Array
    """(J,) int index of the parent of each joint; -1 for the root."""
    offsets: Array
    """(J, 3) float32 translation from the parent joint in the rest pose (m)."""
    end_sites: tuple[EndSite, ...] = ()
    """Tips of chains: joint index and offset (m)."""

    def __post_init__(self) -> None:
        parents = np.asarray(self.parents, dtype=np.int64)
        offsets = np.asarray(self.offsets, dtype=np.float32)
        if len(self.names) != len(parents) or offsets.shape != (len(parents), 3):
            raise ValueError("A skeleton needs one name, parent and offset for each joint")
        if len(set(self.names)) != len(self.names):
            raise ValueError("Joint names of a skeleton must differ")
        if parents[0] != -1 or np.any(parents[1:] >= np.arange(1, len(parents))):
            raise ValueError("Joints of a skeleton must follow their parents")
        object.__setattr__(self, "parents", parents)
        object.__setattr__(self, "offsets", offsets)

    def __len__(self) -> int:
        """Return the number of joints."""
        return len(self.names)

    def index(self, name: str) -> int:
        """Return the index of a joint; raises ValueError if no joint has that name."""
        return self.names.index(name)

    def fk(
        self, rotations: Array, root_positions: Array, offsets: Array | None = None
    ) -> tuple[Array, Array]:
        """Return world rotations (..., J, 4) and world positions (..., J, 3).

        ``rotations`` (..., J, 4) are local, ``root_positions`` (..., 3) in meters. ``offsets``
        (..., J, 3) replace the skeleton's own, for bodies of other proportions.
        """
        offsets = self.offsets if offsets is None else offsets
        world_rotations = np.empty_like(rotations)
        world_positions = np.empty((*rotations.shape[:-1], 3), dtype=rotations.dtype)
        world_rotations[..., 0, :] = rotations[..., 0, :]
        world_positions[..., 0, :] = root_positions
        for joint, parent in enumerate(self.parents[1:], start=1):
            above = world_rotations[..., parent, :]
            world_rotations[..., joint, :] = quat.mul(above, rotations[..., joint, :])
            moved = quat.apply(above, offsets[..., joint, :].astype(rotations.dtype))
            world_positions[..., joint, :] = world_positions[..., parent, :] + moved
        return world_rotations, world_positions

    def local(self, world_rotations: Array) -> Array:
        """Return local rotations (..., J, 4) of world rotations (..., J, 4)."""
        out = np.array(world_rotations)
        parents = self.parents[1:]
        out[..., 1:, :] = quat.inv_mul(
            world_rotations[..., parents, :], world_rotations[..., 1:, :]
        )
        return out

    def rest_positions(self) -> Array:
        """Return joint positions (J, 3) of the rest pose, root at the origin."""
        identity = np.tile(quat.IDENTITY, (len(self), 1))
        return self.fk(identity, np.zeros(3, dtype=np.float32))[1]

    def scaled(self, factor: float) -> "Skeleton":
        """Return this skeleton with every length multiplied by ``factor``."""
        tips = tuple((j, (x * factor, y * factor, z * factor)) for j, (x, y, z) in self.end_sites)
        return Skeleton(self.names, self.parents, self.offsets * np.float32(factor), tips)

    def mirror_pairs(self) -> Array:
        """Return the index (J,) of the joint on the other side, by Left and Right in the names."""
        swap = {"Left": "Right", "Right": "Left"}
        pairs = []
        for i, name in enumerate(self.names):
            side = next((s for s in swap if name.startswith(s)), None)
            other = name if side is None else swap[side] + name[len(side) :]
            pairs.append(self.names.index(other) if other in self.names else i)
        return np.array(pairs, dtype=np.int64)

    def symmetric(self) -> "Skeleton":
        """Return this skeleton with left and right rest offsets averaged."""
        flip = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
        pairs = self.mirror_pairs()
        offsets = 0.5 * (self.offsets + self.offsets[pairs] * flip)
        tips = {j: np.array(tip, dtype=np.float32) for j, tip in self.end_sites}
        even = tuple(
            (j, tuple(float(v) for v in 0.5 * (tip + tips.get(int(pairs[j]), tip * flip) * flip)))
            for j, tip in tips.items()
        )
        return Skeleton(self.names, self.parents, offsets, even)  # type: ignore[arg-type]

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        return {
            "names": np.array(self.names),
            "parents": self.parents,
            "offsets": self.offsets,
            "end_joints": np.array([j for j, _ in self.end_sites], dtype=np.int64),
            "end_offsets": np.array([v for _, v in self.end_sites], np.float32).reshape(-1, 3),
        }

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> "Skeleton":
        """Return the skeleton stored by ``to_arrays``."""
        tips = tuple(
            (int(j), (float(v[0]), float(v[1]), float(v[2])))
            for j, v in zip(data["end_joints"], data["end_offsets"], strict=True)
        )
        names = tuple(str(n) for n in data["names"])
        return Skeleton(names, np.asarray(data["parents"]), np.asarray(data["offsets"]), tips)
