# SPDX-License-Identifier: GPL-3.0-or-later
r"""Draw styles as rows of figures, from the side and from the front.

python -m training.style.judging.draw --out docs/images/styles.png
python -m training.style.judging.draw --body quadruped --speed 0.9 \
    --out docs/images/styles-animal.png
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.body.kinds import BIPED, KINDS, QUADRUPED, kind_of
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from motion_addon.motion.style.request import StyleChoice

from ...shared import stick_figures

matplotlib.use("Agg")
from matplotlib import pyplot

EVERY = 11
"""Frames between two figures."""


@dataclass(frozen=True)
class Page:
    """How the motions of a kind of body are laid out on the page."""

    apart: float
    """Meters between figures."""
    high: float
    """Meters above the ground."""
    inches: float
    """Inches per meter."""
    side: int
    """Figures of a motion from the side."""
    front: int
    """Figures of a motion from the front."""
    styles: str
    """Styles to draw."""
    figure: Callable[[Any, Clip, int, float, float], None]
    """Draws one pose."""


COLORS = {"L": "#2f6fb0", "R": "#c03028"}


def animal_of(ax: Any, clip: Clip, frame: int, turn: float, at: float) -> None:
    """Draw the pose of an animal; arguments as in ``figure_of``."""
    pose = stick_figures.points(clip, [frame])[0]
    middle = 0.5 * (pose[0] + pose[clip.skeleton.index("Withers")])
    seen = quat.apply(quat.yaw(turn), (pose - middle * [1.0, 0.0, 1.0]).astype(np.float64))
    depth = seen[:, 2]
    chains = sorted(stick_figures.bones(clip.skeleton), key=lambda one: float(depth[one[1]].mean()))
    for _, chain in chains:
        names = [clip.skeleton.names[j] for j in chain[1:-1]]
        color = COLORS.get(names[-1][0] if names[-1][1:4] in ("eft", "igh") else "", "#202020")
        ax.plot(seen[chain, 0] + at, seen[chain, 1], color=color, lw=2.6, solid_capstyle="round")
    head = [clip.skeleton.index("Head"), len(clip.skeleton)]
    ax.plot(seen[head, 0] + at, seen[head, 1], color="#404040", lw=6.0, solid_capstyle="round")


def figure_of(ax: Any, clip: Clip, frame: int, turn: float, at: float) -> None:
    """Draw the pose of a frame at ``at`` (m) on the page, rotated by ``turn`` (rad) from its root.

    Left limbs are blue, right ones red; a ``turn`` of 0 is the front view.
    """
    world, positions = clip.world()
    root = features.root_track(clip.skeleton, positions)
    back = quat.mul_inv(quat.yaw(turn), features.root_rotations(root)[frame])
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


PAGES = {
    BIPED: Page(
        0.9, 1.85, 0.78, 7, 2,
        "neutral old proud sneaky happy drunk robot heavy limp cold", figure_of,
    ),
    QUADRUPED: Page(
        1.3, 1.0, 1.1, 4, 1,
        "neutral heavy tired sad old limp proud playful alert high-step prowl scared", animal_of,
    ),
}  # fmt: skip


def grid(rows: Mapping[str, tuple[Clip, list[int]]], out: Path, columns: int = 1) -> None:
    """Write a picture with a row for each motion: frames from the side, then from the front."""
    count = -(-len(rows) // columns)
    page_of = PAGES[kind_of(next(iter(rows.values()))[0].skeleton)]
    figure, apart = page_of.figure, page_of.apart
    page, axes = pyplot.subplots(
        count,
        columns,
        figsize=(6.4 * columns, (0.3 + page_of.inches * page_of.high) * count),
        squeeze=False,
    )
    for ax in axes.flat:
        ax.axis("off")
    for ax, (name, (clip, frames)) in zip(axes.T.flat, rows.items(), strict=False):
        for i, frame in enumerate(frames):
            figure(ax, clip, frame, 0.5 * np.pi, i * apart)
        for i, frame in enumerate(frames[: page_of.front]):
            figure(ax, clip, frame, 0.0, (len(frames) + 0.3 + i) * apart)
        ax.axhline(0.0, color="#a0a0a0", linewidth=0.8, zorder=0)
        ax.set_xlim(-0.7 * apart, (len(frames) + page_of.front) * apart)
        ax.set_ylim(-0.08, page_of.high)
        ax.set_aspect("equal")
        ax.set_title(name, fontsize=10, loc="left")
    page.tight_layout()
    page.savefig(out, dpi=70)
    pyplot.close(page)


def walks(
    names: Sequence[str], speed: float, body: str = "biped"
) -> dict[str, tuple[Clip, list[int]]]:
    """Bake one walk in each style; return it with the frames to draw, the same for all."""
    rows = {}
    for name in names:
        choices = () if name == "neutral" else (StyleChoice(name=name),)
        path = ((0.0, 0.0, 0.0), (0.0, 0.0, 4.0 * speed))
        request = BakeRequest(
            path=path, speed=speed, fps=60.0, stop=False, style=choices, model=body
        )
        clip = bake(request).clip
        rows[name] = (clip, [clip.frames // 2 + EVERY * i for i in range(PAGES[KINDS[body]].side)])
    return rows


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs/images/styles.png"))
    parser.add_argument("--speed", type=float, default=1.2)
    parser.add_argument("--body", default="biped", choices=KINDS)
    parser.add_argument("--styles", nargs="+")
    options = parser.parse_args()
    names = options.styles or PAGES[KINDS[options.body]].styles.split()
    grid(walks(names, options.speed, options.body), options.out, columns=2)


if __name__ == "__main__":
    main()
