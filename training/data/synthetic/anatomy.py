# SPDX-License-Identifier: GPL-3.0-or-later
"""Skeleton of a build: the canonical quadruped at a creature's own proportions.

Legs are zigzags of four segments, scaled so that the paws are on the ground; every creature stands
on bent legs. Hips are at ``quadruped_gaits.HIP_HEIGHT``, the model animal's size.
"""

import math
from dataclasses import replace
from typing import Any, Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.skeleton import EndSite, Skeleton
from motion_addon.motion.creature.reading.landmarks import (
    NECK_SHARES,
    PAW_SHARE,
    SPINE_SHARES,
    TAIL_SHARES,
)
from motion_addon.motion.maths.quat import Array

from .families import FAMILIES, Build, Four

PAW_HEIGHT: Final = PAW_SHARE * quadruped_gaits.HIP_HEIGHT
"""Height of a planted paw's joint, meters."""
LENGTHS, ANGLES = 0.1, 4.0
"""Standard deviation of lengths (share) and of rest angles (degrees) within a kind."""
CHIMERAS: Final = 0.3
"""Share of creatures that mix two kinds."""
_SPLAY: Final = {"H": (1.0, 0.12, 0.1, 0.1), "F": (0.2, 1.0, 0.12, 0.1)}
"""How far each segment of a sprawling leg points to the side."""
_OUT: Final = math.radians(68.0)
_AHEAD: Final = {"H": 0.0, "F": 0.07}
"""Distance of the paws ahead of the tops of the legs."""
_PELVIS_TO_TAIL: Final = (0.0, 0.05, -0.10)


def draw(rng: np.random.Generator) -> tuple[str, Build]:
    """Draw a creature; return the name of its kind and its build."""
    names = list(FAMILIES)
    first, second = (names[int(i)] for i in rng.integers(len(names), size=2))
    if rng.random() > CHIMERAS or first == second:
        return first, varied(FAMILIES[first], rng)
    share = float(rng.uniform(0.25, 0.75))
    mixed = _mixture(FAMILIES[first], FAMILIES[second], share)
    return f"{first}-{second}", varied(mixed, rng)


def _mixture(one: Build, other: Build, share: float) -> Build:
    """Return a build between two; fields that are words are those of the first."""

    def mixed(a: Any, b: Any) -> Any:
        if isinstance(a, tuple):
            return tuple(mixed(x, y) for x, y in zip(a, b, strict=True))
        return a if isinstance(a, str) else a + share * (b - a)

    values = {name: mixed(value, getattr(other, name)) for name, value in vars(one).items()}
    low, high = (math.exp(mixed(*np.log(pair))) for pair in zip(one.mass, other.mass, strict=True))
    return replace(one, **{**values, "mass": (low, high)})


def varied(kind: Build, rng: np.random.Generator) -> Build:
    """Draw the build of one creature of a kind.

    The mass is drawn first: heavier animals of a kind stand on straighter legs. Segments of fore
    and hind legs vary together.
    """
    low, high = np.log(kind.mass)
    mass = float(np.exp(rng.uniform(low, high)))
    heavy = (math.log(mass) - 0.5 * (low + high)) / max(high - low, 1e-6)
    bend = float(np.exp(-0.2 * heavy + 0.1 * rng.standard_normal()))
    loose = 1.0 / max(1.0, kind.tail)  # the carriage of a long tail varies less within a kind
    distal = 0.5 * LENGTHS * rng.standard_normal() * np.array([-1.0, -0.3, 0.6, 0.7])

    def legs(lengths: Four) -> Four:
        return _four(np.array(lengths) * np.exp(distal + 0.6 * LENGTHS * rng.standard_normal(4)))

    def bent(angles: Four) -> Four:
        noise = np.clip(ANGLES * rng.standard_normal(4), -1.8 * ANGLES, 1.8 * ANGLES)
        return _four(np.array(angles) * bend + 0.5 * noise)

    def scaled(value: float, spread: float = LENGTHS) -> float:
        return float(value * np.exp(np.clip(spread * rng.standard_normal(), -0.3, 0.3)))

    return replace(
        kind,
        mass=(mass, mass),
        trunk=scaled(kind.trunk),
        withers=scaled(kind.withers, 0.05),
        hind=legs(kind.hind),
        hind_angles=bent(kind.hind_angles),
        fore=legs(kind.fore),
        fore_angles=bent(kind.fore_angles),
        neck=scaled(kind.neck, 1.4 * LENGTHS),
        neck_rise=kind.neck_rise + float(rng.normal(0.0, 8.0)),
        head=scaled(kind.head),
        tail=scaled(kind.tail, 2.0 * LENGTHS),
        tail_rise=min(kind.tail_rise + loose * float(rng.normal(0.0, 14.0)), 40.0),
        tail_curl=kind.tail_curl + loose * float(rng.normal(0.0, 18.0)),
        width=scaled(kind.width, 1.3 * LENGTHS),
        sprawl=float(np.clip(kind.sprawl * np.exp(0.15 * rng.standard_normal()), 0.0, 1.0)),
        arch=kind.arch + float(rng.normal(0.0, 0.015)),
        flexion=scaled(kind.flexion, 0.2),
        bending=scaled(kind.bending, 0.2),
        sequence=float(np.clip(kind.sequence + rng.normal(0.0, 0.025), 0.06, 0.47)),
        duty=scaled(kind.duty, 0.04),
        stride=scaled(kind.stride, 0.06),
        lift=scaled(kind.lift, 0.2),
    )


def _four(values: Array) -> Four:
    a, b, c, d = (float(v) for v in values)
    return a, b, c, d


def skeleton(build: Build) -> Skeleton:
    """Return the creature's skeleton: standing, facing +Z, hips at the model animal's height."""
    place: dict[str, Array] = {}
    tips: dict[str, Array] = {}
    top = build.trunk - build.fore[0] * math.sin(math.radians(build.fore_angles[0]))
    for name in quadruped.LEGS:
        side = 1.0 if name[0] == "L" else -1.0
        fore = name[1] == "F"
        start = np.array([build.width, 1.0, 0.0])
        if fore:
            start = np.array([(0.55 + 0.3 * build.sprawl) * build.width, build.withers, top])
        line = start + _leg(build, name[1])
        for joint, point in zip(quadruped.LEG_CHAINS[name], line, strict=True):
            place[joint] = point * [side, 1.0, 1.0]
        tips[quadruped.PAWS[quadruped.LEGS.index(name)]] = np.array([0.0, -0.6 * PAW_SHARE, 0.1])
    _axis(build, place, tips)
    parents = quadruped.parents()
    points = np.stack([place[name] for name in quadruped.JOINTS])
    offsets = points - np.where(parents[:, None] < 0, points, points[parents])
    sites: list[EndSite] = []
    for name, tip in tips.items():
        x, y, z = (float(v) * quadruped_gaits.HIP_HEIGHT for v in tip)
        sites.append((quadruped.JOINTS.index(name), (x, y, z)))
    return Skeleton(quadruped.JOINTS, parents, offsets * quadruped_gaits.HIP_HEIGHT, tuple(sites))


def _leg(build: Build, girdle: str) -> Array:
    """Return the joints (5, 3) of a left leg with its top at the origin, in hip heights."""
    lengths = np.array(build.hind if girdle == "H" else build.fore)
    angles = np.radians(build.hind_angles if girdle == "H" else build.fore_angles)
    splay = _OUT * build.sprawl * np.array(_SPLAY[girdle])
    height = (1.0 if girdle == "H" else build.withers) - PAW_SHARE
    line = np.zeros((5, 3))
    for _ in range(6):
        steps = np.stack(
            [np.sin(splay), -np.cos(splay) * np.cos(angles), np.cos(splay) * np.sin(angles)],
            axis=-1,
        )
        line[1:] = np.cumsum(lengths[:, None] * steps, axis=0)
        lengths = lengths * height / -line[-1, 1]
        angles = angles + math.atan2(_AHEAD[girdle] - line[-1, 2] * height / -line[-1, 1], height)
    line *= height / -line[-1, 1]
    inward = 0.15 if girdle == "H" else -0.1
    line[:, 0] -= (1.0 - build.sprawl) * inward * build.width * line[:, 1] / line[-1, 1]
    return line


def _axis(build: Build, place: dict[str, Array], tips: dict[str, Array]) -> None:
    """Add joints and tips of torso, neck, head and tail, in hip heights."""
    end = np.array([0.0, 0.55 * build.withers + 0.45, build.trunk])
    start = np.array([0.0, 1.0 + 0.02, 0.0])
    for name, share in zip(quadruped.TORSO, SPINE_SHARES, strict=True):
        rise = build.arch * math.sin(math.pi * min(share / SPINE_SHARES[-1], 1.0))
        place[name] = start + share * (end - start) + [0.0, rise, 0.0]
    root = np.array([0.0, 0.5 * (end[1] + build.withers) - 0.02, build.trunk * 0.94])
    way = _pointing(build.neck_rise)
    shares = NECK_SHARES
    for name, share in zip(quadruped.NECK, shares, strict=True):
        sag = 0.1 * build.neck * (share - share**2) * math.cos(math.radians(build.neck_rise))
        place[name] = root + share * build.neck * way - [0.0, sag, 0.0]
    tips["Head"] = build.head * _pointing(min(-22.0 + 0.25 * build.neck_rise, 0.0))
    at = np.array([0.0, 1.0, 0.0]) + np.array(_PELVIS_TO_TAIL)
    ends = (*TAIL_SHARES[1:], 1.0)
    before = 0.0
    for name, share in zip(quadruped.TAIL, ends, strict=True):
        place[name] = at
        rise = build.tail_rise + build.tail_curl * 0.5 * (before + share)
        length = (share - before) * build.tail
        lowest = math.degrees(math.asin(max(min((0.1 - at[1]) / length, 0.0), -1.0)))
        step = length * _pointing(max(rise, lowest)) * [1.0, 1.0, -1.0]
        at, before = at + step, share
    tips["Tail5"] = at - place["Tail5"]


def _pointing(elevation: float) -> Array:
    """Return the forward direction (3,) at an elevation in degrees."""
    angle = math.radians(elevation)
    return np.array([0.0, math.sin(angle), math.cos(angle)])
