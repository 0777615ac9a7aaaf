# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks as they were driven, and the last one of them, so that edits of its prints are quick."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from ..clip.clip import Clip
from ..controller.controller import Run
from ..footing.footprint_edits import FootprintEdit
from ..footing.timing.footfall_search import Try
from ..footing.timing.unmoved import Unmoved
from ..plan.trajectory import Trajectory
from .driving import drive
from .finishing import finished
from .planning import PlannedWalk

MOST_FRAMES = 20_000
"""Frames of the longest walk that is kept, about 10 MB."""


@dataclass(frozen=True, eq=False)
class Retimed:
    """A level motion whose stances have their edited times."""

    done: Try
    kept: Sequence[FootprintEdit]
    """Edits of time that are met."""
    warnings: Sequence[str]
    unmoved: Unmoved


@dataclass(eq=False)
class DrivenWalk:
    """A driven and finished walk on level ground, before its footprints are edited."""

    walk: PlannedWalk
    run: Run
    clip: Clip
    timed: tuple[FootprintEdit, ...] = ()
    """Edits of time that ``retimed`` meets."""
    retimed: Retimed | None = None

    def fits(self, walk: PlannedWalk) -> bool:
        """Whether another walk differs in nothing but its footprints and its ground."""
        same = self.walk.model is walk.model and self.walk.creature is walk.creature
        return same and _bare(self.walk) == _bare(walk) and _same(self.walk.plan, walk.plan)


class _Last:
    walk: DrivenWalk | None = None
    level: tuple[Clip, Clip] | None = None
    """A level motion, and the same at the request's frame rate."""


_last = _Last()


def driven(walk: PlannedWalk) -> Generator[float, None, DrivenWalk]:
    """Yield progress from 0 to 1 and return a walk as it is driven, which is kept for the next."""
    last = _last.walk
    if last is not None and last.fits(walk):
        return last
    (run,) = yield from drive([walk])
    made = DrivenWalk(walk, run, finished(run, walk))
    _last.walk = made if len(walk.plan) <= MOST_FRAMES else None
    return made


def resampled(clip: Clip, fps: float) -> Clip:
    """Return a level motion at a frame rate; the last one is kept. Raises RefusedError."""
    last = _last.level
    if last is not None and last[0] is clip and last[1].fps == fps:
        return last[1]
    made = clip.resample(fps)
    _last.level = (clip, made) if clip.frames <= MOST_FRAMES else None
    return made


def forget() -> None:
    """Drop the kept walk."""
    _last.walk = _last.level = None


def _bare(walk: PlannedWalk) -> object:
    return replace(walk.request, footprints=())


def _same(one: Trajectory, other: Trajectory) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(Trajectory)
    )
