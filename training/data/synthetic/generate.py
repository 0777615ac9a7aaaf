# SPDX-License-Identifier: GPL-3.0-or-later
r"""Generate synthetic animals and clips of them.

    python -m training.data.synthetic.generate --count 200 --seed 1 \
        --out build/creatures.npz --report

writes one clip of each of ``--count`` creatures. ``--report`` prints their plausibility, beside the
measured Labrador and horse, and ``--sheet FILE.png`` draws some of them.
"""

import argparse
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.plan.trajectory import RATE

from ...shared import stick_figures
from . import checks, creature, motion, route
from .motion import SyntheticMotion
from .route import Route

log = logging.getLogger(__name__)

DRAWN = 12
"""Most creatures on a sheet."""


def motions(
    seed: int, count: int, kind: str | None = None
) -> Iterator[tuple[SyntheticMotion, Route]]:
    """Yield one motion of each of ``count`` creatures of a seed, with its route."""
    for number in range(count):
        who = creature.draw(seed, number)
        rng = np.random.default_rng([seed, number, 1])
        manner = creature.draw_manner(rng)
        out = route.draw(who, rng, kind)
        yield motion.move(who, out.plan, manner, rng), out


def arrays(made: Sequence[tuple[SyntheticMotion, Route]]) -> dict[str, Array]:
    """Return motions as arrays for an ``.npz`` file, with concatenated frames.

    Keys: rotations (F, J, 4), roots (F, 3), contacts (F, 4), gait (F, 6) and clip (F,) of the
    frames; offsets (N, J, 3), tips (N, K, 3), creature, manner, kind, asked (the requested gait),
    froude, mass and hip_height (N,) of the motions; joints, parents and tip_joints of all.
    """
    clips = [take.clip for take, _ in made]
    first = clips[0].skeleton
    return {
        "rotations": np.concatenate([clip.rotations for clip in clips]),
        "roots": np.concatenate([clip.root_positions for clip in clips]),
        "contacts": np.concatenate([np.asarray(clip.contacts) for clip in clips]).astype(bool),
        "gait": np.concatenate([out.plan.gait for _, out in made]).astype(np.float32),
        "clip": np.repeat(np.arange(len(clips)), [clip.frames for clip in clips]),
        "offsets": np.stack([clip.skeleton.offsets for clip in clips]),
        "tips": np.array([[v for _, v in clip.skeleton.end_sites] for clip in clips], np.float32),
        "tip_joints": np.array([joint for joint, _ in first.end_sites]),
        "joints": np.array(quadruped.JOINTS),
        "parents": quadruped.parents(),
        "creature": np.array([take.creature.name for take, _ in made]),
        "manner": np.array([take.manner.name for take, _ in made]),
        "kind": np.array([out.kind for _, out in made]),
        "asked": np.array([out.gait for _, out in made]),
        "froude": np.array([out.froude for _, out in made]),
        "mass": np.array([take.creature.mass for take, _ in made]),
        "hip_height": np.array([take.creature.hip_height for take, _ in made]),
    }


def read(file: Path) -> list[Clip]:
    """Return the clips of a file with ``arrays``."""
    with np.load(file, allow_pickle=False) as data:
        every = {key: data[key] for key in data.files}
    names = tuple(str(name) for name in every["joints"])
    out = []
    for i, offsets in enumerate(every["offsets"]):
        tips = tuple(
            (int(joint), (float(tip[0]), float(tip[1]), float(tip[2])))
            for joint, tip in zip(every["tip_joints"], every["tips"][i], strict=True)
        )
        own = every["clip"] == i
        out.append(
            Clip(
                Skeleton(names, every["parents"], offsets, tips),
                every["rotations"][own],
                every["roots"][own],
                float(RATE),
                every["contacts"][own].astype(np.float32),
            )
        )
    return out


def report(made: Sequence[tuple[SyntheticMotion, Route]]) -> str:
    """Return a report: figures, motions beyond the limits, and the comparison with real animals."""
    found = [checks.figures(take, out) for take, out in made]
    lines = [checks.table(found), ""]
    for (take, out), one in zip(made, found, strict=True):
        wrong = [f"{name} {one[name]:.3f}" for name in checks.faults(one)]
        if wrong:
            about = f"{take.creature.name}, {take.manner.name}, {out.kind} {out.gait}"
            lines.append(f"{about} at Froude {out.froude:.2f}: {', '.join(wrong)}")
    return "\n".join([*lines, "", checks.comparison()])


def draw(made: Sequence[tuple[SyntheticMotion, Route]], file: Path) -> None:
    """Draw a stride from the middle of each of the first steady motions."""
    rows = []
    for take, out in [(take, out) for take, out in made if out.kind == "steady"][:DRAWN]:
        who, middle = take.creature, (out.steady.start + out.steady.stop) // 2
        title = (
            f"{who.name}, {who.mass:.3g} kg, hip {who.hip_height:.2f} m: {out.gait} at Froude"
            f" {out.froude:.2f}, {take.manner.name}"
        )
        frames = stick_figures.of_stride(np.asarray(take.clip.contacts), middle)
        rows.append((title, take.clip, frames))
    stick_figures.sheet(rows, file)


def main() -> None:
    """Read the command line, write the file and print the report."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help=".npz file to write")
    parser.add_argument("--report", action="store_true", help="print figures")
    parser.add_argument("--sheet", type=Path, help=".png file to draw")
    options = parser.parse_args()
    begun = time.process_time()
    made = list(motions(options.seed, options.count))
    spent = time.process_time() - begun
    seconds = sum(take.clip.seconds for take, _ in made)
    log.info("%d clips, %.0f s of motion in %.1f s: %.0f times real time",
             len(made), seconds, spent, seconds / max(spent, 1e-9))  # fmt: skip
    for file in (options.out, options.sheet):
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
    if options.out is not None:
        np.savez(options.out, **arrays(made))
        log.info("%s", options.out)
    if options.report:
        log.info("%s", report(made))
    if options.sheet is not None:
        draw(made, options.sheet)


if __name__ == "__main__":
    main()
