# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request for a creature means: its controller, how near it is to the exemplar, its rig."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..body import quadruped_gaits
from ..clip.clip import Clip
from ..controller.model import Model
from ..controller.pacing import legs
from ..controller.plan_similarity import moving, warnings
from ..creature.learned import library
from ..creature.learned.creature import Creature
from ..creature.own_rig.own_pose import OwnPose
from ..creature.request import CREATURE
from ..maths.quat import Array
from ..plan.trajectory import Trajectory
from .request import BakeRequest


@dataclass(frozen=True, eq=False)
class Likeness:
    """How much each frame of a bake is like the exemplar's motion."""

    near: Array
    """(T,) by gait and speed, 0 to 1."""
    moving: Array
    """(T,) how much it moves at all, 0 to 1."""
    late: Array
    """(T,) by how much the left hind paw comes down after whole phases, in strides."""

    def at(self, frames: Array) -> Likeness:
        """Return it at fractional frames (N,)."""
        known = np.arange(len(self.near))
        parts = (self.near, self.moving, self.late)
        return Likeness(*(np.interp(frames, known, part) for part in parts))


def is_creature(request: BakeRequest) -> bool:
    """Return whether a request is for a creature that is learned from one clip."""
    return request.model == CREATURE


def creature(request: BakeRequest) -> Creature:
    """Return the creature asked for; raises RefusedError."""
    return library.creature(str(request.exemplar), request.legs)


def controller(request: BakeRequest) -> Model:
    """Return the creature's controller; raises RefusedError, also for what its size rules out."""
    found = library.model(str(request.exemplar), request.legs, request.manner)
    if request.hip_height is None:
        replace(request, hip_height=creature(request).hip_height)  # Checks the speeds.
    return found


def likeness(request: BakeRequest, model: Model, plan: Trajectory) -> Likeness | None:
    """Return how much a plan of the model's size is like the exemplar; None of no creature."""
    if not is_creature(request):
        return None
    late = legs(model, plan, request.lead)[0][:, 0]
    return Likeness(model.habits.near(plan, request.lead), moving(plan), late)


def remarks(request: BakeRequest, plan: Trajectory, known: list[str]) -> dict[str, Any]:
    """Return what the report card of a creature has besides: its exemplar, and more warnings."""
    found = creature(request)
    told = {
        "name": found.name,
        "gait": found.gait,
        "froude": round(float(quadruped_gaits.froude(found.speed, quadruped_gaits.HIP_HEIGHT)), 3),
    }
    return {"exemplar": told, "warnings": [*known, *warnings(plan, found.gait, found.speed)]}


def own_pose(request: BakeRequest, clip: Clip, phase: Array, like: Likeness) -> OwnPose | None:
    """Return what the bones of a creature's own rig do in a bake of it; None if it has none.

    ``clip`` (T frames), ``phase`` (T,) and ``like`` are a ``bake.BakeResult``'s; the clip may be
    in other units. Raises RefusedError.
    """
    own = library.own_motion(str(request.exemplar), request.legs)
    if own is None:
        return None
    return OwnPose.of(own, clip, own.misfit(phase - like.late, like.near, like.moving))


def own_clip(request: BakeRequest, clip: Clip, phase: Array, like: Likeness) -> Clip:
    """Return a bake of a creature on the skeleton of its exemplar's file; raises RefusedError.

    One that was stored without its rig stays on the canonical quadruped.
    """
    posed = own_pose(request, clip, phase, like)
    return clip if posed is None else posed.own.clip(posed.bones, clip)
