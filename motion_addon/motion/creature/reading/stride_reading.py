# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a stride takes and when each paw comes down, from half a stride on.

A paw's place in its stride is that of the wave that fits its fore-aft path under the body best.
In a loop a whole number of strides fits. Less than a whole stride shows its wave only if left and
right do the same half a stride apart, as in all gaits but the canter and the gallop.
"""

from dataclasses import dataclass

import numpy as np

from ...body import quadruped, quadruped_gaits, stride_phases
from ...body.quadruped import JOINTS
from ...maths.quat import Array
from .gait_names import LEAST_STEP, Footfalls
from .looping import Seam

MOST = 12
"""Strides in a loop at most; more are found as in a clip that does not close."""
WHOLE = 0.9
"""Strides that a clip must be long to be read without the symmetry of left and right."""
HALF = 0.45
"""Strides under which a clip shows no gait."""
TRIED = 0.25
"""Strides that are looked for at least."""
CLOSED = 0.015
"""Share of fit that a longer stride must win over one as long as the clip."""
LEAST_FIT = 0.25
"""Share of fit under which there is no wave."""
REPEATED = 1.5
"""Strides that a stretch of a long clip must show."""
SHORTEST = 3.0
"""Frames of the shortest stride."""
LIMITS = (0.06, 12.0)
"""Seconds of a stride in a clip that does not close."""
WINDOWS = (3.0, 7.0, 18.0)
"""Seconds of a long clip that are looked at in one go."""
_CLOSE = 0.02
"""Share of fit that a longer stride must win to be preferred."""
_MOST_FRAMES = 600
_Fit = tuple[float, Array, float]
"""Period in frames, waves (4,) of the paws, share of fit."""
_PAWS = [JOINTS.index(name) for name in quadruped.PAWS]


@dataclass(frozen=True, eq=False)
class Strides:
    """The strides of a motion."""

    period: float
    """Frames of a stride; 0 where there are none."""
    count: float
    """Strides in the motion."""
    waves: Array
    """(4,) complex, the wave of each paw: its size over the hip's height and its place."""
    fit: float
    """Share of the paws' fore-aft motion that the wave explains."""
    along: Array
    """(T, 4) the paws ahead of the hips, over their height."""

    def footfalls(self, fps: float) -> Footfalls:
        """Return the gait, the stride in seconds."""
        if not self.period:
            return Footfalls("stand", (0.0, 0.0, 0.0, 0.0), 1.0, 0.0)
        touchdowns = -np.angle(self.waves) / (2.0 * np.pi)
        a, b, c, d = (float(value) for value in (touchdowns - touchdowns[0]) % 1.0)
        duty = float((np.gradient(self.along, axis=0) < 0.0).mean())
        names = quadruped_gaits.GAITS[1:]
        off = [
            stride_phases.distance(np.array([a, b, c, d]), np.array(duty), name) for name in names
        ]
        gait = names[int(np.argmin(off))]
        return Footfalls(gait, (a, b, c, d), duty, self.period / fps)


def strides(poses: Array, seam: Seam, fps: float) -> Strides:
    """Return the strides of poses (T, J, 3) as the animal sees them; see ``seen_from_body``.

    In a long clip they are those of the stretch that shows them best.
    """
    along = poses[:, _PAWS, 2] - poses[:, :1, 2]
    none = Strides(0.0, 0.0, np.zeros(4, dtype=complex), 0.0, along)
    frames = seam.period if seam.loops else len(along)
    if len(along) < SHORTEST or along.std(axis=0).max() < LEAST_STEP:
        return none
    if seam.loops and frames < WINDOWS[1] * fps:
        counts = np.arange(1, min(MOST, int(frames / SHORTEST)) + 1)
        found = _best(along[:frames], frames / counts, drift=False)
    else:
        found = _open(along, fps)
    if not found[0]:
        return none
    return Strides(found[0], frames / found[0], *found[1:], along)


def _open(along: Array, fps: float) -> _Fit:
    """Return the wave of a motion that does not close: of a whole stride, else of half a one."""
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
    return best if best[2] > LEAST_FIT else (0.0, best[1], 0.0)


def _sized(along: Array, periods: Array) -> tuple[_Fit, float]:
    """Return the wave of a stretch, and how much of the paws' way it explains."""
    found = _best(along, periods, drift=True)
    return found, found[2] * float(along.std())


def _best(along: Array, periods: Array, *, drift: bool) -> _Fit:
    """Return the period that fits best, its waves (4,) and its share of fit."""
    every = max(len(along) // _MOST_FRAMES, 1)
    times = np.arange(0, len(along), every, dtype=np.float64)
    values = along[::every]
    slow = [np.ones_like(times), times / times[-1]] if drift else [np.ones_like(times)]
    basis = np.stack([_basis(times, period, slow) for period in periods])
    found = _solved(basis, values[None])
    wave = basis[..., :2] @ found[:, :2]
    total = float(((values - values.mean(axis=0)) ** 2).sum())
    shares = (wave**2).sum(axis=(1, 2)) / max(total, 1e-12)
    # A wave longer than the clip may be as large as one likes, against the drift.
    left = ((values - basis @ found) ** 2).sum(axis=(1, 2)) / max(total, 1e-12)
    return _shortest(periods, found[:, 0] - 1j * found[:, 1], np.minimum(shares, 1.0 - left))


def _mirrored(along: Array, periods: Array) -> _Fit:
    """Return the best wave with left and right half a stride apart."""
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
    """Return the least squares (P, K, N) of bases (P, T, K) for values (1, T, N)."""
    across = np.swapaxes(basis, 1, 2)
    square = across @ basis + 1e-9 * np.eye(basis.shape[-1])
    return np.asarray(np.linalg.solve(square, across @ values))


def _shortest(periods: Array, waves: Array, shares: Array) -> _Fit:
    """Return the best of the periods, of a period and its multiples the shortest."""
    best = int(np.argmax(shares))
    near = (shares >= shares[best] - _CLOSE) & (periods < 0.7 * periods[best])
    if near.any():
        best = int(np.flatnonzero(near)[np.argmax(shares[near])])
    return float(periods[best]), waves[best], float(shares[best])
