# SPDX-License-Identifier: GPL-3.0-or-later
"""Moved footfalls: owns finding the stride clock under which paws stand when they are wanted to.

A leg's time is bent, smoothly, so that its touchdowns and lift-offs come when they are wanted;
the events before and after stay. The network then moves the leg, and the rest of the body with
it. It falls a little short of what it is asked for, so the bend is corrected by what came out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from ...errors import RefusedError
from ..body.quadruped import LEGS
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths.progress import part_of
from ..maths.quat import Array
from .controller import Run
from .footfall_edits import Footfall
from .pacing import Clock

ROUNDS = 4
"""Most tries at one set of moved footfalls."""
OBEYED = 0.05
"""Seconds at the model's size, the most that a moved touchdown may be off: 1.5 frames of 30."""
LIFT_OBEYED = 0.1
"""Seconds by which a lift-off may be off before it is told."""
NEAR = 0.1
"""Seconds at the model's size within which a touchdown is the one that is meant."""
SHORTEST_STAND = 0.05
SHORTEST_SWING = 0.08
"""Seconds at the model's size."""
LEAST_SWING = 0.4
"""Share of its time that a swing keeps, at least."""
EASY_SWING = 0.7
"""Share of its time that a swing keeps before a stand of no wanted length gives way."""
GAIN = 0.9
"""Share of what is missing that is added in the next try."""

Stand = tuple[int, int]
"""First frame on the ground and first in the air."""


@dataclass(eq=False)
class _Wish:
    """One stand that is to be elsewhere; in frames."""

    footfall: Footfall
    leg: int
    index: int
    """Among the stands of its leg."""
    wanted: Stand
    aim: tuple[float, float]
    """What the leg's time is bent to, so that the paw stands as wanted."""
    got: Stand | None = None
    """When it stood in the last try."""
    best: tuple[float, tuple[float, float]] | None = None
    """How far off it was at best, and what its leg's time was bent to then."""

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
    """The moved footfalls of one bake: what is tried, and what came out."""

    def __init__(
        self, footfalls: Sequence[Footfall], contacts: Array, clock: Clock, second: float
    ) -> None:
        """Take the bake as it is without them.

        `contacts` (T, 4), binary, and `clock` are of the model's frames, of which `second` make a
        second of the request. Raises RefusedError for a footfall that cannot be met; those that
        are optional are left out with a sentence in `warnings`.
        """
        self.warnings: list[str] = []
        self._clock, self._second, self._frames = clock, second, len(contacts)
        self._pace = 60.0 / second
        self._stands = stands_of(contacts)
        self._wishes: list[_Wish] = []
        for footfall in footfalls:
            self._accept(footfall)
        self._settle()

    @property
    def moved(self) -> int:
        """How many footfalls are moved."""
        return len(self._wishes)

    def clock(self) -> Clock:
        """Return the clock to try next."""
        time = np.arange(self._frames, dtype=np.float64)
        offsets = self._clock.offsets.copy()
        for leg in {wish.leg for wish in self._wishes}:
            bent = np.interp(self._bend(leg, time), time, self._clock.phase - offsets[:, leg])
            offsets[:, leg] = self._clock.phase - bent
        return Clock(self._clock.phase, offsets)

    def learn(self, contacts: Array) -> float:
        """Take in the contacts (T, 4) of a try; return how far off it was, in frames.

        That is the sum of what the moved footfalls are off; one that is gone counts a second.
        """
        stands, total = stands_of(contacts), 0.0
        for wish in self._wishes:
            wish.got = self._found(stands[wish.leg], wish)
            total += min(wish.learn(), self._second)
        return total

    def refuse(self) -> bool:
        """Drop optional footfalls that the last try missed; return whether any were dropped.

        Raises RefusedError for the others.
        """
        missed = [w for w in self._wishes if not self._obeyed(w)]
        for wish in missed:
            self._reject(wish.footfall, self._missed(wish))
        self._wishes = [wish for wish in self._wishes if wish not in missed]
        return bool(missed)

    def remarks(self) -> list[str]:
        """Return a sentence for each lift-off that was asked for and is clearly elsewhere."""
        out = []
        for wish in self._wishes:
            if wish.got is None or wish.footfall.lift is None:
                continue
            if abs(wish.got[1] - wish.wanted[1]) > LIFT_OBEYED * 60.0:
                out.append(
                    f"{_name(wish.footfall)} lifts off at {self._seconds(wish.got[1])} s;"
                    f" {self._seconds(wish.wanted[1])} s is more than it can do."
                )
        return out

    def card(self, clip: Clip) -> dict[str, object]:
        """Return what the report card of the finished `clip` says of moved footfalls.

        ``footfalls_moved`` lists them as they were asked for; ``footfalls_unmoved`` has of each
        stand in ``footfalls`` where it is unmoved, as [start, end] in seconds, or None.
        """
        contacts = np.zeros((0, len(LEGS))) if clip.contacts is None else clip.contacts
        scale = self._second / clip.fps
        unmoved: dict[str, list[list[float] | None]] = {}
        for leg, stands in enumerate(stands_of(contacts)):
            was = [self._planned(leg, index) for index in range(len(self._stands[leg]))]
            row: list[list[float] | None] = []
            for index, (start, stop) in enumerate(stands):
                stand = round(start * scale), round(stop * scale)
                match = index if len(was) == len(stands) else _overlapping(was, stand)
                row.append(None if match is None else self._shown(leg, match, clip))
            unmoved[LEGS[leg]] = row
        moved = [asdict(wish.footfall) for wish in self._wishes]
        return {"footfalls_moved": moved, "footfalls_unmoved": unmoved}

    def _shown(self, leg: int, index: int, clip: Clip) -> list[float]:
        """Return an unmoved stand in seconds as a report on `clip` would have it."""
        scale, out = self._second / clip.fps, []
        for at in self._stands[leg][index]:
            frame = clip.frames if at == self._frames else math.ceil((at - 0.5) / scale)
            out.append(round(max(frame, 0) / clip.fps, 3))
        return out

    def _accept(self, footfall: Footfall) -> None:
        """Add a footfall as a wish, if there is such a stand."""
        leg = LEGS.index(footfall.paw)
        stands = self._stands[leg]
        starts = np.array([start for start, _ in stands]) / self._second
        if not len(starts):
            self._reject(footfall, f"{footfall.paw} does not touch down at all.")
            return
        index = int(np.argmin(np.abs(starts - footfall.at)))
        if abs(starts[index] - footfall.at) > NEAR / self._pace:
            near = starts[np.argsort(np.abs(starts - footfall.at))[:2]]
            times = " and ".join(f"{t:.2f}" for t in sorted(near))
            self._reject(
                footfall,
                f"{footfall.paw} has no touchdown at {footfall.at:.2f} s; near it there are those"
                f" at {times} s.",
            )
            return
        if any((wish.leg, wish.index) == (leg, index) for wish in self._wishes):
            self._reject(footfall, f"{_name(footfall)} is moved twice; name it once.")
            return
        start, stop = stands[index]
        to = start if footfall.to is None else round(footfall.to * self._second)
        if start == 0 and to != 0:
            self._reject(footfall, f"{footfall.paw} stands from the start and has no touchdown.")
            return
        lift = stop + to - start if footfall.lift is None else round(footfall.lift * self._second)
        lift = self._frames if stop == self._frames else lift
        self._wishes.append(_Wish(footfall, leg, index, (to, lift), (float(to), float(lift))))

    def _settle(self) -> None:
        """Give stands of no wanted length the room there is, and refuse what has none."""
        for wish in self._wishes:
            start, stop = wish.wanted
            if wish.footfall.lift is None and stop < self._frames:
                _, last = self._room(wish, EASY_SWING)
                stop = max(min(stop, int(last)), start + self._least_stand())
                wish.wanted, wish.aim = (start, stop), (float(start), float(stop))
        for wish in list(self._wishes):
            first, last = self._room(wish)
            start, stop = wish.wanted
            low, high = first, min(stop, last) - self._least_stand()
            if stop - start < self._least_stand() or (start > 0 and not low <= start <= high):
                text = f"{_name(wish.footfall)} can touch down between {self._seconds(low)} and"
                text += f" {self._seconds(high)} s, not at {self._seconds(start)} s."
            elif stop < self._frames and stop > last:
                text = f"{_name(wish.footfall)} can lift off at {self._seconds(last)} s at most,"
                text += f" not at {self._seconds(stop)} s."
            else:
                continue
            self._wishes.remove(wish)
            self._reject(wish.footfall, text)

    def _room(self, wish: _Wish, share: float = LEAST_SWING) -> tuple[float, float]:
        """Return the first frame for a stand's touchdown and the last for its lift-off.

        Swings keep a `share` of their time.
        """
        stands, i = self._stands[wish.leg], wish.index
        first, last = 0.0, float(self._frames)
        if i > 0:
            first = self._planned(wish.leg, i - 1)[1] + self._swing(stands[i - 1], stands[i], share)
        if i + 1 < len(stands):
            last = self._planned(wish.leg, i + 1)[0] - self._swing(stands[i], stands[i + 1], share)
        return first, last

    def _swing(self, before: Stand, after: Stand, share: float) -> float:
        """Return how many frames a swing between two stands takes at least."""
        usual = after[0] - before[1]
        return min(max(share * usual, SHORTEST_SWING * 60.0), usual)

    def _least_stand(self) -> int:
        return round(SHORTEST_STAND * 60.0)

    def _planned(self, leg: int, index: int) -> Stand:
        """Return a stand as it is wanted: moved or where it was."""
        for wish in self._wishes:
            if (wish.leg, wish.index) == (leg, index):
                return wish.wanted
        return self._stands[leg][index]

    def _bend(self, leg: int, time: Array) -> Array:
        """Return when (T,) a leg did without moved footfalls what it does at `time` (T,)."""
        aims = {wish.index: wish.aim for wish in self._wishes if wish.leg == leg}
        was, now = [0.0], [0.0]
        for index, stand in enumerate(self._stands[leg]):
            for old, new in zip(stand, aims.get(index, stand), strict=True):
                if 0 < old < self._frames - 1:
                    was.append(float(old))
                    now.append(max(float(new), now[-1] + 1.0))
        end = max(self._frames - 1.0, now[-1] + 1.0)
        return monotone(np.array([*now, end]), np.array([*was, self._frames - 1.0]), time)

    def _found(self, stands: list[Stand], wish: _Wish) -> Stand | None:
        """Return the stand of a try that a wish has become."""
        if len(stands) == len(self._stands[wish.leg]):
            return stands[wish.index]
        match = _overlapping(stands, wish.wanted)
        return None if match is None else stands[match]

    def _obeyed(self, wish: _Wish) -> bool:
        return wish.got is not None and abs(wish.got[0] - wish.wanted[0]) <= OBEYED * 60.0

    def _missed(self, wish: _Wish) -> str:
        was = self._stands[wish.leg][wish.index][0]
        reached = was + 0.6 * (wish.wanted[0] - was) if wish.got is None else wish.got[0]
        return (
            f"{_name(wish.footfall)} cannot touch down at {self._seconds(wish.wanted[0])} s;"
            f" about {self._seconds(reached)} s is possible."
        )

    def _reject(self, footfall: Footfall, text: str) -> None:
        if not footfall.optional:
            raise RefusedError(text.rstrip("."))
        self.warnings.append(f"A moved footfall was left as it is: {text}")

    def _seconds(self, frame: float) -> str:
        return f"{frame / self._second:.2f}"


@dataclass(frozen=True, eq=False)
class Try:
    """What a clock gave."""

    run: Run
    clip: Clip
    """Finished."""
    contacts: Array
    """(T, 4) of the clip, binary."""


def search(
    retiming: Retiming, plain: Try, attempt: Callable[[Clock], Generator[float, None, Try]]
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


def stands_of(contacts: Array) -> list[list[Stand]]:
    """Return the stands of each leg that contacts (T, 4) show."""
    return [foot_contacts.runs(np.asarray(column > 0.5)) for column in contacts.T]


def _name(footfall: Footfall) -> str:
    return f"The footfall of {footfall.paw} at {footfall.at:.2f} s"


def _overlapping(stands: Sequence[Stand], wanted: Stand) -> int | None:
    """Return which stand has the most time in common with another; None if none has any."""
    shared = [min(b, wanted[1]) - max(a, wanted[0]) for a, b in stands]
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
