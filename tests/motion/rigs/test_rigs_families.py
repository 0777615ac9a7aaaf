# SPDX-License-Identifier: GPL-3.0-or-later
"""Family tables find every bone of realistic rigs; maps survive JSON and refuse nonsense."""

import json
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.rigs import RigBones, RigMap, detect, detection, family_label
from motion_addon.motion.rigs.families import FAMILIES
from motion_addon.motion.rigs.families.family import Family
from tests.cases import each
from tests.motion.humans import Build, human

PARTS = ("shoulder", "upper_arm", "forearm", "hand", "thigh", "shin", "foot", "toe")

# Family, hips, spine, neck, head, then the eight parts of a side with {s}, side words, and
# other bones that such rigs carry.
SAMPLES = [
    ("mixamo", "mixamorig:Hips", "mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2",
     "mixamorig:Neck", "mixamorig:Head",
     "mixamorig:{s}Shoulder mixamorig:{s}Arm mixamorig:{s}ForeArm mixamorig:{s}Hand "
     "mixamorig:{s}UpLeg mixamorig:{s}Leg mixamorig:{s}Foot mixamorig:{s}ToeBase",
     "Left Right", "mixamorig:HeadTop_End mixamorig:LeftHandIndex1 mixamorig:LeftToe_End"),
    ("mixamo", "mixamorig7:Hips", "mixamorig7:Spine mixamorig7:Spine1 mixamorig7:Spine2",
     "mixamorig7:Neck", "mixamorig7:Head",
     "mixamorig7:{s}Shoulder mixamorig7:{s}Arm mixamorig7:{s}ForeArm mixamorig7:{s}Hand "
     "mixamorig7:{s}UpLeg mixamorig7:{s}Leg mixamorig7:{s}Foot mixamorig7:{s}ToeBase",
     "Left Right", ""),
    ("mixamo_control", "Ctrl_Hips", "Ctrl_Spine Ctrl_Spine1 Ctrl_Spine2", "Ctrl_Neck",
     "Ctrl_Head",
     "Ctrl_Shoulder_{s} Ctrl_Arm_FK_{s} Ctrl_ForeArm_FK_{s} Ctrl_Hand_FK_{s} "
     "Ctrl_UpLeg_FK_{s} Ctrl_Leg_FK_{s} Ctrl_Foot_FK_{s} Ctrl_Toe_FK_{s}",
     "Left Right", "Ctrl_Master Ctrl_Foot_IK_Left Ctrl_LegPole_IK_Left mixamorig:Hips"),
    ("unreal", "pelvis", "spine_01 spine_02 spine_03", "neck_01", "head",
     "clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s} thigh_{s} calf_{s} foot_{s} ball_{s}",
     "l r", "root ik_foot_root ik_foot_l ik_hand_gun upperarm_twist_01_l thigh_twist_01_r"),
    ("unreal", "pelvis", "spine_01 spine_02 spine_03 spine_04 spine_05", "neck_01 neck_02",
     "head",
     "clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s} thigh_{s} calf_{s} foot_{s} ball_{s}",
     "l r", "root interaction center_of_mass index_metacarpal_l"),
    ("unreal", "pelvis", "spine_01 spine_02 spine_03", "neck_01", "head",
     "clavicle_{s} upperarm_{s} lowerarm_{s} hand_{s} thigh_{s} calf_{s} foot_{s} ball_{s}",
     "l r", "Root thumb_01_l"),
    ("vrm", "J_Bip_C_Hips", "J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest", "J_Bip_C_Neck",
     "J_Bip_C_Head",
     "J_Bip_{s}_Shoulder J_Bip_{s}_UpperArm J_Bip_{s}_LowerArm J_Bip_{s}_Hand "
     "J_Bip_{s}_UpperLeg J_Bip_{s}_LowerLeg J_Bip_{s}_Foot J_Bip_{s}_ToeBase",
     "L R", "Root J_Sec_Hair1_01 J_Adj_L_FaceEye J_Sec_L_Bust1"),
    ("unity", "Hips", "Spine Chest UpperChest", "Neck", "Head",
     "{s}Shoulder {s}UpperArm {s}LowerArm {s}Hand {s}UpperLeg {s}LowerLeg {s}Foot {s}Toes",
     "Left Right", "Armature LeftEye"),
    ("vrchat", "Hips", "Spine Chest", "Neck", "Head",
     "{s} shoulder|{s} arm|{s} elbow|{s} wrist|{s} leg|{s} knee|{s} ankle|{s} toe",
     "Left Right", "Hair_Root"),
    ("makehuman", "root", "spine05 spine04 spine03 spine02 spine01", "neck01 neck02 neck03",
     "head",
     "clavicle.{s} upperarm01.{s} lowerarm01.{s} wrist.{s} upperleg01.{s} lowerleg01.{s} "
     "foot.{s}", "L R", "pelvis.L shoulder01.L upperarm02.L toe1-1.L metacarpal1.L jaw"),
    ("makehuman_cmu", "Hips", "LowerBack Spine Spine1", "Neck Neck1", "Head",
     "{s}Shoulder {s}Arm {s}ForeArm {s}Hand {s}UpLeg {s}Leg {s}Foot {s}ToeBase",
     "Left Right", "LHipJoint RHipJoint LThumb LeftFingerBase"),
    ("mocap", "Hips", "Spine Spine1 Spine2 Spine3", "Neck Neck1", "Head",
     "{s}Shoulder {s}Arm {s}ForeArm {s}Hand {s}UpLeg {s}Leg {s}Foot {s}Toe", "Left Right", ""),
    ("mocap", "Actor:Hips", "Actor:Spine Actor:Spine1 Actor:Spine2", "Actor:Neck",
     "Actor:Head",
     "Actor:{s}Shoulder Actor:{s}Arm Actor:{s}ForeArm Actor:{s}Hand Actor:{s}UpLeg "
     "Actor:{s}Leg Actor:{s}Foot Actor:{s}Toe", "Left Right", ""),
    ("xsens", "Pelvis", "L5 L3 T12 T8", "Neck", "Head",
     "{s}Shoulder {s}UpperArm {s}ForeArm {s}Hand {s}UpperLeg {s}LowerLeg {s}Foot {s}Toe",
     "Left Right", ""),
    ("biped_3dsmax", "Bip01 Pelvis", "Bip01 Spine|Bip01 Spine1|Bip01 Spine2", "Bip01 Neck",
     "Bip01 Head",
     "Bip01 {s} Clavicle|Bip01 {s} UpperArm|Bip01 {s} Forearm|Bip01 {s} Hand|Bip01 {s} Thigh|"
     "Bip01 {s} Calf|Bip01 {s} Foot|Bip01 {s} Toe0", "L R", "Bip01|Bip01 L Finger0"),
    ("smpl", "Pelvis", "Spine1 Spine2 Spine3", "Neck", "Head",
     "{s}_Collar {s}_Shoulder {s}_Elbow {s}_Wrist {s}_Hip {s}_Knee {s}_Ankle {s}_Foot",
     "L R", "L_Hand R_Hand"),
    ("daz_genesis8", "hip", "abdomenLower abdomenUpper chestLower chestUpper",
     "neckLower neckUpper", "head",
     "{s}Collar {s}ShldrBend {s}ForearmBend {s}Hand {s}ThighBend {s}Shin {s}Foot {s}Toe",
     "l r", "pelvis lShldrTwist lThighTwist lMetatarsals lPectoral rSmallToe1"),
    ("daz_genesis9", "hip", "spine1 spine2 spine3 spine4", "neck1 neck2", "head",
     "{s}_shoulder {s}_upperarm {s}_forearm {s}_hand {s}_thigh {s}_shin {s}_foot {s}_toes",
     "l r", "pelvis l_upperarmtwist1 l_metatarsal"),
    ("character_creator", "CC_Base_Hip", "CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02",
     "CC_Base_NeckTwist01 CC_Base_NeckTwist02", "CC_Base_Head",
     "CC_Base_{s}_Clavicle CC_Base_{s}_Upperarm CC_Base_{s}_Forearm CC_Base_{s}_Hand "
     "CC_Base_{s}_Thigh CC_Base_{s}_Calf CC_Base_{s}_Foot CC_Base_{s}_ToeBase",
     "L R", "CC_Base_BoneRoot CC_Base_Pelvis CC_Base_L_ThighTwist01 CC_Base_JawRoot"),
    ("auto_rig_pro_deform", "root.x", "spine_01.x spine_02.x spine_03.x", "neck.x", "head.x",
     "shoulder.{s} arm_stretch.{s} forearm_stretch.{s} hand.{s} thigh_stretch.{s} "
     "leg_stretch.{s} foot.{s} toes_01.{s}", "l r", "thigh_twist.l arm_twist.l c_index1.l"),
    ("auto_rig_pro", "c_root_master.x", "c_spine_01.x c_spine_02.x c_spine_03.x", "c_neck.x",
     "c_head.x",
     "c_shoulder.{s} c_arm_fk.{s} c_forearm_fk.{s} c_hand_fk.{s} c_thigh_fk.{s} c_leg_fk.{s} "
     "c_foot_fk.{s} c_toes_fk.{s}", "l r",
     "c_pos c_traj c_root.x root.x c_foot_ik.l thigh_stretch.l arm_stretch.l spine_01.x"),
    ("rigify_meta", "spine", "spine.001 spine.002 spine.003", "spine.004 spine.005",
     "spine.006",
     "shoulder.{s} upper_arm.{s} forearm.{s} hand.{s} thigh.{s} shin.{s} foot.{s} toe.{s}",
     "L R", "pelvis.L heel.02.L breast.L face"),
    ("rigify_deform", "DEF-spine", "DEF-spine.001 DEF-spine.002 DEF-spine.003",
     "DEF-spine.004 DEF-spine.005", "DEF-spine.006",
     "DEF-shoulder.{s} DEF-upper_arm.{s} DEF-forearm.{s} DEF-hand.{s} DEF-thigh.{s} "
     "DEF-shin.{s} DEF-foot.{s} DEF-toe.{s}", "L R", "DEF-thigh.L.001 DEF-pelvis.L"),
    ("rigify", "ORG-spine", "ORG-spine.001 ORG-spine.002 ORG-spine.003",
     "ORG-spine.004 ORG-spine.005", "ORG-spine.006",
     "ORG-shoulder.{s} ORG-upper_arm.{s} ORG-forearm.{s} ORG-hand.{s} ORG-thigh.{s} "
     "ORG-shin.{s} ORG-foot.{s} ORG-toe.{s}", "L R", "root torso hips DEF-spine foot_ik.L"),
    ("mesh2motion", "DEF-hips", "DEF-spine.001 DEF-spine.002 DEF-spine.003", "DEF-neck",
     "DEF-head",
     "DEF-shoulder.{s} DEF-upper_arm.{s} DEF-forearm.{s} DEF-hand.{s} DEF-thigh.{s} "
     "DEF-shin.{s} DEF-foot.{s} DEF-toe.{s}", "L R", "root DEF-f_index.01.L"),
    ("quaternius", "Hips", "Abdomen Torso", "Neck", "Head",
     "Shoulder.{s} UpperArm.{s} LowerArm.{s} Palm.{s} UpperLeg.{s} LowerLeg.{s} Foot.{s}",
     "L R", "Bone Index1.L"),
]  # fmt: skip


def _words(text: str) -> list[str]:
    return [w.strip() for w in (text.split("|") if "|" in text else text.split()) if w.strip()]


def sample(row) -> tuple[RigBones, dict[str, tuple[str, ...]]]:
    """Return a rig with one family's names, and the roles it should get."""
    _, hips, spine, neck, head, parts, sides, extra = row
    truth = {"hips": (hips,), "spine": tuple(_words(spine)), "head": (head,)}
    truth["neck"] = tuple(_words(neck)) if "Bip01" not in neck else (neck,)
    names = _words(parts)
    for side, word in zip("LR", sides.split(), strict=True):
        for part, name in zip(PARTS, names, strict=False):
            truth[f"{part}.{side}"] = (name.format(s=word),)
    build = Build(
        spine=len(truth["spine"]), neck=len(truth["neck"]), fingers=False, root=False, arms=30.0,
        toes=len(names) == len(PARTS),
    )  # fmt: skip
    rig, plain = human(build)
    new = {old: truth[r][i] for r, bones in plain.roles.items() for i, old in enumerate(bones)}
    extras = _words(extra)
    count = len(rig) + len(extras)
    hips_at = rig.rest_heads[0]
    return (
        RigBones(
            tuple(new[n] for n in rig.names) + tuple(extras),
            np.concatenate([rig.parents, np.zeros(len(extras), dtype=int)]),
            np.concatenate([rig.rest_heads, np.tile(hips_at, (len(extras), 1))]),
            np.concatenate([rig.rest_rotations, np.tile([1.0, 0, 0, 0], (len(extras), 1))]),
            np.concatenate([rig.lengths, np.full(count - len(rig), 0.05)]),
        ),
        truth,
    )


@each("row", SAMPLES)
def test_family_is_recognized_with_all_its_bones(row):
    rig, truth = sample(row)
    found = detect(rig)
    assert found.family == row[0]
    assert found.usable
    assert {r: n for r, n in found.roles.items() if r != "root"} == truth
    assert found.confidence > 0.9
    assert np.allclose(found.facing, [0.0, 0.0, 1.0], atol=1e-6)
    found.check(rig)


def test_every_family_has_a_sample():
    people = {family.name for family in FAMILIES if not family.kind.forelegs}
    assert people == {row[0] for row in SAMPLES}


def test_tables_name_known_roles_only():
    for family in FAMILIES:
        for role in family.roles:
            known = family.kind.roles.every
            assert role in known or f"{role}.L" in known, (family.name, role)
        assert family_label(family.name) == family.label


def test_a_new_family_needs_only_its_table(monkeypatch):
    rig, plain = human(Build(fingers=False, root=False))
    roles: dict[str, tuple[str, ...]] = {}
    new = {}
    for role, bones in plain.roles.items():
        part, _, side = role.partition(".")
        roles[part] = tuple(f"studio_{part}{i}_{{s}}" for i in range(len(bones)))
        new |= {old: f"studio_{part}{i}_{side}" for i, old in enumerate(bones)}
    studio = Family("studio", "Our studio", roles, ("L", "R"), requires=("studio_hips0_",))
    monkeypatch.setattr(detection, "FAMILIES", (*FAMILIES, studio))
    found = detect(replace(rig, names=tuple(new[name] for name in rig.names)))
    assert (found.family, family_label(found.family)) == ("studio", "Our studio")
    assert {r: tuple(new[b] for b in bones) for r, bones in plain.roles.items()} == found.roles


def test_exchanged_sides_are_put_right():
    row = next(row for row in SAMPLES if row[0] == "unreal")
    rig, truth = sample(row)
    swap = {name: name[:-2] + {"_l": "_r", "_r": "_l"}[name[-2:]] for name in rig.names
            if name[-2:] in ("_l", "_r")}  # fmt: skip
    mirrored = replace(rig, names=tuple(swap.get(name, name) for name in rig.names))
    found = detect(mirrored)
    assert found.roles["thigh.L"] == ("thigh_r",)
    assert any("exchanged" in note for note in found.notes)
    assert truth["thigh.L"] == ("thigh_l",)


def test_rigify_spines_of_other_lengths_divide_at_the_shoulders():
    build = Build(spine=5, neck=1, fingers=False, root=False)
    rig, plain = human(build)
    chain = ["ORG-spine"] + [f"ORG-spine.{i:03d}" for i in range(1, 8)]
    torso = [b for r in ("hips", "spine", "neck", "head") for b in plain.roles[r]]
    new = dict(zip(torso, chain, strict=False))
    for role, bones in plain.roles.items():
        part, _, side = role.partition(".")
        if side:
            new[bones[0]] = f"ORG-{part}.{side}"
    found = detect(replace(rig, names=tuple(new[n] for n in rig.names)))
    assert found.roles["spine"] == tuple(chain[1:6])
    assert found.roles["neck"] == (chain[6],)
    assert found.roles["head"] == (chain[7],)


def test_map_survives_json():
    rig, _ = sample(SAMPLES[3])
    found = detect(rig)
    back = RigMap.from_json(found.to_json())
    assert back.roles == found.roles
    assert back.family == "unreal"
    assert back.missing == found.missing


@each(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a Footfall bone map"),
        ('{"format": "footfall-rig-map", "version": 2}', "newer version"),
        ('{"format": "footfall-rig-map", "version": 1}', "no list of roles"),
        ('{"format": "footfall-rig-map", "version": 1, "roles": {"tail": ["x"]}}', "tail"),
        ('{"format": "footfall-rig-map", "version": 1, "roles": {"hips": 3}}', "hips"),
        (
            json.dumps(
                {"format": "footfall-rig-map", "version": 1, "roles": {}, "confidence": "a"}
            ),
            "must be a number",
        ),
    ],
)
def test_bad_json_is_refused_in_one_sentence(text, words):
    with pytest.raises(RefusedError, match=words) as caught:
        RigMap.from_json(text)
    assert "\n" not in str(caught.value)


def test_check_says_what_is_wrong():
    rig, _ = sample(SAMPLES[0])
    found = detect(rig)
    with pytest.raises(RefusedError, match=r"no bone for: thigh\.L"):
        found.with_role("thigh.L").check(rig)
    with pytest.raises(RefusedError, match="which is not in the rig"):
        found.with_role("head", "Nobody").check(rig)
    with pytest.raises(RefusedError, match="is both"):
        found.with_role("head", found.roles["hips"][0]).check(rig)
    with pytest.raises(RefusedError, match="takes one bone"):
        found.with_role("hand.L", *found.roles["spine"]).check(rig)
