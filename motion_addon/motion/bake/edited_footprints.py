# SPDX-License-Identifier: GPL-3.0-or-later
"""Edited footprints of a bake: re-times the level motion, which is then laid on the edited prints.

Animals are driven anew on a bent stride clock, people get the time of their motion warped.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ...errors import RefusedError
from ..clip.clip import Clip
from ..controller.blending import StrideClock, leg_offsets
from ..controller.controller import Run
from ..footing.footprint_edits import NEAR, FootprintEdit, check_feet, left_out, resolved
from ..footing.timing.footfall_search import ROUNDS, Retiming, Try, search
from ..footing.timing.time_warp import Warp, stances_by_foot, warped
from ..footing.timing.unmoved import Spans, Unmoved
from .driven_walks import DrivenWalk, Retimed
from .driving import drive
from .finishing import finished
from .planning import PlannedWalk
from .reach import OutOfReachError
from .result import BakeResult, result_of


def rounds(walk: PlannedWalk) -> int:
    """Return how many times a walk may be driven anew for its edited footprints."""
    timed = any(edit.timed for edit in walk.request.footprints)
    return ROUNDS if timed and walk.model.kind.on_clock else 0


def with_edited_footprints(
    walk: PlannedWalk, driven: DrivenWalk
) -> Generator[float, None, BakeResult]:
    """Yield progress from 0 to 1 and return the result of a walk with its edited footprints.

    ``driven`` is the walk without edits. Raises RefusedError for an edit that cannot be met.
    """
    edits, kind = walk.request.footprints, walk.model.kind
    feet = [leg.name for leg in kind.legs]
    check_feet(edits, feet, kind.a_noun)
    timed = tuple(edit for edit in edits if edit.timed)
    retimed = driven.retimed
    if retimed is None or driven.timed != timed:
        plain = _try(walk, driven.run, driven.clip)
        retimed = yield from (_on_clock if kind.on_clock else _by_warp)(walk, plain, timed)
        driven.timed, driven.retimed = timed, retimed
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
    start = round(now.to, 4)
    return replace(edit, at=start, to=start, lift=round(now.lift, 4))


def _completed(
    walk: PlannedWalk,
    retimed: Retimed,
    met: Sequence[tuple[FootprintEdit, FootprintEdit]],
    warnings: Sequence[str],
) -> BakeResult:
    """Return the result of a re-timed walk and its card.

    ``met`` are the edits that are met, as given and as resolved for the re-timed motion; optional
    ones out of reach are left out.
    """
    resolve = replace(walk.request, footprints=tuple(now for _, now in met))
    try:
        result = result_of(replace(walk, request=resolve), retimed.done.run, retimed.done.clip)
    except OutOfReachError as error:
        given = next(edit for edit, now in met if now is error.edit)
        if not given.optional:
            raise OutOfReachError(given, error.place, error.wanted) from error
        rest = [pair for pair in met if pair[1] is not error.edit]
        return _completed(walk, retimed, rest, [*warnings, left_out(f"{error}.")])
    known = cast(list[str], result.report["warnings"])
    feet = [leg.name for leg in walk.model.kind.legs]
    contacts = result.clip.contacts
    shown = {} if contacts is None else stances_by_foot(contacts, feet)
    unmoved = retimed.unmoved.of(shown, result.clip.frames, result.clip.fps)
    prints = cast(list[dict[str, Any]], result.report["footprints"])
    card = {
        **result.report,
        "footprints": [*_keyed(prints, unmoved, [now for _, now in met])],
        "footprints_edited": [edit.to_json() for edit, _ in met],
        "footfalls_unmoved": unmoved,
        "warnings": [*known, *warnings],
    }
    return replace(result, request=walk.request, report=card)


def _keyed(
    prints: Sequence[dict[str, Any]],
    unmoved: Mapping[str, Spans],
    edits: Sequence[FootprintEdit],
) -> Iterator[dict[str, Any]]:
    """Yield footprints with the second ``at`` by which the next edits name them.

    An added print keeps the second of its edit and is marked.
    """
    count = dict.fromkeys(unmoved, 0)
    for one in prints:
        foot, start = one["foot"], one["touchdown"]
        number, count[foot] = count[foot], count[foot] + 1
        new = [e for e in edits if e.add and e.foot == foot and abs(e.at - start) < NEAR]
        was = unmoved[foot][number] if number < len(unmoved[foot]) else None
        if new:
            yield {**one, "at": round(new[0].at, 4), "added": True}
        else:
            yield {**one, "at": start if was is None else was[0]}


def _on_clock(
    walk: PlannedWalk, plain: Try, edits: Sequence[FootprintEdit]
) -> Generator[float, None, Retimed]:
    """Drive the walk anew until the paws land in time."""
    run, request = plain.run, walk.request

    def attempt(clock: StrideClock) -> Generator[float, None, Try]:
        (again,) = yield from drive([walk], clock)
        return _try(walk, again, finished(again, walk))

    clock = StrideClock(run.phase, leg_offsets(walk.model, walk.plan, request.lead)[0])
    retiming = Retiming(edits, plain.contacts, clock, plain.clip.fps)
    done = yield from search(retiming, plain, attempt)
    feet = [leg.name for leg in walk.model.kind.legs]
    stances = stances_by_foot(plain.contacts, feet)
    unmoved = Unmoved(stances, retiming.planned(), plain.clip.frames, plain.clip.fps)
    return Retimed(done, retiming.kept, [*retiming.warnings, *retiming.remarks()], unmoved)


def _by_warp(
    walk: PlannedWalk, plain: Try, edits: Sequence[FootprintEdit]
) -> Generator[float, None, Retimed]:
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
    return Retimed(done, warp.kept, [*warp.warnings, *warp.remarks()], unmoved)


def _try(walk: PlannedWalk, run: Run, clip: Clip) -> Try:
    kind = walk.model.kind
    known = np.zeros((clip.frames, len(kind.contact_points)))
    known = known if clip.contacts is None else clip.contacts
    contacts = known if walk.request.cleanup else kind.foot.binary(known, clip.fps)
    return Try(run, clip, contacts)
