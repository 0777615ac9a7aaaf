# SPDX-License-Identifier: GPL-3.0-or-later
"""Lays a motion on level ground on its footprints: feet, then the trunk, then the legs.

The level motion is planted already. What changes here is the difference between level ground and
the footprints; a motion on level ground without changed prints stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..body.body_pose import BodyPose
from ..body.sole import Sole
from ..maths.quat import Array
from . import legs, trunk
from .foot import FootTrack, own_sole
from .foot_base import Base, bases, carried, progress, rerouted
from .foot_contact import clear, touching
from .footing import Footing, Step
from .footprints import Footprint
from .surface import Surface

REACH = 0.6
"""How far over the known ground a surface may be to be stepped on, over the leg's length."""


_EVEN = 0.9995
"""Cosine of the tilt up to which a footprint is level."""


@dataclass(frozen=True, eq=False)
class Laid:
    """A pose on its footprints."""

    pose: BodyPose
    prints: tuple[Footprint, ...]
    """The body's own footprints, in order of touchdown."""
    missed: tuple[float, ...]
    """Meters by which the leg is too short for each of them, at most in its stance."""


@dataclass(frozen=True, eq=False)
class _LaidFoot:
    """One foot on its footprints."""

    track: FootTrack
    bases: list[Base]
    down: Array
    """(T,) bool, in stance."""
    move: Array
    """(T, 3) from level ground, without what a swing is raised."""


def lay(pose: BodyPose, footing: Footing, skin: Sequence[Sole | None] | None = None) -> Laid:
    """Return a level pose laid on its footing.

    ``skin`` are the soles of the body's legs; those without one stand on the ground as they do in
    the level pose. The pose has the frames of ``footing.contacts``.
    """
    body = pose.body
    known = skin or [None] * len(body.legs)
    soles = [
        sole or own_sole(pose, leg, footing.marks(body.kind, i))
        for i, (leg, sole) in enumerate(zip(body.legs, known, strict=True))
    ]
    feet = [_foot(pose, footing, i, sole) for i, sole in enumerate(soles)]
    down = np.stack([foot.down for foot in feet], axis=1)
    shifted = trunk.moved(pose, np.stack([foot.move for foot in feet], axis=1))
    tracks = [
        legs.heel_raised(shifted, pose, leg, foot.track, foot.down)
        for leg, foot in zip(body.legs, feet, strict=True)
    ]
    lower = legs.lowering(shifted, pose, tracks, down)
    shifted = trunk.lifted(shifted, lower) if lower.any() else shifted
    rotations, positions = dict(shifted.rotations), dict(shifted.positions)
    prints: list[tuple[Footprint, float]] = []
    for leg, foot, track in zip(body.legs, feet, tracks, strict=True):
        turned, placed, missed = legs.reach(pose, shifted, leg, track)
        rotations |= turned
        positions |= placed
        prints += [(_print(base), float(missed[_span(base)].max())) for base in foot.bases]
    prints.sort(key=lambda one: (one[0].touchdown, one[0].foot))
    lowered = shifted.lowered - lower
    laid = replace(shifted, rotations=rotations, positions=positions, lowered=lowered)
    return Laid(laid, tuple(p for p, _ in prints), tuple(m for _, m in prints))


def _foot(pose: BodyPose, footing: Footing, index: int, sole: Sole) -> _LaidFoot:
    leg = pose.body.legs[index]
    surface = Surface(footing.ground, REACH * leg.reach)
    steps = footing.steps(leg.joints.name)
    marks = _marks(steps, *footing.marks(pose.body.kind, index))
    track = rerouted(FootTrack.of(pose, leg, sole), steps, leg.reach)
    known = bases(track, steps, marks, surface)
    level = track
    track, move = carried(track, known)
    near = move[:, 1]
    before = track.ball
    track = touching(track, marks, surface, near, pose.fps)
    move = move + (track.ball - before)
    down = marks[0] | marks[1]
    _, way = progress(level.ball, [(b.step.start, b.step.stop) for b in known])
    uneven = any(base.normal[1] < _EVEN or abs(base.move[1]) > 1e-3 for base in known)
    track = clear(track, level, down, surface, near, way, pose.fps, uneven)
    return _LaidFoot(track, known, down, move)


def _marks(steps: Sequence[Step], heel: Array, ball: Array) -> tuple[Array, Array]:
    """Return (T,) bool contacts of heel and ball without left out steps, with added ones."""
    heel, ball = heel.copy(), ball.copy()
    for step in steps:
        if step.wanted is None:
            heel[step.start : step.stop] = ball[step.start : step.stop] = False
        elif step.level is None:
            heel[step.start : step.stop] = ball[step.start : step.stop] = True
    return heel, ball


def _span(base: Base) -> slice:
    return slice(base.step.start, base.step.stop)


def _print(base: Base) -> Footprint:
    """Return the body's own footprint of a stance."""
    wanted = base.step.wanted
    assert wanted is not None
    return replace(wanted, place=base.place, normal=base.normal)
