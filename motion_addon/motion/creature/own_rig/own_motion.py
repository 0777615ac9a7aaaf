# SPDX-License-Identifier: GPL-3.0-or-later
"""An exemplar's own rig and the motion of its extra bones, as a creature stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ...body import quadruped
from ...body.dynamic_units import Units
from ...clip.clip import Clip
from ...clip.skeleton import EndSite, Skeleton
from ...maths import quat
from ...maths.quat import Array
from ..reading import ground_motion
from . import extra_bones, own_rig
from .extra_bones import ExtraBoneMotion
from .own_rig import BoneCorrections, BoneMotion, OwnRig

if TYPE_CHECKING:
    from ..reading.exemplar import Exemplar


_GROUND = 5.0
"""Percentile of the lowest paw tips that is taken as the ground."""


@dataclass(frozen=True, eq=False)
class OwnMotion:
    """A creature's own rig, in meters, and the motion of its extra bones."""

    rig: OwnRig
    extra_motion: ExtraBoneMotion
    legs: float
    """Total leg length of the creature's canonical skeleton at the size of its rig, meters."""
    lift: float
    """Height that puts the rig's soles on the ground, as a share of the hip height."""

    @staticmethod
    def of(exemplar: Exemplar, phase: Array | None) -> OwnMotion | None:
        """Return the own motion of an exemplar; None if it has no recording.

        ``phase`` (T,) is the left hind's stride in cycles at the first frames of its clip, whole
        at its touchdowns; None without strides.
        """
        animal = exemplar.animal
        if animal is None:
            return None
        axes = animal.body_from_world
        skeleton = animal.recording.skeleton(axes).scaled(exemplar.unit)
        rest = quat.mul(axes, animal.recording.rig.rest_rotations)
        own = OwnRig(skeleton, animal.parts, quat.normalize(rest))
        turns, places = (part.astype(np.float64) for part in animal.motion())
        tilt = ground_motion.upright_rotation(animal.canonical, turns, places)
        turns, places = quat.mul(tilt, turns), quat.apply(tilt, places) * exemplar.unit
        fps = animal.recording.fps
        clip, _ = own.canonical.convert(turns, places, fps)
        raised = own.canonical.landmarks.places(turns, places)[0, 0]
        bones = BoneMotion(turns, places + clip.root_positions[0] - raised)
        extra = extra_bones.fit(own, clip, bones, _recorded(exemplar, phase, len(turns)))
        legs = own_rig.size(exemplar.clip.skeleton) / Units(exemplar.hip_height).factors()[0]
        return OwnMotion(own, extra, legs, _lift(own, bones))

    def corrections(self, phase: Array, similarity: Array, moving: Array) -> BoneCorrections:
        """Return the corrections of each frame, see ``extra_bones.corrections``."""
        return extra_bones.corrections(self.rig, self.extra_motion, phase, similarity, moving)

    def bones(self, clip: Clip, corrections: BoneCorrections) -> BoneMotion:
        """Return the motion of the rig's bones for a canonical clip, at the clip's size."""
        size = self.size(clip)
        got = own_rig.pose(self.rig, clip.scaled(1.0 / size), corrections)
        up = np.array([0.0, self.lift * self.rig.canonical.hip_height, 0.0])
        return BoneMotion(got.turns, (got.places + up) * size)

    def size(self, clip: Clip) -> float:
        """Return the size of a canonical clip of the creature relative to its own rig."""
        return own_rig.size(clip.skeleton) / self.legs

    def clip(self, bones: BoneMotion, clip: Clip) -> Clip:
        """Return the bones of a canonical ``clip`` as a clip of the exemplar's own skeleton.

        Names, order and axes of its joints are those of the exemplar's file.
        """
        size = self.size(clip)
        skeleton = self.file_skeleton.scaled(size)
        world = quat.mul(bones.turns, self.rig.rest)
        local = quat.unroll(quat.normalize(skeleton.local(world)))
        root = bones.places[:, 0].astype(np.float32)
        return Clip(skeleton, local.astype(np.float32), root, clip.fps, clip.contacts)

    @property
    def file_skeleton(self) -> Skeleton:
        """The skeleton of the exemplar's file, meters."""
        skeleton, back = self.rig.skeleton, quat.inv(self.rig.rest)
        parents = np.maximum(skeleton.parents, 0)
        offsets = quat.apply(back[parents], skeleton.offsets.astype(np.float64))
        sites: list[EndSite] = []
        for joint, tip in skeleton.end_sites:
            x, y, z = (float(v) for v in quat.apply(back[joint], np.array(tip)))
            sites.append((joint, (x, y, z)))
        return Skeleton(skeleton.names, skeleton.parents, offsets, tuple(sites))

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        rig = {f"rig_{name}": value for name, value in self.rig.to_arrays().items()}
        own = {f"own_{name}": value for name, value in self.extra_motion.to_arrays().items()}
        return {**rig, **own, "sizes": np.array([self.legs, self.lift])}

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> OwnMotion:
        """Return the motion of ``to_arrays``; raises KeyError or ValueError for other arrays."""
        rig, own = (
            {name.removeprefix(kind): data[name] for name in data if name.startswith(kind)}
            for kind in ("rig_", "own_")
        )
        legs, lift = (float(v) for v in data["sizes"])
        return OwnMotion(OwnRig.from_arrays(rig), ExtraBoneMotion.from_arrays(own), legs, lift)


def _lift(own: OwnRig, bones: BoneMotion) -> float:
    """Return the depth of the soles below the ground, as a share of the hip height."""
    tips = own.canonical.landmarks.tip_places(bones.turns, bones.places)
    names = list(own.canonical.landmarks.tips)
    paws = tips[:, [names.index(quadruped.LEG_CHAINS[leg][-1]) for leg in quadruped.LEGS], 1]
    return -float(np.percentile(paws.min(axis=1), _GROUND)) / own.canonical.hip_height


def _recorded(exemplar: Exemplar, phase: Array | None, frames: int) -> Array | None:
    """Return the phase (T,) at the recording's frames from the phase at the clip's frames."""
    if exemplar.animal is None or phase is None or len(phase) < 2:
        return None
    time = Units(exemplar.hip_height).factors()[1]
    at = np.arange(frames) * (exemplar.clip.fps * time / exemplar.animal.recording.fps)
    rate = (phase[-1] - phase[0]) / (len(phase) - 1)
    beyond = np.maximum(at - (len(phase) - 1), 0.0) * rate
    return np.asarray(np.interp(at, np.arange(len(phase)), phase) + beyond)
