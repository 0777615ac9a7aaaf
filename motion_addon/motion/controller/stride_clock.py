# SPDX-License-Identifier: GPL-3.0-or-later
"""The stride clock of four-legged animals: where each leg is in its stride.

A leg's phase is whole when its paw touches down. One clock with an offset for each leg makes a
gait, so the gait is a reliable input; while the animal stands the amplitude is zero and the phase
has no meaning. Training labels and the runtime use the same clock. Local phases
for quadrupeds are from Starke et al. 2020; one clock with offsets is ours.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..body import quadruped, quadruped_gaits
from ..body.kinds import QUADRUPED
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..plan.trajectory import RATE, WINDOW, Trajectory
from . import features

STATE_JOINTS: Final = QUADRUPED.state_joints
INPUT: Final = features.InputLayout.of(QUADRUPED)
PAW_STATES: Final = tuple(STATE_JOINTS.index(name) for name in quadruped.PAWS)
"""Places of the paws among STATE_JOINTS."""
_NOW: Final = 4 * len(WINDOW) + int(np.argmin(np.abs(WINDOW))) * len(quadruped_gaits.GAITS)
GATE_COLUMNS: Final = (
    *range(INPUT.motion.start, INPUT.motion.stop),
    *range(_NOW, _NOW + len(quadruped_gaits.GAITS)),
)
"""Columns of the control inputs that a gate sees: the root's motion, and the gaits now."""

_BLEND_SECONDS: Final = 0.22
"""Smoothing (s, sigma) of a change of gait."""


def clock(phase: Array, amplitude: Array) -> Array:
    """Return (..., 8) clock inputs of phases and amplitudes (..., 4)."""
    angle = 2.0 * np.pi * phase
    both = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * amplitude[..., None]
    return np.asarray(both.reshape(*phase.shape[:-1], -1), dtype=np.float32)


def gate_size(gating: str) -> int:
    """Return the length of a gate's input: ``phase`` or ``velocity``, and the wanted movement."""
    legs = len(QUADRUPED.legs)
    return (2 * legs if gating == "phase" else 3 * legs) + len(GATE_COLUMNS)


def root_track(skeleton: Skeleton, world_positions: Array, gait: Array) -> Trajectory:
    """Return the smoothed course of the root of a motion, (T, J, 3) world joint positions.

    The root is the ground under the middle of the trunk, facing from pelvis to withers; ``gait``
    (T, 6) as from ``gait_weights``.
    """
    pelvis = world_positions[:, skeleton.index("Pelvis")]
    withers = world_positions[:, skeleton.index("Withers")]
    along = (withers - pelvis) * np.array([1.0, 0.0, 1.0])
    center = 0.5 * (pelvis + withers)
    positions, heading, speeds = features.smoothed_root(center, quat.unit(along))
    distance_ = np.cumsum(speeds) / RATE
    return Trajectory(positions, heading, speeds, gait, distance_)


def planned(
    plan: Trajectory,
    lead: str = "auto",
    table: Mapping[str, quadruped_gaits.Gait] = quadruped_gaits.TABLE,
    left: bool = False,
) -> tuple[Array, Array]:
    """Return touchdown offsets (T, 4) in cycles and amplitudes (T, 4) along a plan.

    The offsets of canter and gallop are of the lead that ``leads_left`` gives. A change of gait
    takes the shortest way around the cycle, within a stride. An animal may have its own ``table``
    of footfalls, and start on the ``left`` lead.
    """
    moving = plan.gait[:, 1:]
    chosen = moving.argmax(axis=1)
    active = moving.max(axis=1) > 0.05
    known = np.where(active, np.arange(len(chosen)), -1)
    known = np.maximum.accumulate(known)
    first = int(np.argmax(active)) if active.any() else 0
    chosen = chosen[np.where(known < 0, first, known)]
    leads_ = leads_left(plan, lead, left)
    names = quadruped_gaits.GAITS[1:]
    right = np.array([table[name].offsets for name in names])
    leads = np.stack([right, _left_leads(right)])
    offsets = np.unwrap(leads[leads_.astype(np.int64), chosen], axis=0, period=1.0)
    offsets = smooth(offsets, _BLEND_SECONDS * plan.rate, plan.loops)
    amplitude = np.clip(1.0 - plan.gait[:, :1], 0.0, 1.0)
    return offsets, np.repeat(amplitude, 4, axis=1)


def _left_leads(right: Array) -> Array:
    """Return offsets (G, 4) with the left lead where a gait has one."""
    out = right.copy()
    for i, name in enumerate(quadruped_gaits.GAITS[1:]):
        if name in quadruped_gaits.ASYMMETRIC:
            out[i] = right[i, [2, 3, 0, 1]]
    return out


def leads_left(plan: Trajectory, lead: str = "auto", left: bool = False) -> Array:
    """Return (T,) bool, whether canter and gallop lead with the left along a plan.

    ``auto`` is the inner leg of a turn, with some memory, and the ``left`` or not before one.
    """
    if lead != "auto":
        return np.full(len(plan), lead == "left")
    turn = smooth(np.gradient(features.yaw(plan)) * plan.rate, 0.5 * plan.rate, plan.loops)
    marks = np.where(turn > 0.25, 1, np.where(turn < -0.25, 0, -1))
    if marks[0] < 0:
        marks[0] = int(left)
    last = np.maximum.accumulate(np.where(marks >= 0, np.arange(len(marks)), 0))
    return np.asarray(marks[last] == 1)
