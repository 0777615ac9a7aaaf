# SPDX-License-Identifier: GPL-3.0-or-later
"""Soles measured on skins: boxes around the feet of an armature, with weights and without."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from tests.blender import rigs
from tests.blender.subjects import addon

DEEP = 0.02
"""Meters that the boxes reach under the ground of the bones."""


def _body(rig: bpy.types.Object) -> Any:
    bones = addon("blender.scene.armature").read_rig(rig)
    return addon("motion.rigs.measure").measure(bones, rigs.detected(rig))


def _boxed(rig: bpy.types.Object, body: Any, weight: float, scale: float = 1.0) -> None:
    """Bind a box to the foot bones of each leg, under heel and toes."""
    leg_points, groups = [], []
    for leg in body.legs:
        ends = [leg.heel[2] - 0.01, leg.ball[2] + leg.toe_length]
        corners = [
            (leg.ball[0] + side, height, z) for z in ends for side in (-0.03, 0.03)
            for height in (-DEEP, 0.03)
        ]  # fmt: skip
        leg_points += corners
        groups += [body.rig.names[bone] for bone in (leg.end, leg.carrier) for _ in range(4)]
    core = addon("motion.maths.quat").apply(body.world_from_body, np.array(leg_points))
    core = core + body.origin
    places = np.stack([core[:, 0], -core[:, 2], core[:, 1]], axis=1) / scale
    mesh = bpy.data.meshes.new("Feet")
    mesh.from_pydata(places.tolist(), [], [])
    skin = bpy.data.objects.new("Feet", mesh)
    skin.scale = (scale, scale, scale)
    bpy.context.scene.collection.objects.link(skin)
    skin.modifiers.new("Armature", "ARMATURE").object = rig
    for number, name in enumerate(groups):
        group = skin.vertex_groups.get(name) or skin.vertex_groups.new(name=name)
        group.add([number], weight, "REPLACE")
        other = skin.vertex_groups.get(body.rig.names[0]) or skin.vertex_groups.new(
            name=body.rig.names[0]
        )
        other.add([number], 1.0 - weight, "REPLACE")
    bpy.context.view_layer.update()


def _person() -> bpy.types.Object:
    return rigs.bones(addon("motion.controller.model").load("biped").skeleton)


def test_lowest_skin_of_heel_and_ball() -> None:
    rig = _person()
    body = _body(rig)
    _boxed(rig, body, 0.9, scale=0.5)
    for leg, sole in zip(body.legs, addon("blender.rig.skin_soles").soles(rig, body), strict=True):
        assert np.isclose(sole.heel[:, 1].min(), -DEEP, atol=1e-4)
        assert np.isclose(sole.ball[:, 1].min(), -DEEP, atol=1e-4)
        assert sole.heel[:, 2].max() < leg.ball[2] < sole.ball[:, 2].max()
        assert np.ptp(sole.ball[:, 0]) > 0.05
        assert len(sole.heel) + len(sole.ball) <= 8


def test_no_sole_of_skin_that_other_bones_carry() -> None:
    rig = _person()
    body = _body(rig)
    assert addon("blender.rig.skin_soles").soles(rig, body) == (None, None)
    _boxed(rig, body, 0.3)
    assert addon("blender.rig.skin_soles").soles(rig, body) == (None, None)


def test_pose_of_the_rig_does_not_matter() -> None:
    rig = _person()
    body = _body(rig)
    _boxed(rig, body, 1.0)
    measured = addon("blender.rig.skin_soles").soles
    before = measured(rig, body)
    rig.pose.bones[body.rig.names[body.legs[0].top]].rotation_quaternion = (0.8, 0.6, 0.0, 0.0)
    bpy.context.view_layer.update()
    for one, other in zip(before, measured(rig, body), strict=True):
        assert np.array_equal(one.heel, other.heel) and np.array_equal(one.ball, other.ball)
