# SPDX-License-Identifier: GPL-3.0-or-later
"""Edited footprints of a bake: re-times the level motion, which is then laid on the edited prints.

Animals are driven anew on a bent stride clock, people get the time of their motion warped.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from ...errors import RefusedError
from ..controller.blending import StrideClock, leg_offsets
from ..controller.controller import Run
from ..footing.footprint_edits import FootprintEdit, check_feet, left_out, resolved
from ..footing.timing.footfall_search import ROUNDS, Retiming, Try, search
from ..footing.timing.time_warp import Warp, stances_by_foot, warped
from ..footing.timing.unmoved import Unmoved
from .driving import drive
from .finishing import finished
from .planning import PlannedWalk
from .result import BakeResult, result_of


@dataclass(frozen=True, eq=False)
class _Retimed:
    """A level motion whose stances have their edited times."""

    done: Try
    kept: Sequence[FootprintEdit]
    warnings: Sequence[str]
    unmoved: Unmoved


def rounds(walk: PlannedWalk) -> int:
    """Return how many times a walk may be driven anew for its edited footprints."""
    timed = any(edit.timed for edit in walk.request.footprints)
    return ROUNDS if timed and walk.model.kind.on_clock else 0


def with_edited_footprints(walk: PlannedWalk, run: Run) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result of a walk with its edited footprints.

    ``run`` is the walk's without edits. Raises RefusedError for an edit that cannot be met.
    """
    edits, kind = walk.request.footprints, walk.model.kind
    feet = [leg.name for leg in kind.legs]
    check_feet(edits, feet, kind.a_noun)
    plain = _attempt(walk, run)
    timed = tuple(edit for edit in edits if edit.timed)
    retimed = yield from (_on_clock if kind.on_clock else _by_warp)(walk, plain, timed)
    fps, warnings = retimed.done.clip.fps, [*retimed.warnings]
    stances = {
        foot: [(start / fps, stop / fps) for start, stop in own]
        for foot, own in stances_by_foot(retimed.done.contacts, feet).items()
    }
    met: list[tuple[FootprintEdit, FootprintEdit]] = []
    for edit in edits:
        if edit.timed and edit not in retimed.kept:
            continue
        now = resolved(edit, stances[edit.foot], retimed.done.clip.frames / fps)
        if not isinstance(now, str):
            met.append((_kept(edit, now), now))
        elif edit.optional:
            warnings.append(left_out(now))
        else:
            raise RefusedError(now.rstrip("."))
    return _completed(walk, retimed, met, warnings)


def _kept(edit: FootprintEdit, now: FootprintEdit) -> FootprintEdit:
    """Return an edit for the next bake: a new print keeps the times that it got."""
    if not edit.add or now.to is None or now.lift is None:
        return edit
    return replace(edit, to=round(now.to, 4), lift=round(now.lift, 4))


def _completed(
    walk: PlannedWalk,
    retimed: _Retimed,
    met: Sequence[tuple[FootprintEdit, FootprintEdit]],
    warnings: Sequence[str],
) -> BakeResult:
    """Return the result of a re-timed walk and its card.

    ``met`` are the edits that are met, as given and as resolved for the re-timed motion.
    """
    resolve = replace(walk.request, footprints=tuple(now for _, now in met))
    result = result_of(replace(walk, request=resolve), retimed.done.run, retimed.done.clip)
    known = cast(list[str], result.report["warnings"])
    feet = [leg.name for leg in walk.model.kind.legs]
    contacts = result.clip.contacts
    shown = {} if contacts is None else stances_by_foot(contacts, feet)
    card = {
        **result.report,
        "footprints_edited": [edit.to_json() for edit, _ in met],
        "footfalls_unmoved": retimed.unmoved.of(shown, result.clip.frames, result.clip.fps),
        "warnings": [*known, *warnings],
    }
    return replace(result, request=walk.request, report=card)


def _on_clock(
    walk: PlannedWalk, plain: Try, edits: Sequence[FootprintEdit]
) -> Generator[float, None, _Retimed]:
    """Drive the walk anew until the paws land in time."""
    run, request = plain.run, walk.request

    def attempt(clock: StrideClock) -> Generator[float, None, Try]:
        (again,) = yield from drive([walk], clock)
        return _attempt(walk, again)

    clock = StrideClock(run.phase, leg_offsets(walk.model, walk.plan, request.lead)[0])
    retiming = Retiming(edits, plain.contacts, clock, plain.clip.fps)
    done = yield from search(retiming, plain, attempt)
    feet = [leg.name for leg in walk.model.kind.legs]
    stances = stances_by_foot(plain.contacts, feet)
    unmoved = Unmoved(stances, retiming.planned(), plain.clip.frames, plain.clip.fps)
    return _Retimed(done, retiming.kept, [*retiming.warnings, *retiming.remarks()], unmoved)


def _by_warp(
    walk: PlannedWalk, plain: Try, edits: Sequence[FootprintEdit]
) -> Generator[float, None, _Retimed]:
    """Warp the time of the motion."""
    yield 0.5
    clip = plain.clip
    stances = stances_by_foot(plain.contacts, [leg.name for leg in walk.model.kind.legs])
    warp = Warp(stances, edits, clip.frames, clip.fps)
    done = plain
    if warp.kept:
        source = warp.source()
        phase = np.interp(source, np.arange(len(plain.run.phase)), plain.run.phase)
        at = np.clip(np.floor(source + 1e-6).astype(np.int64), 0, clip.frames - 1)
        done = Try(replace(plain.run, phase=phase), warped(clip, source), plain.contacts[at])
    unmoved = Unmoved(stances, warp.planned(), clip.frames, clip.fps)
    return _Retimed(done, warp.kept, [*warp.warnings, *warp.remarks()], unmoved)


def _attempt(walk: PlannedWalk, run: Run) -> Try:
    clip, kind = finished(run, walk), walk.model.kind
    known = np.zeros((clip.frames, len(kind.contact_points)))
    known = known if clip.contacts is None else clip.contacts
    contacts = known if walk.request.cleanup else kind.foot.binary(known, clip.fps)
    return Try(run, clip, contacts)
