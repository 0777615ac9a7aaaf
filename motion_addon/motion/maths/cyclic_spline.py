# SPDX-License-Identifier: GPL-3.0-or-later
"""Curves over the phase of a stride: cyclic cubic splines with evenly spaced knots."""

import numpy as np

from .quat import Array


def basis(phase: Array, knots: int) -> Array:
    """Return (T, K) shares of ``knots`` at ``phase`` (T,) in cycles: cubic B-splines."""
    at = (np.asarray(phase, dtype=np.float64) % 1.0) * knots
    first = np.floor(at).astype(np.int64)
    t = at - first
    shares = np.stack(
        [
            (1.0 - t) ** 3,
            3.0 * t**3 - 6.0 * t**2 + 4.0,
            -3.0 * t**3 + 3.0 * t**2 + 3.0 * t + 1.0,
            t**3,
        ],
        axis=-1,
    )
    out = np.zeros((len(at), knots))
    for i in range(4):
        np.add.at(out, (np.arange(len(at)), (first + i - 1) % knots), shares[:, i] / 6.0)
    return out


def fit(phase: Array, values: Array, knots: int, stiffness: float = 1e-2) -> Array:
    """Return knots (K, ...) of the spline nearest to ``values`` (T, ...) at ``phase`` (T,).

    ``stiffness`` weighs changes of slope from knot to knot against the frames of a knot; it
    carries the spline over phases that were not seen.
    """
    shares = basis(phase, knots)
    flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
    ring = np.eye(knots)
    curve = np.roll(ring, 1, axis=1) - 2.0 * ring + np.roll(ring, -1, axis=1)
    weight = stiffness * len(flat) / knots
    system = shares.T @ shares + weight * curve.T @ curve + 1e-9 * ring
    found = np.linalg.solve(system, shares.T @ flat)
    return np.asarray(found.reshape(knots, *values.shape[1:]))


def at(knots: Array, phase: Array) -> Array:
    """Return the values (T, ...) of a spline of ``knots`` (K, ...) at ``phase`` (T,)."""
    flat = np.asarray(knots, dtype=np.float64).reshape(len(knots), -1)
    return np.asarray((basis(phase, len(flat)) @ flat).reshape(len(phase), *knots.shape[1:]))
