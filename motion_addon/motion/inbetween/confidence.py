# SPDX-License-Identifier: GPL-3.0-or-later
"""Confidence in the network's correction of a motion, measured on its kept frames.

Some kept frames are hidden, filled like a gap, and compared with the original. The share of the
correction that fits them best scales the correction of the gaps. So a motion unlike the training
data, or one that hardly moves, stays near its interpolation.
"""

import numpy as np

from ..clip.contacts import runs
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from . import gap
from .gap import GapWindows
from .model import Filler

ENDS = 2
"""Kept frames at either end of a stretch that stay visible, for the body's speed."""
SHORTEST = 7
"""Fewest kept frames of a stretch in which some are hidden."""
BELIEF = 0.3
"""Weight of full confidence beforehand, relative to the hidden frames."""
LENGTHS = 4.0
"""Weight of meters against axes."""


def share(
    filler: Filler, skeleton: Skeleton, motion: tuple[Array, Array], kept: Array, pace: Array
) -> float:
    """Return the confidence 0..1 in a window's correction, from its stretches of kept frames.

    ``motion`` is local rotations (T, J, 4) and roots (T, 3), ``kept`` (T,) the frames that the
    request keeps, ``pace`` (1,) as in ``gap.window``. Without a stretch that is long enough the
    confidence is 1.
    """
    size = agreed = 0.0
    for start, stop in runs(kept):
        if stop - start >= SHORTEST:
            moved, wanted = _missed(filler, skeleton, motion, slice(start, stop), pace)
            size += float((moved * moved).sum())
            agreed += float((moved * wanted).sum())
    if size == 0.0:
        return 1.0
    return float(np.clip((agreed / size + BELIEF) / (1.0 + BELIEF), 0.0, 1.0))


def _missed(
    filler: Filler, skeleton: Skeleton, motion: tuple[Array, Array], at: slice, pace: Array
) -> tuple[Array, Array]:
    """Return the network's change of a stretch's hidden frames, and the true one."""
    rotations, roots = motion[0][None, at], motion[1][None, at]
    known = np.ones(rotations.shape[:2], dtype=bool)
    known[:, ENDS:-ENDS] = False
    seen = gap.window(skeleton, rotations, roots, known, pace)
    found = gap.corrected(seen, filler.answer(seen.inputs))
    plain = _pose(seen, seen.rotations, seen.roots)
    return _pose(seen, found[0], found[1]) - plain, _pose(seen, rotations, roots) - plain


def blended(seen: GapWindows, rotations: Array, roots: Array, part: float) -> tuple[Array, Array]:
    """Return local rotations and roots with a share 0..1 of a correction of a window."""
    if part == 1.0:
        return rotations, roots
    shares = np.full(rotations.shape[:-1], part, dtype=np.float32)
    turned = quat.slerp(seen.rotations, rotations, shares)
    return turned, (seen.roots + part * (roots - seen.roots)).astype(roots.dtype)


def _pose(seen: GapWindows, rotations: Array, roots: Array) -> Array:
    """Return axes and positions of joints (N, T, 9 J) in the local ground frames."""
    world, places = seen.skeleton.fk(rotations, roots)
    axes = quat.to_two_axes(seen.root_frames.rotations_into(world))
    parts = axes, LENGTHS * seen.root_frames.points_into(places)
    return np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=-1)
