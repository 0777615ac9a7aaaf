# SPDX-License-Identifier: GPL-3.0-or-later
"""Detects the animal in a recording: its leg, spine, neck and tail bones and its facing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import RefusedError
from ... import rigs
from ...body.quadruped import LEGS, ROLES
from ...maths import quat
from ...maths.quat import Array
from ...rigs import RigBones, RigMap
from ...rigs.animal_structure import around_legs
from ...rigs.axes import four_legged_axes
from ...rigs.detection import EXCHANGED
from .canonical_motion import CanonicalRig
from .landmarks import BodyParts
from .recording import Recording

LegBones = Mapping[str, Sequence[str]]
"""Names of each leg's bones, from the top to the paw, by ``quadruped.LEGS``."""
LEAST_HIP = 1e-4
"""Least height of the legs at rest, in the file's unit; below it the rest pose is flat."""


@dataclass(frozen=True, eq=False)
class DetectedAnimal:
    """A recording and the animal that was detected in it."""

    recording: Recording
    """Has the rest pose in which the animal was detected."""
    rig_map: RigMap
    parts: BodyParts
    canonical: CanonicalRig
    """Its rest pose faces +Z, Y up; lengths are in the recording's unit."""
    body_from_world: Array
    """(4,) rotates the world of the rest pose so that the animal faces +Z, Y up."""
    rest_from_motion: bool
    """Whether the file's rest pose shows no animal, so the first frame serves as rest pose."""
    given: bool
    """Whether the body parts were given by the caller, not detected."""

    def motion(self) -> tuple[Array, Array]:
        """Return rotations from rest (T, B, 4) and positions (T, B, 3) in the body's axes."""
        axes = self.body_from_world
        turns = quat.mul_inv(quat.mul(axes, self.recording.turns_from_rest()), axes)
        return turns, quat.apply(axes, self.recording.positions)


def detect(
    recording: Recording, rig_map: RigMap | None = None, legs: LegBones | None = None
) -> DetectedAnimal:
    """Return the animal of a recording, from a rig map, from its leg bones, or by structure.

    If the rest pose shows no animal (all bones along one axis, for example), the first frame
    becomes the rest pose. Raises RefusedError if there is no animal on four legs.
    """
    try:
        return _detect(recording, rig_map, legs, rest_from_motion=False)
    except RefusedError:
        if not recording.frames or not recording.finite:
            raise
        try:
            return _detect(recording.with_rest_pose(0), rig_map, legs, rest_from_motion=True)
        except RefusedError:
            pass
        raise


def _detect(
    recording: Recording, rig_map: RigMap | None, legs: LegBones | None, *, rest_from_motion: bool
) -> DetectedAnimal:
    rig = recording.rig
    found = map_animal(rig, rig_map, legs)
    try:
        found.check(rig)
        roles = {role: [rig.index(n) for n in names] for role, names in found.roles.items()}
        axes, exchanged = four_legged_axes(rig, roles)
    except RefusedError as error:
        raise RefusedError(f"{error}.") from error
    if exchanged:
        found = _exchanged(found)
    chains = {leg: _to_the_tip(rig, found.roles[ROLES[leg]]) for leg in LEGS}
    parts = body_parts(rig, found.roles, chains, axes)
    given = rig_map is not None or legs is not None
    body_from_world = quat.inv(axes)
    skeleton = recording.skeleton(body_from_world)
    heights = [skeleton.rest_positions()[skeleton.index(parts.legs[leg][0]), 1] for leg in LEGS]
    ends = [skeleton.rest_positions()[skeleton.index(parts.legs[leg][-1]), 1] for leg in LEGS]
    if min(np.array(heights) - ends) < LEAST_HIP:
        raise RefusedError("The legs of this rig do not go down from the trunk.")
    canonical = CanonicalRig.of(skeleton, parts)
    return DetectedAnimal(
        recording, found, parts, canonical, body_from_world, rest_from_motion, given
    )


def map_animal(rig: RigBones, rig_map: RigMap | None, legs: LegBones | None) -> RigMap:
    """Return the given rig map or detect one; raises RefusedError if no animal is found."""
    if rig_map is None and legs is not None:
        return _around(rig, legs)
    found = rigs.detect(rig) if rig_map is None else rig_map
    if not found.kind.from_one_clip:
        if found.usable and found.confidence > 0.1:
            raise RefusedError("This is a rig on two legs, not an animal on four.")
        raise RefusedError(
            "No animal on four legs was found in this rig; name the bones of its legs."
        )
    return found


def _around(rig: RigBones, legs: LegBones) -> RigMap:
    if set(legs) != set(LEGS):
        raise RefusedError(f"Name the bones of each of the four legs: {', '.join(LEGS)}.")
    for leg, names in legs.items():
        gone = [name for name in names if name not in rig]
        if gone:
            raise RefusedError(
                f'The leg {leg} names the bone "{gone[0]}", which the rig does not have.'
            )
        if len(names) < 2:
            raise RefusedError(f"The leg {leg} needs at least two bones, from its top to the paw.")
    roles = {ROLES[leg]: tuple(names) for leg, names in legs.items()}
    found = around_legs(rig, roles)
    if found is None:
        raise RefusedError(
            "The named legs are not on one trunk; name their bones from the shoulder or hip down."
        )
    return found


def _exchanged(found: RigMap) -> RigMap:
    """Return the map with left and right legs exchanged."""
    other = {"L": "R", "R": "L"}
    roles = {
        role[:-1] + other[role[-1]] if role.endswith((".L", ".R")) else role: names
        for role, names in found.roles.items()
    }
    notes = (*found.notes, EXCHANGED)
    return RigMap(found.family, roles, found.confidence, notes, found.facing, found.kind)


def body_parts(
    rig: RigBones, roles: Mapping[str, Sequence[str]], legs: LegBones, world_from_body: Array
) -> BodyParts:
    """Return the body parts of a four-legged rig map, with ``legs`` down to their last bones.

    If all legs hang on one bone, neck bones that lie between the legs belong to the spine.
    """
    crown = (*roles.get("neck", ()), *roles.get("head", ()))
    spine = (*roles.get("hips", ()), *roles.get("spine", ()))
    if len(spine) == 1 and len(crown) > 2:
        ahead = quat.inv_apply(world_from_body, rig.rest_heads)[:, 2]
        shoulders = min(ahead[rig.index(legs[leg][0])] for leg in ("LF", "RF"))
        inner = [name for name in crown[:-2] if ahead[rig.index(name)] <= shoulders + 1e-6]
        spine, crown = (*spine, *inner), crown[len(inner) :]
    return BodyParts(legs, spine, crown or spine[-1:], roles.get("tail", ()))


def _to_the_tip(rig: RigBones, names: Sequence[str]) -> tuple[str, ...]:
    """Return a leg extended by the single bones down to the tip of its paw."""
    chain = [rig.index(name) for name in names]
    while len(rig.children[chain[-1]]) == 1:
        chain.append(rig.children[chain[-1]][0])
    return tuple(rig.names[bone] for bone in chain)
