# SPDX-License-Identifier: GPL-3.0-or-later
"""Humans of every build are found without names."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from motion_addon.motion.rigs import RigBones, detect
from motion_addon.motion.rigs.person_structure import find_person
from tests.cases import each
from tests.motion.humans import Build, human

builds = st.builds(
    Build,
    spine=st.integers(1, 7),
    neck=st.integers(1, 3),
    clavicles=st.booleans(),
    toes=st.booleans(),
    fingers=st.booleans(),
    twists=st.booleans(),
    extras=st.booleans(),
    root=st.booleans(),
    pelvis_sides=st.booleans(),
    arms=st.sampled_from([0.0, 20.0, 45.0, 60.0]),
    knees=st.sampled_from([0.0, 3.0, 15.0, 40.0]),
    size=st.sampled_from([0.01, 0.6, 1.0, 25.0]),
    turned=st.sampled_from([0.0, np.pi / 2, np.pi, -np.pi / 2]),
    rolls=st.sampled_from([None, None, 1, 2]),
)


@settings(max_examples=150, deadline=None)
@given(builds)
def test_every_human_is_found_by_structure(build):
    # Without toes, pointing bones or bent knees nothing separates front from back.
    assume(build.toes or build.rolls is None or build.knees >= 15.0)
    rig, truth = human(build)
    found = find_person(rig)
    assert found is not None
    for role, names in truth.roles.items():
        if role not in ("spine", "neck", "head"):
            assert found.roles.get(role) == names, role
    assert found.roles.get("spine", ()) + found.roles.get("neck", ()) + found.roles["head"] == (
        truth.roles["spine"] + truth.roles["neck"] + truth.roles["head"]
    )


def test_structure_is_used_when_names_say_nothing_and_says_so():
    found = detect(human()[0])
    assert found.family == "structure"
    assert found.usable
    assert any("check the bone map" in note for note in found.notes)


@each("turned", [0.0, 1.0, np.pi / 2, 2.5])
def test_facing_follows_the_rig(turned):
    rig, truth = human(Build(turned=turned))
    named = RigBones(
        tuple(_mocap_name(truth, n) for n in rig.names),
        rig.parents, rig.rest_heads, rig.rest_rotations, rig.lengths,
    )  # fmt: skip
    facing = detect(named).facing
    assert np.allclose(facing, [np.sin(turned), 0.0, np.cos(turned)], atol=1e-6)


def _mocap_name(truth, bone):
    role = next((r for r, names in truth.roles.items() if bone in names), None)
    return bone if role is None else f"mixamorig:{_mixamo(role, truth.roles[role].index(bone))}"


def _mixamo(role, index):
    part, _, side = role.partition(".")
    words = {
        "shoulder": "Shoulder", "upper_arm": "Arm", "forearm": "ForeArm", "hand": "Hand",
        "thigh": "UpLeg", "shin": "Leg", "foot": "Foot", "toe": "ToeBase",
    }  # fmt: skip
    word = words.get(part, f"{part.title()}{index or ''}")
    return {"L": "Left", "R": "Right"}.get(side, "") + word


def test_a_table_is_no_human():
    heads = np.array([[0, 1, 0], [1, 1, 1], [-1, 1, 1], [1, 1, -1], [-1, 1, -1]], float)
    rotations = np.tile([1.0, 0.0, 0.0, 0.0], (5, 1))
    rig = RigBones(
        ("top", "a", "b", "c", "d"), np.array([-1, 0, 0, 0, 0]), heads, rotations, np.ones(5)
    )
    found = detect(rig)
    assert not found.usable
    assert found.confidence == 0.0
