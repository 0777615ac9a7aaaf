# SPDX-License-Identifier: GPL-3.0-or-later
"""The stride period of a motion and each paw's place in the stride, from half a stride on.

A sine wave is fitted to each paw's fore-aft path under the body. In a loop a whole number of
strides fits. Less than a whole stride shows its wave only if left and right do the same half a
stride apart, as in all gaits but the canter and the gallop.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped
from ...body.quadruped import JOINTS
from ...maths.quat import Array
from .footfall_pattern import LEAST_STEP, STANDING, FootfallPattern, nearest_gait
from .loops import Loop

MOST = 12
"""Most strides in a loop; a loop of more is searched as a clip that does not close."""
WHOLE = 0.9
"""Strides that a clip must last to be read without assuming that left and right are alike."""
HALF = 0.45
"""Strides below which a clip shows no gait."""
TRIED = 0.25
"""Fewest strides that are searched for."""
CLOSED = 0.015
"""Explained share that a longer stride must gain over one as long as the clip."""
LEAST_EXPLAINED = 0.25
"""Explained share below which there is no wave."""
REPEATED = 1.5
"""Strides that a stretch of a long clip must show."""
SHORTEST = 3.0
"""Frames of the shortest stride."""
LIMITS = (0.06, 12.0)
"""Seconds of a stride in a clip that does not close."""
WINDOWS = (3.0, 7.0, 18.0)
"""Seconds of the stretches into which a long clip is cut."""
_CLOSE = 0.02
"""Explained share that a longer stride must gain over a shorter one."""
_MOST_FRAMES = 600
_Fit = tuple[float, Array, float]
"""Period in frames, waves (4,) of the paws, explained share."""
_PAWS = [JOINTS.index(name) for name in quadruped.PAWS]


@dataclass(frozen=True, eq=False)
class StrideWaves:
    """Sine waves fitted to the paws' fore-aft paths."""

    period: float
    """Frames of a stride; 0 without strides."""
    count: float
    """Strides in the motion."""
    waves: Array
    """(4,) complex amplitude of each paw's wave, as a share of the hip height."""
    explained: float
    """Share of the paths' variance that the waves explain."""
    along: Array
    """(T, 4) distance of each paw ahead of the pelvis, as a share of the hip height."""

    def footfalls(self, fps: float) -> FootfallPattern:
        """Return the footfall pattern, with the stride in seconds."""
        if not self.period:
            return STANDING
        return nearest_gait(-np.angle(self.waves) / (2.0 * np.pi), self.along, self.period / fps)


def stride_waves(poses: Array, loop: Loop, fps: float) -> StrideWaves:
    """Return the stride waves of poses (T, J, 3) from ``loops.body_frame_poses``.

    In a long clip the stretch that shows its strides best decides.
    """
    along = poses[:, _PAWS, 2] - poses[:, :1, 2]
    none = StrideWaves(0.0, 0.0, np.zeros(4, dtype=complex), 0.0, along)
    frames = loop.period if loop.closes else len(along)
    if len(along) < SHORTEST or along.std(axis=0).max() < LEAST_STEP:
        return none
    if loop.closes and frames < WINDOWS[1] * fps:
        counts = np.arange(1, min(MOST, int(frames / SHORTEST)) + 1)
        found = _best(along[:frames], frames / counts, drift=False)
    else:
        found = _open(along, fps)
    if not found[0]:
        return none
    return StrideWaves(found[0], frames / found[0], *found[1:], along)


def _open(along: Array, fps: float) -> _Fit:
    """Fit a motion that does not close: whole strides first, else half a stride, mirrored."""
    frames = float(len(along))
    low, high = max(SHORTEST, LIMITS[0] * fps), LIMITS[1] * fps
    lengths = [round(seconds * fps) for seconds in WINDOWS]
    if frames > 1.5 * lengths[0]:
        found = []
        for length in (one for one in lengths if one <= frames):
            starts = range(0, len(along) - length + 1, length // 2)
            periods = np.geomspace(low, length / REPEATED, 160)
            found += [_sized(along[a : a + length], periods) for a in starts]
        return max(found, key=lambda one: one[1])[0]
    whole = np.geomspace(low, max(min(frames / WHOLE, high), low), 160)
    best = _best(along, whole, drift=True)
    if best[0] > 0.97 * whole[-1]:
        one = _best(along, np.array([frames]), drift=True)
        best = one if one[2] > best[2] - CLOSED else best
    if frames / WHOLE < high:
        half = _mirrored(along, np.geomspace(frames / WHOLE, min(frames / TRIED, high), 60))
        if half[2] > max(best[2] + 0.1, 0.7):
            return half
    return best if best[2] > LEAST_EXPLAINED else (0.0, best[1], 0.0)


def _sized(along: Array, periods: Array) -> tuple[_Fit, float]:
    """Return the fit of a stretch, and its explained share times the spread of the paths."""
    found = _best(along, periods, drift=True)
    return found, found[2] * float(along.std())


def _best(along: Array, periods: Array, *, drift: bool) -> _Fit:
    """Return the period that explains most, its waves (4,) and its explained share."""
    every = max(len(along) // _MOST_FRAMES, 1)
    times = np.arange(0, len(along), every, dtype=np.float64)
    values = along[::every]
    slow = [np.ones_like(times), times / times[-1]] if drift else [np.ones_like(times)]
    basis = np.stack([_basis(times, period, slow) for period in periods])
    found = _solved(basis, values[None])
    wave = basis[..., :2] @ found[:, :2]
    total = float(((values - values.mean(axis=0)) ** 2).sum())
    shares = (wave**2).sum(axis=(1, 2)) / max(total, 1e-12)
    # A wave longer than the clip can grow without limit against the drift.
    left = ((values - basis @ found) ** 2).sum(axis=(1, 2)) / max(total, 1e-12)
    return _shortest(periods, found[:, 0] - 1j * found[:, 1], np.minimum(shares, 1.0 - left))


def _mirrored(along: Array, periods: Array) -> _Fit:
    """Return the best fit with left and right half a stride apart."""
    times = np.arange(len(along), dtype=np.float64)
    one = np.stack([_basis(times, period, [np.ones_like(times)]) for period in periods])
    basis = np.concatenate([one, one * np.array([-1.0, -1.0, 1.0])], axis=1)
    values = np.concatenate([along[:, :2], along[:, 2:]])
    found = _solved(basis, values[None])
    total = float(((values - values.mean(axis=0)) ** 2).sum())
    left = ((values - basis @ found) ** 2).sum(axis=(1, 2))
    waves = found[:, 0] - 1j * found[:, 1]
    waves = np.concatenate([waves, -waves], axis=1)
    return _shortest(periods, waves, 1.0 - left / max(total, 1e-12))


def _basis(times: Array, period: float, slow: list[Array]) -> Array:
    angle = 2.0 * np.pi * times / period
    return np.stack([np.cos(angle), np.sin(angle), *slow], axis=1)


def _solved(basis: Array, values: Array) -> Array:
    """Return the least-squares solutions (P, K, N) of bases (P, T, K) for values (1, T, N)."""
    across = np.swapaxes(basis, 1, 2)
    square = across @ basis + 1e-9 * np.eye(basis.shape[-1])
    return np.asarray(np.linalg.solve(square, across @ values))


def _shortest(periods: Array, waves: Array, shares: Array) -> _Fit:
    """Return the best period; of a period and its multiples, the shortest that is close."""
    best = int(np.argmax(shares))
    near = (shares >= shares[best] - _CLOSE) & (periods < 0.7 * periods[best])
    if near.any():
        best = int(np.flatnonzero(near)[np.argmax(shares[near])])
    return float(periods[best]), waves[best], float(shares[best])
