# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles of animals: what may change of a motion, named ones, examples, and what stays."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.bake import bake, bake_many
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.body import quadruped
from motion_addon.motion.cleanup import secondary_motion
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.maths import quat
from motion_addon.motion.style import example, model, style_pose, transfer
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.request import StyleChoice
from tests.motion import beasts
from tests.motion.dogs import stepping_dog
from tests.motion.styled_walks import DOG
from tests.motion.walks import any_clip

WALK, SAD = DOG.request, DOG.choice
LAYOUT = sf.ANIMAL


@pytest.fixture
def styler() -> model.Styler:
    return DOG.styler


def height(clip: Clip, joint: str) -> float:
    """Return the mean height (m) of a joint."""
    return float(clip.world()[1][:, clip.skeleton.index(joint), 1].mean())


def test_a_layout_has_every_joint_that_does_not_follow_a_paw() -> None:
    followers = {name for leg in quadruped.LEGS for name in quadruped.limb(leg)[:2]}
    assert set(LAYOUT.joints) == set(quadruped.JOINTS) - followers
    assert LAYOUT.features == 3 * len(LAYOUT.joints) + 3 + 12
    assert sf.layout_of(DOG.clip.skeleton) is LAYOUT
    assert LAYOUT.ends.stop == LAYOUT.features


def test_paws_stay_when_the_trunk_comes_down() -> None:
    clip = DOG.clip
    seen = sf.observe(clip)
    more = np.zeros((clip.frames, LAYOUT.features))
    more[40:, LAYOUT.hips.start + 1] = -0.08
    lower = style_pose.applied(seen, more)
    assert np.array_equal(lower.rotations[:40], clip.rotations[:40])
    before, after = quadruped.paw_points(clip), quadruped.paw_points(lower)
    assert after == pytest.approx(before, abs=1e-3)
    assert lower.root_positions[40:, 1] == pytest.approx(clip.root_positions[40:, 1] - 0.08)


def test_conditions_continue_to_the_ends_of_a_clip() -> None:
    clip = stepping_dog("trot", 1.8, 3.0)
    conditions = sf.observe(clip).conditions()
    assert conditions.shape == (clip.frames, LAYOUT.conditions)
    going = np.linalg.norm(conditions[:, LAYOUT.phase][:, :2], axis=1)
    assert going.min() > 0.8
    assert conditions[:, LAYOUT.gait][:, 0].max() < 0.2
    standing = replace(clip, root_positions=clip.root_positions * [0.0, 1.0, 0.0])
    still = Clip(
        clip.skeleton,
        np.repeat(clip.rotations[:1], 120, axis=0),
        np.repeat(standing.root_positions[:1], 120, axis=0).astype(np.float32),
        60.0,
    )
    assert np.abs(sf.observe(still).conditions()[:, LAYOUT.phase]).max() < 1e-3


def test_sad_hangs_its_head_and_more_so_the_stronger(styler: model.Styler) -> None:
    clip = DOG.clip
    code = styler.library["sad"]
    heights = [
        height(transfer.styled(styler, clip, [transfer.Ingredient(code, s)]), "Head")
        for s in (0, 0.5, 1, 1.5)
    ]
    assert all(np.diff(heights) < -0.01)


def test_named_styles_do_what_they_say() -> None:
    made = {
        name: bake(replace(WALK, style=(StyleChoice(name=name),))).clip
        for name in ("prowl", "proud", "scared", "high-step")
    }
    before = DOG.clip
    assert height(made["prowl"], "Pelvis") < height(before, "Pelvis") - 0.06
    assert height(made["proud"], "Tail5") > height(before, "Tail5") + 0.15
    assert height(made["proud"], "Head") > height(before, "Head") + 0.03
    assert height(made["scared"], "Tail5") < height(before, "Tail5") - 0.05
    lifted = [quadruped.paw_points(c)[..., 1].max() for c in (made["high-step"], before)]
    assert lifted[0] > lifted[1] + 0.02


def test_a_styled_bake_keeps_path_and_paws() -> None:
    before, after = DOG.plain, DOG.styled
    assert np.abs(after.phase - before.phase).max() == 0.0
    assert after.report["path_mean_cm"] < 3.0
    assert after.report["slip_95_cm"] <= 1.0
    assert (after.clip.contacts == before.clip.contacts).mean() > 0.95


def test_herds_and_cycles_wear_styles() -> None:
    together = bake_many([DOG.styled_request, WALK])
    assert together[0].clip.rotations == pytest.approx(DOG.styled.clip.rotations, abs=1e-3)
    lower = height(cycle(DOG.styled_request).clip, "Head")
    assert lower < height(cycle(WALK).clip, "Head") - 0.05


def test_a_creature_wears_a_style(tmp_path: Path) -> None:
    clip = beasts.stepping(0.4, 1.4, 0.7, (0.0, 0.25, 0.5, 0.75))
    bvh.write(tmp_path / "walk.bvh", clip)
    asked = replace(WALK, model="creature", exemplar=str(tmp_path / "walk.bvh"), speed=0.7)
    before, after = bake(asked).clip, bake(replace(asked, style=(SAD,))).clip
    assert height(after, "Head") < height(before, "Head") - 0.02
    assert after.root_positions[-1, 2] == pytest.approx(before.root_positions[-1, 2], abs=0.03)


@pytest.mark.parametrize("canonical", [True, False])
def test_any_animal_is_an_example(styler: model.Styler, canonical: bool, tmp_path: Path) -> None:
    if canonical:
        clip = DOG.styled.clip.scaled(1.4).resample(24.0)
    else:
        clip = beasts.stepping(0.4, 1.4, 0.7, (0.0, 0.25, 0.5, 0.75))
    bvh.write(tmp_path / "clip.bvh", clip)
    code = example.embedding_of(styler, StyleChoice(clip=str(tmp_path / "clip.bvh")))
    away = {name: float(np.linalg.norm(code - known)) for name, known in styler.library.items()}
    if canonical:
        assert away["sad"] < away["neutral"] < away["playful"]
    kept = StyleChoice(embedding=tuple(float(v) for v in code))
    assert example.embedding_of(styler, kept) == pytest.approx(code)
    styled = transfer.styled(styler, DOG.clip, [transfer.Ingredient(code)])
    assert np.isfinite(styled.rotations).all()


def test_styles_are_of_one_kind_of_body(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="An animal has no style 'drunk', only neutral, heavy"):
        bake(replace(WALK, style=(StyleChoice(name="drunk"),)))
    with pytest.raises(RefusedError, match="A person has no style 'prowl', only neutral, old"):
        bake(replace(WALK, model="biped", style=(StyleChoice(name="prowl"),)))
    bvh.write(tmp_path / "person.bvh", any_clip(1, frames=200))
    with pytest.raises(RefusedError, match="no animal walking on four legs"):
        bake(replace(WALK, style=(StyleChoice(clip=str(tmp_path / "person.bvh")),)))
    bvh.write(tmp_path / "animal.bvh", DOG.clip)
    with pytest.raises(RefusedError, match="not of a human"):
        bake(replace(WALK, model="biped", style=(StyleChoice(clip=str(tmp_path / "animal.bvh")),)))
    code = model.load_styler("biped").library["old"]
    with pytest.raises(RefusedError, match="another version"):
        bake(replace(WALK, style=(StyleChoice(embedding=tuple(map(float, code))),)))
    bvh.write(tmp_path / "short.bvh", DOG.clip.slice(60, 110))
    with pytest.raises(RefusedError, match=r"or a loop|no animal walking"):
        bake(replace(WALK, style=(StyleChoice(clip=str(tmp_path / "short.bvh")),)))


def test_the_command_wears_a_style(tmp_path: Path) -> None:
    (tmp_path / "walk.json").write_text(
        json.dumps(
            {
                "model": "quadruped",
                "path": [[0, 0, 0], [0, 0, 2]],
                "speed": 0.9,
                "style": [{"name": "prowl", "strength": [[0, 0], [1, 1]]}, {"name": "tired"}],
            }
        ),
        encoding="utf-8",
    )
    assert main(["bake", str(tmp_path / "walk.json"), "--out", str(tmp_path / "walk.bvh")]) == 0
    clip = bvh.read(tmp_path / "walk.bvh")
    assert clip.root_positions[-1, 1] < clip.root_positions[0, 1] - 0.04


def test_legs_do_not_straighten_under_a_trunk_that_rises() -> None:
    clip = DOG.clip
    seen = sf.observe(clip)
    more = np.zeros((clip.frames, LAYOUT.features))
    more[60:, LAYOUT.hips.start + 1] = 0.1
    higher = style_pose.applied(seen, more)
    places = higher.world()[1]
    for leg in quadruped.LEGS:
        top, middle, end, _ = (clip.skeleton.index(joint) for joint in quadruped.limb(leg))
        length = np.linalg.norm(clip.skeleton.offsets[[middle, end]], axis=-1).sum()
        reach = np.linalg.norm(places[70:, end] - places[70:, top], axis=-1) / length
        was = np.linalg.norm(seen.positions[70:, end] - seen.positions[70:, top], axis=-1)
        assert (reach - np.maximum(was / length, style_pose.EASY)).max() < 5e-3
    rise = higher.root_positions[70:, 1] - clip.root_positions[70:, 1]
    assert -0.01 < rise.min() < rise.max() < 0.1
    assert quadruped.paw_points(higher) == pytest.approx(quadruped.paw_points(clip), abs=5e-3)


def test_a_named_style_is_what_it_adds_to_another_build(styler: model.Styler) -> None:
    clip = DOG.clip
    neutral, code = styler.library["neutral"], styler.library["sad"]
    for base, wanted in ((neutral, code), (code, code)):
        one = transfer.Ingredient(wanted, 1.0, base)
        moved = transfer.styled(styler, clip, [one])
        if base is code:
            assert np.abs(moved.rotations - clip.rotations).max() < 1e-4
        else:
            assert height(moved, "Head") < height(clip, "Head") - 0.03
    code = styler.network.shifted(neutral[None], -100.0 * np.abs(neutral))
    assert code.min() < 0.0
    width = (len(neutral) - 2 * (LAYOUT.features + LAYOUT.conditions)) // 2
    assert code[:, width : 2 * width].min() > 0.0


def test_long_tails_stay_out_of_the_ground() -> None:
    clip = DOG.clip
    tail = [clip.skeleton.index(name) for name in quadruped.TAIL]
    offsets = clip.skeleton.offsets.copy()
    offsets[tail[1:]] *= 2.5
    long = replace(clip, skeleton=replace(clip.skeleton, offsets=offsets))
    rotations = long.rotations.copy()
    rotations[60:, tail[0]] = quat.mul(
        quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), -0.5).astype(np.float32),
        rotations[60:, tail[0]],
    )
    hanging = replace(long, rotations=rotations)
    assert hanging.world()[1][60:, tail, 1].min() < -0.05
    cleared = secondary_motion.clear_of_ground(hanging, long)
    assert cleared.world()[1][60:, tail, 1].min() > 0.0
    assert np.array_equal(cleared.rotations[:60], long.rotations[:60])
