# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar doctor: what a clip shows, what is wrong with it and how sure that is.

Owns the diagnosis and the order of the checks; ``rig_checks`` look at the body, ``motion_checks``
at what it does.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ...body import quadruped_gaits
from ...clip.clip import Clip
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones, RigMap
from ..reading.exemplar import RATES, Reading, understand
from ..reading.gait_names import Footfalls
from ..reading.recording import Recording
from ..reading.subject import Legs
from . import motion_checks, rig_checks
from .finding import ORDER, Finding

__all__ = ["Diagnosis", "Finding", "examine", "examine_clip"]


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What is seen in a clip, and what is worth saying of it. Sizes are real: meters, seconds."""

    findings: tuple[Finding, ...]
    """The gravest first."""
    name: str = ""
    frames: int = 0
    fps: float = 0.0
    seconds: float = 0.0
    rig_map: RigMap | None = None
    """The parts of the animal; with changed roles it may be given to ``examine`` and ``read``."""
    legs: Mapping[str, tuple[str, ...]] | None = None
    """Each of ``quadruped.LEGS`` to its bones, from the top to the tip."""
    spine: tuple[str, ...] = ()
    neck: tuple[str, ...] = ()
    """Neck and head; the head is last."""
    tail: tuple[str, ...] = ()
    facing: tuple[float, float, float] = (0.0, 0.0, 1.0)
    """Direction in the clip's world in which the animal looks."""
    unit: float = 1.0
    """Meters to the clip's unit of length."""
    hip_height: float = 0.0
    ground: float = 0.0
    """Height of the ground under the paws in the clip's world, in its unit."""
    strides: float = 0.0
    """Strides in the clip."""
    stride: float = 0.0
    """Seconds."""
    footfalls: Footfalls | None = None
    """The gait and when paws come down; None where the animal does not step."""
    in_place: bool = False
    speed: float = 0.0
    """Along the ground, m/s, by the standing paws where the animal walks in place."""
    loop: bool = False
    """Whether the ends meet."""
    seam: float = 0.0
    """From the last frame to the first, in steps between neighboring frames; 1 is seamless."""

    @property
    def gait(self) -> str:
        """Of ``gaits.GAITS``; "stand" where the animal does not step."""
        return self.footfalls.gait if self.footfalls is not None else "stand"

    @property
    def usable(self) -> bool:
        """Whether the clip can be learned from."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def froude(self) -> float:
        """The Froude number of the speed."""
        return (
            float(quadruped_gaits.froude(self.speed, self.hip_height)) if self.hip_height else 0.0
        )

    def names(self, code: str) -> bool:
        """Return whether one of the findings has a code."""
        return any(finding.code == code for finding in self.findings)


def examine(
    rig: RigBones,
    rotations: Array,
    positions: Array,
    fps: float,
    *,
    rig_map: RigMap | None = None,
    legs: Legs | None = None,
    unit: float | None = None,
    name: str = "",
) -> Diagnosis:
    """Return what is seen in a motion of a rig; takes what ``exemplar.read`` takes.

    Nothing is raised for a clip that cannot be read: the findings say why.
    """
    recording = Recording(rig, np.asarray(rotations), np.asarray(positions), fps, name)
    return _examine(recording, rig_map, legs, unit)


def examine_clip(
    clip: Clip,
    legs: Legs | None = None,
    *,
    rig_map: RigMap | None = None,
    unit: float | None = None,
    name: str = "",
) -> Diagnosis:
    """Return what is seen in a clip of any skeleton, such as a BVH file's; see ``examine``."""
    return _examine(Recording.of_clip(clip, name), rig_map, legs, unit)


def _examine(
    recording: Recording, rig_map: RigMap | None, legs: Legs | None, unit: float | None
) -> Diagnosis:
    findings = [*_unreadable(recording)]
    seen = None
    if not any(finding.severity == "error" for finding in findings):
        try:
            seen = understand(recording, rig_map, legs, unit)
            findings += [*rig_checks.check(seen), *motion_checks.check(seen)]
        except RefusedError as error:
            findings.append(rig_checks.legless(recording, str(error)))
    findings.sort(key=lambda one: (ORDER.index(one.severity), -one.confidence))
    about = (recording.name, recording.frames, recording.fps, recording.seconds)
    return _seen(tuple(findings), about, seen)


def _unreadable(recording: Recording) -> list[Finding]:
    """Return what keeps the numbers themselves from being read."""
    if not recording.finite:
        text = "The clip has values that are not numbers; export it again."
        return [Finding("not_numbers", text, "error")]
    if recording.frames < 3:
        return [Finding("too_short", "The clip has fewer than three frames.", "error")]
    if not RATES[0] <= recording.fps <= RATES[1]:
        text = f"The clip has {recording.fps:g} frames a second; between 8 and 240 can be read."
        return [Finding("frame_rate", text, "error")]
    return []


def _seen(
    findings: tuple[Finding, ...], about: tuple[str, int, float, float], seen: Reading | None
) -> Diagnosis:
    if seen is None:
        return Diagnosis(findings, *about)
    subject, foot, unit = seen.subject, seen.footing, seen.scale.unit
    limbs = subject.limbs
    back = quat.inv_mul(subject.body_from_world, quat.inv(seen.tilt))
    yaw = float(np.median(seen.heading))
    facing = quat.apply(back, np.array([np.sin(yaw), 0.0, np.cos(yaw)]))
    stepping = seen.strides.period > 0.0
    return Diagnosis(
        findings,
        *about,
        subject.rig_map,
        {leg: tuple(names) for leg, names in limbs.legs.items()},
        tuple(limbs.spine),
        tuple(limbs.neck),
        tuple(limbs.tail),
        (float(facing[0]), float(facing[1]), float(facing[2])),
        unit,
        subject.animal.hip_height * unit,
        float(np.percentile(foot.tips[..., 1].min(axis=1), 5.0)),
        seen.strides.count,
        seen.strides.period / about[2],
        seen.strides.footfalls(about[2]) if stepping else None,
        foot.in_place,
        foot.speed * unit,
        seen.seam.loops,
        seen.seam.steps,
    )
