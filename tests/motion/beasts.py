# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up four-legged animal of plain joints, and its stepping."""

import numpy as np

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading.landmarks import BodyParts
from motion_addon.motion.maths import quat

HIND = {"hip": (1.0, 0.0), "stifle": (0.6, 0.2), "hock": (0.3, -0.05), "toe": (0.03, 0.05)}
FORE = {"blade": (1.1, 0.85), "shoulder": (0.8, 1.0), "elbow": (0.5, 0.85), "wrist": (0.2, 0.9)}
FORE |= {"finger": (0.03, 0.95)}
TRUNK = {"pelvis": (1.05, 0.0), "back": (1.08, 0.4), "chest": (1.08, 0.7), "neck": (1.2, 1.1)}
TRUNK |= {"head": (1.5, 1.3), "tail": (1.0, -0.2)}
ABOVE = {"back": "pelvis", "chest": "back", "neck": "chest", "head": "neck", "tail": "pelvis"}


def beast(size: float = 1.0) -> tuple[Skeleton, BodyParts]:
    """Return the skeleton of a made-up animal, hips ``size`` meters high, and its limb map."""
    places = {name: (0.0, *place) for name, place in TRUNK.items()}
    above = dict(ABOVE)
    legs = {}
    for leg in quadruped.LEGS:
        side = 0.15 if leg[0] == "L" else -0.15
        chain = HIND if leg[1] == "H" else FORE
        legs[leg] = [f"{name}_{leg}" for name in chain]
        before = "pelvis" if leg[1] == "H" else "chest"
        for name, place in chain.items():
            places[f"{name}_{leg}"] = (side, *place)
            above[f"{name}_{leg}"] = before
            before = f"{name}_{leg}"
    names = list(places)
    parents = np.array([names.index(above[name]) if name in above else -1 for name in names])
    offsets = np.array([places[name] for name in names])
    offsets[1:] -= np.array([places[above[name]] for name in names[1:]])
    offsets[0] = 0.0
    tips = tuple(
        (names.index(chain[-1]), (0.0, -0.03 * size, 0.05 * size)) for chain in legs.values()
    )
    limbs = BodyParts(legs, ("pelvis", "back", "chest"), ("neck", "head"), ("tail",))
    return Skeleton(tuple(names), parents, offsets * size, tips), limbs


def stepping(size: float, rate: float, speed: float, offsets: tuple[float, ...]) -> Clip:
    """Return the beast swinging its legs ``rate`` times a second, and moving on at ``speed``."""
    skeleton, limbs = beast(size)
    frames = 240
    rotations = np.tile(quat.IDENTITY, (frames, len(skeleton), 1)).astype(np.float32)
    times = np.arange(frames) / 60.0
    for leg, offset in zip(quadruped.LEGS, offsets, strict=True):
        joint = skeleton.index(limbs.legs[leg][0 if leg[1] == "H" else 1])
        swing = -0.35 * np.cos(2.0 * np.pi * (rate * times - offset))
        rotations[:, joint] = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), swing)
    root = np.zeros((frames, 3), dtype=np.float32)
    root[:, 1] = 1.05 * size
    root[:, 2] = speed * times
    return Clip(skeleton, rotations, root, 60.0)
