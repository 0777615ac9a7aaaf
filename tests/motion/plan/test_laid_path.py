# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths laid on ground: which surface they keep to, and where they are refused."""

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.plan.ground_mesh import GroundMesh, ribbon
from motion_addon.motion.plan.laid_path import LaidPath, laid
from motion_addon.motion.plan.path import Path
from tests.cases import each
from tests.motion.grounds import box, floor, joined, slope, stairs

HIPS = 0.95
LINE = ((0.0, 0.0, 0.0), (0.0, 0.0, 8.0))


def on(ground: GroundMesh, points: tuple = LINE, cyclic: bool = False) -> LaidPath:
    return laid(Path.from_points(points, cyclic=cyclic), ground, HIPS)


def test_a_path_climbs_and_goes_under_what_is_out_of_reach() -> None:
    assert on(stairs(2.0, 6)).heights[[0, -1]] == pytest.approx([0.0, 6 * 0.17])
    for bridge in (box((3.0, 5.0), (2.2, 2.4)), floor((3.0, 5.0), 2.2)):
        assert not on(joined(floor(), bridge)).heights.any()


def test_a_path_keeps_to_the_bridge_that_it_is_drawn_on() -> None:
    high = ((0.0, 2.3, 0.0), (0.0, 2.3, 8.0))
    bridge = box((-3.0, 9.0), (2.2, 2.4))
    assert on(joined(floor(), bridge), high).heights == pytest.approx(2.4)
    assert not on(joined(floor(), bridge)).heights.any()


def test_a_figure_eight_goes_over_itself() -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)
    line = np.stack([12.0 * np.sin(turn), 2.0 + 2.0 * np.cos(turn), 12.0 * np.sin(2 * turn)], 1)
    closed = np.concatenate([line, line[:1]])
    found = on(ribbon(closed, 3.0), tuple(map(tuple, line * [1.0, 0.0, 1.0] + [0, 4, 0])), True)
    middle = found.heights[[0, len(found.heights) // 2]]
    assert middle == pytest.approx([4.0, 0.0], abs=0.02)
    assert np.abs(np.diff(found.heights)).max() < 0.03


def test_a_short_gap_is_bridged_with_a_note() -> None:
    found = on(joined(floor((-3.0, 3.0)), floor((3.3, 30.0), 0.2)))
    assert found.heights[[0, -1]] == pytest.approx([0.0, 0.2])
    assert len(found.notes) == 1
    assert "stepped over" in found.notes[0]
    crack = joined(floor((-3.0, 3.0), 2.0), floor((3.3, 30.0), 2.0), floor())
    assert on(crack, ((0.0, 2.0, 0.0), (0.0, 2.0, 8.0))).heights == pytest.approx(2.0)


@each(
    ("ground", "why"),
    [
        (floor((20.0, 30.0)), "nowhere under the path; move the path"),
        (floor((2.0, 30.0)), r"begins beside the ground and reaches it after 2\.0 m; begin"),
        (floor((-3.0, 5.0)), r"ends 5\.0 m along the path, 3\.0 m before its end; shorten"),
        (
            joined(floor((-3.0, 3.0)), floor((4.0, 30.0))),
            r"gap of 1\.0 m at 3\.0 m along .*; close",
        ),
        (joined(floor((-3.0, 3.0)), floor(y=-2.0)), r"drops by 2\.0 m at 3\.0 m along .*; move"),
        (joined(floor(), box((4.0, 6.0), (0.0, 2.0))), r"rises by 2\.0 m at 4\.0 m along .*; move"),
        (joined(floor((-3.0, 4.0)), floor((4.0, 30.0), 0.8)), r"rises by 0\.8 m at 4\.0 m along"),
        (slope(50.0), r"slopes by (49|50) degrees at .* m along the path, too steep to walk; lead"),
    ],
)
def test_ground_that_cannot_be_walked_is_refused(ground: GroundMesh, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        on(ground)


def test_a_closed_path_must_end_on_its_level() -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 60)
    spiral = np.stack([6.0 * np.sin(turn), 0.5 * turn, 6.0 * np.cos(turn)], axis=1)
    with pytest.raises(RefusedError, match="on another level"):
        on(ribbon(spiral, 2.0), tuple(map(tuple, spiral[:-1])), True)
