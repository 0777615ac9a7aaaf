# SPDX-License-Identifier: GPL-3.0-or-later
"""Owns what happens to a raw motion before it leaves: root onto the plan, feet onto the ground.

The order matters. The body is first moved, slowly, to where the plan has it; then every stand is
pinned, the pelvis comes down where a leg would over-reach, and the legs follow by inverse
kinematics. Nothing above the pelvis changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..body.quadruped import is_quadruped, touching
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths import leg_ik, quat
from ..maths.quat import Array
from ..maths.smoothing import running_min, smooth
from ..metrics.clip_metrics import mean_root
from ..plan.ground import GroundHeight, ground_of
from ..plan.trajectory import Trajectory
from . import foot_lock, paw_planting
from .foot_lock import Rules, Stance
from .foot_planting import planted
from .lower_body import LEG, SIDES, LowerBody
from .standing_ends import settled

_X, _UP = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])

CARRY_SECONDS = 0.12
"""Slowness (s, sigma) with which the pelvis goes up and down with standing feet."""


@dataclass(frozen=True)
class CleanupSettings:
    """What the clean-up does, and how gently."""

    follow: bool = True
    """Whether the root is corrected onto the plan."""
    lock: bool = True
    """Whether standing feet are pinned."""
    settle: bool = True
    """Whether the sway of a stand at the start and the end is quietened."""
    follow_seconds: float = 0.35
    """Slowness of the correction of the root (s, sigma): sway faster than that is kept."""
    turn_seconds: float = 0.5
    """Slowness of the correction of the body's yaw (s, sigma)."""
    turn_free: float = 0.1
    """Yaw (rad) the body may be off the plan before it is corrected."""
    level_seconds: float = 0.6
    """Slowness of the correction of the height over the ground (s, sigma)."""
    stands: Rules = paw_planting.RULES
    """What makes a stand of a paw's contact."""
    soles: tuple[float, float, float, float] | None = None
    """Heights (m) of the joints of standing paws over the ground, in the order of LEGS; None if
    they are those of a dog of the animal's size."""


DOG = CleanupSettings(turn_seconds=0.3, turn_free=0.05)
"""Of quadrupeds, whose long trunk shows where it points; their strides are quicker."""

CREATURE = replace(DOG, stands=replace(paw_planting.RULES, sliding=4.0, trim_share=0.1))
"""Of animals that move as a clip does, whose maker may have let paws slide: they stand, but for
the ends of a stand in which they are on their way."""


def clean(
    clip: Clip,
    contacts: Array,
    trajectory: Trajectory | None = None,
    settings: CleanupSettings | None = None,
    ground: GroundHeight | None = None,
) -> Clip:
    """Return `clip` with its root on the plan and its feet on the ground, with binary contacts.

    `contacts` (T, 4) are probabilities as in `Clip.contacts`. `trajectory` is the plan the clip
    followed, frame by frame at its rate. Without `settings` they are the usual ones of its kind
    of body. `ground` gives heights; without it the ground is as
    high as the plan, or 0. Frames, rate and, but for stands, everything above the pelvis stay.
    """
    settings = settings or (DOG if is_quadruped(clip.skeleton) else CleanupSettings())
    if trajectory is not None and settings.settle:
        clip = settled(clip, trajectory)
    body = LowerBody.of(clip)
    level = ground or ground_of(trajectory, clip.frames, clip.fps)
    if trajectory is not None and settings.follow:
        _follow(body, trajectory, settings)
    likely = np.asarray(contacts, dtype=np.float32)
    if is_quadruped(clip.skeleton):
        down = touching(likely, clip.fps)
        if settings.lock:
            down = paw_planting.pin(
                body, down, level, settings.level_seconds, settings.stands, settings.soles
            )
        return _written_whole(clip, body, down)
    down = foot_contacts.clean(likely, clip.fps)
    if not settings.lock:
        return _written(clip, body, {}, down)
    stands = {side: _stands(body, down, i, side) for i, side in enumerate(SIDES)}
    _level(body, stands, level, settings)
    ankles, toes = {}, {}
    for side in SIDES:
        ankles[side], toes[side] = planted(body, stands[side], side, level)
    _carry_pelvis(body, stands, ankles)
    _lower_pelvis(body, stands, ankles)
    for side in SIDES:
        _reach(body, side, ankles[side])
    return _written(clip, body, toes, _binary(stands, down, clip.fps))


def _follow(body: LowerBody, trajectory: Trajectory, settings: CleanupSettings) -> None:
    """Move and turn the body, slowly, to where the plan has it."""
    frames = len(body.root)
    at = np.arange(frames) * (trajectory.rate / body.fps)
    at = np.clip(np.round(at).astype(np.int64), 0, len(trajectory) - 1)
    off = quat.yaw_of(trajectory.facing[at]) - quat.yaw_of(body.forward)
    off = np.unwrap((off + np.pi) % (2.0 * np.pi) - np.pi)
    off = smooth(off, settings.turn_seconds * body.fps)
    free = settings.turn_free
    body.rotate(off - free * np.tanh(off / free))
    gap = trajectory.positions[at] - mean_root(body.center, body.fps)
    gap[:, 1] = 0.0
    body.move(smooth(gap, settings.follow_seconds * body.fps))


def _stands(body: LowerBody, down: Array, index: int, side: str) -> list[Stance]:
    heel, ball = down[:, 2 * index], down[:, 2 * index + 1]
    steps = np.gradient(smooth(body.root, 0.25 * body.fps)[:, [0, 2]], axis=0)
    pace = np.linalg.norm(steps, axis=-1) * body.fps
    return foot_lock.stances(heel, ball, body.positions[f"{side}Toe"], pace, body.fps, body.size)


def _level(
    body: LowerBody, stands: dict[str, list[Stance]], level: GroundHeight, settings: CleanupSettings
) -> None:
    """Raise or lower the body, slowly, so that standing balls are as high as they should be."""
    times, offs = [], []
    for side, found in stands.items():
        ball = body.positions[f"{side}Toe"]
        height = ball[:, 1] - level(ball) - body.sole
        for stand in found:
            flat = height[stand.start : stand.stop]
            flat = flat[stand.flat] if stand.flat.any() else flat
            times.append(0.5 * (stand.start + stand.stop))
            offs.append(float(np.percentile(flat, 30)))
    if not times:
        return
    order = np.argsort(times)
    at = np.interp(np.arange(len(body.root)), np.array(times)[order], np.array(offs)[order])
    body.move(-smooth(at, settings.level_seconds * body.fps)[:, None] * _UP)


def _carry_pelvis(
    body: LowerBody, stands: dict[str, list[Stance]], ankles: dict[str, Array]
) -> None:
    """Raise or lower the pelvis with the feet that stand, so that the knees keep their bend.

    A leg that is almost straight bends by ten degrees for a centimeter.
    """
    rise, weight = np.zeros(len(body.root)), np.full(len(body.root), 1e-3)
    for side, found in stands.items():
        planted = np.zeros(len(rise))
        for stand in found:
            planted[stand.start : stand.stop] = 1.0
        rise += planted * (ankles[side] - body.positions[f"{side}Foot"])[:, 1]
        weight += planted
    sigma = CARRY_SECONDS * body.fps
    lift = smooth(rise, sigma) / smooth(weight, sigma)
    body.move(lift[:, None] * _UP)


def _lower_pelvis(
    body: LowerBody, stands: dict[str, list[Stance]], ankles: dict[str, Array]
) -> None:
    """Bring the pelvis down, smoothly, where a standing leg would not reach its foot."""
    least = np.zeros(len(body.root))
    for side, found in stands.items():
        length = sum(float(np.linalg.norm(body.offset(side + bone))) for bone in ("Leg", "Foot"))
        hip, ankle = body.positions[f"{side}UpLeg"], body.positions[f"{side}Foot"]
        needed = leg_ik.drop(hip, ankle, ankles[side], length)
        planted = np.zeros(len(least), dtype=bool)
        for stand in found:
            planted[stand.start : stand.stop] = True
        least = np.minimum(least, np.where(planted, needed, 0.0))
    if least.min() > -1e-6:
        return
    reach = max(round(0.1 * body.fps), 1)
    body.move(smooth(running_min(least, reach), reach / 3.0)[:, None] * _UP)


def _reach(body: LowerBody, side: str, target: Array) -> None:
    """Turn thigh and shin so that the ankle is at `target` (T, 3)."""
    thigh, shin = body.rotations[f"{side}UpLeg"], body.rotations[f"{side}Leg"]
    hip, knee, ankle = (body.positions[side + bone] for bone in LEG[:3])
    bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, target)
    body.rotations[f"{side}UpLeg"] = leg_ik.swing(thigh, knee - hip, bent - hip)
    body.rotations[f"{side}Leg"] = leg_ik.swing(shin, ankle - knee, reached - bent)


def _binary(stands: dict[str, list[Stance]], down: Array, fps: float) -> Array:
    """Return the contacts (T, 4): balls where they are pinned, heels from their strike on."""
    out = np.zeros_like(down)
    for column, found in enumerate(stands.values()):
        heel, ball = 2 * column, 2 * column + 1
        for stand in found:
            struck = stand.start
            while struck > 0 and down[struck - 1, heel] and stand.start - struck < 0.15 * fps:
                struck -= 1
            out[struck : stand.start, heel] = 1.0
            out[stand.start : stand.stop, heel] = stand.flat
            out[stand.start : stand.stop, ball] = 1.0
    return out


def _written_whole(clip: Clip, body: LowerBody, contacts: Array) -> Clip:
    """Return a quadruped `clip` with the transforms of `body`."""
    rotations = clip.rotations.astype(np.float64)
    for name in body.rotations:
        rotations[:, clip.skeleton.index(name)] = body.local(name)
    return replace(
        clip,
        rotations=quat.unroll(rotations).astype(np.float32),
        root_positions=body.root.astype(np.float32),
        contacts=contacts.astype(np.float32),
    )


def _written(clip: Clip, body: LowerBody, toes: dict[str, Array], contacts: Array) -> Clip:
    """Return `clip` with the transforms of `body`."""
    rotations = clip.rotations.astype(np.float64)
    rotations[:, 0] = body.rotations["Hips"]
    for side in SIDES:
        above = body.rotations["Hips"]
        for bone in LEG[:3]:
            here = body.rotations[side + bone]
            joint = clip.skeleton.index(side + bone)
            rotations[:, joint] = quat.inv_mul(above, here)
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
