# SPDX-License-Identifier: GPL-3.0-or-later
"""The courses of all methods: plans straight ahead and along bends."""

from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import Trajectory

SECONDS: Final = 9.0
"""Duration of a course."""
SWING, WAVE, SHORTEST = 0.9, 4.5, 3.5
"""Largest turn of a winding course to either side (radians), duration of its waves (s) and their
least length (m): an animal as long as a Labrador does not walk tighter bends."""


def straight(speed: float) -> Array:
    """Return points (2, 3) of a straight course for SECONDS at a speed (m/s)."""
    return np.array([[0.0, 0.0, 0.0], [0.0, 0.0, SECONDS * speed]])


def winding(speed: float) -> Array:
    """Return points (N, 3) of a course of bends for SECONDS at a speed (m/s)."""
    time = np.linspace(0.0, SECONDS, 200)
    wave = max(WAVE * speed, SHORTEST)
    heading = SWING * np.sin(2.0 * np.pi * time * speed / wave)
    steps = np.stack([np.sin(heading), np.zeros_like(time), np.cos(heading)], axis=-1)
    return np.asarray(np.cumsum(steps, axis=0) * speed * time[1])


def plan(points: Array, speed: float, gait: str, stands: bool = False) -> Trajectory:
    """Return the plan along points at a steady speed (m/s) in one gait.

    With ``stands`` it begins and ends standing.
    """
    path, mover = Path.from_points(points), quadruped_gaits.MOVER
    return trajectory.plan(path, speed=speed, gait=gait, start=stands, stop=stands, mover=mover)
