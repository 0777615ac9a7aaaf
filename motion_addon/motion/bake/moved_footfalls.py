# SPDX-License-Identifier: GPL-3.0-or-later
"""Moved footfalls of a bake: drives the walk anew until the paws land in time."""

from collections.abc import Generator
from dataclasses import replace
from typing import cast

import numpy as np

from ..controller.blending import StrideClock, leg_offsets
from ..controller.controller import Run
from ..controller.footfall_search import Retiming, Try, search
from .driving import drive
from .finishing import finished
from .planning import PlannedWalk
from .result import BakeResult, result_of


def with_moved_footfalls(walk: PlannedWalk, run: Run) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result of a walk's best run.

    ``run`` is the walk's without moved footfalls. Raises RefusedError for a footfall that cannot
    be moved so.
    """
    request, plain = walk.request, _attempt(walk, run)

    def attempt(clock: StrideClock) -> Generator[float, None, Try]:
        (again,) = yield from drive([walk], clock)
        return _attempt(walk, again)

    clock = StrideClock(run.phase, leg_offsets(walk.model, walk.plan, request.lead)[0])
    retiming = Retiming(request.footfalls, plain.contacts, clock, plain.clip.fps)
    best = yield from search(retiming, plain, attempt)
    result = result_of(walk, best.run, best.clip)
    warnings = [
        *cast(list[str], result.report["warnings"]),
        *retiming.warnings,
        *retiming.remarks(),
    ]
    card = {**result.report, **retiming.card(result.clip), "warnings": warnings}
    return replace(result, report=card)


def _attempt(walk: PlannedWalk, run: Run) -> Try:
    clip = finished(run, walk)
    known = np.zeros((clip.frames, 4)) if clip.contacts is None else clip.contacts
    binary = walk.model.kind.foot.binary
    contacts = known if walk.request.cleanup else binary(known, clip.fps)
    return Try(run, clip, contacts)
