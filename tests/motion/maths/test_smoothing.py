# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters over time: what they keep, and how they treat the ends."""

import numpy as np
import pytest

from motion_addon.motion.maths.smoothing import running_max, running_min, smooth, smoothstep


def test_smooth_keeps_level_mean_and_shape() -> None:
    rng = np.random.default_rng(0)
    noisy = rng.normal(size=(400, 2, 3)).astype(np.float32)
    out = smooth(noisy, 5.0)
    assert (out.shape, out.dtype) == (noisy.shape, np.float32)
    assert np.diff(out, axis=0).std() < 0.1 * np.diff(noisy, axis=0).std()
    assert smooth(np.full((50, 2), 3.0), 7.0) == pytest.approx(3.0)
    ramp = np.linspace(0.0, 1.0, 200)[:, None]
    assert smooth(ramp, 4.0)[20:-20] == pytest.approx(ramp[20:-20])
    assert np.array_equal(smooth(noisy, 0.0), noisy)
    assert np.array_equal(smooth(noisy[:1], 3.0), noisy[:1])
    impulse = np.zeros((101, 1))
    impulse[50] = 1.0
    spread = smooth(impulse, 6.0)[:, 0]
    assert spread.sum() == pytest.approx(1.0)
    width = np.sqrt((spread * (np.arange(101) - 50.0) ** 2).sum())
    assert width == pytest.approx(6.0, rel=0.03)


def test_smooth_of_a_loop_wraps_around() -> None:
    wave = np.sin(np.linspace(0.0, 2.0 * np.pi, 60, endpoint=False))[:, None]
    once = smooth(wave, 4.0, loop=True)
    assert smooth(np.roll(wave, 13, axis=0), 4.0, loop=True) == pytest.approx(np.roll(once, 13, 0))
    assert once == pytest.approx(np.abs(once).max() * wave, abs=1e-3), "a sine stays a sine"


def test_smoothstep_eases_between_its_limits() -> None:
    x = np.array([-1.0, 2.0, 3.0, 4.0, 9.0])
    assert smoothstep(x, 2.0, 4.0) == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0])
    ends = smoothstep(np.array([2.0 + 1e-4, 4.0 - 1e-4]), 2.0, 4.0)
    assert ends == pytest.approx([0.0, 1.0], abs=1e-7)


def test_running_extremes_look_both_ways() -> None:
    values = np.array([5.0, 0.0, 1.0, 0.0, 0.0, -2.0])
    assert running_max(values, 1).tolist() == [5.0, 5.0, 1.0, 1.0, 0.0, 0.0]
    assert running_min(values, 1).tolist() == [0.0, 0.0, 0.0, 0.0, -2.0, -2.0]
    assert running_max(values, 1, loop=True).tolist() == [5.0, 5.0, 1.0, 1.0, 0.0, 5.0]
    columns = np.stack([values, -values], axis=1)
    assert running_max(columns, 2)[:, 0].tolist() == running_max(values, 2).tolist()
