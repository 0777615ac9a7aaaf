# SPDX-License-Identifier: GPL-3.0-or-later
"""An image of the whole file as plain values, to find what an operator changed.

Keys are (kind, name of the data-block, part); values compare exactly. Values that Blender itself
computes again, such as a transform that an action or a driver plays, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np

Key = tuple[str, str, str]
Image = dict[Key, Any]

COUNTED = (
    "actions", "armatures", "cameras", "collections", "curves", "images", "lights", "materials",
    "meshes", "node_groups", "objects", "scenes", "texts", "worlds",
)  # fmt: skip
TRANSFORM = ("location", "rotation_quaternion", "rotation_axis_angle", "rotation_euler", "scale")
MIXING = ("action_blend_type", "action_extrapolation", "action_influence", "use_nla")
OWN_PROPERTY = "Footfall "
"""Prefix of the custom properties that takes add to the object."""
STRENGTHS = "footfall."
"""Prefix of the data paths that are keyed for styles in a scene's action."""
BOOKKEEPING = {"rna_type", "experts", "range_own", "range_set", "active_bone", "overrides"}
"""Properties that a bake sets itself, or that a test sets to call an operator."""
PLAIN = (bool, int, float, str)


def image() -> Image:
    """Return the image of the open file, without footprints that are shown as objects."""
    found: Image = {}
    prints = _prints()
    for kind in COUNTED:
        blocks = [b for b in getattr(bpy.data, kind) if b not in prints]
        found[("blocks", kind, "")] = sorted(b.name_full for b in blocks)
    for scene in bpy.data.scenes:
        found.update(_of_scene(scene, prints))
    for thing in bpy.data.objects:
        if thing not in prints:
            found.update(_of_object(thing))
    for action in bpy.data.actions:
        found[("action", action.name_full, "keys")] = keys_of(action)
        found[("action", action.name_full, "settings")] = _action_settings(action)
        found[("action", action.name_full, "fake user")] = action.use_fake_user
    found.update(_of_geometry(prints))
    found[("context", "", "")] = _of_context()
    return found


def _prints() -> set[bpy.types.ID]:
    """Return the collections, objects, meshes and materials of footprints."""
    found: set[bpy.types.ID] = {m for m in bpy.data.materials if m.get("footfall_print")}
    for collection in bpy.data.collections:
        if collection.get("footfall_prints"):
            things = list(collection.all_objects)
            found |= {collection, *things, *(thing.data for thing in things)}
    return found


def changed(before: Image, after: Image) -> list[Key]:
    """Return the keys whose values differ, or that are in only one of the images."""
    keys = {**before, **after}
    return sorted(key for key in keys if before.get(key) != after.get(key))


def curves_of(action: bpy.types.Action) -> Iterator[bpy.types.FCurve]:
    """Return the F-curves of all slots of an action."""
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves


def keys_of(action: bpy.types.Action) -> list[tuple]:
    """Return data path, index and the bytes of all keys, for each F-curve but those of styles."""
    found = []
    for curve in curves_of(action):
        if curve.data_path.startswith(STRENGTHS):
            continue
        points = curve.keyframe_points
        parts = []
        for name in ("co", "handle_left", "handle_right"):
            values = np.empty(2 * len(points), np.float32)
            points.foreach_get(name, values)
            parts.append(values.tobytes())
        modifiers = [modifier.type for modifier in curve.modifiers]
        found.append((curve.data_path, curve.array_index, curve.mute, *parts, modifiers))
    return sorted(found, key=lambda row: row[:2])


def _action_settings(action: bpy.types.Action) -> tuple:
    limits = (action.use_frame_range, action.use_cyclic, action.frame_start, action.frame_end)
    return (limits, [slot.identifier for slot in action.slots], properties_of(action))


def properties_of(owner: Any) -> dict[str, Any]:
    """Return the plain custom properties of a data-block or bone, without those of takes."""
    found = {}
    for key in owner.keys():  # noqa: SIM118 (Blender's own mapping has no iterator)
        if key.startswith(OWN_PROPERTY) or key in {"footfall", "footfall_between"}:
            continue
        value = owner[key]
        found[key] = value if isinstance(value, PLAIN) else str(type(value))
    return found


def _of_scene(scene: bpy.types.Scene, prints: set[bpy.types.ID]) -> Image:
    name = scene.name_full
    render, units = scene.render, scene.unit_settings
    plain = (render.fps, render.fps_base, units.scale_length, units.system, scene.use_preview_range)
    action = scene.animation_data.action if scene.animation_data else None
    return {
        ("scene", name, "range"): (scene.frame_start, scene.frame_end),
        ("scene", name, "frame"): (scene.frame_current, scene.frame_subframe),
        ("scene", name, "settings"): plain,
        ("scene", name, "properties"): properties_of(scene),
        ("scene", name, "action"): action.name_full if action else "",
        ("scene", name, "objects"): sorted(o.name_full for o in scene.objects if o not in prints),
        ("scene", name, "layers"): [(layer.name, layer.use) for layer in scene.view_layers],
        ("panel", name, ""): panel_of(scene.footfall) if hasattr(scene, "footfall") else None,
    }


def panel_of(group: Any) -> dict[str, Any]:
    """Return all values of a group of properties, groups and lists within it included."""
    found: dict[str, Any] = {}
    for prop in group.bl_rna.properties:
        if prop.identifier in BOOKKEEPING:
            continue
        value = getattr(group, prop.identifier)
        if prop.type == "COLLECTION":
            found[prop.identifier] = [panel_of(row) for row in value]
        elif prop.type == "POINTER" and isinstance(value, bpy.types.PropertyGroup):
            found[prop.identifier] = panel_of(value)
        elif isinstance(value, bpy.types.ID):
            found[prop.identifier] = value.name_full
        elif isinstance(value, PLAIN):
            found[prop.identifier] = value
    return found


def _of_object(thing: bpy.types.Object) -> Image:
    name = thing.name_full
    data = thing.animation_data
    played = data is not None and bool(data.action or len(data.nla_tracks) or len(data.drivers))
    parent = thing.parent.name_full if thing.parent else ""
    inverse = [tuple(row) for row in thing.matrix_parent_inverse]
    found: Image = {
        ("object", name, "animation"): _animation(data),
        ("object", name, "tracks"): _tracks(data),
        ("object", name, "drivers"): [(d.data_path, d.driver.expression) for d in data.drivers]
        if data
        else [],
        ("object", name, "data"): thing.data.name_full if thing.data else "",
        ("object", name, "parent"): (parent, thing.parent_type, thing.parent_bone, inverse),
        ("object", name, "constraints"): [_constraint(c) for c in thing.constraints],
        ("object", name, "modifiers"): [(m.name, m.type) for m in thing.modifiers],
        ("object", name, "properties"): properties_of(thing),
        ("object", name, "shown"): (thing.hide_viewport, thing.hide_render, thing.hide_select),
    }
    if not played or thing.type == "ARMATURE":
        found[("object", name, "transform")] = _transform(thing)
    if thing.type == "ARMATURE":
        found[("object", name, "pose")] = _pose(thing)
        found[("object", name, "bone constraints")] = [
            (b.name, [_constraint(c) for c in b.constraints], b.lock_location[:])
            for b in thing.pose.bones
            if b.constraints or any(b.lock_location)
        ]
        if hasattr(thing, "footfall"):
            found[("footfall", name, "")] = panel_of(thing.footfall)
    return found


def _transform(thing: bpy.types.Object) -> tuple:
    return (thing.rotation_mode, *(tuple(getattr(thing, name)) for name in TRANSFORM))


def _animation(data: bpy.types.AnimData | None) -> Any:
    if data is None:
        return None
    slot = data.action_slot.identifier if data.action_slot else ""
    solo = [(track.mute, track.is_solo) for track in data.nla_tracks]
    mixing = [getattr(data, name) for name in MIXING]
    return (data.action.name_full if data.action else "", slot, mixing, solo)


def _tracks(data: bpy.types.AnimData | None) -> list:
    if data is None:
        return []
    return [
        (t.name, [(s.name, s.action and s.action.name_full, s.frame_start) for s in t.strips])
        for t in data.nla_tracks
    ]


def _constraint(one: bpy.types.Constraint) -> tuple:
    target = getattr(one, "target", None)
    driven = one.id_data.animation_data and len(one.id_data.animation_data.drivers)
    strength = None if driven else (one.influence, one.mute)
    return (one.type, one.name, target.name_full if target else "", strength)


def _pose(rig: bpy.types.Object) -> dict[str, Any]:
    bones = rig.pose.bones
    parts: dict[str, Any] = {}
    for name in TRANSFORM:
        width = 4 if name in {"rotation_quaternion", "rotation_axis_angle"} else 3
        values = np.empty(width * len(bones), np.float32)
        if len(bones):
            bones.foreach_get(name, values)
        parts[name] = (values + 0.0).tobytes()  # equal zeros have equal bytes
    parts["modes"] = [(b.name, b.rotation_mode, b.ik_stretch) for b in bones]
    parts["properties"] = [properties_of(b) for b in bones]
    return parts


def _of_geometry(prints: set[bpy.types.ID]) -> Image:
    found: Image = {}
    for curve in bpy.data.curves:
        found[("curve", curve.name_full, "")] = [
            (s.type, s.use_cyclic_u, _coordinates(s)) for s in getattr(curve, "splines", ())
        ]
    for mesh in bpy.data.meshes:
        if mesh in prints:
            continue
        values = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", values)
        found[("mesh", mesh.name_full, "")] = values.tobytes()
    for armature in bpy.data.armatures:
        bones = [(b.name, b.parent and b.parent.name, b.head_local[:]) for b in armature.bones]
        found[("armature", armature.name_full, "")] = (
            bones,
            properties_of(armature),
            armature.pose_position,
        )
    return found


def _coordinates(spline: bpy.types.Spline) -> bytes:
    points, width = (spline.bezier_points, 3) if spline.type == "BEZIER" else (spline.points, 4)
    values = np.empty(width * len(points), np.float32)
    points.foreach_get("co", values)
    return values.tobytes()


def _of_context() -> tuple:
    context = bpy.context
    active = context.view_layer.objects.active
    selected = sorted(o.name_full for o in context.view_layer.objects if o.select_get())
    place = (context.scene.name_full, context.view_layer.name)
    return (*place, active.name_full if active else "", active.mode if active else "", selected)
