# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw motions as figures: from the side while they pass, and from the front.

python -m training.style.draw --out docs/images/styles.png
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from motion_addon.motion import features, quat
from motion_addon.motion.bake import BakeRequest, bake
from motion_addon.motion.clip import Clip
from motion_addon.motion.style_request import StyleChoice

matplotlib.use("Agg")
from matplotlib import pyplot

APART = 0.9
"""Meters on the page between two figures."""
SHOWN, EVERY = 7, 11
"""Figures of a motion, and frames from one to the next."""
EIGHT = ("neutral", "old", "proud", "sneaky", "happy", "drunk", "robot", "heavy", "limp", "cold")
COLORS = {"L": "#2f6fb0", "R": "#c03028"}


def figure_of(ax: Any, clip: Clip, frame: int, turn: float, at: float) -> None:
    """Draw the pose of a frame at ``at`` (m) on the page, turned by ``turn`` (rad) from its root.

    Left limbs are blue, right ones red; a turn of 0 looks it in the face.
    """
    world, positions = clip.world()
    root = features.root_track(clip.skeleton, positions)
    back = quat.mul(quat.yaw(turn), quat.inv(features.root_rotations(root)[frame]))
    seen = quat.apply(back, (positions[frame] - root.positions[frame]).astype(np.float64))
    names = clip.skeleton.names
    order = sorted(range(1, len(names)), key=lambda j: seen[j, 2])
    for joint in order:
        pair = [int(clip.skeleton.parents[joint]), joint]
        color = COLORS.get(names[joint][0], "#202020")
        ax.plot(
            seen[pair, 0] + at, seen[pair, 1], color=color, linewidth=3.2, solid_capstyle="round"
        )
    head = seen[names.index("Head")]
    face = quat.apply(
        back, quat.apply(world[frame, names.index("Head")], np.array([0, 0.09, 0.03]))
    )
    nose = quat.apply(
        back, quat.apply(world[frame, names.index("Head")], np.array([0, 0.07, 0.15]))
    )
    ax.add_patch(
        pyplot.Circle((head[0] + face[0] + at, head[1] + face[1]), 0.1, color="#404040", zorder=5)
    )
    line = np.stack([head + face, head + nose])
    ax.plot(line[:, 0] + at, line[:, 1], color="#404040", linewidth=4, zorder=6)


def grid(rows: Mapping[str, tuple[Clip, list[int]]], out: Path, columns: int = 1) -> None:
    """Write a picture with a row for each motion: its frames from the side, two from the front."""
    count = -(-len(rows) // columns)
    page, axes = pyplot.subplots(
        count, columns, figsize=(6.4 * columns, 1.75 * count), squeeze=False
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, (name, (clip, frames)) in zip(axes.T.flat, rows.items(), strict=False):
        for i, frame in enumerate(frames):
            figure_of(ax, clip, frame, 0.5 * np.pi, i * APART)
        for i, frame in enumerate(frames[:2]):
            figure_of(ax, clip, frame, 0.0, (len(frames) + 0.3 + i) * APART)
        ax.axhline(0.0, color="#a0a0a0", linewidth=0.8, zorder=0)
        ax.set_xlim(-0.8, (len(frames) + 2) * APART)
        ax.set_ylim(-0.08, 1.85)
        ax.set_aspect("equal")
        ax.set_title(name, fontsize=10, loc="left")
    page.tight_layout()
    page.savefig(out, dpi=70)
    pyplot.close(page)


def walks(names: Sequence[str], speed: float) -> dict[str, tuple[Clip, list[int]]]:
    """Return one walk in each style and the same seven frames of it."""
    rows = {}
    for name in names:
        choices = () if name == "neutral" else (StyleChoice(name=name),)
        path = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0 * speed))
        request = BakeRequest(path=path, speed=speed, fps=60.0, stop=False, style=choices)
        clip = bake(request).clip
        rows[name] = (clip, [clip.frames // 2 + EVERY * i for i in range(SHOWN)])
    return rows


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/styles.png"))
    parser.add_argument("--speed", type=float, default=1.2)
    parser.add_argument("--styles", nargs="+", default=EIGHT)
    options = parser.parse_args()
    grid(walks(options.styles, options.speed), options.out, columns=2)


if __name__ == "__main__":
    main()
