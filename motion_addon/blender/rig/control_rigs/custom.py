# SPDX-License-Identifier: GPL-3.0-or-later
"""Rigs whose mapped bones follow controls through constraints.

Owns finding the control that moves each mapped bone in the rig's present state: a bone that
copies another leads to that bone, the IK of a limb to its target and pole. Constraints that cannot
be followed are refused with a remedy.

The bones of an IK limb are keyed as well: the solver starts from their pose, and if that pose
reaches the target, the solver keeps it, however many bones it may bend.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import bpy
import numpy as np

from ....errors import RefusedError
from ....motion.body.body import Body
from ....motion.body.body_pose import BodyPose
from ....motion.maths import quat
from ....motion.maths.quat import Array
from ....motion.retarget.channels import (
    Channels,
    RigPoser,
    RootMotion,
    Staged,
    place_hips,
    place_loose,
    put_root,
    top_bone,
)

_COPIES = ("COPY_TRANSFORMS", "COPY_ROTATION", "CHILD_OF", "ARMATURE")
_HARMLESS = ("LIMIT_", "MAINTAIN_VOLUME", "COPY_SCALE", "STRETCH_TO", "COPY_LOCATION", "TRANSFORM")
_LIMBS = (("thigh", "shin", "foot"), ("upper_arm", "forearm", "hand"))


@dataclass
class _Links:
    """The controls that move the mapped bones of a rig."""

    leaders: dict[int, int] = field(default_factory=dict)
    """Control whose motion a mapped bone copies, by mapped bone."""
    exact: set[int] = field(default_factory=set)
    """Mapped bones that copy their leader's world rotation, whatever the rest poses."""
    goals: dict[int, _Goal] = field(default_factory=dict)
    """IK goal of a limb, by the bone with the IK constraint."""


@dataclass(frozen=True)
class _Goal:
    """Goal of an IK limb: its end, target and pole."""

    first: int
    """Topmost bone of the IK chain."""
    end: int
    """Bone whose rotation the control takes: the foot."""
    at_tail: bool
    """Whether the tail of the constrained bone reaches the target, else its head."""
    target: int
    """Target bone of the constraint."""
    control: int
    """Bone to key: the target or a control above it."""
    pole: int
    """Bone of the pole target, -1 for none."""
    pole_angle: float
    """Radians about the first bone from its X axis to the pole."""


def _active(bone: bpy.types.PoseBone) -> Iterator[bpy.types.Constraint]:
    for constraint in bone.constraints:
        if not constraint.mute and constraint.influence > 0.5 and constraint.is_valid:
            yield constraint


def _source(obj: bpy.types.Object, bone: str, constraint: bpy.types.Constraint) -> str:
    """Return the bone that a constraint copies. Raises RefusedError for bones of other objects."""
    if isinstance(constraint, bpy.types.ArmatureConstraint):
        targets = [(t.target, t.subtarget) for t in constraint.targets if t.weight > 0.5]
    else:
        targets = [(constraint.target, constraint.subtarget)]
    for target, name in targets:
        if target == obj and name:
            return name
    kind = constraint.name
    raise RefusedError(
        f'The constraint "{kind}" on "{bone}" follows another object; '
        "mute it or map the bones that it follows"
    )


def _leader(obj: bpy.types.Object, name: str) -> tuple[str, bool]:
    """Return the last bone in a chain of copies, and whether world rotations are equal."""
    assert obj.pose is not None
    seen, exact = [name], True
    while True:
        bone = obj.pose.bones[seen[-1]]
        copies = [c for c in _active(bone) if c.type in _COPIES]
        if not copies:
            return seen[-1], exact
        exact = exact and copies[-1].type.startswith("COPY") and _in_world(copies[-1])
        following = _source(obj, bone.name, copies[-1])
        if following in seen:
            raise RefusedError(f'The constraints of "{name}" form a cycle; mute one of them')
        seen.append(following)


def _in_world(constraint: bpy.types.Constraint) -> bool:
    spaces = {constraint.owner_space, constraint.target_space}
    return spaces <= {"WORLD", "POSE"} and getattr(constraint, "mix_mode", "REPLACE") == "REPLACE"


def _control_above(body: Body, bone: int, others: set[int]) -> int:
    """Return the topmost control that carries an IK target but no other mapped bone or target."""
    rig = body.rig
    shared = {a for other in others for a in (other, *rig.ancestors(other))}
    best = bone
    for above in rig.ancestors(bone):
        if above in shared:
            break
        best = above
    return best


def links(obj: bpy.types.Object, body: Body) -> _Links | None:
    """Return the controls of the mapped bones, or None if the bones can be keyed themselves.

    Raises RefusedError for constraints that cannot be followed.
    """
    assert obj.pose is not None
    rig, found = body.rig, _Links()
    mapped = {bone: role for role, bones in body.roles.items() for bone in bones}
    for bone in mapped:
        pose_bone = obj.pose.bones[rig.names[bone]]
        for constraint in _active(pose_bone):
            _link(obj, body, found, bone, constraint)
    if not found.leaders and not found.goals:
        return None
    targets = {goal.target for goal in found.goals.values()}
    for middle, goal in found.goals.items():
        others = (targets - {goal.target}) | set(mapped)
        found.goals[middle] = replace(goal, control=_control_above(body, goal.target, others))
    return found


def _ends(body: Body) -> dict[int, int]:
    """Return the bone at a limb's end by the bone that may have the limb's IK constraint."""
    if body.kind.roles.whole_legs:
        chains = [(*leg.bones, leg.bones[-1]) for leg in body.legs]
        return {bone: below for chain in chains for bone, below in pairwise(chain[1:])}
    limbs = [[body.bone(f"{role}.{side}") for role in limb] for limb in _LIMBS for side in "LR"]
    return {middle: end for _upper, middle, end in limbs}


def _link(
    obj: bpy.types.Object, body: Body, found: _Links, bone: int, constraint: bpy.types.Constraint
) -> None:
    rig = body.rig
    name = rig.names[bone]
    if isinstance(constraint, bpy.types.KinematicConstraint):
        end = _ends(body).get(bone)
        drivable = constraint.target == obj and constraint.subtarget and not constraint.use_rotation
        if end is None or not drivable:
            raise RefusedError(
                f'The bone "{name}" is moved by IK in a way that Footfall cannot drive; '
                "switch that limb to FK or mute the constraint"
            )
        pole = constraint.pole_subtarget if constraint.pole_target == obj else ""
        target = rig.index(constraint.subtarget)
        chain = [bone, *rig.ancestors(bone)]
        found.goals[bone] = _Goal(
            chain[min(constraint.chain_count or len(chain), len(chain)) - 1],
            end,
            constraint.use_tail,
            target,
            target,
            rig.index(pole) if pole else -1,
            constraint.pole_angle,
        )
    elif constraint.type in _COPIES:
        leader, exact = _leader(obj, name)
        if leader != name:
            found.leaders[bone] = rig.index(leader)
            if exact:
                found.exact.add(bone)
    elif not constraint.type.startswith(_HARMLESS):
        raise RefusedError(
            f'The constraint "{constraint.name}" on "{name}" would undo the keys; '
            "mute it or map the controls of the rig"
        )


def plan(
    obj: bpy.types.Object, posed: BodyPose, root_motion: RootMotion
) -> tuple[Channels, tuple[tuple[str, str, float], ...], tuple[str, ...]]:
    """Return channels of the controls behind constraints. Raises RefusedError."""
    body, rig = posed.body, posed.body.rig
    found = links(obj, body)
    assert found is not None
    staged = Staged.of(posed, root_motion)
    poser = RigPoser(rig, len(posed.root_yaws), dict(staged.rotations), follows=dict(found.leaders))
    moved = [put_root(body, poser, staged.placement)] if root_motion == "root" else []
    turned = set(staged.rotations) | set(moved)
    ends = {goal.control for goal in found.goals.values()}
    for bone, leader in found.leaders.items():
        turned.discard(bone)
        if bone in staged.rotations and not ends & {leader, *rig.ancestors(leader)}:
            poser.rotations[leader] = _leader_rotation(found, staged, rig.rest_rotations, bone)
            turned.add(leader)
    moved.append(_move_hips(posed, staged, poser, found, moved))
    if body.kind.roles.whole_legs:
        moved += [b for b in place_loose(body, poser, staged.positions) if b not in found.leaders]
    for bone, goal in found.goals.items():
        _set_limb(staged, poser, found, bone, goal)
        moved += [control for control in (goal.control, goal.pole) if control >= 0]
        turned.add(goal.control)
    names = ", ".join(sorted(rig.names[goal.control] for goal in found.goals.values()))
    notes = (f"Feet or hands are keyed on their IK controls: {names}.",) if names else ()
    return staged.collect(poser, turned, moved), (), notes


def _leader_rotation(found: _Links, staged: Staged, rest: Array, bone: int) -> Array:
    """Return the world rotation (T, 4) of the leader of a mapped bone."""
    if bone in found.exact:
        return staged.rotations[bone]
    turn = quat.mul_inv(staged.rotations[bone], rest[bone])
    return quat.mul(turn, rest[found.leaders[bone]])


def _move_hips(
    posed: BodyPose, staged: Staged, poser: RigPoser, found: _Links, moved: list[int]
) -> int:
    body = posed.body
    hips = top_bone(body)
    leader = found.leaders.get(hips)
    if leader is None:
        return place_hips(body, poser, staged.positions[hips], set(moved))
    rest = body.rig.rest_heads
    turn = quat.mul_inv(staged.rotations[hips], body.rig.rest_rotations[hips])
    poser.positions[leader] = staged.positions[hips] + quat.apply(turn, rest[leader] - rest[hips])
    return leader


def _set_limb(staged: Staged, poser: RigPoser, found: _Links, bone: int, goal: _Goal) -> None:
    """Place an IK limb's control at the limb's end, and its pole where the joint points."""
    rig, rest, turns = poser.rig, poser.rig.rest_heads, poser.rig.rest_rotations
    turn = quat.mul_inv(staged.rotations[goal.end], turns[goal.end])
    leader = found.leaders.get(goal.end, -1)
    if leader >= 0 and goal.control in (leader, *rig.ancestors(leader)):
        led = _leader_rotation(found, staged, turns, goal.end)
        turn = quat.mul_inv(led, turns[leader])
    poser.rotations[goal.control] = quat.mul(turn, turns[goal.control])
    bent = quat.mul_inv(staged.rotations[bone], turns[bone])
    tip = rig.rest_tails[bone] - rest[bone] if goal.at_tail else np.zeros(3)
    reach = staged.positions[bone] + quat.apply(bent, tip)
    away = quat.apply(turn, rest[goal.control] - rest[goal.target])
    poser.positions[goal.control] = reach + away
    if goal.pole >= 0:
        poser.positions[goal.pole] = _pole(poser, goal, reach)


def _pole(poser: RigPoser, goal: _Goal, reach: Array) -> Array:
    """Return positions (T, 3) of a pole at which the solver does not twist the limb.

    The pole keeps its distances along and from the line to ``reach`` (T, 3) that it has when it
    moves with the first bone. The solver turns an axis of that bone, the pole angle from its X
    axis, to the pole: so the pole is placed in the direction of this axis.
    """
    rig, first = poser.rig, goal.first
    start, rotation = poser.position(first), poser.rotation(first)
    turn = quat.mul_inv(rotation, rig.rest_rotations[first])
    arm = quat.apply(turn, rig.rest_heads[goal.pole] - rig.rest_heads[first])
    line = quat.unit(reach - start)
    along = np.sum(arm * line, axis=-1, keepdims=True) * line
    axis = np.array([np.cos(goal.pole_angle), 0.0, np.sin(goal.pole_angle)])
    up = quat.apply(rotation, axis)
    up = up - np.sum(up * line, axis=-1, keepdims=True) * line
    off = np.linalg.norm(arm - along, axis=-1, keepdims=True)
    return np.asarray(start + along + off * quat.unit(up))
