# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills Blender while it bakes and saves: `python -m tests.blender.fuzz.kill ZIP --kills 50`.

A child process bakes a take again and saves, in a loop, until it is killed. The file must then
open, and be the one before or the one after a save.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
WAYS = ("save", "command")
"""Ctrl-S after Bake Again, and the command line of the extension."""
SPEEDS = (1.1, 1.6)
LONGEST = 2.0
"""Seconds after which the child is killed at the latest."""


def prepare(folder: Path) -> Path:
    """Save a file with a rig, an action of the artist's and a path; returns it."""
    import bpy

    from tests.blender import subjects

    bpy.ops.wm.read_homefile(use_empty=True)
    rig = subjects.mixamo("Hero")
    subjects.ready(rig, subjects.path((0, 0, 0), (0, -1.2, 0)))
    rig.keyframe_insert("location", frame=1)
    rig.animation_data.action.name = "Artist"
    file = folder / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    return file


def turn(file: Path, way: str, number: int) -> None:
    """Bake the take again and save the file."""
    import bpy

    from tests.blender import subjects

    speed = SPEEDS[number % 2]
    if way == "save":
        bpy.ops.wm.open_mainfile(filepath=str(file))
        rig = bpy.data.objects["Hero"]
        bpy.context.scene.footfall.speed = speed
        bake = bpy.ops.footfall.rebake_take if rig.footfall.takes else bpy.ops.footfall.bake
        assert bake() == {"FINISHED"}
        bpy.ops.wm.save_mainfile()
        return
    recipe = file.with_name("walk.json")
    values = {"character": "Hero", "curve": "Path", "start": False, "stop": False, "speed": speed}
    recipe.write_text(json.dumps(values), encoding="utf-8")
    main = subjects.addon("blender.bake.cli").main
    line = ["bake", "--recipe", str(recipe), "--file", str(file), "--out", str(file)]
    assert main([*line, "--report", str(file.with_name("card.json"))]) == 0


def content(file: Path) -> str:
    """Return what a file holds, as text: its takes and all keys. Fails if it does not open."""
    import bpy

    from .image import keys_of

    bpy.ops.wm.open_mainfile(filepath=str(file))
    rig = bpy.data.objects["Hero"]
    takes = [(take.name, take.action.name) for take in rig.footfall.takes]
    assert bpy.data.actions["Artist"].users > 0
    return repr((takes, {action.name: keys_of(action) for action in bpy.data.actions}))


def kill_one(archive: Path, file: Path, way: str, seconds: float) -> None:
    """Start a child, and kill it some seconds after it began to bake and save."""
    line = [sys.executable, "-m", "tests.blender.fuzz.kill", str(archive), "--child", way]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = os.environ | {"TMPDIR": folder, "BLENDER_USER_RESOURCES": folder}
        with subprocess.Popen(
            [*line, "--file", str(file)], cwd=ROOT, env=environment, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            ready = any(text.strip() == b"ready" for text in child.stdout)
            assert ready, f"the child could not bake and save: exit status {child.wait()}"
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)


def check(archive: Path, folder: Path, kills: int, seed: int = 0) -> None:
    """Kill children at random times; each file left behind must be an old or a new one."""
    rng = random.Random(seed)
    for way in WAYS:
        (place := folder / way).mkdir()
        file = prepare(place)
        known = {content(file)}
        for number in range(3):
            turn(file, way, number)
            known.add(content(file))
        assert len(known) == 1 + len(SPEEDS)
        for number in range(kills):
            kill_one(archive, file, way, rng.uniform(0.0, LONGEST))
            assert content(file) in known, f"kill {number} of '{way}' left a file of its own"
        turn(file, way, 0)
        left = sorted(path.name for path in place.iterdir())
        assert not [name for name in left if name.startswith(".")], left


def child(archive: str, file: Path, way: str) -> None:
    """Bake and save until killed."""
    from .worker import install

    install(archive)
    turn(file, way, 0)
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        turn(file, way, number)


def main() -> None:
    """Run the checks, or the loop of a child."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", help="zip of the extension")
    parser.add_argument("--kills", type=int, default=25, help="kills of each way to save")
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.archive, given.file, given.child)
        return
    from .worker import install

    with tempfile.TemporaryDirectory(prefix="footfall-kill-") as folder:
        os.environ["BLENDER_USER_RESOURCES"] = folder
        install(given.archive)
        (shots := Path(folder) / "shots").mkdir()
        check(Path(given.archive), shots, given.kills)
    print(f"{given.kills * len(WAYS)} kills: each file opened, and was the old or the new one")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
