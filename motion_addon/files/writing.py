# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes several files: all of them whole, or none.

Each file is first written beside its place, under a name that ends in ``.part``, and renamed when
all of them are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from ..errors import RefusedError

Result = TypeVar("Result")


def part_of(path: Path) -> Path:
    """Return the place beside a file at which it is written first; it keeps the ending."""
    return path.with_name(f".{path.stem}.part{path.suffix}")


def check_places(paths: Iterable[Path], make_folders: bool = False) -> None:
    """Raise RefusedError unless files can be written at these places; call it before long work.

    ``make_folders`` makes the folders that are missing.
    """
    known: set[Path] = set()
    for path in paths:
        try:
            if make_folders:
                path.parent.mkdir(parents=True, exist_ok=True)
            _check_place(path)
            whole = path.resolve()
        except (OSError, ValueError) as error:
            raise _refused(path, error) from error
        if whole in known:
            raise RefusedError(f"{path} would be written twice; give each file its own path")
        known.add(whole)


def _check_place(path: Path) -> None:
    if path.is_dir():
        raise RefusedError(f"{path} is a folder; give the path of a file to write")
    if path.exists() and not path.is_file():
        raise RefusedError(f"{path} exists and is no file; give another path")
    part = part_of(path)
    part.touch()
    part.unlink()


def write_files(files: Mapping[Path, Callable[[Path], object]]) -> None:
    """Write each file with its function, which gets a path; all whole or none.

    Raises RefusedError if a place cannot be written.
    """
    check_places(files)
    parts = {path: part_of(path) for path in files}
    try:
        for path, part in parts.items():
            try:
                files[path](part)
            except OSError as error:
                raise _refused(path, error) from error
        for path, part in parts.items():
            try:
                part.replace(path)
            except OSError as error:
                raise _refused(path, error) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8."""
    path.write_text(text, encoding="utf-8")


def _refused(path: Path, error: Exception) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    reason = getattr(error, "strerror", None) or str(error)
    return RefusedError(f"{path} cannot be written: {reason.lower()}; choose another place")
