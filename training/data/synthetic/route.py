# SPDX-License-Identifier: GPL-3.0-or-later
"""Random routes of synthetic animals: paths, speeds, stops and turns, as plans in model size."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import Trajectory
from motion_addon.motion.plan.turn_in_place import turn_in_place

from .creature import SyntheticCreature

KINDS: Final = ("steady", "winding", "changing", "stopping", "pivot", "backward")
"""Kinds of route."""
SHARES: Final = (0.38, 0.24, 0.14, 0.1, 0.07, 0.07)
"""Probability of each kind."""
SECONDS: Final = 8.0
"""Usual duration of the travel, without standing before and after it."""
_EDGE: Final = int(0.9 * trajectory.RATE)
"""Frames of standing at each end of a plan."""


@dataclass(frozen=True, eq=False)
class Route:
    """A plan with its kind, gait and speed."""

    kind: str
    gait: str
    """Of ``quadruped_gaits.GAITS``, or "auto"."""
    froude: float
    """Froude number of the requested speed."""
    plan: Trajectory

    @property
    def steady(self) -> slice:
        """The frames at full speed."""
        fast = np.flatnonzero(self.plan.speeds > 0.97 * self.plan.speeds.max())
        if self.kind in ("pivot", "backward") or not len(fast):
            return slice(_EDGE, max(len(self.plan) - _EDGE, _EDGE + 1))
        return slice(int(fast[0]), int(fast[-1]) + 1)


def speed(froude: float) -> float:
    """Return the speed (m/s) at the model's size for a Froude number."""
    return float(np.sqrt(froude * quadruped_gaits.GRAVITY * quadruped_gaits.HIP_HEIGHT))


def draw(
    creature: SyntheticCreature,
    rng: np.random.Generator,
    kind: str | None = None,
    gait: str | None = None,
    seconds: float = SECONDS,
) -> Route:
    """Draw a route for a creature; kind and gait are drawn if they are not given."""
    kind = kind or str(rng.choice(KINDS, p=SHARES))
    known = creature.froude
    gait = gait or str(rng.choice(list(known)))
    low, high = np.log(known[gait])
    froude = float(np.exp(rng.uniform(low, high)))
    if kind == "pivot":
        return _pivot(creature, rng)
    if kind == "backward":
        return _backward(creature, rng, seconds)
    pace = speed(froude)
    if kind == "changing":
        top = max(span[1] for span in known.values())
        values = [speed(float(f)) for f in np.exp(rng.uniform(np.log(0.05), np.log(top), 4))]
        keys = [(float(x), v) for x, v in zip((0.0, 0.35, 0.65, 1.0), values, strict=True)]
        path = _path(rng, seconds * float(np.mean(values)), 0.3, float(np.mean(values)))
        plan = trajectory.plan(path, speed=keys, mover=creature.mover)
        return Route(kind, "auto", froude, plan)
    bend = {"steady": 0.12, "winding": 1.0, "stopping": 0.3}[kind]
    path = _path(rng, seconds * pace, bend, pace)
    if kind == "stopping":
        return Route(kind, gait, froude, _stopping(creature, path, pace, gait))
    plan = trajectory.plan(path, speed=pace, gait=gait, mover=creature.mover)
    return Route(kind, gait, froude, plan)


def straight(
    creature: SyntheticCreature, gait: str, pace: float, seconds: float = SECONDS
) -> Route:
    """Return a straight route in one gait at a speed (m/s) at the model's size."""
    path = Path.from_points([[0.0, 0.0, 0.0], [0.0, 0.0, max(seconds * pace, 0.5)]])
    plan = trajectory.plan(path, speed=pace, gait=gait, mover=creature.mover)
    return Route(
        "steady", gait, float(quadruped_gaits.froude(pace, quadruped_gaits.HIP_HEIGHT)), plan
    )


def _path(rng: np.random.Generator, length: float, bend: float, pace: float) -> Path:
    """Draw a path; ``bend`` scales its bends, 1 is the tightest at this speed."""
    length = max(length, 0.8)
    s = np.linspace(0.0, length, 120)
    tightest = bend * min(0.5 * quadruped_gaits.MOVER.lateral / max(pace, 0.3) ** 2, 1.6)
    heading = np.full_like(s, float(rng.uniform(-np.pi, np.pi)))
    for _ in range(3):
        wave = float(rng.uniform(1.5, 9.0))
        most = tightest * wave / (2.0 * np.pi)
        heading += rng.uniform(-0.7, 0.7) * most * np.sin(2.0 * np.pi * (s / wave + rng.random()))
    heading += s * rng.uniform(-0.4, 0.4) * tightest
    steps = np.stack([np.sin(heading), np.zeros_like(s), np.cos(heading)], axis=-1)
    return Path.from_points(np.cumsum(steps, axis=0) * (s[1] - s[0]))


def _stopping(creature: SyntheticCreature, path: Path, pace: float, gait: str) -> Trajectory:
    """Return a plan with a stop in the middle."""
    half = Path.from_points(path.position(np.linspace(0.0, 0.5 * path.length, 80)))
    rest = Path.from_points(path.position(np.linspace(0.5 * path.length, path.length, 80)))
    one, two = (
        trajectory.plan(part, speed=pace, gait=gait, mover=creature.mover) for part in (half, rest)
    )
    return joined(one, two)


def joined(one: Trajectory, two: Trajectory) -> Trajectory:
    """Return two plans joined; the second begins at the end of the first."""

    def both(a: Array, b: Array) -> Array:
        return np.concatenate([a, b])

    return Trajectory(
        both(one.positions, two.positions - two.positions[0] + one.positions[-1]),
        both(one.facing, two.facing),
        both(one.speeds, two.speeds),
        both(one.gait, two.gait),
        both(one.distance, two.distance + one.distance[-1]),
    )


def _pivot(creature: SyntheticCreature, rng: np.random.Generator) -> Route:
    turn = float(rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 3.1))
    plan = turn_in_place(np.zeros(3), float(rng.uniform(-3.0, 3.0)), turn, creature.mover)
    return Route("pivot", "walk", 0.0, plan)


def _backward(creature: SyntheticCreature, rng: np.random.Generator, seconds: float) -> Route:
    froude = float(rng.uniform(0.02, 0.08))
    pace = speed(froude)
    gait = quadruped_gaits.BACKWARD if quadruped_gaits.BACKWARD in creature.froude else "walk"
    path = _path(rng, seconds * pace, 0.25, pace)
    plan = trajectory.plan(
        path, speed=pace, gait=gait, facing=("turned", np.pi), mover=creature.mover
    )
    return Route("backward", gait, froude, plan)
