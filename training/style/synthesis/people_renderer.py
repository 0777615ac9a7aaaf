# SPDX-License-Identifier: GPL-3.0-or-later
"""Render styles of people on neutral motion: postures, rhythms and tremors.

A style is a row of ``PARAMETERS``, all 0 for neutral motion. Root motion and contacts do not
change, so that one motion takes the same steps in every style.
"""

from collections.abc import Mapping

import numpy as np

from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style.style_features import PERSON, SIDES

from .pose import Pose

PARAMETERS = (
    "lean",  # trunk pitched forward, rad
    "round",  # upper back rounded, rad
    "pelvis",  # pelvis tipped forward against the trunk, rad
    "neck",  # neck pitched forward, rad
    "head",  # head bowed, rad
    "tilt",  # head tilted to the left, rad
    "side",  # trunk leaned to the left, rad
    "shrug",  # shoulders raised, rad
    "hunch",  # shoulders forward, rad
    "spread",  # arms away from the body, rad
    "reach",  # arms forward, rad
    "bend",  # elbows bent, rad
    "twist",  # upper arms turned inward, rad
    "wrist",  # hands bent back, rad
    "left_reach",  # left arm forward as well, rad
    "left_bend",  # left elbow bent as well, rad
    "left_twist",  # left upper arm turned inward as well, rad
    "swing",  # arms swing more by this share
    "torso",  # spine moves more by this share
    "pelvic",  # pelvis turns more by this share
    "bounce",  # hips rise and fall more by this share
    "still",  # head moves less by this share
    "snap",  # joints hold and jump, 0..1
    "drop",  # hips lower, m
    "width",  # each foot further out, m
    "toes",  # toes out, rad
    "lift",  # swing feet higher, m
    "point",  # swing feet pointed down, rad
    "rock",  # trunk rolls over the stance foot, rad
    "sway",  # hips move over the stance foot, m
    "yaw",  # shoulders turn with the stride, rad
    "nod",  # head nods with each step, rad
    "pump",  # shoulders go up with each step, rad
    "spring",  # hips rise with each step, m
    "limp",  # body drops onto the left foot, m
    "wander",  # slow unsteadiness, rad
    "tremor",  # quick trembling, rad
)
MID_RIGHT = 0.2
"""Gait phase at mid-stance of the right foot."""
ELBOW = 2.4
"""Radians, largest bend of an elbow."""


TORSO = ("Hips", "Spine", "Spine1", "Spine2", "Spine3", "Neck", "Neck1", "Head")
ARM = ("Shoulder", "Arm", "ForeArm", "Hand")
TRUNK = {"Hips": 0.3, "Spine": 0.2, "Spine1": 0.2, "Spine2": 0.15, "Spine3": 0.15}
BACK = {"Spine1": 0.25, "Spine2": 0.35, "Spine3": 0.4}
NECK = {"Neck": 0.6, "Neck1": 0.4}


def render(
    features: Array,
    low: Array,
    spread: Array,
    conditions: Array,
    styles: Array,
    shaky: Array,
) -> Array:
    """Return windows (N, T, F) in styles (N, K).

    ``low`` and ``spread`` (N, T, F) are the results of ``pose.around``; ``conditions`` (N, T, C) do
    not change; ``shaky`` (N, T, U) is the noise of unsteady styles.
    """
    k = dict(zip(PARAMETERS, np.asarray(styles, dtype=np.float32).T[..., None], strict=True))
    pose = Pose(PERSON, _scaled(features, low, spread, k))
    slow, quick = np.split(np.moveaxis(shaky, 2, 0), 2)
    beat = _Beat(conditions)
    _torso(pose, k, beat, slow, quick)
    _arms(pose, k, beat, quick)
    _legs(pose, k, beat, conditions, slow)
    return pose.features()


class _Beat:
    """Stride-phase signals, (N, T) each."""

    def __init__(self, conditions: Array) -> None:
        once = conditions[..., PERSON.phase]
        turn = 2.0 * np.pi * MID_RIGHT
        self.right = once[..., 0] * np.cos(turn) + once[..., 1] * np.sin(turn)
        """1 at right mid-stance, -1 at left mid-stance."""
        self.stride = once[..., 0]
        """1 at right touchdown, -1 at left touchdown."""
        turn *= 2.0
        self.up = once[..., 2] * np.cos(turn) + once[..., 3] * np.sin(turn)
        """1 at each mid-stance, -1 between them."""
        self.left = np.clip(-self.right, 0.0, 1.0) ** 1.5
        """1 at left mid-stance, 0 at right mid-stance."""


def _scaled(features: Array, low: Array, spread: Array, k: Mapping[str, Array]) -> Array:
    """Return features with larger, smaller or snapping strides."""
    away = features - low
    factor = np.ones((len(features), 1, PERSON.features), dtype=np.float32)
    names = {"torso": TORSO[1:5], "pelvic": ("Hips",), "still": TORSO[5:]}
    names["swing"] = tuple(side + part for side in SIDES for part in ARM)
    for parameter, joints in names.items():
        sign = -1.0 if parameter == "still" else 1.0
        for name in joints:
            factor[:, :, PERSON.joint(name)] += sign * k[parameter][..., None]
    factor[:, :, PERSON.hips.start + 1] += k["bounce"]
    away = away * np.maximum(factor, 0.0)
    snap = np.zeros_like(factor)
    snap[:, :, : PERSON.joint("LeftFoot").start] = k["snap"][..., None]
    jumps = 1.3 * spread * np.maximum(factor, 0.0) * np.tanh(2.5 * (features - low) / spread)
    return np.asarray(low + away + snap * (jumps - away))


def _torso(pose: Pose, k: Mapping[str, Array], beat: _Beat, slow: Array, quick: Array) -> None:
    pose.spread_turn(TRUNK, "X", k["lean"] + 0.5 * k["wander"] * slow[0])
    pose.spread_turn(BACK, "X", k["round"])
    pose.spread_turn({"Hips": 1.0, "Spine": -0.6, "Spine1": -0.4}, "X", k["pelvis"])
    roll = k["side"] - k["rock"] * beat.right + k["wander"] * slow[1] + 2.5 * k["limp"] * beat.left
    pose.spread_turn(TRUNK, "Z", -roll)
    pose.spread_turn(BACK, "Y", -k["yaw"] * beat.stride)
    pose.spread_turn(NECK, "Y", 0.8 * k["yaw"] * beat.stride)
    pose.spread_turn(NECK, "X", k["neck"])
    nod = k["head"] - k["nod"] * beat.up + 0.7 * k["wander"] * slow[2] + 2.0 * k["limp"] * beat.left
    pose.turn("Head", "X", nod + 0.4 * k["tremor"] * quick[0])
    pose.turn("Head", "Z", -k["tilt"] + 0.7 * roll + 0.4 * k["tremor"] * quick[1])


def _arms(pose: Pose, k: Mapping[str, Array], beat: _Beat, quick: Array) -> None:
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        own = 1.0 if side == "Left" else 0.0
        shrug = k["shrug"] + k["pump"] * beat.up
        pose.turn(f"{side}Shoulder", "Z", sign * shrug)
        pose.turn(f"{side}Shoulder", "Y", -sign * k["hunch"])
        pose.turn(f"{side}Arm", "X", -(k["reach"] + own * k["left_reach"]) + 0.0 * beat.up)
        pose.turn(f"{side}Arm", "Z", sign * k["spread"] + 0.0 * beat.up)
        pose.turn(f"{side}Arm", "X", k["twist"] + own * k["left_twist"] + 0.0 * beat.up, own=True)
        shake = k["tremor"] * quick[2 if own else 3]
        bent = -sign * pose.out[..., PERSON.joint(f"{side}ForeArm").start + 1]
        room = np.clip(1.0 - bent / ELBOW, 0.0, 1.0)
        bend = (k["bend"] + own * k["left_bend"]) * room
        pose.turn(f"{side}ForeArm", "Y", -sign * bend + shake)
        pose.turn(f"{side}Hand", "Z", sign * k["wrist"] + shake)


def _legs(pose: Pose, k: Mapping[str, Array], beat: _Beat, conditions: Array, slow: Array) -> None:
    out, hips, ankles = pose.out, PERSON.hips.start, PERSON.ends.start
    out[..., hips] -= k["sway"] * beat.right
    out[..., hips] += 0.25 * k["wander"] * slow[3]
    out[..., hips + 1] += k["spring"] * beat.up - k["drop"] - k["limp"] * beat.left
    going = 1.0 - conditions[..., PERSON.gait.start]
    for i, (side, sign) in enumerate(zip(SIDES, (1.0, -1.0), strict=True)):
        pair = conditions[..., 2 * i : 2 * i + 2].max(axis=-1)
        swing = np.clip(1.0 - pair, 0.0, 1.0) ** 1.5 * going
        if side == "Left":
            swing = swing * np.maximum(1.0 - 8.0 * k["limp"], 0.3)
        out[..., ankles + 3 * i] += sign * k["width"]
        out[..., ankles + 3 * i + 1] += k["lift"] * swing
        pose.turn(f"{side}Foot", "Y", sign * k["toes"] + 0.0 * swing)
        pose.turn(f"{side}Foot", "X", k["point"] * swing, own=True)
