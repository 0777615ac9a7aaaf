# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials: what the keyed controls of a rig do, found by turning and moving each a little.

All are tried in one play on a copy of the rig, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
import numpy as np

from ...motion.body.body import Body
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.retarget.channels import RigPoser
from ..scene import fcurves
from .sampled_action import Puppet, Reel, rotation_channel

TURN = 0.06
"""Radians by which controls are tried."""
SHIFT = 0.02
"""Length of a leg by which they are tried."""
GLUED = 0.03
"""Share of a trial by which a bone that goes along may be off."""
LED = 0.4
"""Share of a trial's turn by which a bone may be off that is led by the control alone."""
STIRRED = 0.1
"""Share of a trial's turn from which a bone is moved at all."""

_SKEW = np.array([0.6, 0.48, 0.64])


@dataclass(frozen=True, eq=False)
class Trial:
    """What a control did to the rig's bones."""

    control: int
    turned: str | None
    moved: str | None
    turns: Array
    swings: Array
    shifts: Array
    led: Array
    """(B,) bool, bones that turn nearly as it does, such as those of a bendy spine."""
    turn_stirs: Array
    """(B,) bool, bones that its turn turned at all."""
    shift_stirs: Array
    """(B,) bool, bones that its move turned at all."""


@dataclass(frozen=True)
class _Plan:
    """One channel of one control to be tried."""

    control: str
    path: str
    mode: str | None
    """Rotation mode; None for a location."""


def tried(rig: bpy.types.Object, body: Body, puppet: Puppet, reel: Reel, row: int) -> list[Trial]:
    """Return what each keyed control does, starting from one row of a reel."""
    plans = _planned(rig, body, reel)
    count = len(plans) + 1
    still = {p: replace(t, values=np.repeat(t.values[[row]], count, 0)) for p, t in reel.items()}
    for number, plan in enumerate(plans, start=1):
        values = still[plan.path].values
        if plan.mode is None:
            values[number] += SHIFT * body.leg_length / body.rig.scale * _SKEW
        else:
            turn = fcurves.quaternions(plan.mode, values[number : number + 1])
            turn = quat.mul(turn, quat.from_rotvec(TURN * _SKEW))
            values[number] = fcurves.rotation_channels(plan.mode, turn)[1][0]
    rotations, heads, _, _ = puppet.play(still)
    found: dict[str, Trial] = {}
    for number, plan in enumerate(plans, start=1):
        nothing = np.zeros((6, len(body.rig)), dtype=bool)
        trial = found.get(plan.control, Trial(body.rig.index(plan.control), None, None, *nothing))
        both = rotations[[0, number]], heads[[0, number]]
        work = _moved if plan.mode is None else _turned
        found[plan.control] = work(body, trial, plan, still[plan.path].values[[0, number]], *both)
    return list(found.values())


def _planned(rig: bpy.types.Object, body: Body, reel: Reel) -> list[_Plan]:
    """Return what is worth a trial: no locked channels, no fingers and no faces."""
    tips = {bone for role in ("hand.L", "hand.R", "head") for bone in body.roles.get(role, ())}
    plans = []
    for path, track in reel.items():
        bone = rig.pose.bones[track.bone] if track.bone else None
        if bone is None or not tips.isdisjoint(body.rig.ancestors(body.rig.index(track.bone))):
            continue
        if track.channel == rotation_channel(bone):
            plans.append(_Plan(track.bone, path, bone.rotation_mode))
        elif track.channel == "location" and not all(bone.lock_location):
            plans.append(_Plan(track.bone, path, None))
    return plans


def poser_of(body: Body, rotations: Array, positions: Array) -> RigPoser:
    """Return world transforms (T, B, ...) as a poser for the channels of any bone."""
    count = range(len(body.rig))
    return RigPoser(
        body.rig,
        len(rotations),
        {bone: rotations[:, bone] for bone in count},
        {bone: positions[:, bone] for bone in count},
    )


def _moved(
    body: Body, trial: Trial, plan: _Plan, values: Array, rotations: Array, heads: Array
) -> Trial:
    """Return what a control did as it moved, from poses (2, B, ...) before and after."""
    moved = poser_of(body, rotations, heads).posed_position(trial.control, values)
    step = moved[1] - moved[0]
    off = np.linalg.norm(heads[1] - heads[0] - step, axis=-1)
    shifts = off < GLUED * np.linalg.norm(step)
    stirs = _angle(rotations[1], rotations[0]) > STIRRED * TURN
    return replace(trial, moved=plan.path, shifts=shifts, shift_stirs=stirs)


def _turned(
    body: Body, trial: Trial, plan: _Plan, values: Array, rotations: Array, heads: Array
) -> Trial:
    """Return what a control did as it turned, likewise."""
    assert plan.mode is not None
    own = fcurves.quaternions(plan.mode, values)
    turned = poser_of(body, rotations, heads).posed_rotation(trial.control, own)
    turn = quat.mul_inv(turned[1], turned[0])
    away = _angle(rotations[1], quat.mul(turn, rotations[0]))
    pivot = heads[0, trial.control]
    arm = heads[0] - pivot
    off = np.linalg.norm(heads[1] - pivot - quat.apply(turn, arm), axis=-1)
    reach = np.linalg.norm(arm, axis=-1) + 0.1 * body.leg_length
    return replace(
        trial,
        turned=plan.path,
        turns=away < GLUED * TURN,
        swings=off < GLUED * TURN * reach,
        led=away < LED * TURN,
        turn_stirs=_angle(rotations[1], rotations[0]) > STIRRED * TURN,
    )


def _angle(a: Array, b: Array) -> Array:
    """Return (...,) radians between rotations."""
    return np.asarray(np.linalg.norm(quat.to_rotvec(quat.inv_mul(a, b)), axis=-1))
