# SPDX-License-Identifier: GPL-3.0-or-later
"""An option is added in one place: one more field brings its key, property, limits and schema."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
OPTION = """
    swagger: float = number(
        0.25, "Swagger", "How far the hips swing aside", low=0.0, high=2.0, panel={"step": 5}
    )
"""
SCRIPT = """
import json, os
from types import SimpleNamespace
import bpy
from motion_addon import blender
from motion_addon.blender.bake import scene_request
from motion_addon.blender.keys.recipe import Recipe
from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.request import BakeRequest

blender.register()
scene = bpy.context.scene
shown = scene.footfall.bl_rna.properties["swagger"]
rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
scene.footfall.swagger = 1.5
recipe = scene_request.from_settings(scene.footfall, rig, cycle=True)
size = SimpleNamespace(height=1.8, hip_height=None, meters=1.0)
request = scene_request.request(recipe, scene, size)
scene.footfall.swagger = 0.0
scene_request.to_settings(Recipe.from_json(recipe.to_json()), scene)
try:
    refused = BakeRequest.from_json({**request.to_json(), "swagger": 3.0})
except RefusedError as error:
    refused = str(error)
main(["options"])
print(json.dumps({
    "property": [shown.name, shown.description, shown.hard_max, shown.default, shown.step],
    "recipe": recipe.to_json()["swagger"], "request": request.swagger, "refused": refused,
    "again": scene.footfall.swagger, "default": Recipe().swagger,
}), flush=True)
os._exit(0)
"""


def test_an_option_is_added_in_one_place(tmp_path: Path) -> None:
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "motion_addon", tmp_path / "motion_addon", ignore=without)
    page = tmp_path / "motion_addon" / "options" / "bake.py"
    page.write_text(page.read_text(encoding="utf-8") + OPTION, encoding="utf-8")
    reply = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert reply.returncode == 0, reply.stderr
    *page_lines, last = reply.stdout.strip().splitlines()
    found = json.loads(last)
    assert found["property"] == ["Swagger", "How far the hips swing aside", 2.0, 0.25, 5.0]
    assert (found["recipe"], found["request"], found["again"]) == (1.5, 1.5, 1.5)
    assert found["default"] == 0.25
    assert found["refused"] == "swagger must lie between 0 and 2, not 3"
    row = "| `swagger` | number from 0 to 2 | `0.25` | all | How far the hips swing aside |"
    assert page_lines.count(row) == 2
