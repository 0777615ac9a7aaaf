# SPDX-License-Identifier: GPL-3.0-or-later
"""How the held-out mocap moves: its figures at each gait, for a model to be compared with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion_addon.motion import contacts as foot_contacts
from motion_addon.motion import features, quat
from motion_addon.motion.clip import Clip
from motion_addon.motion.quat import Array
from motion_addon.motion.report import motion_figures
from motion_addon.motion.skeleton import Skeleton
from motion_addon.motion.trajectory import GAITS, gait_weights

from . import prepare, sources

SHORTEST = 1.5
"""Seconds of steady movement that make a sample."""
STEADIEST, STRAIGHTEST = 0.6, 0.6
"""Most change of speed (m/s^2) and of heading (rad/s) that counts as steady."""


@dataclass(frozen=True)
class Sample:
    """Figures of steady movement in one gait."""

    gait: str
    speed: float
    """m/s"""
    seconds: float
    figures: dict[str, float]


def held_out(folder: Path, names: list[str], skeleton: Skeleton) -> list[Clip]:
    """Return the named clips on the model skeleton at 60 Hz."""
    return [
        prepare.on_model_skeleton(source.clip, skeleton, source.floor)
        for source in sources.biped_clips(folder)
        if source.name in names
    ]


def measured(clip: Clip) -> dict[str, float]:
    """Return the figures of a clip with contacts detected from its feet, model or mocap alike."""
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    return motion_figures(clip, foot_contacts.detect(points, clip.fps))


def steady(clip: Clip) -> list[tuple[str, int, int, float]]:
    """Return (gait, first, stop, speed) of each stretch of steady movement."""
    root = features.root_track(clip.skeleton, clip.world()[1])
    speed = foot_contacts.smooth(root.speeds.astype(np.float64), 0.25 * clip.fps)
    weights = gait_weights(speed)
    heading = np.unwrap(quat.yaw_of(root.facing))
    heading = foot_contacts.smooth(heading, 0.25 * clip.fps)
    calm = np.abs(np.gradient(speed)) * clip.fps < STEADIEST
    calm &= np.abs(np.gradient(heading)) * clip.fps < STRAIGHTEST
    upright = foot_contacts.smooth(clip.root_positions[:, 1], 0.25 * clip.fps) > 0.9
    found = []
    for column, gait in enumerate(GAITS[:4]):
        mask = (weights[:, column] > 0.85) & calm & upright
        for first, stop in foot_contacts.runs(mask.astype(np.float32)):
            if stop - first >= SHORTEST * clip.fps:
                found.append((gait, first, stop, float(speed[first:stop].mean())))
    return found


def samples(clips: list[Clip]) -> list[Sample]:
    """Return one sample for each gait the clips hold, averaged over their steady stretches."""
    parts: dict[str, list[tuple[float, float, dict[str, float]]]] = {}
    for clip in clips:
        for gait, first, stop, speed in steady(clip):
            seconds = (stop - first) / clip.fps
            figures = measured(clip.slice(first, stop))
            parts.setdefault(gait, []).append((seconds, speed, figures))
    out = []
    for gait, found in parts.items():
        weight = np.array([seconds for seconds, _, _ in found])
        speed = float(np.average([speed for _, speed, _ in found], weights=weight))
        figures = {
            name: _average(np.array([f[name] for _, _, f in found]), weight) for name in found[0][2]
        }
        out.append(Sample(gait, speed, float(weight.sum()), figures))
    return out


def _average(values: Array, weight: Array) -> float:
    """Return the weighted mean of the values that were found (0 means none was)."""
    known = values != 0.0
    return float(np.average(values[known], weights=weight[known])) if known.any() else 0.0
