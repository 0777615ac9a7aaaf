# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion of an exemplar's rig beyond the canonical skeleton: ears, jaw, a second tail, wings.

Each bone has a mean rotation and a cyclic curve over the stride, fitted to the exemplar, relative
to the canonical joints that it follows, or to its parent if it follows none. Curves of bones that
follow joints correct the exemplar's own gait, so they fade as a motion differs from it; curves of
other bones are kept in part at any speed.
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
from .own_rig import BoneCorrections, BoneMotion, OwnRig

KNOTS: Final = 12
"""Knots of the cyclic splines."""
WHOLE: Final = 0.9
"""Share of a stride that a clip must show; a shorter clip gives only the mean pose."""
KEPT: Final = 0.4
"""Share of the curve that is kept far from the exemplar, for bones that follow no joint."""
_STIFF = 1e-3
"""Stiffness of the splines, enough to bridge phases that a short clip does not show."""
_STILL = 1e-3
"""Movement that counts as none: shares of the hip height for shifts, radians for rotations."""


@dataclass(frozen=True, eq=False)
class ExtraBoneMotion:
    """Mean poses and stride curves of a rig's B bones."""

    turns: Array
    """(B, 4) mean rotation of a bone from the joint or bone that it follows."""
    shifts: Array
    """(B, 3) mean shift from its rest position on its parent, as a share of the hip height."""
    curves: Array
    """(K, B, 6) knots over the stride: rotation vector about the mean (radians), and shift."""
    level: Array
    """(B,) bool: bones above the trunk that follow the heading."""

    def to_arrays(self) -> dict[str, Array]:
        """Return plain arrays for an ``.npz`` file."""
        return {
            "turns": self.turns.astype(np.float32),
            "shifts": self.shifts.astype(np.float32),
            "curves": self.curves.astype(np.float16),
            "level": self.level,
        }

    @staticmethod
    def from_arrays(data: Mapping[str, Any]) -> ExtraBoneMotion:
        """Return the object that ``to_arrays`` stored."""
        turns, shifts, curves = (
            np.asarray(data[name], dtype=np.float64) for name in ("turns", "shifts", "curves")
        )
        return ExtraBoneMotion(
            quat.normalize(turns), shifts, curves, np.asarray(data["level"], dtype=bool)
        )


def fit(own: OwnRig, clip: Clip, bones: BoneMotion, phase: Array | None) -> ExtraBoneMotion:
    """Fit a rig's own motion relative to its canonical ``clip``, both of the rig's size.

    ``phase`` (T,) is the left hind's stride in cycles, unwrapped, whole at its touchdowns; None
    without strides. A clip of less than a stride gives only the mean pose.
    """
    given, ahead = own_rig.followed_rotations(own, clip), own_rig.heading(clip)
    count = len(own.skeleton)
    turns = np.tile(quat.IDENTITY.astype(np.float64), (count, 1))
    shifts, away = np.zeros((count, 3)), np.zeros((len(bones.turns), count, 6))
    level = np.zeros(count, dtype=bool)
    size = own.canonical.hip_height
    for bone in range(count):
        off = _away(own_rig.base_rotation(own, bones, given, bone), bones.turns[:, bone])
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
    return ExtraBoneMotion(turns, shifts, curves, level)


def _away(base: Array, turns: Array) -> tuple[Array, Array]:
    """Return the mean rotation (4,) of ``turns`` (T, 4) from ``base``, and the rest (T, 3)."""
    off = quat.unroll(quat.inv_mul(base, turns))
    mean = quat.normalize(off.mean(axis=0))
    return mean, quat.to_rotvec(quat.inv_mul(mean, off))


def corrections(
    own: OwnRig, extra: ExtraBoneMotion, phase: Array, similarity: Array, moving: Array
) -> BoneCorrections:
    """Return the corrections of each frame.

    ``phase`` (T,) is in cycles as in ``fit``; ``similarity`` (T,) to the exemplar's motion and
    ``moving`` (T,) are 0 to 1.
    """
    faded = similarity * moving
    kept = (KEPT + (1.0 - KEPT) * similarity) * moving
    curves, size = cyclic_spline.evaluate(extra.curves, phase), own.canonical.hip_height
    turns, shifts = {}, {}
    for bone, (mean, shift) in enumerate(zip(extra.turns, extra.shifts, strict=True)):
        curve = curves[:, bone] * (faded if bone in own.shares else kept)[:, None]
        turns[bone] = quat.mul(mean[None], quat.from_rotvec(curve[:, :3]))
        if np.any(shift) or np.any(extra.curves[:, bone, 3:]):
            shifts[bone] = (shift + curve[:, 3:]) * size
    return BoneCorrections(turns, shifts, frozenset(int(b) for b in np.flatnonzero(extra.level)))
