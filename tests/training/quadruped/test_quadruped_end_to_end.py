# SPDX-License-Identifier: GPL-3.0-or-later
"""A quadruped from clips to a bake, tiny: label, train, export, load, trot, and comparison."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from motion_addon.motion.body import quadruped, quadruped_gaits
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.controller import stride_clock
from motion_addon.motion.controller.controller import Controller, Run
from motion_addon.motion.plan import trajectory
from motion_addon.motion.plan.path import Path as DrawnPath
from tests.cases import each
from tests.motion.dogs import stepping_dog
from training.data.labrador_clips import SourceClip
from training.quadruped import compare_mixtures, export, prepare, train
from training.shared import courses, loop

STEPS = ["--steps", "24", "--lengths", "1", "3", "--shares", "1", "1", "--batch-frames", "192"]
STEPS += ["--average", "0.5", "--rate", "0.06"]


def clips() -> Iterator[SourceClip]:
    """Yield a walk and a trot to learn from and a walk that is held out."""
    for name, gait, speed, held_out in (
        ("walk", "walk", 0.8, False),
        ("trot", "trot", 1.8, False),
        ("held", "walk", 1.0, True),
    ):
        clip = stepping_dog(gait, speed=speed, seconds=5.0, stride=0.6)
        still = clip.at_frames(np.concatenate([np.zeros(90), np.arange(clip.frames)]), clip.fps)
        good = np.ones(still.frames, dtype=bool)
        good[200:210] = name != "trot"
        yield SourceClip(name, still, good, held_out, True)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a prepared dataset."""
    out = tmp_path_factory.mktemp("prepared") / "dataset.npz"
    np.savez(out, **prepare.build(clips()))
    return out


def trained(dataset: Path, out: Path, *more: str) -> Path:
    """Train by the command line and return the run's folder."""
    before = sys.argv
    given = ["--dataset", str(dataset), "--out", str(out), "--hidden", "16", "--experts", "4"]
    sys.argv = ["train", *given, *STEPS, *more]
    try:
        train.main()
    finally:
        sys.argv = before
    return out


@pytest.fixture(scope="module")
def run(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of the mixture that is shipped."""
    return trained(dataset, tmp_path_factory.mktemp("run"))


def test_labels(dataset: Path) -> None:
    with np.load(dataset) as data:
        names = [str(name) for name in data["clip_names"]]
        assert names[:2] == ["walk", "walk mirrored"]
        trot = data["clip"] == names.index("trot")
        middle = np.flatnonzero(trot)[250:330]
        gait = data["gait"][middle].mean(axis=0)
        assert quadruped_gaits.GAITS[int(gait.argmax())] == "trot"
        assert not data["usable"][trot][200 - prepare.MARGIN : 210 + prepare.MARGIN].any()
        assert data["usable"][trot][200 - prepare.MARGIN - 1]
        assert data["speed"][middle].mean() == pytest.approx(1.8, rel=0.05)
        assert data["control"].shape[1] == stride_clock.INPUT.control.stop
        assert data["phase_rate"][middle].mean() == pytest.approx(1.0 / 0.6, rel=0.05)


def test_mirrored_clips_have_mirrored_labels(dataset: Path) -> None:
    with np.load(dataset) as data:
        here, there = data["clip"] == 0, data["clip"] == 1
        swap = [2, 3, 0, 1]
        same = (data["contacts"][here] == data["contacts"][there][:, swap]).mean()
        assert same > 0.99
        assert np.allclose(data["hips"][here][:, 1], data["hips"][there][:, 1], atol=0.01)


@each("mixing", ["blend", "output", "top2_output", "top2_blend", "single", "pfnn"])
def test_every_mixture_learns(dataset: Path, tmp_path: Path, mixing: str) -> None:
    for gating in ("phase", "velocity") if mixing == "blend" else ("phase",):
        out = trained(dataset, tmp_path / gating, "--mixing", mixing, "--gating", gating)
        learn, held_out = train.load(dataset)
        torch.manual_seed(1)
        saved = torch.load(out / "checkpoint.pt", weights_only=True)
        assert saved["settings"]["mixing"] == mixing
        model = compare_mixtures.read(out, learn)
        after = loop.validate(model, held_out, train.roll_out, 2)
        fresh = compare_mixtures.Quadruped(
            learn.skeleton,
            compare_mixtures.dataset.statistics(learn, stride_clock.INPUT),
            16,
            mixing,
            gating,
            4,
        )
        before = loop.validate(fresh, held_out, train.roll_out, 2)
        assert sum(after.values()) < sum(before.values())
        assert all(np.isfinite(value) for value in after.values())


LINE = DrawnPath.from_points(np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 3.0]]))


def plan() -> trajectory.Trajectory:
    return trajectory.plan(LINE, speed=1.0, gait="trot", mover=quadruped_gaits.MOVER)


def test_export_is_loaded_and_runs_as_in_torch(dataset: Path, run: Path, tmp_path: Path) -> None:
    export.export(run / "checkpoint.pt", dataset, tmp_path / "small")
    model = controller_model.load("small", tmp_path)
    assert model.kind.name == "quadruped"
    assert model.info["feet"] == list(quadruped.PAWS)
    assert model.gate is not None
    *_, found = Controller(model).run([plan()], np.zeros(1), np.ones(1))
    assert isinstance(found, list)
    ours: Run = found[0]
    learn, _ = train.load(dataset)
    trained = compare_mixtures.read(run, learn)
    theirs = compare_mixtures.drive(trained, [plan()], model.start_state)[0][0]
    assert ours.clip.frames == theirs.clip.frames
    assert np.isfinite(ours.clip.rotations).all()
    gap = np.abs(quadruped.paw_points(ours.clip) - quadruped.paw_points(theirs.clip))
    assert gap[:5].max() < 0.05


def test_what_the_runtime_cannot_mix_is_not_exported(dataset: Path, tmp_path: Path) -> None:
    out = trained(dataset, tmp_path / "run", "--mixing", "output")
    with pytest.raises(ValueError, match="output"):
        export.export(out / "checkpoint.pt", dataset, tmp_path / "model")


def test_the_study_compares_runs(dataset: Path, run: Path, tmp_path: Path) -> None:
    learn, _ = train.load(dataset)
    items = [compare_mixtures.Pass(courses.straight(3.0), "trot", 1.0, plan(), LINE)]
    row = compare_mixtures.measured(run, learn, items)
    assert [r["gait"] for r in row["rows"]] == ["trot"]
    assert sum(row["use"]) == pytest.approx(1.0, abs=1e-3)
    assert all(np.isfinite(value) for value in row["mean"].values())
    json.dumps(row)
