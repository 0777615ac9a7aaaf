# SPDX-License-Identifier: GPL-3.0-or-later
"""The one-shot learner: prepared creatures, torch against numpy, and training end to end."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion.body import quadruped_gaits
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.creature.adaptation import clip_tokens, learnet
from motion_addon.motion.creature.adaptation.clip_tokens import Posture, TokenLayout
from tests.cases import each
from training.creature import export, model, prepare, train
from training.creature.dataset import Creatures, posed
from training.creature.judging import trained_method
from training.data import variants
from training.shared import loop

HIDDEN = 24


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of some prepared creatures, of which one is held out."""
    out = tmp_path_factory.mktemp("creatures")
    numbers = (0, 1, 9)
    own = [(f"1.{n}", n == 9, prepare.made_up(1, n)) for n in numbers]
    np.savez(out / "made_up_0.npz", **prepare.arrays(own))  # type: ignore[arg-type]
    return out


@pytest.fixture(scope="module")
def run(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a small learner by the command line and return its folder."""
    out = tmp_path_factory.mktemp("run")
    before = sys.argv
    steps = ["--steps", "10", "--lengths", "1", "3", "--shares", "1", "1", "--pretrain", "3"]
    size = ["--hidden", str(HIDDEN), "--batch-frames", "96", "--average", "0.5"]
    sys.argv = ["train", "--prepared", str(folder), "--out", str(out), *steps, *size]
    try:
        train.main()
    finally:
        sys.argv = before
    return out


def test_prepared_creatures_are_split_and_labeled(folder: Path) -> None:
    learn, held_out = Creatures(folder, False), Creatures(folder, True)
    assert learn.names == ["1.0", "1.1"] and held_out.names == ["1.9"]
    assert len(set(learn.owner[learn.clip])) == 2
    known = learn.table[~learn.table.isnan().any(dim=-1)]
    assert len(known) >= 4 and ((known >= 0.0) & (known <= 1.0)).all()
    walk = learn.table[:, 0]
    np.testing.assert_allclose(walk[~walk.isnan().any(-1)][:, 2], 0.5, atol=0.06)


def test_real_creatures_are_held_out_fold_by_fold(folder: Path, tmp_path: Path) -> None:
    with np.load(folder / "made_up_0.npz") as made:
        arrays = {key: made[key] for key in made.files}
    arrays["names"] = np.array(["0ad/boar", f"0ad/boar{variants.MARK}1", "0ad/lion"])
    arrays["held_out"] = np.array([False, False, True])
    np.savez(tmp_path / "real.npz", **arrays)
    (tmp_path / "made_up_0.npz").write_bytes((folder / "made_up_0.npz").read_bytes())
    usual = Creatures(tmp_path, False, real=0.5)
    assert usual.names == ["1.0", "1.1", "0ad/boar", "0ad/boar~1"]
    assert Creatures(tmp_path, False, real=0.0).names == ["1.0", "1.1"]
    assert Creatures(tmp_path, False, fold=1).names == ["1.0", "1.1", "0ad/lion"]
    assert Creatures(tmp_path, True, fold=1).names == ["1.9", "0ad/boar", "0ad/boar~1"]
    drawn = usual.draw(np.random.default_rng(0), 2000)
    assert np.mean(drawn >= 2) == pytest.approx(0.5 / 0.9, abs=0.04)


def test_an_exemplar_lies_in_a_clip_in_which_it_moves(folder: Path) -> None:
    data = Creatures(folder, False)
    rng = np.random.default_rng(0)
    for seconds in (0.5, 2.0, 5.0):
        shown = data.show(data.draw(rng, 6), seconds, rng)
        frames = shown.tokens[:, 7:]
        assert len(frames[0]) <= round(seconds * 20.0) + 1
        speed = frames[..., TokenLayout.motion][..., :2].norm(dim=-1)
        assert speed.min() > 0.1
        assert not frames[..., TokenLayout.hidden].any()


def test_hidden_frames_are_hidden(folder: Path) -> None:
    data = Creatures(folder, False)
    rng = np.random.default_rng(1)
    tokens = data.show(data.draw(rng, 8), 3.0, rng).tokens
    for _ in range(6):
        shown, asked = train.hide(tokens, rng)
        assert asked.any(dim=1).all() and not asked[:, :7].any()
        away = shown[..., TokenLayout.hidden] > 0.5
        assert (asked | ~away).all()
        same = (shown[..., TokenLayout.frame] == tokens[..., TokenLayout.frame]).all(dim=-1)
        assert same[~asked].all()
    learner = model.Learner(train.statistics(data), HIDDEN).eval()
    other = shown.clone()
    other[away] = other[away] + torch.randn_like(other[away]) * (
        torch.arange(TokenLayout.size) < TokenLayout.hidden
    )
    with torch.no_grad():
        torch.testing.assert_close(learner.encode(shown)[1], learner.encode(other)[1])


@each("way", model.WAYS)
def test_every_way_of_adapting_learns(folder: Path, way: str) -> None:
    torch.manual_seed(0)
    data = Creatures(folder, False)
    learner = model.Learner(train.statistics(data), HIDDEN, way)
    batch = train.episodes(data, np.random.default_rng(2), 6, 4, 2, way != "none")
    terms = train.roll_out(learner, batch, None)
    torch.stack(list(terms.values())).sum().backward()
    given = learner.head.weight.grad
    assert (given is None or not given.any()) == (way == "none")
    inner = learner.layers[0].inner.grad
    assert inner is not None and inner.isfinite().all() and inner.any()
    if way != "none":
        assert learner.encoder.qkv.grad is not None and learner.encoder.qkv.grad.any()


def rounded(learner: model.Learner) -> model.Learner:
    """Return a learner with all parts at work, at numbers that halves hold."""
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
            parameter.copy_(parameter.half().float())
    return learner.eval()


def compare(ours: learnet.Learnet, twin: model.Learner, data: Creatures) -> None:
    """Hold a runtime's adaptation and some frames of it against torch's."""
    start = int(data.stretches[1][0, 0])
    seen = data.seen(start, start + 90)
    posture = Posture.mean(data.skeletons[1], seen.axes, seen.hips)
    tokens = torch.from_numpy(clip_tokens.tokens(seen, posture))[None]
    known = posed([posture]) if twin.way != "none" else data.resting(np.array([1]))
    frames = {k: v[start : start + 5].float() for k, v in data.frames.items()}
    state = frames["places"][:, list(clip_tokens.STATE_INDICES)], frames["velocities"]
    with torch.no_grad():
        cls = twin.encode(tokens)[1]
        np.testing.assert_allclose(ours.encode(seen, posture), cls[0], atol=2e-3)
        cls = twin.nothing[None] if twin.way == "none" else cls
        adapted = twin.adapt(cls, known, data.bones[1:2])
        legs = frames["phase"], frames["amplitude"]
        wanted = twin.step(adapted, frames["control"], legs, state).output.numpy()
    got = ours.adapt(cls[0].detach().numpy(), posture, data.skeletons[1].offsets)
    clock = stride_clock.clock(frames["phase"].numpy(), frames["amplitude"].numpy())
    control = frames["control"].numpy()
    shares = got.gate(np.concatenate([clock, control[:, list(stride_clock.GATE_COLUMNS)]], axis=1))
    flat = [part.numpy().reshape(5, -1) for part in state]
    outputs = got.network.mixed(np.concatenate([control, clock, *flat], axis=1), shares)
    np.testing.assert_allclose(outputs, wanted, atol=3e-3)
    angle = np.arctan2(adapted.footfalls[0, ..., 1], adapted.footfalls[0, ..., 0]) / (2 * np.pi)
    off = got.footfalls - (angle - angle[:, :1]).numpy()
    np.testing.assert_allclose((off + 0.5) % 1.0 - 0.5, 0.0, atol=1e-3)


def test_torch_and_numpy_adapt_alike(folder: Path) -> None:
    torch.manual_seed(3)
    data = Creatures(folder, False)
    twin = rounded(model.Learner(train.statistics(data), HIDDEN))
    arrays = export.arrays(dict(twin.state_dict()))
    wide = {key: value.astype(np.float32) for key, value in arrays.items()}
    compare(learnet.Learnet(export.describe(twin, {"hidden": HIDDEN}), wide, ""), twin, data)


@each("way", model.WAYS)
def test_every_way_runs_as_the_runtime_does(folder: Path, tmp_path: Path, way: str) -> None:
    torch.manual_seed(5)
    data = Creatures(folder, False)
    twin = rounded(model.Learner(train.statistics(data), HIDDEN, way))
    loop.save(tmp_path, twin, {"hidden": HIDDEN, "way": way}, [])
    compare(trained_method.TrainedMethod(tmp_path / "checkpoint.pt"), twin, data)


def test_trained_and_exported(run: Path, tmp_path: Path) -> None:
    for row in json.loads((run / "history.json").read_text()):
        assert np.isfinite(list(row.values())).all()
    export.export(run / "checkpoint.pt", tmp_path / "creature")
    ours = learnet.load(tmp_path)
    assert ours.info["hidden"] == HIDDEN and ours.info["gaits"] == list(quadruped_gaits.GAITS)
