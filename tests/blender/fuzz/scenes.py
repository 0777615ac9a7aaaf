# SPDX-License-Identifier: GPL-3.0-or-later
"""Random scenes: rigs, curves, transforms, parents, constraints, drivers, actions, units."""

from __future__ import annotations

import math
import random
import tempfile
from pathlib import Path

import bpy

from tests.blender import animals, rigs, subjects

FOLDER = tempfile.TemporaryDirectory(prefix="footfall-fuzz-")
"""Folder of the files that scenes link from, append from and are saved to."""
NAMES = ("Hero", 'The "Q" \\ it\'s', "Ünïcode 走る", "x" * 60, "Rig.001", "a[0].b", "Walk 01", " ")
UNREAL = {
    "hips": "pelvis", "spine": "spine_01", "chest": "spine_02", "neck": "neck_01", "head": "head",
    "shoulder": "clavicle", "upper_arm": "upperarm", "forearm": "lowerarm", "hand": "hand",
    "thigh": "thigh", "shin": "calf", "foot": "foot", "toe": "ball",
}  # fmt: skip
KINDS = {
    "person": 34, "dog": 26, "unreal": 5, "chains": 4, "no bones": 1, "one bone": 2,
    "control rig": 2, "animal control rig": 1, "metarig": 2, "override": 8, "animal override": 4,
    "linked": 2,
}  # fmt: skip

GENERATED = {"control rig": "basic_human", "animal control rig": "basic_quadruped"}
"""Kinds of rigs that Rigify generates, and their metarigs."""


def build(rng: random.Random) -> None:
    """Fill an empty file with a random scene, ready for a bake more often than not."""
    kinds = rng.choices(list(KINDS), KINDS.values(), k=rng.choice((1, 1, 1, 2, 3)))
    _generate({GENERATED[kind] for kind in kinds if kind in GENERATED})
    scene = bpy.context.scene
    _units(rng, scene)
    made = [rig(rng, kind) for kind in kinds]
    paths = [curve(rng, "normal")] + [curve(rng) for _ in range(rng.choice((0, 0, 1)))]
    for one in made:
        decorate(rng, one)
    if rng.random() < 0.15:
        _copies(rng, made[0])
    if rng.random() < 0.2:
        _more_scenes(rng, made)
    choose(rng, made[0], paths[-1] if rng.random() < 0.2 else paths[0])
    scene.frame_set(rng.choice((1, 1, 5, 12)))


def forget_files() -> None:
    """Delete the files that an earlier scene wrote."""
    for file in Path(FOLDER.name).glob("file*"):
        file.unlink()


def _units(rng: random.Random, scene: bpy.types.Scene) -> None:
    scene.render.fps = rng.choice((24, 24, 25, 30, 60, 12, 7))
    scene.render.fps_base = rng.choice((1.0, 1.0, 1.0, 1.001, 0.7))
    scene.unit_settings.scale_length = rng.choice((1.0, 1.0, 1.0, 1.0, 0.01, 2.0))
    scene.frame_start, scene.frame_end = rng.choice(((1, 250), (1, 20), (100, 140), (0, 0)))
    scene["artist"] = rng.random()


def _generate(metarigs: set[str]) -> None:
    """Generate the control rigs of a scene once, in an empty file of their own."""
    for metarig in sorted(metarigs):
        if not (Path(rigs.GENERATED.name) / f"{metarig}.blend").exists():
            rigs.rigify(metarig)
            bpy.ops.wm.read_homefile(use_empty=True)


def rig(rng: random.Random, kind: str) -> bpy.types.Object:
    """Add a random armature; returns it, active and selected."""
    name = rng.choice(NAMES) if rng.random() < 0.3 else "Hero"
    if kind in {"override", "animal override", "linked"}:
        return _from_library(kind, rng.random() < 0.8)
    if kind in GENERATED:
        made = rigs.rigify(GENERATED[kind])
    elif kind == "metarig":
        made = animals.metarig(rng.choice(("basic_human", "basic_quadruped")))
    elif kind == "dog":
        made = animals.deform_rig(name, rng.choice(("", "", "Ü\"'")))
    elif kind == "chains":
        made = _chains(rng, name)
    elif kind in {"no bones", "one bone"}:
        bones = [("Bone", (0, 0, 0), (0, 0, 1), None)] if kind == "one bone" else []
        made = subjects.armature(name, bones)
    else:
        made = subjects.mixamo(name)
        if kind == "unreal":
            _rename_to_unreal(made)
    _select(made)
    return made


def _select(thing: bpy.types.Object) -> None:
    for other in bpy.context.selected_objects:
        other.select_set(False)
    if thing.name in bpy.context.view_layer.objects:
        bpy.context.view_layer.objects.active = thing
        thing.select_set(True)


def _rename_to_unreal(rig: bpy.types.Object) -> None:
    for part, name in subjects.MIXAMO.items():
        for side, end in (("", ""), ("Left", "_l"), ("Right", "_r")):
            bone = rig.data.bones.get(f"mixamorig:{side}{name}")
            if bone is not None:
                bone.name = UNREAL[part] + end


def _chains(rng: random.Random, name: str) -> bpy.types.Object:
    bones: list[tuple] = []
    for number in range(rng.randint(2, 20)):
        parent = rng.choice(bones) if bones and rng.random() < 0.9 else None
        head = parent[2] if parent else (rng.uniform(-1, 1), 0.0, rng.uniform(0, 2))
        tail = tuple(value + rng.uniform(-0.4, 0.4) for value in head)
        bones.append((f"{rng.choice(NAMES)}{number}"[:60], head, tail, parent and parent[0]))
    return subjects.armature(name, bones)


def library(kind: str) -> Path:
    """Return a file with one rig in a collection, written once."""
    file = Path(FOLDER.name) / f"library-{kind}.blend"
    if not file.exists():
        made = animals.deform_rig("LibDog") if kind == "dog" else subjects.mixamo("LibHero")
        group = bpy.data.collections.new("Library")
        group.objects.link(made)
        bpy.data.libraries.write(str(file), {group})
        bpy.data.collections.remove(group)
        bpy.data.armatures.remove(made.data)
    return file


def _from_library(kind: str, editable: bool) -> bpy.types.Object:
    file = library("dog" if kind.startswith("animal") else "person")
    with bpy.data.libraries.load(str(file), link=True) as (there, here):
        here.objects = list(there.objects)[:1]
    (made,) = here.objects
    if kind != "linked":
        made = made.override_create(remap_local_usages=True)
        made.override_library.is_system_override = not editable
    if made.name not in bpy.context.scene.collection.objects:
        bpy.context.scene.collection.objects.link(made)
    _select(made)
    return made


def curve(rng: random.Random, kind: str = "") -> bpy.types.Object:
    """Add a random curve; a normal one is a short walk."""
    kind = kind or rng.choice(
        ("normal", "empty", "one", "nan", "huge", "closed", "tiny", "bezier", "nurbs", "double")
    )
    length = rng.uniform(0.7, 1.6) / bpy.context.scene.unit_settings.scale_length
    points = [(0.0, 0.0, 0.0), (rng.uniform(-0.2, 0.2), -0.5 * length, 0.0), (0.0, -length, 0.0)]
    if kind == "one":
        points = points[:1]
    elif kind == "nan":
        points[1] = (math.nan, 0.0, 0.0)
    elif kind == "huge":
        points[1] = (1e9, 0.0, -1e9)
    elif kind == "tiny":
        points = [(x * 1e-7, y * 1e-7, 0.0) for x, y, _z in points]
    elif kind == "double":
        points = [points[0]] * 5
    splines = {"bezier": "BEZIER", "nurbs": "NURBS"}
    made = subjects.path(*points, kind=splines.get(kind, "POLY"))
    if kind == "empty":
        made.data.splines.clear()
    if kind == "closed":
        made.data.splines[0].use_cyclic_u = True
    if rng.random() < 0.2:
        made.name = rng.choice(NAMES)
    if rng.random() < 0.1:
        made.location, made.scale = (rng.uniform(-1, 1), 0, 0), (rng.choice((-1.0, 1.5)), 1.0, 1.0)
    return made


def decorate(rng: random.Random, rig: bpy.types.Object) -> None:
    """Give a rig a random transform and some of the things that artists add."""
    if rig.library is not None:
        return
    rig["artist"] = rng.random()
    rig.location = (rng.uniform(-2, 2), rng.uniform(-2, 2), 0.0)
    rig.rotation_euler.z = rng.uniform(-3, 3)
    if rng.random() < 0.2:
        rig.scale = rng.choice(
            ((1.1,) * 3, (-1.0, 1.0, 1.0), (0.0,) * 3, (1e-6,) * 3, (100.0,) * 3, (1.0, 1.5, 0.8))
        )
    if bpy.context.scene.unit_settings.scale_length < 0.1 and rng.random() < 0.9:
        rig.scale = (100.0,) * 3
    for chance, add in ((0.5, own_action), (0.15, parent), (0.15, constraint), (0.1, driver)):
        if rng.random() < chance:
            add(rng, rig)
    if rng.random() < 0.2:
        strip(rng, rig)
    for bone in rng.sample(list(rig.pose.bones), min(3, len(rig.pose.bones))):
        bone.rotation_mode = rng.choice(("QUATERNION", "XYZ", "AXIS_ANGLE", "ZXY"))
        bone.location = [rng.uniform(-0.05, 0.05) for _ in range(3)]
        bone["mood"] = rng.choice((0.5, 3, "calm"))


def own_action(rng: random.Random, rig: bpy.types.Object) -> None:
    """Key a few poses of the artist's on a rig: of the whole body, or of some bones."""
    bones = list(rig.pose.bones)
    count = len(bones) if len(bones) < 60 and rng.random() < 0.6 else min(4, len(bones))
    for frame in (1, rng.randint(12, 18), rng.randint(30, 40)):
        rig.location.x += 0.1
        rig.keyframe_insert("location", frame=frame)
        for bone in rng.sample(bones, count):
            bone.location.y = rng.uniform(-0.05, 0.05)
            bone.keyframe_insert("location", frame=frame)
            turn = "rotation_quaternion" if bone.rotation_mode == "QUATERNION" else "scale"
            bone.keyframe_insert(turn, frame=frame)
    action = rig.animation_data.action
    action.name = rng.choice(("Artist", 'Artist\'s "own"', "Walk 01", "走る"))
    action["artist"] = rng.random()


def strip(rng: random.Random, rig: bpy.types.Object) -> None:
    """Put an action of the artist's on an NLA track."""
    data = rig.animation_data or rig.animation_data_create()
    action = data.action
    if action is None or rng.random() < 0.5:
        action = bpy.data.actions.new("Layered")
    track = data.nla_tracks.new()
    track.strips.new("Strip", rng.randint(1, 20), action)
    track.mute = rng.random() < 0.3
    if rng.random() < 0.2:
        track.is_solo = True
    data.action_influence = rng.choice((1.0, 0.5))
    data.action_blend_type = rng.choice(("REPLACE", "ADD", "COMBINE"))


def empty(rng: random.Random, moving: bool) -> bpy.types.Object:
    """Add an empty, which moves on request."""
    made = bpy.data.objects.new(rng.choice(("Target", "走る", "E")), None)
    bpy.context.scene.collection.objects.link(made)
    made.location = (rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(0, 2))
    if moving:
        for frame in (1, 30):
            made.location.x += 1.0
            made.keyframe_insert("location", frame=frame)
    return made


def parent(rng: random.Random, rig: bpy.types.Object) -> None:
    """Parent a rig to an empty."""
    rig.parent = empty(rng, rng.random() < 0.4)


def constraint(rng: random.Random, rig: bpy.types.Object) -> None:
    """Constrain a rig or one of its bones to an empty."""
    bones = list(rig.pose.bones)
    owner = rng.choice(bones) if bones and rng.random() < 0.7 else rig
    added = owner.constraints.new(rng.choice(("COPY_LOCATION", "COPY_ROTATION", "LIMIT_LOCATION")))
    if hasattr(added, "target"):
        added.target = empty(rng, rng.random() < 0.3)
    added.influence = rng.choice((1.0, 0.5))


def driver(rng: random.Random, rig: bpy.types.Object) -> None:
    """Drive a location of a rig or of one of its bones."""
    bones = list(rig.pose.bones)
    owner = rng.choice(bones) if bones and rng.random() < 0.7 else rig
    owner.driver_add("location", rng.randrange(3)).driver.expression = "frame * 0.01"


def _copies(rng: random.Random, rig: bpy.types.Object) -> None:
    """Duplicate a rig, with shared data and a shared action."""
    if rig.library is None and rig.override_library is None:
        twin = rig.copy()
        if rng.random() < 0.5:
            twin.data = rig.data.copy()
        bpy.context.scene.collection.objects.link(twin)


def _more_scenes(rng: random.Random, made: list[bpy.types.Object]) -> None:
    """Add a scene with the same rigs, and a view layer."""
    other = bpy.data.scenes.new("Other")
    other.frame_start, other.frame_end = 7, 77
    for one in made:
        if rng.random() < 0.7:
            other.collection.objects.link(one)
    bpy.context.scene.view_layers.new("Second")


def choose(rng: random.Random, rig: bpy.types.Object, path: bpy.types.Object) -> None:
    """Fill the panel with random settings for a short walk."""
    settings = bpy.context.scene.footfall
    settings.character = rig if rig.library is None and rng.random() < 0.9 else None
    settings.path = path
    settings.start = settings.stop = False
    settings.speed = rng.uniform(0.8, 1.8)
    settings.root_motion = rng.choice(("hips", "hips", "hips", "object", "in_place"))
    settings.keys = rng.choice(("dense", "dense", "sparse"))
    settings.frame_start = rng.choice((1, 1, 1, 13, -20))
    settings.fit_range = rng.random() < 0.8
    settings.seed = rng.choice((0, 0, 5))
    settings.live = rng.random() < 0.2
    if rng.random() < 0.1:
        settings.way, settings.turn = "spot", rng.uniform(-1.5, 1.5)
    if rng.random() < 0.1:
        settings.gaze = empty(rng, True)
    if rng.random() < 0.1:
        settings.ground = ground(rng)


def ground(rng: random.Random) -> bpy.types.Object:
    """Add a large plane, slightly tilted."""
    data = bpy.data.meshes.new("Ground")
    corners = [(x, y, 0.02 * x * rng.random()) for x, y in ((-9, -9), (9, -9), (9, 9), (-9, 9))]
    data.from_pydata(corners, [], [(0, 1, 2, 3)])
    made = bpy.data.objects.new("Ground", data)
    bpy.context.scene.collection.objects.link(made)
    return made
