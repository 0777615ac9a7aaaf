# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepared frames as tensors: sampling of sequences, and normalization."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE, WINDOW

STATE_WEIGHT = 0.5
"""Scale of the fed-back body's inputs; below 1 the trajectory has more influence (PFNN: 0.1)."""

MOST_CHANGE = 2.0
"""m/s^2, change of speed from which the sampling weight of a frame no longer rises."""
RUNNING = 2.3
"""m/s, the speed from which steady motion is drawn more often, not changes of speed."""
QUIET = 0.05
"""m/s, below which the body stands still; these frames are drawn more often too."""


@dataclass
class Sequences:
    """All frames of the training clips or of the held-out clips."""

    skeleton: Skeleton
    frames: dict[str, Tensor]
    """control, matrices, moves, axes, hips, contacts, phase, phase_rate, speed, positions
    and velocities of the state joints; first axis frames."""
    clip: Array
    usable: Array

    def starts(self, length: int, rare: float = 0.5) -> tuple[Array, Array]:
        """Return the first frames of sequences of ``length`` and their sampling weights.

        A sequence and the frame before it, its initial state, lie in one clip and are usable.
        Rare speeds get more weight, by their density to the power -``rare``. Standing still,
        starts, stops and changes of speed get more weight too. For running, steady motion does:
        the clips run between turns, in hurried steps, and hardly ever straight ahead.
        """
        first = np.arange(1, len(self.clip) - length + 1)
        same = self.clip[first - 1] == self.clip[first + length - 1]
        good = np.cumsum(np.concatenate([[0], self.usable]))
        whole = good[first + length] - good[first - 1] == length + 1
        first = first[same & whole]
        speed = self.frames["speed"].numpy()[first + length // 2]
        counts, edges = np.histogram(speed, bins=np.arange(0.0, 5.0, 0.25))
        density = counts[np.clip(np.digitize(speed, edges) - 1, 0, len(counts) - 1)]
        change = np.abs(np.gradient(self.frames["speed"].numpy())) * RATE
        hurry = np.minimum(change[first + length // 2], MOST_CHANGE)
        wanted = np.where((speed > RUNNING) | (speed < QUIET), MOST_CHANGE - hurry, hurry)
        weight = (1.0 + wanted) / np.maximum(density, 50.0) ** rare
        return first, weight / weight.sum()

    def batch(self, first: Array, length: int) -> dict[str, Tensor]:
        """Return (N, length + 1, …) tensors; element 0 is the initial state."""
        at = torch.as_tensor(first[:, None] + np.arange(-1, length))
        return {key: value[at] for key, value in self.frames.items()}


FRAMES = (
    "control",
    "matrices",
    "moves",
    "axes",
    "hips",
    "contacts",
    "phase",
    "phase_rate",
    "speed",
)
"""Arrays of every prepared dataset that become tensors."""


def load(
    path: Path,
    joints: tuple[str, ...] = features.STATE_JOINTS,
    kind: type[Sequences] = Sequences,
    more: tuple[str, ...] = (),
) -> tuple[Any, Any]:
    """Return the training and the held-out sequences of a prepared dataset, of type ``kind``.

    ``joints`` are the joints whose state is fed back, ``more`` the names of further arrays.
    """
    with np.load(path, allow_pickle=False) as data:
        arrays = {key: data[key] for key in data.files}
    skeleton = Skeleton.from_arrays(
        {k[9:]: v for k, v in arrays.items() if k.startswith("skeleton_")}
    )
    positions, velocities = states(skeleton, arrays, joints)
    arrays |= {"positions": positions, "velocities": velocities}
    keys = [*FRAMES, *more, "positions", "velocities"]
    parts = []
    for mask in (~arrays["held_out"], arrays["held_out"]):
        frames = {key: torch.from_numpy(np.ascontiguousarray(arrays[key][mask])) for key in keys}
        parts.append(kind(skeleton, frames, arrays["clip"][mask], arrays["usable"][mask]))
    return parts[0], parts[1]


def states(
    skeleton: Skeleton, arrays: dict[str, Array], joints: tuple[str, ...]
) -> tuple[Array, Array]:
    """Return positions and velocities (T, S, 3) of the state joints of prepared frames.

    ``arrays`` holds the arrays of ``features.about_root``, and the clip of each frame.
    """
    rotations = quat.from_two_axes(arrays["axes"])
    state = [skeleton.index(name) for name in joints]
    positions = skeleton.fk(skeleton.local(rotations), arrays["hips"])[1][:, state]
    before = np.concatenate([positions[:1], positions[:-1]])
    carried = before @ arrays["matrices"] + arrays["moves"][:, None]
    velocities = (positions - carried) * RATE
    first = np.flatnonzero(np.diff(arrays["clip"], prepend=-1))
    velocities[first] = velocities[np.minimum(first + 1, len(velocities) - 1)]
    return positions.astype(np.float32), velocities.astype(np.float32)


def statistics(
    data: Sequences,
    inputs_of: features.InputLayout = features.INPUT,
    state_weight: float = STATE_WEIGHT,
) -> dict[str, Array]:
    """Return mean and scale of inputs and outputs; a group of features shares its mean scale.

    The stride clock, if there is one, is not scaled.
    """
    layout = features.OutputLayout(len(data.skeleton))
    frames = {k: v.numpy() for k, v in data.frames.items()}
    count = len(data.clip)
    inputs = np.concatenate(
        [
            frames["control"],
            np.zeros((count, 2 * inputs_of.legs), dtype=np.float32),
            frames["positions"].reshape(count, -1),
            frames["velocities"].reshape(count, -1),
        ],
        axis=1,
    )
    outputs = np.concatenate(
        [
            frames["axes"].reshape(count, -1),
            frames["hips"],
            frames["phase_rate"][:, None],
            frames["contacts"],
        ],
        axis=1,
    )
    n = len(WINDOW)
    groups = [slice(0, 2 * n), slice(2 * n, 4 * n), slice(4 * n, inputs_of.trajectory.stop)]
    groups += [inputs_of.motion, inputs_of.positions, inputs_of.velocities]
    scale = inputs.std(axis=0)
    for group in (*groups[:3], *groups[4:]):
        scale[group] = scale[group].mean()
    scale[inputs_of.state] /= state_weight
    scale[inputs_of.clock] = 1.0
    out_scale = outputs.std(axis=0)
    out_scale[layout.axes] = out_scale[layout.axes].mean()
    out_scale[layout.hips] = out_scale[layout.hips].mean()
    return {
        "input_mean": inputs.mean(axis=0),
        "input_scale": np.maximum(scale, 1e-3),
        "output_mean": outputs.mean(axis=0),
        "output_scale": np.maximum(out_scale, 1e-3),
    }
