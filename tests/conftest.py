# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks for every tier: end the process safely once `bpy` has been loaded.

Blender's module may crash or hang while the interpreter shuts down, after all tests have passed.
The hooks end the process themselves, once the summary and the report file are written.
"""

import os
import sys

import pytest

EXIT_STATUS = pytest.StashKey[int]()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Store the exit status for `pytest_unconfigure`."""
    if "bpy" in sys.modules:
        session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Exit without Blender's exit handlers; pytest has nothing left to write."""
    status = config.stash.get(EXIT_STATUS, None)
    if status is not None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
