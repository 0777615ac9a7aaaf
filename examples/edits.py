# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture of an edit that survives Bake Again: a raised arm on the third step of two bakes.

    python -m examples.edits --out docs/images/edits.png

The upper row is a walk on a straight path, on whose third step the artist raised an arm. The lower
row is the same take after Bake Again with another path and speed. Each figure is the middle of a
step; the edited one is solid.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import bpy
import numpy as np
from mathutils import Quaternion, Vector

from examples import contact_sheet, pictures, stage
from examples.character import Character as Person
from examples.in_between import faded
from examples.process import redirected_output, run
from motion_addon import blender
from motion_addon.blender.keys import takes

BONE = "upper_arm_fk.R"
STEP = 2
"""Index of the edited step."""
UP = Vector((-0.5, -0.9, 0.55))
"""Direction of the raised arm."""
LENGTH = 7.0
SLOW, FAST = 1.1, 1.8
PALE = 0.6
"""Share of the background color in the other figures."""
TITLES = ("A walk; an arm is raised on the third step", "Bake Again: a faster walk on a curve")


def main(arguments: list[str] | None = None) -> int:
    """Render the picture; return the exit status."""
    options = _parser().parse_args(arguments)
    person = contact_sheet.empty_stage()
    blender.register()
    settings = bpy.context.scene.footfall
    settings.character, settings.path, settings.speed = person.rig, _path(), SLOW
    stage.add_floor(np.array([(0.0, 0.0), (0.0, -LENGTH)]))
    stage.add_camera()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("before", "after"):
            with redirected_output():
                if name == "before":
                    bpy.ops.footfall.bake()
                    _raise_arm(person.rig)
                else:
                    settings.speed = FAST
                    _bend(settings.path)
                    bpy.ops.footfall.rebake_take()
            row = Path(folder) / f"{name}.png"
            _exposed(person, settings.path, options.size, row)
            rows.append([row])
        options.out.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_rows(rows, TITLES, options.out)
    return 0


def _path() -> bpy.types.Object:
    """Add a straight path."""
    data = bpy.data.curves.new("Path", "CURVE")
    data.dimensions = "3D"
    spline = data.splines.new("POLY")
    spline.points.add(40)
    for point, along in zip(spline.points, np.linspace(0.0, 1.0, 41), strict=True):
        point.co = (0.0, -LENGTH * along, 0.0, 1.0)
    path = bpy.data.objects.new("Path", data)
    bpy.context.scene.collection.objects.link(path)
    return path


def _bend(path: bpy.types.Object) -> None:
    """Bend the path into a curve with the same ends."""
    for point in path.data.splines[0].points:
        point.co.x = -1.1 * np.sin(2.0 * np.pi * point.co.y / LENGTH)


def _steps(rig: bpy.types.Object) -> np.ndarray:
    """Return the frames (N,) of the middles of the shown take's steps, without the last two."""
    report = takes.report_of(takes.shown(rig))
    spans = sorted(span for leg in report["footfalls"].values() for span in leg if span[0] > 0.0)
    return 1.0 + report["fps"] * np.array([(down + up) / 2.0 for down, up in spans[:-2]])


def _raise_arm(rig: bpy.types.Object) -> None:
    """Raise an arm over one step and a little of its neighbors, as Proportional Editing does."""
    steps = _steps(rig)
    middle, reach = round(steps[STEP]), round(steps[STEP + 1] - steps[STEP])
    bpy.context.scene.frame_set(middle)
    arm = rig.pose.bones[BONE]
    turn = arm.matrix.to_quaternion()
    swing = (turn @ Vector((0.0, 1.0, 0.0))).rotation_difference(UP)
    raised = turn.inverted() @ swing @ turn
    for frame in range(middle - reach + 1, middle + reach):
        bpy.context.scene.frame_set(frame)
        share = 0.5 + 0.5 * np.cos(np.pi * (frame - middle) / reach)
        arm.rotation_quaternion = arm.rotation_quaternion @ Quaternion().slerp(raised, share)
        arm.keyframe_insert("rotation_quaternion", frame=frame)


def _exposed(person: Person, path: bpy.types.Object, size: int, target: Path) -> None:
    """Render a figure for each step into one picture from a fixed camera."""
    width = LENGTH + 1.2
    camera = bpy.context.scene.camera
    camera.data.lens = 85.0
    distance = width * camera.data.lens / camera.data.sensor_width
    stage.aim(camera, (0.0, -LENGTH / 2.0, 0.8), (-distance, 0.0, distance / 8.0))
    stage.use_workbench(round(size * width / 2.4), size)
    line = stage.add_path_line(np.array([point.co[:3] for point in path.data.splines[0].points]))
    frames = [round(frame) for frame in _steps(person.rig)]
    with tempfile.TemporaryDirectory() as folder, faded(person.body) as fade:
        fade(PALE)
        shots = [_shot(Path(folder), frame) for frame in frames if frame != frames[STEP]]
        fade(0.0)
        shots.append(_shot(Path(folder), frames[STEP]))
        person.body.hide_render = True
        empty = stage.render_still(Path(folder) / "empty.png")
        person.body.hide_render = False
        pictures.write_exposures(empty, shots, target)
    bpy.data.objects.remove(line)


def _shot(folder: Path, frame: int) -> Path:
    bpy.context.scene.frame_set(frame)
    return stage.render_still(folder / f"{frame:05d}.png")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.edits", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="picture to write, PNG")
    parser.add_argument("--size", type=int, default=200, help="height of a row in pixels")
    return parser


if __name__ == "__main__":
    run(main)
