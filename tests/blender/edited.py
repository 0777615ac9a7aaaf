# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes with edits: keys as an artist sets them, and where they are."""

from __future__ import annotations

import json
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from tests.blender import subjects


@dataclass
class Edit:
    """A key of the artist's: a bone's transform in its baked one."""

    bone: str
    frame: int
    offset: Matrix


def curves(action: bpy.types.Action) -> dict[tuple[str, int], bpy.types.FCurve]:
    found = subjects.addon("blender.keys.takes").curves(action)
    return {(c.data_path, c.array_index): c for c in found}


def basis(rig: bpy.types.Object, action: bpy.types.Action, bone: str, frame: float) -> Matrix:
    """Return a bone's location and rotation in its own space, as an action keys it."""
    there, pose = curves(action), rig.pose.bones[bone]
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].'

    def values(name: str, rest: tuple[float, ...]) -> list[float]:
        keyed = [there.get((path + name, i)) for i in range(len(rest))]
        return [r if c is None else c.evaluate(frame) for c, r in zip(keyed, rest, strict=True)]

    place = Matrix.Translation(Vector(values("location", (0.0, 0.0, 0.0))))
    if pose.rotation_mode == "QUATERNION":
        turn = Quaternion(values("rotation_quaternion", (1.0, 0.0, 0.0, 0.0))).normalized()
        return place @ turn.to_matrix().to_4x4()
    angles = values("rotation_euler", (0.0, 0.0, 0.0))
    euler = pose.rotation_euler.copy()
    euler[:] = angles
    return place @ euler.to_matrix().to_4x4()


def keyed_bones(rig: bpy.types.Object) -> list[str]:
    """Return the bones whose rotation the shown take keys over time."""
    moving = {
        path.split('"')[1]
        for (path, _), curve in curves(rig.animation_data.action).items()
        if ".rotation_" in path and len(curve.keyframe_points) > 5
    }
    return sorted(moving)


def key(rig: bpy.types.Object, bone: str, frame: int, turn: Quaternion, move: Vector) -> Edit:
    """Pose a bone at a frame and key it, as an artist does."""
    bpy.context.scene.frame_set(frame)
    pose, action = rig.pose.bones[bone], rig.animation_data.action
    path = f'pose.bones["{bpy.utils.escape_identifier(bone)}"].'
    before = basis(rig, action, bone, frame)
    offset = Matrix.Translation(move) @ turn.to_matrix().to_4x4()
    pose.matrix_basis = before @ offset
    for name in ("location", "rotation_quaternion", "rotation_euler"):
        if (path + name, 0) in curves(action):
            pose.keyframe_insert(name, frame=frame)
    return Edit(bone, frame, before.inverted() @ basis(rig, action, bone, frame))


def random_edits(rig: bpy.types.Object, count: int, seed: int) -> list[Edit]:
    random = np.random.default_rng(seed)
    action, bones = rig.animation_data.action, keyed_bones(rig)
    first, last = (round(f) for f in action.frame_range)
    frames = random.choice(np.arange(first + 3, last - 3, 2), count, replace=False)
    out = []
    for frame in sorted(frames.tolist()):
        bone = bones[random.integers(len(bones))]
        turn = Quaternion(Vector(random.normal(size=3)).normalized(), random.uniform(0.1, 0.9))
        located = (f'pose.bones["{bone}"].location', 0) in curves(action)
        move = Vector(random.normal(size=3) * 0.05) if located else Vector()
        out.append(key(rig, bone, frame, turn, move))
    return out


def artist_keys(action: bpy.types.Action) -> dict[str, set[int]]:
    """Return the frames of keys of the usual type, by bone."""
    found: dict[str, set[int]] = {}
    for (path, _), curve in curves(action).items():
        for point in curve.keyframe_points:
            if point.type == "KEYFRAME":
                found.setdefault(path.split('"')[1], set()).add(round(point.co[0]))
    return found


def ready(length: float = 5.0) -> tuple[bpy.types.Object, bpy.types.PropertyGroup]:
    """Bake a person on a straight path."""
    rig = subjects.mixamo()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -length, 0)))
    bpy.ops.footfall.bake()
    return rig, settings


def lengthen(settings: bpy.types.PropertyGroup, length: float) -> None:
    settings.path.data.splines[0].points[1].co = (0.0, -length, 0.0, 1.0)


def stance(rig: bpy.types.Object, leg: str, number: int) -> tuple[float, float]:
    """Return the frames of touchdown and lift-off of a stance in the first take."""
    report = json.loads(rig.footfall.takes[0].report)
    start, stop = (1.0 + report["fps"] * s for s in report["footfalls"][leg][number])
    return start, stop


def turned(rig: bpy.types.Object, bone: str, frame: int) -> Edit:
    return key(rig, bone, frame, Quaternion((0.0, 0.0, 1.0), 0.5), Vector())


def frames_of(rig: bpy.types.Object, bone: str) -> list[int]:
    return sorted(artist_keys_of(rig).get(bone, set()))


def artist_keys_of(rig: bpy.types.Object) -> dict[str, set[int]]:
    return artist_keys(rig.footfall.takes[0].action)
