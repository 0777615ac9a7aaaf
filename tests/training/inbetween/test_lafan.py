# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures of in-betweening against numbers worked out by hand."""

import numpy as np
import pytest

from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from training.inbetween import lafan

ROD = Skeleton(("Root", "Tip"), np.array([-1, 0]), np.array([[0, 0, 0], [0, 1, 0]]))


def test_l2q() -> None:
    truth = np.tile(quat.IDENTITY, (1, 2, 2, 1))
    found = truth.copy()
    found[0, 0, 0] = [0.0, 1.0, 0.0, 0.0]
    found[0, 1, 1] = [-1.0, 0.0, 0.0, 0.0]
    # First frame: (1, -1) apart, sqrt 2; second: the same rotation, 0.
    assert lafan.l2q(truth, found) == pytest.approx(0.5 * np.sqrt(2.0))


def test_l2p() -> None:
    truth = np.zeros((1, 2, 2, 3))
    found = truth.copy()
    found[0, 0] = [[3.0, 0.0, 0.0], [0.0, 8.0, 0.0]]
    deviation = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 1.0]])
    # sqrt(3^2 + (8 / 2)^2) = 5 in one of two frames.
    assert lafan.l2p(truth, found, deviation) == pytest.approx(2.5)


def test_npss() -> None:
    # Over four frames: a constant 1 has the transform (4, 0, 0, 0), and 1, -1, 1, -1 has
    # (0, 0, 4, 0). Summed up: (1, 1, 1, 1) and (0, 0, 1, 1), which are 2 apart.
    constant, swinging = np.ones((1, 4, 1)), np.array([[[1.0], [-1.0], [1.0], [-1.0]]])
    assert lafan.npss(constant, swinging) == pytest.approx(2.0)
    assert lafan.npss(swinging, swinging) == 0.0
    # A second feature of half the size has a quarter of the weight and is right: 2 * 4/5.
    truth = np.concatenate([constant, 0.5 * constant], axis=-1)
    found = np.concatenate([swinging, 0.5 * constant], axis=-1)
    assert lafan.npss(truth, found) == pytest.approx(1.6)


def test_windows_are_centered_and_face_x() -> None:
    frames = 145
    turns = np.repeat(quat.yaw(np.full(frames, 0.3))[:, None], 2, axis=1).astype(np.float32)
    way = np.linspace([2.0, 1.0, 5.0], [4.0, 1.0, 5.0], frames, dtype=np.float32)
    rotations, roots = lafan.windows(Clip(ROD, turns, way, 30.0))
    assert rotations.shape == (3, 65, 2, 4)
    assert roots[..., [0, 2]].mean(axis=1) == pytest.approx(np.zeros((3, 2)), abs=1e-5)
    ahead = quat.apply(rotations[:, 9, 0], np.array([0.0, 0.0, 1.0]))
    assert ahead == pytest.approx(np.tile([1.0, 0.0, 0.0], (3, 1)), abs=1e-5)
    step = np.linalg.norm(roots[0, 1] - roots[0, 0])
    assert step == pytest.approx(2.0 / 144, abs=1e-5)
    assert roots[..., 1] == pytest.approx(np.ones((3, 65)))


def test_kept_frames() -> None:
    assert np.flatnonzero(lafan.kept(30, 15)).tolist() == [*range(10), 25]


def test_figures_of_the_truth_are_nothing() -> None:
    rng = np.random.default_rng(0)
    rotations = quat.normalize(rng.normal(size=(2, 26, 2, 4)))
    roots = rng.normal(size=(2, 26, 3))
    found = lafan.figures(ROD, (rotations, roots), (-rotations, roots), 15, np.ones((2, 3)))
    assert found == pytest.approx({"l2p": 0.0, "l2q": 0.0, "npss": 0.0}, abs=1e-9)


def test_deviation() -> None:
    frames = 50
    turns = np.tile(quat.IDENTITY, (frames, 2, 1))
    way = np.zeros((frames, 3), dtype=np.float32)
    way[:, 1] = np.where(np.arange(frames) < 25, 1.0, 3.0)
    out = lafan.deviation([Clip(ROD, turns, way, 30.0)])
    assert out[:, 1] == pytest.approx([1.0, 1.0], abs=1e-6)
