# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist asks for between key poses: one frozen request, checked, from JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from .quat import Array
from .request import RequestError


@dataclass(frozen=True)
class FillRequest:
    """One motion whose frames outside ``keep`` are filled."""

    clip: str
    """BVH file with the key poses: meters, Y up, on the model's joints."""
    keep: tuple[tuple[int, int], ...]
    """First and last frame, counted from 0, of each stretch that stays as it is."""
    model: str = "biped"
    """Kind of body."""
    seed: int = 0
    """Other than 0: a repeatable variant."""
    lock: bool = True
    """Whether standing feet are kept from sliding."""

    @staticmethod
    def from_json(data: Any) -> "FillRequest":
        """Return the request of plain JSON values.

        Raises RequestError for unknown keys and for values that make no sense.
        """
        if not isinstance(data, Mapping):
            raise RequestError("A request must be a JSON object")
        known = [f.name for f in fields(FillRequest)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise RequestError(
                f"Unknown key {unknown[0]!r} in the request; known are {', '.join(sorted(known))}"
            )
        for name, kind, text in (("clip", str, "a file name"), ("model", str, "a name")):
            if not isinstance(data.get(name, "biped" if name == "model" else None), kind):
                raise RequestError(f"{name} must be {text}")
        seed = data.get("seed", 0)
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise RequestError("seed must be a whole number from 0 up")
        if not isinstance(data.get("lock", True), bool):
            raise RequestError("lock must be true or false")
        return FillRequest(**{**data, "keep": _ranges(data.get("keep"))})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_json`` reads."""
        return asdict(self)

    def known(self, frames: int) -> Array:
        """Return (frames,) bool, the frames that stay; raises RequestError if one is beyond."""
        mask = np.zeros(frames, dtype=bool)
        for first, last in self.keep:
            if last >= frames:
                raise RequestError(
                    f"Frame {last} of keep is beyond the motion, whose last frame is {frames - 1}"
                )
            mask[first : last + 1] = True
        return mask


def _ranges(value: Any) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, list | tuple) or not value:
        raise RequestError("keep must be a list of [first, last] frames")
    out = []
    for pair in value:
        whole = isinstance(pair, list | tuple) and len(pair) == 2
        if not whole or any(isinstance(v, bool) or not isinstance(v, int) for v in pair):
            raise RequestError(f"{pair!r} of keep is not [first, last], two whole numbers")
        first, last = pair
        if not 0 <= first <= last:
            raise RequestError(f"{list(pair)!r} of keep must run from an earlier to a later frame")
        out.append((first, last))
    return tuple(out)
