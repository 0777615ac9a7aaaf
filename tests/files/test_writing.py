# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written whole or not at all, and a bad place is found before the work."""

from pathlib import Path

import pytest

from motion_addon.errors import RefusedError
from motion_addon.files import writing


def test_all_files_or_none(tmp_path: Path) -> None:
    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    first, second = tmp_path / "a.bvh", tmp_path / "b.json"
    first.write_text("old")
    files = {first: lambda part: part.write_text("new"), second: fail}
    with pytest.raises(RefusedError, match=r"b\.json cannot be written: no space left"):
        writing.write_files(files)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bvh"]
    assert first.read_text() == "old"


def test_bad_places_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for places, said in (
        ([tmp_path], "is a folder"),
        ([file / "a.bvh"], "cannot be written"),
        ([tmp_path / "a\0"], "cannot be written"),
        ([tmp_path / "a", tmp_path / "a"], "twice"),
    ):
        with pytest.raises(RefusedError, match=said):
            writing.check_places(places)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
