# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the network's correction of a filling is to be trusted with a motion.

Kept frames tell: some of them are hidden, filled like a gap, and compared with what they were. The
share of the network's correction that comes nearest to them is what the gaps get of it. A motion
that is unlike all that was learned, or that hardly moves, so stays near its interpolation.
"""

import numpy as np

from ..clip.contacts import runs
from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array
from . import gap
from .gap import Window
from .model import Filler

ENDS = 2
"""Kept frames at either end of a stretch that are not hidden: they tell how the body moves."""
SHORTEST = 7
"""Kept frames of a stretch in which some are hidden."""
BELIEF = 0.3
"""What is believed of the network beforehand, over what hidden frames tell."""
LENGTHS = 4.0
"""Weight of meters against axes."""


def share(
    filler: Filler, skeleton: Skeleton, motion: tuple[Array, Array], kept: Array, pace: Array
) -> float:
    """Return 0..1, the share of a window's correction that holds in its stretches of kept frames.

    ``motion`` are local rotations (T, J, 4) and roots (T, 3), ``kept`` (T,) the frames of it that
    are known from the first, ``pace`` (1,) as ``gap.window`` has it. Without a stretch that is
    long enough it is 1.
    """
    size = told = 0.0
    for start, stop in runs(kept):
        if stop - start >= SHORTEST:
            moved, wanted = _missed(filler, skeleton, motion, slice(start, stop), pace)
            size += float((moved * moved).sum())
            told += float((moved * wanted).sum())
    if size == 0.0:
        return 1.0
    return float(np.clip((told / size + BELIEF) / (1.0 + BELIEF), 0.0, 1.0))


def _missed(
    filler: Filler, skeleton: Skeleton, motion: tuple[Array, Array], at: slice, pace: Array
) -> tuple[Array, Array]:
    """Return by how much the network moves a stretch's hidden frames, and by how much it should."""
    rotations, roots = motion[0][None, at], motion[1][None, at]
    known = np.ones(rotations.shape[:2], dtype=bool)
    known[:, ENDS:-ENDS] = False
    seen = gap.window(skeleton, rotations, roots, known, pace)
    found = gap.corrected(seen, filler.answer(seen.inputs))
    plain = _pose(seen, seen.rotations, seen.roots)
    return _pose(seen, found[0], found[1]) - plain, _pose(seen, rotations, roots) - plain


def blended(seen: Window, rotations: Array, roots: Array, part: float) -> tuple[Array, Array]:
    """Return local rotations and roots with a share 0..1 of a correction of a window."""
    if part == 1.0:
        return rotations, roots
    shares = np.full(rotations.shape[:-1], part, dtype=np.float32)
    turned = quat.slerp(seen.rotations, rotations, shares)
    return turned, (seen.roots + part * (roots - seen.roots)).astype(roots.dtype)


def _pose(seen: Window, rotations: Array, roots: Array) -> Array:
    """Return (N, T, 9 J) axes and places of joints, seen from the carried frames."""
    world, places = seen.skeleton.fk(rotations, roots)
    axes = quat.to_two_axes(seen.carried.rotations_into(world))
    parts = axes, LENGTHS * seen.carried.points_into(places)
    return np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=-1)
