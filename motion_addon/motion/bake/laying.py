# SPDX-License-Identifier: GPL-3.0-or-later
"""The footing of a bake: the footprints of its level motion, on the ground under its path."""

import numpy as np

from ..clip.clip import Clip
from ..footing.footing import Footing
from ..footing.footprint_edits import edited
from ..footing.laid_clip import body_of
from ..footing.placing import placed
from ..footing.prints import prints_of
from ..footing.surface import Surface
from ..maths.quat import Array
from ..plan.ground import GroundHeight, level
from ..plan.trajectory import Trajectory
from .planning import PlannedWalk

STEP_UP = 0.6
"""How far over the ground under the path a surface may be to be stepped on, in leg lengths."""


def footing_of(walk: PlannedWalk, clip: Clip, plan: Trajectory) -> Footing | None:
    """Return the footing of a level clip of the character's size; None without contacts.

    ``plan`` is the walk's, of the character's size; the walk's edits of footprints are resolved for
    ``clip``.
    """
    if clip.contacts is None:
        return None
    kind, contacts = walk.model.kind, clip.contacts
    if not walk.request.cleanup:
        contacts = kind.foot.binary(contacts, clip.fps)
    edits = walk.request.footprints
    known = tuple(edited(prints_of(clip), [edit for edit in edits if not edit.spatial]))
    prints = known
    if any(edit.spatial for edit in edits):
        prints = tuple(edited(known, [edit for edit in edits if edit.spatial]))
    if walk.ground is not None:
        body = body_of(clip)
        surface = Surface(walk.ground, STEP_UP * body.leg_length)
        times = np.array([0.5 * (one.touchdown + one.liftoff) for one in prints])
        prints = tuple(placed(prints, surface, course_at(walk, plan, times), body))
    return Footing(known, prints, walk.ground, contacts, clip.fps)


def course_at(walk: PlannedWalk, plan: Trajectory, times: Array) -> Array:
    """Return the height (N,) in meters of the ground under the plan at ``times`` (N,) seconds."""
    if walk.course is None:
        return np.zeros(len(times))
    steps = np.arange(len(walk.course)) / plan.rate
    return np.interp(times, steps, walk.course)


def ground_under(walk: PlannedWalk, clip: Clip, plan: Trajectory) -> GroundHeight:
    """Return the ground heights under the points of a laid clip, frame by frame."""
    if walk.ground is None:
        return level()
    surface = Surface(walk.ground, STEP_UP * body_of(clip).leg_length)
    near = course_at(walk, plan, np.arange(clip.frames) / clip.fps)

    def under(points: Array) -> Array:
        about = near.reshape(-1, *(1,) * (points.ndim - 2))
        heights = surface.heights(points, about)
        return np.where(np.isnan(heights), about, heights)

    return under
