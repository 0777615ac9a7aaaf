# SPDX-License-Identifier: GPL-3.0-or-later
"""Skeletons: forward kinematics against a walk up the chain, mirroring, storing."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.walks import NAMES, SKELETON, any_clip, rotations, same_rotation, vectors

seeds = st.integers(0, 2**31)


def pose(seed: int, *shape: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return quat.normalize(rng.normal(size=(*shape, len(SKELETON), 4)))


def test_rest_pose_adds_up_offsets() -> None:
    rest = SKELETON.rest_positions()
    assert rest[0] == pytest.approx([0, 0, 0])
    assert rest[NAMES.index("LeftToe")] == pytest.approx([0.11, -0.98, 0.11], abs=1e-6)


@given(seeds, vectors())
@settings(max_examples=25)
def test_fk_is_the_product_up_the_chain(seed: int, root: np.ndarray) -> None:
    local = pose(seed)
    world, positions = SKELETON.fk(local, root)
    for joint in range(len(SKELETON)):
        point, turn, at = np.zeros(3), quat.IDENTITY.astype(float), joint
        while at >= 0:
            offset = SKELETON.offsets[at] if at else root
            point = offset + quat.apply(local[at], point)
            turn = quat.mul(local[at], turn)
            at = int(SKELETON.parents[at])
        assert positions[joint] == pytest.approx(point, abs=1e-5)
        assert same_rotation(world[joint], turn, 1e-9)


@given(seeds, rotations(), vectors())
@settings(max_examples=25)
def test_turning_the_root_turns_the_body(seed: int, q: np.ndarray, root: np.ndarray) -> None:
    local = pose(seed)
    before = SKELETON.fk(local, np.zeros(3))[1]
    local[0] = quat.mul(q, local[0])
    after = SKELETON.fk(local, root)[1]
    assert after == pytest.approx(root + quat.apply(q, before), abs=1e-5)


def test_fk_takes_any_leading_shape() -> None:
    local = pose(1, 2, 3)
    root = np.random.default_rng(1).normal(size=(2, 3, 3))
    world, positions = SKELETON.fk(local, root)
    assert world.shape == (2, 3, len(SKELETON), 4)
    assert positions[1, 2] == pytest.approx(SKELETON.fk(local[1, 2], root[1, 2])[1])


@given(seeds)
@settings(max_examples=25)
def test_local_undoes_fk(seed: int) -> None:
    local = pose(seed, 2)
    world, _ = SKELETON.fk(local, np.zeros((2, 3)))
    kept = world.copy()
    assert same_rotation(SKELETON.local(world), local, 1e-9)
    assert np.array_equal(world, kept)


def test_mirror_pairs_swap_left_and_right() -> None:
    pairs = SKELETON.mirror_pairs()
    assert np.array_equal(pairs[pairs], np.arange(len(SKELETON)))
    assert NAMES[pairs[NAMES.index("LeftToe")]] == "RightToe"
    assert pairs[NAMES.index("Head")] == NAMES.index("Head")


def test_symmetric_averages_both_sides() -> None:
    offsets = SKELETON.offsets.copy()
    offsets[NAMES.index("LeftLeg")] += (0.02, 0.04, 0.06)
    even = Skeleton(NAMES, SKELETON.parents, offsets, SKELETON.end_sites).symmetric()
    left, right = (even.offsets[NAMES.index(side + "Leg")] for side in ("Left", "Right"))
    assert left == pytest.approx([0.02, -0.48, 0.03], abs=1e-6)
    assert left * [-1, 1, 1] == pytest.approx(right)
    assert even.symmetric().offsets == pytest.approx(even.offsets)


def test_scaled_scales_every_length() -> None:
    twice = SKELETON.scaled(2.0)
    assert twice.rest_positions() == pytest.approx(2.0 * SKELETON.rest_positions())
    assert twice.end_sites[0] == (NAMES.index("Head"), pytest.approx((0.0, 0.36, 0.08)))


@each(
    ("names", "parents", "offsets"),
    [
        (("A", "B"), [-1], np.zeros((2, 3))),
        (("A", "B"), [-1, 0], np.zeros((1, 3))),
        (("A", "A"), [-1, 0], np.zeros((2, 3))),
        (("A", "B", "C"), [-1, 2, 0], np.zeros((3, 3))),
        (("A", "B"), [1, -1], np.zeros((2, 3))),
        (("A", "B"), [-1, 1], np.zeros((2, 3))),
    ],
)
def test_nonsense_is_refused(names: tuple[str, ...], parents: list[int], offsets: object) -> None:
    with pytest.raises(ValueError, match="keleton"):
        Skeleton(names, np.array(parents), np.asarray(offsets))


def test_unknown_joint() -> None:
    with pytest.raises(ValueError, match="tuple"):
        SKELETON.index("Tail")


def test_arrays_round_trip_without_pickle(tmp_path: Path) -> None:
    np.savez(tmp_path / "s.npz", **SKELETON.to_arrays())
    with np.load(tmp_path / "s.npz", allow_pickle=False) as data:
        back = Skeleton.from_arrays(data)
    assert back.names == SKELETON.names
    assert np.array_equal(back.parents, SKELETON.parents)
    assert np.array_equal(back.offsets, SKELETON.offsets)
    for (joint, tip), (other, other_tip) in zip(back.end_sites, SKELETON.end_sites, strict=True):
        assert joint == other
        assert tip == pytest.approx(other_tip)


def test_bones_keep_their_lengths() -> None:
    clip = any_clip(5)
    _, positions = clip.world()
    parents = SKELETON.parents[1:]
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, parents], axis=-1)
    wanted = np.linalg.norm(SKELETON.offsets[1:], axis=-1)
    assert lengths == pytest.approx(np.tile(wanted, (clip.frames, 1)), abs=1e-5)
