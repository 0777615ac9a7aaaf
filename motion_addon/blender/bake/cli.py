# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: ``blender -b shot.blend --command footfall bake --recipe r.json --out o.blend``.

Owns the arguments and the exit status: 0 done, 2 refused with one line. The result is written to a
temporary file and then renamed, and a take of the same name is baked again, so that a farm may
run the same command any number of times.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import bpy

from ...errors import RefusedError
from ..keys import recipe
from ..rig import character
from . import job

NAME = "footfall"
_handles: list[Any] = []


def main(argv: list[str]) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        report = _bake(options.file, options.recipe, options.out)
    except (RefusedError, OSError) as error:
        sys.stderr.write(f"{NAME}: {error}\n")
        return 2
    if options.report:
        _write_text(options.report, json.dumps(report, indent=2))
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


def _bake(file: Path | None, recipe_file: Path, out: Path) -> dict[str, Any]:
    """Open, bake, save; returns the report."""
    if out.suffix != ".blend":
        raise RefusedError(f"The output must be a .blend file, not '{out.name}'")
    wanted = _read(recipe_file)
    wanted = recipe.named(wanted, wanted.take or recipe_file.stem)
    if file is not None:
        if not file.is_file():
            raise RefusedError(f"There is no file '{file}'")
        bpy.ops.wm.open_mainfile(filepath=str(file.resolve()), load_ui=False)
    context = bpy.context
    rig = context.scene.objects.get(wanted.character) if wanted.character else None
    if wanted.character and rig is None:
        raise RefusedError(f"There is no character '{wanted.character}' in the scene; name another")
    rig = rig or character.current(context)
    take = job.run(job.bake_steps(context, rig, wanted, again=True))
    report: dict[str, Any] = json.loads(take.report)
    _save(out.resolve())
    return report


def _read(recipe_file: Path) -> recipe.Recipe:
    try:
        values = json.loads(recipe_file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise RefusedError(f"The recipe '{recipe_file.name}' is not valid JSON") from error
    return recipe.Recipe.from_json(values)


def _save(out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.stem}.part.blend")
    bpy.ops.wm.save_as_mainfile(filepath=str(part), copy=True, check_existing=False)
    part.replace(out)


def _write_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)


def register() -> None:
    """Add the command to Blender's own."""
    _handles.append(bpy.utils.register_cli_command(NAME, main))


def unregister() -> None:
    """Take the command away."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
