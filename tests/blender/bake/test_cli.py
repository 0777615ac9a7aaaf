# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: a recipe in, a saved file out, the same each time."""

import json
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender import subjects
from tests.cases import each


def shot(folder: Path) -> Path:
    """Save a file with a character and a curve."""
    subjects.mixamo("Hero")
    subjects.path()
    file = folder / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    return file


def recipe(folder: Path, **values: Any) -> Path:
    file = folder / "walk.json"
    known = {"character": "Hero", "curve": "Path", "start": False, "stop": False}
    file.write_text(json.dumps({**known, **values}), encoding="utf-8")
    return file


def run(*arguments: object) -> int:
    return subjects.addon("blender.bake.cli").main([str(argument) for argument in arguments])


def keys(file: Path) -> list:
    bpy.ops.wm.open_mainfile(filepath=str(file))
    (take,) = bpy.data.objects["Hero"].footfall.takes
    assert take.name == "walk"
    curves = subjects.addon("blender.keys.takes").curves(take.action)
    return [[tuple(k.co) for k in curve.keyframe_points] for curve in curves]


def test_bakes_a_recipe_into_a_file(tmp_path: Path) -> None:
    file, out, card = shot(tmp_path), tmp_path / "out" / "o.blend", tmp_path / "card.json"
    wanted = recipe(tmp_path, speed=1.2)
    arguments = ("bake", "--recipe", wanted, "--out", out, "--report", card)
    assert run(*arguments) == 0
    first = keys(out)
    assert json.loads(card.read_text())["frames"] > 20
    bpy.ops.wm.open_mainfile(filepath=str(file))
    assert run(*arguments) == 0
    assert keys(out) == first
    assert [f.name for f in out.parent.iterdir()] == ["o.blend"]


def test_baking_into_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    file = shot(tmp_path)
    wanted = recipe(tmp_path)
    assert run("bake", "--recipe", wanted, "--file", file, "--out", file) == 0
    first = keys(file)
    assert run("bake", "--recipe", wanted, "--file", file, "--out", file) == 0
    assert keys(file) == first
    assert len(bpy.data.actions) == 1


def test_a_takes_stored_recipe_is_a_recipe(tmp_path: Path) -> None:
    rig = subjects.mixamo("Hero")
    subjects.ready(rig)
    bpy.ops.footfall.bake()
    stored = tmp_path / "stored.json"
    stored.write_text(rig.footfall.takes[0].recipe, encoding="utf-8")
    assert run("bake", "--recipe", stored, "--out", tmp_path / "o.blend") == 0


@each(
    ("values", "said"),
    [
        ({"character": "Nobody"}, "There is no character 'Nobody'"),
        ({"curve": "Nowhere"}, "There is no curve 'Nowhere'"),
        ({"sped": 1.0}, "no key 'sped'"),
        ({"speed": "fast"}, "speed must be a number, not 'fast'"),
        ({"speed": [[0.0]]}, "pairs"),
        ({"speed": 50.0}, "speed"),
        ({"speed": float("nan")}, "speed"),
        ({"gait": "moonwalk"}, "gait"),
        ({"seed": True}, "seed"),
        ({"root_motion": "elsewhere"}, "root_motion"),
        ({"model": "octopus"}, "octopus"),
    ],
)
def test_bad_recipes_are_refused_in_a_line(
    tmp_path: Path, values: dict, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shot(tmp_path)
    out = tmp_path / "o.blend"
    assert run("bake", "--recipe", recipe(tmp_path, **values), "--out", out) == 2
    line = capsys.readouterr().err.strip()
    assert said in line
    assert len(line.splitlines()) == 1
    assert not out.exists()


def test_bad_files_are_refused(tmp_path: Path) -> None:
    shot(tmp_path)
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    out = tmp_path / "o.blend"
    assert run("bake", "--recipe", broken, "--out", out) == 2
    assert run("bake", "--recipe", tmp_path / "missing.json", "--out", out) == 2
    assert run("bake", "--recipe", recipe(tmp_path), "--out", tmp_path / "o.bvh") == 2
    missing = tmp_path / "missing.blend"
    assert run("bake", "--recipe", recipe(tmp_path), "--file", missing, "--out", out) == 2
    with pytest.raises(SystemExit) as end:
        run("bake")
    assert end.value.code == 2
