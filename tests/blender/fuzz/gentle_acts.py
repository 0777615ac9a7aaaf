# SPDX-License-Identifier: GPL-3.0-or-later
"""What an artist does to the path and the panel between two bakes, which a review outlives."""

from __future__ import annotations

import random

import bpy

from . import scenes

GENTLE: dict[str, int] = {
    "move_path_point": 8, "move_path": 4, "rename_curve": 1, "change_settings": 8, "repair": 4,
    "select_all_rigs": 3, "add_path": 2,
}  # fmt: skip
"""Acts, with their weights, after which Reject still restores the exact state before the review."""


def rigs() -> list[bpy.types.Object]:
    """Return the armatures that may be edited and are in the scene."""
    return [o for o in bpy.context.view_layer.objects if o.type == "ARMATURE" and not o.library]


def chosen(rng: random.Random, things: list) -> bpy.types.ID | None:
    """Return one of some data-blocks, None if there is none."""
    return rng.choice(things) if things else None


def curves_in_scene() -> list[bpy.types.Object]:
    """Return the curves of the scene."""
    return [o for o in bpy.context.scene.objects if o.type == "CURVE"]


def move_path_point(rng: random.Random) -> bool:
    """Move a point of the path."""
    path = bpy.context.scene.footfall.path
    if path is None or path.mode == "EDIT" or not path.data.splines:
        return False
    spline = path.data.splines[0]
    points = spline.bezier_points if spline.type == "BEZIER" else spline.points
    point = rng.choice(list(points))
    point.co.x += rng.uniform(-0.1, 0.1)
    bpy.context.view_layer.update()
    return True


def move_path(rng: random.Random) -> bool:
    """Move the path as an object."""
    path = bpy.context.scene.footfall.path
    if path is None:
        return False
    path.location.x += rng.uniform(-0.2, 0.2)
    bpy.context.view_layer.update()
    return True


def rename_curve(rng: random.Random) -> bool:
    """Give a curve another name."""
    curve = chosen(rng, curves_in_scene())
    if curve is not None:
        curve.name = rng.choice(scenes.NAMES)
    return curve is not None


def change_settings(rng: random.Random) -> bool:
    """Change a setting of the next bake."""
    settings = bpy.context.scene.footfall
    name, value = rng.choice(
        (
            ("speed", rng.uniform(0.7, 2.0)), ("keys", rng.choice(("dense", "sparse"))),
            ("root_motion", rng.choice(("hips", "hips", "root", "object", "in_place"))),
            ("live", rng.random() < 0.5), ("seed", rng.randrange(9)), ("fit_range", True),
            ("cadence", rng.uniform(0.8, 1.4)), ("controls", rng.choice(("auto", "deform"))),
            ("frame_start", rng.choice((1, 1, 30))), ("way", rng.choice(("path", "path", "spot"))),
            ("facing", rng.choice(("path", "path", "turned", "yaw"))),
            ("gait", rng.choice(("auto", "walk", "run"))), ("vary_speed", rng.random() < 0.5),
            ("animal_gait", rng.choice(("auto", "walk", "trot", "gallop"))),
        )
    )  # fmt: skip
    setattr(settings, name, value)
    return True


def repair(rng: random.Random) -> bool:
    """Pick a character and a path that work, in Object Mode and in a scene that shows them."""
    able = [rig for rig in rigs() if len(rig.data.bones) > 10]
    if not able:
        return add_rig(rng)
    active = bpy.context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    settings = bpy.context.scene.footfall
    rig = rng.choice(able)
    rig.hide_viewport = False
    if not rig.override_library:
        rig.scale = (1.0 / bpy.context.scene.unit_settings.scale_length,) * 3
    settings.character = rig
    settings.path = scenes.curve(rng, "normal")
    settings.way, settings.root_motion = "path", "hips"
    bpy.context.view_layer.update()
    return True


def add_rig(rng: random.Random) -> bool:
    """Add a person or a dog."""
    active = bpy.context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
    bpy.context.scene.footfall.character = scenes.rig(rng, rng.choice(("person", "dog")))
    return True


def select_all_rigs(_rng: random.Random) -> bool:
    """Select all armatures, as for a herd."""
    for thing in bpy.context.view_layer.objects:
        thing.select_set(thing.type == "ARMATURE")
    return True


def add_path(rng: random.Random) -> bool:
    """Add a curve for a short walk and pick it."""
    bpy.context.scene.footfall.path = scenes.curve(rng, "normal")
    return True
