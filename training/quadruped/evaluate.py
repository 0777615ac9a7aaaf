# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the shipped quadruped: paths, paws, gaits, speeds and sizes, each beside its target.

    python -m training.evaluate quadruped --json out/quadruped.json

Courses are scaled by the hip height, so that they suit a mouse and an elephant.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from motion_addon.motion.bake import bake as baking
from motion_addon.motion.bake import planning
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.body.kinds import KINDS
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.metrics import clip_metrics, quadruped_metrics
from motion_addon.motion.metrics.report import motion_figures
from motion_addon.motion.plan.path import Path as DrawnPath
from motion_addon.motion.plan.trajectory import Trajectory
from motion_addon.options.option import options_of

from ..shared import courses
from ..shared.courses import Course

Row = dict[str, Any]

RATE = 60.0
MODEL = "quadruped"
GOING = 0.2
"""m/s above which the animal moves."""
FORCED = {"walk": (0.5, 0.9, 1.3), "pace": (1.2, 1.6), "trot": (1.4, 2.0, 2.8)} | {
    "canter": (2.8, 3.4),
    "gallop": (4.0, 5.0),
}
"""Forced gaits and their speeds (m/s) at dog size."""
SPEEDS = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
SIZES = {"mouse": 0.03, "cat": 0.25, "dog": 0.56, "horse": 1.3, "elephant": 2.0}
"""Animals and their hip heights in meters."""
LIMITS = {
    "path_mean_cm": 3.0,
    "heading_mean_deg": 3.5,
    "foot_skate": 0.12,
    "foot_skate_back": 0.07,
    "slip_median_cm": 0.5,
    "seen_slip_median_cm": 0.5,
}
"""Upper limit of each figure of a finished bake, at dog size."""
PHASE_WITHIN, DUTY_WITHIN, STRIDE_WITHIN = 0.06, 0.08, 0.2


DUTY = {
    "walk": ((0.09, 0.64), (0.23, 0.60), (0.45, 0.49), (0.75, 0.42), (1.48, 0.33)),
    "gallop": ((1.8, 0.26), (2.8, 0.20), (4.5, 0.16)),
}
"""Froude numbers and duty factors measured on the Labrador (data/README.md), of the symmetric
gaits and of canter and gallop. They lie within Hildebrand's ranges, which are too wide a test."""


def request_of(course: Course, speed: float, fps: float = RATE, **more: Any) -> BakeRequest:
    """Return the request of one pass along a course."""
    points = tuple((float(x), float(y), float(z)) for x, y, z in course.points)
    return BakeRequest(path=points, cyclic=course.cyclic, speed=speed, model=MODEL, fps=fps, **more)


def plan_of(request: BakeRequest) -> tuple[DrawnPath, Trajectory]:
    """Return the path and the plan of a bake of ``request``, in its own size."""
    model = controller_model.load(MODEL)
    path, scale = planning.walked_path(request), planning.size(request, model)
    plan = planning.plan_walk(request, path, scale, KINDS[MODEL].mover)
    return path, planning.life_size_plan(plan, scale)


def all_courses() -> tuple[Course, ...]:
    """Return circle, square, star and S-curve for a hip height of 0.56 m, and a straight."""
    return (
        courses.straight(12.0),
        courses.of_size(courses.circle(), 0.6),
        courses.of_size(courses.square(), 0.75),
        courses.star(2.5),
        courses.of_size(courses.s_curve(), 0.7),
    )


def figures(clip: Clip, path: DrawnPath, plan: Trajectory) -> Row:
    """Return the figures of one pass: path figures of all frames, paw figures of moving frames."""
    going = np.flatnonzero(plan.speeds[: clip.frames] > GOING)
    part = clip.slice(int(going[0]), int(going[-1]) + 1)
    contacts = np.zeros((part.frames, 4)) if part.contacts is None else part.contacts
    center, forward = clip_metrics.trunk(clip)
    row: Row = clip_metrics.path_error(center, clip.fps, path, plan)
    row |= clip_metrics.speed_error(center, clip.fps, plan)
    row |= clip_metrics.heading_error(forward, clip.fps, plan)
    row |= motion_figures(part, contacts)
    seen = clip_metrics.seen_slips(quadruped.paw_points(part), part.fps, (0, 1, 2, 3))
    row["seen_slip_median_cm"] = float(np.median(seen)) if len(seen) else 0.0
    return row


def pass_of(course: Course, speed: float) -> Row:
    """Return the figures of the network alone and of the finished bake on one course."""
    request = request_of(course, speed)
    path, plan = plan_of(request)
    raw = figures(baking.bake(replace(request, cleanup=False)).clip, path, plan)
    clean = figures(baking.bake(request).clip, path, plan)
    row: Row = {"course": course.name, "speed": speed, "raw": raw, "clean": clean}
    return row | {"targets": met(clean)}


def met(row: Row) -> dict[str, bool]:
    """Return whether each figure of a row is within LIMITS."""
    return {name: row[name] <= limit for name, limit in LIMITS.items() if name in row}


def gait_of(gait: str, speed: float) -> Row:
    """Return footfalls and duty factors of a forced gait on a straight, against the table."""
    request = request_of(courses.straight(9.0 * speed), speed, gait=gait)
    clip = baking.bake(request).clip
    _, plan = plan_of(request)
    steady = np.flatnonzero(plan.speeds[: clip.frames] > 0.95 * speed)
    part = clip.slice(int(steady[0]), int(steady[-1]) + 1)
    assert part.contacts is not None
    found = quadruped_metrics.strides(part.contacts, part.fps)
    phases, duty = quadruped_metrics.footfall_phases(found), quadruped_metrics.duty_factors(found)
    off = quadruped_metrics.phase_error(phases, gait) if np.isfinite(phases).all() else 0.5
    number = float(quadruped_gaits.froude(speed, quadruped_gaits.HIP_HEIGHT))
    numbers, usual = zip(
        *DUTY["gallop" if gait in quadruped_gaits.ASYMMETRIC else "walk"], strict=True
    )
    duty_off = float(abs(np.nanmean(duty) - np.interp(number, numbers, usual)))
    return {
        "gait": gait,
        "speed": speed,
        "phases": [round(float(p), 3) for p in phases],
        "duty": [round(float(d), 3) for d in duty],
        "frequency": quadruped_metrics.stride_frequency(found, part.fps),
        "phase_error": off,
        "duty_error": duty_off,
        "targets": {"phases": off <= PHASE_WITHIN, "duty": duty_off <= DUTY_WITHIN},
    }


def other_of(name: str, request: BakeRequest) -> Row:
    """Return the figures of backward motion, a turn in place or a change of gaits."""
    path, plan = plan_of(request)
    result = baking.bake(request)
    clip, contacts = result.clip, result.clip.contacts
    assert contacts is not None
    skate, back = quadruped_metrics.foot_skate(quadruped.paw_points(clip), clip.fps, 1.0)
    raw = baking.bake(replace(request, cleanup=False)).clip
    seen = clip_metrics.seen_slips(quadruped.paw_points(clip), clip.fps, (0, 1, 2, 3))
    center, forward = clip_metrics.trunk(clip)
    row: Row = {
        "name": name,
        "raw_foot_skate": quadruped_metrics.foot_skate(quadruped.paw_points(raw), raw.fps, 1.0)[0],
        "foot_skate": skate,
        "foot_skate_back": back,
        "seen_slip_median_cm": float(np.median(seen)) if len(seen) else 0.0,
        "frequency": quadruped_metrics.stride_frequency(
            quadruped_metrics.strides(contacts, clip.fps),
            clip.fps,
        ),
        "gait_measured": str(result.report.get("gait_measured", "")),
    }
    row |= clip_metrics.heading_error(forward, clip.fps, plan)
    row["path_mean_cm"] = clip_metrics.path_error(center, clip.fps, path, plan)["path_mean_cm"]
    return row | {"targets": met(row)}


def others() -> dict[str, BakeRequest]:
    """Return requests of backward walks, turns in place, and all gaits in a row."""
    in_place = courses.straight(0.02)
    out = {
        f"backward {v} m/s": request_of(courses.straight(4.0), v, facing=("turned", 180.0))
        for v in (0.3, 0.6, 0.9)
    }
    out |= {f"turn by {a}": request_of(in_place, 1.0, facing=("yaw", float(a))) for a in (60, -150)}
    changes = replace(request_of(courses.straight(60.0), 1.0), speed=((0.0, 0.5), (1.0, 5.5)))
    return out | {"0.5 to 5.5 m/s": changes}


def speed_of(speed: float) -> Row:
    """Return the speed error on a straight, and the measured gait."""
    request = request_of(courses.straight(9.0 * max(speed, 0.6)), speed)
    result = baking.bake(request)
    _, plan = plan_of(request)
    center = clip_metrics.trunk(result.clip)[0]
    track = clip_metrics.mean_root(center, result.clip.fps)
    steady = np.flatnonzero(plan.speeds[: len(track)] > 0.98 * speed)[20:-20]
    way = float(np.linalg.norm((track[steady[-1]] - track[steady[0]])[[0, 2]]))
    off = abs(way * result.clip.fps / (steady[-1] - steady[0]) - speed)
    number = float(quadruped_gaits.froude(speed, quadruped_gaits.HIP_HEIGHT))
    limits = (quadruped_gaits.TROT_FROM, quadruped_gaits.CANTER_FROM, quadruped_gaits.GALLOP_FROM)
    wanted = ("walk", "trot", "canter", "gallop")[sum(number > limit for limit in limits)]
    main = str(result.report.get("gait_measured", ""))
    return {
        "speed": speed,
        "froude": number,
        "speed_error": off,
        "gait": wanted,
        "gait_measured": main,
        "targets": {"speed": off <= 0.05, "gait": main == wanted},
    }


def size_of(animal: str, hip_height: float) -> list[Row]:
    """Return stride lengths of an animal at three Froude numbers, against Alexander and Jayes.

    A mouse makes ten strides a second, so its frame rate is raised.
    """
    rows = []
    fps = float(
        np.clip(
            RATE * np.sqrt(quadruped_gaits.HIP_HEIGHT / hip_height),
            RATE,
            options_of(BakeRequest)["fps"].high,
        )
    )
    for number in (0.2, 1.0, 3.0):
        speed = float(np.sqrt(number * quadruped_gaits.GRAVITY * hip_height))
        way = courses.straight(30.0 * hip_height * max(1.0, np.sqrt(number)))
        request = request_of(way, speed, fps, hip_height=hip_height)
        clip = baking.bake(request).clip
        found = figures(clip, *plan_of(request))
        relative = found["stride_length"] / hip_height
        usual = 2.4 * number**0.34 if number < 1.0 else 1.9 * number**0.40
        rows.append(
            {
                "animal": animal,
                "froude": number,
                "speed": speed,
                "stride": relative,
                "of_usual": relative / usual,
                "targets": {"stride": abs(relative / usual - 1.0) <= STRIDE_WITHIN},
            }
        )
    return rows


def evaluate() -> Row:
    """Measure and print all figures, and return them."""
    found: Row = {
        "paths": [pass_of(c, v) for c in all_courses() for v in (0.8, 1.4, 2.2, 3.2)],
        "gaits": [gait_of(gait, v) for gait, speeds in FORCED.items() for v in speeds],
        "others": [other_of(name, request) for name, request in others().items()],
        "speeds": [speed_of(v) for v in SPEEDS],
        "sizes": [row for name, h in SIZES.items() for row in size_of(name, h)],
    }
    show(found)
    return found


def show(found: Row) -> None:
    """Print one line per row; an exclamation mark precedes a missed target."""
    print("course      m/s | raw skate back path | clean skate back path head slip seen")
    for row in found["paths"]:
        raw, clean = row["raw"], row["clean"]
        print(
            f"{row['course']:<11}{row['speed']:4.1f} | {raw['foot_skate']:.3f}"
            f" {raw['foot_skate_back']:.3f} {raw['path_mean_cm']:4.1f} | {clean['foot_skate']:.3f}"
            f" {clean['foot_skate_back']:.3f} {clean['path_mean_cm']:4.1f}"
            f" {clean['heading_mean_deg']:4.1f} {clean['slip_median_cm']:.2f}"
            f" {clean['seen_slip_median_cm']:.2f} {_marks(row)}"
        )
    for row in found["gaits"]:
        print(
            f"{row['gait']:<7}{row['speed']:4.1f} phases {row['phases']}"
            f" off {row['phase_error']:.3f} duty {row['duty']} off {row['duty_error']:.3f}"
            f" {row['frequency']:.2f} Hz {_marks(row)}"
        )
    for row in found["others"]:
        print(
            f"{row['name']:<18} skate {row['foot_skate']:.3f} {row['foot_skate_back']:.3f}"
            f" (raw {row['raw_foot_skate']:.3f}) seen slip {row['seen_slip_median_cm']:.2f}"
            f" path {row['path_mean_cm']:.1f} head {row['heading_mean_deg']:.1f}"
            f" {row['frequency']:.2f} Hz {row['gait_measured']} {_marks(row)}"
        )
    for row in found["speeds"]:
        print(
            f"{row['speed']:.1f} m/s off {row['speed_error']:.3f}, Fr {row['froude']:.2f}:"
            f" {row['gait']}, measured {row['gait_measured']} {_marks(row)}"
        )
    for row in found["sizes"]:
        print(
            f"{row['animal']:<9} Fr {row['froude']:.1f}: stride {row['stride']:.2f} h,"
            f" {row['of_usual']:.2f} of the curve {_marks(row)}"
        )


def _marks(row: Row) -> str:
    return " ".join(f"!{name}" for name, ok in row["targets"].items() if not ok)
