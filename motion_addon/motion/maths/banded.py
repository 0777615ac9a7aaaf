# SPDX-License-Identifier: GPL-3.0-or-later
"""Least squares over time whose equations each take a few frames that follow each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .quat import Array

WIDTH = 3
"""Most frames between the first and the last of one equation."""
_BLOCK = 32


class FrameEquations:
    """Weighted equations of a signal of T frames, and their solution in the least squares."""

    def __init__(self, frames: int, columns: int) -> None:
        """Make no equations yet, of a signal (frames, columns)."""
        self.bands = np.zeros((WIDTH + 1, frames))
        self.right = np.zeros((frames, columns))

    def add(self, terms: Sequence[Array | float], weights: Array | float, values: Array) -> None:
        """Add for each first frame t: the sum of ``terms[k]`` times the signal at t + k is a value.

        ``terms`` are K <= 4 factors (N,) of the N = T - K + 1 first frames, ``weights`` (N,) or
        one, ``values`` (N, columns).
        """
        count = len(self.right) - len(terms) + 1
        factors = [np.broadcast_to(np.asarray(term, np.float64), count) for term in terms]
        weights = np.broadcast_to(np.asarray(weights, np.float64), count)
        for i, one in enumerate(factors):
            self.right[i : i + count] += (weights * one)[:, None] * values
            for j in range(i, len(factors)):
                self.bands[j - i, i : i + count] += weights * one * factors[j]

    def solved(self) -> Array:
        """Return the signal (T, columns)."""
        frames, columns = self.right.shape
        blocks = -(-frames // _BLOCK)
        size = blocks * _BLOCK
        bands = np.zeros((WIDTH + 1, size))
        bands[:, :frames] = self.bands
        bands[0, frames:] = 1.0
        right = np.zeros((blocks, _BLOCK, columns))
        right.reshape(size, columns)[:frames] = self.right
        middle, above = np.zeros((2, blocks, _BLOCK, _BLOCK))
        for k, band in enumerate(bands.reshape(WIDTH + 1, blocks, _BLOCK)):
            for i in range(_BLOCK):
                if i + k < _BLOCK:
                    middle[:, i, i + k] = middle[:, i + k, i] = band[:, i]
                else:
                    above[:, i, i + k - _BLOCK] = band[:, i]
        for i in range(1, blocks):
            share = np.linalg.solve(middle[i - 1], above[i - 1]).T
            middle[i] -= share @ above[i - 1]
            right[i] -= share @ right[i - 1]
        out = np.zeros_like(right)
        for i in range(blocks - 1, -1, -1):
            ahead = above[i] @ out[i + 1] if i + 1 < blocks else 0.0
            out[i] = np.linalg.solve(middle[i], right[i] - ahead)
        return out.reshape(size, columns)[:frames]
