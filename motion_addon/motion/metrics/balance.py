# SPDX-License-Identifier: GPL-3.0-or-later
"""Balance of a motion: center of mass, zero-moment point against the support, flight.

In stance the zero-moment point, at which the ground pushes back, must lie within the support
polygon; in flight the center of mass must follow a parabola (Shin, Kovar and Gleicher, "Physical
touch-up of human motions", 2003). The body is a set of point masses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..body.kinds import BIPED, QUADRUPED, kind_of
from ..clip.clip import Clip
from ..clip.contacts import runs
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import REACH, smooth
from ..plan.ground import GroundHeight, level
from .masses import Masses

GRAVITY: Final = 9.81
"""m/s^2."""
SECONDS: Final = 0.03
"""Smoothing of the masses before their acceleration is taken (s, sigma), at a size of 1."""
LOADED: Final = 0.3
"""Vertical force, in body weights, from which a stance has a zero-moment point that counts."""
WIDTHS: Final = {BIPED: 0.045, QUADRUPED: 0.03}
"""Half the width (m) of a foot or paw, for legs of the model's size."""
SHORTEST: Final = 0.05
"""Shortest flight (s), at a size of 1."""
_DIRECTIONS: Final = 64
_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class Balance:
    """The balance of each frame of a clip."""

    places: Array
    """(T, M, 3) the point masses, meters."""
    shares: Array
    """(M,) their shares of the body's mass."""
    acceleration: Array
    """(T, 3) acceleration of the center of mass, smoothed, m/s^2."""
    zero_moment: Array
    """(T, 3) point on the ground at which the ground pushes back, meters."""
    loaded: Array
    """(T,) bool, frames of stance with enough force for such a point."""
    outside: Array
    """(T, 2) vector from the support polygon to that point in x and z, meters; 0 inside, and where
    the frame is not loaded."""
    flights: tuple[tuple[int, int], ...]
    """(start, stop) of each flight, stop excluded."""
    deviation: Array
    """(T, 3) of the center of mass from the parabola of its flight, meters; 0 in stance."""
    spin: Array
    """(T, 3) angular momentum about the center of mass over mass, m^2/s."""

    @property
    def center(self) -> Array:
        """Center of mass (T, 3), meters."""
        return np.asarray(np.einsum("tmx,m->tx", self.places, self.shares))

    @property
    def airborne(self) -> Array:
        """(T,) bool, frames of flight."""
        out = np.zeros(len(self.places), dtype=bool)
        for start, stop in self.flights:
            out[start:stop] = True
        return out

    @property
    def zmp_errors(self) -> Array:
        """Distances (N,) in cm of the zero-moment point from the support, of loaded frames."""
        return np.asarray(100.0 * np.linalg.norm(self.outside[self.loaded], axis=-1))

    @property
    def flight_errors(self) -> Array:
        """Distances (N,) in cm of the center of mass from its parabola, of frames of flight."""
        return np.asarray(100.0 * np.linalg.norm(self.deviation[self.airborne], axis=-1))


def balance_of(clip: Clip, contacts: Array, ground: GroundHeight | None = None) -> Balance:
    """Return the balance of a clip with ``contacts`` (T, P); the ground is level at 0 if None."""
    masses, fps = Masses.of(clip.skeleton), clip.fps
    time = np.sqrt(kind_of(clip.skeleton).leg_size(clip.skeleton))
    exact = masses.of_clip(clip)
    places = _smoothed(exact, SECONDS * time * fps)
    velocity = np.gradient(places, axis=0) * fps
    pull = np.gradient(velocity, axis=0) * fps + GRAVITY * _UP
    center, force = masses.center(places), masses.center(pull)
    under = (ground or level())(center[:, None])[:, 0]
    heights = places[..., 1:2] - under[:, None, None]
    moments = pull[..., 1:2] * places - pull * heights
    push = np.maximum(force[:, 1:2], LOADED * GRAVITY)
    zero = masses.center(moments) / push
    zero[:, 1] = under
    points, down = support(clip, contacts)
    standing = down.any(axis=1)
    loaded = standing & (force[:, 1] >= LOADED * GRAVITY)
    edge = int(np.ceil(REACH * SECONDS * time * fps))
    loaded[:edge] = loaded[len(loaded) - edge :] = False
    outside = np.zeros((clip.frames, 2))
    radius = _radius(clip.skeleton)
    outside[loaded] = outside_of(zero[loaded][:, [0, 2]], points[loaded], down[loaded], radius)
    flights = _flights(standing, fps, time)
    deviation = _deviation(masses.center(exact), flights, fps)
    arms, ways = places - center[:, None], velocity - masses.center(velocity)[:, None]
    spin = masses.center(np.cross(arms, ways))
    pulls = force - GRAVITY * _UP
    return Balance(exact, masses.shares, pulls, zero, loaded, outside, flights, deviation, spin)


def _smoothed(places: Array, sigma: float) -> Array:
    """Return ``places`` (T, M, 3) smoothed; beyond the ends they move on as they did before."""
    wide = min(int(np.ceil(REACH * sigma)), len(places) - 1)
    before = 2.0 * places[:1] - places[wide:0:-1]
    after = 2.0 * places[-1:] - places[-2 : -2 - wide : -1]
    padded = np.concatenate([before, places, after])
    return smooth(padded, sigma)[wide : wide + len(places)]


def support(clip: Clip, contacts: Array) -> tuple[Array, Array]:
    """Return points (T, N, 2) of the feet in x and z, and (T, N) bool whether they carry.

    The contact points, and the tips of the toes, which carry with the ball.
    """
    kind, skeleton = kind_of(clip.skeleton), clip.skeleton
    rotations, positions = skeleton.fk(
        clip.rotations.astype(np.float64), clip.root_positions.astype(np.float64)
    )
    sites = dict(skeleton.end_sites)
    joints = [skeleton.index(leg.ball) for leg in kind.legs]
    tips = [
        positions[:, joint]
        + quat.apply(rotations[:, joint], np.array(sites.get(joint, (0.0,) * 3)))
        for joint in joints
    ]
    points = np.concatenate([kind.foot.places(clip), np.stack(tips, axis=1)], axis=1)
    down = np.asarray(contacts) > 0.5
    return points[..., [0, 2]], np.concatenate([down, down[:, kind.balls]], axis=1)


def outside_of(places: Array, points: Array, down: Array, radius: float) -> Array:
    """Return vectors (T, 2) to ``places`` (T, 2) from the nearest point of the support polygon.

    The polygon is the convex hull of discs of ``radius`` m about the ``points`` (T, N, 2) that are
    ``down`` (T, N); 0 inside.
    """
    angle = np.arange(_DIRECTIONS) * (2.0 * np.pi / _DIRECTIONS)
    ways = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    edge = np.where(down[..., None], points @ ways.T, -np.inf).max(axis=1) + radius
    beyond = places @ ways.T - edge
    best = beyond.argmax(axis=1)
    distance = np.maximum(np.take_along_axis(beyond, best[:, None], axis=1), 0.0)
    return np.asarray(distance * ways[best])


def _radius(skeleton: Skeleton) -> float:
    kind = kind_of(skeleton)
    return WIDTHS[kind] * kind.leg_size(skeleton)


def _flights(standing: Array, fps: float, time: float) -> tuple[tuple[int, int], ...]:
    """Return the flights between stances; one at either end of the clip has no parabola."""
    least = max(SHORTEST * time * fps, 2.0)
    return tuple(
        (a, b) for a, b in runs(~standing) if b - a >= least and a > 0 and b < len(standing)
    )


def _deviation(center: Array, flights: tuple[tuple[int, int], ...], fps: float) -> Array:
    """Return (T, 3) of the center of mass from the parabola from take-off to landing."""
    out = np.zeros_like(center)
    for start, stop in flights:
        first, last = center[start - 1], center[stop]
        time = np.arange(1, stop - start + 1)[:, None] / fps
        total = (stop - start + 1) / fps
        path = first + (last - first) * time / total + 0.5 * GRAVITY * time * (total - time) * _UP
        out[start:stop] = center[start:stop] - path
    return out


def figures(stance: Array, flight: Array) -> dict[str, float]:
    """Return the figures of errors (N,) in cm in stance and in flight, those that there are.

    Distance of the zero-moment point outside the support, median and 95 %, and of the center of
    mass from its parabola, mean.
    """
    out = {}
    if len(stance):
        out["zmp_median_cm"] = float(np.median(stance))
        out["zmp_95_cm"] = float(np.percentile(stance, 95))
    if len(flight):
        out["flight_error_cm"] = float(flight.mean())
    return out
