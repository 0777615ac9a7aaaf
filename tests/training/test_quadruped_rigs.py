# SPDX-License-Identifier: GPL-3.0-or-later
"""Animals of other rigs, on small made-up ones: no downloaded files are needed."""

import json

import numpy as np
import pytest

from motion_addon.motion import bvh, quadruped, quat
from motion_addon.motion.clip import Clip
from motion_addon.motion.skeleton import Skeleton

torch = pytest.importorskip("torch")

from training.quadruped import anchors, rigs, units  # noqa: E402

HIND = {"hip": (1.0, 0.0), "stifle": (0.6, 0.2), "hock": (0.3, -0.05), "toe": (0.03, 0.05)}
FORE = {"blade": (1.1, 0.85), "shoulder": (0.8, 1.0), "elbow": (0.5, 0.85), "wrist": (0.2, 0.9)}
FORE |= {"finger": (0.03, 0.95)}
TRUNK = {"pelvis": (1.05, 0.0), "back": (1.08, 0.4), "chest": (1.08, 0.7), "neck": (1.2, 1.1)}
TRUNK |= {"head": (1.5, 1.3), "tail": (1.0, -0.2)}
ABOVE = {"back": "pelvis", "chest": "back", "neck": "chest", "head": "neck", "tail": "pelvis"}


def beast(size: float = 1.0) -> tuple[Skeleton, dict]:
    """Return the skeleton of a made-up animal, hips ``size`` meters high, and its limb map."""
    places = {name: (0.0, *place) for name, place in TRUNK.items()}
    above = dict(ABOVE)
    legs = {}
    for leg in quadruped.LEGS:
        side = 0.15 if leg[0] == "L" else -0.15
        chain = HIND if leg[1] == "H" else FORE
        legs[leg] = [f"{name}_{leg}" for name in chain]
        before = "pelvis" if leg[1] == "H" else "chest"
        for name, place in chain.items():
            places[f"{name}_{leg}"] = (side, *place)
            above[f"{name}_{leg}"] = before
            before = f"{name}_{leg}"
    names = list(places)
    parents = np.array([names.index(above[name]) if name in above else -1 for name in names])
    offsets = np.array([places[name] for name in names])
    offsets[1:] -= np.array([places[above[name]] for name in names[1:]])
    offsets[0] = 0.0
    tips = tuple(
        (names.index(chain[-1]), (0.0, -0.03 * size, 0.05 * size)) for chain in legs.values()
    )
    entry = {
        "creature": "beast",
        "spine": ["pelvis", "back", "chest"],
        "neck_head": ["neck", "head"],
        "tail": ["tail"],
        "legs": legs,
    }
    return Skeleton(tuple(names), parents, offsets * size, tips), entry


def stepping(size: float, rate: float, speed: float, offsets: tuple[float, ...]) -> Clip:
    """Return the beast swinging its legs ``rate`` times a second, and moving on at ``speed``."""
    skeleton, entry = beast(size)
    frames = 240
    rotations = np.tile(quat.IDENTITY, (frames, len(skeleton), 1)).astype(np.float32)
    times = np.arange(frames) / 60.0
    for leg, offset in zip(quadruped.LEGS, offsets, strict=True):
        joint = skeleton.index(entry["legs"][leg][0 if leg[1] == "H" else 1])
        swing = -0.35 * np.cos(2.0 * np.pi * (rate * times - offset))
        rotations[:, joint] = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), swing)
    root = np.zeros((frames, 3), dtype=np.float32)
    root[:, 1] = 1.05 * size
    root[:, 2] = speed * times
    return Clip(skeleton, rotations, root, 60.0)


def test_joints_are_found_by_the_way_limbs_bend():
    skeleton, entry = beast()
    found = anchors.find(skeleton, entry)
    owner = {
        name: skeleton.names[anchor.joint]
        for name, anchor in zip(quadruped.JOINTS, found.joints, strict=True)
    }
    assert owner["LeftFemur"] == "hip_LH"
    assert owner["LeftTibia"] == "stifle_LH"
    assert owner["LeftMetatarsus"] == "hock_LH"
    assert owner["RightHindPaw"] == "toe_RH"
    assert owner["LeftScapula"] == "blade_LF"
    assert owner["LeftHumerus"] == "shoulder_LF"
    assert owner["LeftRadius"] == "elbow_LF"
    assert owner["LeftForePastern"] == "wrist_LF"
    assert owner["Withers"] == "chest"


def test_the_canonical_skeleton_keeps_the_animal_s_proportions():
    skeleton, entry = beast(2.0)
    rig = rigs.Rig.of("made/beast", entry, skeleton)
    rest = rig.skeleton.rest_positions()
    assert rig.hip_height == pytest.approx(2.0, rel=0.02)
    assert np.allclose(rest, rest[rig.skeleton.mirror_pairs()] * [-1.0, 1.0, 1.0], atol=1e-5)
    paws = rest[[rig.skeleton.index(name) for name in quadruped.PAWS], 1]
    assert np.ptp(paws) < 1e-5


def test_retarget_keeps_the_paws():
    clip = stepping(1.0, 1.5, 1.0, (0.0, 0.5, 0.5, 0.0))
    rig = rigs.Rig.of("made/beast", beast()[1], clip.skeleton)
    got, error = rig.retarget(clip)
    assert got.skeleton.names == quadruped.JOINTS
    assert error.max() < 0.01


def test_a_slid_shoulder_does_not_move_the_paws():
    clip = stepping(1.0, 1.5, 1.0, (0.0, 0.5, 0.5, 0.0))
    rig = rigs.Rig.of("made/beast", beast()[1], clip.skeleton)
    offsets = clip.skeleton.offsets.copy()
    for leg in ("LF", "RF"):
        offsets[clip.skeleton.index(f"blade_{leg}")] += [0.0, 0.05, 0.1]
    slid = Skeleton(clip.skeleton.names, clip.skeleton.parents, offsets, clip.skeleton.end_sites)
    _, error = rig.retarget(Clip(slid, clip.rotations, clip.root_positions, clip.fps))
    assert error.mean() < 0.01


def test_a_clip_of_another_rig_is_refused():
    skeleton, entry = beast()
    rig = rigs.Rig.of("made/beast", entry, skeleton)
    names = tuple(f"other_{name}" for name in skeleton.names)
    other = Skeleton(names, skeleton.parents, skeleton.offsets)
    still = np.tile(quat.IDENTITY, (2, len(names), 1))
    with pytest.raises(ValueError, match="not of the rig made/beast"):
        rig.retarget(Clip(other, still, np.zeros((2, 3), dtype=np.float32), 60.0))


@pytest.mark.parametrize("size", [0.3, 2.0])
@pytest.mark.parametrize(
    ("gait", "offsets"),
    [("trot", (0.0, 0.5, 0.5, 0.0)), ("pace", (0.0, 0.05, 0.5, 0.55))],
)
def test_gaits_are_measured_by_footfalls_at_any_size(gait, offsets, size):
    clip = stepping(size, 1.5, 1.0, offsets)
    rig = rigs.Rig.of("made/beast", beast(size)[1], clip.skeleton)
    falls = units.footfalls(rig.retarget(clip)[0], size)
    assert falls.gait == gait
    assert falls.stride == pytest.approx(1.0 / 1.5, rel=0.05)
    gaps = (np.array(falls.offsets) - offsets + 0.5) % 1.0 - 0.5
    assert np.abs(gaps).max() < 0.06


def test_a_standing_animal_has_no_strides():
    clip = stepping(1.0, 1.5, 0.0, (0.0, 0.5, 0.5, 0.0))
    still = Clip(clip.skeleton, clip.rotations[:1].repeat(120, axis=0), clip.root_positions, 60.0)
    rig = rigs.Rig.of("made/beast", beast()[1], clip.skeleton)
    still = Clip(still.skeleton, still.rotations, clip.root_positions[:120], 60.0)
    assert units.footfalls(rig.retarget(still)[0], 1.0).gait == "stand"


def test_units_make_equal_froude_numbers_equal():
    big, small = units.Units(2.0), units.Units(0.5)
    assert big.speed / small.speed == pytest.approx(2.0)
    assert big.second / small.second == pytest.approx(2.0)
    clip = stepping(2.24, 1.5, 2.0, (0.0, 0.5, 0.5, 0.0))
    sized = units.of_model_size(clip, 2.24)
    assert sized.fps == 60.0
    assert sized.seconds == pytest.approx(0.5 * clip.seconds, abs=0.02)
    assert sized.root_positions[-1, 2] == pytest.approx(0.25 * clip.root_positions[-1, 2], rel=0.02)


def test_loops_are_repeated_without_their_double_frame():
    clip = stepping(1.0, 1.5, 0.0, (0.0, 0.5, 0.5, 0.0)).slice(0, 41)
    many = rigs.repeated(clip, True, seconds=3.0)
    assert many.frames == 200
    assert np.allclose(many.rotations[40], clip.rotations[0])


def test_a_folder_is_read_with_motions_in_place_made_to_travel(tmp_path):
    _, entry = beast()
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
    catalog = {"clips": [found], "rigs": {"made/beast": entry}}
    (tmp_path / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
    (got,) = rigs.animal_clips(tmp_path)
    assert got.falls.gait == "trot"
    assert not got.failed
    assert got.clip.seconds > 5.9
    traveled = got.clip.root_positions[-1, 2] - got.clip.root_positions[0, 2]
    assert traveled == pytest.approx(1.5 * got.clip.seconds, rel=0.02)
    assert "made/beast" in rigs.report(tmp_path)
