# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes with a creature: its controller, its similarity to the exemplar and its own rig."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..body import quadruped_gaits
from ..clip.clip import Clip
from ..controller.blending import leg_offsets
from ..controller.model import Model
from ..controller.plan_similarity import moving, warnings
from ..creature.adaptation import creature_files
from ..creature.adaptation.creature import Creature
from ..creature.own_rig.own_pose import OwnPose
from ..creature.request import CREATURE_MODEL
from ..maths.quat import Array
from ..plan.trajectory import Trajectory
from .request import BakeRequest


@dataclass(frozen=True, eq=False)
class ExemplarMatch:
    """Similarity of each frame of a bake to the exemplar's motion."""

    similarity: Array
    """(T,) similarity by gait, speed and turning, 0 to 1."""
    moving: Array
    """(T,) 1 where it moves, 0 where it stands."""
    touchdown_delay: Array
    """(T,) delay of the left hind's touchdowns after whole phases, in strides."""

    def at(self, frames: Array) -> ExemplarMatch:
        """Return the match at fractional frames (N,)."""
        known = np.arange(len(self.similarity))
        parts = (self.similarity, self.moving, self.touchdown_delay)
        return ExemplarMatch(*(np.interp(frames, known, part) for part in parts))


def is_creature(request: BakeRequest) -> bool:
    """Return whether a request is for a creature."""
    return request.model == CREATURE_MODEL


def creature(request: BakeRequest) -> Creature:
    """Return the requested creature; raises RefusedError."""
    return creature_files.load_creature(str(request.exemplar), request.legs)


def controller(request: BakeRequest) -> Model:
    """Return the creature's controller; raises RefusedError, also for speeds its size rules out."""
    found = creature_files.load_model(str(request.exemplar), request.legs, request.manner)
    if request.hip_height is None:
        replace(request, hip_height=creature(request).hip_height)  # Checks the speeds.
    return found


def exemplar_match(request: BakeRequest, model: Model, plan: Trajectory) -> ExemplarMatch | None:
    """Return the match of a plan of the model's size with the exemplar; None without a creature."""
    if not is_creature(request):
        return None
    late = leg_offsets(model, plan, request.lead)[0][:, 0]
    return ExemplarMatch(model.gait_profile.similarity(plan, request.lead), moving(plan), late)


def remarks(request: BakeRequest, plan: Trajectory, known: list[str]) -> dict[str, Any]:
    """Return the creature's entries of the report card: its exemplar, and further warnings."""
    found = creature(request)
    exemplar = {
        "name": found.name,
        "gait": found.gait,
        "froude": round(float(quadruped_gaits.froude(found.speed, quadruped_gaits.HIP_HEIGHT)), 3),
    }
    return {"exemplar": exemplar, "warnings": [*known, *warnings(plan, found.gait, found.speed)]}


def own_pose(
    request: BakeRequest, clip: Clip, phase: Array, match: ExemplarMatch
) -> OwnPose | None:
    """Return what the bones of a creature's own rig do in a bake of it; None if it has none.

    ``clip`` (T frames), ``phase`` (T,) and ``match`` are a ``bake.BakeResult``'s; the clip may be
    in other units. Raises RefusedError.
    """
    own = creature_files.load_own_motion(str(request.exemplar), request.legs)
    if own is None:
        return None
    return OwnPose.of(
        own, clip, own.corrections(phase - match.touchdown_delay, match.similarity, match.moving)
    )


def own_clip(request: BakeRequest, clip: Clip, phase: Array, match: ExemplarMatch) -> Clip:
    """Return a bake of a creature on the skeleton of its exemplar's file; raises RefusedError.

    A creature that was stored without its rig stays on the canonical quadruped.
    """
    posed = own_pose(request, clip, phase, match)
    return clip if posed is None else posed.own.clip(posed.bones, clip)
