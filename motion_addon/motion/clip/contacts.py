# SPDX-License-Identifier: GPL-3.0-or-later
"""Foot contacts: where the heel and ball are, when they stand, and the gait phase they give.

Contacts have four columns: left heel, left ball, right heel, right ball.
"""

import numpy as np

from ..maths import quat
from ..maths.quat import Array
from ..maths.smoothing import smooth
from .skeleton import Skeleton

FOOT_JOINTS = (("LeftFoot", "LeftToe"), ("RightFoot", "RightToe"))
SPEED_LIMIT = 0.4
"""m/s, a foot point that moves faster does not stand."""
SPEED_SHARE = 0.15
"""Added to the limit per m/s of body speed: running contacts are short and blurred."""
SHORTEST = 0.07
"""Seconds, the shortest contact, and the shortest gap in one."""
HEIGHT_LIMIT = 0.045
"""Meters above its own lowest level; a foot point that is higher does not stand."""


def heel_offset(skeleton: Skeleton, side: int) -> Array:
    """Return (3,) the heel in the foot joint's frame, as high as the ball in the rest pose.

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

    The ground level of each point is its own 2nd percentile height. ``share`` is added to the
    limit of speed per m/s of the body; contacts and gaps under ``shortest`` seconds are dropped.
    """
    velocity = np.gradient(smooth(points, fps / 60.0), axis=0) * fps
    body = np.linalg.norm(smooth(velocity.mean(axis=1), 0.25 * fps)[:, [0, 2]], axis=-1)
    slow = np.linalg.norm(velocity, axis=-1) < (SPEED_LIMIT + share * body)[:, None]
    floor = np.percentile(points[..., 1], 2.0, axis=0)
    low = points[..., 1] - floor < HEIGHT_LIMIT
    return clean((slow & low).astype(np.float32), fps, shortest)


def clean(contacts: Array, fps: float, shortest: float = SHORTEST) -> Array:
    """Return binary contacts (T, 4) of probabilities, without flicker.

    Hysteresis (on above 0.6, off below 0.4), then gaps of less than SHORTEST are closed and
    contacts of less than ``shortest`` seconds dropped.
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
    """Return (start, stop) of each stretch of True in a (T,) mask, stop excluded."""
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
    """Return (T,) the share of a stride for which a foot stands, averaged over a few steps."""
    down = np.stack([contacts[:, :2].max(axis=1), contacts[:, 2:].max(axis=1)])
    return smooth(down.mean(axis=0).astype(np.float64), 0.4 * fps)


def strikes(contacts: Array, fps: float, shortest_step: float = 0.2) -> list[tuple[int, int]]:
    """Return alternating foot strikes as (frame, side), side 0 left and 1 right.

    A foot strikes when its heel or ball comes down after neither stood. Of two strikes of one
    foot in a row, either a missed strike of the other is put between them, if they lie a
    whole stride apart, or the first is dropped.
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
    """Return (T,) unwrapped gait phase in cycles: whole at right strikes, half at left ones.

    Linear between strikes (PFNN section 4.1). A step that takes longer than
    ``longest_step`` seconds is a pause: the phase rests just after the earlier strike and
    runs only in the last part, so that standing still has almost no phase rate.
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
