# SPDX-License-Identifier: GPL-3.0-or-later
"""The phase-functioned network: the spline of its weights, and the fast step against the plain."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_addon.motion.nn.network import CONTROL_POINTS, PhaseNetwork, Stepper, elu, phase_basis
from tests.cases import each

phases = st.floats(-50.0, 50.0, allow_nan=False)


def small(inputs: int = 7, hidden: int = 5, outputs: int = 6, seed: int = 0) -> PhaseNetwork:
    rng = np.random.default_rng(seed)
    sizes = ((inputs, hidden), (hidden, hidden), (hidden, outputs))
    return PhaseNetwork(
        tuple(rng.normal(size=(4, b, a)).astype(np.float32) for a, b in sizes),
        tuple(rng.normal(size=(4, b)).astype(np.float32) for _, b in sizes),
        *(rng.normal(size=inputs).astype(np.float32) for _ in range(1)),
        rng.uniform(0.5, 2.0, size=inputs).astype(np.float32),
        rng.normal(size=outputs).astype(np.float32),
        rng.uniform(0.5, 2.0, size=outputs).astype(np.float32),
    )


def catmull_rom(values: np.ndarray, phase: float) -> np.ndarray:
    """Return the cyclic spline through ``values`` (4, ...), from its textbook matrix."""
    at = (phase % 1.0) * 4.0
    k, t = int(at) % 4, at - int(at)
    matrix = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])
    share = np.array([1.0, t, t * t, t**3]) @ matrix
    return sum(share[i] * values[(k + i - 1) % 4] for i in range(4))


@given(phases)
def test_basis_is_the_cyclic_catmull_rom_spline(phase: float) -> None:
    basis = phase_basis(np.array(phase))
    assert basis == pytest.approx(catmull_rom(np.eye(4), phase), abs=1e-6)


@given(phases)
def test_basis_sums_to_one_and_is_periodic(phase: float) -> None:
    basis = phase_basis(np.array(phase))
    assert basis.sum() == pytest.approx(1.0, abs=1e-6)
    assert phase_basis(np.array(phase + 3.0)) == pytest.approx(basis, abs=1e-5)


@each("k", range(CONTROL_POINTS))
def test_basis_passes_through_the_control_points_smoothly(k: int) -> None:
    knot = k / CONTROL_POINTS
    assert phase_basis(np.array(knot)) == pytest.approx(np.eye(4)[k], abs=1e-7)
    step = 1e-3
    before, at, after = phase_basis(np.array([knot - step, knot, knot + step])).astype(float)
    assert (at - before) / step == pytest.approx((after - at) / step, abs=0.2)
    tangent = 0.5 * 4.0 * (np.eye(4)[(k + 1) % 4] - np.eye(4)[(k - 1) % 4])
    assert (after - before) / (2 * step) == pytest.approx(tangent, abs=0.01)


@each("phase", [0.0, 1.0, -1.0, -1e-17, 1.0 - 1e-17, 1e9, np.nextafter(1.0, 0)])
def test_basis_at_the_wrap(phase: float) -> None:
    assert phase_basis(np.array(phase)) == pytest.approx([1, 0, 0, 0], abs=1e-6)


def test_basis_takes_any_shape() -> None:
    at = np.random.default_rng(0).random((3, 2))
    basis = phase_basis(at)
    assert (basis.shape, basis.dtype) == ((3, 2, 4), np.float32)
    assert basis[2, 1] == pytest.approx(phase_basis(at[2, 1]))


def test_elu() -> None:
    x = np.array([-800.0, -1.0, 0.0, 2.0, 800.0])
    assert elu(x) == pytest.approx([-1.0, np.exp(-1.0) - 1.0, 0.0, 2.0, 800.0])


def test_forward_blends_the_weights_of_each_layer() -> None:
    net, rng = small(), np.random.default_rng(1)
    inputs, phase = rng.normal(size=(9, 7)), rng.uniform(-2.0, 2.0, size=9)
    out = net.forward(inputs, phase)
    for row in range(9):
        x = (inputs[row] - net.input_mean) / net.input_scale
        for i, (weights, biases) in enumerate(zip(net.weights, net.biases, strict=True)):
            x = catmull_rom(weights, phase[row]) @ x + catmull_rom(biases, phase[row])
            x = np.where(x > 0.0, x, np.exp(np.minimum(x, 0.0)) - 1.0) if i < 2 else x
        expected = x * net.output_scale + net.output_mean
        assert out[row] == pytest.approx(expected, rel=1e-4, abs=1e-4)


@each("characters", [1, 2, 5])
@each("split", [1, 4, 6])
def test_step_is_forward(characters: int, split: int) -> None:
    net, rng = small(seed=3), np.random.default_rng(2)
    stepper = Stepper(net, split, characters)
    known = rng.normal(size=(20, characters, split)).astype(np.float32)
    prepared = stepper.prepare(known)
    assert prepared.shape == (20, characters, 4 * 5)
    for frame in range(20):
        state = rng.normal(size=(characters, 7 - split)).astype(np.float32)
        phase = rng.random(characters)
        kept = [a.copy() for a in (prepared, state)]
        out = stepper.step(prepared[frame], state, phase_basis(phase))
        whole = net.forward(np.concatenate([known[frame], state], axis=1), phase)
        assert out.shape == (characters, 6)
        assert out == pytest.approx(whole, rel=1e-4, abs=1e-4)
        assert np.array_equal(prepared, kept[0])
        assert np.array_equal(state, kept[1])


def test_characters_do_not_touch_each_other() -> None:
    net, rng = small(seed=4), np.random.default_rng(5)
    known, state = rng.normal(size=(3, 4)), rng.normal(size=(3, 3))
    phase = rng.random(3)
    stepper = Stepper(net, 4, 3)
    before = stepper.step(stepper.prepare(known), state, phase_basis(phase)).copy()
    state[1] += 5.0
    phase[1] += 0.3
    after = stepper.step(stepper.prepare(known), state, phase_basis(phase))
    assert after[[0, 2]] == pytest.approx(before[[0, 2]], abs=1e-6)
    assert np.abs(after[1] - before[1]).max() > 0.01
