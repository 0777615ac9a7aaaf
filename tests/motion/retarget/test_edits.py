# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits placed on other takes: smooth runs, exact keys, no drift from one take to the next."""

import numpy as np

from motion_addon.motion.maths import quat
from motion_addon.motion.retarget import edits
from motion_addon.motion.retarget.edits import Edit, Offsets, StanceClock

WALK, SLOW, FAST = (StanceClock.even(1.0, last, 10.0) for last in (101.0, 137.0, 44.0))


def hump(count: int) -> np.ndarray:
    """Return a half sine of angles (N,)."""
    return np.asarray(np.sin(np.pi * np.arange(1, count + 1) / (count + 1)))


def run(angles: np.ndarray, first: int) -> Edit:
    """Return an edit with keys on consecutive frames of the walk."""
    turns = quat.from_axis_angle(np.tile([0.0, 0.0, 1.0], (len(angles), 1)), angles)
    frames = first + np.arange(len(angles), dtype=float)
    keyed = np.ones(len(angles), dtype=bool)
    return Edit("Arm", "", WALK.phase_of(frames), turns, np.zeros((len(angles), 3)), keyed)


def taken(offsets: Offsets, clock: StanceClock, laid: Edit) -> list[Edit]:
    """Return the edits that are read where offsets lie on a bone at rest."""
    frames = np.arange(1.0, clock.last + 1.0)
    rest = np.tile(quat.IDENTITY, (len(frames), 1)), np.zeros((len(frames), 3))
    turns, moves = rest[0].copy(), rest[1].copy()
    rows = offsets.frames - 1
    turns[rows], moves[rows] = offsets.turns, offsets.moves
    return edits.read("Arm", "", clock, frames, rest, (turns, moves), np.ones(len(frames)), [laid])


def test_a_run_of_keys_stays_smooth_on_slower_and_faster_takes() -> None:
    edit = run(hump(20), 30)
    for clock in (SLOW, FAST):
        offsets, _rest = edits.place(edit, clock)
        assert offsets is not None
        angles = np.pad(2.0 * np.arcsin(offsets.turns[:, 3]), 1)
        ratio = (clock.last - 1.0) / (WALK.last - 1.0)
        assert np.abs(np.diff(angles)).max() < 1.1 * hump(20)[0] / ratio
        assert abs(angles.max() - hump(20).max()) < 1e-6
        assert offsets.keyed[1:-1].all()


def test_an_edit_does_not_drift_from_take_to_take() -> None:
    edit = run(hump(9), 30)
    for clock in (SLOW, FAST, WALK) * 3:
        offsets, _rest = edits.place(edit, clock)
        assert offsets is not None
        (found,) = taken(offsets, clock, edit)
        assert found is edit


def test_an_edit_that_was_changed_is_read_anew() -> None:
    edit = run(hump(3), 30)
    offsets, _rest = edits.place(edit, WALK)
    assert offsets is not None
    offsets.turns[1] = quat.IDENTITY
    assert [len(e.phases) for e in taken(offsets, WALK, edit)] == [1, 1]
