# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: files and exit code 0, or one clear line, exit code 2 and no file."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motion_addon.motion.__main__ import main
from motion_addon.motion.bake.request import BakeRequest
from motion_addon.motion.clip import bvh
from motion_addon.motion.controller import model as controller_model
from tests.cases import each

ROOT = Path(__file__).resolve().parents[2]
WALK: dict[str, Any] = {
    "model": "biped",
    "path": [[1, 0, 2], [1, 0, 4], [2, 0, 5]],
    "speed": [[0, 1.0], [1, 1.4]],
    "gait": "auto",
    "fps": 24,
    "start_phase": 0.5,
    "cadence": 1.05,
    "facing": "path",
    "start": True,
    "stop": False,
    "height": 1.8,
    "seed": 5,
}


def no_constant(name: str) -> None:
    pytest.fail(f"{name} is not JSON")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def bake(folder: Path, text: str, *more: str) -> int:
    (folder / "request.json").write_text(text, encoding="utf-8")
    return main(["bake", str(folder / "request.json"), "--out", str(folder / "walk.bvh"), *more])


def test_bake_writes_motion_and_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    assert bake(tmp_path, json.dumps(WALK), "--report", str(report)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "Foot skate" in out
    assert files(tmp_path) == {"request.json", "walk.bvh", "report.json"}
    card = json.loads(report.read_text(encoding="utf-8"), parse_constant=no_constant)
    clip = bvh.read(tmp_path / "walk.bvh")
    model = controller_model.load("biped")
    assert card["frames"] == clip.frames
    assert clip.fps == 24.0
    assert clip.skeleton.names == model.skeleton.names
    assert set(model.info["feet"]) <= set(clip.skeleton.names)
    assert clip.root_positions[0, [0, 2]] == pytest.approx([1.0, 2.0], abs=0.1)
    assert np.linalg.norm(clip.root_positions[-1, [0, 2]] - [2.0, 5.0]) < 0.3
    assert np.median(clip.root_positions[:, 1]) == pytest.approx(
        model.hip_height * 1.8 / model.height, rel=0.07
    )


def test_report_is_optional_and_files_are_overwritten(tmp_path: Path) -> None:
    (tmp_path / "walk.bvh").write_text("old", encoding="utf-8")
    assert bake(tmp_path, json.dumps({"path": [[0, 0, 0], [0, 0, 1]]})) == 0
    assert bvh.read(tmp_path / "walk.bvh").frames > 30
    assert files(tmp_path) == {"request.json", "walk.bvh"}


def test_same_request_same_file(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        assert bake(tmp_path, json.dumps(WALK)) == 0
        texts.append((tmp_path / "walk.bvh").read_bytes())
    assert texts[0] == texts[1]


def test_runs_as_a_module_without_blender(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps({"path": [[0, 0, 0], [0, 0, 1]]}))
    command = [sys.executable, "-m", "motion_addon.motion", "bake", str(tmp_path / "request.json")]
    command += ["--out", str(tmp_path / "walk.bvh")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "walk.bvh").exists()
    (tmp_path / "request.json").write_text(json.dumps({"path": []}))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


LINE = '"path": [[0, 0, 0], [0, 0, 2]]'
BAD = [
    ("", "request.json is not valid JSON"),
    ("walk please", "request.json is not valid JSON"),
    ('{"path": [[0, 0, 0], [0, 0, 2]]', "request.json is not valid JSON"),
    ("[" * 100_000, "request.json has more than 32 lists"),
    ('{"path": [[0, 0, 0], [0, 0, ' + "9" * 5000 + "]]}", "a number is too long"),
    ("[]", "request must be a JSON object"),
    ("null", "request must be a JSON object"),
    ("{}", "add path"),
    (f'{{{LINE}, "velocity": 1}}', "no key 'velocity'; known are balance, cadence"),
    (f'{{{LINE}, "two\\nlines": 1}}', "no key 'two\\nlines'"),
    ('{"path": [[1, 2, 3], [1, 2, 3]]}', "path has no length"),
    ('{"path": [[0, 0, 0], [0, 0, 1e999]]}', "Point 1 of path must be a finite number"),
    (f'{{{LINE}, "speed": NaN}}', "speed must be a finite number"),
    (f'{{{LINE}, "model": "centaur"}}', "centaur"),
    (f'{{{LINE}, "model": "../biped"}}', "../biped"),
    (f'{{{LINE}, "facing": "two\\nlines"}}', 'facing must be "path"'),
    (f'{{{LINE}, "gait": "trot"}}', "no gait 'trot', only walk, jog, run, crouch and auto"),
    (f'{{{LINE}, "lead": "left"}}', "leave lead at auto"),
    (f'{{{LINE}, "follow_through": 1}}', "leave follow_through at 0"),
    (f'{{{LINE}, "footprints": [{{"foot": "LF", "at": 1}}]}}', "use left, right"),
    (f'{{{LINE}, "experts": [1]}}', "leave out experts"),
]


@each(("text", "said"), BAD)
def test_bad_requests_get_one_line_and_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    assert bake(tmp_path, text, "--report", str(tmp_path / "report.json")) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("footfall: ")
    assert said in err
    assert len(err) < 400
    assert files(tmp_path) == {"request.json"}


def test_bytes_that_are_not_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "request.json").write_bytes(b"\xff\xfe\x00{")
    arguments = ["bake", str(tmp_path / "request.json"), "--out", str(tmp_path / "walk.bvh")]
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_missing_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bake", str(tmp_path / "no.json"), "--out", str(tmp_path / "walk.bvh")]) == 2
    err = capsys.readouterr().err
    assert "no.json" in err
    assert len(err.splitlines()) == 1
    assert not files(tmp_path)


@each(
    ("out", "report"),
    [
        ("nowhere/walk.bvh", "report.json"),
        ("folder", "report.json"),
        ("walk.bvh", "nowhere/report.json"),
        ("walk.bvh", "folder"),
    ],
)
def test_files_that_cannot_be_written_leave_none_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, report: str
) -> None:
    (tmp_path / "folder").mkdir()
    text = json.dumps({"path": [[0, 0, 0], [0, 0, 0.5]]})
    (tmp_path / "request.json").write_text(text, encoding="utf-8")
    arguments = ["bake", str(tmp_path / "request.json"), "--out", str(tmp_path / out)]
    assert main([*arguments, "--report", str(tmp_path / report)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert files(tmp_path) == {"request.json", "folder"}
    assert not files(tmp_path / "folder")


@each("arguments", [[], ["bake"], ["fly", "x"], ["bake", "x.json"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_schema_describes_a_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out, parse_constant=no_constant)
    assert set(schema["properties"]) == {field.name for field in fields(BakeRequest)}
    assert schema["required"] == ["path"]
    cadence = schema["properties"]["cadence"]
    assert (cadence["minimum"], cadence["maximum"], cadence["default"]) == (0.75, 1.5, 1.0)
    assert "crouch" in schema["properties"]["gait"]["enum"]
    for group in ("herd", "recipe", "inbetween"):
        assert main(["schema", group]) == 0
        assert json.loads(capsys.readouterr().out)["additionalProperties"] is False


def test_the_page_of_options_is_up_to_date(tmp_path: Path) -> None:
    page = ROOT / "docs" / "options.md"
    copy = tmp_path / "options.md"
    copy.write_bytes(page.read_bytes())
    assert main(["options", "--page", str(copy)]) == 0
    assert copy.read_text(encoding="utf-8") == page.read_text(encoding="utf-8"), (
        "run: python -m motion_addon.motion options --page docs/options.md"
    )


def test_a_page_without_marks_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Options\n", encoding="utf-8")
    assert main(["options", "--page", str(page)]) == 2
    assert "no line <!-- options: request -->" in capsys.readouterr().err
    assert page.read_text(encoding="utf-8") == "# Options\n"
