# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills gaps in the motion of an animal in a file, whatever its joints are called.

Owns the way from a file's joints to an animal's own bones in meters, Y up and facing +Z, and back.
The animal is found in the file by its structure; kept frames come back to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import RefusedError
from ..clip.clip import Clip
from ..creature.own_rig.own_rig import BoneMotion, OwnRig
from ..creature.reading import animal_detection, ground_motion
from ..creature.reading.animal_detection import DetectedAnimal
from ..creature.reading.file_units import LengthUnit
from ..creature.reading.recording import Recording
from ..maths import quat
from ..maths.quat import Array
from . import animal_figure, fill_gaps, transition
from .animal_figure import AnimalFigure
from .model import Filler


@dataclass(frozen=True, eq=False)
class AnimalFile:
    """An animal that was found in a file."""

    found: DetectedAnimal
    figure: AnimalFigure
    axes: Array
    """(4,) from the file's world to one in which the animal stands, Y up."""
    unit: float
    """Meters to the file's unit of length."""

    @staticmethod
    def of(clip: Clip) -> AnimalFile:
        """Return the animal of the frames of a clip; raises RefusedError where there is none."""
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
        return AnimalFile(found, AnimalFigure(own), axes, unit)

    def bones(self, clip: Clip) -> BoneMotion:
        """Return what the animal's bones do in a clip of the file's joints."""
        rotations, places = clip.world()
        turned = quat.mul(self.axes, rotations.astype(np.float64))
        turns = quat.mul_inv(turned, self.figure.own.rest)
        return BoneMotion(turns, quat.apply(self.axes, places.astype(np.float64)) * self.unit)

    def clip(self, bones: BoneMotion, like: Clip) -> Clip:
        """Return what bones do as a clip of the joints and the frame rate of ``like``."""
        back = quat.inv(self.axes)
        world = quat.mul(back, quat.mul(bones.turns, self.figure.own.rest))
        local = quat.normalize(like.skeleton.local(world))
        roots = quat.apply(back, bones.places[:, 0]) / self.unit
        return replace(
            like,
            rotations=quat.unroll(local).astype(np.float32),
            root_positions=roots.astype(np.float32),
            contacts=None,
        )


def fill(filler: Filler, clip: Clip, known: Array, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return ``clip`` with new motion where ``known`` (T,) is False; raises RefusedError."""
    known = fill_gaps.checked(clip, known)
    own = AnimalFile.of(_picked(clip, known))
    bones, _ = animal_figure.fill(
        own.figure, filler, own.bones(clip), known, clip.fps, seed=seed, lock=lock
    )
    return _kept(clip, own.clip(bones, clip), known)


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
    """Return a clip that goes over into another one, as ``transition.stitch``."""
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
    one, other = (own.bones(clip) for clip in clips)
    bones = BoneMotion(
        spans.join(one.turns, ground.rotations(other.turns)),
        spans.join(one.places, ground.points(other.places)),
    )
    fps = clips[0].fps
    made, _ = animal_figure.fill(own.figure, filler, bones, spans.known, fps, seed=seed, lock=lock)
    rows = replace(
        clips[0],
        rotations=spans.join(clips[0].rotations, clips[1].rotations),
        root_positions=spans.join(clips[0].root_positions, clips[1].root_positions),
        contacts=None,
    )
    done = own.clip(made, rows)
    stays = spans.known.copy()
    if ground.is_identity:
        return _kept(rows, done, stays)
    done.rotations[stays, 1:] = rows.rotations[stays, 1:]
    stays[spans.first :] = False
    return _kept(rows, done, stays)


def _whole(own: AnimalFile, clip: Clip) -> Clip:
    """Return all frames of a clip on the canonical joints, meters."""
    known = np.ones(clip.frames, dtype=bool)
    return own.figure.clip(own.bones(clip), known, clip.fps)


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
