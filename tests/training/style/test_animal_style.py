# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of animals' styles: what is made up on a trot, torch against numpy, end to end."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from motion_addon.motion.body import quadruped
from motion_addon.motion.body.kinds import QUADRUPED, kind_of
from motion_addon.motion.body.quadruped_gaits import HIP_HEIGHT
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style import style_pose, transfer
from tests.cases import each
from tests.training.styled import TROTTER
from training.data.synthetic.creature import MANNERS, manner
from training.style.judging import bakes, classifiers, creature_bakes, draw
from training.style.synthesis import neutral_animals
from training.style.synthesis.animal_styles import ANIMAL_STYLES, of_manner
from training.style.synthesis.pose import around

LAYOUT = ANIMAL_STYLES.layout


@lru_cache(maxsize=32)
def made(name: str) -> Clip:
    """Return the trot in a made-up style, before its paws are planted."""
    seen = sf.observe(TROTTER.clip)
    features, told = seen.features()[:: transfer.STEP], seen.conditions()[:: transfer.STEP]
    low, spread = around(features)
    shaky = sf.unsteadiness(np.random.default_rng(0), 1, len(features))
    row = ANIMAL_STYLES.row(ANIMAL_STYLES.styles[name])
    parts = (features, low, spread, told, row, shaky[0])
    more = ANIMAL_STYLES.render(*(part[None] for part in parts))[0] - features
    at = np.arange(TROTTER.clip.frames) / transfer.STEP
    more = np.stack([np.interp(at, np.arange(len(more)), column) for column in more.T], axis=1)
    return style_pose.applied(seen, style_pose.turned(LAYOUT, seen.features(), more))


@each("name", ANIMAL_STYLES.styles)
def test_styles_keep_standing_paws(name: str) -> None:
    before, after = TROTTER.rendered(name)
    told = TROTTER.windows().read(np.array([30]))["conditions"][0, :, LAYOUT.contacts]
    moved = (after - before)[0][:, LAYOUT.ends].reshape(-1, 4, 3)
    for leg in range(4):
        assert np.ptp(moved[told[:, leg] > 0.999, leg], axis=0) == pytest.approx(0.0, abs=5e-3)
    assert np.abs(after - before).max() > 0.05


@each("name", ANIMAL_STYLES.styles)
def test_legs_stay_as_legs_are(name: str) -> None:
    clip = made(name)
    places, plain = clip.world()[1], TROTTER.clip.world()[1]
    paws = [clip.skeleton.index(paw) for paw in quadruped.PAWS]
    assert places[:, paws, 1].min() > 0.01
    for left, right in ((0, 2), (1, 3)):
        apart, was = (x[:, paws[left], 0] - x[:, paws[right], 0] for x in (places, plain))
        assert apart.min() > was.min() - 0.02, "legs do not cross more than they did"
    quickest, was = (
        np.linalg.norm(quat.to_rotvec(quat.inv_mul(r[:-1], r[1:])), axis=-1).max()
        for r in (clip.rotations, TROTTER.clip.rotations)
    )
    assert quickest < 2.0 * was, "no joint jumps"


def test_manners_of_creatures_are_the_styles() -> None:
    assert set(MANNERS[1:]) <= set(ANIMAL_STYLES.styles)
    parameters = of_manner(manner("prowl"))
    assert parameters["drop"] == pytest.approx(0.2 * HIP_HEIGHT)
    assert parameters["neck"] == pytest.approx(np.radians(-24.0))
    assert set(of_manner(manner("limp", limp=1))) >= {"limp_fore"}
    assert set(of_manner(manner("limp", limp=0))) >= {"limp_hind"}
    assert not of_manner(manner("plain"))


@each(
    ("parameter", "joint", "sign"),
    [("neck", "Neck1", -1), ("head", "Head", 1), ("tail", "Tail1", 1), ("round", "Spine2", 1)],
)
def test_knobs_turn_what_they_say(parameter: str, joint: str, sign: int) -> None:
    before, after = TROTTER.rendered("neutral", **{parameter: 0.3})
    off = (after - before)[0, :, LAYOUT.joint(joint)][:, 0].mean()
    assert off * sign > 0.04


def test_a_limp_rises_over_the_leg_that_is_spared() -> None:
    before, after = TROTTER.rendered("neutral", limp_fore=0.03)
    told = TROTTER.windows().read(np.array([30]))["conditions"][0]
    down = told[:, LAYOUT.contacts]
    neck = (after - before)[0, :, LAYOUT.joint("Neck1")][:, 0]
    left, right = down[:, 1] > 0.9, down[:, 3] > 0.9
    assert neck[left & ~right].mean() < -0.05 < 0.05 < neck[right & ~left].mean()


def test_synthetic_animals_give_training_clips() -> None:
    clips = list(neutral_animals.synthetic_clips(0))
    assert 2 <= len(clips) <= 3
    assert all(kind_of(clip.skeleton) is QUADRUPED for clip in clips)
    assert ANIMAL_STYLES.performer("creature/7/0 mirrored") == "creature/7 mirrored"


def test_windows_leave_out_frames_that_are_no_good() -> None:
    held = TROTTER.windows()
    assert held.own.min() >= 6
    assert held.kind is ANIMAL_STYLES


def test_judges_tell_gaits_of_animals() -> None:
    judges = classifiers.style_judges(TROTTER.windows(True), steps=2)
    parts = TROTTER.windows().read(TROTTER.windows().own[40:48])
    assert judges.style.odds(parts["features"]).shape == (8, len(ANIMAL_STYLES.classes))
    gait = ANIMAL_STYLES.gait_of(parts["conditions"], 0.75)[-1]
    assert gait == list(ANIMAL_STYLES.judged).index("trot")


def test_judges_of_gait_see_paws_go_and_nothing_else() -> None:
    judges = classifiers.style_judges(TROTTER.windows(True), steps=2)
    x = TROTTER.windows().read(TROTTER.windows().own[40:44])["features"]
    other = x + np.random.default_rng(0).normal(size=LAYOUT.features).astype(np.float32)
    other[..., : LAYOUT.ends.start] = 0.0
    assert judges.gait.odds(other) == pytest.approx(judges.gait.odds(x), abs=1e-3)
    assert np.abs(judges.style.odds(other) - judges.style.odds(x)).max() > 1e-2
    told = classifiers.accuracy(judges, TROTTER.windows(), count=8)
    assert len(told) == 8
    assert all(0.0 <= share <= 1.0 for share in told.values())


def test_footfalls_are_seen_on_paws() -> None:
    assert bakes.footfalls(TROTTER.clip, TROTTER.clip) == 1.0
    assert bakes.footfalls(TROTTER.clip, made("sad")) == 1.0


def test_creatures_are_judged(monkeypatch) -> None:
    few = {"sad": ANIMAL_STYLES.styles["sad"]}
    monkeypatch.setattr(creature_bakes, "CREATURES", ("fox",))
    monkeypatch.setattr(creature_bakes, "COURSES", creature_bakes.COURSES[1:])
    monkeypatch.setattr(creature_bakes, "ANIMAL_STYLES", replace(ANIMAL_STYLES, styles=few))
    (row,) = creature_bakes.measured(classifiers.style_judges(TROTTER.windows(True), steps=2))
    assert row["name"] == "fox"
    assert row["footfalls"] == 1.0
    assert row["slip_95_cm"] < 1.0
    assert set(row["styles"]) == {"sad"}


def test_animals_are_drawn(tmp_path: Path) -> None:
    draw.grid({"trot": (TROTTER.clip, [40, 50])}, tmp_path / "trot.png")
    picture = image.imread(tmp_path / "trot.png")[..., :3]
    drawn = (picture < 0.9).any(axis=-1)
    halves = np.array_split(drawn, 2, axis=1)
    assert all(0.002 < half.mean() < 0.5 for half in halves), "a figure in each of two cells"
