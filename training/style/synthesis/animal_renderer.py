# SPDX-License-Identifier: GPL-3.0-or-later
"""Render styles of animals on neutral motion, as ``people_renderer`` does for people.

Root motion and contacts do not change. A planted paw moves at most outward, by a constant; hocks
and wrists yield as the trunk is lowered.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from motion_addon.motion.body.quadruped import LEGS, NECK, TAIL, TORSO
from motion_addon.motion.maths.quat import Array
from motion_addon.motion.style.style_features import ANIMAL, FEET, SIDES

from ...data.synthetic.anatomy import PAW_HEIGHT
from ...data.synthetic.head_and_tail import CARRIED, WAVE
from ...data.synthetic.legs import FOLD
from .pose import Pose

PARAMETERS: Final = (
    "drop",  # trunk lower, m
    "pitch",  # withers higher against the hips, rad
    "round",  # back arched up, rad
    "neck",  # neck raised, rad
    "head",  # head bowed, rad
    "tilt",  # head tilted to the left, rad
    "tail",  # tail raised, rad
    "curl",  # tail curled up along its length, rad
    "wag",  # tail swings with the stride, rad
    "torso",  # spine moves more by this share
    "pelvic",  # pelvis turns more by this share
    "blades",  # shoulder blades glide more by this share
    "bounce",  # hips rise and fall more by this share
    "still",  # head moves less by this share
    "width",  # each paw further out, m
    "lift",  # swing paws higher, m
    "fold",  # swing feet folded more, by this share of a creature's fold
    "sway",  # trunk moves over the stance side, m
    "rock",  # trunk rolls over the stance side, rad
    "yaw",  # trunk bends with the stride, rad
    "nod",  # head nods with each step of the forelegs, rad
    "spring",  # trunk rises between steps, m
    "limp_fore",  # withers and head sink onto the right foreleg, sparing the left one, m
    "limp_hind",  # hips sink onto the right hind leg, sparing the left one, m
    "wander",  # slow unsteadiness, rad
    "tremor",  # quick trembling, rad
)
TRUNK: Final = 0.55
"""Meters from pelvis to withers at the model's size."""
MIDDLE: Final = 0.25
"""Phase at a leg's mid-stance."""
BEARING: Final = 0.6
"""Mean of the unbiased ``_Beat.load`` in a trot."""
ARCHED: Final = {"Pelvis": -0.5, "Spine1": 0.2, "Spine2": 0.3, "Spine3": 0.3, "Withers": 0.2}
"""Rotation of the joints, nose down, per radian of the back's arch."""
GIVE: Final = {"H": (-2.3, -0.9, 0.0), "F": (-1.0, 0.0)}
"""Rotation (radians) of the parts of a planted foot per meter of the trunk's drop."""
LEAST: Final = 0.6
"""Largest share of its height that a paw with less lift loses."""
DRAWN: Final = 0.55
"""Remaining share of the paw's lift in swing of a limping leg."""
NECK_SHARES: Final = dict(zip(NECK, np.diff((0.0, *CARRIED)), strict=True))
"""Rotation of the joints per radian of the neck's rise."""


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
    pose = Pose(ANIMAL, _scaled(features, low, k))
    slow, quick = np.split(np.moveaxis(shaky, 2, 0), 2)
    beat = _Beat(conditions)
    _trunk(pose, k, beat, slow, quick)
    _neck(pose, k, beat, slow, quick)
    _tail(pose, k, beat, quick)
    _legs(pose, k, beat, conditions)
    return pose.features()


class _Beat:
    """Stride-phase signals, (N, T) each, fading to 0 while standing."""

    def __init__(self, conditions: Array) -> None:
        clock = conditions[..., ANIMAL.phase]
        turn = 2.0 * np.pi * MIDDLE
        over = clock[..., 0::2] * np.cos(turn) + clock[..., 1::2] * np.sin(turn)
        self.leg = {name: np.clip(over[..., i], 0.0, 1.0) for i, name in enumerate(LEGS)}
        """1 at a leg's mid-stance, 0 in swing."""
        self.side = {g: 0.5 * (over[..., i] - over[..., i + 2]) for i, g in enumerate("HF")}
        """1 at mid-stance of a girdle's left leg, -1 of the right leg; 0 if they land together."""
        self.late = 0.5 * (clock[..., 1] - clock[..., 5])
        """The hind girdle's side a quarter of a stride later."""
        moving = np.hypot(clock[..., 0], clock[..., 1])
        self.load = {
            g: self.leg["L" + g] + self.leg["R" + g] - BEARING * moving for g in ("H", "F")
        }
        """Positive while a girdle is loaded, negative between its steps."""


def _scaled(features: Array, low: Array, k: Mapping[str, Array]) -> Array:
    """Return features with larger or smaller strides."""
    factor = np.ones((len(features), 1, ANIMAL.features), dtype=np.float32)
    blades = tuple(f"{side}Scapula" for side in SIDES)
    names = {"torso": TORSO[1:], "pelvic": TORSO[:1], "still": NECK, "blades": blades}
    for parameter, joints in names.items():
        sign = -1.0 if parameter == "still" else 1.0
        for name in joints:
            factor[:, :, ANIMAL.joint(name)] += sign * k[parameter][..., None]
    factor[:, :, ANIMAL.hips.start + 1] += k["bounce"]
    return np.asarray(low + (features - low) * np.maximum(factor, 0.0))


def _trunk(pose: Pose, k: Mapping[str, Array], beat: _Beat, slow: Array, quick: Array) -> None:
    hips = ANIMAL.hips.start
    fore = k["limp_fore"] * (beat.leg["LF"] - beat.leg["RF"])
    hind = k["limp_hind"] * (beat.leg["LH"] - beat.leg["RH"])
    rise = -k["spring"] * (0.5 * beat.load["H"] + 0.5 * beat.load["F"])
    pitch = k["pitch"] + (fore - hind) / TRUNK + 0.3 * k["wander"] * slow[0]
    pose.out[..., hips] += k["sway"] * beat.side["H"] + 0.1 * k["wander"] * slow[3]
    pose.out[..., hips + 1] += rise + hind - k["drop"]
    pose.spread_turn(ARCHED, "X", k["round"] + 0.3 * k["tremor"] * quick[3])
    pose.turn("Pelvis", "X", -pitch)
    pose.turn("Pelvis", "Z", -k["rock"] * beat.side["H"] - 0.6 * k["wander"] * slow[1])
    bend = k["yaw"] * beat.late
    pose.turn("Pelvis", "Y", bend)
    pose.spread_turn({"Spine1": 0.5, "Spine2": 0.6, "Spine3": 0.5, "Withers": 0.4}, "Y", -bend)
    pose.turn("Withers", "Z", -0.6 * k["rock"] * (beat.side["F"] - beat.side["H"]))


def _neck(pose: Pose, k: Mapping[str, Array], beat: _Beat, slow: Array, quick: Array) -> None:
    fore = k["limp_fore"] * (beat.leg["LF"] - beat.leg["RF"])
    hind = k["limp_hind"] * (beat.leg["LH"] - beat.leg["RH"])
    raised = k["neck"] + 0.5 * k["round"] - k["pitch"] - k["nod"] * beat.load["F"]
    raised = raised + 8.0 * fore - 5.0 * hind + 0.5 * k["wander"] * slow[2]
    pose.spread_turn(NECK_SHARES, "X", -raised)
    pose.turn("Neck1", "Y", 0.8 * k["wander"] * slow[3] + k["yaw"] * beat.late)
    pose.turn("Head", "X", k["head"] + 0.6 * k["tremor"] * quick[0])
    pose.turn("Head", "Z", -k["tilt"] + 0.6 * k["tremor"] * quick[1])


def _tail(pose: Pose, k: Mapping[str, Array], beat: _Beat, quick: Array) -> None:
    raised = k["tail"] + k["pitch"] - 0.5 * k["round"] + k["tremor"] * quick[2]
    pose.turn(TAIL[0], "X", raised)
    for i, name in enumerate(TAIL):
        if i:
            pose.turn(name, "X", 0.25 * k["curl"] + 0.0 * beat.late)
        turn = 2.0 * np.pi * WAVE * i
        later = beat.side["H"] * np.cos(turn) + beat.late * np.sin(turn)
        pose.turn(name, "Y", k["wag"] * later * (0.8 if i == 0 else 0.3))


def _legs(pose: Pose, k: Mapping[str, Array], beat: _Beat, conditions: Array) -> None:
    ends = ANIMAL.ends.start
    down = conditions[..., ANIMAL.contacts]
    going = 1.0 - conditions[..., ANIMAL.gait.start]
    for i, name in enumerate(LEGS):
        girdle, sign = name[1], 1.0 if name[0] == "L" else -1.0
        swing = np.clip(1.0 - down[..., i], 0.0, 1.0) ** 1.5 * going
        spared = np.zeros_like(k["lift"])
        if name[0] == "L":
            spared = np.minimum(30.0 * k["limp_hind" if girdle == "H" else "limp_fore"], 1.0)
        standing = ends + 3 * i
        high = np.maximum(pose.out[..., standing + 1] - PAW_HEIGHT, 0.0)
        raised = np.maximum(k["lift"] * swing, -LEAST * high)
        pose.out[..., standing] += sign * k["width"]
        pose.out[..., standing + 1] += raised - (1.0 - DRAWN) * spared * high * swing
        give = k["drop"] - (k["pitch"] * TRUNK if girdle == "F" else 0.0)
        for part, share in zip(FEET[name], GIVE[girdle], strict=False):
            fold = FOLD[girdle] * k["fold"] * swing if part != FEET[name][-1] else 0.0 * swing
            pose.turn(part, "X", share * give + fold)
