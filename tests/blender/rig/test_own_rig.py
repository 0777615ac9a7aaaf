# SPDX-License-Identifier: GPL-3.0-or-later
"""A creature's motion on the rig that it was read from, including ears."""

from __future__ import annotations

import math
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender import animals, rigs
from tests.blender.subjects import addon

FRAMES = [4, 11, 19, 26, 33, 41, 48]
EARS = {"deform": "Ear", "horse": "ear.L"}
RATE = 30


def walking(rig: bpy.types.Object, ear: str) -> None:
    """Key the paper dog's walk on a rig, one ear flapping once in a stride; 30 frames a second."""
    key_plan = addon("blender.keys.key_plan")
    bpy.context.scene.render.fps = RATE
    rig_map = rigs.detected(rig)
    clip = animals.sized(rig, rig_map, animals.step(seconds=2.8))
    key_plan.write(key_plan.plan_keys(rig, rig_map, clip), rig)
    bone = rig.pose.bones[ear]
    bone.rotation_mode = "XYZ"
    for frame in range(1, clip.frames + 1):
        bone.rotation_euler.x = 0.2 + 0.3 * math.sin(2.0 * math.pi * (frame - 1) / (0.7 * RATE))
        bone.keyframe_insert("rotation_euler", index=0, frame=frame)


def learned(rig: bpy.types.Object) -> tuple[Any, Any, Any]:
    """Return the reading of a rig's action, its exemplar and the creature's own motion."""
    bpy.context.scene.footfall.character = rig
    reading = addon("motion.maths.progress").finish(
        addon("blender.creature.exemplar").read_steps(bpy.context)
    )
    recording = addon("motion.creature.reading.recording").Recording(
        reading.rig, reading.rotations, reading.positions, reading.fps
    )
    exemplar = addon("motion.creature.reading.exemplar").of_recording(
        recording, rig_map=reading.rig_map
    )
    own = addon("motion.creature.own_rig.own_motion").OwnMotion.of(exemplar, strides(exemplar))
    return reading, exemplar, own


def strides(exemplar: Any) -> np.ndarray:
    """Return the phase of an exemplar from its first frame on; where it is whole is no matter."""
    return np.arange(exemplar.clip.frames) / (60.0 * exemplar.footfalls.stride)


def again(exemplar: Any, own: Any) -> tuple[Any, Any]:
    """Return the exemplar's canonical clip in its real size and pace, and its own pose in it."""
    units = addon("motion.body.dynamic_units").Units(exemplar.hip_height)
    length, time = units.factors()
    clip = addon("blender.bake.job").replace(exemplar.clip.scaled(1.0 / length), fps=60.0 * time)
    clip = clip.resample(float(RATE))
    phase = np.arange(clip.frames) / (RATE * exemplar.real_stride)
    one = np.ones(clip.frames)
    pose = addon("motion.creature.own_rig.own_pose").OwnPose
    return clip, pose.of(own, clip, own.corrections(phase, one, one))


@pytest.mark.parametrize("kind", list(EARS))
def test_the_exemplar_comes_back(installed: str, kind: str) -> None:
    rig = animals.deform_rig() if kind == "deform" else rigs.rigify(kind)
    walking(rig, EARS[kind])
    reading, exemplar, own = learned(rig)
    clip, posed = again(exemplar, own)
    key_plan = addon("blender.keys.key_plan")
    rig.animation_data.action = None
    plan = key_plan.plan_keys(rig, rigs.detected(rig), clip, own=posed)
    assert EARS[kind] in {keys.bone for keys in plan.bones}
    key_plan.write(plan, rig)
    turns, heads = addon("blender.scene.armature").sample(rig, FRAMES)
    names = [bone.name for bone in rig.pose.bones]
    rows = [round((frame - 1) * reading.fps / RATE) for frame in FRAMES]
    roles = reading.rig_map.roles
    mapped = [bone for role, bones in roles.items() if role != "root" for bone in bones]
    mine = [names.index(name) for name in (*mapped, EARS[kind])]
    theirs = [reading.rig.index(name) for name in (*mapped, EARS[kind])]
    hips = [names.index(roles["hips"][0]), reading.rig.index(roles["hips"][0])]
    got = heads[:, mine] - heads[:, hips[:1]]
    was = reading.positions[rows][:, theirs] - reading.positions[rows][:, hips[1:]]
    away = np.linalg.norm(got - was, axis=-1) / exemplar.hip_height
    assert away.mean() < 0.015
    assert away.max() < 0.08
    flap = addon("motion.maths.quat").mul(
        addon("motion.maths.quat").inv(turns[:, mine[-1]]), reading.rotations[rows][:, theirs[-1]]
    )
    assert np.degrees(2.0 * np.arccos(np.abs(flap[:, 0]).clip(0.0, 1.0))).max() < 10.0
