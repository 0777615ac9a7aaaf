# SPDX-License-Identifier: GPL-3.0-or-later
"""The exemplar doctor: good clips pass, and each fault is named."""

import numpy as np
import pytest

from motion_addon.motion.body.quadruped import LEGS
from motion_addon.motion.creature.doctor.diagnosis import examine
from motion_addon.motion.creature.doctor.finding import ORDER
from motion_addon.motion.creature.reading import exemplar
from motion_addon.motion.creature.reading.recording import Recording
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion import humans
from tests.motion.exemplar_clips import CANTER, TROT, WALK, in_place, round_of, stepper, turned
from training.creature.judging import faults
from training.creature.judging.faults import FAULTS, Good

PACE = {"gait": "pace", "speed": 1.6, "stride": 0.5}
FEW = 20
"""Faults that are counted on other gaits."""


def dog(**how: object) -> Good:
    """Return a good clip without telling names."""
    return Good.canonical(stepper(4.0, **how), round(float(how["stride"]) * 60.0))


@pytest.fixture(scope="module")
def walker() -> Good:
    return dog(**WALK)


@each("how", [WALK, TROT, PACE, CANTER])
def test_good_clips_have_nothing_wrong(how):
    found = examine(Recording.of_clip(dog(**how).clip, "dog"))
    assert [one.code for one in found.findings if one.severity != "note"] == []
    assert found.usable
    assert found.name == "dog"
    assert found.gait == how["gait"]
    assert found.stride == pytest.approx(how["stride"], rel=0.05)
    assert found.speed == pytest.approx(how["speed"], rel=0.05)
    assert not found.in_place
    assert found.facing == pytest.approx((0.0, 0.0, 1.0), abs=0.05)
    assert found.hip_height == pytest.approx(0.56, rel=0.06)
    assert set(found.legs) == set(LEGS)
    assert len(found.spine) >= 3
    assert found.tail
    assert found.neck


@each("fault", FAULTS)
def test_every_fault_is_named(walker, fault):
    found = fault(walker)
    assert faults.named(fault, found), [one.text for one in found.findings]
    for one in found.findings:
        assert 0.0 < one.confidence < 1.0
        assert one.text.endswith(".")
    order = [ORDER.index(one.severity) for one in found.findings]
    assert order == sorted(order)


@pytest.mark.parametrize("how", [PACE, CANTER], ids=lambda how: how["gait"])
def test_of_twenty_faults_at_least_nineteen_are_named(how):
    subject = dog(**how)
    picked = np.random.default_rng(len(how["gait"])).permutation(len(FAULTS))[:FEW]
    chosen = [list(FAULTS)[int(i)] for i in picked]
    named = [faults.named(fault, fault(subject)) for fault in chosen]
    assert sum(named) >= FEW - 1


def test_a_clip_of_one_stride_in_place_is_a_loop(walker):
    found = examine(Recording.of_clip(round_of(in_place(walker.clip), WALK["stride"])))
    assert found.loop
    assert found.in_place
    assert found.usable
    assert found.strides == pytest.approx(1.0, abs=0.05)
    assert found.speed == pytest.approx(WALK["speed"], rel=0.08)
    assert [one.code for one in found.findings] == ["in_place"]


def test_facing_is_given_in_the_clip_s_world(walker):
    found = examine(Recording.of_clip(turned(walker.clip, quat.yaw(0.5 * np.pi))))
    assert found.facing == pytest.approx((1.0, 0.0, 0.0), abs=0.05)


def test_the_parts_can_be_changed_and_given(walker):
    found = examine(Recording.of_clip(walker.clip))
    shorter = found.rig_map.with_role("tail", *found.rig_map.roles["tail"][:2])
    again = examine(Recording.of_clip(walker.clip), rig_map=shorter)
    assert again.tail == found.tail[:2]
    assert again.usable
    assert exemplar.of_clip(walker.clip, rig_map=shorter).footfalls.gait == "walk"


def test_what_cannot_be_read_has_no_parts(walker):
    people = examine(Recording.of_clip(humans.standing_clip(40)))
    assert people.names("two_legs")
    for found in (people, faults.not_a_number(walker), faults.odd_rate(walker)):
        assert not found.usable
        assert found.legs is None
        assert found.gait == "stand"
        assert found.froude == 0.0
