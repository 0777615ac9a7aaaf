# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches for the stride clock that moves footfalls to requested times.

A leg's time is warped smoothly, so that its touchdowns and lift-offs are at the requested times;
the events before and after stay. The network then moves the leg and the rest of the body. It
falls a little short of the request, so the warp is corrected by the measured result.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ...body.quadruped import LEGS
from ...clip import contacts as foot_contacts
from ...clip.clip import Clip
from ...controller.blending import StrideClock
from ...controller.controller import Run
from ...maths.progress import part_of
from ...maths.quat import Array
from ..footprint_edits import FootprintEdit, left_out, nearest

ROUNDS = 4
"""Most tries at one set of moved footfalls."""
OBEYED = 0.05
"""Seconds at the model's size, the largest error of a moved touchdown: 1.5 frames of 30."""
LIFT_OBEYED = 0.1
"""Seconds, the error of a lift-off from which it is reported."""
NEAR = 0.1
"""Seconds at the model's size within which a touchdown is the one that is meant."""
SHORTEST_STANCE = 0.05
SHORTEST_SWING = 0.08
"""Seconds at the model's size."""
LEAST_SWING = 0.4
"""Share of its time that a swing keeps, at least."""
EASY_SWING = 0.7
"""Share of its time that a swing keeps before a stance without a requested lift-off is cut."""
GAIN = 0.9
"""Share of the remaining error that is added in the next try."""

Span = tuple[int, int]
"""First frame on the ground and first in the air."""


@dataclass(eq=False)
class _Move:
    """One stance to move; in frames."""

    edit: FootprintEdit
    leg: int
    index: int
    """Index among the stances of its leg."""
    wanted: Span
    aim: tuple[float, float]
    """Touchdown and lift-off to which the leg's time is warped, to get the wanted stance."""
    got: Span | None = None
    """Its stance in the last try."""
    best: tuple[float, tuple[float, float]] | None = None
    """Least error so far, and the aim that gave it."""

    def learn(self) -> float:
        """Aim better by what came out; return how far off that was, in frames.

        A lift-off counts half. Where the last try was worse than one before, it went too far.
        """
        if self.got is None:
            off = (0.0, 0.0)
            missed = float("inf")
        else:
            off = self.got[0] - self.wanted[0], self.got[1] - self.wanted[1]
            missed = max(abs(off[0]), 0.5 * abs(off[1]))
        tried = self.aim
        if self.best is not None and missed >= self.best[0]:
            good = self.best[1]
            self.aim = 0.5 * (tried[0] + good[0]), 0.5 * (tried[1] + good[1])
        else:
            self.best = missed, tried
            self.aim = tried[0] - GAIN * off[0], tried[1] - GAIN * off[1]
        return missed


class Retiming:
    """The moved footfalls of one bake: the next try, and the error of the last."""

    def __init__(
        self, edits: Sequence[FootprintEdit], contacts: Array, clock: StrideClock, second: float
    ) -> None:
        """Start from the bake without moved footfalls.

        `contacts` (T, 4), binary, and `clock` are of the model's frames, of which `second` make a
        second of the request. Raises RefusedError for a footfall that cannot be met; those that
        are optional are left out with a sentence in `warnings`.
        """
        self.warnings: list[str] = []
        self._clock, self._second, self._frames = clock, second, len(contacts)
        self._pace = 60.0 / second
        self._stances = stances_of(contacts)
        self._moves: list[_Move] = []
        for edit in edits:
            self._accept(edit)
        self._settle()

    @property
    def moved(self) -> int:
        """Number of moved footfalls."""
        return len(self._moves)

    def clock(self) -> StrideClock:
        """Return the clock to try next."""
        time = np.arange(self._frames, dtype=np.float64)
        offsets = self._clock.offsets.copy()
        for leg in {move.leg for move in self._moves}:
            bent = np.interp(self._bend(leg, time), time, self._clock.phase - offsets[:, leg])
            offsets[:, leg] = self._clock.phase - bent
        return StrideClock(self._clock.phase, offsets)

    def learn(self, contacts: Array) -> float:
        """Take in the contacts (T, 4) of a try; return how far off it was, in frames.

        That is the sum of what the moved footfalls are off; one that is gone counts a second.
        """
        stances, total = stances_of(contacts), 0.0
        for move in self._moves:
            move.got = self._found(stances[move.leg], move)
            total += min(move.learn(), self._second)
        return total

    def refuse(self) -> bool:
        """Drop optional footfalls that the last try missed; return whether any were dropped.

        Raises RefusedError for the others.
        """
        missed = [move for move in self._moves if not self._obeyed(move)]
        for move in missed:
            self._reject(move.edit, self._missed(move))
        self._moves = [move for move in self._moves if move not in missed]
        return bool(missed)

    def remarks(self) -> list[str]:
        """Return a sentence for each lift-off that was asked for and is clearly elsewhere."""
        out = []
        for move in self._moves:
            if move.got is None or move.edit.lift is None:
                continue
            if abs(move.got[1] - move.wanted[1]) > LIFT_OBEYED * 60.0:
                out.append(
                    f"{move.edit.title} lifts off at {self._seconds(move.got[1])} s;"
                    f" {self._seconds(move.wanted[1])} s is more than it can do."
                )
        return out

    @property
    def kept(self) -> list[FootprintEdit]:
        """Edits that are met."""
        return [move.edit for move in self._moves]

    def planned(self) -> dict[str, list[Span]]:
        """Return the stances of each paw with their edited times, in frames."""
        return {
            leg: [self._planned(number, index) for index in range(len(self._stances[number]))]
            for number, leg in enumerate(LEGS)
        }

    def _accept(self, edit: FootprintEdit) -> None:
        """Add a move for a footfall, if there is such a stance."""
        leg = LEGS.index(edit.foot)
        stances = self._stances[leg]
        starts = [start / self._second for start, _ in stances]
        index = nearest(edit, starts, NEAR / self._pace)
        if isinstance(index, str):
            self._reject(edit, index)
            return
        if any((move.leg, move.index) == (leg, index) for move in self._moves):
            self._reject(edit, f"{edit.title} is moved twice; name it once.")
            return
        start, stop = stances[index]
        to = start if edit.to is None else round(edit.to * self._second)
        if start == 0 and to != 0:
            self._reject(edit, f"{edit.foot} stands from the start and has no touchdown.")
            return
        lift = stop + to - start if edit.lift is None else round(edit.lift * self._second)
        lift = self._frames if stop == self._frames else lift
        self._moves.append(_Move(edit, leg, index, (to, lift), (float(to), float(lift))))

    def _settle(self) -> None:
        """Fit stances without a requested lift-off into their room; reject moves that have none."""
        for move in self._moves:
            start, stop = move.wanted
            if move.edit.lift is None and stop < self._frames:
                _, last = self._room(move, EASY_SWING)
                stop = max(min(stop, int(last)), start + self._least_stance())
                move.wanted, move.aim = (start, stop), (float(start), float(stop))
        for move in list(self._moves):
            first, last = self._room(move)
            start, stop = move.wanted
            low, high = first, min(stop, last) - self._least_stance()
            if stop - start < self._least_stance() or (start > 0 and not low <= start <= high):
                text = f"{move.edit.title} can touch down between {self._seconds(low)} and"
                text += f" {self._seconds(high)} s, not at {self._seconds(start)} s."
            elif stop < self._frames and stop > last:
                text = f"{move.edit.title} can lift off at {self._seconds(last)} s at most,"
                text += f" not at {self._seconds(stop)} s."
            else:
                continue
            self._moves.remove(move)
            self._reject(move.edit, text)

    def _room(self, move: _Move, share: float = LEAST_SWING) -> tuple[float, float]:
        """Return the first frame for a stance's touchdown and the last for its lift-off.

        Swings keep a `share` of their time.
        """
        stances, i = self._stances[move.leg], move.index
        first, last = 0.0, float(self._frames)
        if i > 0:
            first = self._planned(move.leg, i - 1)[1] + self._swing(
                stances[i - 1], stances[i], share
            )
        if i + 1 < len(stances):
            last = self._planned(move.leg, i + 1)[0] - self._swing(
                stances[i], stances[i + 1], share
            )
        return first, last

    def _swing(self, before: Span, after: Span, share: float) -> float:
        """Return how many frames a swing between two stances takes at least."""
        usual = after[0] - before[1]
        return min(max(share * usual, SHORTEST_SWING * 60.0), usual)

    def _least_stance(self) -> int:
        return round(SHORTEST_STANCE * 60.0)

    def _planned(self, leg: int, index: int) -> Span:
        """Return a stance as wanted: moved, or in its place."""
        for move in self._moves:
            if (move.leg, move.index) == (leg, index):
                return move.wanted
        return self._stances[leg][index]

    def _bend(self, leg: int, time: Array) -> Array:
        """Return the unmoved times (T,) of a leg whose events are warped to `time` (T,)."""
        aims = {move.index: move.aim for move in self._moves if move.leg == leg}
        was, now = [0.0], [0.0]
        for index, stance in enumerate(self._stances[leg]):
            for old, new in zip(stance, aims.get(index, stance), strict=True):
                if 0 < old < self._frames - 1:
                    was.append(float(old))
                    now.append(max(float(new), now[-1] + 1.0))
        end = max(self._frames - 1.0, now[-1] + 1.0)
        return monotone(np.array([*now, end]), np.array([*was, self._frames - 1.0]), time)

    def _found(self, stances: list[Span], move: _Move) -> Span | None:
        """Return the stance of a try that belongs to a move."""
        if len(stances) == len(self._stances[move.leg]):
            return stances[move.index]
        match = overlapping(stances, move.wanted)
        return None if match is None else stances[match]

    def _obeyed(self, move: _Move) -> bool:
        return move.got is not None and abs(move.got[0] - move.wanted[0]) <= OBEYED * 60.0

    def _missed(self, move: _Move) -> str:
        was = self._stances[move.leg][move.index][0]
        reached = was + 0.6 * (move.wanted[0] - was) if move.got is None else move.got[0]
        return (
            f"{move.edit.title} cannot touch down at {self._seconds(move.wanted[0])} s;"
            f" about {self._seconds(reached)} s is possible."
        )

    def _reject(self, edit: FootprintEdit, text: str) -> None:
        if not edit.optional:
            raise RefusedError(text.rstrip("."))
        self.warnings.append(left_out(text))

    def _seconds(self, frame: float) -> str:
        return f"{frame / self._second:.2f}"


@dataclass(frozen=True, eq=False)
class Try:
    """The result of driving the walk with one clock."""

    run: Run
    clip: Clip
    """Finished."""
    contacts: Array
    """(T, 4) of the clip, binary."""


def search(
    retiming: Retiming, plain: Try, attempt: Callable[[StrideClock], Generator[float, None, Try]]
) -> Generator[float, None, Try]:
    """Yield progress from 0 to 1 and return the best of a few tries at moved footfalls.

    `plain` is the bake without them. Raises RefusedError for a footfall that is not obeyed.
    """
    best = plain
    while retiming.moved:
        least = np.inf
        for number in range(ROUNDS):
            steps = attempt(retiming.clock())
            tried = yield from part_of(steps, number / ROUNDS, 1.0 / ROUNDS)
            off = retiming.learn(tried.contacts)
            if off < least:
                best, least = tried, off
            if off <= retiming.moved:
                break
        retiming.learn(best.contacts)
        if not retiming.refuse():
            return best
    return plain


def stances_of(contacts: Array) -> list[list[Span]]:
    """Return the stances of each leg that contacts (T, 4) show."""
    return [foot_contacts.runs(np.asarray(column > 0.5)) for column in contacts.T]


def overlapping(stances: Sequence[Span], wanted: Span) -> int | None:
    """Return which stance has the most time in common with another; None if none has any."""
    shared = [min(b, wanted[1]) - max(a, wanted[0]) for a, b in stances]
    best = int(np.argmax(shared)) if shared else -1
    return best if shared and shared[best] > 0 else None


def monotone(x: Array, y: Array, at: Array) -> Array:
    """Return (T,) values at `at` of a smooth curve through rising points (n,), never falling.

    The cubic of Fritsch and Carlson 1980; slope one at both ends.
    """
    step = np.diff(x)
    rise = np.diff(y) / step
    slope = np.ones(len(x))
    slope[[0, -1]] = np.minimum(1.0, 3.0 * rise[[0, -1]])
    before, after = 2.0 * step[1:] + step[:-1], step[1:] + 2.0 * step[:-1]
    flat = np.minimum(rise[:-1], rise[1:]) <= 0.0
    safe = np.maximum(rise, 1e-9)
    slope[1:-1] = np.where(flat, 0.0, (before + after) / (before / safe[:-1] + after / safe[1:]))
    place = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    width = step[place]
    t = np.clip((at - x[place]) / width, 0.0, 1.0)
    keep = (1.0 + 2.0 * t) * (1.0 - t) ** 2
    lead, trail = t * (1.0 - t) ** 2, t * t * (t - 1.0)
    bent = keep * y[place] + (1.0 - keep) * y[place + 1]
    return np.asarray(bent + width * (lead * slope[place] + trail * slope[place + 1]))
