# SPDX-License-Identifier: GPL-3.0-or-later
"""Golden bakes of the core: requests of many kinds give the stored motion and figures.

Requests are JSON, as on the command line, so that this file depends on few modules.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.clip import bvh
from tests import goldens
from tests.motion.beasts import stepping

CREATURES = Path(__file__).resolve().parents[2] / "models" / "creatures"
CURVE = [[0, 0, 0], [0, 0, 1.2], [0.4, 0, 2.2], [1.3, 0, 2.8]]
AHEAD = [[0, 0, 0], [0, 0, 3]]
WALK = (0.0, 0.25, 0.5, 0.75)

BAKES: dict[str, dict[str, Any]] = {
    "biped-curve": {
        "path": CURVE,
        "speed": 1.2,
        "seed": 3,
        "style": {"name": "old", "strength": [[0.0, 0.2], [2.0, 1.0]]},
    },
    "biped-turn": {
        "path": [[0, 0, 0], [0, 0, 0.03]],
        "facing": {"yaw": 120},
        "speed": 0.8,
    },
    "biped-sideways": {
        "path": AHEAD,
        "facing": {"look_at": [3, 1.5, 2]},
        "speed": [[0.0, 0.8], [1.0, 2.6]],
        "height": 1.4,
        "fps": 24,
        "stop": False,
        "cleanup": False,
    },
    "animal-trot": {
        "model": "quadruped",
        "path": [[0, 0, 0], [0, 0, 4], [0.5, 0, 6]],
        "gait": "trot",
        "speed": 1.8,
        "footfalls": [
            {"paw": "LF", "at": 2.03, "to": 2.1, "optional": True},
            {"paw": "RH", "at": 2.63, "lift": 2.92, "optional": True},
        ],
    },
    "animal-gallop": {
        "model": "quadruped",
        "path": [[0, 0, 0], [0, 0, 5], [1.5, 0, 9]],
        "speed": [[0.0, 0.9], [0.3, 1.0], [0.6, 4.5]],
        "hip_height": 0.7,
        "lead": "left",
        "follow_through": 1.0,
        "gaze": [[3, 1, 6], [0, 0.2, 6]],
        "gaze_strength": 0.8,
        "experts": [1, 1, 0.8, 1, 1, 1.2, 1, 1],
        "stop": False,
    },
    "animal-style": {
        "model": "quadruped",
        "path": AHEAD,
        "speed": 0.9,
        "style": [{"name": "limp"}, {"name": "alert", "strength": 0.5}],
        "start": False,
        "seed": 2,
    },
    "creature-stored": {
        "model": "creature",
        "exemplar": str(CREATURES / "fox.npz"),
        "path": CURVE,
        "speed": 1.1,
        "manner": 1.2,
    },
}
CYCLES: dict[str, dict[str, Any]] = {
    "biped-cycle": {"path": AHEAD, "speed": 2.4, "style": {"name": "march"}},
    "animal-cycle": {"model": "quadruped", "path": AHEAD, "speed": 3.0, "gait": "canter"},
}


def of(result: BakeResult) -> dict[str, np.ndarray]:
    """Return the result of a bake as arrays."""
    clip, arrays = result.clip, {"phase": result.phase}
    if clip.contacts is not None:
        arrays["contacts"] = clip.contacts.astype(np.float32)
    arrays |= {"rotations": clip.rotations, "places": clip.root_positions}
    return arrays | goldens.flat({"fps": clip.fps, "report": goldens.figures(result.report)})


def in_file(place: Path) -> dict[str, np.ndarray]:
    """Return the motion of a BVH file as arrays."""
    clip = bvh.read(place)
    skeleton = [np.array(clip.skeleton.names), clip.skeleton.offsets.ravel()]
    moves = {"rotations": clip.rotations, "places": clip.root_positions}
    return {"names": skeleton[0], "offsets": skeleton[1], "fps": np.array([clip.fps]), **moves}


def command(folder: Path, verb: str, request: dict[str, Any], out: str) -> Path:
    """Run the command line and return the file or folder it wrote."""
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    line = [verb, str(folder / "request.json"), "--out", str(folder / out)]
    card = ["--report", str(folder / "card.json")] if verb == "bake" else []
    assert main([*line, *card]) == 0
    return folder / out


@pytest.mark.parametrize("name", BAKES)
def test_bake(name: str) -> None:
    goldens.check(name, of(bake(BakeRequest.from_json(BAKES[name]))))


@pytest.mark.parametrize("name", CYCLES)
def test_cycle(name: str) -> None:
    goldens.check(name, of(cycle(BakeRequest.from_json(CYCLES[name]))))


def test_creature_of_an_exemplar(tmp_path: Path) -> None:
    bvh.write(tmp_path / "walk.bvh", stepping(0.4, 1.4, 0.7, WALK).slice(0, 180))
    asked = {"model": "creature", "exemplar": "walk.bvh", "path": AHEAD, "speed": 0.7, "fps": 24}
    made = in_file(command(tmp_path, "bake", asked, "out.bvh"))
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    goldens.check("creature-exemplar", made | goldens.flat(goldens.figures(card)))


def test_herd(tmp_path: Path) -> None:
    asked = {"model": "quadruped", "path": [[0, 0, 0], [0, 0, 3]], "speed": 1.2, "fps": 24}
    many = {"count": 3, "lanes": 2, "seed": 4}
    folder = command(tmp_path, "herd", asked | {"herd": many}, "herd")
    card = json.loads((folder / "herd.json").read_text(encoding="utf-8"))
    arrays = goldens.flat(goldens.figures(card))
    for place in sorted(folder.glob("*.bvh")):
        arrays |= {f"{place.stem} {key}": value for key, value in in_file(place).items()}
    goldens.check("herd", arrays)


def person(folder: Path) -> None:
    asked = {"path": [[0, 0, 0], [0, 0, 2.5]], "speed": 1.3, "start": False, "stop": False}
    command(folder, "bake", asked, "keys.bvh")


def dog(folder: Path) -> None:
    asked = {"model": "quadruped", "path": [[0, 0, 0], [0, 0, 4]], "speed": 1.8, "start": False}
    command(folder, "bake", asked | {"stop": False}, "keys.bvh")


def beast(folder: Path) -> None:
    bvh.write(folder / "keys.bvh", stepping(0.9, 1.0, 0.7, WALK).slice(0, 140).resample(30.0))


MAKERS = {"person": person, "dog": dog, "beast": beast}
GAPS: dict[str, dict[str, Any]] = {
    "keep": {"keep": [[0, 9], [25, 27], [45, 49]], "seed": 2},
    "loop": {"loop": True, "seam": 12},
    "then": {"then": "keys.bvh", "seam": 10},
}


@pytest.mark.parametrize("who", MAKERS)
def test_fill(who: str, tmp_path: Path) -> None:
    maker: Callable[[Path], None] = MAKERS[who]
    maker(tmp_path)
    short = bvh.read(tmp_path / "keys.bvh").slice(0, 50)
    bvh.write(tmp_path / "keys.bvh", short)
    arrays = {}
    for kind, gaps in GAPS.items():
        asked = {"model": "biped" if who == "person" else "quadruped", "clip": "keys.bvh", **gaps}
        made = in_file(command(tmp_path, "inbetween", asked, f"{kind}.bvh"))
        arrays |= {f"{kind} {key}": value for key, value in made.items()}
    goldens.check(f"fill-{who}", arrays)
