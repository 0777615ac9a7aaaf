# SPDX-License-Identifier: GPL-3.0-or-later
"""Report card of a bake: its figures, its warnings and its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..body import quadruped
from ..body.kinds import BIPED, QUADRUPED, Kind, kind_of
from ..clip import contacts as foot_contacts
from ..clip.clip import Clip
from ..maths import quat
from ..maths.quat import Array
from ..plan.ground import GroundHeight, ground_of
from ..plan.path import Path
from ..plan.trajectory import Trajectory
from . import biped_metrics, quadruped_metrics
from .balance import balance_of
from .balance_card import balance_card
from .clip_metrics import (
    ground_errors,
    heading_error,
    jerk,
    joint_activity,
    path_error,
    planted_slips,
    speed_error,
    trunk,
)
from .masses import has_masses

Spans = list[list[float]]
"""Stretches of time as [start, end] in seconds."""

_UP = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class Ranges:
    """Ranges of a model's training data."""

    speed: tuple[float, float]
    """Slowest and fastest steady movement (m/s)."""
    turn: float
    """Fastest steady turn of the direction of travel (rad/s)."""


def warnings(trajectory: Trajectory, ranges: Ranges) -> list[str]:
    """Return one sentence for each way in which a plan leaves the range of the training data."""
    moving = trajectory.speeds > 0.3
    if not moving.any():
        return []
    out = []
    fastest = float(trajectory.speeds.max())
    usual = float(np.median(trajectory.speeds[moving]))
    if fastest > 1.02 * ranges.speed[1]:
        out.append(f"{fastest:.1f} m/s is faster than the {ranges.speed[1]:.1f} m/s trained.")
    if usual < 0.98 * ranges.speed[0]:
        out.append(f"{usual:.1f} m/s is slower than the {ranges.speed[0]:.1f} m/s trained.")
    yaw = np.unwrap(quat.yaw_of(trajectory.facing))
    turn = float(np.abs(np.gradient(yaw)).max() * trajectory.rate)
    if turn > 1.05 * ranges.turn:
        out.append(
            f"A turn of {np.degrees(turn):.0f} deg/s is tighter than the"
            f" {np.degrees(ranges.turn):.0f} deg/s trained."
        )
    return out


def motion_figures(
    clip: Clip,
    contacts: Array,
    ground: GroundHeight | None = None,
    soles: Sequence[float] | None = None,
) -> dict[str, float]:
    """Return the figures that need no path: feet, smoothness, gait and posture.

    `contacts` (T, P) as in `Clip.contacts`; `ground` is level at 0 if None. Toes have no part in
    the joint activity: those of the mocap are rigid, clean-up bends them. `soles` (L,) are the
    heights (m) of the ball joints of each leg's standing foot, if not usual for the body's size.
    """
    kind = kind_of(clip.skeleton)
    points = kind.foot.places(clip).astype(np.float64)
    if ground is not None:
        points = points - ground(points)[..., None] * _UP
    slips = planted_slips(points, contacts, kind.balls)
    sole = kind.foot.height(clip.skeleton) if soles is None else np.array(soles)
    rotations, toes = clip.rotations, {leg.ball for leg in kind.legs}
    if kind.foot.rolls:
        moving = [i for i, name in enumerate(clip.skeleton.names) if name not in toes]
        rotations = rotations[:, moving]
    return {
        "slip_median_cm": float(np.median(slips)) if len(slips) else 0.0,
        "slip_95_cm": float(np.percentile(slips, 95)) if len(slips) else 0.0,
        **ground_errors(points, contacts, sole, kind.balls),
        "jerk": jerk(clip.world()[1], clip.fps),
        "joint_activity": joint_activity(rotations, clip.fps),
        **_FIGURES[kind](clip, points, contacts, ground),
    }


_FIGURES: Final = {BIPED: biped_metrics.figures, QUADRUPED: quadruped_metrics.figures}
"""Figures that only one kind of body has."""


def footfalls(contacts: Array, fps: float, kind: Kind = BIPED) -> dict[str, Spans]:
    """Return the stances of each foot, as [start, end] in seconds: the footfall chart.

    Feet have the names of their legs: left and right, or LH, LF, RH and RF.
    """
    down = np.asarray(contacts > 0.5).reshape(len(contacts), len(kind.legs), -1).any(axis=2)
    return {
        leg.name: [[round(a / fps, 3), round(b / fps, 3)] for a, b in foot_contacts.runs(stands)]
        for leg, stands in zip(kind.legs, down.T, strict=True)
    }


def gait_shares(trajectory: Trajectory, names: Sequence[str] = BIPED.gaits) -> dict[str, float]:
    """Return the share of each gait in the movement of a plan; empty if it only stands.

    `names` are the columns of the plan's gait.
    """
    moving = trajectory.gait[trajectory.speeds > 0.3, 1:].sum(axis=0)
    shares = moving / max(float(moving.sum()), 1e-9)
    return {g: round(float(s), 3) for g, s in zip(names[1:], shares, strict=True) if s > 0.0005}


def report(
    clip: Clip,
    path: Path | None = None,
    trajectory: Trajectory | None = None,
    ranges: Ranges | None = None,
    reference: Mapping[str, Mapping[str, float]] | None = None,
    soles: Sequence[float] | None = None,
    ground: GroundHeight | None = None,
) -> dict[str, object]:
    """Return the report card of a bake whose clip carries its contacts.

    `trajectory` is the plan the clip followed, from its first frame on. `reference` holds figures
    of mocap by gait, named as in `motion_figures`; those of the clip's main gait get a ratio.
    `soles` are as in `motion_figures`; `ground` is the plan's if None.
    """
    kind = kind_of(clip.skeleton)
    standing = kind.detected(clip) if clip.contacts is None else clip.contacts
    card: dict[str, object] = {"frames": clip.frames, "fps": clip.fps, "seconds": clip.seconds}
    root, forward = trunk(clip)
    if path is not None:
        card |= path_error(root, clip.fps, path, trajectory)
    if trajectory is not None:
        card |= speed_error(root, clip.fps, trajectory)
        card["gait"] = gait_shares(trajectory, kind.gaits)
    ground = ground or ground_of(trajectory, clip.frames, clip.fps)
    figures = motion_figures(clip, standing, ground, soles)
    card |= figures
    shares = card.get("gait")
    main = max(shares, key=lambda gait: shares[gait]) if isinstance(shares, dict) and shares else ""
    if reference and main:
        mocap = reference.get(main, {})
        card["against_mocap"] = {n: figures[n] / v for n, v in mocap.items() if v and n in figures}
    if kind.level and trajectory is not None:
        card |= heading_error(forward, clip.fps, trajectory)
    if has_masses(clip.skeleton):
        card["balance"] = balance_card(balance_of(clip, standing, ground), clip, main)
    if kind.on_clock:
        card |= _gait_card(clip, standing, trajectory)
    card["footfalls"] = footfalls(standing, clip.fps, kind)
    card["warnings"] = [] if trajectory is None or ranges is None else warnings(trajectory, ranges)
    return card


def _gait_card(clip: Clip, standing: Array, trajectory: Trajectory | None) -> dict[str, object]:
    """Return the gait by its footfalls; with a plan, only strides in its main gait count."""
    size = quadruped.relative_size(clip.skeleton)
    counted = np.ones(clip.frames, dtype=bool)
    if trajectory is not None:
        at = np.clip(np.arange(clip.frames) * trajectory.rate / clip.fps, 0, len(trajectory) - 1)
        weights = trajectory.gait[at.astype(np.int64)]
        main = 1 + int(weights[:, 1:].sum(axis=0).argmax())
        counted = weights[:, main] > 0.5
    return quadruped_metrics.gait_card(standing, clip.fps, size, counted)


_LINES = (
    ("Path error (mean / max)", "{path_mean_cm:.1f} / {path_max_cm:.1f} cm"),
    ("Heading error (mean / max)", "{heading_mean_deg:.1f} / {heading_max_deg:.1f} deg"),
    ("Speed error on straights", "{speed_error_mean:.3f} m/s"),
    ("Planted-foot slip (median / 95 %)", "{slip_median_cm:.2f} / {slip_95_cm:.2f} cm"),
    ("Foot skate", "{foot_skate:.3f} cm/frame"),
    ("Foot skate, hind paws", "{foot_skate_back:.3f} cm/frame"),
    ("Feet under the ground, at most", "{penetration_cm:.2f} cm"),
    ("Stride length", "{stride_length:.2f} m"),
    ("Cadence", "{cadence:.0f} steps/min"),
    ("Stride frequency", "{stride_frequency:.2f} Hz"),
    ("Gait by its footfalls", "{gait_measured}"),
    (
        "Touchdowns after the left hind",
        "LF {footfall_phases[LF]:.2f}, RH {footfall_phases[RH]:.2f},"
        " RF {footfall_phases[RF]:.2f} of a stride",
    ),
    ("Duty factors", "LH {duty[LH]:.2f}, LF {duty[LF]:.2f}, RH {duty[RH]:.2f}, RF {duty[RF]:.2f}"),
    (
        "Zero-moment point off the feet",
        "{balance[zmp_median_cm]:.1f} cm in the median, {balance[zmp_95_cm]:.1f} in 95 %",
    ),
    (
        "Mocap of this gait off the feet",
        "{balance[mocap][zmp_median_cm]:.1f} cm in the median, {balance[mocap][zmp_95_cm]:.1f}"
        " in 95 %",
    ),
    ("Flight off its parabola (mean)", "{balance[flight_error_cm]:.2f} cm"),
    ("Mocap of this gait off its parabola", "{balance[mocap][flight_error_cm]:.2f} cm"),
    ("Hip height", "{hip_height:.2f} m"),
    ("Joint activity", "{joint_activity:.0f} deg/s"),
    ("Jerk", "{jerk:.0f} m/s^3"),
    ("Knee pops", "{knee_pops:.0f} per minute"),
    ("Joint pops", "{joint_pops:.0f} per minute"),
)


def format_report(card: dict[str, object]) -> str:
    """Return the report card as text, one figure a line."""
    lines = [f"{card['frames']} frames at {card['fps']:g} fps, {card['seconds']:.1f} s"]
    against = card.get("against_mocap")
    for label, form in _LINES:
        try:
            text = form.format(**card)
        except KeyError:
            continue
        name = form.split("{")[1].split(":")[0]
        ratio = against.get(name) if isinstance(against, dict) else None
        lines.append(f"{label:<34}{text}" + (f"  ({ratio:.2f} of mocap)" if ratio else ""))
    often = card.get("stride_frequency")
    lines += footfall_chart(card, 5.0 / often if isinstance(often, float) and often > 0.9 else 6.0)
    model, credits = card.get("model"), card.get("credits")
    if isinstance(model, dict):
        lines.append(f"Model {model['name']} {model['weights']}, seed {card.get('seed', 0)}")
    lines += [str(line) for line in (credits if isinstance(credits, list) else [])]
    warned = card.get("warnings")
    lines += [f"Warning: {line}" for line in (warned if isinstance(warned, list) else [])]
    return "\n".join(lines)


def footfall_chart(card: dict[str, object], seconds: float = 6.0, columns: int = 60) -> list[str]:
    """Return a line for each foot over the middle of the motion: # stance, . swing."""
    stands, total = card.get("footfalls"), float(str(card.get("seconds", 0.0)))
    if not isinstance(stands, dict) or total <= 0.0:
        return []
    shown = min(seconds, total)
    times = 0.5 * (total - shown) + (np.arange(columns) + 0.5) * shown / columns
    lines = [f"Footfalls, {shown:.1f} s from {times[0]:.1f} s on"]
    for name, spans in stands.items():
        down = np.zeros(columns, dtype=bool)
        for start, stop in spans:
            down |= (times >= start) & (times < stop)
        lines.append(f"  {name:<6}" + "".join("#" if d else "." for d in down))
    return lines
