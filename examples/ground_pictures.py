# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets and GIFs of a character on a course, from the side and from behind."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import bpy
import numpy as np

from examples import pictures, stage
from examples.character import Character

VIEWS: Final = {
    "side": (-4.2, 0.35, 0.5),
    "feet": (-3.6, 0.25, -1.0),
    "behind": (0.7, 1.7, -3.9),
}
"""Camera from the hips in leg lengths: to the left of the path, up, ahead."""
COLUMNS: Final = 10
SIZE: Final = 230


def draw(
    creature: Character,
    title: str,
    shape: tuple[int, float, float],
    folder: Path,
    moving: bool,
) -> None:
    """Render the sheet of a keyed motion; ``shape`` is its last frame, leg length and way."""
    last, size, _ = shape
    folder.mkdir(parents=True, exist_ok=True)
    scene = bpy.context.scene
    if scene.camera is None:
        stage.add_camera(70.0)
    stage.use_workbench(SIZE, SIZE)
    scene.display.shading.show_shadows = False  # those of open surfaces are torn
    evenly = np.linspace(0.1, 0.95, COLUMNS) + 0.02 * np.sin(np.arange(COLUMNS) * 2.4)
    frames = (evenly * last).round().astype(int)
    with tempfile.TemporaryDirectory() as scratch:
        rows = []
        for view in VIEWS:
            row = []
            for frame in frames:
                _look(creature, int(frame), view, size)
                row.append(stage.render_still(Path(scratch) / f"{view}-{frame:05d}.png"))
            rows.append(row)
        pictures.write_sheet(rows, [str(frame) for frame in frames], folder / f"{title}.png")
        for view in ("side", "behind") if moving else ():
            shots = []
            for frame in range(0, last + 1, 2):
                _look(creature, frame, view, size)
                shots.append(stage.render_still(Path(scratch) / f"gif-{view}-{frame:05d}.png"))
            target = folder / f"{title}-{view}.gif"
            pictures.write_gif(shots, target, 0.5 * scene.render.fps)


def _look(creature: Character, frame: int, view: str, size: float) -> None:
    """Show a frame and aim the camera at the middle of the skin."""
    bpy.context.scene.frame_set(frame)
    shown = creature.body.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(shown.data.vertices), np.float32)
    shown.data.vertices.foreach_get("co", points)
    matrix = np.array(shown.matrix_world)
    world = points.reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    low, high = world.min(axis=0), world.max(axis=0)
    middle = 0.5 * (low + high)
    if view == "feet":
        middle[2] = low[2] + 0.15 * size
    aside, up, ahead = (size * part for part in VIEWS[view])
    camera = bpy.context.scene.camera
    camera.data.lens = 110.0 if view == "feet" else 62.0
    stage.aim(camera, middle, (aside, -ahead, up))
