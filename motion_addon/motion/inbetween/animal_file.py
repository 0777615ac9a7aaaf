# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills gaps in the motion of an animal in a file, with joints of any names.

Owns the conversion between a file's joints and an animal's own bones in meters, Y up, facing +Z.
The animal is detected by its structure; kept frames stay bit-identical.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import RefusedError
from ..clip.clip import Clip
from ..creature.own_rig.own_rig import BoneMotion, OwnRig
from ..creature.reading import animal_detection, ground_motion
from ..creature.reading.file_units import LengthUnit
from ..creature.reading.recording import Recording
from ..maths import quat
from ..maths.quat import Array
from . import fill_gaps, transition
from .animal_proxy import AnimalProxy
from .model import Filler
from .proxy import Poses


@dataclass(frozen=True, eq=False)
class AnimalFile:
    """An animal that was detected in a file."""

    proxy: AnimalProxy
    axes: Array
    """(4,) rotation from the file's world to one in which the animal stands, Y up."""
    unit: float
    """Meters per unit of length of the file."""

    @staticmethod
    def of(clip: Clip) -> AnimalFile:
        """Detect the animal in the frames of a clip; raises RefusedError if there is none."""
        try:
            found = animal_detection.detect(Recording.of_clip(clip))
        except RefusedError as error:
            raise RefusedError(str(error).rstrip(".")) from error
        turns, places = (part.astype(np.float64) for part in found.motion())
        tilt = ground_motion.upright_rotation(found.canonical, turns, places)
        unit = LengthUnit.guess(found.canonical.hip_height, 0.0).meters
        skeleton = found.recording.skeleton(found.body_from_world).scaled(unit)
        rest = quat.mul(found.body_from_world, found.recording.rig.rest_rotations)
        own = OwnRig(skeleton, found.parts, quat.normalize(rest))
        axes = quat.mul(tilt, found.body_from_world.astype(np.float64))
        return AnimalFile(AnimalProxy(own, np.arange(len(skeleton))), axes, unit)

    def poses(self, clip: Clip) -> Poses:
        """Return the poses of the animal's bones in a clip of the file's joints."""
        rotations, places = clip.world()
        turned = quat.mul(self.axes, rotations.astype(np.float64))
        return turned, quat.apply(self.axes, places.astype(np.float64)) * self.unit

    def clip(self, bones: BoneMotion, like: Clip) -> Clip:
        """Return a motion of the bones as a clip with the joints and frame rate of ``like``."""
        back = quat.inv(self.axes)
        world = quat.mul(back, quat.mul(bones.turns, self.proxy.own.rest))
        local = quat.normalize(like.skeleton.local(world))
        roots = quat.apply(back, bones.places[:, 0]) / self.unit
        return replace(
            like,
            rotations=quat.unroll(local).astype(np.float32),
            root_positions=roots.astype(np.float32),
            contacts=None,
        )

    def filled(
        self, filler: Filler, poses: Poses, known: Array, like: Clip, seed: int, lock: bool
    ) -> Clip:
        """Return filled ``poses`` as a clip with the joints and frame rate of ``like``."""
        done = self.proxy.filled_clip(filler, poses, known, like.fps, seed=seed, lock=lock)
        bones = self.proxy.bone_motion(done, self.proxy.motion(poses), known)
        return self.clip(bones, like)


def fill(filler: Filler, clip: Clip, known: Array, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return ``clip`` with new motion where ``known`` (T,) is False; raises RefusedError."""
    known = fill_gaps.checked(clip, known)
    own = AnimalFile.of(_picked(clip, known))
    return _kept(clip, own.filled(filler, own.poses(clip), known, clip, seed, lock), known)


def stitch(
    filler: Filler,
    first: Clip,
    second: Clip,
    frames: int,
    *,
    keep_place: bool = False,
    seed: int = 0,
    lock: bool = True,
) -> Clip:
    """Return two clips as one, as ``transition.stitch``."""
    if first.skeleton.names != second.skeleton.names:
        raise RefusedError("Both motions must have the same joints")
    own = AnimalFile.of(first)
    whole = (_whole(own, first), _whole(own, second))
    spans, ground = transition.stitched(*whole, frames, keep_place)
    return _joined(own, filler, (first, second), spans, ground, seed, lock)


def loop(filler: Filler, clip: Clip, frames: int, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return a clip that repeats, as ``transition.loop``."""
    own = AnimalFile.of(clip)
    spans, ground = transition.looped(_whole(own, clip), frames)
    again = clip.slice(0, spans.second)
    parts = clip.slice(0, spans.first), again
    return _joined(own, filler, parts, spans, ground, seed, lock).slice(0, clip.frames)


def _joined(
    own: AnimalFile,
    filler: Filler,
    clips: tuple[Clip, Clip],
    spans: transition.Spans,
    ground: transition.GroundTransform,
    seed: int,
    lock: bool,
) -> Clip:
    """Return the filled transition between two clips, the second moved over the ground."""
    (rotations, places), (later, far) = (own.poses(clip) for clip in clips)
    poses = (
        spans.join(rotations, ground.rotations(later)),
        spans.join(places, ground.points(far)),
    )
    rows = replace(
        clips[0],
        rotations=spans.join(clips[0].rotations, clips[1].rotations),
        root_positions=spans.join(clips[0].root_positions, clips[1].root_positions),
        contacts=None,
    )
    done = own.filled(filler, poses, spans.known, rows, seed, lock)
    stays = spans.known.copy()
    if ground.is_identity:
        return _kept(rows, done, stays)
    done.rotations[stays, 1:] = rows.rotations[stays, 1:]
    stays[spans.first :] = False
    return _kept(rows, done, stays)


def _whole(own: AnimalFile, clip: Clip) -> Clip:
    """Return all frames of a clip on the canonical joints, meters."""
    return own.proxy.whole_clip(own.poses(clip), clip.fps)


def _picked(clip: Clip, known: Array) -> Clip:
    return replace(
        clip,
        rotations=clip.rotations[known],
        root_positions=clip.root_positions[known],
        contacts=None,
    )


def _kept(clip: Clip, new: Clip, known: Array) -> Clip:
    """Return a clip with new frames where ``known`` (T,) is False."""
    return replace(
        new,
        rotations=np.where(known[:, None, None], clip.rotations, new.rotations),
        root_positions=np.where(known[:, None], clip.root_positions, new.root_positions),
    )
