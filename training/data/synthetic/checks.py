# SPDX-License-Identifier: GPL-3.0-or-later
"""Plausibility of synthetic motion: figures, their limits, and comparison with measured animals."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics, quadruped_metrics
from motion_addon.motion.metrics.quadruped_metrics import Stride

from . import anatomy, clock, motion, route
from .creature import Manner, SyntheticCreature, of_build
from .families import FAMILIES
from .measured import HORSE, HORSE_HIP, LABRADOR, LABRADOR_HIP, Row
from .motion import SyntheticMotion
from .route import Route

LIMITS: Final = {
    "slip": (0.0, 0.002),
    "low": (-0.03, 1.0),
    "straightest": (0.15, 3.1),
    "bend": (0.0, 2.8),
    "sink": (0.0, 0.4),
    "pops": (0.0, 60.0),
    "phases": (0.0, 0.045),
    "frequency": (0.7, 1.6),
    "rise": (0.0, 0.25),
}
"""Allowed range of each figure."""
MEANINGS: Final = {
    "slip": "largest slip of a planted paw, in hip heights",
    "low": "lowest joint, in hip heights",
    "straightest": "smallest bend of knee, hock or elbow (rad)",
    "bend": "largest bend (rad)",
    "sink": "largest drop of a girdle for its legs to reach, in hip heights",
    "pops": "sudden bends a minute",
    "phases": "footfall error, in strides",
    "frequency": "stride rate relative to a dog's at that Froude number",
    "rise": "rise and fall of the trunk in steady motion, in hip heights",
}


def figures(take: SyntheticMotion, out: Route) -> dict[str, float]:
    """Return the figures of a motion; the last three only for steady gaits."""
    clip = take.clip
    contacts = np.asarray(clip.contacts)
    points = quadruped.paw_points(clip).astype(np.float64)
    slips = clip_metrics.planted_slips(points, contacts, tuple(range(4)))
    bends = np.concatenate(list(quadruped_metrics.bends(clip).values()), axis=1)
    found = {
        "slip": float(slips.max()) / 100.0 / quadruped_gaits.HIP_HEIGHT if len(slips) else 0.0,
        "low": float(clip.world()[1][..., 1].min()) / quadruped_gaits.HIP_HEIGHT,
        "straightest": float(bends.min()),
        "bend": float(bends.max()),
        "sink": float(take.lack.max()),
        "pops": clip_metrics.pops(bends, clip.fps, quadruped_metrics.POP),
    }
    if out.kind != "steady":
        return found
    strides = steady_strides(take, out)
    phases = quadruped_metrics.footfall_phases(strides)
    if not np.isfinite(phases).all():
        return found
    usual = clock.stride_length(np.asarray(out.froude)) * quadruped_gaits.HIP_HEIGHT
    rate = quadruped_metrics.stride_frequency(strides, clip.fps)
    height = clip_metrics.trunk(clip)[0][out.steady, 1]
    return found | {
        "phases": phase_error(phases, take.creature, out.gait),
        "frequency": rate * float(usual) / route.speed(out.froude),
        "rise": float(np.ptp(np.percentile(height, [2.0, 98.0]))) / quadruped_gaits.HIP_HEIGHT,
    }


def steady_strides(take: SyntheticMotion, out: Route) -> list[Stride]:
    """Return the strides at full speed."""
    span = out.steady
    strides = quadruped_metrics.strides(np.asarray(take.clip.contacts), take.clip.fps)
    inside = [s for s in strides if span.start + 20 <= s.start and s.stop <= span.stop - 5]
    return inside or strides


def phase_error(phases: Array, creature: SyntheticCreature, gait: str) -> float:
    """Return the largest error of footfalls (4,) from a creature's own, on the better lead."""
    asked = np.array(creature.gaits[gait].offsets)
    leads = (
        [asked, quadruped_gaits.mirrored(asked)] if gait in quadruped_gaits.ASYMMETRIC else [asked]
    )
    return min(float(np.abs((phases - lead + 0.5) % 1.0 - 0.5).max()) for lead in leads)


def faults(found: dict[str, float]) -> list[str]:
    """Return the figures beyond their limits."""
    return [name for name, value in found.items() if not within(name, value)]


def within(name: str, value: float) -> bool:
    """Return whether a figure is within its limits."""
    low, high = LIMITS[name]
    return low <= value <= high


def table(all_figures: Sequence[dict[str, float]]) -> str:
    """Return a table: percentiles of each figure, and the number of motions beyond its limits."""
    lines = [f"{'':12s}{'least':>9s}{'5 %':>9s}{'median':>9s}{'95 %':>9s}{'most':>9s}  beyond"]
    for name, meaning in MEANINGS.items():
        values = np.array([one[name] for one in all_figures if name in one])
        if not len(values):
            continue
        marks = np.percentile(values, [0.0, 5.0, 50.0, 95.0, 100.0])
        beyond = sum(not within(name, float(value)) for value in values)
        cells = "".join(f"{mark:9.4f}" for mark in marks)
        lines.append(f"{name:12s}{cells}  {beyond}/{len(values)}  {meaning}")
    return "\n".join(lines)


def compared(kind: str, rows: Iterable[Row], hip: float, draws: int = 5) -> list[tuple[Row, Row]]:
    """Return measured rows beside the means of ``draws`` creatures of a kind at the same speeds.

    All figures are at the size of the measured animal, with hips at ``hip`` meters.
    """
    out = []
    slower = np.sqrt(hip / quadruped_gaits.HIP_HEIGHT)
    for row in rows:
        own = [_own(kind, row, float(row.speed / slower), seed) for seed in range(draws)]
        mean = np.mean([[one[0], one[2]] for one in own], axis=0)
        turns = np.exp(2j * np.pi * np.array([one[1] for one in own])).mean(axis=0)
        a, b, c = (float(v) for v in (np.angle(turns) / (2.0 * np.pi) % 1.0)[1:])
        rate = float(mean[0] / slower)
        phases = None if row.phases is None else (a, b, c)
        out.append((row, Row(row.gait, row.speed, rate, row.speed / rate, phases, float(mean[1]))))
    return out


def _own(kind: str, row: Row, pace: float, seed: int) -> tuple[float, Array, float]:
    """Return strides a second, footfalls (4,) and mean duty factor of a drawn creature."""
    rng = np.random.default_rng([seed, len(kind)])
    creature = of_build(kind, anatomy.varied(FAMILIES[kind], rng), rng)
    out = route.straight(creature, row.gait, pace)
    take = motion.move(creature, out.plan, Manner(), rng)
    strides = steady_strides(take, out)
    rate = quadruped_metrics.stride_frequency(strides, take.clip.fps)
    duty = float(quadruped_metrics.duty_factors(strides).mean())
    return rate, quadruped_metrics.footfall_phases(strides), duty


def comparison() -> str:
    """Return a table of synthetic dogs beside the Labrador and horses beside the horse."""
    columns = "   Hz     m    LF   RH   RF  duty"
    lines = [f"{'':14s}{'measured':36s}synthetic", f"gait     m/s  {columns}   {columns}"]
    for kind, rows, hip in (("canid", LABRADOR, LABRADOR_HIP), ("equid", HORSE, HORSE_HIP)):
        lines.append(f"{kind}, hip {hip:.2f} m")
        for real, own in compared(kind, rows, hip):
            cells = "  ".join(_cells(row) for row in (real, own))
            lines.append(f"{real.gait:7s}{real.speed:5.2f}  {cells}")
    return "\n".join(lines)


def _cells(row: Row) -> str:
    phases = "   -    -    -" if row.phases is None else " ".join(f"{p:.2f}" for p in row.phases)
    return f"{row.frequency:5.2f} {row.stride:5.2f}  {phases:14s} {row.duty:5.2f} "
