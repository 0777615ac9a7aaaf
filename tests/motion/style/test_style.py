# SPDX-License-Identifier: GPL-3.0-or-later
"""Styles: what they change of a take, what they leave, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.bake.bake import bake, bake_many
from motion_addon.motion.bake.cycle import cycle
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.retarget import rig_clip
from motion_addon.motion.rigs import RigBones, detect
from motion_addon.motion.style import example, model, style_pose, transfer
from motion_addon.motion.style import style_features as sf
from motion_addon.motion.style.request import StyleChoice, checked_styles, plain_styles
from tests.cases import each
from tests.motion.styled_walks import DOG, PERSON, WALKS, Walk
from tests.motion.walks import any_clip

WALK, OLD = PERSON.request, PERSON.choice


@pytest.fixture
def styler() -> model.Styler:
    return PERSON.styler


def bowed(clip: Clip) -> float:
    """Return the mean of how much (m) lower the head is over the hips than at rest."""
    places = clip.world()[1][..., 1]
    return float(0.65 - (places[:, clip.skeleton.index("Head")] - places[:, 0]).mean())


def lean(clip: Clip) -> float:
    """Return the mean of how far (m) the head is ahead of the hips."""
    seen = sf.observe(clip)
    up = seen.positions[:, clip.skeleton.index("Head")] - seen.positions[:, 0]
    return float((up * seen.root.facing).sum(axis=-1).mean())


def test_ankles_stay_when_the_hips_come_down() -> None:
    clip = PERSON.clip
    seen = sf.observe(clip)
    more = np.zeros((clip.frames, sf.PERSON.features))
    more[40:, sf.PERSON.hips.start + 1] = -0.1
    lower = style_pose.applied(seen, more)
    assert np.array_equal(lower.rotations[:40], clip.rotations[:40])
    assert np.array_equal(lower.root_positions[:40], clip.root_positions[:40])
    places = lower.world()[1]
    for name in ("LeftFoot", "RightFoot"):
        joint = clip.skeleton.index(name)
        assert places[:, joint] == pytest.approx(seen.positions[:, joint], abs=2e-3)
    assert places[40:, 0, 1] == pytest.approx(seen.positions[40:, 0, 1] - 0.1, abs=1e-5)


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_features_say_what_applied_does(walk: Walk) -> None:
    seen = sf.observe(walk.clip)
    layout = seen.layout
    slow = 0.05 * np.random.default_rng(1).normal(size=layout.features)
    slow[layout.hips.start + 1] = -0.06
    slow[layout.ends] = 0.0
    more = np.tile(slow, (walk.clip.frames, 1))
    found = style_pose.applied(seen, style_pose.turned(layout, seen.features(), more))
    again = replace(seen, clip=found, world=found.world()[0], positions=found.world()[1])
    assert again.features() == pytest.approx(seen.features() + more, abs=5e-3)


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_no_strength_is_no_change(walk: Walk) -> None:
    clip, styler = walk.clip, walk.styler
    code = styler.library[walk.choice.name]
    assert transfer.styled(styler, clip, [transfer.Ingredient(code, 0.0)]) is clip
    keys = np.zeros(clip.frames)
    keys[60:] = np.minimum(np.arange(clip.frames - 60) / 30.0, 1.0)
    keyed = transfer.styled(styler, clip, [transfer.Ingredient(code, keys)])
    assert np.array_equal(keyed.rotations[:60], clip.rotations[:60])
    assert not np.allclose(keyed.rotations[100:], clip.rotations[100:], atol=0.05)
    assert keyed.contacts is clip.contacts
    nothing = bake(replace(walk.request, style=(replace(walk.choice, strength=0.0),)))
    assert np.array_equal(nothing.clip.rotations, clip.rotations)


def test_old_is_bowed_and_more_so_the_stronger(styler: model.Styler) -> None:
    clip = PERSON.clip
    code = styler.library["old"]
    leans = [
        lean(transfer.styled(styler, clip, [transfer.Ingredient(code, s)]))
        for s in (0, 0.5, 1, 1.5)
    ]
    assert all(np.diff(leans) > 0.03)


def test_a_mix_is_between(styler: model.Styler) -> None:
    clip = PERSON.clip
    pair = [transfer.Ingredient(styler.library[name], 0.5) for name in ("old", "proud")]
    both = [lean(transfer.styled(styler, clip, [replace(one, strength=1.0)])) for one in pair]
    assert min(both) < lean(transfer.styled(styler, clip, pair)) < max(both)
    with pytest.raises(ValueError, match="At most 4"):
        transfer.styled(styler, clip, pair * 3)


def test_a_styled_bake_keeps_path_and_feet() -> None:
    before, after = PERSON.plain, PERSON.styled
    assert lean(after.clip) > lean(before.clip) + 0.1
    assert np.abs(after.phase - before.phase).max() == 0.0
    assert after.report["path_mean_cm"] < 2.0
    assert after.report["slip_95_cm"] <= 1.0
    same = (after.clip.contacts == before.clip.contacts).mean()
    assert same > 0.93


@pytest.mark.parametrize(("walk", "words"), [(PERSON, "zombie.bvh"), (DOG, "Labrador")], ids=WALKS)
def test_the_report_credits_the_styles(walk: Walk, words: str) -> None:
    report = walk.styled.report
    assert any(words in line for line in report["credits"])
    assert report["model"]["style"] == walk.styler.digest


def test_herds_and_cycles_wear_styles() -> None:
    request = PERSON.styled_request
    together = bake_many([request, WALK])
    assert together[0].clip.rotations == pytest.approx(PERSON.styled.clip.rotations, abs=1e-3)
    assert bowed(cycle(request).clip) > bowed(cycle(WALK).clip) + 0.1


def test_any_clip_is_an_example(styler: model.Styler, tmp_path) -> None:
    clip = PERSON.styled.clip
    bvh.write(tmp_path / "old.bvh", replace(clip.scaled(1.4), fps=clip.fps).resample(24.0))
    code = example.embedding_of(styler, StyleChoice(clip=str(tmp_path / "old.bvh")))
    away = {name: float(np.linalg.norm(code - known)) for name, known in styler.library.items()}
    assert away["old"] < away["neutral"]
    kept = StyleChoice(embedding=tuple(float(v) for v in code))
    assert example.embedding_of(styler, kept) == pytest.approx(code)


def test_a_rig_is_read_as_a_clip() -> None:
    clip = PERSON.clip
    rig = RigBones.from_skeleton(clip.skeleton)
    found = rig_clip.clip_of(rig, detect(rig), *clip.world(), clip.fps)
    places = found.world()[1]
    for name in ("Head", "LeftHand", "RightFoot"):
        wanted = clip.world()[1][:, clip.skeleton.index(name)]
        assert places[:, found.skeleton.index(name)] == pytest.approx(wanted, abs=1e-3)


def test_a_loop_in_place_travels(styler: model.Styler) -> None:
    loop = cycle(WALK).clip
    whole = Clip(
        loop.skeleton,
        np.concatenate([loop.rotations, loop.rotations[:1]]),
        np.concatenate([loop.root_positions, loop.root_positions[:1]]),
        loop.fps,
    )
    found = example.prepared(styler, whole)
    gone = found.root_positions[-1] - found.root_positions[0]
    assert found.seconds > 2.0
    assert np.hypot(gone[0], gone[2]) / found.seconds == pytest.approx(1.3, rel=0.2)


@each(
    ("choice", "words"),
    [
        (StyleChoice(name="gothic"), "A person has no style 'gothic'"),
        (StyleChoice(clip="nowhere.bvh"), "style clip nowhere.bvh cannot be read"),
        (StyleChoice(embedding=(1.0, 2.0)), "another version"),
    ],
)
def test_unknown_styles_are_refused(choice: StyleChoice, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        bake(replace(WALK, style=(choice,)))


def test_examples_that_say_nothing_are_refused(styler: model.Styler) -> None:
    with pytest.raises(RefusedError, match=r"0\.2 s"):
        example.example(styler, PERSON.clip.slice(0, 12))
    with pytest.raises(RefusedError, match="or a loop"):
        example.example(styler, PERSON.clip.slice(60, 110))
    odd = any_clip(1, frames=200)
    bones = replace(odd.skeleton, names=tuple(f"bone{i}" for i in range(len(odd.skeleton))))
    with pytest.raises(RefusedError, match="not of a human"):
        example.example(styler, replace(odd, skeleton=bones).scaled(0.0))


def test_requests_read_and_write_styles() -> None:
    data = [
        {"name": "old", "strength": 0.7},
        {"clip": "x.bvh", "strength": [[0, 0], [1.5, 1.2]]},
    ]
    read = checked_styles(data)
    assert read[1].strength == ((0.0, 0.0), (1.5, 1.2))
    assert checked_styles(plain_styles(read)) == read
    request = BakeRequest.from_json({"path": [[0, 0, 0], [0, 0, 1]], "style": data[0]})
    assert BakeRequest.from_json(request.to_json()) == request
