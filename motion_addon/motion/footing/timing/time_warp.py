# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves touchdowns and lift-offs in time by warping the time of a whole motion.

The knots of the warp are the touchdowns and lift-offs of all feet. Whole frames are resampled, so
that planted feet stay planted. Touchdowns that are not edited stay; lift-offs stay where the motion
between them is not sped up too much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....errors import RefusedError
from ...clip import contacts as foot_contacts
from ...clip.clip import Clip
from ...maths.quat import Array
from ..footprint_edits import FootprintEdit, left_out, nearest
from .footfall_search import Span, monotone

SHORTEST_STEP = 0.12
"""Seconds from a touchdown to the next one of any foot, at least."""
FASTEST = 2.5
"""Factor by which the time between two edited or kept events may be sped up, on average."""
EASY = 0.67
"""Share of its time that a stretch beside a kept lift-off keeps where there is room."""
REPORTED = 0.05
"""Seconds by which a lift-off moves along before it is reported."""


@dataclass(eq=False)
class _Event:
    """One touchdown or lift-off, in frames."""

    frame: int
    foot: str
    index: int
    """Index among the stances of its foot."""
    down: bool
    wanted: float
    edit: FootprintEdit | None = None

    @property
    def hard(self) -> bool:
        """Whether the event keeps its place exactly: a touchdown, or an edited lift-off."""
        return self.down or self.edit is not None


class Warp:
    """The warp of a motion's time that meets edits."""

    def __init__(
        self,
        stances: Mapping[str, Sequence[Span]],
        edits: Sequence[FootprintEdit],
        frames: int,
        fps: float,
    ) -> None:
        """Find the warp of ``frames`` frames with the ``stances`` of each foot.

        Raises RefusedError for an edit that cannot be met; those that are optional are left out
        with a sentence in ``warnings``.
        """
        self.warnings: list[str] = []
        self.kept: list[FootprintEdit] = []
        """Edits that are met."""
        self._stances, self._frames, self._fps = stances, frames, fps
        self._events = sorted(
            (
                _Event(frame, foot, index, end == 0, float(frame))
                for foot, own in stances.items()
                for index, stance in enumerate(own)
                for end, frame in enumerate(stance)
                if 0 < frame < frames
            ),
            key=lambda event: (event.frame, event.down),
        )
        for edit in edits:
            problem = self._accept(edit)
            self._reject(edit, problem) if problem else self.kept.append(edit)
        self._settle()
        self._place_others()

    def source(self) -> Array:
        """Return the frame (T,) of the unedited motion, fractional, that each frame shows."""
        was, now = [0.0], [0.0]
        for event in self._events:
            if event.frame > was[-1]:
                was.append(float(event.frame))
                now.append(event.wanted)
        end = self._frames - 1.0
        if was[-1] < end:
            was, now = [*was, end], [*now, end]
        return monotone(np.array(now), np.array(was), np.arange(self._frames, dtype=np.float64))

    def planned(self) -> dict[str, list[Span]]:
        """Return the stances of each foot after the warp, in frames."""
        out = {foot: [list(stance) for stance in own] for foot, own in self._stances.items()}
        for event in self._events:
            out[event.foot][event.index][0 if event.down else 1] = round(event.wanted)
        return {foot: [(start, stop) for start, stop in own] for foot, own in out.items()}

    def remarks(self) -> list[str]:
        """Return a sentence for each lift-off that had to move along."""
        return [
            f"{event.foot} lifts off at {self._seconds(event.wanted)} s instead of"
            f" {self._seconds(event.frame)} s, as the steps beside it moved."
            for event in self._events
            if not event.hard and abs(event.wanted - event.frame) > REPORTED * self._fps
        ]

    def _accept(self, edit: FootprintEdit) -> str:
        """Let an edit move its events; returns why not, a sentence, or an empty text."""
        own = self._stances[edit.foot]
        index = nearest(edit, [start / self._fps for start, _ in own])
        if isinstance(index, str):
            return index
        start, stop = own[index]
        moves = {True: edit.to, False: edit.lift}
        if edit.to is not None and start == 0 and round(edit.to * self._fps) != 0:
            return f"{edit.foot} stands from the start and has no touchdown."
        if edit.lift is not None and stop == self._frames:
            return f"{edit.foot} stands to the end and has no lift-off."
        for event in self._events:
            to = moves[event.down]
            if (event.foot, event.index) != (edit.foot, index) or to is None:
                continue
            if event.edit is not None:
                return f"{edit.title} is moved twice; name it once."
            event.edit, event.wanted = edit, float(round(to * self._fps))
        return ""

    def _settle(self) -> None:
        """Reject edits that have no room beside the events that keep their places."""
        again = True
        while again:
            again = False
            for event in [event for event in self._events if event.edit is not None]:
                low, high = self._room(event)
                if event.edit is not None and not low <= event.wanted <= high:
                    self._reject(event.edit, self._refusal(event, low, high))
                    self._forget(event.edit)
                    again = True

    def _refusal(self, event: _Event, low: float, high: float) -> str:
        assert event.edit is not None
        what = "touch down" if event.down else "lift off"
        if low > high:
            return f"{event.edit.title} has no room to {what} elsewhere; move its neighbors first."
        return (
            f"{event.edit.title} can {what} between {math.ceil(100.0 * low / self._fps) / 100:.2f}"
            f" and {math.floor(100.0 * high / self._fps) / 100:.2f} s, not at"
            f" {self._seconds(event.wanted)} s."
        )

    def _forget(self, edit: FootprintEdit) -> None:
        self.kept.remove(edit)
        for event in self._events:
            if event.edit is edit:
                event.edit, event.wanted = None, float(event.frame)

    def _room(self, event: _Event) -> tuple[float, float]:
        """Return the first and the last frame to which an event can move."""
        at = self._events.index(event)
        before = next((e for e in reversed(self._events[:at]) if e.hard), None)
        after = next((e for e in self._events[at + 1 :] if e.hard), None)
        low = event.frame / FASTEST
        high = self._frames - (self._frames - event.frame) / FASTEST
        if before is not None:
            low = before.wanted + self._least(before, event)
        if after is not None:
            high = after.wanted - self._least(event, after)
        return low, high

    def _least(self, before: _Event, after: _Event) -> float:
        """Return the frames between two events, at least."""
        usual = float(after.frame - before.frame)
        least = usual / FASTEST
        if before.down and after.down:
            least = max(least, min(SHORTEST_STEP * self._fps, usual))
        return least

    def _place_others(self) -> None:
        """Keep the other lift-offs in place where the time beside them is not sped up much."""
        edges = [i for i, event in enumerate(self._events) if event.hard]
        was = [0.0, *(float(self._events[i].frame) for i in edges), float(self._frames)]
        now = [0.0, *(self._events[i].wanted for i in edges), float(self._frames)]
        bounds = [-1, *edges, len(self._events)]
        for part in range(len(bounds) - 1):
            begin, end = was[part], was[part + 1]
            share = min(EASY, (now[part + 1] - now[part]) / max(end - begin, 1e-9))
            for event in self._events[bounds[part] + 1 : bounds[part + 1]]:
                low = now[part] + share * (event.frame - begin)
                high = now[part + 1] - share * (end - event.frame)
                event.wanted = float(min(max(event.frame, low), high))

    def _reject(self, edit: FootprintEdit, text: str) -> None:
        if not edit.optional:
            raise RefusedError(text.rstrip("."))
        self.warnings.append(left_out(text))

    def _seconds(self, frame: float) -> str:
        return f"{frame / self._fps:.2f}"


def warped(clip: Clip, source: Array) -> Clip:
    """Return a clip that shows the frames ``source`` (T,); contacts begin and end at its knots."""
    made = clip.at_frames(source, clip.fps)
    if clip.contacts is None:
        return made
    at = np.clip(np.floor(source + 1e-6).astype(np.int64), 0, clip.frames - 1)
    return replace(made, contacts=clip.contacts[at])


def stances_by_foot(contacts: Array, feet: Sequence[str]) -> dict[str, list[Span]]:
    """Return the stances of each foot of binary contacts (T, P), in frames."""
    down = np.asarray(contacts > 0.5).reshape(len(contacts), len(feet), -1).any(axis=2)
    return {foot: foot_contacts.runs(own) for foot, own in zip(feet, down.T, strict=True)}
