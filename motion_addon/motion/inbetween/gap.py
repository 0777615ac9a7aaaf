# SPDX-License-Identifier: GPL-3.0-or-later
"""Network inputs of a motion with gaps, and the motion that the network's outputs describe.

Gaps are first interpolated: joints by slerp, the root on a straight line, eased so that the speed
at both ends continues. At each frame of this filling a root frame lies on the ground under the
root and turns with it; poses and corrections are relative to it. So inputs do not depend on place
and heading, kept frames need no correction, and a zero correction is the filling itself.

The skeleton has the size of the model's. Lengths are meters; the first two axes of arrays are
windows and frames, (N, T, ...).
"""

from dataclasses import dataclass

import numpy as np

from ..clip.skeleton import Skeleton
from ..maths import quat
from ..maths.quat import Array

RATE = 30.0
"""Frames a second at which ``pace`` is 1."""
CONTACTS = 4
PERIODS = 2.0 ** np.arange(2, 9)
"""Periods in frames of the waves that encode the distance to a kept frame."""
EASE = 10
"""Frames in which the speed at an end of a gap fades to that of the interpolation."""
FAR = 1 << 20
"""Distance in frames if there is no kept frame."""
FARTHEST = 128
"""Largest distance in frames that is encoded."""


@dataclass(frozen=True)
class GapLayout:
    """Slices of the input and output vectors of one frame, by the number of joints."""

    joints: int

    @property
    def axes(self) -> slice:
        """Forward and up axis of each joint; of inputs and outputs."""
        return slice(0, 6 * self.joints)

    @property
    def positions(self) -> slice:
        """Positions of the joints; inputs only."""
        return slice(self.axes.stop, self.axes.stop + 3 * self.joints)

    @property
    def motion(self) -> slice:
        """Velocity x, z (m/s) and yaw rate (rad/s) of the root frame, after and before it."""
        return slice(self.positions.stop, self.positions.stop + 6)

    @property
    def keys(self) -> slice:
        """Whether the frame is kept, the pace, and the distances to the kept frames around it."""
        return slice(self.motion.stop, self.motion.stop + 3 + 4 * len(PERIODS) + 2)

    @property
    def inputs(self) -> int:
        """Size of the input of one frame."""
        return int(self.keys.stop)

    @property
    def root(self) -> slice:
        """Correction of the root's position; outputs only."""
        return slice(self.axes.stop, self.axes.stop + 3)

    @property
    def contacts(self) -> slice:
        """Log odds of the contacts; outputs only."""
        return slice(self.root.stop, self.root.stop + CONTACTS)

    @property
    def outputs(self) -> int:
        """Size of the output of one frame."""
        return int(self.contacts.stop)


@dataclass(frozen=True, eq=False)
class RootFrames:
    """Coordinate frames of a motion, one a frame: on the ground under the root, facing its way."""

    yaw: Array
    """(N, T) radians."""
    origin: Array
    """(N, T, 3) meters."""

    def rotations_into(self, world: Array) -> Array:
        """Return world rotations (N, T, J, 4) relative to the root frames."""
        return quat.mul(quat.yaw(-self.yaw).astype(np.float32)[:, :, None], world)

    def rotations_from(self, seen: Array) -> Array:
        """Return the world rotations of rotations (N, T, J, 4) relative to the root frames."""
        return quat.mul(quat.yaw(self.yaw).astype(np.float32)[:, :, None], seen)

    def points_into(self, world: Array) -> Array:
        """Return world points (N, T, P, 3) relative to the root frames."""
        turn = quat.yaw(-self.yaw).astype(np.float32)[:, :, None]
        return quat.apply(turn, world - self.origin[:, :, None])

    def points_from(self, seen: Array) -> Array:
        """Return the world points of points (N, T, P, 3) relative to the root frames."""
        turn = quat.yaw(self.yaw).astype(np.float32)[:, :, None]
        return np.asarray(quat.apply(turn, seen) + self.origin[:, :, None])

    def motion(self, rate: Array) -> Array:
        """Return the velocities (N, T, 6) to the next frame and from the previous one.

        ``rate`` (N,) frames a second. x, z in m/s and yaw in rad/s; the ends repeat.
        """
        step = np.diff(self.origin, axis=1)
        turn = (np.diff(self.yaw, axis=1) + np.pi) % (2.0 * np.pi) - np.pi
        out = np.zeros((*self.yaw.shape, 6), dtype=np.float32)
        for column, at in ((0, self.yaw[:, :-1]), (3, self.yaw[:, 1:])):
            sine, cosine = np.sin(at), np.cos(at)
            x, z = step[..., 0], step[..., 2]
            seen = np.stack([cosine * x - sine * z, sine * x + cosine * z, turn], axis=-1)
            edge = seen[:, -1:] if column == 0 else seen[:, :1]
            parts = [seen, edge] if column == 0 else [edge, seen]
            out[..., column : column + 3] = np.concatenate(parts, axis=1)
        return np.asarray(out * np.asarray(rate, dtype=np.float32)[:, None, None])


@dataclass(frozen=True, eq=False)
class GapWindows:
    """Windows of a motion, gaps filled without a network, and the network's inputs."""

    skeleton: Skeleton
    known: Array
    """(N, T) bool, frames that are kept."""
    rotations: Array
    """(N, T, J, 4) local rotations of the eased filling."""
    roots: Array
    """(N, T, 3) its root."""
    root_frames: RootFrames
    axes: Array
    """(N, T, J, 6) its joints, relative to the root frames."""
    root: Array
    """(N, T, 3) its root, relative to the root frames: only the height is not 0."""
    inputs: Array
    """(N, T, I)."""


def key_distances(known: Array) -> tuple[Array, Array]:
    """Return frames (N, T) since the last kept frame and until the next; FAR without one."""
    frames = np.arange(known.shape[1])
    before = np.maximum.accumulate(np.where(known, frames, -FAR), axis=1)
    after = np.where(known, frames, 2 * FAR)[:, ::-1]
    after = np.minimum.accumulate(after, axis=1)[:, ::-1]
    return np.minimum(frames - before, FAR), np.minimum(after - frames, FAR)


def interpolated(rotations: Array, roots: Array, known: Array) -> tuple[Array, Array]:
    """Return local rotations (N, T, J, 4) and roots (N, T, 3) with interpolated gaps.

    Joints by slerp along the shorter arc, roots on a straight line; before the first and after
    the last kept frame of a window the pose is held. Raises ValueError if none is kept.
    """
    if not known.any(axis=1).all():
        raise ValueError("Each window needs at least one kept frame")
    since, until = key_distances(known)
    frames = np.arange(known.shape[1])
    low = np.where(since < FAR, frames - since, frames + until)
    high = np.where(until < FAR, frames + until, low)
    span = np.maximum(high - low, 1)
    t = np.clip((frames - low) / span, 0.0, 1.0).astype(np.float32)
    row, column = np.nonzero(~known)
    out, line = np.array(rotations), np.array(roots)
    a, b, share = low[row, column], high[row, column], t[row, column]
    out[row, column] = quat.slerp(rotations[row, a], rotations[row, b], share[:, None])
    line[row, column] = roots[row, a] + share[:, None] * (roots[row, b] - roots[row, a])
    return out, line


def eased(rotations: Array, roots: Array, known: Array) -> tuple[Array, Array]:
    """Return local rotations (N, T, J, 4) and roots (N, T, 3) with interpolated, eased gaps.

    Where two adjacent frames are kept at an end of a gap, their speed continues into the gap and
    fades to that of the interpolation within EASE frames.
    """
    out, line = interpolated(rotations, roots, known)
    frames = known.shape[1]
    row, first = np.nonzero(known[:, :-1] & ~known[:, 1:])
    since, until = key_distances(known)
    span = since[row, first + 1] + until[row, first + 1]
    closed = until[row, first + 1] < FAR
    row, first, span = row[closed], first[closed], span[closed]
    last = first + span
    spin = quat.to_rotvec(quat.inv_mul(rotations[row, first], rotations[row, last]))
    spin, way = spin / span[:, None, None], (roots[row, last] - roots[row, first]) / span[:, None]
    number = np.full(known.shape, -1)
    number[row, first] = np.arange(len(row))
    number = np.where(known, -1, np.maximum.accumulate(number, axis=1))
    number[until >= FAR] = -1
    at, column = np.nonzero(number >= 0)
    which = number[at, column]
    more, shift = np.zeros((len(at), *spin.shape[1:]), np.float32), np.zeros((len(at), 3))
    for low, high, away, sign in (
        (first - 1, first, since[at, column], 1.0),
        (last, last + 1, until[at, column], -1.0),
    ):
        inside = (low >= 0) & (high < frames)
        low, high = np.maximum(low, 0), np.minimum(high, frames - 1)
        pair = inside & known[row, low] & known[row, high]
        turned = quat.to_rotvec(quat.inv_mul(rotations[row, low], rotations[row, high]))
        size = np.minimum(span, EASE)[which]
        bump = sign * away * np.clip(1.0 - away / size, 0.0, 1.0) ** 2
        off = np.where(pair[:, None, None], turned - spin, 0.0)
        more += off[which] * bump[:, None, None]
        step = np.where(pair[:, None], roots[row, high] - roots[row, low] - way, 0.0)
        shift += step[which] * bump[:, None]
    out[at, column] = quat.mul(out[at, column], quat.from_rotvec(more).astype(np.float32))
    line[at, column] += shift.astype(line.dtype)
    return out, line


def key_codes(known: Array, pace: Array) -> Array:
    """Return the inputs (N, T, K) of ``GapLayout.keys``.

    ``pace`` (N,) is the duration of a frame over that at RATE.
    """
    since, until = (np.minimum(away, FARTHEST) for away in key_distances(known))
    flags = np.stack([known, ~known], axis=-1).astype(np.float32)
    speed = np.broadcast_to(np.log2(pace)[:, None, None], (*known.shape, 1))
    waves = []
    for away in (since, until):
        angle = (2.0 * np.pi) * away[..., None] / PERIODS
        waves += [np.sin(angle), np.cos(angle)]
    near = 1.0 / (1.0 + np.stack([since, until], axis=-1))
    return np.asarray(np.concatenate([flags, speed, *waves, near], axis=-1), dtype=np.float32)


def window(
    skeleton: Skeleton,
    rotations: Array,
    roots: Array,
    known: Array,
    pace: Array,
    bones: Array | None = None,
) -> GapWindows:
    """Return windows of a motion with gaps, with the network's inputs.

    ``rotations`` (N, T, J, 4) local, ``roots`` (N, T, 3); their values where ``known`` (N, T) is
    False have no effect. ``pace`` (N,) is as in ``key_codes``. ``bones`` (N, J, 3) are the joint
    offsets of each window's body, by default the skeleton's. The ground is at the height of the
    lowest joint of the kept frames.
    """
    rotations, roots = eased(rotations, roots, known)
    world, positions = skeleton.fk(rotations, roots, None if bones is None else bones[:, None])
    lowest = np.where(known, positions[..., 1].min(axis=-1), np.inf).min(axis=1)
    forward = quat.apply(world[:, :, 0], np.array([0.0, 0.0, 1.0], dtype=np.float32))
    origin = roots.copy()
    origin[..., 1] = lowest[:, None]
    root_frames = RootFrames(quat.yaw_of(forward).astype(np.float32), origin)
    axes = quat.to_two_axes(root_frames.rotations_into(world))
    seen = root_frames.points_into(positions)
    flat = (*known.shape, -1)
    inputs = np.concatenate(
        [
            axes.reshape(flat),
            seen.reshape(flat),
            root_frames.motion(RATE / np.asarray(pace)),
            key_codes(known, np.asarray(pace)),
        ],
        axis=-1,
    ).astype(np.float32)
    return GapWindows(skeleton, known, rotations, roots, root_frames, axes, seen[:, :, 0], inputs)


def corrected(filled: GapWindows, outputs: Array) -> tuple[Array, Array, Array]:
    """Return local rotations (N, T, J, 4), roots (N, T, 3) and contacts (N, T, 4) in 0..1.

    ``outputs`` (N, T, O) are corrections in their own units. Kept frames stay as they are.
    """
    layout = GapLayout(len(filled.skeleton))
    axes = filled.axes + outputs[..., layout.axes].reshape(filled.axes.shape)
    world = filled.root_frames.rotations_from(quat.from_two_axes(axes).astype(np.float32))
    root = (filled.root + outputs[..., layout.root])[:, :, None]
    roots = filled.root_frames.points_from(root)[:, :, 0]
    known = filled.known[..., None]
    rotations = np.where(known[..., None], filled.rotations, filled.skeleton.local(world))
    odds = np.clip(outputs[..., layout.contacts], -30.0, 30.0)
    return rotations, np.where(known, filled.roots, roots), 1.0 / (1.0 + np.exp(-odds))
