# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: ``blender -b shot.blend --command footfall bake --recipe r.json --out o.blend``.

Owns the arguments and the exit status: 0 done, 2 refused with one line. The results are written to
temporary files and then renamed, and a take of the same name is baked again, so that a farm may
run the same command any number of times.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import bpy

from ...errors import RefusedError
from ...files.reading import read_json
from ...files.writing import check_places, write_files, write_text
from ...options.take import MOST_FRAMES
from ..keys import recipe
from ..keys.recipe import Recipe
from ..rig import character
from . import job

NAME = "footfall"
_handles: list[Any] = []


def main(argv: list[str]) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(argv)
    out, card = options.out.resolve(), options.report and options.report.resolve()
    try:
        report = _bake(options.file, options.recipe, out, card)
        files: dict[Path, Callable[[Path], object]] = {out: _save}
        if card:
            files[card] = partial(write_text, text=json.dumps(report, indent=2))
        write_files(files)
    except RefusedError as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 2
    sys.stdout.write(f"{NAME}: wrote {options.out}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"blender -b [FILE.blend] --command {NAME}")
    commands = parser.add_subparsers(dest="command", required=True)
    bake = commands.add_parser("bake", help="bake a recipe and save the file")
    bake.add_argument("--recipe", type=Path, required=True, help="recipe as JSON")
    bake.add_argument("--out", type=Path, required=True, help="file to save, .blend")
    bake.add_argument("--file", type=Path, help="file to open first, .blend")
    bake.add_argument("--report", type=Path, help="file for the report card, .json")
    return parser


def _bake(file: Path | None, recipe_file: Path, out: Path, card: Path | None) -> dict[str, Any]:
    """Open and bake; returns the report."""
    if out.suffix != ".blend":
        raise RefusedError(f"The output must be a .blend file, not '{out.name}'")
    wanted = Recipe.from_json(read_json(recipe_file))
    wanted = recipe.named(wanted, wanted.take or recipe_file.stem)
    check_places([out, card] if card else [out], make_folders=True)
    if file is not None:
        _open(file)
    context = bpy.context
    rig = context.scene.objects.get(wanted.character) if wanted.character else None
    if wanted.character and rig is None:
        raise RefusedError(f"There is no character '{wanted.character}' in the scene; name another")
    rig = rig or character.current(context)
    take = job.run(job.bake_steps(context, rig, wanted, again=True))
    report: dict[str, Any] = json.loads(take.report)
    last = wanted.frame_start + report["frames"] - 1
    if last > MOST_FRAMES:
        raise RefusedError(
            f"The take would end at frame {last}, after Blender's last, {MOST_FRAMES}; lower"
            " frame_start"
        )
    return report


def _open(file: Path) -> None:
    """Open a .blend file. Raises RefusedError."""
    if file.is_dir() or not file.is_file():
        raise RefusedError(f"There is no file '{file}'; give the path of a .blend file")
    try:
        bpy.ops.wm.open_mainfile(filepath=str(file.resolve()), load_ui=False)
    except RuntimeError as error:
        raise RefusedError(
            f"Blender cannot open '{file}': it is damaged or no .blend file; give another"
        ) from error


def _save(part: Path) -> None:
    """Write the open file to a path. Raises OSError."""
    try:
        bpy.ops.wm.save_as_mainfile(filepath=str(part), copy=True, check_existing=False)
    except RuntimeError as error:
        raise OSError(str(error).strip().removeprefix("Error: ")) from error
    finally:
        part.with_name(f"{part.name}@").unlink(missing_ok=True)


def register() -> None:
    """Add the command to Blender's own."""
    _handles.append(bpy.utils.register_cli_command(NAME, main))


def unregister() -> None:
    """Take the command away."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
