# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheet of one animal: bake its gaits and a turn, and render moments of each.

    python -m examples.animal_sheet wolf --out out/wolf.png
    python -m examples.animal_sheet animal.glb --hips 0.6 --shots walk trot --views side front

The animal is one of the demo's or a skinned glTF file. Speeds are set by the Froude number, so
that animals of all sizes move alike. Rows are shots, columns moments of one stride; marks show the
planted paws: left hind, left fore, right hind, right fore. A table of figures is printed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from examples import animal, animal_figures, pictures, stage
from examples.character import Character
from examples.process import redirected_output, run
from motion_addon.blender.keys import key_plan
from motion_addon.blender.rig import character_size
from motion_addon.blender.scene import armature
from motion_addon.motion import rigs
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.rigs import measure

ASSETS: Final = Path(__file__).with_name("assets")
FPS: Final = 30.0


@dataclass(frozen=True)
class Demo:
    """One of the demo's animals."""

    build: Callable[[], Character]
    fastest: str
    """The fastest gait in its pictures."""


def _asset(name: str, hip_height: float) -> Callable[[], Character]:
    return lambda: animal.gltf_animal(ASSETS / f"{name}.glb", hip_height)


ANIMALS: Final = {
    "horse": Demo(lambda: animal.rigify_animal("horse"), "gallop"),
    "wolf": Demo(lambda: animal.rigify_animal("wolf"), "gallop"),
    "cat": Demo(lambda: animal.rigify_animal("cat"), "gallop"),
    "quaternius-cow": Demo(_asset("quaternius-cow", 1.2), "canter"),
    "mesh2motion-fox": Demo(_asset("mesh2motion-fox", 0.36), "gallop"),
    "mesh2motion-horse": Demo(_asset("mesh2motion-horse", 1.3), "gallop"),
}


@dataclass(frozen=True)
class Shot:
    """One row of a sheet; lengths are in hip heights."""

    gait: str
    froude: float
    path: tuple[tuple[float, float], ...]
    """Ground points, left and ahead."""
    at: float
    """Share of the path at which the rendered stride begins."""
    view: str = "side"


def _ahead(length: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, 0.0), (0.0, length))


CORNER: Final = ((0.0, 0.0), (0.0, 5.0), (1.2, 7.2), (3.4, 8.4), (8.0, 8.4))
SHOTS: Final = {
    "walk": Shot("walk", 0.15, _ahead(8.0), 0.5),
    "trot": Shot("trot", 1.0, _ahead(16.0), 0.5),
    "canter": Shot("canter", 2.6, _ahead(24.0), 0.5),
    "gallop": Shot("gallop", 5.0, _ahead(34.0), 0.5),
    "turn": Shot("auto", 0.5, CORNER, 0.4, "quarter"),
}

VIEWS: Final = {
    "side": (6.6, 0.7, 0.0),
    "left": (-6.6, 0.7, 0.0),
    "front": (0.0, 1.0, 6.6),
    "back": (0.0, 1.0, -6.6),
    "quarter": (4.9, 2.2, 4.9),
    "top": (0.01, 8.0, 0.0),
    "paws": (4.0, 0.4, 0.0),
}
"""Camera position from the animal's middle in hip heights: to its right, up, ahead."""
LENS: Final = 85.0


@dataclass(frozen=True)
class Framing:
    """Size of the animal in its pictures, measured in the rest pose; meters."""

    unit: float
    """Unit of the camera's distance."""
    ahead: float
    """From the hips to the middle between nose and tail."""
    middle: float
    """Height of the middle between floor and ears."""


@dataclass(frozen=True)
class Staged:
    """A shot that is keyed on the scene's timeline from frame 0."""

    shot: Shot
    result: BakeResult
    clip: Clip
    speed: float
    framing: Framing


def main(arguments: list[str] | None = None) -> int:
    """Render the sheet, and the GIF if requested; return the exit status."""
    options = _parser().parse_args(arguments)
    creature = set_scene(options.animal, options.hips)
    names = options.shots or shots_of(options.animal)
    rest = animal_figures.lowest_at_rest(creature.body)
    framing = measure_framing(creature)
    rows, titles = [], []
    print(animal_figures.HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            staged = put(creature, SHOTS[name], framing)
            figures = animal_figures.measure(creature.rig, creature.body, staged.clip, rest)
            print(f"{options.animal[-20:]:20s} {name:11s}{figures.line()}", flush=True)
            frames = stride_frames(staged, options.count)
            for view in options.views or [SHOTS[name].view]:
                target = Path(folder) / f"{name}-{view}"
                rows.append(render_row(staged, frames, view, options.size, target))
                titles.append(_title(name, staged, view))
            if options.gif and name == names[min(1, len(names) - 1)]:
                gif(staged, options.gif, options.size, Path(folder) / "gif")
        options.out.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_rows(rows, titles, options.out)
    return 0


def shots_of(name: str) -> list[str]:
    """Return the shots of a demo animal's sheet."""
    fastest = ANIMALS[name].fastest if name in ANIMALS else "gallop"
    names = list(SHOTS)
    return [*names[: names.index(fastest) + 1], "turn"]


def set_scene(name: str, hip_height: float | None) -> Character:
    """Empty the scene and put the animal into it; ``name`` is a demo's or a glTF file's."""
    bpy.ops.wm.read_homefile(use_empty=True)
    with redirected_output():
        if name in ANIMALS:
            creature = ANIMALS[name].build()
        else:
            creature = animal.gltf_animal(Path(name), hip_height)
    stage.add_camera(LENS)
    return creature


def measure_framing(creature: Character) -> Framing:
    """Measure the animal's size in pictures; it is in the rest pose and faces -Y."""
    matrix = np.array(creature.body.matrix_world)
    corners = np.array([[*corner, 1.0] for corner in creature.body.bound_box]) @ matrix.T
    low, high = corners.min(axis=0), corners.max(axis=0)
    bones = armature.read_rig(creature.rig)
    shape = measure.measure(bones, rigs.detect(bones))
    ahead = -0.5 * (low[1] + high[1]) - float(shape.origin[2])
    return Framing(max(shape.leg_length, 0.4 * (high[1] - low[1])), ahead, 0.5 * high[2])


def put(creature: Character, shot: Shot, framing: Framing) -> Staged:
    """Bake a shot for the animal and key it."""
    scene = bpy.context.scene
    scene.render.fps = round(FPS)
    rig = creature.rig
    rig_map = rigs.detect(armature.read_rig(rig))
    size = character_size.measure(rig, rig_map, character_size.load_model("quadruped"), scene)
    height = size.hip_height
    speed = float(np.sqrt(shot.froude * quadruped_gaits.GRAVITY * height))
    request = BakeRequest(
        tuple((height * x, 0.0, height * z) for x, z in shot.path),
        model="quadruped",
        speed=speed,
        gait=shot.gait,
        hip_height=height,
        fps=FPS,
    )
    result = bake(request)
    plan = key_plan.plan_keys(rig, rig_map, result.clip, key_plan.KeySettings())
    key_plan.write(plan, rig, frame_start=0.0)
    old: bpy.types.Object | None = bpy.data.objects.get("Floor")
    if old is not None:
        bpy.data.objects.remove(old)
    stage.add_floor(_blender(result.clip.root_positions), 12.0 * height, 0.9 * height)
    return Staged(shot, result, result.clip, speed, framing)


def stride_frames(staged: Staged, count: int) -> np.ndarray:
    """Return ``count`` evenly spaced frames of one stride, from the left hind's touchdown."""
    clip, phase = staged.clip, staged.result.phase
    way = np.linalg.norm(np.diff(clip.root_positions[:, [0, 2]], axis=0), axis=-1).cumsum()
    first = int(np.searchsorted(way, staged.shot.at * way[-1]))
    start = int(np.searchsorted(phase, np.ceil(phase[first])))
    length = 2.0 if staged.shot.view == "quarter" else 1.0
    stop = int(np.searchsorted(phase, phase[min(start, len(phase) - 1)] + length))
    last = clip.frames - 1
    return np.linspace(min(start, last), min(stop, last), count, endpoint=False).astype(int)


def render_row(
    staged: Staged, frames: np.ndarray, view: str, size: int, folder: Path
) -> list[Path]:
    """Render moments of a shot from one view."""
    stage.use_workbench(round(1.3 * size), size)
    folder.mkdir(parents=True, exist_ok=True)
    shots = []
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        look(staged, int(frame), view)
        shots.append(stage.render_still(folder / f"{frame:05d}.png"))
    return shots


def gif(staged: Staged, target: Path, size: int, folder: Path, fps: float = 15.0) -> None:
    """Render two strides of a shot into a looping GIF."""
    phase = staged.result.phase
    first = stride_frames(staged, 1)[0]
    last = min(int(np.searchsorted(phase, phase[first] + 2.0)), staged.clip.frames - 1)
    count = max(round((last - first) / FPS * fps), 2)
    frames = np.linspace(first, last, count, endpoint=False).astype(int)
    shots = render_row(staged, frames, staged.shot.view, size, folder)
    pictures.write_gif(shots, target, fps)


def look(staged: Staged, frame: int, view: str) -> None:
    """Aim the camera at the animal's middle, with position and yaw averaged over half a second."""
    clip, framing = staged.clip, staged.framing
    reach = min(round(clip.fps / 4), frame, clip.frames - 1 - frame)
    span = slice(frame - reach, frame + reach + 1)
    ahead = quat.apply(clip.rotations[span, 0], np.array([0.0, 0.0, 1.0])).mean(axis=0)
    ahead = np.array([ahead[0], -ahead[2], 0.0])
    ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
    right = np.array([ahead[1], -ahead[0], 0.0])
    sideways, up, forward = (framing.unit * part for part in VIEWS[view])
    target = _blender(clip.root_positions[span]).mean(axis=0) + framing.ahead * ahead
    target[2] = (0.4 if view == "paws" else 1.0) * framing.middle
    offset = sideways * right + forward * ahead + np.array([0.0, 0.0, up])
    stage.aim(bpy.context.scene.camera, target, offset)


def _title(name: str, staged: Staged, view: str) -> str:
    words = [f"{name}, {staged.speed:.1f} m/s, Froude {staged.shot.froude:g}"]
    words += [view] if view != staged.shot.view else []
    return "   ".join(words)


def _blender(points: np.ndarray) -> np.ndarray:
    """Convert motion points (..., 3), Y up, to Blender's, Z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1).astype(float)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="examples.animal_sheet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("animal", help=f"{', '.join(ANIMALS)}, or a glTF file")
    parser.add_argument("--hips", type=float, help="scale a glTF animal to this hip height (m)")
    parser.add_argument("--out", type=Path, default=Path("out/animal.png"))
    parser.add_argument("--gif", type=Path, help="also a moving picture of the second shot")
    parser.add_argument("--shots", nargs="+", choices=list(SHOTS))
    parser.add_argument("--views", nargs="+", choices=sorted(VIEWS), help="each shot's own if none")
    parser.add_argument("--count", type=int, default=8, help="columns")
    parser.add_argument("--size", type=int, default=150, help="height of a picture in pixels")
    return parser


if __name__ == "__main__":
    run(main)
