# SPDX-License-Identifier: GPL-3.0-or-later
"""Figures of two-legged motion: knees, steps and posture."""

from __future__ import annotations

import numpy as np

from ..body.kinds import BIPED
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..plan.ground import GroundHeight
from .clip_metrics import bone_angles, direction, foot_skate, pops

KNEE_POP = 600.0
"""Angular acceleration of a knee (rad/s^2) beyond any walk or run of the mocap (450)."""


def knee_angles(positions: Array, names: tuple[str, ...]) -> Array:
    """Return the flexion (T, 2) in radians of left and right knee; 0 is a straight leg."""
    bends = [bone_angles(positions, names, leg.chain[:2], leg.chain[1:3]) for leg in BIPED.legs]
    return np.stack(bends, axis=-1)


def knee_pops(positions: Array, names: tuple[str, ...], fps: float) -> float:
    """Return knee pops per minute: jumps of angular acceleration beyond anything in mocap."""
    return pops(knee_angles(np.asarray(positions, dtype=np.float64), names), fps, KNEE_POP)


def stride_length(root: Array, contacts: Array, fps: float) -> float:
    """Return the median way (m) of the root between two strikes of one foot; 0 if there are none.

    Strikes more than 1.6 s apart are pauses and do not count.
    """
    ways = []
    for side in (0, 1):
        frames = np.array([f for f, s in foot_contacts.strikes(contacts, fps) if s == side])
        if len(frames) > 1:
            way = np.linalg.norm(np.diff(root[frames][:, [0, 2]], axis=0), axis=-1)
            ways.append(way[np.diff(frames) < 1.6 * fps])
    found = np.concatenate(ways) if ways else np.empty(0)
    return float(np.median(found)) if len(found) else 0.0


def cadence(contacts: Array, fps: float) -> float:
    """Return steps per minute, from the median time between strikes; 0 if there are none."""
    gaps = np.diff([frame for frame, _ in foot_contacts.strikes(contacts, fps)])
    gaps = gaps[gaps < 0.9 * fps]
    return float(60.0 * fps / np.median(gaps)) if len(gaps) else 0.0


def mean_angles(clip: Clip) -> dict[str, float]:
    """Return mean joint angles (deg), left and right averaged.

    Bends of knee, ankle and elbow; thigh and upper arm against the trunk; the trunk's lean.
    """
    rotations, positions = clip.world()
    names = clip.skeleton.names
    trunk = ("Neck", "Spine")
    pairs = {
        "knee": (("UpLeg", "Leg"), ("Leg", "Foot")),
        "ankle": (("Leg", "Foot"), ("Foot", "Toe")),
        "elbow": (("Arm", "ForeArm"), ("ForeArm", "Hand")),
        "thigh": (trunk, ("UpLeg", "Leg")),
        "upper_arm": (trunk, ("Arm", "ForeArm")),
    }
    out = {}
    for name, bones in pairs.items():
        sides = []
        for side in ("Left", "Right"):
            full = [[j if j in names else side + j for j in bone] for bone in bones]
            sides.append(np.degrees(bone_angles(positions, names, full[0], full[1])).mean())
        out[name] = float(np.mean(sides))
    spine = direction(positions, names, trunk[::-1])
    forward = quat.apply(rotations[:, 0], np.array([0.0, 0.0, 1.0], dtype=rotations.dtype))
    forward = quat.unit(forward * np.array([1.0, 0.0, 1.0], dtype=rotations.dtype))
    out["lean"] = float(np.degrees(np.arcsin((spine * forward).sum(axis=-1))).mean())
    return out


def figures(
    clip: Clip, points: Array, contacts: Array, ground: GroundHeight | None
) -> dict[str, float]:
    """Return the figures that only a biped has.

    `points` (T, 4, 3) are over `ground`, `contacts` (T, 4) as in `Clip.contacts`.
    """
    root, positions = clip.root_positions, clip.world()[1]
    height = root[:, 1] if ground is None else root[:, 1] - ground(root)
    return {
        "foot_skate": foot_skate(points, clip.fps),
        "knee_pops": knee_pops(positions, clip.skeleton.names, clip.fps),
        "stride_length": stride_length(root, contacts, clip.fps),
        "cadence": cadence(contacts, clip.fps),
        "hip_height": float(height.mean()),
        **{f"angle_{name}": value for name, value in mean_angles(clip).items()},
    }
