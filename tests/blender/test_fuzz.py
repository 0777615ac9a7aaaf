# SPDX-License-Identifier: GPL-3.0-or-later
"""A few random scenes of `tests/blender/fuzz`, whose command plays many more."""

from __future__ import annotations

import bpy
import pytest

from tests.blender.fuzz.play import Play

SEEDS = range(bpy.app.version >= (5, 0), 16, 2)
"""Blender 4.5 plays the even ones, Blender 5.2 the odd ones."""


@pytest.mark.slow
def test_random_scenes(capfd: pytest.CaptureFixture[str]) -> None:
    faults, calls, worked = {}, 0, 0
    for seed in SEEDS:
        steps: list[str] = []
        outcome = Play(seed, steps.append, lambda: capfd.readouterr().err).run()
        calls, worked = calls + outcome.calls.total(), worked + outcome.worked.total()
        if outcome.faults:
            faults[seed] = (outcome.faults, steps)
    assert not faults
    assert worked > 0.5 * calls
