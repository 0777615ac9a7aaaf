# SPDX-License-Identifier: GPL-3.0-or-later
"""Compose rendered frames: a GIF, a labeled contact sheet, or multiple exposures in one picture."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw

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
