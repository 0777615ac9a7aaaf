# SPDX-License-Identifier: GPL-3.0-or-later
"""Stance times of each paw: a creature's stride clock along a plan.

Stride length and duty factor are functions of the Froude number (Alexander and Jayes 1983, and
measured strides of the Labrador and a horse); footfalls are the creature's own. Lengths are at the
model animal's size, times at the plan's rate.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth, smoothstep
from motion_addon.motion.plan.trajectory import Trajectory

from .creature import Manner, SyntheticCreature

SLOW_STRIDE, FAST_STRIDE = (2.4, 0.34), (1.9, 0.40)
"""Factor and power of the Froude number that give the stride length in hip heights."""
BETWEEN: Final = (0.3, 1.2)
"""Froude numbers up to which SLOW_STRIDE and from which FAST_STRIDE holds."""
DUTY: Final = {
    "walk": (0.535, -0.095, 0.48, 0.82),
    "pace": (0.40, -0.25, 0.28, 0.52),
    "trot": (0.395, -0.28, 0.26, 0.52),
    "canter": (0.34, -0.25, 0.24, 0.36),
    "gallop": (0.295, -0.30, 0.15, 0.30),
}
"""Duty factor at a Froude number of 1, its power, and its least and most, of a dog."""
TURNING: Final = 0.75
"""Travel of the paws in trunk lengths per radian of turn; steps to the side are short."""
BACKWARD: Final = 0.7
"""Stride length backward relative to forward."""
SOFT: Final = 12.0
"""Sharpness of the limit that the legs' reach sets to strides."""
LEAST_RATE: Final = 1.2
"""Strides per second at which the last step before standing is finished."""
_BLUR: Final = 0.12
"""Seconds (sigma) over which the clock's rate changes."""
_WANDER: Final = 0.006
"""Standard deviation of a leg's footfalls from its gait, in strides."""


@dataclass(frozen=True)
class PawStance:
    """One stance of one paw, in fractional frames."""

    start: float
    """Touchdown; -inf if it is before the first frame."""
    stop: float
    """Lift-off; inf if it is after the last frame."""


@dataclass(frozen=True, eq=False)
class LegTiming:
    """Stride timing of a creature along a plan."""

    rate: Array
    """(T,) strides per second."""
    froude: Array
    """(T,) Froude number of the paws' speed over the ground, turning included."""
    duty: Array
    """(T, 4) duty factors."""
    offsets: Array
    """(T, 4) planned touchdowns in strides."""
    moving: Array
    """(T,) 0 standing to 1 moving."""
    stances: tuple[tuple[PawStance, ...], ...]
    """Stances of each leg."""


def stride_length(froude: Array) -> Array:
    """Return a dog's stride lengths in hip heights at Froude numbers (...)."""
    froude = np.maximum(froude, 1e-6)
    slow, fast = (a * froude**b for a, b in (SLOW_STRIDE, FAST_STRIDE))
    low, high = (a * f**b for (a, b), f in zip((SLOW_STRIDE, FAST_STRIDE), BETWEEN, strict=True))
    share = np.clip(np.log(froude / BETWEEN[0]) / np.log(BETWEEN[1] / BETWEEN[0]), 0.0, 1.0)
    middle = low * (high / low) ** share
    return np.asarray(np.where(froude < BETWEEN[0], slow, np.where(share < 1.0, middle, fast)))


def duty_factor(gait: Array, froude: Array) -> Array:
    """Return a dog's duty factors (...) for gait weights (..., 6) at Froude numbers (...)."""
    froude = np.maximum(froude, 0.01)
    out = gait[..., 0] * 0.65
    for i, name in enumerate(quadruped_gaits.GAITS[1:], start=1):
        factor, power, least, most = DUTY[name]
        out = out + gait[..., i] * np.clip(factor * froude**power, least, most)
    return np.asarray(out)


def turn_rate(plan: Trajectory) -> Array:
    """Return (T,) the body's turning rate, rad/s, positive to the left."""
    yaw = np.unwrap(quat.yaw_of(plan.facing))
    return np.asarray(np.gradient(yaw) * plan.rate)


def clock(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    room: float,
    rng: np.random.Generator,
) -> LegTiming:
    """Return the stride timing of a creature along a plan at the model animal's size.

    ``room`` (m) is the longest travel of the body over a planted paw; it limits the stride.
    """
    height = quadruped_gaits.HIP_HEIGHT
    spin = np.abs(turn_rate(plan)) * TURNING * creature.build.trunk * height
    speed = np.hypot(plan.speeds, spin)
    froude = quadruped_gaits.froude(smooth(speed, _BLUR * plan.rate), height)
    moving = smoothstep(speed, 0.03, 0.16)
    duty = duty_factor(plan.gait, froude) * creature.build.duty * (creature.mass / 30.0) ** 0.02
    duty = np.clip(duty * (1.0 + 0.07 * manner.weight + 0.06 * manner.crouch), 0.13, 0.84)
    length = stride_length(froude) * creature.build.stride / manner.tempo
    length = length * (creature.mass / 30.0) ** -0.02
    ahead = smooth((plan.facing * np.gradient(plan.positions, axis=0)).sum(axis=-1), 6.0)
    length = np.where(ahead < -1e-4, BACKWARD, 1.0) * length
    length = -np.logaddexp(-SOFT * length, -SOFT * room / height / duty) / SOFT
    length = np.maximum(length, 0.12)
    rate = smooth(moving * speed / (length * height), _BLUR * plan.rate)
    offsets, _ = stride_clock.planned(plan, table=creature.gaits)
    duties = _duties(duty, plan, manner, rng)
    phase = _start(offsets, duties, moving, rng) + np.cumsum(rate) / plan.rate
    legs = np.maximum.accumulate(phase[:, None] - offsets + _wander(len(plan), rng), axis=0)
    stances = tuple(_stances(legs[:, i], duties[:, i], rate, plan.rate) for i in range(4))
    return LegTiming(rate, froude, duties, offsets, moving, stances)


def _duties(duty: Array, plan: Trajectory, manner: Manner, rng: np.random.Generator) -> Array:
    """Return (T, 4) duty factors: those of fore paws are larger in walks, smaller in gallops."""
    fast = plan.gait[
        :, [quadruped_gaits.GAITS.index(name) for name in quadruped_gaits.ASYMMETRIC]
    ].sum(axis=1)
    out = np.repeat(duty[:, None], 4, axis=1) * (1.0 + 0.015 * rng.standard_normal(4))
    out[:, [1, 3]] *= (1.02 - 0.08 * fast)[:, None]
    if manner.limp is not None:
        out[:, manner.limp] *= 0.8
        out[:, manner.limp ^ 2] *= 1.06
    return np.asarray(np.clip(out, 0.12, 0.86))


def _wander(frames: int, rng: np.random.Generator) -> Array:
    """Return (T, 4) slow noise of footfalls."""
    noise = smooth(rng.standard_normal((frames, 4)), 40.0)
    return noise / max(float(noise.std()), 1e-9) * _WANDER


def _start(offsets: Array, duties: Array, moving: Array, rng: np.random.Generator) -> float:
    """Return the initial phase of the clock, at which one leg is about to lift off."""
    first = int(np.argmax(moving > 0.02))
    off, duty = offsets[first], duties[first]
    choices = off + duty - 0.03
    swinging = [
        int((((choice - off) % 1.0) > duty + 1e-6).sum()) + 0.01 * rng.random()
        for choice in choices
    ]
    return float(choices[int(np.argmin(swinging))])


def _stances(phase: Array, duty: Array, rate: Array, fps: int) -> tuple[PawStance, ...]:
    """Return a leg's stances from its unwrapped phase (T,); it starts in stance."""
    frames = np.arange(len(phase), dtype=np.float64)
    slope = 1e-9 * frames
    down, up = phase + slope, np.maximum.accumulate(phase - duty) + slope
    out = []
    start = -np.inf
    for turn in range(int(np.floor(up[0])) + 1, int(np.floor(up[-1])) + 1):
        lift = float(np.interp(turn, up, frames))
        at = min(int(lift), len(rate) - 1)
        usual = (1.0 - duty[at]) / max(rate[at], LEAST_RATE) * fps
        land = float(np.interp(turn + 1, down, frames)) if down[-1] >= turn + 1 else np.inf
        if land - lift > 1.5 * usual:
            land = lift + 1.2 * usual
        if lift - start < 2.5 or land > frames[-1]:
            continue
        out.append(PawStance(start, lift))
        start = land
    return (*out, PawStance(start, np.inf))
