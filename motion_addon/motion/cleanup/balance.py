# SPDX-License-Identifier: GPL-3.0-or-later
"""Mends the balance of a motion: the trunk moves, smoothly, and planted feet stay in place.

After H. J. Shin, L. Kovar and M. Gleicher, "Physical touch-up of human motions" (2003). In flight
the center of mass comes onto a parabola; in stance it moves so that the zero-moment point comes to
the support polygon. Both are linear in the offset of the trunk and its acceleration: one
least-squares problem over time for the heights, one for the ground plane. They are solved a few
times, as the support and the legs, which reach for their feet again, are not linear.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..body.kinds import kind_of
from ..body.legs import CanonicalLeg
from ..clip.clip import Clip
from ..clip.skeleton import Skeleton
from ..maths import leg_ik
from ..maths.banded import FrameEquations
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth
from ..metrics.balance import GRAVITY, LOADED, Balance, balance_of
from ..metrics.masses import Masses
from .lower_body import LowerBody

ROUNDS: Final = 4
SOFT_LEVEL, SOFT_UP = 0.007, 0.04
"""Seconds in which the acceleration of the offset may change by that of gravity, for an error of a
meter on the ground plane, or of one gravity in height."""
STILL_LEVEL, STILL_UP = 2.0, 100.0
"""Weights of an offset of a meter."""
INSIDE: Final = 0.02
"""Weight of a zero-moment point that is inside the support and should stay where it is."""
DROP_SECONDS: Final = 0.1
"""Time before and after a planted leg that is short of reach in which the trunk comes down (s)."""
FEWEST: Final = 8
"""Frames of a clip that can be mended."""
_UP = np.array([0.0, 1.0, 0.0])


def balanced(clip: Clip, share: float) -> Clip:
    """Return a clip whose errors of balance are mended by ``share`` (0 to 1), over level ground.

    Feet stay where they are, in swing only as far as the legs reach. A clip without contacts is
    returned as it is.
    """
    if share <= 0.0 or clip.contacts is None or clip.frames < FEWEST:
        return clip
    moves, offset = _moves(clip.skeleton), np.zeros((clip.frames, 3))
    mended = clip
    for _ in range(ROUNDS):
        state = balance_of(mended, clip.contacts)
        offset[:, 1] += _lifts(state, moves, clip.fps)
        offset[:, [0, 2]] += _shifts(state, moves, clip.fps)
        mended = _moved(clip, offset)
    return mended if share == 1.0 else _moved(clip, share * offset)


def _moves(skeleton: Skeleton) -> Array:
    """Return (M,) the share of the trunk's offset by which each mass moves if all feet stay."""
    masses, places = Masses.of(skeleton), skeleton.rest_positions()
    heights = (places[masses.joints] + masses.offsets)[:, 1]
    out = np.ones(len(heights))
    for leg in kind_of(skeleton).legs:
        top, end = (places[skeleton.index(name), 1] for name in (leg.top, leg.end))
        below = np.isin(masses.joints, [skeleton.index(name) for name in leg.chain[leg.first :]])
        out[below] = np.clip((heights[below] - end) / (top - end), 0.0, 1.0)
    return out


def _lifts(state: Balance, moves: Array, fps: float) -> Array:
    """Return the heights (T,) to add to the trunk, so that the body falls freely in flight."""
    equations = FrameEquations(len(state.places), 1)
    missing = -np.diff(state.center[:, 1:2], n=2, axis=0) * fps**2 / GRAVITY - 1.0
    _free(equations, state, moves, missing, fps)
    _smooth(equations, SOFT_UP, STILL_UP, fps)
    return equations.solved()[:, 0]


def _shifts(state: Balance, moves: Array, fps: float) -> Array:
    """Return the offsets (T, 2) in x and z that bring the zero-moment point to the support."""
    moved = state.shares * moves
    force = np.maximum(state.acceleration[:, 1] + GRAVITY, LOADED * GRAVITY)
    near = moved.sum() * (state.acceleration[:, 1] + GRAVITY) / force
    far = state.places[..., 1] @ moved / force * fps**2
    outside = state.outside.any(axis=-1)
    weights = np.where(state.loaded, np.where(outside, 1.0, INSIDE), 0.0)
    inner = slice(1, -1)
    equations = FrameEquations(len(force), 2)
    equations.add(
        (-far[inner], (near + 2.0 * far)[inner], -far[inner]), weights[inner], -state.outside[inner]
    )
    missing = -np.diff(state.center[:, [0, 2]], n=2, axis=0) * fps**2 / GRAVITY
    _free(equations, state, moves, missing, fps)
    _smooth(equations, SOFT_LEVEL, STILL_LEVEL, fps)
    return equations.solved()


def _free(
    equations: FrameEquations, state: Balance, moves: Array, missing: Array, fps: float
) -> None:
    """Add equations of the acceleration ``missing`` (T - 2, columns) in flight, in gravities."""
    step = float(state.shares @ moves) * fps**2 / GRAVITY
    flying = state.airborne[1:-1].astype(np.float64)
    equations.add((step, -2.0 * step, step), flying, missing)


def _smooth(equations: FrameEquations, soft: float, still: float, fps: float) -> None:
    """Add equations of an offset that is small and whose acceleration changes slowly."""
    step, none = soft * fps**3 / GRAVITY, np.zeros_like(equations.right)
    equations.add((-step, 3.0 * step, -3.0 * step, step), 1.0, none[3:])
    equations.add((1.0,), still, none)


def _moved(clip: Clip, offset: Array) -> Clip:
    """Return the clip with its trunk moved by ``offset`` (T, 3) and its feet in their places.

    The trunk comes down, smoothly, where a planted leg would not reach.
    """
    body = LowerBody.of(clip)
    legs = body.kind.legs
    ends = [body.positions[leg.end] for leg in legs]
    reach = [_reach(body, leg) for leg in legs]
    body.move(offset)
    planted = (np.asarray(clip.contacts) > 0.5).reshape(clip.frames, len(legs), -1).any(axis=2)
    down = np.zeros(clip.frames)
    for leg, end, most, known in zip(legs, ends, reach, planted.T, strict=True):
        needed = leg_ik.drop_to(body.positions[leg.top], end, most)
        down = np.minimum(down, np.where(known, needed, 0.0))
    half = max(round(DROP_SECONDS * clip.fps), 1)
    body.move(smooth(running_min(down, half), half / 3.0)[:, None] * _UP)
    for leg, end in zip(legs, ends, strict=True):
        body.reach(leg, end)
    return body.written(clip, clip.contacts)


def _reach(body: LowerBody, leg: CanonicalLeg) -> Array:
    """Return the longest distance (T,) in meters that a leg reaches exactly."""
    was = np.linalg.norm(body.positions[leg.end] - body.positions[leg.top], axis=-1)
    return np.asarray(np.maximum(was, leg_ik.FREE * body.length(leg)))
