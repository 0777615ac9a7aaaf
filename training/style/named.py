# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles that have names, and others drawn around them."""

from typing import Final

import numpy as np

from motion_addon.motion.quat import Array

from .synthesis import KNOBS, knobs

STYLES: Final[dict[str, dict[str, float]]] = {
    "old": {
        "lean": 0.30,
        "round": 0.45,
        "neck": 0.25,
        "head": -0.45,
        "hunch": 0.25,
        "bend": 0.6,
        "reach": 0.32,
        "swing": -0.6,
        "torso": -0.4,
        "drop": 0.06,
        "width": 0.02,
        "toes": 0.12,
        "bounce": -0.4,
        "tremor": 0.025,
        "rock": 0.05,
    },
    "tired": {
        "lean": 0.16,
        "round": 0.30,
        "neck": 0.30,
        "head": 0.30,
        "shrug": -0.14,
        "hunch": 0.22,
        "swing": -0.45,
        "drop": 0.05,
        "rock": 0.07,
        "nod": 0.09,
        "reach": 0.12,
        "bounce": -0.2,
        "still": -0.6,
        "wander": 0.02,
    },
    "sad": {
        "round": 0.22,
        "neck": 0.35,
        "head": 0.50,
        "shrug": -0.10,
        "hunch": 0.30,
        "swing": -0.75,
        "torso": -0.6,
        "pelvic": -0.4,
        "bounce": -0.5,
        "twist": 0.35,
        "drop": 0.02,
        "spread": -0.04,
    },
    "happy": {
        "lean": -0.07,
        "round": -0.10,
        "head": -0.12,
        "swing": 0.8,
        "torso": 0.6,
        "pelvic": 0.3,
        "spring": 0.025,
        "bounce": 0.6,
        "bend": 0.35,
        "spread": 0.12,
        "pump": 0.10,
        "lift": 0.05,
        "rock": 0.06,
        "nod": 0.05,
    },
    "proud": {
        "lean": -0.05,
        "round": -0.28,
        "neck": -0.08,
        "head": 0.02,
        "shrug": 0.02,
        "hunch": -0.35,
        "spread": 0.20,
        "swing": -0.15,
        "bend": 0.18,
        "pelvis": 0.05,
        "still": 0.6,
        "toes": 0.12,
        "yaw": 0.05,
        "bounce": 0.15,
        "drop": -0.005,
    },
    "sneaky": {
        "lean": 0.38,
        "round": 0.25,
        "neck": 0.1,
        "head": -0.45,
        "shrug": 0.16,
        "hunch": 0.30,
        "bend": 1.45,
        "reach": 0.25,
        "twist": 0.2,
        "wrist": -0.5,
        "swing": -0.6,
        "drop": 0.14,
        "lift": 0.11,
        "point": 0.35,
        "bounce": -0.5,
        "still": 0.6,
        "width": 0.01,
    },
    "drunk": {
        "lean": 0.04,
        "head": 0.12,
        "spread": 0.20,
        "wander": 0.14,
        "sway": 0.03,
        "rock": 0.10,
        "width": 0.06,
        "toes": 0.18,
        "swing": 0.3,
        "shrug": -0.08,
        "drop": 0.03,
        "torso": 0.3,
        "still": -0.8,
        "lift": 0.02,
    },
    "robot": {
        "lean": -0.02,
        "neck": -0.06,
        "head": -0.02,
        "bend": 1.35,
        "swing": 0.35,
        "torso": -0.9,
        "pelvic": -0.8,
        "bounce": -0.7,
        "still": 1.0,
        "snap": 1.0,
        "spread": 0.10,
        "lift": 0.03,
        "shrug": 0.06,
    },
    "heavy": {
        "lean": -0.10,
        "round": 0.05,
        "pelvis": 0.10,
        "spread": 0.42,
        "bend": 0.25,
        "rock": 0.11,
        "sway": 0.035,
        "width": 0.07,
        "toes": 0.30,
        "drop": 0.05,
        "yaw": 0.10,
        "swing": -0.2,
        "head": 0.06,
    },
    "limp": {
        "limp": 0.08,
        "lean": 0.10,
        "left_bend": 0.9,
        "left_reach": 0.1,
        "left_twist": 0.6,
        "swing": -0.2,
        "head": 0.08,
        "side": 0.03,
        "width": 0.01,
        "shrug": 0.03,
    },
    "angry": {
        "lean": 0.22,
        "neck": 0.16,
        "head": -0.02,
        "shrug": 0.14,
        "hunch": 0.10,
        "bend": 0.7,
        "spread": 0.22,
        "swing": 0.55,
        "torso": 0.5,
        "yaw": 0.12,
        "still": 0.7,
        "bounce": 0.3,
        "wrist": -0.25,
        "lift": 0.02,
    },
    "scared": {
        "lean": -0.12,
        "round": 0.25,
        "neck": -0.05,
        "head": 0.02,
        "shrug": 0.32,
        "hunch": 0.35,
        "bend": 1.9,
        "reach": 0.30,
        "twist": 0.55,
        "swing": -0.8,
        "spread": -0.06,
        "drop": 0.1,
        "tremor": 0.045,
        "wrist": 0.3,
        "width": -0.015,
        "toes": -0.08,
    },
    "swagger": {
        "lean": -0.10,
        "pelvis": 0.06,
        "rock": 0.12,
        "sway": 0.025,
        "yaw": 0.20,
        "swing": 0.25,
        "spread": 0.32,
        "bend": 0.30,
        "tilt": 0.10,
        "head": -0.12,
        "nod": 0.08,
        "toes": 0.22,
        "width": 0.03,
        "shrug": -0.03,
        "drop": 0.015,
    },
    "catwalk": {
        "lean": -0.05,
        "round": -0.14,
        "hunch": -0.22,
        "pelvic": 0.9,
        "sway": 0.035,
        "width": -0.045,
        "rock": -0.05,
        "swing": -0.1,
        "still": 0.9,
        "head": -0.08,
        "toes": -0.04,
        "lift": 0.02,
        "wrist": 0.45,
        "bounce": 0.2,
        "spread": 0.04,
    },
    "zombie": {
        "lean": 0.10,
        "round": 0.15,
        "head": 0.10,
        "tilt": 0.28,
        "side": 0.08,
        "reach": 1.25,
        "bend": 0.25,
        "spread": 0.05,
        "swing": -0.6,
        "wrist": -0.4,
        "left_reach": -0.3,
        "rock": 0.10,
        "sway": 0.02,
        "drop": 0.03,
        "wander": 0.05,
        "limp": 0.02,
        "lift": -0.01,
    },
    "cold": {
        "round": 0.28,
        "neck": 0.1,
        "head": 0.18,
        "shrug": 0.28,
        "hunch": 0.45,
        "bend": 1.55,
        "reach": 0.12,
        "twist": 1.0,
        "swing": -0.9,
        "spread": -0.02,
        "torso": -0.5,
        "tremor": 0.04,
        "width": -0.02,
        "drop": 0.02,
        "pelvic": -0.3,
    },
    "march": {
        "lean": -0.06,
        "round": -0.16,
        "neck": -0.08,
        "hunch": -0.25,
        "swing": 0.9,
        "bend": 0.0,
        "torso": -0.6,
        "still": 1.0,
        "snap": 0.35,
        "lift": 0.09,
        "head": -0.05,
        "bounce": 0.2,
    },
    "child": {
        "lean": 0.03,
        "head": -0.12,
        "spread": 0.30,
        "bend": 0.5,
        "swing": 0.9,
        "spring": 0.03,
        "bounce": 0.5,
        "lift": 0.07,
        "rock": 0.09,
        "yaw": 0.12,
        "nod": 0.07,
        "toes": -0.05,
        "torso": 0.5,
        "drop": 0.02,
    },
}
"""Numbers of ``synthesis.KNOBS`` by name; knobs left out are 0."""
SCALE = np.max(np.abs([knobs(style) for style in STYLES.values()]), axis=0)
"""(K,) the most that any named style has of each knob."""
JITTER = 0.12
"""Share of the scale by which one performance of a style differs from the next."""


def performances(names: list[str], rng: np.random.Generator, jitter: float = JITTER) -> Array:
    """Return (N, K) a performance of each named style; ``neutral`` is the motion as it is."""
    base = np.array([knobs(STYLES.get(name, {})) for name in names])
    vary = 1.0 + jitter * rng.normal(size=(len(names), 1))
    styled = (np.abs(base).sum(axis=1, keepdims=True) > 0).astype(np.float64)
    own = jitter * 0.4 * rng.normal(size=base.shape) * SCALE * (base != 0)
    return np.asarray(base * vary + styled * own)


def drawn(count: int, rng: np.random.Generator) -> Array:
    """Return (N, K) styles without names: named ones more or less, two at once, or any.

    A share is neutral.
    """
    table = np.array([knobs(style) for style in STYLES.values()])
    pick = rng.integers(len(table), size=(count, 2))
    share = rng.uniform(0.4, 1.25, size=(count, 1))
    one = table[pick[:, 0]] * share
    two = table[pick[:, 0]] * rng.uniform(0, 0.9, (count, 1)) + table[pick[:, 1]] * rng.uniform(
        0, 0.9, (count, 1)
    )
    few = rng.random((count, len(KNOBS))) < 0.3
    any_ = rng.normal(size=(count, len(KNOBS))) * SCALE * 0.5 * few
    kind = rng.random(count)[:, None]
    out = np.where(kind < 0.45, one, np.where(kind < 0.7, two, any_))
    out += (rng.normal(size=out.shape) * SCALE * 0.06) * (kind < 0.88)
    positive = [KNOBS.index(n) for n in ("snap", "wander", "tremor", "limp", "still")]
    out[:, positive] = np.maximum(out[:, positive], 0.0)
    out[:, KNOBS.index("snap")] = np.minimum(out[:, KNOBS.index("snap")], 1.0)
    return np.asarray(out * (kind < 0.97))
