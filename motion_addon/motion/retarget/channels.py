# SPDX-License-Identifier: GPL-3.0-or-later
"""From world poses of a body to the channels of a rig's bones.

Owns the step from world space to each bone's own rest basis (Blender's ``matrix_basis``), and
the carrier of the root motion: hips, root bone, object, or none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ...errors import RefusedError
from ..body.body import Body
from ..body.body_pose import BodyPose
from ..maths import quat
from ..maths.quat import Array
from ..rigs import RigBones

RootMotion = Literal["hips", "root", "object", "in_place"]


@dataclass(frozen=True, eq=False)
class Channels:
    """Keys of a rig's bones, by bone index."""

    rotations: Mapping[int, Array]
    """(T, 4) wxyz in the bone's rest basis, sign-continuous."""
    locations: Mapping[int, Array]
    """(T, 3) in the bone's rest basis, in the rig's own units."""
    object_positions: Array | None = None
    """(T, 3) world position of the rig's origin, when the object carries the travel."""
    object_turns: Array | None = None
    """(T, 4) turn of the object in the world from its resting rotation, likewise."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Place and heading of a body on each frame: they move the rest pose to the path."""

    positions: Array
    """(T, 3) the body's ground point in the world."""
    turns: Array
    """(T, 4) world rotations that carry the resting rig to its heading."""
    origin: Array
    """(3,) the resting rig's ground point in the world."""

    @staticmethod
    def of(pose: BodyPose) -> "Placement":
        """Return the placement that follows the pose's smoothed root."""
        body = pose.body
        turns = quat.mul_inv(quat.yaw(pose.root_yaws), body.world_from_body)
        return Placement(pose.root_positions, quat.unroll(turns), body.origin)

    def point(self, resting: Array) -> Array:
        """Return (T, 3) the place of a point (3,) of the resting rig."""
        return self.positions + quat.apply(self.turns, resting - self.origin)

    def undo(self, points: Array) -> Array:
        """Return (T, 3) world points as seen by the resting rig."""
        return self.origin + quat.inv_apply(self.turns, points - self.positions)


@dataclass(frozen=True, eq=False)
class Staged:
    """A pose divided into the motion of the bones and the placement that carries them."""

    rotations: dict[int, Array]
    """Bone to (T, 4) world rotation, as seen by an object that travels or stays."""
    positions: dict[int, Array]
    """Bone to (T, 3) world position of its head, likewise."""
    placement: Placement
    travels: bool
    """Whether the object carries the placement."""

    @staticmethod
    def of(pose: BodyPose, root_motion: RootMotion) -> "Staged":
        """Return the pose staged for a root motion; hips and root bone leave it unchanged."""
        placement = Placement.of(pose)
        rotations, positions = dict(pose.rotations), dict(pose.positions)
        if root_motion in ("object", "in_place"):
            back = quat.inv(placement.turns)
            rotations = {bone: quat.mul(back, turn) for bone, turn in rotations.items()}
            positions = {bone: placement.undo(place) for bone, place in positions.items()}
        return Staged(rotations, positions, placement, root_motion == "object")

    def collect(self, poser: "RigPoser", turned: Iterable[int], moved: Iterable[int]) -> "Channels":
        """Return the channels of bones that turn and of bones that move."""
        origin = np.asarray(poser.rig.origin)
        return Channels(
            {bone: poser.basis_rotation(bone) for bone in sorted(set(turned))},
            {bone: poser.basis_location(bone) for bone in sorted(set(moved))},
            self.placement.point(origin) if self.travels else None,
            self.placement.turns if self.travels else None,
        )


@dataclass(eq=False)
class RigPoser:
    """World transforms of a rig's bones, filled in from parents to children."""

    rig: RigBones
    frames: int
    rotations: dict[int, Array] = field(default_factory=dict)
    """Bone to (T, 4) world_from_bone, as far as set."""
    positions: dict[int, Array] = field(default_factory=dict)
    """Bone to (T, 3) world heads, as far as set."""
    follows: Mapping[int, int] = field(default_factory=dict)
    """Bone to the bone it is bound to by constraints, instead of its parent."""

    def parent(self, bone: int) -> int:
        """Return the bone that carries ``bone``, or -1."""
        return self.follows.get(bone, int(self.rig.parents[bone]))

    def rotation(self, bone: int) -> Array:
        """Return (T, 4) world_from_bone; a bone that is not set follows its parent."""
        if bone not in self.rotations:
            self.rotations[bone] = self.unmoved_rotation(bone)
        return self.rotations[bone]

    def position(self, bone: int) -> Array:
        """Return (T, 3) the world position of the bone's head."""
        if bone not in self.positions:
            self.positions[bone] = self.unmoved_position(bone)
        return self.positions[bone]

    def unmoved_rotation(self, bone: int) -> Array:
        """Return (T, 4) the bone's world rotation with an empty ``matrix_basis``."""
        rest = self.rig.rest_rotations
        parent = self.parent(bone)
        inherits = self.rig.inherits_rotation is None or self.rig.inherits_rotation[bone]
        if parent < 0 or not inherits:
            return np.broadcast_to(rest[bone], (self.frames, 4))
        return quat.mul(self.rotation(parent), quat.inv_mul(rest[parent], rest[bone]))

    def unmoved_position(self, bone: int) -> Array:
        """Return (T, 3) the bone's head with an empty ``matrix_basis``."""
        heads = self.rig.rest_heads
        parent = self.parent(bone)
        if parent < 0:
            return np.broadcast_to(heads[bone], (self.frames, 3))
        offset = quat.inv_apply(self.rig.rest_rotations[parent], heads[bone] - heads[parent])
        return np.asarray(self.position(parent) + quat.apply(self.rotation(parent), offset))

    def basis_rotation(self, bone: int) -> Array:
        """Return (T, 4) the rotation channels that give the bone its world rotation."""
        turn = quat.inv_mul(self.unmoved_rotation(bone), self.rotation(bone))
        return quat.unroll(quat.normalize(turn))

    def basis_location(self, bone: int) -> Array:
        """Return (T, 3) the location channels that put the bone's head in its place."""
        moved = self.position(bone) - self.unmoved_position(bone)
        local = quat.inv_apply(self._location_axes(bone), moved)
        return np.asarray(local / self.rig.scale)

    def posed_rotation(self, bone: int, basis: Array) -> Array:
        """Return (T, 4) the world rotation that rotation channels (T, 4) give the bone."""
        return quat.mul(self.unmoved_rotation(bone), basis)

    def posed_position(self, bone: int, location: Array) -> Array:
        """Return (T, 3) the place that location channels (T, 3) give the bone's head."""
        moved = quat.apply(self._location_axes(bone), location * self.rig.scale)
        return np.asarray(self.unmoved_position(bone) + moved)

    def _location_axes(self, bone: int) -> Array:
        """Return the world rotation of the axes along which the bone's location runs."""
        parent = self.parent(bone)
        if self.rig.local_location is None or self.rig.local_location[bone]:
            return self.unmoved_rotation(bone)
        return self.rotation(parent) if parent >= 0 else np.array(self.rig.world_from_rig)


def root_bone(body: Body) -> int:
    """Return the bone that can carry root motion: the mapped root, or the top one over the hips.

    Raises RefusedError when the hips hang under no other bone.
    """
    mapped = body.bone("root")
    above = body.rig.ancestors(top_bone(body))
    if mapped in above:
        return mapped
    if not above:
        raise RefusedError("This rig has no root bone above the hips; put the motion on the object")
    return above[-1]


def _mapped(body: Body) -> list[int]:
    """Return the mapped bones that move, parents first."""
    return sorted(b for role, bones in body.roles.items() if role != "root" for b in bones)


def _loose(body: Body) -> list[int]:
    """Return the mapped bones that no other mapped bone carries."""
    known = set(_mapped(body))
    return [b for b in _mapped(body) if not known.intersection(body.rig.ancestors(b))]


def top_bone(body: Body) -> int:
    """Return the bone that places the trunk: the hips, or a chest above them."""
    hips = body.bone("hips")
    return next(b for b in _loose(body) if b == hips or body.rig.descends(hips, b))


def _carrier(body: Body, moving: set[int]) -> int:
    """Return the bone whose location carries the hips and everything that hangs on them."""
    rig, hips = body.rig, top_bone(body)
    hung = [body.bone(r) for r in ("spine", "thigh.L", "thigh.R", "neck", "head")]
    hung = [bone for bone in hung if bone >= 0]
    for bone in (hips, *rig.ancestors(hips)):
        free = rig.connected is None or not rig.connected[bone] or rig.parents[bone] < 0
        if (
            bone not in moving - {hips}
            and free
            and all(rig.descends(b, bone) for b in hung if b != hips)
        ):
            return bone
    raise RefusedError("The hips bone does not move spine and legs; choose another in the bone map")


def channels(pose: BodyPose, root_motion: RootMotion = "hips") -> Channels:
    """Return the channels of every bone that must be keyed so that the rig takes ``pose``.

    Mapped bones get rotations; bones between mapped ones are keyed at rest. Raises RefusedError
    when the rig cannot carry this root motion.
    """
    body, rig = pose.body, pose.body.rig
    staged = Staged.of(pose, root_motion)
    poser = RigPoser(rig, len(pose.root_yaws), dict(staged.rotations))
    moved = [put_root(body, poser, staged.placement)] if root_motion == "root" else []
    moved.append(place_hips(body, poser, staged.positions[top_bone(body)], set(moved)))
    if body.kind.roles.whole_legs:
        moved.extend(place_loose(body, poser, staged.positions))
    moved.extend(_place_moved(rig, poser, staged.positions, pose.moved - set(moved)))
    keyed = [*staged.rotations, *moved]
    return staged.collect(poser, [*keyed, *_between(rig, keyed)], moved)


def put_root(body: Body, poser: RigPoser, placement: Placement) -> int:
    """Let the root bone carry the placement; returns that bone."""
    root = root_bone(body)
    poser.rotations[root] = quat.mul(placement.turns, body.rig.rest_rotations[root])
    poser.positions[root] = placement.point(body.rig.rest_heads[root])
    return root


def place_hips(body: Body, poser: RigPoser, place: Array, moved: set[int]) -> int:
    """Bring the hips to ``place`` (T, 3); return the bone that moves for it.

    This is the hips, the chest in a rig that grows from there, or the nearest bone above that
    carries spine and legs as well; it turns with them. Bones in ``moved`` already have their place.
    """
    rig, hips = body.rig, top_bone(body)
    carrier = _carrier(body, moved)
    if carrier != hips:
        offset = quat.inv_mul(rig.rest_rotations[hips], rig.rest_rotations[carrier])
        poser.rotations[carrier] = quat.mul(poser.rotations[hips], offset)
    away = quat.inv_apply(rig.rest_rotations[hips], rig.rest_heads[carrier] - rig.rest_heads[hips])
    poser.positions[carrier] = place + quat.apply(poser.rotations[hips], away)
    return carrier


def place_loose(body: Body, poser: RigPoser, places: Mapping[int, Array]) -> list[int]:
    """Place the bones that hang apart from the trunk, such as an IK rig's feet; return them."""
    rig, top = body.rig, top_bone(body)
    apart = [
        b for b in _loose(body) if b != top and (rig.connected is None or not rig.connected[b])
    ]
    for bone in apart:
        poser.positions[bone] = places[bone]
    return apart


def _place_moved(
    rig: RigBones, poser: RigPoser, places: Mapping[int, Array], bones: Iterable[int]
) -> list[int]:
    """Place bones that slide on the bones that carry them; return those that can move."""
    free = [bone for bone in bones if rig.connected is None or not rig.connected[bone]]
    for bone in free:
        poser.positions[bone] = places[bone]
    return free


def _between(rig: RigBones, bones: Iterable[int]) -> set[int]:
    """Return the bones that lie between a bone of ``bones`` and another one above it."""
    known, out = set(bones), set()
    for bone in known:
        path: list[int] = []
        for above in rig.ancestors(bone):
            if above in known:
                out.update(path)
                break
            path.append(above)
    return out
