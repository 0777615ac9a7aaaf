# SPDX-License-Identifier: GPL-3.0-or-later
"""The character: the choice of the armature, its refusals, and the rows of its bone map.

``motion.rigs`` owns the meaning of a bone map; this module stores it with the object.
"""

from __future__ import annotations

import contextlib
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...errors import RefusedError
from . import character_size, override_copy

if TYPE_CHECKING:
    from ...motion.body.kinds import Kind
    from ...motion.rigs import RigBones, RigMap

MAPPED = "footfall_mapped"
"""Pointer in a panel's context to the armature whose bones its buttons map."""
SIDES = {"L": "Left", "R": "Right"}


def current(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the picked character, else the active armature, else None.

    Within a panel that maps the bones of another armature, return that one.
    """
    mapped: bpy.types.Object | None = getattr(context, MAPPED, None)
    if mapped is not None:
        return mapped
    picked: bpy.types.Object | None = context.scene.footfall.character
    if picked is not None:
        return picked
    active = context.view_layer.objects.active
    return active if active is not None and active.type == "ARMATURE" else None


def refusal(rig: bpy.types.Object | None, view_layer: bpy.types.ViewLayer) -> str:
    """Return in one plain sentence why a character cannot be animated; empty if it can."""
    if rig is None:
        return "Pick a character: an armature"
    name = f"'{rig.name}'"
    if rig.type != "ARMATURE":
        return f"{name} is not an armature; pick one"
    problem = own_refusal(rig)
    if problem:
        return problem
    if not rig.users_scene:
        return f"{name} is no longer in a scene; pick another character"
    if not _in_view_layer(rig, view_layer):
        return f"{name} is not in this view layer; include its collection first"
    if not rig.visible_get(view_layer=view_layer):
        return f"{name} is hidden; show it first"
    return state_refusal(rig)


def _in_view_layer(rig: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> bool:
    """Whether a view layer has a rig; a linked object may have the same name."""
    return view_layer.objects.get(rig.name) == rig or rig in view_layer.objects.values()


def own_refusal(rig: bpy.types.Object) -> str:
    """Return in one plain sentence why a rig cannot be edited in this file; empty if it can."""
    name = f"'{rig.name}'"
    if rig.library is not None:
        return f"{name} is linked from another file; make a library override first"
    if rig.override_library is not None and rig.override_library.is_system_override:
        return f"{name} is a library override that is not editable; make it editable first"
    return ""


def state_refusal(rig: bpy.types.Object) -> str:
    """Return in one plain sentence why an armature's state bars its use; empty if it does not."""
    name = f"'{rig.name}'"
    if rig.mode == "EDIT":
        return f"{name} is in Edit Mode; leave it first"
    if not rig.data.bones:
        return f"{name} has no bones; pick another armature"
    if rig.data.pose_position == "REST":
        return f"{name} shows its rest position; switch it to Pose Position first"
    if rig.animation_data is not None and rig.animation_data.use_tweak_mode:
        return f"{name} is in NLA tweak mode; leave it first"
    if not all(math.isfinite(value) for row in rig.matrix_world for value in row):
        return f"{name} has a location that is not a number; check its transform"
    if not 1e-18 < abs(rig.matrix_world.determinant()) < 1e18:
        return f"{name} has no usable size; check its scale"
    return ""


def map_refusal(rig: bpy.types.Object) -> str:
    """Return in one plain sentence what the bone map lacks; empty if it can be used."""
    if not rig.footfall.bones:
        return "No bone map yet; press Detect"
    missing = missing_roles(rig)
    if missing:
        return f"No bone for {', '.join(missing)}; pick one in the bone map"
    short = _short_leg(rig)
    if short:
        return f"{short} needs its bones from the top to the paw; add them in the bone map"
    gone = [row.bone for row in rig.footfall.bones if row.bone and row.bone not in rig.data.bones]
    if gone:
        return f"The bone '{gone[0]}' no longer exists; pick another in the bone map"
    return ""


def kind_of(rig: bpy.types.Object) -> Kind:
    """Return the kind of body of a character, as it was detected or chosen."""
    from ...motion.body.kinds import KINDS

    return KINDS[rig.footfall.kind]


def has_creatures(rig: bpy.types.Object) -> bool:
    """Whether creatures can be learned from and for a character of its kind of body."""
    return kind_of(rig).from_one_clip


def missing_roles(rig: bpy.types.Object) -> list[str]:
    """Return the labels of the required roles without a bone."""
    played = {row.name for row in rig.footfall.bones if row.bone}
    return [role_label(role) for role in kind_of(rig).roles.required if role not in played]


def _short_leg(rig: bpy.types.Object) -> str:
    """Return the label of an animal's leg with too few bones, or an empty text."""
    from ...motion.body.roles import LEAST_LEG_BONES

    played = [row.name for row in rig.footfall.bones if row.bone]
    legs = kind_of(rig).roles.whole_legs
    return next((role_label(role) for role in legs if played.count(role) < LEAST_LEG_BONES), "")


def role_label(role: str) -> str:
    """Return the label of a role: 'upper_arm.L' is 'Left Upper Arm'."""
    part, _, side = role.partition(".")
    words = part.replace("_", " ").title()
    return f"{SIDES[side]} {words}" if side in SIDES else words


def row_label(rig: bpy.types.Object, index: int) -> str:
    """Return the label of a row; bones of a chain are numbered from its start."""
    rows = rig.footfall.bones
    alike = [number for number, row in enumerate(rows) if row.name == rows[index].name]
    label = role_label(rows[index].name)
    return label if len(alike) == 1 else f"{label} {alike.index(index) + 1}"


def detect(rig: bpy.types.Object) -> RigMap:
    """Detect the bone map of a rig and store it with the object. Raises RefusedError."""
    from ...motion import rigs
    from ..scene import armature

    bones = armature.read_rig(rig)
    found = rigs.detect(bones)
    if not found.usable:
        found = rigs.detect(_unturned(bones, rig))
    store_map(rig, found)
    return found


def _unturned(bones: RigBones, rig: bpy.types.Object) -> RigBones:
    """Return the bones in the object's space, where a body of unknown names is symmetric in x."""
    import numpy as np

    from ...motion.maths import quat
    from ..scene import armature

    world = np.array(rig.matrix_world.to_quaternion().to_matrix())
    turn = armature.MOTION_FROM_BLENDER @ world @ armature.MOTION_FROM_BLENDER.T
    back = quat.inv(quat.from_matrix(turn))
    return replace(
        bones,
        rest_heads=quat.apply(back, bones.rest_heads),
        rest_rotations=quat.mul(back, bones.rest_rotations),
    )


def try_detect(rig: bpy.types.Object) -> str:
    """Detect the bone map of a rig; returns why it could not, or an empty text."""
    try:
        detect(rig)
    except RefusedError as error:
        return str(error)
    return ""


def store_map(rig: bpy.types.Object, rig_map: RigMap) -> None:
    """Store a map as rows: one for each role, several for chains of bones."""
    kept = rig.footfall
    kept.hip_height = character_size.own_hip_height(rig, rig_map)
    kept.family = rig_map.family
    kept.confidence = rig_map.confidence
    kept.notes = "\n".join(rig_map.notes)
    kept.bones.clear()  # rows of a linked file stay and are overwritten
    roles = rig_map.kind.roles.every
    rows = [(role, bone) for role in roles for bone in rig_map.roles.get(role, ()) or ("",)]
    for number, (role, bone) in enumerate(rows):
        row = kept.bones[number] if number < len(kept.bones) else kept.bones.add()
        row.name, row.bone = role, bone
    for row in kept.bones[len(rows) :]:
        row.bone = ""
    kept.kind = rig_map.kind.name  # last: setting the kind adds its rows where they are missing
    override_copy.keep(rig)


def load_map(rig: bpy.types.Object) -> RigMap:
    """Return the bone map of the rows. Raises RefusedError."""
    from ...motion.rigs import RigMap

    kept = rig.footfall
    roles: dict[str, tuple[str, ...]] = {}
    for row in kept.bones:
        if row.bone:
            roles[row.name] = (*roles.get(row.name, ()), row.bone)
    notes = tuple(kept.notes.splitlines())
    return RigMap(kept.family or "custom", roles, kept.confidence, notes, kind=kind_of(rig))


def lay_rows(rig: bpy.types.Object) -> None:
    """Replace the rows by those of the chosen kind of body, if any of them is missing."""
    from ...motion.rigs import RigMap

    roles = kind_of(rig).roles.every
    if not set(roles) <= {row.name for row in rig.footfall.bones}:
        rows = {row.name: row.bone for row in reversed(rig.footfall.bones) if row.bone}
        shared = {role: (rows[role],) for role in ("root", "hips", "head") if role in rows}
        store_map(rig, RigMap("custom", shared, kind=kind_of(rig)))


def import_map(rig: bpy.types.Object, file: Path) -> str:
    """Load the rows from a JSON file; returns why it could not, or an empty text."""
    from ...files.reading import MOST_JSON, decoded, read_bytes
    from ...motion.rigs import RigMap
    from ..scene import armature

    try:
        rig_map = RigMap.from_json(decoded(read_bytes(file, MOST_JSON)))
        rig_map.check(armature.read_rig(rig))
    except RefusedError as error:
        return str(error)
    store_map(rig, rig_map)
    return ""


def active_row(rig: bpy.types.Object | None) -> bpy.types.PropertyGroup | None:
    """Return the active row of the bone map, or None."""
    if rig is None or not 0 <= rig.footfall.active_bone < len(rig.footfall.bones):
        return None
    return rig.footfall.bones[rig.footfall.active_bone]


def in_chain(rig: bpy.types.Object | None) -> bool:
    """Whether the active row belongs to a chain of several bones."""
    row = active_row(rig)
    return row is not None and row.name in kind_of(rig).roles.chains


def add_row(rig: bpy.types.Object) -> None:
    """Add a row of the same role below the active one."""
    kept = rig.footfall
    role = kept.bones[kept.active_bone].name
    kept.bones.add().name = role
    kept.bones.move(len(kept.bones) - 1, kept.active_bone + 1)
    kept.active_bone += 1
    override_copy.keep(rig)


def fill_chain(rig: bpy.types.Object) -> str:
    """Fill the active chain from its first to its last bone; returns why it could not, or empty."""
    role = rig.footfall.bones[rig.footfall.active_bone].name
    named = [row.bone for row in rig.footfall.bones if row.name == role and row.bone]
    bones = [rig.data.bones.get(name) for name in named]
    if len(bones) < 2 or bones[0] is None or bones[-1] is None:
        return "Choose the first and the last bone of the chain in two rows"
    chain = [bones[-1], *bones[-1].parent_recursive]
    if bones[0] not in chain:
        return f"'{named[-1]}' is not a descendant of '{named[0]}'"
    rig_map = load_map(rig)
    inside = chain[: chain.index(bones[0]) + 1]
    store_map(rig, rig_map.with_role(role, *(bone.name for bone in reversed(inside))))
    return ""


def clear_row(rig: bpy.types.Object) -> None:
    """Clear the active row, or remove it if its chain has other rows."""
    kept = rig.footfall
    row = active_row(rig)
    if row is None:
        return
    row.bone = ""
    if sum(other.name == row.name for other in kept.bones) > 1:
        with contextlib.suppress(TypeError):  # rows of a library's file stay
            kept.bones.remove(kept.active_bone)
            kept.active_bone = max(kept.active_bone - 1, 0)
    override_copy.keep(rig)


def family_label(rig: bpy.types.Object) -> str:
    """Return the label of the rig family that was recognized."""
    from ...motion import rigs

    return rigs.family_label(rig.footfall.family)
