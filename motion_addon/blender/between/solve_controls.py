# SPDX-License-Identifier: GPL-3.0-or-later
"""Solves the channels of controls so that the body takes given poses.

Each control is moved by the error of its bone, from the hips outwards, and the bones that follow
it are moved along. The rig is then played, and the errors that remain are corrected in further
rounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import bpy
import numpy as np

from ...motion.body.body import Body
from ...motion.inbetween.proxy import BonePoses
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.retarget.channels import RigPoser
from ..scene import fcurves
from .control_bindings import ControlBinding
from .control_effects import poser_of
from .sampled_action import ActionPlayer, SampledAction

ROUNDS = 5
BEND_WEIGHT = 0.01
"""Weight of the angle error of a limb's middle joint."""
STALLED = 0.8
"""Share of the error before above which another round does not help."""
EXACT = 2e-4
"""Error below which the solution counts as exact, in leg lengths or radians."""


def solve(
    rig: bpy.types.Object,
    body: Body,
    player: ActionPlayer,
    sampled: SampledAction,
    bindings: Sequence[ControlBinding],
    goal: BonePoses,
    rows: Array,
    now: tuple[Array, ...],
) -> tuple[SampledAction, float]:
    """Return the action with the controls' channels solved for ``goal`` at ``rows``.

    ``goal`` and ``now`` hold poses at all rows with the object at rest: the wanted ones, and those
    of ``sampled``. Also returns the largest remaining distance (m) of a bound bone to its goal;
    tails are not counted, since their controls may copy each other.
    """
    best, least, missed = sampled, np.inf, np.inf
    tail = body.roles.get("tail", ())
    counted = [binding for binding in bindings if binding.bone not in tail]
    loose = [binding for binding in bindings if binding.bone in tail]
    rounds = max(ROUNDS, len(loose) + 1)
    for number in range(rounds + 1):
        rotations, heads = (part[rows] if number == 0 else part for part in now[:2])
        error = _error(body, bindings, rotations, heads, goal, rows)
        stuck = number > max(len(loose), 1) and error > STALLED * least
        if error < least:
            best, least = sampled, error
            missed = _error(body, counted, rotations, heads, goal, rows)
        if error < EXACT or stuck or number == rounds:
            break
        # A tail's controls may copy each other: one of them comes right in each round.
        ready = [*counted, *loose[number : number + 1]]
        sampled = _round(rig, body, sampled, ready, (rotations, heads), goal, rows, number > 0)
        now = player.play(sampled, rows.tolist())
    return best, missed * body.leg_length


def _error(
    body: Body,
    bindings: Sequence[ControlBinding],
    rotations: Array,
    heads: Array,
    goal: BonePoses,
    rows: Array,
) -> float:
    """Return the largest error of the bound bones, in radians or leg lengths."""
    worst = 0.0
    for binding in bindings:
        bone = binding.bone
        if binding.rotation_path or binding.only_bends:
            turn = quat.inv_mul(goal.rotations[bone][rows], rotations[:, bone])
            angle = float(np.linalg.norm(quat.to_rotvec(turn), axis=-1).max())
            worst = max(worst, angle * (BEND_WEIGHT if binding.only_bends else 1.0))
        if binding.location_path and not binding.only_bends:
            away = np.linalg.norm(heads[:, bone] - goal.positions[bone][rows], axis=-1)
            worst = max(worst, float(away.max()) / body.leg_length)
    return worst


def _round(
    rig: bpy.types.Object,
    body: Body,
    sampled: SampledAction,
    bindings: Sequence[ControlBinding],
    poses: tuple[Array, Array],
    goal: BonePoses,
    rows: Array,
    aim: bool,
) -> SampledAction:
    """Return the action after one correction of each control."""
    rotations, heads = (np.array(part) for part in poses)
    poser = poser_of(body, rotations, heads)
    changed = dict(sampled)
    for binding in bindings:
        if binding.only_bends and not aim:
            continue  # the bend depends on where the limb's ends have come to
        _correct(rig, changed, binding, poser, goal, rows)
    return changed


def _correct(
    rig: bpy.types.Object,
    sampled: SampledAction,
    binding: ControlBinding,
    poser: RigPoser,
    goal: BonePoses,
    rows: Array,
) -> None:
    """Move one control by the error of its bone, and the bones that follow it along."""
    bone, control = binding.bone, binding.control
    turn = quat.mul_inv(goal.rotations[bone][rows], poser.rotations[bone])
    name = poser.rig.names[control]
    pivot, step = poser.positions[control], np.zeros(3)
    if binding.rotation_path:
        mode = rig.pose.bones[name].rotation_mode
        track = sampled[binding.rotation_path]
        own = poser.posed_rotation(control, fcurves.quaternions(mode, track.values[rows]))
        poser.rotations[control] = quat.mul(turn, own)
        basis = poser.basis_rotation(control)
        values = np.array(track.values)
        values[rows] = fcurves.rotation_channels(mode, basis)[1]
        sampled[binding.rotation_path] = replace(track, values=values)
        _carry(binding.turning, poser.rotations, control, lambda kept: quat.mul(turn, kept))
        _carry(
            binding.swinging, poser.positions, control,
            lambda kept: pivot + quat.apply(turn, kept - pivot),
        )  # fmt: skip
    if binding.location_path:
        track = sampled[binding.location_path]
        own = poser.posed_position(control, track.values[rows])
        if binding.only_bends:
            step = goal.positions[bone][rows] + quat.apply(turn, own - poser.positions[bone]) - own
        else:
            step = goal.positions[bone][rows] - poser.positions[bone]
        poser.positions[control] = own + step
        values = np.array(track.values)
        values[rows] = poser.basis_location(control)
        sampled[binding.location_path] = replace(track, values=values)
        _carry(binding.shifting, poser.positions, control, lambda kept: kept + step)


def _carry(along: Array, poses: Mapping[int, Array], control: int, move: object) -> None:
    """Move the bones that follow a control."""
    for bone in np.flatnonzero(along):
        if bone != control:
            poses[int(bone)] = move(poses[int(bone)])  # type: ignore[index,operator]
