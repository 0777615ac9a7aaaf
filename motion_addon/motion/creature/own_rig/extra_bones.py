# SPDX-License-Identifier: GPL-3.0-or-later
"""What an exemplar's rig does beyond the canonical skeleton: ears, jaw, a second tail, wings.

For each bone a mean turn and a cyclic curve over the stride, fitted to the exemplar: how it
differs from the canonical joints that it follows, or from its parent if it follows none. The
curves of the former fade with how far a motion is from the exemplar, as they are what is missed
in its gait; those of the latter are kept in part at any speed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...clip.clip import Clip
from ...maths import cyclic_spline, quat
from ...maths.quat import Array
from . import own_rig
from .own_rig import Bones, Misfit, OwnRig

KNOTS: Final = 12
"""Of the cyclic splines."""
WHOLE: Final = 0.9
"""Share of a stride that must be seen; of less only the mean pose is taken."""
KEPT: Final = 0.4
"""Share of the curve of a bone that follows no canonical joint, far from the exemplar."""
_STIFF = 1e-3
"""Of the splines: enough to carry them over phases that a short clip does not show."""
_STILL = 1e-3
"""Of the hip's height: a bone that shifts less does not. Turns: radians."""


@dataclass(frozen=True, eq=False)
class Extras:
    """Means and curves of a rig's bones, B of them."""

    turns: Array
    """(B, 4) mean turn of a bone from what it follows."""
    shifts: Array
    """(B, 3) mean shift from where it rests on its parent, over the hip's height."""
    curves: Array
    """(K, B, 6) knots over the stride of its turn about the mean (radians) and of its shift."""
    level: Array
    """(B,) bool, bones above the trunk that follow the heading."""

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        return {
            "turns": self.turns.astype(np.float32),
            "shifts": self.shifts.astype(np.float32),
            "curves": self.curves.astype(np.float16),
            "level": self.level,
        }

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> Extras:
        """Return the extras stored by ``to_arrays``."""
        turns, shifts, curves = (
            np.asarray(data[name], dtype=np.float64) for name in ("turns", "shifts", "curves")
        )
        return Extras(quat.normalize(turns), shifts, curves, np.asarray(data["level"], dtype=bool))


def fit(own: OwnRig, clip: Clip, bones: Bones, phase: Array | None) -> Extras:
    """Return what a rig's own motion has beyond its canonical ``clip``, both of the rig's size.

    ``phase`` (T,) are the strides in cycles, unwrapped, whole where the left hind paw comes down;
    None where there are none. Of less than a stride only the mean is taken.
    """
    given, ahead = own_rig.followed(own, clip), own_rig.heading(clip)
    count = len(own.skeleton)
    turns = np.tile(quat.IDENTITY.astype(np.float64), (count, 1))
    shifts, away = np.zeros((count, 3)), np.zeros((len(bones.turns), count, 6))
    level = np.zeros(count, dtype=bool)
    size = own.animal.hip_height
    for bone in range(count):
        off = _away(own_rig.base(own, bones, given, bone), bones.turns[:, bone])
        if bone in own.above:
            other = _away(ahead, bones.turns[:, bone])
            spread = (np.ptp(one[1], axis=0).max() for one in (other, off))
            level[bone] = next(spread) <= next(spread) + _STILL
            off = other if level[bone] else off
        turns[bone] = off[0]
        moved = own_rig.shift(own, bones, bone) / size
        shifts[bone] = moved.mean(axis=0) if np.abs(moved).max() > _STILL else 0.0
        away[:, bone] = np.concatenate([off[1], moved - shifts[bone]], axis=1)
    away = np.where(np.abs(away).max(axis=0) > _STILL, away, 0.0)
    curves = np.zeros((KNOTS, count, 6))
    if phase is not None and np.ptp(phase) > WHOLE:
        curves = cyclic_spline.fit(phase, away, KNOTS, _STIFF)
    return Extras(turns, shifts, curves, level)


def _away(base: Array, turns: Array) -> tuple[Array, Array]:
    """Return the mean (4,) of how turns (T, 4) are away from ``base``, and what is left (T, 3)."""
    off = quat.unroll(quat.inv_mul(base, turns))
    mean = quat.normalize(off.mean(axis=0))
    return mean, quat.to_rotvec(quat.inv_mul(mean, off))


def misfit(own: OwnRig, extras: Extras, phase: Array, near: Array, moving: Array) -> Misfit:
    """Return what the extras add on each frame.

    ``phase`` (T,) in cycles as in ``fit``; ``near`` (T,) says how much a motion is like the
    exemplar's, ``moving`` (T,) whether it moves at all, 0 to 1.
    """
    faded = near * moving
    kept = (KEPT + (1.0 - KEPT) * near) * moving
    curves, size = cyclic_spline.evaluate(extras.curves, phase), own.animal.hip_height
    turns, shifts = {}, {}
    for bone, (mean, shift) in enumerate(zip(extras.turns, extras.shifts, strict=True)):
        curve = curves[:, bone] * (faded if bone in own.shares else kept)[:, None]
        turns[bone] = quat.mul(mean[None], quat.from_rotvec(curve[:, :3]))
        if np.any(shift) or np.any(extras.curves[:, bone, 3:]):
            shifts[bone] = (shift + curve[:, 3:]) * size
    return Misfit(turns, shifts, frozenset(int(b) for b in np.flatnonzero(extras.level)))
