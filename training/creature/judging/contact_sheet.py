# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets of adapted creatures beside their exemplars.

    python -m training.creature.judging.contact_sheet --data FOLDER --out out/oneshot

draws for each creature a stride of the exemplar, of the result at its speed and in a faster gait,
and a walk along bends from above with its footprints.
"""

import argparse
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.contacts import runs
from motion_addon.motion.creature.reading.footfall_pattern import stride_rhythm
from motion_addon.motion.maths import quat
from motion_addon.motion.maths.quat import Array

from ...data import animal_rigs
from ...shared import stick_figures
from . import cases, evaluate
from .baselines.methods import Method
from .cases import Case, JudgedCreature
from .evaluate import Adapt

POSES: Final = 7
BENDS: Final = 5
"""Most figures along a course of bends."""
_COLORS: Final = 48
"""Colors of a picture, few to keep its file small."""
_WIDTH, _TITLE, _DPI = 11.0, 0.3, 90
_PRINTS: Final = {0: "#1f4e79", 1: "#5d9bd3", 2: "#8a3b12", 3: "#e39a6b"}
_NAMES: Final = {"own": "adapted, at the exemplar's speed", "other": "adapted"}


def made(creature: JudgedCreature, case: Case, method: Method) -> Clip:
    """Return the finished motion of a case."""
    raw = method(creature.exemplar, case.plan)
    settings = evaluate.finishing(creature.exemplar)
    return cases.measured(evaluate.finished(raw, case.plan, settings), case.plan)


def stride_frames(clip: Clip, poses: int = POSES) -> list[float]:
    """Return fractional frames (poses,), evenly spaced over a stride in the middle of a clip."""
    found = stride_rhythm(clip)
    if found.rate == 0.0:
        return [float(v) for v in np.linspace(0.0, clip.frames - 1, poses)]
    frames = clip.fps / found.rate
    first = (found.touchdowns[0] % 1.0) * frames
    first += max(np.floor((0.5 * clip.frames - first) / frames - 0.5), 0.0) * frames
    return [float(v) for v in first + np.arange(poses) * frames / poses]


def draw(creature: JudgedCreature, method: Method, file: Path) -> None:
    """Write the sheet of a creature."""
    rows: list[tuple[str, Clip]] = [("exemplar", creature.exemplar.clip)]
    bends: list[tuple[str, Clip]] = []
    for case in creature.cases:
        clip = made(creature, case, method)
        asked = f"{case.gait}, {case.speed:.2f} m/s at the size of a Labrador"
        if case.kind == "turn":
            bends.append((f"adapted, along bends: {asked}", clip))
            continue
        if case.kind == "other" and case.real is not None:
            rows.append((f"its own clip, held out: {asked}", case.real))
        rows.append((f"{_NAMES[case.kind]}: {asked}", clip))
    lengths = [float(np.ptp(clip.skeleton.rest_positions()[:, 2])) for _, clip in rows]
    gap = 0.9 * stick_figures.GAP * max(lengths)
    heights = [_WIDTH * _tall(clip) / (POSES * gap) + _TITLE for _, clip in rows]
    heights += [_WIDTH * _wide(clip) + _TITLE for _, clip in bends]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout="constrained")
    axes = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    for one, (title, clip) in zip(axes, rows, strict=False):
        stick_figures.strip(one, clip, stride_frames(clip), gap)
        one.set_title(title, fontsize=9, loc="left", pad=2)
    for one, (title, clip) in zip(axes[len(rows) :], bends, strict=True):
        above(one, clip)
        one.set_title(title, fontsize=9, loc="left", pad=2)
    figure.suptitle(_title(creature), fontsize=10, x=0.01, ha="left")
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=_DPI)
    Image.open(drawn).convert("RGB").quantize(_COLORS, Image.Quantize.MAXCOVERAGE).save(
        file, optimize=True
    )


def _title(creature: JudgedCreature) -> str:
    """Return the title of a sheet: the creature, and whether it was trained on."""
    status = (
        f"held out; {creature.kin}, trained on, moves alike" if creature.kin else creature.group
    )
    return (
        f"{creature.name} ({status} in training)"
        if status == "seen"
        else f"{creature.name} ({status})"
    )


def _tall(clip: Clip) -> float:
    return float(np.ptp(clip.world()[1][..., 1]))


def _wide(clip: Clip) -> float:
    """Return the width of a clip's course over its length, from above."""
    wide, long = np.ptp(_laid(clip, clip.world()[1]), axis=(0, 1))[[0, 2]]
    return float(wide / max(long, 1e-6))


def _laid(clip: Clip, points: Array) -> Array:
    """Return points (..., 3) rotated about the vertical so that the clip ends straight ahead."""
    way = clip.root_positions[-1] - clip.root_positions[0]
    return np.asarray(quat.apply(quat.yaw(-quat.yaw_of(way)), points))


def above(axes: Any, clip: Clip) -> None:
    """Draw a motion from above: figures along its course, and its footprints."""
    places = _laid(clip, clip.world()[1])
    root, paws = places[:, 0], _laid(clip, quadruped.paw_points(clip))
    axes.plot(root[:, 2], root[:, 0], color="#cccccc", lw=0.8)
    if clip.contacts is not None:
        for leg, color in _PRINTS.items():
            stands = [paws[a:b, leg] for a, b in runs(clip.contacts[:, leg] > 0.5)]
            prints = np.array([stand.mean(axis=0) for stand in stands]).reshape(-1, 3)
            axes.scatter(prints[:, 2], prints[:, 0], color=color, s=9.0, zorder=3)
    long = float(np.ptp(clip.skeleton.rest_positions()[:, 2]))
    way = float(np.linalg.norm(np.diff(root[:, [0, 2]], axis=0), axis=-1).sum())
    count = int(np.clip(way / (1.3 * long), 2, BENDS))
    frames = np.linspace(0.06, 0.94, count) * (clip.frames - 1)
    for pose in places[frames.astype(np.int64)]:
        for color, chain in stick_figures.bones(clip.skeleton):
            kept = chain[chain < len(clip.skeleton)]
            axes.plot(pose[kept, 2], pose[kept, 0], color=color, lw=1.2)
    axes.set_aspect("equal")
    axes.axis("off")


def draw_all(
    data: Path,
    out: Path,
    adapt: Adapt,
    names: Sequence[str] = (),
    progress: Callable[[str], None] = print,
) -> None:
    """Write a sheet of each named creature, or of all with a free license if none is named."""
    wanted = names or animal_rigs.free(data)
    for creature in cases.creatures(data):
        if creature.name in wanted:
            file = out / f"{creature.name.replace('/', '-').lower()}.png"
            draw(creature, evaluate.of_model(adapt(creature.exemplar)), file)
            progress(str(file))


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("out/oneshot"))
    parser.add_argument("--only", nargs="+", default=[], help="rigs of the catalog")
    options = parser.parse_args()
    draw_all(options.data, options.out, evaluate.shipped, options.only)


if __name__ == "__main__":
    main()
