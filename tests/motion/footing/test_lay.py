# SPDX-License-Identifier: GPL-3.0-or-later
"""Bakes laid on ground: soles on slopes, bumps and treads, nothing through them, stances still."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.bake.result import BakeResult
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.footing.foot import FootTrack, own_sole
from motion_addon.motion.footing.laid_clip import body_of, posed
from motion_addon.motion.footing.surface import Surface
from motion_addon.motion.plan.ground_mesh import GroundMesh
from tests.cases import each
from tests.motion import grounds

PATH = [[0, 0, 0], [0, 0, 6]]
MODELS = {"biped": {"speed": 1.2}, "quadruped": {"model": "quadruped", "speed": 1.2}}


def cross_slope() -> GroundMesh:
    flat = grounds.floor()
    tilt = np.tan(np.radians(15.0)) * flat.vertices[:, 0]
    return GroundMesh(flat.vertices + tilt[:, None] * [0.0, 1.0, 0.0], flat.triangles)


def bumps() -> GroundMesh:
    x, z = np.meshgrid(np.linspace(-2, 2, 61), np.linspace(-2, 9, 161), indexing="ij")
    wave = 2.0 * np.pi / 1.2
    y = 0.1 * np.sin(wave * x) * np.sin(wave * z)
    corner = (np.arange(60)[:, None] * 161 + np.arange(160)).ravel()
    halves = [[corner, corner + 1, corner + 161], [corner + 1, corner + 162, corner + 161]]
    faces = np.concatenate([np.stack(half, axis=1) for half in halves])
    return GroundMesh(np.stack([x, y, z], axis=-1).reshape(-1, 3), faces)


GROUNDS = {
    "up": lambda: grounds.slope(18.0, 2.0),
    "down": lambda: grounds.slope(-18.0, 2.0),
    "across": cross_slope,
    "bumps": bumps,
    "stairs": lambda: grounds.stairs(2.0, 8),
}


@cache
def baked(model: str, ground: str = "") -> BakeResult:
    asked: dict[str, Any] = {"path": PATH, "fps": 30.0, **MODELS[model]}
    if ground:
        mesh = GROUNDS[ground]()
        asked["ground"] = {"vertices": mesh.vertices.tolist(), "faces": mesh.triangles.tolist()}
    return bake(BakeRequest.from_json(asked))


def feet(result: BakeResult) -> list[tuple[np.ndarray, ...]]:
    """Return for each foot the height of its sole, its stances, its ball's, and the ball's way."""
    pose, level, footing = posed(result.clip), posed(result.level_clip), result.footing
    assert footing is not None and footing.ground is not None
    surface = Surface(footing.ground, 0.3)
    out = []
    for i, leg in enumerate(pose.body.legs):
        heel, ball = footing.marks(pose.body.kind, i)
        track = FootTrack.of(pose, leg, own_sole(level, leg, (heel, ball)))
        points = np.concatenate([track.heels, track.balls], axis=1)
        over = surface.over(points, points[..., 1].min(axis=1)).min(axis=1)
        out.append((over, heel | ball, ball, track.ball))
    return out


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("model", MODELS)
def test_soles_stand_on_the_ground_and_swing_over_it(model: str, ground: str) -> None:
    for over, down, stood, ball in feet(baked(model, ground)):
        assert np.abs(over[down]).max() < 0.006
        assert over.min() > -0.012
        for start, stop in runs(stood):
            middle = ball[start + 2 : stop - 2, ::2]
            if len(middle) > 2:
                assert np.linalg.norm(middle - middle[0], axis=-1).max() < 0.016


@each("ground, sign", [("up", 1.0), ("down", -1.0), ("stairs", 1.0)])
def test_the_hips_follow_the_ground_smoothly(ground: str, sign: float) -> None:
    for model in MODELS:
        flat, laid = baked(model), baked(model, ground)
        height = laid.clip.root_positions[:, 1].astype(np.float64)
        climbed = sign * (height[-1] - height[0])
        assert climbed > 0.9
        rough = [np.abs(np.diff(c.clip.root_positions[:, 1], 3)).max() for c in (flat, laid)]
        assert rough[1] < 1.3 * rough[0]


def test_steps_of_people_are_treads() -> None:
    result = baked("biped", "stairs")
    prints = result.report["footprints"]
    heights = {round(one["place"][1] / 0.17, 3) for one in prints}
    assert heights == {float(step) for step in range(9)}
    assert "Stairs" in str(result.report["notes"])


def test_level_ground_leaves_the_motion_as_it_is() -> None:
    asked: dict[str, Any] = {"path": PATH, "fps": 30.0, **MODELS["biped"]}
    floor = grounds.floor()
    asked["ground"] = {"vertices": floor.vertices.tolist(), "faces": floor.triangles.tolist()}
    laid, flat = bake(BakeRequest.from_json(asked)), baked("biped")
    gap = np.linalg.norm(laid.clip.world()[1] - flat.clip.world()[1], axis=-1)
    assert np.median(gap) < 0.001
    assert gap.max() < 0.05  # of knees, which are almost straight


def test_prints_lie_on_the_ground_with_its_normal() -> None:
    result = baked("quadruped", "up")
    steep = [one for one in result.report["footprints"] if one["place"][2] > 2.5]
    normals = np.array([one["normal"] for one in steep])
    assert np.degrees(np.arccos(normals[:, 1])) == pytest.approx(18.0, abs=0.5)
    assert body_of(result.clip).kind.name == "quadruped"
