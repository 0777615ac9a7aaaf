# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants paws: pinned in their stances, clear of the ground, within reach, flat on slopes.

Pasterns keep their orientation, except where a leg needs more reach.
"""

from __future__ import annotations

import numpy as np

from ..body.legs import CanonicalLeg
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from ..plan.ground import GroundHeight
from . import foot_lock
from .lower_body import LowerBody
from .planting import Places
from .stances import Mask, Stance, StanceRules, stance_mask

CLEAR_HEIGHT = 0.05
"""Height (m) of a paw over its standing height in a swing, at least, for a size of 1."""
CLEAR_SPEEDS = (0.2, 1.3)
"""Speeds of the paw (m/s) at which it needs none and all of that height."""
LEAN = np.radians(14.0)
"""Most (rad) a pastern, or a metatarsus with it, leans towards the leg for more reach."""
GLIDE = np.radians(12.0)
"""Most (rad) a shoulder blade turns for more reach."""
EASY_REACH = 0.985
"""Share of the straight leg beyond which the lower leg and the shoulder blade help."""
SLOPE_REACH = 0.05
"""Distance (m), for a size of 1, at which the slope of the ground around a paw is measured."""
LAND_SECONDS = 0.06
"""Time in which a paw that lands comes down all the way (s)."""

_UP, _FRONT, _SIDE = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])


class Paw:
    """Planting of paws."""

    rules = StanceRules(shortest=3, trim_share=0.0, blur_seconds=0.01, slow_seconds=0.13)
    carry_seconds = 0.1
    deepest = 0.12
    """Most (m) that a girdle comes down for reach, for a size of 1."""

    def height(self, heights: Array, stance: Stance) -> float:
        """Return the height of a stance, the median."""
        return float(np.median(heights))

    def target(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        stances: list[Stance],
        sole: float,
        ground: GroundHeight,
    ) -> Array:
        """Return the way (T, 3) of one paw, pinned in its stances and clear elsewhere."""
        raw, fps, size = body.positions[leg.ball].copy(), body.fps, body.size
        known = stance_mask(stances, len(raw))
        raw[:, 1] += _rise(raw[:, 1] - ground(raw) - sole, stances, known, fps)
        raw[:, 1] = leg_ik.soft_maximum(raw[:, 1], ground(raw) + sole, 0.004 * size)
        places = foot_lock.anchored(raw, stances)
        floor = ground(places) + sole
        paw = foot_lock.pinned(raw, places, floor, stances, LAND_SECONDS * fps, fps)
        floor = ground(paw) + sole
        speed = np.linalg.norm(np.gradient(paw[:, [0, 2]], axis=0), axis=-1) * fps
        share = (speed / size - CLEAR_SPEEDS[0]) / (CLEAR_SPEEDS[1] - CLEAR_SPEEDS[0])
        least = floor + CLEAR_HEIGHT * size * foot_lock.eased(share)
        paw[:, 1] += foot_lock.raised(paw[:, 1], least, known, fps, size)
        paw[:, 1] = np.maximum(paw[:, 1], floor - np.where(known, 0.001, 0.0))
        return paw

    def joint(self, leg: CanonicalLeg) -> str:
        """Return the paw."""
        return leg.ball

    def stretch(self, body: LowerBody, targets: Places) -> None:
        """Lean lower legs, and turn shoulder blades, where a paw is out of reach."""
        for leg in body.kind.legs:
            _lean(body, leg, targets[leg.name])
        for leg in body.kind.legs:
            if leg.first > 0:
                _glide(body, leg, self.end(body, leg, targets[leg.name]))

    def end(self, body: LowerBody, leg: CanonicalLeg, target: Array) -> Array:
        """Return the place (T, 3) of the wrist or hock for the paw to be at its target."""
        return np.asarray(target + body.positions[leg.end] - body.positions[leg.ball])

    def set_down(
        self,
        body: LowerBody,
        leg: CanonicalLeg,
        target: Array,
        stances: list[Stance],
        ground: GroundHeight,
    ) -> None:
        """Keep the yaw of a standing paw, and lay it on sloping ground."""
        rotation = foot_lock.untwisted(body.rotations[leg.ball], stances, body.fps)
        reach = SLOPE_REACH * body.size
        ahead, aside = (target + reach * axis for axis in (_FRONT, _SIDE))
        back, other = (target - reach * axis for axis in (_FRONT, _SIDE))
        slopes = [ground(b) - ground(a) for a, b in ((back, ahead), (other, aside))]
        normal = np.stack([-slopes[1], np.full(len(target), 2.0 * reach), -slopes[0]], axis=-1)
        share = stance_mask(stances, len(target)).astype(np.float64)
        tilt = quat.between(np.broadcast_to(_UP, normal.shape), normal)
        lying = quat.slerp(quat.IDENTITY.astype(np.float64), tilt, smooth(share, 0.05 * body.fps))
        body.rotations[leg.ball] = quat.mul(lying, rotation)


def _rise(height: Array, stances: list[Stance], known: Mask, fps: float) -> Array:
    """Return by how much (T,) a paw must rise for each stance as a whole to be on the ground."""
    rise = np.zeros((len(height), 1))
    for stance in stances:
        rise[stance.start : stance.stop] = -np.median(height[stance.start : stance.stop])
    return foot_lock.bridged(rise, known, fps)[:, 0]


def _lack(body: LowerBody, leg: CanonicalLeg, end: Array) -> Array:
    """Return by how much (T,) meters a leg is short of an easy reach, softly."""
    top = body.positions[leg.top]
    length = body.length(leg)
    away = np.linalg.norm(end - top, axis=-1)
    was = np.linalg.norm(body.positions[leg.end] - top, axis=-1)
    easy = np.maximum(np.minimum(was, leg_ik.STRAIGHTEST * length), EASY_REACH * length)
    return leg_ik.soft_maximum(away - easy, 0.0, 0.003 * body.size)


def _lean(body: LowerBody, leg: CanonicalLeg, paw: Array) -> None:
    """Lean the part between paw and wrist or hock towards the leg where it is short of reach."""
    arm = body.positions[leg.end] - body.positions[leg.ball]
    wanted = body.positions[leg.top] - paw
    size, far = np.linalg.norm(arm, axis=-1), np.linalg.norm(wanted, axis=-1)
    angle = np.arccos(np.clip((arm * wanted).sum(axis=-1) / (size * far), -1.0, 1.0))
    gain = size * np.maximum(np.sin(angle), 0.25)
    most = np.minimum(LEAN, 0.8 * angle)
    lack = _lack(body, leg, paw + arm)
    turned = most * np.tanh(lack / gain / np.maximum(most, 1e-6))
    axis = quat.unit(quat.cross(arm, wanted))
    turn = quat.from_axis_angle(axis, turned)
    for joint in leg.foot[:-1]:
        body.rotations[joint] = quat.mul(turn, body.rotations[joint])
    body.positions[leg.ball] = body.positions[leg.end] - quat.apply(turn, arm)


def _glide(body: LowerBody, leg: CanonicalLeg, end: Array) -> None:
    """Turn a shoulder blade so that the shoulder comes nearer to a paw out of reach."""
    blade = leg.chain[0]
    arm = body.positions[leg.top] - body.positions[blade]
    way = quat.unit(end - body.positions[leg.top]) * _lack(body, leg, end)[:, None]
    spin = quat.cross(arm, way) / np.maximum((arm**2).sum(axis=-1, keepdims=True), 1e-9)
    angle = np.linalg.norm(spin, axis=-1, keepdims=True)
    turn = quat.from_rotvec(spin / np.maximum(angle, 1e-9) * GLIDE * np.tanh(angle / GLIDE))
    body.rotations[blade] = quat.mul(turn, body.rotations[blade])
    moved: Array = body.positions[blade] + quat.apply(turn, arm) - body.positions[leg.top]
    for joint in leg.chain[1:]:
        body.positions[joint] = body.positions[joint] + moved
