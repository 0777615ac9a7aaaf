# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request with an exemplar to a motion of the exemplar's own skeleton.

The controller is a small one of random weights: what it does is not looked at here.
"""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model
from motion_addon.motion.controller.gait_profile import GaitProfile
from motion_addon.motion.creature.adaptation import creature_files
from motion_addon.motion.creature.own_rig.own_motion import OwnMotion
from motion_addon.motion.maths import quat
from motion_addon.motion.nn import weights
from tests.cases import each
from tests.motion import mixtures
from tests.motion.beasts import stepping

SIZE = 0.4
WALK = (0.0, 0.25, 0.5, 0.75)
PATH = [[0, 0, 0], [0, 0, 1.5], [0.5, 0, 2.5]]


def in_file(place: Path, turned: float = 0.0) -> Clip:
    """Write a walk of the beast, turned about the vertical, and return what the file holds."""
    clip = stepping(SIZE, 1.4, 0.7, WALK)
    turn = quat.yaw(np.float32(turned)).astype(np.float32)
    rotations = clip.rotations.copy()
    rotations[:, 0] = quat.mul(turn, rotations[:, 0])
    clip = replace(clip, rotations=rotations, root_positions=quat.apply(turn, clip.root_positions))
    bvh.write(place, clip)
    return bvh.read(place)


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Adapt to any exemplar at once, with random weights; returns those that were adapted to."""
    random = model.load("quadruped", mixtures.write(tmp_path / "models"))
    seen: list[Any] = []

    def adapt(exemplar: Any) -> Any:
        seen.append(exemplar)
        phase = np.arange(exemplar.clip.frames) / (60.0 * exemplar.footfalls.stride)
        own = OwnMotion.of(exemplar, phase)
        assert own is not None
        return SimpleNamespace(
            name=exemplar.name,
            skeleton=exemplar.clip.skeleton,
            hip_height=exemplar.hip_height,
            gait=exemplar.footfalls.gait,
            speed=exemplar.speed,
            own_motion=own.to_arrays(),
        )

    def model_of(creature: Any, manner: float) -> model.Model:
        size = creature.hip_height / random.hip_height
        profile = GaitProfile(gait=creature.gait, speed=creature.speed)
        return replace(random, skeleton=creature.skeleton, natural_size=size, gait_profile=profile)

    monkeypatch.setattr(creature_files, "adapt", adapt)
    monkeypatch.setattr(creature_files, "model_of", model_of)
    return seen


def asked(folder: Path, **more: Any) -> dict[str, Any]:
    """Return a request, written beside its exemplar."""
    data = {"model": "creature", "exemplar": "walk.bvh", "path": PATH, "speed": 0.7, **more}
    (folder / "request.json").write_text(json.dumps(data), encoding="utf-8")
    return data


def test_the_command_line_writes_the_exemplar_s_own_skeleton(
    adapted: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exemplar = in_file(tmp_path / "walk.bvh")
    asked(tmp_path, fps=24, gait="trot", speed=2.0)
    out = tmp_path / "out.bvh"
    line = ["bake", str(tmp_path / "request.json"), "--out", str(out)]
    assert main([*line, "--report", str(tmp_path / "card.json")]) == 0
    clip = bvh.read(out)
    assert clip.fps == 24.0
    assert clip.skeleton.names == exemplar.skeleton.names
    assert clip.skeleton.parents.tolist() == exemplar.skeleton.parents.tolist()
    assert np.allclose(clip.skeleton.offsets, exemplar.skeleton.offsets, atol=2e-5)
    assert clip.root_positions[0, [0, 2]] == pytest.approx([0.0, 0.0], abs=0.3)
    assert clip.root_positions[-1, [0, 2]] == pytest.approx([0.5, 2.5], abs=0.3)
    assert "The exemplar is a walk at Froude" in capsys.readouterr().out
    card = json.loads((tmp_path / "card.json").read_text(encoding="utf-8"))
    assert card["exemplar"]["gait"] == "walk"
    assert card["warnings"][-1].endswith("a trot is extrapolated.")
    assert len(adapted) == 1


def test_what_the_exemplar_faces_makes_no_difference(adapted: list[Any], tmp_path: Path) -> None:
    places = []
    for name, turned in (("a.bvh", 0.0), ("b.bvh", 2.0)):
        in_file(tmp_path / name, turned)
        request = BakeRequest.from_json(asked(tmp_path, exemplar=str(tmp_path / name)))
        result = bake(request)
        places.append(result.written_clip.world()[1])
    assert np.abs(places[0] - places[1]).max() < 0.03 * SIZE


def test_one_exemplar_is_adapted_to_once(adapted: list[Any], tmp_path: Path) -> None:
    in_file(tmp_path / "walk.bvh")
    data = asked(tmp_path, exemplar=str(tmp_path / "walk.bvh"))
    for gait in ("walk", "trot"):
        bake(BakeRequest.from_json(data | {"gait": gait}))
    assert len(adapted) == 1
    (tmp_path / "walk.bvh").write_text(
        (tmp_path / "walk.bvh").read_text(encoding="utf-8") + "\n", encoding="utf-8"
    )
    bake(BakeRequest.from_json(data))
    assert len(adapted) == 2


def test_a_herd_of_creatures_has_skeletons_of_its_sizes(adapted: list[Any], tmp_path: Path) -> None:
    in_file(tmp_path / "walk.bvh")
    asked(tmp_path, herd={"count": 2, "seed": 1, "size_jitter": 0.2})
    line = ["herd", str(tmp_path / "request.json"), "--out", str(tmp_path / "herd")]
    assert main(line) == 0
    sizes = {
        float(np.abs(bvh.read(path).skeleton.offsets).max())
        for path in (tmp_path / "herd").glob("*.bvh")
    }
    assert len(sizes) == 2
    assert len(adapted) == 1


def test_a_cycle_is_as_like_the_exemplar_throughout(adapted: list[Any], tmp_path: Path) -> None:
    in_file(tmp_path / "walk.bvh")
    data = asked(tmp_path, exemplar=str(tmp_path / "walk.bvh"), gait="walk")
    speed = (
        creature_files.load_creature(str(tmp_path / "walk.bvh")).creature.speed
        * (SIZE / 0.56) ** 0.5
    )
    loop = cycle(BakeRequest.from_json(data | {"speed": round(speed, 2)}))
    assert loop.exemplar_match is not None
    assert loop.exemplar_match.similarity == pytest.approx(np.ones(loop.clip.frames), abs=0.05)


@each(
    ("more", "told"),
    [
        ({"exemplar": "gone.bvh"}, "cannot be read"),
        ({"exemplar": "empty.bvh"}, "empty.bvh is not a readable BVH"),
        ({"exemplar": "human.bvh"}, "human.bvh: "),
        ({"exemplar": "walk.bvh", "legs": {leg: ["a", "b"] for leg in ("LH", "LF")}}, "legs must"),
        ({"exemplar": "walk.bvh", "speed": 9.0}, "speed"),
        ({"exemplar": "walk.bvh", "gait": "jog"}, "no gait"),
    ],
)
def test_what_cannot_be_met_is_told_in_one_line(
    adapted: list[Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: dict[str, Any],
    told: str,
) -> None:
    in_file(tmp_path / "walk.bvh")
    (tmp_path / "empty.bvh").write_text("", encoding="utf-8")
    human = model.load("biped").skeleton
    still = np.tile(quat.IDENTITY, (60, len(human), 1)).astype(np.float32)
    bvh.write(tmp_path / "human.bvh", Clip(human, still, np.zeros((60, 3), np.float32), 30.0))
    asked(tmp_path, **more)
    line = ["bake", str(tmp_path / "request.json"), "--out", str(tmp_path / "out.bvh")]
    assert main(line) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out.bvh").exists()


def test_a_creature_that_ships_is_written_on_the_canonical_skeleton(tmp_path: Path) -> None:
    asked(tmp_path, exemplar=str(weights.FOLDER / "creatures" / "cow.npz"), speed=1.2)
    line = ["bake", str(tmp_path / "request.json"), "--out", str(tmp_path / "out.bvh")]
    assert main(line) == 0
    assert set(bvh.read(tmp_path / "out.bvh").skeleton.names) == set(quadruped.JOINTS)


def test_a_damaged_creature_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fox.npz").write_bytes(b"PK\x03\x04 no creature")
    with pytest.raises(RefusedError, match="creature"):
        creature_files.load_creature(str(tmp_path / "fox.npz"))
