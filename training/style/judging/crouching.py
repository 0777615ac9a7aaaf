# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic crouching on held-out clips for the judges' training; their performers hardly crouch.

A crouch is drawn anew for each window, from a wide range: hips lower, trunk bent, arms ahead.
"""

from pathlib import Path
from typing import Final

import numpy as np

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style import style_features as sf

from ...data import people
from ...shared.frames import Joined
from ..dataset import StyleWindows, rendered
from ..prepare import arrays_of, planted_clip
from ..synthesis.people_styles import PEOPLE_STYLES
from .classifiers import SURE, Judges, style_judges, unchanged

CAPTURED = "o3de/Crouching1.bvh"
"""A clip of crouching that is not in the judges' training data."""
EVERY = 10
"""Frames between its windows."""
SHARE = 0.25
"""Share of crouching in the judges' training windows."""
FASTEST = 2.1
"""m/s, highest speed of crouched walking."""
RANGES: Final[dict[str, tuple[float, float]]] = {
    "drop": (0.13, 0.45),
    "lean": (0.1, 0.6),
    "round": (0.0, 0.5),
    "pelvis": (-0.1, 0.2),
    "neck": (0.0, 0.2),
    "head": (-0.6, -0.1),
    "hunch": (0.0, 0.25),
    "reach": (0.0, 0.5),
    "bend": (0.0, 1.6),
    "swing": (-0.8, 0.0),
    "wrist": (-0.3, 0.1),
    "width": (0.0, 0.04),
    "bounce": (-0.5, 0.2),
}
"""Range of each of ``people_renderer.PARAMETERS``; others are 0."""


def crouched(parts: dict[str, Array], which: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Return windows, with a random crouch rendered on those of ``which`` (N,) bool.

    Windows faster than FASTEST are unchanged.
    """
    layout = PEOPLE_STYLES.layout
    speed = np.linalg.norm(parts["conditions"][..., layout.motion][..., :2], axis=-1)
    at = np.flatnonzero(which & (speed.max(axis=1) < FASTEST))
    out = {key: np.array(value) for key, value in parts.items()}
    if not len(at):
        return out
    low, most = np.array([RANGES.get(name, (0.0, 0.0)) for name in PEOPLE_STYLES.parameters]).T
    styles = rng.uniform(low, most, size=(len(at), len(low)))
    few = {key: value[at] for key, value in parts.items()}
    steady = np.zeros((*few["features"].shape[:2], sf.UNSTEADY), dtype=np.float32)
    out["features"][at] = rendered(PEOPLE_STYLES, few, styles, steady)
    out["low"][at] = rendered(PEOPLE_STYLES, few | {"features": few["low"]}, styles, steady)
    gait = np.zeros(len(PEOPLE_STYLES.gaits), dtype=np.float32)
    gait[PEOPLE_STYLES.gaits.index("crouch")] = 1.0
    out["conditions"][at, :, layout.gait] = gait
    return out


def some(parts: dict[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Return windows, a SHARE of them with a crouch."""
    return crouched(parts, rng.random(len(parts["features"])) < SHARE, rng)


def judges_of(held_out: StyleWindows) -> Judges:
    """Return judges trained on held-out windows; for people, some of them with a crouch."""
    return style_judges(held_out, vary=some if held_out.kind is PEOPLE_STYLES else unchanged)


def captured_accuracy(judges: Judges, data: Path) -> dict[str, float]:
    """Return the judges' accuracy on captured crouching with rendered styles.

    No captured crouching is in their training data. ``plain`` is the gait accuracy without a style.
    """
    (source,) = (s for s in people.biped_clips(data) if s.name == CAPTURED)
    joined = Joined()
    arrays = arrays_of(planted_clip(source, source.clip.skeleton))
    count = len(arrays["features"])
    joined.add(CAPTURED, arrays | {"other": np.zeros(count, bool)}, np.ones(count, bool), True)
    windows = StyleWindows(joined.arrays(source.clip.skeleton), held_out=True)
    parts = windows.read(windows.own[::EVERY])
    gaits = PEOPLE_STYLES.gait_of(parts["conditions"], SURE)
    crouch = list(PEOPLE_STYLES.judged).index("crouch")
    parts = {key: value[gaits == crouch] for key, value in parts.items()}
    rng = np.random.default_rng(13)
    count = len(parts["features"])
    which = rng.integers(len(PEOPLE_STYLES.classes), size=count)
    styles = PEOPLE_STYLES.performances([PEOPLE_STYLES.classes[i] for i in which], rng)
    found = rendered(
        PEOPLE_STYLES, parts, styles, sf.unsteadiness(rng, count, parts["low"].shape[1])
    )
    said, plain = (judges.gait.odds(x).argmax(axis=1) for x in (found, parts["features"]))
    return {
        "windows": float(count),
        "gait": float((said == crouch).mean()),
        "plain": float((plain == crouch).mean()),
        "style": float((judges.style.odds(found).argmax(axis=1) == which).mean()),
    }
