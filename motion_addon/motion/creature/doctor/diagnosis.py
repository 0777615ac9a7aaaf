# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnosis of a clip: the animal, gait and speed it shows, and its faults.

Owns the order of the checks; ``rig_checks`` examines the body, ``motion_checks`` the motion.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ...body import quadruped_gaits
from ...maths import quat
from ...rigs import RigMap
from ..reading.animal_detection import LegBones
from ..reading.clip_analysis import ClipAnalysis, analyze, unreadable
from ..reading.footfall_pattern import FootfallPattern
from ..reading.recording import Recording
from . import motion_checks, rig_checks
from .finding import ORDER, Finding

__all__ = ["Diagnosis", "Finding", "examine"]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """The animal and motion of a clip, and the findings. Sizes are real: meters, seconds."""

    findings: tuple[Finding, ...]
    """The most severe first."""
    name: str = ""
    frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    rig_map: RigMap | None = None
    """The animal's rig map; with changed roles it may be passed to ``examine`` again."""
    legs: Mapping[str, tuple[str, ...]] | None = None
    """Bones of each leg from the top to the tip, by ``quadruped.LEGS``."""
    spine: tuple[str, ...] = ()
    neck: tuple[str, ...] = ()
    """Neck and head; the head is last."""
    tail: tuple[str, ...] = ()
    facing: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """Direction in which the animal looks, in the clip's world."""
    unit: float = 1.0
    """The clip's unit of length, meters."""
    hip_height: float = 0.0
    ground: float = 0.0
    """Height of the ground under the paws, in the clip's world and unit."""
    strides: float = 0.0
    """Strides in the clip."""
    stride: float = 0.0
    """Seconds."""
    footfalls: FootfallPattern | None = None
    """Gait and touchdowns; None if the animal does not step."""
    in_place: bool = False
    speed: float = 0.0
    """Over the ground, m/s; of the paws in stance if the animal walks in place."""
    loop: bool = False
    """Whether the clip is a loop."""
    loop_gap: float = 0.0
    """Distance from the last pose to the first, in steps between frames; 1 is seamless."""

    @property
    def gait(self) -> str:
        """One of ``quadruped_gaits.GAITS``; "stand" if the animal does not step."""
        return self.footfalls.gait if self.footfalls is not None else "stand"

    @property
    def usable(self) -> bool:
        """Whether a creature can be learned from the clip."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def froude(self) -> float:
        """Froude number of the speed."""
        return (
            float(quadruped_gaits.froude(self.speed, self.hip_height)) if self.hip_height else 0.0
        )

    def names(self, code: str) -> bool:
        """Return whether a finding has this code."""
        return any(finding.code == code for finding in self.findings)


def examine(
    recording: Recording,
    legs: LegBones | None = None,
    *,
    rig_map: RigMap | None = None,
    unit: float | None = None,
) -> Diagnosis:
    """Return the diagnosis of a recording; takes the options of ``clip_analysis.analyze``.

    Raises nothing for a clip that cannot be read: the findings say why.
    """
    seen = None
    problem = unreadable(recording)
    if problem is not None:
        findings = [Finding(*problem, "error")]
    else:
        try:
            seen = analyze(recording, legs, rig_map=rig_map, unit=unit)
            findings = [*rig_checks.check(seen), *motion_checks.check(seen)]
        except RefusedError as error:
            findings = [rig_checks.no_animal(recording, str(error))]
    findings.sort(key=lambda one: (ORDER.index(one.severity), -one.confidence))
    about = (recording.name, recording.frames, recording.fps, recording.seconds)
    return _diagnosis(tuple(findings), about, seen)


def _diagnosis(
    findings: tuple[Finding, ...],
    about: tuple[str, int, float, float],
    seen: ClipAnalysis | None,
) -> Diagnosis:
    if seen is None:
        return Diagnosis(findings, *about)
    animal, ground, unit = seen.animal, seen.ground, seen.unit.meters
    parts = animal.parts
    back = quat.inv_mul(animal.body_from_world, quat.inv(seen.upright))
    yaw = float(np.median(seen.heading))
    facing = quat.apply(back, np.array([np.sin(yaw), 0.0, np.cos(yaw)]))
    stepping = seen.strides.period > 0.0
    return Diagnosis(
        findings,
        *about,
        animal.rig_map,
        {leg: tuple(names) for leg, names in parts.legs.items()},
        tuple(parts.spine),
        tuple(parts.neck),
        tuple(parts.tail),
        (float(facing[0]), float(facing[1]), float(facing[2])),
        unit,
        animal.canonical.hip_height * unit,
        float(np.percentile(ground.tips[..., 1].min(axis=1), 5.0)),
        seen.strides.count,
        seen.strides.period / about[2],
        seen.strides.footfalls(about[2]) if stepping else None,
        ground.in_place,
        ground.speed * unit,
        seen.loop.closes,
        seen.loop.gap,
    )
