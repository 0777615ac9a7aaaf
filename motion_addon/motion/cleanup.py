# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns what happens to a raw motion before it leaves: root onto the plan, feet onto the ground.

The order matters. The body is first moved, slowly, to where the plan has it; then every stand is
pinned, the pelvis comes down where a leg would over-reach, and the legs follow by inverse
kinematics. Nothing above the pelvis changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import contacts as foot_contacts
from . import footlock, leg, quat
from .clip import Clip
from .footlock import Mask, Stance
from .metrics import ball_height, mean_root
from .quat import Array
from .skeleton import Skeleton
from .trajectory import Trajectory

Ground = Callable[[Array], Array]
"""Heights (...) of the ground under positions (..., 3)."""

FADE_SECONDS = (0.12, 0.05)
"""Times in which a foot gets back its own height after, and gives it up before, a stand (s)."""
LAND_SECONDS = 0.08
"""Time in which a ball that lands comes down all the way (s)."""
CLEAR_HEIGHT = 0.028
"""Height (m) of the ball over the ground in a swing, at least, for a leg of the model's size."""
CLEAR_SPEEDS = (0.1, 0.7)
"""Speeds of the ball (m/s) at which it needs none and all of that height."""
SOFT_SECONDS = 0.02
"""Time over which a foot comes down onto the ground and off it (s, sigma)."""

_SIDES = ("Left", "Right")
_LEG = ("UpLeg", "Leg", "Foot", "Toe")
_X, _UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class CleanupSettings:
    """What the clean-up does, and how gently."""

    follow: bool = True
    """Whether the root is corrected onto the plan."""
    lock: bool = True
    """Whether standing feet are pinned."""
    follow_seconds: float = 0.35
    """Slowness of the correction of the root (s, sigma): sway faster than that is kept."""
    turn_seconds: float = 0.5
    """Slowness of the correction of the body's yaw (s, sigma)."""
    turn_free: float = 0.1
    """Yaw (rad) the body may be off the plan before it is corrected."""
    level_seconds: float = 0.6
    """Slowness of the correction of the height over the ground (s, sigma)."""


@dataclass
class _Body:
    """World transforms of hips and legs, changed in place by the steps below."""

    skeleton: Skeleton
    fps: float
    root: Array
    turn: Array
    """(T, 4) rotation applied to the whole body about the vertical."""
    rotations: dict[str, Array]
    positions: dict[str, Array]
    size: float
    """Length of the leg over that of the model skeleton."""

    @classmethod
    def of(cls, clip: Clip) -> _Body:
        names = ["Hips"] + [side + bone for side in _SIDES for bone in _LEG]
        joints = [clip.skeleton.index(name) for name in names]
        part = Skeleton(
            tuple(names),
            np.array([-1, 0, 1, 2, 3, 0, 5, 6, 7]),
            clip.skeleton.offsets[joints],
        )
        rotations, positions = part.fk(
            clip.rotations[:, joints].astype(np.float64), clip.root_positions.astype(np.float64)
        )
        turn = np.tile(quat.IDENTITY.astype(np.float64), (clip.frames, 1))
        return cls(
            clip.skeleton,
            clip.fps,
            positions[:, 0].copy(),
            turn,
            {n: rotations[:, i] for i, n in enumerate(names)},
            {n: positions[:, i] for i, n in enumerate(names)},
            ball_height(clip.skeleton) / 0.046,
        )

    def move(self, offset: Array) -> None:
        """Move everything by `offset` (T, 3)."""
        self.root = self.root + offset
        for name in self.positions:
            self.positions[name] = self.positions[name] + offset

    def rotate(self, yaw: Array) -> None:
        """Turn everything by `yaw` (T,) about the vertical through the root."""
        turn = quat.yaw(yaw)
        self.turn = quat.mul(turn, self.turn)
        for name in self.positions:
            self.rotations[name] = quat.mul(turn, self.rotations[name])
            arm = self.positions[name] - self.root
            self.positions[name] = self.root + quat.apply(turn, arm)


def clean(
    clip: Clip,
    contacts: Array,
    trajectory: Trajectory | None = None,
    settings: CleanupSettings | None = None,
    ground: Ground | None = None,
) -> Clip:
    """Return `clip` with its root on the plan and its feet on the ground, with binary contacts.

    `contacts` (T, 4) are probabilities as in `Clip.contacts`. `trajectory` is the plan the clip
    followed, frame by frame at its rate. `ground` gives heights; without it the ground is as
    high as the plan, or 0. Frames, rate and everything above the pelvis stay as they are.
    """
    settings = settings or CleanupSettings()
    body = _Body.of(clip)
    level = ground or ground_of(trajectory, clip)
    if trajectory is not None and settings.follow:
        _follow(body, trajectory, settings)
    down = foot_contacts.clean(np.asarray(contacts, dtype=np.float32), clip.fps)
    if not settings.lock:
        return _written(clip, body, {}, down)
    stands = {side: _stands(body, down, i, side) for i, side in enumerate(_SIDES)}
    _level(body, stands, level, settings)
    ankles, toes = {}, {}
    for side in _SIDES:
        ankles[side], toes[side] = _planted(body, stands[side], side, level)
    _lower_pelvis(body, stands, ankles)
    for side in _SIDES:
        _reach(body, side, ankles[side])
    return _written(clip, body, toes, _binary(stands, down))


def ground_of(trajectory: Trajectory | None, clip: Clip) -> Ground:
    """Return the ground as the heights of the plan, level across it."""
    if trajectory is None or np.ptp(trajectory.positions[:, 1]) < 1e-6:
        height = 0.0 if trajectory is None else float(trajectory.positions[0, 1])
        return lambda points: np.full(points.shape[:-1], height)
    last = len(trajectory) - 1
    at = np.clip(np.arange(clip.frames) * trajectory.rate / clip.fps, 0, last).astype(np.int64)
    here = trajectory.positions[at]
    ahead = trajectory.positions[np.minimum(at + 15, last)]
    behind = trajectory.positions[np.maximum(at - 15, 0)]
    way = ahead - behind
    run = np.maximum((way[:, [0, 2]] ** 2).sum(axis=-1), 1e-6)
    slope = way * (way[:, 1] / run)[:, None]

    return lambda points: here[:, 1] + ((points - here) * slope)[..., [0, 2]].sum(axis=-1)


def _follow(body: _Body, trajectory: Trajectory, settings: CleanupSettings) -> None:
    """Move and turn the body, slowly, to where the plan has it."""
    frames = len(body.root)
    at = np.arange(frames) * (trajectory.rate / body.fps)
    at = np.clip(np.round(at).astype(np.int64), 0, len(trajectory) - 1)
    forward = quat.apply(body.rotations["Hips"], np.array([0.0, 0.0, 1.0]))
    off = quat.yaw_of(trajectory.facing[at]) - quat.yaw_of(forward)
    off = np.unwrap((off + np.pi) % (2.0 * np.pi) - np.pi)
    off = foot_contacts.smooth(off, settings.turn_seconds * body.fps)
    free = settings.turn_free
    body.rotate(off - free * np.tanh(off / free))
    gap = trajectory.positions[at] - mean_root(body.root, body.fps)
    gap[:, 1] = 0.0
    body.move(foot_contacts.smooth(gap, settings.follow_seconds * body.fps))


def _stands(body: _Body, down: Array, index: int, side: str) -> list[Stance]:
    heel, ball = down[:, 2 * index], down[:, 2 * index + 1]
    return footlock.stances(heel, ball, body.positions[f"{side}Toe"], body.fps, body.size)


def _level(
    body: _Body, stands: dict[str, list[Stance]], level: Ground, settings: CleanupSettings
) -> None:
    """Raise or lower the body, slowly, so that standing balls are as high as they should be."""
    times, offs = [], []
    for side, found in stands.items():
        ball = body.positions[f"{side}Toe"]
        height = ball[:, 1] - level(ball) - ball_height(body.skeleton)
        for stand in found:
            flat = height[stand.start : stand.stop]
            flat = flat[stand.flat] if stand.flat.any() else flat
            times.append(0.5 * (stand.start + stand.stop))
            offs.append(float(np.percentile(flat, 30)))
    if not times:
        return
    order = np.argsort(times)
    at = np.interp(np.arange(len(body.root)), np.array(times)[order], np.array(offs)[order])
    body.move(-foot_contacts.smooth(at, settings.level_seconds * body.fps)[:, None] * _UP)


def _planted(body: _Body, stands: list[Stance], side: str, level: Ground) -> tuple[Array, Array]:
    """Pin one foot; return its ankle's targets (T, 3) and the bends of its toes (T,) in radians."""
    frames, fps = len(body.root), body.fps
    known = np.zeros(frames, dtype=bool)
    for stand in stands:
        known[stand.start : stand.stop] = True
    ankle = body.positions[f"{side}Foot"]
    _roll(body, side, ankle, known, level)
    _untwist(body, side, stands)
    rotation = body.rotations[f"{side}Foot"]
    to_ball = quat.apply(rotation, _offset(body, f"{side}Toe"))
    sole = ball_height(body.skeleton)
    raw = ankle + to_ball
    raw[:, 1] = leg.soft_maximum(raw[:, 1], level(raw) + sole, 0.004 * body.size)
    target = raw.copy()
    for stand in stands:
        a, b = stand.start, stand.stop
        target[a:b] = footlock.anchor(raw[a:b])
    target[:, 1] = _standing_height(raw, stands, level, sole, fps)
    off = footlock.bridged(target - raw, known, fps)
    height = footlock.bridged((target - raw)[:, 1:2], known, fps, FADE_SECONDS)
    off[:, 1:2] = foot_contacts.smooth(height, SOFT_SECONDS * fps)
    ball = raw + off
    ball[:, 1] += _clearance(ball, known, level(ball) + sole, fps, body.size)
    ball[:, 1] = np.maximum(ball[:, 1], level(ball) + sole - np.where(known, 0.001, 0.0))
    return np.asarray(ball - to_ball), _toe_bends(rotation, stands, fps)


def _clearance(ball: Array, known: Mask, floor: Array, fps: float, size: float) -> Array:
    """Return how much (T,) a swinging ball must rise: the faster it goes, the higher it is."""
    speed = np.linalg.norm(np.gradient(ball[:, [0, 2]], axis=0), axis=-1) * fps
    share = np.clip((speed - CLEAR_SPEEDS[0]) / (CLEAR_SPEEDS[1] - CLEAR_SPEEDS[0]), 0.0, 1.0)
    least = floor + CLEAR_HEIGHT * size * share * share * (3.0 - 2.0 * share)
    rise = leg.soft_maximum(ball[:, 1], least, 0.004 * size) - ball[:, 1]
    return foot_contacts.smooth(np.where(known, 0.0, rise), 0.025 * fps)


def _standing_height(
    raw: Array, stands: list[Stance], level: Ground, sole: float, fps: float
) -> Array:
    """Return heights (T,) of a ball that lies on the ground while it stands.

    The last millimeters of its way down are kept and eased out.
    """
    height = raw[:, 1].copy()
    floor = level(raw) + sole
    landing = 1.0 - footlock.eased(np.arange(round(LAND_SECONDS * fps)) / (LAND_SECONDS * fps))
    for stand in stands:
        a, b = stand.start, stand.stop
        above = max(height[a] - floor[a], 0.0)
        height[a:b] = floor[a:b].mean()
        last = min(b - a, len(landing))
        height[a : a + last] += above * landing[:last]
    return height


def _roll(body: _Body, side: str, ankle: Array, known: Mask, level: Ground) -> None:
    """Pitch the foot so that its ball stays down while the heel comes up.

    The mocap's foot is rigid from heel to toe tip, so its ball rises early; a real one bends at
    the ball. The ankle keeps its place.
    """
    rotation = body.rotations[f"{side}Foot"]
    to_ball = quat.apply(rotation, _offset(body, f"{side}Toe"))
    length = float(np.linalg.norm(_offset(body, f"{side}Toe")))
    rest = float(-_offset(body, f"{side}Toe")[1]) + ball_height(body.skeleton)
    height = ankle[:, 1] - level(ankle)
    wanted = np.arcsin(np.clip((ball_height(body.skeleton) - height) / length, -0.98, 0.98))
    pitch = np.arcsin(np.clip(to_ball[:, 1] / length, -1.0, 1.0))
    rise = np.clip((height - rest) / (0.025 * body.size), 0.0, 1.0)
    more = np.clip(pitch - wanted, 0.0, 0.45) * rise * rise * (3.0 - 2.0 * rise)
    more = footlock.bridged(np.where(known, more, 0.0)[:, None], known, body.fps, FADE_SECONDS)[
        :, 0
    ]
    more = foot_contacts.smooth(more, 0.02 * body.fps)
    side_axis = quat.apply(rotation, _X)
    body.rotations[f"{side}Foot"] = quat.mul(quat.from_axis_angle(side_axis, more), rotation)


def _untwist(body: _Body, side: str, stands: list[Stance]) -> None:
    """Keep the yaw of a foot while it stands flat."""
    rotation = body.rotations[f"{side}Foot"]
    yaw = footlock.yaw_of_foot(rotation)
    known = np.zeros(len(yaw), dtype=bool)
    off = np.zeros(len(yaw))
    for stand in stands:
        frames = stand.start + np.flatnonzero(stand.flat)
        if len(frames) > 2:
            known[frames] = True
            off[frames] = np.clip(np.median(yaw[frames]) - yaw[frames], -0.35, 0.35)
    off = footlock.bridged(off[:, None], known, body.fps)[:, 0]
    body.rotations[f"{side}Foot"] = quat.mul(quat.yaw(off), rotation)


def _toe_bends(rotation: Array, stands: list[Stance], fps: float) -> Array:
    """Return how far (T,) toes bend up so as to lie flat while the heel is up."""
    forward = quat.apply(rotation, np.array([0.0, 0.0, 1.0]))
    pitch = np.maximum(-np.arcsin(np.clip(forward[:, 1], -1.0, 1.0)), 0.0)
    share = np.zeros(len(pitch))
    for stand in stands:
        share[stand.start : stand.stop] = 1.0
    return np.asarray(pitch * foot_contacts.smooth(share, 0.035 * fps))


def _lower_pelvis(body: _Body, stands: dict[str, list[Stance]], ankles: dict[str, Array]) -> None:
    """Bring the pelvis down, smoothly, where a standing leg would not reach its foot."""
    least = np.zeros(len(body.root))
    for side, found in stands.items():
        length = sum(float(np.linalg.norm(_offset(body, side + bone))) for bone in ("Leg", "Foot"))
        hip, ankle = body.positions[f"{side}UpLeg"], body.positions[f"{side}Foot"]
        needed = leg.drop(hip, ankle, ankles[side], length)
        planted = np.zeros(len(least), dtype=bool)
        for stand in found:
            planted[stand.start : stand.stop] = True
        least = np.minimum(least, np.where(planted, needed, 0.0))
    if least.min() > -1e-6:
        return
    reach = max(round(0.1 * body.fps), 1)
    padded = np.pad(least, reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=-1)
    body.move(foot_contacts.smooth(lowest, reach / 3.0)[:, None] * _UP)


def _reach(body: _Body, side: str, target: Array) -> None:
    """Turn thigh and shin so that the ankle is at `target` (T, 3)."""
    thigh, shin = body.rotations[f"{side}UpLeg"], body.rotations[f"{side}Leg"]
    hip, knee, ankle = (body.positions[side + bone] for bone in _LEG[:3])
    bent, reached = leg.two_bone(hip, knee, ankle, thigh, target)
    body.rotations[f"{side}UpLeg"] = leg.swing(thigh, knee - hip, bent - hip)
    body.rotations[f"{side}Leg"] = leg.swing(shin, ankle - knee, reached - bent)


def _offset(body: _Body, name: str) -> Array:
    return np.asarray(body.skeleton.offsets[body.skeleton.index(name)], dtype=np.float64)


def _binary(stands: dict[str, list[Stance]], down: Array) -> Array:
    """Return the contacts (T, 4) in which feet are really pinned."""
    out = np.zeros_like(down)
    for column, found in enumerate(stands.values()):
        for stand in found:
            out[stand.start : stand.stop, 2 * column + 1] = 1.0
            out[stand.start : stand.stop, 2 * column] = stand.flat
    return out


def _written(clip: Clip, body: _Body, toes: dict[str, Array], contacts: Array) -> Clip:
    """Return `clip` with the transforms of `body`."""
    rotations = clip.rotations.astype(np.float64)
    rotations[:, 0] = body.rotations["Hips"]
    for side in _SIDES:
        above = body.rotations["Hips"]
        for bone in _LEG[:3]:
            here = body.rotations[side + bone]
            joint = clip.skeleton.index(side + bone)
            rotations[:, joint] = quat.mul(quat.inv(above), here)
            above = here
        if side in toes:
            joint = clip.skeleton.index(f"{side}Toe")
            bend = quat.from_axis_angle(_X, -toes[side])
            rotations[:, joint] = quat.mul(bend, rotations[:, joint])
    return replace(
        clip,
        rotations=quat.unroll(rotations).astype(np.float32),
        root_positions=body.root.astype(np.float32),
        contacts=contacts.astype(np.float32),
    )
