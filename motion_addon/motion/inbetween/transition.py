# SPDX-License-Identifier: GPL-3.0-or-later
"""Transitions: from one motion into another, or from the end of a motion into its beginning.

Owns where on the ground the second motion is put, and which frames are kept. ``fill_gaps`` fills
the transition itself; ``Spans`` joins a rig's own poses in the same way.
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
"""Fewest frames of a transition."""
PACED = 5
"""Frames over which the speed at an end of a transition is measured."""
IN_PLACE = 0.25
"""Share of the hip height that a motion in place may drift from its first to its last frame."""
STRAIGHT = 0.5
"""Radians that a loop may turn and still go straight on."""

_FLAT = np.array([1.0, 0.0, 1.0])


@dataclass(frozen=True)
class GroundTransform:
    """A turn about the vertical, then a step over the ground."""

    yaw: float = 0.0
    """Radians."""
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Meters."""

    @property
    def is_identity(self) -> bool:
        """Whether nothing is moved at all."""
        return self.yaw == 0.0 and not any(self.offset)

    def points(self, points: Array) -> Array:
        """Return world points (..., 3) moved."""
        if self.is_identity:
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
class Spans:
    """Numbers of frames of two motions and of the transition between them."""

    first: int
    """Kept frames of the first motion."""
    transition: int
    """New frames."""
    second: int
    """Frames of the second motion."""

    @property
    def known(self) -> Array:
        """(T,) bool, the frames that are kept."""
        out = np.ones(self.first + self.transition + self.second, dtype=bool)
        out[self.first : self.first + self.transition] = False
        return out

    def join(self, first: Array, second: Array) -> Array:
        """Return both motions' values (T, ...); those in the transition are placeholders."""
        hold = np.repeat(first[self.first - 1 : self.first], self.transition, axis=0)
        return np.concatenate([first[: self.first], hold, second[: self.second]])


def stitched(
    first: Clip, second: Clip, frames: int, keep_place: bool = False
) -> tuple[Spans, GroundTransform]:
    """Return the spans of two clips with a transition of ``frames``, and how the second is moved.

    The second continues from the place and in the direction that the first has reached, or with
    ``keep_place`` stays where it is. Raises RefusedError.
    """
    _check_length(frames)
    if min(first.frames, second.frames) < 2:
        raise RefusedError("Each of the two motions needs two frames or more")
    if abs(first.fps - second.fps) > 1e-6:
        raise RefusedError("Both motions must have the same frame rate")
    spans = Spans(first.frames, frames, second.frames)
    if keep_place:
        return spans, GroundTransform()
    turn = _wrapped(_heading(first)[-1] - _heading(second)[0])
    there = GroundTransform(turn)
    paces = (
        _pace(first.root_positions[-PACED:]),
        _pace(there.points(second.root_positions[:PACED])),
    )
    goal = first.root_positions[-1] + 0.5 * (paces[0] + paces[1]) * (frames + 1)
    offset = (goal - there.points(second.root_positions[:1])[0]) * _FLAT
    return spans, GroundTransform(turn, (float(offset[0]), 0.0, float(offset[2])))


def looped(clip: Clip, frames: int) -> tuple[Spans, GroundTransform]:
    """Return the spans of a clip that becomes a loop, and how its beginning is moved.

    The last ``frames`` are the transition. The second motion is the clip's beginning; its first
    frame replaces the clip's last one. A clip in place stays there, a traveling one travels on.
    Raises RefusedError.
    """
    _check_length(frames)
    kept = clip.frames - 1 - frames
    if kept < max(frames, 2):
        raise RefusedError(
            f"A loop of {clip.frames - 1} frames is too short for a transition of {frames}; "
            f"{(clip.frames - 1) // 2} frames are possible"
        )
    spans = Spans(kept, frames, min(fill_gaps.CONTEXT + 1, kept))
    travel = (clip.root_positions[-1] - clip.root_positions[0]) * _FLAT
    heading = _heading(clip)
    turn = _wrapped(heading[-1] - heading[0])
    turn = 0.0 if abs(turn) < STRAIGHT else turn
    hips = clip.root_positions[0, 1] - clip.world()[1][0, :, 1].min()
    if np.linalg.norm(travel) < IN_PLACE * hips:
        travel = np.zeros(3)
    start = clip.root_positions[0].astype(np.float64)
    offset = start + travel - GroundTransform(turn).points(start[None])[0]
    return spans, GroundTransform(turn, (float(offset[0]), 0.0, float(offset[2])))


def _check_length(frames: int) -> None:
    if frames < SHORTEST:
        raise RefusedError(f"A transition must have {SHORTEST} frames or more, not {frames}")


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
    """Return two clips as one, with ``frames`` new frames between them.

    All frames of both are kept; the second is moved as in ``stitched``. Raises RefusedError.
    """
    if first.skeleton.names != second.skeleton.names:
        raise RefusedError("Both motions must have the same joints")
    spans, ground = stitched(first, second, frames, keep_place)
    return _filled(filler, first, ground.clip(second), spans, seed, lock)


def loop(filler: Filler, clip: Clip, frames: int, *, seed: int = 0, lock: bool = True) -> Clip:
    """Return a clip whose last pose is its first, moved on over the ground.

    Its length stays; its last ``frames`` frames are new, all others are kept. Raises
    RefusedError.
    """
    spans, ground = looped(clip, frames)
    again = ground.clip(clip.slice(0, spans.second))
    done = _filled(filler, clip.slice(0, spans.first), again, spans, seed, lock)
    return done.slice(0, clip.frames)


def _filled(filler: Filler, first: Clip, second: Clip, spans: Spans, seed: int, lock: bool) -> Clip:
    contacts = None
    if first.contacts is not None and second.contacts is not None:
        contacts = spans.join(first.contacts, second.contacts)
    joined = Clip(
        first.skeleton,
        spans.join(first.rotations, second.rotations),
        spans.join(first.root_positions, second.root_positions),
        first.fps,
        contacts,
    )
    return fill_gaps.fill(filler, joined, spans.known, seed=seed, lock=lock)


def _heading(clip: Clip) -> Array:
    """Return the mean heading (T,) of hips and chest, radians: they sway against each other."""
    world, _ = clip.world()
    names = clip.skeleton.names
    neck = next((name for name in ("Neck", "Neck1") if name in names), names[0])
    chest = max(int(clip.skeleton.parents[names.index(neck)]), 0)
    front = quat.apply(world[:, [0, chest]], np.array([0.0, 0.0, 1.0]))
    return quat.yaw_of(front.sum(axis=1))


def _pace(roots: Array) -> Array:
    """Return the mean step (3,) of a frame, meters."""
    return np.asarray((roots[-1] - roots[0]) / (len(roots) - 1))


def _wrapped(angle: float) -> float:
    return float((angle + np.pi) % (2.0 * np.pi) - np.pi)
