# SPDX-License-Identifier: GPL-3.0-or-later
"""Model folders: the shipped one is whole, and a bad one is refused in a sentence."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from motion_addon.errors import RefusedError
from motion_addon.motion.clip import contacts
from motion_addon.motion.controller import features
from motion_addon.motion.controller import model as controller_model
from motion_addon.motion.nn import weights
from motion_addon.motion.nn.network import PhaseNetwork
from tests.cases import each


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a folder that holds a copy of the biped, free to spoil."""
    shutil.copytree(weights.FOLDER / "biped", tmp_path / "biped")
    return tmp_path


def describe_anew(folder: Path, **changes: object) -> None:
    file = folder / "biped" / "model.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | changes))


def test_biped_is_loaded_once() -> None:
    assert controller_model.load("biped") is controller_model.load("biped")


def test_biped_is_described_truly() -> None:
    model = controller_model.load("biped")
    info, skeleton = model.info, model.skeleton
    assert [info["inputs"], info["outputs"]] == [features.INPUTS, model.layout.size]
    assert info["rate"] == features.RATE
    assert info["gaits"] == list(features.GAITS)
    assert info["feet"] == [ball for _, ball in contacts.FOOT_JOINTS]
    assert all(name in skeleton.names for name in features.STATE_JOINTS)
    assert len(model.digest) == 12
    assert info["credits"]
    for side in (0, 1):
        heel = contacts.heel_offset(skeleton, side)
        assert info["heels"][side] == pytest.approx(heel.tolist(), abs=1e-5)
    rest = skeleton.rest_positions()
    lowest = rest[[skeleton.index(name) for name in info["feet"]], 1].mean()
    assert model.hip_height == pytest.approx(info["ball_height"] - lowest, abs=2e-3)
    tips = [rest[joint, 1] + tip[1] for joint, tip in skeleton.end_sites]
    assert model.height == pytest.approx(model.hip_height + max(tips), abs=2e-3)
    assert 1.5 < model.height < 1.95


def test_biped_is_symmetric() -> None:
    model = controller_model.load("biped")
    pairs = model.skeleton.mirror_pairs()
    assert model.skeleton.offsets[pairs] * [-1, 1, 1] == pytest.approx(
        model.skeleton.offsets, abs=1e-5
    )
    swapped = [features.STATE_JOINTS.index(_other(name)) for name in features.STATE_JOINTS]
    stands = model.start_state[0]
    assert stands[swapped] * [-1, 1, 1] == pytest.approx(stands, abs=0.02)


def _other(name: str) -> str:
    if name.startswith("Left"):
        return "Right" + name[4:]
    return "Left" + name[5:] if name.startswith("Right") else name


def test_biped_starts_from_a_stand() -> None:
    model = controller_model.load("biped")
    positions, velocities = model.start_state
    at = dict(zip(features.STATE_JOINTS, positions, strict=True))
    assert np.isfinite(model.start_state).all()
    assert not velocities.any()
    assert at["Hips"][1] == pytest.approx(model.hip_height, rel=0.06)
    assert at["Head"][1] > at["Hips"][1] + 0.4
    for side in ("Left", "Right"):
        assert at[side + "Toe"][1] == pytest.approx(model.info["ball_height"], abs=0.04)


def test_biped_weights_are_usable() -> None:
    net = controller_model.load("biped").network
    assert isinstance(net, PhaseNetwork)
    for array in (*net.weights, *net.biases, net.input_mean, net.output_mean):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    assert (net.input_scale > 0).all()
    assert (net.output_scale > 0).all()
    out = net.forward(net.input_mean[None], np.array([0.3]))
    assert np.isfinite(out).all()


def test_another_folder(copied: Path) -> None:
    model = controller_model.load("biped", copied)
    assert model is not controller_model.load("biped")
    assert model.digest == controller_model.load("biped").digest


@each("name", ["dragon", "", "..", "../biped", "biped/", "/etc", "a b"])
def test_no_such_model(name: str) -> None:
    with pytest.raises(RefusedError, match="no model named") as caught:
        controller_model.load(name)
    assert "\n" not in str(caught.value)


def test_other_layouts_are_refused(copied: Path) -> None:
    describe_anew(copied, inputs=features.INPUTS + 1)
    with pytest.raises(RefusedError, match="another version"):
        controller_model.load("biped", copied)


@each("what", ["missing", "cut short", "empty", "not weights", "other arrays"])
def test_spoiled_weights_are_refused(copied: Path, what: str) -> None:
    file = copied / "biped" / "weights.safetensors"
    data = (weights.FOLDER / "biped" / file.name).read_bytes()
    if what == "missing":
        file.unlink()
    elif what == "other arrays":
        header = b'{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
        file.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    else:
        spoiled = {"cut short": data[:-1000], "empty": b"", "not weights": b"version https://git"}
        file.write_bytes(spoiled[what])
    with pytest.raises(RefusedError, match="biped") as caught:
        controller_model.load("biped", copied)
    assert "\n" not in str(caught.value)


@each("content", ["", "[]", "{}", "{"])
def test_spoiled_description_is_refused(copied: Path, content: str) -> None:
    (copied / "biped" / "model.json").write_text(content, encoding="utf-8")
    with pytest.raises(RefusedError, match="biped"):
        controller_model.load("biped", copied)


def test_safetensors_by_hand(tmp_path: Path) -> None:
    half = np.array([[1.5, -2.0, 0.25]], dtype="<f2")
    whole = np.array([3, -4], dtype="<i8")
    header = {
        "__metadata__": {"format": "pt"},
        "b": {"dtype": "I64", "shape": [2], "data_offsets": [6, 22]},
        "a": {"dtype": "F16", "shape": [1, 3], "data_offsets": [0, 6]},
        "none": {"dtype": "F32", "shape": [0, 4], "data_offsets": [22, 22]},
        "one": {"dtype": "F64", "shape": [], "data_offsets": [22, 30]},
    }
    text = json.dumps(header).encode() + b"   "
    data = half.tobytes() + whole.tobytes() + np.float64(0.1).tobytes()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    out = weights.read_safetensors(tmp_path / "x.safetensors")
    assert set(out) == {"a", "b", "none", "one"}
    assert out["a"].dtype == np.float32
    assert out["a"].tolist() == [[1.5, -2.0, 0.25]]
    assert out["b"].tolist() == [3, -4]
    assert out["none"].shape == (0, 4)
    assert out["one"] == 0.1
