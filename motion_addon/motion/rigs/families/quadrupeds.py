# SPDX-License-Identifier: GPL-3.0-or-later
"""Four-legged rigs that ship with free animals and recordings, and Footfall's own skeleton."""

from typing import Final

from ...body import quadruped
from ...body.kinds import QUADRUPED
from .family import Family

FOOTFALL: Final = Family(
    name="footfall_quadruped",
    label="Footfall quadruped",
    requires=(quadruped.PAWS[0],),
    sides=("Left", "Right"),
    kind=QUADRUPED,
    roles={
        "hips": quadruped.TORSO[:1],
        "spine": quadruped.TORSO[1:],
        "neck": quadruped.NECK[:-1],
        "head": quadruped.NECK[-1:],
        "tail": quadruped.TAIL,
        "foreleg": tuple(n.replace("Left", "{s}") for n in quadruped.LEG_CHAINS["LF"]),
        "hindleg": tuple(n.replace("Left", "{s}") for n in quadruped.LEG_CHAINS["LH"]),
    },
)

LABRADOR: Final = Family(
    name="labrador_mocap",
    label="Labrador motion capture",
    requires=("b_LeftLegUpper",),
    sides=("Left", "Right"),
    kind=QUADRUPED,
    roles={
        "hips": ("b_Hips",),
        "spine": ("b_Spine", "b_Spine1", "b_Spine2", "b_Spine3"),
        "neck": ("b__Neck", "b__Neck1", "b__Neck2"),
        "head": ("b_Head",),
        "tail": tuple(f"b_Tail{i:03d}" for i in range(1, 10)),
        "foreleg": (
            "b_{s}Clav",
            "b_{s}Arm",
            "b_{s}ForeArm",
            "b_{s}Hand",
            "b__{s}Finger",
            "b_{s}Finger",
        ),
        "hindleg": ("b_{s}LegUpper", "b_{s}Leg", "b_{s}Leg1", "b_{s}Ankle", "b_{s}Toe"),
    },
)

QUATERNIUS_ANIMAL: Final = Family(
    name="quaternius_animal",
    label="Quaternius animal",
    requires=("FrontUpperLeg.L",),
    sides=("L", "R"),
    kind=QUADRUPED,
    roles={
        "root": ("Body",),
        "hips": ("Back",),
        "spine": ("Torso", "Torso2"),
        "neck": ("Torso3", "Neck1", "Neck2", "Neck3"),
        "head": ("Head",),
        "tail": tuple(f"Tail{i}" for i in range(1, 9)),
        "foreleg": (
            "FrontShoulder.{s}",
            "FrontUpperLeg.{s}",
            "FrontLowerLeg.{s}",
            "IKFrontLeg.{s}",
            "FF.{s}",
        ),
        "hindleg": (
            "BackLeg.{s}",
            "BackUpperLeg.{s}",
            "BackLowerLeg.{s}",
            "IKBackLeg.{s}",
            "FFB.{s}",
        ),
    },
)

MESH2MOTION_HORSE: Final = Family(
    name="mesh2motion_horse",
    label="Mesh2Motion horse",
    requires=("front_humerus_l",),
    sides=("l", "r"),
    kind=QUADRUPED,
    hanging_tail=True,
    roles={
        "root": ("root",),
        "hips": ("hips",),
        "spine": ("spine_1", "spine_2", "spine_3", "spine_4"),
        "neck": ("spine_5", "spine_6"),
        "head": ("head",),
        "tail": ("tail_1", "tail_2", "tail_3", "tail_4", "tail_leaf"),
        "foreleg": (
            "front_scapula_{s}",
            "front_humerus_{s}",
            "front_leg_upper_{s}",
            "front_leg_lower_{s}",
            "front_leg_ankle_{s}",
            "front_leg_foot_{s}",
        ),
        "hindleg": (
            "back_leg_upper_{s}",
            "back_leg_lower_{s}",
            "back_leg_ankle_{s}",
            "back_leg_foot_{s}",
            "back_leg_toe_{s}",
        ),
    },
)

MESH2MOTION_FOX: Final = Family(
    name="mesh2motion_fox",
    label="Mesh2Motion fox",
    requires=("Front_Leg_Shoulder_L",),
    sides=("L", "R"),
    kind=QUADRUPED,
    roles={
        "root": ("root",),
        "hips": ("Hips",),
        "spine": ("Spine_1", "Spine_2", "Spine_2.001"),
        "neck": ("Spine_3", "Spine_4"),
        "head": ("Head",),
        "tail": ("Tail_Base", "Tail_Mid", "Tail_Mid.001", "Tail_End", "Tail_Tip"),
        "foreleg": (
            "Front_Leg_Shoulder_{s}",
            "Front_Leg_Upper_{s}",
            "Front_Leg_Lower_{s}",
            "Front_Leg_Ankle_{s}",
            "Front_Leg_Foot_{s}",
        ),
        "hindleg": (
            "Back_Leg_Upper_{s}",
            "Back_Leg_Lower_{s}",
            "Back_Leg_Ankle_{s}",
            "Back_Leg_Foot_{s}",
            "Back_Leg_Foot_1_{s}",
        ),
    },
)

QUADRUPEDS: Final = (
    FOOTFALL,
    LABRADOR,
    QUATERNIUS_ANIMAL,
    MESH2MOTION_HORSE,
    MESH2MOTION_FOX,
)
