# SPDX-License-Identifier: GPL-3.0-or-later
"""Splines over the phase of a stride."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motion_addon.motion.maths import cyclic_spline


@given(st.floats(-20.0, 20.0), st.integers(4, 40))
def test_shares_sum_to_one_and_come_round(phase: float, knots: int) -> None:
    shares = cyclic_spline.basis(np.array([phase, phase + 1.0]), knots)
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-9)
    assert (shares >= -1e-12).all()
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-6)


def test_a_wave_is_found_again_at_other_phases() -> None:
    def wave(phase: np.ndarray) -> np.ndarray:
        return np.stack([np.sin(2 * np.pi * phase), 0.3 + np.cos(4 * np.pi * phase)], axis=-1)

    seen = np.linspace(0.0, 3.0, 200)
    knots = cyclic_spline.fit(seen, wave(seen), 24, stiffness=1e-5)
    at = np.linspace(-1.0, 1.0, 77)
    assert np.abs(cyclic_spline.evaluate(knots, at) - wave(at)).max() < 5e-3
    # No kink where the cycle closes.
    near = cyclic_spline.evaluate(knots, np.array([1.0 - 1e-4, 1.0 + 1e-4]))
    assert np.abs(np.diff(near, axis=0)).max() < 5e-3


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_phases_that_were_not_seen_are_carried_over(share: float) -> None:
    seen = np.linspace(0.0, share, 60)
    values = 1.0 + 0.1 * np.cos(2 * np.pi * seen)
    every = cyclic_spline.evaluate(cyclic_spline.fit(seen, values, 24), np.linspace(0.0, 1.0, 100))
    assert 0.7 < every.min() <= every.max() < 1.3
