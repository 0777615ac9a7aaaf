# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the stances of an edited motion are without the edits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .footfall_search import Span, overlapping

Spans = list[list[float] | None]
"""Stances as [start, end] in seconds, None where there is none."""


@dataclass(frozen=True)
class Unmoved:
    """The stances of one motion before and after their edits, in its frames."""

    stances: Mapping[str, Sequence[Span]]
    """Stances of each foot without edits."""
    planned: Mapping[str, Sequence[Span]]
    """The same stances with their edited times."""
    frames: int
    fps: float

    def of(self, shown: Mapping[str, Sequence[Span]], frames: int, fps: float) -> dict[str, Spans]:
        """Return where each stance of a result is without edits, in seconds.

        ``shown`` are its stances in its own frames, of which it has ``frames``, ``fps`` a second.
        """
        scale = self.fps / fps
        out: dict[str, Spans] = {}
        for foot, own in shown.items():
            row: Spans = []
            for index, (start, stop) in enumerate(own):
                stance, planned = (round(start * scale), round(stop * scale)), self.planned[foot]
                match = index if len(planned) == len(own) else overlapping(planned, stance)
                was = None if match is None else self.stances[foot][match]
                row.append(None if was is None else self._seconds(was, frames, fps))
            out[foot] = row
        return out

    def _seconds(self, stance: Span, frames: int, fps: float) -> list[float]:
        """Return a stance in seconds, as a report on a result shows it."""
        out = []
        for at in stance:
            frame = frames if at == self.frames else math.ceil((at - 0.5) * fps / self.fps)
            out.append(round(max(frame, 0) / fps, 3))
        return out
