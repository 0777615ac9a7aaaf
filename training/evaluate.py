# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a shipped model on paths, against mocap and over a long bake.

    python -m training.evaluate paths --json out/paths.json [--data FOLDER] [--model biped]
    python -m training.evaluate quadruped --json out/quadruped.json
    python -m training.evaluate inbetween --json out/inbetween.json [--model biped] [--data FOLDER]
    python -m training.evaluate oneshot --data FOLDER --json out/oneshot.json
    python -m training.evaluate style --json out/style.json [--data FOLDER] [--model biped]
    python -m training.evaluate balance --data FOLDER --json out/balance.json
    python -m training.evaluate reference --data FOLDER [--model biped]

``paths`` prints each figure beside its target; with ``--data``, the folder of the clips, it
compares gaits with the held-out clips. ``reference`` writes the figures of the held-out mocap into
``model.json``, for the report card of a bake. For ``balance`` the folder has biped and quadruped.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from motion_addon.motion.bake import bake as baking
from motion_addon.motion.bake import planning
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import BIPED
from motion_addon.motion.clip import contacts as foot_contacts
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.metrics import clip_metrics
from motion_addon.motion.metrics.report import motion_figures
from motion_addon.motion.plan.path import Path as DrawnPath
from motion_addon.motion.plan.trajectory import Trajectory

from .biped import reference
from .creature.judging import evaluate as oneshot
from .inbetween import evaluate as inbetween
from .quadruped import evaluate as quadruped
from .quadruped import reference as dog
from .shared import balance, courses, results
from .shared.courses import Course
from .style.judging import evaluate as style

RATE = 60.0
WITHIN = 0.15
"""Largest relative difference of a gait's figures from mocap."""
HIPS_WITHIN = 0.03
LEAST_ANGLE = 20.0
"""Degrees; the tolerance of smaller mean angles is computed from this."""
COMPARED = ("stride_length", "cadence", "hip_height", "jerk", "joint_activity")

Row = dict[str, Any]


def request_of(course: Course, speed: float, model: str, **more: Any) -> BakeRequest:
    """Return the request of one pass along a course at 60 fps."""
    points = tuple((float(x), float(y), float(z)) for x, y, z in course.points)
    return BakeRequest(
        path=points, cyclic=course.cyclic, speed=speed, model=model, fps=RATE, **more
    )


def plan_of(request: BakeRequest) -> tuple[DrawnPath, Trajectory]:
    """Return the path and the plan of a bake of ``request``."""
    path = planning.walked_path(request)
    return path, planning.plan_walk(request, path, 1.0, BIPED.mover)


def moving(clip: Clip, plan: Trajectory) -> slice:
    """Return the frames between the start and the stop."""
    going = np.flatnonzero(plan.speeds[: clip.frames] > 0.3)
    return slice(int(going[0]), int(going[-1]) + 1)


def figures(clip: Clip, path: DrawnPath, plan: Trajectory) -> Row:
    """Return the figures of one pass: path figures of all frames, foot figures of moving frames."""
    part = moving(clip, plan)
    feet = clip.slice(part.start, part.stop)
    standing = np.zeros((feet.frames, 4)) if feet.contacts is None else feet.contacts
    wanted = motion_figures(feet, standing)
    root = clip.root_positions.astype(np.float64)
    row: Row = clip_metrics.path_error(root, clip.fps, path, plan)
    row |= clip_metrics.speed_error(root, clip.fps, plan)
    kept = ("foot_skate", "slip_median_cm", "slip_95_cm", "jerk", "joint_activity", "knee_pops")
    row |= {name: wanted[name] for name in (*kept, "hip_height", "penetration_cm")}
    points = foot_contacts.foot_points(feet.skeleton, *feet.world())
    seen = clip_metrics.seen_slips(points, feet.fps)
    row["seen_slip_median_cm"] = float(np.median(seen)) if len(seen) else 0.0
    row["seen_slip_95_cm"] = float(np.percentile(seen, 95)) if len(seen) else 0.0
    return row


def pass_of(course: Course, speed: float, model: str) -> Row:
    """Return the figures of the network alone and of the finished bake on one course."""
    request = request_of(course, speed, model)
    path, plan = plan_of(request)
    raw = figures(baking.bake(replace(request, cleanup=False)).clip, path, plan)
    clean = figures(baking.bake(request).clip, path, plan)
    return {
        "course": course.name,
        "speed": speed,
        "sharp": course.sharp,
        "raw": raw,
        "clean": clean,
    }


def path_targets(row: Row) -> dict[str, bool]:
    """Return whether each figure of a pass meets its target."""
    clean, slow = row["clean"], row["speed"] <= 1.5
    mean, most = (2.0, 8.0) if slow else (4.0, 15.0)
    return {
        "path_mean_cm": clean["path_mean_cm"] <= mean,
        "path_max_cm": clean["path_max_cm"] <= (20.0 if row["sharp"] else most),
        "speed_error_mean": clean.get("speed_error_mean", 0.0) <= 0.03,
        "foot_skate": clean["foot_skate"] <= 0.06,
        "slip_median_cm": clean["slip_median_cm"] <= 0.5,
        "slip_95_cm": clean["slip_95_cm"] <= 1.0,
        "seen_slip_median_cm": clean["seen_slip_median_cm"] <= 0.5,
        "seen_slip_95_cm": clean["seen_slip_95_cm"] <= 1.0,
    }


def raw_of(model: str) -> list[Row]:
    """Return the figures of the network without clean-up, which have their own targets."""
    rows = []
    for speed, most in ((0.9, 2.5), (1.2, 2.5), (1.4, 2.5), (2.5, 5.0)):
        request = request_of(courses.s_curve(), speed, model, cleanup=False)
        winding = figures(baking.bake(request).clip, *plan_of(request))
        request = request_of(courses.straight(10.0 * speed), speed, model, cleanup=False)
        straight = figures(baking.bake(request).clip, *plan_of(request))
        off = straight["speed_error_mean"] / speed
        rows.append(
            {
                "speed": speed,
                "foot_skate": winding["foot_skate"],
                "path_mean_cm": winding["path_mean_cm"],
                "speed_off": off,
                "targets": {
                    "foot_skate": winding["foot_skate"] <= 0.07,
                    "path_mean_cm": winding["path_mean_cm"] <= most,
                    "speed_off": off <= 0.03,
                },
            }
        )
    return rows


def steady_clip(speed: float, model: str, start: bool = True) -> Clip:
    """Return about eight seconds of steady speed from the finished bake on a straight."""
    length = 12.0 * speed + 2.0
    request = request_of(courses.straight(length), speed, model, start=start, stop=False)
    clip = baking.bake(request).clip
    return clip.slice(int((4.0 if start else 1.0) * RATE), clip.frames - int(RATE))


def standing_clip(model: str) -> Clip:
    """Return half a second of standing after a walk."""
    clip = baking.bake(request_of(courses.straight(3.0), 1.2, model)).clip
    return clip.slice(clip.frames - int(0.5 * RATE), clip.frames)


def gaits_of(model: str, data: Path) -> list[Row]:
    """Compare each gait's figures with the held-out mocap at the same speed."""
    shipped = controller_model.load(model)
    rows = []
    for sample in reference.references(data, shipped.info["held_out"], shipped.skeleton):
        standing = sample.gait == "stand"
        clip = standing_clip(model) if standing else steady_clip(sample.speed, model)
        made = reference.measured(clip)
        names = COMPARED[2:] if standing else COMPARED
        ratios = {name: made[name] / sample.figures[name] for name in names}
        angles = {
            name: (made[name] - value) for name, value in sample.figures.items() if "angle" in name
        }
        targets = {
            name: abs(ratio - 1.0) <= (HIPS_WITHIN if name == "hip_height" else WITHIN)
            for name, ratio in ratios.items()
        }
        for name, off in angles.items():
            allowed = WITHIN * max(abs(sample.figures[name]), LEAST_ANGLE)
            targets[name] = abs(off) <= allowed
        if not standing:
            moving = reference.measured(steady_clip(sample.speed, model, start=False))
            targets["same from a moving start"] = (
                abs(moving["cadence"] / made["cadence"] - 1.0) <= 0.1
            )
        rows.append(
            {
                "gait": sample.gait,
                "speed": sample.speed,
                "mocap_seconds": sample.seconds,
                "held_out": sample.held_out,
                "mocap": sample.figures,
                "model": made,
                "ratios": ratios,
                "angles_off_deg": angles,
                "targets": targets,
            }
        )
    return rows


def long_of(model: str, minutes: float = 5.0, speed: float = 1.3) -> Row:
    """Return the figures of a long bake, per minute: drift, freezing, collapse, fading."""
    request = request_of(courses.winding(60.0 * minutes * speed), speed, model, start=False)
    path, plan = plan_of(request)
    begun = time.perf_counter()
    clip = baking.bake(request).clip
    seconds = time.perf_counter() - begun
    positions = clip.world()[1]
    step = np.linalg.norm(np.diff(positions - positions[:, :1], axis=0), axis=-1).mean(axis=-1)
    window = int(2.0 * RATE)
    least = np.convolve(step, np.ones(window) / window, mode="valid")[: -int(4 * RATE)]
    rows = []
    for first in range(0, clip.frames - window, int(60.0 * RATE)):
        part = clip.slice(first, min(first + int(60.0 * RATE), clip.frames))
        points = foot_contacts.foot_points(part.skeleton, *part.world())
        rows.append(
            {
                "hip_height": float(part.root_positions[:, 1].mean()),
                "joint_activity": clip_metrics.joint_activity(part.rotations, RATE),
                "foot_skate": clip_metrics.foot_skate(points, RATE),
            }
        )
    errors = clip_metrics.path_error(clip.root_positions.astype(np.float64), RATE, path, plan)
    activity = [row["joint_activity"] for row in rows]
    hips = clip.root_positions[:, 1]
    return {
        "minutes": clip.seconds / 60.0,
        "bake_seconds": seconds,
        "by_minute": rows,
        **errors,
        "hip_low": float(hips.min()),
        "hip_high": float(hips.max()),
        "calmest_over_mean": float(least.min() / step.mean()),
        "targets": {
            "no drift": errors["aligned_max_cm"] <= 15.0,
            "no freeze": float(least.min() / step.mean()) >= 0.6,
            "no collapse": bool(np.isfinite(positions).all()) and float(hips.min()) >= 0.8,
            "no fading": max(activity) / min(activity) <= 1.15,
        },
    }


def cycles_of(model: str) -> list[Row]:
    """Return the loop error of an exported cycle at each speed."""
    rows = []
    for speed in courses.SPEEDS:
        made = cycle(request_of(courses.straight(1.0), speed, model))
        seam = clip_metrics.loop_error(made.clip)
        ok = seam["seam_velocity"] <= 3.0 and seam["seam_pose"] <= 2.0
        rows.append(
            {
                "speed": speed,
                "ground_speed": made.report["ground_speed"],
                **seam,
                "targets": {"seam": ok},
            }
        )
    return rows


def mark(ok: bool) -> str:
    """Return an asterisk for a missed target, else a space."""
    return " " if ok else "*"


def print_paths(rows: list[Row]) -> None:
    """Print one line for each pass."""
    head = "course        m/s   path mean/max cm   speed m/s   skate  slip 50/95 cm  seen 50/95"
    print(f"{head}     raw: path  skate")
    for row in rows:
        clean, raw, ok = row["clean"], row["raw"], row["targets"]
        print(
            f"{row['course']:<12} {row['speed']:4.1f}"
            f"   {clean['path_mean_cm']:6.2f}{mark(ok['path_mean_cm'])}"
            f" {clean['path_max_cm']:6.2f}{mark(ok['path_max_cm'])}"
            f"    {clean.get('speed_error_mean', float('nan')):7.3f}{mark(ok['speed_error_mean'])}"
            f"   {clean['foot_skate']:6.3f}{mark(ok['foot_skate'])}"
            f" {clean['slip_median_cm']:6.2f}{mark(ok['slip_median_cm'])}"
            f"{clean['slip_95_cm']:6.2f}{mark(ok['slip_95_cm'])}"
            f" {clean['seen_slip_median_cm']:6.2f}{mark(ok['seen_slip_median_cm'])}"
            f"{clean['seen_slip_95_cm']:6.2f}{mark(ok['seen_slip_95_cm'])}"
            f"      {raw['path_mean_cm']:6.2f} {raw['foot_skate']:6.3f}"
        )


def print_rest(found: Row) -> None:
    """Print the network without clean-up, the gaits, the long bake and the cycles."""
    print("\nThe network alone    m/s   skate   path mean cm   speed off")
    for row in found["raw"]:
        ok = row["targets"]
        print(
            f"{row['speed']:24.1f} {row['foot_skate']:7.3f}{mark(ok['foot_skate'])}"
            f" {row['path_mean_cm']:10.2f}{mark(ok['path_mean_cm'])}"
            f" {100 * row['speed_off']:12.1f} %{mark(ok['speed_off'])}"
        )
    for row in found.get("gaits", []):
        source = "" if row["held_out"] else ", training clips"
        seconds = f"{row['mocap_seconds']:.0f} s of mocap{source}"
        print(f"\n{row['gait']} at {row['speed']:.2f} m/s over {seconds}")
        for name, ratio in row["ratios"].items():
            ok = row["targets"][name]
            print(f"  {name:<18} {row['model'][name]:8.2f}  {ratio:5.2f}{mark(ok)}")
        for name, off in row["angles_off_deg"].items():
            ok = row["targets"][name]
            print(f"  {name:<18} {row['model'][name]:8.1f}  {off:+5.1f} deg{mark(ok)}")
    long = found["long"]
    print(f"\n{long['minutes']:.1f} minutes in {long['bake_seconds']:.1f} s: {long['targets']}")
    for row in found["cycles"]:
        print(
            f"cycle {row['speed']:.1f} m/s: seam {row['seam_pose']:.2f} of a frame step,"
            f" velocity {row['seam_velocity']:.2f}{mark(row['targets']['seam'])}"
        )


def misses(found: Row) -> list[str]:
    """Return the names of the missed targets."""
    out = []
    for kind, value in found.items():
        rows = value if isinstance(value, list) else [value]
        for row in rows:
            name = " ".join(
                f"{row[k]:.2f}" if isinstance(row[k], float) else str(row[k])
                for k in ("course", "gait", "animal", "bake", "speed")
                if k in row
            )
            out += [f"{kind} {name} {t}" for t, ok in row["targets"].items() if not ok]
    return out


def evaluate(model: str, data: Path | None) -> Row:
    """Measure and print all figures; return them with the names of missed targets."""
    rows = [pass_of(c, v, model) for c in courses.ALL for v in courses.SPEEDS]
    for row in rows:
        row["targets"] = path_targets(row)
    print_paths(rows)
    found: Row = {"paths": rows, "raw": raw_of(model)}
    if data is not None:
        found["gaits"] = gaits_of(model, data)
    found |= {"long": long_of(model), "cycles": cycles_of(model)}
    print_rest(found)
    missed = misses(found)
    print(f"\n{len(missed)} targets missed" + "".join(f"\n  {name}" for name in missed))
    return {**found, "missed": missed}


def balance_of(data: Path) -> Row:
    """Return the balance of the mocap of people and of the dog, and of bakes that are mended."""
    mocap = {"people": reference.balance(data / "biped"), "dog": dog.balance(data / "quadruped")}
    found: Row = {"mocap": mocap, "mended": balance.mended()}
    return {**found, "missed": misses({"mended": found["mended"]})}


def main() -> None:
    """Read the command line, measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = ["paths", "quadruped", "inbetween", "oneshot", "style", "balance", "reference"]
    parser.add_argument("what", choices=kinds)
    results.add_argument(parser)
    parser.add_argument("--data", type=Path, help="folder with catalog.json and the clips")
    parser.add_argument("--model", default="biped")
    oneshot.add_arguments(parser)
    options = parser.parse_args()
    if options.what in ("oneshot", "balance", "reference") and options.data is None:
        parser.error(f"{options.what} needs --data")
    if options.what == "reference":
        reference.write(options.model, options.data)
        return
    if options.what == "quadruped":
        found = quadruped.evaluate()
        found["missed"] = misses(found)
        print(f"{len(found['missed'])} targets missed")
    elif options.what == "inbetween":
        found = inbetween.evaluate(options.model, options.data)
        inbetween.show(found)
    elif options.what == "oneshot":
        found = oneshot.asked(options)
    elif options.what == "balance":
        found = balance_of(options.data)
        balance.show(found)
    elif options.what == "style":
        found = style.evaluate(options.data, options.model)
        style.show(found)
    else:
        found = evaluate(options.model, options.data)
    results.write(options.json, found)


if __name__ == "__main__":
    main()
