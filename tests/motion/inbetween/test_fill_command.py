# SPDX-License-Identifier: GPL-3.0-or-later
"""``inbetween`` on the command line: a BVH file with its gaps filled, or one clear line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.clip import bvh
from motion_addon.motion.inbetween import model
from motion_addon.motion.inbetween.request import FillRequest
from tests.cases import each
from tests.motion.fillers import filler
from tests.motion.walks import SKELETON, any_clip

KEYS: dict[str, Any] = {"model": "biped", "clip": "keys.bvh", "keep": [[0, 9], [30, 39]]}


@pytest.fixture(autouse=True)
def unlearned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill with a network that has learned nothing."""
    real = model.load_filler
    some = filler(SKELETON)
    monkeypatch.setattr(model, "load_filler", lambda body: some if body == "biped" else real(body))


def run(folder: Path, request: object) -> int:
    bvh.write(folder / "keys.bvh", any_clip(1, 40, 30.0))
    text = request if isinstance(request, str) else json.dumps(request)
    (folder / "request.json").write_text(text, encoding="utf-8")
    return main(["inbetween", str(folder / "request.json"), "--out", str(folder / "out.bvh")])


def test_fills_what_is_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, KEYS) == 0
    out, err = capsys.readouterr()
    assert (out.startswith("20 of 40 frames filled"), err) == (True, "")
    keys, filled = bvh.read(tmp_path / "keys.bvh"), bvh.read(tmp_path / "out.bvh")
    known = FillRequest.from_json(KEYS).known(40)
    assert (filled.frames, filled.fps) == (40, 30.0)
    for a, b in zip(keys.world(), filled.world(), strict=True):
        assert a[known] == pytest.approx(b[known], abs=1e-4)
    assert np.abs(keys.world()[1] - filled.world()[1])[~known].max() > 0.01
    assert {path.name for path in tmp_path.iterdir()} == {"keys.bvh", "out.bvh", "request.json"}


def test_seeds_and_feet_are_choices(tmp_path: Path) -> None:
    found = []
    for more in ({}, {"seed": 4}, {"lock": False}):
        assert run(tmp_path, KEYS | more) == 0
        found.append(bvh.read(tmp_path / "out.bvh").rotations)
    assert not np.allclose(found[0], found[1], atol=1e-4)


@each(
    ("change", "text"),
    [
        ({"keep": [[0, 9], [30, 40]]}, "Frame 40 of keep is beyond"),
        ({"keep": [[0, 39]]}, "no gap"),
        ({"keep": [[3, 9], [30, 39]]}, "first and the last"),
        ({"keep": []}, "must be a list"),
        ({"keep": [[9, 0]]}, "earlier to a later"),
        ({"keep": [[0, 9, 10]]}, "two whole numbers"),
        ({"keep": [[0.5, 9]]}, "two whole numbers"),
        ({"clip": 3}, "clip must be a file name"),
        ({"clip": "none.bvh"}, "none.bvh"),
        ({"clip": "request.json"}, "not a readable BVH"),
        ({"model": "dragon"}, "no model that fills gaps in the motion of a dragon"),
        ({"seed": -1}, "seed"),
        ({"lock": 1}, "lock"),
        ({"speed": 1}, "no key 'speed'"),
        ({"loop": True}, "keep or loop, not both"),
        ({"keep": [], "loop": True, "then": "keys.bvh"}, "then or loop, not both"),
        ({"keep": [], "loop": True, "seam": 30}, "too short for a transition of 30"),
        ({"keep": [], "loop": True, "seam": 1.5}, "seam"),
        ({"keep": [], "then": 3}, "then must be a file name"),
        ({"keep": [], "then": "none.bvh"}, "none.bvh"),
    ],
)
def test_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], text: str
) -> None:
    assert run(tmp_path, KEYS | change) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert text in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out.bvh").exists()


def test_loop_and_stitch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clip = {"model": "biped", "clip": "keys.bvh"}
    assert run(tmp_path, {**clip, "loop": True, "seam": 8}) == 0
    looped = bvh.read(tmp_path / "out.bvh")
    assert looped.frames == 40
    assert looped.rotations[-1, 1:] == pytest.approx(looped.rotations[0, 1:], abs=1e-4)
    assert run(tmp_path, {**clip, "then": "keys.bvh", "seam": 6, "stay": True}) == 0
    keys, both = bvh.read(tmp_path / "keys.bvh"), bvh.read(tmp_path / "out.bvh")
    assert both.frames == 86
    assert both.world()[1][46:] == pytest.approx(keys.world()[1], abs=1e-4)
    assert capsys.readouterr().out.startswith("8 of 40 frames filled")


@each("text", ["[]", "{", "3"])
def test_no_request(tmp_path: Path, text: str) -> None:
    assert run(tmp_path, text) == 2


def test_request_there_and_back() -> None:
    request = FillRequest.from_json(KEYS)
    for one in (request, FillRequest("a.bvh", loop=True), FillRequest("a.bvh", then="b.bvh")):
        assert FillRequest.from_json(json.loads(json.dumps(one.to_json()))) == one
    with pytest.raises(RefusedError, match="keep"):
        FillRequest.from_json({"clip": "keys.bvh"})
