# SPDX-License-Identifier: GPL-3.0-or-later
"""The footing of a motion: its footprints on level ground, where they shall be, and the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..body.kinds import Kind
from ..maths.quat import Array
from ..plan.ground_mesh import GroundMesh
from .footprints import Footprint


@dataclass(frozen=True, eq=False)
class Footing:
    """What a level motion is laid on."""

    level: tuple[Footprint, ...]
    """Footprints of the level motion, whose ground is at height 0."""
    prints: tuple[Footprint, ...]
    """Footprints to reach; a level one without a counterpart in time is left out."""
    ground: GroundMesh | None
    """The ground; None is level at 0."""
    contacts: Array
    """(T, P) contacts of the level motion, as ``Clip.contacts``."""
    fps: float

    @property
    def is_level(self) -> bool:
        """Whether nothing differs from the level motion."""
        return self.ground is None and self.prints == self.level

    def scaled(self, factor: float) -> Footing:
        """Return this footing with all lengths multiplied by ``factor``."""
        ground = self.ground
        if ground is not None:
            ground = GroundMesh(ground.vertices * factor, ground.triangles)
        level = tuple(replace(one, place=one.place * factor) for one in self.level)
        prints = tuple(replace(one, place=one.place * factor) for one in self.prints)
        if self.prints is self.level:
            prints = level
        return replace(self, level=level, prints=prints, ground=ground)

    def steps(self, foot: str) -> list[Step]:
        """Return the steps of a foot in order, with the level ones that are left out."""
        level = [one for one in self.level if one.foot == foot]
        wanted = [one for one in self.prints if one.foot == foot]
        known = [(one, _counterpart(one, wanted)) for one in level]
        taken = {id(one) for _, one in known}
        added = [(None, one) for one in wanted if id(one) not in taken]
        steps = [Step(a, b, *self._frames(a or b)) for a, b in [*known, *added]]
        return sorted(steps, key=lambda step: step.start)

    def marks(self, kind: Kind, index: int) -> tuple[Array, Array]:
        """Return (T,) bool, frames in which the heel and the ball or paw of a leg are down."""
        ball = kind.balls[index]
        down = self.contacts[:, ball] > 0.5
        heel = self.contacts[:, ball - 1] > 0.5 if kind.foot.rolls else np.zeros_like(down)
        return heel, down

    def _frames(self, one: Footprint | None) -> tuple[int, int]:
        assert one is not None
        last = len(self.contacts)
        start = min(max(round(one.touchdown * self.fps), 0), last - 1)
        return start, min(max(round(one.liftoff * self.fps), start + 1), last)


@dataclass(frozen=True, eq=False)
class Step:
    """One stance of a foot on level ground, and where it shall be."""

    level: Footprint | None
    """None for an added step."""
    wanted: Footprint | None
    """None for a step that is left out."""
    start: int
    stop: int
    """Frames, ``stop`` excluded."""


def _counterpart(one: Footprint, prints: list[Footprint]) -> Footprint | None:
    """Return the footprint of the same foot that shares most of its time with ``one``."""
    best, most = None, 0.0
    for other in prints:
        shared = min(one.liftoff, other.liftoff) - max(one.touchdown, other.touchdown)
        if shared > most:
            best, most = other, shared
    return best
