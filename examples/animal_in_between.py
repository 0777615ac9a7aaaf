# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture of filled gaps of an animal: a few frames of a bake as keys, and the in-betweens.

    python -m examples.animal_in_between mesh2motion-horse --out out/horse.png
    python -m examples.animal_in_between animal.glb --hips 0.6 --shot gallop --out out/fill.png

The upper row shows Blender's own interpolation, the lower one Fill Between; the first and the last
column are keyed poses.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import bpy
import numpy as np

from examples import animal_sheet, in_between, pictures
from examples.animal_sheet import SHOTS
from examples.process import redirected_output, run
from motion_addon import blender
from motion_addon.blender.between import fill_between

TITLES = ("Blender's interpolation", "Fill Between")


def main(arguments: list[str] | None = None) -> int:
    """Render the picture; return the exit status."""
    options = _parser().parse_args(arguments)
    creature = animal_sheet.set_scene(options.animal, options.hips)
    blender.register()
    framing = animal_sheet.measure_framing(creature)
    staged = animal_sheet.put(creature, SHOTS[options.shot], framing)
    rig, every = creature.rig, options.every
    bpy.context.scene.footfall.character = rig
    in_between.thin(rig, every)
    first = options.start // every * every
    frames = np.rint(np.linspace(first, first + every, options.columns)).astype(int)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("plain", "filled"):
            if name == "filled":
                with redirected_output():
                    fill_between.fill(
                        bpy.context, rig, fill_between.from_settings(bpy.context.scene)
                    )
            place = Path(folder) / name
            rows.append(animal_sheet.render_row(staged, frames, options.view, options.size, place))
        options.out.parent.mkdir(parents=True, exist_ok=True)
        pictures.write_rows(rows, TITLES, options.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m examples.animal_in_between")
    parser.add_argument("animal", help=f"one of {', '.join(animal_sheet.ANIMALS)}, or a glTF file")
    parser.add_argument("--out", type=Path, required=True, help="picture to write, PNG")
    parser.add_argument("--hips", type=float, help="height of the hips of a glTF animal, meters")
    parser.add_argument("--shot", choices=sorted(SHOTS), default="trot")
    parser.add_argument("--every", type=int, default=16, help="frames from key to key")
    parser.add_argument("--start", type=int, default=60, help="about the first frame to show")
    parser.add_argument("--columns", type=int, default=7)
    parser.add_argument("--view", choices=sorted(animal_sheet.VIEWS), default="side")
    parser.add_argument("--size", type=int, default=190, help="height of a row in pixels")
    return parser


if __name__ == "__main__":
    run(main)
