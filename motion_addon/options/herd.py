# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a herd: many bakes of one request."""

from dataclasses import dataclass

from .option import number, whole

_HERD_ONLY = {"live": False}


@dataclass(frozen=True, kw_only=True)
class HerdOptions:
    """How the animals of a herd differ and keep their distance; distances in meters."""

    count: int = whole(
        1, "Count", "Number of animals; with paths, one for each path", low=1, high=1000, panel=None
    )
    lanes: int = whole(
        0, "Lanes", "Animals side by side; 0 chooses by the number of animals",
        low=0, high=1000, panel=_HERD_ONLY,
    )  # fmt: skip
    spacing: float | None = number(
        None, "Spacing", "Least distance between two animals; chosen by their size if none",
        low=0.01, high=100.0, unit="m",
        panel={
            **_HERD_ONLY, "default": 0.0, "min": 0.0, "subtype": "DISTANCE",
            "description": "Least distance between two animals; 0 chooses by their size",
        },
    )  # fmt: skip
    seed: int = whole(
        0, "Herd Seed", "Each seed gives another herd of the same kind", low=0, panel=_HERD_ONLY
    )
    speed_jitter: float = number(
        0.06, "Speed Jitter", "How far speeds in a herd differ from the request's, as a share",
        low=0.0, high=0.5, panel={**_HERD_ONLY, "subtype": "FACTOR"},
    )  # fmt: skip
    size_jitter: float = number(
        0.06, "Size Jitter", "How far sizes in a herd differ from the request's, as a share",
        low=0.0, high=0.5, panel=None,
    )  # fmt: skip
