# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation of one-shot adaptation: its cases, its verdicts, and the fine-tuned baseline."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import model
from motion_addon.motion.creature.reading.exemplar import Exemplar
from tests.motion.dogs import stepping_dog
from training.creature.judging import cases, evaluate, finetune, tables
from training.creature.judging.baselines import courses, shipped_model
from training.creature.judging.tables import NO_SHOT, OURS
from training.data import variants
from training.data.synthetic import episodes
from training.data.synthetic.episodes import Animal, Sample


def sample(gait: str, speed: float) -> Sample:
    clip = stepping_dog(gait, speed=speed, seconds=6.0, stride=0.6)
    weights = np.zeros((clip.frames, len(quadruped_gaits.GAITS)), np.float32)
    weights[:, quadruped_gaits.GAITS.index(gait)] = 1.0
    return Sample(
        clip, weights, gait, float(quadruped_gaits.froude(speed, quadruped_gaits.HIP_HEIGHT))
    )


@pytest.fixture(scope="module")
def dog() -> cases.JudgedCreature:
    samples = sample("trot", 1.8), sample("walk", 0.8)
    return cases.of_animal(Animal("test/dog", True, samples))


def test_the_slowest_clip_is_shown_and_the_others_asked_for(dog):
    assert dog.group == "held out"
    assert dog.exemplar.footfalls.gait == "walk"
    assert dog.exemplar.speed == pytest.approx(0.8, rel=1e-3)
    assert dog.exemplar.clip.seconds <= cases.LONGEST
    found = [(case.kind, case.gait, round(case.speed, 2)) for case in dog.cases]
    assert found == [("own", "walk", 0.8), ("turn", "walk", 0.8), ("other", "trot", 1.8)]
    bends = dog.cases[1].plan
    assert dog.cases[1].real is None
    assert np.ptp(np.unwrap(np.arctan2(*bends.facing[:, [0, 2]].T))) > courses.SWING
    for case in dog.cases:
        assert len(case.plan) == pytest.approx(60 * courses.SECONDS, abs=40)


def test_a_walk_is_shown_rather_than_a_slower_sneak():
    sneak = replace(sample("walk", 0.4), name="Sneak")
    walk = replace(sample("trot", 0.8), name="Walk")
    fox = cases.of_animal(Animal("test/fox", True, (sneak, walk)))
    assert fox.exemplar.speed == pytest.approx(0.8, rel=1e-3)
    assert [case.speed for case in fox.cases if case.kind == "other"] == [pytest.approx(0.4, 0.01)]


def test_what_was_shown_is_not_asked_for_at_another_speed():
    walk = sample("walk", 0.8)
    again = replace(walk, froude=1.5 * walk.froude)
    one = cases.of_animal(Animal("test/horse", True, (again, walk, sample("trot", 1.8))))
    assert [case.gait for case in one.cases if case.kind == "other"] == ["trot"]


def test_kin_is_who_moves_just_alike():
    walk, trot = sample("walk", 0.8), sample("trot", 1.8)
    dog = Animal("test/dog", True, (walk, trot))
    small = replace(walk, clip=walk.clip.scaled(0.97))
    twin = Animal("test/twin", False, (small, trot))
    stranger = Animal("test/stranger", False, (sample("pace", 1.0), sample("gallop", 3.0)))
    assert cases.kin_of(dog, [stranger, twin]) == "test/twin"
    assert cases.kin_of(dog, [stranger]) == ""
    assert cases.kin_of(twin, [dog]) == ""


def test_made_up_creatures_are_known_in_bends():
    one = cases.all_made_up(1)[0]
    assert one.group == "made up"
    assert {case.kind for case in one.cases} >= {"own", "turn"}
    for case in one.cases:
        assert case.real is not None
        row = evaluate.figures(case_clip(case), case)
        assert row["pose"] < 1e-4
        assert row["footfalls"] < 1e-4
        assert row["planted_median"] < 1.0


def case_clip(case: cases.Case) -> Clip:
    """Return what a creature does in a case, with frames before and after that are not measured."""
    assert case.real is not None
    fast = np.flatnonzero(case.plan.speeds > cases.FAST * case.plan.speeds.max())
    before, after = int(fast[0]) + cases.BEFORE, len(case.plan) - int(fast[-1]) - 1 + cases.AFTER
    frames = np.arange(-before, case.real.frames + after)
    return case.real.at_frames(np.clip(frames, 0, case.real.frames - 1), case.real.fps)


def test_a_creature_is_scored_in_every_case_by_every_method(dog):
    methods = {name: evaluate.BASELINES[name] for name in ("loop", "un-adapted")}
    rows = evaluate.score(dog, methods)
    assert [(row["case"], row["method"]) for row in rows[:2]] == [
        ("own", "loop"),
        ("own", "un-adapted"),
    ]
    assert len(rows) == len(dog.cases) * len(methods)
    own = rows[0]
    assert own["raw"]["pose"] < 1.0
    assert own["clean"]["pose_planted"] < 2.0
    assert own["clean"]["period"] < 1.0
    assert "pose" not in rows[2]["clean"]
    assert "dog" in tables.of_creature(rows)


def verdict(values: dict[str, tuple[float, float, float]], creature: str = "a") -> list[tables.Row]:
    """Return rows of methods with these poses, footfall errors and slips."""
    rows = []
    for method, (pose, falls, slip) in values.items():
        known = {"pose": pose, "footfalls": falls, "footfalls_most": falls, "period": 1.0}
        known |= {"slip": slip, "planted_median": 0.1, "pose_planted": pose}
        rows += [
            {"creature": creature, "method": method, "case": kind, "clean": known, "raw": known}
            for kind in ("own", "turn", "other")
        ]
    return rows


def test_better_means_better_than_every_baseline():
    rivals = {"loop": (10.0, 0.3, 0.2), "un-adapted": (12.0, 0.1, 5.0)}
    ahead = tables.judged(verdict({OURS: (9.0, 0.05, 0.9), NO_SHOT: (1.0, 0.0, 0.0), **rivals}))
    assert ahead == {
        "pose": True,
        "footfalls": True,
        "slip": True,
        "all": True,
        "slip, strictly": False,
    }
    behind = tables.judged(verdict({OURS: (11.0, 0.05, 1.2), **rivals}))
    assert not behind["pose"]
    assert not behind["slip"]
    assert not behind["all"]


def test_a_summary_names_what_is_missed():
    good = verdict({OURS: (2.0, 0.01, 0.5), "loop": (9.0, 0.3, 3.0)}, "a")
    bad = verdict({OURS: (4.0, 0.01, 0.5), "loop": (3.0, 0.3, 3.0)}, "b")
    found = tables.summary(good + bad)
    assert found["creatures"] == 2
    assert found["own"]["pose"] == {"median": 3.0, "worst": 4.0}
    assert found["own_within"]["pose"] == 0.5
    assert found["better"]["pose"] == 0.5
    assert found["means"]["loop"]["pose"] == pytest.approx(6.0)
    missed = {name for name, ok in found["targets"].items() if not ok}
    assert missed == {"own pose", "better pose", "better all"}
    assert "missed: own pose" in tables.of_summary("held out", found)


def test_the_control_sees_another_clip_on_the_same_body(dog):
    other = replace(dog, name="test/other")
    assert cases.other_than(dog, [dog, other]) is other
    small = replace(other.exemplar, clip=other.exemplar.clip.scaled(0.8))
    blind = evaluate.of_another(dog, replace(other, exemplar=small))
    assert blind.clip.skeleton is dog.exemplar.clip.skeleton


def test_any_learner_can_be_measured(dog, tmp_path, monkeypatch, capsys):
    other = replace(dog, name="test/other", group="seen")
    monkeypatch.setattr(cases, "creatures", lambda folder: [dog, other])
    shown: list[Exemplar] = []

    def learner(exemplar: Exemplar) -> model.Model:
        shown.append(exemplar)
        return replace(model.load("quadruped"), skeleton=exemplar.clip.skeleton)

    found = evaluate.evaluate(tmp_path, learner, groups=("held out",), rivals=False)
    assert len(shown) == 2
    assert {row["method"] for row in found["rows"]} == {OURS, NO_SHOT}
    assert found["held out"]["creatures"] == 1
    assert found["adapt_seconds"]["most"] >= found["adapt_seconds"]["median"] > 0.0
    assert "| one shot |" in capsys.readouterr().out


def test_every_animal_is_left_out_once(dog, tmp_path, monkeypatch):
    def known(folder, fold):
        return [replace(dog, name=f"test/{fold}", kin="test/kin" if fold % 2 else "")]

    learners = []

    def of_folder(folder):
        learners.append(folder.name)
        return evaluate.shipped

    monkeypatch.setattr(cases, "creatures", known)
    monkeypatch.setattr(evaluate, "of_folder", of_folder)
    monkeypatch.setattr(evaluate, "score", lambda one, methods: scored(one, methods))
    found = evaluate.leave_out(tmp_path, tmp_path / "folds")
    assert learners == ["1", "2", "3"]
    assert found["left out once"]["creatures"] == len(episodes.FOLDS)
    assert found["left out once, no kin seen"]["creatures"] == len(episodes.FOLDS) / 2


def test_folds_hold_out_each_rig_once():
    rigs = [rig for fold in episodes.FOLDS for rig in fold]
    assert len(rigs) == len(set(rigs)) > 30


def scored(one: cases.JudgedCreature, methods) -> list[tables.Row]:
    """Return a row of each case and method, all alike."""
    values = {"slip": 0.0, "slip_median": 0.0, "slip_95": 0.0, "planted_median": 0.0}
    values |= {"planted_95": 0.0, "pose": 1.0, "footfalls": 0.0, "footfalls_most": 0.0}
    values |= {"period": 0.0, "pose_planted": 1.0}
    row = {"creature": one.name, "kin": one.kin, "gait": "walk", "speed": 1.0}
    row |= {"group": one.group, "raw": values, "clean": values}
    kinds = ("own", "turn", "other")
    return [{**row, "case": kind, "method": name} for kind in kinds for name in methods]


def tuned(dog: cases.JudgedCreature, folder, lengths: Sequence[int] = (4,)) -> model.Model:
    settings = replace(
        finetune.SETTINGS, steps=3, batch_frames=64, lengths=tuple(lengths), shares=(1.0,)
    )
    return finetune.finetuned(dog.exemplar.clip, folder, settings)


def test_fine_tuning_starts_from_the_shipped_network_and_changes_it(dog, tmp_path):
    shipped, clip = model.load("quadruped"), dog.exemplar.clip
    same = finetune.numpy_model(finetune.torch_model(shipped, clip), shipped)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(same.network.weights, shipped.network.weights, strict=True)
    )
    assert all(
        np.array_equal(a, b) for a, b in zip(same.gate.weights, shipped.gate.weights, strict=True)
    )
    found = tuned(dog, tmp_path / "work")
    assert found.skeleton.names == clip.skeleton.names
    assert not np.array_equal(found.network.weights[1], shipped.network.weights[1])
    finetune.save(found, finetune.place(tmp_path, dog))
    again = finetune.read(finetune.place(tmp_path, dog), clip)
    plan = courses.plan(courses.straight(0.2), 0.8, "walk")
    one, other = shipped_model.driven(found, plan), shipped_model.driven(again, plan)
    assert np.array_equal(one.rotations, other.rotations)
    assert tables.FINETUNED in evaluate.baselines(dog, tmp_path)
    assert tables.FINETUNED not in evaluate.baselines(dog, None)


def test_an_exemplar_is_labeled_by_its_rhythm(dog):
    found = finetune.label(dog.exemplar.clip)
    assert np.allclose(found["phase_rate"], 1.0 / 0.6, rtol=0.01)
    assert (found["gait"][:, quadruped_gaits.GAITS.index("walk")] == 1.0).all()
    assert found["phase"].shape == (dog.exemplar.clip.frames, 4)
    with pytest.raises(ValueError, match="contacts"):
        finetune.sequences(replace(dog.exemplar.clip, contacts=None), None)


def test_variants_are_the_animal_in_another_build():
    samples = sample("trot", 1.8), sample("walk", 0.8)
    one = Animal("test/dog", True, samples)
    made = variants.variants(one, 3)
    again = variants.variants(one, 3)
    assert [v.rig for v in made] == ["test/dog~0", "test/dog~1", "test/dog~2"]
    assert all(v.held_out and len(v.samples) == 2 for v in made)
    for first, second in zip(made, again, strict=True):
        np.testing.assert_array_equal(
            first.samples[0].clip.rotations, second.samples[0].clip.rotations
        )
    for variant in made:
        skeletons = [s.clip.skeleton.offsets for s in variant.samples]
        np.testing.assert_array_equal(*skeletons)
        lengths = np.linalg.norm(skeletons[0], axis=-1)
        before = np.linalg.norm(samples[0].clip.skeleton.offsets, axis=-1)
        assert np.abs(lengths / np.maximum(before, 1e-6) - 1.0)[1:].max() > 0.03
        for own, other in zip(samples, variant.samples, strict=True):
            clip = other.clip
            assert clip.fps == 60.0 and len(other.gait) == clip.frames
            heights = quadruped.paw_points(clip)[..., 1]
            standing = np.asarray(clip.contacts) > 0.5
            was = quadruped.paw_points(own.clip)[..., 1][np.asarray(own.clip.contacts) > 0.5]
            assert np.median(heights[standing]) == pytest.approx(np.median(was), abs=0.02)
            assert 0.6 < standing.mean() / np.asarray(own.clip.contacts).mean() < 1.3
