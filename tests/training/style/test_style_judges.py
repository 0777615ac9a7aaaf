# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges that know crouching and real performers, and statistics modulated while a network runs."""

from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pytest

from motion_addon.motion.body.biped_gaits import GAITS
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller.controller import Controller
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.style import model as style_model
from motion_addon.motion.style import style_features as sf
from tests.training.styled import TROTTER, WALKER
from training.shared.frames import Joined
from training.style import prepare
from training.style.dataset import StyleWindows
from training.style.judging import (
    bakes,
    captured_performers,
    classifiers,
    compare_methods,
    crouching,
    evaluate,
    modulate,
)
from training.style.synthesis.people_styles import PEOPLE_STYLES

LAYOUT = WALKER.layout
WALK = [GAITS.index("walk")]


@lru_cache(maxsize=1)
def take() -> modulate.PlainRun:
    return modulate.plain_run(bakes.request_of(("straight", 1.5, "auto")), WALK)


def lean(clip) -> float:
    """Return how far (m) the head is ahead of the hips, a mean."""
    seen = sf.observe(clip)
    ahead = seen.positions[:, clip.skeleton.index("Head")] - seen.positions[:, 0]
    return float((ahead * seen.root.facing).sum(axis=-1).mean())


def test_windows_are_made_to_crouch() -> None:
    parts = WALKER.windows().read(np.array([30, 60]))
    quick = {key: np.array(value) for key, value in parts.items()}
    quick["conditions"][1, :, LAYOUT.motion] = (0.0, 3.0, 0.0)
    low = crouching.crouched(quick, np.array([True, True]), np.random.default_rng(0))
    hips = LAYOUT.hips.start + 1
    assert (low["features"] - parts["features"])[0, :, hips].max() < -0.1
    assert list(PEOPLE_STYLES.gait_of(low["conditions"][:1], 0.75)) == [3]
    assert np.array_equal(low["features"][1], parts["features"][1])
    ankles = [LAYOUT.ends.start + 1, LAYOUT.ends.start + 4]
    assert np.array_equal(low["features"][:, :, ankles], parts["features"][:, :, ankles])
    none = crouching.crouched(parts, np.array([False, False]), np.random.default_rng(0))
    assert all(np.array_equal(none[key], parts[key]) for key in parts)


def test_judges_are_asked_about_captured_crouching(monkeypatch, tmp_path) -> None:
    clip = WALKER.clip
    source = SimpleNamespace(name=crouching.CAPTURED, clip=clip, floor=0.0)
    monkeypatch.setattr(crouching.people, "biped_clips", lambda _data: [source])
    monkeypatch.setattr(crouching, "planted_clip", lambda source, _skeleton: source.clip)
    observe = prepare.sf.observe

    def low(clip):
        seen = observe(clip)
        seen.root.gait[:] = np.eye(len(GAITS))[GAITS.index("crouch")]
        return seen

    monkeypatch.setattr(prepare.sf, "observe", low)
    sure = SimpleNamespace(odds=lambda x: np.tile([0.0, 0.0, 0.0, 1.0], (len(x), 1)))
    told = crouching.captured_accuracy(SimpleNamespace(gait=sure, style=sure), tmp_path)
    assert told["gait"] == told["plain"] == 1.0
    assert told["style"] < 0.5
    assert told["windows"] > 5


def test_a_clip_is_rendered_in_a_style() -> None:
    old = compare_methods.rendered_clip(WALKER.clip, "old")
    assert lean(old) > lean(WALKER.clip) + 0.1
    assert old.contacts is not None
    same = compare_methods.rendered_clip(WALKER.clip, "neutral")
    assert same.rotations == pytest.approx(WALKER.clip.rotations, abs=0.02)


@pytest.mark.parametrize("subject", [WALKER, TROTTER], ids=["person", "animal"])
def test_slips_are_centimeters_of_each_stand(subject) -> None:
    still = subject.clip.slice(60, 61)
    frames = np.zeros(21, dtype=np.int64)
    roots = still.root_positions[frames] + np.linspace(0.0, [0.01, 0.0, 0.0], 21)
    slid = replace(
        still,
        rotations=still.rotations[frames],
        root_positions=roots.astype(np.float32),
        contacts=np.ones((21, 4), dtype=np.float32),
    )
    assert bakes.slips(slid) == pytest.approx((1.0, 1.0), abs=1e-3)


def test_statistics_are_seen_with_the_poses_forced() -> None:
    model = controller_model.load("biped")
    plain = modulate.forced(model, WALKER.clip, WALK)
    assert plain.mean.shape == plain.deviation.shape == (2, model.network.biases[0].shape[1])
    old = modulate.forced(
        model, WALKER.clip, WALK, compare_methods.rendered_clip(WALKER.clip, "old")
    )
    assert np.abs(old.mean - plain.mean).max() > 0.1
    same = plain.shifted(plain, plain)
    assert same.mean == pytest.approx(plain.mean, abs=1e-6)
    assert same.deviation == pytest.approx(plain.deviation, abs=1e-6)
    with pytest.raises(ValueError, match="no moving frames"):
        modulate.forced(model, WALKER.clip, [GAITS.index("run")])


def test_a_network_that_is_not_modulated_runs_as_ever() -> None:
    plain = take()
    still = np.zeros(len(plain.plan))
    driven = modulate.Driven(plain.model, plain.own, plain.own, still)
    run = modulate.drive(plain.plan, driven)
    same = modulate.drive(plain.plan, Controller(plain.model))
    assert np.array_equal(run.clip.rotations, same.clip.rotations)
    assert np.array_equal(run.phase, same.phase)


def test_a_modulated_walk_takes_on_the_style_and_keeps_its_clock() -> None:
    plain = take()
    model = plain.model
    old = modulate.forced(
        model, WALKER.clip, WALK, compare_methods.rendered_clip(WALKER.clip, "old")
    )
    aim = plain.own.shifted(modulate.forced(model, WALKER.clip, WALK), old)
    before = modulate.restyled(plain, aim, 0.0)
    after = modulate.restyled(plain, aim, 1.0)
    assert lean(after) > lean(before) + 0.05
    assert after.frames == before.frames
    off = (after.root_positions - before.root_positions)[:, [0, 2]]
    assert np.abs(off).mean() < 0.1
    free = modulate.restyled(plain, aim, 1.0, hold=False)
    assert np.isfinite(free.rotations).all()


def performers() -> StyleWindows:
    """Return windows of one walk, said to be each performer's; one has a single clip."""
    joined = Joined()
    arrays = prepare.arrays_of(WALKER.clip)
    count = len(arrays["features"])
    for start in captured_performers.PERFORMERS.values():
        lone = start.startswith("zombie")
        for name in ("a",) if lone else ("a", "b"):
            labels = arrays | {"other": np.full(count, not start.startswith("o3de"))}
            if lone:
                labels = {key: np.tile(v, (3, *[1] * (v.ndim - 1))) for key, v in labels.items()}
            joined.add(f"{start}{name}.bvh", labels, np.ones(len(labels["other"]), bool), False)
    return StyleWindows(joined.arrays(WALKER.clip.skeleton), held_out=False)


def test_performers_are_judged_by_other_clips_than_they_are_shown_by() -> None:
    halves = captured_performers.Halves(performers())
    for judged, shown in zip(halves.judged, halves.shown, strict=True):
        clips = [halves.windows.clip[f] for first in shown.values() for f in first]
        mine = halves.windows.clip[judged]
        if set(clips) & set(mine):
            assert max(judged) + WINDOW <= min(f for first in shown.values() for f in first)
        assert len(judged)
        assert clips
    features, (who,) = halves.draw(np.random.default_rng(0), 20)
    assert features.shape == (20, WINDOW, LAYOUT.features)
    assert set(who) <= set(range(len(captured_performers.PERFORMERS)))


def test_takes_are_told_for_the_performers_whose_style_they_wear(monkeypatch) -> None:
    monkeypatch.setattr(captured_performers, "WALKS", captured_performers.WALKS[:1])
    monkeypatch.setattr(captured_performers, "STRENGTHS", (0.0, 1.0))
    halves = captured_performers.Halves(performers())
    asked = (classifiers.Question(len(captured_performers.PERFORMERS)),)
    (judge,) = captured_performers.trained_judges(halves.draw, asked, 1, steps=2)
    row = captured_performers.carried(style_model.load_styler("biped"), judge, halves, 1)
    assert row["examples"] == 1
    assert all(0.0 <= row[key] <= 1.0 for key in ("real", "0.0", "1.0"))


def test_ways_are_compared_over_takes(monkeypatch) -> None:
    few = replace(PEOPLE_STYLES, styles={"old": PEOPLE_STYLES.styles["old"]})
    course = ("straight", 1.5, "auto")
    for module in (evaluate, bakes, compare_methods):
        monkeypatch.setattr(module, "PEOPLE_STYLES", few)
        monkeypatch.setattr(module, "COURSES", (course, course))
    monkeypatch.setattr(evaluate, "STRENGTHS", (0.0, 1.0))
    bent = SimpleNamespace(odds=lambda x: np.stack([0.0 * x[:, 0, 0], x[:, 0, 0]], axis=1))
    walks = SimpleNamespace(odds=lambda x: np.tile([0.0, 1.0, 0.0, 0.0], (len(x), 1)))
    plain = [compare_methods.untouched(course, "", 0.0)] * 2
    shown = {"Walk1": WALKER.clip}
    found = {
        name: compare_methods.figures(SimpleNamespace(style=bent, gait=walks), plain, make)
        for name, make in compare_methods.methods(shown).items()
    }
    assert found["ships"]["off"] < found["untouched"]["off"]
    assert found["untouched"]["timing"] == 0.0
    assert all(row["gait"] == 1.0 for row in found.values())
    assert 0.0 < found["hidden, shifted"]["lowest_hips_m"] < 1.1
    fast = [GAITS.index(name) for name in ("jog", "run")]
    assert compare_methods.gaits_of(("straight", 2.4, "auto")) == fast
    assert compare_methods.gaits_of(("straight", 0.9, "crouch")) == [GAITS.index("crouch")]
