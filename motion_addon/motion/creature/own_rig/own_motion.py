# SPDX-License-Identifier: GPL-3.0-or-later
"""An exemplar's own rig and what it does beyond the canonical skeleton, as a creature keeps it."""

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
from ..reading import footing
from . import extra_bones, own_rig
from .extra_bones import Extras
from .own_rig import Bones, Misfit, OwnRig

if TYPE_CHECKING:
    from ..reading.exemplar import Exemplar


_GROUND = 5.0
"""Percentile of the lowest tips of paws that is the ground."""


@dataclass(frozen=True, eq=False)
class OwnMotion:
    """A creature's own rig, meters, and its extras."""

    rig: OwnRig
    extras: Extras
    legs: float
    """Length of the legs of the creature's canonical skeleton in the size of its rig, meters."""
    lift: float
    """By which the rig is raised for its soles to be on the ground, over the hip's height."""

    @staticmethod
    def of(exemplar: Exemplar, phase: Array | None) -> OwnMotion | None:
        """Return that of an exemplar, None of one without a recording.

        ``phase`` (T,) is the stride in cycles at the first frames of its clip, whole where the
        left hind paw comes down; None without strides.
        """
        subject = exemplar.subject
        if subject is None:
            return None
        axes = subject.body_from_world
        skeleton = subject.recording.skeleton(axes).scaled(exemplar.unit)
        rest = quat.mul(axes, subject.recording.rig.rest_rotations)
        own = OwnRig(skeleton, subject.limbs, quat.normalize(rest))
        turns, places = (part.astype(np.float64) for part in subject.motion())
        tilt = footing.tilt(subject.animal, turns, places)
        turns, places = quat.mul(tilt, turns), quat.apply(tilt, places) * exemplar.unit
        fps = subject.recording.fps
        clip, _ = own.animal.convert(turns, places, fps)
        raised = own.animal.found.places(turns, places)[0, 0]
        bones = Bones(turns, places + clip.root_positions[0] - raised)
        beyond = extra_bones.fit(own, clip, bones, _recorded(exemplar, phase, len(turns)))
        legs = own_rig.size(exemplar.clip.skeleton) / Units(exemplar.hip_height).factors()[0]
        return OwnMotion(own, beyond, legs, _lift(own, bones))

    def misfit(self, phase: Array, near: Array, moving: Array) -> Misfit:
        """Return what the extras add on each frame, as ``extras.misfit``."""
        return extra_bones.misfit(self.rig, self.extras, phase, near, moving)

    def bones(self, clip: Clip, misfit: Misfit) -> Bones:
        """Return what the rig's bones do in a canonical clip of the creature, in its size."""
        size = self.size(clip)
        got = own_rig.pose(self.rig, clip.scaled(1.0 / size), misfit)
        up = np.array([0.0, self.lift * self.rig.animal.hip_height, 0.0])
        return Bones(got.turns, (got.places + up) * size)

    def size(self, clip: Clip) -> float:
        """Return how large a canonical clip of the creature is against its own rig."""
        return own_rig.size(clip.skeleton) / self.legs

    def clip(self, bones: Bones, clip: Clip) -> Clip:
        """Return the bones of a canonical ``clip`` as a clip of the exemplar's own skeleton.

        Names, order and directions of its joints are those of the exemplar's file.
        """
        size = self.size(clip)
        skeleton = self.file_skeleton.scaled(size)
        world = quat.mul(bones.turns, self.rig.rest)
        local = quat.unroll(quat.normalize(skeleton.local(world)))
        root = bones.places[:, 0].astype(np.float32)
        return Clip(skeleton, local.astype(np.float32), root, clip.fps, clip.contacts)

    @property
    def file_skeleton(self) -> Skeleton:
        """The skeleton as it is in the exemplar's file, meters."""
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
        own = {f"own_{name}": value for name, value in self.extras.to_arrays().items()}
        return {**rig, **own, "sizes": np.array([self.legs, self.lift])}

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> OwnMotion:
        """Return what ``to_arrays`` stored; raises KeyError and ValueError where it is not that."""
        rig, own = (
            {name.removeprefix(kind): data[name] for name in data if name.startswith(kind)}
            for kind in ("rig_", "own_")
        )
        legs, lift = (float(v) for v in data["sizes"])
        return OwnMotion(OwnRig.from_arrays(rig), Extras.from_arrays(own), legs, lift)


def _lift(own: OwnRig, bones: Bones) -> float:
    """Return how far the soles of a motion on the ground are under it, over the hip's height."""
    tips = own.animal.found.tip_places(bones.turns, bones.places)
    names = list(own.animal.found.tips)
    paws = tips[:, [names.index(quadruped.LEG_CHAINS[leg][-1]) for leg in quadruped.LEGS], 1]
    return -float(np.percentile(paws.min(axis=1), _GROUND)) / own.animal.hip_height


def _recorded(exemplar: Exemplar, phase: Array | None, frames: int) -> Array | None:
    """Return the phase (T,) at the frames of the recording of one at those of the clip."""
    if exemplar.subject is None or phase is None or len(phase) < 2:
        return None
    time = Units(exemplar.hip_height).factors()[1]
    at = np.arange(frames) * (exemplar.clip.fps * time / exemplar.subject.recording.fps)
    rate = (phase[-1] - phase[0]) / (len(phase) - 1)
    beyond = np.maximum(at - (len(phase) - 1), 0.0) * rate
    return np.asarray(np.interp(at, np.arange(len(phase)), phase) + beyond)
