# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw filled gaps of held-out clips beside the truth and plain interpolation, as stick figures.

python -m training.inbetween.draw --model quadruped --data FOLDER --out FILE.png
"""

import argparse
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from motion_addon.motion.body.kinds import kind_of
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import fill_gaps, gap, model

from .bodies import BODIES
from .lafan import CONTEXT, RATE

matplotlib.use("Agg")
from matplotlib import pyplot

PICKS = {
    "biped": (("o3de/Walk2.bvh", 600, 30), ("o3de/OutofRange1.bvh", 300, 30)),
    "quadruped": (("dog_star_walk_003", 150, 30), ("0ad/zebra/run", 40, 24)),
}
"""Clip, first frame at 30 frames a second, and frames of the gap."""
EVERY = 3
APART = {"biped": 1.0, "quadruped": 1.1}
"""Frames, and meters on the page, between two figures."""


def fillings(body: str, clip: Clip, known: np.ndarray[Any, Any]) -> dict[str, Clip]:
    """Return a clip as captured, interpolated and filled by the model."""
    rotations, roots = gap.interpolated(
        clip.rotations[None], clip.root_positions[None], known[None]
    )
    plain = Clip(clip.skeleton, rotations[0], roots[0], clip.fps)
    return {
        "captured": clip,
        "interpolated": plain,
        "filled": fill_gaps.fill(model.load_filler(body), clip, known),
    }


def strip(ax: Any, clip: Clip, known: np.ndarray[Any, Any]) -> None:
    """Draw figures side by side; kept ones are pale, left limbs blue and right ones red."""
    positions = clip.world()[1]
    body = kind_of(clip.skeleton).name
    way = (positions[-1, 0] - positions[0, 0]) * [1.0, 0.0, 1.0]
    way /= max(float(np.linalg.norm(way)), 1e-6)
    for i, frame in enumerate(range(CONTEXT % EVERY, clip.frames, EVERY)):
        x = (positions[frame] - positions[frame, 0]) @ way + i * APART[body]
        for joint, parent in enumerate(clip.skeleton.parents[1:], start=1):
            name = clip.skeleton.names[joint]
            color = {"L": "#2f6fb0", "R": "#c03028"}.get(name[0], "black")
            ax.plot(
                x[[parent, joint]],
                positions[frame, [parent, joint], 1],
                color=color,
                linewidth=1.6,
                alpha=0.3 if known[frame] else 1.0,
            )
    ax.axhline(0.0, color="#808080", linewidth=0.6)
    ax.set_aspect("equal")
    ax.axis("off")


def draw(body: str, data: Path, out: Path) -> None:
    """Write the picture."""
    clips = {part.name: part.clip for part in BODIES[body](data) if part.held_out}
    picks = PICKS[body]
    figure, axes = pyplot.subplots(3 * len(picks), 1, figsize=(11.0, 1.25 * 3 * len(picks)))
    row = iter(axes)
    for name, first, missing in picks:
        clip = clips[name].resample(RATE).slice(first, first + missing + 2 * CONTEXT)
        known = np.ones(clip.frames, dtype=bool)
        known[CONTEXT : CONTEXT + missing] = False
        for label, filled in fillings(body, clip, known).items():
            ax = next(row)
            strip(ax, filled, known)
            ax.set_title(label, fontsize=9, loc="left")
    figure.tight_layout()
    figure.savefig(out, dpi=80)


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=list(BODIES), default="biped")
    parser.add_argument("--data", type=Path, required=True, help="folder with catalog.json")
    parser.add_argument("--out", type=Path, default=Path("docs/images/in-between.png"))
    options = parser.parse_args()
    draw(options.model, options.data, options.out)


if __name__ == "__main__":
    main()
