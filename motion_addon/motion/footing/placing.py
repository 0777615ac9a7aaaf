# SPDX-License-Identifier: GPL-3.0-or-later
"""Places footprints on the ground: onto treads, off edges and into no hole, near where they were.

Each print may move along and across its own direction. The cheapest moves of all prints together
are found by dynamic programming, since neighbors that move alike leave the stride as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from ..body.body import Body
from ..body.sole import Sole
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import running_max
from .footprints import Footprint
from .surface import EVEN, PAW_TILT, PERSON_TILT, Seats, Surface, TiltLimits, seats, tilted

ALONG, ACROSS = 0.36, 0.1
"""Most that a print moves ahead or back, and aside, in lengths of the leg."""
_STEPS = (55, 5)
"""Places tried along and across."""
_ALONG = 6
"""Points along the sole of a foot with a heel that look for stones under it."""
_EASY, _EASY_ACROSS = 0.14, 0.06
"""Moves along and across that cost one, in lengths of the leg."""
_STRIDE = 0.1
"""Change of the move from one print to the next that costs one, in lengths of the leg."""
_ROUGH = 0.008
"""How far the ground is over a sole, beyond even ground, that costs one, likewise."""
_FAIR = 0.3
"""Cost of a place at which a print stays if its neighbors' places are as good."""
_NEIGHBORS = 3
"""Prints before and after one in a bad place that may move with it."""
_BARE = 24.0
"""Cost of a sole wholly without ground."""

_FLAT = np.array([1.0, 0.0, 1.0])
_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True, eq=False)
class _Choices:
    """The places that one print may take."""

    places: Array
    """(C, 3) with the height of the ground."""
    slopes: Array
    """(C, 2) slopes of the ground in x and z."""
    costs: Array
    """(C,)"""
    moves: Array
    """(C, 2) along and across, in lengths of the leg."""


def placed(
    prints: Sequence[Footprint], surface: Surface, near: Array, body: Body
) -> list[Footprint]:
    """Return footprints on a surface; pinned ones keep their place but for its height.

    ``near`` (N,) are heights of the ground at the body, in meters, in which each is looked for.
    """
    if surface.mesh is None or not prints:
        return list(prints)
    tries = _Tries.of(prints, surface, near, body)
    stay = np.zeros((1, 2))
    every = np.arange(len(prints))
    choices = tries.choices(every, stay)
    bad = np.array([options.costs[0] > _FAIR for options in choices])
    moves = _grid()
    for i in np.flatnonzero(running_max(bad, _NEIGHBORS)):
        if not prints[i].pinned:
            (choices[i],) = tries.choices(every[i : i + 1], moves)
    chosen = _cheapest(choices)
    return [
        replace(one, place=options.places[best], normal=tilted(options.slopes[best], one.yaw, tilt))
        for one, options, best, tilt in zip(prints, choices, chosen, tries.limits, strict=True)
    ]


@dataclass(frozen=True, eq=False)
class _Tries:
    """Footprints that try places on a surface."""

    prints: Sequence[Footprint]
    surface: Surface
    near: Array
    """(N,) heights in which the ground is looked for."""
    outlines: Array
    """(N, P, 3) points all over the sole of each print, from its ball, in its direction."""
    limits: list[TiltLimits]
    size: float

    @staticmethod
    def of(prints: Sequence[Footprint], surface: Surface, near: Array, body: Body) -> _Tries:
        """Return the tries of a body's footprints."""
        legs = {leg.joints.name: leg for leg in body.legs}
        soles = {name: Sole.of_bones(leg) for name, leg in legs.items()}
        arms = {name: _outline(soles[name], legs[name].ball) for name in legs}
        outlines = [quat.apply(quat.yaw(one.yaw), arms[one.foot]) for one in prints]
        limits = [_limits(soles[one.foot]) for one in prints]
        return _Tries(prints, surface, near, np.stack(outlines), limits, body.leg_length)

    def choices(self, some: Array, moves: Array) -> list[_Choices]:
        """Return the choices of the prints ``some`` (K,) among moves (M, 2) of each."""
        yaws = np.array([self.prints[i].yaw for i in some])[:, None]
        ahead = np.stack([np.sin(yaws), 0.0 * yaws, np.cos(yaws)], axis=-1)
        aside = np.stack([np.cos(yaws), 0.0 * yaws, -np.sin(yaws)], axis=-1)
        steps = self.size * (moves[:, :1] * ahead + moves[:, 1:] * aside)
        places = np.array([self.prints[i].place * _FLAT for i in some])[:, None] + steps
        each = np.repeat(some, len(moves))
        soles, near = self.outlines[each], self.near[each]
        yaws = np.repeat(yaws[:, 0], len(moves))
        found = seats(self.surface, places.reshape(-1, 3), soles, yaws, near, self.size)
        costs = self._costs(found, each) + np.tile(_cost_of(moves), len(some))
        shape = len(some), len(moves)
        places[..., 1] = found.heights.reshape(shape)
        columns = zip(places, found.slopes.reshape(*shape, 2), costs.reshape(shape), strict=True)
        return [_Choices(*row, moves) for row in columns]

    def _costs(self, found: Seats, each: Array) -> Array:
        """Return the costs (C,) of the seats of the prints ``each`` (C,)."""
        most = np.array([np.tan(min(one.pitch, one.roll)) for one in self.limits])[each]
        steep = np.hypot(*found.slopes.T) / most
        over = (np.maximum(found.over / self.size - EVEN, 0.0) / _ROUGH) ** 2
        return np.asarray(over + _BARE * found.bare**2 + 4.0 * np.maximum(steep - 1.0, 0.0) ** 2)


def _cost_of(moves: Array) -> Array:
    return np.asarray((moves[:, 0] / _EASY) ** 2 + (moves[:, 1] / _EASY_ACROSS) ** 2)


def _limits(sole: Sole) -> TiltLimits:
    return PERSON_TILT if len(sole.heel) else PAW_TILT


def _grid() -> Array:
    along, across = (
        np.linspace(-most, most, count) for most, count in zip((ALONG, ACROSS), _STEPS, strict=True)
    )
    pairs = np.stack(np.meshgrid(along, across, indexing="ij"), axis=-1)
    return np.asarray(pairs.reshape(-1, 2))


def _outline(sole: Sole, ball: Array) -> Array:
    """Return (N, 3) points all over a sole from its ball, toes ahead, level."""
    points = np.concatenate([sole.heel, sole.ball]) * _FLAT - ball * _FLAT
    middle = points.mean(axis=0)
    length = max(float(np.ptp(points[:, 2])), 0.02)
    if len(sole.heel):
        parts = np.linspace(points[:, 2].min(), points[:, 2].max(), _ALONG)
        line = middle + np.stack([0.0 * parts, 0.0 * parts, parts - middle[2]], axis=-1)
        points = np.concatenate([points, line])
    sides = 0.17 * length * np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    edges = (points[:, None] + sides).reshape(-1, 3)
    return np.concatenate([edges, middle[None], np.zeros((1, 3))])


def _cheapest(choices: Sequence[_Choices]) -> list[int]:
    """Return the index of the choice of each print whose costs and changes are least in all."""
    total, back = choices[0].costs, []
    for before, here in pairwise(choices):
        change = (here.moves[None, :, 0] - before.moves[:, None, 0]) / _STRIDE
        paths = total[:, None] + change**2
        back.append(paths.argmin(axis=0))
        total = paths.min(axis=0) + here.costs
    best = [int(total.argmin())]
    for step in reversed(back):
        best.append(int(step[best[-1]]))
    return best[::-1]
