# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does to rigs, actions and scenes between two bakes.

An act returns False if there was nothing to do it on.
"""

from __future__ import annotations

import random

import bpy

from . import image, scenes
from .gentle_acts import chosen, rigs

ROUGH: dict[str, int] = {
    "drag_footfall": 8, "key_pose": 5,
    "edit_keys": 10, "move_rig": 3, "rename_bone": 1, "rename_object": 2,
    "rename_action": 2, "delete_object": 1, "delete_action": 1, "delete_scene": 1, "delete_bone": 1,
    "duplicate": 3, "duplicate_linked": 2, "unlink_action": 4, "push_to_nla": 2, "set_range": 2,
    "set_frame": 3, "append_rig": 1, "toggle_mode": 2, "change_rate": 1, "add_constraint": 1,
    "add_driver": 1, "own_action": 3, "delete_track": 1, "hide": 1, "purge": 1, "switch_scene": 1,
    "pick_curve": 2, "assign_action": 2,
}  # fmt: skip
"""Acts that may change the state that a review restores."""


def pick_curve(rng: random.Random) -> bool:
    """Pick a curve, which may be of no use."""
    bpy.context.scene.footfall.path = scenes.curve(rng)
    return True


def key_pose(rng: random.Random) -> bool:
    """Key a pose of a few bones on the present frame, in whatever action the rig plays."""
    rig = chosen(rng, [r for r in rigs() if r.pose.bones])
    if rig is None:
        return False
    for bone in rng.sample(list(rig.pose.bones), min(3, len(rig.pose.bones))):
        bone.location.z += 0.02
        bone.keyframe_insert("location")
    return True


def edit_keys(rng: random.Random) -> bool:
    """Move some keys of the action that a rig plays up or down."""
    found = [r.animation_data.action for r in rigs() if r.animation_data]
    action = chosen(rng, [a for a in found if a is not None and a.library is None])
    curves = list(image.curves_of(action)) if action is not None else []
    if not curves:
        return False
    for curve in rng.sample(curves, min(2, len(curves))):
        if len(curve.keyframe_points):
            rng.choice(list(curve.keyframe_points)).co.y += 0.05
            curve.update()
    return True


def drag_footfall(rng: random.Random) -> bool:
    """Drag a footfall in the Dope Sheet, for the next bake."""
    played = [r.animation_data.action for r in rigs() if r.animation_data]
    curves = [
        curve
        for action in played
        if action is not None
        for curve in image.curves_of(action)
        if curve.data_path.startswith('["Footfall ')
    ]
    if not curves:
        return False
    by = rng.choice((0.4, 1.0, 3.0))
    for point in list(rng.choice(curves).keyframe_points)[2:4]:
        point.co_ui[0] += by
    return True


def move_rig(rng: random.Random) -> bool:
    """Move a rig and pose a bone without keys."""
    rig = chosen(rng, rigs())
    if rig is None:
        return False
    rig.location.x += rng.uniform(-0.3, 0.3)
    for bone in list(rig.pose.bones)[:2]:
        bone.rotation_quaternion = (0.9, 0.1, 0.1, 0.0)
    rig["artist"] = rng.random()
    return True


def own_action(rng: random.Random) -> bool:
    """Unlink what a rig plays and key an action of the artist's."""
    rig = chosen(rng, [r for r in rigs() if r.mode != "EDIT"])
    if rig is None or (rig.animation_data and rig.animation_data.use_tweak_mode):
        return False
    if rig.animation_data:
        rig.animation_data.action = None
    scenes.own_action(rng, rig)
    return True


def rename_bone(rng: random.Random) -> bool:
    """Rename a bone of a rig."""
    rig = chosen(rng, [r for r in rigs() if r.data.bones and r.data.library is None])
    if rig is not None:
        rng.choice(list(rig.data.bones)).name = rng.choice(scenes.NAMES)[:50]
    return rig is not None


def rename_object(rng: random.Random) -> bool:
    """Rename an object."""
    thing = chosen(rng, [o for o in bpy.context.scene.objects if not o.library])
    if thing is not None:
        thing.name = rng.choice(scenes.NAMES)
    return thing is not None


def rename_action(rng: random.Random) -> bool:
    """Rename an action."""
    action = chosen(rng, [a for a in bpy.data.actions if not a.library])
    if action is not None:
        action.name = rng.choice(scenes.NAMES)
    return action is not None


def delete_object(rng: random.Random) -> bool:
    """Delete an object: a rig, a path, a parent or a target."""
    thing = chosen(rng, [o for o in bpy.context.scene.objects if o.mode == "OBJECT"])
    if thing is not None:
        bpy.data.objects.remove(thing)
    return thing is not None


def delete_action(rng: random.Random) -> bool:
    """Delete an action from the file."""
    action = chosen(rng, list(bpy.data.actions))
    tweaked = any(r.animation_data and r.animation_data.use_tweak_mode for r in rigs())
    if action is None or tweaked:
        return False
    bpy.data.actions.remove(action)
    return True


def delete_scene(_rng: random.Random) -> bool:
    """Delete a scene that is not the last."""
    others = [s for s in bpy.data.scenes if s != bpy.context.scene]
    if not others:
        return False
    bpy.data.scenes.remove(others[0])
    return True


def delete_bone(rng: random.Random) -> bool:
    """Delete a bone in Edit Mode."""
    able = [r for r in rigs() if r.data.library is None and not r.override_library]
    rig = chosen(rng, [r for r in able if len(r.data.bones) > 1 and r.visible_get()])
    active = bpy.context.view_layer.objects.active
    if rig is None or (active is not None and active.mode != "OBJECT"):
        return False
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bones = rig.data.edit_bones
    bones.remove(rng.choice(list(bones)))
    bpy.ops.object.mode_set(mode="OBJECT")
    return True


def duplicate(rng: random.Random, linked: bool = False) -> bool:
    """Duplicate a rig as Shift-D does, with or without its action, or as Alt-D does."""
    rig = chosen(rng, rigs())
    if rig is None:
        return False
    twin = rig.copy()
    if not linked and rig.data.library is None:
        twin.data = rig.data.copy()
        data = twin.animation_data
        if data is not None and data.action is not None and rng.random() < 0.6:
            slot = data.action_slot.identifier if data.action_slot else ""
            data.action = data.action.copy()
            data.action_slot = data.action.slots.get(slot)
    bpy.context.scene.collection.objects.link(twin)
    if rng.random() < 0.5:
        bpy.context.scene.footfall.character = twin
    return True


def duplicate_linked(rng: random.Random) -> bool:
    """Duplicate a rig as Alt-D does."""
    return duplicate(rng, linked=True)


def unlink_action(rng: random.Random) -> bool:
    """Press the X beside the action's name."""
    rig = chosen(rng, [r for r in rigs() if r.animation_data and r.animation_data.action])
    if rig is None or rig.animation_data.use_tweak_mode:
        return False
    rig.animation_data.action = None
    return True


def assign_action(rng: random.Random) -> bool:
    """Assign any action of the file to a rig."""
    able = [a for a in bpy.data.actions if all(s.target_id_type == "OBJECT" for s in a.slots)]
    rig, action = chosen(rng, rigs()), chosen(rng, able)
    if rig is None or action is None:
        return False
    data = rig.animation_data or rig.animation_data_create()
    if data.use_tweak_mode:
        return False
    data.action = action
    data.action_slot = action.slots[0] if action.slots else None
    return True


def push_to_nla(rng: random.Random) -> bool:
    """Push the action that a rig plays down to an NLA track."""
    rig = chosen(rng, [r for r in rigs() if r.animation_data and r.animation_data.action])
    if rig is None or rig.animation_data.use_tweak_mode:
        return False
    data = rig.animation_data
    data.nla_tracks.new().strips.new("Pushed", 1, data.action)
    data.action = None
    return True


def delete_track(rng: random.Random) -> bool:
    """Delete an NLA track."""
    rig = chosen(rng, [r for r in rigs() if r.animation_data and len(r.animation_data.nla_tracks)])
    if rig is None or rig.animation_data.use_tweak_mode:
        return False
    rig.animation_data.nla_tracks.remove(rig.animation_data.nla_tracks[0])
    return True


def set_range(rng: random.Random) -> bool:
    """Set the scene's frame range."""
    scene = bpy.context.scene
    scene.frame_start = rng.randint(0, 50)
    scene.frame_end = scene.frame_start + rng.randint(0, 300)
    return True


def set_frame(rng: random.Random) -> bool:
    """Go to another frame."""
    bpy.context.scene.frame_set(rng.randint(-5, 60))
    return True


def append_rig(rng: random.Random) -> bool:
    """Append a rig from another file."""
    kind = rng.choice(("person", "dog"))
    with bpy.data.libraries.load(str(scenes.library(kind))) as (there, here):
        here.objects = list(there.objects)
    for made in here.objects:
        bpy.context.scene.collection.objects.link(made)
    return True


def toggle_mode(rng: random.Random) -> bool:
    """Go from Object Mode to Pose or Edit Mode, or back."""
    active = bpy.context.view_layer.objects.active
    if active is None or active.type not in {"ARMATURE", "CURVE"} or active.library:
        return False
    if active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
        return True
    modes = ("POSE", "POSE", "EDIT") if active.type == "ARMATURE" else ("EDIT",)
    mode = rng.choice(modes)
    locked = active.data.library or active.override_library or not active.visible_get()
    if locked:
        return False
    bpy.ops.object.mode_set(mode=mode)
    return True


def change_rate(rng: random.Random) -> bool:
    """Change the frame rate."""
    bpy.context.scene.render.fps = rng.choice((24, 25, 30, 12))
    return True


def add_constraint(rng: random.Random) -> bool:
    """Constrain a rig or a bone."""
    rig = chosen(rng, rigs())
    if rig is not None:
        scenes.constraint(rng, rig)
    return rig is not None


def add_driver(rng: random.Random) -> bool:
    """Drive a location of a rig or a bone."""
    rig = chosen(rng, rigs())
    if rig is not None:
        scenes.driver(rng, rig)
    return rig is not None


def hide(rng: random.Random) -> bool:
    """Hide or show a rig."""
    rig = chosen(rng, [r for r in rigs() if r.mode == "OBJECT"])
    if rig is not None:
        rig.hide_viewport = not rig.hide_viewport
    return rig is not None


def purge(_rng: random.Random) -> bool:
    """Purge unused data, as artists do before they hand over a file."""
    bpy.data.orphans_purge(do_recursive=True)
    return True


def switch_scene(rng: random.Random) -> bool:
    """Go to another scene or view layer."""
    window = bpy.context.window
    active = bpy.context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        return False
    window.scene = rng.choice(list(bpy.data.scenes))
    window.view_layer = rng.choice(list(window.scene.view_layers))
    return True
