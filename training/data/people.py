# SPDX-License-Identifier: GPL-3.0-or-later
"""Clips of people: which are used, held out or left out, and the repairs of their faults.

Two faults of the O3DE files are corrected. Their arm rotations are relative to a T-pose while the
rest offsets are those of an A-pose, so that the arms cross in front of the body: the model skeleton
has T-pose arms. And in the standing pose the pelvis tips back and the head bows by about ten
degrees: the torso's pitch is measured from the median standing pose.
"""

import json
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

HELD_OUT = ("o3de/Walk2.bvh", "o3de/OutofRange1.bvh")
"""For validation only: a walk, and starts, walk, jog and run up to 4 m/s."""

LEFT_OUT = {
    "o3de/Jumps1.bvh": "jumps over boxes, no flat ground",
    "o3de/JumpsFreeRoam1.bvh": "jumps",
    "o3de/Pushes1.bvh": "the actor is pushed",
}

SLOWED = (
    "o3de/Walk1.bvh",
    "o3de/WalkTurns1.bvh",
    "o3de/WalkPivotTurn1.bvh",
    "o3de/Snake1.bvh",
    "o3de/Circles1.bvh",
    "o3de/MixedLocomotion1.bvh",
)
"""Clips that are also used as slow walks (``training/biped/augment.py``)."""

STANDING = "o3de/TurnOnSpot1.bvh"
"""The clip whose median pose is the standing pose."""
TORSO = ("Hips", "Spine", "Spine1", "Spine2", "Spine3", "Neck", "Neck1", "Head")


@dataclass(frozen=True)
class SourceClip:
    """A clip of the database with its catalog entry."""

    name: str
    clip: Clip
    bad_ranges: tuple[tuple[int, int], ...]
    """Inclusive frame ranges to skip in training."""
    floor: float
    """Height of the ground in the file, meters."""


def catalog_of(folder: Path) -> dict[str, Any]:
    """Return the catalog of the clips of ``folder`` (unpacked data)."""
    catalog: dict[str, Any] = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    return catalog


def biped_clips(
    folder: Path,
    sources: tuple[str, ...] = ("o3de",),
    left_out: Container[str] = tuple(LEFT_OUT),
) -> Iterator[SourceClip]:
    """Yield the usable clips of ``folder`` (unpacked data, with ``catalog.json``), repaired."""
    catalog = catalog_of(folder)
    pitch = standing_pitch(bvh.read(folder / STANDING)) if (folder / STANDING).exists() else None
    for entry in catalog["clips"]:
        name = entry["path"].removeprefix("biped/")
        if entry["source"] not in sources or name in left_out:
            continue
        ranges = tuple((int(a), int(b)) for a, b in entry["bad_ranges"])
        clip = bvh.read(folder / name)
        if entry["source"] == "o3de" and pitch is not None:
            clip = repaired(clip, pitch)
        yield SourceClip(name, clip, ranges, float(entry["floor_y_m"]))


def standing_pitch(clip: Clip) -> Array:
    """Return (8,) the median pitch of each TORSO joint in radians, positive up."""
    rotations, _ = clip.world()
    joints = [clip.skeleton.index(name) for name in TORSO]
    forward = quat.to_two_axes(rotations[:, joints])[..., :3]
    level = np.hypot(forward[..., 0], forward[..., 2])
    return np.asarray(np.median(np.arctan2(forward[..., 1], level), axis=0))


def repaired(clip: Clip, pitch: Array) -> Clip:
    """Return an O3DE clip with T-pose arm offsets and an upright torso in the standing pose."""
    rotations, _ = clip.world()
    joints = [clip.skeleton.index(name) for name in TORSO]
    upright = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), pitch)
    rotations[:, joints] = quat.mul(rotations[:, joints], upright.astype(np.float32))
    skeleton = straight_arms(clip.skeleton.symmetric())
    return Clip(skeleton, skeleton.local(rotations), clip.root_positions, clip.fps)


def straight_arms(skeleton: Skeleton) -> Skeleton:
    """Return the skeleton in a T-pose: forearms and hands straight out to the sides."""
    offsets = skeleton.offsets.copy()
    tips = {joint: np.array(tip) for joint, tip in skeleton.end_sites}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for name in ("ForeArm", "Hand"):
            joint = skeleton.index(side + name)
            offsets[joint] = [sign * np.linalg.norm(offsets[joint]), 0.0, 0.0]
        hand = skeleton.index(side + "Hand")
        if hand in tips:
            tips[hand] = np.array([sign * np.linalg.norm(tips[hand]), 0.0, 0.0])
    even = tuple((j, (float(t[0]), float(t[1]), float(t[2]))) for j, t in tips.items())
    return Skeleton(skeleton.names, skeleton.parents, offsets, even)
