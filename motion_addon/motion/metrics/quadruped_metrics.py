# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of four-legged motion: paws, footfalls, gait and posture.

Figures that all kinds share are in ``clip_metrics``. Columns are legs in the order of
``quadruped.LEGS``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..body import quadruped, quadruped_gaits, stride_phases
from ..body.quadruped import LEG_CHAINS, LEGS
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths.quat import Array
from ..plan.ground import GroundHeight
from . import clip_metrics

HIND = (LEGS.index("LH"), LEGS.index("RH"))
"""Columns of the hind legs."""
POP = 3500.0
"""Angular acceleration of a joint (rad/s^2), at its size, that its gallop does not reach."""
_ALL = tuple(range(len(LEGS)))
_UP = np.array([0.0, 1.0, 0.0])
_BENDS = {
    "knee": ("Femur", "Tibia", "Metatarsus"),
    "hock": ("Tibia", "Metatarsus", "HindPastern"),
    "elbow": ("Humerus", "Radius", "ForePastern"),
}


def foot_skate(points: Array, fps: float, size: float) -> tuple[float, float]:
    """Return the foot-skate of MANN (cm per frame at 60 Hz) of all paws and of the hind ones.

    `points` (T, 4, 3); the height at which a paw no longer counts is 2.5 cm for `size` 1.
    """
    limit = clip_metrics.SKATE_HEIGHT * size
    both = [clip_metrics.foot_skate(points, fps, columns, limit) for columns in (_ALL, HIND)]
    return both[0], both[1]


def bends(clip: Clip) -> dict[str, Array]:
    """Return bends (T, 2) in radians of both knees, hocks and elbows; 0 is straight."""
    places, names = clip.world()[1].astype(np.float64), clip.skeleton.names
    out = {}
    for joint, bones in _BENDS.items():
        sides = []
        for side in ("Left", "Right"):
            chain = [side + bone for bone in bones]
            sides.append(clip_metrics.bone_angles(places, names, chain[:2], chain[1:]))
        out[joint] = np.stack(sides, axis=-1)
    return out


@dataclass(frozen=True)
class Stride:
    """One stride of one leg, in frames."""

    leg: int
    """Column."""
    start: int
    """Touchdown."""
    lift: int
    """First frame in the air."""
    stop: int
    """Next touchdown of the same paw."""


def strides(contacts: Array, fps: float, size: float = 1.0) -> list[Stride]:
    """Return the strides that contacts (T, 4) show, pauses left out, by leg and time."""
    longest = stride_phases.LONGEST * math.sqrt(size) * fps
    found = []
    for leg in _ALL:
        runs = foot_contacts.runs(np.asarray(contacts[:, leg] > 0.5))
        for (start, lift), (stop, _) in pairwise(runs):
            if start > 0 and stop - start < longest:
                found.append(Stride(leg, start, lift, stop))
    return found


def stride_length(center: Array, found: list[Stride]) -> float:
    """Return the median way (m) of the body (T, 3) in a stride; 0 if there are none."""
    ways = [np.linalg.norm((center[s.stop] - center[s.start])[[0, 2]]) for s in found]
    return float(np.median(ways)) if ways else 0.0


def stride_frequency(found: list[Stride], fps: float) -> float:
    """Return the median number of strides per second; 0 if there are none."""
    spans = [s.stop - s.start for s in found]
    return float(fps / np.median(spans)) if spans else 0.0


def duty_factors(found: list[Stride]) -> Array:
    """Return (4,) the median duty factor of each paw; nan without strides."""
    out = np.full(len(LEGS), np.nan)
    for leg in _ALL:
        shares = [(s.lift - s.start) / (s.stop - s.start) for s in found if s.leg == leg]
        if shares:
            out[leg] = np.median(shares)
    return out


def footfall_phases(found: list[Stride]) -> Array:
    """Return (4,) when paws touch down, as shares of the left hind's stride after its own.

    The median over strides on the circle; nan for a leg without strides.
    """
    lead = [s for s in found if s.leg == 0]
    out = np.full(len(LEGS), np.nan)
    out[0] = 0.0 if lead else np.nan
    for leg in _ALL[1:]:
        times = np.array([s.start for s in found if s.leg == leg])
        phases = [
            (time - s.start) / (s.stop - s.start)
            for s in lead
            for time in times[(times >= s.start) & (times < s.stop)]
        ]
        if phases:
            turns = np.array(phases)
            middle = np.angle(np.exp(2j * np.pi * turns).mean()) / (2.0 * np.pi)
            off = (turns - middle + 0.5) % 1.0 - 0.5
            out[leg] = (middle + np.median(off)) % 1.0
    return out


def gait_of(phases: Array, duty: Array | float) -> str:
    """Return the gait of the table nearest to footfall phases (4,) and duty factors.

    "stand" where a leg makes no strides. Canter and gallop may be on either lead.
    """
    if not np.isfinite(phases).all():
        return quadruped_gaits.GAITS[0]
    mean = np.asarray(np.nanmean(duty))
    return min(
        quadruped_gaits.TABLE, key=lambda name: float(stride_phases.distance(phases, mean, name))
    )


def phase_error(phases: Array, gait: str) -> float:
    """Return the largest distance of footfall phases (4,) from a gait's own, either lead."""
    offsets = np.array(quadruped_gaits.TABLE[gait].offsets)
    leads = (
        [offsets, quadruped_gaits.mirrored(offsets)]
        if gait in quadruped_gaits.ASYMMETRIC
        else [offsets]
    )
    off = [np.abs((phases - lead + 0.5) % 1.0 - 0.5).max() for lead in leads]
    return float(min(off))


def figures(
    clip: Clip, points: Array, contacts: Array, ground: GroundHeight | None
) -> dict[str, float]:
    """Return the figures that only a quadruped has.

    `points` (T, 4, 3) are over `ground`, `contacts` (T, 4) as in `Clip.contacts`.
    """
    size = quadruped.relative_size(clip.skeleton)
    center, forward = clip_metrics.trunk(clip)
    positions = clip.world()[1]
    hips = positions[:, [clip.skeleton.index(LEG_CHAINS[LEGS[leg]][0]) for leg in HIND]]
    if ground is not None:
        hips = hips - ground(hips)[..., None] * _UP
    skate, back = foot_skate(points, clip.fps, size)
    found, bent = strides(contacts, clip.fps, size), bends(clip)
    pitch = np.arcsin(forward[:, 1] / np.linalg.norm(forward, axis=-1))
    return {
        "foot_skate": skate,
        "foot_skate_back": back,
        "joint_pops": clip_metrics.pops(np.hstack(list(bent.values())), clip.fps, POP / size),
        "stride_length": stride_length(center, found),
        "stride_frequency": stride_frequency(found, clip.fps),
        "hip_height": float(hips[..., 1].mean()),
        **{f"angle_{joint}": float(np.degrees(bend).mean()) for joint, bend in bent.items()},
        "angle_trunk": float(np.degrees(pitch).mean()),
    }


def gait_card(contacts: Array, fps: float, size: float, counted: Array) -> dict[str, object]:
    """Return the gait by the footfalls of the strides that begin in `counted` (T,) frames.

    Keys ``footfall_phases``, ``duty`` (by leg) and ``gait_measured``; empty without strides.
    """
    found = [s for s in strides(contacts, fps, size) if counted[s.start]]
    phases, duty = footfall_phases(found), duty_factors(found)
    if not np.isfinite(phases).all():
        return {}
    return {
        "footfall_phases": {leg: round(float(p), 3) for leg, p in zip(LEGS, phases, strict=True)},
        "duty": {leg: round(float(d), 3) for leg, d in zip(LEGS, duty, strict=True)},
        "gait_measured": gait_of(phases, duty),
    }
