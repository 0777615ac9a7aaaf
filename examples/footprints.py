# SPDX-License-Identifier: GPL-3.0-or-later
"""Map of a walk from above: the drawn path, the path of the hips and each footprint.

The picture is drawn without Blender. The clip's x axis points right and its z axis down, as in the
top view of the contact sheet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from motion_addon.motion.clip import contacts
from motion_addon.motion.clip.clip import Clip

COLORS: Final = {"path": "#e0b020", "hips": "#303438", "left": "#d0702a", "right": "#237a96"}
GRID: Final = "#c2c5c8"
PAPER: Final = "#d6d9dc"
SCALE: Final = 3
"""Supersampling factor, for smooth lines."""


def write_map(clip: Clip, path: np.ndarray | None, target: Path, pixels: int = 120) -> None:
    """Draw the walk of ``clip`` on one-meter squares, ``pixels`` to a meter.

    Args:
        clip: a walk; contacts are detected if it has none.
        path: (N, 3) the requested path, in the clip's world, or None.
        target: the PNG file to write.
        pixels: pixels per meter.
    """
    rotations, positions = clip.world()
    points = contacts.foot_points(clip.skeleton, rotations, positions)
    stands = clip.contacts if clip.contacts is not None else contacts.detect(points, clip.fps)
    hips = clip.root_positions[:, [0, 2]]
    line = hips if path is None else np.asarray(path)[:, [0, 2]]
    every = np.concatenate([hips, line])
    low, high = np.floor(every.min(axis=0) - 0.5), np.ceil(every.max(axis=0) + 0.5)
    unit = pixels * SCALE
    size = ((high - low) * unit).astype(int)
    image = Image.new("RGB", (int(size[0]), int(size[1])), PAPER)
    draw = ImageDraw.Draw(image)
    for axis in (0, 1):
        for meter in range(int(high[axis] - low[axis]) + 1):
            ends = np.array([[0, 0], size])
            ends[:, axis] = meter * unit
            draw.line(_flat(ends), fill=GRID, width=SCALE)
    if path is not None:
        draw.line(_flat((line - low) * unit), fill=COLORS["path"], width=4 * SCALE, joint="curve")
    for side, name in enumerate(("left", "right")):
        heel, ball = points[:, 2 * side], points[:, 2 * side + 1]
        for start, stop in contacts.runs(stands[:, 2 * side + 1] > 0.5):
            print_ = np.stack([heel[start:stop], ball[start:stop]], axis=1)[..., [0, 2]]
            _footprint(draw, (print_ - low) * unit, COLORS[name], pixels)
    draw.line(_flat((hips - low) * unit), fill=COLORS["hips"], width=2 * SCALE, joint="curve")
    image.resize((int(size[0]) // SCALE, int(size[1]) // SCALE), Image.Resampling.LANCZOS).save(
        target, optimize=True
    )


def _footprint(draw: ImageDraw.ImageDraw, way: np.ndarray, color: str, pixels: int) -> None:
    """Draw one stance (T, 2, 2): the ball in each frame as dots, and the foot at mid-stance.

    A foot that slides leaves a smear instead of a dot.
    """
    heel, ball = way[len(way) // 2]
    draw.line(_flat(np.array([heel, ball])), fill=color, width=pixels * SCALE // 16)
    radius = pixels * SCALE / 22
    for x, y in way[:, 1]:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _flat(points: np.ndarray) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in points]
