# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns four paws over time: pinned where they stand, clear of the ground, within reach.

Each paw stands by the same rules as a biped's foot. Both girdles, the hips and the shoulders,
go up and down for themselves, which pitches the trunk; pasterns keep their orientation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..body.quadruped import LEG_CHAINS, LEGS, TORSO, limb
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth
from ..metrics.paw_metrics import paw_height
from ..plan.ground import GroundHeight
from . import foot_lock
from .foot_lock import Stance
from .foot_planting import FADE_SECONDS, SOFT_SECONDS, landing_height
from .lower_body import LowerBody

CARRY_SECONDS = 0.1
"""Slowness (s, sigma) with which a girdle goes up and down with standing paws."""
CLEAR_HEIGHT = 0.05
"""Height (m) of a paw over its standing height in a swing, at least, for a size of 1."""
CLEAR_SPEEDS = (0.2, 1.3)
"""Speeds of the paw (m/s) at which it needs none and all of that height."""
LEAN = np.radians(14.0)
"""Most (rad) a pastern, or a metatarsus with it, leans towards the leg for more reach."""
GLIDE = np.radians(12.0)
"""Most (rad) a shoulder blade turns for more reach."""
DROP = 0.12
"""Most (m) a girdle comes down for reach, for a size of 1."""
EASY_REACH = 0.985
"""Share of the straight leg beyond which the lower leg and the shoulder blade help."""
SLOPE_REACH = 0.05
"""Distance (m), for a size of 1, at which the ground about a paw tells its slope."""
RULES = foot_lock.Rules(shortest=3, trim_share=0.0, blur_seconds=0.01, calm_seconds=0.13)
"""What makes a stand of a paw's contact."""
LAND_SECONDS = 0.06
"""Time in which a paw that lands comes down all the way (s)."""

_GIRDLES = {"H": ("LH", "RH"), "F": ("LF", "RF")}
_UP, _FRONT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])

Stands = dict[str, list[Stance]]
Places = dict[str, Array]


def pin(
    body: LowerBody,
    down: Array,
    level: GroundHeight,
    level_seconds: float,
    rules: foot_lock.Rules = RULES,
    soles: Sequence[float] | None = None,
) -> Array:
    """Put the paws of `body` on the ground where `down` (T, 4) has them stand by `rules`.

    Their joints are then `soles` (4,) meters over it, by default as high as those of a dog of this
    size. Returns the contacts (T, 4), binary, as the paws were pinned.
    """
    stands = {name: _stands(body, down[:, i], name, rules) for i, name in enumerate(LEGS)}
    heights = dict(zip(LEGS, soles or [paw_height(body.skeleton)] * len(LEGS), strict=True))
    _level(body, stands, heights, level, level_seconds)
    paws = {name: _planted(body, stands[name], name, heights[name], level) for name in LEGS}
    _carry(body, stands, paws)
    for name in LEGS:
        _lean(body, name, paws[name])
    for name in _GIRDLES["F"]:
        _glide(body, name, _ends(body, name, paws))
    _lower(body, stands, paws)
    for name in LEGS:
        _reach(body, name, _ends(body, name, paws))
        _set_down(body, name, paws[name], stands[name], level)
    out = np.zeros_like(down)
    for column, found in enumerate(stands.values()):
        for stand in found:
            out[stand.start : stand.stop, column] = 1.0
    return out


def _stands(body: LowerBody, down: Array, name: str, rules: foot_lock.Rules) -> list[Stance]:
    steps = np.gradient(smooth(body.root, 0.25 * body.fps)[:, [0, 2]], axis=0)
    pace = np.linalg.norm(steps, axis=-1) * body.fps
    points = body.positions[limb(name)[3]]
    return foot_lock.stances(down, down, points, pace, body.fps, body.size, rules)


def _planted(
    body: LowerBody, stands: list[Stance], name: str, sole: float, level: GroundHeight
) -> Array:
    """Return the way (T, 3) of one paw that is pinned where it stands and clear elsewhere."""
    raw, fps, size = body.positions[limb(name)[3]].copy(), body.fps, body.size
    known = _standing(stands, len(raw))
    raw[:, 1] += _rise(raw[:, 1] - level(raw) - sole, stands, known, fps)
    raw[:, 1] = leg_ik.soft_maximum(raw[:, 1], level(raw) + sole, 0.004 * size)
    target = raw.copy()
    for stand in stands:
        target[stand.start : stand.stop] = foot_lock.anchor(raw[stand.start : stand.stop])
    floor = level(target) + sole
    target[:, 1] = landing_height(raw[:, 1], floor, stands, LAND_SECONDS * fps)
    off = foot_lock.bridged(target - raw, known, fps)
    height = foot_lock.bridged((target - raw)[:, 1:2], known, fps, FADE_SECONDS)
    off[:, 1:2] = smooth(height, SOFT_SECONDS * fps)
    paw = raw + off
    floor = level(paw) + sole
    speed = np.linalg.norm(np.gradient(paw[:, [0, 2]], axis=0), axis=-1) * fps
    share = (speed / size - CLEAR_SPEEDS[0]) / (CLEAR_SPEEDS[1] - CLEAR_SPEEDS[0])
    least = floor + CLEAR_HEIGHT * size * foot_lock.eased(share)
    rise = leg_ik.soft_maximum(paw[:, 1], least, 0.004 * size) - paw[:, 1]
    paw[:, 1] += smooth(np.where(known, 0.0, rise), 0.025 * fps)
    paw[:, 1] = np.maximum(paw[:, 1], floor - np.where(known, 0.001, 0.0))
    return paw


def _rise(height: Array, stands: list[Stance], known: foot_lock.Mask, fps: float) -> Array:
    """Return by how much (T,) a paw must rise for each stand to be on the ground, as a whole."""
    rise = np.zeros((len(height), 1))
    for stand in stands:
        rise[stand.start : stand.stop] = -np.median(height[stand.start : stand.stop])
    return foot_lock.bridged(rise, known, fps)[:, 0]


def _set_down(
    body: LowerBody, name: str, paw: Array, stands: list[Stance], level: GroundHeight
) -> None:
    """Keep the yaw of a standing paw, and lay it on sloping ground."""
    joint = limb(name)[3]
    rotation = foot_lock.untwisted(body.rotations[joint], stands, body.fps)
    reach = SLOPE_REACH * body.size
    ahead, aside = (paw + reach * axis for axis in (_FRONT, np.array([1.0, 0.0, 0.0])))
    back, other = (paw - reach * axis for axis in (_FRONT, np.array([1.0, 0.0, 0.0])))
    slopes = [level(b) - level(a) for a, b in ((back, ahead), (other, aside))]
    normal = np.stack([-slopes[1], np.full(len(paw), 2.0 * reach), -slopes[0]], axis=-1)
    share = _standing(stands, len(paw)).astype(np.float64)
    tilt = quat.between(np.broadcast_to(_UP, normal.shape), normal)
    lying = quat.slerp(quat.IDENTITY.astype(np.float64), tilt, smooth(share, 0.05 * body.fps))
    body.rotations[joint] = quat.mul(lying, rotation)


def _standing(stands: list[Stance], frames: int) -> foot_lock.Mask:
    known = np.zeros(frames, dtype=bool)
    for stand in stands:
        known[stand.start : stand.stop] = True
    return known


def _level(
    body: LowerBody, stands: Stands, soles: Mapping[str, float], level: GroundHeight, seconds: float
) -> None:
    """Raise or lower either girdle, slowly, so that standing paws are as high as they should be."""
    lifts = []
    for pair in _GIRDLES.values():
        times, offs = [], []
        for name in pair:
            paw = body.positions[limb(name)[3]]
            height = paw[:, 1] - level(paw) - soles[name]
            for stand in stands[name]:
                times.append(0.5 * (stand.start + stand.stop))
                offs.append(float(np.median(height[stand.start : stand.stop])))
        order = np.argsort(times)
        at = np.zeros(len(body.root))
        if times:
            at = np.interp(np.arange(len(at)), np.array(times)[order], np.array(offs)[order])
        lifts.append(-smooth(at, seconds * body.fps))
    lift(body, *lifts)


def _carry(body: LowerBody, stands: Stands, paws: Places) -> None:
    """Raise or lower either girdle with the paws that stand, so that legs keep their bend."""
    lifts = []
    for pair in _GIRDLES.values():
        rise, weight = np.zeros(len(body.root)), np.full(len(body.root), 1e-3)
        for name in pair:
            known = _standing(stands[name], len(rise))
            rise += known * (paws[name] - body.positions[limb(name)[3]])[:, 1]
            weight += known
        sigma = CARRY_SECONDS * body.fps
        lifts.append(smooth(rise, sigma) / smooth(weight, sigma))
    lift(body, *lifts)


def lift(body: LowerBody, hind: Array, fore: Array) -> None:
    """Raise the hips by `hind` and the shoulders by `fore` (T,) meters.

    The trunk pitches as one, the legs below it move along without turning.
    """
    hips, shoulders = (
        0.5 * (body.positions[limb(left)[0]] + body.positions[limb(right)[0]])
        for left, right in _GIRDLES.values()
    )
    along = shoulders - hips
    length = np.linalg.norm(along, axis=-1)
    flat = quat.unit(along * [1.0, 0.0, 1.0])
    slope = np.clip((along[:, 1] + fore - hind) / length, -0.9, 0.9)
    pitch = np.arcsin(slope) - np.arcsin(np.clip(along[:, 1] / length, -1.0, 1.0))
    turn = quat.from_axis_angle(quat.cross(flat, np.broadcast_to(_UP, flat.shape)), pitch)
    tops = {name: limb(name) for name in LEGS}
    before = {name: body.positions[joints[0]] for name, joints in tops.items()}
    blades = [LEG_CHAINS[name][0] for name in _GIRDLES["F"]]
    for joint in (*TORSO, *blades):
        body.rotations[joint] = quat.mul(turn, body.rotations[joint])
    for joint in (*TORSO, *blades, *(joints[0] for joints in tops.values())):
        arm = quat.apply(turn, body.positions[joint] - hips)
        body.positions[joint] = hips + arm + hind[:, None] * _UP
    body.root = body.positions[TORSO[0]]
    for name, joints in tops.items():
        moved = body.positions[joints[0]] - before[name]
        for joint in LEG_CHAINS[name][LEG_CHAINS[name].index(joints[0]) + 1 :]:
            body.positions[joint] = body.positions[joint] + moved


def _ends(body: LowerBody, name: str, paws: Places) -> Array:
    """Return where (T, 3) the wrist or hock must be for the paw to be in its place."""
    _, _, end, paw = limb(name)
    return np.asarray(paws[name] + body.positions[end] - body.positions[paw])


def _length(body: LowerBody, name: str) -> float:
    _, middle, end, _ = limb(name)
    return float(sum(np.linalg.norm(body.offset(joint)) for joint in (middle, end)))


def _lack(body: LowerBody, name: str, end: Array) -> Array:
    """Return by how much (T,) meters a leg is short of an easy reach, softly."""
    top = body.positions[limb(name)[0]]
    length = _length(body, name)
    away = np.linalg.norm(end - top, axis=-1)
    was = np.linalg.norm(body.positions[limb(name)[2]] - top, axis=-1)
    easy = np.maximum(np.minimum(was, leg_ik.STRAIGHTEST * length), EASY_REACH * length)
    return leg_ik.soft_maximum(away - easy, 0.0, 0.003 * body.size)


def _lean(body: LowerBody, name: str, paw: Array) -> None:
    """Lean the part between paw and wrist or hock towards the leg where it is short of reach."""
    top, _, end, tip = limb(name)
    arm = body.positions[end] - body.positions[tip]
    wanted = body.positions[top] - paw
    size, far = np.linalg.norm(arm, axis=-1), np.linalg.norm(wanted, axis=-1)
    angle = np.arccos(np.clip((arm * wanted).sum(axis=-1) / (size * far), -1.0, 1.0))
    gain = size * np.maximum(np.sin(angle), 0.25)
    most = np.minimum(LEAN, 0.8 * angle)
    lack = _lack(body, name, paw + arm)
    turned = most * np.tanh(lack / gain / np.maximum(most, 1e-6))
    axis = quat.unit(quat.cross(arm, wanted))
    turn = quat.from_axis_angle(axis, turned)
    for joint in LEG_CHAINS[name][LEG_CHAINS[name].index(end) : -1]:
        body.rotations[joint] = quat.mul(turn, body.rotations[joint])
    body.positions[tip] = body.positions[end] - quat.apply(turn, arm)


def _glide(body: LowerBody, name: str, end: Array) -> None:
    """Turn a shoulder blade so that the shoulder comes nearer to a paw out of reach."""
    blade = LEG_CHAINS[name][0]
    top = limb(name)[0]
    arm = body.positions[top] - body.positions[blade]
    way = quat.unit(end - body.positions[top]) * _lack(body, name, end)[:, None]
    spin = quat.cross(arm, way) / np.maximum((arm**2).sum(axis=-1, keepdims=True), 1e-9)
    angle = np.linalg.norm(spin, axis=-1, keepdims=True)
    turn = quat.from_rotvec(spin / np.maximum(angle, 1e-9) * GLIDE * np.tanh(angle / GLIDE))
    body.rotations[blade] = quat.mul(turn, body.rotations[blade])
    moved: Array = body.positions[blade] + quat.apply(turn, arm) - body.positions[top]
    for joint in LEG_CHAINS[name][1:]:
        body.positions[joint] = body.positions[joint] + moved


def _lower(body: LowerBody, stands: Stands, paws: Places) -> None:
    """Bring either girdle down, smoothly, where a standing leg would not reach its paw."""
    half = max(round(0.1 * body.fps), 1)
    lifts = []
    for pair in _GIRDLES.values():
        least = np.zeros(len(body.root))
        for name in pair:
            top, _, end, _ = limb(name)
            needed = leg_ik.drop(
                body.positions[top],
                body.positions[end],
                _ends(body, name, paws),
                _length(body, name),
            )
            known = _standing(stands[name], len(least))
            least = np.minimum(least, np.where(known, needed, 0.0))
        least = np.maximum(least, -DROP * body.size)
        lifts.append(smooth(running_min(least, half), half / 3.0))
    if min(float(down.min()) for down in lifts) < -1e-6:
        lift(body, *lifts)


def _reach(body: LowerBody, name: str, target: Array) -> None:
    """Turn the two long bones so that the wrist or hock is at `target` (T, 3).

    Elbows bend back, knees forward.
    """
    upper, lower, end, _ = limb(name)
    thigh, shin = body.rotations[upper], body.rotations[lower]
    hip, knee, ankle = (body.positions[joint] for joint in (upper, lower, end))
    front = -_FRONT if name[1] == "F" else _FRONT
    bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, target, front)
    body.rotations[upper] = leg_ik.swing(thigh, knee - hip, bent - hip)
    body.rotations[lower] = leg_ik.swing(shin, ankle - knee, reached - bent)
