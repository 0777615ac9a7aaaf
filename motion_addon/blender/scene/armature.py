# SPDX-License-Identifier: GPL-3.0-or-later
"""Armatures as plain arrays: rest poses and evaluated poses in motion axes.

Owns the step between Blender's axes (Z up, facing -Y) and the motion core's (Y up, facing +Z)
for armatures, and refusing objects that cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ...errors import RefusedError
from ...motion.maths import quat
from ...motion.maths.quat import Array
from ...motion.rigs import RigBones

MOTION_FROM_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
"""Rotation of axes: (x, y, z) in motion is (x, z, -y) in Blender."""

_TURN = quat.from_matrix(MOTION_FROM_BLENDER)
_TURN_BACK = quat.inv(_TURN)


def check(obj: bpy.types.Object | None) -> None:
    """Raise RefusedError if ``obj`` cannot take keys."""
    if obj is None or obj.type != "ARMATURE":
        raise RefusedError("Choose an armature object")
    armature = obj.data
    assert isinstance(armature, bpy.types.Armature)
    if obj.library is not None:
        raise RefusedError(
            f'"{obj.name}" is linked from another file; make a library override first'
        )
    if obj.mode == "EDIT" or armature.is_editmode:
        raise RefusedError(f'"{obj.name}" is in Edit Mode; leave it first')
    if not len(armature.bones):
        raise RefusedError(f'"{obj.name}" has no bones')
    if obj.pose is None or len(obj.pose.bones) != len(armature.bones):
        raise RefusedError(
            f'The pose of "{obj.name}" is out of date; put it in a visible collection'
        )


def world_matrix(obj: bpy.types.Object) -> Array:
    """Return (4, 4) world_from_object in Blender's axes, also for hidden or new objects."""
    if obj.parent is None and not obj.constraints:
        return np.array(obj.matrix_basis, dtype=np.float64)
    return np.array(obj.matrix_world, dtype=np.float64)


def _split(world: Array, name: str) -> tuple[float, Array]:
    """Return uniform scale and rotation matrix (3, 3). Raises RefusedError if there are none."""
    basis = world[:3, :3]
    sizes = np.linalg.norm(basis, axis=0)
    if sizes.min() < 1e-6:
        raise RefusedError(f'"{name}" is scaled to zero')
    scale = float(sizes.mean())
    rotation = basis / sizes
    sheared = np.abs(rotation.T @ rotation - np.eye(3)).max() > 2e-3
    if sheared or np.abs(sizes / scale - 1.0).max() > 2e-3:
        raise RefusedError(f'"{name}" is scaled unevenly; apply its scale first (Ctrl A)')
    if np.linalg.det(rotation) < 0.0:
        raise RefusedError(
            f'"{name}" is mirrored by a negative scale; apply its scale first (Ctrl A)'
        )
    return scale, rotation


def read_rig(obj: bpy.types.Object) -> RigBones:
    """Return the bones of ``obj`` at rest, in the world and axes of the motion core.

    Raises RefusedError (see ``check``; also for zero, uneven or mirrored scale).
    """
    check(obj)
    armature = obj.data
    assert isinstance(armature, bpy.types.Armature)
    world = world_matrix(obj)
    scale, rotation = _split(world, obj.name)
    bones = armature.bones
    count = len(bones)
    rest = np.empty(count * 16, dtype=np.float32)
    bones.foreach_get("matrix_local", rest)
    local = rest.reshape(count, 4, 4).transpose(0, 2, 1).astype(np.float64)
    lengths = np.empty(count, dtype=np.float32)
    bones.foreach_get("length", lengths)
    index = {bone.name: i for i, bone in enumerate(bones)}
    turned = MOTION_FROM_BLENDER @ rotation
    heads = local[:, :3, 3] @ world[:3, :3].T + world[:3, 3]
    origin = MOTION_FROM_BLENDER @ world[:3, 3]
    axes = quat.from_matrix(turned)
    return RigBones(
        tuple(bone.name for bone in bones),
        np.array([index[b.parent.name] if b.parent else -1 for b in bones]),
        heads @ MOTION_FROM_BLENDER.T,
        quat.from_matrix(turned @ local[:, :3, :3]),
        lengths * scale,
        scale,
        (float(origin[0]), float(origin[1]), float(origin[2])),
        _flags(bones, "use_inherit_rotation"),
        _flags(bones, "use_connect"),
        _flags(bones, "use_deform"),
        _flags(bones, "use_local_location"),
        (float(axes[0]), float(axes[1]), float(axes[2]), float(axes[3])),
    )


def scale_of(obj: bpy.types.Object) -> float:
    """Return the scale of the armature in the world. Raises RefusedError if it is unusable."""
    return _split(world_matrix(obj), obj.name)[0]


def _flags(bones: bpy.types.ArmatureBones, name: str) -> Array:
    values = np.empty(len(bones), dtype=bool)
    bones.foreach_get(name, values)
    return values


def object_channels(obj: bpy.types.Object, positions: Array, turns: Array) -> tuple[Array, Array]:
    """Return ``location`` (T, 3) and rotation (T, 4) of the object, in its parent's space.

    ``positions`` (T, 3) are the object's origin and ``turns`` (T, 4) its rotation from its present
    orientation, both in the world in motion axes.
    """
    world = world_matrix(obj)
    basis = np.array(obj.matrix_basis, dtype=np.float64)
    parent = world @ np.linalg.inv(basis)
    places = positions @ MOTION_FROM_BLENDER
    location = (places - parent[:3, 3]) @ np.linalg.inv(parent[:3, :3]).T
    blender_turns = quat.inv_mul(_TURN, quat.mul(turns, _TURN))
    resting = quat.from_matrix(_split(world, obj.name)[1])
    above = quat.from_matrix(_split(parent, obj.name)[1])
    rotation = quat.inv_mul(above, quat.mul(blender_turns, resting))
    return location - np.array(obj.delta_location), quat.unroll(
        quat.inv_mul(_delta_rotation(obj), rotation)
    )


def keyed_basis(obj: bpy.types.Object, location: Array, rotation: Array) -> Array:
    """Return the ``matrix_basis`` (4, 4) that keys of location (3,) and rotation (4,) give."""
    place = Vector((location + np.array(obj.delta_location)).tolist())
    turn = Quaternion(quat.mul(_delta_rotation(obj), rotation).tolist())
    size = Vector((np.array(obj.scale) * np.array(obj.delta_scale)).tolist())
    return np.array(Matrix.LocRotScale(place, turn, size), dtype=np.float64)


def _delta_rotation(obj: bpy.types.Object) -> Array:
    if obj.rotation_mode == "QUATERNION":
        return np.array(obj.delta_rotation_quaternion, dtype=np.float64)
    if obj.rotation_mode == "AXIS_ANGLE":
        return np.array([1.0, 0.0, 0.0, 0.0])
    return np.array(obj.delta_rotation_euler.to_quaternion(), dtype=np.float64)


@contextmanager
def _kept_frame(scene: bpy.types.Scene) -> Iterator[None]:
    frame, part = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=part)


def sample(
    obj: bpy.types.Object, frames: Sequence[float], scene: bpy.types.Scene | None = None
) -> tuple[Array, Array]:
    """Return world rotations (T, B, 4) and heads (T, B, 3) of the pose bones, motion axes.

    Evaluates the scene (None: the current one) with all constraints and drivers at each frame,
    and restores the current frame. Bones are in the order of ``obj.pose.bones``.
    """
    local, worlds = _sampled(obj, frames, scene)
    return _in_motion(worlds[:, None] @ local)


def staged(
    obj: bpy.types.Object, frames: Sequence[float], scene: bpy.types.Scene, here: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the poses of ``sample`` with the object at ``here``, and the object's own motion.

    ``here`` is a ``world_matrix``. The object's motion is its turn (T, 4) and place (T, 3): a
    point p of the staged pose is in the world at turn(p) + place.
    """
    local, worlds = _sampled(obj, frames, scene)
    rotations, heads = _in_motion(here @ local)
    ways = worlds @ np.linalg.inv(here)
    turns, _ = _in_motion(ways)
    turns = quat.unroll(quat.mul(turns, _TURN_BACK))
    return rotations, heads, turns, ways[:, :3, 3] @ MOTION_FROM_BLENDER.T


def _sampled(
    obj: bpy.types.Object, frames: Sequence[float], scene: bpy.types.Scene | None
) -> tuple[Array, Array]:
    """Return matrices of the pose bones (T, B, 4, 4) in the object and of the object (T, 4, 4)."""
    check(obj)
    assert obj.pose is not None
    count = len(obj.pose.bones)
    matrices, worlds = np.empty((len(frames), count, 4, 4)), np.empty((len(frames), 4, 4))
    flat = np.empty(count * 16, dtype=np.float32)
    own = scene is None
    scene = scene or bpy.context.scene
    assert scene is not None
    with _kept_frame(scene):
        for row, frame in enumerate(frames):
            scene.frame_set(int(np.floor(frame)), subframe=float(frame - np.floor(frame)))
            graph = bpy.context.evaluated_depsgraph_get() if own else scene.view_layers[0].depsgraph
            posed = obj.evaluated_get(graph)
            assert posed.pose is not None
            posed.pose.bones.foreach_get("matrix", flat)
            matrices[row] = flat.reshape(count, 4, 4).transpose(0, 2, 1)
            worlds[row] = np.array(posed.matrix_world)
    return matrices, worlds


def _in_motion(matrices: Array) -> tuple[Array, Array]:
    """Return rotations (..., 4) and places (..., 3), motion axes, of matrices in Blender's."""
    heads = matrices[..., :3, 3] @ MOTION_FROM_BLENDER.T
    basis = MOTION_FROM_BLENDER @ matrices[..., :3, :3]
    basis = basis / np.linalg.norm(basis, axis=-2, keepdims=True)
    return quat.unroll(quat.from_matrix(basis)), heads
