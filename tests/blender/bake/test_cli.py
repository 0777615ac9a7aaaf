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
        ({"keys": "sparse", "tolerance": -1.0}, "tolerance must lie between"),
        ({"keys": "sparse", "tolerance": 0}, "tolerance must lie between"),
        ({"frame_start": 10**9}, "frame_start must be at most 1048574"),
        ({"frame_start": 1_048_570}, "after Blender's last, 1048574"),
        ({"from_the_future": 1}, "a newer Footfall made it"),
        ({"styles": [{"name": "old", "strength": [[1, "x"]]}]}, "strength"),
        ({"styles": [{"strength": 1}]}, "style"),
        ({"creature": "x", "model": "quadruped"}, "Hero"),
        ({"spot": [0, 0, 0]}, "spot"),
        ({"character": "\ud800"}, "characters"),
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


def test_bad_places_are_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, wanted, out = shot(tmp_path), recipe(tmp_path), tmp_path / "o.blend"
    junk, deep, listed = (tmp_path / name for name in ("junk.blend", "deep.json", "list.json"))
    junk.write_bytes(b"BLENDER-v405" + bytes(range(256)) * 50)
    deep.write_text("[" * 100_000, encoding="utf-8")
    listed.write_text("[1, 2]", encoding="utf-8")
    folder = tmp_path / "folder.blend"
    folder.mkdir()
    before = {path.name for path in tmp_path.iterdir()}
    for arguments in (
        ("--recipe", wanted, "--file", junk, "--out", out),
        ("--recipe", wanted, "--file", wanted, "--out", out),
        ("--recipe", wanted, "--file", folder, "--out", out),
        ("--recipe", wanted, "--file", file, "--out", folder),
        ("--recipe", wanted, "--file", file, "--out", wanted / "o.blend"),
        ("--recipe", wanted, "--file", file, "--out", out, "--report", folder),
        ("--recipe", wanted, "--file", file, "--out", out, "--report", wanted / "card.json"),
        ("--recipe", wanted, "--file", file, "--out", out, "--report", out),
        ("--recipe", deep, "--file", file, "--out", out),
        ("--recipe", listed, "--file", file, "--out", out),
        ("--recipe", folder, "--file", file, "--out", out),
    ):
        assert run("bake", *arguments) == 2, arguments
        said = [line for line in capsys.readouterr().err.splitlines() if "footfall:" in line]
        assert len(said) == 1 and "Errno" not in said[0]
        assert {path.name for path in tmp_path.iterdir()} == before
    assert not list(folder.iterdir())


def test_a_file_that_cannot_be_saved_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shot(tmp_path)
    out, card = tmp_path / "new" / "o.blend", tmp_path / "new" / "card.json"

    def fail(part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError("Disk full")

    monkeypatch.setattr(subjects.addon("blender.bake.cli"), "_save", fail)
    assert run("bake", "--recipe", recipe(tmp_path), "--out", out, "--report", card) == 2
    assert not list(out.parent.iterdir())


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
