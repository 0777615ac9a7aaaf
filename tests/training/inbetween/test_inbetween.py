# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the filling of gaps: torch against numpy, what is cut and hidden, end to end."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.inbetween import gap
from motion_addon.motion.inbetween import model as inbetween_model
from motion_addon.motion.inbetween.fill_gaps import fill
from motion_addon.motion.maths import quat
from motion_addon.motion.nn import weights as nn_weights
from motion_addon.motion.nn.transformer import Encoder
from tests.motion.dogs import stepping_dog
from tests.motion.humans import standing_clip
from training.data import variants
from training.inbetween import bodies, dataset, evaluate, export, lafan, model, prepare, train
from training.inbetween.bodies import Part
from training.shared import transformer
from training.shared.model import axes_to_matrices

SMALL = transformer.Size(width=16, layers=2, heads=2, wide=32, reach=8)


def written(folder: Path) -> Path:
    """Write a prepared dataset of swaying people, one of them held out."""
    parts: dict[str, list[np.ndarray]] = {}
    for i in range(3):
        clip = standing_clip(600, seed=i)
        held = np.full(clip.frames, i == 2)
        usable = np.ones(clip.frames, dtype=bool)
        usable[:5] = i != 0
        for key, value in {
            "rotations": clip.rotations,
            "roots": clip.root_positions,
            "contacts": clip.contacts,
            "clip": np.full(clip.frames, i),
            "usable": usable,
            "held_out": held,
        }.items():
            parts.setdefault(key, []).append(np.asarray(value))
    arrays = {key: np.concatenate(value) for key, value in parts.items()}
    arrays |= {f"skeleton_{k}": v for k, v in clip.skeleton.to_arrays().items()}
    arrays |= {"bones": np.stack([clip.skeleton.offsets] * 3), "kind": np.array(["people"] * 3)}
    np.savez(folder / "dataset.npz", clip_names=np.array(["a", "b", "c"]), **arrays)
    return folder / "dataset.npz"


def animals(folder: Path) -> Path:
    """Write a prepared dataset of stepping dogs of two builds, some of each held out."""
    parts = []
    for i, (kind, build) in enumerate((("labrador", 1.0), ("made up", 1.3)) * 2):
        clip = stepping_dog(seconds=8.0, noise=0.002 * i)
        wide = clip.skeleton.offsets * np.array([build, 1.0, 2.0 - build])
        longer = replace(clip.skeleton, offsets=wide)
        good = np.ones(clip.frames, dtype=bool)
        parts.append(Part(f"{kind} {i}", kind, replace(clip, skeleton=longer), good, i > 1))
    np.savez(folder / "animals.npz", **prepare.build(parts))
    return folder / "animals.npz"


@pytest.mark.parametrize("frames", [5, 40])
def test_torch_and_numpy_are_one(frames: int) -> None:
    torch.manual_seed(0)
    twin = transformer.Encoder(11, 7, SMALL, dropout=0.2).eval()
    with torch.no_grad():
        for parameter in twin.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    state = {f"network.{k}": v.numpy() for k, v in twin.state_dict().items()}
    stats = {name: np.ones(1, dtype=np.float32) for name in model.STATISTICS}
    arrays = export.weights(state | stats)
    assert {v.dtype for k, v in arrays.items() if k not in stats} == {np.dtype(np.float16)}
    own = {key: value.numpy() for key, value in twin.state_dict().items() if key in arrays}
    ours = Encoder(own)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, frames, 11)).astype(np.float32)
    with torch.no_grad():
        wanted = twin(torch.tensor(x))
    found = ours.forward(x)
    assert found[0] == pytest.approx(wanted[0].numpy(), abs=1e-4)
    assert found[1] == pytest.approx(wanted[1].numpy(), abs=1e-4)


def test_poses_of_corrections_are_the_runtimes() -> None:
    clip = standing_clip(30)
    known = np.ones((1, 30), dtype=bool)
    known[:, 10:20] = False
    seen = gap.window(
        clip.skeleton, clip.rotations[None], clip.root_positions[None], known, np.ones(1)
    )
    layout = gap.GapLayout(len(clip.skeleton))
    stats = {
        "input_mean": np.zeros(layout.inputs),
        "input_scale": np.ones(layout.inputs),
        "output_scale": np.ones(layout.outputs),
    }
    twin = model.Filler(clip.skeleton, SMALL, stats)
    rng = np.random.default_rng(0)
    outputs = rng.normal(scale=0.1, size=(1, 30, layout.outputs)).astype(np.float32)
    with torch.no_grad():
        args = (torch.tensor(a) for a in (outputs, seen.axes, seen.root, clip.skeleton.offsets))
        axes, positions = twin.pose(*args)
        batch = {
            "yaw": torch.tensor(seen.root_frames.yaw),
            "origin": torch.tensor(seen.root_frames.origin),
        }
        positions = train.in_world(positions, batch)
    rotations, roots, _ = gap.corrected(seen, outputs)
    world, placed = clip.skeleton.fk(rotations, roots)
    gone = ~known
    assert positions.numpy()[gone] == pytest.approx(placed[gone], abs=1e-4)
    turned = seen.root_frames.rotations_into(world)
    assert axes.numpy()[gone] == pytest.approx(quat.to_two_axes(turned)[gone], abs=1e-4)


def test_masks() -> None:
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(300):
        known, wrong, asked = dataset.masks(rng, 64)
        assert known[:, 0].all()
        assert (asked | known).all()
        assert not (wrong & ~asked).any()
        assert known.shape[1] <= dataset.LONGEST_GAP + 2 * dataset.CONTEXT
        if wrong.any():
            shares.append([asked.mean(), (asked & ~known).sum() / asked.sum()])
    assert np.mean(shares, axis=0) == pytest.approx([0.17, 0.79], abs=0.02)


def test_windows_stay_in_usable_stretches_of_one_clip(tmp_path: Path) -> None:
    clips = dataset.Clips(written(tmp_path), held_out=False)
    rng = np.random.default_rng(0)
    span = np.full(200, 150)
    first = clips.starts(rng, span)
    assert (first >= 5).all()
    assert np.array_equal(clips.clip[first], clips.clip[first + 150])
    rotations, roots, contacts = clips.read(np.array([[7.0, 7.5]]))
    assert rotations[0, 0] == pytest.approx(clips.rotations[7], abs=1e-6)
    assert roots[0, 1] == pytest.approx(0.5 * (clips.roots[7] + clips.roots[8]), abs=1e-6)
    assert contacts.shape == (1, 2, 4)
    again = clips.mirrored(*clips.mirrored(rotations, roots, contacts))
    assert again[0] == pytest.approx(rotations)
    assert again[1] == pytest.approx(roots)


def drawn(
    clips: dataset.Clips, settings: train.Settings
) -> tuple[model.Filler, dict[str, torch.Tensor]]:
    """Return a small network and a batch of clips."""
    twin = model.Filler(clips.skeleton, SMALL, train.statistics(clips, settings, 2))
    cut = dataset.draw(clips, np.random.default_rng(3), settings.tokens)
    return twin, train.prepared(clips, cut)[1]


def the_truth(twin: model.Filler, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the outputs that fill a batch's gaps as they were."""
    outputs = torch.zeros(*batch["yaw"].shape, twin.layout.outputs)
    outputs[..., twin.layout.axes] = (batch["true_axes"] - batch["axes"]).flatten(2)
    outputs[..., twin.layout.root] = batch["true_root"] - batch["root"]
    return outputs


def test_the_truth_costs_nothing(tmp_path: Path) -> None:
    clips = dataset.Clips(written(tmp_path), held_out=False)
    settings = train.Settings(tokens=512)
    twin, batch = drawn(clips, settings)
    outputs = the_truth(twin, batch)
    found = train.losses(twin, outputs, batch, settings, train.feet_of(clips))
    for name in ("rotation", "position", "turning", "moving"):
        assert float(found[name]) < 1e-4


def test_windows_have_the_bones_of_their_body(tmp_path: Path) -> None:
    clips = dataset.Clips(animals(tmp_path), held_out=False)
    assert clips.sources() == ["labrador 0"]
    cut = dataset.draw(clips, np.random.default_rng(2), 1024)
    widths = np.unique(cut.bones[:, clips.skeleton.index("LeftFemur"), 0])
    assert len(widths) == 2
    settings = train.Settings(tokens=512)
    seen, batch = train.prepared(clips, cut)
    _, own = clips.skeleton.fk(seen.rotations, seen.roots, cut.bones[:, None])
    places = seen.root_frames.points_into(own).reshape(*cut.known.shape, -1)
    assert seen.inputs[..., gap.GapLayout(len(clips.skeleton)).positions] == pytest.approx(
        places, abs=1e-5
    )
    twin = model.Filler(clips.skeleton, SMALL, train.statistics(clips, settings, 2))
    outputs = the_truth(twin, batch)
    feet = train.feet_of(clips)
    assert [clips.skeleton.names[foot] for foot in feet] == list(quadruped.PAWS)
    assert float(train.losses(twin, outputs, batch, settings, feet)["position"]) < 1e-4


def test_kinds_of_clips_are_drawn_by_their_shares(tmp_path: Path) -> None:
    clips = dataset.Clips(animals(tmp_path), held_out=False)
    first = clips.starts(np.random.default_rng(0), np.full(4000, 60))
    share = np.mean(clips.clip[first] == 0)
    wanted = bodies.SHARES["labrador"] / (bodies.SHARES["labrador"] + bodies.SHARES["made up"])
    assert share == pytest.approx(wanted, abs=0.05)


def test_clips_that_stand_may_have_a_share_of_their_own() -> None:
    clip = stepping_dog(seconds=1.0)
    good = np.ones(clip.frames, dtype=bool)
    kinds = [
        Part("a", kind, clip, good, held_out=False, travels=travels).share
        for kind in ("rigs", "people")
        for travels in (True, False)
    ]
    assert kinds == ["rigs", "rigs, still", "people", "people"]
    assert set(kinds) <= set(bodies.SHARES)


def test_a_window_may_be_weighed_by_itself(tmp_path: Path) -> None:
    clips = dataset.Clips(written(tmp_path), held_out=False)
    settings = train.Settings(tokens=512)
    twin, batch = drawn(clips, settings)
    easy = {key: value.clone() for key, value in batch.items()}
    for key in ("axes", "root"):
        easy[key][0] = batch[f"true_{key}"][0]
    mask = batch["asked"][..., None, None]
    truth = twin.place(axes_to_matrices(batch["true_axes"]), batch["true_root"], batch["bones"])
    places = train.in_world(truth, batch) * mask
    alone = replace(settings, weighed="window")
    before, after = (train.evened(twin, b, places, alone) for b in (batch, easy))
    assert after[0] == pytest.approx((train.EVEN / 0.02) ** settings.evenness, rel=1e-3)
    assert after[0] > before[0] and torch.equal(after[1:], before[1:])
    together = train.evened(twin, batch, places, settings)
    assert len(together) == len(before) and torch.equal(together, together[:1].expand(len(before)))


def test_heights_and_what_is_off_sideways_may_count_more(tmp_path: Path) -> None:
    clips = dataset.Clips(animals(tmp_path), held_out=False)
    settings = train.Settings(tokens=512)
    rng = np.random.default_rng(3)
    twin = model.Filler(clips.skeleton, SMALL, train.statistics(clips, settings, 2))
    _, batch = train.prepared(clips, dataset.draw(clips, rng, 512))
    feet = train.feet_of(clips)

    def position(axis: int, **weights: float) -> float:
        outputs = torch.zeros(*batch["yaw"].shape, twin.layout.outputs)
        outputs[..., twin.layout.axes] = (batch["true_axes"] - batch["axes"]).flatten(2)
        outputs[..., twin.layout.root] = batch["true_root"] - batch["root"]
        outputs[..., twin.layout.root.start + axis] += 0.1
        found = train.losses(twin, outputs, batch, replace(settings, **weights), feet)
        return float(found["position"])

    assert position(1, height=4.0) == pytest.approx(2.0 * position(1, height=2.0), rel=1e-3)
    assert position(1, sideways=1.0) == pytest.approx(position(1), rel=1e-3)
    assert position(0, sideways=1.0) > 1.5 * position(0)


def test_clips_in_other_builds_stay_on_the_ground() -> None:
    clip = stepping_dog(seconds=3.0)
    own = [SimpleNamespace(name=name, rig="test/dog", kind="walk", creature="dog") for name in "ab"]
    sunk = clip.root_positions.copy()
    sunk[clip.frames // 2 :, 1] -= 0.4
    found = list(bodies.in_other_builds(own, [clip, replace(clip, root_positions=sunk)]))
    assert sum(part.name.startswith("a~") for part in found) == variants.COUNT
    assert all(part.kind == "rigs" and not part.captured and not part.held_out for part in found)
    before = clip.world()[1][..., 1].min(axis=1)
    for part in found:
        if part.name.startswith("a~"):
            lowest = part.clip.world()[1][..., 1].min(axis=1)
            assert lowest.mean() == pytest.approx(before.mean(), abs=0.001)
            assert np.percentile(lowest, 95.0) < np.percentile(before, 95.0) + bodies.OFF_GROUND


@pytest.mark.slow
def test_end_to_end_for_animals(tmp_path: Path) -> None:
    prepared = animals(tmp_path)
    clips = [dataset.Clips(prepared, held_out=flag) for flag in (False, True)]
    settings = train.Settings(steps=3, tokens=256, average=0.5)
    train.fit(clips[0], clips[1], SMALL, settings, tmp_path / "run")
    out = tmp_path / "models" / "inbetween_quadruped"
    export.export("quadruped", tmp_path / "run" / "checkpoint.pt", prepared, out)
    filler = inbetween_model.load_filler("quadruped", tmp_path / "models")
    again = train.fit(
        *clips,
        SMALL,
        replace(settings, steps=1, rate=0.0),
        tmp_path / "again",
        out / "weights.safetensors",
    )
    shipped = nn_weights.read_safetensors(out / "weights.safetensors")
    assert again.network.head.detach().numpy() == pytest.approx(shipped["head"], abs=1e-6)
    assert again.input_scale.numpy() == pytest.approx(filler.input_scale)
    clip = stepping_dog(seconds=1.0)
    known = np.ones(clip.frames, dtype=bool)
    known[20:40] = False
    done = fill(filler, clip, known)
    assert np.array_equal(done.rotations[known], clip.rotations[known])
    parts = [Part(str(i), "labrador", stepping_dog(seconds=4.0), known, i > 0) for i in range(2)]
    found = evaluate.measured(filler, parts, "labrador")
    assert {row["gap"] for row in found["rows"]} == set(lafan.GAPS)
    truth = [row for row in found["rows"] if row["way"] == "truth"]
    assert max(row["l2p"] for row in truth) < 1e-6


@pytest.mark.slow
def test_end_to_end(tmp_path: Path) -> None:
    prepared = written(tmp_path)
    clips = [dataset.Clips(prepared, held_out=flag) for flag in (False, True)]
    settings = train.Settings(steps=4, tokens=256, average=0.5)
    train.fit(clips[0], clips[1], SMALL, settings, tmp_path / "run")
    export.export(
        "biped", tmp_path / "run" / "checkpoint.pt", prepared, tmp_path / "models" / "inbetween"
    )
    filler = inbetween_model.load_filler("biped", tmp_path / "models")
    clip: Clip = standing_clip(60, seed=5)
    known = np.ones(60, dtype=bool)
    known[20:40] = False
    out = fill(filler, clip, known, seed=3)
    assert np.array_equal(out.rotations[known], clip.rotations[known])
    assert np.isfinite(out.rotations).all()
