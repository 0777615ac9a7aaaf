# SPDX-License-Identifier: GPL-3.0-or-later
"""Four-legged rigs are distinguished from humans; names and build identify their bones."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.body import quadruped
from motion_addon.motion.body.kinds import BIPED, QUADRUPED
from motion_addon.motion.maths import quat
from motion_addon.motion.rigs import (
    RigBones,
    RigMap,
    detect,
    family_label,
    required_roles,
    roles_of,
)
from motion_addon.motion.rigs.animal_structure import find_animal
from motion_addon.motion.rigs.families import FAMILIES
from tests.cases import each
from tests.motion import humans
from tests.motion.animals import Build, animal
from tests.motion.dogs import dog

ANIMALS = [family for family in FAMILIES if family.kind is QUADRUPED]
LEGS = ("foreleg.L", "foreleg.R", "hindleg.L", "hindleg.R")
builds = st.builds(
    Build,
    spine=st.integers(1, 8),
    neck=st.integers(1, 4),
    tail=st.integers(2, 8),
    fore=st.integers(3, 7),
    hind=st.integers(3, 7),
    straight=st.booleans(),
    ears=st.booleans(),
    wings=st.booleans(),
    helpers=st.booleans(),
    loose_feet=st.booleans(),
    from_chest=st.booleans(),
    root=st.just(True),
    size=st.sampled_from([0.01, 0.5, 1.0, 25.0]),
    turned=st.sampled_from([0.0, 1.0, np.pi / 2, np.pi, -2.2]),
    rolls=st.sampled_from([None, None, 1, 2]),
)


@given(builds)
def test_every_animal_is_found_by_its_build(build):
    # A leg whose last bone starts high and points nowhere does not show that it stands.
    assume(build.rolls is None or min(build.fore, build.hind) > 3)
    rig, truth = animal(build)
    found = detect(rig)
    assert found.kind.name == "quadruped"
    assert found.usable
    assert any("check the bone map" in note for note in found.notes)
    for role in ("hips", "spine", "tail"):
        assert found.roles.get(role) == truth.roles.get(role), role
    for role in LEGS:
        # A bone that starts on the ground itself may be taken for the mark of the paw's tip.
        assert found.roles[role] in (truth.roles[role], truth.roles[role][:-1]), role
    assert found.roles["neck"] + found.roles["head"] == truth.roles["neck"] + truth.roles["head"]
    ahead = [np.sin(build.turned), 0.0, np.cos(build.turned)]
    assert np.dot(found.facing, ahead) > 0.95


def test_an_animal_with_its_z_axis_up_is_found():
    rig, truth = animal(Build(wings=True))
    turn = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), np.pi / 2)
    tipped = replace(
        rig,
        rest_heads=quat.apply(turn, rig.rest_heads),
        rest_rotations=quat.mul(turn, rig.rest_rotations),
    )
    found = find_animal(tipped)
    assert found is not None
    assert {role: found.roles[role] for role in LEGS} == {role: truth.roles[role] for role in LEGS}


def test_a_crooked_stand_does_not_hide_the_symmetry():
    rig, truth = animal(Build(root=False))
    rng = np.random.default_rng(3)
    bent = replace(rig, rest_heads=rig.rest_heads + rng.normal(0.0, 0.006, rig.rest_heads.shape))
    assert detect(bent).roles["hindleg.L"] == truth.roles["hindleg.L"]


def _renamed(rig, truth, words):
    """Return the rig with bones of roles named by words and numbers."""
    names = {n: f"{words[r]}{i}" for r, bones in truth.roles.items() if r in words
             for i, n in enumerate(bones)}  # fmt: skip
    return replace(rig, names=tuple(names.get(n, n) for n in rig.names))


def test_words_in_names_tell_the_head_from_the_tail():
    # Without ears, with its head down and its tail up, this one looks the same from both ends.
    rig, truth = animal(Build(ears=False, fore=4, straight=True))
    heads = rig.rest_heads.copy()
    for role, height in (("neck", 0.45), ("head", 0.35), ("tail", 0.9)):
        heads[[rig.index(n) for n in truth.roles[role]], 1] = height
    turned = replace(rig, rest_heads=heads)
    words = {"neck": "Neck", "head": "Head", "tail": "tail_", "foreleg.L": "l_arm"}
    named = _renamed(turned, truth, words)
    found = detect(named)
    assert found.roles["head"] == ("Head0",)
    assert found.roles["foreleg.L"][0].startswith("l_arm")
    assert detect(turned).roles["head"] != truth.roles["head"], "only the names tell"


def test_carriers_on_one_side_do_not_hide_the_symmetry():
    rig, truth = animal(Build(fore=4))
    hip = rig.index(truth.roles["hindleg.L"][0])
    extra = [rig.names[hip] + f"__slide{letter}" for letter in "AB"]
    names = (*rig.names[:hip], *extra, *rig.names[hip:])
    moved = np.where(rig.parents >= hip, rig.parents + 2, rig.parents)
    parents = np.concatenate([moved[:hip], [moved[hip], hip], [hip + 1], moved[hip + 1 :]])
    places = rig.rest_heads[hip] + np.array([[0.0, 0.3, 0.0], [0.0, 0.15, -0.15]])
    slid = RigBones(
        names,
        parents,
        np.insert(rig.rest_heads, hip, places, axis=0),
        np.insert(rig.rest_rotations, hip, rig.rest_rotations[[hip, hip]], axis=0),
        np.insert(rig.lengths, hip, rig.lengths[[hip, hip]]),
    )
    found = detect(slid)
    for role in LEGS:
        assert found.roles[role] == truth.roles[role]


@each("arms", [0.0, 45.0, 80.0])
@each("extras", [False, True])
def test_no_human_is_taken_for_an_animal(arms, extras):
    rig, _ = humans.human(humans.Build(arms=arms, extras=extras))
    assert detect(rig).kind.name == "biped"
    assert find_animal(rig) is None


def test_an_animal_with_human_names_is_no_human():
    rig, truth = animal(Build(fore=4, hind=4))
    names = {truth.roles["hips"][0]: "Hips", truth.roles["head"][0]: "Head"}
    for side, word in (("L", "Left"), ("R", "Right")):
        arm = ("Shoulder", "Arm", "ForeArm", "Hand")
        leg = ("UpLeg", "Leg", "Foot", "ToeBase")
        names |= dict(zip(truth.roles[f"foreleg.{side}"], (word + p for p in arm), strict=True))
        names |= dict(zip(truth.roles[f"hindleg.{side}"], (word + p for p in leg), strict=True))
    named = replace(rig, names=tuple(names.get(n, n) for n in rig.names))
    found = detect(named)
    assert found.kind.name == "quadruped"
    assert found.bone("hindleg.L") == "LeftUpLeg"


def test_the_models_own_skeleton_is_known():
    found = detect(RigBones.from_skeleton(dog()))
    assert (found.kind.name, found.family) == ("quadruped", "footfall_quadruped")
    assert found.roles["hindleg.L"] == quadruped.LEG_CHAINS["LH"]
    assert found.roles["foreleg.R"] == quadruped.LEG_CHAINS["RF"]
    assert found.roles["spine"] == quadruped.TORSO[1:]
    assert not found.missing


def _named(family) -> RigBones:
    """Return a rig with the bones of a family's table, in the places of the synthetic animal."""
    counts = {role: len(names) for role, names in family.roles.items()}
    build = Build(
        spine=counts["spine"],
        neck=max(counts["neck"], 1),
        tail=counts["tail"],
        fore=min(counts["foreleg"], 5),
        hind=min(counts["hindleg"], 5),
    )
    rig, truth = animal(build)
    names = {}
    for role, bones in truth.roles.items():
        part, _, side = role.partition(".")
        word = {"L": family.sides[0], "R": family.sides[1]}.get(side, "")
        table = [name.format(s=word) for name in family.roles.get(part, ())]
        names |= dict(zip(bones, table, strict=False))
    return replace(rig, names=tuple(names.get(n, n) for n in rig.names))


@each("family", ANIMALS)
def test_families_are_known_by_their_names(family):
    found = detect(_named(family))
    assert (found.kind.name, found.family) == ("quadruped", family.name)
    assert family_label(found.family) != found.family
    assert found.confidence >= 0.9


def test_mirrored_names_are_noticed():
    rig = RigBones.from_skeleton(dog())
    flipped = replace(rig, rest_heads=rig.rest_heads * np.array([-1.0, 1.0, 1.0]))
    found = detect(flipped)
    assert found.bone("hindleg.L") == "RightFemur"
    assert "Left and right are exchanged in the bone names." in found.notes


def test_roles_depend_on_the_kind():
    assert "foreleg.L" in roles_of(QUADRUPED)
    assert "foreleg.L" not in roles_of(BIPED)
    assert set(required_roles(QUADRUPED)) == {"hips", *LEGS}
    with pytest.raises(RefusedError, match="not a known part of the body"):
        RigMap("custom", {"foreleg.L": ("a", "b")})
    with pytest.raises(RefusedError, match="not a known part of the body"):
        RigMap("custom", {"thigh.L": ("a",)}, kind=QUADRUPED)


def test_a_leg_needs_two_bones():
    rig, truth = animal()
    short = truth.with_role("hindleg.R", *truth.roles["hindleg.R"][:1])
    assert not short.usable
    assert short.missing[0] == "hindleg.R"
    with pytest.raises(RefusedError, match="needs at least 2 bones"):
        short.check(rig)
    with pytest.raises(RefusedError, match=r"no bone for: foreleg\.L"):
        truth.with_role("foreleg.L").check(rig)


def test_maps_survive_json():
    truth = animal()[1]
    back = RigMap.from_json(truth.to_json())
    assert (back.kind.name, dict(back.roles)) == ("quadruped", dict(truth.roles))
    old = '{"format": "footfall-rig-map", "version": 1, "roles": {"hips": ["Hips"]}}'
    assert RigMap.from_json(old).kind.name == "biped"
    with pytest.raises(RefusedError, match="kind of body"):
        RigMap.from_json('{"format": "footfall-rig-map", "version": 1, "kind": "snake"}')
