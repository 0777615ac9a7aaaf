# SPDX-License-Identifier: GPL-3.0-or-later
"""Time every way of moving a creature after one clip, and measure its paws, on one thread.

    python -m benchmarks.oneshot CLIP.bvh

Adapting, against the exemplar's loop, a re-mix of it, and the quadruped as it ships: nine seconds
along bends at the clip's own speed. ``python -m training.evaluate oneshot`` compares what they
make with what real creatures do.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.baselines import asked, generic, loop, remix
from benchmarks.one_core import restart_on_one_thread
from motion_addon.motion.cleanup.cleanup import clean
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.creature.learned import adapt, creature
from motion_addon.motion.creature.reading import exemplar, measures
from motion_addon.motion.creature.reading.exemplar import Exemplar
from motion_addon.motion.plan.trajectory import Trajectory

Method = Callable[[Exemplar, Trajectory], Clip]
"""From what is shown of a creature and a plan to its raw motion along it."""

BASELINES: dict[str, Method] = {
    "loop": lambda shown, plan: loop.looped(shown.clip, plan),
    "re-mixed": lambda shown, plan: remix.remixed(shown.clip, plan),
    "un-adapted": lambda shown, plan: generic.retargeted(shown.clip, plan),
}
"""What adapting is compared with; ``training.creature.judging.finetune`` is one more."""


def adapted(shown: Exemplar, plan: Trajectory) -> Clip:
    """Return the raw motion of the shipped learner, adapted to an exemplar."""
    return generic.driven(creature.model_of(adapt.adapt(shown)), plan)


def line(name: str, method: Method, shown: Exemplar, plan: Trajectory) -> str:
    """Return a row of the table: seconds, strides, and slips in % of the hip's height."""
    begun = time.perf_counter()
    raw = method(shown, plan)
    seconds = time.perf_counter() - begun
    assert raw.contacts is not None
    done = clean(raw, raw.contacts, plan)
    slips = [measures.planted_slips(raw), measures.planted_slips(done), measures.seen_slips(done)]
    middle = "".join(f"{np.median(one) if len(one) else 0.0:12.2f}" for one in slips)
    off = measures.period_error(measures.beat(done), measures.beat(shown.clip))
    return f"{name:<12}{seconds:9.2f}{off:12.1f}{middle}"


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", type=Path, help="a BVH file of an animal that walks or runs")
    restart_on_one_thread()
    options = parser.parse_args()
    shown = exemplar.of_clip(bvh.read(options.clip), name=options.clip.stem)
    gait = shown.footfalls.gait
    plan = asked.plan(asked.winding(shown.speed), shown.speed, gait)
    print(f"{shown.name}: {gait} at {shown.real_speed:.2f} m/s, {plan.seconds:.1f} s along bends")
    print(f"{'':<12}{'seconds':>9}{'period %':>12}{'raw slip':>12}{'slip':>12}{'seen slip':>12}")
    for name, method in {"adapted": adapted, **BASELINES}.items():
        print(line(name, method, shown, plan))


if __name__ == "__main__":
    main()
