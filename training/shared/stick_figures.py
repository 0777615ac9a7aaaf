# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets of animals as stick figures: a stride from the side or from above."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

POSES: Final = 8
"""Poses in a strip."""
GAP: Final = 1.25
"""Distance between poses in lengths of the animal."""
_WIDTH, _TITLE, _DPI = 13.0, 0.32, 75
"""Width of a row and height of its title in inches, and dots per inch."""
_NEAR, _FAR, _TRUNK = "#1f4e79", "#9db7cf", "#333333"


def bones(skeleton: Skeleton) -> list[tuple[str, Array]]:
    """Return colored chains of point indices: joints, then the ends of chains."""
    ends = {joint: len(skeleton) + i for i, (joint, _) in enumerate(skeleton.end_sites)}
    out = []
    withers = skeleton.index("Withers")
    for side, color in (("R", _FAR), ("L", _NEAR)):
        for leg in ("H", "F"):
            chain = [skeleton.index(name) for name in quadruped.LEG_CHAINS[side + leg]]
            chain = [withers if leg == "F" else 0, *chain, ends.get(chain[-1], chain[-1])]
            out.append((color, np.array(chain)))
    for names, stem in ((quadruped.TORSO, None), (quadruped.NECK, withers), (quadruped.TAIL, 0)):
        chain = [skeleton.index(name) for name in names]
        chain = chain if stem is None else [stem, *chain]
        out.append((_TRUNK, np.array([*chain, ends.get(chain[-1], chain[-1])])))
    return out


def points(clip: Clip, frames: Sequence[float]) -> Array:
    """Return (N, J + ends, 3) positions of joints and ends of chains at ``frames``, facing +Z."""
    part = clip.at_frames(np.array(frames, dtype=np.float64), clip.fps)
    rotations, places = part.world()
    tips = [
        places[:, joint] + quat.apply(rotations[:, joint], np.array(tip, dtype=np.float32))
        for joint, tip in clip.skeleton.end_sites
    ]
    out = np.concatenate([places, np.stack(tips, axis=1)], axis=1)
    ahead = places[:, clip.skeleton.index("Withers")] - places[:, 0]
    middle = places[:, :1] * [1.0, 0.0, 1.0]
    return np.asarray(quat.apply(quat.yaw(-quat.yaw_of(ahead.mean(axis=0)))[None], out - middle))


def strip(axes: Any, clip: Clip, frames: Sequence[float], gap: float, top: bool = False) -> None:
    """Draw poses next to each other, ``gap`` meters apart, from the left side or from above."""
    shown = points(clip, frames)
    for k, pose in enumerate(shown):
        origin = 0.5 * (pose[0] + pose[clip.skeleton.index("Withers")])
        across = pose[:, 2] - origin[2] + k * gap
        up = pose[:, 0] - origin[0] if top else pose[:, 1]
        for color, chain in bones(clip.skeleton):
            axes.plot(across[chain], up[chain], color=color, lw=1.6, solid_capstyle="round")
    if not top:
        axes.axhline(0.0, color="#bbbbbb", lw=0.6)
    axes.set_aspect("equal")
    axes.axis("off")


def sheet(rows: Sequence[tuple[str, Clip, Sequence[int]]], file: Path, top: bool = False) -> None:
    """Write a picture with one strip per row; a row is a title, a clip and the frames to show."""
    gaps = [GAP * float(np.ptp(clip.skeleton.rest_positions()[:, 2])) for _, clip, _ in rows]
    sizes = [
        _WIDTH * float(np.ptp(points(clip, frames)[..., 0 if top else 1])) / (len(frames) * gap)
        for (_, clip, frames), gap in zip(rows, gaps, strict=True)
    ]
    sizes = [size + _TITLE for size in sizes]
    figure = Figure(figsize=(_WIDTH, sum(sizes)), layout="constrained")
    axes = figure.subplots(len(rows), 1, squeeze=False, height_ratios=sizes)
    for one, (title_, clip, frames), gap in zip(axes[:, 0], rows, gaps, strict=True):
        strip(one, clip, frames, gap, top)
        one.set_title(title_, fontsize=9, loc="left", pad=2)
    figure.savefig(file, dpi=_DPI)


def of_stride(contacts: Array, after: int, poses: int = POSES) -> list[int]:
    """Return ``poses`` frames over the left hind leg's first stride that starts after a frame."""
    down = np.flatnonzero(np.diff(contacts[:, 0]) > 0.5) + 1
    down = down[down >= after]
    start, stop = (int(down[0]), int(down[1])) if len(down) > 1 else (after, after + 40)
    return [int(v) for v in np.linspace(start, stop, poses, endpoint=False)]
