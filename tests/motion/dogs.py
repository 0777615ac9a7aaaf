# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic dogs: the canonical quadruped stepping in any gait, without a model."""

from collections.abc import Sequence

import numpy as np

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.body.quadruped import JOINTS, LEG_CHAINS, LEGS
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import leg_ik, quat
from motion_addon.motion.maths.smoothing import smooth

FPS = 60.0
HIPS = 0.545
PAW_HEIGHT = 0.02

_TRUNK = {
    "Spine1": (0.0, 0.0, 0.105),
    "Spine2": (0.0, -0.01, 0.09),
    "Spine3": (0.0, -0.01, 0.11),
    "Withers": (0.0, 0.0, 0.11),
    "Neck1": (0.0, 0.05, 0.145),
    "Neck2": (0.0, 0.04, 0.035),
    "Neck3": (0.0, 0.04, 0.035),
    "Head": (0.0, 0.04, 0.04),
    "Tail1": (0.0, -0.03, -0.055),
    **{f"Tail{i}": (0.0, -0.08, -0.08) for i in range(2, 6)},
}
_LEG = {
    "Femur": (0.09, 0.0, 0.01),
    "Tibia": (0.0, -0.23, 0.11),
    "Metatarsus": (0.0, -0.15, -0.15),
    "HindPastern": (0.0, -0.1, 0.015),
    "HindPaw": (0.0, -0.061, 0.057),
    "Scapula": (0.03, 0.0, 0.09),
    "Humerus": (0.07, 0.0, -0.02),
    "Radius": (0.0, -0.23, -0.03),
    "ForePastern": (0.0, -0.215, 0.02),
    "ForePaw": (0.0, -0.076, 0.02),
}


def dog() -> Skeleton:
    """Return a symmetric dog of the model's size."""
    offsets = np.zeros((len(JOINTS), 3), dtype=np.float32)
    for i, name in enumerate(JOINTS[1:], start=1):
        side = -1.0 if name.startswith("Right") else 1.0
        part = name.removeprefix("Left").removeprefix("Right")
        offsets[i] = np.array(_TRUNK[name] if name in _TRUNK else _LEG[part]) * [side, 1.0, 1.0]
    return Skeleton(JOINTS, quadruped.parents(), offsets)


def stepping_dog(
    gait: str = "walk",
    speed: float = 0.8,
    seconds: float = 8.0,
    stride: float = 0.7,
    noise: float = 0.0,
    offsets: Sequence[float] | None = None,
) -> Clip:
    """Return a dog that steps along +Z in a gait of the table, with its true contacts.

    A `stride` takes so many seconds; `noise` (m) lets paws and body drift.
    """
    rng = np.random.default_rng(5)
    frames = int(seconds * FPS)
    t = np.arange(frames) / FPS
    skeleton = dog()
    made = quadruped_gaits.TABLE[gait]
    world = np.tile(quat.IDENTITY.astype(float), (frames, len(JOINTS), 1))
    drift = np.cumsum(smooth(rng.normal(size=(frames, 3)), 20.0), axis=0) * noise * 0.5
    root = np.stack([0 * t, HIPS + 0.008 * np.cos(4 * np.pi * t / stride), speed * t], axis=-1)
    root += drift * [1.0, 0.0, 1.0]
    rest = root[:, None] + skeleton.rest_positions()
    contacts = np.zeros((frames, 4), dtype=np.float32)
    for column, name in enumerate(LEGS):
        phase = (t / stride - (offsets or made.offsets)[column]) % 1.0
        down = phase < made.duty
        chain = LEG_CHAINS[name]
        top = rest[:, JOINTS.index(chain[1 if name[1] == "F" else 0])]
        swing = np.clip((phase - made.duty) / (1.0 - made.duty), 0.0, 1.0)
        half = 0.5 * made.duty * stride * speed
        back = half * (1.0 - 2.0 * phase / made.duty)
        along = np.where(down, back, half * (2.0 * swing * swing * (3.0 - 2.0 * swing) - 1.0))
        paw = np.stack([top[:, 0], 0 * t + PAW_HEIGHT, top[:, 2] + along], axis=-1)
        paw[:, 1] += 0.08 * np.sin(np.pi * swing) ** 2
        paw[:, [0, 2]] += smooth(rng.normal(size=(frames, 2)), 5.0) * noise * 5.0
        _put(world, skeleton, chain, rest, paw)
        contacts[:, column] = down
    rotations = skeleton.local(world).astype(np.float32)
    return Clip(skeleton, rotations, root.astype(np.float32), FPS, contacts)


def _put(
    world: np.ndarray, skeleton: Skeleton, chain: Sequence[str], rest: np.ndarray, paw: np.ndarray
) -> None:
    """Turn a leg's joints in `world` (T, J, 4) so that its paw is at `paw` (T, 3)."""
    fore = "Scapula" in chain[0]
    joints = [JOINTS.index(name) for name in chain][1 if fore else 0 :]
    hip, knee, ankle = (rest[:, joint] for joint in joints[:3])
    line, now = rest[:, joints[-1]] - hip, paw - hip
    turn = quat.between(line * [0.0, 1.0, 1.0], now * [0.0, 1.0, 1.0])
    for joint in joints[2:]:
        world[:, joint] = turn
    target = paw - quat.apply(turn, rest[:, joints[-1]] - ankle)
    front = np.array([0.0, 0.0, -1.0 if fore else 1.0])
    thigh = world[:, joints[0]].copy()
    bent, reached = leg_ik.two_bone(hip, knee, ankle, thigh, target, front)
    world[:, joints[0]] = leg_ik.swing(thigh, knee - hip, bent - hip)
    world[:, joints[1]] = leg_ik.swing(thigh, ankle - knee, reached - bent)
