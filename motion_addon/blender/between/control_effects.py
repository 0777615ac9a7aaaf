# SPDX-License-Identifier: GPL-3.0-or-later
"""Control effects: the bones that each keyed control of a rig moves, found by moving it a little.

All controls are moved in one playback on a copy of the rig, one control per frame.
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
from .sampled_action import ActionPlayer, SampledAction

TURN = 0.06
"""Radians by which a control is turned."""
SHIFT = 0.02
"""Leg lengths by which a control is moved."""
GLUED = 0.03
"""Largest error of a bone that follows rigidly, as a share of the turn or move."""
LED = 0.4
"""Largest error of a bone that follows loosely, as a share of the turn."""
STIRRED = 0.1
"""Least turn of a bone that moves at all, as a share of ``TURN``."""

_SKEW = np.array([0.6, 0.48, 0.64])


@dataclass(frozen=True, eq=False)
class ControlEffect:
    """The bones that a control moves; B is the number of bones of the rig."""

    control: int
    """Index of the control in the rig's bones."""
    rotation_path: str | None
    """Data path of its rotation, if it was turned."""
    location_path: str | None
    """Data path of its location, if it was moved."""
    turning: Array
    """(B,) bool, bones that turn with the control."""
    swinging: Array
    """(B,) bool, bones whose heads swing about the control's head as it turns."""
    shifting: Array
    """(B,) bool, bones whose heads move with the control."""
    led: Array
    """(B,) bool, bones that turn nearly as the control does, such as those of a bendy spine."""
    stirred_by_turn: Array
    """(B,) bool, bones that turn at all when the control turns."""
    stirred_by_shift: Array
    """(B,) bool, bones that turn at all when the control moves."""


@dataclass(frozen=True)
class _Probe:
    """One channel of one control to be moved."""

    control: str
    path: str
    mode: str | None
    """Rotation mode; None for a location."""


def measure_effects(
    rig: bpy.types.Object, body: Body, player: ActionPlayer, sampled: SampledAction, row: int
) -> list[ControlEffect]:
    """Return the effect of each keyed control from the pose at one sampled row."""
    probes = _probes(rig, body, sampled)
    count = len(probes) + 1
    still = {p: replace(t, values=np.repeat(t.values[[row]], count, 0)) for p, t in sampled.items()}
    for number, probe in enumerate(probes, start=1):
        values = still[probe.path].values
        if probe.mode is None:
            values[number] += SHIFT * body.leg_length / body.rig.scale * _SKEW
        else:
            turn = fcurves.quaternions(probe.mode, values[number : number + 1])
            turn = quat.mul(turn, quat.from_rotvec(TURN * _SKEW))
            values[number] = fcurves.rotation_channels(probe.mode, turn)[1][0]
    rotations, heads, _, _ = player.play(still)
    found: dict[str, ControlEffect] = {}
    for number, probe in enumerate(probes, start=1):
        nothing = np.zeros((6, len(body.rig)), dtype=bool)
        effect = found.get(
            probe.control, ControlEffect(body.rig.index(probe.control), None, None, *nothing)
        )
        both = rotations[[0, number]], heads[[0, number]]
        work = _moved if probe.mode is None else _turned
        found[probe.control] = work(
            body, effect, probe, still[probe.path].values[[0, number]], *both
        )
    return list(found.values())


def _probes(rig: bpy.types.Object, body: Body, sampled: SampledAction) -> list[_Probe]:
    """Return the channels to move: no locked channels, no fingers and no faces."""
    tips = {bone for role in ("hand.L", "hand.R", "head") for bone in body.roles.get(role, ())}
    probes = []
    for path, track in sampled.items():
        bone = rig.pose.bones[track.bone] if track.bone else None
        if bone is None or not tips.isdisjoint(body.rig.ancestors(body.rig.index(track.bone))):
            continue
        if track.channel == fcurves.rotation_property(bone.rotation_mode):
            probes.append(_Probe(track.bone, path, bone.rotation_mode))
        elif track.channel == "location" and not all(bone.lock_location):
            probes.append(_Probe(track.bone, path, None))
    return probes


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
    body: Body, effect: ControlEffect, probe: _Probe, values: Array, rotations: Array, heads: Array
) -> ControlEffect:
    """Return the effect with the bones that a move (poses (2, B, ...), before and after) moved."""
    moved = poser_of(body, rotations, heads).posed_position(effect.control, values)
    step = moved[1] - moved[0]
    off = np.linalg.norm(heads[1] - heads[0] - step, axis=-1)
    shifts = off < GLUED * np.linalg.norm(step)
    stirs = _angle(rotations[1], rotations[0]) > STIRRED * TURN
    return replace(effect, location_path=probe.path, shifting=shifts, stirred_by_shift=stirs)


def _turned(
    body: Body, effect: ControlEffect, probe: _Probe, values: Array, rotations: Array, heads: Array
) -> ControlEffect:
    """Return the effect with the bones that a turn (poses (2, B, ...), before and after) moved."""
    assert probe.mode is not None
    own = fcurves.quaternions(probe.mode, values)
    turned = poser_of(body, rotations, heads).posed_rotation(effect.control, own)
    turn = quat.mul_inv(turned[1], turned[0])
    away = _angle(rotations[1], quat.mul(turn, rotations[0]))
    pivot = heads[0, effect.control]
    arm = heads[0] - pivot
    off = np.linalg.norm(heads[1] - pivot - quat.apply(turn, arm), axis=-1)
    reach = np.linalg.norm(arm, axis=-1) + 0.1 * body.leg_length
    return replace(
        effect,
        rotation_path=probe.path,
        turning=away < GLUED * TURN,
        swinging=off < GLUED * TURN * reach,
        led=away < LED * TURN,
        stirred_by_turn=_angle(rotations[1], rotations[0]) > STIRRED * TURN,
    )


def _angle(a: Array, b: Array) -> Array:
    """Return (...,) radians between rotations."""
    return np.asarray(np.linalg.norm(quat.to_rotvec(quat.inv_mul(a, b)), axis=-1))
