# SPDX-License-Identifier: GPL-3.0-or-later
"""Which animal a recording shows: its parts, the way it faces and its canonical joints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ... import rigs
from ...body.quadruped import LEGS, ROLES
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones, RigMap
from ...rigs.axes import four_legged_axes
from ...rigs.quadruped_structure import around_legs
from .anchors import Limbs
from .canonical import Animal
from .recording import Recording

Legs = Mapping[str, Sequence[str]]
"""Each of ``quadruped.LEGS`` to the names of its bones, from the top to the paw."""
EXCHANGED = "Left and right are exchanged in the bone names."
"""Note of a map whose sides were exchanged; families have the same."""
LEAST_HIP = 1e-4
"""Height of the hips under which there is no rest pose at all, in the file's unit."""


@dataclass(frozen=True, eq=False)
class Subject:
    """A recording and the animal found in it."""

    recording: Recording
    """With the rest pose in which the animal was found."""
    rig_map: RigMap
    limbs: Limbs
    animal: Animal
    """Its rest pose faces +Z, Y up; lengths in the recording's unit."""
    body_from_world: Array
    """(4,) turns the world of the rest pose so that the animal faces +Z, Y up."""
    posed: bool
    """Whether the rest pose shows no animal, so that a frame of the motion was taken for it."""
    told: bool
    """Whether its parts were told, not found."""

    def motion(self) -> tuple[Array, Array]:
        """Return turns (T, B, 4) away from rest and positions (T, B, 3) in the body's axes."""
        axes = self.body_from_world
        turns = quat.mul_inv(quat.mul(axes, self.recording.turns()), axes)
        return turns, quat.apply(axes, self.recording.positions)

    def ends(self) -> Array:
        """Return (4,) the last bone of each leg, in the order of LEGS."""
        rig = self.recording.rig
        return np.array([rig.index(self.limbs.legs[leg][-1]) for leg in LEGS])


def find(recording: Recording, rig_map: RigMap | None = None, legs: Legs | None = None) -> Subject:
    """Return the animal of a recording, whose parts are told or found by structure.

    Where the rest pose shows none (all bones along one axis, say) the first frame is taken for
    it. Raises RefusedError in one plain sentence when there is no animal on four legs.
    """
    try:
        return _find(recording, rig_map, legs, posed=False)
    except RefusedError:
        if not recording.frames or not recording.finite:
            raise
        try:
            return _find(recording.resting_at(0), rig_map, legs, posed=True)
        except RefusedError:
            pass
        raise


def _find(
    recording: Recording, rig_map: RigMap | None, legs: Legs | None, *, posed: bool
) -> Subject:
    rig = recording.rig
    found = mapped(rig, rig_map, legs)
    try:
        found.check(rig)
        roles = {role: [rig.index(n) for n in names] for role, names in found.roles.items()}
        axes, exchanged = four_legged_axes(rig, roles)
    except RefusedError as error:
        raise RefusedError(f"{error}.") from error
    if exchanged:
        found = _exchanged(found)
    chains = {leg: _to_the_tip(rig, found.roles[ROLES[leg]]) for leg in LEGS}
    limbs = limbs_of(rig, found.roles, chains, axes)
    told = rig_map is not None or legs is not None
    body_from_world = quat.inv(axes)
    skeleton = recording.skeleton(body_from_world)
    heights = [skeleton.rest_positions()[skeleton.index(limbs.legs[leg][0]), 1] for leg in LEGS]
    ends = [skeleton.rest_positions()[skeleton.index(limbs.legs[leg][-1]), 1] for leg in LEGS]
    if min(np.array(heights) - ends) < LEAST_HIP:
        raise RefusedError("The legs of this rig do not go down from the trunk.")
    animal = Animal.of(skeleton, limbs)
    return Subject(recording, found, limbs, animal, body_from_world, posed, told)


def mapped(rig: RigBones, rig_map: RigMap | None, legs: Legs | None) -> RigMap:
    """Return the bone map that is told, or found; raises RefusedError where there is none."""
    if rig_map is None and legs is not None:
        return _around(rig, legs)
    found = rigs.detect(rig) if rig_map is None else rig_map
    if not found.kind.level:
        if found.usable and found.confidence > 0.1:
            raise RefusedError("This is a rig on two legs, not an animal on four.")
        raise RefusedError(
            "No animal on four legs was found in this rig; say which bones its legs are."
        )
    return found


def _around(rig: RigBones, legs: Legs) -> RigMap:
    if set(legs) != set(LEGS):
        raise RefusedError(f"The legs to name are {', '.join(LEGS)}, each with its bones.")
    for leg, names in legs.items():
        gone = [name for name in names if name not in rig]
        if gone:
            raise RefusedError(f'The leg {leg} has a bone "{gone[0]}" that the rig has not.')
        if len(names) < 2:
            raise RefusedError(f"The leg {leg} needs at least two bones, from its top to the paw.")
    roles = {ROLES[leg]: tuple(names) for leg, names in legs.items()}
    found = around_legs(rig, roles)
    if found is None:
        raise RefusedError("The named legs do not hang on one trunk.")
    return found


def _exchanged(found: RigMap) -> RigMap:
    """Return a map with the legs of left and right exchanged."""
    other = {"L": "R", "R": "L"}
    roles = {
        role[:-1] + other[role[-1]] if role.endswith((".L", ".R")) else role: names
        for role, names in found.roles.items()
    }
    notes = (*found.notes, EXCHANGED)
    return RigMap(found.family, roles, found.confidence, notes, found.facing, found.kind)


def limbs_of(
    rig: RigBones, roles: Mapping[str, Sequence[str]], legs: Legs, world_from_body: Array
) -> Limbs:
    """Return the parts of a four-legged bone map with ``legs`` down to their last bones.

    Where all legs hang on one bone, what lies between them is the spine, too.
    """
    crown = (*roles.get("neck", ()), *roles.get("head", ()))
    spine = (*roles.get("hips", ()), *roles.get("spine", ()))
    if len(spine) == 1 and len(crown) > 2:
        ahead = quat.inv_apply(world_from_body, rig.rest_heads)[:, 2]
        shoulders = min(ahead[rig.index(legs[leg][0])] for leg in ("LF", "RF"))
        inner = [name for name in crown[:-2] if ahead[rig.index(name)] <= shoulders + 1e-6]
        spine, crown = (*spine, *inner), crown[len(inner) :]
    return Limbs(legs, spine, crown or spine[-1:], roles.get("tail", ()))


def _to_the_tip(rig: RigBones, names: Sequence[str]) -> tuple[str, ...]:
    """Return a leg with the bones that mark the tip of its paw."""
    chain = [rig.index(name) for name in names]
    while len(rig.children[chain[-1]]) == 1:
        chain.append(rig.children[chain[-1]][0])
    return tuple(rig.names[bone] for bone in chain)
