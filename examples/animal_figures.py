# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of an animal's paws after retargeting and keying: slip, depth and heights on the rig.

They are printed with the animals' pictures, and measured on evaluated bones and on the deformed
skin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import bpy
import numpy as np

from motion_addon.blender.rig import control_rigs
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.body import quadruped
from motion_addon.motion.body.body import Body
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.maths import quat
from motion_addon.motion.rigs.measure import measure as measure_body

UNIT: Final = 1000.0
"""Millimeters in a meter."""
EVERY: Final = 3
"""Frames between measurements of the skin."""


@dataclass(frozen=True)
class Figures:
    """Figures of one shot; lengths in millimeters."""

    slip_clip: float
    """Median slip of planted paws per frame in the clip."""
    slip_rig: float
    """Median slip of planted paws per frame on the rig."""
    slip_most: float
    """Largest distance of a planted paw from its touchdown on the rig."""
    sunk: float
    """Largest depth of the skin under the floor."""
    lifted: float
    """Largest height of a planted paw over its height where the skin of the rest pose stands."""
    hips: float
    """Mean height of the hip joints as a share of that in the rest pose."""

    def line(self) -> str:
        """Return the figures as one row of the table under HEADER."""
        return (
            f"{self.slip_clip:9.2f}{self.slip_rig:9.2f}{self.slip_rig - self.slip_clip:+9.2f}"
            f"{self.slip_most:9.1f}{self.sunk:9.1f}{self.lifted:9.1f}{self.hips:9.2f}"
        )


HEADER: Final = (
    f"{'':32s}{'clip':>9}{'rig':>9}{'added':>9}{'stand':>9}{'sunk':>9}{'lifted':>9}{'hips':>9}"
)


def measure(rig: bpy.types.Object, body: bpy.types.Object, clip: Clip, rest: float) -> Figures:
    """Return the figures of a clip that is keyed on a rig from frame 0.

    Args:
        rig: the armature.
        body: its skin.
        clip: at the scene's frame rate, with contacts.
        rest: lowest height of the skin in the rest pose (m).
    """
    bones = armature.read_rig(rig)
    shape = measure_body(bones, control_rigs.prepare(bones, rigs.detect(bones)))
    balls, hips = _posed(rig, shape, clip.frames)
    paws = quadruped.paw_points(clip).astype(np.float64)
    stands = clip.contacts > 0.5
    usual = np.array([leg.ball[1] for leg in shape.legs])
    moved = [_stands(points, stands) for points in (paws, balls)]
    over = (balls[..., 1] - usual)[stands]
    low = min(_lowest(body, frame) for frame in range(0, clip.frames, EVERY))
    return Figures(
        UNIT * float(np.median(moved[0][0])),
        UNIT * float(np.median(moved[1][0])),
        UNIT * moved[1][1],
        UNIT * max(-low, 0.0),
        UNIT * float(over.max(initial=0.0) + min(rest, 0.0)),
        float(hips.mean()) / shape.leg_length,
    )


def lowest_at_rest(body: bpy.types.Object) -> float:
    """Return the lowest height (m) of a skin in the current pose."""
    return _lowest(body, bpy.context.scene.frame_current)


def _posed(rig: bpy.types.Object, shape: Body, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Contact points (T, 4, 3) of the paws, and heights (T, 2) of the hip joints."""
    rotations, heads = armature.sample(rig, range(frames))
    order = [bone.name for bone in rig.pose.bones]
    balls, hips = [], []
    for leg in shape.legs:
        bone = leg.carrier
        column = order.index(shape.rig.names[bone])
        turn = quat.mul_inv(rotations[:, column], shape.rig.rest_rotations[bone])
        arm = quat.apply(shape.world_from_body, leg.ball - shape.heads[bone])
        balls.append(heads[:, column] + quat.apply(turn, arm))
        if not leg.joints.fore:
            hips.append(heads[:, order.index(shape.rig.names[leg.top]), 1])
    return np.stack(balls, axis=1), np.stack(hips, axis=1)


def _stands(points: np.ndarray, stands: np.ndarray) -> tuple[np.ndarray, float]:
    """Slip per frame (N,) of planted paws, and their largest distance from the touchdown.

    The first and the last frame of a stance, in which a paw may still move, are left out.
    """
    steps, most = [np.zeros(1)], 0.0
    for leg in range(points.shape[1]):
        for start, stop in runs(stands[:, leg]):
            way = points[start + 1 : stop - 1, leg][:, [0, 2]]
            if len(way) > 1:
                steps.append(np.linalg.norm(np.diff(way, axis=0), axis=-1))
                most = max(most, float(np.linalg.norm(way - way[0], axis=-1).max()))
    return np.concatenate(steps[1:] or steps), most


def _lowest(body: bpy.types.Object, frame: int) -> float:
    bpy.context.scene.frame_set(frame)
    posed = body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(len(posed.data.vertices) * 3, np.float32)
    posed.data.vertices.foreach_get("co", points)
    matrix = np.array(posed.matrix_world)
    return float((points.reshape(-1, 3) @ matrix[2, :3] + matrix[2, 3]).min())
