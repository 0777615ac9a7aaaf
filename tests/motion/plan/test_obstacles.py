# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that bend around obstacles: clear of them, smooth, as drawn elsewhere, or refused."""

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.herd import Herd, members
from motion_addon.motion.bake.planning import plan_bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.plan.obstacles import around
from motion_addon.motion.plan.path import Path
from tests.cases import each

STRAIGHT = Path.from_points([[0, 0, 0], [0, 0, 12]])
CIRCLE = 4.0 * np.stack(
    [np.sin(np.arange(60) * 0.1047), np.zeros(60), np.cos(np.arange(60) * 0.1047)], -1
)


def square(x: float, z: float, half: float = 0.5) -> np.ndarray:
    return np.array([(x + a * half, z + b * half) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def gap(points: np.ndarray, x: float, z: float, half: float = 0.5) -> float:
    """Return the least distance of points (N, 3) from a square."""
    away = np.maximum(np.abs(points[:, ::2] - [x, z]) - half, 0.0)
    return float(np.linalg.norm(away, axis=1).min())


@each(
    "blocks",
    [
        [(0.1, 5.0, 0.5)],
        [(0.1, 4.0, 0.5), (-0.6, 8.5, 0.4)],
        [(0.0, 5.0, 0.4), (0.7, 5.3, 0.4), (-0.6, 5.8, 0.5)],
        [(0.38, 6.0, 0.2)],
    ],
)
def test_paths_keep_clear(blocks: list[tuple[float, float, float]]) -> None:
    bent, notes = around(STRAIGHT, [square(*one) for one in blocks], 0.4)
    assert all(gap(bent.samples, *one) > 0.399 for one in blocks)
    assert bent.samples[[0, -1]] == pytest.approx(STRAIGHT.samples[[0, -1]], abs=1e-6)
    assert bent.length < 1.2 * STRAIGHT.length
    assert np.abs(bent.curvature(np.linspace(0.0, bent.length, 500))).max() < 4.0
    assert "bends around" in notes[0]


def test_paths_beside_obstacles_stay_as_they_are() -> None:
    bent, notes = around(STRAIGHT, [square(1.5, 5.0)], 0.4)
    assert bent is STRAIGHT
    assert notes == []


def test_closed_paths_stay_closed() -> None:
    ring = Path.from_points(CIRCLE, cyclic=True)
    bent, _ = around(ring, [square(0.0, -4.0)], 0.4)
    assert bent.cyclic
    assert gap(bent.samples, 0.0, -4.0) > 0.399
    assert bent.samples[0] == pytest.approx(bent.samples[-1])


@each("blocks, why", [([(0.0, 0.2, 0.5)], "begins within"), ([(0.0, 12.0, 0.5)], "ends within")])
def test_blocked_paths_are_refused(blocks: list[tuple[float, float, float]], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        around(STRAIGHT, [square(*one) for one in blocks], 0.4)


def test_walks_and_herds_go_around() -> None:
    asked = {
        "path": [[0, 0, 0], [0, 0, 12]], "speed": 1.2, "model": "quadruped",
        "obstacles": [square(0.0, 6.0).tolist()],
    }  # fmt: skip
    request = BakeRequest.from_json(asked)
    walk = plan_bake(request)
    assert gap(walk.path.samples, 0.0, 6.0) > 0.1
    assert "bends around" in walk.notes[0]
    herd = members(Herd(request, count=4, lanes=2, seed=1))
    ways = [plan_bake(member.request).path.samples for member in herd]
    assert all(gap(way, 0.0, 6.0) > 0.1 for way in ways)
    assert BakeRequest.from_json(request.to_json()) == request


@each("value", [1, [[1, 2]], [[[1, 2, 3]]], [[["a", 0]]], [[]]])
def test_bad_outlines_are_refused(value: object) -> None:
    with pytest.raises(RefusedError, match="obstacles"):
        BakeRequest.from_json({"path": [[0, 0, 0], [0, 0, 3]], "obstacles": value})
