# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits on a take survive Bake Again: each stays on its step, relative to the new bake."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Quaternion, Vector

from tests.blender import animals, subjects

ANGLE, DISTANCE = np.radians(1.0), 0.005


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


def check(rig: bpy.types.Object, edits: list[Edit]) -> None:
    """Check the first take against a bake without edits: all edits kept, nothing else changed."""
    bpy.ops.footfall.bake()
    edited, bare = rig.footfall.takes[0].action, rig.footfall.takes[1].action
    marked = artist_keys(edited)
    assert sum(map(len, marked.values())) == len({(e.bone, e.frame) for e in edits})
    for bone, frames in marked.items():
        own = sorted((e for e in edits if e.bone == bone), key=lambda e: e.frame)
        for edit, frame in zip(own, sorted(frames), strict=True):
            kept = basis(rig, bare, bone, frame).inverted() @ basis(rig, edited, bone, frame)
            apart = edit.offset.inverted() @ kept
            assert apart.to_quaternion().angle < ANGLE
            assert (kept.translation - edit.offset.translation).length < DISTANCE
    was, now = curves(bare), curves(edited)
    assert was.keys() == now.keys()
    sparse = bpy.context.scene.footfall.keys == "sparse"
    for channel, curve in was.items():
        frames = marked.get(channel[0].split('"')[1] if '"' in channel[0] else "", set())
        for frame in range(*(round(f) for f in bare.frame_range)):
            if frame not in frames and not (sparse and frames):  # a sparse key has a wide effect
                assert now[channel].evaluate(frame) == pytest.approx(
                    curve.evaluate(frame), abs=2e-4
                )
    rig.footfall.active_take = 1
    bpy.ops.footfall.reject_take()
    rig.footfall.active_take = 0


RIGS: dict[str, Callable[[], bpy.types.Object]] = {
    "person": subjects.mixamo,
    "Rigify": subjects.rigify,
    "dog": animals.deform_rig,
}


@pytest.mark.parametrize("keys", ["dense", "sparse"])
@pytest.mark.parametrize("kind", RIGS)
def test_random_edits_survive_five_bakes_on_changed_paths(
    installed: str, keys: str, kind: str
) -> None:
    rig = RIGS[kind]()
    settings = subjects.ready(rig, subjects.path((0, 0, 0), (0, -5, 0)))
    settings.keys = keys
    bpy.ops.footfall.bake()
    edits = random_edits(rig, 6, seed=3)
    for number in range(5):
        settings.path.data.splines[0].points[1].co = (0.8 * number, -5.5 - 0.2 * number, 0.0, 1.0)
        assert bpy.ops.footfall.rebake_take() == {"FINISHED"}
        check(rig, edits)
