# SPDX-License-Identifier: GPL-3.0-or-later
"""Few keys for a dense curve: smooth cubic pieces within a tolerance.

Owns the choice of key frames. Pieces are cubic Hermite curves with the slopes of the dense data,
which Bezier keys with handles at a third of the way reproduce exactly.
"""

from dataclasses import dataclass

import numpy as np

from ..maths.quat import Array


@dataclass(frozen=True, eq=False)
class SparseKeys:
    """Keys of several channels at common frames."""

    frames: Array
    """(K,) frames of the keys."""
    values: Array
    """(K, C) values there."""
    slopes: Array
    """(K, C) slopes there, per frame."""

    def evaluate(self, frames: Array) -> Array:
        """Return (N, C) the smooth curve through the keys at ``frames``."""
        if len(self.frames) == 1:
            return np.repeat(self.values, len(frames), axis=0)
        low = np.clip(np.searchsorted(self.frames, frames, "right") - 1, 0, len(self.frames) - 2)
        return _hermite(
            frames, self.frames[low], self.frames[low + 1], self.values, self.slopes, low
        )


def _hermite(
    at: Array, start: Array, end: Array, values: Array, slopes: Array, low: Array
) -> Array:
    span = (end - start)[:, None]
    t = ((at - start) / (end - start))[:, None]
    one = 1.0 - t
    return np.asarray(
        (1.0 + 2.0 * t) * one * one * values[low]
        + t * one * one * span * slopes[low]
        + t * t * (3.0 - 2.0 * t) * values[low + 1]
        - t * t * one * span * slopes[low + 1]
    )


def thin(frames: Array, values: Array, tolerance: float) -> SparseKeys:
    """Return few keys whose smooth curve stays within ``tolerance`` of ``values`` (T, C).

    The curve is divided at its worst frame until every channel fits on every frame, or no frame
    is left. A curve that never leaves the tolerance around its first value becomes one key.
    """
    values = np.asarray(values, dtype=np.float64)
    frames = np.asarray(frames, dtype=np.float64)
    if len(values) < 3 or np.abs(values - values[:1]).max() <= 0.5 * tolerance:
        keep = np.arange(len(values)) if 1 < len(values) < 3 else np.array([0])
        return SparseKeys(frames[keep], values[keep], np.zeros((len(keep), values.shape[1])))
    slopes = np.gradient(values, frames, axis=0)
    keep = np.array([0, len(values) - 1])
    while True:
        keys = SparseKeys(frames[keep], values[keep], slopes[keep])
        error = np.abs(keys.evaluate(frames) - values).max(axis=-1)
        worst = np.maximum.reduceat(error, keep[:-1])
        bad = np.flatnonzero(worst > tolerance)
        if not len(bad):
            return keys
        new = [keep[i] + int(np.argmax(error[keep[i] : keep[i + 1]])) for i in bad]
        more = np.union1d(keep, np.array(new))
        if len(more) == len(keep):
            return keys
        keep = more
