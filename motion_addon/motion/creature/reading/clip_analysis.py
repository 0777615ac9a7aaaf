# SPDX-License-Identifier: GPL-3.0-or-later
"""Analyzes a recording of an animal: body parts, ground motion, loop, stride and unit of length.

``exemplar`` turns the analysis into an exemplar, ``doctor`` into findings.
"""

from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ...body import quadruped_gaits
from ...body.dynamic_units import Units
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigMap
from . import animal_detection, ground_motion, loops, stride_period
from .animal_detection import DetectedAnimal, LegBones
from .file_units import LengthUnit
from .ground_motion import GroundMotion
from .loops import Loop
from .recording import Recording
from .stride_period import StrideWaves

RATES = (6.0, 300.0)
"""Lowest and highest frame rate that is read."""


@dataclass(frozen=True, eq=False)
class ClipAnalysis:
    """Analysis of a recording, before it is turned into an exemplar."""

    animal: DetectedAnimal
    turns: Array
    """(T, B, 4) rotations from rest, in the body's axes, Y up."""
    positions: Array
    """(T, B, 3) in the body's axes, Y up, in the recording's unit."""
    pelvis: Array
    """(T, 3) in the body's axes, in the recording's unit."""
    heading: Array
    """(T,) yaw of the trunk, radians, unwrapped."""
    ground: GroundMotion
    poses: Array
    """(T, J, 3) canonical joints in the body's frame, as shares of the hip height."""
    loop: Loop
    strides: StrideWaves
    """Times are in frames of the recording."""
    unit: LengthUnit
    upright: Array
    """(4,) rotation that was applied because the motion's up is not that of the rest pose."""


def unreadable(recording: Recording) -> tuple[str, str] | None:
    """Return the code and the sentence of why a recording cannot be read; None if it can."""
    if not recording.finite:
        return "not_numbers", "The clip has values that are not numbers; export it again."
    if recording.frames < 3:
        return "too_short", "The clip has fewer than three frames; choose a longer one."
    if not RATES[0] <= recording.fps <= RATES[1]:
        rate = f"The clip has {recording.fps:g} frames a second"
        return "frame_rate", f"{rate}; export it with a frame rate between 8 and 240."
    return None


def analyze(
    recording: Recording,
    legs: LegBones | None = None,
    *,
    rig_map: RigMap | None = None,
    unit: float | None = None,
) -> ClipAnalysis:
    """Return the analysis of a recording.

    The animal's parts are those of ``rig_map``, or found around ``legs``, or detected by
    structure. ``unit`` (meters) replaces the guess of the unit of length. Raises RefusedError if
    the recording cannot be read or shows no animal on four legs.
    """
    problem = unreadable(recording)
    if problem is not None:
        raise RefusedError(problem[1])
    found = animal_detection.detect(recording, rig_map, legs)
    turns, positions = (part.astype(np.float64) for part in found.motion())
    upright = ground_motion.upright_rotation(found.canonical, turns, positions)
    if upright[0] < 0.999:
        turns, positions = quat.mul(upright, turns), quat.apply(upright, positions)
    hips = found.canonical.hip_height
    fps = recording.fps
    first = ground_motion.read(
        found.canonical, turns, positions, fps, np.sqrt(hips / quadruped_gaits.GRAVITY), False
    )
    poses = loops.body_frame_poses(first.places, first.heading, hips)
    loop = loops.find_loop(poses)
    strides = stride_period.stride_waves(poses, loop, fps)
    length = LengthUnit.guess(hips, strides.period / fps) if unit is None else LengthUnit(unit, 1.0)
    second = Units(hips * length.meters).second
    stop = loop.period if loop.closes else recording.frames
    ground = ground_motion.read(
        found.canonical, turns[:stop], positions[:stop], fps, second, loop.closes
    )
    pelvis, heading = first.places[:, 0], first.heading
    return ClipAnalysis(
        found, turns, positions, pelvis, heading, ground, poses, loop, strides, length, upright
    )
