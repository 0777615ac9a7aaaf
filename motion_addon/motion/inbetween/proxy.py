# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies: a rig's poses on a model's joints, and back without loss.

A proxy has a model's joints in the proportions of a rig. It owns both conversions and the order in
which a gap is filled on it. Details of the rig that the joints lack (more bones in a spine, ears, a
rib cage that slides) stay in kept frames and are interpolated in new ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths.quat import Array
from . import blend_joins, fill_gaps, keyed_feet
from .model import Filler

Poses = tuple[Array, Array]
"""World rotations (T, B, 4) and head positions (T, B, 3) of all bones of a rig, meters, Y up."""


@dataclass(frozen=True, eq=False)
class BonePoses:
    """World poses of a rig's mapped bones over time."""

    rotations: Mapping[int, Array]
    """Bone index to (T, 4) world_from_bone."""
    positions: Mapping[int, Array]
    """Bone index to (T, 3) world position of its head."""
    contacts: Array
    """(T, 4) as in a clip."""


class Proxy(ABC):
    """A model's joints in the proportions of a rig."""

    @property
    def scale(self) -> float:
        """Size of the filler's skeleton over that of the proxy."""
        return 1.0

    @abstractmethod
    def clip(self, poses: Poses, known: Array, fps: float) -> Clip:
        """Return the ``known`` (T,) frames of a rig's motion on the proxy; others are arbitrary."""

    def whole_clip(self, poses: Poses, fps: float) -> Clip:
        """Return all frames of a rig's motion on the proxy."""
        return self.clip(poses, np.ones(len(poses[0]), dtype=bool), fps)

    @abstractmethod
    def bone_poses(self, clip: Clip, poses: Poses, known: Array) -> BonePoses:
        """Return the rig's poses of a clip; ``known`` (T,) frames stay as in ``poses``."""

    @abstractmethod
    def filler_skeleton(self, filler: Filler, clip: Clip) -> Skeleton:
        """Return the skeleton on which the filler gets a clip."""

    def travel(self, poses: Poses, known: Array, fps: float) -> Array:
        """Return the distance (T, 3) stepped but not covered by motion in place, meters."""
        return np.zeros((len(known), 3), dtype=np.float32)

    def without_travel(self, roots: Array, travel: Array, known: Array) -> Array:
        """Return roots (T, 3) without a ``travel`` that was added to them."""
        return roots

    def filled_clip(
        self,
        filler: Filler,
        poses: Poses,
        known: Array,
        fps: float,
        *,
        seed: int = 0,
        lock: bool = True,
    ) -> Clip:
        """Return the proxy's motion with new frames where ``known`` (T,) is False.

        The values of ``poses`` in gaps have no effect. Raises RefusedError as ``fill_gaps.fill``.
        """
        own = self.clip(poses, known, fps)
        travel = self.travel(poses, known, fps)
        own = replace(own, root_positions=own.root_positions + travel)
        given = Clip(
            self.filler_skeleton(filler, own),
            own.rotations.astype(np.float32),
            (own.root_positions * self.scale).astype(np.float32),
            fps,
        )
        new = fill_gaps.fill(filler, given, known, seed=seed, lock=False)
        kept = known[:, None]
        rotations = np.where(kept[..., None], own.rotations, new.rotations)
        roots = np.where(kept, own.root_positions, new.root_positions / self.scale)
        filled = replace(
            own,
            rotations=rotations.astype(np.float64),
            root_positions=roots,
            contacts=new.contacts,
        )
        filled = blend_joins.blended_joins(filled, known)
        if lock:
            assert new.contacts is not None
            filled = keyed_feet.locked(filled, known, new.contacts)
        roots = self.without_travel(filled.root_positions, travel, known)
        return replace(filled, root_positions=roots)

    def fill(
        self,
        filler: Filler,
        poses: Poses,
        known: Array,
        fps: float,
        *,
        seed: int = 0,
        lock: bool = True,
    ) -> BonePoses:
        """Return a rig's poses with new ones where ``known`` (T,) is False; raises RefusedError."""
        clip = self.filled_clip(filler, poses, known, fps, seed=seed, lock=lock)
        return self.bone_poses(clip, poses, known)
