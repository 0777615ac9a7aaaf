# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a baked take: rigid offsets of bones from their baked pose, anchored to stances.

An edit is the transform of a bone relative to its baked transform at some frames. Its time is the
phase of a leg, which counts touchdowns and lift-offs, so that an edit of the third step is placed
on the third step of another bake. Frames are scene frames; locations are in the units of the
bone's own space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..clip.contacts import runs
from ..maths import quat
from ..maths.quat import Array

TURN = 1e-5
"""Radians below which a rotation is no edit: the rounding of keys."""
MOVE = 1e-6
"""Part of the size of a location below which a change of it is no edit."""
SAME = 1e-4
"""Largest difference of an offset that lies in a take unchanged, radians or part of its size."""
PAIR = 2
"""Largest number of keys on consecutive frames that each land on a whole frame."""
AFTER = 0.5
"""Frames after the last baked frame from which an edit is after the take."""


@dataclass(frozen=True, eq=False)
class StanceClock:
    """Phase of one leg in a take: piecewise linear between the knots, at a mean rate outside."""

    frames: Array
    """(K,) frames of the knots, increasing, K of at least two."""
    phases: Array
    """(K,) phases there, increasing: 2 n at the touchdown of stance n, 2 n + 1 at its lift-off."""
    last: float
    """Last frame of the take."""

    @staticmethod
    def of_stances(
        stances: Sequence[Sequence[float]], fps: float, first: float, last: float
    ) -> StanceClock:
        """Return the clock of a leg's stances, in seconds from the first frame."""
        frames = first + fps * np.asarray(stances, dtype=np.float64).reshape(-1)
        phases = np.arange(len(frames), dtype=np.float64)
        if frames[0] > first + AFTER:
            frames, phases = np.append(first, frames), np.append(-1.0, phases)
        increasing = np.append(True, np.diff(np.maximum.accumulate(frames)) > 1e-6)
        frames, phases = frames[increasing], phases[increasing]
        if len(frames) < 2:
            return StanceClock.even(first, last)
        return StanceClock(frames, phases, last)

    @staticmethod
    def even(first: float, last: float, steps: float = 1.0) -> StanceClock:
        """Return a clock without stances that runs evenly to phase ``steps`` at the last frame."""
        stop = max(last, first + 1.0)
        return StanceClock(np.array([first, stop]), np.array([0.0, steps]), last)

    def phase_of(self, frames: Array) -> Array:
        """Return phases (N,) at frames (N,)."""
        return _through(np.asarray(frames, dtype=np.float64), self.frames, self.phases)

    def frame_of(self, phases: Array) -> Array:
        """Return frames (N,) at phases (N,)."""
        return _through(np.asarray(phases, dtype=np.float64), self.phases, self.frames)


def _through(at: Array, x: Array, y: Array) -> Array:
    """Interpolate through points (x, y); outside go on at the mean slope."""
    slope = (y[-1] - y[0]) / (x[-1] - x[0])
    inside = np.interp(at, x, y)
    return np.asarray(inside + slope * (np.minimum(at - x[0], 0.0) + np.maximum(at - x[-1], 0.0)))


@dataclass(frozen=True, eq=False)
class Edit:
    """Offsets of one bone over consecutive frames, from no offset before to no offset after."""

    bone: str
    """Pose bone, or an empty text for the object."""
    leg: str
    """Leg by whose stances it is anchored, or an empty text for the first one."""
    phases: Array
    """(N,) phases; frames from the take's last one if ``by_end``."""
    turns: Array
    """(N, 4) wxyz, rotations in the bone's baked pose."""
    moves: Array
    """(N, 3) locations in the bone's baked pose."""
    keyed: Array
    """(N,) bool, whether the artist set a key there; other offsets lie between two keys."""
    by_end: bool = False
    """Whether it is anchored to the take's end: it lies after it or within the last stance."""
    open_end: bool = False
    """Whether it lasts to the end of the take, and holds to the end of a longer one."""

    def part(self, rows: Array) -> Edit:
        """Return the edit at some of its rows."""
        return replace(
            self, phases=self.phases[rows], turns=self.turns[rows], moves=self.moves[rows],
            keyed=self.keyed[rows],
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Offsets:
    """An edit placed in a take: offsets at whole frames."""

    bone: str
    frames: Array
    """(N,) int, increasing."""
    turns: Array
    """(N, 4) wxyz."""
    moves: Array
    """(N, 3)."""
    keyed: Array
    """(N,) bool."""


def read(
    bone: str,
    leg: str,
    clock: StanceClock,
    frames: Array,
    baked: tuple[Array, Array],
    edited: tuple[Array, Array],
    keys: Array,
    laid: Sequence[Edit] = (),
) -> list[Edit]:
    """Return the edits of a bone from its baked and its edited channels.

    Args:
        bone, leg: as in ``Edit``.
        clock: of that leg, in the take that was edited.
        frames: (N,) increasing frames at which the channels are given.
        baked: rotations (N, 4) and locations (N, 3) as they were baked.
        edited: rotations and locations now.
        keys: (N,) int, 0 without a key at a frame, 1 with a generated key, 2 with the artist's.
        laid: edits of the bone that were laid on the take. Those that lie there unchanged are
            returned as they are, so that an edit does not drift from one bake to the next.
    """
    turns, moves, changed = _offsets(baked, edited)
    kept, rests, unchanged = _kept(laid, clock, frames, turns, moves)
    changed &= ~unchanged
    after = frames > clock.last + AFTER
    found = []
    for rows in _runs(changed & ~after):
        marks = keys[rows] == max(keys[rows].max(), 1)
        ends = bool(frames[rows[-1]] > clock.last - 1.0 + 1e-3)
        late = ends and bool(clock.phase_of(frames[rows[:1]])[0] >= clock.phases[-2])
        times = frames[rows] - clock.last if late else clock.phase_of(frames[rows])
        if not marks.any():
            marks[_strongest(turns[rows], moves[rows])[-1]] = True
        found.append(
            Edit(
                bone, leg, times, turns[rows], moves[rows], marks, by_end=late,
                open_end=ends and not late,
            )
        )  # fmt: skip
    rows = np.flatnonzero(changed & after & (keys > 0))
    if len(rows):
        marks = np.ones(len(rows), dtype=bool)
        times = frames[rows] - clock.last
        found.append(Edit(bone, leg, times, turns[rows], moves[rows], marks, by_end=True))
    return [*kept, *_joined(found, rests)]


def _kept(
    laid: Sequence[Edit], clock: StanceClock, frames: Array, turns: Array, moves: Array
) -> tuple[list[Edit], list[Edit], Array]:
    """Return the edits that lie unchanged in a take, and the parts of others beyond its end.

    ``turns`` and ``moves`` are the offsets at ``frames`` now. Also returns at which frames
    offsets of unchanged edits lie, (N,) bool.
    """
    placed = [place(edit, clock) for edit in laid]
    whole = merged([offsets for offsets, _ in placed if offsets is not None])
    same, covered = np.zeros(len(frames), dtype=bool), np.zeros(len(frames), dtype=bool)
    if whole is not None:
        at = np.clip(np.searchsorted(whole.frames, frames), 0, len(whole.frames) - 1)
        apart = quat.inv_mul(whole.turns[at], turns)
        moved = np.linalg.norm(whole.moves[at] - moves, axis=1)
        same = (whole.frames[at] == frames) & (2.0 * np.linalg.norm(apart[:, 1:], axis=1) < SAME)
        same &= moved < SAME * (1.0 + np.linalg.norm(moves, axis=1))
    kept, rests = list[Edit](), list[Edit]()
    for edit, (offsets, rest) in zip(laid, placed, strict=True):
        if offsets is None or np.isin(offsets.frames, frames[same]).all():
            kept.append(edit)
            if offsets is not None:
                covered |= (frames >= offsets.frames[0]) & (frames <= offsets.frames[-1])
        elif rest is not None:
            rests.append(rest)
    return kept, rests, covered


def _offsets(baked: tuple[Array, Array], edited: tuple[Array, Array]) -> tuple[Array, Array, Array]:
    """Return rotations (N, 4) and locations (N, 3) in the baked pose, and where they are edits."""
    turns = quat.inv_mul(quat.normalize(baked[0]), quat.normalize(edited[0]))
    moves = quat.inv_apply(quat.normalize(baked[0]), edited[1] - baked[1])
    size = 1.0 + np.abs(baked[1]).max(initial=0.0)
    turned = 2.0 * np.linalg.norm(turns[:, 1:], axis=1) > TURN
    moved = np.linalg.norm(moves, axis=1) > MOVE * size
    turns = np.where(turned[:, None], np.where(turns[:, :1] < 0.0, -turns, turns), quat.IDENTITY)
    return turns, np.where(moved[:, None], moves, 0.0), turned | moved


def _runs(mask: Array) -> list[Array]:
    """Return the indices of each run of True."""
    return [np.arange(start, stop) for start, stop in runs(mask)]


def _joined(edits: Sequence[Edit], waiting: Sequence[Edit]) -> list[Edit]:
    """Return edits with the parts beyond the end of the take, joined to those they continue."""
    out = list(edits)
    for rest in waiting:
        same = [i for i, e in enumerate(out) if e.open_end and e.phases[-1] < rest.phases[0]]
        if same:
            out[same[0]] = _chained(out[same[0]], rest)
        else:
            out.append(rest)
    return out


def _chained(edit: Edit, rest: Edit) -> Edit:
    pairs = ((getattr(edit, n), getattr(rest, n)) for n in ("phases", "turns", "moves", "keyed"))
    phases, turns, moves, keyed = (np.concatenate(pair) for pair in pairs)
    return replace(
        edit, phases=phases, turns=turns, moves=moves, keyed=keyed, open_end=rest.open_end
    )


def place(edit: Edit, clock: StanceClock) -> tuple[Offsets | None, Edit | None]:
    """Return an edit's offsets in another take, and the part of it beyond that take's end.

    Keys of the artist land on the whole frame nearest to their phase, where the offset is exact.
    Keys on consecutive frames keep their shape: the strongest lands on a whole frame, the others
    are interpolated, as are offsets between keys.
    """
    times = clock.last + edit.phases if edit.by_end else clock.frame_of(edit.phases)
    beyond = times > clock.last + AFTER
    waiting = None
    if not edit.by_end and beyond.any():
        waiting = edit.part(beyond)
        if beyond.all():
            return None, waiting
        edit, times, beyond = edit.part(~beyond), times[~beyond], beyond[~beyond]
    groups = _runs(edit.keyed)
    exact = np.array([row for rows in groups for row in _anchors(edit, rows)], dtype=int)
    times = _shifted(times, groups, exact)
    lasts = edit.open_end or waiting is not None
    if beyond.any():
        frames = np.unique(np.round(times).astype(int))
        turns, moves = _interpolated(times, edit, frames.astype(np.float64))
    else:
        frames, turns, moves = _filled(times, edit, clock, groups, lasts)
    keyed = np.isin(frames, np.round(times[edit.keyed]).astype(int))
    for rows in groups:
        if len(rows) > PAIR and not beyond.any():
            keyed |= (frames >= round(times[rows[0]])) & (frames <= round(times[rows[-1]]))
    for row in exact[_strongest(edit.turns[exact], edit.moves[exact])]:
        at = np.flatnonzero(frames == round(times[row]))
        turns[at], moves[at] = edit.turns[row], edit.moves[row]
    return Offsets(edit.bone, frames, turns, moves, keyed), waiting


def _filled(
    times: Array, edit: Edit, clock: StanceClock, groups: Sequence[Array], lasts: bool
) -> tuple[Array, Array, Array]:
    """Return the whole frames (N,) of an edit, and its rotations and locations there.

    A run of keys rises from no offset, and falls to none, in the time between its keys.
    """
    first = round(times[0])
    last = max(round(clock.last if lasts else times[-1]), first)
    knots, shares = [times[0], times[-1]], [1.0, 1.0]
    if len(groups) and len(groups[0]) > PAIR and groups[0][0] == 0:
        start = 2.0 * times[0] - times[1]
        if start > clock.frames[0] - AFTER:
            first = int(np.floor(start + 1e-6)) + 1
            knots, shares = [start, *knots], [0.0, *shares]
    if len(groups) and len(groups[-1]) > PAIR and groups[-1][-1] == len(times) - 1:
        stop = 2.0 * times[-1] - times[-2]
        if stop < clock.last + AFTER and not lasts:
            last = int(np.ceil(stop - 1e-6)) - 1
            knots, shares = [*knots, stop], [*shares, 0.0]
    frames = np.arange(first, last + 1)
    turns, moves = _interpolated(times, edit, frames.astype(np.float64))
    share = np.interp(frames, knots, shares)
    none = np.broadcast_to(quat.IDENTITY, turns.shape)
    return frames, quat.slerp(none, turns, share), share[:, None] * moves


def _anchors(edit: Edit, rows: Array) -> Array:
    """Return which of consecutive keyed rows land on whole frames."""
    return rows if len(rows) <= PAIR else rows[_strongest(edit.turns[rows], edit.moves[rows])[-1:]]


def _shifted(times: Array, groups: Sequence[Array], exact: Array) -> Array:
    """Return times (N,), increasing, with the exact rows on whole frames and others along."""
    if not len(exact):
        return times
    shift = np.round(times[exact]) - times[exact]
    along = np.interp(times, times[exact], shift)
    for rows in groups:
        if len(rows) > PAIR:
            along[rows] = shift[np.isin(exact, rows)][0]
    along[exact] = shift
    return np.asarray(np.maximum.accumulate(times + along))


def _strongest(turns: Array, moves: Array) -> Array:
    """Return the order of offsets (N,) by their size, the largest last."""
    size = np.linalg.norm(turns[:, 1:], axis=1) + np.linalg.norm(moves, axis=1)
    return np.argsort(size, kind="stable")


def merged(parts: Sequence[Offsets]) -> Offsets | None:
    """Return the offsets of a bone in one; where some share a frame the later ones count."""
    if not parts:
        return None
    frames, rows = np.unique(
        np.concatenate([part.frames for part in parts])[::-1], return_index=True
    )
    columns = (
        np.concatenate([getattr(part, name) for part in parts])[::-1][rows]
        for name in ("turns", "moves", "keyed")
    )
    return Offsets(parts[0].bone, frames, *columns)


def _interpolated(times: Array, edit: Edit, frames: Array) -> tuple[Array, Array]:
    """Return rotations (M, 4) and locations (M, 3) at frames, between the rows of an edit."""
    low = np.clip(np.searchsorted(times, frames, "right") - 1, 0, max(len(times) - 2, 0))
    high = np.minimum(low + 1, len(times) - 1)
    span = np.maximum(times[high] - times[low], 1e-9)
    share = np.clip((frames - times[low]) / span, 0.0, 1.0)
    turns = quat.slerp(edit.turns[low], edit.turns[high], share)
    return turns, edit.moves[low] + share[:, None] * (edit.moves[high] - edit.moves[low])


def apply(baked: tuple[Array, Array], offsets: Offsets) -> tuple[Array, Array]:
    """Return rotations (N, 4) and locations (N, 3) of a bone with offsets on its baked pose.

    ``baked`` are its rotations and locations at the frames of the offsets.
    """
    turn = quat.normalize(baked[0])
    return quat.mul(turn, offsets.turns), baked[1] + quat.apply(turn, offsets.moves)
