# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of the trunk: vertical by the forces of the legs, rotation by the paws' positions.

Each girdle is a mass on its two legs. A leg's force follows Alexander's model: one hump in a
run, two in a walk. A walking trunk is therefore highest at mid-stance and a trotting one lowest.
The distance between the two paws of a pair rotates their girdle, so that turns, starts and
backward steps need no rules of their own.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.plan.trajectory import Trajectory

from .clock import LegTiming, turn_rate
from .creature import Manner, SyntheticCreature
from .feet import Steps

TWO_HUMPS: Final = {"walk": 0.75, "pace": 0.05, "trot": 0.0, "canter": 0.0, "gallop": 0.0}
"""Amount of the second hump of a leg's force (Alexander 1980)."""
COUPLED: Final = 0.15
"""Share of a girdle's rise that comes from the other girdle."""
SLOWEST: Final = 0.75
"""Hertz, lower limit of the trunk's own rise and fall."""
MOST_RISE: Final = 0.085
"""Largest rise or fall of a girdle, in hip heights."""
YAW: Final = (0.30, 0.15)
"""Yaw of pelvis and withers (radians) per hip height between the paws of a pair."""
ROLL: Final = (0.12, 0.08)
"""Roll of pelvis and withers (radians) per hip height between the paws of a pair."""
MOST_YAW: Final = 0.36
"""Radians."""
PITCH: Final = (0.30, 0.20)
"""Pitch of pelvis and withers (radians) per hip height between hind and fore paws."""
MOST_PITCH: Final = 0.55
"""Radians."""
_SIDE = np.array([1.0, 0.0, 0.0])
_AHEAD = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class Sway:
    """Motion of a trunk relative to its heading."""

    heading: Array
    """(T,) radians."""
    center: Array
    """(T, 3) middle of the trunk, projected to the ground."""
    rise: Array
    """(T, 2) meters, of pelvis and withers relative to the rest pose."""
    yaw: Array
    """(T, 2) radians, of pelvis and withers."""
    pitch: Array
    """(T, 2) radians, nose up."""
    roll: Array
    """(T, 2) radians, left side up."""


def push(steps: Steps, humps: Array, spared: int | None) -> Array:
    """Return (T, 4) the share of its girdle's weight on each leg; ``humps`` (T,) is TWO_HUMPS."""
    u = steps.stance
    q = humps[:, None]
    shape = np.sin(np.pi * u) + q * np.sin(3.0 * np.pi * u)
    mean = (2.0 / np.pi) * (1.0 + q / 3.0)
    shape = shape / mean * 0.5 / np.maximum(steps.load, 0.05)
    still = steps.contacts * (steps.load == 0.0)
    out = np.where(still > 0.0, 0.5, shape)
    if spared is not None:
        out[:, spared] *= 0.72
        out[:, spared ^ 2] *= 1.28
    return np.asarray(out)


def rises(push_: Array, fps: float) -> Array:
    """Return (T, 2) the rise (m) of hind and fore girdles under the forces (T, 4) of their legs."""
    pull = np.stack([push_[:, 0] + push_[:, 2], push_[:, 1] + push_[:, 3]], axis=1) - 1.0
    count = len(pull)
    pad = int(2.0 * fps)
    padded = np.concatenate([np.zeros((pad, 2)), pull, np.zeros((pad, 2))])
    wave = 2.0 * np.pi * np.fft.rfftfreq(len(padded), 1.0 / fps)
    low = 2.0 * np.pi * SLOWEST
    gain = -(wave**4) / (wave**6 + low**6) * (wave > 0.0)
    out = np.fft.irfft(np.fft.rfft(padded, axis=0) * gain[:, None], len(padded), axis=0)
    out = quadruped_gaits.GRAVITY * out[pad : pad + count]
    return np.asarray((1.0 - COUPLED) * out + COUPLED * out[:, ::-1])


def sway(
    creature: SyntheticCreature,
    manner: Manner,
    plan: Trajectory,
    clock: LegTiming,
    steps: Steps,
    rng: np.random.Generator,
) -> Sway:
    """Return the trunk's motion above the paws."""
    build, fps, height = creature.build, plan.rate, quadruped_gaits.HIP_HEIGHT
    heading = np.unwrap(quat.yaw_of(plan.facing))
    back = quat.yaw(-heading)
    away = quat.apply(back[:, None], steps.paws - steps.homes) / height
    away = smooth(away, 0.025 * fps)
    pair = np.stack([away[:, 0, 2] - away[:, 2, 2], away[:, 1, 2] - away[:, 3, 2]], axis=1)
    pair = pair * manner.sway
    gather = 0.5 * (away[:, 0, 2] + away[:, 2, 2] - away[:, 1, 2] - away[:, 3, 2])
    noise = _noise(len(plan), 6, 0.9 * fps, rng)

    bend = 0.55 * np.tanh(smooth(turn_rate(plan), 0.2 * fps) * build.trunk * height / 1.1)
    bend = bend * min(build.bending, 1.5)
    turn = -np.array(YAW) * build.bending * pair
    yaw = MOST_YAW * np.tanh(turn / MOST_YAW) + 0.5 * bend[:, None] * np.array([-1.0, 1.0])
    yaw += 0.015 * noise[:, :2]
    pitch = np.array(PITCH) * build.flexion * gather[:, None]
    pitch = MOST_PITCH * np.tanh(pitch / MOST_PITCH)
    pitch[:, 1] -= 0.25 * pitch[:, 0]
    tilt = np.array(ROLL) * np.sqrt(build.bending) * (1.0 - 0.8 * build.sprawl)
    roll = tilt * np.tanh(pair) - steps.lean[:, None]
    roll += 0.008 * noise[:, 2:4]

    humps = plan.gait @ np.array([0.0, *(TWO_HUMPS[name] for name in quadruped_gaits.GAITS[1:])])
    bears = push(steps, humps * np.clip(1.2 - clock.froude, 0.0, 1.0), manner.limp)
    bob = rises(bears, fps) * creature.bounce * (1.0 + 0.25 * manner.weight) * manner.sway**0.5
    most = MOST_RISE * height
    rise = most * np.tanh(bob / most) + _carriage(manner, plan, build.sprawl)[:, None]
    rise += 0.004 * height * np.sin(2.0 * np.pi * 0.4 * np.arange(len(plan)) / fps)[:, None]

    aside = smooth(bears[:, [0, 1]].sum(axis=1) - bears[:, [2, 3]].sum(axis=1), 0.1 * fps)
    aside = 0.014 * height * manner.sway * build.width / 0.15 * aside * clock.moving
    aside += 0.012 * height * noise[:, 4] * (1.0 - clock.moving)
    surge = 0.012 * height * noise[:, 5] * (1.0 - clock.moving)
    shift = np.stack([aside, np.zeros(len(plan)), surge], axis=-1)
    center = plan.positions * [1.0, 0.0, 1.0] + quat.apply(quat.yaw(heading), shift)
    return Sway(heading, center, rise, yaw, pitch, roll)


def _noise(frames: int, count: int, sigma: float, rng: np.random.Generator) -> Array:
    """Return (T, count) slow noise of standard deviation 1."""
    out = smooth(rng.standard_normal((frames, count)), sigma)
    return np.asarray(out / np.maximum(out.std(axis=0), 1e-9))


def _carriage(manner: Manner, plan: Trajectory, sprawl: float) -> Array:
    """Return (T,) meters by which the trunk is above its height at rest."""
    fast = plan.gait[
        :, [quadruped_gaits.GAITS.index(name) for name in quadruped_gaits.ASYMMETRIC]
    ].sum(axis=1)
    moving = 1.0 - plan.gait[:, 0]
    low = 0.03 * fast + 0.012 * moving + lowered(manner, sprawl)
    return np.asarray(-quadruped_gaits.HIP_HEIGHT * smooth(low, 0.15 * plan.rate))


def lowered(manner: Manner, sprawl: float = 0.0) -> float:
    """Return the drop of the trunk in a manner, in hip heights."""
    return (0.2 - 0.1 * sprawl) * manner.crouch + 0.025 * manner.weight


def torso(creature: SyntheticCreature, sway_: Sway) -> tuple[Array, Array]:
    """Return world rotations (T, 5, 4) and positions (T, 5, 3) of the torso's joints.

    The torso is pitched so that both pelvis and withers reach their heights.
    """
    skeleton = creature.skeleton
    rest = skeleton.rest_positions().astype(np.float64)
    chain = [skeleton.index(name) for name in quadruped.TORSO]
    offsets = np.diff(rest[chain], axis=0)
    ground = rest[skeleton.index("LeftHindPaw"), 1] - 0.036 * quadruped_gaits.HIP_HEIGHT
    heights = rest[chain][[0, -1], 1] - ground + sway_.rise
    share = np.linspace(0.0, 1.0, len(chain))

    def spread(pairs: Array) -> Array:
        return np.asarray(pairs[:, :1] + share * (pairs[:, 1:] - pairs[:, :1]))

    yaw = sway_.heading[:, None] + spread(sway_.yaw)
    pitch, roll = spread(sway_.pitch), spread(sway_.roll)
    base = np.zeros(len(yaw))
    length = float(np.linalg.norm(offsets.sum(axis=0)))
    for _ in range(4):
        rotations = oriented(yaw, pitch + base[:, None], roll)
        places = np.zeros((len(yaw), len(chain), 3))
        places[:, 1:] = np.cumsum(quat.apply(rotations[:, :-1], offsets), axis=1)
        lack = heights[:, 1] - heights[:, 0] - places[:, -1, 1]
        base += np.arcsin(np.clip(lack / length, -0.5, 0.5))
    middle = 0.5 * places[:, -1]
    places += (sway_.center - middle * [1.0, 0.0, 1.0])[:, None]
    places[..., 1] += heights[:, :1] - places[:, :1, 1]
    return rotations, places


def oriented(yaw: Array, pitch: Array, roll: Array) -> Array:
    """Return rotations (..., 4) of a yaw to the left, a nose-up pitch and a left-up roll."""
    tilt = quat.from_axis_angle(_SIDE, -pitch)
    return quat.mul(quat.mul(quat.yaw(yaw), tilt), quat.from_axis_angle(_AHEAD, roll))
