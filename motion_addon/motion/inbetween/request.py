# SPDX-License-Identifier: GPL-3.0-or-later
"""Request to fill the gaps of a motion, checked, from JSON."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...errors import RefusedError
from ...options import checks
from ...options.fill import FillOptions
from ...options.option import (
    REQUIRED,
    Form,
    check_all,
    flag,
    formed,
    read_all,
    text,
    write_all,
)
from ..body.kinds import BIPED
from ..maths.quat import Array

Ranges = tuple[tuple[int, int], ...]


def read_ranges(name: str, value: Any) -> Ranges:
    """Return [first, last] frames, none for null. Raises RefusedError."""
    if value is None:
        return ()
    if not checks.is_list(value):
        raise RefusedError(f"{name} must be a list of [first, last] frames")
    return tuple(_range(name, pair) for pair in value)


def _range(name: str, pair: Any) -> tuple[int, int]:
    whole = checks.is_list(pair) and len(pair) == 2
    if not whole or any(isinstance(v, bool) or not isinstance(v, int) for v in pair):
        raise RefusedError(
            f"{checks.shown(pair)} of {name} is not [first, last], two whole numbers"
        )
    first, last = pair
    if not 0 <= first <= last:
        raise RefusedError(
            f"{checks.shown(list(pair))} of {name} must run from an earlier to a later frame"
        )
    return (first, last)


def _read_file(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise RefusedError(f"{name} must be a file name, not {checks.shown(value)}")
    return value


_FILE: Final = Form("text", {"type": "string"}, _read_file)
_KEEP: Final = Form(
    "list of [first, last] frames",
    {
        "type": "array",
        "items": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "minItems": 2,
            "maxItems": 2,
        },
    },
    read_ranges,
)


@dataclass(frozen=True)
class FillRequest(FillOptions):
    """One motion to fill: outside of ``keep``, before its end, or up to another motion.

    ``seam`` is the key for the length of the transition, in frames.
    """

    clip: str = formed(
        REQUIRED, "Clip",
        "BVH file with the key poses; of people in meters, Y up, on the model's joints", _FILE,
    )  # fmt: skip
    keep: Ranges = formed(
        (), "Keep", "Frames, counted from 0, of each stretch that stays; all others are filled",
        _KEEP,
    )  # fmt: skip
    then: str | None = formed(
        None, "Then", "BVH file of a motion to continue with, instead of keep", _FILE
    )
    loop: bool = flag(
        False, "Loop", "Make the clip cyclic, instead of keep: its last frames are filled"
    )
    model: str = text(BIPED.name, "Model", "Kind of body, biped or quadruped")

    def __post_init__(self) -> None:
        check_all(self)
        ways = [name for name in ("keep", "then", "loop") if getattr(self, name)]
        if len(ways) > 1:
            raise RefusedError(f"Give {ways[0]} or {ways[1]}, not both")
        if not ways:
            raise RefusedError("keep must be a list of [first, last] frames")

    @staticmethod
    def from_json(data: Any) -> "FillRequest":
        """Return the request of plain JSON values.

        Raises RefusedError for unknown keys and invalid values.
        """
        return FillRequest(**read_all(FillRequest, data, "request"))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values that ``from_json`` reads."""
        return write_all(self)

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
