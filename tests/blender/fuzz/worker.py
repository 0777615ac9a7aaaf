# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that plays scenes: `python -m tests.blender.fuzz.worker ZIP`, with seeds on its input.

It writes a line of JSON for each scene to its output. Its error stream holds the steps, so that
they are known even if Blender crashes.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

LONGEST = 150
"""Seconds after which a scene counts as hanging."""


class Capture:
    """The process's error stream, in a file that can be read back."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._read = 0
        self._handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_TRUNC)
        os.dup2(self._handle, 2)

    def clear(self) -> None:
        """Begin anew for another scene."""
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        self._read = 0

    def log(self, line: str) -> None:
        """Write a line into the stream."""
        os.write(2, f"| {line}\n".replace("Traceback", "traceback").encode())

    def news(self) -> str:
        """Return what was written since the last call."""
        sys.stderr.flush()
        data = self.file.read_bytes()[self._read :]
        self._read += len(data)
        return data.decode(errors="replace")


def install(archive: str) -> None:
    """Install the extension into a user folder of this process."""
    import bpy

    bpy.ops.extensions.package_install_files(
        filepath=archive, repo="user_default", enable_on_install=True
    )


def play(seed: int, capture: Capture) -> dict[str, Any]:
    """Play one scene; an error of the harness or of an artist's act is a fault too."""
    from . import checks
    from .play import Play

    capture.clear()
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    one = Play(seed, capture.log, capture.news)
    try:
        outcome = one.run()
    except Exception as error:
        text = traceback.format_exc()
        capture.log(text)
        outcome = one.outcome
        outcome.faults = [f"traceback: {checks.signature(text)} {type(error).__name__}"]
        if isinstance(error, KeyboardInterrupt):
            raise
    finally:
        faulthandler.cancel_dump_traceback_later()
    return vars(outcome)


def main(archive: str, log: str) -> None:
    """Play the scenes of the seeds on the input until it ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    capture = Capture(Path(log))
    with tempfile.TemporaryDirectory(prefix="footfall-fuzz-user-") as folder:
        os.environ["BLENDER_USER_RESOURCES"] = folder
        install(archive)
        for line in sys.stdin:
            out.write(json.dumps(play(int(line), capture)) + "\n")
            out.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
