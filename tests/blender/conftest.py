# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender tier: the real zip, built, installed and enabled once, and an empty file for each test.

The extension goes through Blender's own builder and installer into a throw-away user folder, so
these tests see what an artist gets; the repository's own code is not on the way.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Blender reads it while it starts, that is at its import.
USER_RESOURCES = tempfile.TemporaryDirectory(prefix="footfall-test-", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = USER_RESOURCES.name

bpy = pytest.importorskip("bpy")

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "user_default"
MODULE = f"bl_ext.{REPOSITORY}.footfall"


def pytest_unconfigure() -> None:
    """Remove the user folder; the exit that follows runs no clean-up of its own."""
    USER_RESOURCES.cleanup()


class Builder:
    """Blender's command line for extensions; a plain script that needs no running Blender."""

    def __init__(self) -> None:
        scripts = Path(bpy.utils.system_resource("SCRIPTS"))
        self._tool = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
        self._tags = scripts / "modules/_bpy_internal/extensions/tags.py"

    def run(self, command: str, *arguments: str) -> str:
        """Run `build` or `validate`; return what it printed, or fail the test with it."""
        line = [sys.executable, str(self._tool), command, f"--valid-tags={self._tags}", *arguments]
        reply = subprocess.run(line, capture_output=True, text=True)
        assert reply.returncode == 0, reply.stdout + reply.stderr
        return reply.stdout


@pytest.fixture(scope="session")
def builder() -> Builder:
    """Blender's builder and validator."""
    return Builder()


@pytest.fixture(scope="session")
def extension_zip(builder: Builder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip an artist would install."""
    folder = tmp_path_factory.mktemp("dist")
    builder.run("build", f"--source-dir={ROOT}", f"--output-dir={folder}")
    (archive,) = folder.glob("footfall-*.zip")
    return archive


@pytest.fixture(scope="session")
def installed(extension_zip: Path) -> str:
    """Install the zip and enable it; return the name of the add-on's module."""
    result = bpy.ops.extensions.package_install_files(
        filepath=str(extension_zip), repo=REPOSITORY, enable_on_install=True
    )
    assert result == {"FINISHED"}
    assert MODULE in bpy.context.preferences.addons
    return MODULE


@pytest.fixture(autouse=True)
def empty_file(installed: str) -> None:
    """Start each test in an empty file with the extension enabled."""
    if installed not in bpy.context.preferences.addons:
        bpy.ops.preferences.addon_enable(module=installed)
    bpy.ops.wm.read_homefile(use_empty=True)
