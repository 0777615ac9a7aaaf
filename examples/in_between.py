# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture of filled gaps: the demo character with a few keys, and the in-betweens.

    python -m examples.in_between --out docs/images/in-between-rig.png
    python -m examples.in_between --every 30 --seconds 4 --rig mixamo --out out/fill.png

The keys are poses of a bake, a walk that becomes a run. The upper row shows Blender's own
interpolation, the lower one Fill Between; keyed poses are solid, in-betweens pale.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np

from examples import contact_sheet, pictures, stage
from examples.character import Character as Person
from examples.process import redirected_output, run
from motion_addon import blender
from motion_addon.blender.between import fill_between
from motion_addon.blender.keys import takes
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest

FPS = 30.0
PALE = 0.72
"""Share of the background color in the in-betweens."""
TITLES = ("Keyed poses, Blender's interpolation", "Keyed poses, Fill Between")


def main(arguments: list[str] | None = None) -> int:
    """Render the picture; return the exit status."""
    options = _parser().parse_args(arguments)
    person = contact_sheet.empty_stage(options.rig)
    blender.register()
    frames = _key(person, options.every, options.seconds)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain", "filled"):
            if name == "filled":
                bpy.context.scene.footfall_between.seed = options.seed
                with redirected_output():
                    fill_between.fill(
                        bpy.context, person.rig, fill_between.from_settings(bpy.context.scene)
                    )
            row = Path(folder) / f"{name}.png"
            _exposed(person, frames, options.every, options.size, row)
            rows.append([row])
        options.out.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_rows(rows, TITLES, options.out)
    return 0


def _key(person: Person, every: int, seconds: float) -> np.ndarray:
    """Key the character on some frames of a bake; return all frames."""
    path = ((0.0, 0.0, 0.0), (0.0, 0.0, 30.0))
    speeds = [(0.0, 1.4), (2.5 / 30.0, 1.4), (4.5 / 30.0, 3.4), (1.0, 3.4)]
    asked = BakeRequest.from_json(
        {"path": path, "speed": speeds, "fps": FPS, "start": False, "stop": False}
    )
    count = round(seconds * FPS) // every * every + 1
    clip = bake(asked).clip.slice(0, count)
    contact_sheet.pose_on_stage(person, clip)
    rig = person.rig
    bpy.context.scene.footfall.character = rig
    thin(rig, every)
    return np.arange(count)


def thin(rig: bpy.types.Object, every: int) -> None:
    """Keep only the keys on every ``every``-th frame."""
    for curve in takes.curves(rig.animation_data.action):
        for point in reversed(curve.keyframe_points):
            if round(point.co[0]) % every:
                curve.keyframe_points.remove(point, fast=True)
        for point in curve.keyframe_points:
            point.interpolation = "BEZIER"
        curve.update()


def _exposed(person: Person, frames: np.ndarray, every: int, size: int, target: Path) -> None:
    """Render key poses and three poses of each gap into one picture from a fixed camera."""
    way = np.array([_hips(person, frame) for frame in frames[[0, -1]]])
    camera, middle = bpy.context.scene.camera, way.mean(axis=0)
    width = float(np.linalg.norm(way[1] - way[0])) + 1.6
    camera.data.lens = 85.0
    distance = width * camera.data.lens / camera.data.sensor_width
    stage.aim(camera, (0.0, middle[1], 0.88), (-distance, 0.0, distance / 14))
    stage.use_workbench(round(size * width / 2.1), size)
    keys = frames[::every]
    between_keys = [k + round(every * part) for k in keys[:-1] for part in (0.25, 0.5, 0.75)]
    with tempfile.TemporaryDirectory() as folder, faded(person.body) as fade:
        fade(PALE)
        shots = [_shot(Path(folder), frame) for frame in between_keys]
        fade(0.0)
        shots += [_shot(Path(folder), frame) for frame in keys]
        person.body.hide_render = True
        empty = stage.render_still(Path(folder) / "empty.png")
        person.body.hide_render = False
        pictures.write_exposures(empty, shots, target)


def _shot(folder: Path, frame: int) -> Path:
    bpy.context.scene.frame_set(int(frame))
    return stage.render_still(folder / f"{frame:05d}.png")


def _hips(person: Person, frame: int) -> np.ndarray:
    bpy.context.scene.frame_set(int(frame))
    corners = np.array(person.body.evaluated_get(bpy.context.evaluated_depsgraph_get()).bound_box)
    return np.array(person.body.matrix_world.to_3x3()) @ corners.mean(axis=0)


@contextmanager
def faded(body: bpy.types.Object) -> Iterator:
    """Yield a function that mixes a body's colors with the background; restore them at the end."""
    slots = [slot.material for slot in body.material_slots if slot.material is not None]
    own = [tuple(material.diffuse_color) for material in slots]

    def fade(share: float) -> None:
        for material, color in zip(slots, own, strict=True):
            mixed = (1.0 - share) * np.array(color[:3]) + share * np.array(stage.BACKGROUND)
            material.diffuse_color = (*mixed, color[3])

    try:
        yield fade
    finally:
        fade(0.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.in_between", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="picture to write, PNG")
    parser.add_argument("--every", type=int, default=20, help="frames from key to key")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the motion")
    parser.add_argument("--rig", choices=sorted(contact_sheet.BUILDERS), default="rigify")
    parser.add_argument("--seed", type=int, default=0, help="variant")
    parser.add_argument("--size", type=int, default=300, help="height of a row in pixels")
    return parser


if __name__ == "__main__":
    run(main)
