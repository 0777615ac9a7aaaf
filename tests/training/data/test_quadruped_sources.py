# SPDX-License-Identifier: GPL-3.0-or-later
"""The data of four-legged animals, on small made-up dogs: no downloaded files are needed."""

import numpy as np
import pytest

from motion_addon.motion.body import quadruped
from motion_addon.motion.clip.clip import Clip
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.creature.reading.canonical_motion import on_paws
from motion_addon.motion.creature.reading.footfall_pattern import footfall_pattern
from motion_addon.motion.maths import quat

torch = pytest.importorskip("torch")

from training.data import labrador_clips, labrador_completion, labrador_rig  # noqa: E402
from training.quadruped import augment  # noqa: E402

HEIGHTS = {"Femur": 0.55, "Tibia": 0.3, "Metatarsus": 0.16, "HindPastern": 0.06, "HindPaw": 0.02}
HEIGHTS |= {"Scapula": 0.55, "Humerus": 0.53, "Radius": 0.3, "ForePastern": 0.1, "ForePaw": 0.02}
FORWARD = {"Tibia": 0.02, "Metatarsus": -0.1, "HindPastern": -0.08, "HindPaw": -0.02}
FORWARD |= {"Scapula": 0.5, "Humerus": 0.5, "Radius": 0.46, "ForePastern": 0.47, "ForePaw": 0.5}


def rest_places() -> np.ndarray:
    """Return (J, 3) joints of a standing dog."""
    places = []
    for name in quadruped.JOINTS:
        side = 0.09 if name.startswith("Left") else -0.09
        part = name.removeprefix("Left").removeprefix("Right")
        if part in HEIGHTS:
            places.append([side, HEIGHTS[part], FORWARD.get(part, 0.0)])
        elif name in quadruped.TORSO:
            places.append([0.0, 0.56, 0.1 * quadruped.TORSO.index(name)])
        elif name in quadruped.NECK:
            at = quadruped.NECK.index(name)
            places.append([0.0, 0.6 + 0.04 * at, 0.5 + 0.04 * at])
        else:
            at = quadruped.TAIL.index(name)
            places.append([0.0, 0.54 - 0.06 * at, -0.05 - 0.04 * at])
    return np.array(places)


def dog() -> Skeleton:
    """Return the skeleton of the standing dog."""
    places, parents = rest_places(), quadruped.parents()
    offsets = places - np.where(parents[:, None] < 0, 0.0, places[parents])
    offsets[0] = 0.0
    tips = {"Head": (0.0, 0.0, 0.2), "Tail5": (0.0, -0.05, -0.03)}
    tips |= {paw: (0.0, -0.01, 0.04) for paw in quadruped.PAWS}
    sites = tuple((quadruped.JOINTS.index(name), tip) for name, tip in tips.items())
    return Skeleton(quadruped.JOINTS, parents, offsets, sites)


def walking(frames: int = 240, seed: int = 0) -> Clip:
    """Return a clip whose legs swing back and forth while the dog moves forward."""
    skeleton = dog()
    rotations = np.tile(quat.IDENTITY, (frames, len(skeleton), 1)).astype(np.float32)
    swing = 0.3 * np.sin(np.arange(frames) / 6.0 + seed)
    sign = {"LH": 1.0, "LF": -1.0, "RH": -1.0, "RF": 1.0}
    axis = np.array([1.0, 0.0, 0.0])
    for name, chain in quadruped.LEG_CHAINS.items():
        joint = skeleton.index(chain[0] if name[1] == "H" else chain[1])
        rotations[:, joint] = quat.from_axis_angle(axis, sign[name] * swing)
    root = np.zeros((frames, 3), dtype=np.float32)
    root[:, 1] = 0.56
    root[:, 2] = np.arange(frames) / 60.0
    return Clip(skeleton, rotations, root, 60.0)


def track_of(clip: Clip) -> labrador_completion.Track:
    """Return the trunk and feet of a clip, the feet 5 cm further out than the paws."""
    paws = quadruped.paw_points(clip)
    paws[..., 0] += 0.05 * np.sign(paws[..., 0])
    trunk = clip.root_positions + np.array([0.0, 0.0, 0.2])
    axes = np.tile([0.0, 0.0, 1.0, 0.0, 1.0, 0.0], (clip.frames, 1))
    back = np.tile(quat.IDENTITY, (clip.frames, 1))
    return labrador_completion.Track(trunk * [1.0, 0.0, 1.0], back, trunk, axes, paws)


def as_in_the_files(clip: Clip, crooked: float) -> Clip:
    """Return a clip with the files' joint names, every joint of whose rest pose is turned."""
    names = [("b_" + labrador_rig.NAMES[name]) for name in clip.skeleton.names]
    ends = dict(clip.skeleton.end_sites)
    head, tail = clip.skeleton.index("Head"), clip.skeleton.index("Tail5")
    names += ["Dog_Jaw", "b_Tail009"]
    count = len(clip.skeleton)
    parents = [*clip.skeleton.parents, head, tail]
    offsets = np.concatenate([clip.skeleton.offsets, np.zeros((2, 3))])
    rng = np.random.default_rng(0)
    turn = quat.from_rotvec(crooked * rng.normal(size=(count + 2, 3)))
    turn[count:] = turn[[head, tail]]
    world = clip.world()[0]
    world = np.concatenate([world, world[:, [head, tail]]], axis=1)
    above = turn[np.maximum(parents, 0)]
    offsets = quat.apply(above, offsets)
    tips = {count if j == head else count + 1 if j == tail else j: tip for j, tip in ends.items()}
    sites = tuple(
        (j, tuple(float(v) for v in quat.apply(turn[j], np.array(t)))) for j, t in tips.items()
    )
    skeleton = Skeleton(tuple(names), np.array(parents), offsets, sites)
    local = skeleton.local(quat.mul_inv(world, turn))
    return Clip(skeleton, local.astype(np.float32), clip.root_positions, clip.fps)


def standing(frames: int = 60) -> Clip:
    """Return a clip of the dog standing still."""
    clip = walking(frames)
    root = np.tile(np.array([[0.0, 0.56, 0.0]], dtype=np.float32), (frames, 1))
    rest = np.tile(quat.IDENTITY, (frames, len(clip.skeleton), 1)).astype(np.float32)
    return Clip(clip.skeleton, rest, root, 60.0)


def striding(offsets: tuple[float, ...], speed: float = 1.5, seconds: float = 6.0) -> Clip:
    """Return the dog moving straight on, each paw still on the ground for half a stride."""
    skeleton, rate = dog(), 2.0
    times = np.arange(int(seconds * 60.0)) / 60.0
    rest = skeleton.rest_positions() + np.array([0.0, 0.56, 0.0])
    paws = np.zeros((len(times), 4, 3))
    for k, (name, offset) in enumerate(zip(quadruped.PAWS, offsets, strict=True)):
        cycles = times * rate - offset
        swing = np.clip(2.0 * (cycles % 1.0) - 1.0, 0.0, 1.0)
        ahead = np.floor(cycles) + swing * swing * (3.0 - 2.0 * swing) + 0.25 + offset
        paws[:, k] = rest[skeleton.index(name)]
        paws[:, k, 2] += speed / rate * ahead
        paws[:, k, 1] += 0.08 * np.sin(np.pi * swing)
    root = np.zeros((len(times), 3))
    root[:, 1], root[:, 2] = 0.54, speed * times
    rotations = np.tile(quat.IDENTITY, (len(times), len(skeleton), 1)).astype(np.float32)
    return on_paws(skeleton, rotations, root, paws, 60.0)


@pytest.mark.parametrize("offsets", [(0.0, 0.5, 0.5, 0.0), (0.0, 0.25, 0.5, 0.75)])
def test_a_steady_trot_or_walk_is_made_a_pace(offsets):
    clip = striding(offsets)
    before = footfall_pattern(clip, 0.56)
    assert before.gait != "pace"
    made, good = next(augment.paced(clip, np.ones(clip.frames, dtype=bool)))
    falls = footfall_pattern(made, 0.56)
    assert falls.gait == "pace"
    gaps = (np.array(falls.offsets) - (0.0, 0.05, 0.5, 0.55) + 0.5) % 1.0 - 0.5
    assert np.abs(gaps).max() < 0.06
    assert good.any()
    paws = quadruped.paw_points(made)
    speeds = np.linalg.norm(np.diff(paws, axis=0), axis=-1) * 60.0
    still = paws[:-1, :, 1] < 0.025
    assert np.median(speeds[still]) < 0.1


def test_frames_that_are_not_good_are_not_made_a_pace():
    clip = striding((0.0, 0.5, 0.5, 0.0))
    assert not list(augment.paced(clip, np.zeros(clip.frames, dtype=bool)))


def test_conversion_undoes_a_crooked_rest_pose():
    clips = [standing(), walking()]
    how = labrador_rig.conversion([as_in_the_files(clip, 0.4) for clip in clips])
    assert how.skeleton.names == quadruped.JOINTS
    rest = how.skeleton.rest_positions()
    pairs = how.skeleton.mirror_pairs()
    assert np.allclose(rest, rest[pairs] * [-1.0, 1.0, 1.0], atol=1e-4)
    femur, paw = (how.skeleton.index(name) for name in ("LeftFemur", "LeftHindPaw"))
    assert rest[femur, 1] - rest[paw, 1] + labrador_rig.PAW_HEIGHT == pytest.approx(0.56, abs=1e-3)
    converted = how.clip(as_in_the_files(walking(), 0.4))
    torso = [how.skeleton.index(name) for name in quadruped.TORSO]
    level = quat.to_two_axes(converted.world()[0][:, torso])
    assert np.all(level[..., 2] > 0.999)
    assert np.all(level[..., 4] > 0.999)


def test_converted_paws_follow_the_files():
    clips = [standing(), walking()]
    how = labrador_rig.conversion([as_in_the_files(clip, 0.4) for clip in clips])
    converted = how.clip(as_in_the_files(walking(), 0.4))
    away = quadruped.paw_points(converted) - quadruped.paw_points(walking()) * how.scale
    assert np.median(np.abs(away[..., [0, 2]])) < 0.01


def test_leveled_paws_stand_at_one_height_and_stay_out_of_the_ground():
    times = np.arange(240)
    paws = np.zeros((240, 4, 3))
    paws[:, :, 1] = np.where(times % 60 < 30, 0.0, 0.1 * np.sin((times % 60 - 30) * np.pi / 30))[
        :, None
    ]
    paws[:, 1, 1] += 0.04
    paws[:, 2, 1] -= 0.03
    height = labrador_rig.leveled(paws, 60.0)[..., 1]
    assert np.allclose(height[5:25], labrador_rig.PAW_HEIGHT, atol=0.002)
    assert height.min() > 0.4 * labrador_rig.PAW_HEIGHT


def test_on_paws_reaches_its_targets_and_bends_the_right_way():
    clip = standing(4)
    rotations, _ = clip.world()
    paws = quadruped.paw_points(clip) + np.array([0.0, 0.06, 0.03])
    got = on_paws(clip.skeleton, rotations, clip.root_positions, paws, 60.0)
    assert np.allclose(quadruped.paw_points(got), paws, atol=1e-3)
    places = got.world()[1][0]
    elbow, shoulder = (clip.skeleton.index(n) for n in ("LeftRadius", "LeftHumerus"))
    stifle, hip = (clip.skeleton.index(n) for n in ("LeftTibia", "LeftFemur"))
    assert places[elbow, 2] < places[shoulder, 2]
    assert places[stifle, 2] > places[hip, 2]


def test_toes_lie_flat_on_the_ground_and_hang_in_the_air():
    skeleton = dog()
    pitched = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), 0.8)
    rotations = np.tile(pitched, (2, len(skeleton), 1))
    paws = np.zeros((2, 4, 3))
    paws[1, :, 1] = 0.2
    labrador_rig.toes_down(skeleton, rotations, paws)
    forward = quat.to_two_axes(rotations[:, skeleton.index("LeftHindPaw")])[:, :3]
    assert forward[0, 1] == pytest.approx(0.0, abs=1e-6)
    assert forward[1, 1] == pytest.approx(-np.sin(0.8), abs=1e-6)


def test_completion_learns_a_body_from_its_feet():
    torch.set_num_threads(1)
    pairs = []
    for seed in range(3):
        clip = walking(seed=seed)
        pairs.append(
            labrador_completion.Pair(track_of(clip), clip, np.ones(clip.frames, dtype=bool))
        )
    model = labrador_completion.Completion(dog())
    model.fit(pairs, steps=200, hidden=32)
    real = walking(seed=5)
    got = model.clip(track_of(real))
    miss = labrador_clips.errors(got, real, np.ones(real.frames, dtype=bool))
    assert miss["spine"][0] < 5.0
    assert miss["paws"][1] < 5.0


def test_mirrored_pair_mirrors_its_broken_parts():
    clip = walking(30)
    pair = labrador_completion.Pair(track_of(clip), clip, np.ones(30, dtype=bool), ("neck", "RH"))
    other = pair.mirrored()
    assert other.broken == ("neck", "LH")
    assert np.allclose(other.known.feet[:, 0, 0], -pair.known.feet[:, 2, 0])


def test_frames_near_glitches_are_left_out():
    good = labrador_clips.steady({"glitch_frames": [[40, 50]], "fps": 120.0}, 60)
    assert good[:17].all()
    assert not good[17:29].any()
    assert good[29:].all()


def test_leaps_are_left_out():
    clip = standing(120)
    clip.root_positions[60:70, 1] += 0.4
    good = labrador_clips.on_ground(clip)
    assert not good[50:80].any()
    assert good[5:40].all()


def test_rearing_is_left_out():
    clip = standing(120)
    up = quat.from_axis_angle(np.array([1.0, 0.0, 0.0]), -1.2).astype(np.float32)
    clip.rotations[60:70, 0] = up
    for name in ("LeftFemur", "RightFemur"):
        clip.rotations[60:70, clip.skeleton.index(name)] = quat.inv(up)
    good = labrador_clips.on_ground(clip)
    assert not good[60:70].any()
    assert good[5:40].all()


def test_a_folder_without_the_data_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "catalog.json").write_text('{"clips": [], "rigs": {}}', encoding="utf-8")
    with pytest.raises(ValueError, match="unpack the data"):
        labrador_clips.read(tmp_path)
