# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that a request to fill gaps and the In-Between panel share."""

from dataclasses import dataclass

from .option import flag, whole


@dataclass(frozen=True, kw_only=True)
class FillOptions:
    """Options with the same name and form in a fill request and in Blender.

    ``seam`` is the key for the length of the transition, in frames.
    """

    seed: int = whole(
        0, "Variant", "0 is the most likely filling; others step earlier or later", low=0
    )
    lock: bool = flag(True, "Plant Feet", "Keep feet still while they are on the ground")
    seam: int = whole(
        15, "Transition", "Number of new frames between the two motions",
        low=0, panel={"min": 3, "soft_max": 60},
    )  # fmt: skip
    stay: bool = flag(
        False, "Stay", "The second motion keeps its own place; else it continues from the first",
        panel=None,
    )  # fmt: skip
