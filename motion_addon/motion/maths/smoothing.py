# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of signals over time: Gaussian smoothing, running extremes, the smooth step."""

import numpy as np

from .quat import Array

REACH = 3.5
"""Sigmas at which the Gaussian is cut off."""


def smooth(values: Array, sigma: float, loop: bool = False) -> Array:
    """Return values (T, ...) smoothed along time; ``sigma`` in frames.

    Ends are held, or wrap around where the motion loops.
    """
    if sigma <= 0 or len(values) < 2:
        return np.array(values)
    radius = int(np.ceil(REACH * sigma))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    flat = values.reshape(len(values), -1)
    at = np.arange(-radius, len(flat) + radius)
    padded = np.take(flat, at, axis=0, mode="wrap" if loop else "clip")
    columns = [np.convolve(column, kernel, mode="valid") for column in padded.T]
    return np.stack(columns, axis=1).reshape(values.shape).astype(values.dtype)


def smoothstep(x: Array, low: float = 0.0, high: float = 1.0) -> Array:
    """Return 0 for ``x`` (...) below ``low``, 1 above ``high``, and a cubic ease in between."""
    share = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def running_max(values: Array, half: int, loop: bool = False) -> Array:
    """Return the maximum of values (T, ...) over ``half`` frames before and after each frame.

    Ends are held, or wrap around where the motion loops.
    """
    padding = ((half, half), *((0, 0),) * (values.ndim - 1))
    padded = np.pad(values, padding, mode="wrap" if loop else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    return np.asarray(windows.max(axis=-1))


def running_min(values: Array, half: int, loop: bool = False) -> Array:
    """Return the minimum of values (T, ...) over the window of ``running_max``."""
    return -running_max(-values, half, loop)
