# SPDX-License-Identifier: GPL-3.0-or-later
"""Secondary motion: an animal's tail and head that lag behind its trunk, gazes at a point.

Every function returns a new clip; legs and trunk do not change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..body.kinds import kind_of
from ..body.quadruped import relative_size
from ..body.quadruped_gaits import HIP_HEIGHT
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth, smoothstep

LIMIT = math.radians(20.0)
"""Most (rad) that a joint bends by its own weight."""
LATER = 0.12
"""Share by which each joint swings slower than the one before it: the tip comes last."""
SMOOTH_SECONDS = 0.03
"""Smoothing of the trunk's accelerations (s, sigma)."""
LOOK_LIMITS = np.radians([80.0, 50.0])
"""Most yaw and elevation (rad) that neck and head together turn."""
BEHIND = math.radians(130.0)
"""Yaw (rad) from which a gaze is given up, so as not to jump from one shoulder to the other."""
LOOK_SECONDS = 0.2
"""Time over which a gaze turns (s, sigma)."""
CLEAR = 0.05
"""Least height of a tail or a head over the ground, over the hip height."""
TRIES = 2
"""Most times that a tail that is too low is turned up."""
_UP, _FRONT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class Spring:
    """Damped spring of a chain, at the size of the model's animal."""

    frequency: float
    """Frequency of the free swing (Hz)."""
    damping: float
    """Damping ratio; 1 does not swing back."""
    lever: float
    """Length (m) at which the weight of each joint hangs."""
    gain: float
    """Share of the swing that each joint makes."""


TAIL_SPRING, NECK_SPRING = Spring(1.9, 0.35, 0.35, 0.35), Spring(3.5, 0.7, 0.35, 0.2)


def follow_through(clip: Clip, amount: float = 1.0) -> Clip:
    """Return an animal's `clip` whose tail and head lag behind the trunk by their weight.

    A damped spring at each joint is driven by the acceleration of the chain's root, `amount` 0
    leaves the clip alone.
    """
    if amount <= 0.0 or clip.frames < 3:
        return clip
    world, places = clip.skeleton.fk(
        clip.rotations.astype(np.float64), clip.root_positions.astype(np.float64)
    )
    rotations = clip.rotations.astype(np.float64)
    size = relative_size(clip.skeleton)
    kind = kind_of(clip.skeleton)
    for chain, spring in ((kind.tail, TAIL_SPRING), (kind.neck, NECK_SPRING)):
        joints = [clip.skeleton.index(name) for name in chain]
        stem = int(clip.skeleton.parents[joints[0]])
        push = _acceleration(places[:, joints[0]], clip.fps)
        spin = _spin(world[:, stem], clip.fps)
        along = quat.unit(places[:, joints[-1]] - places[:, joints[0]])
        drive = spin + quat.cross(along, push) / (spring.lever * size)
        for place, joint in enumerate(joints):
            rate = 2.0 * np.pi * spring.frequency / (1.0 + LATER * place) / math.sqrt(size)
            swing = -_response(drive, rate, spring.damping, clip.fps) * spring.gain * amount
            angle = np.linalg.norm(swing, axis=-1, keepdims=True)
            swing = swing * (LIMIT * np.tanh(angle / LIMIT) / np.maximum(angle, 1e-9))
            above = world[:, clip.skeleton.parents[joint]]
            local = quat.from_rotvec(quat.inv_apply(above, swing))
            rotations[:, joint] = quat.mul(local, rotations[:, joint])
    return replace(clip, rotations=quat.unroll(rotations).astype(np.float32))


def look_at(clip: Clip, point: Array, amount: float = 1.0) -> Clip:
    """Return `clip` with neck and head turned towards a world `point` (3,) or (T, 3) in meters.

    The turn is spread over the chain, limited and smooth in time; `amount` 0 leaves the clip
    alone. A point straight behind is not looked at.
    """
    if amount <= 0.0:
        return clip
    skeleton = clip.skeleton
    kind = kind_of(skeleton)
    shares = zip(kind.neck, kind.gaze, strict=True)
    chain = {skeleton.index(name): share for name, share in shares}
    head = list(chain)[-1]
    root = clip.root_positions.astype(np.float64)
    raw = clip.rotations.astype(np.float64)
    world, places = skeleton.fk(raw, root)
    gaze = quat.apply(world[:, head], _FRONT)
    target = np.broadcast_to(np.asarray(point, dtype=np.float64), root.shape)
    out = raw
    for _ in range(3):
        turn = _aim(target - places[:, head]) - _aim(gaze)
        turn[:, 0] = (turn[:, 0] + np.pi) % (2.0 * np.pi) - np.pi
        turn *= 1.0 - smoothstep(np.abs(turn[:, :1]), BEHIND, np.pi)
        turn = amount * LOOK_LIMITS * np.tanh(turn / LOOK_LIMITS)
        turn = smooth(turn, LOOK_SECONDS * clip.fps)
        out = _looking(raw, world, gaze, turn, chain, skeleton.parents)
        places = skeleton.fk(out, root)[1]
    return replace(clip, rotations=quat.unroll(out).astype(np.float32))


def _aim(direction: Array) -> Array:
    """Return yaw and elevation (T, 2) in radians of directions (T, 3)."""
    across = np.linalg.norm(direction[:, [0, 2]], axis=-1)
    return np.stack([quat.yaw_of(direction), np.arctan2(direction[:, 1], across)], axis=-1)


def _looking(
    raw: Array, world: Array, gaze: Array, turn: Array, chain: dict[int, float], parents: Array
) -> Array:
    """Return local rotations (T, J, 4) whose chain turns by yaw and elevation (T, 2) in all.

    `chain` maps joints, from the trunk to the head, to their share.
    """
    side = quat.cross(quat.unit(gaze * [1.0, 0.0, 1.0]), np.broadcast_to(_UP, gaze.shape))
    out = raw.copy()
    above = world[:, parents[next(iter(chain))]]
    for joint, share in zip(chain, np.cumsum(list(chain.values())), strict=True):
        lifted = quat.from_axis_angle(side, share * turn[:, 1])
        here = quat.mul(quat.mul(quat.yaw(share * turn[:, 0]), lifted), world[:, joint])
        out[:, joint] = quat.inv_mul(above, here)
        above = here
    return out


def _acceleration(points: Array, fps: float) -> Array:
    """Return smoothed accelerations (T, 3) in m/s^2 of points (T, 3)."""
    return _slope(_slope(smooth(points, SMOOTH_SECONDS * fps), fps), fps)


def _spin(rotations: Array, fps: float) -> Array:
    """Return angular accelerations (T, 3) in rad/s^2 of world rotations (T, 4)."""
    turned = quat.to_rotvec(quat.mul_inv(rotations[1:], rotations[:-1])) * fps
    turned = np.concatenate([turned, turned[-1:]])
    return _slope(smooth(turned, SMOOTH_SECONDS * fps), fps)


def _slope(values: Array, fps: float) -> Array:
    """Return the change per second (T, k) of values (T, k)."""
    return np.asarray(np.gradient(values, axis=0) * fps)


def _response(drive: Array, rate: float, damping: float, fps: float) -> Array:
    """Return the response (T, 3) of a damped spring of `rate` (rad/s) to a drive (T, 3) in 1/s^2.

    It is at rest before the start.
    """
    ring = rate * math.sqrt(1.0 - damping**2)
    count = max(math.ceil(5.0 / (damping * rate) * fps), 2)
    t = np.arange(count) / fps
    kernel = np.exp(-damping * rate * t) * np.sin(ring * t) / ring / fps
    ramp = np.minimum(np.arange(len(drive)) / min(count - 1, len(drive)), 1.0)
    padded = np.concatenate([np.zeros((count - 1, 3)), drive * ramp[:, None]])
    columns = [np.convolve(column, kernel, mode="valid") for column in padded.T]
    return np.stack(columns, axis=-1)


def lifted(clip: Clip, chain: Sequence[str], least: Array, sign: float = 1.0) -> Clip:
    """Return a clip whose tail is turned up at its root where it would cut into the ground.

    ``chain`` holds its joints from the root, the last with an end site; ``least`` () or (T, 1) is
    the least height (m) of any. A ``sign`` of -1 is for a neck, which points ahead.
    """
    skeleton = clip.skeleton
    joints = [skeleton.index(name) for name in chain]
    world, places = clip.world()
    tip = np.array(dict(skeleton.end_sites)[joints[-1]], dtype=np.float32)
    end = places[:, joints[-1]] + quat.apply(world[:, joints[-1]], tip)
    line = np.concatenate([places[:, joints[1:]], end[:, None]], axis=1) - places[:, joints[:1]]
    far = np.linalg.norm(line[..., [0, 2]], axis=-1)
    short = least - places[:, joints[0], 1][:, None] - line[..., 1]
    needed = (short / np.maximum(far, 0.05 * HIP_HEIGHT)).max(axis=1)
    if needed.max() <= 0.0:
        return clip
    up = smooth(np.logaddexp(0.0, 40.0 * np.minimum(needed, 1.5)) / 40.0, 0.03 * clip.fps)
    above = world[:, skeleton.parents[joints[0]]]
    axis = quat.apply(above, np.array([1.0, 0.0, 0.0], dtype=np.float32))
    turn = quat.mul(quat.from_axis_angle(axis, sign * up), world[:, joints[0]])
    rotations = clip.rotations.copy()
    rotations[:, joints[0]] = quat.inv_mul(above, turn)
    return replace(clip, rotations=quat.unroll(rotations).astype(np.float32))


def clear_of_ground(clip: Clip, before: Clip) -> Clip:
    """Return a clip whose tail and head, of a level trunk, keep clear of the ground.

    Parts that were lower in the clip ``before`` may be as low; frames equal to it do not change.
    """
    kind, out = kind_of(clip.skeleton), clip
    if not kind.level:
        return clip
    for chain, sign in ((kind.tail, 1.0), (kind.neck, -1.0)):
        if chain[-1] not in clip.skeleton.names:
            continue
        joints = [clip.skeleton.index(name) for name in chain]
        if joints[-1] not in dict(clip.skeleton.end_sites):
            continue
        low = before.world()[1][:, joints, 1].min(axis=1, keepdims=True)
        for _ in range(TRIES):
            out = lifted(out, chain, np.minimum(low, CLEAR * HIP_HEIGHT), sign)
    same = (clip.rotations == before.rotations).all(axis=(1, 2))
    rotations = np.where(same[:, None, None], clip.rotations, out.rotations)
    return replace(clip, rotations=rotations)
