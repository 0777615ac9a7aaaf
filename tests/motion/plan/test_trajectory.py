# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: exact speeds, human turns, eased starts and stops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.body.biped_gaits import GAITS, gait_weights
from motion_addon.motion.plan.path import Path
from motion_addon.motion.plan.trajectory import RATE, Trajectory, plan
from tests.cases import each

LINE = Path.from_points([[0, 0, 0], [0, 0, 10]])
CORNER = Path.from_points([[0, 0, 0], [0, 0, 5], [5, 0, 5]])
BACK = Path.from_points([[0, 0, 0], [0, 0, 4], [0, 0, 1]])


def ring(radius: float) -> Path:
    angle = np.linspace(0.0, 2.0 * np.pi, 200, endpoint=False)
    points = np.stack([radius * np.sin(angle), 0 * angle, radius * np.cos(angle)], axis=-1)
    return Path.from_points(points, cyclic=True)


def hairpin() -> Path:
    angle = np.linspace(np.pi, 0.0, 60)
    bend = np.stack([0.6 + 0.6 * np.cos(angle), 0 * angle, 5 + 0.6 * np.sin(angle)], axis=-1)
    return Path.from_points(np.concatenate([[[0, 0, 0]], bend, [[1.2, 0, 0]]]))


def away(trajectory: Trajectory, path: Path) -> np.ndarray:
    """Return the distance (T,) of each step to the drawn path (m)."""
    points = path.position(np.arange(0.0, path.length, 0.004))
    gap = trajectory.positions[:, None, ::2] - points[None, :, ::2]
    return np.sqrt((gap**2).sum(axis=-1).min(axis=1))


@each("speed", [0.8, 1.2, 2.5, 3.5])
def test_straight_is_walked_at_exactly_the_asked_speed(speed: float) -> None:
    made = plan(LINE, speed=speed, start=False, stop=False)
    assert made.speeds[10:-10] == pytest.approx(speed, abs=1e-3)
    assert len(made) == pytest.approx(10 / speed * RATE, abs=2)
    assert made.positions[0] == pytest.approx([0, 0, 0], abs=1e-6)
    assert made.positions[-1] == pytest.approx([0, 0, 10], abs=speed / RATE)


@each("speed", [0.8, 1.2, 2.5, 3.5])
@each(("path", "most"), [(CORNER, 0.15), (hairpin(), 0.03), (ring(2.0), 0.02), (LINE, 0.005)])
def test_plan_stays_by_the_path_within_human_limits(path: Path, most: float, speed: float) -> None:
    made = plan(path, speed=speed)
    assert away(made, path).max() < most
    velocity = np.diff(made.positions, axis=0) * RATE
    assert np.linalg.norm(np.diff(velocity, axis=0) * RATE, axis=-1).max() < 7.5
    turn = np.abs(np.diff(np.unwrap(np.arctan2(made.facing[:, 0], made.facing[:, 2])))) * RATE
    assert np.degrees(turn.max()) < 220


def test_only_tight_fast_turns_slow_down() -> None:
    assert plan(ring(2.0), speed=1.2, start=False, stop=False).speeds.min() > 1.19
    assert plan(ring(2.0), speed=2.5, start=False, stop=False).speeds.min() > 2.49
    assert plan(hairpin(), speed=1.2, start=False, stop=False).speeds.min() > 1.15
    fast = plan(hairpin(), speed=3.5, start=False, stop=False)
    assert 1.2 < fast.speeds.min() < 2.2
    assert fast.speeds[:20].max() == pytest.approx(3.5, abs=0.02)


def test_start_and_stop_are_stands_of_a_second_with_an_eased_way_out_and_in() -> None:
    made = plan(LINE, speed=1.3)
    assert made.speeds[:30].max() < 0.01
    assert made.speeds[-30:].max() < 0.01
    assert made.gait[0, 0] == 1.0
    assert made.gait[len(made) // 2, 1] == 1.0
    assert np.abs(np.diff(made.speeds)).max() * RATE < 1.6
    assert made.positions[-1] == pytest.approx([0, 0, 10], abs=1e-6)
    assert (np.diff(made.distance) >= -1e-9).all()


def test_keyed_speeds_join_smoothly() -> None:
    path = Path.from_points([[0, 0, 0], [0, 0, 20]])
    made = plan(path, speed=[(0.0, 1.2), (0.4, 1.2), (0.6, 2.8)], start=False, stop=False)
    assert made.speeds[30] == pytest.approx(1.2, abs=0.01)
    assert made.speeds[-30] == pytest.approx(2.8, abs=0.01)
    assert np.abs(np.diff(made.speeds)).max() * RATE < 2.6
    assert made.gait[30, 1] == 1.0
    assert made.gait[-30, 3] > 0.9


def test_body_turns_ahead_of_the_corner() -> None:
    made = plan(CORNER, speed=1.3)
    velocity = np.gradient(made.positions, axis=0)
    moving = made.speeds > 0.3
    travel = np.arctan2(velocity[moving, 0], velocity[moving, 2])
    body = np.arctan2(made.facing[moving, 0], made.facing[moving, 2])
    half = np.pi / 4
    assert np.argmax(body > half) <= np.argmax(travel > half)


def test_facing_can_be_fixed_or_look_at_a_point() -> None:
    fixed = plan(CORNER, facing=("fixed", np.pi / 2))
    assert fixed.facing == pytest.approx(np.tile([1.0, 0.0, 0.0], (len(fixed), 1)), abs=1e-9)
    looking = plan(CORNER, facing=("look_at", (10.0, 0.0, 0.0)))
    assert looking.facing[0] == pytest.approx([1, 0, 0], abs=0.02)
    for wrong in ("sideways", ("fixed", None), ("look_at", (1, 2))):
        with pytest.raises(RefusedError, match="facing"):
            plan(LINE, facing=wrong)  # type: ignore[arg-type]


def test_cyclic_plan_joins_its_ends() -> None:
    made = plan(ring(2.0), speed=1.2, start=False, stop=False)
    assert made.loops
    step = np.linalg.norm(np.diff(made.positions, axis=0), axis=-1).mean()
    assert np.linalg.norm(made.positions[0] - made.positions[-1]) < 1.6 * step
    assert made.window(0).positions[0] == pytest.approx(made.positions[len(made) - 60])


def test_window_goes_on_straight_past_the_ends_and_stands_after_a_stop() -> None:
    made = plan(LINE, speed=1.2, start=False, stop=True)
    first = made.window(0)
    assert first.positions.shape == (12, 3)
    assert first.positions[0, 2] == pytest.approx(-1.2, abs=0.02)
    assert made.window(len(made) - 1).positions[-1] == pytest.approx(made.positions[-1])
    assert made.window(np.arange(5)).gait.shape == (5, 12, 5)


def test_reversal_is_turned_at_a_human_rate() -> None:
    made = plan(BACK, speed=1.2)
    yaw = np.unwrap(np.arctan2(made.facing[:, 0], made.facing[:, 2]))
    assert abs(yaw[-1] - yaw[0]) == pytest.approx(np.pi, abs=0.01)
    assert np.degrees(np.abs(np.diff(yaw)).max() * RATE) < 300
    assert made.speeds[100:-100].min() < 0.4


def test_speed_zero_stands() -> None:
    made = plan(LINE, speed=0.0)
    assert (made.gait[:, 0] == 1.0).all()
    assert np.ptp(made.positions, axis=0) == pytest.approx(0.0)


@each(
    ("speed", "words"),
    [(-1.0, "below zero"), (float("nan"), "finite"), ([], "empty"), ([(2.0, 1.0)], "outside")],
)
def test_senseless_speeds_are_refused(speed: object, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        plan(LINE, speed=speed)  # type: ignore[arg-type]


def test_named_gait_and_weights_sum_to_one() -> None:
    weights = gait_weights(np.linspace(0, 5, 200))
    assert weights.sum(axis=-1) == pytest.approx(1.0)
    assert np.abs(np.diff(weights, axis=0)).max() < 0.15
    assert plan(LINE, speed=1.0, gait="crouch").gait[200, GAITS.index("crouch")] == 1.0
    with pytest.raises(RefusedError, match="gait"):
        plan(LINE, gait="hop")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-8, 8), st.floats(-1, 1), st.floats(-8, 8)), min_size=2, max_size=7
    ),
    st.floats(0.1, 5.0),
    st.booleans(),
    st.booleans(),
)
def test_any_scribble_gives_a_finite_plan(
    points: list, speed: float, cyclic: bool, stands: bool
) -> None:
    try:
        path = Path.from_points(points, cyclic=cyclic)
    except RefusedError:
        return
    made = plan(path, speed=speed, start=stands, stop=stands)
    for column in (made.positions, made.facing, made.speeds, made.gait, made.distance):
        assert np.isfinite(column).all()
    assert np.linalg.norm(made.facing, axis=-1) == pytest.approx(1.0)
    assert made.speeds.max() < speed + 0.2
