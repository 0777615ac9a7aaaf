# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheet of a motion: show a clip on the demo character and render moments of it.

    python -m examples.contact_sheet walk.bvh --out walk.png --views side feet --count 12
    python -m examples.contact_sheet request.json --start 2 --end 3.2 --gif walk.gif

The input is a BVH file, a clip saved as .npz, or a bake request (.json). Columns are moments, rows
are views that turn with the character; the label has frame, time, ground speed and, if the
clip has them, the contacts (left heel and ball, right heel and ball).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from examples import character, pictures, stage
from examples.character import Character as Person
from examples.process import redirected_output, run
from motion_addon.blender.keys import key_plan
from motion_addon.blender.rig import character_size
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import retarget

BUILDERS: Final = {"rigify": character.rigify_human, "mixamo": character.mixamo_human}


@dataclass(frozen=True)
class View:
    """A camera that follows the character, in the character's frame."""

    offset: tuple[float, float, float]
    """Meters from the target: to the character's right, up, ahead."""
    height: float
    """Height of the target in hip heights."""
    lens: float = 70.0


VIEWS: Final = {
    "side": View((5.0, 0.7, 0.0), 0.95),
    "left": View((-5.0, 0.7, 0.0), 0.95),
    "front": View((0.0, 0.7, 5.0), 0.95),
    "back": View((0.0, 0.7, -5.0), 0.95),
    "quarter": View((3.3, 1.2, 3.6), 0.95),
    "top": View((0.01, 6.0, 0.0), 0.5),
    "feet": View((3.0, 0.35, 0.0), 0.22, lens=85.0),
}


def main(arguments: list[str] | None = None) -> int:
    """Render the sheet, and the GIF if requested; return the exit status."""
    options = _parser().parse_args(arguments)
    person = empty_stage(options.rig)
    whole, ball_height = load_clip(options.input, person)
    first = round(options.start * whole.fps)
    last = whole.frames if options.end is None else round(options.end * whole.fps) + 1
    clip = whole.slice(first, min(last, whole.frames))
    if clip.frames < 2:
        print("The chosen part of the clip is empty.", file=sys.stderr)
        return 2
    if options.map:
        options.map.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_map(whole, requested_path(options.input), options.map)
    pose_on_stage(person, clip, ball_height)
    with tempfile.TemporaryDirectory() as folder:
        chosen = np.linspace(0, clip.frames - 1, options.count).round().astype(int)
        sheet(clip, chosen, options.views, options.out, options.size, Path(folder), first)
        if options.strip:
            strip(clip, chosen, options.strip, options.size, Path(folder), person.body)
        if options.gif:
            gif(clip, options.views[0], options.gif, options.size, Path(folder))
    return 0


def load_clip(path: Path, person: Person, fps: float = 30.0) -> tuple[Clip, float | None]:
    """Return a clip of the person's size at ``fps``, and the height of planted balls if known.

    BVH and .npz clips are scaled to the person; a request without a height gets the person's.
    """
    rig = armature.read_rig(person.rig)
    if path.suffix in {".bvh", ".npz"}:
        clip = bvh.read(path) if path.suffix == ".bvh" else Clip.load(path)
        ratio = retarget.height_ratio(rig, rigs.detect(rig), clip.skeleton)
        return clip.resample(fps).scaled(ratio), None
    wanted = json.loads(path.read_text(encoding="utf-8"))
    model = wanted.get("model", "biped")
    size = character_size.measure(
        person.rig, rigs.detect(rig), character_size.load_model(model), bpy.context.scene
    )
    request = BakeRequest.from_json({"height": size.height, "fps": fps, **wanted})
    return bake(request).clip, size.ball_height


def requested_path(path: Path) -> np.ndarray | None:
    """Return the path (N, 3) of a bake request file, or None for other inputs."""
    if path.suffix != ".json":
        return None
    return np.asarray(json.loads(path.read_text())["path"], dtype=float)


def empty_stage(rig: str = "rigify") -> Person:
    """Empty the scene and put the demo character into it."""
    bpy.ops.wm.read_homefile(use_empty=True)
    with redirected_output():
        return BUILDERS[rig]()


def pose_on_stage(person: Person, clip: Clip, ball_height: float | None = None) -> None:
    """Put a clip of the person's size on it, from frame 0, and add floor and camera."""
    bpy.context.scene.render.fps = round(clip.fps)
    rig_map = rigs.detect(armature.read_rig(person.rig))
    keys = key_plan.KeySettings(ball_height=ball_height)
    key_plan.write(key_plan.plan_keys(person.rig, rig_map, clip, keys), person.rig, frame_start=0.0)
    stage.add_floor(_blender(clip.root_positions))
    stage.add_camera()


def sheet(
    clip: Clip,
    frames: np.ndarray,
    views: list[str],
    target: Path,
    size: int,
    folder: Path,
    first: int = 0,
) -> None:
    """Render the chosen frames (N,) of the staged clip from each view into one picture."""
    stage.use_workbench(round(size * 0.8), size)
    labels = [_label(clip, frame, first) for frame in frames]
    rows = []
    for name in views:
        row = []
        for frame in frames:
            bpy.context.scene.frame_set(int(frame))
            _look(clip, frame, VIEWS[name])
            row.append(stage.render_still(folder / f"{name}-{frame:05d}.png"))
        rows.append(row)
    target.parent.mkdir(parents=True, exist_ok=True)
    pictures.write_sheet(rows, labels, target)


def gif(clip: Clip, view: str, target: Path, size: int, folder: Path, fps: float = 15.0) -> None:
    """Render the whole staged clip from one following view into a GIF."""
    stage.use_workbench(size, size)
    shots = []
    for frame in np.arange(0, clip.frames, clip.fps / fps).round().astype(int):
        bpy.context.scene.frame_set(int(frame))
        _look(clip, frame, VIEWS[view])
        shots.append(stage.render_still(folder / f"gif-{frame:05d}.png"))
    pictures.write_gif(shots, target, fps)


def strip(
    clip: Clip, frames: np.ndarray, target: Path, size: int, folder: Path, body: bpy.types.Object
) -> None:
    """Render the chosen frames (N,) of a straight walk into one picture from one fixed place."""
    ends = _blender(clip.root_positions[[0, -1]])
    ends[:, 2] = 0.9 * float(np.median(clip.root_positions[:, 1]))
    ahead = (ends[1] - ends[0]) / max(float(np.linalg.norm(ends[1] - ends[0])), 1e-9)
    width = float(np.linalg.norm(ends[1] - ends[0])) + 1.8
    camera = bpy.context.scene.camera
    camera.data.lens = 85.0
    distance = width * camera.data.lens / camera.data.sensor_width
    stage.aim(camera, ends.mean(axis=0), (ahead[1] * distance, -ahead[0] * distance, distance / 12))
    stage.use_workbench(round(size * width / 2.1), size)
    shots = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        shots.append(stage.render_still(folder / f"strip-{frame:05d}.png"))
    body.hide_render = True
    background = stage.render_still(folder / "strip-empty.png")
    body.hide_render = False
    pictures.write_exposures(background, shots, target)


def _look(clip: Clip, frame: int, view: View) -> None:
    """Aim the camera at one frame, with position and yaw averaged over half a second."""
    reach = min(round(clip.fps / 4), frame, clip.frames - 1 - frame)
    span = slice(frame - reach, frame + reach + 1)
    ahead = quat.apply(clip.rotations[span, 0], np.array([0.0, 0.0, 1.0])).mean(axis=0)
    ahead = np.array([ahead[0], -ahead[2], 0.0])
    ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
    right = np.array([ahead[1], -ahead[0], 0.0])
    sideways, up, forward = view.offset
    offset = sideways * right + forward * ahead + np.array([0.0, 0.0, up])
    target = _blender(clip.root_positions[span]).mean(axis=0)
    target[2] = view.height * float(np.median(clip.root_positions[:, 1]))
    camera = bpy.context.scene.camera
    camera.data.lens = view.lens
    stage.aim(camera, target, offset)


def _label(clip: Clip, frame: int, first: int) -> str:
    """Frame, time, ground speed over half a second, and contacts."""
    low = max(frame - round(clip.fps / 4), 0)
    high = min(frame + round(clip.fps / 4), clip.frames - 1)
    moved = (clip.root_positions[high] - clip.root_positions[low])[[0, 2]]
    speed = float(np.linalg.norm(moved)) * clip.fps / max(high - low, 1)
    text = f"{first + frame}  {(first + frame) / clip.fps:.2f} s  {speed:.1f} m/s"
    if clip.contacts is None:
        return text
    marks = ["#" if value > 0.5 else "." for value in clip.contacts[frame]]
    return f"{text}\nL {marks[0]}{marks[1]}  R {marks[2]}{marks[3]}"


def _blender(points: np.ndarray) -> np.ndarray:
    """Convert motion points (..., 3), Y up, to Blender's, Z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(float)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.contact_sheet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("input", type=Path, help=".bvh, .npz or bake request .json")
    parser.add_argument("--out", type=Path, default=Path("out/sheet.png"))
    parser.add_argument("--strip", type=Path, help="also all columns in one fixed side view")
    parser.add_argument("--map", type=Path, help="also path, hips and footprints from above")
    parser.add_argument("--gif", type=Path, help="also a moving picture of the first view")
    parser.add_argument("--views", nargs="+", choices=sorted(VIEWS), default=["side", "front"])
    parser.add_argument("--rig", choices=sorted(BUILDERS), default="rigify")
    parser.add_argument("--count", type=int, default=12, help="columns")
    parser.add_argument("--start", type=float, default=0.0, help="seconds")
    parser.add_argument("--end", type=float, help="seconds")
    parser.add_argument("--size", type=int, default=300, help="height of a picture in pixels")
    return parser


if __name__ == "__main__":
    run(main)
