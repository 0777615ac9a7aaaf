# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure one-shot adaptation on real creatures, beside every baseline.

    python -m training.evaluate oneshot --data FOLDER --json out/oneshot.json
        [--finetuned build/oneshot/finetuned] [--groups "held out" "made up" "seen"]
    python -m training.evaluate oneshot --data FOLDER --folds build/oneshot/folds

The targets are for creatures that were held out of training. Creatures without kin (another rig
with the same motion that was trained on) are also summarized separately. Each method gets the same
exemplar, plans, clean-up and measures. ``evaluate`` measures any learner, a function from an
exemplar to a model.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.cleanup.cleanup import EXEMPLAR, CleanupSettings, clean
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller.model import Model
from motion_addon.motion.creature.adaptation import adapt, creature, learnet
from motion_addon.motion.creature.reading import touchdowns
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import Trajectory
from motion_addon.motion.retarget import retarget

from ...data.synthetic import episodes
from . import cases, finetune, measures, tables
from .baselines import shipped_model
from .baselines.methods import BASELINES, Method
from .cases import Case, JudgedCreature
from .tables import FINETUNED, NO_SHOT, OURS, Row

Adapt = Callable[[Exemplar], Model]
"""A learner: computes the model of a creature from its exemplar."""

MADE_UP: Final = 6
"""Made-up creatures in an evaluation."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this evaluation."""
    parser.add_argument(
        "--finetuned", type=Path, help="folder that training.creature.judging.finetune wrote"
    )
    parser.add_argument("--groups", nargs="+", choices=cases.GROUPS, default=["held out"])
    parser.add_argument(
        "--folds", type=Path, help="folder that training/runs/folds.sh wrote: every rig left out"
    )


def asked(options: argparse.Namespace) -> Row:
    """Return the figures of one split, or of every fold, as the command line requests."""
    if options.folds is not None:
        return leave_out(options.data, options.folds)
    return evaluate(options.data, shipped, options.finetuned, options.groups)


def shipped(exemplar: Exemplar) -> Model:
    """Return the model that the shipped learnet computes from an exemplar."""
    return creature.model_of(adapt.adapt(exemplar))


def of_model(model: Model) -> Method:
    """Return the method that runs a model and ignores the exemplar."""
    return lambda _, plan: shipped_model.driven(model, plan)


def of_another(one: JudgedCreature, other: JudgedCreature) -> Exemplar:
    """Return another creature's exemplar on the skeleton of this one."""
    clip = retarget.to_skeleton(other.exemplar.clip, one.exemplar.clip.skeleton)
    return replace(other.exemplar, clip=clip)


def finishing(exemplar: Exemplar) -> CleanupSettings:
    """Return the clean-up settings of a creature, which all methods use."""
    a, b, c, d = (float(v) for v in touchdowns.soles(exemplar.clip, exemplar.footfalls))
    return replace(EXEMPLAR, soles=(a, b, c, d))


def finished(raw: Clip, plan: Trajectory, settings: CleanupSettings = EXEMPLAR) -> Clip:
    """Return a method's raw motion after the clean-up."""
    assert raw.contacts is not None
    return clean(raw, raw.contacts, plan, settings)


def figures(clip: Clip, case: Case, settings: CleanupSettings = EXEMPLAR) -> Row:
    """Return the measures of a motion along a case's plan, with pose errors if its pose is known.

    ``settings`` are the creature's clean-up. In canter and gallop the better lead counts, as an
    animal may take either.
    """
    part = cases.measured(clip, case.plan)
    seen, planted = measures.visible_slips(part), measures.planted_slips(part)
    row: Row = {"slip": float(seen.mean()) if len(seen) else 0.0}
    for name, slips in (("slip", seen), ("planted", planted)):
        for end, share in (("median", 50), ("95", 95)):
            row[f"{name}_{end}"] = float(np.percentile(slips, share)) if len(slips) else 0.0
    if case.real is None:
        return row
    leads = [case.real]
    if case.gait in quadruped_gaits.ASYMMETRIC:
        leads.append(case.real.mirrored())
    made, rhythm = measures.mean_stride(part), stride_rhythm(part)
    off = [measures.pose_error(made, measures.mean_stride(lead)) for lead in leads]
    real = stride_rhythm(leads[int(np.argmin(off))])
    falls = measures.footfall_errors(rhythm, real)
    row |= {
        "pose": min(off),
        "footfalls": float(falls.mean()),
        "footfalls_most": float(falls.max()),
    }
    row["period"] = measures.period_error(rhythm, real)
    if case.kind == "own":
        row["pose_planted"] = measures.pose_error(made, _planted_stride(case.real, settings))
    return row


def _planted_stride(real: Clip, settings: CleanupSettings) -> Array:
    """Return the mean stride of a clip after planting its paws by the clean-up."""
    return measures.mean_stride(finished(real, measures.course(real), settings))


def score(creature: JudgedCreature, methods: Mapping[str, Method]) -> list[Row]:
    """Return a row for each case and method: figures of the raw and of the cleaned motion."""
    rows = []
    settings = finishing(creature.exemplar)
    for case in creature.cases:
        for name, method in methods.items():
            raw = method(creature.exemplar, case.plan)
            row: Row = {"creature": creature.name, "group": creature.group, "kin": creature.kin}
            row |= {"case": case.kind, "gait": case.gait, "speed": case.speed, "method": name}
            done = finished(raw, case.plan, settings)
            row |= {"raw": figures(raw, case, settings), "clean": figures(done, case, settings)}
            rows.append(row)
    return rows


def baselines(one: JudgedCreature, tuned: Path | None) -> dict[str, Method]:
    """Return the baselines for a creature; ``tuned`` is the folder that ``finetune`` wrote."""
    file = None if tuned is None else finetune.place(tuned, one)
    if file is None or not file.exists():
        return dict(BASELINES)
    return {**BASELINES, FINETUNED: of_model(finetune.read(file, one.exemplar.clip))}


def adapted(
    one: JudgedCreature, known: Sequence[JudgedCreature], learner: Adapt
) -> tuple[dict[str, Method], float]:
    """Return a learner and its control with another's clip, and the seconds of adapting."""
    begun = time.process_time()
    own = learner(one.exemplar)
    seconds = time.process_time() - begun
    blind = learner(of_another(one, cases.other_than(one, known)))
    return {OURS: of_model(own), NO_SHOT: of_model(blind)}, seconds


def evaluate(
    data: Path,
    learner: Adapt,
    tuned: Path | None = None,
    groups: Sequence[str] = ("held out",),
    rivals: bool = True,
) -> Row:
    """Measure a learner on creatures of some ``groups``, print the figures and return them.

    ``data`` is the folder of real creatures, ``tuned`` the output folder of ``finetune``. Without
    ``rivals`` the baselines are left out.
    """
    known = cases.creatures(data)
    wanted = [one for one in known if one.group in groups]
    if "made up" in groups:
        wanted += cases.all_made_up(MADE_UP)
    rows, seconds = _scored(wanted, known, learner, tuned, rivals)
    found: Row = {"rows": rows, "adapt_seconds": {"median": float(np.median(seconds))}}
    found["adapt_seconds"]["most"] = max(seconds)
    for group in groups:
        found |= _summed(group, [row for row in rows if row["group"] == group])
    return found


def leave_out(data: Path, folds: Path) -> Row:
    """Measure every real creature by a learner that was not trained on it, see ``evaluate``.

    ``folds`` is the output folder of ``training/runs/folds.sh``: a learner for each of
    ``episodes.FOLDS`` but the first, which uses the shipped one.
    """
    rows: list[Row] = []
    for number in range(len(episodes.FOLDS)):
        known = cases.creatures(data, number)
        wanted = [one for one in known if one.group == "held out"]
        learner = of_folder(folds / str(number)) if number else shipped
        rows += _scored(wanted, known, learner)[0]
    return {"rows": rows} | _summed("left out once", rows)


def of_folder(folder: Path) -> Adapt:
    """Return the learner that ``export`` wrote to a folder."""
    own = learnet.load(folder)
    return lambda exemplar: creature.model_of(adapt.adapt(exemplar, own=own), own=own)


def _scored(
    wanted: Sequence[JudgedCreature],
    known: Sequence[JudgedCreature],
    learner: Adapt,
    tuned: Path | None = None,
    rivals: bool = True,
) -> tuple[list[Row], list[float]]:
    """Return and print the rows of creatures, and return the seconds of adapting to each."""
    rows: list[Row] = []
    seconds = []
    for one in wanted:
        methods, took = adapted(one, known, learner)
        made = score(one, methods | baselines(one, tuned) if rivals else methods)
        print(tables.of_creature(made), flush=True)
        rows += made
        seconds.append(took)
    return rows, seconds


def _summed(group: str, rows: Sequence[Row]) -> Row:
    """Return and print the summary of a group, and the summary of its creatures without kin."""
    out = {group: tables.summary(rows)}
    strangers = [row for row in rows if not row["kin"]]
    if 0 < len(strangers) < len(rows):
        out[f"{group}, no kin seen"] = tables.summary(strangers)
    for name, found in out.items():
        print(tables.of_summary(name, found), flush=True)
    return out
