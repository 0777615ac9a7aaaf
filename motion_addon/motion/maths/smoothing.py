# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaussian smoothing of signals over time, and the smooth step from 0 to 1."""

import numpy as np

from .quat import Array

REACH = 3.5
"""Sigmas beyond which the weight is nothing."""


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
    """Return 0 where ``x`` (...) is under ``low``, 1 over ``high``, and in between a cubic."""
    share = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))
