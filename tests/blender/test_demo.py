# SPDX-License-Identifier: GPL-3.0-or-later
"""The example character, stage and main job, in a small setup."""

import json
import shutil
from pathlib import Path

import bpy
import numpy as np
import pytest

from examples import character, stage, walk


def deformed(body: bpy.types.Object) -> np.ndarray:
    """World positions (N, 3) of the body as its armature leaves it."""
    graph = bpy.context.evaluated_depsgraph_get()
    found = body.evaluated_get(graph)
    points = np.empty((len(found.data.vertices), 3), np.float32)
    found.data.vertices.foreach_get("co", points.ravel())
    return points


def relax(rig: bpy.types.Object) -> None:
    """Take the rest pose."""
    for bone in rig.pose.bones:
        bone.matrix_basis.identity()
    bpy.context.view_layer.update()


@pytest.mark.parametrize("build", [character.rigify_human, character.mixamo_human])
def test_body_keeps_its_shape_on_the_rig(build) -> None:
    person = build()
    relax(person.rig)
    rest = np.array([vertex.co for vertex in person.body.data.vertices])
    assert np.abs(deformed(person.body) - rest).max() < 1e-4
    assert rest[:, 2].max() == pytest.approx(1.83, abs=0.02)
    weights = [sum(entry.weight for entry in v.groups) for v in person.body.data.vertices]
    assert np.abs(np.array(weights) - 1.0).max() < 0.02
    names = {group.name for group in person.body.vertex_groups}
    deforming = {bone.name for bone in person.rig.data.bones if bone.use_deform}
    assert names <= deforming


def test_rigify_human_is_a_control_rig() -> None:
    bones = character.rigify_human().rig.pose.bones
    assert {"torso", "hips", "chest", "foot_ik.L", "thigh_parent.R"} <= set(bones.keys())
    knee = bones["DEF-shin.L"].head
    ankle = bones["DEF-foot.L"].head
    assert knee.y < ankle.y, "the knee points forward, so that IK bends it the right way"


def test_limb_segments_share_weights_smoothly() -> None:
    body = character.rigify_human().body
    for limb in "thigh", "shin", "upper_arm", "forearm":
        for side in "LR":
            assert {f"DEF-{limb}.{side}", f"DEF-{limb}.{side}.001"} <= set(
                body.vertex_groups.keys()
            )


def test_stage_renders_a_person(tmp_path: Path) -> None:
    character.mixamo_human()
    stage.add_floor(np.zeros((1, 3)))
    stage.aim(stage.add_camera(), (0.0, 0.0, 0.9), (1.0, -4.0, 0.5))
    stage.use_workbench(64, 64)
    (picture,) = stage.render_frames([1], tmp_path)
    image = bpy.data.images.load(str(picture))
    pixels = np.array(image.pixels[:]).reshape(64, 64, 4)[..., :3]
    orange = (pixels[..., 0] > pixels[..., 2] + 0.2).mean()
    teal = (pixels[..., 2] > pixels[..., 0] + 0.2).mean()
    assert orange > 0.005
    assert teal > 0.005


def test_pictures_are_written(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("imageio_ffmpeg")
    from examples import pictures

    frames = []
    for index in range(4):
        frames.append(tmp_path / f"{index}.png")
        image.new("RGB", (40, 30), (60 * index, 80, 120)).save(frames[-1])
    pictures.write_gif(frames, tmp_path / "a.gif", fps=10.0)
    pictures.write_sheet([frames, frames], ["a", "b\nc", "d", "e"], tmp_path / "a.png")
    with image.open(tmp_path / "a.gif") as gif, image.open(tmp_path / "a.png") as sheet:
        assert gif.n_frames == 4
        assert sheet.size == (160, 60 + 2 * pictures.LABEL_HEIGHT)


@pytest.mark.skipif(bpy.app.version >= (5, 0), reason="the demo runs in Blender 4.5")
def test_main_job_bakes_along_the_path(tmp_path: Path, capfd) -> None:
    assert walk.main(["--out", str(tmp_path), "--fps", "0"]) == 0
    assert "path" in capfd.readouterr().out.lower()
    assert json.loads((tmp_path / "walk.json").read_text())
    trot = json.loads((tmp_path / "trot.json").read_text())
    assert trot["gait_measured"] == "trot"
    assert trot["penetration_cm"] < 1.0
    scene = bpy.context.scene
    rig = scene.footfall.character
    # Blender does not load from the file that is open.
    copied = shutil.copy(tmp_path / "walk.blend", tmp_path / "copy.blend")
    with bpy.data.libraries.load(str(copied)) as (saved, _):
        assert rig.name in saved.objects
    hips = []
    for frame in (scene.frame_start, scene.frame_end):
        scene.frame_set(frame)
        hips.append(rig.matrix_world @ rig.pose.bones["DEF-spine"].head)
    for place, (x, y) in zip(hips, (walk.KNOTS[0], walk.KNOTS[-1]), strict=True):
        assert abs(place.x - x) < 0.4
        assert abs(place.y - y) < 0.4
        assert 0.8 < place.z < 1.0


def test_contact_sheet_of_a_request(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("imageio_ffmpeg")
    from examples import contact_sheet

    request = tmp_path / "request.json"
    request.write_text(json.dumps({"path": [[0, 0, 0], [0, 0, 1.5]], "speed": 1.2}))
    line = [str(request), "--out", str(tmp_path / "sheet.png"), "--map", str(tmp_path / "map.png")]
    line += ["--rig", "mixamo", "--views", "side", "--count", "2", "--size", "80"]
    assert contact_sheet.main([*line, "--start", "1", "--end", "2"]) == 0
    with image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (2 * 64, 80 + 2 * 16)
    with image.open(tmp_path / "map.png") as footprints:
        colors = {color for _count, color in footprints.convert("RGB").getcolors(1 << 16)}
    assert any(red > blue + 80 for red, _green, blue in colors), "left footprints are orange"
    assert any(blue > red + 80 for red, _green, blue in colors), "right footprints are blue"


def test_contact_sheet_refuses_an_empty_part(tmp_path: Path, capsys) -> None:
    pytest.importorskip("PIL.Image")
    pytest.importorskip("imageio_ffmpeg")
    from examples import contact_sheet

    request = tmp_path / "request.json"
    request.write_text(json.dumps({"path": [[0, 0, 0], [0, 0, 1.5]], "speed": 1.2}))
    line = [str(request), "--out", str(tmp_path / "sheet.png"), "--rig", "mixamo"]
    assert contact_sheet.main([*line, "--start", "500"]) == 2
    assert "empty" in capsys.readouterr().err
