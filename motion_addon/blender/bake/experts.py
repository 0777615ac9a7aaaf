# SPDX-License-Identifier: GPL-3.0-or-later
"""Experts of a mixture: the artist's factors, mute and solo, and sparklines of their shares.

The shares over time come from the report card of a take.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import bpy

BARS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
"""Marks of a sparkline, from nothing to full."""


def factors(settings: bpy.types.PropertyGroup) -> tuple[float, ...] | None:
    """Return the factor of each expert to bake with; None if all are 1 and unmuted."""
    rows = settings.experts
    soloed = any(row.solo for row in rows)
    out = tuple(0.0 if row.mute or (soloed and not row.solo) else row.factor for row in rows)
    return None if all(factor == 1.0 for factor in out) else out


def show(settings: bpy.types.PropertyGroup, wanted: Sequence[float] | None) -> None:
    """Put factors of a recipe into the panel's rows; None resets them."""
    if wanted is not None:
        lay_rows(settings, len(wanted))
    for number, row in enumerate(settings.experts):
        row.mute = row.solo = False
        row.factor = 1.0 if wanted is None else wanted[number]


def lay_rows(settings: bpy.types.PropertyGroup, count: int) -> None:
    """Make one row for each expert; existing rows keep their values."""
    while len(settings.experts) < count:
        settings.experts.add()
    while len(settings.experts) > count:
        settings.experts.remove(len(settings.experts) - 1)


def shares_of(report: dict[str, Any]) -> list[list[float]]:
    """Return the activations (T, K) on a report card; empty if the model has no experts."""
    shares: list[list[float]] = report.get("experts", {}).get("shares", [])
    return shares


def mean_shares(shares: Sequence[Sequence[float]]) -> list[float]:
    """Return the mean share of each expert (K) of activations (T, K)."""
    return [sum(column) / len(shares) for column in zip(*shares, strict=True)]


def sparklines(shares: Sequence[Sequence[float]], columns: int) -> list[str]:
    """Return a line of at most ``columns`` bars for each expert of activations (T, K) over time.

    All lines have one scale; the greatest share is the full bar.
    """
    count = min(max(columns, 1), len(shares))
    edges = [i * len(shares) // count for i in range(count + 1)] if count else []
    bins = [mean_shares(shares[a:b]) for a, b in pairwise(edges)]
    most = max((max(means) for means in bins), default=0.0) or 1.0
    bars = [[BARS[round(mean / most * (len(BARS) - 1))] for mean in means] for means in bins]
    return ["".join(line) for line in zip(*bars, strict=True)]
