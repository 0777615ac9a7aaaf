# SPDX-License-Identifier: GPL-3.0-or-later
"""Cyclic cubic B-splines with even knots: curves over the phase of a stride."""

import numpy as np

from .quat import Array


def basis(phase: Array, knots: int) -> Array:
    """Return the weights (T, K) of K ``knots`` at ``phase`` (T,), in cycles."""
    position = (np.asarray(phase, dtype=np.float64) % 1.0) * knots
    first = np.floor(position).astype(np.int64)
    t = position - first
    weights = np.stack(
        [
            (1.0 - t) ** 3,
            3.0 * t**3 - 6.0 * t**2 + 4.0,
            -3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0,
            t**3,
        ],
        axis=-1,
    )
    out = np.zeros((len(position), knots))
    for i in range(4):
        np.add.at(out, (np.arange(len(position)), (first + i - 1) % knots), weights[:, i] / 6.0)
    return out


def fit(phase: Array, values: Array, knots: int, stiffness: float = 1e-2) -> Array:
    """Return the knots (K, ...) of the spline nearest to ``values`` (T, ...) at ``phase`` (T,).

    ``stiffness`` is the penalty on second differences of knots, relative to the frames per knot;
    it bridges phases without samples.
    """
    weights = basis(phase, knots)
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    ring = np.eye(knots)
    curve = np.roll(ring, 1, axis=1) - 2.0 * ring + np.roll(ring, -1, axis=1)
    penalty = stiffness * len(flat) / knots
    system = weights.T @ weights + penalty * curve.T @ curve + 1e-9 * ring
    found = np.linalg.solve(system, weights.T @ flat)
    return np.asarray(found.reshape(knots, *values.shape[1:]))


def evaluate(knots: Array, phase: Array) -> Array:
    """Return the values (T, ...) of the spline with ``knots`` (K, ...) at ``phase`` (T,)."""
    flat = np.asarray(knots, dtype=np.float64).reshape(len(knots), -1)
    return np.asarray((basis(phase, len(flat)) @ flat).reshape(len(phase), *knots.shape[1:]))
