# SPDX-License-Identifier: GPL-3.0-or-later
"""Test paths for every model, in meters on the ground (Y up)."""

from dataclasses import dataclass

import numpy as np

from motion_addon.motion.maths.quat import Array

SPEEDS = (0.8, 1.2, 2.5, 3.5)
"""m/s."""


@dataclass(frozen=True, eq=False)
class Course:
    """A path to walk."""

    name: str
    points: Array
    """(N, 3) meters."""
    cyclic: bool = False
    sharp: bool = False
    """Whether it has corners that cannot be walked exactly."""


def _on_ground(x: Array, z: Array) -> Array:
    return np.stack([x, np.zeros_like(x), z], axis=-1)


def s_curve() -> Course:
    """Return 16 m of a sine with an amplitude of 1 m."""
    z = np.linspace(0.0, 16.0, 240)
    return Course("S-curve", _on_ground(np.sin(2.0 * np.pi * z / 8.0), z))


def corner() -> Course:
    """Return two straights of 6 m at a right angle."""
    points = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 6.0], [6.0, 0.0, 6.0]])
    return Course("corner 90", points, sharp=True)


def hairpin() -> Course:
    """Return two straights 1.2 m apart joined by a half circle."""
    angle = np.linspace(np.pi, 0.0, 80)
    bend = _on_ground(0.6 + 0.6 * np.cos(angle), 6.0 + 0.6 * np.sin(angle))
    return Course("hairpin 1.2", np.concatenate([[[0.0, 0.0, 0.0]], bend, [[1.2, 0.0, 0.0]]]))


def circle() -> Course:
    """Return a circle of radius 2 m."""
    angle = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
    return Course("circle 2", _on_ground(2.0 * np.sin(angle), 2.0 * np.cos(angle)), cyclic=True)


def square() -> Course:
    """Return a square of 4 m that starts in the middle of a side."""
    corners = [(0, 0), (0, 2), (4, 2), (4, -2), (0, -2)]
    points = np.array([(x, 0.0, z) for x, z in corners], dtype=np.float64)
    return Course("square 4", points, cyclic=True, sharp=True)


def star(size: float) -> Course:
    """Return a five-pointed star with its points on a circle of radius ``size`` meters."""
    angle = np.arange(5) * 4.0 * np.pi / 5.0
    points = size * _on_ground(np.sin(angle), np.cos(angle))
    first = 0.5 * (points[0] + points[-1])
    return Course("star", np.concatenate([[first], points]), cyclic=True, sharp=True)


def of_size(course: Course, factor: float) -> Course:
    """Return a course with every length multiplied by ``factor``."""
    return Course(course.name, course.points * factor, course.cyclic, course.sharp)


def straight(length: float) -> Course:
    """Return a straight of `length` meters."""
    return Course("straight", np.array([[0.0, 0.0, 0.0], [0.0, 0.0, length]]))


def winding(length: float) -> Course:
    """Return about `length` meters of loops and bends of changing radius."""
    s = np.arange(0.0, length, 0.1)
    heading = 1.1 * np.sin(s / 5.0) + 1.7 * np.sin(s / 13.0 + 1.0) + s / 25.0
    return Course(
        "winding", _on_ground(np.cumsum(np.sin(heading)), np.cumsum(np.cos(heading))) * 0.1
    )


ALL = (straight(20.0), s_curve(), corner(), hairpin(), circle(), square())
