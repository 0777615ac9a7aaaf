# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of the paws: pinned to the ground in stance, on an arc in swing.

A planted paw is at the mean of its neutral position under the body during the stance, so that it is
as far ahead at touchdown as it is behind at lift-off, in turns and backward too.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.cleanup.foot_lock import eased
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth, smoothstep
from motion_addon.motion.plan.trajectory import Trajectory

from .anatomy import PAW_HEIGHT
from .clock import LEAST_RATE, LegTiming, PawStance, turn_rate
from .creature import Manner, SyntheticCreature

CLEARANCE: Final = {"walk": 0.10, "pace": 0.12, "trot": 0.12, "canter": 0.17, "gallop": 0.21}
"""Height of a paw's arc in hip heights, of a dog."""
ARC: Final = {"H": (2.4, 2.0), "F": (2.0, 2.6)}
"""Exponents of an arc: hind paws are highest late, fore paws early in swing."""
NARROW: Final = 0.45
"""Share by which the paws of an erect body approach the midline at high speed."""
LEAN: Final = 0.6
"""Share of a turn's lateral acceleration that the body leans against."""
ASIDE: Final = 0.45
"""Share by which a paw's reach to the side is smaller."""
FURTHEST: Final = 0.56
"""Largest share of the body's longest travel over a paw that lies ahead of it, or behind."""
_SPREAD: Final = 0.012
"""Standard deviation of footprints in hip heights."""
_FRONT = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Steps:
    """The paws of a creature along a plan, in the order of LEGS."""

    paws: Array
    """(T, 4, 3) meters."""
    yaws: Array
    """(T, 4) radians, the body's heading at each paw's stance."""
    contacts: Array
    """(T, 4) 1 while a paw is planted."""
    stance: Array
    """(T, 4) elapsed share of the stance; 0 elsewhere."""
    swing: Array
    """(T, 4) elapsed share of the swing; 0 elsewhere."""
    load: Array
    """(T, 4) the stance's share of the stride; 0 in a swing or a pause."""
    homes: Array
    """(T, 4, 3) neutral positions of the paws under the body."""
    lean: Array
    """(T,) radians, roll of the body into a turn, positive to the left."""


def steps(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    clock: LegTiming,
    reach: tuple[float, Array],
    rng: np.random.Generator,
) -> Steps:
    """Return the motion of the paws for the stances of a clock.

    ``reach`` is the longest travel (m) of the body over a paw, and (4,) the offset (m) ahead of the
    rest pose of the middle of each leg's travel.
    """
    yaw = np.unwrap(quat.yaw_of(plan.facing))
    pull = plan.speeds * turn_rate(plan) / quadruped_gaits.GRAVITY
    lean = np.clip(LEAN * smooth(np.arctan(pull), 0.15 * plan.rate), -0.35, 0.35)
    homes = _homes(creature, manner, plan, clock, (yaw, lean), reach[1])
    frames = len(plan)
    paws, yaws = np.zeros((frames, 4, 3)), np.zeros((frames, 4))
    contacts, stand, swing, load = (np.zeros((frames, 4)) for _ in range(4))
    lift = _clearance(creature, manner, plan)
    turning = np.abs(turn_rate(plan)) * creature.build.trunk * quadruped_gaits.HIP_HEIGHT
    turning = turning / (turning + plan.speeds + 0.05)
    most = FURTHEST * reach[0] * (1.0 - 0.25 * creature.build.sprawl) * (1.0 - ASIDE * turning)
    for i, leg in enumerate(quadruped.LEGS):
        usual = (1.0 - clock.duty[:, i]) / np.maximum(clock.rate, LEAST_RATE) * plan.rate
        stances = _kept(homes[:, i], clock.stances[i], most, usual)
        places = [_place(homes[:, i], s, most, rng) for s in stances]
        ways = [float(yaw[_inside(s, frames)].mean()) for s in stances]
        for k, one in enumerate(stances):
            now = _inside(one, frames)
            paws[now, i], yaws[now, i], contacts[now, i] = places[k], ways[k], 1.0
            finite = np.isfinite(one.start) and np.isfinite(one.stop)
            if finite:
                stand[now, i] = (np.arange(now.start, now.stop) - one.start) / (
                    one.stop - one.start
                )
                following = stances[k + 1].start
                load[now, i] = (one.stop - one.start) / (following - one.start)
            if k + 1 == len(stances):
                break
            gone = np.arange(now.stop, _inside(stances[k + 1], frames).start)
            share = (gone - one.stop) / (stances[k + 1].start - one.stop)
            swing[gone, i] = np.clip(share, 1e-3, 1.0)
            height = float(lift[gone].mean()) if len(gone) else 0.0
            paws[gone, i] = _arc(places[k], places[k + 1], share, height, leg[1])
            yaws[gone, i] = ways[k] + (ways[k + 1] - ways[k]) * eased(share)
    return Steps(paws, yaws, contacts, stand, swing, load, homes, lean)


def _inside(stance: PawStance, frames: int) -> slice:
    """Return the whole frames of a stance."""
    start = 0 if not np.isfinite(stance.start) else int(np.ceil(stance.start))
    stop = frames if not np.isfinite(stance.stop) else int(np.floor(stance.stop)) + 1
    return slice(min(start, frames - 1), max(min(stop, frames), min(start, frames - 1) + 1))


def _kept(
    home: Array, stances: tuple[PawStance, ...], most: Array, usual: Array
) -> list[PawStance]:
    """Return the stances, with an extra step where the body travels too far over the paw.

    This happens in starts and stops faster than the clock's steps, and in turns. ``most`` (T,) is
    the limit (m), ``usual`` (T,) the frames of a swing.
    """
    out: list[PawStance] = []
    for stance in stances:
        one = stance
        while True:
            now = _inside(one, len(home))
            far = _too_far(home[now], most[now])
            if far is None or now.start + far + 1.5 >= one.stop:
                break
            lift = max(now.start + float(far), one.start + 2.5)
            land = lift + float(usual[min(int(lift), len(usual) - 1)])
            out.append(PawStance(one.start, lift))
            one = PawStance(land, one.stop)
            if land + 3.0 > min(one.stop, len(home) - 1.0):
                break
        if one.start + 2.5 < one.stop and one.start < len(home) - 1.0:
            out.append(one)
    return out


def _too_far(home: Array, most: Array) -> int | None:
    """Return the frame of a stance from which the body is too far ahead of the paw, or None."""
    found = None
    for _ in range(3):
        away = np.linalg.norm(home - _middle(home, most), axis=-1) / most[: len(home)]
        near = int(np.argmin(away))
        far = np.flatnonzero(away[near:] > 1.01)
        if not len(far):
            break
        found = near + int(far[0])
        home = home[:found]
    return found


def _middle(home: Array, most: Array) -> Array:
    """Return (3,) the mean of neutral positions (n, 3) in a stance, limited by distance."""
    away = home.mean(axis=0) - home[0]
    limit = float(most[: len(home)].mean())
    return np.asarray(home[0] + away * min(1.0, limit / max(float(np.linalg.norm(away)), 1e-9)))


def _place(home: Array, stance: PawStance, most: Array, rng: np.random.Generator) -> Array:
    """Return (3,) the footprint of a stance from the neutral positions (T, 3) of the paw."""
    noise = np.clip(rng.standard_normal(2), -2.0, 2.0) * _SPREAD * quadruped_gaits.HIP_HEIGHT
    now = _inside(stance, len(home))
    middle = _middle(home[now], most[now])
    return np.asarray(middle + np.array([noise[0], 0.0, noise[1]]))


def _homes(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    clock: LegTiming,
    turned: tuple[Array, Array],
    middles: Array,
) -> Array:
    """Return (T, 4, 3) the neutral positions of the paws under the body, on the ground."""
    yaw, lean = turned
    rest = creature.skeleton.rest_positions().astype(np.float64)
    middle = 0.5 * (rest[0] + rest[creature.skeleton.index("Withers")])
    local = rest[[creature.skeleton.index(name) for name in quadruped.PAWS]] - middle
    local[:, 1] = 0.0
    erect = 1.0 - creature.build.sprawl
    narrow = 1.0 - NARROW * erect * smoothstep(clock.froude, 0.1, 2.0)
    wide = narrow * (1.0 + 0.25 * manner.crouch * erect)
    places = np.repeat(local[None], len(plan), axis=0)
    places[..., 0] = places[..., 0] * wide[:, None]
    places[..., 2] += middles * clock.moving[:, None]
    places[..., 0] -= 0.8 * quadruped_gaits.HIP_HEIGHT * np.tan(lean)[:, None]
    out = plan.positions[:, None] + quat.apply(quat.yaw(yaw)[:, None], places)
    out[..., 1] = PAW_HEIGHT
    return np.asarray(out)


def _clearance(creature: SyntheticCreature, manner: Manner, plan: Trajectory) -> Array:
    """Return (T,) the height of the paws' arcs, meters."""
    least = CLEARANCE["walk"]
    out = plan.gait @ np.array([least, *(CLEARANCE[name] for name in quadruped_gaits.GAITS[1:])])
    slow = 0.55 + 0.45 * smoothstep(plan.speeds, 0.1, 1.0)
    height = out * slow * creature.build.lift * manner.lift * (1.0 - 0.2 * manner.weight)
    return np.asarray(quadruped_gaits.HIP_HEIGHT * np.clip(height, 0.03, 0.32))


def _arc(a: Array, b: Array, share: Array, height: float, girdle: str) -> Array:
    """Return (n, 3) a swing from one footprint to the next at shares (n,) of its time."""
    out = a + (b - a) * eased(share)[:, None]
    rise, fall = ARC[girdle]
    x = np.clip(share, 0.0, 1.0)
    peak = rise / (rise + fall)
    bump = x**rise * (1.0 - x) ** fall / (peak**rise * (1.0 - peak) ** fall)
    out[:, 1] += height * bump
    return np.asarray(out)
