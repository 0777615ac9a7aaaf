# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotations: each against its definition on vectors, half turns and gimbal lock included."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.walks import directions, floats, rotations, same_rotation, vectors

ORDERS = ["".join(order) for order in itertools.permutations("XYZ")]
HALF_TURNS = np.concatenate([np.eye(4), -np.eye(4), 0.5 * np.ones((1, 4))])


def about(axis: str, angle: float) -> np.ndarray:
    """Return the textbook matrix of a turn about one axis."""
    c, s = np.cos(angle), np.sin(angle)
    return {
        "X": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "Y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "Z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


@given(rotations(), rotations(), vectors())
def test_products_rotate_one_after_the_other(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> None:
    together = quat.apply(quat.mul(a, b), v)
    assert together == pytest.approx(quat.apply(a, quat.apply(b, v)), abs=1e-9)


@given(rotations(), vectors())
def test_inverse_takes_back(q: np.ndarray, v: np.ndarray) -> None:
    assert quat.inv_apply(q, quat.apply(q, v)) == pytest.approx(v, abs=1e-9)
    assert quat.mul_inv(q, q) == pytest.approx([1, 0, 0, 0], abs=1e-9)


@given(rotations(), vectors())
def test_matrix_rotates_alike(q: np.ndarray, v: np.ndarray) -> None:
    matrix = quat.to_matrix(q)
    assert matrix @ v == pytest.approx(quat.apply(q, v), abs=1e-9)
    assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1.0)


@given(rotations())
def test_matrix_round_trip(q: np.ndarray) -> None:
    assert same_rotation(quat.from_matrix(quat.to_matrix(q)), q, 1e-12)


def test_matrix_round_trip_of_half_turns() -> None:
    assert same_rotation(quat.from_matrix(quat.to_matrix(HALF_TURNS)), HALF_TURNS, 1e-12)


@given(directions(), floats(-6.0, 6.0))
def test_axis_angle_is_the_rotation_vector(axis: np.ndarray, angle: float) -> None:
    q = quat.from_axis_angle(axis, angle)
    assert np.linalg.norm(q) == pytest.approx(1.0)
    assert quat.from_rotvec(axis * angle) == pytest.approx(q, abs=1e-9)
    assert quat.apply(q, axis) == pytest.approx(axis, abs=1e-9)


@given(vectors(1.8))
def test_rotation_vector_round_trip(v: np.ndarray) -> None:
    assert quat.to_rotvec(quat.from_rotvec(v)) == pytest.approx(v, abs=1e-7)


@each("size", [0.0, 1e-12, 1e-7, 1e-3])
def test_tiny_rotation_vectors_keep_their_size(size: float) -> None:
    v = size * np.array([0.6, 0.0, -0.8])
    assert quat.to_rotvec(quat.from_rotvec(v)) == pytest.approx(v, rel=1e-6, abs=1e-15)


@given(rotations())
def test_rotation_vector_takes_the_short_way(q: np.ndarray) -> None:
    v = quat.to_rotvec(q)
    assert np.linalg.norm(v) <= np.pi + 1e-9
    assert same_rotation(quat.from_rotvec(v), q, 1e-9)


def test_yaw_turns_forward_to_the_left() -> None:
    forward = np.array([0.0, 0.0, 1.0])
    assert quat.apply(quat.yaw(np.pi / 2), forward) == pytest.approx([1, 0, 0], abs=1e-12)
    angles = np.linspace(-3.0, 3.0, 25)
    assert quat.yaw_of(quat.apply(quat.yaw(angles), forward)) == pytest.approx(angles)


@given(directions(), directions())
def test_between_is_the_shortest_way(u: np.ndarray, v: np.ndarray) -> None:
    q = quat.between(u, v)
    assert quat.apply(q, u) == pytest.approx(v, abs=2e-3)
    angle = np.arccos(np.clip(u @ v, -1.0, 1.0))
    assert np.linalg.norm(quat.to_rotvec(q)) == pytest.approx(angle, abs=2e-3)


@each("u", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-0.6, 0.8, 0.0]])
def test_between_opposites(u: list[float]) -> None:
    q = quat.between(np.array(u, float), -np.array(u, float))
    assert np.linalg.norm(q) == pytest.approx(1.0)
    assert quat.apply(q, np.array(u, float)) == pytest.approx(-np.array(u, float), abs=1e-9)


@given(rotations())
def test_two_axes_are_forward_and_up(q: np.ndarray) -> None:
    axes = quat.to_two_axes(q)
    assert axes[:3] == pytest.approx(quat.apply(q, np.array([0.0, 0.0, 1.0])), abs=1e-9)
    assert axes[3:] == pytest.approx(quat.apply(q, np.array([0.0, 1.0, 0.0])), abs=1e-9)
    assert same_rotation(quat.from_two_axes(axes), q, 1e-9)


@given(rotations(), floats(0.2, 4.0), floats(0.2, 4.0), floats(-1.0, 1.0))
def test_two_axes_are_made_square(q: np.ndarray, a: float, b: float, lean: float) -> None:
    axes = quat.to_two_axes(q)
    skewed = np.concatenate([a * axes[:3], b * axes[3:] + lean * axes[:3]])
    assert same_rotation(quat.from_two_axes(skewed), q, 1e-9)


@given(rotations(), rotations(), floats(0.0, 1.0))
def test_slerp_turns_evenly_along_the_short_way(a: np.ndarray, b: np.ndarray, t: float) -> None:
    whole = np.linalg.norm(quat.to_rotvec(quat.inv_mul(a, b)))
    at = quat.slerp(a, b, t)
    part = np.linalg.norm(quat.to_rotvec(quat.inv_mul(a, at)))
    assert part == pytest.approx(t * whole, abs=1e-4)
    if whole < 3.1:
        assert same_rotation(quat.slerp(-a, b, t), at, 1e-8)


@given(rotations(), rotations())
def test_slerp_ends(a: np.ndarray, b: np.ndarray) -> None:
    assert same_rotation(quat.slerp(a, b, 0.0), a, 1e-9)
    assert same_rotation(quat.slerp(a, b, 1.0), b, 1e-9)


@pytest.mark.parametrize("axis", [0, 1])
def test_unroll_leaves_no_jump(axis: int) -> None:
    time = np.arange(60)[:, None, None]
    smooth = quat.from_rotvec(0.2 * time * np.array([[1.0, 0.0, 0.3], [0.0, -2.0, 0.1]]))
    smooth = np.moveaxis(smooth, 0, axis)
    flipped = smooth * np.random.default_rng(3).choice([-1.0, 1.0], size=(*smooth.shape[:-1], 1))
    given_before = flipped.copy()
    out = quat.unroll(flipped, axis)
    assert np.array_equal(flipped, given_before), "the argument is left alone"
    assert same_rotation(out, smooth, 1e-12)
    first = np.moveaxis(out, axis, 0)
    assert np.abs(np.diff(first, axis=0)).max() < 0.3
    assert np.array_equal(first[0], np.moveaxis(flipped, axis, 0)[0])


@each("order", ORDERS)
def test_euler_is_intrinsic(order: str) -> None:
    angles = np.array([0.3, -0.5, 1.1])
    expected = np.eye(3)
    for axis, angle in zip(order, angles, strict=True):
        expected = expected @ about(axis, angle)
    assert quat.to_matrix(quat.from_euler(angles, order)) == pytest.approx(expected, abs=1e-12)


@given(rotations(), st.sampled_from(ORDERS))
@settings(max_examples=200)
def test_euler_round_trip(q: np.ndarray, order: str) -> None:
    angles = quat.to_euler(q, order)
    assert np.abs(angles[1]) <= np.pi / 2 + 1e-9
    assert same_rotation(quat.from_euler(angles, order), q, 1e-6)


@each("order", ORDERS)
@each("middle", [-0.5, 0.5, -0.4999999, 0.499999])
def test_euler_round_trip_near_gimbal_lock(order: str, middle: float) -> None:
    steps = np.linspace(-0.9, 0.9, 7)
    first, last = (a.ravel() * np.pi for a in np.meshgrid(steps, steps))
    q = quat.from_euler(np.stack([first, np.full_like(first, middle * np.pi), last], -1), order)
    assert same_rotation(quat.from_euler(quat.to_euler(q, order), order), q, 1e-7)


def test_euler_order_must_name_three_axes() -> None:
    with pytest.raises(ValueError, match="XYX"):
        quat.to_euler(quat.IDENTITY, "XYX")


def test_zeros_become_harmless() -> None:
    assert np.array_equal(quat.normalize(np.zeros((2, 4))), np.tile(quat.IDENTITY, (2, 1)))
    assert np.array_equal(quat.unit(np.zeros(3)), np.zeros(3))


@given(vectors(), vectors())
def test_cross_is_numpys(a: np.ndarray, b: np.ndarray) -> None:
    assert quat.cross(a, b) == pytest.approx(np.cross(a, b), abs=1e-9)


def test_any_leading_shape_broadcasts() -> None:
    rng = np.random.default_rng(0)
    q = quat.normalize(rng.normal(size=(5, 1, 4)))
    v = rng.normal(size=(3, 3))
    turned = quat.apply(q, v)
    assert turned.shape == (5, 3, 3)
    assert turned[4, 2] == pytest.approx(quat.apply(q[4, 0], v[2]))
    assert quat.mul(q, quat.from_rotvec(v)).shape == (5, 3, 4)
    for there, back in (
        (quat.to_matrix, quat.from_matrix),
        (quat.to_two_axes, quat.from_two_axes),
        (quat.to_rotvec, quat.from_rotvec),
        (quat.to_euler, quat.from_euler),
    ):
        assert same_rotation(back(there(q)), q, 1e-9)


@each("name", ["mul", "apply", "to_matrix", "to_two_axes", "normalize", "inv"])
def test_single_precision_stays_single(name: str) -> None:
    q = np.tile(quat.IDENTITY, (3, 1))
    arguments = {"mul": (q, q), "apply": (q, q[:, 1:])}.get(name, (q,))
    assert getattr(quat, name)(*arguments).dtype == np.float32
