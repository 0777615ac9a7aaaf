# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of styles: torch against numpy, what is made up, what is drawn, end to end."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.nn.adain import WINDOW
from motion_addon.motion.nn.adain import AdaIn as Runtime
from motion_addon.motion.style import model as style_model
from motion_addon.motion.style import transfer
from tests.cases import each
from tests.training.styled import QUICK, SMALL, SUBJECTS, WALKER, Subject
from training.style import dataset, export, model, train
from training.style.judging import ablate, bakes, classifiers
from training.style.synthesis.people_renderer import PARAMETERS
from training.style.synthesis.people_styles import PEOPLE_STYLES

LAYOUT = PEOPLE_STYLES.layout


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_torch_and_numpy_are_one(subject: Subject) -> None:
    torch.manual_seed(0)
    layout = subject.layout
    twin = model.AdaIn(SMALL, layout).eval()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    state = {k: v.numpy() for k, v in twin.state_dict().items()}
    weights = {k: v for k, v in state.items() if k not in style_model.STYLE_STATISTICS}
    ours = Runtime(weights, layout.decoder_conditions)
    rng = np.random.default_rng(1)
    inputs = layout.features + layout.conditions
    x, told, away = (
        rng.normal(size=(3, WINDOW, size)).astype(np.float32)
        for size in (inputs, layout.decoder_conditions, layout.features)
    )
    with torch.no_grad():
        content, code = twin.content(torch.tensor(x)), twin.style(torch.tensor(x))
        wanted = twin.decoded(content, code, *map(torch.tensor, (told, away))).numpy()
    assert ours.content(x) == pytest.approx(content.numpy(), abs=1e-4)
    assert ours.style(x) == pytest.approx(code.numpy(), abs=1e-4)
    assert ours.embedding == code.shape[1]
    found = ours.decoded(ours.content(x), ours.style(x), told, away)
    assert found == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_no_knob_is_no_change(subject: Subject) -> None:
    before, after = subject.rendered("neutral")
    assert after == pytest.approx(before, abs=1e-5)


@each("name", PEOPLE_STYLES.styles)
def test_styles_keep_standing_feet(name: str) -> None:
    before, after = WALKER.rendered(name)
    parts = WALKER.windows().read(np.array([30]))
    ankles = (after - before)[0][:, LAYOUT.ends].reshape(-1, 2, 3)
    for side in (0, 1):
        down = parts["conditions"][0, :, 2 * side : 2 * side + 2].max(axis=1) > 0.999
        assert np.ptp(ankles[down, side], axis=0) == pytest.approx(0.0, abs=5e-3)
    assert np.abs(after - before).max() > 0.05


def test_knobs_do_what_they_say() -> None:
    turn = {name: 3 * i for i, name in enumerate(LAYOUT.joints)}
    for parameter, joint, axis, sign in (
        ("lean", "Spine", 0, 1),
        ("head", "Head", 0, 1),
        ("shrug", "LeftShoulder", 2, 1),
        ("bend", "LeftForeArm", 1, -1),
        ("toes", "LeftFoot", 1, 1),
    ):
        before, after = WALKER.rendered("neutral", **{parameter: 0.3})
        off = (after - before)[0, :, turn[joint] + axis].mean()
        assert off * sign > 0.04, parameter
    before, after = WALKER.rendered("neutral", drop=0.1)
    assert (after - before)[..., LAYOUT.hips.start + 1] == pytest.approx(-0.1, abs=1e-5)
    with pytest.raises(ValueError, match="not in"):
        PEOPLE_STYLES.row({"charm": 1.0})


def test_performances_differ_and_drawn_styles_are_sane() -> None:
    rng = np.random.default_rng(0)
    twice = PEOPLE_STYLES.performances(["old", "old", "neutral"], rng)
    assert not np.allclose(twice[0], twice[1])
    assert not twice[2].any()
    rows = PEOPLE_STYLES.drawn(500, rng)
    assert rows.shape == (500, len(PARAMETERS))
    assert rows[:, PARAMETERS.index("snap")].min() >= 0.0
    assert (np.abs(rows).sum(axis=1) == 0.0).mean() == pytest.approx(0.03, abs=0.03)
    assert len(PEOPLE_STYLES.styles) >= 12


def test_batches() -> None:
    batch = dataset.draw(WALKER.windows(), np.random.default_rng(0), 200)
    assert batch.features.shape == batch.wanted.shape == (200, WINDOW, LAYOUT.features)
    assert batch.decoder_conditions.shape == (200, WINDOW, LAYOUT.decoder_conditions)
    assert 0.02 < (~batch.known).mean() < 0.25
    same = np.abs(batch.features - batch.example).max(axis=(1, 2)) == 0.0
    assert 0.05 < same.mean() < 0.3
    assert np.isfinite(batch.wanted).all()


@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_from_training_to_a_styled_take(subject: Subject, tmp_path: Path) -> None:
    np.savez(tmp_path / "dataset.npz", **subject.arrays)
    train.fit(subject.windows(), subject.windows(True), QUICK, SMALL, tmp_path / "run")
    history = json.loads((tmp_path / "run" / "history.json").read_text(encoding="utf-8"))
    assert {"wanted", "held_out", "untouched"} <= set(history[-1])
    place = tmp_path / "models" / subject.kind.name
    export.export(tmp_path / "run" / "checkpoint.pt", tmp_path / "dataset.npz", place)
    styler = style_model.load_styler(subject.kind.body, tmp_path / "models")
    assert set(styler.library) >= set(subject.kind.classes)
    worn = transfer.Ingredient(styler.library[subject.kind.classes[1]])
    take = transfer.styled(styler, subject.clip, [worn])
    assert np.isfinite(take.rotations).all()
    assert not np.array_equal(take.rotations, subject.clip.rotations)


@pytest.mark.parametrize("kind", ablate.KINDS)
def test_other_ways_to_the_same(kind: str) -> None:
    torch.manual_seed(0)
    network = ablate.KINDS[kind](SMALL)
    train.normalize(network, WALKER.windows(), 1)
    batch = dataset.draw(WALKER.windows(), np.random.default_rng(0), 6)
    terms = train.losses(network, train.Seen(network, batch), QUICK)
    torch.stack(list(terms.values())).sum().backward()
    assert all(torch.isfinite(value) for value in terms.values())


def test_judges_learn_and_timing_is_measured() -> None:
    judges = classifiers.style_judges(WALKER.windows(True), steps=2)
    features, gaits = bakes.windows_of(WALKER.clip)
    assert judges.style.odds(features).shape == (len(features), len(PEOPLE_STYLES.classes))
    assert set(gaits) <= {-1, list(PEOPLE_STYLES.judged).index("walk")}
    assert bakes.timing(WALKER.clip, WALKER.clip) == (0.0, 0.0)
    late = Clip(
        WALKER.clip.skeleton, WALKER.clip.rotations[:-4], WALKER.clip.root_positions[:-4], 60.0
    )
    early = Clip(
        WALKER.clip.skeleton, WALKER.clip.rotations[4:], WALKER.clip.root_positions[4:], 60.0
    )
    assert bakes.timing(late, early)[0] == pytest.approx(4 / 66, abs=0.02)
