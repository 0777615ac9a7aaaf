# SPDX-License-Identifier: GPL-3.0-or-later
"""The measure of reading real clips, on a made-up folder: no downloaded files are needed."""

import json

import pytest

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip import bvh
from tests.motion.exemplar_clips import TROT, in_place, round_of, stepper

torch = pytest.importorskip("torch")

from training.creature.judging import faults, reading_accuracy  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with one loop of a trotting dog in place, and its catalog."""
    made = tmp_path_factory.mktemp("data")
    clip = round_of(in_place(stepper(2.0, **TROT)), TROT["stride"])
    bvh.write(made / "trot.bvh", clip)
    names = clip.skeleton.names
    at = {name: names[i] for i, name in enumerate(quadruped.JOINTS)}
    rig = {
        "creature": "dog",
        "spine": [at[name] for name in quadruped.TORSO],
        "neck_head": [at[name] for name in quadruped.NECK],
        "tail": [at[name] for name in quadruped.TAIL],
        "legs": {leg: [at[n] for n in chain] for leg, chain in quadruped.LEG_CHAINS.items()},
        "girdle_connectors": {},
    }
    entry = {
        "path": "trot.bvh",
        "rig": "made/dog",
        "creature": "dog",
        "licence": "CC0",
        "gait": "trot",
        "loop": True,
        "in_place": True,
        "ground_speed_mps": TROT["speed"],
        "stride_s": TROT["stride"],
        "quality": "good",
        "conversion": {"offsets": "rig"},
    }
    text = json.dumps({"clips": [entry], "rigs": {"made/dog": rig}})
    (made / "catalog.json").write_text(text, encoding="utf-8")
    return made


def test_a_clip_is_read_as_its_catalog_has_it(folder):
    table = reading_accuracy.reading_table(folder)
    for what in ("legs", "in place", "loop", "gait", "stride", "speed"):
        assert any(line.split("  ")[0] == what and "1 of 1" in line for line in table.splitlines())


def test_a_good_clip_raises_no_alarm(folder):
    assert reading_accuracy.alarm_table(folder) == "keyed (1 clips): (nothing) 1"


def test_a_loop_in_place_is_broken_as_a_clip_that_moves(folder):
    good = reading_accuracy.moving(bvh.read(folder / "trot.bvh"))
    assert good is not None
    named = dict(reading_accuracy.broken(good))
    assert set(named) <= {fault.__name__ for fault in faults.FAULTS}
    assert sum(named.values()) >= 0.95 * len(named)
