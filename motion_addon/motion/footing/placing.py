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
from .surface import EVEN, PAW_TILT, PERSON_TILT, Surface, TiltLimits, seats, tilted

ALONG, ACROSS = 0.36, 0.1
"""Most that a print moves ahead or back, and aside, in lengths of the leg."""
_STEPS = (37, 5)
"""Places tried along and across."""
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
_BARE = 14.0
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
    legs = {leg.joints.name: leg for leg in body.legs}
    soles = {name: Sole.of_bones(leg) for name, leg in legs.items()}
    size = body.leg_length
    moves = _grid()
    stay = moves[len(moves) // 2][None]
    arms = {name: _outline(soles[name], legs[name].ball) for name in legs}

    def tried(index: int, moves: Array) -> _Choices:
        one = prints[index]
        foot = arms[one.foot], _limits(soles[one.foot])
        return _choices(one, surface, float(near[index]), *foot, moves, size)

    choices = [tried(i, stay) for i in range(len(prints))]
    bad = np.array([options.costs[0] > _FAIR for options in choices])
    for i in np.flatnonzero(running_max(bad, _NEIGHBORS)):
        if not prints[i].pinned:
            choices[i] = tried(int(i), moves)
    chosen = _cheapest(choices)
    return [
        replace(
            one,
            place=options.places[best],
            normal=tilted(options.slopes[best], one.yaw, _limits(soles[one.foot])),
        )
        for one, options, best in zip(prints, choices, chosen, strict=True)
    ]


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
    sides = 0.17 * length * np.array([[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    edges = (points[:, None] + sides).reshape(-1, 3)
    return np.concatenate([edges, middle[None], np.zeros((1, 3))])


def _choices(
    one: Footprint,
    surface: Surface,
    near: float,
    arms: Array,
    limits: TiltLimits,
    moves: Array,
    size: float,
) -> _Choices:
    ahead = quat.apply(quat.yaw(one.yaw), np.array([0.0, 0.0, 1.0]))
    aside = quat.apply(quat.yaw(one.yaw), np.array([1.0, 0.0, 0.0]))
    places = one.place * _FLAT + size * (moves[:, :1] * ahead + moves[:, 1:] * aside)
    offsets = quat.apply(quat.yaw(one.yaw), arms)
    found = seats(surface, places, offsets, one.yaw, near, size)
    steep = np.hypot(*found.slopes.T) / np.tan(min(limits.pitch, limits.roll))
    costs = (moves[:, 0] / _EASY) ** 2 + (moves[:, 1] / _EASY_ACROSS) ** 2
    costs += (np.maximum(found.over / size - EVEN, 0.0) / _ROUGH) ** 2
    costs += _BARE * found.bare**2 + 4.0 * np.maximum(steep - 1.0, 0.0) ** 2
    return _Choices(places + found.heights[:, None] * _UP, found.slopes, costs, moves)


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
