# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo character: a CC0 mannequin bound to a generated Rigify human, or to a plain skeleton.

Fits Rigify's metarig to the mannequin's joints, transfers its weights to Rigify's deform bones and
sets its colors. Has no motion, cameras or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import addon_utils
import bpy
import numpy as np
from mathutils import Matrix, Vector

BODY_FILE: Final = Path(__file__).with_name("assets") / "mannequin.glb"

COLORS: Final = {
    "Body Left": (0.80, 0.30, 0.06),
    "Body Right": (0.05, 0.36, 0.52),
    "Joints": (0.06, 0.06, 0.07),
    "Eyes": (0.01, 0.01, 0.012),
}

FINGERS: Final = ("index", "middle", "ring", "pinky")

SPINE_FIT: Final = (
    ("spine", "hips", "spine.001"),
    ("spine.001", "spine.001", "spine.002"),
    ("spine.002", "spine.002", "spine.003"),
    ("spine.003", "spine.003", "neck"),
    ("spine.004", "neck", "neck/head"),
    ("spine.005", "neck/head", "head"),
    ("spine.006", "head", "head top"),
)
"""Metarig bone, and the mannequin's joints at its head and tail."""

SIDE_FIT: Final = (
    ("shoulder", "shoulder", "shoulder tip"),
    ("upper_arm", "upper_arm", "forearm"),
    ("forearm", "forearm", "hand"),
    ("hand", "hand", "hand tip"),
    *((f"palm.0{i}", f"hand/f_{f}.01", f"f_{f}.01") for i, f in enumerate(FINGERS, 1)),
    *((f"f_{f}.01", f"f_{f}.01", f"f_{f}.02") for f in FINGERS),
    *((f"f_{f}.02", f"f_{f}.02", f"f_{f}.03") for f in FINGERS),
    *((f"f_{f}.03", f"f_{f}.03", f"f_{f}.03 tip") for f in FINGERS),
    ("thumb.01", "thumb.01", "thumb.02"),
    ("thumb.02", "thumb.02", "thumb.03"),
    ("thumb.03", "thumb.03", "thumb.03 tip"),
    ("thigh", "thigh", "shin"),
    ("shin", "shin", "foot"),
    ("foot", "foot", "toe"),
    ("toe", "toe", "toe tip"),
    ("heel.02", "heel inside", "heel outside"),
)

WEIGHTS: Final = {
    "root": ("spine",),
    "hips": ("spine",),
    "neck": ("spine.004", "spine.005"),
    "head": ("spine.006",),
    **{
        f"{limb}.{side}": (f"{limb}.{side}", f"{limb}.{side}.001")
        for limb in ("upper_arm", "forearm", "thigh", "shin")
        for side in "LR"
    },
}
"""Mannequin weight group to Rigify deform bones, along the bone; all others keep their names."""

MIXAMO: Final = {
    "hips": "Hips",
    "spine.001": "Spine",
    "spine.002": "Spine1",
    "spine.003": "Spine2",
    "neck": "Neck",
    "head": "Head",
    "shoulder": "Shoulder",
    "upper_arm": "Arm",
    "forearm": "ForeArm",
    "hand": "Hand",
    "thigh": "UpLeg",
    "shin": "Leg",
    "foot": "Foot",
    "toe": "ToeBase",
    **{f"f_{f}.0{i}": f"Hand{f.title()}{i}" for f in FINGERS for i in (1, 2, 3)},
    **{f"thumb.0{i}": f"HandThumb{i}" for i in (1, 2, 3)},
}


@dataclass(frozen=True)
class Character:
    """An armature object and the mesh object that it deforms."""

    rig: bpy.types.Object
    body: bpy.types.Object


def rigify_human(collection: bpy.types.Collection | None = None) -> Character:
    """Generate a Rigify human fitted to the mannequin and bind the mannequin to it.

    The metarig's face, breast and pelvis bones are removed, as the mannequin does not need them.
    All other controls of Rigify's human are kept.
    """
    addon_utils.enable("rigify", default_set=True)
    skeleton, body = _import_body()
    joints = _joints(skeleton, body)
    bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.object
    _fit(metarig, joints)
    rig = _generate(metarig)
    _transfer_weights(body, rig)
    _rebind(body, rig)
    bpy.data.objects.remove(skeleton)
    bpy.data.objects.remove(metarig)
    rig.name = "Rigify Human"
    _relax_hands(rig)
    return _finish(rig, body, collection, head_group="DEF-spine.006")


def mixamo_human(
    collection: bpy.types.Collection | None = None, prefix: str = "mixamorig:"
) -> Character:
    """The same mannequin on its own plain deform skeleton, with Mixamo's bone names."""
    skeleton, body = _import_body()
    bpy.context.view_layer.objects.active = skeleton
    bpy.ops.object.mode_set(mode="EDIT")
    skeleton.data.edit_bones.remove(skeleton.data.edit_bones["root"])
    bpy.ops.object.mode_set(mode="OBJECT")
    _move_weights(body, body.vertex_groups["root"], {"DEF-hips": 1.0})
    for bone in skeleton.data.bones:
        # Blender renames the weight group of each bone along with it.
        bone.name = _mixamo_name(bone.name, prefix)
    skeleton.name = "Mixamo Human"
    return _finish(skeleton, body, collection, head_group=prefix + "Head")


def _mixamo_name(name: str, prefix: str) -> str:
    base = name.removeprefix("DEF-")
    side = {".L": "Left", ".R": "Right"}.get(base[-2:], "")
    base = base[:-2] if side else base
    return prefix + side + MIXAMO[base] if base in MIXAMO else name


def _import_body() -> tuple[bpy.types.Object, bpy.types.Object]:
    """Import the mannequin file; the mesh keeps its armature modifier."""
    before = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(BODY_FILE), disable_bone_shape=True)
    new = [found for found in bpy.data.objects if found not in before]
    skeleton = next(found for found in new if found.type == "ARMATURE")
    body = next(found for found in new if found.type == "MESH")
    return skeleton, body


def _joints(skeleton: bpy.types.Object, body: bpy.types.Object) -> dict[str, Vector]:
    """World positions of the mannequin's joints, bone tips and a few surface landmarks."""
    bones = {bone.name.removeprefix("DEF-"): bone for bone in skeleton.data.bones}
    joints = {name: bone.head_local.copy() for name, bone in bones.items()}
    for side in ".L", ".R":
        for name in ("shoulder", "hand", "thumb.03", *(f"f_{f}.03" for f in FINGERS)):
            joints[f"{name} tip{side}"] = bones[name + side].tail_local.copy()
    points = np.array([vertex.co for vertex in body.data.vertices])
    top = points[np.argmax(points[:, 2])]
    joints["head top"] = Vector((0.0, joints["head"].y, float(top[2])))
    joints["neck/head"] = joints["neck"].lerp(joints["head"], 0.5)
    for side, sign in ((".L", 1.0), (".R", -1.0)):
        foot = points[(points[:, 2] < 0.08) & (points[:, 0] * sign > 0.0)]
        ball = joints["toe" + side]
        joints["toe tip" + side] = Vector((ball.x, float(foot[:, 1].min()), ball.z))
        for name, offset in (("heel inside", -0.04), ("heel outside", 0.04)):
            heel = (ball.x + sign * offset, float(foot[:, 1].max()) - 0.02, 0.0)
            joints[name + side] = Vector(heel)
        for finger in FINGERS:
            knuckle = joints[f"f_{finger}.01{side}"]
            joints[f"hand/f_{finger}.01{side}"] = joints["hand" + side].lerp(knuckle, 0.3)
    return joints


def _fit(metarig: bpy.types.Object, joints: dict[str, Vector]) -> None:
    """Fit the metarig's bones to the joints; each roll turns with its bone."""
    bpy.ops.object.mode_set(mode="EDIT")
    bones = metarig.data.edit_bones
    unused = [bones["breast.L"], bones["breast.R"], bones["pelvis.L"], bones["pelvis.R"]]
    for bone in [*unused, *bones["spine.006"].children_recursive]:
        bones.remove(bone)
    table = [*SPINE_FIT]
    for side in ".L", ".R":
        table += [(bone + side, head + side, tail + side) for bone, head, tail in SIDE_FIT]
    axes = {bone.name: (bone.y_axis.copy(), bone.z_axis.copy()) for bone in bones}
    for name, head, tail in table:
        bone = bones[name]
        bone.head, bone.tail = joints[head], joints[tail]
    for name, _head, _tail in table:
        bone = bones[name]
        along, up = axes[name]
        bone.align_roll(along.rotation_difference(bone.y_axis) @ up)
    bpy.ops.object.mode_set(mode="OBJECT")


def _generate(metarig: bpy.types.Object) -> bpy.types.Object:
    bpy.context.view_layer.objects.active = metarig
    bpy.ops.pose.rigify_generate()
    return metarig.data.rigify_target_rig


def _transfer_weights(body: bpy.types.Object, rig: bpy.types.Object) -> None:
    """Rename the weight groups to Rigify's deform bones, sharing a limb's among its segments."""
    points = np.array([vertex.co for vertex in body.data.vertices])
    for group in list(body.vertex_groups):
        name = group.name.removeprefix("DEF-")
        targets = [f"DEF-{target}" for target in WEIGHTS.get(name, (name,))]
        if targets != [group.name]:
            shares = _shares(points, rig, targets)
            _move_weights(body, group, dict(zip(targets, shares, strict=True)))


def _move_weights(
    body: bpy.types.Object, group: bpy.types.VertexGroup, shares: dict[str, np.ndarray | float]
) -> None:
    """Add a group's weights to other groups by their shares (one number, or one per vertex)."""
    numbers, weights = _group_weights(body, group)
    group.name = "moving"
    for target, share in shares.items():
        goal = body.vertex_groups.get(target) or body.vertex_groups.new(name=target)
        moved = weights * (share if isinstance(share, float) else share[numbers])
        for vertex, weight in zip(numbers.tolist(), moved.tolist(), strict=True):
            if weight > 1e-4:
                goal.add([vertex], weight, "ADD")
    body.vertex_groups.remove(body.vertex_groups["moving"])


def _group_weights(
    body: bpy.types.Object, group: bpy.types.VertexGroup
) -> tuple[np.ndarray, np.ndarray]:
    """Vertex numbers (N,) and weights (N,) of one group."""
    found = [
        (vertex.index, entry.weight)
        for vertex in body.data.vertices
        for entry in vertex.groups
        if entry.group == group.index
    ]
    numbers = np.array([number for number, _ in found], dtype=np.int64)
    return numbers, np.array([weight for _, weight in found])


def _shares(points: np.ndarray, rig: bpy.types.Object, targets: list[str]) -> list[np.ndarray]:
    """Share of each of one or two bones in a chain at each point, smooth along the chain."""
    if len(targets) == 1:
        return [np.ones(len(points))]
    head = np.array(rig.data.bones[targets[0]].head_local)
    tail = np.array(rig.data.bones[targets[1]].tail_local)
    along = (points - head) @ (tail - head) / ((tail - head) @ (tail - head))
    second = np.clip((along - 0.15) / 0.7, 0.0, 1.0)
    second = second * second * (3.0 - 2.0 * second)
    return [1.0 - second, second]


def _rebind(body: bpy.types.Object, rig: bpy.types.Object) -> None:
    body.parent = rig
    for modifier in body.modifiers:
        if modifier.type == "ARMATURE":
            modifier.object = rig


def _relax_hands(rig: bpy.types.Object) -> None:
    """Curl the fingers a little; bakes do not animate them."""
    for side in ".L", ".R":
        for finger, curl in zip(FINGERS, (0.20, 0.26, 0.30, 0.34), strict=True):
            for joint in (1, 2, 3):
                control = rig.pose.bones[f"f_{finger}.0{joint}{side}"]
                control.rotation_mode = "XYZ"
                control.rotation_euler.x = curl


def _finish(
    rig: bpy.types.Object,
    body: bpy.types.Object,
    collection: bpy.types.Collection | None,
    head_group: str,
) -> Character:
    """Color the body, give it eyes and put both objects in the collection."""
    body.name = "Body"
    _add_eyes(body, head_group)
    for material in body.data.materials:
        _color(material, COLORS[material.name.split(".")[0]])
    for polygon in body.data.polygons:
        polygon.use_smooth = True
    if collection is not None:
        for item in (rig, body):
            for owner in list(item.users_collection):
                owner.objects.unlink(item)
            collection.objects.link(item)
    return Character(rig, body)


def _color(material: bpy.types.Material, color: tuple[float, float, float]) -> None:
    """Set the color for Workbench, and the one for EEVEE and Cycles."""
    material.diffuse_color = (*color, 1.0)
    material.roughness = 0.45
    material.metallic = 0.0
    if material.node_tree is not None:
        shader: bpy.types.Node | None = material.node_tree.nodes.get("Principled BSDF")
        if shader is not None:
            shader.inputs["Base Color"].default_value = (*color, 1.0)
            shader.inputs["Roughness"].default_value = 0.45


def _add_eyes(body: bpy.types.Object, head_group: str) -> None:
    """Join two dark eyes to the face, fully weighted to the head."""
    eyes = []
    for x in (-0.036, 0.036):
        hit, place, _normal, _face = body.ray_cast(Vector((x, -1.0, 1.695)), Vector((0, 1, 0)))
        if not hit:
            continue
        bpy.ops.mesh.primitive_uv_sphere_add(segments=16, ring_count=8, radius=0.018)
        eye = bpy.context.object
        eye.data.transform(Matrix.LocRotScale(place, None, Vector((0.75, 0.45, 1.25))))
        eye.matrix_world = body.matrix_world
        eye.data.materials.append(bpy.data.materials.get("Eyes") or bpy.data.materials.new("Eyes"))
        group = eye.vertex_groups.new(name=head_group)
        group.add(list(range(len(eye.data.vertices))), 1.0, "REPLACE")
        eyes.append(eye)
    with bpy.context.temp_override(
        active_object=body, selected_objects=[body, *eyes], selected_editable_objects=[body, *eyes]
    ):
        bpy.ops.object.join()
