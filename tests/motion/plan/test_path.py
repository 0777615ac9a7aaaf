# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawn curve: lengths, positions, directions and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.plan.path import Path
from tests.cases import each

COORDINATE = st.floats(-50.0, 50.0, allow_nan=False, width=32)


def circle(radius: float, count: int = 200) -> np.ndarray:
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)
    return np.stack([radius * np.sin(angle), 0 * angle, radius * np.cos(angle)], axis=-1)


def test_straight_line_is_addressed_by_distance() -> None:
    path = Path.from_points([[0, 0, 0], [0, 0, 1], [0, 1, 10]])
    assert path.length == pytest.approx(10.0)
    assert path.position(4.0) == pytest.approx([0, 1 / 3, 4], abs=1e-3)
    assert path.tangent(np.array([0.0, 10.0])) == pytest.approx(np.array([[0, 0, 1]] * 2))


def test_open_path_goes_on_straight_and_cyclic_path_wraps() -> None:
    line = Path.from_points([[0, 0, 0], [3, 0, 0]])
    assert line.position([-1.0, 5.0]) == pytest.approx(np.array([[-1, 0, 0], [5, 0, 0]]), abs=1e-6)
    ring = Path.from_points(circle(2.0), cyclic=True)
    assert ring.length == pytest.approx(4 * np.pi, rel=1e-3)
    assert ring.position(ring.length + 1.0) == pytest.approx(ring.position(1.0))


def test_curvature_is_positive_to_the_left() -> None:
    ring = Path.from_points(circle(2.0), cyclic=True)
    assert ring.curvature(np.linspace(0, 12, 20)) == pytest.approx(0.5, rel=0.05)
    assert Path.from_points(circle(2.0)[::-1], cyclic=True).curvature(3.0) < -0.4


def test_duplicates_and_uneven_sampling_change_nothing() -> None:
    even = Path.from_points([[0, 0, 0], [0, 0, 2], [2, 0, 2]])
    uneven = Path.from_points([[0, 0, 0], [0, 0, 0], [0, 0, 0.1], [0, 0, 2], [0, 0, 2], [2, 0, 2]])
    s = np.linspace(0, 4, 50)
    assert uneven.position(s) == pytest.approx(even.position(s), abs=1e-6)


@each(
    ("points", "words"),
    [
        ([], "no points; draw at least two"),
        ([[0, 0, 0]], "one point; draw at least two"),
        ([[0, 0, 0], [0, 0, 0]], "no length"),
        ([[0, 0, 0], [0, 5, 0]], "no length"),
        ([[0, 0, 0], [0, 0, float("nan")]], "not a finite"),
        ([[0, 0, 0], [0, 0, 30_000]], "longer than 20 km"),
        ([[0, 0, 0], [0, 0, 1e9]], "1000 km"),
        ([[0, 0], [1, 1]], "x, y, z"),
        ([[0, 0, "a"], [1, 1, 1]], "x, y, z"),
        ([[0, 0, 0], [0, 0]], "x, y, z"),
    ],
)
def test_impossible_paths_are_refused_in_one_sentence(points: list, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        Path.from_points(points)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(COORDINATE, COORDINATE, COORDINATE), min_size=2, max_size=12))
def test_every_accepted_path_has_finite_samples_and_unit_tangents(points: list) -> None:
    try:
        path = Path.from_points(points)
    except RefusedError:
        return
    s = np.linspace(-1.0, path.length + 1.0, 40)
    assert np.isfinite(path.position(s)).all()
    assert np.linalg.norm(path.tangent(s), axis=-1) == pytest.approx(1.0)
