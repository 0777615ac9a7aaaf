# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of other rigs, on small made-up ones: no downloaded files are needed."""

import json

import numpy as np
import pytest

from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from tests.motion.beasts import beast, stepping

torch = pytest.importorskip("torch")

from training.data import animal_rigs  # noqa: E402


def entry() -> dict:
    """Return the made-up animal as the catalog has its rigs."""
    limbs = beast()[1]
    parts = {"spine": limbs.spine, "neck_head": limbs.neck, "tail": limbs.tail}
    return {"creature": "beast", "legs": limbs.legs, **parts}


def test_a_clip_of_another_rig_is_refused():
    skeleton, _ = beast()
    rig = animal_rigs.Rig.of("made/beast", entry(), skeleton)
    names = tuple(f"other_{name}" for name in skeleton.names)
    other = Skeleton(names, skeleton.parents, skeleton.offsets)
    still = np.tile(quat.IDENTITY, (2, len(names), 1))
    with pytest.raises(ValueError, match="not of the rig made/beast"):
        rig.retarget(Clip(other, still, np.zeros((2, 3), dtype=np.float32), 60.0))


def test_a_folder_is_read_with_motions_in_place_made_to_travel(tmp_path):
    still = stepping(1.0, 1.5, 0.0, (0.0, 0.5, 0.5, 0.0)).slice(0, 40)
    (tmp_path / "made").mkdir()
    bvh.write(tmp_path / "made" / "trot.bvh", still)
    found = {
        "path": "made/trot.bvh",
        "rig": "made/beast",
        "creature": "beast",
        "licence": "CC0",
        "gait": "trot",
        "loop": True,
        "loop_last_frame_repeats_first": False,
        "in_place": True,
        "ground_speed_mps": 1.5,
        "quality": "good",
        "conversion": {"offsets": "rig"},
    }
    catalog = {"clips": [found], "rigs": {"made/beast": entry()}}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    (got,) = animal_rigs.animal_clips(tmp_path)
    assert got.falls.gait == "trot"
    assert not got.failed
    assert got.clip.seconds > 5.9
    traveled = got.clip.root_positions[-1, 2] - got.clip.root_positions[0, 2]
    assert traveled == pytest.approx(1.5 * got.clip.seconds, rel=0.02)
    assert "made/beast" in animal_rigs.report(tmp_path)
