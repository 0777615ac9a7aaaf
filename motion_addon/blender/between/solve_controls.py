# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings controls to where they make the body take given poses.

Each control is moved by what the bone it holds is off, in order from the hips outwards; what hangs
on it is taken along. The rig is then played, and what its own machinery made of it corrected, until
nothing is off any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import bpy
import numpy as np

from ...motion.inbetween.bone_poses import BonePoses
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.retarget.channels import RigPoser
from ...motion.rigs.measure import Body
from ..scene import fcurves
from .control_bindings import Grip
from .control_effects import poser_of
from .sampled_action import Puppet, Reel

ROUNDS = 5
AIMED = 0.01
"""What counts of an angle by which a limb's middle joint points elsewhere."""
STUCK = 0.8
"""Share of what was off before from which another round is no use."""
CLOSE = 2e-4
"""Share of a leg's length, and radians, from which nothing is off any more."""


def followed(
    rig: bpy.types.Object,
    body: Body,
    puppet: Puppet,
    reel: Reel,
    grips: Sequence[Grip],
    goal: BonePoses,
    rows: Array,
    now: tuple[Array, ...],
) -> tuple[Reel, float]:
    """Return the reel with the controls' channels on some rows set for ``goal``.

    ``goal`` has the poses on all rows, as if the object stayed where it is; ``now`` are those
    that the reel gives. Also returns the largest distance (m) of a hip or foot to its goal that
    is left; tails, whose controls may copy each other, are not counted.
    """
    best, least, missed = reel, np.inf, np.inf
    tail = body.roles.get("tail", ())
    counted = [grip for grip in grips if grip.bone not in tail]
    loose = [grip for grip in grips if grip.bone in tail]
    rounds = max(ROUNDS, len(loose) + 1)
    for number in range(rounds + 1):
        rotations, heads = (part[rows] if number == 0 else part for part in now[:2])
        off = _off(body, grips, rotations, heads, goal, rows)
        stuck = number > max(len(loose), 1) and off > STUCK * least
        if off < least:
            best, least = reel, off
            missed = _off(body, counted, rotations, heads, goal, rows)
        if off < CLOSE or stuck or number == rounds:
            break
        # A tail's controls may copy each other: one of them comes right in each round.
        ready = [*counted, *loose[number : number + 1]]
        reel = _round(rig, body, reel, ready, (rotations, heads), goal, rows, number > 0)
        now = puppet.play(reel, rows.tolist())
    return best, missed * body.leg_length


def _off(
    body: Body, grips: Sequence[Grip], rotations: Array, heads: Array, goal: BonePoses, rows: Array
) -> float:
    """Return how far the held bones are off, in radians or lengths of a leg."""
    worst = 0.0
    for grip in grips:
        bone = grip.bone
        if grip.turned or grip.aims:
            turn = quat.inv_mul(goal.rotations[bone][rows], rotations[:, bone])
            angle = float(np.linalg.norm(quat.to_rotvec(turn), axis=-1).max())
            worst = max(worst, angle * (AIMED if grip.aims else 1.0))
        if grip.moved and not grip.aims:
            away = np.linalg.norm(heads[:, bone] - goal.positions[bone][rows], axis=-1)
            worst = max(worst, float(away.max()) / body.leg_length)
    return worst


def _round(
    rig: bpy.types.Object,
    body: Body,
    reel: Reel,
    grips: Sequence[Grip],
    poses: tuple[Array, Array],
    goal: BonePoses,
    rows: Array,
    aim: bool,
) -> Reel:
    """Return the reel after each control was corrected once."""
    rotations, heads = (np.array(part) for part in poses)
    poser = poser_of(body, rotations, heads)
    changed = dict(reel)
    for grip in grips:
        if grip.aims and not aim:
            continue  # what bends the limb is told by where its ends came to
        _correct(rig, changed, grip, poser, goal, rows)
    return changed


def _correct(
    rig: bpy.types.Object, reel: Reel, grip: Grip, poser: RigPoser, goal: BonePoses, rows: Array
) -> None:
    """Move one control by what its bone is off, and take along what it carries."""
    bone, control = grip.bone, grip.control
    turn = quat.mul_inv(goal.rotations[bone][rows], poser.rotations[bone])
    name = poser.rig.names[control]
    pivot, step = poser.positions[control], np.zeros(3)
    if grip.turned:
        mode = rig.pose.bones[name].rotation_mode
        track = reel[grip.turned]
        own = poser.posed_rotation(control, fcurves.quaternions(mode, track.values[rows]))
        poser.rotations[control] = quat.mul(turn, own)
        basis = poser.basis_rotation(control)
        values = np.array(track.values)
        values[rows] = fcurves.rotation_channels(mode, basis)[1]
        reel[grip.turned] = replace(track, values=values)
        _carry(grip.turns, poser.rotations, control, lambda kept: quat.mul(turn, kept))
        _carry(
            grip.swings, poser.positions, control,
            lambda kept: pivot + quat.apply(turn, kept - pivot),
        )  # fmt: skip
    if grip.moved:
        track = reel[grip.moved]
        own = poser.posed_position(control, track.values[rows])
        if grip.aims:
            step = goal.positions[bone][rows] + quat.apply(turn, own - poser.positions[bone]) - own
        else:
            step = goal.positions[bone][rows] - poser.positions[bone]
        poser.positions[control] = own + step
        values = np.array(track.values)
        values[rows] = poser.basis_location(control)
        reel[grip.moved] = replace(track, values=values)
        _carry(grip.shifts, poser.positions, control, lambda kept: kept + step)


def _carry(along: Array, poses: Mapping[int, Array], control: int, move: object) -> None:
    """Move the bones that go along with a control."""
    for bone in np.flatnonzero(along):
        if bone != control:
            poses[int(bone)] = move(poses[int(bone)])  # type: ignore[index,operator]
