# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of animals' styles: what is made up on a trot, torch against numpy, end to end."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion import models, quadruped, quat, style, style_pose
from motion_addon.motion import style_features as sf
from motion_addon.motion.adain import WINDOW
from motion_addon.motion.adain import AdaIn as Runtime
from motion_addon.motion.bake import BakeRequest, bake
from motion_addon.motion.clip import Clip
from motion_addon.motion.gaits import HIP_HEIGHT
from training.creatures.creature import MANNERS, manner
from training.style import animal_clips, classify, dataset, draw, export, model, prepare, train
from training.style.animal_named import ANIMAL, of_manner
from training.style.posing import around

SMALL = model.Size(width=12, hidden=16)
QUICK = train.Settings(steps=3, batch=6, every=2)
LAYOUT = ANIMAL.layout


@lru_cache(maxsize=1)
def trot() -> Clip:
    points = ((0.0, 0.0, 0.0), (0.0, 0.0, 7.0))
    return bake(BakeRequest(path=points, speed=1.8, fps=60.0, stop=False, model="quadruped")).clip


@lru_cache(maxsize=1)
def prepared() -> dict[str, np.ndarray]:
    """Return a dataset of one trot: as learned from, as another animal's, as both held out."""
    parts: dict[str, list[np.ndarray]] = {}
    names = ["labrador/a", "creature/1/b", "labrador/c", "unseen/2/d"]
    for i in range(4):
        arrays = prepare.arrays_of(trot() if i < 2 else trot().mirrored())
        count = len(arrays["features"])
        arrays |= {"clip": np.full(count, i), "other": np.full(count, i % 2 == 1)}
        arrays |= {"held_out": np.full(count, i >= 2), "usable": np.arange(count) > 5}
        for key, value in arrays.items():
            parts.setdefault(key, []).append(value)
    out = {key: np.concatenate(value) for key, value in parts.items()}
    out |= {f"skeleton_{k}": v for k, v in trot().skeleton.to_arrays().items()}
    return out | {"clip_names": np.array(names), "body": np.array("quadruped")}


def windows(held_out: bool = False) -> dataset.Windows:
    return dataset.Windows(prepared(), held_out)


def rendered(name: str, **more: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a window as it is and in a style."""
    parts = windows().read(np.array([30]))
    row = ANIMAL.row({**ANIMAL.styles.get(name, {}), **more})[None]
    shaky = sf.unsteadiness(np.random.default_rng(0), 1, WINDOW)
    return parts["features"], dataset.rendered(ANIMAL, parts, row, shaky)


@lru_cache(maxsize=32)
def made(name: str) -> Clip:
    """Return the trot in a made-up style, before its paws are planted."""
    seen = sf.observe(trot())
    features, told = seen.features()[:: style.STEP], seen.conditions()[:: style.STEP]
    low, spread = around(features)
    shaky = sf.unsteadiness(np.random.default_rng(0), 1, len(features))
    row = ANIMAL.row(ANIMAL.styles[name])
    parts = (features, low, spread, told, row, shaky[0])
    more = ANIMAL.render(*(part[None] for part in parts))[0] - features
    at = np.arange(trot().frames) / style.STEP
    more = np.stack([np.interp(at, np.arange(len(more)), column) for column in more.T], axis=1)
    return style_pose.applied(seen, style_pose.turned(LAYOUT, seen.features(), more))


def test_torch_and_numpy_are_one() -> None:
    torch.manual_seed(0)
    twin = model.AdaIn(SMALL, LAYOUT).eval()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    state = {k: v.numpy() for k, v in twin.state_dict().items()}
    weights = {k: v for k, v in state.items() if k not in models.STYLE_STATISTICS}
    ours = Runtime(weights, LAYOUT.told)
    rng = np.random.default_rng(1)
    inputs = LAYOUT.features + LAYOUT.conditions
    x, told, away = (
        rng.normal(size=(3, WINDOW, size)).astype(np.float32)
        for size in (inputs, LAYOUT.told, LAYOUT.features)
    )
    with torch.no_grad():
        content, code = twin.content(torch.tensor(x)), twin.style(torch.tensor(x))
        wanted = twin.decoded(content, code, *map(torch.tensor, (told, away))).numpy()
    assert ours.content(x) == pytest.approx(content.numpy(), abs=1e-4)
    assert ours.style(x) == pytest.approx(code.numpy(), abs=1e-4)
    assert ours.embedding == code.shape[1]
    found = ours.decoded(ours.content(x), ours.style(x), told, away)
    assert found == pytest.approx(wanted, abs=1e-3)


def test_no_knob_is_no_change() -> None:
    before, after = rendered("neutral")
    assert after == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("name", ANIMAL.styles)
def test_styles_keep_standing_paws(name: str) -> None:
    before, after = rendered(name)
    told = windows().read(np.array([30]))["conditions"][0, :, LAYOUT.contacts]
    moved = (after - before)[0][:, LAYOUT.ends].reshape(-1, 4, 3)
    for leg in range(4):
        assert np.ptp(moved[told[:, leg] > 0.999, leg], axis=0) == pytest.approx(0.0, abs=5e-3)
    assert np.abs(after - before).max() > 0.05


@pytest.mark.parametrize("name", ANIMAL.styles)
def test_legs_stay_as_legs_are(name: str) -> None:
    clip = made(name)
    places, plain = clip.world()[1], trot().world()[1]
    paws = [clip.skeleton.index(paw) for paw in quadruped.PAWS]
    assert places[:, paws, 1].min() > 0.01
    for left, right in ((0, 2), (1, 3)):
        apart, was = (x[:, paws[left], 0] - x[:, paws[right], 0] for x in (places, plain))
        assert apart.min() > was.min() - 0.02, "legs do not cross more than they did"
    turn = quat.to_rotvec(quat.mul(quat.inv(clip.rotations[:-1]), clip.rotations[1:]))
    was = quat.to_rotvec(quat.mul(quat.inv(trot().rotations[:-1]), trot().rotations[1:]))
    quickest = np.linalg.norm(turn, axis=-1).max() / np.linalg.norm(was, axis=-1).max()
    assert quickest < 2.0, "no joint jumps"


def test_manners_of_creatures_are_the_styles() -> None:
    assert set(MANNERS[1:]) <= set(ANIMAL.styles)
    knobs = of_manner(manner("prowl"))
    assert knobs["drop"] == pytest.approx(0.2 * HIP_HEIGHT)
    assert knobs["neck"] == pytest.approx(np.radians(-24.0))
    assert set(of_manner(manner("limp", limp=1))) >= {"limp_fore"}
    assert set(of_manner(manner("limp", limp=0))) >= {"limp_hind"}
    assert not of_manner(manner("plain"))


@pytest.mark.parametrize(
    ("knob", "joint", "sign"),
    [("neck", "Neck1", -1), ("head", "Head", 1), ("tail", "Tail1", 1), ("round", "Spine2", 1)],
)
def test_knobs_turn_what_they_say(knob: str, joint: str, sign: int) -> None:
    before, after = rendered("neutral", **{knob: 0.3})
    off = (after - before)[0, :, LAYOUT.joint(joint)][:, 0].mean()
    assert off * sign > 0.04


def test_a_limp_rises_over_the_leg_that_is_spared() -> None:
    before, after = rendered("neutral", limp_fore=0.03)
    told = windows().read(np.array([30]))["conditions"][0]
    down = told[:, LAYOUT.contacts]
    neck = (after - before)[0, :, LAYOUT.joint("Neck1")][:, 0]
    left, right = down[:, 1] > 0.9, down[:, 3] > 0.9
    assert neck[left & ~right].mean() < -0.05 < 0.05 < neck[right & ~left].mean()


def test_made_up_creatures_are_clips_to_learn_from() -> None:
    clips = list(animal_clips.made_up(0))
    assert 2 <= len(clips) <= 3
    assert all(quadruped.is_quadruped(clip.skeleton) for clip in clips)
    assert ANIMAL.performer("creature/7/0 mirrored") == "creature/7 mirrored"


def test_windows_leave_out_frames_that_are_no_good() -> None:
    held = windows()
    assert held.own.min() >= 6
    assert held.kind is ANIMAL


def test_from_training_to_a_styled_take(tmp_path: Path) -> None:
    np.savez(tmp_path / "dataset.npz", **prepared())
    train.fit(windows(), windows(True), QUICK, SMALL, tmp_path / "run")
    place = tmp_path / "models" / "style_quadruped"
    export.export(tmp_path / "run" / "checkpoint.pt", tmp_path / "dataset.npz", place)
    styler = models.load_styler("quadruped", tmp_path / "models")
    assert set(styler.library) == set(ANIMAL.classes)
    take = style.styled(styler, trot(), [style.Ingredient(styler.library["sad"])])
    assert np.isfinite(take.rotations).all()
    assert not np.array_equal(take.rotations, trot().rotations)


def test_judges_tell_gaits_of_animals() -> None:
    judges = classify.trained(windows(True), steps=2)
    parts = windows().read(windows().own[40:48])
    assert judges.style.odds(parts["features"]).shape == (8, len(ANIMAL.classes))
    assert ANIMAL.gait_of(parts["conditions"], 0.75)[-1] == list(ANIMAL.judged).index("trot")


def test_animals_are_drawn(tmp_path: Path) -> None:
    draw.grid({"trot": (trot(), [40, 50])}, tmp_path / "trot.png")
    assert (tmp_path / "trot.png").stat().st_size > 5000
