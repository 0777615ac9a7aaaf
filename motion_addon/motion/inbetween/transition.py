# SPDX-License-Identifier: GPL-3.0-or-later
"""Seams: where a motion goes on in another one, or in its own beginning.

Owns where on the ground what follows is put, and which frames are kept. Filling the seam itself is
``inbetween``'s work; a rig's own poses are joined alike by ``Joint``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import RefusedError
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from . import fill_gaps
from .model import Filler

SHORTEST = 3
"""Fewest frames of a seam."""
PACED = 5
"""Frames over which the speed at an end of a seam is measured."""
IN_PLACE = 0.25
"""Share of the hips' height that a motion in place may drift from its first to its last frame."""
STRAIGHT = 0.5
"""Radians that a loop may turn and still be meant to go straight on."""

_UP = np.array([0.0, 1.0, 0.0])
_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class Ground:
    """A turn about the vertical, and then a step over the ground."""

    yaw: float = 0.0
    """Radians."""
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Meters."""

    @property
    def rests(self) -> bool:
        """Whether nothing is moved at all."""
        return self.yaw == 0.0 and not any(self.offset)

    def points(self, points: Array) -> Array:
        """Return world points (..., 3) moved."""
        if self.rests:
            return points
        turned = quat.apply(quat.yaw(self.yaw), points.astype(np.float64))
        return np.asarray(turned + np.array(self.offset))

    def rotations(self, rotations: Array) -> Array:
        """Return world rotations (..., 4) turned."""
        if self.yaw == 0.0:
            return rotations
        return quat.mul(quat.yaw(self.yaw), rotations.astype(np.float64))

    def clip(self, clip: Clip) -> Clip:
        """Return a clip moved."""
        rotations = np.array(clip.rotations)
        rotations[:, 0] = self.rotations(rotations[:, 0])
        roots = self.points(clip.root_positions).astype(clip.root_positions.dtype)
        return replace(clip, rotations=rotations, root_positions=roots)


@dataclass(frozen=True, eq=False)
class Joint:
    """The frames of two motions with a seam in between."""

    first: int
    """Frames that are kept of the first one."""
    seam: int
    """Frames of the seam."""
    second: int
    """Frames of the second one."""

    @property
    def known(self) -> Array:
        """(T,) bool, the frames that are kept."""
        out = np.ones(self.first + self.seam + self.second, dtype=bool)
        out[self.first : self.first + self.seam] = False
        return out

    def join(self, first: Array, second: Array) -> Array:
        """Return (T, ...) both motions' values; those in the seam play no part."""
        hold = np.repeat(first[self.first - 1 : self.first], self.seam, axis=0)
        return np.concatenate([first[: self.first], hold, second[: self.second]])


def stitched(
    first: Clip, second: Clip, seam: int, keep_place: bool = False
) -> tuple[Joint, Ground]:
    """Return how a clip goes on in another after a seam, and where that is put.

    The second goes on in the direction and from the place that the first has come to, unless it
    is to ``keep_place``. Raises RefusedError.
    """
    if seam < SHORTEST:
        raise RefusedError(f"A seam must have {SHORTEST} frames or more, not {seam}")
    if min(first.frames, second.frames) < 2:
        raise RefusedError("Each of the two motions needs two frames or more")
    if abs(first.fps - second.fps) > 1e-6:
        raise RefusedError("Both motions must have the same frame rate")
    joint = Joint(first.frames, seam, second.frames)
    if keep_place:
        return joint, Ground()
    turn = _wrapped(_heading(first)[-1] - _heading(second)[0])
    there = Ground(turn)
    paces = (
        _pace(first.root_positions[-PACED:]),
        _pace(there.points(second.root_positions[:PACED])),
    )
    goal = first.root_positions[-1] + 0.5 * (paces[0] + paces[1]) * (seam + 1)
    offset = (goal - there.points(second.root_positions[:1])[0]) * _FLAT
    return joint, Ground(turn, (float(offset[0]), 0.0, float(offset[2])))


def looped(clip: Clip, seam: int) -> tuple[Joint, Ground]:
    """Return how a clip goes on in its own beginning, its last frames being the seam.

    The second motion is the beginning; its first frame takes the place of the clip's last one.
    A clip in place stays there, one that goes ahead goes on. Raises RefusedError.
    """
    if seam < SHORTEST:
        raise RefusedError(f"A seam must have {SHORTEST} frames or more, not {seam}")
    kept = clip.frames - 1 - seam
    if kept < max(seam, 2):
        raise RefusedError(
            f"A loop of {clip.frames - 1} frames is too short for a seam of {seam}; "
            f"{(clip.frames - 1) // 2} frames are possible"
        )
    joint = Joint(kept, seam, min(fill_gaps.CONTEXT + 1, kept))
    way = (clip.root_positions[-1] - clip.root_positions[0]) * _FLAT
    heading = _heading(clip)
    turn = _wrapped(heading[-1] - heading[0])
    turn = 0.0 if abs(turn) < STRAIGHT else turn
    hips = clip.root_positions[0, 1] - clip.world()[1][0, :, 1].min()
    if np.linalg.norm(way) < IN_PLACE * hips:
        way = np.zeros(3)
    start = clip.root_positions[0].astype(np.float64)
    offset = start + way - Ground(turn).points(start[None])[0]
    return joint, Ground(turn, (float(offset[0]), 0.0, float(offset[2])))


def stitch(
    filler: Filler,
    first: Clip,
    second: Clip,
    seam: int,
    *,
    keep_place: bool = False,
    seed: int = 0,
    lock: bool = True,
) -> Clip:
    """Return a clip that goes over into another one in ``seam`` new frames.

    All frames of both are kept; the second is moved as ``stitched`` says. Raises RefusedError.
    """
    if first.skeleton.names != second.skeleton.names:
        raise RefusedError("Both motions must have the same joints")
    joint, ground = stitched(first, second, seam, keep_place)
    return _filled(filler, first, ground.clip(second), joint, seed, lock)


def loop(filler: Filler, clip: Clip, seam: int, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return a clip whose last frame is its first, moved on over the ground.

    It is as long as before; its last ``seam`` frames are new, all others are kept. Raises
    RefusedError.
    """
    joint, ground = looped(clip, seam)
    again = ground.clip(clip.slice(0, joint.second))
    done = _filled(filler, clip.slice(0, joint.first), again, joint, seed, lock)
    return done.slice(0, clip.frames)


def _filled(filler: Filler, first: Clip, second: Clip, joint: Joint, seed: int, lock: bool) -> Clip:
    contacts = None
    if first.contacts is not None and second.contacts is not None:
        contacts = joint.join(first.contacts, second.contacts)
    joined = Clip(
        first.skeleton,
        joint.join(first.rotations, second.rotations),
        joint.join(first.root_positions, second.root_positions),
        first.fps,
        contacts,
    )
    return fill_gaps.fill(filler, joined, joint.known, seed=seed, lock=lock)


def _heading(clip: Clip) -> Array:
    """Return (T,) radians, where hips and chest face together: they sway against each other."""
    world, _ = clip.world()
    names = clip.skeleton.names
    neck = next((name for name in ("Neck", "Neck1") if name in names), names[0])
    chest = max(int(clip.skeleton.parents[names.index(neck)]), 0)
    front = quat.apply(world[:, [0, chest]], np.array([0.0, 0.0, 1.0]))
    return quat.yaw_of(front.sum(axis=1))


def _pace(roots: Array) -> Array:
    """Return (3,) the mean step of a frame."""
    return np.asarray((roots[-1] - roots[0]) / (len(roots) - 1))


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
