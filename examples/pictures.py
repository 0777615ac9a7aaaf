# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose rendered frames (a GIF, a labeled sheet, multiple exposures); draw a walk from above."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw

from motion_addon.motion.clip import contacts
from motion_addon.motion.clip.clip import Clip

COLORS: Final = {"path": "#e0b020", "hips": "#303438", "left": "#d0702a", "right": "#237a96"}
GRID: Final = "#c2c5c8"
PAPER: Final = "#d6d9dc"
SCALE: Final = 3
"""Supersampling factor, for smooth lines."""

LABEL_HEIGHT = 16
LABEL_COLOR = (235, 235, 235)
LABEL_BACKGROUND = (40, 42, 44)


def write_gif(frames: Sequence[Path], target: Path, fps: float, colors: int = 96) -> None:
    """Join equally sized PNG frames into a looping GIF with one shared palette."""
    listing = frames[0].with_name("frames.txt")
    lines = [f"file '{frame.resolve()}'\nduration {1.0 / fps:.6f}" for frame in frames]
    listing.write_text("\n".join(lines) + "\n")
    graph = (
        f"fps={fps},split[a][b];[a]palettegen=max_colors={colors}:stats_mode=full[p];"
        "[b][p]paletteuse=dither=bayer:bayer_scale=5:diff_mode=rectangle"
    )
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error"]
    command += ["-f", "concat", "-safe", "0", "-i", str(listing), "-filter_complex", graph]
    subprocess.run([*command, "-loop", "0", str(target)], check=True)


def write_sheet(rows: Sequence[Sequence[Path]], labels: Sequence[str], target: Path) -> None:
    """Arrange frames in rows, with a label above each column, and save one PNG.

    Args:
        rows: equally long rows of equally sized pictures.
        labels: one text per column; may have several lines.
        target: the PNG file to write.
    """
    width, height = Image.open(rows[0][0]).size
    lines = max(label.count("\n") + 1 for label in labels)
    top = LABEL_HEIGHT * lines
    sheet = Image.new("RGB", (width * len(rows[0]), top + height * len(rows)), LABEL_BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(labels):
        draw.multiline_text((column * width + 4, 2), label, fill=LABEL_COLOR, spacing=2)
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(Image.open(picture), (column * width, top + row * height))
    _save(sheet, target)


def write_rows(rows: Sequence[Sequence[Path]], titles: Sequence[str], target: Path) -> None:
    """Arrange rows of equally sized pictures with a title above each row, and save one PNG."""
    width, height = Image.open(rows[0][0]).size
    step = LABEL_HEIGHT + height
    columns = max(len(row) for row in rows)
    sheet = Image.new("RGB", (width * columns, step * len(rows)), LABEL_BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for number, (row, title) in enumerate(zip(rows, titles, strict=True)):
        draw.text((4, number * step + 2), title, fill=LABEL_COLOR)
        for column, picture in enumerate(row):
            sheet.paste(Image.open(picture), (column * width, number * step + LABEL_HEIGHT))
    _save(sheet, target, 128)


def write_exposures(background: Path, shots: Sequence[Path], target: Path) -> None:
    """Overlay the pixels of each picture that differ from the background, later ones on top."""
    empty = np.asarray(Image.open(background).convert("RGB")).astype(np.int16)
    picture = empty.copy()
    for shot in shots:
        pixels = np.asarray(Image.open(shot).convert("RGB")).astype(np.int16)
        changed = np.abs(pixels - empty).max(axis=-1) > 6
        picture[changed] = pixels[changed]
    _save(Image.fromarray(picture.astype(np.uint8)), target)


def _save(picture: Image.Image, target: Path, colors: int = 256) -> None:
    """Save as PNG with a reduced palette: half the size, no visible difference."""
    picture.quantize(colors, dither=Image.Dither.NONE).save(target, optimize=True)


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
