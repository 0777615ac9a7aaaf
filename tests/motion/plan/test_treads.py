# SPDX-License-Identifier: GPL-3.0-or-later
"""Slopes and stairs along a path: the pace that they ask for."""

import numpy as np
import pytest

from motion_addon.motion.plan.laid_path import laid
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.slope_pace import rises, slope_pace, speed_factor
from motion_addon.motion.plan.treads import flight_pace, flights
from tests.cases import each
from tests.motion.grounds import box, floor, joined, slope, stairs

HIPS = 0.95
PATH = Path.from_points([(0.0, 0.0, 0.0), (0.0, 0.0, 8.0)])


def test_slopes_slow_down_and_shorten_steps() -> None:
    angles = np.radians([-20.0, -5.0, 0.0, 5.0, 20.0])
    speeds = speed_factor(angles)
    assert speeds[[0, 2, 4]] == pytest.approx([0.8, 1.0, 0.7], abs=0.01)
    assert speeds[1] > 0.97 > speeds[3] > 0.9
    heights = laid(PATH, slope(20.0), HIPS).heights
    assert np.degrees(rises(PATH, heights, HIPS)[300]) == pytest.approx(20.0, abs=0.1)
    pace = slope_pace(PATH, heights, HIPS, 1.0)
    assert pace.speed[[0, 300]] == pytest.approx([1.0, 0.7], abs=0.01)
    assert pace.cadence[[0, 300]] == pytest.approx([1.0, 1.12], abs=0.01)
    none = slope_pace(PATH, heights, HIPS, 0.0)
    assert (none.speed == 1.0).all()
    assert (none.cadence == 1.0).all()


def test_flights_are_found_up_and_down() -> None:
    up = laid(PATH, stairs(2.0, 6), HIPS).heights
    (flight,) = flights(PATH, up, HIPS)
    assert (flight.start, flight.stop) == pytest.approx((2.0, 2.0 + 5 * 0.28), abs=0.03)
    assert (flight.run, flight.riser, flight.up) == (
        pytest.approx(0.28, abs=0.01), pytest.approx(0.17), True,
    )  # fmt: skip
    (down,) = flights(PATH, up[::-1], HIPS)
    assert not down.up
    assert down.run == pytest.approx(0.28, abs=0.01)


@each(
    "ground",
    [
        slope(20.0),
        stairs(2.0, 2),
        joined(floor(), *(box((2.0 + i, 2.4 + i), (0.0, 0.17)) for i in range(5))),
        stairs(2.0, 6, riser=0.05),
    ],
)
def test_other_ground_is_no_flight(ground: object) -> None:
    assert not flights(PATH, laid(PATH, ground, HIPS).heights, HIPS)  # type: ignore[arg-type]


@each(("speed", "treads"), [(0.4, 1), (1.3, 1), (1.8, 2), (2.5, 2)])
def test_a_step_is_one_tread_or_two(speed: float, treads: int) -> None:
    (flight,) = flights(PATH, laid(PATH, stairs(2.0, 6), HIPS).heights, HIPS)
    pace = flight_pace(flight, speed, HIPS)
    rate = pace.speed * speed / (treads * flight.run)
    assert pace.treads == treads
    assert rate <= 2.0 + 1e-9
    assert pace.speed <= 1.0 + 1e-9
    assert rate >= 1.6 - 1e-9 or pace.speed == pytest.approx(1.0)
