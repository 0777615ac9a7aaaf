# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up animals: they stand on bent legs, and move as the tables say animals do."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.body.kinds import QUADRUPED, kind_of
from motion_addon.motion.metrics import quadruped_metrics
from tests.cases import each
from training.data.synthetic import (
    anatomy,
    checks,
    clock,
    creature,
    episodes,
    generate,
    legs,
    motion,
    route,
)
from training.data.synthetic.creature import Manner
from training.data.synthetic.families import FAMILIES
from training.data.synthetic.measured import HORSE, HORSE_HIP, LABRADOR, LABRADOR_HIP


def of_kind(kind: str, seed: int = 0) -> creature.SyntheticCreature:
    rng = np.random.default_rng([seed, 5])
    return creature.of_build(kind, anatomy.varied(FAMILIES[kind], rng), rng)


def walked(
    who: creature.SyntheticCreature, manner: Manner, seed: int = 0
) -> motion.SyntheticMotion:
    out = route.straight(who, "walk", 0.9, 4.0)
    return motion.move(who, out.plan, manner, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def made() -> list[tuple[motion.SyntheticMotion, route.Route]]:
    return list(generate.motions(7, 20))


@each("kind", FAMILIES)
def test_a_creature_stands_on_bent_legs(kind):
    who = of_kind(kind)
    assert kind_of(who.skeleton) is QUADRUPED
    rest = who.skeleton.rest_positions()
    paws = rest[[who.skeleton.index(name) for name in quadruped.PAWS]]
    hip = rest[who.skeleton.index("LeftFemur"), 1]
    assert np.allclose(paws[:, 1], paws[0, 1], atol=1e-5)
    assert hip - paws[0, 1] + anatomy.PAW_HEIGHT == pytest.approx(
        quadruped_gaits.HIP_HEIGHT, abs=1e-5
    )
    mirrored = who.skeleton.symmetric().offsets
    assert np.allclose(mirrored, who.skeleton.offsets, atol=1e-6)
    assert (legs.spans(who, Manner()) > 0.1 * quadruped_gaits.HIP_HEIGHT).all()
    for side, ahead in (("LeftTibia", 1.0), ("LeftRadius", -1.0)):
        pole = legs.pole(who.skeleton, "LH" if side == "LeftTibia" else "LF")
        assert pole[2] * ahead > 0.0 or who.build.sprawl > 0.4


def test_a_draw_is_the_same_for_the_same_seed():
    one, other = (creature.draw(3, 5) for _ in range(2))
    assert one.build == other.build and one.gaits == other.gaits
    assert np.array_equal(one.skeleton.offsets, other.skeleton.offsets)
    assert creature.draw(3, 6).build != one.build


def test_strides_and_duty_follow_the_tables():
    froude = np.array([quadruped_gaits.froude(row.speed, LABRADOR_HIP) for row in LABRADOR])
    strides = clock.stride_length(froude) * LABRADOR_HIP
    assert np.allclose(strides, [row.stride for row in LABRADOR], rtol=0.1)
    weights = np.stack([np.eye(6)[quadruped_gaits.GAITS.index(row.gait)] for row in LABRADOR])
    duty = clock.duty_factor(weights, froude)
    assert np.abs(duty - [row.duty for row in LABRADOR]).max() < 0.09


def test_dogs_and_horses_stride_as_measured():
    for kind, rows, hip in (("canid", LABRADOR[1::3], LABRADOR_HIP), ("equid", HORSE, HORSE_HIP)):
        for real, own in checks.compared(kind, rows, hip, draws=1):
            assert own.frequency == pytest.approx(real.frequency, rel=0.15)
            assert own.duty == pytest.approx(real.duty, abs=0.06)
            if real.phases is not None and own.phases is not None:
                off = np.array(own.phases) - np.array(real.phases)
                assert np.abs((off + 0.5) % 1.0 - 0.5).max() < 0.06


def test_takes_could_be_an_animals(made):
    found = [checks.figures(take, out) for take, out in made]
    for name, (low, high) in checks.LIMITS.items():
        values = np.array([one[name] for one in found if name in one])
        beyond = ((values < low) | (values > high)).mean()
        assert beyond <= 0.05, f"{name}: {values.min():.3f} to {values.max():.3f}"
    assert np.median([one["slip"] for one in found]) < 0.001


def test_paws_stand_where_the_contacts_say(made):
    for take, _ in made[:10]:
        points = quadruped.paw_points(take.clip)
        down = np.asarray(take.clip.contacts) > 0.5
        both = down[1:] & down[:-1]
        steps = np.linalg.norm(np.diff(points, axis=0), axis=-1)
        assert np.percentile(steps[both], 99.0) < 0.002 * quadruped_gaits.HIP_HEIGHT
        assert (
            np.abs(points[..., 1][down] - anatomy.PAW_HEIGHT).max()
            < 0.01 * quadruped_gaits.HIP_HEIGHT
        )


@each("kind", ["pivot", "backward", "stopping", "changing"])
def test_routes_of_all_kinds(kind):
    who, rng = of_kind("canid"), np.random.default_rng(2)
    out = route.draw(who, rng, kind)
    take = motion.move(who, out.plan, Manner(), rng)
    assert take.clip.frames == len(out.plan)
    assert not checks.faults(checks.figures(take, out))
    assert (np.asarray(take.clip.contacts)[[0, -1]] == 1.0).all()


def test_a_dog_leads_with_the_inner_leg_and_trots_backward():
    who, rng = of_kind("canid"), np.random.default_rng(2)
    out = route.draw(who, rng, "backward", seconds=5.0)
    take = motion.move(who, out.plan, Manner(), rng)
    strides = quadruped_metrics.strides(np.asarray(take.clip.contacts), 60.0)
    assert (
        quadruped_metrics.gait_of(quadruped_metrics.footfall_phases(strides), 0.5)
        == quadruped_gaits.BACKWARD
    )


def test_manners_show():
    who = of_kind("felid")
    plain, prowl, high = (
        walked(who, manner)
        for manner in (Manner(), Manner("prowl", crouch=0.9, head=-20.0), Manner(lift=2.2))
    )
    index = who.skeleton.index("Withers")
    heights = [take.clip.world()[1][120:-120, index, 1].mean() for take in (plain, prowl)]
    assert heights[1] < heights[0] - 0.08 * quadruped_gaits.HIP_HEIGHT
    lifts = [quadruped.paw_points(take.clip)[..., 1].max() for take in (plain, high)]
    assert lifts[1] > 1.6 * lifts[0]


def test_a_limping_leg_stands_shorter_and_is_spared():
    who = of_kind("equid")
    plain, limp = walked(who, Manner()), walked(who, Manner("limp", limp=1))
    duty = [
        quadruped_metrics.duty_factors(
            quadruped_metrics.strides(np.asarray(take.clip.contacts), 60.0)
        )
        for take in (plain, limp)
    ]
    assert duty[1][1] < 0.9 * duty[0][1]
    assert duty[1][3] > duty[1][1] + 0.08


def test_walks_vault_and_trots_bounce():
    who = of_kind("canid", 3)
    for gait, pace, highest in (("walk", 1.0, 0.3), ("trot", 2.2, 0.45)):
        out = route.straight(who, gait, pace, 6.0)
        take = motion.move(who, out.plan, Manner(), np.random.default_rng(1))
        hips = take.clip.world()[1][:, who.skeleton.index("LeftFemur"), 1]
        other = take.clip.world()[1][:, who.skeleton.index("RightFemur"), 1]
        strides = [s for s in checks.steady_strides(take, out) if s.leg == 0]
        tracks = [
            np.interp(np.linspace(s.start, s.stop, 20), np.arange(len(hips)), hips + other)
            for s in strides
        ]
        peak = int(np.mean(tracks, axis=0)[:10].argmax()) / 20.0
        assert abs(peak - highest) < 0.11, f"{gait} is highest at {peak}"


def test_files_of_takes_can_be_read_again(tmp_path, made):
    file = tmp_path / "made.npz"
    np.savez(file, **generate.arrays(made[:3]))
    for (take, _), again in zip(made, generate.read(file), strict=False):
        assert np.array_equal(take.clip.rotations, again.rotations)
        assert np.array_equal(np.asarray(take.clip.contacts), np.asarray(again.contacts))
        assert np.allclose(take.clip.world()[1], again.world()[1], atol=1e-6)


def test_episodes_stream_from_a_seed():
    one, two = (list(itertools.islice(episodes.made_up(5), 1)) for _ in range(2))
    for a, b in zip(one, two, strict=True):
        assert a.creature == b.creature
        assert np.allclose(a.exemplar.clip.rotations, b.exemplar.clip.rotations, atol=1e-4)
        assert len(a.others) == episodes.OTHERS
        same = a.exemplar.clip.skeleton.offsets
        assert all(np.array_equal(other.clip.skeleton.offsets, same) for other in a.others)
        assert all(len(other.gait) == other.clip.frames for other in (a.exemplar, *a.others))
        assert a.exemplar.clip.seconds <= episodes.LONGEST


def test_a_stream_mixes_in_real_animals_of_its_split():
    made = episodes.episode(5, 0)
    samples = tuple(replace(one, kind="walk", froude=0.2) for one in (made.exemplar, *made.others))
    known = [episodes.Animal(name, name == "kept", samples) for name in ("seen", "kept")]
    for validation, rig in ((False, "seen"), (True, "kept")):
        few = itertools.islice(episodes.stream(5, known, validation, real_share=1.0), 3)
        assert all(one.real and one.creature == rig for one in few)


def test_training_and_validation_share_no_creature():
    numbers = range(40)
    apart = [{n for n in numbers if episodes.held_out(n) == kind} for kind in (True, False)]
    assert apart[0] and apart[1] and not apart[0] & apart[1]
    shown = next(episodes.made_up(5, validation=True)).creature
    assert episodes.held_out(int(shown.rsplit(".", 1)[1]))
