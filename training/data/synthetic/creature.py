# SPDX-License-Identifier: GPL-3.0-or-later
"""A synthetic animal: skeleton, mass, size and gaits; and the manner in which it moves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.body.mover import Mover
from motion_addon.motion.body.quadruped_gaits import Gait
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array

from . import anatomy
from .families import GALLOPS, Build

FROUDE: Final = {
    "walk": (0.03, 0.45),
    "pace": (0.3, 1.5),
    "trot": (0.35, 1.9),
    "canter": (1.6, 3.0),
    "gallop": (2.4, 6.0),
}
"""Least and most Froude number of each gait (Alexander and Jayes 1983)."""
_SLOW: Final = {"walk": (0.03, 0.9)}
"""The same for those that walk at all speeds."""
PHASE_SPREAD: Final = 0.018
"""Spread of footfalls between creatures, in strides."""


@dataclass(frozen=True, eq=False)
class SyntheticCreature:
    """An animal that does not exist."""

    name: str
    """Kind and number."""
    build: Build
    skeleton: Skeleton
    """The canonical quadruped of its proportions, at the model animal's size."""
    mass: float
    """kg"""
    hip_height: float
    """Meters, of the real animal."""
    gaits: Mapping[str, Gait]
    """Its own footfalls."""
    bounce: float
    """Amplitude of the trunk's rise and fall, relative to a spring's."""
    toes_out: float
    """Yaw of planted paws, radians."""

    @property
    def froude(self) -> Mapping[str, tuple[float, float]]:
        """Range of Froude numbers of each of its gaits."""
        known = _SLOW if self.build.run == "walk" else FROUDE
        skipped = {"trot": "pace", "pace": "trot"}.get(self.build.run)
        fast = () if self.build.gallop else ("canter", "gallop")
        out = {n: span for n, span in known.items() if n != skipped and n not in fast}
        if self.build.run == "walk" and self.build.gallop:
            out |= {"gallop": (1.2, 3.0)}
        if self.build.sprawl > 0.4 and "trot" in out:
            out |= {"trot": (0.2, 1.0)}
        return out

    @property
    def mover(self) -> Mover:
        """Its limits and gait weights along a plan, at the model animal's size."""
        return replace(
            quadruped_gaits.MOVER, weights=partial(_weights, self.build.run, self.build.gallop)
        )


def _weights(run: str, gallop: str, speeds: ArrayLike, gait: str = "auto") -> Array:
    """Return gait weights (..., 6) of an animal with its own running gait."""
    out = quadruped_gaits.weights(speeds, gait)
    if gait != "auto":
        return out
    names = quadruped_gaits.GAITS
    if not gallop:
        for name in ("canter", "gallop"):
            out[..., names.index("trot")] += out[..., names.index(name)]
            out[..., names.index(name)] = 0.0
    if run != "trot":
        out[..., names.index(run)] += out[..., names.index("trot")]
        out[..., names.index("trot")] = 0.0
    return out


def draw(seed: int, number: int) -> SyntheticCreature:
    """Draw a creature; equal seeds and numbers give equal creatures."""
    rng = np.random.default_rng([seed, number])
    kind, build = anatomy.draw(rng)
    return of_build(f"{kind} {seed}.{number}", build, rng)


def of_build(name: str, build: Build, rng: np.random.Generator) -> SyntheticCreature:
    """Draw a creature of a given build with a single mass."""
    mass = build.mass[0]
    upright = 0.16 * mass**0.35
    squat = 1.0 - 0.55 * build.sprawl
    height = upright * squat * float(np.exp(rng.normal(0.0, 0.08)))
    return SyntheticCreature(
        name,
        build,
        anatomy.skeleton(build),
        mass,
        height,
        _footfalls(build, rng),
        float(np.exp(rng.normal(0.0, 0.15))),
        math.radians(float(rng.normal(4.0, 4.0)) + 25.0 * build.sprawl),
    )


def _footfalls(build: Build, rng: np.random.Generator) -> dict[str, Gait]:
    """Return a creature's own table of gaits."""
    out = {}
    for name, gait in quadruped_gaits.TABLE.items():
        offsets = np.array(gait.offsets)
        if name == "walk":
            offsets = np.array([0.0, build.sequence, 0.5, build.sequence + 0.5])
        if name == "gallop" and build.gallop:
            offsets = np.array(GALLOPS[build.gallop])
        noise = np.clip(rng.standard_normal(4), -2.0, 2.0) * PHASE_SPREAD
        if name not in quadruped_gaits.ASYMMETRIC:
            noise[2], noise[3] = 0.25 * noise[2], noise[1] + 0.25 * noise[3]
        noise[0] = 0.0
        a, b, c, d = (float(v) for v in (offsets + noise))
        out[name] = Gait((a, b, c, d), gait.duty * build.duty)
    return out


MANNERS: Final = ("plain", "heavy", "light", "limp", "prowl", "high-step")
"""Names of manners."""


@dataclass(frozen=True)
class Manner:
    """Manner of moving, independent of gait and speed."""

    name: str = "plain"
    weight: float = 0.0
    """1 heavy and tired, -1 light and springy."""
    crouch: float = 0.0
    """0 upright to 1 prowling as low as possible."""
    lift: float = 1.0
    """Factor of the paws' lift."""
    head: float = 0.0
    """Degrees by which the neck is raised."""
    tail: float = 0.0
    """Degrees by which the tail is raised."""
    limp: int | None = None
    """Index in LEGS of the leg that limps."""
    tempo: float = 1.0
    """Factor of the stride rate."""
    sway: float = 1.0
    """Factor of the motion of trunk and head with each step."""


def manner(name: str, k: float = 1.0, plain: Manner | None = None, limp: int = 0) -> Manner:
    """Return the named manner of MANNERS at strength ``k`` (0..1), on top of ``plain``.

    ``limp`` is the index in LEGS of the leg that limps.
    """
    plain = plain or Manner()
    lift, tail, tempo, sway = plain.lift, plain.tail, plain.tempo, plain.sway
    if name == "heavy":
        return replace(
            plain,
            name="heavy", weight=k, lift=0.75 * lift, head=-14.0 * k, tail=tail - 10.0 * k,
            tempo=tempo * (1.0 - 0.08 * k), sway=sway * (1.0 + 0.4 * k),
        )  # fmt: skip
    if name == "light":
        return replace(
            plain,
            name="light", weight=-k, lift=lift * (1.0 + 0.4 * k), head=9.0 * k,
            tail=tail + 18.0 * k, tempo=tempo * (1.0 + 0.06 * k),
        )  # fmt: skip
    if name == "limp":
        return replace(plain, name="limp", limp=limp, weight=0.3 * k)
    if name == "prowl":
        return replace(
            plain,
            name="prowl", crouch=k, lift=0.9 * lift, head=-24.0 * k, tail=tail - 8.0 * k,
            tempo=tempo * (1.0 - 0.1 * k), sway=0.8 * sway,
        )  # fmt: skip
    if name == "high-step":
        return replace(
            plain, name="high-step", lift=lift * (1.6 + k), head=12.0 * k, tempo=tempo * 0.96
        )
    return plain


def draw_manner(rng: np.random.Generator) -> Manner:
    """Draw a manner; two in five are plain."""
    k = float(rng.uniform(0.5, 1.0))
    name = MANNERS[int(rng.choice(6, p=(0.4, 0.15, 0.15, 0.1, 0.1, 0.1)))]
    tempo = float(np.exp(rng.normal(0.0, 0.04)))
    sway = float(np.exp(rng.normal(0.0, 0.2)))
    lift = float(np.exp(rng.normal(0.0, 0.15)))
    tail = float(rng.normal(0.0, 12.0))
    plain = Manner("plain", 0.0, 0.0, lift, float(rng.normal(0.0, 6.0)), tail, None, tempo, sway)
    return manner(name, k, plain, int(rng.integers(4)) if name == "limp" else 0)
