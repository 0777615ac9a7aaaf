# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of styles: torch against numpy, what is made up, what is drawn, end to end."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion import models, style
from motion_addon.motion import style_features as sf
from motion_addon.motion.adain import WINDOW
from motion_addon.motion.adain import AdaIn as Runtime
from motion_addon.motion.bake import BakeRequest, bake
from motion_addon.motion.clip import Clip
from training.style import ablate, classify, dataset, evaluate, export, model, prepare, train
from training.style.named import PERSON
from training.style.synthesis import KNOBS

LAYOUT = PERSON.layout
SMALL = model.Size(width=12, hidden=16)
QUICK = train.Settings(steps=3, batch=6, every=2)


@lru_cache(maxsize=1)
def walk() -> Clip:
    points = ((0.0, 0.0, 0.0), (0.0, 0.0, 5.0))
    return bake(BakeRequest(path=points, fps=60.0, stop=False)).clip


@lru_cache(maxsize=1)
def prepared() -> dict[str, np.ndarray]:
    """Return a dataset of one walk: as learned from, as somebody else's, as both held out."""
    parts: dict[str, list[np.ndarray]] = {}
    names = ["o3de/a", "smartbody/B/b", "o3de/c", "smartbody/D/d"]
    for i in range(4):
        arrays = prepare.arrays_of(walk() if i < 2 else walk().mirrored())
        count = len(arrays["features"])
        arrays |= {"clip": np.full(count, i), "other": np.full(count, i % 2 == 1)}
        arrays["held_out"] = np.full(count, i >= 2)
        for key, value in arrays.items():
            parts.setdefault(key, []).append(value)
    out = {key: np.concatenate(value) for key, value in parts.items()}
    out |= {f"skeleton_{k}": v for k, v in walk().skeleton.to_arrays().items()}
    return out | {"clip_names": np.array(names)}


def windows(held_out: bool = False) -> dataset.Windows:
    return dataset.Windows(prepared(), held_out)


def rendered(name: str, **more: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a window as it is and in a style."""
    parts = windows().read(np.array([30]))
    row = PERSON.row({**PERSON.styles.get(name, {}), **more})[None]
    shaky = sf.unsteadiness(np.random.default_rng(0), 1, WINDOW)
    return parts["features"], dataset.rendered(PERSON, parts, row, shaky)


def test_torch_and_numpy_are_one() -> None:
    torch.manual_seed(0)
    twin = model.AdaIn(SMALL).eval()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    state = {k: v.numpy() for k, v in twin.state_dict().items()}
    ours = Runtime(
        {k: v for k, v in state.items() if k not in models.STYLE_STATISTICS}, LAYOUT.told
    )
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, WINDOW, LAYOUT.features + LAYOUT.conditions)).astype(np.float32)
    told = rng.normal(size=(3, WINDOW, LAYOUT.told)).astype(np.float32)
    away = rng.normal(size=(3, WINDOW, LAYOUT.features)).astype(np.float32)
    with torch.no_grad():
        content, code = twin.content(torch.tensor(x)), twin.style(torch.tensor(x))
        wanted = twin.decoded(content, code, *map(torch.tensor, (told, away))).numpy()
    assert ours.content(x) == pytest.approx(content.numpy(), abs=1e-4)
    assert ours.style(x) == pytest.approx(code.numpy(), abs=1e-4)
    assert ours.embedding == code.shape[1]
    assert ours.decoded(ours.content(x), ours.style(x), told, away) == pytest.approx(
        wanted, abs=1e-3
    )


def test_no_knob_is_no_change() -> None:
    before, after = rendered("neutral")
    assert after == pytest.approx(before, abs=1e-5)


@pytest.mark.parametrize("name", PERSON.styles)
def test_styles_keep_standing_feet(name: str) -> None:
    before, after = rendered(name)
    parts = windows().read(np.array([30]))
    ankles = (after - before)[0][:, LAYOUT.ends].reshape(-1, 2, 3)
    for side in (0, 1):
        down = parts["conditions"][0, :, 2 * side : 2 * side + 2].max(axis=1) > 0.999
        assert np.ptp(ankles[down, side], axis=0) == pytest.approx(0.0, abs=5e-3)
    assert np.abs(after - before).max() > 0.05


def test_knobs_do_what_they_say() -> None:
    turn = {name: 3 * i for i, name in enumerate(LAYOUT.joints)}
    for knob, joint, axis, sign in (
        ("lean", "Spine", 0, 1),
        ("head", "Head", 0, 1),
        ("shrug", "LeftShoulder", 2, 1),
        ("bend", "LeftForeArm", 1, -1),
        ("toes", "LeftFoot", 1, 1),
    ):
        before, after = rendered("neutral", **{knob: 0.3})
        off = (after - before)[0, :, turn[joint] + axis].mean()
        assert off * sign > 0.04, knob
    before, after = rendered("neutral", drop=0.1)
    assert (after - before)[..., LAYOUT.hips.start + 1] == pytest.approx(-0.1, abs=1e-5)
    with pytest.raises(ValueError, match="not in"):
        PERSON.row({"charm": 1.0})


def test_performances_differ_and_drawn_styles_are_sane() -> None:
    rng = np.random.default_rng(0)
    twice = PERSON.performances(["old", "old", "neutral"], rng)
    assert not np.allclose(twice[0], twice[1])
    assert not twice[2].any()
    rows = PERSON.drawn(500, rng)
    assert rows.shape == (500, len(KNOBS))
    assert rows[:, KNOBS.index("snap")].min() >= 0.0
    assert (np.abs(rows).sum(axis=1) == 0.0).mean() == pytest.approx(0.03, abs=0.03)
    assert len(PERSON.styles) >= 12


def test_batches() -> None:
    batch = dataset.draw(windows(), np.random.default_rng(0), 200)
    assert batch.features.shape == batch.wanted.shape == (200, WINDOW, LAYOUT.features)
    assert batch.told.shape == (200, WINDOW, LAYOUT.told)
    assert 0.02 < (~batch.known).mean() < 0.25
    same = np.abs(batch.features - batch.example).max(axis=(1, 2)) == 0.0
    assert 0.05 < same.mean() < 0.3
    assert np.isfinite(batch.wanted).all()


def test_from_training_to_a_styled_take(tmp_path: Path) -> None:
    np.savez(tmp_path / "dataset.npz", **prepared())
    train.fit(windows(), windows(True), QUICK, SMALL, tmp_path / "run")
    history = json.loads((tmp_path / "run" / "history.json").read_text(encoding="utf-8"))
    assert {"wanted", "held_out", "untouched"} <= set(history[-1])
    place = tmp_path / "models" / "style"
    export.export(tmp_path / "run" / "checkpoint.pt", tmp_path / "dataset.npz", place)
    styler = models.load_styler("biped", tmp_path / "models")
    assert set(styler.library) >= {"neutral", *PERSON.styles}
    take = style.styled(styler, walk(), [style.Ingredient(styler.library["old"])])
    assert np.isfinite(take.rotations).all()
    assert not np.array_equal(take.rotations, walk().rotations)


@pytest.mark.parametrize("kind", ablate.KINDS)
def test_other_ways_to_the_same(kind: str) -> None:
    torch.manual_seed(0)
    network = ablate.KINDS[kind](SMALL)
    train.normalize(network, windows(), 1)
    batch = dataset.draw(windows(), np.random.default_rng(0), 6)
    terms = train.losses(network, train.Seen(network, batch), QUICK)
    torch.stack(list(terms.values())).sum().backward()
    assert all(torch.isfinite(value) for value in terms.values())


def test_judges_learn_and_timing_is_measured() -> None:
    judges = classify.trained(windows(True), steps=2)
    features, gaits = evaluate.windows_of(walk())
    assert judges.style.odds(features).shape == (len(features), len(PERSON.classes))
    assert set(gaits) <= {-1, list(PERSON.judged).index("walk")}
    assert evaluate.timing(walk(), walk()) == (0.0, 0.0)
    late = Clip(walk().skeleton, walk().rotations[:-4], walk().root_positions[:-4], 60.0)
    early = Clip(walk().skeleton, walk().rotations[4:], walk().root_positions[4:], 60.0)
    assert evaluate.timing(late, early)[0] == pytest.approx(4 / 66, abs=0.02)
