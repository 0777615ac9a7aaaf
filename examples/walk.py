# SPDX-License-Identifier: GPL-3.0-or-later
"""Demo: a Rigify human walks and jogs along a drawn path, a Rigify wolf trots along another.

    python -m examples.walk --out out

It builds the extension's zip, installs it as an artist does, makes both characters and their Bezier
paths, bakes each, and saves ``walk.blend``, ``walk.gif``, ``walk.png`` (a strip
of moments), ``walk.json`` and ``trot.json`` (the report cards, which it also prints).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

USER_RESOURCES = tempfile.TemporaryDirectory(prefix="footfall-example-")
# Blender reads it while it starts, that is at its import.
os.environ.setdefault("BLENDER_USER_RESOURCES", USER_RESOURCES.name)

import bpy  # noqa: E402
import numpy as np  # noqa: E402

from examples import animal, character, stage  # noqa: E402
from examples.process import redirected_output, run  # noqa: E402

ROOT: Final = Path(__file__).resolve().parents[1]
REPOSITORY: Final = "user_default"
MODULE: Final = f"bl_ext.{REPOSITORY}.footfall"

KNOTS: Final = ((-2.9, 1.3), (0.0, 1.2), (2.1, 1.0), (2.8, -0.2), (1.6, -1.2), (-2.1, -1.35))
"""Points of the drawn path on the ground: Blender's x and y in meters."""

SPEEDS: Final = ((0.0, 1.3), (38.0, 1.3), (50.0, 2.5), (78.0, 2.5), (92.0, 1.2), (100.0, 1.2))
"""Percent of the path, and speed in meters a second: a walk, a jog, a few steps to a stop."""

ANIMAL_KNOTS: Final = ((-3.4, 2.7), (0.0, 2.8), (3.1, 2.3), (3.9, 0.1), (2.8, -2.1), (-2.4, -2.5))
"""Points of the wolf's path, around the human's."""

ANIMAL_SPEED: Final = 2.3
"""Meters a second: a trot of an animal of the wolf's size."""

CAMERA: Final = ((0.0, -0.2, 0.6), (0.0, -12.8, 3.0))
"""Target of the camera, and its position from there, in meters."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return the exit status."""
    options = _parser().parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    say("1/5  Building and installing the extension")
    install_extension()
    say("2/5  Making a Rigify human, a Rigify wolf and a path for each")
    person, wolf, path, animal_path = set_scene()
    say("3/5  Baking the trot and the walk")
    reports = {"trot": bake_trot(wolf.rig, animal_path), "walk": bake(person.rig, path)}
    save(options.out / "walk.blend", person.rig)
    for name, report in reports.items():
        text = json.dumps(report, indent=2) + "\n"
        (options.out / f"{name}.json").write_text(text, encoding="utf-8")
    say(f"4/5  Rendering {options.width} pixels wide" if options.fps else "4/5  No pictures wanted")
    if options.fps:
        preview(person.rig, options.out, options.width, options.fps)
    say("5/5  Report cards")
    for title, name in (("The human's walk", "walk"), ("The wolf's trot", "trot")):
        print(f"\n{title}\n{'=' * len(title)}\n{card(reports[name])}", flush=True)
    files = [*options.out.glob("walk.*"), *options.out.glob("trot.json")]
    saved = ", ".join(sorted(file.name for file in files))
    say(f"\nSaved {saved} in {options.out} after {time.perf_counter() - began:.0f} s")
    return 0


def say(line: str) -> None:
    """Print a line and flush it."""
    print(line, flush=True)


def install_extension() -> None:
    """Build the zip with Blender's builder, then install and enable it, unless it is enabled."""
    if MODULE in bpy.context.preferences.addons:
        return
    scripts = Path(bpy.utils.system_resource("SCRIPTS"))
    tool = scripts / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(tool), "build", f"--source-dir={ROOT}"]
        command.append(f"--output-dir={folder}")
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("footfall-*.zip")
        with redirected_output():
            bpy.ops.extensions.package_install_files(
                filepath=str(archive), repo=REPOSITORY, enable_on_install=True
            )


def set_scene() -> tuple[
    character.Character, character.Character, bpy.types.Object, bpy.types.Object
]:
    """Empty the file; add the human, the wolf, the path of each, floor and camera."""
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.context.scene.render.fps = 30
    with redirected_output():
        person = character.rigify_human()
        wolf = animal.rigify_wolf()
    paths = draw_path("Path", KNOTS), draw_path("Animal Path", ANIMAL_KNOTS)
    lines = []
    for path in paths:
        lines.append(np.array([path.matrix_world @ v.co for v in path.to_mesh().vertices]))
        path.to_mesh_clear()
        stage.add_path_line(lines[-1])
    stage.add_floor(np.concatenate(lines), margin=14.0)
    stage.aim(stage.add_camera(50.0), *CAMERA)
    return person, wolf, *paths


def draw_path(name: str, knots: Sequence[tuple[float, float]]) -> bpy.types.Object:
    """Add a path as an artist's Bezier curve with automatic handles."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    curve.resolution_u = 24
    spline = curve.splines.new("BEZIER")
    spline.bezier_points.add(len(knots) - 1)
    for knot, (x, y) in zip(spline.bezier_points, knots, strict=True):
        knot.co = (x, y, 0.0)
        knot.handle_left_type = knot.handle_right_type = "AUTO"
    path = bpy.data.objects.new(name, curve)
    bpy.context.scene.collection.objects.link(path)
    bpy.context.view_layer.update()
    return path


def bake_trot(rig: bpy.types.Object, path: bpy.types.Object) -> dict:
    """Set the panel's fields for a trot and bake it."""
    settings = bpy.context.scene.footfall
    settings.character = rig
    settings.path = path
    settings.animal_gait = "trot"
    settings.speed = ANIMAL_SPEED
    return press_bake(rig)


def bake(rig: bpy.types.Object, path: bpy.types.Object) -> dict:
    """Set the panel's fields for a walk with a jog in it and bake it."""
    settings = bpy.context.scene.footfall
    settings.character = rig
    settings.path = path
    settings.vary_speed = True
    for place, speed in SPEEDS:
        point = settings.speed_points.add()
        point.at, point.speed = place, speed
    return press_bake(rig)


def press_bake(rig: bpy.types.Object) -> dict:
    """Run Bake and Accept, and return the take's report."""
    bpy.ops.footfall.bake()
    take = rig.footfall.takes[rig.footfall.active_take]
    report = json.loads(take.report)
    bpy.ops.footfall.accept_take()
    return report


def save(blend: Path, rig: bpy.types.Object) -> None:
    """Save the file at the first frame with the character selected."""
    bpy.context.scene.frame_set(bpy.context.scene.frame_start)
    for item in bpy.context.view_layer.objects:
        item.select_set(item == rig)
    bpy.context.view_layer.objects.active = rig
    bpy.context.preferences.filepaths.save_version = 0
    for text in bpy.data.texts:
        # Rigify's panel script; Blender would ask whether it may run when the file is opened.
        text.use_module = False
    with redirected_output():
        bpy.ops.wm.save_as_mainfile(filepath=str(blend.resolve()), compress=True)


def card(report: dict) -> str:
    """Format the report as text."""
    from motion_addon.motion.metrics.report import format_report

    return format_report(report)


def preview(rig: bpy.types.Object, folder: Path, width: int, fps: float) -> None:
    """Render the take from the fixed camera into a GIF, and moments of it into a strip."""
    from examples import pictures

    scene = bpy.context.scene
    stage.use_workbench(width, round(width * 0.44))
    step = scene.render.fps / fps
    frames = np.arange(scene.frame_start, scene.frame_end + 1, step).round().astype(int).tolist()
    with tempfile.TemporaryDirectory() as scratch:
        shots = []
        for shot in stage.render_frames(frames, Path(scratch)):
            shots.append(shot)
            if len(shots) % max(len(frames) // 10, 1) == 0:
                say(f"     {len(shots)} of {len(frames)} frames")
        pictures.write_gif(shots, folder / "walk.gif", fps)
        strip(rig, folder / "walk.png", Path(scratch))


def strip(rig: bpy.types.Object, target: Path, folder: Path, count: int = 8) -> None:
    """Render moments of the take, each from the character's side, into one row."""
    from examples import pictures

    scene = bpy.context.scene
    stage.use_workbench(200, 260)
    frames = np.linspace(scene.frame_start + 15, scene.frame_end - 15, count).round().astype(int)
    shots = []
    for frame in frames:
        scene.frame_set(int(frame))
        hips = rig.matrix_world @ rig.pose.bones["DEF-spine"].head
        stage.aim(scene.camera, (hips.x, hips.y, 0.9), (1.6, -4.4, 0.9))
        shots.append(stage.render_still(folder / f"strip-{frame:05d}.png"))
    labels = [f"{(frame - scene.frame_start) / scene.render.fps:.1f} s" for frame in frames]
    pictures.write_sheet([shots], labels, target)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.walk", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the results")
    parser.add_argument("--width", type=int, default=640, help="of the GIF in pixels")
    parser.add_argument("--fps", type=float, default=15.0, help="of the GIF; 0 renders nothing")
    return parser


if __name__ == "__main__":
    run(main)
