# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare trained mixtures of experts in the closed loop.

    python -m training.quadruped.compare_mixtures --dataset build/quadruped/dataset.npz \
        --runs build/study/* --json out/study.json
    python -m training.quadruped.compare_mixtures --table out/study.json

The second command prints the table of ``docs/experts.md``, with several files (one per seed) the
means. A run is a folder that ``training.quadruped.train`` wrote. All mixtures are driven along the
same courses at the same speeds and gaits, without clean-up.
"""

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.controller import controller, stride_clock
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.metrics import clip_metrics, quadruped_metrics
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path as DrawnPath
from motion_addon.motion.plan.trajectory import RATE, Trajectory

from ..shared import courses, dataset, loop, results
from ..shared.model_folder import standing_state
from .model import Quadruped
from .train import Sequences, load

log = logging.getLogger(__name__)

PRE_ROLL = 150
GOING = 0.25
"""m/s above which the animal moves."""
PASSES: tuple[tuple[str, float], ...] = (
    *(("walk", v) for v in (0.5, 0.8, 1.2, 1.6)),
    *(("trot", v) for v in (1.4, 2.0, 2.8)),
    ("pace", 1.4),
    *(("canter", v) for v in (2.8, 3.4)),
    *(("gallop", v) for v in (4.0, 5.0)),
)
"""Gaits and speeds (m/s) at which every mixture is driven."""


@dataclass(frozen=True, eq=False)
class Pass:
    """One run along a course."""

    course: courses.Course
    gait: str
    speed: float
    plan: Trajectory
    path: DrawnPath


def passes() -> list[Pass]:
    """Return a straight, an S-curve and a circle at each of PASSES."""
    out = []
    for gait, speed in PASSES:
        size = float(np.clip(speed / 1.2, 0.7, 2.5))
        ways = (
            courses.straight(6.0 * speed),
            courses.of_size(courses.s_curve(), 0.5 * size),
            courses.of_size(courses.circle(), 0.6 * size),
        )
        for course in ways:
            path = DrawnPath.from_points(course.points, cyclic=course.cyclic)
            plan = trajectory.plan(path, speed=speed, gait=gait, mover=quadruped_gaits.MOVER)
            out.append(Pass(course, gait, speed, plan, path))
    return out


@torch.no_grad()
def drive(
    model: Quadruped, plans: Sequence[Trajectory], start: Array
) -> tuple[list[controller.Run], Array]:
    """Run a model along all plans in one batch; return raw motions and expert shares (T, N, K).

    ``start`` (2, S, 3) is a standing state.
    """
    model.eval()
    frames = max(len(plan) for plan in plans)
    control, turns, moves = controller.stacked(plans, frames)
    courses_ = [stride_clock.planned(plan) for plan in plans]
    at = [np.minimum(np.arange(frames), len(plan) - 1) for plan in plans]
    offsets, amplitude = (
        torch.tensor(np.stack([c[k][i] for c, i in zip(courses_, at, strict=True)], axis=1))
        for k in (0, 1)
    )
    known = [torch.tensor(values) for values in (control, turns, moves)]
    positions, velocities = (torch.tensor(s).float().repeat(len(plans), 1, 1) for s in start)
    phase = torch.zeros(len(plans), dtype=torch.float64)
    outputs, phases, shares = [], [], []
    for step in range(-PRE_ROLL, frames):
        i = max(step, 0)
        positions = positions @ known[1][i] + known[2][i][:, None]
        velocities = velocities @ known[1][i]
        legs = (phase[:, None] - offsets[i]).float()
        body = model.step(known[0][i], legs, amplitude[i].float(), (positions, velocities))
        positions, velocities = body.positions, body.velocities
        if step >= 0:
            outputs.append(body.output)
            phases.append(phase)
            shares.append(model.shares if model.gate is not None else torch.zeros(len(plans), 1))
        rate = body.output[:, model.layout.phase_rate].clamp(0.0, controller.FASTEST)
        phase = phase + rate.double() / RATE
    out, turned = torch.stack(outputs).numpy(), torch.stack(phases).numpy()
    runs = [
        controller.decode(model.skeleton, plan, out[: len(plan), n], turned[:, n])
        for n, plan in enumerate(plans)
    ]
    return runs, torch.stack(shares).numpy()


def figures(item: Pass, run: controller.Run) -> dict[str, Any]:
    """Return the figures of the moving part of one raw pass."""
    going = np.flatnonzero(item.plan.speeds > GOING)
    clip = run.clip.slice(int(going[0]), int(going[-1]) + 1)
    points = quadruped.paw_points(clip)
    row: dict[str, Any] = {"course": item.course.name, "gait": item.gait, "speed": item.speed}
    skate, back = quadruped_metrics.foot_skate(points, clip.fps, 1.0)
    row |= {"foot_skate": skate, "foot_skate_back": back}
    center = clip_metrics.trunk(run.clip)[0]
    off = clip_metrics.path_error(center, clip.fps, item.path, item.plan)
    row["path_mean_cm"] = off["path_mean_cm"]
    strides = quadruped_metrics.strides(quadruped.paw_contacts(points, clip.fps), clip.fps)
    phases, duty = (
        quadruped_metrics.footfall_phases(strides),
        quadruped_metrics.duty_factors(strides),
    )
    stepping = bool(np.isfinite(phases).all())
    row["phase_error"] = quadruped_metrics.phase_error(phases, item.gait) if stepping else 0.5
    row["gait_right"] = float(stepping and quadruped_metrics.gait_of(phases, duty) == item.gait)
    row["strides"] = len(strides) / 4.0 / (len(points) / clip.fps)
    return row


def read(folder: Path, data: Sequences) -> Quadruped:
    """Load the model of a run's checkpoint."""
    weights, info = loop.read(folder / "checkpoint.pt")
    stats = dataset.statistics(data, stride_clock.INPUT)
    model = Quadruped(
        data.skeleton, stats, info["hidden"], info["mixing"], info["gating"], info["experts"]
    )
    model.load_state_dict(weights)
    return model


def measured(folder: Path, data: Sequences, items: Sequence[Pass]) -> dict[str, Any]:
    """Measure a run: its rows, their means, and the use of each expert."""
    model = read(folder, data)
    start = standing_state(data, stride_clock.INPUT)
    runs, shares = drive(model, [item.plan for item in items], start)
    rows = [figures(item, run) for item, run in zip(items, runs, strict=True)]
    names = ("foot_skate", "foot_skate_back", "path_mean_cm", "phase_error", "gait_right")
    mean = {name: float(np.mean([row[name] for row in rows])) for name in names}
    use = shares.reshape(-1, shares.shape[-1]).mean(axis=0)
    history = json.loads((folder / "history.json").read_text(encoding="utf-8")) or [{}]
    return {
        "name": folder.name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "validation": {k: v for k, v in history[-1].items() if not k.startswith("train_")},
        "mean": mean,
        "use": [float(u) for u in use],
        "use_cv": float(use.std() / max(use.mean(), 1e-9)),
        "rows": rows,
    }


def table(files: Sequence[Path]) -> str:
    """Return a Markdown table of the means of several files, one per seed, with their spread.

    The spread is half the distance between the largest and the smallest figure.
    """
    contents = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    lines = []
    for rows in zip(*contents, strict=True):
        cells = [str(rows[0]["name"])]
        for pick, digits in COLUMNS.values():
            values = np.array([pick(row) for row in rows], dtype=np.float64)
            spread = f" ± {np.ptp(values) / 2:.{digits}f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.{digits}f}{spread}")
        lines.append("| " + " | ".join(cells) + " |")
    head = ["mixture", *COLUMNS]
    rule = "| " + " | ".join("---" for _ in head) + " |"
    return "\n".join(["| " + " | ".join(head) + " |", rule, *lines])


COLUMNS: dict[str, tuple[Callable[[dict[str, Any]], float], int]] = {
    "validation, position": (lambda row: row["validation"]["position"], 3),
    "validation, slip": (lambda row: row["validation"]["slip"], 3),
    "skate": (lambda row: row["mean"]["foot_skate"], 3),
    "skate, back": (lambda row: row["mean"]["foot_skate_back"], 3),
    "path (cm)": (lambda row: row["mean"]["path_mean_cm"], 1),
    "footfall error": (lambda row: row["mean"]["phase_error"], 2),
    "right gait (%)": (lambda row: 100.0 * row["mean"]["gait_right"], 0),
    "uneven use": (lambda row: row["use_cv"], 1),
}
"""Columns of the table: figure of a row, and digits."""


def main() -> None:
    """Read the command line, print a table and write the figures."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, default=Path("build/quadruped/dataset.npz"))
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--runs", type=Path, nargs="+")
    what.add_argument("--table", type=Path, nargs="+", help="files of several seeds")
    results.add_argument(parser)
    options = parser.parse_args()
    if options.table:
        log.info(table(options.table))
        return
    data, _ = load(options.dataset)
    items = passes()
    found = []
    for folder in options.runs:
        row = measured(folder, data, items)
        found.append(row)
        mean = "  ".join(f"{k} {v:.3f}" for k, v in row["mean"].items())
        log.info("%-24s %s  use CV %.2f", row["name"], mean, row["use_cv"])
    results.write(options.json, found)


if __name__ == "__main__":
    main()
