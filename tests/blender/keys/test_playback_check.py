# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of a written take names what keeps the character off its planned motion."""

import bpy

from tests.blender import rigs, subjects
from tests.blender.subjects import addon
from tests.cases import each

HIPS, THIGH = "mixamorig:Hips", "mixamorig:LeftUpLeg"


def baked(rig: bpy.types.Object, **settings) -> list[str]:
    """Bake a walk onto a rig with the operator, and return the warnings of its take."""
    panel = subjects.ready(rig)
    for name, value in settings.items():
        setattr(panel, name, value)
    assert bpy.ops.footfall.bake() == {"FINISHED"}
    take = rig.footfall.takes[rig.footfall.active_take]
    return addon("blender.keys.takes").report_of(take)["warnings"]


def played(rig: bpy.types.Object, start: float = 1.0, clip=None, **settings) -> list[str]:
    """Write a walk onto a rig as a take does, and return the warnings of its check."""
    key_plan, takes = addon("blender.keys.key_plan"), addon("blender.keys.takes")
    wanted = key_plan.KeySettings(**settings)
    plan = key_plan.plan_keys(rig, rigs.detected(rig), clip or rigs.walk(), wanted)
    takes.assign(rig, key_plan.write(plan, rig, bpy.data.actions.new("Take"), frame_start=start))
    scene = bpy.context.scene
    return addon("blender.keys.playback_check").warnings(plan, start, rig, scene)


def empty(name: str, moves: bool) -> bpy.types.Object:
    """Add an empty that stands at the origin, or is animated from there along X."""
    made = bpy.data.objects.new(name, None)
    bpy.context.scene.collection.objects.link(made)
    if moves:
        animate(made)
    return made


def animate(owner: bpy.types.Object | bpy.types.PoseBone) -> None:
    """Key a location that moves along X."""
    for frame, x in ((1, 0.0), (60, 6.0)):
        owner.location.x = x
        owner.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(1)


def as_strip(rig: bpy.types.Object) -> None:
    """Move a rig's action into an NLA strip named Strip."""
    data = rig.animation_data
    data.nla_tracks.new().strips.new("Strip", 1, data.action).name = "Strip"
    data.action = None


def animated_parent(rig):
    rig.parent = empty("Cart", False)
    rig.parent.parent = empty("Train", True)


def parent_bone(rig):
    horse = subjects.armature("Horse", [("back", (0, 0, 0), (0, 0, 1), None)])
    rig.parent, rig.parent_type, rig.parent_bone = horse, "BONE", "back"
    bpy.context.view_layer.update()
    animate(horse.pose.bones["back"])


def follow_path(rig):
    curve = subjects.path()
    curve.data.use_path = True
    constraint = rig.constraints.new("FOLLOW_PATH")
    constraint.target, constraint.use_fixed_location = curve, True
    constraint.driver_add("offset_factor").driver.expression = "frame / 60"


def copy_location(rig):
    rig.constraints.new("COPY_LOCATION").target = empty("Anchor", False)


def object_driver(rig):
    rig.driver_add("location", 0).driver.expression = "frame * 0.1"


def hips_driver(rig):
    rig.pose.bones[HIPS].driver_add("location", 0).driver.expression = "3.0"


def scale_driver(rig):
    rig.pose.bones[THIGH].driver_add("scale", 1).driver.expression = "1.5"


def hips_constraint(rig):
    rig.pose.bones[HIPS].constraints.new("COPY_LOCATION").target = empty("Anchor", False)


def other_armature(rig):
    other = subjects.mixamo("Other")
    constraint = rig.pose.bones[HIPS].constraints.new("COPY_LOCATION")
    constraint.target, constraint.subtarget = other, HIPS


def limit_rotation(rig):
    constraint = rig.pose.bones[THIGH].constraints.new("LIMIT_ROTATION")
    constraint.use_limit_x, constraint.owner_space = True, "LOCAL"


OBSTACLES = [
    (animated_parent, "hips", 'the motion of the parent "Train"'),
    (animated_parent, "object", 'the motion of the parent "Train"'),
    (parent_bone, "hips", 'the motion of the parent "Horse"'),
    (follow_path, "hips", 'the constraint "Follow Path" on "Armature"'),
    (copy_location, "object", 'the constraint "Copy Location" on "Armature"'),
    (object_driver, "hips", 'the driver on "location" of "Armature"'),
    (hips_driver, "hips", f'the driver on "location" of "{HIPS}"'),
    (scale_driver, "hips", f'the driver on "scale" of "{THIGH}"'),
    (hips_constraint, "hips", f'the constraint "Copy Location" on "{HIPS}"'),
    (other_armature, "hips", f'the constraint "Copy Location" on "{HIPS}"'),
    (limit_rotation, "hips", f'the constraint "Limit Rotation" on "{THIGH}"'),
]


def disturbed(act):
    """Make a person in an empty file, and let ``act`` disturb it."""
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    act(rig)
    bpy.context.view_layer.update()
    return rig


@each("obstruct, root_motion, named", OBSTACLES)
def test_the_obstacle_is_named(obstruct, root_motion, named):
    rig = disturbed(obstruct)
    warning = "".join(baked(rig, root_motion=root_motion))
    assert f"because of {named}; mute or clear it" in warning


def test_controls_of_a_rigify_rig_are_checked_on_the_bones_they_move():
    rig = rigs.rigify("basic_human")
    rig.pose.bones["torso"].driver_add("location", 0).driver.expression = "1.0"
    (warning,) = played(rig)
    assert 'the driver on "location" of "torso"' in warning


def held_poses(rig):
    """Offset and scale bones by hand."""
    rig.pose.bones[THIGH].location = (0.0, 0.2, 0.0)
    rig.pose.bones["mixamorig:LeftLeg"].scale = (1.0, 1.5, 1.0)


def moving_strip(rig):
    animate(rig)
    as_strip(rig)


def offset_strip(rig):
    animate(rig.pose.bones[THIGH])
    as_strip(rig)


def delta_strip(rig):
    for frame, x in ((1, 0.0), (60, 6.0)):
        rig.delta_location.x = x
        rig.keyframe_insert("delta_location", frame=frame)
    bpy.context.scene.frame_set(1)
    as_strip(rig)


def moving_action(rig):
    animate(rig)
    bpy.context.scene.frame_set(30)


OWNED = [
    (
        held_poses,
        "hips",
        {f'pose.bones["{THIGH}"].location', 'pose.bones["mixamorig:LeftLeg"].scale'},
    ),
    (offset_strip, "hips", {f'pose.bones["{THIGH}"].location'}),
    (moving_strip, "hips", {"location"}),
    (moving_strip, "object", set()),
    (moving_action, "in_place", {"location"}),
    (delta_strip, "object", {"delta_location"}),
]


@each("disturb, root_motion, keyed", OWNED)
def test_poses_and_animation_that_the_take_must_not_inherit_are_keyed(disturb, root_motion, keyed):
    rig = disturbed(disturb)
    present = bpy.context.scene.frame_current
    before = subjects.everything(rig)
    key_plan = addon("blender.keys.key_plan")
    settings = key_plan.KeySettings(root_motion)
    held = key_plan.plan_keys(rig, rigs.detected(rig), rigs.walk(5), settings).constants
    assert {keys.path for keys in held} == keyed
    assert baked(rig, root_motion=root_motion) == []
    feet = [subjects.pose_heads(rig, frame)["mixamorig:LeftToeBase"][2] for frame in range(1, 60)]
    assert -0.02 < min(feet) < max(feet) < 0.3
    bpy.context.scene.frame_set(present)
    bpy.ops.footfall.reject_take()
    assert subjects.everything(rig) == before


def in_place(rig):
    rig.pose.bones[HIPS].rotation_quaternion = (0.9, 0.3, 0.2, 0.1)


def turned_and_scaled(rig):
    rig.parent = empty("Stage", False)
    rig.parent.location, rig.parent.scale = (1.0, 2.0, 0.3), (2.0, 2.0, 2.0)
    rig.location, rig.rotation_euler = (3.0, 1.0, 0.5), (0.0, 0.0, 2.0)
    rig.delta_location, rig.delta_rotation_euler = (0.3, 0.0, 0.0), (0.0, 0.0, 0.4)


def held_by_constraints(rig):
    """Add constraints that stand still, or have no effect on the walk."""
    anchor = empty("Anchor", False)
    anchor.location = (2.0, 0.0, 0.0)
    rig.constraints.new("COPY_LOCATION").target = anchor
    rig.pose.bones[HIPS].constraints.new("LIMIT_SCALE").use_max_x = True
    rig.pose.bones[HIPS].constraints[0].max_x = 5.0


def replaced_action(rig):
    animate(rig.pose.bones[HIPS])
    rig.pose.bones[THIGH].rotation_mode = "XZY"


def odd_units(rig):
    scene = bpy.context.scene
    scene.unit_settings.scale_length = 0.01
    scene.render.fps, scene.render.fps_base = 24, 1.001
    scene.render.frame_map_new = 200
    rig.scale = (100.0, 100.0, 100.0)


def scene_driver(rig):
    """Scale the rig by a property of the scene."""
    bpy.context.scene["size"] = 2.0
    for index in range(3):
        driver = rig.driver_add("scale", index).driver
        found = driver.variables.new()
        found.name, found.type = "size", "CONTEXT_PROP"
        found.targets[0].data_path = '["size"]'
        driver.expression = "size"


def muted(rig):
    """Mute whatever would move the character."""
    moving_strip(rig)
    rig.animation_data.nla_tracks[0].mute = True
    hips_constraint(rig)
    rig.pose.bones[HIPS].constraints[0].mute = True
    hips_driver(rig)
    rig.animation_data.drivers[0].mute = True
    rig.pose.bones[THIGH].lock_location = rig.pose.bones[HIPS].lock_location = (True,) * 3


ORDINARY = [
    (muted, 1.0, {"root_motion": "object"}),
    (in_place, 1.0, {"root_motion": "in_place"}),
    (turned_and_scaled, 1001.0, {"root_motion": "object"}),
    (turned_and_scaled, -50.0, {"root_motion": "hips"}),
    (held_by_constraints, 1.0, {"root_motion": "hips"}),
    (replaced_action, 0.5, {"keys": "sparse", "tolerance": 0.02}),
    (odd_units, 1001.0, {"fps": 24.0 / 1.001}),
    (scene_driver, 1.0, {"root_motion": "object"}),
]


@each("prepare, start, settings", ORDINARY)
def test_ordinary_rigs_play_as_planned(prepare, start, settings):
    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo()
    prepare(rig)
    bpy.context.view_layer.update()
    assert played(rig, start, **settings) == []


def test_the_check_changes_nothing_and_runs_no_handlers():
    rig = subjects.mixamo()
    animated_parent(rig)
    cart = rig.parent
    train = cart.parent
    bpy.context.scene.frame_set(9)
    train.location.x = 77.0  # an edit without a key
    called, handlers = [], bpy.app.handlers.frame_change_post
    handlers.append(lambda *_: called.append(True))
    kept, names = list(handlers), {scene.name for scene in bpy.data.scenes}
    try:
        assert len(played(rig)) == 1
        assert (called, list(handlers)) == ([], kept)
    finally:
        handlers.remove(kept[-1])
    assert train.location.x == 77.0
    assert bpy.context.scene.frame_current == 9
    assert {scene.name for scene in bpy.data.scenes} == names
    assert rig.users_scene == (bpy.context.scene,)


def test_each_character_of_a_herd_is_checked():
    one, other = subjects.mixamo("One"), subjects.mixamo("Two")
    hips_driver(other)
    subjects.ready(one)
    for rig in (one, other):
        rig.select_set(True)
    assert bpy.ops.footfall.bake_herd() == {"FINISHED"}
    reports = [addon("blender.keys.takes").report_of(rig.footfall.takes[0]) for rig in (one, other)]
    assert not reports[0]["warnings"]
    assert f'the driver on "location" of "{HIPS}"' in reports[1]["warnings"][0]
