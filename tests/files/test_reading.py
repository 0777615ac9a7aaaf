# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and JSON that anybody may have written: read, or refused in one sentence."""

import tracemalloc
from pathlib import Path

import pytest

from motion_addon.errors import RefusedError
from motion_addon.files import reading
from tests.cases import each


@each(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "inside each other"),
        ("[" * 40 + "]" * 40, "inside each other"),
        ('{"a":' * 200 + "1" + "}" * 200, "inside each other"),
        ("1" * 5_000, "too long"),
        ('{"\\ud800": 1}', "characters"),
        ('["\\u0000"]', "characters"),
    ],
)
def test_bad_json_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "request.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError, match=said) as refused:
        reading.read_json(file)
    assert "request.json" in str(refused.value)


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "small.json").write_text("1")
    tracemalloc.start()
    assert reading.read_bytes(tmp_path / "small.json", 1_000_000_000) == b"1"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_json_of_other_editors_is_read(tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_bytes(b'\xef\xbb\xbf{"a": [1, "\xc3\xa9"]}')
    assert reading.read_json(file) == {"a": [1, "é"]}
    file.write_bytes('{"a": 1}'.encode("utf-16"))
    with pytest.raises(RefusedError, match="UTF-8"):
        reading.read_json(file)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "big.json").write_text("1" * 101)
    for path, said in (
        (tmp_path, "is a folder"),
        (tmp_path / "gone.json", "no such file"),
        (Path("/dev/zero"), "no such file"),
        (tmp_path / "a\0b", "cannot be read"),
        (tmp_path / ("x" * 300), "cannot be read"),
        (tmp_path / "big.json", "larger"),
    ):
        with pytest.raises(RefusedError, match=said):
            reading.read_bytes(path, 100)
