# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension: the contents of the zip, installing, enabling and removing it."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[2]
# Runs in a separate Blender: lists the modules and files that enabling imports and opens.
ENABLE = """
import importlib, json, os, sys
import bpy

opened, before = [], set(sys.modules)
sys.addaudithook(lambda name, args: opened.append(str(args[0])) if name == "open" else None)
importlib.import_module(sys.argv[1]).register()
print(json.dumps({
    "enabled": hasattr(bpy.types.Scene, "footfall"),
    "modules": sorted(set(sys.modules) - before),
    "models": [path for path in opened if "/models/" in path.replace(os.sep, "/")],
}), flush=True)
os._exit(0)
"""


def test_zip_is_valid(builder, extension_zip: Path) -> None:
    builder.run("validate", str(extension_zip))
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert extension_zip.name == f"footfall-{manifest['version']}.zip"
    assert "wheels" not in manifest
    assert set(manifest.get("permissions", {})) <= {"files"}


def test_zip_holds_only_the_addon(extension_zip: Path) -> None:
    with zipfile.ZipFile(extension_zip) as archive:
        names = archive.namelist()
    roots = {name.split("/")[0] for name in names}
    pages = {"README.md", "LICENSE", "CHANGELOG.md"}
    assert roots <= {"blender_manifest.toml", "__init__.py", "motion_addon", "models", *pages}
    assert {"blender_manifest.toml", "__init__.py", "LICENSE"} <= roots
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".whl"))]
    assert [name for name in names if name.startswith("models/")], "the zip has no model"


def test_enabled_through_the_extension_route(installed: str) -> None:
    module = sys.modules[installed]
    assert bpy.utils.user_resource("EXTENSIONS") in module.__file__
    assert hasattr(bpy.types.Scene, "footfall")


def test_enabling_is_light(installed: str) -> None:
    command = [sys.executable, "-c", ENABLE, installed]
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    reply = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert reply.returncode == 0, reply.stderr
    found = json.loads(reply.stdout.strip().splitlines()[-1])
    assert found["enabled"]
    assert not found["models"], "enabling opened a model"
    heavy = {"torch", "scipy", "matplotlib", "PIL", "pandas"}
    assert not heavy & {name.split(".")[0] for name in found["modules"]}
    core = [
        name for name in found["modules"] if name.startswith(f"{installed}.motion_addon.motion.")
    ]
    assert not core, "enabling imported the motion core"


def test_disable_and_enable_again(installed: str) -> None:
    for _ in range(3):
        assert bpy.ops.preferences.addon_disable(module=installed) == {"FINISHED"}
        assert not hasattr(bpy.types.Scene, "footfall")
        assert not [name for name in dir(bpy.types) if name.startswith("FOOTFALL_")]
        assert bpy.ops.preferences.addon_enable(module=installed) == {"FINISHED"}
        assert hasattr(bpy.types.Scene, "footfall")


def test_uninstall_leaves_nothing(installed: str, extension_zip: Path) -> None:
    folder = Path(sys.modules[installed].__file__).parent
    repositories = bpy.context.preferences.extensions.repos
    index = next(i for i, repo in enumerate(repositories) if repo.module == "user_default")
    try:
        bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="footfall")
        assert not folder.exists()
        assert installed not in bpy.context.preferences.addons
        assert not hasattr(bpy.types.Scene, "footfall")
    finally:
        bpy.ops.extensions.package_install_files(
            filepath=str(extension_zip), repo="user_default", enable_on_install=True
        )
    assert hasattr(bpy.types.Scene, "footfall")
