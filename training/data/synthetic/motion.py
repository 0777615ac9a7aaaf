# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of a synthetic animal along a plan: clock, paws, trunk, legs, neck and tail."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import running_max, smooth
from motion_addon.motion.plan.trajectory import Trajectory

from . import clock as clocks
from . import feet, head_and_tail, legs, trunk
from .clock import LegTiming
from .creature import Manner, SyntheticCreature
from .feet import Steps
from .trunk import Sway

LEVEL: Final = 0.5
"""Share of a girdle's drop that the other girdle takes."""
_SINK_SECONDS: Final = 0.07
"""Smoothing (s, sigma) of a girdle's drop."""


@dataclass(frozen=True, eq=False)
class SyntheticMotion:
    """A clip of a creature at the model animal's size, and its input."""

    creature: SyntheticCreature
    manner: Manner
    plan: Trajectory
    clip: Clip
    """60 Hz, with exact contacts (T, 4)."""
    clock: LegTiming
    lack: Array
    """(T,) drop of a girdle for its legs to reach, in hip heights."""


def move(
    creature: SyntheticCreature, plan: Trajectory, manner: Manner, rng: np.random.Generator
) -> SyntheticMotion:
    """Return the motion of a creature along a plan at the model animal's size."""
    reach = legs.reaches(creature, manner)
    clock = clocks.clock(creature, manner, plan, reach[0], rng)
    steps = feet.steps(creature, manner, plan, clock, reach, rng)
    sway = trunk.sway(creature, manner, plan, clock, steps, rng)
    sway, lack = _sunk(creature, manner, sway, steps, plan.rate)
    rotations, places = trunk.torso(creature, sway)
    skeleton = creature.skeleton
    world = np.zeros((len(plan), len(skeleton), 4))
    world[:, [skeleton.index(name) for name in quadruped.TORSO]] = rotations
    for name in quadruped.LEGS:
        above = legs.top(skeleton, name, (rotations, places), steps)
        held = legs.foot(creature, manner, name, above.place, steps, plan.rate)
        for joint, turned in legs.solve(skeleton, name, above, held).items():
            world[:, skeleton.index(joint)] = turned
    necks = head_and_tail.head(creature, manner, plan, clock, sway, rotations[:, -1], rng)
    tails = head_and_tail.tail(creature, manner, plan, clock, sway, rotations[:, 0])
    world[:, head_and_tail.parts(skeleton)] = np.concatenate([necks, tails], axis=1)
    local = quat.unroll(quat.normalize(skeleton.local(world)))
    clip = Clip(
        skeleton,
        local.astype(np.float32),
        places[:, 0].astype(np.float32),
        float(plan.rate),
        steps.contacts.astype(np.float32),
    )
    return SyntheticMotion(creature, manner, plan, head_and_tail.swung(creature, clip), clock, lack)


def _sunk(
    creature: SyntheticCreature, manner: Manner, sway: Sway, steps: Steps, fps: float
) -> tuple[Sway, Array]:
    """Return the sway with girdles smoothly lowered where stance legs would not reach."""
    half = max(round(2.0 * _SINK_SECONDS * fps), 1)
    total = np.zeros(len(sway.heading))
    for _ in range(3):
        torso = trunk.torso(creature, sway)
        lacks = np.zeros((len(sway.heading), 2))
        for i, name in enumerate(quadruped.LEGS):
            above = legs.top(creature.skeleton, name, torso, steps)
            held = legs.foot(creature, manner, name, above.place, steps, fps)
            near = np.convolve(steps.contacts[:, i], np.ones(3), mode="same")
            short = legs.lack(creature.skeleton, name, above.place, held.end)
            column = 1 if name[1] == "F" else 0
            lacks[:, column] = np.maximum(lacks[:, column], np.where(near > 0.0, short, 0.0))
        if lacks.max() < 1e-4:
            break
        lacks = np.maximum(lacks, LEVEL * lacks[:, ::-1])
        down = smooth(running_max(lacks, half), half / 2.5)
        total = total + down.max(axis=1)
        sway = Sway(
            sway.heading, sway.center, sway.rise - 1.02 * down, sway.yaw, sway.pitch, sway.roll
        )
    return sway, total / quadruped_gaits.HIP_HEIGHT
