# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of the named styles of animals."""

from math import radians
from typing import Final

from motion_addon.motion.body.quadruped_gaits import GAITS, HIP_HEIGHT
from motion_addon.motion.style.style_features import ANIMAL as LAYOUT

from ...data.synthetic.creature import Manner, manner
from ...data.synthetic.feet import CLEARANCE
from ...data.synthetic.trunk import lowered
from ...quadruped.export import CREDITS
from ..style_set import StyleSet
from .animal_renderer import PARAMETERS, render
from .neutral_animals import HELD_OUT

LIMPED: Final = 0.032
"""Meters by which withers or hips rise and fall over a limping leg."""


def of_manner(one: Manner) -> dict[str, float]:
    """Return the style parameters equivalent to a synthetic animal's manner."""
    lift = (one.lift * (1.0 - 0.2 * one.weight) - 1.0) * CLEARANCE["walk"] * HIP_HEIGHT
    more = one.sway - 1.0
    out = {
        "drop": lowered(one) * HIP_HEIGHT,
        "lift": lift,
        "neck": radians(one.head),
        "tail": radians(one.tail),
        "torso": more,
        "pelvic": more,
        "bounce": 0.25 * one.weight + 0.5 * more,
    }
    if one.limp is not None:
        out["limp_fore" if one.limp % 2 else "limp_hind"] = LIMPED
    return {name: value for name, value in out.items() if value}


STYLES: Final[dict[str, dict[str, float]]] = {
    "heavy": of_manner(manner("heavy"))
    | {"width": 0.02, "rock": 0.07, "sway": 0.02, "nod": 0.08, "blades": 0.3, "head": 0.1},
    "light": of_manner(manner("light"))
    | {"spring": 0.035, "bounce": 0.4, "fold": 0.5, "head": -0.1, "lift": 0.03, "curl": 0.5},
    "limp": of_manner(manner("limp", limp=1)) | {"neck": -0.12, "head": 0.1, "tail": -0.15},
    "lame": of_manner(manner("limp", limp=0)) | {"round": 0.15, "tail": -0.3},
    "prowl": of_manner(manner("prowl"))
    | {"blades": 0.8, "still": 0.7, "bounce": -0.5, "head": -0.1, "width": -0.006, "tail": -0.3},
    "high-step": of_manner(manner("high-step"))
    | {"fold": 0.8, "head": 0.15, "round": -0.05, "bounce": 0.2, "tail": -0.15},
    "tired": {
        "drop": 0.02, "neck": -0.45, "head": 0.1, "tail": -0.35, "lift": -0.022, "nod": 0.12,
        "torso": 0.2, "pelvic": 0.2, "sway": 0.012, "bounce": -0.2, "round": 0.08, "wander": 0.02,
    },
    "proud": {
        "drop": -0.008, "pitch": 0.07, "round": -0.06, "neck": 0.5, "head": 0.2, "tail": 0.75,
        "lift": 0.02, "fold": 0.15, "still": 0.6, "bounce": 0.15,
    },
    "playful": {
        "spring": 0.03, "bounce": 0.5, "torso": 0.5, "pelvic": 0.4, "neck": 0.22, "tail": 0.8,
        "curl": 0.5, "wag": 0.5, "lift": 0.03, "yaw": 0.10, "nod": -0.08, "head": -0.1,
    },
    "scared": {
        "drop": 0.075, "round": 0.28, "pitch": -0.05, "neck": -0.35, "head": -0.2, "tail": -0.75,
        "curl": -1.3, "tremor": 0.03, "lift": -0.01, "torso": -0.4, "bounce": -0.4, "width": -0.006,
    },
    "old": {
        "drop": 0.015, "round": 0.30, "neck": -0.2, "head": 0.05, "tail": -0.3, "curl": -0.3,
        "torso": -0.7, "pelvic": -0.5, "blades": -0.4, "lift": -0.02, "bounce": -0.4,
        "tremor": 0.018, "rock": 0.05, "width": 0.012,
    },
    "sneaky": {
        "drop": 0.045, "neck": -0.3, "head": -0.25, "round": 0.15, "lift": 0.06, "fold": 0.45,
        "tail": -0.45, "still": 0.7, "bounce": -0.6, "width": -0.008, "torso": -0.3,
    },
    "alert": {
        "neck": 0.45, "head": -0.05, "still": 0.9, "tail": 0.55, "pitch": 0.03, "torso": -0.4,
        "bounce": -0.2, "lift": 0.008, "drop": -0.004,
    },
    "sad": {
        "neck": -0.6, "head": 0.45, "tail": -0.55, "curl": -0.5, "drop": 0.01, "torso": -0.4,
        "bounce": -0.4, "lift": -0.015, "still": 0.4,
    },
    "angry": {
        "neck": -0.12, "head": 0.05, "drop": 0.02, "pitch": -0.05, "round": 0.12, "tail": 0.4,
        "curl": -0.2, "blades": 0.6, "still": 0.8, "torso": 0.3, "width": 0.015, "rock": 0.04,
        "tremor": 0.008, "bounce": 0.2,
    },
}  # fmt: skip
"""Values of ``animal_renderer.PARAMETERS`` of each style; missing ones are 0."""

ANIMAL_STYLES: Final = StyleSet(
    "quadruped",
    PARAMETERS,
    ("still", "wander", "tremor", "limp_fore", "limp_hind"),
    (),
    STYLES,
    render,
    GAITS,
    {
        "stand": ("stand",),
        "walk": ("walk",),
        "pace": ("pace",),
        "trot": ("trot",),
        "gallop": ("canter", "gallop"),
    },
    HELD_OUT,
    (*CREDITS, "Animals: Quaternius. CC0. Animations: Mesh2Motion. CC0."),
    steps=LAYOUT.ends,
)
"""Judges count a canter as a gallop, and see gaits by the paws' motion alone: builds and postures
differ too much."""
