# SPDX-License-Identifier: GPL-3.0-or-later
"""BVH files: what is written reads back, and what others write is understood or refused."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion_addon.errors import RefusedError
from motion_addon.motion.clip import bvh
from motion_addon.motion.clip.skeleton import Skeleton
from motion_addon.motion.maths import quat
from tests.cases import each
from tests.motion.walks import SKELETON, any_clip, same_rotation
from tests.mutations import damaged

FOREIGN = """HIERARCHY
ROOT Hips
{
  OFFSET 1.0 2.0 3.0
  CHANNELS 6 Yposition Xposition Zposition Xrotation Yrotation Zrotation
  JOINT Left Leg
  {
    OFFSET 0 -1 0
    CHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation
    End Site
    {
      OFFSET 0 -0.5 0.1
    }
  }
  JOINT Chest
  {
    OFFSET 0 1 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 0.5 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
5 4 6 10 20 30 7 8 9 40 50 60 70 80 85
"""

ONE_JOINT = """HIERARCHY
ROOT Hips
{
\tOFFSET 0 0 0
\tCHANNELS %s
\tEnd Site
\t{
\t\tOFFSET 0 1 0
\t}
}
MOTION
Frames: %s
Frame Time: %s
%s
"""


def text(
    channels: str = "3 Zrotation Xrotation Yrotation",
    frames: object = 1,
    time: object = 0.02,
    values: str = "0 0 0",
) -> str:
    return ONE_JOINT % (channels, frames, time, values)


def chain(joints: int) -> str:
    """Return a file with joints that hang below each other."""
    below = "".join(
        f"{'JOINT' if i else 'ROOT'} J{i}\n{{\nOFFSET 0 0.1 0\nCHANNELS 1 Xrotation\n"
        for i in range(joints)
    )
    motion = f"MOTION\nFrames: 1\nFrame Time: 0.1\n{'0 ' * joints}\n"
    return f"HIERARCHY\n{below}" + "}\n" * joints + motion


def turn(**degrees: float) -> np.ndarray:
    """Return the intrinsic rotation of turns about x, y and z, in the order given."""
    q = quat.IDENTITY.astype(float)
    for axis, angle in degrees.items():
        q = quat.mul(q, quat.from_axis_angle(np.eye(3)["xyz".index(axis)], np.radians(angle)))
    return q


@given(st.integers(0, 2**31), st.sampled_from([24.0, 25.0, 29.97, 30.0, 60.0, 120.0, 240.0]))
@settings(max_examples=15, deadline=None)
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, seed: int, fps: float) -> None:
    file = tmp_path_factory.mktemp("bvh") / "clip.bvh"
    clip = any_clip(seed, 5, fps)
    bvh.write(file, clip)
    back = bvh.read(file)
    assert back.fps == pytest.approx(fps, rel=1e-5)
    joints = [back.skeleton.index(name) for name in SKELETON.names]
    assert back.world()[1][:, joints] == pytest.approx(clip.world()[1], abs=2e-5)
    assert same_rotation(back.rotations[:, joints], clip.rotations, 1e-6)
    assert len(back.skeleton) == len(SKELETON)


def test_round_trip_through_gimbal_lock(tmp_path: Path) -> None:
    clip = any_clip(3, 9)
    angle = np.linspace(-1.0, 1.0, clip.frames)[:, None]
    first = quat.from_axis_angle(np.array([0.0, 0.0, 1.0]), np.pi * angle)
    middle = turn(y=90.0)
    straight_up = replace(clip, rotations=quat.mul(first, middle) + 0.0 * clip.rotations)
    bvh.write(tmp_path / "up.bvh", straight_up)
    back = bvh.read(tmp_path / "up.bvh")
    joints = [back.skeleton.index(name) for name in SKELETON.names]
    assert same_rotation(back.rotations[:, joints], straight_up.rotations, 1e-6)


def test_joints_out_of_depth_first_order(tmp_path: Path) -> None:
    names = ("Root", "A", "B", "A1", "B1")
    offsets = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.5, 0, 0], [0, 0.5, 0]])
    skeleton = Skeleton(names, np.array([-1, 0, 0, 1, 2]), offsets)
    clip = replace(any_clip(8, 4), skeleton=skeleton, rotations=any_clip(8, 4).rotations[:, :5])
    bvh.write(tmp_path / "wide.bvh", clip)
    back = bvh.read(tmp_path / "wide.bvh")
    assert back.skeleton.names == ("Root", "A", "A1", "B", "B1")
    joints = [back.skeleton.index(name) for name in names]
    assert back.world()[1][:, joints] == pytest.approx(clip.world()[1], abs=1e-4)


def test_written_conventions(tmp_path: Path) -> None:
    bvh.write(tmp_path / "clip.bvh", any_clip(0, 3, 60.0))
    lines = (tmp_path / "clip.bvh").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["HIERARCHY", "ROOT Hips"]
    channels = [line.strip() for line in lines if "CHANNELS" in line]
    rotation = "Zrotation Yrotation Xrotation"
    assert channels[0] == f"CHANNELS 6 Xposition Yposition Zposition {rotation}"
    assert set(channels[1:]) == {f"CHANNELS 3 {rotation}"}
    assert "Frames: 3" in lines
    # Every chain ends in an End Site, which importers insist on.
    leaves = set(range(len(SKELETON))) - set(SKELETON.parents)
    assert sum("End Site" in line for line in lines) == len(leaves)
    assert "nan" not in "\n".join(lines)


def test_foreign_channel_orders(tmp_path: Path) -> None:
    (tmp_path / "foreign.bvh").write_text(FOREIGN.replace("\n", "\r\n"), encoding="utf-8")
    clip = bvh.read(tmp_path / "foreign.bvh")
    assert clip.skeleton.names == ("Hips", "Left Leg", "Chest")
    assert list(clip.skeleton.parents) == [-1, 0, 0]
    assert clip.fps == 30.0
    assert clip.root_positions[1] == pytest.approx([4, 5, 6])
    assert same_rotation(clip.rotations[1, 0], turn(x=10, y=20, z=30), 1e-6)
    assert same_rotation(clip.rotations[1, 1], turn(y=40, x=50, z=60), 1e-6)
    assert same_rotation(clip.rotations[1, 2], turn(z=70, x=80, y=85), 1e-6)
    assert clip.skeleton.offsets[0] == pytest.approx([0, 0, 0])
    assert clip.skeleton.end_sites[0] == (1, (0.0, -0.5, 0.1))


def test_root_without_positions_stays_at_its_offset(tmp_path: Path) -> None:
    (tmp_path / "still.bvh").write_text(text().replace("OFFSET 0 0 0", "OFFSET 0 0.9 0", 1))
    assert bvh.read(tmp_path / "still.bvh").root_positions[0] == pytest.approx([0, 0.9, 0])


def test_hinges_have_one_channel(tmp_path: Path) -> None:
    (tmp_path / "hinge.bvh").write_text(text("1 Xrotation", values="90"))
    clip = bvh.read(tmp_path / "hinge.bvh")
    assert same_rotation(clip.rotations[0, 0], turn(x=90.0), 1e-6)


@each(
    "content",
    [
        "",
        "{}",
        "not a motion file at all\nMOTION of the ocean\n",
        "HIERARCHY\nMOTION\nFrames: 0\nFrame Time: 0.1\n",
        FOREIGN.split("MOTION")[0],
        FOREIGN.replace("Frames: 2", "Frames: 3"),
        text(frames="many"),
        text(frames=-1),
        text(time=0),
        text(time="soon"),
        text(values="0 zero 0"),
        text(values="0 nan 0"),
        text(values="0 0"),
        text().replace("OFFSET 0 0 0", "OFFSET 0 0"),
        text("3 Zrotation Wrotation Yrotation"),
        FOREIGN.replace("JOINT Chest", "JOINT Hips"),
        "}\n" + FOREIGN,
        text().replace("OFFSET 0 0 0", "OFFSET nan 0 0"),
        text().replace("OFFSET 0 1 0", "OFFSET 0 inf 0"),
        text().replace("OFFSET 0 0 0", "OFFSET 0 1e300 0"),
        text().replace("\tOFFSET 0 0 0\n", ""),
        text(values="0 1e300 0"),
        text(time="1e-300"),
        text(time="1e6"),
        text(time="nan"),
        text("3 Xrotation Xrotation Xrotation"),
        text(frames="1" * 5_000),
        text().split("Frame Time")[0],
        FOREIGN.replace("  JOINT Chest", "}\nROOT Chest"),
        "OFFSET 0 0 0\n" + FOREIGN,
        "\0" * 100_000,
        chain(3_000),
    ],
)
def test_what_is_not_bvh_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "bad.bvh"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RefusedError) as caught:
        bvh.read(file)
    assert "bad.bvh" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.bvh").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(RefusedError):
        bvh.read(tmp_path / "bytes.bvh")


def test_many_declared_frames_are_refused_before_they_are_allocated(tmp_path: Path) -> None:
    file = tmp_path / "short.bvh"
    tracemalloc.start()
    for frames in (10**8, 10**12):
        file.write_text(text("0", frames=frames, values=""), encoding="utf-8")
        with pytest.raises(RefusedError, match=r"short\.bvh .* frames"):
            bvh.read(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_deep_hierarchy_reads_back(tmp_path: Path) -> None:
    file, again = tmp_path / "deep.bvh", tmp_path / "again.bvh"
    file.write_text(chain(400), encoding="utf-8")
    bvh.write(again, bvh.read(file))
    assert bvh.read(again).skeleton.names == bvh.read(file).skeleton.names


def test_other_encodings_and_folders(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        (tmp_path / "clip.bvh").write_text(FOREIGN, encoding=encoding)
        assert bvh.read(tmp_path / "clip.bvh").skeleton.names[1] == "Left Leg"
    with pytest.raises(RefusedError, match="is a folder"):
        bvh.read(tmp_path)


def test_damaged_files_are_refused_or_finite(tmp_path: Path) -> None:
    file, read = tmp_path / "clip.bvh", 0
    bvh.write(file, any_clip(1, 4))
    for data in (*damaged(file.read_bytes(), 150), *damaged(FOREIGN.encode(), 250)):
        (tmp_path / "bad.bvh").write_bytes(data)
        try:
            clip = bvh.read(tmp_path / "bad.bvh")
        except RefusedError as error:
            assert "bad.bvh" in str(error) and "\n" not in str(error)
            continue
        read += 1
        assert np.isfinite(clip.world()[1]).all() and np.isfinite(clip.rotations).all()
    assert read > 20


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"none\.bvh cannot be read"):
        bvh.read(tmp_path / "none.bvh")
