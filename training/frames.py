# SPDX-License-Identifier: GPL-3.0-or-later
"""Labeled frames of motion, of any body, and the dataset that they are written to."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from motion_addon.motion import features, quat
from motion_addon.motion.clip import Clip
from motion_addon.motion.quat import Array
from motion_addon.motion.skeleton import Skeleton
from motion_addon.motion.trajectory import Trajectory

log = logging.getLogger(__name__)


def about_root(clip: Clip, root: Trajectory) -> dict[str, Array]:
    """Return what is learned of a clip's course and pose, seen from its root track.

    Keys: control (T, CONTROL), matrices (T, 3, 3) and moves (T, 3) from root frame to root
    frame, axes (T, J, 6), hips (T, 3) of the skeleton's root and speed (T,) in m/s.
    """
    rotations, positions = clip.world()
    matrices, moves = features.carry(root)
    in_root = quat.mul(quat.inv(features.root_rotations(root))[:, None], rotations)
    hips = features.to_root(root, (positions[:, 0] - root.positions)[:, None])[:, 0]
    return {
        "control": features.control(root),
        "matrices": matrices,
        "moves": moves,
        "axes": quat.to_two_axes(in_root).astype(np.float32),
        "hips": hips.astype(np.float32),
        "speed": root.speeds,
    }


class Joined:
    """The frames of many clips, one after the other."""

    def __init__(self) -> None:
        """Start without frames."""
        self._parts: dict[str, list[Array]] = {}
        self._names: list[str] = []

    def add(self, name: str, labels: Mapping[str, Array], usable: Array, held_out: bool) -> None:
        """Append a clip with its labels and (T,) bool, the frames to learn from."""
        frames = len(usable)
        own = {
            "clip": np.full(frames, len(self._names)),
            "usable": usable,
            "held_out": np.full(frames, held_out),
        }
        for key, value in {**labels, **own}.items():
            self._parts.setdefault(key, []).append(value)
        self._names.append(name)

    def arrays(self, skeleton: Skeleton) -> dict[str, Array]:
        """Return all frames, float64 as float32, and with them the skeleton and the names."""
        out = {key: np.concatenate(value) for key, value in self._parts.items()}
        out = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in out.items()}
        out |= {f"skeleton_{k}": v for k, v in skeleton.to_arrays().items()}
        return out | {"clip_names": np.array(self._names)}


def write(out: Path, arrays: Mapping[str, Array]) -> None:
    """Write a dataset."""
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, **arrays)
    log.info("%d frames in %s", len(arrays["phase"]), out)
