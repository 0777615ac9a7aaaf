# SPDX-License-Identifier: GPL-3.0-or-later
"""Herds: the asked number, all different, never nearer than asked, the same each time."""

import functools
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake_many
from motion_addon.motion.bake.herd import Herd, Member, members
from motion_addon.motion.bake.planning import (
    life_size_plan,
    load_model,
    plan_walk,
    size,
    walked_path,
)
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped
from motion_addon.motion.clip import bvh
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.plan import path
from tests.cases import each
from tests.motion import mixtures

LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 14.0))
CORNER = ((0.0, 0.0, 0.0), (0.0, 0.0, 18.0), (15.0, 1.0, 18.0))
BEND = tuple((float(3.0 * np.sin(z / 4.0)), 0.0, float(z)) for z in np.linspace(0.0, 16.0, 30))
RING = tuple(
    (float(9.0 * np.sin(a)), 0.0, float(9.0 * np.cos(a)))
    for a in np.linspace(0.0, 2.0 * np.pi, 40, endpoint=False)
)
SPACING = 1.5


@pytest.fixture(autouse=True)
def animals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let "quadruped" be a model of random weights."""
    mixtures.write(tmp_path / "models", "top2_blend")
    real = controller_model.load

    @functools.cache
    def load(name: str) -> controller_model.Model:
        return real(name, tmp_path / "models") if name == "quadruped" else real(name)

    monkeypatch.setattr(controller_model, "load", load)


def herd(points: Any = LINE, count: int = 9, **options: Any) -> Herd:
    names = {f.name for f in fields(Herd)}
    ours = {key: options.pop(key) for key in list(options) if key in names}
    request = BakeRequest(**({"path": points, "model": "quadruped"} | options))
    return Herd(request, count=count, **({"spacing": SPACING} | ours))


def tracks(found: tuple[Member, ...], seconds: float = 40.0) -> np.ndarray:
    """Return (N, T, 2) where the planned roots are, every 50 ms."""
    times, out = np.arange(0.0, seconds, 0.05), []
    for member in found:
        model = load_model(member.request)
        scale = size(member.request, model)
        plan = plan_walk(member.request, walked_path(member.request), scale, model.kind.mover)
        plan = life_size_plan(plan, scale)
        frames = member.start + np.arange(len(plan)) / plan.rate
        columns = [np.interp(times, frames, plan.positions[:, axis]) for axis in (0, 2)]
        out.append(np.stack(columns, axis=1))
    return np.stack(out)


def nearest(found: tuple[Member, ...]) -> float:
    """Return the least distance of two roots at any time."""
    at = tracks(found)
    gaps = np.linalg.norm(at[:, None] - at, axis=-1)
    gaps[np.diag_indices(len(at))] = np.inf
    return float(gaps.min())


@each(
    ("points", "options"),
    [
        (LINE, {}),
        (LINE, {"lanes": 1, "count": 6, "speed_jitter": 0.2}),
        (LINE, {"lanes": 9, "speed": 3.0}),
        (BEND, {"count": 30, "seed": 4}),
        (CORNER, {"count": 12, "speed": 2.0}),
        (RING, {"cyclic": True, "start": False, "stop": False, "count": 12, "lanes": 2}),
        (LINE, {"model": "biped", "spacing": 0.9}),
        (LINE, {"hip_height": 0.1, "speed": 0.5, "spacing": None, "start": False}),
    ],
)
def test_they_keep_their_distance(points: Any, options: dict[str, Any]) -> None:
    asked = herd(points, **options)
    found = members(asked)
    assert len(found) == asked.count
    least = 2.6 * 0.1 if asked.spacing is None else asked.spacing
    assert nearest(found) > 0.98 * least
    assert min(member.start for member in found) == 0.0


def test_all_differ_a_little() -> None:
    request = BakeRequest(
        path=LINE, model="quadruped", hip_height=0.8, speed=((0.0, 1.0), (1.0, 2.0))
    )
    found = [m.request for m in members(Herd(request, count=12, spacing=SPACING, seed=2))]
    sizes = np.array([r.hip_height for r in found])
    assert (np.abs(sizes / 0.8 - 1.0) < 0.0601).all()
    assert sizes.std() > 0.01
    speeds = np.array([r.speed for r in found])[:, :, 1]
    assert speeds[:, 1] == pytest.approx(2.0 * speeds[:, 0])
    assert (np.abs(speeds[:, 0] - 1.0) < 0.0601).all()
    for values in (sizes, speeds[:, 0], [r.start_phase for r in found], [r.seed for r in found]):
        assert len(set(np.asarray(values).tolist())) == len(found)
    assert all(replace(r, **{k: getattr(request, k) for k in VARIED}) == request for r in found)


VARIED = ("path", "speed", "hip_height", "start_phase", "seed")


def test_same_seed_same_herd() -> None:
    assert members(herd(seed=3)) == members(herd(seed=3))
    assert members(herd(seed=3)) != members(herd(seed=4))


def test_no_jitter_where_none_is_asked() -> None:
    found = [m.request for m in members(herd(speed_jitter=0.0, size_jitter=0.0))]
    assert {r.speed for r in found} == {1.3}
    assert {r.hip_height for r in found} == {0.56}


def test_one_animal_goes_along_the_path() -> None:
    (only,) = members(herd(BEND, 1))
    drawn = path.Path.from_points(np.array(BEND))
    points = np.array(only.request.path)
    s = np.linspace(0.0, drawn.length, 400)
    gaps = np.linalg.norm(points[:, None] - drawn.position(s), axis=-1).min(axis=1)
    assert gaps.max() < 0.05
    assert points[[0, -1]] == pytest.approx(np.array(BEND)[[0, -1]], abs=0.03)


def test_lanes_lie_around_the_path() -> None:
    at = tracks(members(herd(count=16, lanes=4)))
    middle = at[:, len(at[0]) // 6]
    assert middle[:, 0].mean() == pytest.approx(0.0, abs=0.3)
    assert np.ptp(middle[:, 0]) == pytest.approx(3 * 1.4 * SPACING, rel=0.2)
    assert at[:, -1, 1].max() <= 14.1
    assert at[:, 0, 1].max() <= 0.1


def test_paths_of_their_own() -> None:
    paths = tuple(((3.0 * i, 0.0, 0.0), (9.0 - 3.0 * i, 0.0, 12.0)) for i in range(4))
    found = members(herd(paths[0], 4, paths=paths))
    assert tuple(m.request.path for m in found) == paths
    assert nearest(found) > 0.98 * SPACING
    assert max(m.start for m in found) > 0.5


@each(
    ("options", "word"),
    [
        ({"paths": (LINE, LINE), "count": 2}, "animals 1 and 2 begin 0.00 m"),
        (
            {"paths": (LINE, ((3.0, 0.0, 0.0), (1.0, 0.0, 14.0))), "count": 2},
            "end 1.00 m apart",
        ),
        ({"points": ((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), (0.0, 0.0, 0.0)), "lanes": 5}, "sharply"),
        ({"points": RING, "cyclic": True, "count": 60, "lanes": 1}, "no room for 60"),
        ({"model": "unicorn"}, "unicorn"),
        ({"points": (LINE[0], LINE[0])}, "no length"),
        ({"points": (LINE[0], (0.0, 0.0, 0.01))}, "1 cm is too short for a herd"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(options: dict[str, Any], word: str) -> None:
    with pytest.raises(RefusedError, match=word) as caught:
        members(herd(**options))
    assert "\n" not in str(caught.value)


def test_who_is_in_the_way_is_waited_for_or_said() -> None:
    there, back = ((0.0, 0.0, 0.0), (0.0, 0.0, 14.0)), ((2.0, 0.0, 14.0), (2.0, 0.0, 0.0))
    crossing = (*there[:1], (1.0, 0.0, 7.0), *there[1:]), (*back[:1], (1.0, 0.0, 7.0), *back[1:])
    found = members(herd(count=2, paths=crossing))
    assert abs(found[0].start - found[1].start) > 1.0
    over = ((-30.0, 0.0, 14.0), (3.0, 0.0, 14.0))
    with pytest.raises(RefusedError, match="cannot stay"):
        members(herd(count=2, paths=(there, over), speed=1.0))


BAD: dict[str, list[Any]] = {
    "count": [0, -1, 1.5, True, "9", None, 10**6],
    "paths": [[], "path", [[]], [[[0, 0, 0]]], 3, None, [LINE, [[0, 0, 0], [0, 0, "1"]]]],
    "lanes": [-1, 1.5, True, "2", None],
    "spacing": [0, -1, "1", True, float("nan"), float("inf"), []],
    "seed": [-1, 0.5, True, None],
    "speed_jitter": [-0.1, 0.9, None, True, "0", float("nan")],
    "size_jitter": [-0.1, 0.9, None, True, "0", float("nan")],
}


def test_every_key_is_tried() -> None:
    assert set(BAD) == {f.name for f in fields(Herd)} - {"request"}


@each(("key", "value"), [(k, v) for k, vs in BAD.items() for v in vs])
def test_nonsense_is_refused_in_one_line(key: str, value: Any) -> None:
    with pytest.raises(RefusedError, match=key) as caught:
        Herd.from_json({"path": LINE, "herd": {key: value}})
    assert "\n" not in str(caught.value)


def test_herds_from_json() -> None:
    found = Herd.from_json({"path": LINE, "model": "quadruped", "herd": {"count": 3, "seed": 5}})
    assert found == Herd(BakeRequest(path=LINE, model="quadruped"), count=3, seed=5)
    side = ((4.0, 0.0, 0.0), (4.0, 0.0, 9.0))
    found = Herd.from_json({"herd": {"paths": [LINE, side]}})
    assert (found.count, found.paths, found.request.path) == (2, (LINE, side), LINE)
    for data in ({"path": LINE}, {"path": LINE, "herd": 9}, [], None):
        with pytest.raises(RefusedError, match="herd"):
            Herd.from_json(data)  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match="cuont"):
        Herd.from_json({"path": LINE, "herd": {"cuont": 3}})
    with pytest.raises(RefusedError, match="3 paths"):
        herd(count=3, paths=(LINE, side))


def test_a_herd_is_baked_where_it_was_planned() -> None:
    found = members(herd(count=4, lanes=2))
    at = tracks(found)
    for i, (member, result) in enumerate(
        zip(found, bake_many([m.request for m in found]), strict=True)
    ):
        points = quadruped.paw_points(result.clip)[:, :, [0, 2]].mean(axis=1)
        times = member.start + np.arange(len(points)) / result.clip.fps
        planned = at[i][np.minimum((times / 0.05).astype(int), len(at[i]) - 1)]
        assert np.linalg.norm(points - planned, axis=-1).max() < 0.6


def test_the_command_writes_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, out = tmp_path / "herd.json", tmp_path / "out"
    data = {"path": LINE, "model": "quadruped", "speed": 3.0, "herd": {"count": 3, "seed": 1}}
    file.write_text(json.dumps(data), encoding="utf-8")
    assert main(["herd", str(file), "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {"1.bvh", "2.bvh", "3.bvh", "herd.json"}
    rows = json.loads((out / "herd.json").read_text(encoding="utf-8"))["animals"]
    for row in rows:
        assert bvh.read(out / row["file"]).frames == row["report"]["frames"]
        assert row["start"] >= 0.0
    assert "3 animals" in capsys.readouterr().out
    file.write_text(json.dumps(data | {"herd": {"count": 0}}), encoding="utf-8")
    assert main(["herd", str(file), "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()
    assert len(capsys.readouterr().err.splitlines()) == 1
