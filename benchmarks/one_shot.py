# SPDX-License-Identifier: GPL-3.0-or-later
"""Time every method of moving a creature from one clip, and measure its paws, on one thread.

    python -m benchmarks.one_shot CLIP.bvh

Compares adapting with the exemplar's loop, patch matching, and the shipped quadruped, over nine
seconds of bends at the clip's own speed. ``python -m training.evaluate oneshot`` compares the
results with what real creatures do.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from benchmarks.one_core import restart_on_one_thread
from motion_addon.motion.cleanup.cleanup import clean
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.adaptation import adapt, creature
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.plan.trajectory import Trajectory
from training.creature.judging import measures
from training.creature.judging.baselines import courses, shipped_model
from training.creature.judging.baselines.methods import BASELINES, Method


def adapted(shown: Exemplar, plan: Trajectory) -> Clip:
    """Return the raw motion of the shipped learnet, adapted to an exemplar."""
    return shipped_model.driven(creature.model_of(adapt.adapt(shown)), plan)


def line(name: str, method: Method, shown: Exemplar, plan: Trajectory) -> str:
    """Return a row of the table: seconds, stride period error and slips in % of the hip height."""
    begun = time.perf_counter()
    raw = method(shown, plan)
    seconds = time.perf_counter() - begun
    assert raw.contacts is not None
    done = clean(raw, raw.contacts, plan)
    slips = [
        measures.planted_slips(raw),
        measures.planted_slips(done),
        measures.visible_slips(done),
    ]
    middle = "".join(f"{np.median(one) if len(one) else 0.0:14.2f}" for one in slips)
    off = measures.period_error(stride_rhythm(done), stride_rhythm(shown.clip))
    return f"{name:<12}{seconds:9.2f}{off:12.1f}{middle}"


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, help="a BVH file of an animal that walks or runs")
    restart_on_one_thread()
    options = parser.parse_args()
    shown = exemplar.of_clip(bvh.read(options.clip), name=options.clip.stem)
    gait = shown.footfalls.gait
    plan = courses.plan(courses.winding(shown.speed), shown.speed, gait)
    print(f"{shown.name}: {gait} at {shown.real_speed:.2f} m/s, {plan.seconds:.1f} s along bends")
    columns = "".join(f"{name:>14}" for name in ("raw slip", "slip", "visible slip"))
    print(f"{'':<12}{'seconds':>9}{'period %':>12}{columns}")
    for name, method in {"adapted": adapted, **BASELINES}.items():
        print(line(name, method, shown, plan))


if __name__ == "__main__":
    main()
