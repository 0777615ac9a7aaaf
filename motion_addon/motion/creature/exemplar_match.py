# SPDX-License-Identifier: GPL-3.0-or-later
"""Similarity of a bake to a creature's exemplar, and poses of its own rig by that similarity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..body import quadruped_gaits
from ..clip.clip import Clip
from ..controller.blending import leg_offsets
from ..controller.plan_similarity import moving, warnings
from ..maths.quat import Array
from ..plan.trajectory import Trajectory
from .adaptation.creature import Creature
from .adaptation.creature_files import LoadedCreature
from .own_rig.own_pose import OwnPose


@dataclass(frozen=True, eq=False)
class ExemplarMatch:
    """Similarity of each frame of a bake to the exemplar's motion."""

    loaded: LoadedCreature
    similarity: Array
    """(T,) similarity by gait, speed and turning, 0 to 1."""
    moving: Array
    """(T,) 1 where it moves, 0 where it stands."""
    touchdown_delay: Array
    """(T,) delay of the left hind's touchdowns after whole phases, in strides."""

    @staticmethod
    def of(loaded: LoadedCreature, plan: Trajectory, lead: str) -> ExemplarMatch:
        """Return the match of a plan of the model's size."""
        delay = leg_offsets(loaded.model, plan, lead)[0][:, 0]
        similarity = loaded.model.gait_profile.similarity(plan, lead)
        return ExemplarMatch(loaded, similarity, moving(plan), delay)

    def at(self, frames: Array) -> ExemplarMatch:
        """Return the match at fractional frames (N,)."""
        known = np.arange(len(self.similarity))
        parts = (self.similarity, self.moving, self.touchdown_delay)
        return ExemplarMatch(self.loaded, *(np.interp(frames, known, part) for part in parts))

    def own_pose(self, clip: Clip, phase: Array) -> OwnPose | None:
        """Return the motion of the bones of the creature's own rig; None if none is stored.

        ``clip`` (T frames) and ``phase`` (T,) are the bake's; the clip may be in other units.
        Raises RefusedError.
        """
        own = self.loaded.own_motion
        if own is None:
            return None
        phase = phase - self.touchdown_delay
        return OwnPose.of(own, clip, own.corrections(phase, self.similarity, self.moving))

    def own_clip(self, clip: Clip, phase: Array) -> Clip:
        """Return the bake on the skeleton of the exemplar's file. Raises RefusedError.

        A creature that was stored without its rig stays on the canonical quadruped.
        """
        posed = self.own_pose(clip, phase)
        return clip if posed is None else posed.own.clip(posed.bones, clip)


def exemplar_card(creature: Creature, plan: Trajectory, known: list[str]) -> dict[str, Any]:
    """Return a creature's entries of the report card: its exemplar, and the ``known`` warnings
    with those about a plan far from the exemplar."""
    exemplar = {
        "name": creature.name,
        "gait": creature.gait,
        "froude": round(
            float(quadruped_gaits.froude(creature.speed, quadruped_gaits.HIP_HEIGHT)), 3
        ),
    }
    further = warnings(plan, creature.gait, creature.speed)
    return {"exemplar": exemplar, "warnings": [*known, *further]}
