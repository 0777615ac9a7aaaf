# SPDX-License-Identifier: GPL-3.0-or-later
"""Sampling: sequences stay inside their clip and out of what is not usable."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.controller import features
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.walks import SKELETON
from training.biped import prepare
from training.shared import dataset


def sequences(clip: np.ndarray, usable: np.ndarray, speed: np.ndarray | None = None):
    speed = np.ones(len(clip)) if speed is None else speed
    frames = {
        "speed": torch.tensor(speed, dtype=torch.float32),
        "index": torch.arange(len(clip)),
    }
    return dataset.Sequences(SKELETON, frames, clip, usable)


@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6),
    st.integers(1, 12),
    st.integers(0, 2**31),
)
@settings(max_examples=80, deadline=None)
def test_sequences_stay_inside(lengths: list[int], length: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    clip = np.repeat(rng.permutation(len(lengths)), lengths)
    usable = np.repeat(rng.random(len(clip)) > 0.1, 1)
    data = sequences(clip, usable)
    wanted = [
        first
        for first in range(1, len(clip) - length + 1)
        if len(set(clip[first - 1 : first + length])) == 1
        and usable[first - 1 : first + length].all()
    ]
    if not wanted:
        return
    first, weight = data.starts(length)
    assert first.tolist() == wanted
    assert weight.sum() == pytest.approx(1.0)
    assert weight.min() > 0.0
    drawn = data.batch(first, length)["index"].numpy()
    assert drawn.shape == (len(first), length + 1)
    assert (np.diff(drawn, axis=1) == 1).all()
    assert (drawn[:, 1] == first).all()
    assert (clip[drawn] == clip[first][:, None]).all()
    assert usable[drawn].all()


def test_rare_speeds_and_changes_are_drawn_more_often() -> None:
    steady = np.full(2000, 1.1)
    hurried = 1.12 + 0.1 * np.sin(0.3 * np.arange(300))
    fast = np.full(200, 3.2)
    speed = np.concatenate([steady, hurried, fast])
    data = sequences(np.zeros(len(speed), dtype=int), np.ones(len(speed), dtype=bool), speed)
    first, weight = data.starts(4)
    mean = [
        weight[(first > a + 10) & (first < b - 10)].mean() for a, b in ((0, 2000), (2000, 2300))
    ]
    assert mean[1] > 1.5 * mean[0], "the speed changes, in the same band of speeds"
    assert weight[first > 2320].mean() > 2.0 * mean[0], "the speed is rare"


@each("bad", [[], [(100, 120)], [(0, 3)], [(290, 299)], [(50, 60), (200, 201)]])
def test_usable_frames_see_nothing_bad(bad: list[tuple[int, int]]) -> None:
    good = prepare.usable(300, tuple(bad))
    spoiled = np.zeros(300, dtype=bool)
    for first, last in bad:
        spoiled[first : last + 1] = True
    for frame in range(300):
        seen = np.clip(frame + np.arange(features.WINDOW[0], features.WINDOW[-1] + 1), 0, 299)
        assert good[frame] == (not spoiled[seen].any())


def prepared(path: Path, seed: int = 0) -> dict[str, np.ndarray]:
    """Write a dataset of arbitrary numbers: clips of 50, 30 (held out) and 40 frames."""
    rng, joints = np.random.default_rng(seed), len(SKELETON)
    clip = np.repeat([0, 1, 2], [50, 30, 40])
    count = len(clip)
    spin = quat.from_rotvec(rng.normal(scale=0.02, size=(count, 3)))
    arrays = {
        "control": rng.normal(size=(count, features.CONTROL.stop)),
        "matrices": np.swapaxes(quat.to_matrix(spin), -1, -2),
        "moves": rng.normal(scale=0.02, size=(count, 3)),
        "axes": quat.to_two_axes(quat.normalize(rng.normal(size=(count, joints, 4)))),
        "hips": rng.normal(size=(count, 3)),
        "contacts": (rng.random((count, 4)) > 0.5) * 1.0,
        "phase": rng.random(count),
        "phase_rate": rng.random(count),
        "speed": rng.random(count),
    }
    arrays = {key: value.astype(np.float32) for key, value in arrays.items()}
    arrays |= {"clip": clip, "usable": np.ones(count, dtype=bool), "held_out": clip == 1}
    arrays |= {f"skeleton_{key}": value for key, value in SKELETON.to_arrays().items()}
    np.savez(path, **arrays)
    return arrays


def test_held_out_clips_are_apart(tmp_path: Path) -> None:
    arrays = prepared(tmp_path / "d.npz")
    learn, held_out = dataset.load(tmp_path / "d.npz")
    assert set(learn.clip) == {0, 2}
    assert set(held_out.clip) == {1}
    assert np.array_equal(held_out.frames["hips"].numpy(), arrays["hips"][50:80])
    assert len(learn.frames["control"]) == 90


def test_state_is_kinematics_and_its_velocity(tmp_path: Path) -> None:
    arrays = prepared(tmp_path / "d.npz")
    learn, _ = dataset.load(tmp_path / "d.npz")
    world = quat.from_two_axes(arrays["axes"][:50].astype(np.float64))
    local = SKELETON.local(world)
    _, placed = SKELETON.fk(local, arrays["hips"][:50].astype(np.float64))
    joints = [SKELETON.index(name) for name in features.STATE_JOINTS]
    assert np.abs(learn.frames["positions"][:50].numpy() - placed[:, joints]).max() < 1e-4
    carried = placed[6][joints] @ arrays["matrices"][7] + arrays["moves"][7]
    wanted = (placed[7][joints] - carried) * features.RATE
    velocities = learn.frames["velocities"].numpy()
    assert np.abs(velocities[7] - wanted).max() < 2e-2
    # The first frame of a clip has no frame before it; it moves as the next one does.
    assert np.array_equal(velocities[0], velocities[1])
    assert np.array_equal(velocities[50], velocities[51])


def test_statistics_normalize(tmp_path: Path) -> None:
    prepared(tmp_path / "d.npz")
    learn, _ = dataset.load(tmp_path / "d.npz")
    stats = dataset.statistics(learn)
    layout = features.OutputLayout(len(SKELETON))
    assert stats["input_mean"].shape == stats["input_scale"].shape == (features.INPUTS,)
    assert stats["output_mean"].shape == stats["output_scale"].shape == (layout.size,)
    assert stats["input_scale"].min() > 0.0
    assert stats["output_scale"].min() > 0.0
    control = (learn.frames["control"].numpy() - stats["input_mean"][features.CONTROL]) / stats[
        "input_scale"
    ][features.CONTROL]
    assert np.abs(control.mean(axis=0)).max() < 1e-4
    assert control.std() == pytest.approx(1.0, abs=0.2)
    positions = stats["input_scale"][features.INPUT.positions]
    assert np.ptp(positions) < 1e-6, "one scale for all joints"
    contacts = learn.frames["contacts"].numpy()
    assert stats["output_mean"][layout.contacts] == pytest.approx(contacts.mean(axis=0), abs=1e-5)
