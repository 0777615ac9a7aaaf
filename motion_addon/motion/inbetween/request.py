# SPDX-License-Identifier: GPL-3.0-or-later
"""Request to fill the gaps of a motion, checked, from JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from ...errors import RefusedError
from ..body.kinds import BIPED
from ..maths.quat import Array


@dataclass(frozen=True)
class FillRequest:
    """One motion to fill: outside of ``keep``, before its end, or up to another motion."""

    clip: str
    """BVH file with the key poses: of people in meters, Y up, on the model's joints."""
    keep: tuple[tuple[int, int], ...] = ()
    """First and last frame, counted from 0, of each stretch that stays as it is."""
    then: str | None = None
    """BVH file of a motion to continue with, instead of ``keep``."""
    stay: bool = False
    """Whether ``then`` stays in its place; else it continues from the end of the clip."""
    loop: bool = False
    """Whether to make the clip cyclic, instead of ``keep``: its last frames are filled."""
    seam: int = 15
    """Frames of the transition for ``then`` or ``loop``."""
    model: str = BIPED.name
    """Kind of body."""
    seed: int = 0
    """Other than 0: a repeatable variant."""
    lock: bool = True
    """Whether to keep feet from sliding in their stances."""

    @staticmethod
    def from_json(data: Any) -> "FillRequest":
        """Return the request of plain JSON values.

        Raises RefusedError for unknown keys and invalid values.
        """
        if not isinstance(data, Mapping):
            raise RefusedError("A request must be a JSON object")
        known = [f.name for f in fields(FillRequest)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise RefusedError(
                f"Unknown key {unknown[0]!r} in the request; known are {', '.join(sorted(known))}"
            )
        for name, kind, text in (("clip", str, "a file name"), ("model", str, "a name")):
            if not isinstance(data.get(name, BIPED.name if name == "model" else None), kind):
                raise RefusedError(f"{name} must be {text}")
        for name in ("seed", "seam"):
            value = data.get(name, 15)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise RefusedError(f"{name} must be a whole number from 0 up")
        for name in ("lock", "loop", "stay"):
            if not isinstance(data.get(name, True), bool):
                raise RefusedError(f"{name} must be true or false")
        then = data.get("then")
        if then is not None and not isinstance(then, str):
            raise RefusedError("then must be a file name")
        ways = [name for name in ("keep", "then", "loop") if data.get(name)]
        if len(ways) > 1:
            raise RefusedError(f"Give {ways[0]} or {ways[1]}, not both")
        keep = () if ways in (["then"], ["loop"]) else _ranges(data.get("keep"))
        return FillRequest(**{**data, "keep": keep})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_json`` reads."""
        return asdict(self)

    def known(self, frames: int) -> Array:
        """Return the kept frames (frames,) as a mask; raises RefusedError for one past the end."""
        mask = np.zeros(frames, dtype=bool)
        for first, last in self.keep:
            if last >= frames:
                raise RefusedError(
                    f"Frame {last} of keep is beyond the motion, whose last frame is {frames - 1}"
                )
            mask[first : last + 1] = True
        return mask


def _ranges(value: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, list | tuple) or not value:
        raise RefusedError("keep must be a list of [first, last] frames")
    out = []
    for pair in value:
        whole = isinstance(pair, list | tuple) and len(pair) == 2
        if not whole or any(isinstance(v, bool) or not isinstance(v, int) for v in pair):
            raise RefusedError(f"{pair!r} of keep is not [first, last], two whole numbers")
        first, last = pair
        if not 0 <= first <= last:
            raise RefusedError(f"{list(pair)!r} of keep must run from an earlier to a later frame")
        out.append((first, last))
    return tuple(out)
