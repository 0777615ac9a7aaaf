# SPDX-License-Identifier: GPL-3.0-or-later
"""A model from motion files to a bake, tiny: prepare, train, export, load, walk."""

import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from motion_addon.motion.bake.bake import bake
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.nn import weights
from tests.cases import each
from training.biped import export, prepare, train
from training.data import people
from training.shared import dataset, loop

WALKS = {
    "o3de/Walk1.bvh": (60.0, {"path": ((0.0, 0.0, 0.0), (0.0, 0.0, 5.0)), "speed": 1.2}),
    "o3de/Turn.bvh": (
        30.0,
        {"path": ((0.0, 0.0, 0.0), (0.0, 0.0, 3.0), (3.0, 0.0, 4.0)), "speed": 1.4},
    ),
    "o3de/Walk2.bvh": (60.0, {"path": ((0.0, 0.0, 0.0), (4.0, 0.0, 0.0)), "speed": 1.3}),
}
"""Made files by name: frame rate and what is baked into them. One of them is held out."""
FLOOR = 0.1
BAD = (20, 29)
SETTINGS = train.Settings(
    hidden=16, steps=30, batch_frames=256, lengths=(1, 4), shares=(0.5, 0.5), rate=3e-3
)


def still_at_first(clip: Clip, frames: int) -> Clip:
    """Return the clip with its first pose held."""
    at = np.concatenate([np.zeros(frames), np.arange(clip.frames)])
    return clip.at_frames(at, clip.fps)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write motion files and their catalog, as the database has them."""
    folder = tmp_path_factory.mktemp("data")
    entries = []
    for name, (fps, walk) in WALKS.items():
        clip = still_at_first(bake(BakeRequest(fps=fps, **walk)).clip, int(2 * fps))
        raised = (clip.root_positions + np.array([0.0, FLOOR, 0.0])).astype(np.float32)
        (folder / name).parent.mkdir(exist_ok=True)
        bvh.write(folder / name, replace(clip, root_positions=raised))
        bad = [list(BAD)] if name == "o3de/Turn.bvh" else []
        entries.append({"path": f"biped/{name}", "source": "o3de", "bad_ranges": bad})
    # Neither is read: one is left out by name, the other is of a source that is not asked for.
    entries.append({"path": "biped/o3de/Pushes1.bvh", "source": "o3de", "bad_ranges": []})
    entries.append({"path": "biped/cmu/02_01.bvh", "source": "cmu", "bad_ranges": []})
    catalog = {"clips": [e | {"floor_y_m": FLOOR, "licence": "made"} for e in entries]}
    (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def prepared(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("prepared") / "build" / "dataset.npz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["prepare", "--data", str(data), "--out", str(out)])
        prepare.main()
    return out


@pytest.fixture(scope="module")
def trained(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    train.train(prepared, out, SETTINGS)
    return out


@pytest.fixture(scope="module")
def exported(prepared: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    export.export(trained / "checkpoint.pt", prepared, folder / "biped")
    return folder


@pytest.fixture
def shipped_is_the_tiny_one(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[controller_model.Model]:
    """Let requests find the tiny model."""
    load = functools.partial(controller_model.load, folder=exported)
    monkeypatch.setattr(controller_model, "load", load)
    return load("biped")


def test_prepared_clips_are_there_with_their_mirror_images(prepared: Path) -> None:
    with np.load(prepared, allow_pickle=False) as arrays:
        names = arrays["clip_names"].tolist()
        clip, held_out = arrays["clip"], arrays["held_out"]
        usable, floor = arrays["usable"], arrays["hips"][:, 1]
    assert {name.split()[0] for name in names} == set(WALKS)
    assert all(f"{name} mirrored" in names for name in WALKS)
    assert [name for name in names if name.endswith("slowed")] == ["o3de/Walk1.bvh slowed"]
    assert {names[i].split()[0] for i in set(clip[held_out])} == {"o3de/Walk2.bvh"}
    # The files stand 10 cm above their ground, the dataset does not.
    assert np.median(floor) == pytest.approx(controller_model.load("biped").hip_height, abs=0.07)
    turn = np.flatnonzero(clip == names.index("o3de/Turn.bvh"))
    bad = np.flatnonzero(~usable[turn])
    first, last = 2 * BAD[0] - features.WINDOW[-1], 2 * BAD[1] - features.WINDOW[0]
    assert bad[0] == max(first, 0)
    assert bad[-1] == last
    assert usable[clip == names.index("o3de/Walk2.bvh")].all()


def test_sources_that_do_not_exist(data: Path) -> None:
    with pytest.raises(ValueError, match="zombie"):
        prepare.build(data, ("zombie",))


def test_training_learns(prepared: Path, trained: Path) -> None:
    learn, held_out = dataset.load(prepared)
    saved = torch.load(trained / "checkpoint.pt", weights_only=True)
    assert saved["settings"]["hidden"] == 16
    biped = train.Biped(learn.skeleton, 16, dataset.statistics(learn))
    before = loop.validate(biped, held_out, train.roll_out, 20)
    biped.load_state_dict(saved["model"])
    after = loop.validate(biped, held_out, train.roll_out, 20)
    assert all(np.isfinite(value) for value in after.values())
    assert set(after) == {"axes", "hips", "position", "velocity", "slip", "phase", "contacts"}
    assert after["position"] < before["position"]
    for row in json.loads((trained / "history.json").read_text(encoding="utf-8")):
        assert np.isfinite(list(row.values())).all()


def test_same_seed_same_weights(prepared: Path, trained: Path, tmp_path: Path) -> None:
    train.train(prepared, tmp_path, SETTINGS)
    first, second = (
        torch.load(folder / "checkpoint.pt", weights_only=True)["model"]
        for folder in (trained, tmp_path)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_training_goes_on_from_a_checkpoint(prepared: Path, trained: Path, tmp_path: Path) -> None:
    at = trained / "checkpoint.pt"
    more = train.train(prepared, tmp_path, replace(SETTINGS, steps=1), at)
    start = torch.load(at, weights_only=True)["model"]
    gap = max(float((more.state_dict()[key] - start[key]).abs().max()) for key in start)
    assert gap < 0.01


def test_the_official_reader_sees_the_same_weights(exported: Path) -> None:
    file = exported / "biped" / "weights.safetensors"
    ours, official = weights.read_safetensors(file), safetensors.numpy.load_file(file)
    assert set(ours) == set(official)
    for name, array in official.items():
        wanted = array.astype(np.float32) if array.dtype == np.float16 else array
        assert ours[name].dtype == wanted.dtype
        assert np.array_equal(ours[name], wanted)
    assert {official[f"weight{i}"].dtype for i in range(3)} == {np.dtype(np.float16)}
    assert official["input_scale"].dtype == np.float32


@each("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_the_official_writer_is_read(tmp_path: Path, dtype: type) -> None:
    rng = np.random.default_rng(0)
    shapes = {"one": (1,), "deep": (2, 3, 4), "none": (0, 3), "scalar": ()}
    arrays = {
        name: np.array(9 * rng.normal(size=shape), dtype=dtype) for name, shape in shapes.items()
    }
    safetensors.numpy.save_file(arrays, tmp_path / "x.safetensors", metadata={"by": "test"})
    back = weights.read_safetensors(tmp_path / "x.safetensors")
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        assert back[name].shape == array.shape
        assert np.array_equal(back[name], array)


def test_exported_weights_are_the_trained_ones(trained: Path, exported: Path) -> None:
    state = torch.load(trained / "checkpoint.pt", weights_only=True)["model"]
    net = controller_model.load("biped", exported).network
    for i in range(3):
        assert np.abs(net.weights[i] - state[f"network.weights.{i}"].numpy()).max() < 1e-3
        assert np.abs(net.biases[i] - state[f"network.biases.{i}"].numpy()).max() < 1e-3
    assert np.array_equal(net.output_mean, state["output_mean"].numpy())


def test_exported_model_is_described(exported: Path) -> None:
    model = controller_model.load("biped", exported)
    info, original = model.info, controller_model.load("biped")
    assert info["hidden"] == 16
    assert info["held_out"] == list(people.HELD_OUT)
    assert info["training"]["steps"] == 30
    assert info["ranges"]["speed"][1] == pytest.approx(1.4, abs=0.25)
    assert info["ranges"]["turn"][0] == pytest.approx(-info["ranges"]["turn"][1], abs=0.2)
    assert model.height == pytest.approx(original.height, abs=0.01)
    assert model.skeleton.rest_positions() == pytest.approx(
        _in_order(original, model.skeleton.names), abs=1e-4
    )
    assert np.isfinite(model.start_state).all()
    assert model.start_state[0, 0, 1] == pytest.approx(original.hip_height, abs=0.08)


def _in_order(model: controller_model.Model, names: tuple[str, ...]) -> np.ndarray:
    return model.skeleton.rest_positions()[[model.skeleton.index(name) for name in names]]


def test_the_tiny_model_walks(shipped_is_the_tiny_one: controller_model.Model) -> None:
    result = bake(BakeRequest(path=((0.0, 0.0, 0.0), (0.0, 0.0, 2.0), (1.0, 0.0, 3.0)), fps=24.0))
    assert result.report["model"]["weights"] == shipped_is_the_tiny_one.digest
    assert np.isfinite(result.clip.rotations).all()
    assert np.isfinite(result.clip.root_positions).all()
    assert result.clip.root_positions[-1, [0, 2]] == pytest.approx([1.0, 3.0], abs=0.3)
    assert (np.diff(result.phase) >= 0.0).all()
