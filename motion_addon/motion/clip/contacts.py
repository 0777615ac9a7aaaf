# SPDX-License-Identifier: GPL-3.0-or-later
"""Foot contacts: points of heel and ball, their contacts, and the gait phase.

Contacts have four columns: left heel, left ball, right heel, right ball.
"""

import numpy as np

from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .skeleton import Skeleton

FOOT_JOINTS = (("LeftFoot", "LeftToe"), ("RightFoot", "RightToe"))
SPEED_LIMIT = 0.4
"""Speed of a foot point (m/s) from which it is in swing."""
SPEED_SHARE = 0.15
"""Added to the limit per m/s of body speed, as contacts of a run are short and blurred."""
SHORTEST = 0.07
"""Shortest contact, and shortest gap within one (s)."""
HEIGHT_LIMIT = 0.045
"""Height of a foot point above its lowest level (m) from which it is in swing."""


def heel_offset(skeleton: Skeleton, side: int) -> Array:
    """Return the heel (3,) in the foot joint's frame, as high as the ball in the rest pose.

    The skeleton has no heel joint; the heel lies under and behind the ankle by about a third
    of the ankle-to-ball length. ``side`` is 0 for left, 1 for right.
    """
    ball = skeleton.offsets[skeleton.index(FOOT_JOINTS[side][1])]
    return np.array([0.0, ball[1], -0.35 * abs(float(ball[2]))], dtype=np.float32)


def foot_points(skeleton: Skeleton, rotations: Array, positions: Array) -> Array:
    """Return (..., 4, 3) world positions of left heel, left ball, right heel, right ball.

    ``rotations`` (..., J, 4) and ``positions`` (..., J, 3) are world transforms.
    """
    points = []
    for side, (foot, ball) in enumerate(FOOT_JOINTS):
        joint = skeleton.index(foot)
        heel = quat.apply(rotations[..., joint, :], heel_offset(skeleton, side))
        points += [positions[..., joint, :] + heel, positions[..., skeleton.index(ball), :]]
    return np.stack(points, axis=-2)


def detect(
    points: Array, fps: float, share: float = SPEED_SHARE, shortest: float = SHORTEST
) -> Array:
    """Return (T, 4) float32 contacts of foot points (T, 4, 3): slow and near the ground.

    The ground level of each point is the 2nd percentile of its height. ``share`` raises the speed
    limit per m/s of body speed; contacts shorter than ``shortest`` seconds are dropped.
    """
    velocity = np.gradient(smooth(points, fps / 60.0), axis=0) * fps
    body = np.linalg.norm(smooth(velocity.mean(axis=1), 0.25 * fps)[:, [0, 2]], axis=-1)
    slow = np.linalg.norm(velocity, axis=-1) < (SPEED_LIMIT + share * body)[:, None]
    floor = np.percentile(points[..., 1], 2.0, axis=0)
    low = points[..., 1] - floor < HEIGHT_LIMIT
    return clean((slow & low).astype(np.float32), fps, shortest)


def clean(contacts: Array, fps: float, shortest: float = SHORTEST) -> Array:
    """Return binary contacts (T, 4) from probabilities (T, 4), without flicker.

    Applies hysteresis (on above 0.6, off below 0.4), closes gaps shorter than ``SHORTEST``, and
    drops contacts shorter than ``shortest`` seconds.
    """
    out = np.zeros_like(contacts, dtype=np.float32)
    gap, least = (max(round(seconds * fps), 1) for seconds in (SHORTEST, shortest))
    for column in range(contacts.shape[1]):
        state = _hysteresis(contacts[:, column])
        state = _drop_short(state, gap, value=False)
        out[:, column] = _drop_short(state, least, value=True)
    return out


def _hysteresis(values: Array) -> Array:
    marks = np.where(values > 0.6, 1, np.where(values < 0.4, 0, -1))
    known = np.where(marks >= 0, np.arange(len(marks)), 0)
    last = np.maximum.accumulate(known)
    state = marks[last]
    return np.asarray(np.where(state < 0, 0, state).astype(bool))


def runs(mask: Array) -> list[tuple[int, int]]:
    """Return (start, stop), stop excluded, of each run of True in a mask (T,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _drop_short(state: Array, least: int, *, value: bool) -> Array:
    state = state.copy()
    for start, stop in runs(state == value):
        inside = start > 0 and stop < len(state)
        if inside and stop - start < least:
            state[start:stop] = not value
    return state


def duty_factor(contacts: Array, fps: float) -> Array:
    """Return the duty factor (T,), the stance share of a stride, averaged over a few steps."""
    down = np.stack([contacts[:, :2].max(axis=1), contacts[:, 2:].max(axis=1)])
    return smooth(down.mean(axis=0).astype(np.float64), 0.4 * fps)


def strikes(contacts: Array, fps: float, shortest_step: float = 0.2) -> list[tuple[int, int]]:
    """Return alternating foot strikes as (frame, side), side 0 left and 1 right.

    A foot strikes when its heel or ball comes down while neither was in contact. Of two strikes
    of one foot in a row, the first is dropped; if they lie a whole stride apart, a strike of the
    other foot is inserted between them instead.
    """
    events = []
    for side in (0, 1):
        down = contacts[:, 2 * side : 2 * side + 2].max(axis=1) > 0.5
        events += [(start, side) for start, _ in runs(down) if start > 0]
    gap = shortest_step * fps
    out: list[tuple[int, int]] = []
    for frame, side in sorted(events):
        if out and out[-1][1] == side:
            if frame - out[-1][0] > 4.0 * gap:
                out.append(((frame + out[-1][0]) // 2, 1 - side))
            else:
                out.pop()
        if out and frame - out[-1][0] < gap:
            continue
        out.append((frame, side))
    return [e for i, e in enumerate(out) if i == 0 or e[1] != out[i - 1][1]]


def phase(contacts: Array, fps: float, longest_step: float = 0.85) -> Array:
    """Return the unwrapped gait phase (T,) in cycles: whole at right strikes, half at left ones.

    Linear between strikes (PFNN section 4.1). A step longer than ``longest_step`` seconds is a
    pause: the phase stops just after the earlier strike and runs again before the next one, so
    that its rate is almost zero while standing.
    """
    events = strikes(contacts, fps)
    frames = len(contacts)
    if len(events) < 2:
        return np.zeros(frames, dtype=np.float32)
    times: list[float] = []
    values: list[float] = []
    value = 0.0 if events[0][1] == 1 else 0.5
    longest = longest_step * fps
    for i, (frame, _) in enumerate(events):
        times.append(frame)
        values.append(value + 0.5 * i)
        after = events[i + 1][0] - frame if i + 1 < len(events) else 0
        if after > longest:
            rest = 0.25 * longest
            times += [frame + rest, events[i + 1][0] - 0.75 * longest]
            values += [values[-1] + 0.12, values[-1] + 0.14]
    return np.interp(np.arange(frames), times, values).astype(np.float32)
