# SPDX-License-Identifier: GPL-3.0-or-later
"""Scene of the pictures without the character: checkered floor, path line, camera, quick renders.

Positions are Blender's: meters, Z up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import bpy
import numpy as np
from mathutils import Vector

from examples.process import redirected_output

FLOOR: Final = {"Floor Light": (0.50, 0.51, 0.52), "Floor Dark": (0.36, 0.37, 0.38)}
BACKGROUND: Final = (0.60, 0.62, 0.64)
PATH_COLOR: Final = (0.95, 0.75, 0.10)
TILE: Final = 0.5
"""Side of a floor square in meters."""


def add_floor(points: np.ndarray, margin: float = 10.0, tile: float = TILE) -> bpy.types.Object:
    """Add a checkered floor at z = 0 under the points (N, 2 or more), ``margin`` meters around.

    ``tile`` is the side of a square in meters.
    """
    low = np.floor((points[:, :2].min(axis=0) - margin) / tile).astype(int)
    high = np.ceil((points[:, :2].max(axis=0) + margin) / tile).astype(int)
    columns, rows = high - low
    x, y = np.meshgrid(
        np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1), indexing="xy"
    )
    vertices = np.stack([x.ravel() * tile, y.ravel() * tile, np.zeros(x.size)], axis=1)
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(columns), np.arange(rows)))
    corner = row * (columns + 1) + column
    faces = np.stack([corner, corner + 1, corner + columns + 2, corner + columns + 1], axis=1)
    mesh = bpy.data.meshes.new("Floor")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    for name, color in FLOOR.items():
        mesh.materials.append(material(name, color))
    mesh.polygons.foreach_set("material_index", ((column + row) % 2).astype(np.int32))
    return _link(bpy.data.objects.new("Floor", mesh))


def add_path_line(points: np.ndarray, width: float = 0.05) -> bpy.types.Object:
    """Add a flat line just above the floor along the points (N, 3)."""
    step = np.gradient(points[:, :2], axis=0)
    step /= np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-9)
    side = np.stack([-step[:, 1], step[:, 0], np.zeros(len(step))], axis=1) * (width / 2)
    raised = points + np.array([0.0, 0.0, 0.012])
    vertices = np.concatenate([raised - side, raised + side])
    first = np.arange(len(points) - 1)
    second = first + len(points)
    faces = np.stack([first, first + 1, second + 1, second], axis=1)
    mesh = bpy.data.meshes.new("Path Line")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.materials.append(material("Path Line", PATH_COLOR))
    return _link(bpy.data.objects.new("Path Line", mesh))


def add_camera(lens: float = 60.0) -> bpy.types.Object:
    """Add a camera and make it the scene's active one."""
    camera = _link(bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera")))
    camera.data.lens = lens
    camera.data.clip_end = 200.0
    bpy.context.scene.camera = camera
    return camera


def aim(camera: bpy.types.Object, target: Sequence[float], offset: Sequence[float]) -> None:
    """Place the camera at ``target + offset``, aimed at the target."""
    direction = -Vector(offset)
    camera.location = Vector(target) + Vector(offset)
    camera.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()


def use_workbench(width: int, height: int) -> None:
    """Render the scene with Workbench: material colors, soft shading, shadows."""
    scene = bpy.context.scene
    # Which engines and view transforms there are is known at run time only, not to the stubs.
    scene.render.engine = "BLENDER_WORKBENCH"  # type: ignore[assignment]
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGB"
    scene.render.image_settings.compression = 5
    scene.view_settings.view_transform = "Standard"  # type: ignore[assignment]
    scene.display.render_aa = "FXAA"
    scene.display.light_direction = (0.3, 0.9, 0.3)
    scene.display.shadow_shift = 0.0
    scene.display.shadow_focus = 0.3
    shading = scene.display.shading
    shading.light = "STUDIO"
    shading.studio_light = "paint.sl"
    shading.color_type = "MATERIAL"
    shading.show_shadows = True
    shading.shadow_intensity = 0.4
    shading.show_cavity = True
    shading.cavity_type = "WORLD"
    shading.cavity_ridge_factor = 0.0
    shading.cavity_valley_factor = 0.6
    scene.world = scene.world or bpy.data.worlds.new("World")
    scene.world.color = BACKGROUND


def render_frames(frames: Sequence[int], folder: Path) -> Iterator[Path]:
    """Render the frames into numbered PNG files in the folder, yielding each one's path."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in frames:
        bpy.context.scene.frame_set(int(frame))
        yield render_still(folder / f"{int(frame):05d}.png")


def render_still(path: Path) -> Path:
    """Render the current frame into one PNG file."""
    bpy.context.scene.render.filepath = str(path)
    with redirected_output():
        bpy.ops.render.render(write_still=True)
    return path


def material(name: str, color: Sequence[float]) -> bpy.types.Material:
    """Return the material of a name, made or recolored."""
    found = bpy.data.materials.get(name) or bpy.data.materials.new(name)
    found.diffuse_color = (*color, 1.0)
    return found


def _link(item: bpy.types.Object) -> bpy.types.Object:
    bpy.context.scene.collection.objects.link(item)
    return item
