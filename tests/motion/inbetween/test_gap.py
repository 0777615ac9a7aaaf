# SPDX-License-Identifier: GPL-3.0-or-later
"""Gaps as the network sees them: plain and eased fillings, inputs and outputs."""

import numpy as np
import pytest

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.inbetween import gap
from motion_addon.motion.maths import quat
from tests.motion.dogs import stepping_dog
from tests.motion.walks import SKELETON, any_clip, same_rotation

ROD = Skeleton(("Root", "Tip"), np.array([-1, 0]), np.array([[0, 0, 0], [0, 1, 0]]))


def marked(text: str) -> np.ndarray:
    return np.array([[c == "x" for c in text]])


def motion(frames: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    clip = any_clip(seed, frames)
    return clip.rotations[None], clip.root_positions[None]


def test_layout() -> None:
    layout = gap.GapLayout(3)
    assert (layout.axes, layout.positions) == (slice(0, 18), slice(18, 27))
    assert (layout.root, layout.contacts, layout.outputs) == (slice(18, 21), slice(21, 25), 25)
    rotations = np.tile(quat.IDENTITY, (1, 4, 2, 1))
    seen = gap.window(ROD, rotations, np.zeros((1, 4, 3), np.float32), marked("x..x"), np.ones(1))
    assert seen.inputs.shape == (1, 4, gap.GapLayout(2).inputs)


def test_key_distances() -> None:
    since, until = gap.key_distances(marked("..x..x."))
    assert since.tolist() == [[gap.FAR, gap.FAR, 0, 1, 2, 0, 1]]
    assert until.tolist() == [[2, 1, 0, 2, 1, 0, gap.FAR]]


def test_interpolated_by_hand() -> None:
    turns = quat.yaw(np.radians([0.0, 70.0, -30.0, 5.0, 80.0])).astype(np.float32)
    rotations = np.stack([turns, turns], axis=1)[None]
    roots = np.zeros((1, 5, 3), np.float32)
    roots[0, :, 0] = [0.0, 9.0, 9.0, 9.0, 4.0]
    out, line = gap.interpolated(rotations, roots, marked("x...x"))
    assert line[0, :, 0].tolist() == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0])
    wanted = quat.yaw(np.radians([0.0, 20.0, 40.0, 60.0, 80.0]))
    assert same_rotation(out[0, :, 1], wanted)
    far = np.zeros((1, 400, 3), np.float32)
    far[0, -1, 2] = 399.0
    still = np.broadcast_to(quat.IDENTITY, (1, 400, 2, 4))
    ends = np.isin(np.arange(400), (0, 399))[None]
    assert gap.interpolated(still, far, ends)[1][0, :, 2] == pytest.approx(np.arange(400), abs=1e-3)
    held, stays = gap.interpolated(rotations, roots, marked(".x..."))
    assert np.array_equal(held[0, 4], rotations[0, 1])
    assert stays[0, 0, 0] == 9.0
    with pytest.raises(ValueError, match="at least one"):
        gap.interpolated(rotations, roots, marked("....."))


def test_eased_goes_on_as_it_went() -> None:
    frames = 30
    known = marked("x" * 10 + "." * 18 + "xx")
    roots = np.zeros((1, frames, 3), np.float32)
    roots[0, :, 2] = 0.1 * np.arange(frames)
    roots[0, 28:, 2] = 0.9
    spins = np.radians(3.0) * np.arange(frames)
    rotations = np.stack([quat.yaw(spins)] * 2, axis=1)[None].astype(np.float32)
    rotations[0, 28:] = rotations[0, 9]
    out, line = gap.eased(rotations, roots, known)
    assert np.array_equal(out[known], rotations[known])
    speed = np.diff(line[0, :, 2])
    assert speed[9] == pytest.approx(0.1, abs=0.025)
    assert speed[19] == pytest.approx(0.0, abs=1e-6)
    assert abs(speed[26]) < 0.01
    turned = np.linalg.norm(quat.to_rotvec(quat.inv_mul(out[:, 9], out[:, 10])), axis=-1)
    assert turned == pytest.approx(np.full((1, 2), np.radians(3.0)), abs=np.radians(0.8))


def test_an_even_motion_is_its_own_filling() -> None:
    clip = any_clip(3, 24)
    known = marked("xxxxxxxx........xxxxxxxx")
    roots = np.linspace([0, 1, 0], [1, 1, 2], 24, dtype=np.float32)[None]
    out, line = gap.eased(clip.rotations[None], roots, known)
    assert line == pytest.approx(roots, abs=1e-5)
    assert same_rotation(out[0], clip.rotations, atol=1e-4)


def test_looks_the_same_wherever_it_goes() -> None:
    rotations, roots = motion(20)
    known = marked("xxxxx..........xxxxx")
    seen = gap.window(SKELETON, rotations, roots, known, np.ones(1))
    turn = quat.yaw(2.0).astype(np.float32)
    moved = rotations.copy()
    moved[:, :, 0] = quat.mul(turn, moved[:, :, 0])
    shift = np.array([5.0, 2.0, -7.0], dtype=np.float32)
    away = (quat.apply(turn, roots) + shift).astype(np.float32)
    other = gap.window(SKELETON, moved, away, known, np.ones(1))
    assert other.inputs == pytest.approx(seen.inputs, abs=2e-3)
    rng = np.random.default_rng(0)
    size = (1, 20, gap.GapLayout(len(SKELETON)).outputs)
    outputs = rng.normal(scale=0.1, size=size).astype(np.float32)
    a, b = gap.corrected(seen, outputs), gap.corrected(other, outputs)
    assert quat.apply(turn, a[1]) + shift == pytest.approx(b[1], abs=2e-3)
    assert same_rotation(a[0][:, :, 1:], b[0][:, :, 1:], atol=1e-3)
    assert a[2] == pytest.approx(b[2])


def test_what_lies_in_a_gap_plays_no_part() -> None:
    rotations, roots = motion(20)
    known = marked("xxxxx..........xxxxx")
    other, away = rotations.copy(), roots.copy()
    other[~known], away[~known] = quat.IDENTITY, 100.0
    a = gap.window(SKELETON, rotations, roots, known, np.ones(1))
    b = gap.window(SKELETON, other, away, known, np.ones(1))
    assert np.array_equal(a.inputs, b.inputs)


def test_no_correction_is_the_eased_filling() -> None:
    rotations, roots = motion(20, 5)
    known = marked("xxxxx....x.....xxxxx")
    seen = gap.window(SKELETON, rotations, roots, known, np.ones(1))
    nothing = np.zeros((1, 20, gap.GapLayout(len(SKELETON)).outputs), np.float32)
    found, root, contacts = gap.corrected(seen, nothing)
    eased, line = gap.eased(rotations, roots, known)
    assert same_rotation(found, eased, atol=1e-5)
    assert root == pytest.approx(line, abs=1e-5)
    assert np.array_equal(found[known], rotations[known])
    assert np.array_equal(root[known], roots[known])
    assert contacts == pytest.approx(np.full((1, 20, 4), 0.5))


def test_motion_of_the_root_frames() -> None:
    frames = gap.RootFrames(
        np.array([[0.5 * np.pi, 0.5 * np.pi, 0.6 * np.pi]], np.float32),
        np.array([[[0, 0, 0], [0.1, 0, 0], [0.2, 0, 0]]], np.float32),
    )
    out = frames.motion(np.array([30.0]))
    assert out[0, 0] == pytest.approx([0, 3.0, 0, 0, 3.0, 0], abs=1e-5)
    assert out[0, 1, 2] == pytest.approx(3.0 * np.pi, abs=1e-4)
    assert out[0, 2, 5] == pytest.approx(3.0 * np.pi, abs=1e-4)


def test_four_legs_are_the_same_code() -> None:
    clip = stepping_dog(seconds=1.0)
    known = np.ones((1, clip.frames), dtype=bool)
    known[:, 10:40] = False
    seen = gap.window(
        clip.skeleton, clip.rotations[None], clip.root_positions[None], known, np.ones(1)
    )
    assert seen.inputs.shape[-1] == gap.GapLayout(len(clip.skeleton)).inputs
    assert np.isfinite(seen.inputs).all()
