# SPDX-License-Identifier: GPL-3.0-or-later
"""Thinned curves stay within their tolerance."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.retarget.keyframe_reduction import thin
from tests.cases import each


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 300), st.sampled_from([1e-3, 1e-2, 0.1]))
def test_curve_stays_within_tolerance(seed, count, tolerance):
    rng = np.random.default_rng(seed)
    frames = np.cumsum(rng.uniform(0.5, 2.0, count))
    values = np.cumsum(rng.normal(size=(count, 4)) * 0.05, axis=0)
    keys = thin(frames, values, tolerance)
    assert np.abs(keys.evaluate(frames) - values).max() <= tolerance + 1e-9
    assert keys.frames[0] == frames[0]


def test_smooth_motion_needs_few_keys():
    frames = np.arange(300.0)
    values = np.sin(frames / 15.0)[:, None] * [1.0, 0.3]
    keys = thin(frames, values, 0.01)
    assert len(keys.frames) < 40


@each("tolerance", [0.0, -1.0, float("nan")])
def test_a_tolerance_that_cannot_be_met_keeps_every_frame(tolerance):
    frames, values = np.arange(20.0), np.random.default_rng(0).normal(size=(20, 2))
    assert len(thin(frames, values, tolerance).frames) <= 20
    values[3] = np.nan
    assert len(thin(frames, values, tolerance).frames) <= 20


@each("count", [1, 2, 50])
def test_stillness_is_one_key(count):
    keys = thin(np.arange(float(count)), np.ones((count, 3)), 0.01)
    assert len(keys.frames) <= 2
    assert np.allclose(keys.evaluate(np.arange(float(count))), 1.0)
