# SPDX-License-Identifier: GPL-3.0-or-later
"""Reference figures of the held-out mocap in each gait, to compare a model with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.body.biped_gaits import GAITS, gait_weights
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.maths.smoothing import smooth
from motion_addon.motion.metrics.balance import balance_of
from motion_addon.motion.metrics.report import motion_figures
from motion_addon.motion.nn import weights

from ..data import people
from ..shared.balance import GaitErrors
from . import prepare

STAND_INS = ("o3de/Jog1.bvh", "o3de/FreeRoaming2.bvh", "o3de/MixedLocomotion1.bvh")
"""Training clips for gaits that the held-out clips lack; their rows are marked."""
SHORTEST = 1.2
"""Shortest steady movement of a sample, seconds."""
STEADIEST, STRAIGHTEST = 0.6, 0.6
"""Largest change of speed (m/s^2) and of heading (rad/s) in steady movement."""

REPORTED = ("jerk", "joint_activity")
"""Figures of mocap that a report card compares with: they depend least on speed."""


@dataclass(frozen=True)
class Sample:
    """Figures of steady movement in one gait."""

    gait: str
    speed: float
    """m/s"""
    seconds: float
    figures: dict[str, float]
    held_out: bool = True
    """Whether the clips are held out of training."""


def named(folder: Path, names: Sequence[str], skeleton: Skeleton) -> list[Clip]:
    """Return the named clips on the model skeleton at 60 Hz."""
    return [
        prepare.on_model_skeleton(source.clip, skeleton, source.floor)
        for source in people.biped_clips(folder)
        if source.name in names
    ]


def measured(clip: Clip) -> dict[str, float]:
    """Return the figures of a clip of model or mocap, with contacts detected from its feet."""
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    return motion_figures(clip, foot_contacts.detect(points, clip.fps))


def support(clip: Clip) -> Array:
    """Return (T,) from -1 to 1, the share of double support minus the share of flight.

    Above zero the body walks, below it jogs or runs, at any speed.
    """
    points = foot_contacts.foot_points(clip.skeleton, *clip.world())
    down = foot_contacts.detect(points, clip.fps) > 0.5
    left, right = down[:, :2].any(axis=1), down[:, 2:].any(axis=1)
    both = (left & right).astype(np.float64) - (~left & ~right)
    return smooth(both, 0.5 * clip.fps)


def steady(clip: Clip) -> list[tuple[str, int, int, float]]:
    """Return (gait, first, stop, speed) of each stretch of steady movement.

    Speed and steps must agree on the gait.
    """
    root = features.root_track(clip.skeleton, clip.world()[1])
    speed = smooth(root.speeds.astype(np.float64), 0.25 * clip.fps)
    weights = gait_weights(speed)
    heading = np.unwrap(quat.yaw_of(root.facing))
    heading = smooth(heading, 0.25 * clip.fps)
    steady_motion = np.abs(np.gradient(speed)) * clip.fps < STEADIEST
    steady_motion &= np.abs(np.gradient(heading)) * clip.fps < STRAIGHTEST
    upright = smooth(clip.root_positions[:, 1], 0.25 * clip.fps) > 0.9
    stepping = support(clip) > 0.0
    found = []
    for column, gait in enumerate(GAITS[:4]):
        steps = stepping if gait in ("stand", "walk") else ~stepping
        mask = (weights[:, column] > 0.85) & steady_motion & upright & steps
        for first, stop in foot_contacts.runs(mask.astype(np.float32)):
            if stop - first >= SHORTEST * clip.fps:
                found.append((gait, first, stop, float(speed[first:stop].mean())))
    return found


def samples(clips: list[Clip]) -> list[Sample]:
    """Return a sample for each gait in the clips, averaged over their steady stretches."""
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


def references(folder: Path, names: Sequence[str], skeleton: Skeleton) -> list[Sample]:
    """Return samples of the held-out clips ``names``, and of STAND_INS for the gaits they lack."""
    found = samples(named(folder, names, skeleton))
    gaits = {sample.gait for sample in found}
    others = samples(named(folder, STAND_INS, skeleton))
    return found + [replace(s, held_out=False) for s in others if s.gait not in gaits]


def balance(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the figures of balance of the mocap of ``folder`` by gait.

    Of all clips for training and held out, in stretches of steady movement.
    """
    errors = GaitErrors()
    skeleton: Skeleton | None = None
    for source in people.biped_clips(folder):
        skeleton = skeleton or source.clip.skeleton
        clip = prepare.on_model_skeleton(source.clip, skeleton, source.floor)
        points = foot_contacts.foot_points(clip.skeleton, *clip.world())
        found = balance_of(clip, foot_contacts.detect(points, clip.fps))
        for gait, first, stop, _ in steady(clip):
            frames = np.zeros(clip.frames, dtype=bool)
            frames[first:stop] = True
            errors.add(gait, found, frames, clip.fps)
    return errors.table()


def table(found: Sequence[Sample], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the figures ``names`` of each gait, rounded, for the report card of a bake."""
    return {s.gait: {name: round(s.figures[name], 4) for name in names} for s in found}


def write(model: str, folder: Path) -> None:
    """Write figures of the held-out mocap into ``model.json``."""
    shipped = controller_model.load(model)
    found = references(folder, shipped.info["held_out"], shipped.skeleton)
    place = weights.FOLDER / model / "model.json"
    info = json.loads(place.read_text(encoding="utf-8"))
    info["reference"] = table(found, REPORTED)
    place.write_text(json.dumps(info, indent=1) + "\n", encoding="utf-8")


def _average(values: Array, weight: Array) -> float:
    """Return the weighted mean of the nonzero values; 0 means a missing value."""
    known = values != 0.0
    return float(np.average(values[known], weights=weight[known])) if known.any() else 0.0
