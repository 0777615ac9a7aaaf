# SPDX-License-Identifier: GPL-3.0-or-later
"""Protocol and formulas of in-betweening of LAFAN1 (Harvey et al. 2020).

Windows of 65 frames at 30 frames a second, every 40 frames; ten frames of context, a gap, and the
first frame after it. Written from the published evaluation of the data set, with two
additions: a quaternion and its opposite are the same rotation, so signs are first matched to the
truth; and facing is along +Z here.
"""

import numpy as np

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

CONTEXT = 10
GAPS = (5, 15, 30, 45)
FRAMES, STRIDE = 65, 40
LEARN_FRAMES, LEARN_STRIDE = 50, 20
"""Windows of the training clips, for the mean and the deviation of positions."""
RATE = 30.0


def windows(clip: Clip, frames: int = FRAMES, stride: int = STRIDE) -> tuple[Array, Array]:
    """Return local rotations (N, F, J, 4) and roots (N, F, 3) of a clip at 30 frames a second.

    Each is moved so that its root's mean is at the origin of the ground, and turned so that it
    faces +X in the last frame of the context.
    """
    clip = clip.resample(RATE)
    first = np.arange(0, clip.frames - frames + 1, stride)
    at = first[:, None] + np.arange(frames)
    rotations, roots = clip.rotations[at].copy(), clip.root_positions[at].astype(np.float32)
    roots[..., [0, 2]] -= roots[..., [0, 2]].mean(axis=1, keepdims=True)
    ahead = quat.apply(rotations[:, CONTEXT - 1, 0], np.array([0.0, 0.0, 1.0], dtype=np.float32))
    turn = quat.yaw(0.5 * np.pi - quat.yaw_of(ahead)).astype(np.float32)[:, None]
    rotations[:, :, 0] = quat.mul(turn, rotations[:, :, 0])
    return rotations, quat.apply(turn, roots)


def kept(frames: int, missing: int) -> Array:
    """Return (frames,) bool: ten frames of context, a gap, and one frame after it."""
    mask = np.zeros(frames, dtype=bool)
    mask[:CONTEXT] = True
    mask[CONTEXT + missing] = True
    return mask


def like(truth: Array, found: Array) -> Array:
    """Return quaternions (..., 4) with the sign that is nearer to the truth."""
    return np.where((truth * found).sum(axis=-1, keepdims=True) < 0, -found, found)


def l2q(truth: Array, found: Array) -> float:
    """Return the mean over windows and frames of the distance of world rotations (N, T, J, 4).

    A distance is over all numbers of all joints of a frame.
    """
    off = (like(truth, found) - truth).astype(np.float64)
    return float(np.sqrt((off**2).sum(axis=(2, 3))).mean())


def l2p(truth: Array, found: Array, deviation: Array) -> float:
    """Return the mean over windows and frames of the distance of world positions (N, T, J, 3).

    Each number is first divided by its ``deviation`` (J, 3) in the training windows.
    """
    off = (found - truth).astype(np.float64) / deviation
    return float(np.sqrt((off**2).sum(axis=(2, 3))).mean())


def npss(truth: Array, found: Array) -> float:
    """Return the normalized power spectrum similarity (Gopalakrishnan et al. 2019) of (N, T, F).

    As in LAFAN1's code, power is the square of the real part of the Fourier transform.
    """
    powers = [np.real(np.fft.fft(a.astype(np.float64), axis=1)) ** 2 for a in (truth, found)]
    totals = [power.sum(axis=1) for power in powers]
    shares = [
        np.cumsum(power / np.maximum(total, 1e-12)[:, None], axis=1)
        for power, total in zip(powers, totals, strict=True)
    ]
    distance = np.abs(shares[1] - shares[0]).sum(axis=1)
    return float(np.average(distance, weights=totals[0]))


def figures(
    skeleton: Skeleton,
    truth: tuple[Array, Array],
    found: tuple[Array, Array],
    missing: int,
    deviation: Array,
    bones: Array | None = None,
) -> dict[str, float]:
    """Return L2P, L2Q and NPSS of the frames of a gap, from local rotations and roots.

    ``bones`` (N, J, 3) are the joint offsets of each window, by default the skeleton's.
    """
    part = slice(CONTEXT, CONTEXT + missing)
    bones = None if bones is None else bones[:, None]
    true_q, true_p = skeleton.fk(truth[0][:, part], truth[1][:, part], bones)
    found_q, found_p = skeleton.fk(found[0][:, part], found[1][:, part], bones)
    true_q = quat.unroll(true_q, axis=1)
    flat = (*true_q.shape[:2], -1)
    return {
        "l2p": l2p(true_p, found_p, deviation),
        "l2q": l2q(true_q, found_q),
        "npss": npss(true_q.reshape(flat), like(true_q, found_q).reshape(flat)),
    }


def deviation(clips: list[Clip]) -> Array:
    """Return (J, 3) the standard deviation of world positions in training windows."""
    found = []
    for clip in clips:
        rotations, roots = windows(clip, LEARN_FRAMES, LEARN_STRIDE)
        found.append(clip.skeleton.fk(rotations, roots)[1].reshape(-1, len(clip.skeleton), 3))
    return np.asarray(np.concatenate(found).std(axis=0), dtype=np.float64)
